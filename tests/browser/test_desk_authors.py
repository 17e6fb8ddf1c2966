"""Authors at the desk: trusted, banned with one confirm, their posts gone at once and taken back as one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.desk import answered, at_the_desk, by, choose, count
from tests.browser.hall import Hall, hall, screen
from tests.chromium import page_of, problems_of
from tests.makers import post
from wall.gate import Verdict
from wall.model import Post, State
from wall.store.client import Store

pytestmark = pytest.mark.browser


@pytest.fixture
async def venue(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    async with hall(store, data_dir) as venue:
        yield venue


async def by_one_author(venue: Hall) -> tuple[list[Post], Post]:
    """Two of the author's posts are on the wall, one waits; another author's waits behind."""
    theirs = [post(str(n), f"Offre {n}", author=by("Spammer")) for n in range(3)]
    for one in theirs:
        await venue.hands.arrive(one)
    for one in theirs[:2]:
        await venue.hands.decide(one, Verdict.APPROVE)
    other = post("other", "Bonsoir", author=by("Zoé"))
    await venue.hands.arrive(other)
    return theirs, other


async def test_a_ban_takes_the_posts_off_the_screens_and_is_taken_back_whole(
    browser: Browser, venue: Hall
) -> None:
    theirs, other = await by_one_author(venue)
    glass = await screen(browser, venue)
    await expect(glass.locator("#wall [data-post]").first).to_be_visible()
    page = await at_the_desk(browser, venue.served)
    await choose(page, theirs[2].pid)
    await expect(page.locator(".who-past")).to_contain_text("3 posts here, 2 shown")
    await page.keyboard.press("t")
    await expect(page.locator("#sheet .digest")).to_have_count(3)
    await page.get_by_role("button", name="Ban: 2 posts").click()
    await expect(page.locator("#sure")).to_contain_text("2 posts leave the screens at once")
    await page.click('#sure button[value="yes"]')
    await expect(page.locator(f'.card[data-id="{other.pid}"]')).to_be_visible()
    await expect(page.locator("#receipts")).to_contain_text("Posts by Spammer: Off 1 of 1 screens")
    await expect(glass.locator(f'#wall [data-post="{theirs[0].pid}"]')).to_have_count(0)
    await answered(page)
    assert {await venue.hands.state(one) for one in theirs} == {State.REJECTED}
    await page.keyboard.press("z")
    await count(page, "queued", 4)
    await choose(page, theirs[0].pid)
    await expect(page.locator(".badge")).to_have_count(0)
    await answered(page)
    assert {await venue.hands.state(one) for one in theirs} == {State.QUEUED}
    assert problems_of(page) == []


async def test_no_is_no(browser: Browser, venue: Hall) -> None:
    theirs, _ = await by_one_author(venue)
    page = await at_the_desk(browser, venue.served)
    await choose(page, theirs[2].pid)
    await page.click('[data-do="author"]')
    await page.get_by_role("button", name="Ban: 2 posts").click()
    await page.click('#sure button[value=""]')
    await answered(page)
    assert await venue.hands.state(theirs[0]) is State.APPROVED


async def test_trust_is_said_on_every_card_of_the_author(browser: Browser, venue: Hall) -> None:
    theirs, _ = await by_one_author(venue)
    page = await at_the_desk(browser, venue.served)
    await choose(page, theirs[2].pid)
    await page.keyboard.press("t")
    await page.get_by_role("button", name="Trust", exact=True).click()
    await expect(page.locator(".card .badge")).to_have_text("Trusted by Anna")
    await page.keyboard.press("3")
    await expect(page.locator('.card[data-state="approved"] .badge')).to_have_text("Trusted by Anna")
    await page.keyboard.press("t")
    await page.get_by_role("button", name="Only this author").click()
    await expect(page.locator(".row")).to_have_count(2)
    await expect(page.locator("#find-chips")).to_contain_text("Spammer")


async def test_a_receipt_names_the_screens_that_are_missing(browser: Browser, venue: Hall) -> None:
    theirs, _ = await by_one_author(venue)
    glass = await screen(browser, venue)
    await expect(glass.locator("#wall [data-post]").first).to_be_visible()
    gone = await page_of(browser)
    await gone.goto(f"{venue.served.url}/screen/hall-b")
    await expect(gone.locator("#wall [data-post]").first).to_be_visible()
    page = await at_the_desk(browser, venue.served)
    await expect(page.locator("#screens-light")).to_contain_text("2")
    await gone.close()
    await expect(page.locator("#screens-light")).to_contain_text("1/2")
    await page.keyboard.press("3")
    await choose(page, theirs[1].pid)
    await page.keyboard.press("u")
    await expect(page.locator("#receipts")).to_contain_text(
        "Off 1 of 2 screens, waiting for Hall B (away since"
    )
