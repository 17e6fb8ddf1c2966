"""What the page of all screens sees, live: how each is, what stands on it, what it was told; and the posts shown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from display.alerts import Alerts
from display.health import Alert
from display.hub import Hub
from display.known import Known, KnownScreen
from display.orders import Orders
from display.passes import Passes
from display.roster import ScreenState
from display.socket import Inbound, Refused, open_wire
from wall.letters import cut
from wall.model import PostId, utc_now
from wall.record import Record
from wall.store.client import StoreError
from wall.web.room import Services
from wall.web.wire import Wire, text_frame

log = logging.getLogger("parvis.screens")

LOOK_S = 1.0
BEAT_LOOKS = 5
WORDS_LETTERS = 90
POSTS_TOLD = 2000
STALLED_LOOKS = 8

_json = msgspec.json.Encoder().encode


class Watcher:
    """One open page. `told` are the posts it knows; `was` is what it was told last."""

    def __init__(self, wire: Wire, socket: WebSocket, *, name: str, role: str) -> None:
        self.wire = wire
        self.socket = socket
        self.name = name
        self.role = role
        self.told: set[str] = set()
        self.was = b""
        self.stalled = 0


class ScreensLive:
    """`names` gives what can be chosen: {"programmes": […], "themes": […]}."""

    def __init__(
        self,
        services: Services,
        hub: Hub,
        orders: Orders,
        *,
        known: Known,
        alerts: Alerts,
        passes: Passes,
        names: Callable[[], dict[str, list[str]]],
    ) -> None:
        self._services = services
        self._hub = hub
        self._orders = orders
        self._known = known
        self._alerts = alerts
        self._passes = passes
        self._names = names
        self._watchers: set[Watcher] = set()

    async def socket(self, socket: WebSocket) -> None:
        person = await self._services.auth.who(socket)
        if person is None or not person.may("viewer"):
            await socket.close(code=1008)
            return
        wire = await open_wire(socket)
        if wire is None:
            return
        watcher = Watcher(wire, socket, name=person.name, role=person.role)
        inbound = Inbound(socket)
        try:
            hello = {"type": "hello", "now": utc_now(), "me": {"name": person.name, "role": person.role}}
            wire.put(text_frame(_json(hello)))
            await self._tell([watcher])
            self._watchers.add(watcher)
            while True:
                await inbound.next()  # it says now and then that it is there
        except Refused as refusal:
            await socket.close(code=refusal.code, reason=refusal.reason)
        except StoreError:
            await socket.close(code=1013, reason="the store is away")
        except WebSocketDisconnect:
            return
        finally:
            self._watchers.discard(watcher)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._look_for_ever())
            try:
                yield
            finally:
                looking.cancel()

    async def _look_for_ever(self) -> None:
        looks = 0
        beat = text_frame(_json({"type": "beat"}))
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._watchers:
                continue
            looks += 1
            try:
                for watcher in list(self._watchers):
                    await self._look_after(watcher)
                await self._tell([one for one in self._watchers if not one.wire.is_lagging])
            except StoreError:
                continue
            if looks % BEAT_LOOKS == 0:
                for watcher in self._watchers:
                    if not watcher.wire.is_lagging:
                        watcher.wire.put(beat)

    async def _look_after(self, watcher: Watcher) -> None:
        watcher.stalled = watcher.stalled + 1 if watcher.wire.is_lagging else 0
        person = await self._services.auth.who(watcher.socket)
        is_same = person is not None and (person.name, person.role) == (watcher.name, watcher.role)
        if not is_same or watcher.stalled >= STALLED_LOOKS:
            watcher.wire.cut()  # signed out, revoked, or somebody else by now: it comes back as what it is

    async def _tell(self, watchers: Iterable[Watcher]) -> None:
        """Who knows it already is not told again. Posts go before the views that they stand in."""
        whole = await self.whole()
        frame = text_frame(_json({"type": "screens", **whole}))
        fresh = [watcher for watcher in watchers if watcher.was != frame]
        if not fresh:
            return
        seen = {
            box.id
            for state in self._hub.roster.screens()
            if state.health is not None
            for box in state.health.view
        }
        missing = {pid for pid in seen if any(pid not in watcher.told for watcher in fresh)}
        briefs = {record.pid: brief(record) for record in await self._records(missing)}
        for watcher in fresh:
            if len(watcher.told) > POSTS_TOLD:
                watcher.told.clear()
            posts = [one for pid, one in briefs.items() if pid not in watcher.told]
            if posts:
                watcher.wire.put(text_frame(_json({"type": "posts", "posts": posts})))
            watcher.told |= set(briefs)
            watcher.wire.put(frame)
            watcher.was = frame

    async def _records(self, pids: set[str]) -> list[Record]:
        return await self._services.ledger.records([PostId(pid) for pid in pids]) if pids else []

    async def whole(self) -> dict[str, Any]:
        """Everything but the posts."""
        states = self._hub.roster.screens()
        known = await self._known.all()
        ids = {state.id for state in states} | set(known)
        paired = await self._passes.several(ids) if self._passes.is_needed else {}
        _, seq = await self._services.wall.head()
        off = self._hub.roster.off()
        owes = {one: sum(one in receipt.missing for receipt in off.values()) for one in ids}
        alerts: dict[str, list[Alert]] = {}
        for alert in self._alerts.all():
            alerts.setdefault(alert.screen, []).append(alert)
        rows = [_row(state, known.get(state.id)) for state in states]
        here = {state.id for state in states}
        rows += [_away(one, row) for one, row in known.items() if one not in here]
        for row in rows:
            screen_id = row["id"]
            row["order"] = msgspec.structs.asdict(self._orders.order(screen_id))
            row["paired"] = screen_id in paired
            row["owes"] = owes[screen_id]
            row["troubles"] = [{"kind": one.kind, "since": one.since} for one in alerts.get(screen_id, [])]
        return {
            "screens": sorted(rows, key=lambda row: (row["id"], row["link"])),
            "seq": seq,
            "build": self._services.build,
            "pairing": self._passes.is_needed,
            "offline_max_s": self._services.settings.screen.offline_max_s,
            **self._names(),
        }


def brief(record: Record) -> dict[str, Any]:
    """As much of a post as a miniature shows."""
    card = record.card
    words = "".join(span.text for span in card.spans) if card else ""
    picture = card.pictures[0] if card and card.pictures else None
    return {
        "id": record.pid,
        "author": card.author.name if card else "",
        "words": cut(" ".join(words.split()), WORDS_LETTERS),
        "digest": picture.digest if picture else "",
        "colour": picture.colour if picture else "",
    }


def _row(state: ScreenState, known: KnownScreen | None) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.structs.asdict(state)
    row["shown"] = len(state.shown)
    row["title"] = known.title if known else ""
    return row


def _away(screen_id: str, known: KnownScreen) -> dict[str, Any]:
    """A screen that was here before this wall was started, or long ago."""
    state = ScreenState(
        id=screen_id,
        connected=False,
        size=known.size,
        address=known.address,
        device=known.device,
        seen_at=known.seen_at,
        since=known.seen_at,
    )
    return _row(state, known)
