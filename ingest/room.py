"""The ingest room of the web process: `/hooks/{source}`, where networks that push deliver.

A request is judged by the hook of its source's network, stored, and answered; the source handles it later. What
the room knows of a network is its `hook` trait alone.
"""

from __future__ import annotations

import time

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ingest.hook import Call, Hook
from ingest.mailbox import Mailbox, MailboxFull
from ingest.networks import UnknownNetwork, check_options, load
from wall.model import utc_now
from wall.settings import Settings, SourceSettings
from wall.store.client import Store
from wall.web.answers import ApiError
from wall.web.room import Room, Services

CALLS_A_SECOND = 20
PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


def build(services: Services) -> Room:
    return Room(routes=Hooks(settings=services.settings, store=services.store).routes)


class Door(msgspec.Struct, frozen=True):
    """Where a source is pushed to: its network's hook, and its options, checked."""

    hook: Hook
    options: msgspec.Struct


class Hooks:
    def __init__(self, *, settings: Settings, store: Store) -> None:
        self._sources = {source.name: source for source in settings.sources}
        self._store = store
        self._doors: dict[str, Door | None] = {}
        self._allowances: dict[str, Allowance] = {}

    @property
    def routes(self) -> tuple[Route, ...]:
        return (
            Route("/hooks/{source}", self.receive, methods=["GET", "POST"]),
            Route("/hooks/{source}/{key}", self.receive, methods=["GET", "POST"]),
        )

    async def receive(self, request: Request) -> Response:
        """Answer as the source's hook says. 404 for a source without one, 429 above 20 calls a second."""
        name = request.path_params["source"]
        door = self._door(name)
        if door is None:
            raise ApiError(404, "not-found", "no source takes deliveries here")
        if not self._allowances.setdefault(name, Allowance(CALLS_A_SECOND)).take(time.monotonic()):
            raise ApiError(429, "slow-down", "too many calls in a second", headers={"retry-after": "1"})
        call = Call(
            method=request.method,
            key=request.path_params.get("key", ""),
            query=dict(request.query_params),
            headers={header: ", ".join(request.headers.getlist(header)) for header in request.headers},
            body=await request.body(),
        )
        answer = door.hook.answer(call, options=door.options, memory=await self._memory(name), now=utc_now())
        for key, value in answer.remember.items():
            await self._store.redis.hset(self._store.keys.memory(name), key, value)
        if answer.is_delivery:
            kept = {key: value for key, value in call.headers.items() if key not in PRIVATE_HEADERS}
            try:
                await Mailbox(self._store, name).put(call.body, headers=kept)
            except MailboxFull:
                raise ApiError(
                    503, "full", "the source has not taken its deliveries yet", headers={"retry-after": "60"}
                ) from None
        return PlainTextResponse(
            answer.text, status_code=answer.status, headers={"cache-control": "no-store"}
        )

    def _door(self, name: str) -> Door | None:
        """None for a source that is not configured, is off, or takes nothing. Networks load when first needed."""
        if name not in self._doors:
            source = self._sources.get(name)
            if source is None:
                return None
            self._doors[name] = _open(source)
        return self._doors[name]

    async def _memory(self, name: str) -> dict[str, str]:
        raw = await self._store.redis.hgetall(self._store.keys.memory(name))
        return {key.decode(): value.decode() for key, value in raw.items()}


def _open(source: SourceSettings) -> Door | None:
    try:
        network = load(source.network)
    except (UnknownNetwork, ImportError):
        return None
    options = check_options(network, source.options)
    hook = network.traits.hook
    return None if hook is None or isinstance(options, tuple) else Door(hook, options)


class Allowance:
    """So many calls a second, after a pause as many at once. `take` is given a monotonic time, seconds."""

    def __init__(self, calls_a_second: float) -> None:
        self._rate = calls_a_second
        self._left = calls_a_second
        self._at = 0.0

    def take(self, now: float) -> bool:
        self._left = min(self._rate, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
