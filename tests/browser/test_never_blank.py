"""What the public sees when there is no server, no network, no room on the disk, or a new version: never a blank."""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.browser.hall import CARDS, Hall, at_rest, hall, until
from tests.chromium import page_of, problems_of
from tests.stack import ADMIN, free_port
from wall.media.decode import render
from wall.model import Picture, PostId
from wall.secret import Secret
from wall.settings import WebSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    const keys = await (await caches.open(name)).keys();
    found[name] = keys.map(({ url }) => new URL(url).pathname + new URL(url).search);
  }
  return found;
}"""
RECORD = """async () => {
  const asked = indexedDB.open("parvis.screen.hall-a");
  const base = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const store = base.transaction("parts").objectStore("parts");
  const read = (name) => new Promise((done) => { store.get(name).onsuccess = (e) => done(e.target.result); });
  const found = { position: await read("position"), posts: await read("posts"), note: await read("note") };
  base.close();
  return found;
}"""
BROKEN = """(all) => all
  .filter((image) => image.getAttribute("src") && image.checkVisibility() && !image.naturalWidth)
  .map(({ src }) => src)"""
ALL_TEXT = """async () => {
  const texts = [];
  for (const name of await caches.keys()) {
    const shelf = await caches.open(name);
    for (const key of await shelf.keys()) texts.push(await (await shelf.match(key)).text());
  }
  return texts.join("");
}"""
HTTP_CACHE = """(path) => fetch(path, { cache: "only-if-cached", mode: "same-origin" }).then(() => true, () => false)"""


def web() -> WebSettings:
    return WebSettings(port=free_port(), admin_token=Secret(ADMIN))


def card(page: Page, pid: PostId) -> Any:
    return page.locator(f'{CARDS}[data-post="{pid}"]')


async def kept(page: Page) -> dict[str, list[str]]:
    found: dict[str, list[str]] = await page.evaluate(KEPT)
    return found


async def is_kept(page: Page) -> bool:
    """The page, its files and the code to join are on the device."""
    found = await kept(page)
    return "/screen/hall-a" in found.get("parvis-screen-pages", []) and "/join/qr.svg" in found.get(
        "parvis-screen-assets", []
    )


async def record(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate(RECORD)
    return found


async def knows(page: Page, *pids: PostId) -> bool:
    return set(pids) <= {post["id"] for post in (await record(page))["posts"] or []}


async def has_pictures(page: Page, count: int) -> bool:
    return len({path.split("/")[2] for path in (await kept(page)).get("parvis-screen-pictures", [])}) >= count


async def stands(page: Page) -> None:
    """Wait until the device keeps what it needs to show this screen again."""
    await until(lambda: is_kept(page), "the kept page", within_s=20)


async def test_a_reload_without_a_server_paints_the_wall_again(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir, web=web()) as venue:
        pids = [await venue.hang(f"Voix {number}", venue.picture(640, 480 + number)) for number in range(5)]
        page = await witnessed(browser, venue)
        await stands(page)
        await until(lambda: knows(page, *pids), "the record")
        await until(lambda: has_pictures(page, 5), "the pictures")
    await page.reload(wait_until="commit")
    await page.wait_for_selector("html[data-state=live]", state="attached")
    await expect(page.locator(CARDS).first).to_be_visible()
    first_ms = await until(lambda: page.evaluate("globalThis.firstMs"), "the first post on the glass")
    sys.stdout.write(f"reload without a server -> posts on the glass: {first_ms:.0f} ms\n")
    await at_rest(page)
    for pid in pids:
        await expect(card(page, pid)).to_be_visible()
    pictures = page.locator(f"{CARDS} .shot img:visible")
    assert await pictures.count() >= 3
    assert await pictures.evaluate_all("(all) => all.every((image) => image.naturalWidth > 0)")
    await expect(page.locator("#dot")).to_be_visible()
    await expect(page.locator("#slate")).to_be_hidden()
    assert await page.locator("img").evaluate_all(BROKEN) == [], "the code to join is there too"


async def test_a_server_that_takes_the_call_and_says_nothing_is_none(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    settings = web()
    async with hall(store, data_dir, web=settings) as venue:
        pid = await venue.hang("Bonsoir", venue.picture(640, 480))
        page = await witnessed(browser, venue)
        await stands(page)
        await until(lambda: knows(page, pid), "the record")
        await until(lambda: has_pictures(page, 1), "the picture", within_s=15)
    held: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", settings.port)
    try:
        await page.reload(wait_until="commit", timeout=10_000)
        await expect(card(page, pid)).to_be_visible()
        first_ms = await until(lambda: page.evaluate("globalThis.firstMs"), "the first post on the glass")
        sys.stdout.write(f"reload with a silent server -> posts on the glass: {first_ms:.0f} ms\n")
        assert held, "it was asked first"
    finally:
        silent.close()
        for writer in held:
            writer.close()


# What ever stood in the page, by id; and a wall clock that a test can set without touching any timer.
WITNESS = """(() => {
  globalThis.seen = new Set();
  new MutationObserver(() => {
    for (const node of document.querySelectorAll("[data-post]")) seen.add(node.dataset.post);
    if (!globalThis.firstMs && document.querySelector(".scene:not(.coming) [data-post]")) {
      requestAnimationFrame(() => requestAnimationFrame((now) => { globalThis.firstMs ??= now; }));
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-post", "class"] });
  const real = Date.now.bind(Date);
  Date.now = () => real() + Number(sessionStorage.getItem("test.shift") ?? 0);
})()"""
STANDS = "#slate:visible, .title:visible, .scene:visible"  # what is there where no post may be
SHIFT = "(ms) => sessionStorage.setItem('test.shift', String(ms))"


async def witnessed(browser: Browser, venue: Hall, *, has_clock: bool = False) -> Page:
    page = await page_of(browser)
    if has_clock:
        await page.clock.install()
    await page.add_init_script(WITNESS)
    await page.goto(venue.url)
    await page.wait_for_selector("html[data-state]", state="attached")
    return page


async def seen(page: Page) -> set[str]:
    return set(await page.evaluate("[...globalThis.seen]"))


async def test_what_was_taken_down_never_comes_back(browser: Browser, store: Store, data_dir: Path) -> None:
    async with hall(store, data_dir, web=web()) as venue:
        early, late = venue.picture(640, 480), venue.picture(480, 640)
        first = await venue.hang("Zanzibar au clair de lune", early)
        page = await witnessed(browser, venue)  # its picture is loaded before there is a worker
        stays = await venue.hang("Ceci reste", venue.picture(600, 500))
        await stands(page)
        second = await venue.hang("Cela aussi", late)
        await until(lambda: knows(page, first, second, stays), "the record")
        await until(lambda: has_pictures(page, 3), "the pictures", within_s=15)
        (worker,) = page.context.service_workers
        at_first = [
            await worker.evaluate(HTTP_CACHE, f"/media/{early.digest}/{size}") for size in ("medium", "large")
        ]
        assert any(at_first), "else this test looks for nothing in the browser's own cache"
        for pid in (first, second):
            await venue.take_down(pid)
        _, seq = await venue.hands.wall.head()
        await until(lambda: confirmed(venue, seq), "the receipt")
        # the receipt has come: from here on the plug may be pulled
        found = await kept(page)
        assert not [p for p in found["parvis-screen-pictures"] if early.digest in p or late.digest in p]
        assert {post["id"] for post in (await record(page))["posts"]} == {stays}
        await until(lambda: rinsed(worker, early.digest), "the browser's own cache")
    await page.reload(wait_until="commit")
    await expect(card(page, stays)).to_be_visible()
    await at_rest(page)
    assert await seen(page) == {stays}
    assert "Zanzibar" not in await page.evaluate("document.body.textContent")
    assert "Zanzibar" not in await page.evaluate(ALL_TEXT)


async def confirmed(venue: Hall, seq: int) -> bool:
    (state,) = await venue.screens()
    return bool(state["applied_seq"] >= seq)


async def rinsed(worker: Any, digest: str) -> bool:
    sizes = ("small", "medium", "large", "avatar")
    return not any([await worker.evaluate(HTTP_CACHE, f"/media/{digest}/{size}") for size in sizes])


async def test_what_went_while_the_screen_was_away_is_gone_before_it_is_confirmed(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    settings = web()
    async with hall(store, data_dir, web=settings) as venue:
        pids = [await venue.hang(f"Voix {number}") for number in range(3)]
        page = await witnessed(browser, venue)
        await stands(page)
        await until(lambda: knows(page, *pids), "the record")
        hands = venue.hands
    await expect(page.locator("#dot")).to_be_visible()
    await hands.gate.withdraw(pids[0], why="withdrawn", by="test", source="")
    async with hall(store, data_dir, web=settings) as venue:
        _, seq = await venue.hands.wall.head()
        await until(lambda: confirmed_by_one(venue, seq), "the receipt", within_s=15)
        assert pids[0] not in {post["id"] for post in (await record(page))["posts"]}
    await page.reload(wait_until="commit")
    await expect(card(page, pids[1])).to_be_visible()
    assert await seen(page) == set(pids[1:])


async def confirmed_by_one(venue: Hall, seq: int) -> bool:
    return any(state["applied_seq"] >= seq for state in await venue.screens())


async def at_most(page: Page, count: int) -> list[str] | None:
    found = (await kept(page))["parvis-screen-pictures"]
    return found if len(found) <= count else None


ASK = """async ([digest, message]) => {
  const shelf = await caches.open("parvis-screen-pictures");
  await shelf.put(`/media/${digest}/large`, new Response("a picture"));
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((done) => { port1.onmessage = ({ data }) => done(data); });
  navigator.serviceWorker.controller.postMessage(message, [port2]);
  await answer;
  return Boolean(await shelf.match(`/media/${digest}/large`));
}"""
CROWD = """async () => {
  const shelf = await caches.open("parvis-screen-pictures");
  for (let n = 0; n < 405; n++) await shelf.put(`/media/${String(n).padStart(64, "0")}/small`, new Response("old"));
}"""


async def test_pictures_are_bounded_and_let_go_at_once(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir, web=web()) as venue:
        picture = venue.picture(640, 480)
        await venue.hang("Bonsoir", picture)
        page = await witnessed(browser, venue)
        await stands(page)
        await until(lambda: has_pictures(page, 1), "the picture", within_s=15)
        digest = "f" * 64
        assert await page.evaluate(ASK, [digest, {"type": "forget", "digests": ["e" * 64]}])
        assert not await page.evaluate(ASK, [digest, {"type": "forget", "digests": [digest]}])
        await page.evaluate(CROWD)
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("ServiceWorker.enable")
        await devtools.send("ServiceWorker.stopAllWorkers")  # it knows nothing by heart
        newest = f"/media/{picture.digest}/small"
        await page.evaluate("(path) => fetch(path).then((answer) => answer.blob()).then(() => {})", newest)
        found = await until(lambda: at_most(page, 400), "room")
        assert newest in found, "the oldest go, not the newest"


async def cut_off(
    browser: Browser, store: Store, data_dir: Path, *, has_clock: bool = False
) -> tuple[Page, PostId]:
    """A page with one post, and nobody to talk to. `has_clock`: its timers are the test's."""
    async with hall(store, data_dir, web=web()) as venue:
        pid = await venue.hang("Bonsoir", venue.picture(640, 480))
        page = await witnessed(browser, venue, has_clock=has_clock)
        await stands(page)
        await until(lambda: knows(page, pid), "the record")
        await until(lambda: noted(page), "the note of the last contact")
    await expect(page.locator("#dot")).to_be_visible()
    await expect(card(page, pid)).to_be_visible()
    return page, pid


async def noted(page: Page) -> bool:
    return (await record(page))["note"] is not None


@pytest.mark.parametrize(
    "shift_s", [16 * 60, *(pytest.param(s, marks=pytest.mark.slow) for s in (-3600, 24 * 3600))]
)
async def test_a_reload_after_too_long_or_with_another_clock_shows_no_post(
    browser: Browser, store: Store, data_dir: Path, shift_s: int
) -> None:
    page, pid = await cut_off(browser, store, data_dir)
    await page.reload(wait_until="commit")  # a moment later: it stands again
    await expect(card(page, pid)).to_be_visible()
    await page.evaluate(SHIFT, shift_s * 1000)
    await reloads_without_posts(page)


@pytest.mark.parametrize("shift_s", [3600, -3600])
@pytest.mark.slow
async def test_a_clock_that_jumps_while_nobody_answers_ends_the_posts(
    browser: Browser, store: Store, data_dir: Path, shift_s: int
) -> None:
    page, pid = await cut_off(browser, store, data_dir, has_clock=True)
    await page.clock.run_for("00:31")
    await expect(card(page, pid)).to_be_visible()
    await page.evaluate(SHIFT, shift_s * 1000)
    await page.clock.run_for("00:31")
    await expect(card(page, pid)).to_have_count(0)
    await expect(page.locator(STANDS).first).to_be_visible()
    await page.evaluate(SHIFT, 0)  # the clock is right again, but nobody knows that
    await page.clock.run_for("00:31")
    await until(lambda: is_doubtful(page), "the note of the doubt")
    await reloads_without_posts(page)


async def reloads_without_posts(page: Page) -> None:
    await page.reload(wait_until="commit")
    await page.wait_for_selector("html[data-state]", state="attached")
    await expect(page.locator("#dot")).to_be_visible()
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert await seen(page) == set()
    await expect(page.locator(STANDS).first).to_be_visible()


async def is_doubtful(page: Page) -> bool:
    return bool((await record(page))["note"]["isDoubtful"])


@pytest.mark.slow
async def test_a_full_disk_leaves_the_screen_running(browser: Browser, store: Store, data_dir: Path) -> None:
    async with hall(store, data_dir, web=web()) as venue:
        await venue.hang("Avant", venue.picture(640, 480))
        page = await witnessed(browser, venue)
        await stands(page)
        used = await page.evaluate("navigator.storage.estimate().then(({ usage }) => usage)")
        devtools = await page.context.new_cdp_session(page)
        origin = venue.url.removesuffix("/screen/hall-a")
        await devtools.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": used + 400_000})
        for number in range(8):
            last = await venue.hang(f"Pendant {number}", noise(venue))
            await expect(card(page, last)).to_be_visible(timeout=15_000)
        await until(lambda: told(venue, "disk-full"), "the word of a full disk", within_s=20)
        assert problems_of(page) == []
        assert await is_kept(page)
    await page.reload(wait_until="commit")
    await page.wait_for_selector("html[data-state]", state="attached")
    await expect(page.locator(CARDS).first).to_be_visible()  # the posts took the room of some pictures


def noise(venue: Hall) -> Picture:
    """A picture that no format makes small."""
    out = io.BytesIO()
    Image.merge("RGB", [Image.effect_noise((1000, 800), 90) for _ in range(3)]).save(out, "JPEG", quality=90)
    return venue.served.services.media.put(render(out.getvalue()))


async def told(venue: Hall, word: str) -> bool:
    return any(
        word in reason
        for state in await venue.screens()
        for reason in (state["health"] or {}).get("reasons", [])
    )
