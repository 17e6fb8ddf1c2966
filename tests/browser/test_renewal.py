"""A new version: the page that waits for it, the screens that take turns, the receipts that are not given too early."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Request, expect

from tests.browser.hall import CARDS, Hall, hall, until
from tests.browser.test_never_blank import card, told, web
from tests.browser.test_screen_modules import Modules, modules
from tests.chromium import page_of
from wall.store.client import Store

pytestmark = pytest.mark.browser

__all__ = ["modules"]  # the fixture


async def test_a_renewal_waits_until_the_new_page_has_painted(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/renewal",
        body="""
        const build = (await (await fetch("/healthz")).json()).build;
        const results = {};
        const make = (name, screen, more = {}) => {
          results[name] = { reloads: 0, told: [] };
          return new m.Renewal({
            screen, build: "of yesterday", reload: () => results[name].reloads++,
            told: (why) => results[name].told.push(why), trialMs: 15_000, ...more,
          });
        };
        const good = make("good", "hall-a");
        await good.renew(); // nobody has said that there is anything new
        good.sees(build);
        const running = good.renew();
        results.frames = [...document.querySelectorAll("iframe")].map((frame) => [
          frame.src.split("/").pop(), frame.clientWidth === innerWidth, frame.clientHeight === innerHeight,
          frame.checkVisibility({ opacityProperty: true }),
        ]);
        await good.renew(); // not twice at once
        await running;
        const never = make("never", "NO-SUCH-SCREEN", { trialMs: 700 });
        never.sees(build);
        await never.renew();
        const other = make("other", "hall-a");
        other.sees("of tomorrow");
        await other.renew();
        const forged = make("forged", "NO-SUCH-SCREEN", { trialMs: 700 });
        forged.sees(build);
        const trying = forged.renew();
        postMessage({ type: "parvis.painted", build }, location.origin); // not from the frame
        await trying;
        const alone = make("alone", "hall-a", { aloneMs: 300, random: () => 0 });
        alone.sees(build);
        const late = performance.now() + 15_000;
        while (!results.alone.reloads && performance.now() < late) await new Promise(requestAnimationFrame);
        const same = make("same", "hall-a", { build, aloneMs: 50, random: () => 0 });
        same.sees(build);
        await new Promise((done) => setTimeout(done, 200));
        results.left = document.querySelectorAll("iframe").length;
        return results;""",
    )
    assert found == {
        "frames": [["hall-a?as=trial", True, True, False]],
        "good": {"reloads": 1, "told": []},
        "never": {"reloads": 0, "told": ["it did not paint"]},
        "other": {"reloads": 0, "told": ["another version came"]},
        "forged": {"reloads": 0, "told": ["it did not paint"]},
        "alone": {"reloads": 1, "told": []},
        "same": {"reloads": 0, "told": []},
        "left": 0,
    }


async def test_a_receipt_waits_until_the_removal_is_durable(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/receipts",
        body="""
        const sent = [];
        const receipts = new m.Receipts({ send: ({ seq }) => sent.push(seq), onGlass: async () => {} });
        const until = async (found) => {
          const end = performance.now() + 3000;
          while (!found() && performance.now() < end) await new Promise(requestAnimationFrame);
        };
        receipts.restart(0);
        receipts.applied(4);
        await until(() => sent.at(-1) === 4);
        const first = Promise.withResolvers();
        const second = Promise.withResolvers();
        receipts.holds(5, first.promise); receipts.applied(5);
        receipts.holds(6, second.promise); receipts.applied(6);
        receipts.applied(7);
        await new Promise((done) => setTimeout(done, 400));
        const held = [...sent];
        second.resolve();
        await new Promise((done) => setTimeout(done, 300));
        const half = [...sent];
        first.resolve();
        await until(() => sent.at(-1) === 7);
        const free = [...sent];
        receipts.holds(8, Promise.reject(new Error("full"))); receipts.applied(9);
        await new Promise((done) => setTimeout(done, 300));
        const failed = [...sent];
        receipts.holds(12, Promise.resolve()); receipts.applied(12); // a snapshot that was written
        await until(() => sent.at(-1) === 12);
        return { held, half, free, failed, last: sent.at(-1) };""",
    )
    assert found == {"held": [4], "half": [4], "free": [4, 7], "failed": [4, 7], "last": 12}


async def test_a_picture_that_others_show_too_is_not_forgotten(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/shell",
        body="""
        const post = (id, face, ...digests) => ({
          id, author: { avatar: face && { digest: face } }, pictures: digests.map((digest) => ({ digest })),
        });
        const said = [];
        const answer = (port) => port.postMessage({ pictures: 1 });
        const controller = { postMessage: (message, [port]) => { said.push(message); answer(port); } };
        const container = { controller, addEventListener() {} };
        const staying = [post("b", "face", "two"), { id: "c", digest: "three" }];
        const shell = new m.Shell({ build: "x", state: () => ({ posts: staying, photos: [] }), container });
        await shell.forget([post("a", "face", "one", "two", "three", "four"), { id: "a", digest: "one" }]);
        await shell.forget([{ id: "z", digest: "three" }]);
        const none = [m.digestsOf(null), m.pathsOf({}), m.digestsOf({ pictures: [null] })];
        return { said, paths: m.pathsOf(post("a", "face", "one")), none };""",
    )
    assert found["said"] == [{"type": "forget", "digests": ["one", "four"]}]
    assert found["paths"] == ["/media/one/medium", "/media/face/avatar"]
    assert found["none"] == [[], [], []]


# The first page of a tab was made by yesterday's server, so to speak; what is loaded after it is today's.
OF_YESTERDAY = """if (top === self && !sessionStorage.getItem("test.old")) {
  sessionStorage.setItem("test.old", "1");
  document.addEventListener("readystatechange", () => {
    const said = document.getElementById("config").firstChild;
    if (said.data.includes("of yesterday")) return;
    said.data = said.data.replace(/"build":"[^"]*"/, '"build":"of yesterday"');
  });
}"""


async def of_yesterday(browser: Browser, venue: Hall, name: str, story: list[tuple[str, str]]) -> Page:
    """A screen with an old page; what it does is written into the story."""
    page = await page_of(browser)
    await page.add_init_script(OF_YESTERDAY)

    def asked(request: Request) -> None:
        if "as=trial" in request.url:
            story.append((name, "trial"))

    page.on("request", asked)
    page.on("load", lambda _: story.append((name, "load")))
    await page.goto(venue.url.replace("hall-a", name))
    await page.wait_for_selector("html[data-state=live]", state="attached")
    return page


async def builds(venue: Hall) -> set[str]:
    return {state["build"] for state in await venue.screens() if state["connected"]}


async def test_a_new_version_is_loaded_by_one_screen_after_the_other(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir, web=web()) as venue:
        await venue.hang("Bonsoir", venue.picture(640, 480))
        story: list[tuple[str, str]] = []
        pages = [await of_yesterday(browser, venue, name, story) for name in ("hall-a", "hall-b")]
        assert await builds(venue) == {"of yesterday"}
        build = venue.served.services.build
        await until(lambda: all_have(venue, build), "the new version on both", within_s=60)
        await until(lambda: _has(story, 6), "the last page's own word of it")
        hall_b = story.index(("hall-b", "load"))  # its first: hall-a may have begun its turn by then
        assert [*story[:hall_b], *story[hall_b + 1 :]] == [
            ("hall-a", "load"),
            ("hall-a", "trial"),
            ("hall-a", "load"),
            ("hall-b", "trial"),
            ("hall-b", "load"),
        ]
        for page in pages:
            await expect(page.locator(CARDS).first).to_be_visible()
            await expect(page.locator("iframe")).to_have_count(0)


async def _has(story: list[tuple[str, str]], count: int) -> bool:
    return len(story) >= count


async def all_have(venue: Hall, build: str) -> bool:
    return await builds(venue) == {build} and len([s for s in await venue.screens() if s["connected"]]) == 2


@pytest.mark.slow
async def test_a_new_version_that_does_not_paint_stays_out(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir, web=web()) as venue:
        pid = await venue.hang("Bonsoir", venue.picture(640, 480))
        story: list[tuple[str, str]] = []
        page = await of_yesterday(browser, venue, "hall-a", story)
        await page.route("**/screen/hall-a?as=trial", lambda route: route.fulfill(body="<p>…"))
        await page.evaluate("globalThis.isTheSame = true")
        await until(lambda: told(venue, "renewal: it did not paint"), "the word of it", within_s=60)
        assert await page.evaluate("globalThis.isTheSame")
        assert story == [("hall-a", "load"), ("hall-a", "trial")]
        await expect(card(page, pid)).to_be_visible()
        await expect(page.locator("iframe")).to_have_count(0)
        assert await builds(venue) == {"of yesterday"}
