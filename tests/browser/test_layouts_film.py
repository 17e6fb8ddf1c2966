"""A film on a real screen: fetched wholly, never black, its captions large, and no harm done when it cannot be played."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.filmkit import CAPTIONS, film
from tests.browser.hall import until
from tests.browser.platekit import Venue, at_every_size, play, preview, stands, venue_of
from tests.browser.test_screen_modules import Modules
from tests.chromium import problems_of
from tests.server import serving
from wall.store.client import Store

pytestmark = pytest.mark.browser

DARKEST = 45  # of 255: the mean of no picture of the film, nor of the notice before it, is darker


@pytest.fixture
async def venue(browser: Browser, store: Store, data_dir: Path) -> AsyncIterator[Venue]:
    files = {
        "intro.webm": await film(browser, seconds=2.5),
        "torn.webm": (await film(browser, seconds=0.4))[:200],
        "intro.vtt": CAPTIONS.encode(),
    }
    async with venue_of(store, data_dir, files) as venue:
        yield venue


async def mean(page: Page) -> float:
    """How light the middle of the glass is, 0 to 255."""
    shot = Image.open(
        io.BytesIO(await page.screenshot(clip={"x": 600, "y": 300, "width": 720, "height": 480}))
    )
    return float(shot.convert("L").resize((1, 1), Image.Resampling.BOX).tobytes()[0])


async def test_it_plays_from_its_first_picture_to_its_last_and_goes_on(
    browser: Browser, venue: Venue
) -> None:
    page = await preview(browser, venue)
    before = venue.scene("notice", 1, title="Avant", look="field", colour="butter")
    await play(page, before)
    wholes: list[int] = []
    page.on("response", lambda answer: wholes.append(answer.status) if ".webm" in answer.url else None)
    film_scene = venue.scene("film", 2, film="intro.webm", captions="intro.vtt", fill="cover")
    after = venue.scene("notice", 3, title="Après", look="field", colour="sage")
    await page.evaluate(
        "(programme) => postMessage({ type: 'parvis.programme', programme }, location.origin)",
        {"name": "tried", "scenes": [film_scene, after]},
    )
    lights = []
    while await page.locator("html").get_attribute("data-layout") != "film":
        lights.append(await mean(page))
    said = page.locator(".film-caption")
    await expect(said).to_have_text("La nef s’éclaire :\nregardez & taisez-vous.")
    await expect(said).to_have_text("三楼的水墨展厅")
    await expect(said).to_have_attribute("lang", "zh-Hans")
    assert await page.locator("video").evaluate("(video) => video.muted && !video.paused")
    while await page.locator("html").get_attribute("data-layout") != "notice":
        lights.append(await mean(page))
    await stands(page, "notice")
    lights.append(await mean(page))
    assert min(lights) > DARKEST, lights
    assert wholes == [200], "fetched once, as a whole"
    assert await page.locator("video").count() == 0
    assert problems_of(page) == []


async def test_its_captions_are_read_at_every_size(browser: Browser, venue: Venue) -> None:
    page = await preview(browser, venue)
    await play(page, venue.scene("film", film="intro.webm", captions="intro.vtt", loop=True))
    await expect(page.locator(".film-captions")).to_be_visible()
    await page.locator("video").evaluate("(video) => video.pause()")  # the words stay
    assert await at_every_size(page, "film") == {}


@pytest.mark.slow
async def test_alone_in_its_programme_it_begins_again(browser: Browser, venue: Venue) -> None:
    page = await preview(browser, venue)
    await play(page, venue.scene("film", film="intro.webm"))
    ended = (
        "(video) => new Promise((done) => video.addEventListener('ended', () => done(true), { once: true }))"
    )
    assert await page.locator("video").evaluate(ended)
    await until(
        lambda: page.locator("video").evaluate("(video) => !video.paused && !video.ended"), "the beginning"
    )


async def test_a_film_that_cannot_be_played_is_passed_over(browser: Browser, venue: Venue) -> None:
    page = await preview(browser, venue)
    notice = venue.scene("notice", 1, title="Reste", look="field")
    await play(page, notice)
    for number, name in enumerate(("torn.webm", "nowhere.webm"), 2):
        broken = venue.scene("film", number, film=name)
        await page.evaluate(
            "(programme) => postMessage({ type: 'parvis.programme', programme }, location.origin)",
            {"name": name, "scenes": [broken, {**notice, "id": f"after-{number}"}]},
        )
        await expect(page.locator(".scene:not(.coming) .notice")).to_have_count(1)
        await until(lambda: _is_alone(page), "the notice alone", within_s=15)
        assert await mean(page) > DARKEST


async def _is_alone(page: Page) -> bool:
    return await page.locator(".scene").count() == 1 and await page.locator("video").count() == 0


async def test_while_it_is_on_its_way_its_poster_stands(browser: Browser, venue: Venue) -> None:
    page = await preview(browser, venue)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    await page.route("**/intro.webm", hold)
    await page.evaluate(
        "(programme) => postMessage({ type: 'parvis.programme', programme }, location.origin)",
        {"name": "tried", "scenes": [venue.scene("film", film="intro.webm", poster="hall.jpg")]},
    )
    await stands(page, "film")
    assert await page.locator(".film-poster img").evaluate(
        "(image) => image.complete && image.naturalWidth > 0"
    )
    await held[0].continue_()
    await expect(page.locator(".film-poster")).to_be_hidden()
    assert await page.locator("video").evaluate("(video) => video.currentTime > 0")


async def test_a_film_is_cropped_only_where_little_is_lost(
    store: Store, data_dir: Path, browser: Browser
) -> None:
    async with serving(store, data_dir) as served:
        page = await browser.new_page(bypass_csp=True)
        await page.goto(f"{served.url}/healthz")
        modules = Modules(page, served.url + served.services.pages.static(""))
        fills = await modules.run(
            "layouts/film/layout",
            body="""return [[16 / 9, 1.82], [16 / 9, 1.6], [16 / 9, 0.56], [0.56, 16 / 9], [2.39, 16 / 9]]
              .map(([ratio, shape]) => m.fillOf("auto", ratio, shape))
              .concat(m.fillOf("cover", 0.5, 2), m.fillOf("whole", 2, 2));""",
        )
    assert fills == ["cover", "cover", "whole", "whole", "whole", "cover", "whole"]
