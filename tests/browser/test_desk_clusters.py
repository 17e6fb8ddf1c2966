"""Nearly equal posts at the desk: one row, one card, one gesture, and all of them back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.desk import answered, at_the_desk, by, choose, cluster, count
from tests.chromium import problems_of
from tests.makers import Hands, post
from tests.server import Served, serving
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


async def test_a_cluster_goes_in_one_gesture_and_comes_back_in_one(
    browser: Browser, served: Served, hands: Hands
) -> None:
    twins = await cluster(hands, 7)
    alone = post("alone", "Bonsoir", author=by("Zoé"))
    await hands.arrive(alone)
    page = await at_the_desk(browser, served)
    await expect(page.locator(".row")).to_have_count(2)
    await expect(page.locator(".row-size")).to_contain_text("×7")
    await choose(page, twins[0].pid)
    await expect(page.locator(".act.reject")).to_contain_text("Reject all 7")
    await expect(page.locator(".act.approve")).to_contain_text("reject 6")
    await page.keyboard.press("r")
    await expect(page.locator(f'.card[data-id="{alone.pid}"]')).to_be_visible()
    await count(page, "rejected", 7)
    await answered(page)
    assert {await hands.state(one) for one in twins} == {State.REJECTED}
    await page.keyboard.press("z")
    await count(page, "queued", 8)
    await expect(page.locator(".row-size")).to_contain_text("×7")
    await answered(page)
    assert {await hands.state(one) for one in twins} == {State.QUEUED}
    assert problems_of(page) == []


async def test_one_of_a_cluster_goes_up_and_the_others_away(
    browser: Browser, served: Served, hands: Hands
) -> None:
    twins = await cluster(hands, 4)
    page = await at_the_desk(browser, served)
    await choose(page, twins[0].pid)
    await page.click('[data-verdict="approve"]')
    await count(page, "approved", 1)
    await count(page, "rejected", 3)
    await answered(page)
    assert [await hands.state(one) for one in twins] == [State.APPROVED, *[State.REJECTED] * 3]
    await page.click(".toast button")
    await count(page, "queued", 4)
    await answered(page)
    assert {await hands.state(one) for one in twins} == {State.QUEUED}


async def test_one_is_kept_and_still_waits(browser: Browser, served: Served, hands: Hands) -> None:
    twins = await cluster(hands, 4)
    page = await at_the_desk(browser, served)
    await choose(page, twins[0].pid)
    await page.click('[data-do="keep"]')
    await count(page, "queued", 1)
    await expect(page.locator(f'.card[data-id="{twins[0].pid}"]')).to_be_visible()
    await expect(page.locator(".act.approve")).to_have_text("ApproveA")
    await answered(page)
    assert [await hands.state(one) for one in twins] == [State.QUEUED, *[State.REJECTED] * 3]


async def test_a_cluster_can_be_looked_at_one_by_one(browser: Browser, served: Served, hands: Hands) -> None:
    twins = await cluster(hands, 5)
    page = await at_the_desk(browser, served)
    await choose(page, twins[0].pid)
    await page.keyboard.press("o")
    await expect(page.locator(".row")).to_have_count(5)
    await choose(page, twins[2].pid)
    await page.keyboard.press("r")
    await count(page, "queued", 4)
    await answered(page)
    assert await hands.state(twins[2]) is State.REJECTED
    assert await hands.state(twins[3]) is State.QUEUED
    await page.keyboard.press("o")
    await expect(page.locator(".row-size")).to_contain_text("×4")


async def test_a_cluster_taken_back_before_the_answer_comes_back_all_the_same(
    browser: Browser, served: Served, hands: Hands
) -> None:
    twins = await cluster(hands, 3)
    page = await at_the_desk(browser, served, service_workers="block")
    await choose(page, twins[0].pid)
    held: list[bool] = []

    async def slow(route) -> None:  # type: ignore[no-untyped-def]  # playwright's own shape
        held.append(True)
        await page.keyboard.press("z")
        await route.continue_()

    await page.route("**/clusters/*/decision", slow)
    await page.keyboard.press("r")
    async with page.expect_response("**/api/v1/decisions"):
        pass
    await count(page, "queued", 3)
    assert held
    assert {await hands.state(one) for one in twins} == {State.QUEUED}
