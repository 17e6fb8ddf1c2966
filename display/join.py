"""Visitors join in: words and a photo from a phone, without an account, into the same gate as everybody's."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from display.screen import event_json
from display.shown import shown_path
from wall.address import base_url
from wall.catalogue import LANGUAGES
from wall.gate import Answer
from wall.model import Attachment, Author, Post, PostId, State, utc_now
from wall.plays import Plays
from wall.text import clean_name, from_plain
from wall.web.answers import ApiError, answer
from wall.web.auth import SHARED, VISIT_COOKIE, VISIT_LIFE_S, Person
from wall.web.backoff import place_of
from wall.web.forms import read_form, slow_down
from wall.web.limits import Buckets
from wall.web.qr import qr_svg
from wall.web.room import Services

log = logging.getLogger("parvis.join")

NETWORK = "join"
TEXT_LIMIT = 280
KEY = re.compile(r"^[A-Za-z0-9-]{8,64}\Z")
PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8")
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heif")


class JoinPages:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._plays = Plays(services.store)
        join = services.settings.join
        self._devices = Buckets(join.per_device_per_min)
        self._addresses = Buckets(join.per_address_per_min)

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/join", self.page, methods=["GET"]),
            Route("/join/qr.svg", self.qr, methods=["GET"]),
            Route("/api/v1/submissions", self.submit, methods=["POST"]),
            Route("/api/v1/submissions/{receipt}", self.state, methods=["GET"]),
            Route("/api/v1/submissions/{receipt}/withdraw", self.take_back, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """With a fresh code of the QR the phone gets a visit of two hours; the code leaves the address bar."""
        auth = self._services.auth
        code = request.query_params.get("k", "")
        if code and await auth.is_join_code(code):
            response: Response = RedirectResponse("/join", status_code=303)
            await self._give_visit(request, response)
            return response
        visit = await auth.device_of(request.cookies.get(VISIT_COOKIE, ""))
        is_open = not self._services.settings.join.code_required
        response = self._services.pages.render(
            request,
            "join.html",
            event=event_json(self._services),
            allowed=is_open or visit is not None,
            text_limit=TEXT_LIMIT,
            max_mb=self._services.settings.media.max_mb,
        )
        if is_open and visit is None:
            await self._give_visit(request, response)
        return response

    async def _give_visit(self, request: Request, response: Response) -> None:
        """A phone that scans again stays the phone that it was."""
        auth = self._services.auth
        device = await auth.device_of(request.cookies.get(VISIT_COOKIE, ""))
        response.set_cookie(
            VISIT_COOKIE,
            await auth.new_visit(device=device),
            max_age=VISIT_LIFE_S,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
            path="/",
        )

    async def qr(self, _: Request) -> Response:
        """The way in as a QR code: dark on transparent, the page gives it its light ground."""
        code = await self._services.auth.join_code()
        url = f"{base_url(self._services.settings)}/join?k={code}"
        return Response(qr_svg(url), media_type="image/svg+xml", headers={"cache-control": "no-store"})

    async def submit(self, request: Request) -> Response:
        person = await self._services.auth.who(request)
        device = await self._device(request, person)
        fields, data = await read_form(request)
        code = fields.get("k", "")
        if device is None:
            if not await self._services.auth.is_join_code(code):
                raise ApiError(403, "no-code", "scan the QR code on the screen to take part")
            device = f"{_address(request)} {code}"  # a phone that keeps no cookie is still one phone
        self._slow_down(request, device)
        post = await self._post(fields, data, author=await self._author(request, fields))
        outcome = await self._services.gate.accept(post)
        if outcome.answer is Answer.GONE:
            self._drop(post)
        receipt = await self._services.auth.receipt(post.pid)
        return answer({"id": post.pid, "receipt": receipt}, status=202)

    async def _device(self, request: Request, person: Person | None) -> str | None:
        if person is not None:
            return f"person {person.name}"
        return await self._services.auth.device_of(request.cookies.get(VISIT_COOKIE, ""))

    async def _author(self, request: Request, fields: dict[str, str]) -> str:
        """One phone is one author, so that a ban and the rules reach it; on a kiosk each post has its own."""
        device = await self._services.auth.device_of(request.cookies.get(VISIT_COOKIE, ""))
        if device is None or device.startswith(SHARED):
            return fields.get("key", "")
        return hashlib.sha256(device.encode()).hexdigest()[:24]

    def _slow_down(self, request: Request, device: str) -> None:
        """A phone gets few, an address many: in a hall all visitors share one address."""
        waits = [self._addresses.take(_address(request))]
        if not device.startswith("person "):
            waits.append(self._devices.take(device))
        slow_down(waits)

    async def _post(self, fields: dict[str, str], data: bytes | None, *, author: str) -> Post:
        """A submission as a neutral post. Raises `ApiError` 400 with the field that is wrong."""
        key = fields.get("key", "")
        if not KEY.match(key):
            raise ApiError(400, "no-key", "key must be 8 to 64 letters, digits and hyphens", field="key")
        if fields.get("consent") != "1":
            raise ApiError(400, "no-consent", "agree that your post may be shown", field="consent")
        spans = from_plain(fields.get("text", ""), limit=TEXT_LIMIT)
        if not spans and data is None:
            raise ApiError(400, "empty", "write something or add a photo", field="text")
        lang = fields.get("lang", "")
        attachments: tuple[Attachment, ...] = ()
        if data is not None:
            _look_at(data)
            try:
                spooled = await asyncio.to_thread(self._services.spool.put, data, name=key)
            except OSError as error:
                log.error("an upload cannot be stored (%s): free some space", error.strerror)
                raise ApiError(
                    507, "no-space", "there is no room for the photo now; try again later"
                ) from error
            attachments = (Attachment(url="", spool=spooled),)
        name = clean_name(fields.get("name", ""))
        return Post(
            network=NETWORK,
            source=NETWORK,
            instance=self._services.settings.event.slug,
            native_id=key,
            author=Author(id=author, name=name or ""),
            spans=spans,
            attachments=attachments,
            lang=lang if lang in LANGUAGES else None,
            created_at=utc_now(),
            revision=1,  # a key is one post: sent again, in whatever words, it is a repeat
        )

    def _drop(self, post: Post) -> None:
        for attachment in post.attachments:
            if attachment.spool:
                self._services.spool.drop(attachment.spool)

    async def state(self, request: Request) -> Response:
        pid = await self._pid(request)
        records = await self._services.ledger.records([pid])
        if not records:
            raise ApiError(404, "no-post", "there is no such submission")
        record = records[0]
        is_prepared = record.card is not None or record.state is not State.QUEUED
        at = datetime.fromtimestamp(record.arrived_ms / 1000).astimezone()
        was_shown = (await self._plays.of_post(pid)).plays > 0
        return answer(
            {
                "state": record.state if is_prepared else "received",
                "shown": record.state is State.APPROVED,
                "at": at.isoformat(),
                "receipt": await shown_path(self._services.auth, pid) if was_shown else None,
            }
        )

    async def take_back(self, request: Request) -> Response:
        pid = await self._pid(request)
        await self._services.gate.withdraw(pid, why="author", by="visitor", source=NETWORK)
        return answer({"state": State.WITHDRAWN, "shown": False})

    async def _pid(self, request: Request) -> PostId:
        pid = await self._services.auth.pid_of(request.path_params["receipt"])
        if pid is None:
            raise ApiError(404, "no-post", "there is no such submission")
        return PostId(pid)


def _address(request: Request) -> str:
    """Of the house that it comes from: with IPv6 each has more addresses than anybody could count."""
    return place_of(request.client.host) if request.client else "?"


def _look_at(data: bytes) -> None:
    """A first look at the bytes, so that a visitor hears at once what cannot work. The worker looks properly."""
    if not data:
        raise ApiError(400, "not-a-picture", "the photo is empty", field="photo")
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        raise ApiError(400, "heic", "this phone format cannot be read: please send a JPEG", field="photo")
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    is_avif = data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis")
    if not (data.startswith(PICTURE_STARTS) or is_webp or is_avif):
        raise ApiError(400, "not-a-picture", "this file is not a picture we can read", field="photo")
