"""What a real screen wears: changed without a reload, kept over one, faded, never above what was just taken down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from display.colours import parse
from tests.browser.filmkit import film
from tests.browser.hall import Hall, hall, screen, until
from tests.chromium import problems_of
from wall.settings import ScreenSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

STYLE = "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"
PAINTED = "() => getComputedStyle(document.documentElement).backgroundColor"
FADES = "() => document.getAnimations().filter((a) => a.effect.pseudoElement?.startsWith('::view-transition')).length"


async def wear(venue: Hall, name: str) -> None:
    async with venue.served.client.post(
        f"{venue.served.url}/api/v1/screens/hall-a/command",
        json={"command": "theme", "name": name},
        headers=venue.served.admin,
    ) as reply:
        assert reply.status == 202


async def dressed(page: Page, name: str) -> None:
    await expect(page.locator("html")).to_have_attribute("data-dress", name)


async def test_a_theme_changes_the_colours_without_a_reload_and_survives_one(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir) as venue:
        await venue.hang("Bonsoir", venue.picture(900, 600))
        page = await screen(browser, venue)
        await dressed(page, "night")
        before = await page.evaluate(PAINTED)
        await page.evaluate("() => { globalThis.isOld = true }")
        await wear(venue, "fjord")
        await dressed(page, "fjord")
        assert await page.evaluate("() => globalThis.isOld")
        assert await page.evaluate(PAINTED) != before
        ground = await page.evaluate(STYLE, "--ground")
        assert parse(ground) == parse("oklch(.175 .028 232)")
        assert await page.evaluate(STYLE, "--sans") != await page.evaluate(STYLE, "--serif")
        card = page.locator("#wall [data-post]").first
        await expect(card).to_be_visible()
        await page.reload()
        await dressed(page, "fjord")
        assert await page.evaluate(STYLE, "--ground") == ground
        assert await page.locator("link[data-dress]").count() == 1
        await wear(venue, "encre")
        await dressed(page, "encre")
        await expect(page.locator("html")).to_have_attribute("data-theme", "day")
        await wear(venue, "")
        await dressed(page, "night")
        assert await page.evaluate(PAINTED) == before
        assert await page.locator("link[data-dress]").count() == 0
        assert problems_of(page) == []


async def test_it_fades_and_the_former_picture_goes_with_what_is_taken_down(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir) as venue:
        pid = await venue.hang("À reprendre", venue.picture(900, 600))
        await venue.hang("Reste")
        page = await screen(browser, venue)
        await expect(page.locator(f'[data-post="{pid}"]')).to_be_visible()
        await page.evaluate(
            """() => {
              globalThis.seen = 0;
              const begin = document.startViewTransition.bind(document);
              const isOfFade = (one) => one.effect.pseudoElement?.startsWith("::view-transition");
              const fades = () => document.getAnimations().filter(isOfFade);
              document.startViewTransition = (change) => {
                const fading = begin(change);
                // it stands still in the middle, for as long as nobody cuts it short
                fading.ready.then(() => { globalThis.seen = fades().length; fades().forEach((one) => one.pause()); });
                return fading;
              };
            }""",
        )
        await wear(venue, "parade")
        await until(lambda: page.evaluate("() => globalThis.seen"), "a fade")
        assert await page.evaluate(FADES) > 0
        await venue.take_down(pid)
        await expect(page.locator(f'[data-post="{pid}"]')).to_have_count(0)
        await until(lambda: page.evaluate(f"() => ({FADES})() === 0"), "the end of the former picture")
        await dressed(page, "parade")


def own(data_dir: Path, text: str) -> dict[str, Any]:
    """Files beside the settings, with the theme `fair`."""
    folder = data_dir.parent
    (folder / "parvis.toml").write_text("", encoding="utf-8")
    for name in ("themes", "assets"):
        (folder / name).mkdir()
    (folder / "themes/fair.toml").write_text(text, encoding="utf-8")
    return {"path": folder / "parvis.toml", "screen": ScreenSettings(theme="fair")}


@pytest.mark.slow
async def test_a_logo_and_a_picture_stand_where_they_should(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    more = own(data_dir, 'logo = "logo.png"\nbackground = "hall.jpg"\ndim = 0.9\n')
    Image.new("RGBA", (400, 100), (20, 20, 30, 255)).save(data_dir.parent / "assets/logo.png")
    Image.linear_gradient("L").resize((960, 540)).convert("RGB").save(data_dir.parent / "assets/hall.jpg")
    async with hall(store, data_dir, **more) as venue:
        await venue.hang("Bonsoir")
        for width, height in ((1920, 1080), (1080, 1920), (960, 1080)):
            page = await screen(browser, venue, width=width, height=height)
            logo = page.locator("#logo img")
            await expect(logo).to_be_visible()
            assert await logo.evaluate("node => node.complete && node.naturalWidth > 0")
            box, title = await logo.bounding_box(), await page.locator("#title").bounding_box()
            assert box
            assert title
            assert box["y"] + box["height"] <= title["y"]
            ground = page.locator("#backdrop img")
            assert float(await ground.evaluate("node => getComputedStyle(node).opacity")) == pytest.approx(
                0.1
            )
            assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
            await page.context.close()


async def test_a_film_runs_without_sound_and_not_where_nothing_shall_move(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    more = own(data_dir, 'background = "hall.webm"\ndim = 0.9\n')
    (data_dir.parent / "assets/hall.webm").write_bytes(await film(browser, seconds=0.6, width=160, height=90))
    async with hall(store, data_dir, **more) as venue:
        await venue.hang("Bonsoir")
        page = await screen(browser, venue)
        video = page.locator("#backdrop video")
        await expect(video).to_be_visible()
        await until(
            lambda: video.evaluate("node => !node.paused && node.currentTime > 0"), "a film that runs"
        )
        assert await video.evaluate("node => node.muted && node.loop")
        still = await screen(browser, venue, reduced_motion="reduce")
        await dressed(still, "fair")
        await expect(still.locator("#backdrop video")).to_have_count(0)


async def test_a_changed_file_reaches_the_screens(browser: Browser, store: Store, data_dir: Path) -> None:
    more = own(data_dir, '[night]\naccent = "#ffd9a0"\n')
    async with hall(store, data_dir, **more) as venue:
        await venue.hang("Bonsoir")
        page = await screen(browser, venue)
        await dressed(page, "fair")
        (data_dir.parent / "themes/fair.toml").write_text('[night]\naccent = "#9fe3c1"\n', encoding="utf-8")

        async def so() -> bool:
            return parse(await page.evaluate(STYLE, "--accent")).hex == "#9fe3c1"

        await until(so, "the new accent")


async def test_day_comes_with_a_scene_and_in_the_end_by_itself(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir) as venue:
        page = await screen(browser, venue)
        found = await page.evaluate(
            """async () => {
              const screen = document.querySelector('script[type=module][src*="screen.js"]').src;
              const { Dress } = await import(new URL("screen/dress.js", screen).href);
              const clock = { at: 0, now: () => clock.at * 60_000, minutes: () => clock.at % 1440 };
              const motion = { amount: 0 };
              const dress = new Dress({ clock, motion });
              const side = () => document.documentElement.dataset.theme;
              const rest = () => new Promise((done) => setTimeout(done, 50));
              const seen = [];
              clock.at = 7 * 60;
              await dress.wear({ name: "tide", mode: "night", href: "", auto: "08:00-20:00" });
              seen.push(side());
              clock.at = 8 * 60; dress.look(); await rest(); seen.push(side());
              dress.turn(); await rest(); seen.push(side());
              clock.at = 20 * 60; dress.look(); await rest(); seen.push(side());
              clock.at = 20 * 60 + 9; dress.look(); await rest(); seen.push(side());
              clock.at = 20 * 60 + 10; dress.look(); await rest(); seen.push(side());
              return seen;
            }"""
        )
        assert found == ["night", "night", "day", "day", "day", "night"]
