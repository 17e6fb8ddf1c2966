"""The whole path: a post on a network, a moderator at the desk, a screen on the stand, and the way back.

`parvis up` runs as its users start it; the networks are real servers of ours on real sockets; the desk and the
screen are real pages in Chromium.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect

from tests.chromium import page_of, problems_of
from tests.fakes.bluesky import FakeBluesky
from tests.fakes.feed import FakeFeed, item, rss
from tests.fakes.mastodon import FakeMastodon
from tests.media.pictures import jpeg
from tests.stack import Stack, parvis, settings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]

POLL_S = 5


@asynccontextmanager
async def running(folder: Path, *sources: str) -> AsyncIterator[Stack]:
    """`parvis up`, entered and left without blocking the fake networks that live in this loop."""
    manager = parvis(folder, settings(*sources))
    stack = await asyncio.to_thread(manager.__enter__)
    try:
        yield stack
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)


async def soon(stack: Stack, what: str, found: Callable[[], Any], *, within_s: float = 20) -> Any:
    return await asyncio.to_thread(stack.wait, what, found, within_s=within_s)


async def at_the_desk(browser: Browser, stack: Stack) -> Page:
    """Sign in with the code of the terminal, on a tablet."""
    page = await page_of(browser, width=1024, height=768, locale="en-GB", has_touch=True)
    await page.goto(f"{stack.url}/desk")
    await page.fill("#code", stack.code)
    await page.fill("#name", "Anna")
    await page.click("#enter")
    await expect(page.locator("#desk")).to_be_visible()
    return page


async def on_the_stand(browser: Browser, stack: Stack) -> Page:
    page = await page_of(browser)
    await page.goto(f"{stack.url}/screen/hall-a")
    await expect(page.locator("#wall")).to_be_attached()
    return page


async def walk(
    browser: Browser,
    stack: Stack,
    *,
    words: str,
    post: Callable[[], Awaitable[None]],
    remove: Callable[[], Awaitable[None]],
) -> None:
    """Held, approved by a press of a button, painted; withdrawn upstream, gone."""
    screen = await on_the_stand(browser, stack)
    desk = await at_the_desk(browser, stack)
    await post()
    (waiting,) = await soon(stack, "queued post", lambda: stack.posts("queued"))
    card = screen.locator(f'#wall [data-post="{waiting["id"]}"]:not([aria-hidden])')
    await expect(desk.locator("#stage")).to_contain_text(words)
    await expect(card).to_have_count(0)
    await desk.click('[data-verdict="approve"]')
    await expect(card).to_be_visible()
    await expect(card).to_contain_text(words)
    whole = "found => found.every(image => image.complete && image.naturalWidth > 0)"
    assert await card.locator("img[src]:visible").evaluate_all(whole)
    await remove()
    await expect(card).to_have_count(0, timeout=30_000)
    await soon(stack, "confirmation by the screen", lambda: _confirmed(stack, waiting["id"]))
    assert problems_of(screen) == []
    assert problems_of(desk) == []


def _confirmed(stack: Stack, pid: str) -> bool:
    _, body = stack.call("/api/v1/screens")
    receipt = body["off"].get(pid)
    return bool(receipt and receipt["confirmed"] == receipt["of"] == 1)


async def test_mastodon(browser: Browser, tmp_path: Path) -> None:
    async with FakeMastodon() as network:
        network.needs_token = True
        source = (
            f'[[source]]\nnetwork = "mastodon"\nbase_url = "{network.base_url}"\ntoken = "{network.token}"'
        )
        async with running(tmp_path, source) as stack, aiohttp.ClientSession() as client:
            await network.listening()
            head = {"authorization": f"Bearer {network.token}"}
            ids: list[str] = []

            async def post() -> None:
                picture = aiohttp.FormData()
                picture.add_field("file", jpeg(640, 480), filename="p.jpg", content_type="image/jpeg")
                async with client.post(
                    f"{network.base_url}/api/v2/media", data=picture, headers=head
                ) as reply:
                    media = await reply.json()
                body = {"status": "La verrière s'illumine #NuitVauclair", "media_ids": [media["id"]]}
                async with client.post(
                    f"{network.base_url}/api/v1/statuses", json=body, headers=head
                ) as reply:
                    ids.append((await reply.json())["id"])

            async def remove() -> None:
                async with client.delete(
                    f"{network.base_url}/api/v1/statuses/{ids[0]}", headers=head
                ) as reply:
                    assert reply.status == 200

            await walk(browser, stack, words="La verrière s'illumine", post=post, remove=remove)


@pytest.mark.parametrize("wire", [pytest.param("v1", marks=pytest.mark.slow), "v2"])
async def test_bluesky(browser: Browser, tmp_path: Path, wire: str) -> None:
    async with FakeBluesky() as network:
        link = network.v1_url if wire == "v1" else network.v2_url
        source = (
            f'[[source]]\nnetwork = "bluesky"\nbase_url = "{network.base_url}"\nws_url = "{link}"\n'
            f'cdn_url = "{network.base_url}"'
        )
        async with running(tmp_path, source) as stack:
            await network.listening()
            uris: list[str] = []

            async def post() -> None:
                uris.append(network.post(network.join("mei.example.org"), "月亮升起来了 #NuitVauclair"))

            async def remove() -> None:
                network.delete(uris[0])

            await walk(browser, stack, words="月亮升起来了", post=post, remove=remove)


async def test_rss(browser: Browser, tmp_path: Path) -> None:
    """A feed takes an item back with a tombstone (RFC 6721); that it has scrolled out of the window means nothing."""
    async with FakeFeed() as network:
        source = f'[[source]]\nnetwork = "feed"\nurl = "{network.address}"\npoll_s = {POLL_S}'
        network.body = rss(item("0", title="Ouverture des portes"))
        async with running(tmp_path, source) as stack:
            await network.answered(200)
            await soon(stack, "first item", lambda: stack.posts("queued"))
            stack.decide(stack.posts("queued")[0], "reject", key="first-item")

            async def post() -> None:
                network.body = rss(item("1", title="Les lumières s'allument"))

            async def remove() -> None:
                when = "2026-11-24T19:00:00Z"
                network.body = rss(more=f'<at:deleted-entry ref="1" when="{when}"/>')

            await walk(browser, stack, words="Les lumières s'allument", post=post, remove=remove)
