"""The pure parts around scenes: whose turn it is, shares, hours, the flash limiter, and the feed's further posts."""

from __future__ import annotations

import pytest

from tests.browser.test_screen_modules import Modules, modules

pytestmark = pytest.mark.browser

__all__ = ["modules"]

PLAY = """
  const usual = { seconds: 10, share: 0, when: {}, traits: { posts: false, evergreen: true } };
  const scenes = given.scenes.map((scene) => ({ ...usual, ...scene }));
  const programme = new m.Programme({ scenes });
  const played = {};
  const order = [];
  let [now, current] = [0, null];
  while (now < given.seconds) {
    const next = programme.next({ minutes: 600, counts: { posts: 5, photos: 2 }, now, current, ...given.state });
    if (!next) return { order, played: null };
    order.push(next.id);
    programme.played(next.id, next.seconds);
    played[next.id] = (played[next.id] ?? 0) + next.seconds;
    now += next.seconds;
    current = next;
  }
  return { order, played };"""


async def test_scenes_take_turns_in_their_order(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/programme",
        body=PLAY,
        given={"scenes": [{"id": "a"}, {"id": "b"}, {"id": "c"}], "seconds": 70},
    )
    assert "".join(found["order"]) == "abcabca"


@pytest.mark.parametrize("shares", [(10, 0), (10, 25), (5, 3)])
async def test_a_sponsor_gets_its_share_of_the_seconds(modules: Modules, shares: tuple[int, int]) -> None:
    scenes = [{"id": "wall", "seconds": 60}, {"id": "words", "seconds": 15}]
    scenes += [{"id": f"s{n}", "seconds": 8 + 5 * n, "share": share} for n, share in enumerate(shares)]
    found = await modules.run(
        "js/screen/programme",
        body=PLAY,
        given={"scenes": scenes, "seconds": 8 * 3600},
    )
    total = sum(found["played"].values())
    for n, share in enumerate(shares):
        if share:
            assert abs(100 * found["played"][f"s{n}"] / total - share) < 0.3


async def test_conditions_and_hours_keep_a_scene_out(modules: Modules) -> None:
    scenes = [
        {"id": "always"},
        {"id": "mosaic", "when": {"photos": 3}},
        {"id": "night", "hours": "22:00-06:00"},
        {"id": "day", "hours": "09:00-18:00"},
    ]
    given = {"scenes": scenes, "seconds": 40}
    body = PLAY
    assert (
        "".join(i[0] for i in (await modules.run("js/screen/programme", body=body, given=given))["order"])
        == "adad"
    )
    late = {**given, "state": {"minutes": 23 * 60, "counts": {"photos": 3}}}
    assert (
        "".join(i[0] for i in (await modules.run("js/screen/programme", body=body, given=late))["order"])
        == "amna"
    )


async def test_cut_off_shows_what_no_visitor_wrote(modules: Modules) -> None:
    posts = {"posts": True, "evergreen": False}
    given = {
        "scenes": [{"id": "wall", "traits": posts}, {"id": "call"}, {"id": "photos", "traits": posts}],
        "seconds": 30,
        "state": {"isCutOff": True},
    }
    body = PLAY
    assert (await modules.run("js/screen/programme", body=body, given=given))["order"] == ["call"] * 3
    given["scenes"] = given["scenes"][:1]  # type: ignore[index]
    assert (await modules.run("js/screen/programme", body=body, given=given))["played"] is None


async def test_a_post_that_comes_in_between_costs_nobody_his_turn(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/programme",
        body="""
        const scene = (id, posts) => ({ id, seconds: 10, traits: { posts } });
        const programme = new m.Programme({ scenes: [scene("wall", true), scene("join", false), scene("words", false)] });
        const state = { minutes: 0, counts: { posts: 1 } };
        const order = [programme.next(state), programme.next(state)];
        order.push(programme.next({ ...state, current: order[1], needsPosts: true }));
        order.push(programme.next({ ...state, current: order[2] }));
        programme.failed("wall", 60);
        order.push(programme.next({ ...state, now: 59 }), programme.next({ ...state, now: 61 }));
        return order.map((each) => each.id);""",
    )
    assert found == ["wall", "join", "wall", "words", "join", "words"]


async def test_light_changes_three_times_a_second_at_most(modules: Modules) -> None:
    found = await modules.run(
        "js/flash",
        body="""
        const flashes = new m.Flashes();
        const times = [];
        for (let now = 0; now < 5000; now += 10) if (!flashes.wait(now)) { flashes.note(now); times.push(now); }
        return times;""",
    )
    assert len(found) == 15
    assert all(later - earlier >= 1000 for earlier, later in zip(found, found[3:], strict=False))


FEED = """
  const feed = new m.Feed();
  const heard = [];
  const post = (id, seq, more = {}) => ({ id, seq, rev: 1, pictures: [], ...more });
  feed.snapshot({ items: Array.from({ length: 60 }, (_, i) => post(`p${i}`, 100 + i)) });
  feed.subscribe((event) => heard.push(event));
"""


