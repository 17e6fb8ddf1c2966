"""A small Bluesky on a free loopback port: Jetstream on both wires, the AppView's two questions, and the pictures.

    async with FakeBluesky() as network:
        author = network.join("alice.example.org")
        network.post(author, "Bonsoir #parvis")

Framing, refusals and quirks are those of the real servers: v1 clamps an old cursor silently and compresses with a
dictionary that everybody is assumed to have; v2 refuses an old cursor and hands its dictionary out; the AppView
leaves out what it does not know. The switches are plain attributes, to be set before or while it runs.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Self

import zstandard
from aiohttp import WSMsgType, web

from tests.fakes.bluesky_record import POSTS, Event, cid_for, did_for, record_of, v2_frame

__all__ = ["FakeBluesky", "record_of"]

WAIT_S = 10.0
V2_PATH = "/xrpc/network.bsky.jetstream.subscribeEvents"
V1_NAMES = {"wantedCollections", "wantedDids", "compress", "requireHello"}


class Listener:
    """An open stream and what waits to be sent on it: events, or bytes and texts as they are."""

    def __init__(self, request: web.Request, *, is_v2: bool, dictionary: bytes | None) -> None:
        self.request = request
        self.is_v2 = is_v2
        self.queue: asyncio.Queue[Event | str | bytes | None] = asyncio.Queue()
        self._pack: Callable[[bytes], bytes] | None = None
        if dictionary is not None:
            prepared = zstandard.ZstdCompressionDict(dictionary)
            self._pack = zstandard.ZstdCompressor(dict_data=prepared, write_content_size=not is_v2).compress

    def frame(self, thing: Event | str) -> str | bytes:
        if not isinstance(thing, str):
            thing = v2_frame(thing) if self.is_v2 else thing
            thing = json.dumps(thing, ensure_ascii=False, separators=(",", ":"))
        return self._pack(thing.encode()) if self._pack else thing

    def abort(self) -> None:
        if self.request.transport is not None:
            self.request.transport.abort()


class FakeBluesky:
    def __init__(self) -> None:
        self.v1_dictionary: bytes | None = None
        self.v2_dictionary: bytes | None = None
        self.hands_out: bytes | None = None  # another dictionary than the one it uses
        self.first_seq = 0  # v2 refuses cursors below
        self.kept_from_us = 0  # v1 silently begins here with older cursors
        self.refusal: tuple[int, str] | None = None  # status and body for every handshake
        self.is_silent = False  # streams open and say nothing
        self.api_status = 200  # of getProfiles and getPosts
        self.api_headers: Mapping[str, str] = {}
        self.is_captcha = False  # getProfiles and getPosts answer 200 with a web page
        self.is_blank = False  # getProfiles and getPosts know nothing
        self.behind = 0  # as many answers of getPosts know nothing yet
        self.may_answer = asyncio.Event()  # getProfiles and getPosts wait for it
        self.may_answer.set()
        self.profiles: dict[str, dict[str, Any]] = {}
        self.posts: dict[str, dict[str, Any]] = {}
        self.events: list[Event] = []
        self.pictures: dict[str, bytes] = {}
        self.requests: list[tuple[str, list[tuple[str, str]]]] = []
        self.handshakes: list[Mapping[str, str]] = []
        self.listeners: list[Listener] = []
        self.base_url = ""
        self._names = itertools.count(1)
        self._clock_us = 0
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._recorder])
        app.add_routes(
            [
                web.get("/subscribe", self._v1),
                web.get(V2_PATH, self._v2),
                web.get("/xrpc/network.bsky.jetstream.getZstdDictionary", self._dictionary),
                web.get("/xrpc/app.bsky.actor.getProfiles", self._get_profiles),
                web.get("/xrpc/app.bsky.feed.getPosts", self._get_posts),
                web.get("/img/{preset}/plain/{did}/{name}", self._picture),
                web.get("/watch/{did}/{name}/thumbnail.jpg", self._picture),
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

    @property
    def v1_url(self) -> str:
        return f"{self.base_url.replace('http', 'ws', 1)}/subscribe"

    @property
    def v2_url(self) -> str:
        return f"{self.base_url.replace('http', 'ws', 1)}{V2_PATH}"

    # --- what a test does -------------------------------------------------------------------------------------

    def join(self, handle: str, **profile: Any) -> str:
        """A new account; its did."""
        did = did_for(handle)
        self.profiles[did] = {"did": did, "handle": handle, "labels": [], **profile}
        return did

    def post(self, did: str, text: str, *, rkey: str | None = None, **record: Any) -> str:
        """A new post with facets for its #tags, at once on every stream; its at:// address."""
        return self._write(did, rkey or f"3k{next(self._names):011d}", record_of(text, **record), "create")

    def edit(self, uri: str, text: str, **record: Any) -> None:
        did, rkey = uri.removeprefix("at://").split(f"/{POSTS}/")
        self._write(did, rkey, record_of(text, **record), "update")

    def delete(self, uri: str) -> None:
        did, rkey = uri.removeprefix("at://").split(f"/{POSTS}/")
        self.posts.pop(uri, None)
        commit = {"rev": "3k", "operation": "delete", "collection": POSTS, "rkey": rkey}
        self.send(did, "commit", commit=commit)

    def vanish(self, uri: str) -> None:
        """Gone from the AppView without a word."""
        del self.posts[uri]

    def account(self, did: str, *, active: bool, status: str | None = None) -> None:
        said = {"active": active, "did": did, "seq": 1, "time": "2026-11-24T18:00:00.000Z"}
        self.send(did, "account", account=said | ({"status": status} if status else {}))

    def rename(self, did: str, handle: str | None) -> None:
        if handle:
            self.profiles[did]["handle"] = handle
        self.send(did, "identity", identity={"did": did, "seq": 1} | ({"handle": handle} if handle else {}))

    def send(self, did: str, kind: str, **parts: Any) -> Event:
        """An event of any kind, stamped and numbered."""
        self._clock_us = max(self._clock_us + 1, time.time_ns() // 1000)
        event = {"did": did, "time_us": self._clock_us, "kind": kind, **parts, "cursor": len(self.events) + 1}
        self.events.append(event)
        for listener in self.listeners:
            listener.queue.put_nowait(event)
        return event

    def send_raw(self, frame: str | bytes) -> None:
        for listener in self.listeners:
            listener.queue.put_nowait(frame)

    def close(self) -> None:
        """A goodbye on every stream, as when the server is deployed anew."""
        for listener in self.listeners:
            listener.queue.put_nowait(None)

    def drop(self) -> None:
        for listener in self.listeners:
            listener.abort()

    async def listening(self, count: int = 1) -> None:
        await self._until(lambda: len(self.listeners) >= count)

    async def asked(self, part: str, count: int = 1) -> list[tuple[str, str]]:
        """Wait until that many requests had `part` in their path; the parameters of the last of these."""

        def found() -> list[list[tuple[str, str]]]:
            return [query for path, query in self.requests if part in path]

        await self._until(lambda: len(found()) >= count)
        return found()[count - 1]

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S), self._changed:
            await self._changed.wait_for(is_so)

    async def _say_changed(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _write(self, did: str, rkey: str, record: dict[str, Any], operation: str) -> str:
        uri = f"at://{did}/{POSTS}/{rkey}"
        cid = cid_for(record)
        self.posts[uri] = {
            "uri": uri,
            "cid": cid,
            "author": self.profiles.get(did, {"did": did}),
            "record": record,
            "labels": [],
            "likeCount": 0,
        }
        commit = {"rev": "3k", "operation": operation, "collection": POSTS, "rkey": rkey}
        self.send(did, "commit", commit=commit | {"record": record, "cid": cid})
        return uri

    # --- Jetstream --------------------------------------------------------------------------------------------

    @web.middleware
    async def _recorder(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self.requests.append((request.path, list(request.query.items())))
        await self._say_changed()
        return await handler(request)

    async def _v1(self, request: web.Request) -> web.StreamResponse:
        is_compressed = request.query.get("compress") == "true"
        if is_compressed and "Sec-WebSocket-Extensions" in request.headers:
            return web.Response(status=400, text="compress and permessage-deflate exclude each other")
        cursor = int(request.query["cursor"]) if "cursor" in request.query else None
        since_us = None if cursor is None else max(cursor, self.kept_from_us)
        past = [event for event in self.events if since_us is not None and event["time_us"] >= since_us]
        return await self._stream(
            request, past, is_v2=False, dictionary=self.v1_dictionary if is_compressed else None
        )

    async def _v2(self, request: web.Request) -> web.StreamResponse:
        if wrong := V1_NAMES & set(request.query):
            return _refused("InvalidRequest", f"unknown parameter {min(wrong)}")
        wanted = request.query.get("zstdDictionary")
        current = zstandard.ZstdCompressionDict(self.v2_dictionary).dict_id() if self.v2_dictionary else 0
        if wanted and int(wanted) != current:
            return _refused("UnknownZstdDictionary", f"current dictionary id is {current}")
        past: list[Event] = []
        notices: list[str] = []
        if "cursor" in request.query:
            cursor = int(request.query["cursor"])
            if cursor < 10**15 and cursor < self.first_seq:
                return _refused("CursorTooOld", f"cursor {cursor} below lookback floor {self.first_seq}")
            field = "time_us" if cursor >= 10**15 else "cursor"
            past = [
                event for event in self.events if event[field] >= cursor and event["cursor"] >= self.first_seq
            ]
            if field == "time_us" and cursor < self.kept_from_us:
                info = {"$type": "network.bsky.jetstream.subscribeEvents#info", "name": "OutdatedCursor"}
                notices.append(json.dumps({"$type": "message", "payload": info}))
        dictionary = self.v2_dictionary if wanted else None
        return await self._stream(request, [*notices, *past], is_v2=True, dictionary=dictionary)

    async def _stream(
        self, request: web.Request, past: Sequence[Event | str], *, is_v2: bool, dictionary: bytes | None
    ) -> web.StreamResponse:
        self.handshakes.append(dict(request.headers))
        if self.refusal is not None:
            status, body = self.refusal
            return web.Response(status=status, text=body)
        socket = web.WebSocketResponse(compress=False, heartbeat=30)
        await socket.prepare(request)
        listener = Listener(request, is_v2=is_v2, dictionary=dictionary)
        for event in past:
            listener.queue.put_nowait(event)
        self.listeners.append(listener)
        await self._say_changed()
        try:
            async with asyncio.TaskGroup() as group:
                writing = group.create_task(self._write_out(socket, listener))
                async for message in socket:
                    if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                        break  # nobody is asked to say anything
                writing.cancel()
        finally:
            self.listeners.remove(listener)
        return socket

    async def _write_out(self, socket: web.WebSocketResponse, listener: Listener) -> None:
        while True:
            thing = await listener.queue.get()
            if self.is_silent:
                continue
            if thing is None:
                await socket.close(code=1001, message=b"server shutting down")
                return
            frame = thing if isinstance(thing, bytes) else listener.frame(thing)
            try:
                await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
            except ConnectionError:
                return

    async def _dictionary(self, _request: web.Request) -> web.Response:
        content = self.hands_out or self.v2_dictionary
        if content is None:
            return web.json_response({"error": "NotFound"}, status=404)
        return web.Response(body=content, content_type="application/octet-stream")

    # --- AppView and pictures ---------------------------------------------------------------------------------

    async def _get_profiles(self, request: web.Request) -> web.Response:
        await self.may_answer.wait()
        return self._answer(request.query.getall("actors", []), self.profiles, name="profiles")

    async def _get_posts(self, request: web.Request) -> web.Response:
        await self.may_answer.wait()
        is_behind, self.behind = self.behind > 0, max(0, self.behind - 1)
        return self._answer(request.query.getall("uris", []), {} if is_behind else self.posts, name="posts")

    def _answer(self, wanted: Sequence[str], known: Mapping[str, Any], *, name: str) -> web.Response:
        if self.is_captcha:
            return web.Response(text="<!DOCTYPE html><p>Are you human?</p>", content_type="text/html")
        if self.api_status != 200:
            return web.json_response({"error": "Trouble"}, status=self.api_status, headers=self.api_headers)
        if not 1 <= len(wanted) <= 25:
            return _refused("InvalidRequest", f"{len(wanted)} is not between 1 and 25")
        rows = [] if self.is_blank else [known[one] for one in wanted if one in known]
        return web.json_response({name: rows})

    async def _picture(self, request: web.Request) -> web.Response:
        content = self.pictures.get(request.match_info["name"].partition("@")[0])
        if content is None:
            return web.Response(status=404)
        return web.Response(body=content, content_type="image/jpeg")


def _refused(name: str, message: str) -> web.Response:
    return web.json_response({"error": name, "message": message}, status=400)
