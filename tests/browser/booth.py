"""A visitor at the kiosk: the page on a tablet, the three taps, the phone that takes the mosaic along."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.chromium import page_of
from tests.kiosk.stand import Stand


async def kiosk_of(browser: Browser, house: Stand, query: str = "fast", **more: Any) -> Page:
    shape: dict[str, Any] = {"width": 1180, "height": 820, "locale": "en-GB", "has_touch": True, **more}
    page = await page_of(browser, **shape)
    await page.goto(f"{house.url}/kiosk/main?{query}")
    await expect(page.locator("#start")).to_be_enabled()
    return page


async def to_the_mosaic(page: Page, lang: str = "en") -> None:
    """Three taps."""
    await page.click(f'[data-lang="{lang}"]')
    await page.click("#start")
    await expect(page.locator("#shoot")).to_be_enabled()
    await page.click("#shoot")
    await page.click("#keep-shot")
    await expect(page.locator("#result")).to_be_visible(timeout=20_000)


async def phone_of(browser: Browser, address: str) -> Page:
    phone = await page_of(browser, width=390, height=844, locale="en-GB", has_touch=True)
    await phone.goto(address)
    return phone


async def token_of(page: Page) -> str:
    """What the QR code on the glass leads to."""
    source = await page.locator("#take-qr img").get_attribute("src")
    assert source is not None
    return source.split("/")[2]
