"""Judging screens: what stands still, what is silent, what has gone."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from display.health import FROZEN_S, OLD_S, RETURN_S, SILENT_S, Judge, Trouble
from display.known import clean_title, id_of
from display.protocol import LET_GO, VIEW_MOST, Beat, Health, read_frame
from display.roster import ScreenState


class Time:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def judge(time: Time) -> Judge:
    return Judge(build="b1", clock=time)


def screen(name: str = "hall-a", link: str = "1", **more: Any) -> ScreenState:
    return ScreenState(id=name, link=link, build="b1", **more)


def troubles(judge: Judge) -> list[tuple[str, Trouble]]:
    return [(alert.screen, alert.kind) for alert in judge.alerts()]


def beats(judge: Judge, state: ScreenState, time: Time, seconds: int, **more: Any) -> None:
    """A beat every five seconds, its frames going on."""
    for _ in range(seconds // 5):
        time.now += 5
        judge.beat(state, Beat(frames=int(time.now), **more))


def test_a_screen_that_beats_is_well(judge: Judge, time: Time) -> None:
    state = screen()
    judge.joined(state)
    beats(judge, state, time, 60)
    time.now += 5
    assert troubles(judge) == []


def test_a_screen_without_a_beat_is_silent_until_the_next(judge: Judge, time: Time) -> None:
    state = screen()
    judge.joined(state)
    time.now += SILENT_S
    assert troubles(judge) == []
    time.now += 0.5
    assert troubles(judge) == [("hall-a", Trouble.SILENT)]
    since = judge.alerts()[0].since
    time.now += 5
    assert judge.alerts()[0].since == since  # what lasts is told once
    judge.beat(state, Beat(frames=1))
    assert troubles(judge) == []


def test_frames_that_stand_still_freeze_it(judge: Judge, time: Time) -> None:
    state = screen()
    judge.joined(state)
    beats(judge, state, time, 10)
    frames = int(time.now)
    for _ in range(2):
        time.now += 4
        judge.beat(state, Beat(frames=frames, still_s=4))
    assert troubles(judge) == []
    time.now += 0.5
    assert troubles(judge) == [("hall-a", Trouble.FROZEN)]
    judge.beat(state, Beat(frames=frames + 1))
    assert troubles(judge) == []


def test_a_picture_that_froze_just_before_a_beat_is_found_as_early(judge: Judge, time: Time) -> None:
    """The last frame counts from when it came, not from when it was told."""
    state = screen()
    judge.joined(state)
    time.now += 5
    judge.beat(state, Beat(frames=1, still_s=4.5))
    time.now += 4
    judge.beat(state, Beat(frames=1, still_s=8.5))
    assert troubles(judge) == [("hall-a", Trouble.FROZEN)]


def test_a_scene_that_does_not_change_in_time_is_frozen_too(judge: Judge, time: Time) -> None:
    state = screen()
    judge.joined(state)
    beats(judge, state, time, 10, late_s=9)
    assert troubles(judge) == []
    beats(judge, state, time, 10, late_s=19)
    assert troubles(judge) == [("hall-a", Trouble.FROZEN)]


def test_a_line_that_breaks_is_missed_until_it_comes_back(judge: Judge, time: Time) -> None:
    state = screen()
    judge.joined(state)
    assert judge.left(state, code=1006)
    assert troubles(judge) == []  # a reload takes seconds
    time.now += SILENT_S + 1
    assert troubles(judge) == [("hall-a", Trouble.SILENT)]
    judge.joined(screen(link="2"))
    assert troubles(judge) == []


def test_a_silent_screen_that_is_cut_goes_on_being_silent(judge: Judge, time: Time) -> None:
    state = screen()
    judge.joined(state)
    time.now += 30
    since = judge.alerts()[0].since
    judge.left(state, code=1006)
    assert [(alert.kind, alert.since) for alert in judge.alerts()] == [(Trouble.SILENT, since)]


@pytest.mark.parametrize(
    ("code", "is_paired", "is_missed"),
    [
        (1001, False, False),
        (1000, False, False),
        (1001, True, True),
        (1006, False, True),
        (LET_GO, True, False),
    ],
    ids=["a closed page", "a goodbye", "a paired one", "a cut line", "let go by the desk"],
)
def test_whether_a_screen_that_left_is_missed(
    judge: Judge, time: Time, code: int, is_paired: bool, is_missed: bool
) -> None:
    state = screen(is_paired=is_paired)
    judge.joined(state)
    assert judge.left(state, code=code) is is_missed
    time.now += 60
    assert bool(troubles(judge)) is is_missed
    judge.forget("hall-a")
    assert troubles(judge) == []


def test_two_displays_of_one_name_stand_for_each_other(judge: Judge, time: Time) -> None:
    one, other = screen(link="1"), screen(link="2")
    judge.joined(one)
    judge.joined(other)
    assert not judge.left(one, code=1006)
    beats(judge, other, time, 30)
    assert troubles(judge) == []


def test_clock_errors_and_version(judge: Judge, time: Time) -> None:
    state = screen()
    judge.joined(state)
    state.health = Health(offset_ms=-61_000)
    beats(judge, state, time, 20, errors=2)
    assert troubles(judge) == [("hall-a", Trouble.CLOCK)]
    state.health = Health(offset_ms=59_000)
    beats(judge, state, time, 5, errors=4, decode_errors=3)
    assert troubles(judge) == [("hall-a", Trouble.ERRORS)]
    beats(judge, state, time, 70, errors=4, decode_errors=3)  # no new ones
    assert troubles(judge) == []
    state.build = "b0"
    beats(judge, state, time, int(OLD_S) + 5)
    assert troubles(judge) == [("hall-a", Trouble.OLD)]


def test_a_screen_that_was_here_before_this_process_has_time_to_return(judge: Judge, time: Time) -> None:
    judge.expect(screen(connected=False))
    time.now += RETURN_S - 1
    assert troubles(judge) == []
    time.now += 2
    assert troubles(judge) == [("hall-a", Trouble.SILENT)]


def test_a_page_of_before_still_beats() -> None:
    beat = read_frame(b'{"type":"beat","seq":4,"shown":["a"],"frames":9,"errors":0}')
    assert isinstance(beat, Beat)
    assert (beat.seq, beat.frames, beat.heap_mb, beat.view) == (4, 9, None, [])


@pytest.mark.parametrize(
    "field",
    [
        {"heap_mb": -1},
        {"offset_ms": 1e300},
        {"error": "x" * 201},
        {"reasons": ["x"] * 11},
        {"view": [{"id": "a", "x": 0, "y": 0, "w": 1001, "h": 1}]},
        {"view": [{"id": "a", "x": 0, "y": 0, "w": 1, "h": 1}] * (VIEW_MOST + 1)},
        {"colours": ["red"] * 4},
    ],
    ids=lambda field: next(iter(field)),
)
def test_a_beat_beyond_all_bounds_is_refused(field: dict[str, Any]) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_frame(json.dumps({"type": "beat", **field}).encode())


def test_names_and_what_stands_in_addresses() -> None:
    assert id_of("Hall d’Entrée №2") == "hall-dentree-no2"
    assert id_of("大厅") == ""
    assert clean_title("  Hall\n\tA\u202e ") == "Hall A"
    assert len(clean_title("x" * 99)) == 40


def test_frozen_and_silent_reach_a_desk_within_ten_seconds() -> None:
    """The judge looks once a second, and so does the desk."""
    assert max(FROZEN_S, SILENT_S) + 2 <= 10
