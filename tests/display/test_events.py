"""What is kept of the wall's events for who comes back: gapless, bounded, without anything that has left the wall."""

from __future__ import annotations

import pytest

from display.events import KEPT, Events
from wall.live import Item, Op
from wall.model import PostId


def op(seq: int, kind: str = "add", pid: str = "", *, on: bool = False) -> Op:
    name = PostId(pid or f"p{seq}")
    content = b'{"id":"%b"}' % name.encode()
    item = (
        Item(pid=name, seq=seq, rev=1, is_pinned=False, content=content) if kind in ("add", "upd") else None
    )
    return Op(seq=seq, op=kind, pid=name, why="secret reason", item=item, is_panic=on)


@pytest.fixture
def events() -> Events:
    events = Events()
    events.begin(epoch="e", seq=10, is_panic=False)
    return events


def kinds(tail: bytes | None) -> list[str]:
    assert tail is not None
    return [line[7:].decode() for line in tail.split(b"\n") if line.startswith(b"event: ")]


def test_who_stands_inside_gets_the_rest(events: Events) -> None:
    assert events.take_all([op(11), op(12, "del", "p11"), op(13, "upd")])
    assert kinds(events.since(11)) == ["del", "upd"]
    assert (events.since(13), events.since(99)) == (b"", b"")
    assert events.since(9) is None
    assert b"secret" not in (events.since(10) or b"")


def test_a_repeat_is_nothing_and_a_gap_is_told(events: Events) -> None:
    assert events.take_all([op(11), op(11), op(12)])
    assert not events.take_all([op(14)])
    assert events.seq == 12


def test_only_so_many_are_kept(events: Events) -> None:
    assert events.take_all([op(seq) for seq in range(11, 11 + KEPT + 5)])
    assert events.since(14) is None
    assert len(kinds(events.since(15))) == KEPT


@pytest.mark.parametrize("after", ["del", "skip", "upd"])
def test_words_that_were_replaced_or_taken_down_are_not_kept(events: Events, after: str) -> None:
    assert events.take_all([op(11, pid="x"), op(12, pid="y"), op(13, after, "x")])
    tail = events.since(10) or b""
    assert tail.count(b'{"id":"x"') == (after != "skip")
    assert b"event: add\nid: e:11" not in tail
    assert b"id: e:11\n\n" in tail


def test_of_the_oldest_only_the_number_may_be_gone_already(events: Events) -> None:
    assert events.take_all([op(11, pid="x"), *(op(seq) for seq in range(12, 12 + KEPT))])
    assert events.take_all([op(12 + KEPT, "del", "x")])
    assert kinds(events.since(11 + KEPT)) == ["del"]


def test_during_a_panic_removals_alone_and_afterwards_everybody_begins_anew(events: Events) -> None:
    assert events.take_all([op(11), op(12, "panic", on=True), op(13), op(14, "del", "p11")])
    assert events.since(10) is None
    assert kinds(events.since(11)) == ["panic", "del"]
    assert b"p13" not in (events.since(11) or b"")
    assert events.take_all([op(15, "panic", on=False)])
    assert (events.since(14), events.since(15)) == (None, b"")
