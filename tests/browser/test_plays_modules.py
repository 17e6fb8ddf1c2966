"""The parts of proof of play, run where they live: what is measured, what is kept on the device, what the desk says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.browser.test_screen_modules import Modules
from tests.chromium import page_of
from tests.server import serving
from wall.store.client import Store

pytestmark = pytest.mark.browser

# A page with hands: time, visibility and what was sent are the test's.
STAGE = """
  const t = { now: 1000, kept: [], left: [], sent: [], offset: 5_000_000 };
  const glass = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const page = Object.assign(new EventTarget(), { document: glass });
  const spool = {
    id: "spool-1", lost: 0, n: 0, get size() { return t.kept.length; },
    async add(plays) { for (const play of plays) t.kept.push({ n: ++this.n, ...play }); },
    async oldest(count) { return t.kept.slice(0, count); },
    async drop(upto) { t.kept = t.kept.filter((play) => play.n > upto); },
    leave(plays) { t.left.push(...plays); },
    async take() {},
  };
  let isUp = true;
  const plays = new m.Plays({
    spool, page, clock: { now: () => t.offset + t.now }, now: () => t.now,
    send: (message) => isUp && Boolean(t.sent.push(structuredClone(message))),
  });
  await plays.ready;
  const settle = () => new Promise((done) => setTimeout(done, 5));
  const brief = () => t.kept.map(({ kind, id, at, ms, scene }) => [kind, id, at - t.offset, ms, scene]);
