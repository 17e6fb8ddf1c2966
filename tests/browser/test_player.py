"""The browser of a public screen: a page that crashes or hangs, a browser that dies, an address that is not there yet."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.browser.hall import hall, until
from tests.chromium import program
from tests.stack import ADMIN, free_port
from wall.cli.devtools import BrowserGone
from wall.cli.player import Player, command
from wall.secret import Secret
from wall.settings import WebSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

CRASHED = "the page crashed; a new one takes its place"
ENDED = "the browser ended or does not answer; it is started again"


@asynccontextmanager
async def playing(url: str, profile: Path) -> AsyncIterator[tuple[Player, list[str]]]:
    told: list[str] = []
    words = command(program(), url, profile=profile, more=("--headless=new", "--disable-gpu"))
    player = Player(words, told=told.append, look_s=0.3)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(player.run())
        try:
            yield player, told
        finally:
            running.cancel()


def renderers(player: Player) -> list[int]:
    """The processes of this player's pages."""
    assert player.browser is not None
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            words = (entry / "cmdline").read_bytes()
            if os.getpgid(int(entry.name)) == player.browser.pid and b"--type=renderer" in words:
                found.append(int(entry.name))
    return found


async def test_whatever_happens_to_the_browser_the_screen_comes_back(
    store: Store, data_dir: Path, tmp_path: Path
) -> None:
    async with hall(store, data_dir) as venue, playing(venue.url, tmp_path / "profile") as (player, told):

        async def link() -> str:
            """The name of the connection, which is another for each page."""
            screens = await venue.screens()
            return next((screen["link"] for screen in screens if screen["connected"]), "")

        async def is_new(before: str) -> str:
            now = await link()
            return now if now not in ("", before) else ""

        first = await until(link, "the page")
        for pid in renderers(player):
            os.kill(pid, signal.SIGKILL)
        second = await until(lambda: is_new(first), "a page after the crash")
        assert told[0] in (
            CRASHED,
            ENDED,
        )  # on a machine that is far too busy it may not be asked in time what happened
        before = len(told)

        assert player.browser is not None
        os.killpg(player.browser.pid, signal.SIGKILL)
        await until(lambda: is_new(second), "a browser after its end", within_s=20)
        assert told[before:] == [ENDED]
    await until(lambda: _none_left(player), "the end of every page")


async def _none_left(player: Player) -> bool:
    return not renderers(player)


async def test_a_page_that_hangs_costs_the_browser_its_life(
    store: Store, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wall.cli.player.HANGS_S", 1.5)
    async with hall(store, data_dir) as venue, playing(venue.url, tmp_path / "profile") as (player, told):
        await until(venue.screens, "the page")
        stopped = renderers(player)
        assert stopped
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        await until(lambda: _said(told, "does not answer"), "the end of the browser", within_s=20)
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


async def test_the_wall_may_be_started_after_the_screen(store: Store, data_dir: Path, tmp_path: Path) -> None:
    web = WebSettings(port=free_port(), admin_token=Secret(ADMIN))
    url = f"http://127.0.0.1:{web.port}/screen/hall-a"
    async with playing(url, tmp_path / "profile") as (_, told):
        await until(lambda: _said(told, "not there"), "the first try", within_s=20)
        async with hall(store, data_dir, web=web) as venue:
            await until(venue.screens, "the page", within_s=20)


async def _said(told: list[str], words: str) -> bool:
    return any(words in line for line in told)


async def test_a_browser_that_is_gone_answers_nobody(tmp_path: Path) -> None:
    async with playing("http://127.0.0.1:9/screen/main", tmp_path / "profile") as (player, _):
        await until(lambda: _target(player), "the browser", within_s=20)
        browser = player.browser
        assert browser is not None
        os.killpg(browser.pid, signal.SIGKILL)
        await until(lambda: _other(player, browser.pid), "another", within_s=20)
        with pytest.raises(BrowserGone):
            await browser.ask("Target.getTargets")


async def _target(player: Player) -> str:
    return player.target


async def _other(player: Player, pid: int) -> bool:
    return player.browser is not None and player.browser.pid != pid
