"""The spotlight on a real screen: a post of the desk's choice is before everybody, held, and never against the gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.hall import CARDS, Hall, at_rest, hall, screen, until
from tests.browser.test_screen_life import card, shown
from tests.browser.test_screen_modules import Modules
from tests.chromium import page_of, problems_of
from tests.server import serving
from wall.model import PostId
from wall.settings import FairnessSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

LIT = "#wall .lit[data-post]"


@pytest.fixture
async def venue(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    unfair = FairnessSettings(seconds=0)  # else what is old comes back for the seconds that it is owed
    async with hall(store, data_dir, fairness=unfair) as venue:
        yield venue


async def light(venue: Hall, pid: PostId, **body: Any) -> None:
    status, answer = await venue.served.post(
        f"/api/v1/posts/{pid}/spotlight", json=body, headers=venue.served.admin
    )
    assert status == 202, answer


async def full(browser: Browser, venue: Hall, count: int = 8, **more: Any) -> tuple[Page, list[PostId]]:
    """A screen with posts on it, the oldest first; the newest is the hero."""
    pids = [await venue.hang(f"Voix {number}", venue.picture(640, 480)) for number in range(count)]
    page = await screen(browser, venue, **more)
    await expect(card(page, pids[-1])).to_have_attribute("data-role", "hero")
    return page, pids


async def test_the_post_is_the_hero_and_held_while_new_ones_enter_the_columns(
    browser: Browser, venue: Hall
) -> None:
    page, pids = await full(browser, venue)
    for number in range(4):  # the queue of new posts waits, and has to
        await venue.hang(f"Aussi {number}")
    await light(venue, pids[1], seconds=120)
    await expect(card(page, pids[1])).to_have_attribute("data-role", "hero")
    await expect(card(page, pids[1]).locator(".flag")).to_have_text("Coup de projecteur")
    await expect(page.locator(LIT)).to_have_count(1)
    late = [await venue.hang(f"Plus tard {number}") for number in range(3)]
    for pid in late:
        await expect(card(page, pid)).to_be_visible()
        await expect(card(page, pid)).not_to_have_attribute("data-role", "hero")
    await venue.take_down(late[0])  # the wall mends itself around it
    await expect(card(page, late[0])).to_have_count(0)
    again = await venue.hang("Encore après")
    await expect(card(page, again)).to_be_visible()
    await page.wait_for_timeout(6500)  # longer than a new hero has
    await expect(card(page, pids[1])).to_have_attribute("data-role", "hero")
    await until(lambda: _is_shown(venue, pids[1]), "the receipt")
    assert problems_of(page) == []


async def test_afterwards_the_wall_goes_on(browser: Browser, venue: Hall) -> None:
    page, pids = await full(browser, venue)
    await light(venue, pids[0], screen="hall-a", seconds=5)
    await expect(page.locator(LIT)).to_have_attribute("data-post", pids[0])
    await expect(page.locator(LIT)).to_have_count(0, timeout=8000)
    await expect(page.locator(f'#wall .new[data-post="{pids[0]}"]')).to_have_count(0)
    after = await venue.hang("La suivante")
    await expect(card(page, after)).to_have_attribute("data-role", "hero")
    await expect(card(page, after).locator(".flag")).to_have_text("Nouveau")
    assert await page.locator(CARDS).count() >= 5


@pytest.mark.slow
async def test_a_post_that_left_the_wall_s_memory_long_ago_comes_back_for_its_time(
    browser: Browser, venue: Hall
) -> None:
    old = await venue.hang("Tout au début", venue.picture(480, 640))
    for number in range(62):
        await venue.hang(f"Voix {number}")
    page = await screen(browser, venue)
    await at_rest(page)
    await expect(card(page, old)).to_have_count(0)
    await light(venue, old, seconds=5)
    await expect(card(page, old)).to_have_attribute("data-role", "hero")
    await until(lambda: _is_shown(venue, old), "the receipt")
    await expect(card(page, old)).to_have_count(0, timeout=8000)
    await at_rest(page)
    assert "Tout au début" not in await page.evaluate("document.body.textContent")
    assert problems_of(page) == []


@pytest.mark.parametrize("is_old", [False, True])
async def test_a_post_withdrawn_in_the_spotlight_is_gone_at_once(
    browser: Browser, venue: Hall, *, is_old: bool
) -> None:
    bad = await venue.hang("Ceci ne devait pas paraître", venue.picture(300, 300))
    page, _ = await full(browser, venue, count=62 if is_old else 6)
    await light(venue, bad, seconds=120)
    await expect(card(page, bad)).to_have_attribute("data-role", "hero")
    await venue.take_down(bad)
    _, seq = await venue.hands.wall.head()
    await until(lambda: _confirmed(venue, seq), "the receipt")
    assert "ne devait pas" not in await page.evaluate("document.body.textContent")
    await expect(page.locator(LIT)).to_have_count(0)
    after = await venue.hang("La vie continue")
    await expect(card(page, after)).to_have_attribute("data-role", "hero")


@pytest.mark.slow
async def test_a_post_withdrawn_while_it_fades_after_its_time_is_gone_at_once(
    browser: Browser, venue: Hall
) -> None:
    """The wall does not keep it any more, and the glass still does."""
    bad = await venue.hang("Ceci ne devait pas paraître")
    page, _ = await full(browser, venue, count=62)
    await page.evaluate(
        """() => { const animate = Element.prototype.animate;  // whatever fades, fades for an hour
        Element.prototype.animate = function (frames, options) {
          return animate.call(this, frames, { ...options, duration: 3_600_000 });
        }; }"""
    )
    await light(venue, bad, seconds=5)
    await expect(card(page, bad)).to_have_attribute("data-role", "hero")
    await expect(card(page, bad)).to_have_count(0, timeout=8000)
    assert "ne devait pas" in await page.evaluate("document.getElementById('wall').textContent"), "it fades"
    await venue.take_down(bad)
    _, seq = await venue.hands.wall.head()
    await until(lambda: _confirmed(venue, seq), "the receipt")
    assert "ne devait pas" not in await page.evaluate("document.body.textContent")


async def test_panic_ends_it_and_it_does_not_come_back(browser: Browser, venue: Hall) -> None:
    page, pids = await full(browser, venue)
    await light(venue, pids[0], seconds=120)
    await expect(page.locator(LIT)).to_have_count(1)
    await venue.hands.gate.panic(on=True, by="Anna")
    await expect(page.locator("#slate")).to_be_visible()
    await expect(page.locator(LIT)).to_have_count(0)
    await venue.hands.gate.panic(on=False, by="Anna")
    await expect(page.locator("#slate")).to_be_hidden()
    await expect(page.locator(LIT)).to_have_count(0)


async def test_the_next_spotlight_takes_the_place_of_the_one_before(browser: Browser, venue: Hall) -> None:
    page, pids = await full(browser, venue)
    for pid in (pids[0], pids[3], pids[-1], pids[0]):
        await light(venue, pid, seconds=120)
        await expect(page.locator(LIT)).to_have_attribute("data-post", pid)
        await expect(page.locator(LIT)).to_have_count(1)
        await expect(card(page, pid)).to_have_attribute("data-role", "hero")


async def test_it_is_the_hero_on_an_upright_screen_and_on_an_empty_one(browser: Browser, venue: Hall) -> None:
    only = await venue.hang("Seule au monde")
    page = await screen(browser, venue, width=1080, height=1920)
    await light(venue, only, seconds=120)
    await expect(page.locator(LIT)).to_have_attribute("data-post", only)
    await venue.take_down(only)
    await expect(page.locator("html")).to_have_attribute("data-state", "empty")


async def _is_shown(venue: Hall, pid: PostId) -> bool:
    return pid in (await shown(venue))["shown"]


async def _confirmed(venue: Hall, seq: int) -> bool:
    return bool((await shown(venue))["applied_seq"] >= seq)


# -- what the feed knows better ----------------------------------------------------------------------------------


@pytest.fixture
async def modules(store: Store, data_dir: Path, browser: Browser) -> AsyncIterator[Modules]:
    async with serving(store, data_dir) as served:
        page = await page_of(browser, bypass_csp=True)
        await page.goto(f"{served.url}/healthz")
        yield Modules(page, served.url + served.services.pages.static(""))


FEED = """
    const feed = new m.Feed();
    const heard = [];
    feed.subscribe((event) => heard.push([event.type, event.post?.id ?? event.id ?? null]));
    const post = (id, seq, rev = 1) => ({ id, seq, rev });
    const op = (op, seq, item, more = {}) => feed.op({ op, seq, item, ...more });
