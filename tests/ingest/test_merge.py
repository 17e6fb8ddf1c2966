from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from ingest.contract import SourceLost
from ingest.merge import merged


async def counting(name: str, until: int, *, error: Exception | None = None) -> AsyncGenerator[str, None]:
    for number in range(until):
        yield f"{name}{number}"
        await asyncio.sleep(0)
    if error is not None:
        raise error


async def test_merged_sources_all_arrive_and_end() -> None:
    async with aclosing(merged(counting("a", 3), counting("b", 2))) as both:
        assert sorted([item async for item in both]) == ["a0", "a1", "a2", "b0", "b1"]


async def test_an_error_of_one_source_reaches_the_reader_and_stops_the_others() -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncGenerator[str, None]:
        try:
            while True:
                yield "x"
                await asyncio.sleep(0)
        finally:
            closed.set()

    async def read() -> None:
        async with aclosing(merged(endless(), counting("a", 1, error=SourceLost("gone")))) as both:
            async for _ in both:
                await asyncio.sleep(0.01)  # a reader is mostly elsewhere: it must not be cancelled there

    with pytest.raises(SourceLost, match="gone"):
        await read()
    assert closed.is_set()


async def test_leaving_early_stops_every_source() -> None:
    closed: list[str] = []

    async def endless(name: str) -> AsyncGenerator[str, None]:
        try:
            while True:
                yield name
                await asyncio.sleep(0)
        finally:
            closed.append(name)

    async with aclosing(merged(endless("a"), endless("b"), room=2)) as both:
        async for _ in both:
            break
    assert sorted(closed) == ["a", "b"]
