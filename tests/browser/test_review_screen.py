"""The screen under what goes wrong: layouts that fail, lines that break between two words, posts that are pushed out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.hall import hall, until
from tests.browser.test_screen_modules import Modules, modules
from tests.chromium import page_of
from wall.settings import ScreenSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

__all__ = ["modules"]

# a layout for each name that is asked for; what they do is told in globalThis.acts
LAYOUT = """
export function mount(root, options, feed) {
  const name = new URL(import.meta.url).pathname.split("/").at(-2);
  (globalThis.mounted ??= []).push(name);
  return globalThis.acts[name](root, options, feed);
}"""

STAGE = """
  const rail = document.createElement("div");
  const full = document.createElement("div");
  document.body.append(rail, full);
  globalThis.mounted = [];
  const feed = new m.Feed();
  const put = (seq, more) => feed.op({ type: "op", op: "add", seq, item: { id: `p${seq}`, rev: 1, seq, ...more } });
  const errors = [];
  const scenes = new m.Scenes({
    places: { rail, full }, feed, base: new URL("/fake/", location.href), motion: new m.Motion(0),
    options: (scene, done) => ({ scene, done }), counts: () => ({ posts: feed.posts().length }), minutes: () => 600,
    changed: () => {}, painted: () => {}, failed: (id, error) => errors.push(String(error)),
  });
  const tick = (ms) => new Promise((done) => setTimeout(done, ms));
  const stands = async (id) => {
    const end = performance.now() + 15_000;
    while (scenes.scene?.id !== id && performance.now() < end) await tick(20);
  };
  const usual = { seconds: 60, options: {}, when: {}, share: 0, hours: "" };
  const scene = (id, traits, more) => ({ ...usual, id, layout: id, traits, ...more });
