"""A desk under load: thousands wait, hundreds arrive a second, ten moderators decide, half of them the same cards.

What is right is asked here; how fast it is, `bench/desk.py` measures.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.crowd import EVENT, account, feed, fill_queue, moderators_at
from tests.stack import parvis, settings
from wall.ledger import Ledger
from wall.store.client import Store
from wall.store.place import store_url

QUEUED = 5_000
ARRIVING = 2_000
MODERATORS = 10
PLAY_S = 10
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stack")]


async def test_ten_moderators_in_a_flood_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    await fill_queue(tmp_path / "data", QUEUED)
    source = feed(tmp_path, number=ARRIVING, per_second=200, after_s=3)
    manager = parvis(tmp_path, settings(source))
    stack = await asyncio.to_thread(manager.__enter__)
    try:
        async with Store(store_url(data_dir=stack.data, url=None), event=EVENT, name="check") as store:
            moderators = await moderators_at(stack.url, store, MODERATORS)
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(one.listen()) for one in moderators]
                running += [tasks.create_task(one.work()) for one in moderators]
                for one in moderators:
                    one.pause_s = 0.2
                await asyncio.sleep(PLAY_S)
                for task in running:
                    task.cancel()
            found = await account(store, moderators)
            assert (found.lost, found.twice, found.strange) == (0, 0, 0)
            assert found.done > 100, found
            assert found.other_won > 10, "nobody collided: too easy"
            assert found.repeats > 10
            assert all(one.frames["card"] > 100 for one in moderators)
            assert (await Ledger(store).verify_audit())[1] is None
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)
