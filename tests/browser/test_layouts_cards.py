"""Spotlight, photo wall and masonry: whatever comes and goes, nothing is cut, covered or left behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.hall import Hall, hall, screen, until
from tests.browser.test_screen_look import awkward
from tests.chromium import problems_of
from wall.settings import ScreenSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
STAGE = (HERE / "stage_cards.js").read_text(encoding="utf-8")
UPDATES = 30
LAYOUTS = ("spotlight", "photos", "masonry")
# width, height, and the distance in metres to a screen of 65 inches
SCREENS = {
    "1080p": (1920, 1080, 5.0),
    "portrait": (1080, 1920, 5.0),
    "4K from far away": (3840, 2160, 8.0),
    "half a screen": (960, 1080, 3.0),
}
# a drawer of cards grows with the most that ever stood at one time: nodes of three cards
GROWTH = {"masonry": 160}


@pytest.fixture
async def venue(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    async with hall(store, data_dir) as venue:
        yield venue


def posts(venue: Hall) -> list[dict[str, Any]]:
    """The awkward posts of the bento's tests, some of them with several pictures."""
    items = awkward(venue)
    shots = [shot for item in items for shot in item["pictures"]]
    several = {
        "network": "join",
        "author": {"name": "يوسف"},
        "spans": [{"text": "Quatre vues."}],
        "pictures": shots[:4],
    }
    return [*items, several, {**several, "pictures": shots[2:4], "spans": []}]


async def play(page: Page, script: str, **given: Any) -> Any:
    """Run one of the scripts beside this file on the stage of stage_cards.js."""
    body = (HERE / script).read_text(encoding="utf-8")
    return await page.evaluate(f"async (given) => {{\n{STAGE}\n{body}\n}}", given)


@pytest.mark.parametrize(
    "size", [*list(SCREENS)[:2], *(pytest.param(name, marks=pytest.mark.slow) for name in list(SCREENS)[2:])]
)
@pytest.mark.parametrize("layout", LAYOUTS)
async def test_nothing_is_cut_covered_or_left_behind(
    browser: Browser, venue: Hall, layout: str, size: str
) -> None:
    width, height, distance_m = SCREENS[size]
    page = await screen(browser, venue, width=width, height=height)
    seed = LAYOUTS.index(layout) * 10 + list(SCREENS).index(size) + 1
    found = await play(
        page,
        "rehearse_cards.js",
        layout=layout,
        items=posts(venue),
        updates=UPDATES,
        seed=seed,
        distanceM=distance_m,
    )
    assert found["faults"] == []
    assert found["failed"] == []
    assert found["used"] > 0.88, "the wall has holes"
    assert found["grown"] <= GROWTH.get(layout, 0), "the page grows with what it has shown"
    assert found["rest"] < 1400
    assert (found["left"], found["still"]) == (0, 0), "a withdrawn post is still in the page"
    assert found["children"] == 0, "a layout that is taken down leaves nothing"
    assert problems_of(page) == []


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_when_nobody_writes_everybody_has_a_turn_and_who_is_owed_one_comes_next(
    browser: Browser, venue: Hall, layout: str
) -> None:
    page = await screen(browser, venue)
    first = {"spotlight": 7, "photos": 20, "masonry": 20}[layout]
    found = await play(
        page, "rehearse_turns.js", layout=layout, items=posts(venue), first=first, shown=2, distanceM=5
    )
    assert found["failed"] == []
    assert found["fewest"] >= 2, "somebody was left out"
    # a card of a column may be pushed out by what comes beside it, and a tile takes the photo that suits it
    assert found["most"] <= found["fewest"] + (1 if layout == "spotlight" else 4)
    assert 0 <= found["owed"] <= (1 if layout == "spotlight" else 3)


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_a_post_comes_from_the_wall_and_leaves_with_its_author(
    browser: Browser, store: Store, data_dir: Path, layout: str
) -> None:
    async with hall(store, data_dir, screen=ScreenSettings(layout=layout)) as venue:
        for number in range(6):
            await venue.hang(f"Bonsoir {number}", venue.picture(400 + 90 * number, 500))
        page = await screen(browser, venue)
        await until(page.locator("[data-post]").count, "a first post")
        wanted = {"headers": venue.served.admin, "json": {"command": "next"}}
        await venue.served.post(
            "/api/v1/screens/hall-a/command", **wanted
        )  # in case the empty wall was a bento
        await until(page.locator(f".{layout} [data-post]").count, "the layout")
        pid = await venue.hang("Me voici", venue.picture(900, 600, (200, 60, 40)), author="Noor")
        mine = page.locator(f".{layout} [data-post='{pid}']")
        await until(mine.count, "the new post")

        async def is_reported() -> bool:
            return any(pid in one["shown"] for one in await venue.screens())

        await until(is_reported, "its report", within_s=20)
        await venue.take_down(pid)

        async def is_gone() -> bool:
            return not await mine.count() and not await page.get_by_text("Noor").count()

        await until(is_gone, "its removal")
        assert problems_of(page) == []


async def test_a_page_of_photos_is_filled_exactly_and_crops_little(browser: Browser, venue: Hall) -> None:
    page = await screen(browser, venue)
    found = await page.evaluate(
        """async () => {
          const base = new URL("../", document.querySelector("script[src*='js/screen']").src);
          const { compose, place, tame } = await import(new URL("js/stage/slicing.js", base).href);
          const ratios = [1.5, 0.75, 4, 1, 0.25, 1.78, 0.56, 1.33];
          const frame = { x: 0, y: 0, width: 1868, height: 1028 };
          const found = [];
          for (const n of [1, 2, 3, 5, 9, 17, 33]) {
            const leaves = Array.from({ length: n }, (_, i) => ({ id: `p${i}`, ratio: tame(ratios[i % 8]) }));
            const tiles = place(await compose(leaves, frame, 7, { width: 230, height: 160 }), frame, 0);
            const area = tiles.reduce((sum, { width, height }) => sum + width * height, 0) / (1868 * 1028);
            const part = ({ leaf, width: w, height: h }) => Math.min((leaf.ratio * h) / w, w / h / leaf.ratio);
            const seen = tiles.map(part);
            found.push([n, tiles.length, Math.round(area * 1e6) / 1e6, seen.reduce((sum, one) => sum + one, 0) / n]);
          }
          return found;
        }"""
    )
    for count, tiles, area, seen in found:
        assert (tiles, area) == (count, 1)
        assert count == 1 or seen > 0.8, f"{count} photos lose too much"


async def test_turns_go_to_who_is_owed_one_then_to_who_has_waited_longest(
    browser: Browser, venue: Hall
) -> None:
    page = await screen(browser, venue)
    said = await page.evaluate(
        """async () => {
          const base = new URL("../", document.querySelector("script[src*='js/screen']").src);
          const { Turns } = await import(new URL("js/stage/turns.js", base).href);
          const turns = new Turns();
          const said = [];
          for (let i = 0; i < 7; i++) {
            const id = turns.next(["new", "b", "old"], { owed: new Set(i === 4 ? ["new"] : []) });
            turns.shown(id);
            said.push(id);
          }
          turns.forget("b");
          return [...said, turns.next(["new", "b", "old"]), turns.next(["b"], { not: ["b"] })];
        }"""
    )
    assert said == ["new", "b", "old", "new", "new", "b", "old", "b", None]
