"""The page of all screens at the desk, and what can be done there with one: name it, let it go, forget it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from display.alerts import Alerts
from display.door import Door
from display.hub import Hub
from display.known import Known, clean_title
from display.orders import Orders
from display.pairing import ScreenPairing
from display.passes import Passes
from display.people import signin_page
from display.screen import SCREEN_ID, Parts, event_json
from display.screens_live import ScreensLive
from wall.address import base_url
from wall.web.answers import ApiError, answer, read_json
from wall.web.guards import need_same_origin
from wall.web.person import Person
from wall.web.room import Services

log = logging.getLogger("parvis.access")


class Title(msgspec.Struct, forbid_unknown_fields=True):
    """ "" gives the screen the name in its address back."""

    title: Annotated[str, Meta(max_length=200)]


class ScreensDesk:
    """Everything about the screens that is not their picture. `programmes` gives the names there are."""

    def __init__(
        self, services: Services, hub: Hub, orders: Orders, *, programmes: Callable[[], list[str]]
    ) -> None:
        store, auth = services.store, services.auth
        self._services = services
        self._hub = hub
        self._orders = orders
        self.programmes = programmes
        self.themes: Callable[[], list[str]] = lambda: list(
            dict.fromkeys(("night", "day", *orders.saved.themes))
        )
        self.known = Known(store)
        self.alerts = Alerts(
            store=store, hub=hub, known=self.known, metrics=services.metrics, build=services.build
        )
        passes = Passes(store, auth=auth, clock=auth.time, is_needed=services.settings.screen.pairing)
        self.door = Door(services, hub, passes)
        self._pairing = ScreenPairing(store, auth=auth, clock=auth.time, passes=passes, known=self.known)
        self._live = ScreensLive(
            services,
            hub,
            orders,
            known=self.known,
            alerts=self.alerts,
            passes=passes,
            names=self.names,
        )

    @property
    def parts(self) -> Parts:
        """What the screens' own page and socket need of this."""
        return {"door": self.door, "alerts": self.alerts, "knows": self.knows, "names": self.names}

    def names(self) -> dict[str, list[str]]:
        """What a screen can be told to show."""
        return {"programmes": self.programmes(), "themes": self.themes()}

    @property
    def routes(self) -> list[BaseRoute]:
        one = "/api/v1/screens/{id}"
        return [
            Route("/desk/screens", self.page, methods=["GET"]),
            WebSocketRoute("/ws/screens", self._live.socket),
            Route(one, self.rename, methods=["PATCH"]),
            Route(one, self.forget, methods=["DELETE"]),
            Route(f"{one}/pairing", self.let_go, methods=["DELETE"]),
            *self._pairing.routes,
        ]

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        async with self.alerts.serve(), self.door.serve(), self._live.serve():
            yield

    async def page(self, request: Request) -> Response:
        person = await self._services.auth.who(request)
        if person is None:
            return await signin_page(self._services, request)
        address = base_url(self._services.settings)
        return self._services.pages.render(
            request,
            "screens.html",
            event=event_json(self._services),
            me=person,
            theme=self._services.settings.screen.theme,
            screen_url=f"{address}/screen",
            only_here=urlsplit(address).hostname in ("localhost", "127.0.0.1", "::1"),
            pairing=self._services.settings.screen.pairing,
        )

    async def knows(self, screen_id: str) -> bool:
        """Whether a screen of this name has been seen, here or long ago."""
        here = any(state.id == screen_id for state in self._hub.roster.screens())
        return here or await self.known.get(screen_id) is not None

    async def told(self) -> list[dict[str, Any]]:
        """What is wrong with the screens, for every desk: [{screen, title, kind, since}]."""
        alerts = self.alerts.all()
        known = await self.known.all() if alerts else {}
        return [
            {
                "screen": one.screen,
                "title": known[one.screen].title if one.screen in known else "",
                "kind": one.kind,
                "since": one.since,
            }
            for one in alerts
        ]

    async def rename(self, request: Request) -> Response:
        _, screen_id = await self._asked(request)
        title = clean_title((await read_json(request, Title)).title)
        await self.known.name(screen_id, title)
        return answer({"id": screen_id, "title": title})

    async def let_go(self, request: Request) -> Response:
        """The device is no longer this screen: it shows a pairing code within a second, and keeps nothing."""
        person, screen_id = await self._asked(request)
        if not await self._pairing.revoke(screen_id):
            raise ApiError(404, "not-paired", "no device is paired as this screen")
        await self._call_off(screen_id, person)
        return answer({})

    async def forget(self, request: Request) -> Response:
        """Off the list, with its orders, its name and its pairing. Raises 409 for one that is connected and may be."""
        person, screen_id = await self._asked(request)
        was_paired = await self._pairing.revoke(screen_id)
        is_here = any(state.id == screen_id and state.connected for state in self._hub.roster.screens())
        if is_here and not was_paired:
            raise ApiError(409, "connected", "this screen is connected: close its page first")
        await self._orders.set(screen_id, blank=False, programme="", theme="")
        await self.known.forget(screen_id)
        await self._call_off(screen_id, person)
        return answer({})

    async def _call_off(self, screen_id: str, person: Person) -> None:
        """Nobody misses it any more."""
        await self.alerts.forget(screen_id)
        log.info("%s let the screen %s go", person.name, screen_id)

    async def _asked(self, request: Request) -> tuple[Person, str]:
        person = await self._services.auth.need(request, "moderator")
        need_same_origin(request, person)
        screen_id = request.path_params["id"]
        if not SCREEN_ID.match(screen_id) or not await self.knows(screen_id):
            raise ApiError(404, "no-screen", "no screen of this name has been seen")
        return person, screen_id
