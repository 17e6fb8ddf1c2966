"""Programmes at the desk: the page that changes them, its API, and trials of a draft on a real screen."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from display.hub import Hub
from display.orders import Changed, Orders
from display.people import signin_page
from display.programme import (
    OTHERS,
    OWN_NAME,
    TRIAL,
    Programme,
    Programmes,
    check_programme,
    programme_json,
    scenes_json,
)
from display.screen import SCREEN_ID, event_json
from wall.model import utc_now
from wall.settings import ProgrammeSettings
from wall.settings_file import Notes
from wall.store.client import StoreError
from wall.web.answers import ApiError, answer, number, read_json
from wall.web.auth import Person
from wall.web.guards import need_same_origin
from wall.web.openapi_programme import Draft, SavedProgramme, Try
from wall.web.room import Services

log = logging.getLogger("parvis.programme")

NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}\Z")
LOOK_S = 2.0
NAMED = 200  # mistakes told at once
MOST_SAVED = 24


class Findings(Notes):
    """Notes that also keep apart where each mistake is and what is wrong there."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []

    def problem(self, key: str, text: str) -> None:
        super().problem(key, text)
        scene = re.match(r"programme\.scene\[(\d+)\]\.?", key)
        self.rows.append({
            "scene": int(scene[1]) if scene else None,
            "field": key[scene.end() :] if scene else key.removeprefix("programme."),
            "message": self.problems[-1].removeprefix("programme."),
        })  # fmt: skip