async def test_posts_that_are_owed_their_time_come_back_and_leave_like_the_others(modules: Modules) -> None:
    found = await modules.run(
        "js/feed",
        body=FEED
        + """
        feed.extra("owed", [post("old", 3), post("older", 2)]);
        const ids = feed.posts().map((each) => each.id).slice(-2);
        feed.op({ op: "del", id: "old", seq: 200 });
        const gone = [feed.get("old"), feed.owed.has("old"), heard.filter((e) => e.type === "del")];
        feed.extra("owed", [post("old", 3)]); // an old list, sent before the removal
        feed.extra("owed", []);
        return { ids, gone, back: feed.get("old") ?? null, stays: feed.get("older")?.id };""",
    )
    assert found["ids"] == ["old", "older"]
    assert found["gone"] == [None, False, [{"type": "del", "id": "old"}]]
    assert found["back"] is None
    assert found["stays"] == "older", "it may stand on a stage until others need the place"


async def test_the_great_picture_holds_what_the_newest_posts_do_not(modules: Modules) -> None:
    found = await modules.run(
        "js/feed",
        body=FEED
        + """
        const photo = (id, seq) => ({ id, seq, digest: id, colour: "#123456" });
        feed.op({ op: "del", id: "gone", seq: 160 });
        feed.op({ op: "add", seq: 161, item: post("new", 161, { pictures: [{ digest: "n", colour: "#fff" }] }) });
        feed.setPhotos([photo("far", 5), photo("gone", 6)], 159);
        const first = feed.photos().map((each) => each.id);
        heard.length = 0;
        feed.op({ op: "del", id: "far", seq: 162 });
        const dels = heard.filter((event) => event.type === "del").map((event) => event.id);
        feed.doubtPhotos();
        return { first, dels, doubted: feed.photos().map((each) => each.id) };""",
    )
    assert found == {"first": ["new", "far"], "dels": ["far"], "doubted": ["new"]}


async def test_a_layout_that_throws_does_not_stop_the_others(modules: Modules) -> None:
    found = await modules.run(
        "js/feed",
        body=FEED
        + """
        const failed = [];
        feed.onFailed = (id, error) => failed.push([id, error.message]);
        const late = [];
        feed.subscribe(() => { throw new Error("broken"); });
        feed.subscribe((event) => late.push(event.type));
        const view = feed.view({ painted: (ids) => late.push(ids), failed: () => {} });
        view.subscribe((event) => late.push(`view ${event.type}`));
        feed.op({ op: "add", seq: 161, item: post("new", 161) });
        view.painted(["new"]);
        view.close();
        feed.op({ op: "del", id: "new", seq: 162 });
        view.painted([]);
        return { failed, late };""",
    )
    assert found["failed"][0] == ["new", "broken"]
    assert found["late"] == ["add", "view add", "del", "view del", ["new"], "del"]


async def test_quiet_hours_replay_the_best_and_whatever_is_new(modules: Modules) -> None:
    found = await modules.run(
        "js/feed",
        body=FEED
        + """
        const best = Array.from({ length: 12 }, (_, i) => post(`b${i}`, 10 + i));
        feed.extra("best", best.slice(0, 5));
        const few = feed.posts().length;
        feed.extra("best", best);
        const quiet = feed.posts().map((each) => each.id);
        feed.op({ op: "add", seq: 170, item: post("late", 170) });
        feed.op({ op: "del", id: "b3", seq: 171 });
        const later = feed.posts().map((each) => each.id);
        feed.extra("best", []);
        return { few, quiet, later, over: [feed.isQuiet, feed.posts().length] };""",
    )
    assert found["few"] == 65, "a handful would be a poor night"
    assert sorted(found["quiet"]) == sorted(f"b{n}" for n in range(12))
    assert found["later"][0] == "late"
    assert found["later"].count("b3") == 0
    assert found["over"][0] is False
    assert found["over"][1] > 60


async def test_what_could_not_be_drawn_is_tried_again_five_times(modules: Modules) -> None:
    found = await modules.run(
        "js/screen/again",
        body="""
        const repeated = [];
        let due = [];
        const later = (done, ms) => due.push([ms, done]);
        const again = new m.Again({ repeat: (id) => { repeated.push(id); again.failed(id); }, later });
        again.failed("p");
        again.failed("p");
        again.failed("");
        const pauses = [];
        while (due.length) {
          const [[ms, done]] = due;
          due = due.slice(1);
          pauses.push(ms);
          done();
        }
        again.forgive();
        return { pauses, repeated: repeated.length, waiting: due.length };""",
    )
    assert found == {"pauses": [1500, 4000, 10_000, 30_000, 60_000], "repeated": 5, "waiting": 1}
