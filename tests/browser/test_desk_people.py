"""Several people at their desks: who looks at what, two who must agree, and what each may do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.desk import answered, at_the_desk, by, choose, count, queue
from tests.chromium import problems_of
from tests.makers import Hands, post
from tests.server import Served, serving
from wall.gate import Verdict
from wall.model import State
from wall.store.client import Store

pytestmark = pytest.mark.browser


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


async def several(hands: Hands, n: int) -> list[str]:
    posts = [post(str(i), f"Message {i}", author=by(f"Author {i}")) for i in range(n)]
    for one in posts:
        await hands.arrive(one)
    return [str(one.pid) for one in posts]


async def test_two_people_see_each_other_and_take_different_cards(
    browser: Browser, served: Served, hands: Hands
) -> None:
    first, second, third = await several(hands, 3)
    anna = await at_the_desk(browser, served, "Anna")
    await expect(anna.locator(f'.card[data-id="{first}"]')).to_be_visible()
    await expect(anna.locator("#people-light")).to_be_hidden()
    bruno = await at_the_desk(browser, served, "Bruno")
    await expect(anna.locator("#people-light")).to_be_visible()
    await expect(bruno.locator(f'.row[data-id="{first}"] .row-lookers')).to_contain_text("Anna is looking")
    await bruno.click(f'.row[data-id="{second}"]')
    await expect(anna.locator(f'.row[data-id="{second}"] .row-lookers')).to_contain_text("Bruno is looking")
    await anna.keyboard.press("a")  # the second card is Bruno's: the third comes into view
    await expect(anna.locator(f'.card[data-id="{third}"]')).to_be_visible()
    await anna.click(f'.row[data-id="{second}"]')
    await expect(anna.locator(".card .lookers")).to_contain_text("Bruno is looking")
    await anna.keyboard.press("g")
    await expect(anna.locator("#people-list li")).to_have_count(2)
    await expect(anna.locator("#people-list")).to_contain_text("Looks at Author 1")
    await bruno.close()
    await expect(anna.locator("#people-light")).to_be_hidden()
    await expect(anna.locator(".row-lookers")).to_have_count(0)
    assert problems_of(anna) == []


async def test_a_viewer_sees_everything_and_decides_nothing(
    browser: Browser, served: Served, hands: Hands
) -> None:
    (only,) = await queue(hands, "Bonsoir")
    page = await at_the_desk(browser, served, "Vera", role="viewer")
    await expect(page.locator("#stage")).to_contain_text("Bonsoir")
    await expect(page.locator("#actions")).to_contain_text("decide nothing")
    await expect(page.locator(".act, #panic:visible, #strict:visible")).to_have_count(0)
    for key in "arhplnw":
        await page.keyboard.press(key)
    await expect(page.locator("#sheet")).to_be_hidden()
    await answered(page)
    assert await hands.state(only) is State.QUEUED
    await page.keyboard.press("t")
    await expect(page.locator("#sheet")).to_contain_text("First post here")
    await expect(page.locator("#sheet")).not_to_contain_text("Ban")


async def test_two_people_must_say_yes(browser: Browser, served: Served, hands: Hands) -> None:
    both = post("two", "À deux", author=by("Zoé"))
    await hands.arrive(both, needs_two=True)
    anna = await at_the_desk(browser, served, "Anna")
    await expect(anna.locator(".act.approve")).to_contain_text("1 of 2")
    await anna.keyboard.press("a")
    await expect(anna.locator("#toasts")).to_contain_text("a second person decides")
    await expect(anna.locator(".act.approve")).to_contain_text("Waiting for a second person")
    await anna.keyboard.press("a")
    await answered(anna)
    assert await hands.state(both) is State.QUEUED
    bruno = await at_the_desk(browser, served, "Bruno")
    await expect(bruno.locator(".flags")).to_contain_text("Anna said yes; a second person decides")
    await bruno.click('[data-verdict="approve"]')
    await count(bruno, "approved", 1)
    await answered(bruno)
    assert await hands.state(both) is State.APPROVED
    await count(anna, "approved", 1)


async def test_anybody_takes_back_what_anybody_did(browser: Browser, served: Served, hands: Hands) -> None:
    up, away = await queue(hands, "Au mur", "Refusé")
    await hands.decide(up, Verdict.APPROVE, by="Bruno")
    await hands.decide(away, Verdict.REJECT, by="Chantal")
    page = await at_the_desk(browser, served)
    await page.keyboard.press("y")
    lines = page.locator("#sheet li.line")
    await expect(lines).to_have_count(2)
    await expect(lines.nth(0)).to_contain_text("Chantal rejected")
    await expect(lines.nth(0)).to_contain_text("Refusé")
    await lines.nth(1).get_by_role("button", name="Take back").click()
    await expect(lines.nth(1)).to_contain_text("taken back")
    await lines.nth(0).get_by_role("button", name="Take back").click()
    await page.keyboard.press("Escape")
    await count(page, "queued", 2)
    await answered(page)
    assert (await hands.state(up), await hands.state(away)) == (State.QUEUED, State.QUEUED)


async def test_the_card_in_view_stays_where_it_is_while_others_are_decided(
    browser: Browser, served: Served, hands: Hands
) -> None:
    posts = await queue(hands, "Un", "Deux", "Trois")
    page = await at_the_desk(browser, served)
    await choose(page, posts[1].pid)
    await page.evaluate("document.querySelector('.card').dataset.mark = 'same'")
    await hands.decide(posts[0], Verdict.REJECT, by="Bruno")
    await count(page, "rejected", 1)
    await expect(page.locator('.card[data-mark="same"] .who-past')).to_contain_text("1 rejected")
