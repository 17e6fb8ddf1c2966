"""Making a theme at the desk: seen at once, judged at once, saved, worn, taken back."""

from __future__ import annotations

import io
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, FilePayload, FrameLocator, Page, expect

from display.colours import parse
from tests.browser.hall import Hall, hall, screen, until
from tests.chromium import page_of, problems_of
from tests.web.peoplekit import PASSWORD, add
from wall.store.client import Store

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
TARGETS = (HERE / "targets.js").read_text(encoding="utf-8")
CONTRASTS = (HERE / "page_contrasts.js").read_text(encoding="utf-8")
SIZES = [(390, 844), (820, 1180), (1920, 1080)]
GROUND = "() => getComputedStyle(document.documentElement).getPropertyValue('--ground').trim()"


@pytest.fixture
async def venue(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    async with hall(store, data_dir) as venue:
        await venue.hang("Quelle nuit ! #NuitVauclair", venue.picture(900, 600))
        await add(venue.served, "Anna", "admin")
        await add(venue.served, "Mo", "moderator")
        await add(venue.served, "Vera", "viewer")
        yield venue


async def wardrobe(
    browser: Browser, venue: Hall, name: str = "Anna", *, width: int = 1180, height: int = 820, **more: Any
) -> Page:
    page = await page_of(
        browser, width=width, height=height, **{"locale": "en-GB", "has_touch": True, **more}
    )
    await page.goto(f"{venue.served.url}/desk/themes")
    await page.fill("#name", name)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#themes[data-ready]")
    return page


def glass(page: Page) -> FrameLocator:
    return page.frame_locator(".preview-frame")


def colour(page: Page, key: str) -> Any:
    return page.locator(f'[data-part="colours"] [data-field="{key}"] .colour-text')


async def previewed(page: Page, name: str, wanted: str) -> None:
    script = f"node => getComputedStyle(node).getPropertyValue('{name}').trim()"

    async def so() -> bool:
        found = await glass(page).locator("html").evaluate(script)
        return bool(found.startswith(wanted))

    await until(so, f"{name} {wanted} in the preview")


async def copied(page: Page, name: str) -> None:
    await page.click("#new")
    await page.fill("#new-name", name)
    await page.keyboard.press("Enter")
    await expect(page.locator("#voice")).to_contain_text("Saved")


async def test_a_colour_is_seen_at_once_and_kept_when_it_can_be_read(browser: Browser, venue: Hall) -> None:
    page = await wardrobe(browser, venue)
    await page.click('[data-name="fjord"]')
    await copied(page, "Foire d’été")
    await expect(page.locator('.theme-card[aria-pressed="true"]')).to_have_attribute(
        "data-name", "foire-d-ete"
    )
    await colour(page, "ground").fill("#10222b")
    await previewed(page, "--ground", parse("#10222b").css)
    soft = page.locator('[data-field="ink_soft"]')
    await colour(page, "ink_soft").fill("#3f5560")
    await expect(soft.locator(".is-bad").first).to_contain_text("needs 4.5 : 1")
    await expect(page.locator("#verdict")).to_contain_text("cannot be read well (Night)")
    await expect(page.locator("#save")).to_be_disabled()
    await page.keyboard.press("Control+s")
    await soft.locator(".is-bad button").first.click()
    await expect(page.locator("#verdict")).to_contain_text("Readable from afar")
    await expect(soft.locator(".is-bad")).to_have_count(0)
    await page.keyboard.press("Control+s")
    await expect(page.locator("#state")).to_have_text("Everything is saved")
    _, body = await venue.served.get("/api/v1/themes/foire-d-ete", headers=venue.served.admin)
    saved = body["theme"]["theme"]
    assert saved["title"] == "Foire d’été"
    assert saved["night"]["ground"] == "#10222b"
    assert saved["night"]["ink_soft"] == await colour(page, "ink_soft").input_value()
    assert problems_of(page) == []


async def test_mistakes_stand_beside_their_field_and_undo_takes_them_back(
    browser: Browser, venue: Hall
) -> None:
    page = await wardrobe(browser, venue)
    await page.click('[data-name="encre"]')
    await colour(page, "ink").fill("beige")
    await expect(page.locator('[data-field="ink"] .problem')).to_contain_text("is no colour; write")
    await expect(page.locator("#save")).to_be_disabled()
    await page.click("#undo")
    await expect(page.locator('[data-field="ink"] .problem')).to_have_text("")
    await expect(page.locator("#state")).to_have_text("Everything is saved")
    await page.click('[data-side="night"]')
    await previewed(page, "--ground", parse("oklch(.165 .012 60)").css)
    await expect(glass(page).locator("html")).to_have_attribute("data-theme", "night")
    await page.locator('[data-part="shape"] summary').click()
    await page.locator('[data-field="radius"] input.number').fill("2")
    await page.keyboard.press("Tab")
    await previewed(page, "--radius", "calc(4.4 *")


async def test_a_theme_is_put_on_a_screen_and_taken_off(browser: Browser, venue: Hall) -> None:
    hung = await screen(browser, venue)
    await hung.evaluate("() => { globalThis.isOld = true }")
    page = await wardrobe(browser, venue)
    await page.click('[data-name="parade"]')
    await page.click("#apply")
    await page.click('#apply-list button:has-text("hall-a")')
    root = hung.locator("html")
    await expect(root).to_have_attribute("data-dress", "parade")
    assert await hung.evaluate(GROUND) == "oklch(.195 .085 318)".replace("(.", "(0.").replace(" .", " 0.")
    await expect(page.locator('[data-name="parade"]')).to_contain_text("on 1 screen")
    await page.click("#voice button")
    await expect(root).to_have_attribute("data-dress", "night")
    assert await hung.evaluate("() => globalThis.isOld")


async def test_deleting_can_be_taken_back(browser: Browser, venue: Hall) -> None:
    page = await wardrobe(browser, venue)
    await copied(page, "fair")
    await page.click("#remove")
    await expect(page.locator('[data-name="fair"]')).to_have_count(0)
    await page.click("#voice button")
    await expect(page.locator('[data-name="fair"]')).to_have_attribute("aria-pressed", "true")
    status, _ = await venue.served.get("/api/v1/themes/fair", headers=venue.served.admin)
    assert status == 200


async def test_files_come_and_go(browser: Browser, venue: Hall, tmp_path: Path) -> None:
    page = await wardrobe(browser, venue)
    file = tmp_path / "Marché.toml"
    file.write_text('title = "Marché"\n[night]\naccent = "#ffd9a0"\n', encoding="utf-8")
    await page.set_input_files("#import-file", file)
    await expect(page.locator("#theme-title")).to_have_text("Marché")
    await expect(page.locator('[data-name="marche"]')).to_contain_text("not saved yet")
    await page.click("#save")
    await expect(page.locator("#state")).to_have_text("Everything is saved")
    async with page.expect_download() as coming:
        await page.click("#export")
    path = await (await coming.value).path()
    assert tomllib.loads(path.read_text(encoding="utf-8"))["night"] == {"accent": "#ffd9a0"}
    file.write_text("title = ", encoding="utf-8")
    await page.set_input_files("#import-file", file)
    await expect(page.locator("#trouble")).to_contain_text("not TOML")


async def test_a_logo_is_brought_and_seen(browser: Browser, venue: Hall) -> None:
    page = await wardrobe(browser, venue)
    await page.click('[data-name="encre"]')
    await page.locator('[data-part="pictures"] summary').click()
    out = io.BytesIO()
    Image.new("RGBA", (320, 80), (216, 84, 47, 255)).save(out, "PNG")
    given: FilePayload = {"name": "logo.png", "mimeType": "image/png", "buffer": out.getvalue()}
    await page.locator('[data-field="logo"] input[type=file]').set_input_files(given)
    await expect(page.locator('[data-field="logo"] select')).to_have_value("logo.webp")
    await expect(glass(page).locator("#logo img")).to_be_visible()
    await page.locator('[data-field="logo"] select').select_option("")
    await expect(glass(page).locator("#logo")).to_be_hidden()


async def test_two_people_at_once(browser: Browser, venue: Hall) -> None:
    page = await wardrobe(browser, venue)
    await copied(page, "fair")
    body = {"rev": 1, "theme": {"title": "Fair", "radius": 0.5}}
    async with venue.served.client.put(
        f"{venue.served.url}/api/v1/themes/fair", json=body, headers=venue.served.admin
    ) as reply:
        assert reply.status == 200
    await colour(page, "accent").fill("#ffd9a0")
    await expect(page.locator("#verdict")).to_be_visible()
    await page.click("#save")
    await expect(page.locator("#stale")).to_be_visible()
    await page.click("#stale-mine")
    await expect(page.locator("#stale")).to_be_hidden()
    await expect(page.locator("#state")).to_have_text("Everything is saved")
    _, body = await venue.served.get("/api/v1/themes/fair", headers=venue.served.admin)
    assert body["theme"]["theme"]["night"]["accent"] == "#ffd9a0"


async def test_a_moderator_looks_and_puts_on_but_changes_nothing(browser: Browser, venue: Hall) -> None:
    page = await wardrobe(browser, venue, "Mo")
    await page.click('[data-name="fjord"]')
    for gone in ("#save", "#undo", "#discard"):
        await expect(page.locator(gone)).to_be_hidden()
    await expect(page.locator("#new, #import")).to_have_count(0)
    await expect(colour(page, "ink")).to_have_attribute("readonly", "")
    await expect(page.locator("#apply")).to_be_enabled()
    closed = await page_of(browser)
    await closed.goto(f"{venue.served.url}/desk/themes")
    await closed.fill("#name", "Vera")
    await closed.fill("#password", PASSWORD)
    await closed.keyboard.press("Enter")
    await closed.wait_for_function("() => !document.querySelector('#password')")
    await expect(closed.locator("#themes")).to_have_count(0)


@pytest.mark.parametrize("lang", ["fr", "zh"])
@pytest.mark.slow
async def test_every_target_is_large_and_every_word_legible(browser: Browser, venue: Hall, lang: str) -> None:
    page = await wardrobe(browser, venue, locale=lang, color_scheme="dark")
    await page.click('[data-name="encre"]')
    for summary in await page.locator('.theme-part:not([data-part="colours"]) summary').all():
        await summary.click()
    await page.locator('[data-field="mode"] select').select_option("auto")
    await colour(page, "ink_soft").fill("#8a8378")
    await expect(page.locator(".is-bad").first).to_be_visible()
    for part in ("", "#new"):
        if part:
            await page.click(part)
        for theme in ("night", "day"):
            await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            for width, height in SIZES:
                await page.set_viewport_size({"width": width, "height": height})
                assert await page.evaluate(TARGETS, 44) == [], (part, width)
            await page.wait_for_function(
                "() => !document.getAnimations().some(a => a.playState === 'running')"
            )
            for text, ratio, size_px in await page.evaluate(CONTRASTS):
                if not text.startswith("pair-sample"):  # these show how a theme reads, be it badly
                    assert ratio >= (3 if size_px >= 24 else 4.5), (part, theme, text, ratio)
        if part:
            await page.keyboard.press("Escape")
    words = "() => [...document.body.innerText.matchAll(/(programme|layout|themes)\\.[a-z_.]+/g)].map(one => one[0])"
    assert await page.evaluate(words) == []
