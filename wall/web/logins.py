"""Logins: who is signed in on which device, since when; listed, ended, over by themselves after a day.

Only hashes of session ids are kept. A login ends 12 hours after it was last used and 24 hours after it was made, both
counted as time that really passed (`wall/web/moment.py`): what has passed is summed up each time it is renewed, so a
clock that jumps neither ends nor prolongs anything.
"""

from __future__ import annotations

import hashlib
import secrets

import msgspec

from wall.store.client import Store
from wall.web.moment import Clock, Moment, passed_s
from wall.web.person import Role

IDLE_S = 12 * 3600
LIFE_S = 24 * 3600
SEEN_EVERY_S = 300
ID_LENGTH = 16


class Login(msgspec.Struct, frozen=True):
    """`role` is the most it may; its person's own role may be less. `user` is the id of the name.

    `gens` are the states of the account it is good for ("" while the name has none); `lived_s` ends at `seen`.
    """

    name: str
    role: Role
    user: str
    gens: tuple[str, ...]
    since: Moment
    seen: Moment
    lived_s: float = 0.0
    address: str = ""
    device: str = ""


class Logins:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def add(
        self, *, name: str, role: Role, user: str, gen: str, address: str = "", device: str = ""
    ) -> str:
        """A new session id of 256 random bits; it is in no place but the answer."""
        session = secrets.token_urlsafe(32)
        now = self._clock.now()
        login = Login(name, role, user, (gen,), since=now, seen=now, address=address, device=device)
        await self._store.redis.hset(
            self._store.keys.sessions, session_hash(session), msgspec.json.encode(login)
        )
        return session

    async def find(self, session: str) -> Login | None:
        """The login of a session id while it lasts; looking at it keeps it from being idle."""
        key = session_hash(session)
        raw = await self._store.redis.hget(self._store.keys.sessions, key)
        if raw is None:
            return None
        login, now = _read(raw), self._clock.now()
        if login is None or self.is_over(login, now):
            await self._store.redis.hdel(self._store.keys.sessions, key)
            return None
        idle_s = passed_s(login.seen, now)
        if idle_s > SEEN_EVERY_S:
            renewed = msgspec.structs.replace(login, seen=now, lived_s=login.lived_s + idle_s)
            # only over what was seen: a login that is ended at this moment must not come back
            await self._swap(key, raw, msgspec.json.encode(renewed))
        return login

    def is_over(self, login: Login, now: Moment) -> bool:
        idle_s = passed_s(login.seen, now)
        return idle_s > IDLE_S or login.lived_s + idle_s > LIFE_S

    async def all(self) -> list[tuple[str, Login]]:
        """(id, login) of each that lasts, the newest first; the others are cleared away."""
        now = self._clock.now()
        kept: list[tuple[str, Login]] = []
        over: list[bytes] = []
        for key, raw in (await self._store.redis.hgetall(self._store.keys.sessions)).items():
            login = _read(raw)
            if login is None or self.is_over(login, now):
                over.append(key)
            else:
                kept.append((key.decode()[:ID_LENGTH], login))
        if over:
            await self._store.redis.hdel(self._store.keys.sessions, *over)
        return sorted(kept, key=lambda one: one[1].since.wall, reverse=True)

    async def also_under(self, session: str, gen: str) -> None:
        """Let this login outlive a change of the account to `gen`, which is about to be made."""
        key = session_hash(session)
        while (raw := await self._store.redis.hget(self._store.keys.sessions, key)) is not None:
            login = msgspec.json.decode(raw, type=Login)
            renewed = msgspec.structs.replace(login, gens=(*login.gens[-1:], gen))
            if await self._swap(key, raw, msgspec.json.encode(renewed)):
                return

    async def end(self, *login_ids: str) -> int:
        """End logins by the ids that `all` gives; returns how many there were."""
        keys = await self._store.redis.hkeys(self._store.keys.sessions)
        gone = [key for key in keys if key.decode()[:ID_LENGTH] in login_ids]
        return await self._store.redis.hdel(self._store.keys.sessions, *gone) if gone else 0

    async def end_session(self, session: str) -> None:
        await self._store.redis.hdel(self._store.keys.sessions, session_hash(session))

    async def _swap(self, key: str, seen: bytes, new: bytes) -> bool:
        answer = await self._store.scripts.run(
            "swap", keys=[self._store.keys.sessions], args=[key, seen, new]
        )
        return bool(answer == b"OK")


def session_hash(session: str) -> str:
    return hashlib.sha256(session.encode("utf-8", "replace")).hexdigest()


def login_id(session: str) -> str:
    return session_hash(session)[:ID_LENGTH]


def _read(raw: bytes) -> Login | None:
    """None for a record of another version: that login is over."""
    try:
        return msgspec.json.decode(raw, type=Login)
    except msgspec.ValidationError:
        return None
