"""A hundred thousand waiting and more coming: the page keeps a window of it and stays as it was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from tests.browser.desk import at_the_desk, count, queue
from tests.makers import Hands
from tests.server import Served, serving
from wall.store.client import Store

pytestmark = pytest.mark.browser

# Runs with the desk's own modules: a board, and the cards of a server that has `total` of them.
BOARD = """async ({ total, steps }) => {
  const base = document.querySelector('script[type=module]').src.replace(/desk\\.js$/, '');
  const { Board } = await import(base + 'desk/board.js');
  const at = new Date(0).toISOString();
  const card = (n, state = 'queued') => ({
    id: `p${n}`, state, rev: 1, mrev: 1, place: n, at, arrived: at, card: null, reasons: [], labels: [],
    author: { key: `a${n % 5000}`, standing: '', counts: {} }, cluster: n % 9 ? null : { id: `c${n}`, size: 3 },
  });
  const board = new Board();
  board.reset({ posts: Array.from({ length: 200 }, (_, n) => card(n)), counts: { queued: total } });
  const found = { first: board.list('queued').length, most: 0, words: {} };
  for (let n = 0; n < steps; n++) {
    const word = board.put(card(total + n));
    found.words[word] = (found.words[word] ?? 0) + 1;
    board.put(card(1_000_000 + n, 'approved'));
    found.most = Math.max(found.most, board.size);
  }
  found.list = board.list('queued').length;
  found.approved = board.list('approved').length;
  board.take(board.shelf('queued'), Array.from({ length: 200 }, (_, n) => card(200 + n)), { cursor: '399' });
  found.paged = board.list('queued').map((post) => post.place);
  found.passed = board.shelf('queued').passed;
  return found;
}"""


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


async def test_cards_behind_the_window_are_counted_not_kept(browser: Browser, served: Served) -> None:
    page = await at_the_desk(browser, served)
    found: dict[str, Any] = await page.evaluate(BOARD, {"total": 100_000, "steps": 20_000})
    assert found["first"] == found["list"] == 200
    assert found["words"] == {"beyond": 20_000}
    assert found["most"] <= 200 + 361
    assert found["approved"] <= 360
    # paged on: the window has moved, nothing is missing inside it
    assert found["paged"] == list(range(100, 400))
    assert found["passed"] == 100


class Flood:
    """Stands in the line of a desk and adds cards to what the real server says."""

    def __init__(self, line: WebSocketRoute) -> None:
        self.line = line
        self.queue: dict[str, Any] = {}
        server = line.connect_to_server()
        server.on_message(self._pass)

    def _pass(self, text: str | bytes) -> None:
        frame = json.loads(text)
        if frame["type"] == "queue":
            self.queue = frame
        self.line.send(text)

    def card(self, n: int) -> None:
        like = self.queue["posts"][-1]
        post = {
            **like,
            "id": f"{n:026d}",
            "place": like["place"] + n,
            "card": {**like["card"], "id": f"{n:026d}"},
        }
        self.line.send(json.dumps({"type": "card", "post": post}))

    def counts(self, queued: int) -> None:
        self.line.send(json.dumps({"type": "counts", "counts": {**self.queue["counts"], "queued": queued}}))


async def under_flood(browser: Browser, served: Served) -> tuple[Page, Flood]:
    floods: list[Flood] = []
    page = await at_the_desk(browser, served)
    await page.route_web_socket("**/ws/desk", lambda line: floods.append(Flood(line)))
    await page.reload()
    await expect(page.locator(".card")).to_be_visible()
    return page, floods[0]


async def test_a_flood_changes_numbers_and_leaves_the_card_in_view(
    browser: Browser, served: Served, hands: Hands
) -> None:
    first, second = await queue(hands, "Le premier", "Le second")
    page, flood = await under_flood(browser, served)
    await page.evaluate("document.querySelector('.card').dataset.mark = 'same'")
    await page.evaluate(
        """() => {
          window.painted = 0;
          const count = document.querySelector('[data-tab=queued] .count');
          const all = { childList: true, characterData: true, subtree: true };
          new MutationObserver(() => window.painted++).observe(count, all);
        }"""
    )
    nodes = await page.evaluate("document.querySelectorAll('*').length")
    for n in range(1, 1201):
        flood.card(n)
        flood.counts(n + 2)
        if n % 100 == 0:
            await asyncio.sleep(0.02)
    await count(page, "queued", 1202)
    # at most four times a second, however many there were
    assert await page.evaluate("window.painted") < 60
    assert await page.locator(".row").count() <= 40
    assert await page.evaluate("document.querySelectorAll('*').length") < nodes + 40 * 20
    await expect(page.locator('.card[data-mark="same"]')).to_be_visible()
    await page.keyboard.press("a")
    await expect(page.locator(f'.card[data-id="{second.pid}"]')).to_be_visible()
    await count(page, "approved", 1)
    assert first.pid != second.pid
