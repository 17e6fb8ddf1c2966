"""Parts of the public pages under what goes wrong: lists that fill up, lines that break, answers that come too late."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.hall import hall
from tests.browser.test_screen_modules import Modules, modules
from tests.chromium import page_of
from wall.cli.player import ALIVE
from wall.settings import ScreenSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

__all__ = ["modules"]


async def test_what_the_server_wants_shown_is_not_what_newer_posts_push_out(modules: Modules) -> None:
    found = await modules.run(
        "js/feed",
        body="""
        const feed = new m.Feed();
        const post = (seq) => ({ id: `p${seq}`, rev: 1, seq });
        feed.snapshot({ items: Array.from({ length: 60 }, (_, n) => post(n + 101)), seq: 160 });
        feed.extra("owed", [post(1), post(2), post(101)]);
        const events = [];
        feed.subscribe((event) => events.push(`${event.type} ${event.id ?? ""}`));
        for (let seq = 161; seq <= 260; seq++) feed.op({ type: "op", op: "add", seq, item: post(seq) });
        const all = feed.posts();
        return { size: all.length, kept: [1, 2, 101].map((n) => all.some((p) => p.id === `p${n}`)),
          gone: events.filter((event) => /^del p(1|2|101)$/.test(event)) };""",
    )
    assert found == {"size": 63, "kept": [True, True, True], "gone": []}


async def test_what_is_owed_no_longer_stays_among_the_newest(modules: Modules) -> None:
    found = await modules.run(
        "js/feed",
        body="""
        const feed = new m.Feed();
        const items = Array.from({ length: 60 }, (_, n) => ({ id: `p${n}`, rev: 1, seq: n + 1 }));
        feed.snapshot({ items, seq: 60 });
        for (let at = 0; at < 60; at += 10) feed.extra("owed", items.slice(at, at + 10));
        return feed.posts().length;""",
    )
    assert found == 60


async def test_a_snapshot_keeps_what_is_pinned_however_old(modules: Modules) -> None:
    found = await modules.run(
        "js/feed",
        body="""
        const feed = new m.Feed();
        const items = Array.from({ length: 60 }, (_, n) => ({ id: `p${n}`, rev: 1, seq: n + 100 }));
        feed.snapshot({ items: [...items, { id: "old", rev: 1, seq: 3, pinned: true }], seq: 160 });
        return [feed.posts().length, feed.posts().at(-1).id];""",
    )
    assert found == [61, "old"]


async def test_an_error_is_never_told_with_half_a_letter(modules: Modules) -> None:
    """The server would take it for nonsense and hang up, at each beat."""
    error = await modules.run(
        "js/screen/health",
        body="""
        const nothing = () => 0;
        const health = new m.Health({
          clock: { now: nothing }, receipts: { seq: 0, shown: [] }, slate: { isUp: false, reasons: [] }, scenes: {},
          notes: () => [], send: nothing,
        });
        health.failed("", new Error("x".repeat(199) + "\\u{1f389}\\u{1f389}"));
        const { error } = health.beat();
        health.failed("", new Error("\\ud83d"));
        return [error.isWellFormed(), health.beat().error.isWellFormed()];""",
    )
    assert error == [True, True]


async def test_a_store_that_begins_anew_hides_no_new_post_in_quiet_hours(modules: Modules) -> None:
    shown = await modules.run(
        "js/feed",
        body="""
        const feed = new m.Feed();
        const post = (seq) => ({ id: `p${seq}`, rev: 1, seq });
        const items = Array.from({ length: 20 }, (_, n) => post(n + 1001));
        feed.snapshot({ items, seq: 1020 });
        feed.extra("best", items);
        const again = items.map((item, n) => ({ ...item, seq: n + 1 }));
        feed.snapshot({ items: again, seq: 20 });
        feed.op({ type: "op", op: "add", seq: 21, item: { id: "new", rev: 1, seq: 21 } });
        return [feed.isQuiet, feed.posts().some((p) => p.id === "new")];""",
    )
    assert shown == [True, True]


async def test_a_new_line_may_ask_at_once(modules: Modules) -> None:
    asked = await modules.run(
        "js/link",
        body="""
        const lines = [];
        globalThis.WebSocket = class {
          static OPEN = 1;
          readyState = 1;
          sent = [];
          constructor() { lines.push(this); }
          send(text) { this.sent.push(JSON.parse(text).type); }
          close() {}
        };
        const hello = JSON.stringify({ type: "hello", epoch: "e", seq: 1 });
        const link = new m.Link("/ws/screen", { heard: () => {}, changed: (isLive) => isLive && link.resync() });
        link.open();
        lines[0].onmessage({ data: hello });
        lines[0].onclose({ code: 1006 });
        while (lines.length < 2) await new Promise((done) => setTimeout(done, 20));
        lines[1].onmessage({ data: hello });
        link.close();
        return lines.map((line) => line.sent);""",
    )
    assert asked == [["resync"], ["resync"]]


async def test_an_embed_lets_go_of_everything_that_a_reset_does_not_know(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir) as venue:
        page = await page_of(browser, bypass_csp=True)
        await page.goto(f"{venue.served.url}/healthz")
        await page.evaluate("""() => {
          globalThis.EventSource = class extends EventTarget {
            constructor() { super(); globalThis.line = this; }
            close() {}
            tell(kind, data) {
              this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data), lastEventId: "e:1" }));
            }
          };
          const host = document.createElement("div");
          host.dataset.parvisWall = "";
          document.body.append(host);
        }""")
        await page.add_script_tag(url="/embed.js")
        await page.wait_for_function("globalThis.line")
        texts = await page.evaluate("""() => {
          const usual = { rev: 1, network: "mastodon", at: "2026-11-26T12:00:00Z" };
          const post = (id, seq) => ({ ...usual, id, seq, spans: [{ text: id }] });
          const reset = (...items) => line.tell("reset", { panic: false, items });
          const said = () => document.querySelector("[data-parvis-wall]").shadowRoot.querySelector("ul").textContent;
          reset(post("withdrawn-later", 1));
          const before = said();
          reset(post("other", 9));
          return [before.includes("withdrawn-later"), said().includes("withdrawn-later"), said().includes("other")];
        }""")
    assert texts == [True, False, True]


async def test_what_leaves_while_older_messages_are_fetched_does_not_come_with_them(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with hall(store, data_dir) as venue:
        pids = [await venue.hang(f"Bonsoir {n}") for n in range(24)]
        page = await page_of(browser)

        async def slow(route: Route) -> None:
            response = await route.fetch()
            await venue.take_down(pids[1])
            await venue.hang("Encore une")
            await expect(page.locator("#news")).to_be_visible()  # the removal has come before it
            await route.fulfill(response=response)

        await page.route("**/api/v1/wall?*", slow)
        await page.goto(f"{venue.served.url}/wall")
        await page.locator("#more").click()
        await expect(page.locator(f'[data-post="{pids[0]}"]')).to_be_attached()
        assert await page.locator(f'[data-post="{pids[1]}"]').count() == 0


async def test_a_page_with_a_pairing_code_is_left_in_peace(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    """The player would load it anew at each look, and every time it has another code."""
    async with hall(store, data_dir, screen=ScreenSettings(pairing=True)) as venue:
        page = await page_of(browser, extra_http_headers={"x-forwarded-for": "192.0.2.7"})
        await page.goto(venue.url)
        await expect(page.locator("#code")).to_be_visible()
        assert await page.evaluate("document.readyState") == "complete"
        assert await page.evaluate(ALIVE)


async def test_words_taken_down_do_not_fade_with_a_page_that_goes(modules: Modules) -> None:
    found = await modules.run(
        "js/motion",
        "layouts/words/layout",
        body="""
        const root = document.createElement("div");
        Object.assign(root.style, { position: "absolute", width: "1600px", height: "900px" });
        document.body.append(root);
        const names = "un deux trois quatre cinq six sept huit neuf dix onze douze".split(" ");
        const words = (...more) => [...more, ...names].map((w, i) => [w, 20 - i]);
        const feed = {
          facts: { words: words("secret") }, posts: () => [{ id: "p", spans: [{ text: "secret" }] }],
          subscribe: (hear) => { feed.hear = hear; return () => {}; }, painted: () => {}, failed: () => {},
        };
        const metrics = () => ({ unit: 10, text: 24 });
        const settings = { motion: 1, hold_s: 0 };
        const unmount = m.mount(root, { words: (key) => key, metrics, lang: "fr", settings }, feed);
        const said = () => root.textContent.includes("secret");
        const before = said();
        feed.facts = { words: words("autre").slice(0, 10).concat([["secret", 1]]) };
        for (let i = 0; i < 100 && root.querySelectorAll(".sheet").length < 2; i++) {
          feed.hear({ type: "facts" });
          await new Promise((done) => setTimeout(done, 20));
        }
        const sheets = root.querySelectorAll(".sheet").length;
        feed.hear({ type: "del", id: "p" });
        const visible = [...root.querySelectorAll(".word")].some(
          (word) => word.textContent.includes("secret") && !word.classList.contains("gone"));
        unmount();
        return { before, sheets, visible };""",
    )
    assert found == {"before": True, "sheets": 2, "visible": False}
