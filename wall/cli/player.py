"""A public screen's browser, kept alive: a page that crashed or hangs cannot save itself, so somebody outside looks.

Every five seconds the page is asked for a sign of life. A crashed page is replaced, a page that does not answer costs
the browser its life, a browser that ended is started again, and an address that cannot be reached is tried until it can.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from wall.cli.devtools import BrowserGone, Devtools

log = logging.getLogger("parvis.player")

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge-stable")
LOOK_S = 5.0
HANGS_S = 10.0
STARTED_S = 30.0
LOADS_S = 120.0
PAUSE_S = (0.5, 10.0)
STEADY_S = 60.0
STOP_S = 5.0
# A screen's page is known by its parts, and so is the one with a pairing code; anything else (an error page, a page of
# strangers) is loaded anew.
ALIVE = "document.readyState !== 'complete' || document.querySelector('script#config, main#glass') !== null"
FLAGS = (
    "--kiosk",
    "--no-first-run",
    "--noerrdialogs",
    "--disable-session-crashed-bubble",
    "--disable-infobars",
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--autoplay-policy=no-user-gesture-required",
    "--check-for-update-interval=31536000",
    "--password-store=basic",
    "--no-default-browser-check",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-features=Translate,MediaRouter",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


def find_browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def command(
    browser: str, url: str, *, profile: Path, position: str = "", size: str = "", more: Sequence[str] = ()
) -> list[str]:
    """The whole command line. A plain http address of the hall is declared trustworthy: the page keeps itself alive
    by a service worker, and browsers give those to https and localhost alone.
    """
    parts = urlsplit(url)
    words = [browser, *FLAGS, f"--user-data-dir={profile}"]
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        words.append(f"--unsafely-treat-insecure-origin-as-secure={parts.scheme}://{parts.netloc}")
    if position:
        words.append(f"--window-position={position}")
    if size:
        words.append(f"--window-size={size}")
    if os.geteuid() == 0:
        words.append("--no-sandbox")
    return [*words, *more, url]


class Player:
    """Runs until it is cancelled. `told` hears, in a sentence, what it had to mend."""

    def __init__(
        self, words: Sequence[str], *, told: Callable[[str], None] = log.warning, look_s: float = LOOK_S
    ) -> None:
        self._words = [words[0], "--remote-debugging-pipe", *words[1:-1], "about:blank"]
        self._url = words[-1]
        self._told = told
        self._look_s = look_s
        self._crashed = asyncio.Event()
        self.browser: Devtools | None = None
        self.target = ""

    async def run(self) -> None:
        pause_s = PAUSE_S[0]
        while True:
            began = time.monotonic()
            await self._one_life()
            pause_s = PAUSE_S[0] if time.monotonic() - began > STEADY_S else min(PAUSE_S[1], pause_s * 2)
            await asyncio.sleep(pause_s)

    async def _one_life(self) -> None:
        """One browser from its start to its end."""
        self.browser = browser = Devtools.start(self._words)
        browser.events = self._event
        try:
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(browser.listen())
                try:
                    await self._watch(browser)
                except (BrowserGone, RuntimeError):  # or it does not do what it is asked
                    self._told("the browser ended or does not answer; it is started again")
                finally:
                    listening.cancel()
        finally:
            await _end(browser.pid)

    async def _watch(self, browser: Devtools) -> None:
        await browser.ask("Target.setDiscoverTargets", discover=True, within_s=STARTED_S)
        found = await browser.ask("Target.getTargets")
        pages = [target["targetId"] for target in found["targetInfos"] if target["type"] == "page"]
        self.target = pages[0] if pages else await self._open(browser)
        session = await self._attach(browser)
        await self._load(browser, session)
        while True:
            self._crashed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_s):
                    await self._crashed.wait()
            if self._crashed.is_set():
                self._told("the page crashed; a new one takes its place")
                dead, self.target = self.target, await self._open(browser, self._url)
                session = await self._attach(browser)
                with suppress(RuntimeError):
                    await browser.ask("Target.closeTarget", targetId=dead)
                continue
            if not await self._is_alive(browser, session):
                self._told("the screen's page is not there; it is loaded again")
                await self._load(browser, session)

    async def _load(self, browser: Devtools, session: str) -> None:
        """Comes back when the page is on its way, or an error page stands there instead."""
        await browser.ask("Page.navigate", session=session, within_s=LOADS_S, url=self._url)

    async def _is_alive(self, browser: Devtools, session: str) -> bool:
        """False when another page stands there. Raises `BrowserGone` when nobody answers: the page hangs."""
        try:
            answer = await browser.ask(
                "Runtime.evaluate", session=session, within_s=HANGS_S, expression=ALIVE, returnByValue=True
            )
        except RuntimeError:  # it is between two pages
            return True
        return answer.get("result", {}).get("value") is True

    async def _open(self, browser: Devtools, url: str = "about:blank") -> str:
        target: str = (await browser.ask("Target.createTarget", url=url))["targetId"]
        return target

    async def _attach(self, browser: Devtools) -> str:
        answer = await browser.ask("Target.attachToTarget", targetId=self.target, flatten=True)
        session: str = answer["sessionId"]
        await browser.ask("Inspector.enable", session=session)
        return session

    def _event(self, method: str, params: dict[str, object], _session: str) -> None:
        is_ours = method == "Target.targetCrashed" and params.get("targetId") == self.target
        if is_ours or method == "Inspector.targetCrashed":
            self._crashed.set()


async def _end(pid: int) -> None:
    """Stop the browser and all that it started: kindly, after five seconds not."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(pid, sign)
        for _ in range(round(STOP_S / 0.05)):
            if not _is_running(pid):
                break
            await asyncio.sleep(0.05)


def _is_running(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == 0
    except ChildProcessError:
        return False
