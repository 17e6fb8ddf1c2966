"""A small Mastodon on a free loopback port, for sources and for real clients that post to it.

    async with FakeMastodon() as server:
        server.publish(status("Bonsoir #parvis"))

Framing, refusals and quirks are those of the real server (4.2 and newer): streams want a user token, `payload`
is a text with JSON in it, `min_id` gives the page just above, pages are newest first, SSE begins with `:)` and
thumps. The switches are plain attributes, to be set before or while it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from tests.fakes.mastodon_status import account, content_of, iso, picture, status, tags_in
from wall.text import fold_tag_ascii

__all__ = ["FakeMastodon", "account", "picture", "status"]

WAIT_S = 10.0


class Listener:
    """An open stream: its subscriptions as the client wrote them, and what waits to be sent."""

    def __init__(self, request: web.Request, *, kind: str) -> None:
        self.request = request
        self.kind = kind
        self.subscriptions: list[list[str]] = []
        self.queue: asyncio.Queue[tuple[list[str], str, str] | bytes] = asyncio.Queue()

    def abort(self) -> None:
        if self.request.transport is not None:
            self.request.transport.abort()


class FakeMastodon:
    def __init__(self) -> None:
        self.token = "user-token"
        self.app_token = "app-token"
        self.needs_token = False
        self.hashtag_feeds = {"local": "public", "remote": "public"}
        self.announces_streaming = True
        self.has_websocket = True
        self.has_sse = True
        self.is_silent = False  # streams open and say nothing, not even thumps and pings
        self.has_wrong_scope = False  # sockets open and send one error frame
        self.is_captcha = False  # every request of the API answers 200 with a web page
        self.quiet: Mapping[str, str] | None = None  # headers of the 429 that every request answers
        self.repeats_its_page = False  # timelines answer the newest page whatever `min_id` says
        self.allowance: Mapping[str, str] = {}  # X-RateLimit-… headers of every answer
        self.thump_s = 15.0
        self.version = "4.5.0"
        self.statuses: dict[str, dict[str, Any]] = {}
        self.pictures: dict[str, bytes] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.listeners: list[Listener] = []
        self.base_url = ""
        self._uploads: dict[str, dict[str, Any]] = {}
        self._serial = itertools.count(1)
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._gatekeeper], client_max_size=20_000_000)
        app.add_routes(
            [
                web.get("/api/v2/instance", self._instance),
                web.get("/api/v1/timelines/tag/{tag}", self._timeline),
                web.post("/api/v1/statuses", self._create),
                web.get("/api/v1/statuses/{id}", self._show),
                web.delete("/api/v1/statuses/{id}", self._destroy),
                web.post("/api/v2/media", self._upload),
                web.get("/api/v1/streaming", self._websocket),
                web.get("/api/v1/streaming/{stream:.+}", self._sse),
                web.get("/media/{name}", self._picture),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- what a test does ---------------------------------------------------------------------------------

    def publish(self, new: dict[str, Any]) -> dict[str, Any]:
        """The status is there, and every stream that may see it gets it."""
        self.statuses[new["id"]] = new
        self._broadcast("update", new)
        return new

    def federate_late(self, new: dict[str, Any]) -> dict[str, Any]:
        """The status is there, but no stream gets it (as when it comes more than six hours late)."""
        self.statuses[new["id"]] = new
        return new

    def edit(self, status_id: str, text: str | None = None, **changes: Any) -> dict[str, Any]:
        """Streams of the tags it has NOW get the edit; those of a tag it lost hear nothing."""
        if text is not None:
            changes = {"content": content_of(text), "tags": tags_in(text), **changes}
        edited = {**self.statuses[status_id], "edited_at": iso(datetime.now(UTC)), **changes}
        self.statuses[status_id] = edited
        self._broadcast("status.update", edited)
        return edited

    def delete(self, status_id: str) -> None:
        gone = self.statuses.pop(status_id)
        self._broadcast("delete", gone, payload=status_id)

    def vanish(self, status_id: str) -> None:
        """Gone without a word, as when its account is deleted."""
        del self.statuses[status_id]

    def add_picture(self, name: str, content: bytes) -> str:
        """Its address."""
        self.pictures[name] = content
        return f"{self.base_url}/media/{name}"

    def send_raw(self, raw: bytes) -> None:
        """These very bytes to every stream: a text frame, or a piece of the event stream."""
        for listener in self.listeners:
            listener.queue.put_nowait(raw)

    def drop(self) -> None:
        """Every stream breaks off without a goodbye."""
        for listener in self.listeners:
            listener.abort()

    async def listening(self, count: int = 1) -> None:
        """Wait until streams hold that many subscriptions together."""
        await self._until(lambda: sum(len(one.subscriptions) for one in self.listeners) >= count)

    async def left(self) -> None:
        """Wait until no stream is open (an event stream notices at its next piece)."""
        await self._until(lambda: not self.listeners)

    async def asked(self, part: str, count: int = 1) -> None:
        """Wait until that many requests had `part` in their path."""
        await self._until(lambda: sum(part in path for path, _ in self.requests) >= count)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S), self._changed:
            await self._changed.wait_for(is_so)

    async def _say_changed(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    # --- doors --------------------------------------------------------------------------------------------

    @web.middleware
    async def _gatekeeper(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self.requests.append((request.path, dict(request.query)))
        await self._say_changed()
        if request.path.startswith("/api/"):
            if self.quiet is not None:
                return web.json_response({"error": "Too many requests"}, status=429, headers=self.quiet)
            if self.is_captcha:
                return web.Response(text="<!DOCTYPE html><p>Are you human?</p>", content_type="text/html")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(self.allowance)
        return response

    def _refusal(self, request: web.Request, *, needs_user: bool) -> str:
        """Why a token does not do; "" when it does."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        given = (
            given
            or request.headers.get("Sec-WebSocket-Protocol", "")
            or request.query.get("access_token", "")
        )
        if not given:
            return "Missing access token" if needs_user else ""
        return (
            ""
            if given == self.token or (given == self.app_token and not needs_user)
            else "Invalid access token"
        )

    async def _instance(self, request: web.Request) -> web.Response:
        urls = {"streaming": self.base_url.replace("http", "ws", 1)} if self.announces_streaming else {}
        configuration = {"urls": urls, "timelines_access": {"hashtag_feeds": self.hashtag_feeds}}
        return web.json_response(
            {"domain": "social.example.org", "version": self.version, "configuration": configuration}
        )

    # --- REST ---------------------------------------------------------------------------------------------

    async def _timeline(self, request: web.Request) -> web.Response:
        query = request.query
        is_local = query.get("local") == "true"
        sides = ("local",) if is_local else ("local", "remote")
        is_closed = any(self.hashtag_feeds[side] != "public" for side in sides)
        if refusal := self._refusal(request, needs_user=self.needs_token or is_closed):
            return web.json_response({"error": refusal}, status=401)
        named = {fold_tag_ascii(tag) for tag in (request.match_info["tag"], *query.getall("any[]", []))}
        rows = [one for one in self.statuses.values() if one["visibility"] == "public" and named & _tags(one)]
        if is_local or self.hashtag_feeds["remote"] == "disabled":
            rows = [one for one in rows if not _is_remote(one)]
        if query.get("only_media") == "true":
            rows = [one for one in rows if one["media_attachments"]]
        for tag in query.getall("all[]", []):
            rows = [one for one in rows if fold_tag_ascii(tag) in _tags(one)]
        rows.sort(key=lambda one: int(one["id"]))
        limit = min(int(query.get("limit", "20")), 40)
        if "max_id" in query:
            rows = [one for one in rows if int(one["id"]) < int(query["max_id"])]
        if "since_id" in query:
            rows = [one for one in rows if int(one["id"]) > int(query["since_id"])]
        if "min_id" in query and not self.repeats_its_page:
            rows = [one for one in rows if int(one["id"]) > int(query["min_id"])][:limit]
        return web.json_response(rows[-limit:][::-1])

    async def _show(self, request: web.Request) -> web.Response:
        found = self.statuses.get(request.match_info["id"])
        return (
            web.json_response(found)
            if found
            else web.json_response({"error": "Record not found"}, status=404)
        )

    async def _create(self, request: web.Request) -> web.Response:
        """`status`, `visibility`, `spoiler_text`, `sensitive`, `media_ids[]`, as a form or as JSON."""
        if refusal := self._refusal(request, needs_user=True):
            return web.json_response({"error": refusal}, status=401)
        if request.content_type == "application/json":
            fields = await request.json()
            media = fields.get("media_ids", [])
        else:
            pairs = parse_qsl(await request.text())
            fields, media = (
                dict(pairs),
                [value for name, value in pairs if name in ("media_ids[]", "media_ids")],
            )
        new = status(
            str(fields.get("status", "")),
            visibility=fields.get("visibility") or "public",
            spoiler_text=fields.get("spoiler_text") or "",
            sensitive=str(fields.get("sensitive", "")).lower() in ("true", "1"),
            media_attachments=[self._uploads[one] for one in media if one in self._uploads],
        )
        return web.json_response(self.publish(new))

    async def _destroy(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request, needs_user=True):
            return web.json_response({"error": refusal}, status=401)
        gone = self.statuses.get(request.match_info["id"])
        if gone is None:
            return web.json_response({"error": "Record not found"}, status=404)
        self.delete(gone["id"])
        source = {name: value for name, value in gone.items() if name != "content"}
        return web.json_response({**source, "text": "…"})

    async def _upload(self, request: web.Request) -> web.Response:
        """Multipart: `file` and maybe `description`."""
        fields = await request.post()
        file = fields.get("file")
        if not isinstance(file, web.FileField):
            return web.json_response({"error": "Validation failed: File can't be blank"}, status=422)
        media_id = f"9{next(self._serial)}"
        address = self.add_picture(f"{media_id}.bin", file.file.read())
        self._uploads[media_id] = picture(
            address, id=media_id, description=str(fields.get("description", ""))
        )
        return web.json_response(self._uploads[media_id])

    async def _picture(self, request: web.Request) -> web.Response:
        content = self.pictures.get(request.match_info["name"])
        if content is None:
            return web.Response(status=404)
        kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
        return web.Response(body=content, content_type=kind)

    # --- streams ------------------------------------------------------------------------------------------

    def _broadcast(self, event: str, about: dict[str, Any], *, payload: str | None = None) -> None:
        if about["visibility"] != "public":
            return
        is_withheld = event != "delete" and _is_remote(about) and self.hashtag_feeds["remote"] == "disabled"
        for listener in self.listeners:
            for subscription in listener.subscriptions:
                if not is_withheld and _wants(subscription, about):
                    listener.queue.put_nowait((subscription, event, payload or json.dumps(about)))

    @contextlib.asynccontextmanager
    async def _listener(self, request: web.Request, *, kind: str) -> AsyncIterator[Listener]:
        listener = Listener(request, kind=kind)
        self.listeners.append(listener)
        try:
            yield listener
        finally:
            self.listeners.remove(listener)
            await self._say_changed()

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        if not self.has_websocket:
            return web.json_response({"error": "Not found"}, status=404)
        if refusal := self._refusal(request, needs_user=True):
            return web.Response(status=401, headers={"X-Error-Message": refusal})
        socket = web.WebSocketResponse(heartbeat=None if self.is_silent else 30.0, autoping=True)
        await socket.prepare(request)
        async with self._listener(request, kind="ws") as listener, asyncio.TaskGroup() as group:
            if self.has_wrong_scope:
                error = {"error": "Access token does not have the required scopes", "status": 401}
                await socket.send_json(error)
            elif "stream" in request.query:
                await self._subscribe(socket, listener, request.query)
            sender = group.create_task(self._send_frames(socket, listener))
            async for message in socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    await socket.close(code=1003)
                elif message.type is aiohttp.WSMsgType.TEXT and not self.has_wrong_scope:
                    await self._subscribe(socket, listener, json.loads(message.data))
            sender.cancel()
        return socket

    async def _subscribe(
        self, socket: web.WebSocketResponse, listener: Listener, wish: Mapping[str, str]
    ) -> None:
        stream, tag = wish.get("stream", ""), wish.get("tag", "")
        if stream not in ("hashtag", "hashtag:local", "public", "public:local"):
            await socket.send_json({"error": "Unknown stream type", "status": 400})
        elif stream.startswith("hashtag") and not tag:
            await socket.send_json({"error": "Missing tag name parameter", "status": 400})
        else:
            listener.subscriptions.append([stream, tag] if tag else [stream])
            await self._say_changed()

    async def _send_frames(self, socket: web.WebSocketResponse, listener: Listener) -> None:
        while True:
            item = await listener.queue.get()
            if self.is_silent:
                continue
            if isinstance(item, bytes):
                await socket.send_str(item.decode())
            else:
                stream, event, payload = item
                await socket.send_json({"stream": stream, "event": event, "payload": payload})

    async def _sse(self, request: web.Request) -> web.StreamResponse:
        if not self.has_sse:
            return web.json_response({"error": "Not found"}, status=404)
        if refusal := self._refusal(request, needs_user=True):
            return web.json_response({"error": refusal}, status=401)
        stream, tag = request.match_info["stream"].replace("/", ":"), request.query.get("tag", "")
        if stream.startswith("hashtag") and not tag:
            return web.json_response({"error": "Missing tag name parameter"}, status=400)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        async with self._listener(request, kind="sse") as listener:
            listener.subscriptions.append([stream, tag] if tag else [stream])
            await self._say_changed()
            if not self.is_silent:
                await response.write(b":)\n")
            with contextlib.suppress(ConnectionError):
                while True:
                    if piece := await self._next_piece(listener):
                        await response.write(piece)
        return response

    async def _next_piece(self, listener: Listener) -> bytes:
        try:
            async with asyncio.timeout(self.thump_s):
                item = await listener.queue.get()
        except TimeoutError:
            return b"" if self.is_silent else b":thump\n\n"
        if self.is_silent:
            return b""
        if isinstance(item, bytes):
            return item
        _, event, payload = item
        return f"event: {event}\ndata: {payload}\n\n".encode()


def _tags(one: dict[str, Any]) -> set[str]:
    return {fold_tag_ascii(tag["name"]) for tag in one["tags"]}


def _is_remote(one: dict[str, Any]) -> bool:
    return "@" in one["account"]["acct"]


def _wants(subscription: list[str], about: dict[str, Any]) -> bool:
    if subscription[0].endswith(":local") and _is_remote(about):
        return False
    return subscription[0].startswith("public") or fold_tag_ascii(subscription[1]) in _tags(about)
