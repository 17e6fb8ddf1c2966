"""Changing a programme at the desk: with fingers, with keys, beside somebody else, and the screens that follow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.browser.hall import Hall, hall, until
from tests.chromium import page_of, problems_of
from tests.web.peoplekit import PASSWORD, add
from wall.settings import ProgrammeSettings, SceneSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
TARGETS = (HERE / "targets.js").read_text(encoding="utf-8")
CONTRASTS = (HERE / "page_contrasts.js").read_text(encoding="utf-8")
STILL = "() => !document.querySelector('#strip').getAnimations({ subtree: true }).length"
SIZES = [(1180, 820), (820, 1180), (1920, 1080)]
DAY = ProgrammeSettings(
    name="day",
    scenes=(
        SceneSettings(layout="bento", seconds=180, title="First"),
        SceneSettings(layout="bento", seconds=60, title="Second", when={"photos": 3}),
        SceneSettings(layout="bento", seconds=60, title="Third"),
    ),
)


@pytest.fixture
async def venue(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    async with hall(store, data_dir, programmes=(DAY,)) as venue:
        await add(venue.served, "Anna")
        await add(venue.served, "Bruno")
        await add(venue.served, "Vera", "viewer")
        yield venue


async def editor(
    browser: Browser, venue: Hall, name: str = "Anna", *, width: int = 1180, height: int = 820, **more: Any
) -> Page:
    page = await page_of(
        browser, width=width, height=height, **{"locale": "en-GB", "has_touch": True, **more}
    )
    await page.goto(f"{venue.served.url}/desk/programme")
    await page.fill("#name", name)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#programme[data-ready]")
    return page


async def order(page: Page) -> list[str]:
    return await page.locator(".scene-name").all_inner_texts()


async def ordered(page: Page, *names: str) -> None:
    async def so() -> bool:
        return await order(page) == list(names)

    await until(so, f"the order {names}")


def glass(page: Page) -> FrameLocator:
    return page.frame_locator(".preview-frame")


async def saved(venue: Hall, name: str = "day") -> dict[str, Any]:
    _, body = await venue.served.get(f"/api/v1/programmes/{name}", headers=venue.served.admin)
    found: dict[str, Any] = body.get("programme", {})
    return found


async def drag(page: Page, source: str, to: str) -> None:
    """A mouse takes a scene by its card and lets it go over another's far edge."""
    await page.wait_for_function(STILL)
    grip = await page.locator(f".scene:has-text('{source}')").bounding_box()
    over = await page.locator(f".scene:has-text('{to}')").bounding_box()
    assert grip
    assert over
    await page.mouse.move(grip["x"] + 40, grip["y"] + 40)
    await page.mouse.down()
    await page.mouse.move(grip["x"] + 80, grip["y"] + 40, steps=3)
    far = over["x"] + over["width"] * (0.95 if over["x"] > grip["x"] else 0.05)
    await page.mouse.move(far, over["y"] + 40, steps=6)
    await page.mouse.up()


async def test_scenes_are_moved_by_dragging_by_keys_and_by_buttons(browser: Browser, venue: Hall) -> None:
    page = await editor(browser, venue, has_touch=False)
    await ordered(page, "First", "Second", "Third")
    await drag(page, "First", "Third")
    await ordered(page, "Second", "Third", "First")
    await drag(page, "First", "Second")
    await ordered(page, "First", "Second", "Third")
    await page.click(".scene:has-text('Third') .scene-card")
    await page.keyboard.press("Alt+ArrowLeft")
    await ordered(page, "First", "Third", "Second")
    await expect(page.locator(".scene:has-text('Third') .scene-card")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator(".scene:has-text('First') .scene-card")).to_be_focused()
    await page.click("#move-right")
    await ordered(page, "Third", "First", "Second")
    await expect(page.locator("#move-right")).to_be_focused()
    await expect(page.locator("#voice-quiet")).to_have_text("Now number 2 of 3")
    await page.click("#save")
    await expect(page.locator("#state")).to_have_text("Everything is saved")
    assert [scene["title"] for scene in (await saved(venue))["scenes"]] == ["Third", "First", "Second"]
    assert problems_of(page) == []


async def test_a_finger_drags_by_the_grip(browser: Browser, venue: Hall) -> None:
    page = await editor(browser, venue)
    finger = await page.context.new_cdp_session(page)
    box = await page.locator(".scene:has-text('First') .grip").bounding_box()
    over = await page.locator(".scene:has-text('Second')").bounding_box()
    assert box
    assert over
    x, y = box["x"] + 20, box["y"] + 20

    async def touch(kind: str, *points: dict[str, float]) -> None:
        await finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    await touch("touchStart", {"x": x, "y": y})
    for step in range(1, 9):
        await touch("touchMove", {"x": x + step * (over["x"] + 200 - x) / 8, "y": y})
    await touch("touchEnd")
    await ordered(page, "Second", "First", "Third")


