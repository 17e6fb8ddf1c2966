"""Codes of eight letters whose halves have two tasks: the first finds what it stands for, the second proves it.

So a wrong try can be counted against the code it was meant for (the fifth kills it), while somebody who types at random
meets no code at all and can kill none. A code is good for five minutes and once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from wall.store.client import Store
from wall.web.codes import CODE_LENGTH, normal_code, random_code, secret_hash
from wall.web.moment import Clock, Moment, passed_s

LIFE_S = 300
TRIES = 5
HALF = CODE_LENGTH // 2


class Halved(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a code: the hash of the whole, when it was made, how often it was missed."""

    proof: str
    made: Moment
    tries: int = 0


T = TypeVar("T", bound=Halved)


class Halves(Generic[T]):
    """The codes in the hash `key`, each a `kind`."""

    def __init__(self, store: Store, key: str, kind: type[T], clock: Clock) -> None:
        self._store = store
        self._key = key
        self._kind = kind
        self._clock = clock

    async def add(self, record: Callable[[str, Moment], T]) -> str:
        """A fresh code "ABCD-EFGH" for what `record(proof, made)` gives."""
        while True:
            code = normal_code(random_code())
            raw = msgspec.json.encode(record(secret_hash(code), self._clock.now()))
            if await self._store.redis.hsetnx(self._key, _place(code), raw):
                return f"{code[:HALF]}-{code[HALF:]}"

    async def find(self, typed: str, *, spend: bool) -> T | None:
        """What the code stands for; a wrong try counts, a right one without `spend` leaves all as it is."""
        code = normal_code(typed)
        if len(code) != CODE_LENGTH:
            return None
        place = _place(code)
        while (raw := await self._store.redis.hget(self._key, place)) is not None:
            record = msgspec.json.decode(raw, type=self._kind)
            if self.is_over(record):
                await self._swap(place, raw, b"")
                return None
            if secrets.compare_digest(record.proof, secret_hash(code)):
                if not spend or await self._swap(place, raw, b""):
                    return record
                continue
            counted = msgspec.structs.replace(record, tries=record.tries + 1)
            new = b"" if counted.tries >= TRIES else msgspec.json.encode(counted)
            if await self._swap(place, raw, new):
                return None
        return None

    async def all(self) -> list[T]:
        """Every code that still is good."""
        found = [
            msgspec.json.decode(raw, type=self._kind) for raw in await self._store.redis.hvals(self._key)
        ]
        return [record for record in found if not self.is_over(record)]

    async def clear(self, is_unwanted: Callable[[T], bool] = lambda _: False) -> None:
        """Away with what is over, and with what nobody wants any more."""
        for place, raw in (await self._store.redis.hgetall(self._key)).items():
            record = msgspec.json.decode(raw, type=self._kind)
            if self.is_over(record) or is_unwanted(record):
                await self._swap(place.decode(), raw, b"")

    def is_over(self, record: T) -> bool:
        return passed_s(record.made, self._clock.now()) > LIFE_S

    async def _swap(self, place: str, seen: bytes, new: bytes) -> bool:
        answer = await self._store.scripts.run("swap", keys=[self._key], args=[place, seen, new])
        return bool(answer == b"OK")


def _place(code: str) -> str:
    return secret_hash(code[:HALF])
