"""Themes at the desk: the page that makes them, its API, and the style sheets that screens wear."""

from __future__ import annotations

import logging
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from display.colours import Colour
from display.hub import Hub
from display.orders import Changed, Orders
from display.people import signin_page
from display.screen import event_json
from display.theme import HOUSE, NAME, SIDES, TABLES, Theme, read_theme
from display.theme_contrast import pairs_of
from display.theme_toml import from_toml, to_toml
from display.themes import Known, Themes, judged
from wall.model import utc_now
from wall.settings_file import Notes
from wall.store.client import StoreError
from wall.web.answers import ApiError, answer, number, read_json
from wall.web.auth import Person
from wall.web.guards import need_same_origin
from wall.web.openapi_themes import SavedTheme, ThemeDraft
from wall.web.room import Services

log = logging.getLogger("parvis.themes")

KEPT = "public, max-age=31536000, immutable"
WHERE = "theme"
MOST_SAVED = 40
NAMED = 60  # mistakes told at once
SWATCHES = ("ground", "raised", "ink", "accent", "live")


class Findings(Notes):
    """Notes that also keep apart where each mistake is: `side` "night", "day", "fonts" or None, and the field."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []

    def problem(self, key: str, text: str) -> None:
        super().problem(key, text)
        side, dot, field = key.removeprefix(f"{WHERE}.").partition(".")
        at = side if dot and side in TABLES else None
        self.rows.append({
            "side": at,
            "field": field if at else key.removeprefix(f"{WHERE}."),
            "message": self.problems[-1].removeprefix(f"{WHERE}."),
        })  # fmt: skip


class ThemesDesk:
    def __init__(self, services: Services, hub: Hub, orders: Orders, themes: Themes) -> None:
        self._services = services
        self._hub = hub
        self._orders = orders
        self._themes = themes
        orders.theme_of = themes.json
        orders.changed.append(themes.forget)
        themes.followers.append(orders.tell_all)

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/theme/{file}", self.sheet, methods=["GET"]),
            Route("/desk/themes", self.page, methods=["GET"]),
            Route("/api/v1/themes", self.listing, methods=["GET"]),
            Route("/api/v1/themes", self.draft, methods=["POST"]),
            Route("/api/v1/themes/{name}", self.one, methods=["GET"]),
            Route("/api/v1/themes/{name}", self.save, methods=["PUT"]),
            Route("/api/v1/themes/{name}", self.forget, methods=["DELETE"]),
            Route("/api/v1/themes/{name}/toml", self.file, methods=["GET"]),
        ]

    def assets_changed(self) -> None:
        """A file of the organiser's leads somewhere else: so may a theme."""
        self._themes.forget()
        self._orders.tell_all()

    async def sheet(self, request: Request) -> Response:
        """Anybody may read. Another process may have just heard of a theme that is new here."""
        text = self._themes.sheet(request.path_params["file"])
        if text is None:
            try:
                await self._orders.look()
            except StoreError:
                raise HTTPException(503, headers={"cache-control": "no-store"}) from None
            text = self._themes.sheet(request.path_params["file"])
        if text is None:
            raise HTTPException(404, headers={"cache-control": "no-store"})
        return Response(text, media_type="text/css", headers={"cache-control": KEPT})

    async def page(self, request: Request) -> Response:
        person = await self._services.auth.who(request)
        if person is None:
            return await signin_page(self._services, request)
        await self._services.auth.need(request, "moderator")
        return self._services.pages.render(
            request, "themes.html", event=event_json(self._services), me=person, house=HOUSE
        )

    # -- reading ----------------------------------------------------------------------------------------------

    async def listing(self, request: Request) -> Response:
        await self._services.auth.need(request, "moderator")
        return answer(self._all())

    def _all(self) -> dict[str, Any]:
        known = self._themes.all()
        screens = [
            {
                "screen": state.id,
                "connected": state.connected,
                "theme": self._themes.worn(order := self._orders.order(state.id).theme).name,
                "sent": order in known,
            }
            for state in self._hub.roster.screens()
        ]
        return {
            "themes": [self._told(one) for one in known.values()],
            "usual": self._themes.worn("").name,
            "screens": screens,
            "problems": self._themes.problems,
            "base": {side: self._plain(self._themes.base, side) for side in SIDES},
        }

    def _told(self, one: Known) -> dict[str, Any]:
        return {
            "name": one.name,
            "origin": one.origin,
            "rev": one.rev,
            "by": one.by,
            "at": one.at or None,
            "theme": one.theme.table,
            "swatches": {
                side: [plain[name] for name in SWATCHES]
                for side in SIDES
                if (plain := self._plain(one.theme, side))
            },
        }

    def _plain(self, theme: Theme, side: str) -> dict[str, Any]:
        """Every value of a side as an editor shows it: colours as hex, numbers."""
        values = theme.values(side, self._themes.base)
        return {name: value.hex if isinstance(value, Colour) else value for name, value in values.items()}

    async def one(self, request: Request) -> Response:
        await self._services.auth.need(request, "moderator")
        return answer({"theme": self._told(self._need(request.path_params["name"]))})

    async def file(self, request: Request) -> Response:
        await self._services.auth.need(request, "moderator")
        one = self._need(request.path_params["name"])
        headers = {
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{one.name}.toml"',
        }
        return Response(to_toml(one.name, one.theme), media_type="application/toml", headers=headers)

    def _need(self, name: str) -> Known:
        one = self._themes.get(name)
        if one is None:
            raise ApiError(404, "no-theme", "there is no theme of this name")
        return one

    # -- changing ---------------------------------------------------------------------------------------------

    async def draft(self, request: Request) -> Response:
        """What is wrong with a theme, how well it is read, what a preview wears; nothing is kept."""
        await self._services.auth.need(request, "moderator")
        wanted = await read_json(request, ThemeDraft)
        notes = Findings()
        table = wanted.theme or {}
        if wanted.toml is not None:
            table = from_toml(wanted.toml, where=WHERE, notes=notes)
            if notes.problems:
                raise ApiError(400, "not-toml", notes.rows[0]["message"], field="toml")
        theme = read_theme(table, where=WHERE, notes=notes, files=self._themes.files)
        told: dict[str, Any] = {"table": table, "problems": notes.rows[:NAMED], "pairs": [], "tried": None}
        if theme is not None:
            told["pairs"] = pairs_of(theme, self._themes.base)
            told["tried"] = self._themes.tried(theme)
            told["values"] = {side: self._plain(theme, side) for side in SIDES}
        return answer(told)

    async def save(self, request: Request) -> Response:
        person = await self._changer(request)
        name = request.path_params["name"]
        if not NAME.match(name):
            raise ApiError(400, "invalid", "a theme's name is 1 to 40 of a-z, 0-9 and -", field="name")
        if name in HOUSE:
            raise ApiError(409, "of-house", f"{name} is Parvis' own; save under another name", field="name")
        wanted = await read_json(request, SavedTheme)
        notes = Findings()
        table = {**wanted.theme, "name": name}
        theme = judged(table, where=WHERE, base=self._themes.base, notes=notes, files=self._themes.files)
        if theme is None:
            first = notes.rows[0]
            extra = {"problems": notes.rows[:NAMED]}
            raise ApiError(400, "invalid", first["message"], field=first["field"], extra=extra)
        saved = sum(one.origin == "desk" for one in self._themes.all().values())
        if self._themes.get(name) is None and saved >= MOST_SAVED:
            raise ApiError(409, "too-many", f"there are {MOST_SAVED} themes; delete one first")
        value = {**theme.table, "by": person.name, "at": utc_now().isoformat()}
        await self._write(name, value, rev=wanted.rev, by=person.name)
        return answer({"theme": self._told(self._need(name)), **self._all()})

    async def forget(self, request: Request) -> Response:
        """What the desk has saved; a theme of that name in the files then stands again."""
        person = await self._changer(request)
        name = request.path_params["name"]
        if self._need(name).origin != "desk":
            raise ApiError(409, "of-file", "this theme is a file; change it there")
        rev = number(request, "rev", default=-1, low=0, high=10**9)
        await self._write(name, None, rev=rev, by=person.name)
        return answer(self._all())

    async def _write(self, name: str, value: dict[str, Any] | None, *, rev: int, by: str) -> None:
        try:
            await self._orders.save_theme(name, value, rev=rev, by=by)
        except Changed:
            now = self._themes.get(name)
            message = "somebody has changed this theme since you looked; here it is"
            extra = {"theme": self._told(now) if now else None}
            raise ApiError(409, "stale", message, extra=extra) from None
        log.info("theme %s %s by %s", name, "saved" if value is not None else "deleted", by)

    async def _changer(self, request: Request) -> Person:
        person = await self._services.auth.need(request, "admin")
        need_same_origin(request, person)
        return person
