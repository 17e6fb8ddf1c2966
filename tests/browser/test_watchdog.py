"""The watchdog: a page that no longer lives is loaded anew, seldom and never into the void. The clocks are the test's."""

from __future__ import annotations

import pytest

from tests.browser.test_screen_modules import Modules, modules

pytestmark = pytest.mark.browser

__all__ = ["modules"]  # the fixture

WATCHES = """
const shelf = new Map();
const storage = { getItem: (key) => shelf.get(key) ?? null, setItem: (key, text) => shelf.set(key, text) };
const at = { now: 0, born: 0, hour: 12, frames: 0, heap: 10e6, heardAt: 0 };
Object.assign(at, { isSeen: true, draws: true, isQuiet: false, isServed: true, isKept: false });
const went = [];
const reloads = () => new m.Reloads({
  storage, wall: () => at.now, mono: () => at.now - at.born, go: () => went.push(at.now),
});
const make = (more = {}) => new m.Watchdog({
  reloads: reloads(), line: () => ({ isLive: true, heardAt: at.heardAt }), clock: () => ({ getHours: () => at.hour }),
  isKept: () => at.isKept, isServed: async () => at.isServed, mono: () => at.now, isSeen: () => at.isSeen,
  frame: (done) => { at.frames++; if (at.draws) done(); }, heap: () => at.heap, random: () => 0, ...more,
});
const rest = async () => { for (let i = 0; i < 5; i++) await null; };
const run = async (dog, seconds) => {
  for (let i = 0; i < seconds; i++) {
    at.now += 1000;
    if (!at.isQuiet) at.heardAt = at.now;
    dog.tick();
    await rest();
  }
};
"""


async def test_a_page_that_lives_is_left_in_peace(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/watchdog",
        body=WATCHES
        + """
        const dog = make();
        await run(dog, 3 * 3600);
        return { went, reasons: dog.reasons, frames: at.frames };""",
    )
    assert (found["went"], found["reasons"]) == ([], [])
    assert found["frames"] == 3 * 3600, "one frame a second, no loop"


async def test_a_page_without_frames_is_loaded_anew_but_not_again_and_again(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/watchdog",
        body=WATCHES
        + """
        const dog = make();
        await run(dog, 5);
        at.draws = false;
        await run(dog, 12);
        const first = [...went];
        await run(dog, 300); // the new page is frozen too
        at.born = at.now; // and is told so by the same session
        const next = make();
        await run(next, 400);
        return { first, all: went, reasons: next.reasons };""",
    )
    assert found["first"] == [16_000]
    gaps = [b - a for a, b in zip(found["all"], found["all"][1:], strict=False)]
    assert all(gap >= 600_000 for gap in gaps), found["all"]
    assert found["reasons"] == ["frozen"]


async def test_a_hidden_page_is_not_a_frozen_one(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/watchdog",
        body=WATCHES
        + """
        const dog = make();
        at.isSeen = false; at.draws = false;
        await run(dog, 600);
        at.now += 60_000; // its timers were slowed down
        dog.tick();
        return { went, reasons: dog.reasons };""",
    )
    assert found == {"went": [], "reasons": []}


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("at.now += 30_000;", "stalled"),
        ("at.isQuiet = true; await run(dog, 302);", "silent"),
        ("await run(dog, 700); at.heap = 90e6; await run(dog, 640);", "heap"),
    ],
)
async def test_less_urgent_troubles_wait_for_the_next_scene(
    modules: Modules, trouble: str, reason: str
) -> None:
    found = await modules.run(
        "js/screen/watchdog",
        body=WATCHES
        + f"""
        const dog = make();
        await run(dog, 5);
        {trouble}
        await run(dog, 2);
        const before = went.length;
        dog.sceneChanges();
        await rest();
        return [before, went.length, dog.reasons];""",
    )
    assert found == [0, 1, [reason]]


async def test_a_programme_that_never_changes_its_scene_does_not_save_a_sick_page(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/watchdog",
        body=WATCHES
        + """
        const dog = make();
        at.now += 30_000;
        await run(dog, 110);
        const soon = went.length;
        await run(dog, 20);
        return [soon, went.length];""",
    )
    assert found == [0, 1]


async def test_nobody_reloads_into_the_void(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/watchdog",
        body=WATCHES
        + """
        at.isServed = false; at.draws = false;
        const dog = make();
        await run(dog, 60);
        const alone = went.length;
        at.isKept = true; // the worker would give the page
        await run(dog, 3);
        return [alone, went.length];""",
    )
    assert found == [0, 1]


async def test_each_night_once_and_only_when_the_server_gives_the_page(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/watchdog",
        body=WATCHES
        + """
        const dog = make();
        at.hour = 3;
        await run(dog, 3 * 3600);
        at.hour = 4; at.isServed = false; at.isKept = true;
        await run(dog, 900);
        const without = went.length;
        at.isServed = true;
        await run(dog, 600);
        const served = went.length;
        at.born = at.now; // the new page, in the same hour
        const fresh = make({ mono: () => at.now - at.born });
        await run(fresh, 2000);
        return [without, served, went.length, fresh.reasons];""",
    )
    assert found == [0, 1, 1, ["night"]]


async def test_a_session_that_forgets_counts_by_the_age_of_the_page(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/watchdog",
        body="""
        let mono = 0; let count = 0;
        const broken = { getItem() { throw new Error("no"); }, setItem() { throw new Error("no"); } };
        const one = new m.Reloads({ storage: broken, wall: () => 0, mono: () => mono, go: () => count++ });
        const young = one.reload("x");
        mono = 700_000;
        return [young, one.reload("x"), count];""",
    )
    assert found == [False, True, 1]
