"""The display room: screens, desk, join page and the start page."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from display.desk import Desk
from display.hub import Hub
from display.join import JoinPages
from display.people import PeoplePages
from display.roster import Roster
from display.screen import ScreenPages, event_json
from wall.web.guards import is_host
from wall.web.room import Room, Services


def build(services: Services) -> Room:
    hub = Hub(
        store=services.store,
        wall=services.wall,
        roster=Roster(web=secrets.token_hex(6)),
        metrics=services.metrics,
        build=services.build,
    )
    desk = Desk(services, hub)

    async def start(request: Request) -> Response:
        """The organiser's way in: every page, with a join link that works."""
        person = await services.auth.who(request)
        code = await services.auth.join_code(for_host=True) if is_host(request) or person else ""
        return services.pages.render(
            request,
            "start.html",
            event=event_json(services),
            me=person.name if person else "",
            join_href=f"/join?k={code}" if code else "/join",
        )

    @asynccontextmanager
    async def serve() -> AsyncIterator[None]:
        async with hub.serve(), desk.serve():
            yield

    return Room(
        routes=(
            Route("/", start, methods=["GET"]),
            *ScreenPages(services, hub).routes,
            *desk.routes,
            *JoinPages(services).routes,
            *PeoplePages(services).routes,
        ),
        serve=serve,
    )
