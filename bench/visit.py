"""A hurried visitor, timed: from the start page to the code, to the phone, to everything deleted.

    python -m bench.visit [--visits 10] [--photos 200]

A whole wall runs (`parvis up`), the kiosk's page in Chromium with its fake camera, a second browser as the phone. Each
tap comes as soon as its button is there; the kiosk's own countdown of three seconds is part of the visit.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from playwright.async_api import Page, expect

from bench.kiosk import hang_photos
from bench.painted import spread
from bench.soak import EVENT
from tests.chromium import chromium, page_of
from tests.stack import Stack, parvis, settings
from wall.media.store import MediaStore
from wall.store.client import Store
from wall.store.place import store_url

STEPS = ("camera", "photo", "mosaic sent", "picture there", "code there", "phone shows it", "deleted")


async def visit(kiosk: Page, phone: Page, stack: Stack) -> list[float]:
    """Seconds since the first tap, at the end of each of `STEPS`."""
    times: list[float] = []
    began = time.monotonic()

    def note() -> None:
        times.append(time.monotonic() - began)

    await kiosk.click("#start")
    await expect(kiosk.locator("#shoot")).to_be_enabled()
    note()
    await kiosk.click("#shoot")
    await expect(kiosk.locator("#keep-shot")).to_be_visible()
    note()
    await kiosk.click("#keep-shot")
    note()
    await kiosk.wait_for_selector('[data-view="forming"] #progress[hidden]', state="attached")
    note()
    await expect(kiosk.locator("#take-qr img")).to_be_visible()
    note()
    token = str(await kiosk.locator("#take-qr img").get_attribute("src")).split("/")[2]
    await phone.goto(f"{stack.url}/m/{token}")
    await expect(phone.locator("#whole")).to_be_visible()
    note()
    await phone.click("#delete")
    await phone.click("#yes")
    await expect(phone.locator("#whole")).to_have_count(0)
    note()
    assert not [path for path in (stack.data / "portraits").rglob("*") if path.is_file()]
    await expect(kiosk.locator("#kiosk")).to_have_attribute("data-view", "attract", timeout=30_000)
    return times


async def visits(stack: Stack, *, count: int, photos: int) -> None:
    async with (
        Store(store_url(data_dir=stack.data, url=None), event=EVENT, name="bench") as store,
        chromium() as browser,
    ):
        await hang_photos(store, MediaStore(stack.data / "media"), photos)
        kiosk = await page_of(browser, width=1180, height=820, has_touch=True)
        await kiosk.goto(f"{stack.url}/kiosk/main")
        await expect(kiosk.locator("#start")).to_be_enabled()
        phone = await page_of(browser, width=390, height=844, has_touch=True)
        await asyncio.sleep(10)  # the studio takes the photos in
        rows = [await visit(kiosk, phone, stack) for _ in range(count)]
    for n, step in enumerate(STEPS):
        print(f"{step:16} {spread([row[n] for row in rows])}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--visits", type=int, default=10)
    parser.add_argument("--photos", type=int, default=200)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        parvis(Path(name), settings()) as stack,
    ):
        asyncio.run(visits(stack, count=asked.visits, photos=asked.photos))


if __name__ == "__main__":
    main()
