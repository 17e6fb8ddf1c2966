"""Scenes tried as the desk tries them: a preview of the screen obeys a programme that its own page sends it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.async_api import Browser, Page, expect

from tests.browser.hall import Hall, at_rest, hall, until
from tests.chromium import page_of
from wall.settings import EventSettings, ScreenSettings
from wall.store.client import Store

FAULTS = (Path(__file__).parent / "plates.js").read_text(encoding="utf-8")
FORMER = "document.querySelectorAll('.scene').forEach((scene) => scene.classList.add('former'))"
SEND = "(programme) => postMessage({ type: 'parvis.programme', programme }, location.origin)"
PLATES = {"join": ".invite", "film": ".film-scene"}

SIZES = [(1920, 1080), (3840, 2160), (1080, 1920), (960, 1080)]

DARK = '<circle cx="50" cy="50" r="42" fill="#14202e"/><rect x="112" y="30" width="280" height="42" fill="#14202e"/>'
LIGHT = '<rect x="14" y="14" width="172" height="172" fill="none" stroke="#f6f2ea" stroke-width="24"/>'


def drawing(inner: str, width: int, height: int) -> bytes:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    return f"{head}{inner}</svg>".encode()


def photo(width: int, height: int) -> bytes:
    out = io.BytesIO()
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    ImageDraw.Draw(image).ellipse((20, 20, height // 2, height // 2), fill=(200, 90, 40))
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


FILES = {
    "dark.svg": drawing(DARK, 420, 100),
    "light.svg": drawing(LIGHT, 200, 200),
    "bare.svg": drawing('<rect width="30" height="10" fill="#d8442b"/>', 30, 10).replace(
        b' width="30" height="10">', b">"
    ),
    "wide.jpg": photo(1600, 400),
    "tall.jpg": photo(400, 1600),
    "hall.jpg": photo(1600, 900),
}


class Venue:
    """A hall with the organiser's files; `urls` gives their addresses by name."""

    def __init__(self, hall: Hall, urls: dict[str, str]) -> None:
        self.hall = hall
        self.urls = urls

    def told(self, options: dict[str, Any]) -> dict[str, Any]:
        """Options with the names of files as their addresses: what the server does."""
        return {
            key: self.urls.get(value, value) if isinstance(value, str) else value
            for key, value in options.items()
        }

    def scene(self, layout: str, number: int = 1, *, seconds: int = 600, **options: Any) -> dict[str, Any]:
        posts = layout == "ticker"
        traits = {"evergreen": not posts, "posts": posts, "frame": "rail" if posts else "full"}
        return {
            "id": f"s{number}",
            "layout": layout,
            "seconds": seconds,
            "options": self.told(options),
            "traits": traits,
        }


@asynccontextmanager
async def venue_of(
    store: Store, folder: Path, files: dict[str, bytes] | None = None, **screen: Any
) -> AsyncIterator[Venue]:
    own = folder.parent / "assets"
    own.mkdir(exist_ok=True)
    config = folder.parent / "parvis.toml"
    config.write_text("", encoding="utf-8")
    for name, data in {**FILES, **(files or {})}.items():
        (own / name).write_bytes(data)
    event = EventSettings(
        name="La Nuit des Lumières",
        slug=store.keys.base[3:-1],
        hashtags=("NuitVauclair",),
        languages=("fr", "en", "zh"),
    )
    async with hall(store, folder, path=config, event=event, screen=ScreenSettings(**screen)) as place:
        _, body = await place.served.get("/api/v1/assets", headers=place.served.admin)
        assert body["problems"] == []
        yield Venue(place, {asset["name"]: asset["url"] for asset in body["assets"]})


async def preview(
    browser: Browser, venue: Venue, *, width: int = 1920, height: int = 1080, **more: Any
) -> Page:
    page = await page_of(browser, width=width, height=height, **more)
    await page.goto(f"{venue.hall.url}?as=preview")
    await page.wait_for_selector("html[data-state]", state="attached")
    return page


async def play(page: Page, *scenes: dict[str, Any]) -> None:
    """Sends a programme and waits until its first scene stands alone on the glass."""
    await page.evaluate(FORMER)
    await page.evaluate(SEND, {"name": "tried", "scenes": list(scenes)})
    await expect(page.locator(".scene.former")).to_have_count(0)
    await stands(page, scenes[0]["layout"])


async def stands(page: Page, layout: str, *, within_ms: int = 9000) -> None:
    await expect(page.locator("html")).to_have_attribute("data-layout", layout, timeout=within_ms)
    await expect(page.locator(".scene")).to_have_count(1, timeout=within_ms)


async def faults(page: Page, layout: str, *, least: float = 0.7) -> list[str]:
    """What is wrong with it once nothing moves any more; `least` is the smallest type as a share of the legible one."""
    await at_rest(page)
    found: list[str] = await page.evaluate(
        FAULTS, {"layout": PLATES.get(layout, f".{layout}"), "least": least}
    )
    return found


async def resize(page: Page, layout: str, width: int, height: int) -> None:
    """Another frame; waits until the plate is drawn for it."""
    await page.set_viewport_size({"width": width, "height": height})
    plate = PLATES.get(layout, f".{layout}")
    drawn = "(plate) => plate.dataset.drawn === `${plate.clientWidth}x${plate.clientHeight}`"
    await until(lambda: page.locator(plate).evaluate(drawn), "a plate of the new size")


async def at_every_size(page: Page, layout: str) -> dict[str, list[str]]:
    """The faults of the scene on the glass, size by size."""
    found = {}
    plate = page.locator(PLATES.get(layout, f".{layout}"))
    await expect(plate).to_have_count(1)  # the former scene has faded out
    for width, height in SIZES:
        await resize(page, layout, width, height)
        if wrong := await faults(page, layout):
            found[f"{width}x{height}"] = wrong
    return found