class ProgrammeDesk:
    """`counts` is what stands on the wall now, as conditions ask for it; None while nobody knows."""

    def __init__(
        self,
        services: Services,
        hub: Hub,
        orders: Orders,
        programmes: Programmes,
        *,
        counts: Callable[[], Mapping[str, int] | None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._services = services
        self._hub = hub
        self._orders = orders
        self._programmes = programmes
        self._counts = counts
        self._clock = clock
        orders.programme_of = programmes.json

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/desk/programme", self.page, methods=["GET"]),
            Route("/api/v1/layouts", self.layouts, methods=["GET"]),
            Route("/api/v1/programmes", self.listing, methods=["GET"]),
            Route("/api/v1/programmes", self.draft, methods=["POST"]),
            Route("/api/v1/programmes/{name}", self.one, methods=["GET"]),
            Route("/api/v1/programmes/{name}", self.save, methods=["PUT"]),
            Route("/api/v1/programmes/{name}", self.forget, methods=["DELETE"]),
            Route("/api/v1/screens/{id}/trial", self.try_on, methods=["POST"]),
            Route("/api/v1/screens/{id}/trial", self.end_trial, methods=["DELETE"]),
        ]

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._end_trials())
            try:
                yield
            finally:
                looking.cancel()

    async def page(self, request: Request) -> Response:
        person = await self._services.auth.who(request)
        if person is None:
            return await signin_page(self._services, request)
        settings = self._services.settings
        return self._services.pages.render(
            request,
            "programme.html",
            event=event_json(self._services),
            me=person,
            quiet=settings.screen.quiet_hours,
            set=[one.name for one in settings.programmes] or [OWN_NAME],
        )

    # -- reading ----------------------------------------------------------------------------------------------

    async def layouts(self, request: Request) -> Response:
        await self._services.auth.need(request, "viewer")
        gallery = self._programmes.gallery
        return answer({"layouts": list(gallery), "problems": gallery.problems})

    async def listing(self, request: Request) -> Response:
        await self._services.auth.need(request, "viewer")
        return answer(self._all())

    def _all(self) -> dict[str, Any]:
        screens = {state.id: state.connected for state in self._hub.roster.screens()}
        known = self._programmes.all()
        named = {screen for one in known.values() for screen in one.screens if screen != OTHERS}
        follows = []
        for screen in sorted({*screens, *named}):
            sent = self._orders.order(screen).programme
            follows.append({
                "screen": screen,
                "connected": screens.get(screen, False),
                "programme": self._programmes.followed_by(screen, sent).name,
                "sent": sent in known,
            })  # fmt: skip
        return {
            "programmes": [programme_json(one) for one in known.values()],
            "others": self._programmes.followed_by("").name,
            "screens": follows,
            "trials": [
                {"screen": one.screen, "until": one.until, "by": one.by, "scenes": scenes_json(one.scenes)}
                for one in self._programmes.trials()
            ],
            "counts": self._counts(),
        }

    async def one(self, request: Request) -> Response:
        await self._services.auth.need(request, "viewer")
        return answer({"programme": programme_json(self._need(request.path_params["name"]))})

    def _need(self, name: str) -> Programme:
        one = self._programmes.get(name)
        if one is None:
            raise ApiError(404, "no-programme", "there is no programme of this name")
        return one

    # -- changing ---------------------------------------------------------------------------------------------

    async def draft(self, request: Request) -> Response:
        """What a screen would be told; nothing is kept. For a look before saving."""
        await self._services.auth.need(request, "viewer")
        wanted = await read_json(request, Draft)
        built = self._checked("draft", {"scenes": wanted.scenes})
        return answer({"programme": self._programmes.frame("draft", built.scenes)})

    async def save(self, request: Request) -> Response:
        person = await self._changer(request)
        name = request.path_params["name"]
        if not NAME.match(name):
            raise ApiError(400, "invalid", "a programme's name is 1 to 40 of a-z, 0-9 and -", field="name")
        wanted = await read_json(request, SavedProgramme)
        built = self._checked(name, {"screens": wanted.screens, "scenes": wanted.scenes})
        before = self._programmes.get(name)
        if before is None and len(self._programmes.all()) >= MOST_SAVED:
            raise ApiError(409, "too-many", f"there are {MOST_SAVED} programmes; remove one first")
        value = {
            "screens": built.screens,
            "scenes": scenes_json(built.scenes),
            "by": person.name,
            "at": utc_now().isoformat(),
        }
        await self._write(name, value, rev=wanted.rev, by=person.name)
        for screen in set(built.screens) - set(before.screens if before else ()) - {OTHERS}:
            if self._orders.order(screen).programme:
                await self._orders.set(screen, programme="")  # what was sent there would stand above this
        return answer({"programme": programme_json(self._need(name)), **self._all()})

    async def forget(self, request: Request) -> Response:
        """What the desk has saved; a programme of the settings is then as the settings have it."""
        person = await self._changer(request)
        name = request.path_params["name"]
        one = self._need(name)
        if one.origin != "desk":
            raise ApiError(409, "of-settings", "this programme stands in the settings; change it there")
        await self._write(
            name, None, rev=number(request, "rev", default=-1, low=0, high=10**9), by=person.name
        )
        return answer(self._all())

    async def _write(self, name: str, value: dict[str, Any] | None, *, rev: int, by: str) -> None:
        try:
            await self._orders.save_programme(name, value, rev=rev, by=by)
        except Changed:
            now = self._programmes.get(name)
            message = "somebody has changed this programme since you looked; here it is"
            extra = {"programme": programme_json(now) if now else None}
            raise ApiError(409, "stale", message, extra=extra) from None
        log.info("programme %s %s by %s", name, "saved" if value is not None else "removed", by)

    def _checked(self, name: str, raw: Mapping[str, Any]) -> ProgrammeSettings:
        """Raises `ApiError` 400 with every mistake: `problems` [{"scene": 1…|null, "field", "message"}]."""
        notes = Findings()
        gallery, files = self._programmes.gallery, self._programmes.files
        built = check_programme(name, raw, gallery=gallery, files=files, notes=notes)
        if built is None:
            first = notes.rows[0]
            extra = {"problems": notes.rows[:NAMED]}
            raise ApiError(400, "invalid", first["message"], field=first["field"] or None, extra=extra)
        return built

    async def _changer(self, request: Request) -> Person:
        person = await self._services.auth.need(request, "moderator")
        need_same_origin(request, person)
        return person

    # -- trials -----------------------------------------------------------------------------------------------

    async def try_on(self, request: Request) -> Response:
        person = await self._changer(request)
        screen = self._screen(request)
        wanted = await read_json(request, Try)
        built = self._checked("trial", {"scenes": wanted.scenes})
        value = {
            "scenes": scenes_json(built.scenes),
            "until": self._clock() + 60 * wanted.minutes,
            "by": person.name,
        }
        await self._orders.save_programme(f"{TRIAL}{screen}", value, by=person.name)
        return answer(self._all(), status=202)

    async def end_trial(self, request: Request) -> Response:
        person = await self._changer(request)
        screen = self._screen(request)
        if self._programmes.trial(screen) is not None:
            await self._orders.save_programme(f"{TRIAL}{screen}", None, by=person.name)
        return answer(self._all())

    def _screen(self, request: Request) -> str:
        screen = str(request.path_params["id"])
        if not SCREEN_ID.match(screen):
            raise ApiError(404, "no-screen", "a screen's name is 1 to 40 of a-z, 0-9 and -")
        return screen

    async def _end_trials(self) -> None:
        """A draft that somebody forgot on a screen goes away by itself."""
        while True:
            await asyncio.sleep(LOOK_S)
            for trial in self._programmes.trials():
                if trial.until <= self._clock():
                    await self._end(trial.screen, trial.rev)

    async def _end(self, screen: str, rev: int) -> None:
        try:
            await self._orders.save_programme(f"{TRIAL}{screen}", None, rev=rev)
        except (Changed, StoreError):
            return  # another process was quicker, or it is tried again in a moment
