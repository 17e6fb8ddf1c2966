"""The display room: screens, desk, join page and the start page."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from display.assets import UPLOAD_BYTES, UPLOAD_S, Assets
from display.desk import Desk
from display.fairness import Fairness
from display.gallery import gallery
from display.hub import Hub
from display.join import JoinPages
from display.orders import Orders
from display.people import PeoplePages
from display.plays import PlaysApi
from display.programme import Programmes
from display.programme_desk import ProgrammeDesk
from display.quiet import Quiet
from display.roster import Roster
from display.screen import ScreenPages, event_json
from display.screens import ScreensDesk
from display.shell import ShellPages
from display.shown import ShownPages
from display.tally import Tally
from display.themes import Themes
from display.themes_desk import ThemesDesk
from display.twin import TwinPages
from display.usher import Usher
from wall.address import base_url
from wall.web.guards import is_host
from wall.web.room import Body, Room, Services


def build(services: Services) -> Room:
    hub = Hub(
        store=services.store,
        wall=services.wall,
        roster=Roster(web=secrets.token_hex(6)),
        metrics=services.metrics,
        build=services.build,
    )
    assets = Assets(services.settings, services.auth)
    orders = Orders(services.store, hub, services.settings)
    tally = Tally(wall=services.wall, hub=hub, hashtags=services.settings.event.hashtags)
    programmes = Programmes(
        services.settings, gallery=gallery(), saved=lambda: orders.saved.programmes, files=assets
    )
    programme = ProgrammeDesk(services, hub, orders, programmes, counts=tally.counts)
    screens = ScreensDesk(services, hub, orders, programmes=lambda: list(programmes.all()))
    themes = Themes(services.settings, saved=lambda: orders.saved.themes, files=assets)
    wardrobe = ThemesDesk(services, hub, orders, themes)
    assets.followers.append(wardrobe.assets_changed)
    screens.themes = lambda: list(themes.all())
    usher = Usher(store=services.store, hub=hub, build=services.build)
    desk = Desk(services, hub, screens.told)
    twin = TwinPages(services, hub)
    plays = PlaysApi(services, hub)
    shown = ShownPages(services, hub)
    fairness = Fairness(services, hub)
    quiet = Quiet(hours=services.settings.screen.quiet_hours, hub=hub, wall=services.wall, tally=tally)
    desk.topics.append(fairness.frame)

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
            base=base_url(services.settings),
        )

    @asynccontextmanager
    async def serve() -> AsyncIterator[None]:
        async with (
            assets.serve(),
            hub.serve(),
            orders.serve(),
            tally.serve(),
            themes.serve(),
            programme.serve(),
            desk.serve(),
            screens.serve(),
            usher.serve(),
            twin.readers.serve(),
            fairness.serve(),
            quiet.serve(),
        ):
            yield

    return Room(
        routes=(
            *twin.routes,  # first: thousands come by here
            Route("/", start, methods=["GET"]),
            *ScreenPages(services, hub, orders, **screens.parts).routes,
            *screens.routes,
            *tally.routes,
            *desk.routes,
            *programme.routes,
            *wardrobe.routes,
            *assets.routes,
            *ShellPages(services).routes,
            *plays.routes,
            *shown.routes,
            *fairness.routes,
            *JoinPages(services).routes,
            *PeoplePages(services).routes,
        ),
        serve=serve,
        bodies=(Body("/api/v1/assets", UPLOAD_BYTES, UPLOAD_S),),
    )
