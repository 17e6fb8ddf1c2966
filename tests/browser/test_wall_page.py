"""The wall for everybody as its readers meet it: by phone, by keyboard, by ear, without scripts, on another site."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from tests.browser.hall import Hall, hall, until
from tests.chromium import page_of, problems_of
from tests.stack import free_port
from wall.model import Quote, Span, SpanKind
from wall.settings import WebSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

TARGETS = (Path(__file__).parent / "targets.js").read_text(encoding="utf-8")
ALL = "#feed > article"
# Where the article that is being read stands in the window.
PLACE = "id => document.querySelector(`[data-post='${id}']`).getBoundingClientRect().top"
BUILT = (Path(__file__).parent / "drawn_twice.js").read_text(encoding="utf-8")


@pytest.fixture
async def house(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    async with hall(store, data_dir) as house:
        yield house


async def reading(browser: Browser, house: Hall, query: str = "", **more: object) -> Page:
    page = await page_of(browser, **{"width": 390, "height": 844, "locale": "en-GB", **more})  # type: ignore[arg-type]
    await page.goto(f"{house.served.url}/wall{query}")
    return page


async def live(page: Page) -> None:
    """The page follows the wall: its server has a reader more."""
    await page.wait_for_function("() => !document.getElementById('pause').hidden")


async def test_new_messages_wait_until_the_reader_asks(browser: Browser, house: Hall) -> None:
    pids = [await house.hang(f"Message {n}. " + "Un parvis plein de lanternes. " * 12) for n in range(8)]
    page = await reading(browser, house)
    await live(page)
    await page.locator(f"[data-post='{pids[2]}']").scroll_into_view_if_needed()
    place = await page.evaluate(PLACE, pids[2])
    newest = await house.hang("Tout neuf")
    await house.hang("Plus neuf encore")
    await expect(page.locator("#news")).to_have_text("Show 2 new messages")
    await expect(page.locator("#voice")).to_have_text("2 new messages")
    await expect(page).to_have_title("(2) The wall · La Nuit des Lumières")
    assert await page.evaluate(PLACE, pids[2]) == place
    assert await page.locator(ALL).count() == 8
    await page.click("#news")
    await expect(page.locator(ALL)).to_have_count(10)
    await expect(page.locator(ALL).first).to_contain_text("Plus neuf encore")
    await expect(page.locator(ALL).first).to_be_focused()
    await expect(page.locator(f"[data-post='{newest}']")).to_be_visible()
    await expect(page.locator("#news")).to_be_hidden()
    assert problems_of(page) == []


async def test_what_is_taken_down_disappears_and_leaves_no_trace(browser: Browser, house: Hall) -> None:
    photo = house.picture(600, 400)
    kept = [await house.hang(f"Message {n}. " + "Un parvis plein de lanternes. " * 12) for n in range(6)]
    gone = await house.hang("à retirer", photo, author="Quelqu’un")
    page = await reading(browser, house)
    await live(page)
    await page.locator(f"[data-post='{kept[1]}']").scroll_into_view_if_needed()
    await page.locator(f"[data-post='{gone}']").evaluate("node => node.focus({ preventScroll: true })")
    place = await page.evaluate(PLACE, kept[1])
    waiting = await house.hang("jamais montré")
    await expect(page.locator("#news")).to_be_visible()
    await house.take_down(gone)
    await house.take_down(waiting)
    await expect(page.locator(f"[data-post='{gone}']")).to_have_count(0)
    await expect(page.locator("#news")).to_be_hidden()
    for trace in ("à retirer", "Quelqu’un", photo.digest, "jamais montré"):
        assert trace not in await page.content()
    assert await page.evaluate("document.activeElement.dataset.post") == kept[5]
    assert abs(await page.evaluate(PLACE, kept[1]) - place) < 2
    assert problems_of(page) == []


async def test_a_page_that_was_away_catches_up_and_says_when_it_is_cut_off(
    browser: Browser, house: Hall
) -> None:
    first = await house.hang("Un")
    await house.hang("Deux")
    page = await reading(browser, house)
    await live(page)
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('pagehide'))")  # as a phone that goes into a pocket
    await house.take_down(first)
    await house.hang("Trois")
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await expect(page.locator("#offline")).to_contain_text("No connection", timeout=10_000)
    await page.context.set_offline(False)
    await expect(page.locator(f"[data-post='{first}']")).to_have_count(0)
    await expect(page.locator("#news")).to_have_text("Show 1 new message")
    await expect(page.locator("#offline")).to_be_hidden()


async def test_a_panic_takes_everything_away_and_its_end_brings_it_back(
    browser: Browser, house: Hall
) -> None:
    await house.hang("Bonsoir")
    page = await reading(browser, house, "?lang=fr")
    await live(page)
    await house.hands.gate.panic(on=True, by="Anna")
    await expect(page.locator("#break")).to_contain_text("courte pause")
    await expect(page.locator(ALL)).to_have_count(0)
    assert "Bonsoir" not in await page.content()
    await house.hands.gate.panic(on=False, by="Anna")
    await expect(page.locator(ALL)).to_have_count(1)
    await expect(page.locator("#break")).to_be_hidden()


async def test_pause_is_quiet_but_removals_go_on(browser: Browser, house: Hall) -> None:
    first = await house.hang("Un")
    page = await reading(browser, house)
    await live(page)
    await page.click("#pause")
    await expect(page.locator("#pause")).to_have_attribute("aria-pressed", "true")
    await house.hang("Deux")
    await house.take_down(first)
    await expect(page.locator(f"[data-post='{first}']")).to_have_count(0)
    await expect(page.locator("#news")).to_be_hidden()
    await page.click("#pause")
    await expect(page.locator("#news")).to_have_text("Show 1 new message")


async def test_older_messages_come_below_and_the_focus_goes_on(browser: Browser, house: Hall) -> None:
    pids = [await house.hang(f"Message {n}") for n in range(45)]
    page = await reading(browser, house)
    await live(page)
    await expect(page.locator(ALL)).to_have_count(20)
    await page.click("#more")
    await expect(page.locator(ALL)).to_have_count(40)
    await expect(page.locator(f"[data-post='{pids[24]}']")).to_be_focused()
    await page.keyboard.press("PageDown")
    await expect(page.locator(f"[data-post='{pids[23]}']")).to_be_focused()
    await page.keyboard.press("PageUp")
    await page.keyboard.press("PageUp")
    await expect(page.locator(f"[data-post='{pids[25]}']")).to_be_focused()
    await page.click("#more")
    await expect(page.locator(ALL)).to_have_count(45)
    await expect(page.locator("#more")).to_have_count(0)
    order = await page.locator(ALL).evaluate_all("nodes => nodes.map(node => node.dataset.post)")
    assert order == pids[::-1]
    places = await page.locator(ALL).evaluate_all("nodes => nodes.map(node => +node.ariaPosInSet)")
    assert places == list(range(1, 46))


async def test_a_crowd_is_bounded_and_a_press_shows_the_newest(browser: Browser, house: Hall) -> None:
    await house.hang("Avant")
    page = await reading(browser, house)
    await live(page)
    for n in range(70):
        await house.hang(f"Foule {n}")
    await expect(page.locator("#news")).to_have_text("Show 70 new messages")
    await page.click("#news")
    await expect(page.locator(ALL)).to_have_count(20)
    await expect(page.locator(ALL).first).to_contain_text("Foule 69")
    await expect(page.locator("#more")).to_be_visible()


async def test_without_scripts_it_is_all_there(browser: Browser, house: Hall) -> None:
    for n in range(25):
        await house.hang(f"Message {n}")
    page = await reading(browser, house, java_script_enabled=False, locale="fr-FR")
    await expect(page.locator(ALL)).to_have_count(20)
    await expect(page.locator("#pause, #news").first).to_be_hidden()
    await page.click("text=Messages plus anciens")
    await expect(page.locator(ALL)).to_have_count(5)
    await page.click("text=English")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.locator(ALL)).to_have_count(5)
    await page.click("text=Back to the newest")
    await expect(page.locator(ALL)).to_have_count(20)


async def test_what_scripts_draw_is_what_the_server_writes(browser: Browser, house: Hall) -> None:
    link = Span("museum.example", SpanKind.LINK, "https://museum.example/x")
    lie = Span("ici", SpanKind.LINK, "javascript:alert(1)")
    await house.hang(
        "", said=(Span("Voir "), link, Span(" et "), lie, Span("\n#Nuit", SpanKind.TAG)), lang="fr"
    )
    await house.hang(
        "今晚的灯光真美", house.picture(900, 600), house.picture(400, 1600), author="王小明", lang="en"
    )
    await house.hang("جولة رائعة", author="ليلى", warning="<b>", url="https://a.example/1", network="bluesky")
    await house.hang(
        "Привет", quote=Quote(author="Музей", spans=(Span("Ждём вас"),)), is_film=True, network="peertube"
    )
    await house.hang("<i>not</i> &amp; markup", author="@zoé", network="nobody-knows")
    await house.hang("", house.picture(300, 300), author="🎈 Ballon", url="javascript:alert(1)")
    page = await reading(browser, house, "?lang=fr")
    await live(page)
    pairs = await page.evaluate(BUILT)
    assert len(pairs) == 6
    for server, script in pairs:
        assert server == script


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(320, 256, "dark"), (320, 640, "light"), (1280, 800, "dark")]
)
async def test_it_reads_well_at_every_width(
    browser: Browser, house: Hall, width: int, height: int, scheme: str
) -> None:
    """320 by 256 is what 1280 by 1024 becomes at 400 %."""
    await house.hang("Donaudampfschifffahrtsgesellschaftskapitän" * 4, author="Unnom" * 20)
    await house.hang(
        "Portrait", house.picture(200, 800), house.picture(1600, 400), url=f"https://a.example/{'x' * 200}"
    )
    for lang in ("fr", "zh"):
        page = await reading(
            browser, house, f"?lang={lang}", width=width, height=height, color_scheme=scheme, has_touch=True
        )
        await live(page)
        assert await page.evaluate("document.documentElement.dataset.theme") == (
            "night" if scheme == "dark" else "day"
        )
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        wrong = [line for line in await page.evaluate(TARGETS, 44) if "museum" not in line]
        assert wrong == []
        await page.context.close()


async def test_paper_has_the_messages_and_nothing_to_press(browser: Browser, house: Hall) -> None:
    await house.hang("Sur papier", url="https://a.example/1")
    page = await reading(browser, house, color_scheme="dark")
    await live(page)
    await page.emulate_media(media="print")
    await expect(page.locator("#pause")).to_be_hidden()
    await expect(page.locator(".languages")).to_be_hidden()
    seen = "([part, name]) => getComputedStyle(document.querySelector(part))[name]"
    for part in ("html", "body", ".post"):
        assert await page.evaluate(seen, [part, "backgroundColor"]) == "rgba(0, 0, 0, 0)", part
    assert await page.evaluate(seen, [".post", "color"]) == "oklch(0.15 0 0)"


# -- on another site -----------------------------------------------------------------------------------------------

HOST = """<!doctype html><html lang="fr"><head><title>Musée</title>
<style>* {{ color: red !important; font-size: 40px }} article {{ display: none }}</style></head>
<body><h1>Musée</h1><div id="there" data-parvis-wall data-limit="3" data-theme="night"></div>
<script async src="{wall}/embed.js"></script>
<iframe src="{wall}/wall?embed=1" width="400" height="600" title="Le mur"></iframe></body></html>"""
POLICY = "; ".join((
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "script-src {wall}",
    "connect-src {wall}",
    "img-src {wall}",
    "frame-src {wall}",
    "require-trusted-types-for 'script'",
))  # fmt: skip


@pytest.fixture
async def museum(store: Store, data_dir: Path) -> AsyncIterator[tuple[Hall, str]]:
    """A strict site of somebody else, on another origin, that shows the wall."""
    port = free_port()
    origin = f"http://localhost:{port}"
    settings = WebSettings(port=free_port(), embed_on=(origin,))
    async with hall(store, data_dir, web=settings) as house:

        async def front(_: web.Request) -> web.Response:
            headers = {"content-security-policy": POLICY.format(wall=house.served.url)}
            return web.Response(
                text=HOST.format(wall=house.served.url), content_type="text/html", headers=headers
            )

        app = web.Application()
        app.router.add_get("/", front)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield house, origin
        await runner.cleanup()


async def test_another_site_shows_the_wall_and_what_is_taken_down_leaves_it(
    browser: Browser, museum: tuple[Hall, str]
) -> None:
    house, origin = museum
    for n in range(4):
        await house.hang(f"Message {n}", house.picture(300, 200, (40 * n, 90, 150)), author=f"<b>{n}</b>")
    page = await page_of(browser, width=900, height=900)
    await page.goto(f"{origin}/")
    cards = page.locator("#there article")
    await expect(cards).to_have_count(3)
    await expect(cards.first).to_contain_text("<b>3</b>")
    await expect(page.frame_locator("iframe").locator(ALL)).to_have_count(4)
    await until(
        lambda: page.evaluate(
            "document.querySelector('#there').shadowRoot.querySelector('img').naturalWidth"
        ),
        "a picture",
    )
    colour, size = await cards.first.evaluate(
        "node => [getComputedStyle(node).color, getComputedStyle(node).display]"
    )
    assert (colour == "rgb(255, 0, 0)", size) == (False, "grid")
    gone = await house.hang("à retirer")
    await expect(page.locator("#there button")).to_have_text("Afficher 1 nouveau message")
    await page.click("#there button")
    await expect(cards.first).to_contain_text("à retirer")
    await expect(cards).to_have_count(3)
    await house.take_down(gone)
    await expect(cards.first).to_contain_text("Message 3")
    await house.hands.gate.panic(on=True, by="Anna")
    await expect(page.locator("#there .note")).to_contain_text("courte pause")
    await expect(cards).to_have_count(0)
    await house.hands.gate.panic(on=False, by="Anna")
    await expect(cards).to_have_count(3)
    assert await page.evaluate("localStorage.length + document.cookie.length") == 0
    assert problems_of(page) == []


async def test_a_site_that_was_not_named_gets_no_frame(browser: Browser, museum: tuple[Hall, str]) -> None:
    _, origin = museum
    page = await page_of(browser)
    await page.goto(origin.replace("localhost", "127.0.0.1") + "/")
    await expect(page.locator("iframe")).to_be_visible()
    await until(lambda: _has(page, "frame-ancestors"), "a refusal")
    await expect(page.frame_locator("iframe").locator(ALL)).to_have_count(0)


async def _has(page: Page, word: str) -> bool:
    return any(word in problem for problem in problems_of(page))
