"""Many hands at once on a real store that is killed, over lines that break: the whole history is checked.

Two ingestors, four moderators who repeat themselves (two at the gate, two over HTTP), a fifth who sweeps and bans,
the real worker, and two screens on a real web server. A round draws five faults from the deck; two rounds bring all
ten. `python -m bench.history` plays more of them and prints the figures.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from redis.asyncio import Redis

from tests.history.desks import Desk
from tests.history.hands import History
from tests.history.judge import Judgement
from tests.history.mutants import MUTANTS, Mutated
from tests.history.ordeal import DECK, FAULTS, Ordeal, Server
from tests.history.rounds import desks_at, one_round, play, working
from wall.gate import Answer
from wall.store.client import Store

ROUNDS = len(DECK) // FAULTS
SEED = 1
RARE = 4  # some mutants show themselves in a race alone: the play goes on that much longer for them
SLICE, SLICES = 100, 8  # presses in a quiet play, and how often it goes on until something is found


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path)
    await server.start()
    try:
        yield server
    finally:
        server.end()


async def test_the_history_holds_under_faults(server: Server, tmp_path: Path) -> None:
    ordeal = Ordeal(server, SEED)
    histories = [await one_round(ordeal, tmp_path, SEED * 1000 + n) for n in range(ROUNDS)]
    assert [sentence for history in histories for sentence in history.violations] == []
    assert ordeal.faults.keys() == set(DECK)
    assert sum(history.unanswered for history in histories) > 0, "no call met a fault: too easy"
    for history in histories:
        assert history.answered(Answer.OK, Answer.REPLAY) > 20, "too quiet to prove anything"


# -- the check can fail -------------------------------------------------------------------------------------------


async def findings(store: Store, folder: Path, *, slices: int = SLICES) -> list[str]:
    """A short play on this store, without faults and screens, that goes on until something is found."""
    history = History(SEED)
    async with working(store, folder):
        for n in range(1, slices + 1):
            desks: list[Desk] = [*desks_at(store, "Anna", "Bo", "Chen", "Dalia")]
            await play(store, history, desks, partial(history.has, n * SLICE))
            if found := await Judgement(store, history).pronounce([]):
                return found
    return []


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_mutant_is_caught(store: Store, data_dir: Path, name: str) -> None:
    old, new = MUTANTS[name]
    store.scripts = Mutated(cast(Redis, store.redis), old=old, new=new)
    assert await findings(store, data_dir, slices=RARE * SLICES)


async def test_without_a_mutation_nothing_is_caught(store: Store, data_dir: Path) -> None:
    assert await findings(store, data_dir, slices=3) == []
