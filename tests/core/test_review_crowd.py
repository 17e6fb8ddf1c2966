"""Many posts, many people, hostile ones among them: what slipped between two commands of the store, or past two eyes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.makers import Hands, card, post, settings_for
from tests.server import Served, serving
from tests.store.test_erasure import rewrites
from tests.web.test_many import desk, frame
from wall.gate import MANY, Answer, Ruling, Standing, Verdict
from wall.intake import MOST_TRIES, Intake
from wall.judge import Judge
from wall.media.fetch import Fetcher
from wall.media.pool import DecodePool
from wall.media.store import MediaStore
from wall.memory import Memory
from wall.model import Author, Post, PostId, Span, State
from wall.settings import ModerationSettings
from wall.spool import Spool
from wall.store.client import Store
from wall.store.erasure import FIELD

LONG = "The lights over the old courtyard came on at nine and everybody held their breath for a moment"
SLOGAN = "We queued for an hour, the guide was wonderful, and the children want to come back tomorrow morning"


@pytest.fixture
def room(store: Store) -> Hands:
    return Hands(store)


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
async def worker(store: Store, data_dir: Path) -> AsyncIterator[Intake]:
    async with Fetcher(allow=[]) as fetcher, DecodePool(size=1) as pool:
        yield Intake(
            store=store,
            fetcher=fetcher,
            pool=pool,
            media=MediaStore(data_dir / "media"),
            spool=Spool(data_dir),
            judge=Judge(store, settings_for(store, moderation=ModerationSettings(four_eyes=True))),
        )


def by(author: str, number: int, **more: Any) -> Post:
    return post(f"{author}{number}", f"text {number}", author=Author(id=author, name=author.upper()), **more)


def key() -> str:
    return str(uuid.uuid4())


async def counts(room: Hands, author: str) -> dict[str, int]:
    raw = await room.store.redis.hgetall(room.store.keys.person(author))
    return {name.decode(): int(raw[name]) for name in raw if name.decode() in set(State) and int(raw[name])}


async def scripts_run(store: Store) -> int:
    return int((await store.redis.info("commandstats"))["cmdstat_evalsha"]["calls"])


# -- a ban --------------------------------------------------------------------------------------------------------


async def arrive_together(room: Hands, posts: Sequence[Post], **how: Any) -> None:
    """As many at once as a process has connections to the store."""
    free = asyncio.Semaphore(16)

    async def arrive(one: Post) -> None:
        async with free:
            await room.arrive(one, **how)

    async with asyncio.TaskGroup() as tasks:
        for one in posts:
            tasks.create_task(arrive(one))


async def test_a_ban_comes_through_while_its_author_floods(room: Hands) -> None:
    """He sends faster than his posts can be listed: that is when he is banned."""
    for n in range(100):
        await room.arrive(by("loud", n), ruling=Ruling.APPROVE)

    async def flood() -> None:
        for n in range(100, 100_000):
            await room.arrive(by("loud", n), ruling=Ruling.APPROVE)

    async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
        floods = tasks.create_task(flood())
        swept = await room.gate.set_standing(by("loud", 1).author_key, Standing.BANNED, by="Anna", idem=key())
        floods.cancel()
    assert swept.answer is Answer.OK
    assert len(swept.answers) >= 100
    assert await room.on_wall() == []
    assert set(await counts(room, by("loud", 1).author_key)) <= {"rejected", "queued"}


async def test_a_ban_reaches_every_post_however_many_and_is_done_once(room: Hands) -> None:
    author = by("loud", 0).author_key
    await arrive_together(room, [by("loud", n) for n in range(1100)], ruling=Ruling.APPROVE)
    await room.gate.set_standing("z" * 26, Standing.BANNED, by="Anna")  # the server knows the script
    idem, steps = key(), await scripts_run(room.store)
    swept = await room.gate.set_standing(author, Standing.BANNED, by="Anna", idem=idem)
    assert (swept.answer, len(swept.answers)) == (Answer.OK, 1100)
    assert await scripts_run(room.store) - steps == 3  # no step holds the store for more than `MANY` posts
    assert (await room.ledger.counts())["rejected"] == 1100
    await room.decide(by("loud", 7), Verdict.REOPEN)
    again = await room.gate.set_standing(author, Standing.BANNED, by="Anna", idem=idem)
    assert (again.answer, again.answers) == (Answer.REPLAY, swept.answers)
    assert await room.state(by("loud", 7)) is State.QUEUED


async def test_a_post_that_changes_hands_counts_for_the_one_who_brought_it(room: Hands) -> None:
    """A feed may say another author in its next edition."""
    first = by("ann", 1)
    second = msgspec.structs.replace(first, author=Author(id="bob", name="BOB"), spans=(Span("edited"),))
    await room.arrive(first, ruling=Ruling.APPROVE)
    await room.gate.accept(second)
    await room.offer(second)
    people = await room.ledger.people([first.author_key])
    assert people[first.author_key].name == "ANN"
    await room.gate.set_standing(second.author_key, Standing.BANNED, by="Anna")
    assert await room.state(first) is State.REJECTED
    assert await counts(room, first.author_key) == {"rejected": 1}
    assert await counts(room, second.author_key) == {}


async def test_posts_from_before_the_counting_make_no_count_negative(room: Hands) -> None:
    old = by("old", 1)
    await room.arrive(old)
    await room.store.redis.delete(room.store.keys.person(old.author_key))
    await room.store.redis.hdel(room.store.keys.post(old.pid), "place")
    await room.decide(old, Verdict.APPROVE)
    assert await counts(room, old.author_key) == {"approved": 1}
    await room.arrive(by("old", 2))
    (record,) = await room.ledger.records([by("old", 2).pid])
    assert record.place > 0


# -- a cluster ----------------------------------------------------------------------------------------------------


async def test_a_cluster_put_away_takes_down_nothing_that_went_up_meanwhile(room: Hands) -> None:
    """ "Every post of it that waits": Ben has just put one up."""
    for turn in range(25):
        posts = [by(f"c{turn}-{n}", n) for n in range(40)]
        for one in posts:
            await room.arrive(one, cluster=posts[0].pid)
        (seen,) = await room.ledger.records([posts[5].pid])
        async with asyncio.TaskGroup() as tasks:
            up = tasks.create_task(
                room.gate.decide(posts[5].pid, Verdict.APPROVE, by="Ben", rev=seen.rev, mrev=seen.mrev)
            )
            tasks.create_task(room.gate.decide_cluster(posts[0].pid, Verdict.REJECT, by="Anna", idem=key()))
        assert (await room.state(posts[5]) is State.APPROVED) == (up.result().answer is Answer.OK)


async def test_a_cluster_is_put_away_however_many_they_are(room: Hands) -> None:
    first = by("c0", 0)
    await arrive_together(room, [by(f"c{n}", n) for n in range(1003)], cluster=first.pid)
    holds = await room.gate.decide_cluster(first.pid, Verdict.HOLD, by="Anna", idem=key())
    assert list(holds.answers.values()) == [Answer.OK] * 1003
    idem = key()
    swept = await room.gate.decide_cluster(first.pid, Verdict.REJECT, by="Anna", idem=idem, keep=first.pid)
    assert (swept.answer, list(swept.answers.values())) == (Answer.OK, [Answer.OK] * 1002)
    await room.arrive(by("late", 1), cluster=first.pid)
    again = await room.gate.decide_cluster(first.pid, Verdict.REJECT, by="Anna", idem=idem, keep=first.pid)
    assert (again.answer, again.answers) == (Answer.REPLAY, swept.answers)
    assert await room.state(by("late", 1)) is State.QUEUED


async def test_a_full_cluster_repeated_takes_nobody_who_came_later(room: Hands) -> None:
    first = by("c0", 0)
    await arrive_together(room, [by(f"c{n}", n) for n in range(MANY)], cluster=first.pid)
    idem = key()
    await room.gate.decide_cluster(first.pid, Verdict.REJECT, by="Anna", idem=idem)
    await room.arrive(by("late", 1), cluster=first.pid)
    again = await room.gate.decide_cluster(first.pid, Verdict.REJECT, by="Anna", idem=idem)
    assert (again.answer, len(again.answers)) == (Answer.REPLAY, MANY)
    assert await room.state(by("late", 1)) is State.QUEUED


async def test_many_posts_are_decided_though_their_author_never_stops_editing(room: Hands) -> None:
    posts = [by("x", n) for n in range(60)]
    for one in posts:
        await room.arrive(one, cluster=one.pid)

    async def edit() -> None:
        for n in range(100_000):
            one = posts[n % len(posts)]
            await room.gate.accept(msgspec.structs.replace(one, spans=(Span(f"edition {n}"),)))
            await room.offer(one, cluster=posts[n % 7].pid if n % 2 else one.pid)

    async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
        edits = [tasks.create_task(edit()) for _ in range(3)]
        swept = await room.gate.decide_many([one.pid for one in posts], Verdict.REJECT, by="Anna", idem=key())
        for task in edits:
            task.cancel()
    assert swept.answer is Answer.OK
    assert set(swept.answers.values()) <= {Answer.OK, Answer.STALE}
    assert len(swept.answers) == 60


async def test_words_that_thousands_said_before_do_not_wait_for_ever(room: Hands) -> None:
    """Copies wait behind what is said for the first time; those that were decided long ago push nobody back."""
    for n in range(3):
        await room.arrive(by(f"c{n}", n), cluster=by("c0", 0).pid, ruling=Ruling.APPROVE)
    await room.arrive(by("late", 1), cluster=by("c0", 0).pid)
    for n in range(30):
        await room.arrive(by(f"new{n}", n))
    waiting, _ = await room.ledger.listing(State.QUEUED, limit=100)
    assert waiting[0].pid == by("late", 1).pid


async def test_an_edit_to_other_words_leaves_the_cluster(room: Hands) -> None:
    """Else whoever says the slogan next would be put away with the spam that it was edited from."""
    memory = Memory(room.store, cap_of=lambda _: 0, read_rejected_s=0)

    async def arrive(of: Post) -> str:
        await room.gate.accept(of)
        seen = await memory.look(of, card(of), [])
        await room.offer(of, cluster=seen.cluster)
        return seen.cluster

    def said(n: int, text: str) -> Post:
        return post(str(n), text, author=Author(id=f"s{n}", name="S"))

    spam = [await arrive(said(n, LONG)) for n in range(3)]
    assert len(set(spam)) == 1
    assert await arrive(said(2, SLOGAN)) != spam[0]
    assert (
        await arrive(said(0, "Nobody has ever said these words before, least of all twice, and so on"))
        != spam[0]
    )
    assert await arrive(said(0, LONG)) == spam[0]
    assert await arrive(said(9, SLOGAN)) != spam[0]


# -- two people ---------------------------------------------------------------------------------------------------


async def test_a_post_that_breaks_the_worker_still_needs_two(room: Hands, worker: Intake) -> None:
    await room.gate.accept(by("a", 1))
    claim = await room.claim(by("a", 1).pid)
    await room.store.redis.hset(room.store.keys.intake_tries, claim, MOST_TRIES)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(worker.run())
        async with asyncio.timeout(20):
            while (await room.ledger.counts())["held"] == 0:
                await asyncio.sleep(0.02)
        running.cancel()
    assert (await room.decide(by("a", 1), Verdict.APPROVE, by="Anna")).answer is Answer.SECOND


async def test_a_network_that_doubts_wipes_the_first_yes(room: Hands) -> None:
    await room.arrive(by("a", 1), needs_two=True)
    await room.decide(by("a", 1), Verdict.APPROVE, by="Anna")
    await room.gate.withdraw(by("a", 1).pid, why="no-tag", by="x", source="x", is_final=False)
    assert (await room.decide(by("a", 1), Verdict.APPROVE, by="Ben")).answer is Answer.SECOND


async def test_an_api_token_is_not_one_of_two_people(served: Served, room: Hands) -> None:
    """Else whoever holds one besides a login is two."""
    await room.arrive(by("a", 1), needs_two=True)
    (seen,) = await room.ledger.records([by("a", 1).pid])
    anna = await served.sign_in("Anna")
    path = f"/api/v1/posts/{by('a', 1).pid}/decision"
    body = {"verdict": "approve", "rev": seen.rev, "mrev": seen.mrev}
    for head in (served.admin, anna, served.admin):
        status, said = await served.post(path, json=body, headers={**head, "idempotency-key": key()})
        assert (status, said.get("answer")) == ((200, "SECOND") if head is anna else (403, None))
    assert await room.on_wall() == []
    status, _ = await served.post(
        path, json={**body, "verdict": "reject"}, headers={**served.admin, "idempotency-key": key()}
    )
    assert status == 200


# -- what is left ---------------------------------------------------------------------------------------------------


async def test_what_was_taken_back_on_its_way_leaves_the_file_too(room: Hands, worker: Intake) -> None:
    """Its words stay in the inbox until the worker comes to it: the file is rewritten after that, not before."""
    redis = room.store.redis
    await room.gate.accept(by("a", 1))
    claim = await room.claim(by("a", 1).pid)
    await room.gate.withdraw(by("a", 1).pid, why="author", by="visitor", source="join")
    head = await room.ledger.audit_head()
    await redis.hset(room.store.keys.meta, FIELD, head)  # a rewrite has reached the withdrawal already
    done = await rewrites(room.store)
    assert await worker.prepare(claim) is Answer.GONE
    await worker._sweep()
    assert await rewrites(room.store) == done + 1


async def test_fsck_mends_what_has_lost_its_numbers_and_counts_no_further(room: Hands) -> None:
    await room.arrive(by("a", 1))
    redis, keys = room.store.redis, room.store.keys
    await redis.hdel(keys.post(by("a", 1).pid), "place", "arr")
    await redis.delete(keys.queue)
    before = await redis.hget(keys.meta, "rej")
    assert await room.gate.fsck() == 1
    assert await redis.zcard(keys.queue) == 1
    assert await redis.hget(keys.meta, "rej") == before


@pytest.mark.parametrize("damage", [b"--1", b"-", b"1e3", b"\xff"])
async def test_a_damaged_number_breaks_no_list(room: Hands, damage: bytes) -> None:
    await room.arrive(by("a", 1))
    await room.store.redis.hset(room.store.keys.post(by("a", 1).pid), "place", damage)
    (record,) = await room.ledger.records([by("a", 1).pid])
    assert record.place == int(await room.store.redis.hget(room.store.keys.post(record.pid), "arr") or 0)


# -- at the desk's socket -----------------------------------------------------------------------------------------


async def test_a_desk_that_looks_at_everything_does_not_flood_the_others(served: Served) -> None:
    anna, ben = await served.sign_in("Anna"), await served.sign_in("Ben")
    ids = [f"{n:026d}" for n in range(36)]
    async with desk(served, anna) as calm, desk(served, ben) as busy:
        await frame(calm, "people", lambda found: len(found["people"]) == 2)
        for pid in ids:
            await busy.send(json.dumps({"type": "looking", "id": pid}))
        told = 0
        async with asyncio.timeout(20):
            while True:
                found = json.loads(await calm.recv())
                told += found["type"] == "people"
                if found["type"] == "people" and any(
                    one.get("looking") == ids[-1] for one in found["people"]
                ):
                    break
    assert told < 18


async def test_a_desk_looks_at_posts_and_at_nothing_else(served: Served) -> None:
    anna, ben = await served.sign_in("Anna"), await served.sign_in("Ben")
    async with desk(served, anna) as first, desk(served, ben) as second:
        await second.send(json.dumps({"type": "looking", "id": "a" * 26}))
        await frame(first, "people", lambda found: any(one.get("looking") for one in found["people"]))
        await second.send(json.dumps({"type": "looking", "id": "<img src=x onerror=alert(1)>"}))
        await second.send(json.dumps({"type": "looking", "id": "b" * 26}))
        seen: set[PostId] = set()
        while "b" * 26 not in seen:
            people = (await frame(first, "people"))["people"]
            seen |= {one["looking"] for one in people if one.get("looking")}
        assert seen <= {"a" * 26, "b" * 26}


async def test_a_frame_nested_without_end_is_nonsense_like_any_other(served: Served) -> None:
    anna = await served.sign_in("Anna")
    async with desk(served, anna) as link:
        await frame(link, "queue")
        await link.send('{"type":"looking","x":' + "[" * 30_000 + "]" * 30_000 + "}")
        await link.send(json.dumps({"type": "looking", "id": "a" * 26}))
        await frame(link, "people", lambda found: any(one.get("looking") for one in found["people"]))


async def test_a_desk_that_never_stops_talking_is_shown_out(served: Served) -> None:
    head = {"cookie": (await served.sign_in("Anna"))["cookie"]}
    where = served.url.replace("http", "ws") + "/ws/desk"
    async with connect(where, origin=served.url, additional_headers=head, max_size=None) as link:  # type: ignore[arg-type]  # websockets' own NewType

        async def read() -> None:
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await link.recv()

        async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
            tasks.create_task(read())
            with contextlib.suppress(ConnectionClosed):
                for n in range(1000):
                    await link.send(json.dumps({"type": "looking", "id": f"{n:026d}"}))
        assert link.close_code == 1008
