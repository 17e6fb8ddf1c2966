"""Which device may be which screen: one token for each paired screen of this wall, good for that and nothing else.

A token is 256 random bits in a cookie that no script can read; the store holds its hash, under the screen's name. It
opens the page and the socket of its screen. It turns once a day: a load of the page brings a new one, and the old one
ends when the new one first opens a socket. What the desk takes back is over within a second, open sockets too.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import msgspec
from starlette.requests import HTTPConnection
from starlette.responses import Response

from wall.store.client import Store
from wall.web.auth import Auth, cookie_of
from wall.web.codes import secret_hash
from wall.web.guards import is_host
from wall.web.moment import Clock, Moment, passed_s

COOKIE = "parvis_screen"
SECURE_COOKIE = "__Host-parvis_screen"
COOKIE_LIFE_S = 400 * 24 * 3600  # the longest that browsers keep one; the desk ends it
TURN_S = 24 * 3600
COMING_S = 300  # a page may be loaded several times before its socket opens; an answer may be lost


class Pass(msgspec.Struct, frozen=True):
    """`proof` is the hash of the token, `next` that of the one which will take its place, once used. `by` let it in."""

    proof: str
    made: Moment
    by: str = ""
    device: str = ""
    address: str = ""
    next: str = ""
    next_made: Moment | None = None

    def is_for(self, token: str) -> bool:
        return secrets.compare_digest(secret_hash(token), self.proof) or self.is_next(token)

    def is_next(self, token: str) -> bool:
        return bool(self.next) and secrets.compare_digest(secret_hash(token), self.next)

    def is_due(self, token: str, now: Moment) -> bool:
        """Whether this token must turn: a day old, and no other is on its way to the browser already."""
        is_coming = self.next_made is not None and passed_s(self.next_made, now) < COMING_S
        return not is_coming and not self.is_next(token) and passed_s(self.made, now) >= TURN_S


class Passes:
    """`is_needed` as set by `pairing` under [screen]."""

    def __init__(self, store: Store, *, auth: Auth, clock: Clock, is_needed: bool) -> None:
        self._store = store
        self._auth = auth
        self._clock = clock
        self._key = store.keys.screen_tokens
        self.is_needed = is_needed

    async def may_be(self, connection: HTTPConnection, screen_id: str, *, role: str = "screen") -> bool:
        """Whether this browser may show what is on the wall, as this screen. The desk's people may look on."""
        if not self.is_needed or is_host(connection):
            return True
        if await self.screen_of(connection) == screen_id:
            return True
        if role == "screen":
            return False
        person = await self._auth.who(connection)
        return person is not None and person.may("viewer")

    async def screen_of(self, connection: HTTPConnection) -> str:
        """The screen that this browser's token is for; "" without a good one."""
        screen_id, token = token_of(connection)
        found = await self.get(screen_id) if token else None
        return screen_id if found and found.is_for(token) else ""

    async def issue(self, screen_id: str, *, by: str, device: str, address: str) -> str:
        """A token for a screen, in the place of any that it had."""
        token = secrets.token_urlsafe(32)
        new = Pass(secret_hash(token), self._clock.now(), by=by, device=device, address=address)
        await self._store.redis.hset(self._key, screen_id, msgspec.json.encode(new))
        return token

    async def turn(self, connection: HTTPConnection, response: Response) -> None:
        """Put a new token into the answer when this browser's is a day old."""
        screen_id, token = token_of(connection)
        raw = await self._store.redis.hget(self._key, screen_id) if token else None
        found = _read(raw)
        now = self._clock.now()
        if raw is None or found is None or not found.is_for(token) or not found.is_due(token, now):
            return
        fresh = secrets.token_urlsafe(32)
        turning = msgspec.structs.replace(found, next=secret_hash(fresh), next_made=now)
        if await self._swap(screen_id, raw, turning):
            give(connection, response, screen_id, fresh)

    async def used(self, connection: HTTPConnection) -> str:
        """A socket has been opened with this browser's token, which is the answer; "" without a good one.

        The token that it came in place of is over.
        """
        screen_id, token = token_of(connection)
        raw = await self._store.redis.hget(self._key, screen_id) if token else None
        found = _read(raw)
        if raw is None or found is None or not found.is_for(token):
            return ""
        if found.is_next(token):
            turned = msgspec.structs.replace(
                found, proof=found.next, next="", next_made=None, made=self._clock.now()
            )
            await self._swap(screen_id, raw, turned)
        return token

    async def get(self, screen_id: str) -> Pass | None:
        return _read(await self._store.redis.hget(self._key, screen_id))

    async def several(self, screen_ids: Iterable[str]) -> dict[str, Pass]:
        """Those of these screens that are paired."""
        ids = list(dict.fromkeys(screen_ids))
        rows = await self._store.redis.hmget(self._key, ids) if ids else []
        found = {one: _read(raw) for one, raw in zip(ids, rows, strict=True)}
        return {one: row for one, row in found.items() if row is not None}

    async def revoke(self, screen_id: str) -> bool:
        """No device may be this screen any more."""
        return bool(await self._store.redis.hdel(self._key, screen_id))

    async def _swap(self, screen_id: str, seen: bytes, new: Pass) -> bool:
        raw = msgspec.json.encode(new)
        answer = await self._store.scripts.run("swap", keys=[self._key], args=(screen_id, seen, raw))
        return bool(answer == b"OK")


def token_of(connection: HTTPConnection) -> tuple[str, str]:
    """(screen, token) of a browser's cookie; empty without one."""
    screen_id, _, token = cookie_of(connection, cookie_name(connection)).partition(".")
    return screen_id, token


def cookie_name(connection: HTTPConnection) -> str:
    return SECURE_COOKIE if connection.url.scheme in ("https", "wss") else COOKIE


def give(connection: HTTPConnection, response: Response, screen_id: str, token: str) -> None:
    response.set_cookie(
        cookie_name(connection),
        f"{screen_id}.{token}",
        max_age=COOKIE_LIFE_S,
        httponly=True,
        samesite="strict",
        secure=connection.url.scheme == "https",
        path="/",
    )


def _read(raw: bytes | None) -> Pass | None:
    """None for a record of another version: that token is over."""
    try:
        return None if raw is None else msgspec.json.decode(raw, type=Pass)
    except msgspec.DecodeError:
        return None
