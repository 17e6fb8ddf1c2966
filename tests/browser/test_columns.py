"""The geometry of the bento layout: whatever comes and goes, no card is cut, none overlaps, columns end on the frame."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.chromium import page_of
from tests.server import serving
from wall.store.client import Store

pytestmark = pytest.mark.browser

UPDATES = 1600
# width, height, unit, text of the wall itself in CSS pixels: what the legibility contract gives on real screens.
FRAMES = {
    "1080p at 5 m": (1470, 1024, 10.0, 43.0),
    "1080p at 3 m": (1470, 1024, 10.0, 26.0),
    "1080p at 8 m": (1470, 1024, 10.0, 69.0),
    "4K at 5 m": (2940, 2048, 20.0, 86.0),
    "portrait": (1024, 1470, 10.0, 43.0),
    "portrait at 8 m": (1024, 1470, 10.0, 69.0),
    "tablet": (903, 785, 6.15, 26.5),
    "wide LED wall": (3390, 1024, 10.0, 36.0),
}

REHEARSE = (Path(__file__).parent / "rehearse_columns.js").read_text(encoding="utf-8")


@pytest.fixture
async def modules(store: Store, data_dir: Path, browser: Browser) -> AsyncIterator[tuple[Page, str]]:
    """A page that may import the product's own modules, and the address they stand under."""
    async with serving(store, data_dir) as served:
        page = await page_of(browser, bypass_csp=True)
        await page.goto(f"{served.url}/healthz")
        yield page, served.url + served.services.pages.static("")


@pytest.mark.slow
async def test_no_card_is_cut_or_covered_and_every_column_ends_on_the_frame(
    modules: tuple[Page, str],
) -> None:
    page, base = modules
    found: dict[str, Any] = {}
    for seed, (name, (width, height, unit, text)) in enumerate(FRAMES.items(), start=1):
        frame = {"width": width, "height": height, "unit": unit, "text": text}
        found[name] = await page.evaluate(REHEARSE, [base, frame, UPDATES, seed])
    assert {name: one["faults"] for name, one in found.items() if one["faults"]} == {}
    for name, one in found.items():
        assert one["covered"] > 0.92, f"{name}: only {one['covered']:.1%} of the wall is used"
        assert one["seats"] <= 40, f"{name}: the scene remembers {one['seats']} posts"


async def test_a_new_hero_moves_one_region_only(modules: tuple[Page, str]) -> None:
    page, base = modules
    moved = await page.evaluate(
        """async (base) => {
          const { compose, crown, place } = await import(`${base}layouts/bento/columns.js`);
          const frame = { width: 1470, height: 1024, unit: 10, text: 43 };
          const measure = (id) => ({ text: 240, ratio: Number(id.slice(1)) % 2 ? 1.4 : 0 });
          const ids = Array.from({ length: 20 }, (_, i) => `p${i}`);
          const before = compose(frame, ids, measure);
          const after = crown(frame, 21, before, "p99", measure, { reserve: ids });
          const said = (c) => `${c.x} ${c.y} ${c.width} ${c.height}`;
          const where = (scene) => new Map(place(frame, 21, scene, measure).map((c) => [c.id, said(c)]));
          const [a, b] = [where(before), where(after)];
          const regions = new Set();
          before.slots.forEach((list, i) => list.forEach((id) => a.get(id) !== b.get(id) && regions.add(i)));
          return { regions: regions.size, hero: after.hero, former: after.slots.flat().includes(before.hero) };
        }""",
        base,
    )
    assert moved == {"regions": 1, "hero": "p99", "former": True}


async def test_a_pinned_card_is_not_pushed_out(modules: tuple[Page, str]) -> None:
    page, base = modules
    stands = await page.evaluate(
        """async (base) => {
          const { compose, crown } = await import(`${base}layouts/bento/columns.js`);
          const frame = { width: 1470, height: 1024, unit: 10, text: 43 };
          const measure = () => ({ text: 300, ratio: 1.4 });
          const ids = Array.from({ length: 12 }, (_, i) => `p${i}`);
          let scene = compose(frame, ids, measure);
          const pinned = scene.slots.flat()[0];
          for (let i = 0; i < 30; i++) {
            scene = crown(frame, 40, scene, `n${i}`, measure, { reserve: ids, keep: (id) => id === pinned });
          }
          return scene.slots.flat().includes(pinned);
        }""",
        base,
    )
    assert stands is True
