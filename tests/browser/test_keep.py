"""What a screen keeps on its device, and how it reckons the time without contact. Run where it lives, in the browser."""

from __future__ import annotations

import pytest

from tests.browser.test_screen_modules import Modules, modules

pytestmark = pytest.mark.browser

__all__ = ["modules"]  # the fixture

# A keep on a database of its own, and a contact whose clocks are the test's.
KEEPS = """
const clocks = { wall: 1_000_000, mono: 0 };
const contact = () => new m.Contact({ mostMs: 900_000, wall: () => clocks.wall, mono: () => clocks.mono, mark: "m" });
const lost = [];
const make = (more = {}) => new m.Keep({ contact: contact(), told: (reason) => lost.push(reason), ...more });
const post = (id, seq = 1) => ({ id, seq, spans: [{ text: id }] });
const state = (seq, ...ids) => ({ position: { epoch: "e", seq }, posts: ids.map((id) => post(id)), panic: false });
const ids = (kept) => kept?.posts.map(({ id }) => id) ?? null;
const again = async (name) => { const keep = make(); await keep.open(name); return keep.last(); };
"""


async def test_a_keep_gives_back_what_it_was_given(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/keep",
        "js/screen/contact",
        body=KEEPS
        + """
        const keep = make();
        await keep.open("one");
        const nothing = await keep.last();
        keep.save({ orders: { frame: { blank: false }, at: 5 } });
        await keep.replace({ ...state(4, "a", "b"), photos: [{ id: "a", digest: "d" }] });
        keep.save({ ...state(5, "c", "a", "b") });
        const soon = ids(await again("one"));
        const until = performance.now() + 5000;
        let later = soon;
        while (later.length < 3 && performance.now() < until) {
          await new Promise(requestAnimationFrame);
          later = ids(await again("one"));
        }
        const { position, photos, orders } = await again("one");
        return { nothing, soon, later, position, photos, orders, other: await again("two"), lost };""",
    )
    assert found == {
        "nothing": None,
        "soon": ["a", "b"],
        "later": ["c", "a", "b"],
        "position": {"epoch": "e", "seq": 5},
        "photos": [{"id": "a", "digest": "d"}],
        "orders": {"frame": {"blank": False}, "at": 5},
        "other": None,
        "lost": [],
    }


async def test_what_is_removed_is_gone_at_once_and_stays_so(modules: Modules) -> None:
    """Whatever was still to be written, and whichever page of this screen removes it."""
    found = await modules.run(
        "js/screen/keep",
        "js/screen/contact",
        body=KEEPS
        + """
        const keep = make();
        await keep.open("one");
        await keep.replace({ ...state(4, "a", "b"), photos: [{ id: "b" }, { id: "a" }] });
        keep.save({ ...state(5, "c", "a", "b") });
        await keep.remove(["a"]);
        const first = await again("one");
        const other = make();
        await other.open("one");
        await other.remove(["b"]);
        const second = await again("one");
        return { first: ids(first), photos: first.photos.length, second: ids(second), at: second.position.seq };""",
    )
    assert found == {"first": ["b"], "photos": 1, "second": [], "at": 4}


async def test_a_page_that_lags_behind_does_not_overwrite_a_record_that_is_further(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/keep",
        "js/screen/contact",
        body=KEEPS
        + """
        const [ahead, behind] = [make(), make()];
        for (const keep of [ahead, behind]) await keep.open("one");
        await behind.replace(state(3, "a", "b"));
        await ahead.replace(state(9, "b"));
        behind.save(state(4, "a", "b", "c"));
        await new Promise((done) => setTimeout(done, 2300));
        const kept = ids(await again("one"));
        await behind.replace(state(2, "z")); // a store that was set back: the server's word stands above all
        const whole = await again("one");
        return { kept, whole: ids(whole), photos: whole.photos };""",
    )
    assert found == {"kept": ["b"], "whole": ["z"], "photos": []}


