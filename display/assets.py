"""The organiser's own files: logos, pictures, films, captions, fonts.

They come from the folder `assets` beside the settings file, and from the desk (then they lie in `assets` of the data
folder). Settings and programmes name them; pages get an address made of what is in them, which is good for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import logging
import os
import re
import secrets
import time
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from display.asset_kinds import HEAD_BYTES, SVG, WEBP, Form, Kind, Unfit, form_of
from display.shelf import Asset, Place, Shelf, Stopped, is_as_seen, look, most_bytes
from wall.media.pool import DecodePool
from wall.media.rendered import Flaw, Refused
from wall.settings import Settings
from wall.web.answers import ApiError, answer
from wall.web.auth import Auth
from wall.web.guards import need_same_origin

log = logging.getLogger("parvis.assets")

FOLDER = "assets"
UPLOAD_BYTES = 300_200_000  # the largest film, and what surrounds it
UPLOAD_S = 900.0
EVERY_S = 5.0
FIRST_LOOK_S = 3.0
LOOK_AGAIN_S = 1.0
UPLOAD_NAME_MOST = 80
PART_LIFE_S = 86_400.0
BLOCK_BYTES = 1_000_000
KEPT = "public, max-age=31536000, immutable"
# Whatever opens such a file by itself: nothing in it runs, and nothing is fetched.
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

_NAME = re.compile(r"\w[\w.()-]*\Z")


class Assets:
    """`followers` are called, without arguments, whenever a name leads somewhere else than before."""

    def __init__(self, settings: Settings, auth: Auth) -> None:
        self._auth = auth
        self._uploads = settings.data_dir / FOLDER
        own = [Place(settings.folder / FOLDER, FOLDER, is_upload=False)] if settings.path else []
        self._places = (*own, Place(self._uploads, "uploaded", is_upload=True))
        self._picture_bytes = settings.media.max_mb * 1_000_000
        self._shelf = Shelf()
        self._pool: DecodePool | None = None
        self._lock = asyncio.Lock()
        self._looked_at = -LOOK_AGAIN_S
        self._stop = Event()
        self.followers: list[Callable[[], None]] = []

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/asset/{digest}/{name}", self.file, methods=["GET"]),
            Route("/api/v1/assets", self.listing, methods=["GET"]),
            Route("/api/v1/assets", self.add, methods=["POST"]),
            Route("/api/v1/assets/{name:path}", self.remove, methods=["DELETE"]),
        ]

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Follows the folders until it is left."""
        async with DecodePool(size=1) as pool, asyncio.TaskGroup() as tasks:
            self._pool = pool
            await asyncio.to_thread(_sweep, self._uploads)
            first = asyncio.Event()
            watching = tasks.create_task(self._watch(first))
            try:
                with contextlib.suppress(TimeoutError):  # many films: they come as they are read
                    async with asyncio.timeout(FIRST_LOOK_S):
                        await first.wait()
                yield
            finally:
                self._stop.set()
                watching.cancel()

    def url(self, name: str) -> str | None:
        """The address of a file, "/asset/<digest>/<name>"; None when there is none of this name (see `missing`)."""
        asset = self._shelf.names.get(name)
        return asset.url if asset else None

    def kind(self, name: str) -> Kind | None:
        asset = self._shelf.names.get(name)
        return asset.form.kind if asset else None

    @property
    def problems(self) -> tuple[str, ...]:
        """The files that cannot be used, each with what to do."""
        return self._shelf.problems

    def missing(self, name: str) -> str:
        """Why `url(name)` is None, in a sentence with the cure."""
        for problem in self._shelf.problems:
            if problem.partition("/")[2].startswith(f"{name} "):
                return problem
        close = difflib.get_close_matches(name, self._shelf.names, n=1)
        hint = (
            f"; did you mean {close[0]!r}?"
            if close
            else f"; put it into the folder {FOLDER} or upload it at the desk"
        )
        return f"there is no file {name!r}{hint}"

    async def look(self) -> None:
        """Bring the shelf up to date."""
        async with self._lock:
            before = self._shelf
            try:
                self._shelf = await asyncio.to_thread(look, self._places, before, stop=self._stop)
            except Stopped:
                return
            finally:
                self._looked_at = asyncio.get_running_loop().time()
        for problem in self._shelf.problems:
            if problem not in before.problems:
                log.warning("%s", problem)
        if {n: a.digest for n, a in before.names.items()} != {
            n: a.digest for n, a in self._shelf.names.items()
        }:
            for follower in self.followers:
                follower()

    async def _watch(self, first: asyncio.Event) -> None:
        while True:
            await self.look()
            first.set()
            await asyncio.sleep(EVERY_S)

    async def file(self, request: Request) -> Response:
        """Anybody may read, whoever knows an address. What the address says is looked up, never opened."""
        asset = await self._found(request.path_params["digest"], request.path_params["name"])
        if asset is None:
            raise HTTPException(404, headers={"cache-control": "no-store"})
        headers = {
            "cache-control": KEPT,
            "content-security-policy": SVG_POLICY if asset.form is SVG else POLICY,
            "x-content-type-options": "nosniff",
            "etag": f'"{asset.digest}"',
        }
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return FileResponse(
            asset.path,
            media_type=asset.form.mime,
            headers=headers,
            filename=asset.file_name,
            content_disposition_type="inline",
        )

    async def _found(self, digest: str, name: str) -> Asset | None:
        """A file of that address, unchanged; one that another process has just taken in is looked for once."""
        asset = self._shelf.served.get((digest, name))
        if asset is not None and await asyncio.to_thread(is_as_seen, asset):
            return asset
        if asyncio.get_running_loop().time() - self._looked_at < LOOK_AGAIN_S:
            return None
        await self.look()
        return self._shelf.served.get((digest, name))

    async def listing(self, request: Request) -> Response:
        await self._auth.need(request, "viewer")
        names = sorted(self._shelf.names.items())
        return answer({"assets": [_json(asset) for _, asset in names], "problems": self._shelf.problems})

    async def add(self, request: Request) -> Response:
        """The body is the file, `?name=` what it is to be called; the same name again takes the place of the first."""
        person = await self._auth.need(request, "admin")
        need_same_origin(request, person)
        name = upload_name(request.query_params.get("name", ""))
        part = self._uploads / f".{secrets.token_hex(8)}.part"
        try:
            form = await self._take(request, part)
            name = f"{name.rpartition('.')[0] or name}{form.suffix}"
            there = self._shelf.names.get(name)
            if there is not None and not there.is_upload:
                message = (
                    f"a file {name!r} lies in the folder {FOLDER}: it counts, so give this one another name"
                )
                raise ApiError(409, "name-taken", message, field="name")
            await asyncio.to_thread(part.replace, self._uploads / name)
        except OSError as error:
            log.error("an upload cannot be stored (%s): free some space", error.strerror)
            raise ApiError(507, "no-space", "there is no room for this file; free some space") from error
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)
        await self.look()
        asset = self._shelf.names.get(name)
        if asset is None:
            await asyncio.to_thread((self._uploads / name).unlink, missing_ok=True)
            message = self.missing(name)
            await self.look()
            raise ApiError(400, "unfit", message)
        log.info("%s uploaded %s", person.name, name)
        return answer(_json(asset), status=201)

    async def _take(self, request: Request, part: Path) -> Form:
        """The body, looked at and on disk. Pictures are made anew. Raises `ApiError` 400, 413 and `OSError`."""
        await asyncio.to_thread(self._uploads.mkdir, mode=0o700, parents=True, exist_ok=True)
        form: Form | None = None
        block, taken = bytearray(), 0
        with await asyncio.to_thread(part.open, "xb") as file:
            async for chunk in request.stream():
                block += chunk
                taken += len(chunk)
                if form is None and len(block) >= HEAD_BYTES:
                    form = self._form(bytes(block[:HEAD_BYTES]))
                if form is not None and taken > (most := self._most(form)):
                    message = f"the limit for a {form.kind} is {most // 1_000_000} MB"
                    raise ApiError(413, "too-large", message)
                if len(block) >= BLOCK_BYTES and form is not None and form.kind is not Kind.PICTURE:
                    await asyncio.to_thread(file.write, bytes(block))
                    block.clear()
            form = form or self._form(bytes(block))
            if form.kind is Kind.PICTURE:
                block[:] = await self._made_anew(bytes(block))
                form = WEBP
            await asyncio.to_thread(_write_down, file, bytes(block))
        return form

    def _most(self, form: Form) -> int:
        return self._picture_bytes if form.kind is Kind.PICTURE else most_bytes(form)

    def _form(self, head: bytes) -> Form:
        try:
            form = form_of(head)
        except Unfit as unfit:
            raise ApiError(400, "unfit", f"this file {unfit}") from None
        if form is SVG:
            message = f"an SVG can be taken from the folder {FOLDER} beside the settings alone; send PNG or WebP here"
            raise ApiError(400, "svg", message)
        return form

    async def _made_anew(self, data: bytes) -> bytes:
        assert self._pool is not None, "assets are served"
        try:
            rendered = await self._pool.render(data)
        except Refused as refused:
            status = 503 if refused.code is Flaw.UNAVAILABLE else 400
            raise ApiError(status, refused.code, str(refused)) from None
        return rendered.variants["large"]

    async def remove(self, request: Request) -> Response:
        person = await self._auth.need(request, "admin")
        need_same_origin(request, person)
        name = request.path_params["name"]
        asset = self._shelf.names.get(name)
        if asset is None:
            raise ApiError(404, "no-asset", "there is no file of this name")
        if not asset.is_upload:
            message = f"{name!r} lies in the folder {FOLDER} beside the settings: delete it there"
            raise ApiError(409, "not-uploaded", message)
        await asyncio.to_thread(asset.path.unlink, missing_ok=True)
        log.info("%s deleted %s", person.name, name)
        await self.look()
        return answer({})


def upload_name(asked: str) -> str:
    """A plain file name from what a browser calls it. Raises `ApiError` 400."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", asked)[-1]).strip()
    name = re.sub(r"\s+", "-", name)
    stem, dot, suffix = name.rpartition(".")
    name = f"{(stem if dot else name)[: UPLOAD_NAME_MOST - 8]}{dot}{suffix[:7] if dot else ''}"
    if not _NAME.match(name):
        message = "?name= says what the file is called: letters, digits, dots and hyphens, like logo.png"
        raise ApiError(400, "no-name", message, field="name")
    return name


def _sweep(uploads: Path) -> None:
    """What an interrupted upload of yesterday has left."""
    for part in uploads.glob(".*.part"):
        with contextlib.suppress(OSError):  # another process sweeps too
            if time.time() - part.stat().st_mtime > PART_LIFE_S:
                part.unlink()


def _write_down(file: BinaryIO, data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _json(asset: Asset) -> dict[str, Any]:
    return {
        "name": asset.name,
        "kind": asset.form.kind,
        "type": asset.form.mime,
        "bytes": asset.bytes,
        "url": asset.url,
        "uploaded": asset.is_upload,
    }