"""


@pytest.fixture
async def modules(store: Store, data_dir: Path, browser: Browser) -> AsyncIterator[Modules]:
    async with serving(store, data_dir) as served:
        page = await page_of(browser, bypass_csp=True)
        await page.goto(f"{served.url}/healthz")
        yield Modules(page, served.url + served.services.pages.static(""))


async def measured(modules: Modules, body: str) -> Any:
    return await modules.run("js/screen/plays", body=STAGE + body)


async def test_what_stands_is_measured_and_a_flicker_is_not(modules: Modules) -> None:
    assert await measured(
        modules,
        """
        plays.show({ ids: ["a", "b"], scene: "s1" });
        t.now += 400; plays.show({ ids: ["a"], scene: "s1" });
        t.now += 11_600; plays.show({ ids: [], scene: "s2" });
        return brief();
        """,
    ) == [["post", "a", 1000, 12_000, "s1"], ["scene", "s1", 1000, 12_000, ""]]


async def test_a_post_that_stays_while_others_change_is_one_showing(modules: Modules) -> None:
    assert await measured(
        modules,
        """
        for (const other of ["b", "c", "d"]) { plays.show({ ids: ["a", other] }); t.now += 5000; }
        plays.show({ ids: [] });
        return brief().filter(([, id]) => id === "a");
        """,
    ) == [["post", "a", 1000, 15_000, ""]]


async def test_long_stands_are_cut_so_that_a_crash_costs_a_minute(modules: Modules) -> None:
    assert await measured(
        modules,
        """
        plays.show({ ids: ["a"] });
        for (let i = 0; i < 13; i++) { t.now += 10_000; plays.tick(); }
        return brief();
        """,
    ) == [["post", "a", 1000, 60_000, ""], ["post", "a", 61_000, 60_000, ""]]


@pytest.mark.parametrize("covers", ["slate", "hidden"])
async def test_what_nobody_can_see_is_not_shown(modules: Modules, covers: str) -> None:
    cover, uncover = {
        "slate": (
            "plays.show({ ids: ['a'], scene: 's1', isCovered: true });",
            "plays.show({ ids: ['a'], scene: 's1' });",
        ),
        "hidden": (
            "page.document.visibilityState = 'hidden'; page.document.dispatchEvent(new Event('visibilitychange'));",
            "page.document.visibilityState = 'visible'; page.document.dispatchEvent(new Event('visibilitychange'));",
        ),
    }[covers]
    found = await measured(
        modules,
        f"""
        plays.open();
        plays.show({{ ids: ["a"], scene: "s1" }});
        t.now += 3000; {cover}
        t.now += 60_000; {uncover}
        t.now += 2000; plays.show({{ ids: [] }});
        plays.close();
        return [...t.left, ...t.kept].filter(({{ kind }}) => kind === "post").map(({{ at, ms }}) => [at - t.offset, ms]);
        """,
    )
    assert found == [[1000, 3000], [64_000, 2000]]


async def test_a_machine_that_slept_showed_nothing(modules: Modules) -> None:
    assert await measured(
        modules,
        """
        plays.show({ ids: ["a"] });
        t.now += 8000; plays.tick();
        t.now += 3_600_000; plays.tick();
        t.now += 5000; plays.show({ ids: [] });
        return brief().map(([, , at, ms]) => [at, ms]);
        """,
    ) == [[1000, 8000], [3_609_000, 5000]]


async def test_a_clock_that_jumps_moves_no_showing(modules: Modules) -> None:
    """Noted when it began; only a time that the server has told since is better."""
    assert await measured(
        modules,
        """
        plays.show({ ids: ["a"] });
        t.now += 3000; t.offset += 7_200_000; plays.show({ ids: ["b"] });
        const jumped = t.kept.at(-1).at;
        t.now += 1000; t.offset -= 7_200_000; plays.restart();
        t.now += 1000; plays.show({ ids: [] });
        return [jumped, t.kept.at(-1).at, t.kept.at(-1).ms].map((at, i) => i === 2 ? at : at - 5_000_000);
        """,
    ) == [1000, 4000, 2000]


async def test_one_batch_is_under_way_and_told_again_on_a_new_line(modules: Modules) -> None:
    assert await measured(
        modules,
        """
        for (let i = 0; i < 120; i++) { plays.show({ ids: [`p${i}`] }); t.now += 1000; }
        plays.tick(); await settle(); plays.tick(); await settle();
        const first = t.sent.length;
        plays.restart(); await settle();
        await plays.kept({ spool: "another", upto: 50 });
        await plays.kept({ spool: "spool-1", upto: 50 }); await settle();
        isUp = false; await plays.kept({ spool: "spool-1", upto: 100 }); await settle();
        isUp = true; plays.tick(); await settle();
        const sent = t.sent.map(({ plays, spool }) => [spool, plays[0].n, plays.at(-1).n]);
        return { first, sent, waiting: plays.waiting };
        """,
    ) == {
        "first": 1,
        "sent": [["spool-1", 1, 50], ["spool-1", 1, 50], ["spool-1", 51, 100], ["spool-1", 101, 119]],
        "waiting": 19,
    }


async def test_an_answer_that_never_comes_is_waited_for_in_vain_only_so_long(modules: Modules) -> None:
    assert (
        await measured(
            modules,
            """
        plays.show({ ids: ["a"] }); t.now += 1000; plays.show({ ids: [] });
        for (let i = 0; i < 4; i++) { plays.tick(); await settle(); t.now += 10_000; }
        return t.sent.length;
        """,
        )
        == 2
    )


async def test_the_spool_numbers_survives_and_is_bounded(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/spool",
        body="""
        const play = (id) => ({ kind: "post", id, at: 1, ms: 1000, scene: "" });
        const first = await m.openSpool("hall-x", { most: 40 });
        const second = await m.openSpool("hall-x", { most: 40 }); // another window on the same screen
        await first.add([play("a"), play("b")]);
        await second.add([play("c")]);
        const numbers = (await first.oldest(50)).map(({ n, id }) => [n, id]);
        await first.drop(2);
        first.leave([play("left")]);
        const again = await m.openSpool("hall-x", { most: 40 });
        const after = (await again.oldest(50)).map(({ n, id }) => [n, id]);
        for (let i = 0; i < 45; i++) await again.add([play(`p${i}`)]);
        const last = await m.openSpool("hall-x", { most: 40 });
        const rest = await last.oldest(100);
        const other = await m.openSpool("hall-y");
        return {
          numbers, after, same: first.id === again.id && first.id === second.id, other: other.id !== first.id,
          lost: last.lost, size: last.size, listed: rest.length, newest: rest.at(-1).id,
          dense: rest.at(-1).n - rest[0].n + 1, left: localStorage.length,
        };
        """,
    )
    assert found["numbers"] == [[1, "a"], [2, "b"], [3, "c"]]
    assert found["after"] == [[3, "c"], [4, "left"]]
    assert (found["same"], found["other"]) == (True, True)
    assert found["lost"] + found["size"] == 47
    assert found["lost"] > 0
    assert 30 <= found["size"] <= 40
    assert found["listed"] == found["dense"] == found["size"]
    assert (found["newest"], found["left"]) == ("p44", 0)


async def test_without_a_database_plays_wait_in_memory(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/spool",
        body="""
        indexedDB.open = () => { throw new Error("no storage here"); };
        const spool = await m.openSpool("hall-x", { most: 3 });
        for (const id of ["a", "b", "c", "d"]) await spool.add([{ kind: "post", id }]);
        spool.leave([]); await spool.take(); await spool.drop(2);
        return [(await spool.oldest(9)).map(({ n, id }) => [n, id]), spool.lost, spool.size, spool.id.length > 8];
        """,
    )
    assert found == [[[3, "c"], [4, "d"]], 1, 2, True]


async def test_the_line_at_the_desk_has_words_for_every_case(modules: Modules) -> None:
    lines = await modules.run(
        "js/desk/fairness",
        body="""
        const some = { on: true, can: true, why: "", owed: 0, kept: 0, seconds: 10, screens: 2 };
        const whole = { ...some, short: 3, short_per_hour: 40, missed_last_hour: 5 };
        const bad = (why) => m.lineOf({ ...whole, can: false, why, owed: 7 });
        return [
          m.lineOf(null), m.lineOf({ on: false }),
          m.lineOf(whole), m.lineOf({ ...whole, owed: 3 }), m.lineOf({ ...whole, kept: 9 }),
          ...["screens", "cards", "rate", "short", "missed"].map(bad),
        ].map((line) => line && [line.kind, line.text]);
        """,
    )
    # the page of this test has no catalogue: a text is its key
    assert lines[:2] == [None, None]
    assert lines[2:5] == [["good", "fairness.none"], ["good", "fairness.waiting"], ["good", "fairness.all"]]
    assert [kind for kind, _ in lines[5:]] == ["bad"] * 5
    assert [text for _, text in lines[5:]] == [
        f"fairness.bad.{why}" for why in ("screens", "cards", "rate", "short", "missed")
    ]
