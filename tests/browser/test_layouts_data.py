"""Layouts that show the wall as a whole: the mosaic, the words of the moment, the numbers."""

from __future__ import annotations

import io
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.browser.hall import until
from tests.chromium import page_of, problems_of
from tests.server import Served, serving
from wall.catalogue import read_words
from wall.media.decode import render
from wall.store.client import Store

pytestmark = pytest.mark.browser

DISPLAY = Path(__file__).parents[2] / "display"
MOUNT, PROBES = (
    (Path(__file__).parent / name).read_text(encoding="utf-8")
    for name in ("mount_layout.js", "data_layouts.js")
)
NAMES = ("mosaic", "words", "numbers")
FRAMES = [(1920, 1080), (1080, 1920), (960, 1080), (3840, 2160), (1180, 820)]
NUMBERS = {"posts": 1284, "people": 611, "networks": 3, "photos": 342, "hour": 97}
WORDS = [
    ["lumière", 84], ["水墨展厅", 70], ["magnifique", 62], ["#NuitBlanche", 55], ["musique", 48], ["concert", 44],
    ["المتحف", 36], ["night", 33], ["Rendez-vous", 28], ["famille", 26], ["danse", 22], ["吉他", 16],
    ["Donaudampfschifffahrt", 14], ["piano", 13], ["escalier", 12], ["feu", 10], ["dimanche", 9], ["ciel", 7],
]  # fmt: skip
FACTS = {
    "numbers": NUMBERS,
    "networks": [["mastodon", 700], ["bluesky", 500], ["unheard-of", 84]],
    "words": WORDS,
}
RED, BLUE, GREEN = (210, 30, 30), (30, 60, 190), (30, 160, 60)

Mount = Callable[..., Awaitable[Page]]


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def mount(served: Served, browser: Browser) -> Mount:
    async def mounted(layout: str, *, width: int = 1920, height: int = 1080, **given: Any) -> Page:
        page = await page_of(browser, width=width, height=height, bypass_csp=True)
        await page.goto(f"{served.url}/healthz")
        base = served.url + served.services.pages.static("")
        settings = {"motion": 0, **given.pop("settings", {})}
        whole = {"base": base, "layout": layout, "words": read_words("fr"), "settings": settings, **given}
        await page.evaluate(PROBES)
        await page.evaluate(f"(given) => ({MOUNT})(given)", whole)
        return page

    return mounted


def page_is_well(page: Page) -> bool:
    """No error but the icon that a page without a head asks for."""
    return [line for line in problems_of(page) if "404" not in line] == []


