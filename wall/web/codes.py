"""Sign-in codes: what the terminal prints and a person types. One use, twelve hours."""

from __future__ import annotations

import hashlib
import secrets
import time

import msgspec

from wall.store.client import Store
from wall.web.moment import Clock, Moment, passed_s
from wall.web.person import Role

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 letters without 0/O and 1/I
CODE_LENGTH = 8
CODE_LIFE_S = 12 * 3600


class Code(msgspec.Struct, frozen=True):
    role: Role
    made: Moment

    def is_over(self, now: Moment) -> bool:
        return passed_s(self.made, now) > CODE_LIFE_S


def random_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def normal_code(text: str) -> str:
    """A typed code as it was printed: case, spaces and hyphens do not matter."""
    return "".join(c for c in text.upper() if c in ALPHABET)


def secret_hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


async def new_code(store: Store, role: Role = "admin", *, now: float | None = None) -> str:
    """A fresh sign-in code "ABCD-EFGH": one use, 12 hours. Whoever sees the terminal owns the machine: admin."""
    code = random_code()
    made = (Clock(time.time) if now is None else Clock(lambda: now)).now()
    await store.redis.hset(store.keys.codes, secret_hash(code), msgspec.json.encode(Code(role, made)))
    return f"{code[:4]}-{code[4:]}"


async def find_code(store: Store, typed: str) -> Code | None:
    raw = await store.redis.hget(store.keys.codes, secret_hash(normal_code(typed)))
    try:
        return None if raw is None else msgspec.json.decode(raw, type=Code)
    except msgspec.ValidationError:
        return None  # of another version


async def spend_code(store: Store, typed: str) -> bool:
    """Whether this call was the one that spent it."""
    return bool(await store.redis.hdel(store.keys.codes, secret_hash(normal_code(typed))))
