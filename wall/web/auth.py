"""Who may do what: sign-in codes, sessions, API tokens, join codes.

Secrets are kept as SHA-256 hashes only; comparing hashes found by key leaks nothing worth timing. A sign-in
code works once; the web process then prints the next one, so the terminal always shows one that works.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import secrets
import time
from collections.abc import Callable
from typing import Literal

import msgspec
from starlette.requests import HTTPConnection

from wall.store.client import Store
from wall.web.answers import ApiError
from wall.web.limits import Buckets

Role = Literal["viewer", "moderator", "admin"]

COOKIE = "parvis_session"
VISIT_COOKIE = "parvis_visit"
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 letters without 0/O and 1/I
CODE_LENGTH = 8
CODE_LIFE_S = 12 * 3600
IDLE_S = 12 * 3600
SESSION_LIFE_S = 24 * 3600
JOIN_STEP_S = 300
JOIN_STEPS = 2
HOSTED_LIFE_S = 24 * 3600
VISIT_LIFE_S = 2 * 3600
SEEN_EVERY_S = 300
TRIES_A_MINUTE = 20
EXPIRED = "this code has expired; the terminal shows a new one"

_RANK = {"viewer": 0, "moderator": 1, "admin": 2}


class Person(msgspec.Struct, frozen=True):
    """Whoever is signed in. `by_cookie` asks for the same-origin check on what changes something."""

    name: str
    role: Role
    by_cookie: bool = False

    def may(self, role: Role) -> bool:
        return _RANK[self.role] >= _RANK[role]


class _Code(msgspec.Struct):
    role: Role
    created: float


class _Session(msgspec.Struct):
    name: str
    role: Role
    created: float
    seen: float


class _Token(msgspec.Struct):
    name: str
    role: Role
    created: float


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def normal_code(text: str) -> str:
    """A typed code as it was printed: case, spaces and hyphens do not matter."""
    return "".join(c for c in text.upper() if c in ALPHABET)


async def new_code(store: Store, role: Role = "moderator", *, now: float | None = None) -> str:
    """A fresh sign-in code "ABCD-EFGH": one use, 12 hours."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    record = _Code(role=role, created=time.time() if now is None else now)
    await store.redis.hset(store.keys.codes, _hash(code), msgspec.json.encode(record))
    return f"{code[:4]}-{code[4:]}"


async def new_token(store: Store, name: str, role: Role = "admin") -> str:
    token = secrets.token_urlsafe(32)
    record = _Token(name=name, role=role, created=time.time())
    await store.redis.hset(store.keys.tokens, _hash(token), msgspec.json.encode(record))
    return token


async def tokens(store: Store) -> list[tuple[str, str, Role, float]]:
    """(id, name, role, created) of every API token; the id is the start of its hash."""
    found = await store.redis.hgetall(store.keys.tokens)
    rows = [(key.decode()[:12], msgspec.json.decode(value, type=_Token)) for key, value in found.items()]
    return sorted((key, row.name, row.role, row.created) for key, row in rows)


async def revoke_token(store: Store, token_id: str) -> bool:
    for key in await store.redis.hkeys(store.keys.tokens):
        if len(token_id) >= 6 and key.decode().startswith(token_id):
            return bool(await store.redis.hdel(store.keys.tokens, key))
    return False


