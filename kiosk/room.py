"""The kiosk room: the tablet on a stand, the page at which its visitors find their mosaic, and what both talk to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kiosk.api import PHOTO_LIFE_MS, UNLISTED, MosaicApi
from kiosk.desk import KiosksApi
from kiosk.floor import Floor
from kiosk.record import State, now_ms
from wall.catalogue import read_words
from wall.web.answers import ApiError
from wall.web.auth import VISIT_COOKIE, VISIT_LIFE_S
from wall.web.guards import BODY_DEADLINE_S, is_host
from wall.web.pages import script_json
from wall.web.room import Body, Room, Services

KIOSK_ID = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}\Z")
NAMES = {
    "fr": "Français",
    "en": "English",
    "zh": "中文",
    "de": "Deutsch",
    "es": "Español",
    "it": "Italiano",
    "ar": "العربية",
}
UPLOAD_OVERHEAD = 200_000


class KioskPages:
    def __init__(self, services: Services, api: MosaicApi, floor: Floor) -> None:
        self._services = services
        self._api = api
        self._floor = floor
        self._languages = [(code, NAMES[code]) for code in services.settings.kiosk.languages]
        self._words: dict[str, dict[str, str]] = {code: _words(code) for code, _ in self._languages}

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/kiosk", self.first, methods=["GET"]),
            Route("/kiosk/{id}", self.page, methods=["GET"]),
            Route("/m/send", self.send, methods=["GET"]),
            Route("/m/{token}", self.mosaic, methods=["GET"]),
        ]

    async def first(self, _: Request) -> Response:
        return RedirectResponse("/kiosk/main", status_code=307)

    async def page(self, request: Request) -> Response:
        """Opened on this machine or by somebody signed in, the kiosk may send; elsewhere it shows the way to join."""
        if not KIOSK_ID.match(request.path_params["id"]):
            raise ApiError(404, "no-kiosk", "a kiosk's name is 1 to 40 of a-z, 0-9 and -")
        settings = self._services.settings
        allowed = is_host(request) or await self._services.auth.who(request) is not None
        response = self._render(
            request,
            "kiosk.html",
            lang=self._languages[0][0],
            allowed=allowed,
            config={
                "kiosk": request.path_params["id"],
                "event": settings.event.name,
                "allowed": allowed,
                "lang": self._languages[0][0],
                "languages": [code for code, _ in self._languages],
                "versions": self._api.consents.versions,
                "build": self._services.build,
                "prints": bool(settings.kiosk.printer),
                "minutes": settings.kiosk.fetch_min,
                "hours": settings.kiosk.keep_h,
                "photo_ms": PHOTO_LIFE_MS,
                "wifi": _wifi(settings.kiosk.wifi, settings.kiosk.wifi_password),
                "wifi_name": settings.kiosk.wifi,
            },
        )
        if allowed:
            response.set_cookie(
                VISIT_COOKIE,
                await self._services.auth.new_visit(is_shared=True),
                max_age=VISIT_LIFE_S,
                httponly=True,
                samesite="lax",
                secure=request.url.scheme == "https",
            )
        return response

    async def send(self, request: Request) -> Response:
        """A phone that scanned a kiosk's code sends the photo from here."""
        key, pass_ = request.query_params.get("k", ""), request.query_params.get("p", "")
        is_open = await self._api.is_handover(key, pass_)
        lang = self._language(request)
        response = self._render(
            request,
            "send.html",
            lang=lang,
            status=200 if is_open else 410,
            is_there=is_open,
            config={
                "key": key if is_open else "",
                "handover": pass_ if is_open else "",
                "versions": self._api.consents.versions,
                "lang": lang,
                "event": self._services.settings.event.name,
                "minutes": self._services.settings.kiosk.fetch_min,
                "hours": self._services.settings.kiosk.keep_h,
            },
        )
        response.headers.update(UNLISTED)
        return response

    async def mosaic(self, request: Request) -> Response:
        """A visitor's own page. Who has no token, an old one or a wrong one, sees that there is nothing here."""
        token = request.path_params["token"]
        portrait = await self._api.find(token)
        is_there = portrait is not None and portrait.state is not State.GONE and portrait.until_ms > now_ms()
        response = self._render(
            request,
            "mosaic.html",
            lang=self._language(request),
            status=200 if is_there else 410 if portrait is not None else 404,
            is_there=is_there,
            token=token if is_there else "",
            config={
                "token": token if is_there else "",
                "versions": self._api.consents.versions,
                "minutes": self._services.settings.kiosk.fetch_min,
                "hours": self._services.settings.kiosk.keep_h,
                "event": self._services.settings.event.name,
            },
        )
        response.headers.update(UNLISTED)
        return response

    def _render(
        self, request: Request, template: str, *, lang: str, config: dict[str, Any], **more: Any
    ) -> Response:
        event = self._services.settings.event
        words = self._words.get(lang, self._words[self._languages[0][0]])
        return self._services.pages.render(
            request,
            template,
            lang=lang,
            event={"name": event.name, "venue": event.venue, "hashtags": event.hashtags},
            languages=self._languages,
            direction="rtl" if lang == "ar" else "ltr",
            say=lambda key, **values: _filled(words.get(key) or key, values),
            all_words={code: self._json(code) for code, _ in self._languages},
            config=config,
            **more,
        )

    def _json(self, lang: str) -> str:
        return script_json(self._words[lang])

    def _language(self, request: Request) -> str:
        """`?lang=`, else the first that the browser asks for and the kiosk speaks."""
        known = [code for code, _ in self._languages]
        asked = [request.query_params.get("lang", "")]
        asked += [
            part.split(";")[0].strip().split("-")[0].lower()
            for part in request.headers.get("accept-language", "").split(",")[:20]
        ]
        return next((code for code in asked if code in known), known[0])


def build(services: Services) -> Room:
    floor = Floor(services)
    api = MosaicApi(services, floor)
    pages = KioskPages(services, api, floor)

    @asynccontextmanager
    async def serve() -> AsyncIterator[None]:
        await asyncio.to_thread(api.consents.keep, services.settings.data_dir / "consents")
        async with floor.serve():
            yield

    return Room(
        routes=(*pages.routes, *api.routes, *floor.routes, *KiosksApi(services, floor).routes),
        serve=serve,
        bodies=(
            Body(
                "/api/v1/mosaics",
                services.settings.media.max_mb * 1_000_000 + UPLOAD_OVERHEAD,
                BODY_DEADLINE_S,
            ),
        ),
    )


def _words(lang: str) -> dict[str, str]:
    """What the kiosk's pages say; what a language lacks is said in English (a test finds it)."""
    words = {**read_words("en"), **read_words(lang)}
    return {key: text for key, text in words.items() if key.startswith(("kiosk.", "mosaic.", "network."))}


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _wifi(name: str, password: Any) -> str:
    """What a phone's camera reads to join the hall's network; "" without one."""
    if not name:
        return ""

    def plain(text: str) -> str:
        return re.sub(r'([\\;,:"])', r"\\\1", text)

    kind = f"T:WPA;P:{plain(password.reveal())};" if password else "T:nopass;"
    return f"WIFI:S:{plain(name)};{kind};"