"""


async def test_the_feed_drops_a_spotlight_that_it_knows_to_be_outdated(modules: Modules) -> None:
    answers = await modules.run(
        "js/feed",
        body=FEED
        + """
        feed.snapshot({ items: [post("a", 1), post("b", 2, 3)] });
        const out = {};
        out.known = feed.spotlight(post("a", 1), 5000);
        out.older = feed.spotlight(post("b", 2, 2), 5000);
        out.stillKnown = feed.get("a").rev;
        op("del", 3, undefined, { id: "a" });
        out.afterDel = feed.spotlight(post("a", 1), 5000);
        out.stranger = [op("del", 4, undefined, { id: "c" }), feed.spotlight(post("c", 2), 5000)][1];
        out.approvedAgain = feed.spotlight(post("a", 5, 2), 5000);
        out.nonsense = [feed.spotlight(null, 5000), feed.spotlight({ id: 7 }, 5000)];
        op("panic", 6, undefined, { on: true });
        out.lit = feed.get("a") ?? null;
        out.panic = feed.spotlight(post("b", 2, 3), 5000);
        out.heard = heard;
        return out;""",
    )
    assert answers == {
        "known": True,
        "older": False,
        "stillKnown": 1,
        "afterDel": False,
        "stranger": False,
        "approvedAgain": True,
        "nonsense": [False, False],
        "lit": None,
        "panic": False,
        "heard": [
            ["reset", None],
            ["spotlight", "a"],
            ["del", "a"],
            ["spotlight", "a"],
            ["spotlight", None],
        ],
    }


async def test_a_snapshot_without_it_takes_it_off(modules: Modules) -> None:
    heard = await modules.run(
        "js/feed",
        body=FEED
        + """
        feed.snapshot({ items: [post("a", 10)] });
        feed.spotlight(post("old", 1), 5000);
        feed.snapshot({ items: [post("a", 10), post("old", 1)] });
        const kept = feed.get("old") !== undefined;
        feed.snapshot({ items: [post("a", 10)] });
        feed.spotlight(post("older", 1), 5000);
        feed.unlight();
        feed.snapshot({ items: [post("a", 10)] });  // it may still fade on a stage
        return [kept, ...heard];""",
    )
    assert heard == [
        True,
        ["reset", None],
        ["spotlight", "old"],
        ["add", "old"],
        ["del", "old"],
        ["spotlight", "older"],
        ["spotlight", None],
        ["del", "older"],
    ]


async def test_a_newer_revision_replaces_it_and_age_does_not_push_it_off(modules: Modules) -> None:
    found = await modules.run(
        "js/feed",
        body=FEED
        + """
        feed.snapshot({ items: Array.from({ length: 60 }, (_, i) => post(`p${i}`, i + 1)) });
        feed.spotlight(feed.get("p0"), 5000);
        op("add", 61, post("new", 61));
        const stays = feed.posts().some(({ id }) => id === "p0");
        op("upd", 62, post("p0", 62, 2));
        return [stays, feed.posts().length, feed.get("p0").rev];""",
    )
    assert found == [True, 60, 2]
