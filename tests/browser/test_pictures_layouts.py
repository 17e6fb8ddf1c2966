"""Every layout there is, on the real page of a real server with an evening on its wall: whole, legible, not blank.

One size and theme a layout. With PARVIS_PICTURES set to a folder all six of each, and the pictures are kept there, small
enough to be looked at (docs/pictures/layouts is made this way; docs/gallery.md shows them).
"""

from __future__ import annotations

import asyncio
import io
import os
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont, ImageStat
from playwright.async_api import Browser, Page, expect

from tests.browser.eventkit import CAPTIONS, LOGOS, Evening, photo
from tests.browser.filmkit import film
from tests.browser.hall import RESTS, Hall, at_rest, hall, until
from tests.chromium import page_of, problems_of
from tests.stack import ADMIN, free_port
from wall.model import utc_now
from wall.secret import Secret
from wall.settings import EventSettings, ScreenSettings, WebSettings
from wall.settings_programme import ProgrammeSettings, SceneSettings
from wall.store.client import Store

LAYOUTS = sorted(path.parent.name for path in Path("display/layouts").glob("*/layout.toml"))
SIZES = {"1080p": (1920, 1080), "4k": (3840, 2160), "portrait": (1080, 1920)}
THEMES = ("night", "day")
VIEWS = [(size, theme) for size in SIZES for theme in THEMES]
KEPT = os.environ.get("PARVIS_PICTURES")
LONG_SIDES, QUALITY = {"1080p": 1280, "4k": 960, "portrait": 1280}, 78
LEAST = 0.7  # the smallest letters as a share of the legible size of a message
FAULTS = (Path(__file__).parent / "pictures.js").read_text(encoding="utf-8")
DECODED = """() => [...document.querySelectorAll(".scene img[src]")].every(
  (image) => !image.checkVisibility({ visibilityProperty: true }) || (image.complete && image.naturalWidth))"""
PLAIN = {"countdown", "film", "join", "notice", "sponsor"}  # these show nothing that visitors wrote
OVER = {"mosaic", "photos"}  # one card stands over the others there, and is meant to

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def options_of(layout: str) -> dict[str, Any]:
    """What an organiser would say to it; nothing, for most of them."""
    told: dict[str, dict[str, Any]] = {
        "countdown": {
            "to": f"{(utc_now() + timedelta(hours=2, minutes=14)):%Y-%m-%dT%H:%M}",
            "label": "La façade s’allume",
        },
        "film": {"film": "facade.webm", "captions": "facade.vtt", "poster": "facade.jpg", "loop": True},
        "notice": {
            "title": "Visite guidée aux lanternes",
            "label": "Ce soir",
            "text": ["Rendez-vous sous la verrière.", "Meet under the glass roof.", "玻璃穹顶下集合。"],
            "hour": "21:30",
            "picture": "lanterns.jpg",
            "logo": "lumen.svg",
        },
        "numbers": {"show": ["people", "photos", "networks"]},
        "sponsor": {
            "logo": "lumen.svg",
            "logo_2": "vauclair.svg",
            "logo_3": "rivage.svg",
            "logo_4": "tram.svg",
            "text": "Sans eux, il ferait nuit.",
        },
    }
    return told.get(layout, {})


async def files_of(layout: str, browser: Browser) -> dict[str, bytes]:
    if layout == "film":
        return {
            "facade.webm": await film(browser, seconds=3, width=1280, height=720, of=photo("facade")),
            "facade.vtt": CAPTIONS.encode(),
            "facade.jpg": photo("facade"),
        }
    if layout == "notice":
        return {"lanterns.jpg": photo("lanterns"), **LOGOS}
    return LOGOS if layout == "sponsor" else {}


@asynccontextmanager
async def evening(store: Store, folder: Path, layout: str, theme: str) -> AsyncIterator[Hall]:
    scene = SceneSettings(layout=layout, seconds=600, options=options_of(layout), id="s1")
    event = EventSettings(
        name="La Nuit des Lumières",
        venue="Musée Vauclair",
        slug=store.keys.base[3:-1],
        hashtags=("NuitVauclair",),
        languages=("fr", "en", "zh"),
    )
    web = WebSettings(port=free_port(), admin_token=Secret(ADMIN), public_url="https://vauclair.example")
    async with hall(
        store,
        folder,
        path=folder.parent / "parvis.toml",
        event=event,
        web=web,
        screen=ScreenSettings(theme=theme),
        programmes=(ProgrammeSettings(name="pictures", scenes=(scene,)),),
    ) as place:
        yield place


async def fill(place: Hall, layout: str) -> None:
    guests = Evening(place)
    if layout == "mosaic":
        await guests.the_photographers(4 if KEPT else 1)
    if layout in ("words", "numbers"):
        await guests.the_crowd()
    if layout not in PLAIN:
        await guests.the_posts(60 if KEPT else 14)


