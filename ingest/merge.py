"""Several endless generators read as one, each in a task of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")

ROOM = 200


class _Failure:
    """Keeps the error of the block under it. A cancellation goes its own way."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error if isinstance(error, Exception) else None
        return self.error is not None


async def merged(*sources: AsyncGenerator[T, None], room: int = ROOM) -> AsyncGenerator[T, None]:
    """What `sources` yield, as it comes, until one fails (its error is raised here) or all have ended.

    At most `room` items wait; a source that is ahead waits with them, and so does its socket. Close it with
    `contextlib.aclosing`. A failing task must not cancel the task that reads this generator, as a task group
    would: the reader is mostly outside the generator, and would take that for its own end.
    """
    queue: asyncio.Queue[tuple[T] | _Failure] = asyncio.Queue(room)

    async def pump(source: AsyncGenerator[T, None]) -> None:
        failure = _Failure()
        with failure:
            async with aclosing(source):
                async for item in source:
                    await queue.put((item,))
        await queue.put(failure)

    error: Exception | None = None
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(pump(source)) for source in sources]
        left = len(tasks)
        try:
            while left and error is None:
                got = await queue.get()
                if isinstance(got, _Failure):
                    error = got.error
                    left -= 1
                else:
                    yield got[0]
        except GeneratorExit:
            pass  # the group would wrap it; ending without another yield says the same
        finally:
            for task in tasks:
                task.cancel()
    if error is not None:
        raise error
