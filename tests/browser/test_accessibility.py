"""axe-core over every page, by night and by day, on phones and tablets: WCAG 2.2 A and AA, without violations.

A page more is one line: in PLAIN (nobody signed in), in SIGNED (at the desk), or in STEPS with what is pressed before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from display.shown import shown_path
from tests.browser.booth import kiosk_of, token_of
from tests.browser.desk import at_the_desk, by, cluster, queue
from tests.browser.hall import Hall, at_rest, hall
from tests.chromium import page_of
from tests.kiosk.stand import stand
from wall.gate import Verdict
from wall.model import PostId, Quote, Span, SpanKind
from wall.store.client import Store

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE, TABLET = (390, 844), (1024, 768)
STILL = """() => !document.getAnimations().some(
  (a) => a.playState === "running" && a.effect.getComputedTiming().endTime < 3000)"""

PLAIN = {
    "wall": ("/wall", "#feed .post"),
    "wall, older": ("/wall?before=3&lang=fr", "#feed .post"),
    "wall, framed": ("/wall?embed=1&lang=zh", "#feed .post"),
    "start": ("/?lang=fr", ".doors"),
    "sign-in": ("/desk", "#signin"),
    "pair": ("/pair", "main"),
    "invitation": ("/invitation", "main"),
    "join, closed": ("/join", "#closed"),
    "kiosk, closed": ("/kiosk/main?lang=zh", "#attract-title"),
}
SIGNED = {
    "desk": ("/desk", "#stage .card"),
    "people": ("/desk/people", "#users"),
    "programme": ("/desk/programme", "main h1"),
    "screens": ("/desk/screens", "main h1"),
    "themes": ("/desk/themes", "#wardrobe .theme-card"),
    "start, signed in": ("/?lang=en", "#house"),
    "kiosk": ("/kiosk/main", "#start"),
}


async def author_sheet(page: Page) -> None:
    await page.keyboard.press("t")
    await expect(page.locator("#sheet .digest").first).to_be_visible()


async def help_sheet(page: Page) -> None:
    await page.keyboard.press("?")
    await expect(page.locator("dialog[open]").first).to_be_visible()


async def wall_tab(page: Page) -> None:
    await page.click('[data-tab="approved"]')
    await expect(page.locator('.card[data-state="approved"]')).to_be_visible()


async def panic(page: Page) -> None:
    await page.keyboard.press("p")
    await page.keyboard.press("p")
    await expect(page.locator("#panic-banner")).to_be_visible()


STEPS: dict[str, Callable[[Page], Awaitable[None]]] = {
    "desk, an author": author_sheet,
    "desk, help": help_sheet,
    "desk, on the wall": wall_tab,
    "desk, panic": panic,
}


@pytest.fixture
async def house(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    """A wall with one of everything."""
    async with hall(store, data_dir) as house:
        link = Span("museum.example", SpanKind.LINK, "https://museum.example/x")
        await house.hang("Premier message", native_id="a")
        await house.hang("今晚的灯光真美", house.picture(900, 600), author="王小明", native_id="b")
        await house.hang(
            "", said=(Span("Voir "), link), url="https://a.example/1", warning="Lumières", native_id="c"
        )
        quote = Quote(author="Musée", spans=(Span("Ce soir"),))
        await house.hang("جولة رائعة", author="ليلى", quote=quote, native_id="d")
        waiting = await queue(house.hands, "En attente", "Encore un", "Le troisième", author=by("Camille"))
        await cluster(house.hands, 4)
        await house.hands.decide(waiting[2], Verdict.HOLD)
        yield house


async def look(page: Page, what: str, *, sizes: tuple[tuple[int, int], ...] = (PHONE, TABLET)) -> None:
    """Both themes, every size. Raises `AssertionError` with axe's own words."""
    for theme in ("night", "day"):
        await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        for width, height in sizes:
            await page.set_viewport_size({"width": width, "height": height})
            await page.wait_for_function(STILL)
            found = await Axe().run(page, options={"runOnly": RULES})
            assert found.response["passes"], "axe has looked at nothing"
            assert found.violations_count == 0, f"{what}, {theme}, {width}: {found.generate_report()}"


@pytest.mark.parametrize("name", PLAIN)
async def test_pages_for_everybody(browser: Browser, house: Hall, name: str) -> None:
    path, part = PLAIN[name]
    page = await page_of(browser, locale="en-GB", has_touch=True)
    await page.goto(house.served.url + path)
    await expect(page.locator(part).first).to_be_visible()
    await look(page, name)