async def test_a_scene_is_added_changed_doubled_and_taken_away_with_a_way_back(
    browser: Browser, venue: Hall
) -> None:
    page = await editor(browser, venue)
    await page.click("#scene-add")
    await expect(page.locator("#layouts .layout-card").first).to_be_focused()
    await page.click('[data-layout="bento"]')
    await ordered(page, "First", "Bento", "Second", "Third")
    await expect(page.locator('.scene-card[aria-current="true"] .scene-name')).to_have_text("Bento")
    await page.fill('[data-field="title"] input', "Late")
    await page.fill('[data-field="seconds"] .number', "9999")
    await page.keyboard.press("Tab")
    await expect(page.locator('[data-field="seconds"] .number')).to_have_value("3600")
    await page.fill('[data-field="seconds"] .number', "30")
    await page.keyboard.press("Tab")
    await page.click('[data-field="hours"] .switch')
    await page.fill('[data-field="hours"] input[type=time] >> nth=0', "22:00")
    await page.fill('[data-field="hours"] input[type=time] >> nth=1', "02:00")
    await page.keyboard.press("Tab")
    await page.fill('[data-field="options.dwell_s"] .number', "500")
    await page.keyboard.press("Tab")
    await expect(page.locator('[data-field="options.dwell_s"] .number')).to_have_value("120")
    await page.click('[aria-label="Duplicate"]')
    await ordered(page, "First", "Late", "Late", "Second", "Third")
    await page.click('[aria-label="Remove"]')
    await ordered(page, "First", "Late", "Second", "Third")
    await page.click(".toast .button")
    await ordered(page, "First", "Late", "Late", "Second", "Third")
    await page.click("#undo")
    await ordered(page, "First", "Late", "Second", "Third")
    await expect(page.locator(".day-band").first).to_be_visible()
    await page.click("#save")
    await expect(page.locator("#state")).to_have_text("Everything is saved")
    late = (await saved(venue))["scenes"][1]
    assert (late["seconds"], late["hours"], late["options"]) == (30, "22:00-02:00", {"dwell_s": 120})
    assert (await saved(venue))["by"] == "Anna"
    assert problems_of(page) == []


async def test_the_preview_shows_the_draft_at_once_and_the_hour_divides(
    browser: Browser, venue: Hall
) -> None:
    for number in range(3):
        await venue.hang(f"Voix {number}")
    page = await editor(browser, venue)
    await expect(glass(page).locator("[data-post]").first).to_be_visible()
    await expect(page.locator(".hour-piece")).to_have_count(2)  # "Second" waits for photos
    await expect(page.locator(".scene:has-text('Second')")).to_have_class("scene is-waiting")
    await page.click(".scene:has-text('Second') .scene-card")
    await expect(page.locator("#conditions")).to_contain_text("only with at least 3 photos")
    await expect(page.locator("#conditions")).to_contain_text("now 0")
    await page.get_by_role("button", name="With everything").click()
    await expect(page.locator(".hour-piece")).to_have_count(3)
    await expect(page.locator(".hour-legend")).to_contain_text("Bento")
    for size, ratio in (("portrait", 1080 / 1920), ("half", 960 / 1080), ("wide", 16 / 9)):
        await page.click(f'[data-name="{size}"]')
        box = await page.locator(".preview-glass").bounding_box()
        inside = await page.locator(".preview-frame").bounding_box()
        assert box
        assert inside
        assert abs(box["width"] / box["height"] - ratio) < 0.02
        assert abs(inside["width"] - box["width"]) < 2
    # a preview is nobody's screen
    assert await venue.screens() == []
    # the hour follows what is on the wall
    for number in range(3):
        await venue.hang(f"Photo {number}", venue.picture(640, 480))
    await page.get_by_role("button", name="As things are now").click()
    await expect(page.locator(".hour-piece")).to_have_count(3, timeout=20_000)


async def test_a_sponsors_share_is_promised_and_divides_the_hour(browser: Browser, venue: Hall) -> None:
    await venue.hang("Bonjour")
    page = await editor(browser, venue)
    await page.click(".scene:has-text('Third') .scene-card")
    await page.get_by_role("switch", name="A share of all time is promised").click()
    await page.fill('[data-field="share"] .number', "25")
    await page.keyboard.press("Tab")
    await expect(page.locator(".promises")).to_contain_text("promised 25%")
    planned = await page.locator(".promises .soft").inner_text()
    assert 20 <= float(planned.split()[-1].rstrip("%")) <= 30
    for name in ("First", "Second"):
        await page.click(f".scene:has-text('{name}') .scene-card")
        await page.get_by_role("switch", name="A share of all time is promised").click()
        await page.fill('[data-field="share"] .number', "30")
        await page.keyboard.press("Tab")
    await expect(page.locator("#wrong")).to_contain_text("60% is the most")
    await expect(page.locator("#save")).to_be_disabled()
    await page.click("#undo")
    await page.click("#undo")
    await expect(page.locator("#wrong")).to_be_empty()