class Auth:
    """Sign-in for one wall. `clock` gives seconds since 1970."""

    def __init__(
        self, store: Store, *, admin_token: str | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._admin = _hash(admin_token) if admin_token else None
        self._clock = clock
        self._secret: bytes | None = None
        self._tries = Buckets(TRIES_A_MINUTE)

    async def sign_in(self, code: str, name: str, *, address: str = "") -> str:
        """Trade a code for a session id. Raises `ApiError` 401 (wrong), 429 (too many tries), 400 (no name).

        Tries are counted per address, before anything is looked up: whoever guesses slows down himself alone.
        """
        who = " ".join(name.split())[:40]
        if not who:
            raise ApiError(400, "no-name", "say who you are: your decisions carry your name", field="name")
        wait_s = math.ceil(self._tries.take(address))
        if wait_s:
            raise ApiError(
                429,
                "slow-down",
                f"too many tries; try again in {wait_s} s",
                headers={"retry-after": str(wait_s)},
                extra={"retry_after_s": wait_s},
            )
        key = _hash(normal_code(code))
        raw = await self._store.redis.hget(self._keys.codes, key)
        if raw is None:
            raise ApiError(401, "wrong-code", "this code is not valid, or has been used", field="code")
        record = msgspec.json.decode(raw, type=_Code)
        now = self._clock()
        if now - record.created > CODE_LIFE_S:
            raise ApiError(401, "wrong-code", EXPIRED, field="code")
        session = secrets.token_urlsafe(32)
        kept = _Session(name=who, role=record.role, created=now, seen=now)
        # kept first: a store that goes away in between must not cost the code
        await self._store.redis.hset(self._keys.sessions, _hash(session), msgspec.json.encode(kept))
        if not await self._store.redis.hdel(self._keys.codes, key):
            await self.sign_out(session)
            raise ApiError(401, "wrong-code", "this code is not valid, or has been used", field="code")
        return session

    async def sign_out(self, session: str) -> None:
        await self._store.redis.hdel(self._keys.sessions, _hash(session))

    async def who(self, connection: HTTPConnection) -> Person | None:
        """The person behind a request or a socket: by bearer token, else by session cookie."""
        header = connection.headers.get("authorization", "")
        if header[:7].lower() == "bearer ":
            return await self._by_token(header[7:].strip())
        session = connection.cookies.get(COOKIE, "")
        return await self._by_session(session) if 20 <= len(session) <= 100 else None

    async def need(self, connection: HTTPConnection, role: Role) -> Person:
        """Raises `ApiError` 401 for strangers, 403 for a role too low."""
        person = await self.who(connection)
        if person is None:
            raise ApiError(401, "signed-out", "sign in at the desk, or send an API token")
        if not person.may(role):
            raise ApiError(403, "not-allowed", f"this needs the role {role}")
        return person

    async def is_alive(self, session: str) -> bool:
        """For a socket that is already open: has its login been revoked?"""
        return await self._by_session(session) is not None

    async def _by_token(self, token: str) -> Person | None:
        key = _hash(token)
        if self._admin is not None and hmac.compare_digest(key, self._admin):
            return Person(name="api", role="admin")
        raw = await self._store.redis.hget(self._keys.tokens, key)
        if raw is None:
            return None
        record = msgspec.json.decode(raw, type=_Token)
        return Person(name=record.name, role=record.role)

    async def _by_session(self, session: str) -> Person | None:
        key = _hash(session)
        raw = await self._store.redis.hget(self._keys.sessions, key)
        if raw is None:
            return None
        record = msgspec.json.decode(raw, type=_Session)
        now = self._clock()
        # a clock set back makes ages negative: that ends nobody's login
        if now - record.created > SESSION_LIFE_S or now - record.seen > IDLE_S:
            await self._store.redis.hdel(self._keys.sessions, key)
            return None
        if now - record.seen > SEEN_EVERY_S:
            record.seen = now
            await self._store.redis.hset(self._keys.sessions, key, msgspec.json.encode(record))
        return Person(name=record.name, role=record.role, by_cookie=True)

    # -- visitors ---------------------------------------------------------------------------------------------

    async def sign(self, *parts: str) -> str:
        """A short signature over `parts` that only this wall can make. Without its secret it makes none (503)."""
        if not self._secret:
            self._secret = await self._store.redis.get(self._keys.secret)
        if not self._secret:
            raise ApiError(503, "store-away", "the wall's store has lost its secret: start Parvis again")
        digest = hmac.new(self._secret, "\0".join(parts).encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:12]).decode()

    async def verify(self, signature: str, *parts: str) -> bool:
        try:
            wanted = await self.sign(*parts)
        except ApiError:
            return False
        return hmac.compare_digest(signature.encode("utf-8", "replace"), wanted.encode())

    async def join_code(self, *, for_host: bool = False) -> str:
        """What the QR code carries: good for ten minutes on a screen, for a day on the organiser's own page."""
        kind = "h" if for_host else "s"
        step = int(self._clock() // (HOSTED_LIFE_S if for_host else JOIN_STEP_S))
        return f"{kind}{step:x}.{await self.sign('join', kind, str(step))}"

    async def is_join_code(self, code: str) -> bool:
        head, _, signature = code[:64].partition(".")
        kind, stamp = head[:1], head[1:]
        if kind not in ("s", "h") or not stamp or not all(c in "0123456789abcdef" for c in stamp):
            return False
        step = int(stamp, 16)
        age = int(self._clock() // (HOSTED_LIFE_S if kind == "h" else JOIN_STEP_S)) - step
        return 0 <= age <= (1 if kind == "h" else JOIN_STEPS) and await self.verify(
            signature, "join", kind, str(step)
        )

    async def new_visit(self) -> str:
        """A phone's pass for two hours: a random device id, the time, our signature."""
        body = f"{secrets.token_hex(8)}.{int(self._clock()):x}"
        return f"{body}.{await self.sign('visit', body)}"

    async def device_of(self, visit: str) -> str | None:
        """The device id of a valid pass, else None."""
        body, _, signature = visit[:120].rpartition(".")
        device, _, stamp = body.partition(".")
        if not device or not stamp or not all(c in "0123456789abcdef" for c in stamp):
            return None
        if not await self.verify(signature, "visit", body):
            return None
        return device if self._clock() - int(stamp, 16) < VISIT_LIFE_S else None

    async def receipt(self, pid: str) -> str:
        return f"{pid}.{await self.sign('receipt', pid)}"

    async def pid_of(self, receipt: str) -> str | None:
        pid, _, signature = receipt[:120].partition(".")
        return pid if pid and await self.verify(signature, "receipt", pid) else None
