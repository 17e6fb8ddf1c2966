"""The desk: its page and its socket. Decisions go over HTTP, where they carry an idempotency key."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from display.hub import Hub
from display.people import signin_page
from display.presence import Presence, Visitor
from display.screen import event_json, screens_json
from display.socket import Inbound, Refused, open_wire
from wall.model import State
from wall.store.client import StoreError
from wall.web.alarm import alarm_json
from wall.web.posts import author_json, desk_card
from wall.web.room import Services
from wall.web.wire import Wire, text_frame

log = logging.getLogger("parvis.desk")

QUEUE_CARDS = 200
LOOK_S = 1.0
BEAT_S = 5.0
PEOPLE_PAUSE_S = 0.2
STALLED_S = 8.0

_json = msgspec.json.Encoder().encode


class FromDesk(msgspec.Struct):
    """What a desk says. Its decisions go over HTTP; here it tells that it is there, and what it has in view."""

    type: Literal["hello", "looking"]
    id: Annotated[str, Meta(pattern=r"^[a-z0-9]{26}\Z")] | None = None


_read = msgspec.json.Decoder(FromDesk).decode


class Tablet:
    """One open desk. `is_behind` when a card was not written to it: it gets the whole queue again.

    `is_stale` when only the state of something was not: it gets the newest states.
    """

    def __init__(self, wire: Wire, socket: WebSocket, visitor: Visitor) -> None:
        self.wire = wire
        self.socket = socket
        self.visitor = visitor
        self.is_behind = False
        self.is_stale = False
        self._owed = 0
        self._stuck_s = 0.0

    def is_stuck(self, passed_s: float) -> bool:
        """Whether it has read nothing at all for `STALLED_S`; a slow line that moves is not stuck."""
        owed = self.wire.owed
        self._stuck_s = self._stuck_s + passed_s if owed and owed >= self._owed else 0.0
        self._owed = owed
        return self._stuck_s >= STALLED_S


class Desk:
    def __init__(
        self, services: Services, hub: Hub, alerts: Callable[[], Awaitable[list[dict[str, Any]]]]
    ) -> None:
        self._services = services
        self._hub = hub
        self._alerts = alerts
        self.topics: list[
            Callable[[], dict[str, Any]]
        ] = []  # further frames, each told whenever it is another
        self._tablets: set[Tablet] = set()
        self._bell = asyncio.Event()
        self._people_moved = asyncio.Event()
        self._pulling = asyncio.Lock()
        self._audit = 0
        self._told: dict[str, bytes] = {}
        self._presence = Presence(web=secrets.token_hex(6))
        self._labels = [{"name": label.name, "title": label.shown} for label in services.settings.labels]

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/desk", self.page, methods=["GET"]),
            Route("/desk-worker.js", self.worker, methods=["GET"]),
            WebSocketRoute("/ws/desk", self.socket),
        ]

    async def page(self, request: Request) -> Response:
        person = await self._services.auth.who(request)
        if person is None:
            page = await signin_page(self._services, request)
        else:
            page = self._services.pages.render(
                request, "desk.html", event=event_json(self._services), me=person.name
            )
        page.headers["parvis-page"] = "signin" if person is None else "desk"
        return page

    async def worker(self, _: Request) -> Response:
        return self._services.pages.worker("js/desk-worker.js")

    async def socket(self, socket: WebSocket) -> None:
        person = await self._services.auth.who(socket)
        if person is None or not person.may("viewer"):
            await socket.close(code=1008)
            return
        wire = await open_wire(socket)
        if wire is None:
            return
        tablet = Tablet(wire, socket, Visitor(secrets.token_hex(6), person.name, person.role))
        inbound = Inbound(socket)
        try:
            async with self._pulling:
                await self._greet(tablet)
                self._tablets.add(tablet)
            self._bell.set()  # whatever rang meanwhile
            self._presence.enter(tablet.visitor)
            self._people_moved.set()
            while True:
                self._hear(tablet, await inbound.next())
        except Refused as refusal:
            await socket.close(code=refusal.code, reason=refusal.reason)
        except StoreError:
            await socket.close(code=1013, reason="the store is away")
        except WebSocketDisconnect:
            return
        finally:
            self._tablets.discard(tablet)
            self._presence.leave(tablet.visitor.tablet)
            self._people_moved.set()
            if not self._tablets:
                self._told.clear()  # what the last desk was told may be false for the next

    def _hear(self, tablet: Tablet, text: str) -> None:
        try:
            said = _read(text)
        except (msgspec.DecodeError, RecursionError):
            return  # a newer page: what we do not know changes nothing
        if said.type == "looking":
            self._presence.look(tablet.visitor.tablet, said.id)
            self._people_moved.set()

    async def _tell_people_for_ever(self) -> None:
        """At once, then not again for a while: who leafs through the queue does not keep the others' desks busy."""
        while True:
            await self._people_moved.wait()
            self._people_moved.clear()
            if self._tablets:
                self._tell_changed("people", {"type": "people", "people": self._presence.people()})
            await asyncio.sleep(PEOPLE_PAUSE_S)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._listen()),
                tasks.create_task(self._pull_for_ever()),
                tasks.create_task(self._look_around()),
                tasks.create_task(self._tell_people_for_ever()),
            ]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()

    async def _greet(self, tablet: Tablet) -> None:
        """The whole queue. The audit number is read first, so that nothing falls between."""
        if not self._tablets:
            self._audit = await self._services.ledger.audit_head()
        queued, _ = await self._services.ledger.listing(State.QUEUED, limit=QUEUE_CARDS)
        held, _ = await self._services.ledger.listing(State.HELD, limit=QUEUE_CARDS)
        _, seq = await self._services.wall.head()
        whole = {
            "type": "queue",
            "posts": [desk_card(record) for record in (*queued, *held)],
            "counts": await self._services.ledger.counts(),
            "panic": await self._services.ledger.is_panic(),
            "seq": seq,
            "alarm": await self._alarm(),
            "labels": self._labels,
            "me": {
                "name": tablet.visitor.name,
                "role": tablet.visitor.role,
                "tablet": tablet.visitor.tablet,
            },
        }
        tablet.wire.put(text_frame(_json(whole)))
        for topic, frame in self._told.items():
            if topic not in ("panic", "alarm"):
                tablet.wire.put(frame)
        tablet.is_behind = False

    async def _alarm(self) -> dict[str, Any] | None:
        return alarm_json(await self._services.ledger.alarm())

    async def _listen(self) -> None:
        keys = self._services.store.keys
        async for ring in self._services.store.listen(keys.desk_tick, keys.people_tick):
            if ring.channel == keys.people_tick:
                self._presence.hear(ring.data)
            else:
                self._bell.set()

    async def _pull_for_ever(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            if not self._tablets:
                continue
            try:
                async with self._pulling:
                    await self._pull()
            except StoreError as error:
                log.warning("the store is away: %s", error)
                await asyncio.sleep(0.5)
                self._bell.set()

    async def _pull(self) -> None:
        """Send every card that changed since the last look, encoded once, and the counts."""
        ledger = self._services.ledger
        if await ledger.audit_head() < self._audit:
            log.warning("the store was emptied or set back: every desk gets its queue again")
            self._audit = await ledger.audit_head()
            for tablet in list(self._tablets):
                await self._greet(tablet)
        before = self._audit
        while True:
            newest, pids = await ledger.touched_since(self._audit)
            if newest == self._audit:
                break
            records = await ledger.records(pids)
            for record in records:
                self._tell_all({"type": "card", "post": desk_card(record)})
            for person in (await ledger.people(set(pids) - {record.pid for record in records})).values():
                self._tell_all({"type": "author", "author": author_json(person)})
            self._audit = newest
        if self._audit == before:
            return
        self._tell_all({"type": "counts", "counts": await ledger.counts()})
        self._tell_changed("panic", {"type": "panic", "on": await ledger.is_panic()})
        self._tell_changed("alarm", {"type": "alarm", "alarm": await self._alarm()})

    async def _look_around(self) -> None:
        """Sources, screens, revoked logins: looked at once a second while somebody is there to see them."""
        beats = 0
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._tablets:
                continue
            beats += 1
            try:
                sources = await self._services.ledger.sources()
                screens = await screens_json(self._services, self._hub)
                alerts = await self._alerts()
                if await self._services.ledger.audit_head() != self._audit:
                    self._bell.set()  # a ring was lost
                for tablet in list(self._tablets):
                    await self._look_after(tablet)
                keys = self._services.store.keys
                await self._services.store.redis.publish(keys.people_tick, self._presence.report())
            except StoreError:
                continue
            self._tell_changed("sources", {"type": "sources", "sources": sources})
            self._tell_changed("screens", {"type": "screens", **screens})
            self._tell_changed("screen-alerts", {"type": "screen-alerts", "alerts": alerts})
            for topic in self.topics:
                message = topic()
                self._tell_changed(message["type"], message)
            self._people_moved.set()
            if beats % int(BEAT_S / LOOK_S) == 0:
                self._beat()

    async def _look_after(self, tablet: Tablet) -> None:
        if tablet.is_stuck(LOOK_S):
            log.warning("the desk of %s does not read and is cut", tablet.visitor.name)
            tablet.wire.cut()
        elif tablet.is_behind and not tablet.wire.is_lagging:
            async with self._pulling:  # else a card could overtake the queue that it was read from
                await self._greet(tablet)
        elif tablet.is_stale and not tablet.wire.is_lagging:
            tablet.is_stale = False
            for frame in self._told.values():
                tablet.wire.put(frame)
        person = await self._services.auth.who(tablet.socket)
        if person is None or (person.name, person.role) != (tablet.visitor.name, tablet.visitor.role):
            tablet.wire.cut()  # signed out, revoked, or somebody else by now: it comes back as what it is

    def _tell_changed(self, topic: str, message: dict[str, Any]) -> None:
        frame = text_frame(_json(message))
        if self._told.get(topic) == frame:
            return
        self._told[topic] = frame
        for tablet in self._tablets:
            if tablet.wire.is_lagging:
                tablet.is_stale = True
            else:
                tablet.wire.put(frame)

    def _tell_all(self, message: dict[str, Any]) -> None:
        frame = text_frame(_json(message))
        for tablet in self._tablets:
            if tablet.wire.is_lagging:
                tablet.is_behind = True
            else:
                tablet.wire.put(frame)

    def _beat(self) -> None:
        frame = text_frame(_json({"type": "beat"}))
        for tablet in self._tablets:
            if not tablet.wire.is_lagging:
                tablet.wire.put(frame)