async def test_two_people_do_not_overwrite_each_other(browser: Browser, venue: Hall) -> None:
    anna, bruno = await editor(browser, venue), await editor(browser, venue, "Bruno")
    await bruno.click('[aria-label="Duplicate"]')
    await anna.click(".scene:has-text('Third') .scene-card")
    await anna.click('[aria-label="Remove"]')
    await anna.click("#save")
    await expect(anna.locator("#state")).to_have_text("Everything is saved")
    await bruno.click("#save")
    await expect(bruno.locator("#stale")).to_contain_text("Anna has saved this programme")
    assert len((await saved(venue))["scenes"]) == 2
    await bruno.click("#stale-mine")
    await expect(bruno.locator("#state")).to_have_text("Everything is saved")
    await expect(bruno.locator("#stale")).to_be_hidden()
    found = await saved(venue)
    assert (found["by"], len(found["scenes"])) == ("Bruno", 4)
    # whoever changes nothing simply sees it
    await expect(anna.locator(".scene")).to_have_count(4, timeout=15_000)
    assert (
        await bruno.evaluate(
            "() => [...document.querySelectorAll('#programmes button')].map(b => b.innerText)"
        )
    ) == ["day"]


async def test_a_new_programme_for_one_screen_is_shown_there(browser: Browser, venue: Hall) -> None:
    glass_page = await page_of(browser, width=960, height=540)
    await glass_page.goto(venue.url)
    page = await editor(browser, venue)
    await expect(page.locator('[data-screen="hall-a"]')).to_be_visible(timeout=15_000)
    await page.click("#new")
    await page.fill("#new-name", "Soirée d’été")
    await expect(page.locator("#new-hint")).to_contain_text("soiree-d-ete")
    await page.uncheck("#new-copy")
    await page.keyboard.press("Enter")
    await expect(page.locator("#nothing")).to_be_visible()
    await expect(page.locator("#save")).to_be_disabled()
    await page.click("#first-add")
    await page.click('[data-layout="bento"]')
    await page.locator('[data-screen="hall-a"] input').check()
    await page.click("#save")
    await expect(page.locator('[data-screen="hall-a"]')).to_contain_text("follows this programme")
    _, body = await venue.served.get("/api/v1/programmes", headers=venue.served.admin)
    assert body["screens"][0]["programme"] == "soiree-d-ete"
    await page.click("#remove")
    await page.click("#sure-yes")
    await expect(page.locator("#programmes button")).to_have_count(1)
    assert problems_of(page) == []


async def test_a_draft_is_tried_on_a_screen_and_nothing_is_saved(browser: Browser, venue: Hall) -> None:
    glass_page = await page_of(browser, width=960, height=540)
    await glass_page.goto(venue.url)
    page = await editor(browser, venue)
    await page.click('[aria-label="Remove"]')
    await expect(page.locator('[data-screen="hall-a"]')).to_be_visible(timeout=15_000)
    await page.click("#try")
    await page.get_by_role("button", name="hall-a").click()
    await expect(page.locator(".trial")).to_contain_text("hall-a tries a draft of Anna")
    assert (await saved(venue))["origin"] == "settings"
    await page.click(".trial .button")
    await expect(page.locator("#trials")).to_be_hidden()
    await page.click("#discard")
    await ordered(page, "First", "Second", "Third")


async def test_who_may_only_look_changes_nothing(browser: Browser, venue: Hall) -> None:
    page = await editor(browser, venue, "Vera")
    await ordered(page, "First", "Second", "Third")
    for gone in ("#bar", "#scene-add", ".grip", "#new"):
        await expect(page.locator(gone)).to_have_count(0) if gone != "#bar" else await expect(
            page.locator(gone)
        ).to_be_hidden()
    await expect(page.locator('[data-field="title"] input')).to_be_disabled()
    await page.locator(".scene-card").first.focus()
    await page.keyboard.press("Delete")
    await page.keyboard.press("Alt+ArrowRight")
    await ordered(page, "First", "Second", "Third")


@pytest.mark.parametrize("lang", ["fr", "zh"])
@pytest.mark.slow
async def test_every_target_is_large_and_every_word_legible(browser: Browser, venue: Hall, lang: str) -> None:
    page = await editor(browser, venue, locale=lang, color_scheme="dark")
    for part in ("", "#scene-add", "#new"):
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
                assert ratio >= (3 if size_px >= 24 else 4.5), (part, theme, text, ratio)
        if part:
            await page.keyboard.press("Escape")
    assert (
        await page.evaluate(
            "() => [...document.body.innerText.matchAll(/(programme|layout)\\.[a-z_.]+/g)].length"
        )
        == 0
    )