async def test_without_a_database_the_screen_goes_on_and_says_so_once(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/keep",
        "js/screen/contact",
        body=KEEPS
        + """
        const shelf = new Map();
        const locker = {
          getItem: (key) => shelf.get(key) ?? null,
          setItem: (key, text) => shelf.set(key, text),
          removeItem: (key) => shelf.delete(key),
        };
        const no = () => { throw new DOMException("no", "SecurityError"); };
        const results = {};
        for (const [name, factory] of Object.entries({
          none: undefined,
          forbidden: { open: no, deleteDatabase: no },
          silent: { open: () => ({}), deleteDatabase: () => ({}) },
        })) {
          lost.length = 0;
          const keep = make({ factory: factory ?? null, locker });
          await keep.open(name);
          keep.save(state(1, "a"));
          await keep.replace(state(2, "a"));
          await keep.remove(["a"]);
          keep.noteContact();
          results[name] = [await keep.last(), keep.isLasting, lost.length];
        }
        // what may still be kept there is not believed any more
        results.marked = [...shelf.values()];
        // and where not even that can be noted, a removal is not confirmed
        const dumb = make({ factory: { open: no, deleteDatabase: no }, locker: null });
        await dumb.open("dumb");
        results.unsure = await dumb.remove(["a"]).then(() => "confirmed", () => "not confirmed");
        return results;""",
    )
    assert found == {
        "none": [None, False, 1],
        "forbidden": [None, False, 1],
        "silent": [None, False, 1],
        "marked": ["void", "void"],
        "unsure": "not confirmed",
    }


async def test_a_record_that_could_not_be_written_is_not_believed(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/keep",
        "js/screen/contact",
        body=KEEPS
        + """
        const keep = make();
        await keep.open("one");
        await keep.replace(state(4, "a", "b"));
        const real = IDBObjectStore.prototype.put;
        let rooms = 0;
        keep.makeRoom = async () => { rooms++; };
        IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
        await keep.remove(["a"]).catch((error) => lost.push(String(error)));
        IDBObjectStore.prototype.put = real;
        const after = await again("one");
        const fresh = make();
        await fresh.open("one");
        await fresh.last();
        await fresh.replace(state(6, "c"));
        return { after, lost: lost.length, healed: ids(await again("one")) };""",
    )
    assert found == {"after": None, "lost": 1, "healed": ["c"]}


async def test_doubt_about_time_counts_as_too_long(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/contact",
        body="""
        const clocks = { wall: 0, mono: 0 };
        const make = (mark = "m", mostMs = 900_000) => {
          Object.assign(clocks, { wall: 50_000_000, mono: 0 });
          return new m.Contact({ mostMs, wall: () => clocks.wall, mono: () => clocks.mono, mark });
        };
        const pass = (ms, wallMs = ms) => { clocks.mono += ms; clocks.wall += wallMs; };
        const after = (...steps) => {
          const one = make();
          one.heard();
          for (const step of steps) pass(...step);
          return one.isTooOld;
        };
        const reload = (noted, ms, more = {}) => {
          const one = make(); one.heard(); pass(noted);
          const note = { ...one.note(), ...more };
          const wall = clocks.wall;
          const next = make(); clocks.wall = wall + ms; next.resume(note);
          return next.isTooOld;
        };
        const sum = () => { // cut off for ten minutes, a reload, another six
          const one = make(); one.heard(); pass(600_000);
          const note = one.note(); const wall = clocks.wall;
          const next = make(); clocks.wall = wall + 1000; next.resume(note); pass(360_000);
          return next.isTooOld;
        };
        const doubt = () => { // a jump there and back again, then a reload
          const one = make(); one.heard(); pass(1000, 3_600_000); void one.ageMs; pass(1000, -3_598_000);
          const note = one.note(); const wall = clocks.wall;
          const next = make(); clocks.wall = wall + 1000; next.resume(note);
          return [one.isTooOld, next.isTooOld];
        };
        const healed = () => {
          const one = make(); one.heard(); pass(1000, -9e6); void one.ageMs;
          one.heard(); pass(1000);
          return one.isTooOld;
        };
        const unlimited = () => { const one = make("m", 0); one.heard(); pass(1e9); return one.isTooOld; };
        return {
          never: make().isTooOld,
          nothing: (() => { const one = make(); one.resume(null); return one.isTooOld; })(),
          soon: after([890_000]), late: after([901_000]),
          forward: after([1000, 3_600_000]), back: after([1000, -3_600_000]),
          slewed: after([1000, 9000]), asleep: after([1000, 60_000]),
          reloaded: reload(10_000, 1000), tooLong: reload(10_000, 891_000),
          earlier: reload(10_000, -60_000), set: reload(10_000, -500),
          started: reload(10_000, 1000, { mark: "another start of the browser" }),
          broken: reload(10_000, 1000, { at: "x" }),
          sum: sum(), doubt: doubt(), healed: healed(), unlimited: unlimited(),
        };""",
    )
    assert found == {
        "never": False,
        "nothing": False,
        "soon": False,
        "late": True,
        "forward": True,
        "back": True,
        "slewed": False,
        "asleep": True,
        "reloaded": False,
        "tooLong": True,
        "earlier": True,
        "set": False,
        "started": True,
        "broken": True,
        "sum": True,
        "doubt": [True, True],
        "healed": False,
        "unlimited": False,
    }
