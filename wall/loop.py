"""The event loop of a role: uvloop, ended by the usual signals."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

import uvloop


def run(main: Coroutine[Any, Any, None], *, stops_itself: bool = False) -> None:
    """Run a role's main coroutine on uvloop. SIGTERM and SIGINT cancel it, unless it sees to that itself."""
    uvloop.run(main if stops_itself else _until_stopped(main))


async def _until_stopped(main: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await main
    except asyncio.CancelledError:
        return
