"""The kiosk as a visitor meets it: three taps to a mosaic, the phone that takes it along, everything deleted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from tests.browser.booth import kiosk_of, phone_of, to_the_mosaic, token_of
from tests.browser.hall import until
from tests.chromium import page_of, problems_of
from tests.kiosk.mosaic.pictures import target
from tests.kiosk.stand import Stand, face, jpeg, stand
from wall.store.client import Store

pytestmark = pytest.mark.browser

TARGETS = (Path(__file__).parent / "targets.js").read_text(encoding="utf-8")
SEEDS = range(1, 41)


@pytest.fixture
async def house(store: Store, data_dir: Path) -> AsyncIterator[Stand]:
    async with stand(store, data_dir) as house:
        await house.hang(*SEEDS)
        async with house.working():
            yield house


async def test_three_taps_a_phone_and_nothing_left(browser: Browser, house: Stand) -> None:
    page = await kiosk_of(browser, house)
    assert await page.evaluate(TARGETS, 72) == []
    await to_the_mosaic(page)
    assert await page.evaluate(TARGETS, 72) == []
    await expect(page.locator("#mosaic-title")).to_have_text("This is you!")
    token = await token_of(page)
    phone = await phone_of(browser, f"{house.url}/m/{token}")
    await expect(phone.locator("#whole")).to_be_visible()
    await expect(phone.locator("#who li").first).to_contain_text("Visitor ")
    assert await phone.evaluate(TARGETS, 44) == []
    await phone.click("#delete")
    await phone.click("#yes")
    await expect(phone.locator("#title")).to_have_text("Deleted")
    assert house.files() == []
    # the kiosk hears of it, says so, and goes back to the start
    await expect(page.locator("#note-title")).to_have_text("This mosaic is no longer there")
    await expect(page.locator("#kiosk")).to_have_attribute("data-view", "attract")
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert await page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert [text for text in problems_of(page) if "410" not in text] == []
    assert problems_of(phone) == []


async def test_delete_now_at_the_kiosk(browser: Browser, house: Stand) -> None:
    page = await kiosk_of(browser, house)
    await to_the_mosaic(page, "fr")
    await page.click("#delete")
    await expect(page.locator("#note-title")).to_have_text("Tout est effacé")
    assert house.files() == []
    await expect(page.locator("#kiosk")).to_have_attribute("data-view", "attract")
    assert await page.evaluate("document.documentElement.lang") == "fr"  # the kiosk's own


async def test_the_two_switches_are_apart_and_off(browser: Browser, house: Stand) -> None:
    page = await kiosk_of(browser, house)
    await to_the_mosaic(page)
    token = await token_of(page)
    for what in ("keep", "show"):
        await expect(page.locator(f"#agree-{what}")).to_have_attribute("aria-checked", "false")
    await page.click("#agree-keep")
    await expect(page.locator("#agree-keep")).to_have_attribute("aria-checked", "true")
    state = await house.state(token)
    assert (state["keep"], state["show"]) == (True, False)
    await page.click("#agree-show")
    await expect(page.locator("#agree-show")).to_have_attribute("aria-checked", "true")
    await until(lambda: house.store.redis.hlen(house.store.keys.inbox), "its post")
    await page.click("#agree-show")
    await expect(page.locator("#agree-show")).to_have_attribute("aria-checked", "false")


async def test_a_visitor_who_walks_away_leaves_nothing(browser: Browser, house: Stand) -> None:
    page = await kiosk_of(browser, house, "fast&idle=6")
    await to_the_mosaic(page)
    await expect(page.locator("#idle")).to_be_visible()
    await expect(page.locator("#kiosk")).to_have_attribute("data-view", "attract")
    left = await page.evaluate(
        """() => {
          const { data } = document.getElementById("mosaic").getContext("2d").getImageData(0, 0, 60, 60);
          return { colours: new Set(data.filter((_, n) => n % 4 === 0)).size <= 2, // its ground, and what is beyond it
            images: [...document.querySelectorAll(".mosaic img, .live img")].filter((one) => one.src).length,
            stream: document.getElementById("video").srcObject !== null };
        }"""
    )
    assert left == {"colours": True, "images": 0, "stream": False}

    async def photo_is_gone() -> bool:
        return "photo.webp" not in house.files()

    await until(photo_is_gone, "no photo")


async def test_a_photo_from_the_phone_forms_at_the_kiosk(browser: Browser, house: Stand) -> None:
    page = await kiosk_of(browser, house)
    await page.click('[data-lang="en"]')
    await page.click("#start")
    async with page.expect_response("**/handover") as told:
        await page.click("#from-phone")
    address = (await (await told.value).json())["url"]
    await expect(page.locator("#phone-qr img")).to_be_visible()
    phone = await phone_of(browser, address)
    await expect(phone.locator("#agreement")).to_contain_text("becomes a mosaic")
    await phone.set_input_files("#file", {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": face()})
    await phone.click("#go")
    await expect(page.locator("#result")).to_be_visible(timeout=20_000)
    await expect(phone.locator("#whole")).to_be_visible()
    assert problems_of(phone) == []


async def test_diving_by_keyboard_names_the_photo_in_the_middle(browser: Browser, house: Stand) -> None:
    page = await kiosk_of(browser, house)
    await to_the_mosaic(page)
    await page.focus("#mosaic")
    await page.keyboard.press("Enter")
    await expect(page.locator("#tile")).to_be_visible()
    await expect(page.locator("#tile")).to_contain_text("Photo ")
    await page.keyboard.press("Escape")
    await expect(page.locator("#tile")).to_be_hidden()


async def test_a_whole_visit_without_touch(browser: Browser, house: Stand) -> None:
    """Tab and Enter alone, as a switch does it."""
    page = await kiosk_of(browser, house)

    async def press(target: str) -> None:
        for _ in range(30):
            if await page.evaluate("(target) => document.activeElement?.matches(target)", target):
                await page.keyboard.press("Enter")
                return
            await page.keyboard.press("Tab")
        raise AssertionError(f"{target} is not reached")

    await press("#start")
    await expect(page.locator("#shoot")).to_be_enabled()
    await press("#shoot")
    await expect(page.locator("#keep-shot")).to_be_focused()
    await press("#keep-shot")
    await expect(page.locator("#result")).to_be_visible(timeout=20_000)
    await press("#delete")
    await expect(page.locator("#note-title")).not_to_be_empty()


@pytest.mark.parametrize("view", ["attract", "live", "review", "sending", "forming", "result"])
async def test_the_network_goes_at_every_step(browser: Browser, house: Stand, view: str) -> None:
    """For three seconds; the visit goes on, nothing is made twice, and nothing is left when it is deleted."""
    page = await kiosk_of(browser, house)

    async def cut() -> None:
        await page.context.set_offline(True)
        await asyncio.sleep(3)
        await page.context.set_offline(False)

    if view == "attract":
        await cut()
    await page.click("#start")
    await expect(page.locator("#shoot")).to_be_enabled()
    if view == "live":
        await cut()
    await page.click("#shoot")
    await expect(page.locator("#keep-shot")).to_be_visible()
    if view == "review":
        await cut()
    if view == "sending":
        await page.context.set_offline(True)
    await page.click("#keep-shot")
    if view == "sending":
        await expect(page.locator("#mosaic-title")).to_have_text("Le réseau se repose")
        await page.context.set_offline(False)
    if view == "forming":
        await cut()
    await expect(page.locator("#result")).to_be_visible(timeout=30_000)
    if view == "result":
        await cut()
    await page.click("#delete")
    await expect(page.locator("#note-title")).to_have_text("Tout est effacé", timeout=30_000)
    assert house.files() == []


async def test_stopped_while_it_is_sent_nothing_stays(browser: Browser, house: Stand) -> None:
    page = await kiosk_of(browser, house)
    await page.click("#start")
    await expect(page.locator("#shoot")).to_be_enabled()
    await page.click("#shoot")
    await page.context.set_offline(True)
    await page.click("#keep-shot")
    await page.click("#stop")
    await expect(page.locator("#note-title")).to_have_text("Tout est effacé")
    await page.context.set_offline(False)
    await asyncio.sleep(2)
    assert house.files() == []


async def test_arabic_reads_from_the_right(browser: Browser, house: Stand) -> None:
    page = await kiosk_of(browser, house)
    await to_the_mosaic(page, "ar")
    assert await page.evaluate("document.documentElement.dir") == "rtl"
    await expect(page.locator("#mosaic-title")).to_have_text("هذا أنت!")
    words = await page.locator("#mosaic-title").bounding_box()
    picture = await page.locator("#mosaic").bounding_box()
    assert words is not None
    assert picture is not None
    assert words["x"] < picture["x"]


async def test_a_dark_photo_is_said_to_be_dark(browser: Browser, house: Stand) -> None:
    page = await kiosk_of(browser, house)
    await page.click('[data-lang="en"]')
    await page.click("#start")
    for picture, words in ((Image.new("RGB", (400, 300)), "It is very dark"), (target(400), "")):
        await page.set_input_files(
            "#file", {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": jpeg(picture)}
        )
        await expect(page.locator("#keep-shot")).to_be_visible()
        await expect(page.locator("#shot-state")).to_contain_text(words)


async def test_no_camera_still_leads_to_a_mosaic(browser: Browser, house: Stand) -> None:
    page = await page_of(browser, width=1180, height=820, locale="en-GB")
    await page.add_init_script(
        """navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"))"""
    )
    await page.goto(f"{house.url}/kiosk/main?fast")
    await page.click('[data-lang="en"]')
    await page.click("#start")
    await expect(page.locator("#note-title")).to_have_text("The camera is not allowed here")
    await page.click("#note-phone")
    await expect(page.locator("#phone-qr img")).to_be_visible()


async def test_a_stranger_s_tablet_is_shown_the_way(browser: Browser, house: Stand) -> None:
    page = await page_of(
        browser, width=1180, height=820, extra_http_headers={"x-forwarded-for": "203.0.113.9"}
    )
    await page.goto(f"{house.url}/kiosk/main")
    await expect(page.locator(".scan .qr img")).to_be_visible()
    assert await page.locator("#start").count() == 0


async def test_the_desk_knows_how_a_kiosk_is(browser: Browser, house: Stand) -> None:
    page = await kiosk_of(browser, house)
    await page.click("#start")

    async def said() -> bool:
        _, body = await house.call("GET", "/api/v1/kiosks", headers=house.hall.served.admin)
        kiosks = {one["id"]: one for one in body["kiosks"]}
        main = kiosks.get("main", {})
        return bool((body["studio"], main.get("view"), main.get("camera")) == (True, "live", "live"))

    await until(said, "the kiosk at the desk")
