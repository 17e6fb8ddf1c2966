"""What our socket puts in the place of asyncio's heavier parts: nothing is lost, nobody waits for ever."""

from __future__ import annotations

import asyncio

import pytest

from wall.web.wire import Inbox, Sluice


async def test_messages_come_in_order_whether_somebody_waits_or_not() -> None:
    inbox = Inbox()
    inbox.put_nowait(1)
    inbox.put_nowait(2)
    assert [await inbox.get(), await inbox.get(), inbox.empty()] == [1, 2, True]
    async with asyncio.timeout(2), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(inbox.get())
        await asyncio.sleep(0)
        inbox.put_nowait(3)
        inbox.put_nowait(4)
    assert [waiting.result(), await inbox.get(), inbox.empty()] == [3, 4, True]


async def test_a_message_that_comes_as_its_taker_gives_up_is_there_for_the_next() -> None:
    inbox = Inbox()
    async with asyncio.timeout(2), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(inbox.get())
        await asyncio.sleep(0)
        inbox.put_nowait("kept")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    inbox.put_nowait("next")
    assert [await inbox.get(), await inbox.get()] == ["kept", "next"]


async def test_a_sluice_lets_everybody_through_when_it_opens() -> None:
    sluice = Sluice()
    async with asyncio.timeout(2), asyncio.TaskGroup() as tasks:
        await sluice.wait()  # it is open at first
        sluice.clear()
        waiting = [tasks.create_task(sluice.wait()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        assert not waiting[1].done()
        sluice.set()
    assert [task.cancelled() for task in waiting] == [True, False, False]
