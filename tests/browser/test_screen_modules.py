"""The pure parts of the screen: pace, words, link, receipts, feed, legibility. Run where they live, in the browser."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.chromium import page_of
from tests.server import serving
from wall.store.client import Store

pytestmark = pytest.mark.browser

DISPLAY = Path(__file__).parents[2] / "display"


class Modules:
    """Runs a function body with the named modules of the screen in scope."""

    def __init__(self, page: Page, base: str) -> None:
        self._page = page
        self._base = base

    async def run(self, *names: str, body: str, given: Any = None) -> Any:
        imports = "".join(
            f'Object.assign(scope, await import(`${{base}}{name}.js`));\nscope["{name.split("/")[-1]}"] = scope;\n'
            for name in names
        )
        return await self._page.evaluate(
            f"async ([base, given]) => {{ const scope = {{}};\n{imports}const run = async (m) => {{ {body} }};"
            " return await run(scope); }",
            [self._base, given],
        )


@pytest.fixture
async def modules(store: Store, data_dir: Path, browser: Browser) -> AsyncIterator[Modules]:
    async with serving(store, data_dir) as served:
        page = await page_of(browser, bypass_csp=True)
        await page.goto(f"{served.url}/healthz")
        yield Modules(page, served.url + served.services.pages.static(""))


async def test_when_nobody_writes_every_post_has_its_turn_equally_often(modules: Modules) -> None:
    turns = await modules.run(
        "layouts/bento/pace",
        body="""
        const pace = new m.Pace({ dwellMs: 6000, restMs: 12000 });
        const ids = ["a", "b", "c", "d", "e", "f", "g"];
        let [now, hero] = [1000, "a"];
        pace.begin(ids, hero, now);
        const turns = Object.fromEntries(ids.map((id) => [id, 0]));
        for (let i = 0; i < 70; i++) {
          const wait = pace.next(now, ids, hero);
          if (wait.act !== "wait" || wait.until !== now + 12000) throw new Error(JSON.stringify([now, wait]));
          now = wait.until;
          const next = pace.next(now, ids, hero);
          if (next.id === hero || next.isNew) throw new Error("not a turn");
          hero = next.id;
          turns[hero]++;
          pace.crowned(hero, now, { isNew: false });
        }
        return turns;""",
    )
    assert set(turns.values()) == {10}


async def test_a_rush_is_paced_and_loses_nobody(modules: Modules) -> None:
    found = await modules.run(
        "layouts/bento/pace",
        body="""
        const pace = new m.Pace({ dwellMs: 6000, restMs: 12000, seatMs: 700, batch: 2 });
        let [now, hero] = [0, "old"];
        const ids = ["old"];
        pace.begin(ids, hero, now);
        const log = [];
        const heroes = new Set([hero]);
        for (let i = 0; i < 20; i++) { ids.push(`n${i}`); pace.arrive(`n${i}`); }
        for (let step = 0; step < 400; step++) {
          const next = pace.next(now, ids, hero);
          if (next.act === "wait") { now = next.until; continue; }
          if (log.length < 4) log.push([next.act, now]);
          if (next.act === "seat") { pace.seated(next.ids, now); continue; }
          hero = next.id;
          heroes.add(hero);
          pace.crowned(hero, now, { isNew: next.isNew });
        }
        return { log, heroes: heroes.size };""",
    )
    assert found["log"][0] == ["crown", 0], "a quiet stage shows the newest at once"
    assert [act for act, _ in found["log"][1:]] == ["seat", "seat", "seat"]
    assert found["heroes"] == 21, "each one is the hero sooner or later"


async def test_back_off_is_half_fixed_and_half_chance(modules: Modules) -> None:
    pauses = await modules.run(
        "js/link",
        body="return [0, 1, 2, 3, 4, 9].map((n) => [m.backoff(n, 0), m.backoff(n, 1)]);",
    )
    assert pauses == [[250, 500], [500, 1000], [1000, 2000], [1500, 3000], [1500, 3000], [1500, 3000]]


async def test_epoch_and_sequence_decide_what_a_frame_means(modules: Modules) -> None:
    verdicts = await modules.run(
        "js/link",
        body="""
        let position = { epoch: null, seq: null };
        return given.map((frame) => {
          const sifted = m.sift(position, frame);
          position = sifted.position;
          return [sifted.verdict, position.seq];
        });""",
        given=[
            {"type": "hello", "epoch": "e", "seq": 4},
            {"type": "op", "seq": 5},  # before the snapshot: nothing to stand on
            {"type": "snapshot", "epoch": "e", "seq": 5},
            {"type": "op", "seq": 5},
            {"type": "op", "seq": 6},
            {"type": "op", "seq": 8},
            {"type": "beat", "seq": 6},
            {"type": "beat", "seq": 8},
            {"type": "hello", "epoch": "e", "seq": 9},
            {"type": "hello", "epoch": "other", "seq": 1},
            {"type": "of tomorrow"},
        ],
    )
    assert verdicts == [
        ["take", None],
        ["gap", None],
        ["take", 5],
        ["repeat", 5],
        ["take", 6],
        ["gap", 6],
        ["take", 6],
        ["gap", 6],
        ["take", 6],
        ["take", None],
        ["take", None],
    ]


async def test_a_snapshot_tells_only_what_changed(modules: Modules) -> None:
    events = await modules.run(
        "js/feed",
        body="""
        const feed = new m.Feed();
        const events = [];
        feed.subscribe((event) => events.push([event.type, event.id ?? event.post?.id ?? ""]));
        const item = (id, rev, seq, more) => ({ id, rev, seq, ...more });
        feed.snapshot({ items: [item("b", 1, 2), item("a", 1, 1)] });
        feed.snapshot({ items: [item("d", 1, 4), item("c", 1, 3), item("b", 2, 2), null, { id: 7 }] });
        feed.op({ op: "upd", seq: 5, item: item("b", 1, 5) });
        feed.op({ op: "upd", seq: 6, item: item("b", 2, 6, { pinned: true }) });
        feed.op({ op: "del", seq: 7, id: "c" });
        feed.op({ op: "del", seq: 8, id: "c" });
        feed.op({ op: "of tomorrow", seq: 9 });
        return [events, feed.posts().map((post) => post.id)];""",
    )
    assert events == [
        [["reset", ""], ["del", "a"], ["upd", "b"], ["add", "c"], ["add", "d"], ["upd", "b"], ["del", "c"]],
        ["b", "d"],
    ]


async def test_receipts_share_a_frame_and_tell_only_what_is_on_glass(modules: Modules) -> None:
    sent = await modules.run(
        "js/screen/receipts",
        body="""
        const sent = [];
        let draw = () => {};
        const onGlass = () => new Promise((done) => { draw = done; });
        const receipts = new m.Receipts({ send: (frame) => sent.push(frame), onGlass });
        const soon = () => new Promise((done) => setTimeout(done, 200));
        receipts.expects("a", 1);
        receipts.expects("b", 2);
        receipts.painted(["a"]);
        const early = sent.length;
        draw();
        await soon();
        receipts.applied(3);
        receipts.painted(["a", "b"]);
        for (let i = 0; i < 3; i++) {
          await soon();
          draw();
        }
        return [early, sent, receipts.seq, receipts.shown];""",
    )
    assert sent == [
        0,
        [
            {"type": "painted", "seq": 1, "ids": ["a"]},
            {"type": "painted", "seq": 3, "ids": []},
            {"type": "painted", "seq": 3, "ids": ["b"]},
        ],
        3,
        ["a", "b"],
    ]


async def test_words_are_made_fit_for_a_large_screen(modules: Modules) -> None:
    found = await modules.run(
        "js/words",
        "js/clock",
        body="""
        const lang = (text, stated) => m.postLanguage({ spans: [{ text }], lang: stated });
        const agoOf = (seconds) => m.since(1e12 - seconds * 1000, 1e12);
        return {
          languages: [
            lang("你好"), lang("こんにちは世界", "zh"), lang("你好", "zh-Hant"),
            lang("Hello", "zh"), lang("Bonsoir", "fr-CA"), lang("สวัสดี", "en"),
          ],
          french: m.french("Ah ! « Oui » : non ?"),
          address: m.shortAddress("https://www.example.org/a/?b=c#d"),
          cut: m.shortAddress("https://example.org/" + "x".repeat(50)).length,
          runs: m.runsOf([{ text: " Vu" }, { text: " ici" }, { text: "#Nuit", kind: "tag" }, { text: "\\n\\n\\nfin  " }]),
          many: m.runsOf(Array.from({ length: 500 }, (_, i) => ({ text: `#t${i} `, kind: "tag" }))).length,
          long: m.runsOf([{ text: "x".repeat(9000) }])[0].text.length,
          emoji: ["😍🎉", "👨‍👩‍👧‍👦", "1", "ok 👍", ""].map(m.isEmojiOnly),
          initials: [m.initialOf("@élodie"), m.initialOf("李"), m.initialOf("")],
          ago: [0, 59, 61, 7199, 90000].map(agoOf).map(({ key, n }) => `${key} ${n}`),
          unknown: [agoOf(-200), agoOf(NaN)],
          dates: [["2025-11-22", "2025-11-21"], [], ["nonsense"]].map((days) => m.dateRange(days, "fr")),
        };""",
    )
    assert found["languages"] == ["zh-Hans", "ja", "zh-Hant", "", "fr-CA", "th"]
    assert found["french"] == "Ah\u202f! «\u202fOui\u202f»\u202f: non\u202f?"
    assert found["address"] == "example.org/a"
    assert found["cut"] == 28
    assert found["runs"] == [
        {"text": "Vu ici", "kind": "text"},
        {"text": "#Nuit", "kind": "tag"},
        {"text": "\nfin", "kind": "text"},
    ]
    assert found["many"] <= 40
    assert found["long"] <= 1501
    assert found["emoji"] == [True, True, False, False, False]
    assert found["initials"] == ["É", "李", "·"]
    assert found["ago"] == [
        "screen.now 0",
        "screen.now 0",
        "screen.minutes 1",
        "screen.hours 1",
        "screen.days 1",
    ]
    assert found["unknown"] == [None, None]
    assert found["dates"][0].replace("\u2013", "-") == "21-22 novembre"
    assert found["dates"][1:] == ["", ""]


async def test_lines_break_as_they_do_on_the_page(modules: Modules) -> None:
    """The reckoning never counts fewer lines than the browser sets."""
    pairs = await modules.run(
        "layouts/bento/typeset",
        body="""
        const pen = document.createElement("canvas").getContext("2d");
        const node = document.body.appendChild(document.createElement("p"));
        return given.flatMap(([text, lang]) => [260, 430, 777].map((width) => {
          node.lang = lang;
          node.style.cssText = "all: initial; display: block; font: 400 40px/50px sans-serif;"
            + `white-space: pre-line; line-break: strict; width: ${width}px`;
          node.textContent = text;
          pen.font = `400 100px ${getComputedStyle(node).fontFamily}`;
          const list = m.pieces(text, (piece) => pen.measureText(piece).width / 100);
          return [m.lines(list, (width / 40) * 0.985), Math.round(node.offsetHeight / 50)];
        }));""",
        given=[
            ["Le public chante plus fort que la sono. Je n’ai plus de voix !", "fr"],
            ["三楼的水墨展厅太安静了，静得能听见自己的呼吸。「真好」", "zh-Hans"],
            ["Before-and-after: well-known, twenty-one, état-major", "en"],
            ["One line\nanother line\nand a third that is longer than the others", "en"],
        ],
    )
    for reckoned, set_by_browser in pairs:
        assert set_by_browser <= reckoned <= set_by_browser + 1


async def test_legibility_follows_the_screen_and_its_reader(modules: Modules) -> None:
    found = await modules.run(
        "js/legible",
        body="""
        const at = (diagonalIn, distanceM, width = 1920, height = 1080) =>
          m.smallestPx({ diagonalIn, distanceM, width, height });
        const sizes = [at(65, 5), at(65, 5, 3840, 2160), at(43, 3), at(86, 8)];
        return [...sizes, m.unitPx(1920, 1080), m.unitPx(1080, 1920)];""",
    )
    assert [round(px) for px in found] == [43, 85, 39, 52, 10, 10]


async def test_the_layout_and_its_settings_file_agree(modules: Modules) -> None:
    stated = tomllib.loads((DISPLAY / "layouts" / "bento" / "layout.toml").read_text(encoding="utf-8"))
    found = await modules.run("layouts/bento/layout", body="return m.DEFAULTS;")
    assert found == {name: option["default"] for name, option in stated["options"].items()}
    assert all(option["help"] for option in stated["options"].values())


async def test_every_mark_that_is_asked_for_is_there(modules: Modules) -> None:
    drawn = {path.stem for path in (DISPLAY / "static" / "brand").glob("*.svg")} - {"parvis"}
    assert set(await modules.run("js/brands", body="return [...m.MARKS];")) == drawn
