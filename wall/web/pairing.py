"""Pairing a tablet: a code of eight letters that hands one more login to whoever shows it.

It is good for five minutes and once, and dies with the login that made it. The halves of a code have two tasks: the
first finds it, the second proves it. So a wrong try can be counted against the code it was meant for (the fifth kills
it), while somebody who types at random meets no code at all and can kill none.
"""

from __future__ import annotations

import secrets

import msgspec

from wall.store.client import Store
from wall.web.codes import CODE_LENGTH, normal_code, random_code, secret_hash
from wall.web.moment import Clock, Moment, passed_s
from wall.web.person import Role

LIFE_S = 300
TRIES = 5
HALF = CODE_LENGTH // 2


class Pairing(msgspec.Struct, frozen=True):
    """`gen` and `user` as in a login; `by` is the id of the login that made it."""

    proof: str
    name: str
    role: Role
    user: str
    gen: str
    by: str
    made: Moment
    tries: int = 0


class Pairings:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def add(self, *, name: str, role: Role, user: str, gen: str, by: str) -> str:
        """A fresh code "ABCD-EFGH". The one that this login made before is over."""
        await self._clear(by)
        while True:
            code = normal_code(random_code())
            pairing = Pairing(secret_hash(code), name, role, user, gen, by, self._clock.now())
            raw = msgspec.json.encode(pairing)
            if await self._store.redis.hsetnx(self._store.keys.pairings, _place(code), raw):
                return f"{code[:HALF]}-{code[HALF:]}"

    async def look(self, typed: str) -> Pairing | None:
        """Whose tablet it would be; a wrong try counts, a right one spends nothing."""
        return await self._find(typed, spend=False)

    async def spend(self, typed: str) -> Pairing | None:
        return await self._find(typed, spend=True)

    async def _find(self, typed: str, *, spend: bool) -> Pairing | None:
        code = normal_code(typed)
        if len(code) != CODE_LENGTH:
            return None
        place = _place(code)
        while (raw := await self._store.redis.hget(self._store.keys.pairings, place)) is not None:
            pairing = msgspec.json.decode(raw, type=Pairing)
            if passed_s(pairing.made, self._clock.now()) > LIFE_S:
                await self._swap(place, raw, b"")
                return None
            if secrets.compare_digest(pairing.proof, secret_hash(code)):
                if not spend or await self._swap(place, raw, b""):
                    return pairing
                continue
            counted = msgspec.structs.replace(pairing, tries=pairing.tries + 1)
            new = b"" if counted.tries >= TRIES else msgspec.json.encode(counted)
            if await self._swap(place, raw, new):
                return None
        return None

    async def _clear(self, by: str) -> None:
        """Away with what this login made before, and with what is over."""
        now = self._clock.now()
        for place, raw in (await self._store.redis.hgetall(self._store.keys.pairings)).items():
            pairing = msgspec.json.decode(raw, type=Pairing)
            if pairing.by == by or passed_s(pairing.made, now) > LIFE_S:
                await self._swap(place.decode(), raw, b"")

    async def _swap(self, place: str, seen: bytes, new: bytes) -> bool:
        answer = await self._store.scripts.run(
            "swap", keys=[self._store.keys.pairings], args=[place, seen, new]
        )
        return bool(answer == b"OK")


def _place(code: str) -> str:
    return secret_hash(code[:HALF])
