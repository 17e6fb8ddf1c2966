"""What a card offers beside its verdict: departments, a memo, the veil over pictures, the spotlight; and the alarm."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.desk import at_the_desk, by, choose
from tests.browser.hall import Hall, hall, screen
from tests.chromium import problems_of
from tests.makers import post
from wall.gate import Reason, Ruling, Verdict
from wall.model import Card, CardAuthor, Picture, Post, utc_now
from wall.settings_moderation import LabelSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

LABELS = (LabelSettings(name="press", title="Press office"), LabelSettings(name="shop"))


@pytest.fixture
async def venue(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    async with hall(store, data_dir, labels=LABELS) as venue:
        yield venue


async def arrive(venue: Hall, native_id: str, *pictures: Picture, reasons: tuple[Reason, ...] = ()) -> Post:
    said = post(native_id, f"Message {native_id}", author=by(f"Author {native_id}"))
    await venue.hands.gate.accept(said)
    card = Card(
        id=said.pid,
        network=said.network,
        source=said.source,
        author=CardAuthor(name=said.author.name),
        spans=said.spans,
        pictures=pictures,
        at=utc_now(),
    )
    claim = await venue.hands.claim(said.pid)
    await venue.hands.gate.offer(claim, card, ruling=Ruling.NOTE, reasons=reasons)
    return said


async def blur(page: Page) -> str:
    found: str = await page.locator(".shot img").first.evaluate("image => getComputedStyle(image).filter")
    return found


async def test_a_post_is_passed_on_with_a_memo(browser: Browser, venue: Hall) -> None:
    said = await arrive(venue, "1")
    page = await at_the_desk(browser, venue.served)
    await choose(page, said.pid)
    await page.keyboard.press("l")
    await page.get_by_role("button", name="Press office").click()
    await page.get_by_role("button", name="Done").click()
    await expect(page.locator(".card .labels")).to_have_text("Press office")
    await page.keyboard.press("n")
    await expect(page.locator("#memo")).to_be_focused()
    await page.keyboard.type("Ask them first: r, a, h")
    await page.keyboard.press("Escape")
    await expect(page.locator(".card .memo")).to_have_text("Anna: Ask them first: r, a, h")
    bruno = await at_the_desk(browser, venue.served, "Bruno")
    await choose(bruno, said.pid)
    await expect(bruno.locator(".card .memo")).to_contain_text("Anna: Ask them first")
    await expect(bruno.locator(".card .labels")).to_have_text("Press office")
    await bruno.keyboard.press("n")
    await bruno.fill("#memo", "")
    await bruno.keyboard.press("Escape")
    await expect(page.locator(".card .memo")).to_have_count(0)
    (record,) = await venue.hands.ledger.records([said.pid])
    assert (record.labels, record.memo) == (("press",), None)
    assert problems_of(page) == []


@pytest.mark.parametrize("rule", ["sensitive", "classifier", "rejected-before"])
async def test_borderline_pictures_stand_behind_a_veil_that_says_why(
    browser: Browser, venue: Hall, rule: str
) -> None:
    said = await arrive(venue, "1", venue.picture(640, 480), reasons=(Reason(rule=rule, text="Anna"),))
    page = await at_the_desk(browser, venue.served)
    await choose(page, said.pid)
    assert "blur" in await blur(page)
    assert "blur" in await page.locator(".row .thumb img").evaluate("i => getComputedStyle(i).filter")
    why = await page.locator(".veil").inner_text()
    assert len(why.splitlines()) >= 2
    await page.keyboard.press("v")  # a veiled picture is not enlarged either
    await expect(page.locator("#large")).to_be_hidden()
    await page.keyboard.press("b")
    await expect(page.locator(".veil")).to_have_count(0)
    assert await blur(page) == "none"
    await page.keyboard.press("v")
    await expect(page.locator("#large")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.click(".unveiled")
    await page.click(".veil")
    assert await blur(page) == "none"


async def test_other_pictures_are_seen_at_once(browser: Browser, venue: Hall) -> None:
    said = await arrive(venue, "1", venue.picture(640, 480), reasons=(Reason(rule="links", text="x.org"),))
    page = await at_the_desk(browser, venue.served)
    await choose(page, said.pid)
    await expect(page.locator(".shot img")).to_be_visible()
    assert await blur(page) == "none"


async def test_a_post_on_the_wall_is_sent_to_a_screen(browser: Browser, venue: Hall) -> None:
    for n in range(6):
        await venue.hands.decide(await arrive(venue, str(n)), Verdict.APPROVE)
    glass = await screen(browser, venue)
    await expect(glass.locator("#wall [data-post]").first).to_be_visible()
    page = await at_the_desk(browser, venue.served)
    await page.keyboard.press("s")
    await expect(page.locator("#sheet")).to_be_hidden()  # nothing of the wall is in view yet
    await page.keyboard.press("3")
    chosen = page.locator(".row").nth(3)
    await chosen.click()
    pid = await chosen.get_attribute("data-id")
    await page.keyboard.press("s")
    await page.get_by_role("button", name="Hall A").click()
    await page.get_by_role("button", name="Show large now").click()
    await expect(page.locator("#toasts")).to_contain_text("Large now: Hall A")
    await expect(glass.locator(f'#wall .lit[data-post="{pid}"]')).to_be_visible()


async def test_strict_by_hand_and_calm_again(browser: Browser, venue: Hall) -> None:
    page = await at_the_desk(browser, venue.served)
    bruno = await at_the_desk(browser, venue.served, "Bruno")
    await page.click('[popovertarget="menu"]')
    await page.click("#strict")
    await page.click('#sure button[value="yes"]')
    for desk in (page, bruno):
        await expect(desk.locator("#alarm-banner")).to_contain_text("Anna wants it strict")
        await expect(desk.locator("#alarm-banner")).to_contain_text("waits for a person")
    await bruno.click("#alarm-banner button")
    await bruno.click('#sure button[value="yes"]')
    await expect(page.locator("#alarm-banner")).to_be_hidden()


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ({"kind": "burst", "n": 120, "text": "8"}, "120 posts in a minute, usually 8."),
        ({"kind": "twins", "n": 37, "text": ""}, "37 nearly equal posts in a minute."),
        ({"kind": "strangers", "n": 1, "text": ""}, "1 post by new accounts in a minute."),
    ],
)
async def test_the_alarm_says_why(browser: Browser, venue: Hall, cause: dict[str, Any], words: str) -> None:
    page = await at_the_desk(browser, venue.served)
    said = await page.evaluate(
        """async (cause) => {
          const base = document.querySelector('script[type=module]').src.replace(/desk\\.js$/, '');
          return (await import(base + 'desk/alarm.js')).whyText(cause);
        }""",
        cause,
    )
    assert said == words
