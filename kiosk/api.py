"""Mosaics over HTTP: a visitor's photo comes in, and who has the token may see, change and delete what became of it.

A token is worked out from the key that the kiosk made up, with the wall's secret: the same request twice is the same
mosaic, and nobody else comes to its token. The token is all that opens it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kiosk.consent import Consents
from kiosk.delivery import take_back
from kiosk.easel_data import cells_json
from kiosk.floor import Floor
from kiosk.record import Consent, Portrait, Portraits, Print, Printing, State, Style, id_of, now_ms
from kiosk.shelf import UPLOAD, Shelf
from wall.address import base_url
from wall.web.answers import ApiError, answer, read_json
from wall.web.auth import SHARED, VISIT_COOKIE
from wall.web.backoff import place_of
from wall.web.forms import read_form, slow_down
from wall.web.limits import Buckets
from wall.web.qr import qr_svg
from wall.web.room import Services

log = logging.getLogger("parvis.kiosk")

KEY = re.compile(r"^[A-Za-z0-9-]{16,64}\Z")
TOKEN = re.compile(r"^[A-Za-z0-9_-]{27}\Z")
NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}\Z")
A_MINUTE = 20
PHOTO_LIFE_MS = 600_000
HANDOVER_S = 600
UNLISTED = {"x-robots-tag": "noindex, nofollow", "referrer-policy": "no-referrer"}
FILES = {
    "mosaic.jpg": "image/jpeg",
    "profile.jpg": "image/jpeg",
    "story.jpg": "image/jpeg",
    "large.jpg": "image/jpeg",
    "film.webp": "image/webp",
    **{f"{style}.jpg": "image/jpeg" for style in Style},
}
WISHES = {"large.jpg": "large", "film.webp": "film"}  # made when somebody asks for them


class Wish(msgspec.Struct, frozen=True):
    """What a visitor decides about a mosaic. `text` is the version of the sentences that were on the screen."""

    keep: bool | None = None
    show: bool | None = None
    style: Style | None = None
    print: Literal[True] | None = None
    finished: Literal[True] | None = None
    text: str = ""
    lang: str = ""


class MosaicApi:
    def __init__(self, services: Services, floor: Floor) -> None:
        self._services = services
        self._floor = floor
        self.portraits = Portraits(services.store)
        self.shelf = Shelf(services.settings.data_dir / "portraits")
        self.consents = Consents(services.settings)
        self._devices = Buckets(A_MINUTE)

    @property
    def routes(self) -> list[BaseRoute]:
        one = "/api/v1/mosaics/{token}"
        return [
            Route("/api/v1/mosaics", self.ask, methods=["POST"]),
            Route("/api/v1/mosaics/handover", self.handover, methods=["POST"]),
            Route("/api/v1/mosaics/key/{key}", self.delete_key, methods=["DELETE"]),
            Route(one, self.state, methods=["GET"]),
            Route(one, self.wish, methods=["PATCH"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/cells", self.cells, methods=["GET"]),
            Route("/m/{token}/qr.svg", self.qr, methods=["GET"]),
            Route("/m/{token}/{file}", self.file, methods=["GET", "HEAD"]),
        ]

    # -- a photo comes in --------------------------------------------------------------------------------------

    async def ask(self, request: Request) -> Response:
        """A photo, and the words under which it was given. The answer is the same however often it is sent."""
        fields, data = await read_form(request)
        key = fields.get("key", "")
        if not KEY.match(key):
            raise ApiError(400, "no-key", "key must be 16 to 64 letters, digits and hyphens", field="key")
        token = await self._token(request, key, fields.get("handover", ""))
        lang, text = fields.get("lang", ""), fields.get("text", "")
        if fields.get("consent") != "1":
            raise ApiError(400, "no-consent", "agree that the mosaic may be made", field="consent")
        if not self.consents.is_current(lang, text):
            raise ApiError(
                409, "other-words", "the sentences have changed: load this page again", field="text"
            )
        if not data:
            raise ApiError(400, "not-a-picture", "send a photo", field="photo")
        await self._may_begin()
        portrait_id = id_of(token)
        found = await self.portraits.get(portrait_id)
        if found is None:
            now, settings = now_ms(), self._services.settings.kiosk
            try:
                await asyncio.to_thread(self.shelf.put, portrait_id, UPLOAD, data)
            except OSError as error:
                log.error("a photo cannot be stored (%s): free some space", error.strerror)
                raise ApiError(
                    507, "no-space", "there is no room for the photo now; try again later"
                ) from error
            kiosk = fields.get("kiosk", "")
            found = await self.portraits.ask(
                Portrait(
                    id=portrait_id,
                    kiosk=kiosk if NAME.match(kiosk) else "",
                    style=_style(fields.get("style", "")),
                    make=Consent(text, lang, now),
                    asked_ms=now,
                    until_ms=now + settings.fetch_min * 60_000,
                    photo_until_ms=now + PHOTO_LIFE_MS,
                )
            )
        if found.state is State.GONE:
            raise ApiError(410, "deleted", "this mosaic has been deleted")
        return answer(self._json(token, found), status=202)

    async def handover(self, request: Request) -> Response:
        """For a kiosk: an address at which a phone may send the photo, for ten minutes."""
        key = (await read_json(request, dict[str, str])).get("key", "")
        if not KEY.match(key):
            raise ApiError(400, "no-key", "key must be 16 to 64 letters, digits and hyphens", field="key")
        await self._device(request)
        until = now_ms() // 1000 + HANDOVER_S
        pass_ = f"{until}.{await self._services.auth.sign('handover', key, str(until))}"
        url = f"{base_url(self._services.settings)}/m/send?k={key}&p={pass_}"
        return answer({"token": await self._derived("handover", key), "url": url, "qr": qr_svg(url).decode()})

    async def is_handover(self, key: str, pass_: str) -> bool:
        """Whether a phone comes from a kiosk's code that still holds."""
        until, _, signature = pass_.partition(".")
        if not (until.isdigit() and len(until) < 12 and KEY.match(key)):
            return False
        return int(until) * 1000 > now_ms() and await self._services.auth.verify(
            signature, "handover", key, until
        )

    async def _token(self, request: Request, key: str, handover: str) -> str:
        if handover:
            if not await self.is_handover(key, handover):
                raise ApiError(403, "no-code", "this code is over: scan the kiosk's again")
            device = "handover"
        else:
            device = await self._device(request)
        slow_down([self._devices.take(_place(request) if handover else device)])
        return await self._derived(device, key)

    async def _derived(self, device: str, key: str) -> str:
        parts = [await self._services.auth.sign("mosaic", device, key, half) for half in "12"]
        return "".join(parts)[:27]

    async def _device(self, request: Request) -> str:
        """A kiosk that this wall has opened, or a person with an API token. Raises `ApiError` 403."""
        device = await self._services.auth.device_of(request.cookies.get(VISIT_COOKIE, ""))
        if device is not None and device.startswith(SHARED):
            return f"visit {device}"
        person = await self._services.auth.who(request)
        if person is not None and not person.by_cookie:
            return f"person {person.name}"
        raise ApiError(403, "no-code", "open the kiosk's page first, or send an API token")

    async def _may_begin(self) -> None:
        if await self._services.ledger.is_panic():
            raise ApiError(
                503, "paused", "the wall is paused; try again later", headers={"retry-after": "20"}
            )

    # -- what became of it -------------------------------------------------------------------------------------

    async def find(self, token: str) -> Portrait | None:
        """None when there never was one; a tombstone where it has been deleted or its time is over."""
        return await self.portraits.get(id_of(token)) if TOKEN.match(token) else None

    async def state(self, request: Request) -> Response:
        token, portrait = await self._found(request)
        return answer(self._json(token, portrait), headers=UNLISTED)

    async def wish(self, request: Request) -> Response:
        token, portrait = await self._found(request)
        wish = await read_json(request, Wish)
        if (wish.keep or wish.show) and not self.consents.is_current(wish.lang, wish.text):
            raise ApiError(
                409, "other-words", "the sentences have changed: load this page again", field="text"
            )
        if wish.show is False and portrait.show is not None:
            await take_back(self._services.store, self._services.settings, portrait)
        job, how = await self._plan(portrait, wish)
        changed = await self.portraits.change(portrait.id, how, job=job)
        if changed is None:
            raise ApiError(410, "deleted", "this mosaic has been deleted")
        return answer(self._json(token, changed), headers=UNLISTED)

    async def _plan(self, portrait: Portrait, wish: Wish) -> tuple[str, Callable[[Portrait], Portrait]]:
        """(job, change) of a wish. Raises `ApiError` for what cannot be had."""
        now, settings = now_ms(), self._services.settings.kiosk
        job = ""
        if wish.style is not None and wish.style is not portrait.style:
            if not self.shelf.path(portrait.id, "photo.webp"):
                raise ApiError(409, "late", "the photo is deleted already: take another")
            job = "make"
        if wish.print:
            job = job or "print"
            self._floor.need_printer()
        if wish.show and not job:
            job = "show"

        def changed(one: Portrait) -> Portrait:
            values: dict[str, Any] = {}
            if wish.keep is not None:
                values["keep"] = Consent(wish.text, wish.lang, now) if wish.keep else None
            if wish.show is not None:
                values["show"] = Consent(wish.text, wish.lang, now) if wish.show else None
                values["offers"] = one.offers + (wish.show and one.show is None)
            if wish.keep is not None or wish.show is not None:
                is_kept = values.get("keep", one.keep) or values.get("show", one.show)
                life_ms = settings.keep_h * 3_600_000 if is_kept else settings.fetch_min * 60_000
                values["until_ms"] = now + life_ms
            if job == "make":
                values |= {"style": wish.style, "state": State.WAITING, "tries": 0}
            if wish.print and (one.printing is None or one.printing.state is Print.FAILED):
                values["printing"] = Printing(Print.ASKED)
            if wish.finished:
                values["photo_until_ms"] = min(one.photo_until_ms or now, now)
            return msgspec.structs.replace(one, **values)

        return job, changed

    async def delete(self, request: Request) -> Response:
        """For good, everywhere: record, files, what hangs on the wall. Said only when it has happened."""
        token = request.path_params["token"]
        if not TOKEN.match(token):
            raise ApiError(404, "no-mosaic", "there is no such mosaic")
        if await self.portraits.get(id_of(token)) is None:
            raise ApiError(404, "no-mosaic", "there is no such mosaic")
        return await self._erase(id_of(token))

    async def delete_key(self, request: Request) -> Response:
        """For a kiosk that never heard the token: what it sent under a key, also if that arrives only later."""
        key = request.path_params["key"]
        if not KEY.match(key):
            raise ApiError(404, "no-mosaic", "there is no such mosaic")
        return await self._erase(id_of(await self._derived(await self._device(request), key)))

    async def _erase(self, portrait_id: str) -> Response:
        tombstone = await self.portraits.forget(portrait_id)
        await take_back(self._services.store, self._services.settings, tombstone)
        await asyncio.to_thread(self.shelf.remove, portrait_id)
        return answer({"state": State.GONE})

    async def cells(self, request: Request) -> Response:
        """Where which photo stands, and whose it is, for whoever dives into the picture."""
        _, portrait = await self._found(request)
        data = await self._file(portrait, "made", "bin")
        return answer(await cells_json(data, self._services.wall), headers=UNLISTED)

    async def file(self, request: Request) -> Response:
        name = request.path_params["file"]
        if name not in FILES:
            raise ApiError(404, "no-file", f"there is {', '.join(FILES)}")
        _, portrait = await self._found(request)
        stem, _, ending = name.partition(".")
        if name in WISHES and not self.shelf.path(portrait.id, f"{stem}-{portrait.drawn}.{ending}"):
            await self.portraits.change(portrait.id, lambda one: one, job=WISHES[name])
            return answer({"state": "waiting"}, status=202, headers={"retry-after": "1", **UNLISTED})
        data = await self._file(portrait, stem, ending)
        tag = f'"{portrait.id[:12]}.{portrait.drawn}"'
        headers = {"cache-control": "private, no-cache", "etag": tag, **UNLISTED}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if "save" in request.query_params:
            headers["content-disposition"] = f'attachment; filename="{stem}-{portrait.id[:6]}.{ending}"'
        return Response(data, media_type=FILES[name], headers=headers)

    async def qr(self, request: Request) -> Response:
        token, _ = await self._found(request)
        return Response(
            qr_svg(self.url(token)),
            media_type="image/svg+xml",
            headers={"cache-control": "no-store", **UNLISTED},
        )

    def url(self, token: str) -> str:
        """Where its visitor finds it, from the hall's Wi-Fi and, with `web.public_url`, from everywhere."""
        return f"{base_url(self._services.settings)}/m/{token}"

    async def _file(self, portrait: Portrait, stem: str, ending: str) -> bytes:
        """Of the newest edition. While a photo is taken out of it nothing is given away."""
        if portrait.state is not State.READY or await self._services.ledger.is_panic():
            raise ApiError(409, "mending", "the mosaic is made anew this moment; ask again")
        name = f"{stem}-{portrait.drawn}.{ending}"
        data = await asyncio.to_thread(self.shelf.read, portrait.id, name) if portrait.drawn else None
        if data is None:
            raise ApiError(404, "not-yet", "it is not made yet")
        return data

    async def _found(self, request: Request) -> tuple[str, Portrait]:
        token = request.path_params["token"]
        portrait = await self.find(token)
        if portrait is None:
            raise ApiError(404, "no-mosaic", "there is no such mosaic", headers=UNLISTED)
        if portrait.state is State.GONE or portrait.until_ms <= now_ms():
            raise ApiError(410, "deleted", "this mosaic has been deleted", headers=UNLISTED)
        return token, portrait

    def _json(self, token: str, portrait: Portrait) -> dict[str, Any]:
        printing = portrait.printing
        return {
            "token": token,
            "id": portrait.id,
            "url": self.url(token),
            "state": portrait.state,
            "why": portrait.why,
            "style": portrait.style,
            "edition": portrait.drawn,
            "photos": portrait.photos,
            "mended": portrait.mended,
            "keep": portrait.keep is not None,
            "show": portrait.show is not None,
            "until": portrait.until_ms,
            "place": self._floor.place(portrait.id),
            "printing": None if printing is None else {"state": printing.state, "why": printing.why},
            "has_photo": bool(self.shelf.path(portrait.id, "photo.webp")),
        }


def _style(name: str) -> Style:
    return Style(name) if name in set(Style) else Style.FINE


def _place(request: Request) -> str:
    return place_of(request.client.host) if request.client else "?"