class Album:
    """Posts whose photos are of one colour, so that a canvas can be asked for them."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._count = 0
        self._known: dict[tuple[int, int, int], dict[str, Any]] = {}

    def post(self, colour: tuple[int, int, int] | None = None, text: str = "") -> dict[str, Any]:
        self._count += 1
        pictures = [self._picture(colour)] if colour else []
        return {
            "id": f"p{self._count}",
            "rev": 1,
            "seq": self._count,
            "network": "mastodon",
            "author": {"name": f"Visiteuse {self._count}"},
            "spans": [{"text": text}] if text else [],
            "pictures": pictures,
            "at": "2026-11-26T20:00:00Z",
        }

    def _picture(self, colour: tuple[int, int, int]) -> dict[str, Any]:
        if colour not in self._known:
            out = io.BytesIO()
            Image.new("RGB", (480, 360), colour).save(out, "PNG")
            stored = self._served.services.media.put(render(out.getvalue()))
            self._known[colour] = {
                "digest": stored.digest,
                "colour": stored.colour,
                "width_px": 480,
                "height_px": 360,
            }
        return self._known[colour]


@pytest.fixture
def album(served: Served) -> Album:
    return Album(served)


# -- the mosaic -------------------------------------------------------------------------------------------------


async def test_every_photo_has_one_place_and_no_place_is_empty(mount: Mount, served: Served) -> None:
    page = await mount("numbers", facts=FACTS)
    base = served.url + served.services.pages.static("")
    assert await page.evaluate("(base) => probes.quilts(base)", base) == []


async def test_the_mosaic_is_full_from_six_photos_on(mount: Mount, album: Album) -> None:
    page = await mount(
        "mosaic",
        posts=[
            album.post(RED),
            album.post(BLUE),
            album.post(GREEN),
            album.post(RED),
            album.post(BLUE),
            album.post(GREEN),
        ],
    )
    found = await page.evaluate("probes.colours()")
    assert found["none"] == 0
    assert min(found.values(), key=lambda n: n or 9999) > 1000, found
    assert sorted(await page.evaluate("stage.painted.at(-1)")) == [f"p{n}" for n in range(1, 7)]
    assert page_is_well(page)


async def test_a_withdrawn_photo_leaves_in_that_moment_and_its_place_is_filled(
    mount: Mount, album: Album
) -> None:
    posts = [album.post(RED), *(album.post(BLUE if n % 2 else GREEN) for n in range(8))]
    page = await mount("mosaic", posts=posts)
    assert (await page.evaluate("probes.colours()"))["red"] > 100
    found = await page.evaluate("() => { stage.del('p1'); return probes.colours(); }")
    assert (found["red"], found["none"]) == (0, 0), "nothing is awaited between the removal and this look"
    assert "p1" not in await page.evaluate("stage.painted.at(-1)")
    await until(lambda: page.evaluate("stage.painted.at(-1).length === 8"), "eight tiles")
    found = await page.evaluate("probes.colours()")
    assert (found["red"], found["none"]) == (0, 0)


async def test_a_new_photo_stands_large_with_its_authors_name_then_joins_the_others(
    mount: Mount, album: Album
) -> None:
    page = await mount("mosaic", posts=[album.post(BLUE) for _ in range(120)], settings={"dwell_s": 2})
    await page.evaluate("(post) => stage.add(post)", album.post(RED))
    card = await until(
        lambda: page.evaluate(
            """() => {
              const card = document.querySelector("[data-post=p121]");
              return card && { said: card.innerText, height: card.offsetHeight, told: stage.painted.at(-1) };
            }"""
        ),
        "the new photo",
    )
    assert "Visiteuse 121" in card["said"]
    assert card["height"] > 600
    assert "p121" in card["told"]
    assert len(card["told"]) <= 1, "120 specks are no showing of anybody"
    await until(lambda: page.evaluate("!document.querySelector('[data-post]')"), "its place")
    assert (await page.evaluate("probes.colours()"))["red"] > 0
    assert await page.evaluate("stage.painted.at(-1)") == []
    assert await page.locator(".mosaic .count").inner_text() == "121 photos, une seule image"


async def test_words_alone_stand_large_too_and_leave_at_once(mount: Mount, album: Album) -> None:
    page = await mount("mosaic", posts=[album.post(BLUE) for _ in range(6)])
    await page.evaluate("(post) => stage.add(post)", album.post(None, "Quelle soirée inoubliable"))
    await until(lambda: page.evaluate("stage.painted.at(-1).includes('p7')"), "the words")
    await page.evaluate("() => { stage.del('p7'); stage.said = document.body.innerText; }")
    assert "inoubliable" not in await page.evaluate("stage.said")
    assert "p7" not in await page.evaluate("stage.painted.at(-1)")


async def test_a_new_one_does_not_wait_for_one_that_came_forward_again(mount: Mount, album: Album) -> None:
    page = await mount(
        "mosaic", posts=[album.post(BLUE) for _ in range(6)], settings={"rest_s": 0.2, "dwell_s": 60}
    )
    await until(lambda: page.evaluate("Boolean(document.querySelector('[data-post]'))"), "a turn")
    await page.evaluate("(post) => stage.add(post)", album.post(GREEN))
    await until(
        lambda: page.evaluate("Boolean(document.querySelector('[data-post=p7]'))"), "the new one", within_s=5
    )


async def test_a_photo_that_cannot_be_had_is_reported_and_leaves_no_hole(mount: Mount, album: Album) -> None:
    broken = {"id": "x", "digest": "0" * 64, "colour": "#d21e1e", "seq": 99}
    page = await mount("mosaic", posts=[album.post(BLUE) for _ in range(7)], photos=[broken])
    await until(lambda: page.evaluate("stage.failed.some(([id]) => id === 'x')"), "the report")
    await expect(page.locator(".mosaic .count")).to_have_text("7 photos, une seule image")
    found = await page.evaluate("probes.colours()")
    assert (found["red"], found["none"]) == (0, 0)


@pytest.mark.parametrize(("width", "height"), FRAMES)
async def test_the_mosaic_and_its_line_are_whole_in_every_frame(
    mount: Mount, album: Album, width: int, height: int
) -> None:
    page = await mount("mosaic", width=width, height=height, posts=[album.post(GREEN) for _ in range(9)])
    assert await page.evaluate("probes.cut()") == []
    assert (await page.evaluate("probes.colours()"))["none"] == 0


# -- the words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), FRAMES)
async def test_lines_run_from_edge_to_edge_legible_and_the_heavier_the_larger(
    mount: Mount, width: int, height: int
) -> None:
    page = await mount("words", width=width, height=height, facts=FACTS)
    lines, least = await page.evaluate("[probes.lines(), probes.legible()]")
    weights = {str(word): int(str(weight)) for word, weight in WORDS}
    assert len(lines) >= 3
    for line in lines:
        assert line["px"] >= least * 0.98
        assert all(-1 <= edge < width * 0.02 for edge in line["edges"])
        assert min(line["ends"]) >= -1
        assert line["closest"] > line["px"] * 0.1
    by_size = sorted(lines, key=lambda line: -line["px"])
    for larger, smaller in pairwise(by_size):
        if larger["px"] > smaller["px"] * 1.1:
            assert max(weights[word] for word in smaller["words"]) <= max(
                weights[word] for word in larger["words"]
            )
    assert page_is_well(page)
    assert await page.evaluate("stage.painted") == [[]], "no post stands here"


async def test_a_removed_post_takes_its_words_along_in_that_moment(mount: Mount, album: Album) -> None:
    said = album.post(None, "La LUMIERE sur les quais, quel concert !")
    page = await mount("words", facts=FACTS, posts=[said])
    assert {"lumière", "concert"} <= set(await page.evaluate("probes.standing()"))
    left = await page.evaluate("() => { stage.del('p1'); return probes.standing(); }")
    assert not {"lumière", "concert"} & set(left)
    assert "magnifique" in left
    facts = {**FACTS, "words": [word for word in WORDS if word[0] != "concert"]}
    await page.evaluate("(facts) => stage.facts(facts)", facts)
    standing = await page.evaluate("probes.standing()")
    assert "lumière" in standing, "others have said it too"
    assert "concert" not in await page.evaluate("document.body.innerText")


async def test_what_the_facts_no_longer_know_leaves_at_once(mount: Mount) -> None:
    page = await mount("words", facts=FACTS)
    left = await page.evaluate(
        "(facts) => { stage.facts(facts); return probes.standing(); }",
        {**FACTS, "words": [word for word in WORDS if word[0] not in ("magnifique", "水墨展厅")]},
    )
    assert not {"magnifique", "水墨展厅"} & set(left)
    assert "lumière" in left
    assert "magnifique" not in await page.evaluate("document.body.textContent")


async def test_when_nobody_can_say_what_is_left_nothing_is_left(mount: Mount) -> None:
    """A post older than the screen knows was removed, and no facts come."""
    page = await mount("words", facts=FACTS)
    await page.evaluate("stage.del('unknown')")
    await until(lambda: page.evaluate("probes.standing().length === 0"), "an empty page", within_s=4)


async def test_a_post_that_is_merely_old_takes_nothing_along(mount: Mount, album: Album) -> None:
    page = await mount("words", facts=FACTS, posts=[album.post(None, "lumière")])
    await page.evaluate("stage.tell({ type: 'del', id: 'p1', isOld: true })")
    assert "lumière" in await page.evaluate("probes.standing()")


async def test_words_that_come_wait_for_the_next_page(mount: Mount) -> None:
    page = await mount("words", facts=FACTS, settings={"hold_s": 1})
    before = await page.evaluate("probes.standing()")
    facts = {**FACTS, "words": [["éclipse", 99], *WORDS]}
    assert (
        await page.evaluate("(facts) => { stage.facts(facts); return probes.standing(); }", facts) == before
    )
    await until(lambda: page.evaluate("probes.standing().includes('éclipse')"), "the new word", within_s=5)


# -- the numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), FRAMES)
async def test_numerals_stand_whole_in_every_frame(mount: Mount, width: int, height: int) -> None:
    numbers = {"posts": 18884, "people": 16048, "networks": 12, "photos": 8244, "hour": 4484}
    page = await mount("numbers", width=width, height=height, facts={**FACTS, "numbers": numbers})
    assert await page.evaluate("probes.numerals()") == ["18884", "16048", "8244", "4484"]
    assert await page.evaluate("probes.clashes()") == []
    assert page_is_well(page)


async def test_each_digit_stands_where_it_should_after_a_change(mount: Mount) -> None:
    page = await mount("numbers", facts=FACTS)
    await page.evaluate("(facts) => stage.facts(facts)", {**FACTS, "numbers": {**NUMBERS, "posts": 1290}})
    assert await page.evaluate("probes.digits()") == "1290"


async def test_networks_by_their_names_and_shares(mount: Mount) -> None:
    page = await mount("numbers", facts=FACTS)
    assert await page.locator(".numbers li").all_inner_texts() == [
        "Mastodon\n700",
        "Bluesky\n500",
        "unheard-of\n84",
    ]
    widths = await page.evaluate(
        "[...document.querySelectorAll('.numbers .part')].map((part) => part.getBoundingClientRect().width)"
    )
    assert widths[0] / widths[1] == pytest.approx(1.4, rel=0.01)
    await page.evaluate("(facts) => stage.facts(facts)", {**FACTS, "networks": [["bluesky", 9]]})
    assert await page.locator(".numbers li").all_inner_texts() == ["Bluesky\n9"]


# -- all of them ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", NAMES)
async def test_nothing_is_left_when_a_scene_ends(mount: Mount, album: Album, layout: str) -> None:
    page = await mount(layout, facts=FACTS, posts=[album.post(BLUE) for _ in range(6)])
    left = await page.evaluate(
        "() => { stage.unmount(); return [stage.place.childElementCount, stage.listeners.size]; }"
    )
    assert left == [0, 0]
    painted = await page.evaluate("stage.painted.length")
    await page.evaluate("(facts) => stage.facts(facts)", FACTS)
    assert await page.evaluate("stage.painted.length") == painted


@pytest.mark.parametrize("layout", NAMES)
async def test_the_settings_file_says_what_the_code_assumes(
    mount: Mount, served: Served, layout: str
) -> None:
    stated = tomllib.loads((DISPLAY / "layouts" / layout / "layout.toml").read_text(encoding="utf-8"))
    page = await mount("numbers", facts=FACTS)
    found = await page.evaluate(
        "async ([base, layout]) => (await import(`${base}layouts/${layout}/layout.js`)).DEFAULTS",
        [served.url + served.services.pages.static(""), layout],
    )
    assert {name: option["default"] for name, option in stated["options"].items()} == {
        name: value for name, value in found.items() if name != "motion"
    }
