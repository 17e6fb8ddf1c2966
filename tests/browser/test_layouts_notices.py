"""The organiser's scenes on a real screen: notice, sponsors, countdown, invitation; whole and legible at every size."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, Locator, expect

from tests.browser.hall import until
from tests.browser.platekit import (
    SIZES,
    Venue,
    at_every_size,
    faults,
    play,
    preview,
    resize,
    stands,
    venue_of,
)
from tests.browser.test_screen_modules import Modules
from tests.chromium import page_of, problems_of
from tests.server import serving
from wall.store.client import Store

pytestmark = pytest.mark.browser

SPONSORS = "cells => cells.map((cell) => cell.querySelector('img')?.src)"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
NOTICES: list[dict[str, Any]] = [
    {},
    {"title": "Merci !", "colour": "sage", "logo": "dark.svg"},
    {
        "title": "Visite guidée de la nef : rendez-vous sous la verrière",
        "label": "Ce soir",
        "text": [
            "Les portes ouvrent un quart d’heure avant ; prenez une lampe.",
            "Meet under the glass roof.",
        ],
        "hour": "21:00",
        "logo": "dark.svg",
    },
    {"title": "Mapping de la façade", "hour": "22:00", "picture": "hall.jpg", "logo": "light.svg"},
    {"title": "三楼水墨展厅今晚延长开放", "text": ["开放至午夜十二点，欢迎参观。"], "picture": "tall.jpg"},
    {"title": "أمسية الأضواء", "text": ["لقاء تحت القبة الزجاجية"], "picture": "wide.jpg", "hour": "20:30"},
    {"title": LONG, "label": "🎉", "text": [LONG * 2], "look": "field"},
    {
        "title": "Un long discours",
        "text": ["Il faut bien que tout le monde puisse le lire de loin. " * 5] * 2,
    },
]


@pytest.fixture
async def venue(store: Store, data_dir: Path) -> AsyncIterator[Venue]:
    async with venue_of(store, data_dir) as venue:
        yield venue


@pytest.fixture
async def modules(store: Store, data_dir: Path, browser: Browser) -> AsyncIterator[Modules]:
    async with serving(store, data_dir) as served:
        page = await page_of(browser, bypass_csp=True)
        await page.goto(f"{served.url}/healthz")
        yield Modules(page, served.url + served.services.pages.static(""))


# -- notice ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_notice_is_whole_whatever_it_says(browser: Browser, venue: Venue) -> None:
    page = await preview(browser, venue)
    for number, options in enumerate(NOTICES):
        await play(page, venue.scene("notice", number, **options))
        assert await at_every_size(page, "notice") == {}, options
    assert problems_of(page) == []


async def test_the_look_is_the_one_that_suits(modules: Modules) -> None:
    looks = await modules.run(
        "layouts/notice/layout",
        body="""
        const look = (more) => m.lookOf({ look: "auto", colour: "none", ratio: 0, shape: 16 / 9, ...more });
        return [look({}), look({ colour: "sky" }), look({ ratio: 1.7 }), look({ ratio: 0.25 }), look({ ratio: 4 }),
          look({ ratio: 0.6, shape: 9 / 16 }), look({ look: "poster" }), look({ look: "letter", ratio: 2 })];""",
    )
    assert looks == ["letter", "field", "poster", "split", "split", "poster", "letter", "letter"]


async def test_a_picture_that_is_gone_leaves_the_words(browser: Browser, venue: Venue) -> None:
    page = await preview(browser, venue)
    gone = f"/asset/{'0' * 64}/gone.jpg"
    await play(page, venue.scene("notice", title="Sans image", picture=gone, logo=gone))
    await expect(page.locator(".notice .plate-title")).to_have_text("Sans image")
    assert await faults(page, "notice") == []
    assert await page.locator(".notice").get_attribute("data-look") == "letter"


# -- sponsors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["night", "day"])
@pytest.mark.slow
async def test_sponsors_stand_together_on_a_ground_on_which_each_can_be_read(
    browser: Browser, store: Store, data_dir: Path, theme: str
) -> None:
    async with venue_of(store, data_dir, theme=theme) as venue:
        page = await preview(browser, venue)
        own = "paper" if theme == "day" else "ink"
        mixed: dict[str, Any] = {
            "logo": "dark.svg",
            "logo_2": "light.svg",
            "logo_3": "bare.svg",
            "names": ["", "", "", LONG],
        }
        await play(page, venue.scene("sponsor", 1, **mixed, title="Merci à nos partenaires"))
        assert await at_every_size(page, "sponsor") == {}
        cells = page.locator(".sponsor-cell")
        assert await cells.count() == 4
        tones = [await cell.get_attribute("data-tone") for cell in await cells.all()]
        assert tones[:2] == (["paper", "none"] if own == "ink" else ["none", "ink"])
        await play(page, venue.scene("sponsor", 2, logo="dark.svg"))
        assert await at_every_size(page, "sponsor") == {}
        sheet = await page.locator(".sponsor-sheet").get_attribute("data-ground")
        assert sheet == ("none" if theme == "day" else "paper")


async def test_one_after_the_other_they_take_turns(browser: Browser, venue: Venue) -> None:
    page = await preview(browser, venue)
    options: dict[str, Any] = {"logo": "dark.svg", "logo_2": "bare.svg", "arrangement": "one", "each_s": 3}
    await play(page, venue.scene("sponsor", **options))
    shown = page.locator(".sponsor-cell:not([hidden])")
    await expect(shown).to_have_count(1)
    first = await shown.evaluate_all(SPONSORS)
    await until(lambda: _is_another(shown, first), "the next sponsor")
    assert await faults(page, "sponsor") == []


async def _is_another(shown: Locator, first: list[str]) -> bool:
    now = await shown.evaluate_all(SPONSORS)
    return len(now) == 1 and now != first


async def test_a_logo_s_ground_is_found_from_its_pixels(modules: Modules) -> None:
    tones = await modules.run(
        "js/stage/marks",
        body="""
        const image = (paint) => {
          const data = new Uint8ClampedArray(4 * 20 * 20);
          for (let y = 0; y < 20; y++) for (let x = 0; x < 20; x++) data.set(paint(x, y), 4 * (20 * y + x));
          return { data, width: 20, height: 20 };
        };
        const inside = (x, y) => x > 3 && x < 16 && y > 3 && y < 16;
        const drawn = (ink, ground = [0, 0, 0, 0]) => image((x, y) => (inside(x, y) ? ink : ground));
        const both = (pixels) => [m.toneOfPixels(pixels, "ink"), m.toneOfPixels(pixels, "paper")];
        return {
          dark: both(drawn([20, 20, 30, 255])), light: both(drawn([250, 250, 240, 255])),
          red: both(drawn([216, 68, 43, 255])),
          white: both(drawn([20, 20, 30, 255], [255, 255, 255, 255])), photo: both(image((x) => [x * 12, 90, 90, 255])),
          empty: both(drawn([0, 0, 0, 0])),
        };""",
    )
    assert tones == {
        "dark": ["paper", "none"],
        "light": ["none", "ink"],
        "red": ["none", "none"],
        "white": ["white", "white"],
        "photo": ["picture", "picture"],
        "empty": ["none", "none"],
    }


async def test_a_wide_logo_is_no_louder_than_a_tall_one(modules: Modules) -> None:
    areas = await modules.run(
        "layouts/sponsor/layout",
        body="""return [0.25, 1, 1.5, 2, 4, 9].map((ratio) => {
          const { width, height } = m.sizeOf(ratio, { width: 400, height: 240 });
          return [width <= 400 && height <= 240, Math.abs(width / height / ratio - 1) < 1e-6, Math.round(width * height)];
        });""",
    )
    assert all(fits and keeps for fits, keeps, _ in areas)
    assert len({area for *_, area in areas[1:4]}) == 1


# -- countdown -------------------------------------------------------------------------------------------------------


async def test_the_moment_and_what_is_left_until_it(modules: Modules) -> None:
    found = await modules.run(
        "layouts/countdown/until",
        body="""
        const at = (text) => new Date(text).getTime();
        const now = at("2026-11-24T20:00:30");
        const moment = (given) => {
          const found = m.momentOf(given, now, 900_000);
          return found === null ? null : (found - now) / 1000;
        };
        const left = (ms) => m.parts(ms).map(({ unit, n }) => `${n} ${unit}`).join(" ");
        return {
          day: moment({ to: "2026-11-25" }), time: moment({ to: "2026-11-24T21:00" }),
          both: moment({ to: "2026-11-24", at: "21:00" }),
          hour: moment({ at: "20:30" }), justNow: moment({ at: "19:50" }), tomorrow: moment({ at: "19:00" }),
          event: moment({ dates: ["2026-11-26", "2026-11-25"] }), none: moment({}),
          nonsense: moment({ to: "soon", at: "25:99" }),
          left: [93_784_000, 3_599_001, 59_000, 0, -5].map(left),
          words: ["fr", "en", "zh"].map((lang) => [1, 2].map((n) => m.wordOf({ unit: "hour", n }, lang)).join(" ")),
        };""",
    )
    assert found == {
        "day": 14370,
        "time": 3570,
        "both": 3570,
        "hour": 1770,
        "justNow": -630,
        "tomorrow": 82770,
        "event": 14370,
        "none": None,
        "nonsense": None,
        "left": [
            "1 day 2 hour 3 minute 4 second",
            "1 hour 0 minute 0 second",
            "59 second",
            "",
            "",
        ],
        "words": ["heure heures", "hour hours", "小时 小时"],
    }


@pytest.mark.slow
async def test_a_countdown_is_whole_from_days_to_its_end(browser: Browser, venue: Venue) -> None:
    page = await preview(browser, venue)
    stages: dict[str, dict[str, Any]] = {
        "4": {"to": "2099-12-05T21:00", "label": "Mapping de la façade"},
        "3": {"to": await _in(page, 7300), "label": "Visite guidée de la nef dans"},
        "1": {"to": await _in(page, 59), "label": LONG},
        "0": {"to": "2020-01-01", "label": "三楼水墨展厅", "after": "开始了，欢迎大家！"},
        "clock": {},
    }
    for number, (kind, options) in enumerate(stages.items()):
        await play(page, venue.scene("countdown", number, **options))
        assert await at_every_size(page, "countdown") == {}, kind
        groups = await page.locator(".countdown-group").count()
        assert groups == (int(kind) if kind.isdigit() else 0)
    assert problems_of(page) == []


async def _in(page: Any, seconds: int) -> str:
    text: str = await page.evaluate(
        "(s) => new Date(Date.now() + s * 1000 - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 19)",
        seconds,
    )
    return text


async def test_it_follows_the_server_s_clock_and_says_so_at_zero(browser: Browser, venue: Venue) -> None:
    page = await page_of(browser)
    await page.clock.install()
    await page.clock.set_system_time("2031-05-05T10:00:00")  # the player's own clock is years ahead
    await page.goto(f"{venue.hall.url}?as=preview")
    await page.wait_for_selector("html[data-state]", state="attached")
    real = await page.evaluate("fetch('/healthz').then((answer) => Date.parse(answer.headers.get('date')))")
    target = await page.evaluate("(ms) => new Date(ms).toISOString()", real + 9_000)
    scenes = [
        venue.scene("countdown", 1, to=target, after="Lumière !", then="next"),
        venue.scene("notice", 2, title="Ensuite"),
    ]
    await play(page, *scenes)
    await expect(page.locator(".countdown-group")).to_have_count(1)  # the last seconds alone
    assert 1 <= int("".join(await page.locator(".countdown-digit").all_inner_texts())) <= 9
    await expect(page.locator(".countdown-after")).to_be_visible(timeout=15_000)
    await expect(page.locator(".countdown-after")).to_have_text("Lumière\u202f!")
    await page.clock.run_for("00:13")
    await expect(page.locator("html")).to_have_attribute("data-layout", "notice")


# -- the invitation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["night", "day"])
@pytest.mark.slow
async def test_the_invitation_is_read_and_scanned_from_five_metres(
    browser: Browser, store: Store, data_dir: Path, theme: str
) -> None:
    async with venue_of(store, data_dir, theme=theme) as venue:
        page = await preview(browser, venue)
        await play(page, venue.scene("join"))
        assert await at_every_size(page, "join") == {}
        for words in (
            "Participez",
            "Scannez le code",
            "Scan the code",
            "扫描二维码",
            "#NuitVauclair",
            "/join",
        ):
            await expect(page.get_by_text(words).locator("visible=true").first).to_be_visible()
        for width, height in SIZES:
            await resize(page, "join", width, height)
            shot = Image.open(io.BytesIO(await page.screenshot())).convert("L")
            tile = await page.locator(".invite-tile").bounding_box()
            assert tile is not None
            assert tile["width"] >= 0.4 * min(width, 1.78 * height)
            # a telephone sees the screen from afar: a quarter of 1080p
            part = 480 / max(width, height)
            small = shot.resize((round(width * part), round(height * part)), Image.Resampling.BOX)
            (code,) = zxingcpp.read_barcodes(small)
            assert "/join?k=" in code.text


async def test_the_code_is_renewed_while_the_invitation_stands(browser: Browser, venue: Venue) -> None:
    page = await page_of(browser)
    await page.clock.install()
    await page.goto(f"{venue.hall.url}?as=preview")
    await page.wait_for_selector("html[data-state]", state="attached")
    await play(page, venue.scene("join", seconds=3600))
    code = await page.locator(".invite-tile img").get_attribute("src")
    for _ in range(24):
        await page.clock.run_for("00:10")
    await expect(page.locator(".invite-tile img")).not_to_have_attribute("src", code or "")
    await expect(page.locator(".invite-tile img")).to_have_count(1)
    assert await page.locator(".invite-tile img").evaluate(
        "(image) => image.complete && image.naturalWidth > 0"
    )


@pytest.mark.slow
async def test_nothing_is_left_when_a_scene_ends(browser: Browser, venue: Venue) -> None:
    page = await preview(browser, venue)
    layouts = ("notice", "sponsor", "countdown", "join")
    await play(page, venue.scene("notice", 0, title="Début"))
    nodes = await page.evaluate("document.querySelectorAll('*').length")
    for number in range(2):
        for layout in layouts:
            await play(
                page,
                venue.scene(layout, number * 10 + layouts.index(layout), logo="dark.svg", to="2099-01-01"),
            )
    await play(page, venue.scene("notice", 99, title="Début"))
    await stands(page, "notice")
    assert await page.evaluate("document.querySelectorAll('#full *').length") < 20
    links = await page.evaluate("document.querySelectorAll('link[rel=stylesheet]').length")
    assert links < 16
    assert await page.evaluate("document.querySelectorAll('*').length") <= nodes + 6