@pytest.mark.parametrize("name", SIGNED)
async def test_pages_of_those_who_signed_in(browser: Browser, house: Hall, name: str) -> None:
    path, part = SIGNED[name]
    page = await at_the_desk(browser, house.served, role="admin")
    await page.goto(house.served.url + path)
    await expect(page.locator(part).first).to_be_visible()
    await look(page, name)


@pytest.mark.parametrize("name", STEPS)
async def test_the_desk_at_work(browser: Browser, house: Hall, name: str) -> None:
    page = await at_the_desk(browser, house.served)
    await expect(page.locator("#stage .card")).to_be_visible()
    await STEPS[name](page)
    await look(page, name)


async def test_joining_in(browser: Browser, house: Hall) -> None:
    page = await page_of(browser, locale="en-GB", has_touch=True)
    await page.goto(f"{house.served.url}/join?k={await house.served.services.auth.join_code()}")
    await page.click("#send")
    await expect(page.locator("#consent-problem")).not_to_be_empty()
    await look(page, "join, with mistakes")
    await page.fill("#text", "Quelle nuit !")
    await page.check("#consent")
    await page.click("#send")
    await expect(page.locator("#status")).to_have_attribute("data-step", "received", timeout=10_000)
    await look(page, "join, sent")


@pytest.mark.parametrize("lang", ["fr", "ar"])
async def test_the_kiosk_step_by_step(browser: Browser, store: Store, data_dir: Path, lang: str) -> None:
    async with stand(store, data_dir) as booth, booth.working():
        await booth.hang(*range(1, 25))
        page = await kiosk_of(browser, booth)
        await page.click(f'[data-lang="{lang}"]')
        await look(page, f"kiosk, start {lang}", sizes=(TABLET, (820, 1180)))
        await page.click("#start")
        await expect(page.locator("#shoot")).to_be_enabled()
        await look(page, f"kiosk, camera {lang}", sizes=(TABLET, (820, 1180)))
        await page.click("#from-phone")
        await expect(page.locator("#phone-qr img")).to_be_visible()
        await look(page, f"kiosk, phone {lang}", sizes=(TABLET,))
        await page.click('[data-view="phone"] [data-go="live"]')
        await expect(page.locator("#shoot")).to_be_enabled()
        await page.click("#shoot")
        await page.click("#keep-shot")
        await expect(page.locator("#result")).to_be_visible(timeout=20_000)
        await look(page, f"kiosk, mosaic {lang}", sizes=(TABLET, (820, 1180)))
        phone = await page_of(browser, width=390, height=844, locale=lang)
        await phone.goto(f"{booth.url}/m/{await token_of(page)}")
        await expect(phone.locator("#whole")).to_be_visible()
        await look(phone, f"mosaic {lang}")
        if lang == "ar":
            await phone.click("#delete")
            await look(phone, "mosaic, sure?")
            return
        await page.click("#contrast")
        await look(page, "kiosk, contrast", sizes=(TABLET,))
        await page.click("#delete")
        await expect(page.locator("#note-title")).not_to_be_empty()
        await look(page, "kiosk, deleted", sizes=(TABLET,))


async def test_an_author_s_receipt(browser: Browser, house: Hall) -> None:
    pid: PostId = await house.hang("Vu à l’écran", house.picture(600, 400), native_id="e")
    page = await page_of(browser, locale="fr-FR")
    await page.goto(house.served.url + await shown_path(house.served.services.auth, pid))
    await expect(page.locator("main")).to_contain_text("Vu à l’écran")
    await look(page, "receipt")


async def test_the_public_screen_as_far_as_it_can_be_read(browser: Browser, house: Hall) -> None:
    page = await page_of(browser)
    await page.goto(house.url)
    await page.wait_for_selector("html[data-state]", state="attached")
    await expect(page.locator("#wall [data-post]").first).to_be_visible()
    await at_rest(page)
    await look(page, "screen", sizes=((1920, 1080), (1080, 1920)))


async def test_a_wall_that_takes_a_break(browser: Browser, house: Hall) -> None:
    page = await page_of(browser, locale="fr-FR")
    await page.goto(f"{house.served.url}/wall")
    await house.hang("Pendant ce temps", native_id="f")
    await expect(page.locator("#news")).to_be_visible()
    await look(page, "wall, news")
    await house.hands.gate.panic(on=True, by="Anna")
    await expect(page.locator("#break")).to_be_visible()
    await look(page, "wall, break")
