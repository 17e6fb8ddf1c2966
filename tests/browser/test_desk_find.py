"""Looking for posts at the desk: words, filters with their numbers, and what comes in meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.desk import answered, at_the_desk, by, choose, count
from tests.chromium import problems_of
from tests.makers import Hands, post
from tests.server import Served, serving
from wall.model import Span, State
from wall.settings_moderation import LabelSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    labels = (LabelSettings(name="press", title="Press office"),)
    async with serving(store, data_dir, labels=labels) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


async def three_networks(hands: Hands) -> list[str]:
    """Nine posts on three networks; the ids of those of Bluesky."""
    posts = [
        post(str(n), f"Lumière {n}", network=network, source=network, author=by(f"Author {n}"))
        for n, network in enumerate(["mastodon", "bluesky", "feed"] * 3)
    ]
    for one in posts:
        await hands.arrive(one)
    return [str(one.pid) for one in posts if one.network == "bluesky"]


async def test_a_filter_narrows_the_list_and_says_so(browser: Browser, served: Served, hands: Hands) -> None:
    wanted = await three_networks(hands)
    page = await at_the_desk(browser, served)
    await expect(page.locator(".row")).to_have_count(9)
    await page.keyboard.press("f")
    group = page.get_by_role("group", name="Network")
    await expect(group.get_by_role("button")).to_have_count(3)
    await expect(group.get_by_role("button", name="Bluesky")).to_contain_text("3")
    await group.get_by_role("button", name="Bluesky").click()
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.locator(".row")).to_have_count(3)
    await expect(page.locator("#find-chips")).to_contain_text("3 found")
    assert [await row.get_attribute("data-id") for row in await page.locator(".row").all()] == wanted
    await page.click('[data-verdict="approve"]')
    await expect(page.locator(".row")).to_have_count(2)
    await page.keyboard.press("3")
    await expect(page.locator(".row")).to_have_count(1)
    await page.keyboard.press("4")
    await expect(page.locator("#empty")).to_contain_text("Nothing found")
    await page.keyboard.press("x")
    await expect(page.locator("#find-chips")).to_be_hidden()
    await expect(page.locator("#empty")).to_contain_text("Nothing rejected")
    await page.keyboard.press("1")
    await expect(page.locator(".row")).to_have_count(8)
    assert problems_of(page) == []


async def test_what_comes_in_joins_a_filtered_list_only_if_it_belongs(
    browser: Browser, served: Served, hands: Hands
) -> None:
    await three_networks(hands)
    page = await at_the_desk(browser, served, query="?network=bluesky")
    await expect(page.locator(".row")).to_have_count(3)
    for network in ("mastodon", "bluesky"):
        await hands.arrive(post("late", "Encore", network=network, source=network, author=by("Late")))
    await expect(page.locator(".row")).to_have_count(4)
    await count(page, "queued", 11)


async def test_words_are_found_and_what_only_the_server_can_judge_is_counted(
    browser: Browser, served: Served, hands: Hands
) -> None:
    await three_networks(hands)
    await hands.arrive(post("cat", "Le chat a aimé la fête", author=by("Léonie")))
    page = await at_the_desk(browser, served)
    await page.keyboard.press("/")
    await page.keyboard.type("fete")
    await expect(page.locator(".row")).to_have_count(1)
    await expect(page.locator("#stage")).to_contain_text("Le chat")
    await page.keyboard.press("Escape")
    await hands.arrive(post("late", "La FÊTE encore", author=by("Late")))
    await expect(page.locator("#find-chips .refresh")).to_contain_text("1 new")
    await expect(page.locator(".row")).to_have_count(1)
    await page.click("#find-chips .refresh")
    await expect(page.locator(".row")).to_have_count(2)
    await page.locator("#find-chips .found").dispatch_event("click")  # it is made anew when the answer comes
    await expect(page.locator(".row")).to_have_count(11)
    assert await page.input_value("#find-input") == ""


async def test_a_department_has_a_view_of_its_own(browser: Browser, served: Served, hands: Hands) -> None:
    await three_networks(hands)
    mine = post("mine", author=by("Reporter"), spans=(Span("Une interview ?"),))
    await hands.arrive(mine, labels=("press",))
    page = await at_the_desk(browser, served, query="?label=press")
    await expect(page.locator(".row")).to_have_count(1)
    await expect(page.locator("#find-chips")).to_contain_text("Press office")
    await choose(page, mine.pid)
    await page.keyboard.press("h")
    await expect(page.locator("#empty")).to_contain_text("Nothing found")
    await answered(page)
    assert await hands.state(mine) is State.HELD
