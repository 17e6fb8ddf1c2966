"""Connections that died unnoticed: what is asked for on them never comes, and nobody says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.hall import hall, until
from tests.browser.test_never_blank import card, stands, web
from tests.chromium import page_of, problems_of
from wall.store.client import Store

pytestmark = pytest.mark.browser

CHUNK = 65_536


class Deaf:
    """A line to a server on which the next `deaf` requests for pictures vanish, and their connections with them."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self.deaf = 0
        self.vanished = 0
        self._to = port

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        async with asyncio.TaskGroup() as tasks:
            answers = tasks.create_task(self._pass(far_reader, writer))
            with suppress(ConnectionError):
                while asked := await reader.read(CHUNK):
                    if b"GET /media/" in asked and self.deaf:
                        self.deaf -= 1
                        self.vanished += 1
                        while await reader.read(CHUNK):
                            pass  # until the browser gives it up
                        break
                    far_writer.write(asked)
                    await far_writer.drain()
            answers.cancel()
        far_writer.close()
        writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while answer := await reader.read(CHUNK):
                writer.write(answer)
                await writer.drain()
            writer.close()


@asynccontextmanager
async def deaf_line(port: int) -> AsyncIterator[Deaf]:
    line = Deaf(port)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()


async def test_a_picture_that_is_not_answered_is_asked_for_again(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    settings = web()
    async with hall(store, data_dir, web=settings) as venue, deaf_line(settings.port) as line:
        await venue.hang("Avant", venue.picture(640, 480))
        page = await page_of(browser)
        await page.goto(f"http://127.0.0.1:{line.port}/screen/hall-a")
        await stands(page)
        line.deaf = 2
        pid = await venue.hang("Bonsoir", venue.picture(900, 700))
        await until(lambda: card(page, pid).count(), "the post")
        await expect(card(page, pid).locator("img[src*='/media/']").first).to_be_visible()
        assert line.vanished == 2
        assert problems_of(page) == []
        await page.close()
