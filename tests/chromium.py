"""The system's Chromium, driven for real. Where the browser tests may not skip, its absence is a failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--enable-precise-memory-info",
]


def program() -> str:
    """Where Chromium is; skips the test without one, unless PARVIS_BROWSER_REQUIRED says it may not."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))),
        None,
    )
    if found is None:
        if os.environ.get("PARVIS_BROWSER_REQUIRED"):
            pytest.fail("PARVIS_BROWSER_REQUIRED is set and no Chromium is installed")
        pytest.skip("no Chromium on this machine")
    return found


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program(), args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def page_of(browser: Browser, *, width: int = 1920, height: int = 1080, **more: object) -> Page:
    """A page of its own context that fails loudly: its console errors are collected in `page.problems`."""
    context: BrowserContext = await browser.new_context(viewport={"width": width, "height": height}, **more)  # type: ignore[arg-type]
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.problems = problems  # type: ignore[attr-defined]
    return page


def problems_of(page: Page) -> list[str]:
    return list(page.problems)  # type: ignore[attr-defined]