"""
NAMES = ("js/feed", "js/motion", "js/screen/scenes")


async def staged(modules: Modules, body: str) -> Any:
    async def layout(route: Route) -> None:
        is_style = route.request.url.endswith(".css")
        kind = "text/css" if is_style else "text/javascript"
        await route.fulfill(body="" if is_style else LAYOUT, content_type=kind)

    await modules._page.route("**/fake/**", layout)
    return await modules.run(*NAMES, body=STAGE + body)


async def test_a_wall_whose_only_layout_fails_tries_again_without_haste(modules: Modules) -> None:
    found = await staged(
        modules,
        """
        globalThis.acts = { broken: () => { throw new Error("no"); } };
        const end = setTimeout(() => { globalThis.acts.broken = (root, options, feed) => feed.painted([]); }, 1500);
        scenes.follow({ name: "p", scenes: [scene("broken", { posts: true, frame: "rail" })] });
        await tick(1200);
        const tries = mounted.length;
        await tick(2500);
        clearTimeout(end);
        return { tries, now: scenes.scene?.id ?? "" };""",
    )
    assert 1 <= found["tries"] <= 4
    assert found["now"] == "broken"


async def test_a_layout_that_fails_at_its_end_is_off_the_glass_all_the_same(modules: Modules) -> None:
    found = await staged(
        modules,
        """
        globalThis.acts = {
          wall: (root, options, feed) => {
            root.append("what somebody wrote");
            feed.painted([]);
            return () => { throw new Error("no"); };
          },
          join: (root, options, feed) => { root.append("come in"); feed.painted([]); },
        };
        scenes.follow({ name: "p", scenes: [
          scene("wall", { posts: true, frame: "rail" }), scene("join", { evergreen: true, frame: "rail" }),
        ] });
        put(1);
        await stands("wall");
        const before = [scenes.scene?.id, rail.textContent];
        try { scenes.restrict(true); } catch {}
        await stands("join");
        await tick(500);
        return { before, now: scenes.scene?.id, text: rail.textContent };""",
    )
    assert "what somebody wrote" in found["before"][1]
    assert found["now"] == "join"
    assert found["text"] == "come in"


async def test_a_scene_that_is_called_for_the_spotlight_hears_of_it(modules: Modules) -> None:
    heard = await staged(
        modules,
        """
        const heard = [];
        globalThis.acts = {
          words: (root, options, feed) => feed.painted([]),
          wall: (root, options, feed) => { feed.subscribe((event) => heard.push(event)); feed.painted([]); },
        };
        put(1);
        feed.op({ type: "op", op: "add", seq: 2, item: { id: "p2", rev: 1, seq: 2 } });
        scenes.follow({ name: "p", scenes: [
          scene("words", { frame: "rail" }), scene("wall", { posts: true, frame: "rail" }),
        ] });
        await stands("words");
        const before = scenes.scene?.id;
        feed.spotlight({ id: "old", rev: 1, seq: 0.5 }, 9000);
        await stands("wall");
        await tick(300);
        return [before, scenes.scene?.id, ...heard.map((event) => [event.type, event.post?.id, event.ms])];""",
    )
    assert heard == ["words", "wall", ["spotlight", "old", 9000]]


async def test_a_post_calls_no_scene_outside_its_hours(modules: Modules) -> None:
    found = await staged(
        modules,
        """
        globalThis.acts = {
          join: (root, options, feed) => feed.painted([]),
          wall: (root, options, feed) => feed.painted([]),
        };
        put(1);
        scenes.follow({ name: "p", scenes: [
          scene("join", { evergreen: true, frame: "rail" }),
          scene("wall", { posts: true, frame: "rail" }, { hours: "22:00-23:00" }),
        ] });
        await stands("join");
        for (let seq = 2; seq < 6; seq++) { put(seq); await tick(60); }
        return { now: scenes.scene?.id, mounted };""",
    )
    assert found == {"now": "join", "mounted": ["join"]}


async def test_a_programme_with_nonsense_in_it_is_played_without(modules: Modules) -> None:
    found = await staged(
        modules,
        """
        const act = (root, options, feed) => feed.painted([]);
        globalThis.acts = { wall: act, long: act, join: act };
        put(1);
        const wall = scene("wall", { posts: true, frame: "rail" });
        scenes.follow({ name: "p", scenes: [null, 7, { ...wall, seconds: "soon" }, { ...wall, seconds: -1 }, wall] });
        await tick(300);
        const first = [scenes.scene?.id, scenes.scene?.seconds, mounted.length];
        scenes.follow({ name: "q", scenes: [scene("long", {}, { seconds: 1e12 }), scene("join", {})] });
        await tick(600);
        return [...first, scenes.scene?.id];""",
    )
    assert found == ["wall", 60, 1, "long"]


async def test_a_line_that_breaks_before_its_snapshot_does_not_leave_the_slate_up(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    only_posts = ScreenSettings(layout="bento", offline_max_s=60)
    async with hall(store, data_dir, screen=only_posts) as venue:
        pid = await venue.hang("Bonsoir")
        page = await page_of(browser)
        await page.clock.install()
        cut: list[str] = []

        async def line(socket: Any) -> None:
            server = socket.connect_to_server()

            async def tell(message: str) -> None:
                if "cut" in cut:
                    await socket.close()
                elif '"type":"hello"' in message and "hello" in cut:
                    cut[:] = [""]
                    socket.send(message)
                    await socket.close()
                else:
                    socket.send(message)

            server.on_message(tell)

        await page.route_web_socket("**/ws/screen", line)
        await page.goto(venue.url)
        await expect(page.locator(f'#wall [data-post="{pid}"]')).to_be_visible()
        cut.append("cut")
        for _ in range(4):
            await page.clock.run_for("00:31")
        await expect(page.locator("#slate")).to_be_visible()
        cut[:] = ["hello"]

        async def is_back() -> bool:
            await page.clock.run_for("00:02")
            return await page.locator("#slate").is_hidden()

        await until(is_back, "the wall", within_s=20)
        assert cut == [""]
        await expect(page.locator(f'#wall [data-post="{pid}"]')).to_be_visible()


async def test_a_list_of_photos_that_did_not_come_is_asked_for_again(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir) as venue:
        await venue.hang("Bonsoir")
        page = await page_of(browser)
        await page.clock.install()
        asked: list[int] = []

        async def photos(route: Route) -> None:
            asked.append(len(asked))
            if len(asked) > 1:
                await route.continue_()
            else:
                await route.fulfill(status=503, json={"error": "not-ready"})

        await page.route("**/api/v1/wall/photos", photos)
        await page.goto(venue.url)
        await expect(page.locator("#wall [data-post]").first).to_be_visible()
        assert asked == [0]
        await page.clock.run_for("00:11")

        async def again() -> bool:
            return len(asked) == 2

        await until(again, "the second question")
        await asyncio.sleep(2)  # the page's clock stands: time for the answer alone
        await page.clock.run_for("00:30")
        assert len(asked) == 2


async def test_photos_are_there_after_a_panic_that_the_page_began_in(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir) as venue:
        await venue.hang("Bonsoir", venue.picture(400, 300))
        await venue.hands.gate.panic(on=True, by="test")
        page = await page_of(browser)
        answers: list[int] = []

        async def photos(route: Route) -> None:
            response = await route.fetch()
            answers.append(len((await response.json())["photos"]))
            await route.fulfill(response=response)

        await page.route("**/api/v1/wall/photos", photos)
        await page.goto(venue.url)
        await expect(page.locator("#slate")).to_be_visible()

        async def are(*wanted: int) -> bool:
            return answers == list(wanted)

        await until(lambda: are(0), "the list during the panic")
        await venue.hands.gate.panic(on=False, by="test")
        await until(lambda: are(0, 1), "the list after it")
