"""Pairing a tablet: a code of eight letters that hands one more login to whoever shows it.

It is good for five minutes and once (`wall/web/halves.py`), and dies with the login that made it.
"""

from __future__ import annotations

from wall.store.client import Store
from wall.web.halves import LIFE_S as LIFE_S
from wall.web.halves import TRIES as TRIES
from wall.web.halves import Halved, Halves
from wall.web.moment import Clock
from wall.web.person import Role


class Pairing(Halved, frozen=True, kw_only=True):
    """`gen` and `user` as in a login; `by` is the id of the login that made it."""

    name: str
    role: Role
    user: str
    gen: str
    by: str


class Pairings:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._codes = Halves(store, store.keys.pairings, Pairing, clock)

    async def add(self, *, name: str, role: Role, user: str, gen: str, by: str) -> str:
        """A fresh code "ABCD-EFGH". The one that this login made before is over."""
        await self._codes.clear(lambda pairing: pairing.by == by)
        return await self._codes.add(
            lambda proof, made: Pairing(
                proof=proof, made=made, name=name, role=role, user=user, gen=gen, by=by
            )
        )

    async def look(self, typed: str) -> Pairing | None:
        """Whose tablet it would be; a wrong try counts, a right one spends nothing."""
        return await self._codes.find(typed, spend=False)

    async def spend(self, typed: str) -> Pairing | None:
        return await self._codes.find(typed, spend=True)
