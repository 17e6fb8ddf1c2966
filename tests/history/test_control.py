"""The negative control: a store that is told to sync each second instead of always, on a slow disk, and killed.

It forgets what it has acknowledged. If the judge did not see that, it would see nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.disk import slow_disk
from tests.history.ordeal import Ordeal, Server
from tests.history.rounds import one_round

FSYNC_MS = 900
ROUNDS = 3  # the first in which something was lost is enough


async def test_decisions_lost_by_a_lesser_store_are_missed(tmp_path: Path) -> None:
    environment = slow_disk(tmp_path, fsync_ms=FSYNC_MS)
    server = Server(tmp_path, env=environment, appendfsync="everysec")
    await server.start()
    try:
        for seed in range(ROUNDS):
            ordeal = Ordeal(server, seed, deck=("kill the store",))
            history = await one_round(ordeal, tmp_path, seed, has_tablets=False)  # it forgets tablets too
            lost = [one for one in history.violations if "its key says ''" in one]
            if lost:
                return
    finally:
        server.end()
    pytest.fail("a store that forgets was not told from one that does not")
