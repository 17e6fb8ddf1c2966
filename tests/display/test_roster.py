"""Who has confirmed what, and how often somebody may knock."""

from __future__ import annotations

import msgspec
import pytest

from display.protocol import op_frame, read_frame
from display.roster import Receipt, Roster, ScreenState
from wall.live import Op
from wall.model import PostId
from wall.web.limits import Buckets


def test_a_removal_is_confirmed_screen_by_screen() -> None:
    roster = Roster(web="a")
    for name, seq in (("hall-a", 9), ("hall-b", 10)):
        roster.touch(ScreenState(id=name, applied_seq=seq))
    roster.removed("p1", 10)
    assert roster.off() == {"p1": Receipt(confirmed=1, of=2, missing=("hall-a",))}
    roster.touch(ScreenState(id="hall-a", applied_seq=10))
    assert roster.off() == {"p1": Receipt(confirmed=2, of=2)}
    roster.shown_again("p1")
    assert roster.off() == {}


def test_a_screen_that_is_away_still_counts_for_an_hour() -> None:
    now = [0.0]
    roster = Roster(web="a", clock=lambda: now[0])
    roster.touch(ScreenState(id="hall-a", connected=False, applied_seq=3))
    roster.removed("p1", 4)
    assert roster.off() == {"p1": Receipt(confirmed=0, of=1, missing=("hall-a",))}
    now[0] = 3601
    assert roster.off() == {"p1": Receipt(confirmed=0, of=0)}


def test_screens_of_other_processes_are_heard_and_forgotten() -> None:
    now = [0.0]
    mine, other = Roster(web="a", clock=lambda: now[0]), Roster(web="b")
    other.touch(ScreenState(id="hall-b", applied_seq=1))
    mine.hear(other.report())
    mine.hear(b"nonsense")
    mine.hear(mine.report())
    assert [state.id for state in mine.screens()] == ["hall-b"]
    now[0] = 16
    assert mine.screens() == []


def test_a_screen_that_moved_to_another_process_is_connected() -> None:
    mine, other = Roster(web="a"), Roster(web="b")
    mine.touch(ScreenState(id="hall-a", connected=False, applied_seq=1))
    other.touch(ScreenState(id="hall-a", connected=True, applied_seq=2))
    mine.hear(other.report())
    (state,) = mine.screens()
    assert (state.connected, state.applied_seq) == (True, 2)


def test_a_bucket_empties_and_fills() -> None:
    now = [0.0]
    buckets = Buckets(3, clock=lambda: now[0])
    assert [buckets.take("phone") for _ in range(3)] == [0, 0, 0]
    assert buckets.take("phone") == pytest.approx(20)
    assert buckets.take("other") == 0
    now[0] = 20
    assert buckets.take("phone") == 0


def test_an_address_gets_sixty_and_not_sixty_one() -> None:
    buckets = Buckets(60, clock=lambda: 0.0)
    assert [buckets.take("hall") for _ in range(60)] == [0] * 60
    assert buckets.take("hall") == pytest.approx(1)


def test_buckets_are_bounded() -> None:
    buckets = Buckets(1, most=10)
    for n in range(1000):
        buckets.take(str(n))
    assert len(buckets._levels) == 10


@pytest.mark.parametrize(
    "raw",
    [
        "{}",
        "[]",
        '{"type":"decide"}',
        '{"type":"painted"}',
        '{"type":"painted","seq":-1}',
        '{"type":"painted","seq":9223372036854775808}',
        '{"type":"painted","seq":"1"}',
        '{"type":"painted","seq":null}',
        '{"type":"beat","seq":1,"frames":1e400}',
        '{"type":"beat","seq":1,"frames":NaN}',
        '{"type":"beat","shown":["' + "x" * 41 + '"]}',
    ],
)
def test_frames_that_are_not_ours_are_refused(raw: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_frame(raw)


def test_an_add_whose_post_is_gone_again_is_a_skip() -> None:
    frame = op_frame(Op(seq=4, op="add", pid=PostId("p"), why="approve"))
    assert frame.endswith(b'{"type":"op","seq":4,"op":"skip"}')
