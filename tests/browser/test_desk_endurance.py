"""Two hundred cards by key and by thumb, with the Wi-Fi dying in the middle and the page loaded again without it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.desk import at_the_desk, by
from tests.faults.proxy import Proxy, tcp
from tests.makers import Hands, post
from tests.server import Served, serving
from wall.gate import Verdict
from wall.model import PostId, State
from wall.store.client import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CARDS = 200
KEYS = {Verdict.APPROVE: "a", Verdict.REJECT: "r", Verdict.HOLD: "h"}
ENDS = {Verdict.APPROVE: State.APPROVED, Verdict.REJECT: State.REJECTED, Verdict.HOLD: State.HELD}
TAP_PAUSE_S = 0.27  # a second tap sooner than that is taken for a trembling thumb


class Evening:
    """A desk behind a line that can die. `pressed` is what Anna decided, in her order."""

    def __init__(self, store: Store, served: Served, line: Proxy) -> None:
        self.store = store
        self.hands = Hands(store)
        self.line = line
        self.served = Served(served.services, served.client, f"http://127.0.0.1:{line.port}")
        self.pressed: dict[str, Verdict] = {}

    async def fill(self) -> None:
        for n in range(CARDS):
            await self.hands.arrive(
                post(f"{n}", f"Message {n}: the lights are on.", author=by(f"Visitor {n}"))
            )

    def lose(self) -> None:
        """As Wi-Fi dies: what is open breaks, what is asked for gets no answer."""
        self.line.freeze()
        self.line.cut()

    async def decide(self, page: Page, number: int, *, thumb: bool) -> None:
        for _ in range(number):
            pid = await card_in_view(page)
            assert pid not in self.pressed, "a card came back"
            verdict = list(KEYS)[len(self.pressed) % len(KEYS)]
            if thumb:
                await asyncio.sleep(TAP_PAUSE_S)
                await page.tap(f".act.{verdict}")
            else:
                await page.keyboard.press(KEYS[verdict])
            self.pressed[pid] = verdict
            await page.wait_for_function(
                "id => document.querySelector('.stage .card')?.dataset.id !== id", arg=pid
            )


async def card_in_view(page: Page) -> str:
    card = page.locator(".stage .card")
    await expect(card).to_be_visible(timeout=20_000)
    return str(await card.get_attribute("data-id"))


@pytest.fixture
async def evening(store: Store, data_dir: Path) -> AsyncIterator[Evening]:
    async with serving(store, data_dir) as served:
        port = int(served.url.rpartition(":")[2])
        async with Proxy(tcp(port)) as line:
            yield Evening(store, served, line)


async def test_two_hundred_cards_end_as_they_were_decided(browser: Browser, evening: Evening) -> None:
    await evening.fill()
    page = await at_the_desk(browser, evening.served, width=768, height=1024)
    await page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    await kept_by_worker(page)
    await evening.decide(page, 60, thumb=False)
    await evening.decide(page, 30, thumb=True)
    evening.lose()
    await evening.decide(page, 15, thumb=False)
    await evening.decide(page, 5, thumb=True)
    await expect(page.locator("#line-banner")).to_be_visible(timeout=20_000)
    await page.reload()
    await expect(page.locator("#desk")).to_be_visible(timeout=20_000)
    waiting = await page.evaluate(OUTBOX)
    assert waiting >= 20
    await expect(page.locator("#line-banner")).to_contain_text(str(waiting), timeout=20_000)
    evening.line.thaw()
    await page.wait_for_function(f"() => ({OUTBOX}) === 0", timeout=60_000)
    await expect(page.locator("#line-banner")).to_be_hidden(timeout=20_000)
    await evening.decide(page, 40, thumb=False)
    await evening.decide(page, 50, thumb=True)
    await page.wait_for_function(f"() => ({OUTBOX}) === 0", timeout=60_000)
    await check(evening)


OUTBOX = "Object.keys(localStorage).filter((key) => key.startsWith('parvis.outbox.desk.')).length"


KEPT = """async () => {
  const shelf = await caches.open('parvis-desk');
  const kept = (await shelf.keys()).map((request) => new URL(request.url).pathname);
  const wanted = performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)
    .filter((path) => path.startsWith('/static/'));
  return kept.includes('/desk') && wanted.every((path) => kept.includes(path));
}"""


async def kept_by_worker(page: Page) -> None:
    """The service worker has the page and its files."""
    async with asyncio.timeout(30):
        while not await page.evaluate(KEPT):
            await asyncio.sleep(0.05)


async def check(evening: Evening) -> None:
    assert len(evening.pressed) == CARDS
    records = await evening.hands.ledger.records([PostId(pid) for pid in evening.pressed])
    assert {record.pid: record.state for record in records} == {
        pid: ENDS[verdict] for pid, verdict in evening.pressed.items()
    }
    done = Counter(
        (fields[b"id"].decode(), fields[b"why"].decode())
        for _, fields in await evening.store.redis.xrange(evening.store.keys.audit)
        if fields[b"by"] == b"Anna"
    )
    assert done == {(pid, verdict.value): 1 for pid, verdict in evening.pressed.items()}
