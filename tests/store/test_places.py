"""The order of what waits: fair between authors, copies behind what is new, and each post has a place of its own."""

from __future__ import annotations

import pytest

from tests.makers import Hands
from tests.store.test_crowd import by, flood
from wall.gate import Verdict
from wall.model import PostId, State
from wall.store.client import Store


@pytest.fixture
def room(store: Store) -> Hands:
    return Hands(store)


async def order(room: Hands) -> list[PostId]:
    records, _ = await room.ledger.listing(State.QUEUED, limit=100)
    return [record.pid for record in records]


async def test_whoever_sends_much_does_not_push_the_others_back(room: Hands) -> None:
    for n in range(5):
        await room.arrive(by("loud", n))
    await room.arrive(by("shy", 1))
    await room.arrive(by("calm", 1))
    placed = await order(room)
    assert placed[:3] == [by("loud", 0).pid, by("shy", 1).pid, by("calm", 1).pid]
    assert placed[3:] == [by("loud", n).pid for n in range(1, 5)]
    records, _ = await room.ledger.listing(State.QUEUED, limit=100)
    assert len({one.place for one in records}) == 7


async def test_copies_wait_behind_what_is_said_for_the_first_time(room: Hands) -> None:
    posts = await flood(room, 3)
    await room.arrive(by("new", 1))
    assert (await order(room))[:2] == [posts[0].pid, by("new", 1).pid]


async def test_a_post_comes_back_to_its_place(room: Hands) -> None:
    for n in range(3):
        await room.arrive(by(f"p{n}", n))
    await room.decide(by("p0", 0), Verdict.APPROVE)
    await room.decide(by("p0", 0), Verdict.UNAPPROVE)
    assert (await order(room))[0] == by("p0", 0).pid


async def test_pages_of_a_listing_hold_each_post_once(room: Hands) -> None:
    for n in range(12):
        await room.arrive(by(f"p{n % 2}", n))
    seen: list[PostId] = []
    cursor: str | None = ""
    while cursor is not None:
        records, cursor = await room.ledger.listing(State.QUEUED, limit=5, after=cursor)
        seen += [record.pid for record in records]
    assert len(seen) == len(set(seen)) == 12
