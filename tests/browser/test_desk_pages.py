"""The pages that people touch: the desk on bad Wi-Fi, a phone that joins in."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.desk import answered, at_the_desk, queue
from tests.chromium import page_of, problems_of
from tests.makers import Hands, post
from tests.server import Served, serving
from wall.gate import Verdict
from wall.model import State
from wall.store.client import Store

pytestmark = pytest.mark.browser

TARGETS = (Path(__file__).parent / "targets.js").read_text(encoding="utf-8")
SIZES = [(1024, 768), (768, 1024), (390, 844)]


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


async def test_a_decision_that_cannot_leave_survives_a_reload_under_its_key(
    browser: Browser, served: Served, hands: Hands
) -> None:
    first, second = await queue(hands, "Bonsoir", "Le parvis est plein")
    page = await at_the_desk(browser, served, service_workers="block")
    await expect(page.locator("#stage")).to_contain_text("Bonsoir")
    keys: list[str] = []

    async def lost(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        await route.abort()

    await page.route("**/decision", lost)
    await page.click('[data-verdict="approve"]')
    await expect(page.locator("#stage")).to_contain_text("Le parvis est plein")
    await expect(page.locator("#line-banner")).to_contain_text("kept")
    await page.reload()
    await expect(page.locator("#line-banner")).to_contain_text("1 decision")
    await page.unroute("**/decision")
    async with page.expect_request("**/decision") as sent:
        pass
    assert {(await sent.value).headers["idempotency-key"]} == set(keys)
    await expect(page.locator("#line-banner")).to_be_hidden(timeout=15_000)
    await answered(page)
    assert await hands.state(first) is State.APPROVED
    assert await hands.state(second) is State.QUEUED


async def test_a_post_that_changed_meanwhile_comes_back_with_a_word(
    browser: Browser, served: Served, hands: Hands
) -> None:
    (seen,) = await queue(hands, "Mes premiers mots")
    page = await at_the_desk(browser, served, service_workers="block")
    await expect(page.locator("#stage")).to_contain_text("Mes premiers mots")
    edited = post("0", "De tout autres mots", revision=2)

    async def overtaken(route: Route) -> None:
        await hands.arrive(edited)
        await route.continue_()

    await page.route("**/decision", overtaken)
    await page.keyboard.press("a")
    await expect(page.locator("#stage .flags")).to_contain_text("Changed since you looked")
    await expect(page.locator("#stage .text")).to_have_text("De tout autres mots")
    await answered(page)
    assert await hands.state(seen) is State.QUEUED


async def test_the_slower_moderator_hears_who_was_quicker(
    browser: Browser, served: Served, hands: Hands
) -> None:
    (both,) = await queue(hands, "Une seule fois")
    page = await at_the_desk(browser, served, service_workers="block")
    await expect(page.locator("#stage")).to_contain_text("Une seule fois")

    async def late(route: Route) -> None:
        await hands.decide(both, Verdict.REJECT, by="Bruno")
        await route.continue_()

    await page.route("**/decision", late)
    await page.keyboard.press("a")
    await expect(page.locator("#toasts")).to_contain_text("Bruno was quicker")
    await answered(page)
    assert await hands.state(both) is State.REJECTED


async def test_undo_and_the_keyboard(browser: Browser, served: Served, hands: Hands) -> None:
    first, second = await queue(hands, "Un", "Deux")
    page = await at_the_desk(browser, served)
    await expect(page.locator("#stage")).to_contain_text("Un")
    await page.keyboard.press("r")
    await expect(page.locator('[data-tab="rejected"] .count')).to_have_text("1")
    await expect(page.locator("#stage")).to_contain_text("Deux")
    await page.keyboard.press("z")
    await expect(page.locator("#stage")).to_contain_text("Un")
    await expect(page.locator('[data-tab="queued"] .count')).to_have_text("2")
    await page.keyboard.press("j")
    await page.keyboard.press("h")
    await expect(page.locator('[data-tab="held"] .count')).to_have_text("1")
    await page.keyboard.press("p")
    await page.keyboard.press("p")
    await expect(page.locator("#panic-banner")).to_contain_text("show no posts")
    await answered(page)
    assert await hands.ledger.is_panic()
    await page.click("#panic-banner button")
    await page.click('#sure button[value="yes"]')
    await expect(page.locator("#panic-banner")).to_be_hidden()
    await answered(page)
    assert not await hands.ledger.is_panic()
    assert (await hands.state(first), await hands.state(second)) == (State.QUEUED, State.HELD)
    assert problems_of(page) == []


async def test_a_swipe_decides_wherever_on_the_card_it_starts(
    browser: Browser, served: Served, hands: Hands
) -> None:
    posts = await queue(hands, *(f"Message {n}\n" * 12 for n in range(4)))
    page = await at_the_desk(browser, served, width=768, height=1024)
    glass = await page.context.new_cdp_session(page)
    for n, (share, way) in enumerate(((0.1, 1), (0.35, -1), (0.6, 1), (0.9, -1))):
        card = page.locator(f'.card[data-id="{posts[n].pid}"]')
        await expect(card).to_be_visible()
        box = await card.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * share
        for step in range(12):
            kind = "touchMove" if step else "touchStart"
            point = {"x": x + way * step * 25, "y": y}
            await glass.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        await glass.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await expect(card).to_have_count(0)
    await expect(page.locator('[data-tab="approved"] .count')).to_have_text("2")
    await expect(page.locator('[data-tab="rejected"] .count')).to_have_text("2")
    assert page.url.endswith("/desk")


async def test_a_long_queue_stays_a_short_page(browser: Browser, served: Served, hands: Hands) -> None:
    await queue(hands, *(f"Message {n}" for n in range(60)))
    page = await at_the_desk(browser, served)
    await expect(page.locator(".row")).to_have_count(40)
    await page.click(".pager:last-child")
    await expect(page.locator(".row")).to_have_count(20)
    await expect(page.locator(".row").last).to_contain_text("Message 59")


async def test_every_control_is_large_and_has_a_name(browser: Browser, served: Served, hands: Hands) -> None:
    await hands.arrive(post("9", "Donaudampfschiff" * 20))
    page = await at_the_desk(browser, served)
    join = f"/join?k={await served.services.auth.join_code()}&lang=zh"
    for path, part in (("/desk", "#actions"), ("/?lang=fr", ".doors"), (join, "#form")):
        await page.goto(served.url + path)
        await expect(page.locator(part)).to_be_visible()
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate(TARGETS, 44) == [], (path, width)
    assert problems_of(page) == []


async def test_a_phone_without_network_keeps_the_message_and_sends_it_once(
    browser: Browser, served: Served, store: Store
) -> None:
    page = await page_of(browser, width=390, height=844, locale="fr-FR", has_touch=True)
    await page.goto(f"{served.url}/join?k={await served.services.auth.join_code()}")
    await page.fill("#text", "Quelle nuit !")
    await page.click('[data-lang="en"]')
    await expect(page.locator("#send")).to_have_text("Send")
    await page.check("#consent")
    await page.context.set_offline(True)
    await page.click("#send")
    await expect(page.locator("#status")).to_have_attribute("data-step", "kept")
    await page.context.set_offline(False)
    await expect(page.locator("#status")).to_have_attribute("data-step", "received", timeout=15_000)
    assert await store.redis.hlen(store.keys.inbox) == 1
    sent = await page.evaluate("JSON.parse(localStorage.getItem('parvis.join.sent'))")
    await page.click("#take-back")
    await page.click('#sure button[value="yes"]')
    await expect(page.locator("#status")).to_have_attribute("data-step", "gone")
    _, found = await served.get(f"/api/v1/submissions/{sent['receipt']}")
    assert found["state"] == State.WITHDRAWN


async def test_a_file_that_is_no_photo_gets_a_kind_word(browser: Browser, served: Served) -> None:
    page = await page_of(browser, width=390, height=844, locale="en-GB")
    await page.goto(f"{served.url}/join?k={await served.services.auth.join_code()}")
    heic = b"\0\0\0\x18ftypheic" + uuid.uuid4().bytes
    for data, word in ((heic, "HEIC"), (b"<html>", "does not open"), (b"", "empty")):
        await page.set_input_files("#photo", {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": data})
        await expect(page.locator("#photo-problem")).to_contain_text(word)
