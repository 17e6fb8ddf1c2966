"""A site with one feed, and a WebSub hub, each on a free loopback port.

    async with FakeFeed() as site:
        site.body = rss(item("1", "Bonsoir"))

The site knows ETag and If-None-Match; `status`, `headers` and `moved` change what it answers. The hub checks a
subscriber's intent as section 5.3 of the Recommendation says, and signs what it delivers.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping
from html import escape
from typing import Self

import aiohttp
from aiohttp import web

WAIT_S = 10.0


def item(
    guid: str, title: str, text: str = "", *, date: str = "Tue, 24 Nov 2026 18:00:00 GMT", more: str = ""
) -> str:
    """An RSS item; `guid` "" leaves it out."""
    name = f'<guid isPermaLink="false">{escape(guid)}</guid>' if guid else ""
    return (
        f"<item>{name}<title>{escape(title)}</title><description>{escape(text)}</description>"
        f"<pubDate>{date}</pubDate>{more}</item>"
    )


def rss(*items: str, more: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:at="http://purl.org/atompub/tombstones/1.0"><channel><title>Le carnet</title>'
        f"<link>https://carnet.example.org/</link>{more}{''.join(items)}</channel></rss>"
    ).encode()


class _Site:
    """What both servers share: a port, a list of requests, and waiting for one."""

    def __init__(self) -> None:
        self.url = ""
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    def _routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S), self._changed:
            await self._changed.wait_for(is_so)


class FakeFeed(_Site):
    """`requests` are the headers of each GET of `/feed`, lower-case; `answers` the status given to each.

    Its own hub stands at `/hub`; a feed that shall be pushed names it, in `headers` or in its body.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = rss()
        self.content_type = "application/rss+xml"
        self.headers: Mapping[str, str] = {}
        self.hub = FakeHub()
        self.status = 200
        self.moved: tuple[int, str] | None = None
        self.requests: list[dict[str, str]] = []
        self.answers: list[int] = []

    @property
    def address(self) -> str:
        return f"{self.url}/feed"

    def _routes(self) -> list[web.RouteDef]:
        return [web.get("/feed", self._feed), web.post("/hub", self.hub.subscribe)]

    async def answered(self, status: int, *, times: int = 1) -> None:
        await self.until(lambda: self.answers.count(status) >= times)

    async def _feed(self, request: web.Request) -> web.Response:
        self.requests.append({name.lower(): value for name, value in request.headers.items()})
        reply = self._reply(request)
        self.answers.append(reply.status)
        await self._tell()
        return reply

    def _reply(self, request: web.Request) -> web.Response:
        if self.moved is not None:
            return web.Response(status=self.moved[0], headers={"Location": self.moved[1]})
        etag = f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'
        headers = {"ETag": etag, **self.headers}
        if self.status == 200 and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = self.content_type
        return web.Response(body=self.body, status=self.status, headers=headers)


class FakeHub(_Site):
    """`requests` are the forms it was sent. `lease_s` None denies every subscription."""

    def __init__(self) -> None:
        super().__init__()
        self.lease_s: int | None = 864_000
        self.requests: list[dict[str, str]] = []
        self.callbacks: dict[str, str] = {}  # callback -> secret
        self.checks: list[tuple[int, str]] = []  # what subscribers answered to a challenge

    def _routes(self) -> list[web.RouteDef]:
        return [web.post("/hub", self.subscribe)]

    async def subscribe(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.requests.append(form)
        callback = form["hub.callback"]
        query = {"hub.mode": "subscribe", "hub.topic": form["hub.topic"], "hub.challenge": "x-1"}
        query |= {"hub.mode": "denied"} if self.lease_s is None else {"hub.lease_seconds": str(self.lease_s)}
        async with aiohttp.ClientSession() as client, client.get(callback, params=query) as reply:
            self.checks.append((reply.status, await reply.text()))
        if self.checks[-1] == (200, "x-1"):
            self.callbacks[callback] = form["hub.secret"]
        await self._tell()
        return web.Response(status=202)

    async def deliver(
        self, body: bytes, *, algorithm: str = "sha256", signature: str | None = None
    ) -> list[int]:
        """Send `body` to every subscriber, rightly signed unless `signature` says otherwise; their answers."""
        statuses = []
        async with aiohttp.ClientSession() as client:
            for callback, secret in self.callbacks.items():
                right = hmac.new(secret.encode(), body, algorithm).hexdigest()
                headers = {
                    "Content-Type": "application/rss+xml",
                    "X-Hub-Signature": f"{algorithm}={right}" if signature is None else signature,
                }
                async with client.post(callback, data=body, headers=headers) as reply:
                    statuses.append(reply.status)
        return statuses
