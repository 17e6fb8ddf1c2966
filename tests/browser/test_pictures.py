"""The sample event on real pages at every size: nothing cut, nothing overlapping, nothing blank. Makes the pictures.

With PARVIS_PICTURES set to a folder the screenshots are kept there (docs/pictures is made this way).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from bench.mosaic_parts.made import portrait
from tests.browser.booth import token_of
from tests.browser.hall import until
from tests.chromium import page_of, problems_of
from tests.kiosk.stand import jpeg
from tests.stack import Stack, parvis, settings

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("stack")]

SAMPLE = """
[[source]]
network = "replay"
name = "sample"
file = "sample"
mode = "post"
speed = 0
loop = false

[[source]]
network = "replay"
name = "visitors"
file = "visitors"
speed = 0
loop = false
"""
SIZES = {"1080p": (1920, 1080), "4k": (3840, 2160), "portrait": (1080, 1920), "tablet": (1180, 820)}

GEOMETRY = """() => {
  const wall = document.querySelector("#wall").getBoundingClientRect();
  const seen = selector => [...document.querySelectorAll(selector)].filter(node => node.checkVisibility());
  const cards = seen("#wall [data-post]:not([aria-hidden])");
  const boxes = cards.map(card => card.getBoundingClientRect());
  const outside = boxes.filter(
    b => b.left < -1 || b.top < -1 || b.right > innerWidth + 1 || b.bottom > innerHeight + 1);
  let overlaps = 0;
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => {
    if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) overlaps++;
  }));
  const images = seen("#wall [data-post]:not([aria-hidden]) img");
  return {
    cards: cards.length, outside: outside.length, overlaps, wall: wall.width * wall.height,
    area: boxes.reduce((sum, b) => sum + b.width * b.height, 0),
    broken: images.filter(image => image.src && !(image.complete && image.naturalWidth)).length,
  };
}"""

# pictures below the fold are loaded when somebody comes to them
SEEN = """() => [...document.images].every(
  (image) => image.complete || image.getBoundingClientRect().top > innerHeight)"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One wall for the whole file: the last test changes its programme."""
    config = settings(SAMPLE).replace(
        'languages = ["fr", "en", "zh"]', 'languages = ["fr", "en", "zh"]\nvenue = "Musée Vauclair"'
    )
    with parvis(tmp_path_factory.mktemp("wall"), config) as stack:
        stack.wait("the sample on the wall", lambda: _is_full(stack), within_s=60)
        yield stack


def _is_full(stack: Stack) -> bool:
    return len(stack.posts("approved")) >= 25 and len(stack.posts("queued")) + len(stack.posts("held")) >= 8


async def shoot(page: Page, name: str, folder: Path) -> Path:
    kept = os.environ.get("PARVIS_PICTURES")
    path = (Path(kept) if kept else folder) / f"{name}.png"
    await page.screenshot(path=path)
    assert path.stat().st_size > 30_000, f"{name} looks blank"
    return path


async def still(page: Page) -> dict[str, Any]:
    """Wait until no card is on its way, then measure."""
    measured = await page.wait_for_function(
        "() => document.querySelectorAll('#wall [data-post]:not([aria-hidden])').length > 1"
        " && !document.getAnimations().some(a => a.effect?.getTiming().iterations === 1"
        " && a.playState === 'running' && a.effect.getComputedTiming().endTime < 3000)"
        f" && ({GEOMETRY})()",
        timeout=20_000,
    )
    found: dict[str, Any] = await measured.json_value()
    return found


@pytest.mark.parametrize("size", list(SIZES))
async def test_the_screen_is_whole_at_every_size(
    browser: Browser, stack: Stack, tmp_path: Path, size: str
) -> None:
    width, height = SIZES[size]
    page = await page_of(browser, width=width, height=height, locale="fr-FR")
    await page.goto(f"{stack.url}/screen/hall-a")
    measured = await still(page)
    assert measured["cards"] >= 2
    assert measured["outside"] == 0
    assert measured["overlaps"] == 0
    assert measured["broken"] == 0
    assert measured["area"] > 0.85 * measured["wall"]
    await shoot(page, f"screen-{size}", tmp_path)
    assert problems_of(page) == []


async def enter(desk: Page, stack: Stack, name: str) -> None:
    await desk.fill("#code", stack.code)
    await desk.fill("#name", name)
    await desk.click("#enter")
    await expect(desk.locator("#stage [data-id]").first).to_be_visible()


