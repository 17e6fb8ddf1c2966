"""Proof of play on a real store: each branch of the script, repeats, two spools, and what can be read of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.makers import Hands, post
from wall.gate import Gate, Ruling, Verdict
from wall.model import PostId
from wall.plays import Evidence, Kept, Play, Plays, Shown, day_of, stretches
from wall.store.client import Store

NOW = 1_795_500_000_000
MINUTE = 60_000
SPOOL, OTHER = "spool-of-hall-a", "spool-of-hall-b"


class Clock:
    ms = NOW

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def plays(store: Store, clock: Clock) -> Plays:
    return Plays(store, clock_ms=clock)


@pytest.fixture
def hands(store: Store, clock: Clock) -> Hands:
    hands = Hands(store)
    hands.gate = Gate(store, clock_ms=clock)
    return hands


async def hang(hands: Hands, number: str = "1") -> PostId:
    await hands.arrive(post(number), ruling=Ruling.APPROVE)
    return post(number).pid


def play(n: int, pid: str, **more: Any) -> Play:
    return Play(**{"n": n, "kind": "post", "id": pid, "at_ms": NOW, "ms": 12_000, "scene": "s1", **more})


def kept(upto: int, **counts: int) -> Kept:
    nothing = dict.fromkeys(("stored", "repeated", "doubtful", "unknown", "away", "bad"), 0)
    return Kept(upto, **{**nothing, **counts})


async def test_a_play_is_counted(plays: Plays, hands: Hands) -> None:
    pid = await hang(hands)
    assert await plays.keep(SPOOL, "hall-a", [play(1, pid)]) == kept(1, stored=1)
    told = await plays.of_post(pid)
    assert (told.ms, told.plays, told.first_ms, told.last_ms) == (12_000, 1, NOW, NOW)
    assert told.newest == (Shown("hall-a", NOW, 12_000),)
    assert {name: (one.ms, one.plays) for name, one in told.screens.items()} == {"hall-a": (12_000, 1)}


async def test_the_same_batch_again_counts_nothing(plays: Plays, hands: Hands) -> None:
    pid = await hang(hands)
    batch = [play(1, pid), play(2, pid, at_ms=NOW + 20_000)]
    await plays.keep(SPOOL, "hall-a", batch)
    again = [*batch, play(3, pid, at_ms=NOW + 40_000)]
    assert await plays.keep(SPOOL, "hall-a", again) == kept(3, stored=1, repeated=2)
    assert (await plays.of_post(pid)).plays == 3


async def test_batches_at_the_same_moment_through_two_processes_count_once(
    plays: Plays, hands: Hands
) -> None:
    pid = await hang(hands)
    batch = [play(n, pid, ms=1000) for n in range(1, 51)]
    async with asyncio.TaskGroup() as tasks:
        for _ in range(6):
            tasks.create_task(plays.keep(SPOOL, "hall-a", batch))
    assert (await plays.of_post(pid)).ms == 50_000


async def test_two_spools_have_numbers_of_their_own(plays: Plays, hands: Hands) -> None:
    pid = await hang(hands)
    await plays.keep(SPOOL, "hall-a", [play(1, pid)])
    assert await plays.keep(OTHER, "hall-b", [play(1, pid, ms=3000)]) == kept(1, stored=1)
    told = await plays.of_post(pid)
    assert {name: one.ms for name, one in told.screens.items()} == {"hall-a": 12_000, "hall-b": 3000}
    assert told.ms == 15_000


async def test_a_batch_out_of_order_is_put_in_order(plays: Plays, hands: Hands) -> None:
    pid = await hang(hands)
    assert await plays.keep(SPOOL, "hall-a", [play(2, pid), play(1, pid)]) == kept(2, stored=2)


async def test_first_and_last_do_not_depend_on_the_order_of_telling(plays: Plays, hands: Hands) -> None:
    pid = await hang(hands)
    times = [NOW, NOW - 30_000, NOW + 10_000]
    await plays.keep(SPOOL, "hall-a", [play(n, pid, at_ms=at) for n, at in enumerate(times, 1)])
    told = await plays.of_post(pid)
    assert (told.first_ms, told.last_ms) == (NOW - 30_000, NOW + 10_000)


async def test_an_unknown_post_is_refused_and_counted(plays: Plays) -> None:
    pid = post("never").pid
    assert await plays.keep(SPOOL, "hall-a", [play(1, pid)]) == kept(1, unknown=1)
    assert (await plays.screens())["hall-a"] == {"unknown": 1}
    assert (await plays.of_post(pid)).plays == 0


async def test_a_post_that_never_was_on_the_wall_is_refused(plays: Plays, hands: Hands) -> None:
    await hands.arrive(post())
    assert await plays.keep(SPOOL, "hall-a", [play(1, post().pid)]) == kept(1, away=1)
    assert (await plays.screens())["hall-a"] == {"away": 1}


@pytest.mark.parametrize(
    ("at_ms", "word"),
    [
        (NOW - 2 * MINUTE, "away"),  # before it was approved
        (NOW - 30_000, "stored"),  # clocks differ a little
        (NOW + 5 * MINUTE, "stored"),
        (NOW + 10 * MINUTE + 30_000, "stored"),
        (NOW + 15 * MINUTE, "away"),  # taken down five minutes ago
        (NOW + 25 * MINUTE, "stored"),  # and up again
    ],
)
async def test_a_post_must_have_been_on_the_wall_at_that_time(
    plays: Plays, hands: Hands, clock: Clock, at_ms: int, word: str
) -> None:
    pid = await hang(hands)
    clock.ms = NOW + 10 * MINUTE
    await hands.decide(post(), Verdict.UNAPPROVE)
    clock.ms = NOW + 20 * MINUTE
    await hands.decide(post(), Verdict.APPROVE)
    clock.ms = NOW + 30 * MINUTE
    assert await plays.keep(SPOOL, "hall-a", [play(1, pid, at_ms=at_ms)]) == kept(1, **{word: 1})


async def test_a_tombstone_keeps_its_plays_and_takes_late_ones(
    plays: Plays, hands: Hands, clock: Clock
) -> None:
    pid = await hang(hands)
    await plays.keep(SPOOL, "hall-a", [play(1, pid)])
    clock.ms = NOW + 10 * MINUTE
    await hands.decide(post(), Verdict.WITHDRAW)
    late = [play(2, pid, at_ms=NOW + 9 * MINUTE), play(3, pid, at_ms=clock.ms + 5 * MINUTE)]
    clock.ms = NOW + 20 * MINUTE
    assert await plays.keep(SPOOL, "hall-a", late) == kept(3, stored=1, away=1)
    assert (await plays.of_post(pid)).plays == 2


async def test_a_post_from_before_there_were_times_is_believed_while_it_is_up(
    plays: Plays, hands: Hands, store: Store
) -> None:
    pid = await hang(hands)
    await store.redis.hdel(store.keys.post(pid), "stood")
    assert await plays.keep(SPOOL, "hall-a", [play(1, pid, at_ms=NOW - MINUTE * 60)]) == kept(1, stored=1)
    await hands.decide(post(), Verdict.REJECT)
    await store.redis.hdel(store.keys.post(pid), "stood")
    assert await plays.keep(SPOOL, "hall-a", [play(2, pid)]) == kept(2, away=1)


async def test_when_it_stood_is_remembered_a_number_of_times(
    hands: Hands, store: Store, clock: Clock
) -> None:
    pid = await hang(hands)
    for _ in range(30):
        clock.ms += MINUTE
        await hands.decide(post(), Verdict.UNAPPROVE)
        clock.ms += MINUTE
        await hands.decide(post(), Verdict.APPROVE)
    stood = (await store.redis.hget(store.keys.post(pid), "stood") or b"").decode().split(" ")
    assert len(stood) in range(10, 20)
    assert stood[-1] == f"{clock.ms}-"
    assert all(len(times.split("-")[0]) == 13 for times in stood)  # none is cut in its middle


@pytest.mark.parametrize("at_ms", [NOW - 25 * 60 * MINUTE, NOW + 2 * MINUTE])
async def test_a_time_that_cannot_be_is_doubtful(plays: Plays, hands: Hands, at_ms: int) -> None:
    pid = await hang(hands)
    assert await plays.keep(SPOOL, "hall-a", [play(1, pid, at_ms=at_ms)]) == kept(1, stored=1, doubtful=1)
    told = await plays.of_post(pid)
    assert (told.ms, told.plays, told.newest, told.doubtful) == (0, 0, (), 1)
    (page,) = [page async for page in plays.log()]
    assert [(row.at_ms, row.is_doubtful) for row in page] == [(at_ms, True)]
    assert (await plays.screens())["hall-a"] == {"doubtful": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"ms": 120_001},
        {"kind": "film"},
        {"id": "no id of ours"},
        {"scene": "s 1"},
        {"kind": "scene", "id": "s 1"},
        {"at_ms": 2**53 - 1},
    ],
)
async def test_nonsense_is_counted_and_answered_for(
    plays: Plays, hands: Hands, wrong: dict[str, Any]
) -> None:
    pid = await hang(hands)
    batch = [play(1, pid, **wrong), play(2, pid, ms=120_000)]
    assert await plays.keep(SPOOL, "hall-a", batch) == kept(2, stored=1, bad=1)
    assert (await plays.screens())["hall-a"] == {"bad": 1, "post": 1, "ms": 120_000}


@pytest.mark.parametrize("spool", ["", "short", "with space", "x" * 41])
async def test_a_spool_has_a_name(plays: Plays, spool: str) -> None:
    with pytest.raises(ValueError, match="spool"):
        await plays.keep(spool, "hall-a", [])


async def test_what_a_spool_has_dropped_is_counted_once(plays: Plays) -> None:
    await plays.keep(SPOOL, "hall-a", [], lost=7)
    await plays.keep(SPOOL, "hall-a", [], lost=7)
    await plays.keep(SPOOL, "hall-a", [], lost=9)
    assert (await plays.screens())["hall-a"] == {"lost": 9}


async def test_scenes_are_summed_by_day_and_screen(plays: Plays, clock: Clock) -> None:
    day = 24 * 60 * MINUTE
    await plays.keep(
        SPOOL,
        "hall-a",
        [
            Play(n=1, kind="scene", id="sponsor", at_ms=NOW, ms=30_000),
            Play(n=2, kind="scene", id="sponsor", at_ms=NOW + MINUTE, ms=30_000),
            Play(n=3, kind="scene", id="s1", at_ms=NOW, ms=1500),
            Play(n=4, kind="scene", id="s1", at_ms=NOW - 2 * day, ms=60_000),  # doubtful: nobody pays for it
        ],
    )
    clock.ms += day
    await plays.keep(OTHER, "hall-b", [Play(n=1, kind="scene", id="sponsor", at_ms=clock.ms, ms=9000)])
    assert [(row.day, row.screen, row.scene, row.seconds, row.times) for row in await plays.scenes()] == [
        (day_of(NOW), "hall-a", "s1", 1.5, 1),
        (day_of(NOW), "hall-a", "sponsor", 60.0, 2),
        (day_of(NOW + day), "hall-b", "sponsor", 9.0, 1),
    ]


async def test_the_newest_fifty_are_kept_and_all_are_summed(plays: Plays, hands: Hands) -> None:
    pid = await hang(hands)
    for start in (0, 50):
        await plays.keep(
            SPOOL, "hall-a", [play(start + n, pid, at_ms=NOW + start + n, ms=1000) for n in range(1, 51)]
        )
    told = await plays.of_post(pid)
    assert (told.plays, told.ms, len(told.newest)) == (100, 100_000, 50)
    assert (told.newest[0].at_ms, told.newest[-1].at_ms) == (NOW + 100, NOW + 51)


async def test_the_log_is_evidence_of_ids_and_numbers(plays: Plays, hands: Hands) -> None:
    pid = await hang(hands)
    await plays.keep(
        SPOOL, "hall-a", [play(1, pid), Play(n=2, kind="scene", id="s1", at_ms=NOW + 1000, ms=60_000)]
    )
    (page,) = [page async for page in plays.log()]
    assert page == [
        Evidence(NOW, "post", pid, "hall-a", "s1", 12_000, SPOOL, 1, False),
        Evidence(NOW + 1000, "scene", "s1", "hall-a", "", 60_000, SPOOL, 2, False),
    ]
    assert [[row.n for row in page] async for page in plays.log(from_ms=NOW + 1)] == [[2]]
    assert [[row.n for row in page] async for page in plays.log(to_ms=NOW)] == [[1]]


async def test_the_house_is_told_which_posts(plays: Plays, hands: Hands, store: Store) -> None:
    pid, other = await hang(hands, "1"), await hang(hands, "2")
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    ready = asyncio.Event()

    async def listen() -> None:
        async for ring in store.listen(store.keys.plays_tick):
            if ring.channel:
                heard.put_nowait(ring.data)
            else:
                ready.set()

    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(listen())
        await asyncio.wait_for(ready.wait(), 5)
        await plays.keep(SPOOL, "hall-a", [play(1, pid), play(2, other), play(3, pid)])
        assert await asyncio.wait_for(heard.get(), 5) == f"{pid} {other}".encode()
        listening.cancel()


async def test_what_hangs_and_since_when(plays: Plays, hands: Hands, clock: Clock) -> None:
    first = await hang(hands, "1")
    clock.ms = NOW + MINUTE
    second = await hang(hands, "2")
    assert [(one.pid, one.at_ms) for one in await plays.hung_since(0)] == [
        (second, NOW + MINUTE),
        (first, NOW),
    ]
    assert [one.pid for one in await plays.hung_since(NOW + 1)] == [second]
    await hands.decide(post("2"), Verdict.REJECT)
    assert [one.pid for one in await plays.hung_since(0)] == [first]


def test_pieces_of_one_stand_are_one() -> None:
    pieces = [
        Shown("hall-a", NOW, 60_000),
        Shown("hall-b", NOW + 30_000, 5000),
        Shown("hall-a", NOW + 60_000, 60_000),
        Shown("hall-a", NOW + 120_400, 12_000),
        Shown("hall-a", NOW + 200_000, 8000),
    ]
    assert stretches(pieces) == [
        Shown("hall-a", NOW + 200_000, 8000),
        Shown("hall-b", NOW + 30_000, 5000),
        Shown("hall-a", NOW, 132_400),
    ]
    assert stretches([]) == []
