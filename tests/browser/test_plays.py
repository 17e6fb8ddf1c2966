"""Proof of play on real pages: from the glass to the store, to the author's receipt, and to the desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from tests.browser.desk import at_the_desk, choose
from tests.browser.hall import Hall, hall, screen, until
from tests.chromium import page_of, problems_of
from wall.model import PostId
from wall.plays import Play, Plays
from wall.store.client import Store

pytestmark = pytest.mark.browser


@pytest.fixture
async def venue(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    async with hall(store, data_dir) as venue:
        yield venue


class Line:
    """The screen's socket with a hand on it."""

    is_cut = False

    def __init__(self) -> None:
        self._open: list[WebSocketRoute] = []

    async def through(self, page: Page) -> None:
        await page.route_web_socket("**/ws/screen", self._carry)

    async def _carry(self, socket: WebSocketRoute) -> None:
        if self.is_cut:
            await socket.close()
            return
        socket.connect_to_server()
        self._open.append(socket)

    async def cut(self) -> None:
        self.is_cut = True
        for socket in self._open:
            await socket.close()
        self._open.clear()


async def standing(page: Page, pid: PostId) -> None:
    await expect(page.locator(f'[data-post="{pid}"]').first).to_be_visible()


async def test_a_showing_reaches_the_server_once_and_the_author_s_receipt(
    browser: Browser, venue: Hall, store: Store
) -> None:
    plays = Plays(store)
    first = await venue.hang("Première lueur")
    second = await venue.hang("Une place pleine de lanternes", venue.picture(900, 600))
    line = Line()
    page = await page_of(browser)
    await line.through(page)
    await page.goto(venue.url)
    await standing(page, first)
    await standing(page, second)
    await asyncio.sleep(0.8)  # it stands there: that is what is measured
    await venue.take_down(first)
    told = await until(lambda: _shown(plays, first), "the play", within_s=15)
    assert told.plays == 1
    assert 500 <= told.ms < 15_000
    assert list(told.screens) == ["hall-a"]

    await line.cut()
    await page.reload()
    await asyncio.sleep(0.6)
    await page.reload()  # what was left is taken in, and waits
    assert (await plays.of_post(second)).plays == 0
    line.is_cut = False
    told = await until(lambda: _shown(plays, second), "what waited", within_s=15)
    rows = [row async for page_ in plays.log() for row in page_]
    assert len({(row.spool, row.n) for row in rows}) == len(rows)
    assert len({row.spool for row in rows}) == 1
    assert (await plays.of_post(first)).plays == 1

    status, link = await venue.served.get(f"/api/v1/posts/{second}/receipt", headers=venue.served.admin)
    assert status == 200
    phone = await page_of(browser, width=390, height=844, locale="en-GB")
    await phone.goto(venue.served.url + "/shown/" + link["url"].rpartition("/")[2])
    await expect(phone.locator(".shown-text")).to_have_text("Une place pleine de lanternes")
    await expect(phone.locator(".shown-screen h2")).to_have_text("Hall A")
    await expect(phone.locator(".shown-times li").first).to_be_visible()
    await venue.take_down(second)
    await expect(phone.locator("h1")).to_have_text("It has left the wall", timeout=15_000)
    assert "lanternes" not in await phone.evaluate("document.body.innerText")
    await expect(phone.locator(".shown-times li").first).to_be_visible()
    assert problems_of(phone) == []


async def _shown(plays: Plays, pid: PostId) -> Any:
    told = await plays.of_post(pid)
    return told if told.plays else None


async def test_a_preview_proves_nothing(browser: Browser, venue: Hall, store: Store) -> None:
    pid = await venue.hang("Bonsoir")
    page = await page_of(browser)
    await page.goto(f"{venue.url}?as=preview")
    await standing(page, pid)
    await asyncio.sleep(0.7)
    await venue.take_down(pid)
    await expect(page.locator(f'[data-post="{pid}"]')).to_have_count(0)
    assert (
        await page.evaluate(
            "indexedDB.databases().then((all) => all.filter(({ name }) => name.startsWith('parvis.plays')).length)"
        )
        == 0
    )


@pytest.mark.slow
async def test_the_receipt_speaks_three_languages_and_says_kindly_what_is_not(
    browser: Browser, venue: Hall, store: Store
) -> None:
    pid = await venue.hang("夜色真美")
    _, link = await venue.served.get(f"/api/v1/posts/{pid}/receipt", headers=venue.served.admin)
    phone = await page_of(browser, width=390, height=844, locale="zh-CN")
    response = await phone.goto(venue.served.url + "/shown/" + link["url"].rpartition("/")[2])
    assert response is not None
    assert "noindex" in (response.headers.get("x-robots-tag") or "")
    await expect(phone.locator("h1")).to_have_text("快了")
    await phone.click('[data-lang="fr"]')
    await expect(phone.locator("h1")).to_have_text("Presque")
    await phone.click('[data-lang="en"]')
    await expect(phone.locator("h1")).to_have_text("Nearly there")
    page = await screen(browser, venue)
    await standing(page, pid)
    await expect(phone.locator("h1")).to_have_text("Look up!", timeout=20_000)
    await page.close()
    now_ms = int(await phone.evaluate("Date.now()"))
    await Plays(store).keep(
        "another-device", "hall-b", [Play(n=1, kind="post", id=pid, at_ms=now_ms - 900, ms=900)]
    )
    await expect(phone.locator(".shown-screen h2", has_text="Hall B")).to_be_visible(timeout=20_000)
    for token in (f"{pid}.AAAAAAAAAAAAAAAA", "x", pid):
        response = await phone.goto(f"{venue.served.url}/shown/{token}")
        assert response is not None
        assert response.status == 404
        await expect(phone.locator("h1")).to_have_text("此链接无效")
    _, submission = await venue.served.get(f"/api/v1/shown/{await venue.served.services.auth.receipt(pid)}")
    assert (
        submission["error"]["code"] == "no-post"
    )  # the visitor's own receipt, which can take back, is another


@pytest.mark.slow
async def test_the_desk_says_how_fair_the_wall_is_and_hands_out_receipts(
    browser: Browser, venue: Hall, store: Store
) -> None:
    pid = await venue.hang("À la lueur des lanternes")
    desk = await at_the_desk(browser, venue.served)
    line = desk.locator("#fairness")
    await expect(line).to_have_text(
        "Waiting for their 10 s, and no screen is connected: one post.", timeout=15_000
    )
    await expect(line).to_have_attribute("data-kind", "bad")
    now_ms = int(await desk.evaluate("Date.now()"))
    await Plays(store).keep(
        "the-hall-s-device", "hall-a", [Play(n=1, kind="post", id=pid, at_ms=now_ms - 12_000, ms=12_000)]
    )
    await expect(line).to_have_text("All had their 10 s: one post in the last hour", timeout=30_000)
    await expect(line).to_have_attribute("data-kind", "good")
    await desk.click('[data-tab="approved"]')
    await choose(desk, pid)
    await desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await desk.keyboard.press("d")
    sheet = desk.locator("#sheet")
    await expect(sheet.locator(".author-past")).to_have_text("12 sec in all, on one screen")
    await sheet.locator(".go").click()
    await expect(desk.locator(".toast")).to_have_text("The receipt’s link is copied.")
    url = str(await desk.evaluate("navigator.clipboard.readText()"))
    status, _ = await venue.served.get("/shown/" + url.rpartition("/")[2])
    assert status == 200
    assert problems_of(desk) == []