async def test_desk_join_start_and_kiosk(browser: Browser, stack: Stack, tmp_path: Path) -> None:
    desk = await page_of(browser, width=1024, height=768, locale="en-GB", has_touch=True, color_scheme="dark")
    await desk.goto(f"{stack.url}/desk")
    await shoot(desk, "signin", tmp_path)
    await enter(desk, stack, "Anna")
    bruno = await page_of(browser, width=1024, height=768, locale="fr-FR", has_touch=True)
    await bruno.goto(f"{stack.url}/desk")
    await enter(bruno, stack, "Bruno")
    await bruno.locator(".row").nth(1).click()
    await desk.locator(".row:has(img)").first.click()
    await expect(desk.locator(".row-lookers")).to_have_count(1)
    await asyncio.sleep(1)
    await shoot(desk, "desk", tmp_path)
    await desk.emulate_media(color_scheme="light")
    await desk.set_viewport_size({"width": 768, "height": 1024})
    await desk.locator(".row:has(.row-mark)").first.click()
    await asyncio.sleep(1)
    await shoot(desk, "desk-portrait", tmp_path)
    await desk.keyboard.press("t")
    await expect(desk.locator("#sheet .digest").first).to_be_visible()
    await asyncio.sleep(1)
    await shoot(desk, "desk-author", tmp_path)
    await desk.keyboard.press("Escape")
    await bruno.set_viewport_size({"width": 390, "height": 844})
    await asyncio.sleep(1)
    await shoot(bruno, "desk-phone", tmp_path)
    phone = await page_of(
        browser, width=390, height=844, locale="fr-FR", device_scale_factor=2, has_touch=True
    )
    await phone.goto(f"{stack.url}/")
    await shoot(phone, "start-phone", tmp_path)
    await phone.goto(stack.url + str(await phone.locator("a.join-door").get_attribute("href")))
    await expect(phone.locator("textarea")).to_be_visible()
    await shoot(phone, "join", tmp_path)
    kiosk = await page_of(browser, width=820, height=1180, locale="fr-FR", has_touch=True)
    await kiosk.goto(f"{stack.url}/kiosk")
    await expect(kiosk.locator("h1").first).to_be_visible()
    await asyncio.sleep(1)
    await shoot(kiosk, "kiosk", tmp_path)
    await kiosk.set_viewport_size({"width": 1180, "height": 820})
    await expect(kiosk.locator("#start")).to_be_enabled()
    await kiosk.click("#start")
    await kiosk.set_input_files(
        "#file", {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": jpeg(portrait(2, 900))}
    )
    await kiosk.click("#keep-shot")
    await expect(kiosk.locator("#result")).to_be_visible(timeout=30_000)
    await asyncio.sleep(3)  # the small pictures of the other styles
    await shoot(kiosk, "kiosk-mosaic", tmp_path)
    await phone.goto(f"{stack.url}/m/{await token_of(kiosk)}?lang=fr")
    await expect(phone.locator("#whole")).to_be_visible()
    await asyncio.sleep(4)
    await shoot(phone, "mosaic-phone", tmp_path)
    for page in (desk, bruno, phone, kiosk):
        assert problems_of(page) == []


SCENES: list[dict[str, Any]] = [
    {"layout": "bento", "seconds": 240},
    {"layout": "photos", "seconds": 60},
    {"layout": "notice", "seconds": 20, "options": {"title": "Concert sous la verrière", "hour": "21:30"}},
    {"layout": "spotlight", "seconds": 120},
    {"layout": "mosaic", "seconds": 60},
    {
        "layout": "sponsor",
        "seconds": 20,
        "share": 10,
        "title": "Partenaires",
        "options": {"names": ["Maison Lumen", "Vauclair", "Rivage"]},
    },
    {"layout": "words", "seconds": 40, "hours": "20:00-23:59"},
]


def small(path: Path, *, most: int = 300_000) -> None:
    """Fewer colours for a picture that would weigh too much."""
    if path.stat().st_size > most:
        with Image.open(path) as picture:
            picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


async def test_screens_programme_and_the_wall_for_everybody(
    browser: Browser, stack: Stack, tmp_path: Path
) -> None:
    body = {"rev": 0, "screens": ["*"], "scenes": SCENES}
    status, answer = await asyncio.to_thread(stack.call, "/api/v1/programmes/soiree", method="PUT", body=body)
    assert status == 200, answer
    hung = []
    for name, (width, height) in {
        "hall-a": (1280, 720),
        "foyer": (540, 960),
        "verriere": (1280, 720),
    }.items():
        hung.append(await page_of(browser, width=width, height=height, locale="fr-FR"))
        await hung[-1].goto(f"{stack.url}/screen/{name}")
        await until(lambda: _stands(hung[-1]), name, within_s=30)
    desk = await page_of(browser, width=1280, height=800, locale="en-GB", color_scheme="dark")
    await desk.goto(f"{stack.url}/desk")
    await enter(desk, stack, "Anna")
    await desk.goto(f"{stack.url}/desk/screens")
    await expect(desk.locator(".screen-card")).to_have_count(len(hung))
    await until(lambda: _drawn(desk, len(hung)), "every miniature")
    await until(lambda: desk.evaluate(SEEN), "the pictures in them")
    small(await shoot(desk, "desk-screens", tmp_path))
    await desk.goto(f"{stack.url}/desk/programme")
    await desk.wait_for_selector("#programme[data-ready]")
    await desk.frame_locator(".preview-frame").locator("[data-post]").first.wait_for(timeout=20_000)
    await asyncio.sleep(3)
    small(await shoot(desk, "desk-programme", tmp_path))
    wall = await page_of(browser, width=1280, height=860, locale="fr-FR", color_scheme="light")
    await wall.goto(f"{stack.url}/wall")
    await expect(wall.locator("#feed > article").first).to_be_visible()
    await until(lambda: wall.evaluate(SEEN), "its pictures")
    small(await shoot(wall, "wall", tmp_path))
    for page in (desk, wall, *hung):
        assert problems_of(page) == []


async def _stands(screen: Page) -> bool:
    return await screen.locator("[data-state=live] [data-post]").count() > 1


async def _drawn(desk: Page, screens: int) -> bool:
    minis = await desk.locator(".screen-card .mini").evaluate_all(
        "minis => minis.map((mini) => mini.querySelectorAll('.mini-post').length)"
    )
    return len(minis) == screens and min(minis) > 1