async def stands(page: Page, layout: str) -> None:
    """The scene alone on the glass, nothing on its way, every letter in its own font."""
    await expect(page.locator("html")).to_have_attribute("data-layout", layout, timeout=40_000)
    await expect(page.locator(".scene")).to_have_count(1, timeout=15_000)
    await until(lambda: page.evaluate("document.fonts.status === 'loaded'"), "the fonts")
    await until(lambda: page.evaluate(DECODED), "the pictures")
    if layout not in PLAIN:
        await until(
            lambda: page.evaluate("!['', 'empty'].includes(document.documentElement.dataset.state ?? '')")
        )
    if layout == "film":
        await page.wait_for_function("() => document.querySelector('video')?.currentTime > 0.4")
    await at_rest(page)


def structure(picture: Image.Image) -> float:
    """The share of a picture's fields of 20 by 20 in which something is to be seen."""
    small = picture.convert("L").resize((960, 960 * picture.height // picture.width))
    fields = [
        ImageStat.Stat(small.crop((x, y, x + 20, y + 20))).stddev[0] > 4
        for y in range(0, small.height - 19, 20)
        for x in range(0, small.width - 19, 20)
    ]
    return sum(fields) / len(fields)


def keep(picture: Image.Image, name: str, long_side: int) -> None:
    if KEPT:
        folder = Path(KEPT) / "layouts"
        folder.mkdir(parents=True, exist_ok=True)
        picture.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
        picture.save(folder / f"{name}.webp", "WEBP", quality=QUALITY, method=6)


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_a_layout_is_whole(browser: Browser, store: Store, data_dir: Path, layout: str) -> None:
    (data_dir.parent / "parvis.toml").write_text("", encoding="utf-8")
    (data_dir.parent / "assets").mkdir()
    for name, data in (await files_of(layout, browser)).items():
        (data_dir.parent / "assets" / name).write_bytes(data)
    number = LAYOUTS.index(layout)
    views = VIEWS if KEPT else [VIEWS[number % len(VIEWS)]]
    is_filled = False
    wrong: dict[str, Any] = {}
    for theme in THEMES:
        sizes = [size for size, of in views if of == theme]
        if not sizes:
            continue
        async with evening(store, data_dir, layout, theme) as place:
            if not is_filled:
                await fill(place, layout)
                is_filled = True
            for size in sizes:
                if found := await look(browser, place, layout, size, theme):
                    wrong[f"{size}, {theme}"] = found
    assert wrong == {}


async def look(browser: Browser, place: Hall, layout: str, size: str, theme: str) -> list[str]:
    """What is wrong with a layout at a size, in a theme."""
    width, height = SIZES[size]
    page = await page_of(browser, width=width, height=height, locale="fr-FR")
    # a second passes every second: the figure that arrives has arrived
    still: Any = "disabled" if layout == "countdown" else "allow"
    await page.goto(place.url)
    await stands(page, layout)
    for _ in range(4):
        await at_rest(page)
        measured = await page.evaluate(FAULTS, {"least": LEAST, "over": layout in OVER})
        shot = await page.screenshot(timeout=60_000, animations=still)
        if await page.evaluate(RESTS):
            break  # else something went on its way while it was taken
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    faults: list[str] = [*measured["faults"], *problems_of(page)]
    await page.context.close()
    if (seen := await asyncio.to_thread(structure, picture)) < 0.04:
        faults.append(f"almost blank: {seen:.3f}")
    await asyncio.to_thread(keep, picture, f"{layout}-{size}-{theme}", LONG_SIDES[size])
    return faults


@pytest.mark.skipif(not KEPT, reason="made of the pictures that PARVIS_PICTURES asks for")
def test_the_contact_sheet() -> None:
    """A row a layout, its six views beside each other."""
    assert KEPT
    row, gap, head = 180, 10, 34
    widths = {size: row * width // height for size, (width, height) in SIZES.items()}
    whole = sum(widths[size] + gap for size, _ in VIEWS) + gap
    sheet = Image.new("RGB", (whole, (row + head + gap) * len(LAYOUTS) + gap), "#20222a")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(22)
    for number, layout in enumerate(LAYOUTS):
        x, y = gap, gap + number * (row + head + gap)
        pen.text((x, y), layout, fill="#e6e0d6", font=font)
        for size, theme in VIEWS:
            with Image.open(Path(KEPT) / "layouts" / f"{layout}-{size}-{theme}.webp") as picture:
                sheet.paste(picture.convert("RGB").resize((widths[size], row)), (x, y + head))
            x += widths[size] + gap
    sheet.save(Path(KEPT) / "layouts.webp", "WEBP", quality=QUALITY, method=6)


def test_the_gallery_shows_every_layout() -> None:
    page = Path("docs/gallery.md").read_text(encoding="utf-8")
    for layout in LAYOUTS:
        told = tomllib.loads(Path(f"display/layouts/{layout}/layout.toml").read_text(encoding="utf-8"))
        assert f"## {told['title']}\n\n{told['summary']}\n" in page, layout
        for size, theme in VIEWS:
            name = f"pictures/layouts/{layout}-{size}-{theme}.webp"
            assert f"({name})" in page
            assert (Path("docs") / name).stat().st_size > 2000
