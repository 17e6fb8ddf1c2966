"""The desk at the sizes it is used at, by day and by night: large enough, legible, nothing beside the window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.desk import at_the_desk, by, choose, cluster
from tests.chromium import problems_of
from tests.makers import Hands, post
from tests.server import Served, serving
from wall.gate import Verdict
from wall.model import PostId
from wall.settings_moderation import LabelSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
TARGETS = (HERE / "targets.js").read_text(encoding="utf-8")
CONTRASTS = (HERE / "contrast_words.js").read_text(encoding="utf-8")
SIZES = [(768, 1024), (1024, 768), (1180, 820), (390, 844), (1920, 1080)]
SHEETS = {"t": "author", "l": "passing", "f": "filter", "y": "history"}

# Where the ends of the page are: every button under the card and the panic button whole inside the window.
EDGES = """() => [...document.querySelectorAll('.act, #panic, .card, [data-tab]:first-child')]
  .filter((node) => node.checkVisibility())
  .map((node) => [node.id || node.className, node.getBoundingClientRect()])
  .filter(([, box]) => box.left < -1 || box.top < -14 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1)
  .map(([name, box]) => `${name} ${Math.round(box.left)} ${Math.round(box.right)} of ${innerWidth}`)"""


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    labels = (LabelSettings(name="press", title="Press office"), LabelSettings(name="shop"))
    async with serving(store, data_dir, labels=labels) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


async def furnish(hands: Hands) -> PostId:
    """Everything that a list can hold; the id of a card of a cluster."""
    twins = await cluster(hands, 37)
    await hands.arrive(post("long", "Donaudampfschiff" * 20, author=by("Long")), labels=("press",))
    await hands.arrive(post("two", "À deux", author=by("Deux")), needs_two=True)
    up = post("up", "Au mur", author=by("Haut"))
    await hands.arrive(up)
    await hands.decide(up, Verdict.APPROVE)
    return twins[0].pid


async def judge(page: Page, what: str) -> None:
    assert await page.evaluate(TARGETS, 44) == [], what
    assert await page.evaluate(CONTRASTS) == [], what
    assert await page.evaluate(EDGES) == [], what


@pytest.mark.parametrize(
    "lang", ["fr", *(pytest.param(lang, marks=pytest.mark.slow) for lang in ("en", "zh"))]
)
@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_the_desk_is_large_and_legible_at_every_size(
    browser: Browser, served: Served, hands: Hands, theme: str, lang: str
) -> None:
    twin = await furnish(hands)
    page = await at_the_desk(browser, served, query=f"?lang={lang}", color_scheme=theme)
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        await choose(page, twin)
        await judge(page, f"{width} cluster")
        await page.keyboard.press("j")
        await expect(page.locator(f'.card[data-id="{twin}"]')).to_have_count(0)
        await judge(page, f"{width} long")
        for key, name in SHEETS.items():
            await page.keyboard.press(key)
            await expect(page.locator(f'#sheet[data-sheet="{name}"]')).to_be_visible()
            await expect(page.locator("#sheet .soft").first).to_be_visible()
            await judge(page, f"{width} {name}")
            await page.keyboard.press("Escape")
            await expect(page.locator("#sheet")).to_be_hidden()
    assert problems_of(page) == []


async def test_forced_colours_keep_every_edge(browser: Browser, served: Served, hands: Hands) -> None:
    twin = await furnish(hands)
    page = await at_the_desk(browser, served, forced_colors="active")
    await choose(page, twin)
    for part in (".act", ".cluster", ".row[aria-current]", ".find-input", ".tool"):
        edge = await page.locator(part).first.evaluate(
            "node => parseFloat(getComputedStyle(node).borderTopWidth) + parseFloat(getComputedStyle(node).outlineWidth)"
        )
        assert edge > 0, part


async def test_less_motion_is_no_motion(browser: Browser, served: Served, hands: Hands) -> None:
    await furnish(hands)
    page = await at_the_desk(browser, served, reduced_motion="reduce")
    await page.keyboard.press("h")
    await page.keyboard.press("y")
    slow = await page.evaluate(
        "() => document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime > 20).length"
    )
    assert slow == 0


async def test_the_help_tells_every_key(browser: Browser, served: Served, hands: Hands) -> None:
    page = await at_the_desk(browser, served)
    told = await page.evaluate(
        """async () => {
          const base = document.querySelector('script[type=module]').src.replace(/desk\\.js$/, '');
          const { meaning } = await import(base + 'desk/keys.js');
          const shown = [...document.querySelectorAll('#help kbd')].map((key) => key.textContent.toLowerCase());
          const keys = [...'abcdefghijklmnopqrstuvwxyz/?1'].filter((key) => meaning({ key }));
          return keys.filter((key) => !shown.some((one) => one === key || one.startsWith(key)));
        }"""
    )
    assert told == []
