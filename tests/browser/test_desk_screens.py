"""The page of all screens, with real screens beside it: what it draws, what it warns of, what it orders; and pairing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.desk import at_the_desk
from tests.browser.hall import Hall, hall, until
from tests.chromium import page_of, problems_of
from tests.stack import ADMIN, free_port
from wall.secret import Secret
from wall.settings import ScreenSettings, WebSettings
from wall.settings_programme import ProgrammeSettings, SceneSettings
from wall.store.client import Store
from wall.web.codes import new_code

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
TARGETS = (HERE / "targets.js").read_text(encoding="utf-8")
CONTRASTS = (HERE / "page_contrasts.js").read_text(encoding="utf-8")
DAY = ProgrammeSettings(
    name="day",
    scenes=(
        SceneSettings(layout="bento", seconds=600, id="posts"),
        SceneSettings(layout="countdown", seconds=600, id="soon"),
    ),
)
# Where each post stands on the glass, and in the miniature: {id: [x, y, w, h]} as shares of the frame.
ON_GLASS = """() => Object.fromEntries([...document.querySelectorAll(".scene [data-post]")].map((node) => {
  const { left, top, width, height } = node.getBoundingClientRect();
  return [node.dataset.post, [left / innerWidth, top / innerHeight, width / innerWidth, height / innerHeight]];
}))"""
DRAWN = """(key) => {
  const share = (a, b) => Math.round((1000 * a) / b) / 1000;
  const mini = document.querySelector(`.screen-card[data-key^="${key}/"] .mini`);
  const frame = mini.getBoundingClientRect();
  return [frame.width / frame.height, [...mini.querySelectorAll(".mini-post")].map((node) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    const [x, y] = [share(left - frame.left, frame.width), share(top - frame.top, frame.height)];
    return [x, y, share(width, frame.width), share(height, frame.height)];
  })];
}"""
KEPT = """async () => [
  (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).length)))
    .reduce((sum, n) => sum + n, 0),
  (await indexedDB.databases()).map(({ name }) => name),
  Object.keys(localStorage),
]"""


@asynccontextmanager
async def far_hall(store: Store, folder: Path, **changes: Any) -> AsyncIterator[Hall]:
    """A hall whose screens hang on other machines, as far as the wall can tell: they call it by another address."""
    web = WebSettings(host="0.0.0.0", port=free_port(), admin_token=Secret(ADMIN))
    async with hall(store, folder, web=web, screen=ScreenSettings(pairing=True), **changes) as found:
        found.served.url = f"http://127.0.0.2:{web.port}"
        yield found


async def glass(browser: Browser, found: Hall, name: str, *, width: int = 1280, height: int = 720) -> Page:
    page = await page_of(browser, width=width, height=height)
    await page.goto(f"{found.served.url}/screen/{name}")
    await page.wait_for_selector("html[data-layout]", state="attached")
    return page


async def overview(browser: Browser, found: Hall, *, width: int = 1280, height: int = 900) -> Page:
    """Anna looks at all screens."""
    page = await page_of(browser, width=width, height=height, locale="en-GB", color_scheme="dark")
    await page.goto(f"{found.served.url}/desk/screens")
    await page.fill("#code", await new_code(found.served.services.store, "moderator"))
    await page.fill("#name", "Anna")
    await page.keyboard.press("Enter")
    await expect(page.locator("#screens")).to_be_visible()
    return page


def card(page: Page, name: str) -> Any:
    return page.locator(f'.screen-card[data-key^="{name}/"]')


async def test_a_wall_without_screens_says_how_to_have_one(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir, screen=ScreenSettings(pairing=False)) as found:
        page = await overview(browser, found)
        await expect(page.locator("#empty")).to_be_visible()
        await expect(page.locator("#empty")).to_contain_text("/screen")
        await page.keyboard.press("a")
        await page.fill("#add-title", "Foyer Café")
        await expect(page.locator("#add-address")).to_have_text(f"{found.served.url}/screen/foyer-cafe")
        await page.fill("#add-title", "大厅")
        assert "/screen/screen-" in await page.inner_text("#add-address")
        await page.keyboard.press("Escape")
        await found.hang("Bonsoir")
        await glass(browser, found, "foyer-cafe")
        await expect(card(page, "foyer-cafe")).to_contain_text("Foyer Cafe")
        await expect(page.locator("#empty")).to_be_hidden()
        assert problems_of(page) == []


@pytest.mark.slow
async def test_the_miniature_is_the_screen_drawn_small(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir, screen=ScreenSettings(layout="bento")) as found:
        for n in range(4):
            await found.hang(f"Une phrase pour voir {n}", *([found.picture(900, 600)] if n % 2 else []))
        hung = await glass(browser, found, "hall-a")
        upright = await glass(browser, found, "hall-b", width=540, height=960)
        page = await overview(browser, found)
        for screen, key, ratio in ((hung, "hall-a", 1280 / 720), (upright, "hall-b", 540 / 960)):

            async def is_drawn(screen: Page = screen, key: str = key, ratio: float = ratio) -> bool:
                seen = sorted((await screen.evaluate(ON_GLASS)).values())
                shape, drawn = await page.evaluate(DRAWN, key)
                return (
                    abs(shape - ratio) < 0.03
                    and len(seen) == len(drawn) > 1
                    and all(
                        abs(a - b) < 0.02
                        for one, other in zip(seen, sorted(drawn), strict=True)
                        for a, b in zip(one, other, strict=True)
                    )
                )

            await card(page, key).wait_for()
            await until(is_drawn, f"the miniature of {key}")
        await expect(card(page, "hall-a").locator(".mini-words").first).to_contain_text("Une phrase")
        await expect(card(page, "hall-a")).to_contain_text("On air")
        await expect(card(page, "hall-a")).to_contain_text("1280 × 720")
        await expect(page.locator("#drawn")).to_contain_text("not photographs")
        pid = await found.hang("À retirer tout de suite")
        await until(lambda: is_said(page, "À retirer"))
        await found.take_down(pid)
        await until(lambda: is_not_said(page, "À retirer"))
        assert problems_of(page) == problems_of(hung) == []


async def is_said(page: Page, text: str) -> bool:
    return text in await page.inner_text("#wall")


async def is_not_said(page: Page, text: str) -> bool:
    return text not in await page.inner_text("#wall")


async def test_a_frozen_page_is_on_every_desk_within_ten_seconds_and_gone_when_it_moves(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir, screen=ScreenSettings(layout="bento")) as found:
        await found.hang("Bonsoir")
        hung = await glass(browser, found, "hall-a")
        desk = await at_the_desk(browser, found.served)
        page = await overview(browser, found)
        await expect(card(page, "hall-a")).to_have_attribute("data-light", "good")
        await expect(desk.locator("#screens-banner")).to_be_hidden()
        loop = asyncio.get_running_loop()
        # its main thread is busy for fourteen seconds: no frame, no beat
        await hung.evaluate(
            "() => { setTimeout(() => { const end = Date.now() + 14000; while (Date.now() < end); }) }"
        )
        at = loop.time()
        await expect(desk.locator("#screens-banner")).to_be_visible(timeout=10_000)
        assert loop.time() - at < 10
        await expect(desk.locator("#screens-banner")).to_contain_text("Hall A: no sign of life")
        await expect(card(page, "hall-a")).to_have_attribute("data-light", "bad", timeout=3000)
        await expect(card(page, "hall-a")).to_contain_text("Silent for")
        await expect(desk.locator("#screens-banner")).to_be_hidden(timeout=20_000)
        await expect(card(page, "hall-a")).to_have_attribute("data-light", "good", timeout=20_000)
        await desk.click("#screens-light")
        await desk.click("#screens-panel a")
        await expect(desk).to_have_url(f"{found.served.url}/desk/screens?lang=en")


async def test_dark_stays_dark_over_a_reload_and_is_undone_with_one_key(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir, screen=ScreenSettings(layout="bento")) as found:
        await found.hang("Bonsoir")
        hung = await glass(browser, found, "hall-a")
        page = await overview(browser, found)
        await card(page, "hall-a").locator("[data-does=blank]").click()
        await expect(hung.locator("#slate")).to_be_visible()
        await expect(card(page, "hall-a")).to_contain_text("Bright")
        await expect(card(page, "hall-a").locator(".mini-slate")).to_be_visible()
        await hung.reload()
        await expect(hung.locator("#slate")).to_be_visible()
        await page.keyboard.press("z")
        await expect(hung.locator("#slate")).to_be_hidden()
        await expect(card(page, "hall-a").locator(".state")).to_have_text("On air", timeout=20_000)
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("b")
        await expect(hung.locator("#slate")).to_be_visible()
        await page.click("#toasts button")
        await expect(hung.locator("#slate")).to_be_hidden()
        assert problems_of(page) == []


async def test_next_programme_theme_and_name_reach_the_glass(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir, programmes=(DAY,)) as found:
        await found.hang("Bonsoir")
        hung = await glass(browser, found, "hall-a")
        page = await overview(browser, found)
        await expect(card(page, "hall-a")).to_contain_text("programme day")
        root = hung.locator("html")
        if await root.get_attribute("data-layout") == "countdown":  # it came up before the first post had
            await card(page, "hall-a").locator("[data-does=next]").click()
        await expect(root).to_have_attribute("data-layout", "bento")
        await card(page, "hall-a").locator("[data-does=next]").click()
        await expect(root).to_have_attribute("data-layout", "countdown")
        await expect(card(page, "hall-a")).to_contain_text("Countdown")
        await expect(card(page, "hall-a").locator(".mini-layout svg")).to_be_visible()
        await card(page, "hall-a").locator(".card-open").click()
        await expect(page.locator("#one-facts")).to_contain_text("no. 1 of 1")
        await page.select_option("#one-theme", "day")
        await expect(hung.locator("html")).to_have_attribute("data-theme", "day")
        await page.click("#toasts button")  # beside the open dialog
        await expect(hung.locator("html")).to_have_attribute("data-theme", "night")
        await page.select_option("#one-programme", "day")
        await expect(page.locator("#toasts")).to_contain_text("follows “day”")
        await page.fill("#one-title", "Hall d’entrée")
        await page.keyboard.press("Enter")
        await expect(page.locator("#one-name")).to_have_text("Hall d’entrée")
        await page.keyboard.press("Escape")
        await page.keyboard.press("i")
        await expect(hung.locator("#identify")).to_be_visible()
        await page.keyboard.press("r")
        await hung.evaluate("() => { globalThis.isOld = true }")
        await page.click("#sure-yes")
        await hung.wait_for_function("() => !globalThis.isOld")
        assert problems_of(page) == problems_of(hung) == []


async def test_a_screen_that_is_away_says_until_when_it_may_show_something(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir) as found:
        await found.hang("Bonsoir")
        hung = await glass(browser, found, "hall-a")
        page = await overview(browser, found)
        await expect(card(page, "hall-a")).to_have_attribute("data-light", "good")
        await hung.close()
        await expect(card(page, "hall-a")).to_contain_text("Away for")
        await expect(card(page, "hall-a")).to_contain_text("It may go on showing posts until")
        await card(page, "hall-a").locator("[data-does=open]").click()
        await page.click("#one-forget")
        await page.click("#sure-yes")
        await expect(page.locator("#empty")).to_be_visible()
        assert problems_of(page) == []


async def test_pairing_from_the_glass_to_the_desk_and_out_again(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with far_hall(store, data_dir) as found:
        await found.hang("Bonsoir", found.picture(900, 600))
        hung = await page_of(browser, width=1280, height=720)
        await hung.goto(f"{found.served.url}/screen")
        await expect(hung.locator("#code")).to_have_text(letters())
        await expect(hung.locator(".glass-says li")).to_have_count(3)
        page = await overview(browser, found)
        await page.click("#empty [data-add]")
        await page.fill("#add-code", "AAAA-AAA")
        await page.keyboard.press("Enter")
        await expect(page.locator("#add-code-problem")).not_to_be_empty()
        await page.fill("#add-code", (await hung.inner_text("#code")).replace("\n", " ").lower())
        await page.fill("#add-title", "Hall d’honneur")
        await page.keyboard.press("Enter")
        await expect(hung).to_have_url(f"{found.served.url}/screen/hall-dhonneur")
        await hung.wait_for_selector("html[data-layout]", state="attached")
        await expect(card(page, "hall-dhonneur")).to_contain_text("On air")
        await until(lambda: is_kept(hung), "a kept page")

        await card(page, "hall-dhonneur").locator("[data-does=open]").click()
        await expect(page.locator("#one-facts")).to_contain_text("paired")
        await page.click("#one-let-go")
        await page.click("#sure-yes")
        await expect(hung.locator("#code")).to_have_text(letters())
        caches, databases, keys = await hung.evaluate(KEPT)
        assert (caches, databases, keys) == (0, [], [])
        await expect(page.locator("#one-state")).to_contain_text("Away for")
        await hung.reload()
        await expect(hung.locator("#code")).to_have_text(letters())
        assert "Bonsoir" not in await hung.content()
        assert problems_of(page) == [] or all("status of 4" in line for line in problems_of(page))


def letters() -> Any:
    import re

    return re.compile(r"^\s*[A-Z2-9]{4}\s*[A-Z2-9]{4}\s*$")


async def is_kept(page: Page) -> bool:
    caches, databases, _ = await page.evaluate(KEPT)
    return bool(caches) and bool(databases)


@pytest.mark.slow
async def test_every_target_is_large_and_every_word_legible(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir) as found:
        await found.hang("Bonsoir")
        await glass(browser, found, "hall-a")
        page = await overview(browser, found)
        await card(page, "hall-a").wait_for()
        for lang in ("fr", "en", "zh"):
            await page.goto(f"{found.served.url}/desk/screens?lang={lang}")
            await card(page, "hall-a").wait_for()
            assert "screens." not in await page.inner_text("#screens")
            for is_open in (False, True):
                if is_open:
                    await card(page, "hall-a").locator("[data-does=open]").click()
                    assert "screens." not in await page.inner_text("#one")
                for theme in ("night", "day"):
                    await page.evaluate("t => { document.documentElement.dataset.theme = t }", theme)
                    for width, height in ((390, 844), (1024, 768), (1920, 1080)):
                        await page.set_viewport_size({"width": width, "height": height})
                        assert await page.evaluate(TARGETS, 44) == [], (lang, width)
                        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                    await page.wait_for_function(
                        "() => !document.getAnimations().some(a => a.playState === 'running')"
                    )
                    for text, ratio, size_px in await page.evaluate(CONTRASTS):
                        assert ratio >= (3 if size_px >= 24 else 4.5), (theme, text, ratio)
