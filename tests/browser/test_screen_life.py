"""The public screen over an evening: posts come and go, the desk panics, the server dies, a picture is broken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.hall import CARDS, Hall, at_rest, hall, screen, until
from tests.chromium import page_of, problems_of
from tests.stack import ADMIN, free_port
from wall.model import Digest, Picture, PostId
from wall.secret import Secret
from wall.settings import FairnessSettings, ScreenSettings, WebSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

# What the stage holds: marks each card so that it is known again, and says which ids stand.
MARK = "() => document.querySelectorAll('#wall [data-post]').forEach((card) => { card.seenBefore = card.dataset.post; })"
KNOWN = "() => [...document.querySelectorAll('#wall [data-post]')].every((card) => card.seenBefore === card.dataset.post)"


@pytest.fixture
async def venue(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    async with hall(store, data_dir) as venue:
        yield venue


def card(page: Page, pid: PostId) -> Any:
    return page.locator(f'#wall [data-post="{pid}"]')


async def shown(venue: Hall) -> dict[str, Any]:
    (state,) = await venue.screens()
    return state


async def test_a_post_that_is_approved_is_the_hero_with_its_picture_decoded(
    browser: Browser, venue: Hall
) -> None:
    first = await venue.hang("La première", venue.picture(640, 480))
    page = await screen(browser, venue)
    await expect(card(page, first)).to_have_attribute("data-role", "hero")
    second = await venue.hang("La deuxième", venue.picture(480, 640))
    await expect(card(page, second)).to_have_attribute("data-role", "hero")
    image = card(page, second).locator(".shot img").first
    assert await image.evaluate("(image) => image.complete && image.naturalWidth > 0")
    await expect(card(page, second).locator(".flag")).to_have_text("Nouveau")
    await expect(card(page, first)).to_have_attribute("data-role", "stack")
    # the receipt: the server knows what is on glass
    _, seq = await venue.hands.wall.head()
    await until(lambda: _confirmed(venue, seq), "the receipt")
    assert problems_of(page) == []


async def _confirmed(venue: Hall, seq: int) -> bool:
    return bool((await shown(venue))["applied_seq"] >= seq)


async def test_those_who_come_while_a_hero_has_its_time_enter_a_column_at_once(
    browser: Browser, venue: Hall
) -> None:
    for number in range(6):
        await venue.hang(f"Avant {number}")
    page = await screen(browser, venue)
    await at_rest(page)
    hero = await venue.hang("Je suis la voix du moment")
    await expect(card(page, hero)).to_have_attribute("data-role", "hero")
    also = [await venue.hang(f"Moi aussi {number}") for number in range(2)]
    for pid in also:
        await expect(card(page, pid)).to_be_visible(timeout=4000)
    await expect(card(page, hero)).to_have_attribute("data-role", "hero")


async def test_a_withdrawn_post_leaves_no_word_and_no_picture_behind(browser: Browser, venue: Hall) -> None:
    for number in range(5):
        await venue.hang(f"Reste {number}", venue.picture(640, 480))
    page = await screen(browser, venue)
    bad = await venue.hang("Ceci ne devait pas paraître", venue.picture(300, 300, (250, 10, 10)))
    await expect(card(page, bad)).to_have_attribute("data-role", "hero")
    after = await venue.hang("Une autre voix")  # the former hero is on its way out or in a column now
    await expect(card(page, after)).to_be_visible()
    await venue.take_down(bad)
    _, seq = await venue.hands.wall.head()
    await until(lambda: _confirmed(venue, seq), "the receipt")
    assert "ne devait pas" not in await page.evaluate("document.body.textContent")
    await expect(card(page, bad)).to_have_count(0)
    assert await page.locator(CARDS).count() >= 3, "the gap is filled again"
    assert (await shown(venue))["errors"] == 0


async def test_taking_down_everything_ends_in_the_invitation(browser: Browser, venue: Hall) -> None:
    pids = [await venue.hang(f"Voix {number}") for number in range(8)]
    page = await screen(browser, venue)
    await expect(page.locator("html")).to_have_attribute("data-state", "live")
    for pid in pids:
        await venue.take_down(pid)
    await expect(page.locator("html")).to_have_attribute("data-state", "empty")
    await expect(page.locator(CARDS)).to_have_count(0)
    again = await venue.hang("Quelqu’un revient")
    await expect(card(page, again)).to_have_attribute("data-role", "hero")
    await expect(page.locator("html")).to_have_attribute("data-state", "live")


async def test_panic_shows_the_slate_and_never_a_blank(browser: Browser, venue: Hall) -> None:
    pid = await venue.hang("Bonsoir")
    page = await screen(browser, venue)
    slate = page.locator("#slate")
    await expect(card(page, pid)).to_be_visible()
    await venue.hands.gate.panic(on=True, by="Anna")
    await expect(slate).to_be_visible()
    await expect(slate).to_contain_text("La Nuit des Lumières")
    assert await page.evaluate(
        "document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest('#slate') !== null"
    )
    late = await venue.hang("Pendant la panique")
    await venue.hands.gate.panic(on=False, by="Anna")
    await expect(slate).to_be_hidden()
    await expect(card(page, late)).to_be_visible()


async def test_the_keyboard_of_the_screen_itself_shows_the_slate(browser: Browser, venue: Hall) -> None:
    page = await screen(browser, venue)
    slate = page.locator("#slate")
    await page.keyboard.press("b")
    await expect(slate).to_be_hidden()
    for _ in range(2):  # close together, as a finger does it
        await page.keyboard.press("b")
    await expect(slate).to_be_visible()
    await page.keyboard.press("Control+Alt+b")
    await expect(slate).to_be_hidden()


async def test_a_server_that_dies_and_comes_back_changes_nothing_but_what_is_new(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    web = WebSettings(port=free_port(), admin_token=Secret(ADMIN))
    calm = {"web": web, "fairness": FairnessSettings(seconds=0)}  # nobody is owed a seat meanwhile
    async with hall(store, data_dir, **calm) as venue:
        for number in range(6):
            await venue.hang(f"Voix {number}", venue.picture(640, 480))
        page = await screen(browser, venue)
        await at_rest(page)
        await page.evaluate(MARK)
        standing = await page.locator(CARDS).count()
    await expect(page.locator("#dot")).to_be_visible()
    assert await page.locator(CARDS).count() == standing
    assert await page.evaluate(KNOWN)
    async with hall(store, data_dir, **calm) as venue:
        await expect(page.locator("#dot")).to_be_hidden(timeout=15_000)
        assert await page.evaluate(KNOWN), "the snapshot drew again what stood already"
        late = await venue.hang("De retour", native_id="late")
        await expect(card(page, late)).to_be_visible()


async def test_a_picture_that_cannot_be_had_never_breaks_the_wall(browser: Browser, venue: Hall) -> None:
    page = await screen(browser, venue)
    lost = Picture(digest=Digest("0" * 64), width_px=640, height_px=480, colour="#336699")
    words = await venue.hang("Sans image, mais avec des mots", lost)
    await expect(card(page, words)).to_have_attribute("data-form", "field")
    nothing = await venue.hang("", lost)
    good = await venue.hang("Tout va bien", venue.picture(640, 480))
    await expect(card(page, good)).to_be_visible()
    await expect(card(page, nothing)).to_have_count(0)
    await until(lambda: _errors(venue), "the count of errors")


async def _errors(venue: Hall) -> int:
    health = (await shown(venue))["health"]  # null before the first beat
    return int(health["decode_errors"]) if health else 0


async def test_what_was_decoded_before_the_worker_came_is_loaded_again_before_it_is_shown(
    browser: Browser, venue: Hall
) -> None:
    digests = [venue.picture(900, 600, (30 + 20 * n, 90, 150)).digest for n in range(12)]
    page = await page_of(browser)
    await page.add_init_script(
        """globalThis.taken = new Promise((done) => {
          navigator.serviceWorker.addEventListener("controllerchange", done);
        });"""
    )
    await page.goto(venue.url)
    found = await page.evaluate(
        """async (digests) => {
          const script = document.querySelector("script[src*='js/screen']").src;
          const { Pictures } = await import(new URL("stage/pictures.js", script));
          const isThere = ({ complete, naturalWidth }) => complete && naturalWidth > 0;
          const there = (urls) => urls.map((src) => isThere(Object.assign(new Image(), { src })));
          const pictures = new Pictures();
          const urls = digests.map((digest) => Pictures.url(digest, "medium"));
          await Promise.all(urls.map((url) => pictures.load(url)));
          await taken;
          await new Promise((done) => setTimeout(done)); // everybody has heard of it
          const wrong = urls.filter((url) => pictures.has(url) && !there([url])[0]);
          await Promise.all(urls.map((url) => pictures.load(url)));
          return { wrong, there: there(urls), has: urls.map((url) => pictures.has(url)) };
        }""",
        digests,
    )
    assert found == {"wrong": [], "there": [True] * 12, "has": [True] * 12}


@pytest.mark.slow
async def test_the_page_keeps_its_size(browser: Browser, venue: Hall) -> None:
    for number in range(10):
        await venue.hang(f"Avant {number}", venue.picture(640, 480))
    page = await screen(browser, venue)
    await at_rest(page)
    nodes = await page.evaluate("document.querySelectorAll('*').length")
    for number in range(25):
        last = await venue.hang(f"Encore une voix, la {number}e", venue.picture(320, 200 + number))
    await until(lambda: _is_shown(venue, last), "the last post")
    await at_rest(page)
    assert abs(await page.evaluate("document.querySelectorAll('*').length") - nodes) <= 60
    assert problems_of(page) == []


async def _is_shown(venue: Hall, pid: PostId) -> bool:
    return pid in (await shown(venue))["shown"]


async def test_reduced_motion_moves_nothing(browser: Browser, venue: Hall) -> None:
    await venue.hang("Avant", venue.picture(640, 480))
    page = await screen(browser, venue, reduced_motion="reduce")
    await page.evaluate(
        """() => { globalThis.moved = []; const animate = Element.prototype.animate;
        Element.prototype.animate = function (frames, options) {
          if (frames.some((frame) => "transform" in frame)) globalThis.moved.push(this.className);
          return animate.call(this, frames, options);
        }; }"""
    )
    pid = await venue.hang("Après", venue.picture(480, 640))
    await expect(card(page, pid)).to_have_attribute("data-role", "hero")
    assert await page.evaluate("globalThis.moved") == []


async def test_the_desk_asks_which_screen_this_is(browser: Browser, venue: Hall) -> None:
    page = await screen(browser, venue)
    await until(venue.screens, "the screen in the list")
    status, _ = await venue.served.post(
        "/api/v1/screens/hall-a/command", json={"command": "identify"}, headers=venue.served.admin
    )
    assert status == 202
    await expect(page.locator("#identify")).to_have_text("hall-a")
    await expect(page.locator("#identify")).to_be_visible()


async def test_the_code_is_renewed_and_the_frame_moves_a_little(browser: Browser, venue: Hall) -> None:
    page = await page_of(browser)
    await page.clock.install()
    await page.goto(venue.url)
    code = await page.locator("#qr").get_attribute("src")
    assert await page.locator("#orbit").evaluate("(node) => node.style.transform") == ""
    await page.clock.run_for("04:00")
    await expect(page.locator("#qr")).not_to_have_attribute("src", code or "")
    assert await page.locator("#qr").evaluate("(image) => image.complete && image.naturalWidth > 0")
    assert "translate" in await page.locator("#orbit").evaluate("(node) => node.style.transform")


async def test_a_screen_that_nobody_can_reach_shows_the_slate_in_the_end(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    only_posts = ScreenSettings(layout="bento")  # nothing evergreen is there to stand instead
    async with hall(store, data_dir, screen=only_posts) as venue:
        pid = await venue.hang("Bonsoir")
        page = await page_of(browser)
        await page.clock.install()
        await page.goto(venue.url)
        await expect(card(page, pid)).to_be_visible()
    await page.clock.fast_forward("00:30")
    await expect(page.locator("#dot")).to_be_visible()
    await expect(page.locator("#slate")).to_be_hidden()
    await page.clock.fast_forward("14:00")
    await expect(page.locator("#slate")).to_be_hidden()
    await page.clock.fast_forward("02:00")
    await expect(page.locator("#slate")).to_be_visible()
