"""The gate's words on many posts and on authors: standing, clusters, two people’s yes, labels, the alarm."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from tests.makers import Hands, post
from wall.gate import Answer, Ruling, Standing, Swept, Verdict
from wall.model import Author, Digest, Post, PostId, State
from wall.record import Record
from wall.store.client import Store
from wall.store.scripts import verbs

PICTURE = Digest("a" * 64)
KEY = "key-00000001"


@pytest.fixture
def room(store: Store) -> Hands:
    return Hands(store)


def by(author: str, number: int, **more: Any) -> Post:
    return post(f"{author}{number}", f"text {number}", author=Author(id=author, name=author.upper()), **more)


async def record(room: Hands, of: Post) -> Record:
    (found,) = await room.ledger.records([of.pid])
    return found


async def counts(room: Hands, of: Post) -> dict[str, int]:
    people = await room.ledger.people([of.author_key])
    return {state: n for state, n in people[of.author_key].counts.items() if n}


async def whys(room: Hands, pid: str) -> list[str]:
    entries = await room.store.redis.xrange(room.store.keys.audit)
    return [fields[b"why"].decode() for _, fields in entries if fields[b"id"].decode() == pid]


# -- authors ------------------------------------------------------------------------------------------------------


async def test_an_authors_posts_are_counted_through_every_edge(room: Hands) -> None:
    one = by("a", 1)
    await room.gate.accept(one)
    assert await counts(room, one) == {"queued": 1}
    await room.offer(one)
    await room.decide(one, Verdict.HOLD)
    assert await counts(room, one) == {"held": 1}
    await room.decide(one, Verdict.APPROVE)
    await room.arrive(by("a", 2), ruling=Ruling.REJECT)
    assert await counts(room, one) == {"approved": 1, "rejected": 1}
    await room.gate.accept(msgspec.structs.replace(one, spans=by("a", 9).spans, revision=2))
    assert await counts(room, one) == {"queued": 1, "rejected": 1}
    await room.offer(one)
    await room.decide(one, Verdict.APPROVE)
    await room.decide(one, Verdict.REJECT)
    await room.decide(one, Verdict.REOPEN)
    assert await counts(room, one) == {"queued": 1, "rejected": 1}
    await room.gate.withdraw(one.pid, why="deleted", by="mastodon", source="mastodon")
    assert await counts(room, one) == {"rejected": 1, "withdrawn": 1}
    assert (await room.ledger.people([one.author_key]))[one.author_key].name == "A"


async def test_an_author_without_posts_left_is_a_key_and_numbers(room: Hands) -> None:
    await room.arrive(by("a", 1))
    await room.gate.withdraw(by("a", 1).pid, why="deleted", by="mastodon", source="mastodon")
    raw = await room.store.redis.hgetall(room.store.keys.person(by("a", 1).author_key))
    assert b"who" not in raw
    assert raw[b"withdrawn"] == b"1"


async def test_a_ban_takes_everything_of_the_author_away_at_once(room: Hands) -> None:
    await room.arrive(by("a", 1), ruling=Ruling.APPROVE)
    await room.arrive(by("a", 2))
    await room.arrive(by("a", 3), ruling=Ruling.HOLD)
    await room.arrive(by("a", 4), ruling=Ruling.REJECT)
    await room.arrive(by("b", 1), ruling=Ruling.APPROVE)
    swept = await room.gate.set_standing(by("a", 1).author_key, Standing.BANNED, by="Anna", idem=KEY)
    assert swept.answer is Answer.OK
    assert set(swept.answers) == {by("a", n).pid for n in (1, 2, 3)}
    assert await room.on_wall() == [by("b", 1).pid]
    assert {await room.state(by("a", n)) for n in (1, 2, 3, 4)} == {State.REJECTED}
    person = (await room.ledger.people([by("a", 1).author_key]))[by("a", 1).author_key]
    assert (person.standing, person.by, person.counts["rejected"]) == (Standing.BANNED, "Anna", 4)
    assert await room.store.redis.smembers(room.store.keys.banned) == {by("a", 1).author_key.encode()}
    assert (await room.ledger.verify_audit())[1] is None


async def test_a_ban_repeated_answers_as_before_and_another_under_its_key_is_refused(room: Hands) -> None:
    await room.arrive(by("a", 1), ruling=Ruling.APPROVE)
    key = by("a", 1).author_key
    first = await room.gate.set_standing(key, Standing.BANNED, by="Anna", idem=KEY)
    await room.gate.set_standing(key, Standing.NONE, by="Ben")
    again = await room.gate.set_standing(key, Standing.BANNED, by="Anna", idem=KEY)
    assert (again.answer, again.answers) == (Answer.REPLAY, first.answers)
    assert (await room.ledger.people([key]))[key].standing is Standing.NONE
    other = await room.gate.set_standing(key, Standing.TRUSTED, by="Anna", idem=KEY)
    assert other.answer is Answer.CONFLICT
    assert (await room.gate.set_standing(key, Standing.NONE, by="Ben")).answer is Answer.SAME


async def test_what_a_banned_author_sends_is_put_away_whatever_the_rules_said(room: Hands) -> None:
    """The ban may fall while the worker already has the post in its hands."""
    await room.gate.accept(by("a", 1))
    await room.gate.set_standing(by("a", 1).author_key, Standing.BANNED, by="Anna")
    assert (await room.offer(by("a", 1), ruling=Ruling.APPROVE)).state is State.REJECTED
    assert await room.on_wall() == []


async def test_a_ban_that_races_with_new_posts_leaves_none_of_them_up(room: Hands) -> None:
    async def arrive(n: int) -> None:
        await room.arrive(by("a", n), ruling=Ruling.APPROVE)

    async with asyncio.TaskGroup() as tasks:
        for n in range(30):
            tasks.create_task(arrive(n))
            if n == 12:
                key = by("a", 0).author_key
                tasks.create_task(room.gate.set_standing(key, Standing.BANNED, by="Anna"))
    assert await room.on_wall() == []
    assert (await counts(room, by("a", 0))) == {"rejected": 30}


async def test_an_unban_lets_the_posts_be_opened_again_one_by_one(room: Hands) -> None:
    await room.arrive(by("a", 1), ruling=Ruling.APPROVE)
    await room.gate.set_standing(by("a", 1).author_key, Standing.BANNED, by="Anna")
    await room.gate.set_standing(by("a", 1).author_key, Standing.NONE, by="Anna")
    assert await room.state(by("a", 1)) is State.REJECTED
    await room.decide(by("a", 1), Verdict.REOPEN)
    assert (await room.decide(by("a", 1), Verdict.APPROVE)).answer is Answer.OK
    assert await whys(room, by("a", 1).author_key) == ["standing", "standing"]


# -- two people's yes ---------------------------------------------------------------------------------------------


async def test_two_different_people_put_a_post_up(room: Hands) -> None:
    await room.arrive(by("a", 1), needs_two=True)
    assert (await room.decide(by("a", 1), Verdict.APPROVE, by="Anna")).answer is Answer.SECOND
    assert (await room.decide(by("a", 1), Verdict.APPROVE, by="Anna")).answer is Answer.SECOND
    assert await room.on_wall() == []
    assert (await record(room, by("a", 1))).yes_by == "Anna"
    assert (await room.decide(by("a", 1), Verdict.APPROVE, by="Ben")).answer is Answer.OK
    assert await room.on_wall() == [by("a", 1).pid]
    assert await whys(room, by("a", 1).pid) == ["arrived", "rules", "first-yes", "approve"]


async def test_a_source_that_is_believed_still_waits_for_two(room: Hands) -> None:
    assert (await room.arrive(by("a", 1), needs_two=True, ruling=Ruling.APPROVE)).state is State.QUEUED


@pytest.mark.parametrize("doubt", [(Verdict.HOLD,), (Verdict.REJECT, Verdict.REOPEN)])
async def test_a_doubt_in_between_wipes_the_first_yes(room: Hands, doubt: tuple[Verdict, ...]) -> None:
    await room.arrive(by("a", 1), needs_two=True)
    await room.decide(by("a", 1), Verdict.APPROVE, by="Anna")
    for verdict in doubt:
        await room.decide(by("a", 1), verdict, by="Cem")
    assert (await room.decide(by("a", 1), Verdict.APPROVE, by="Ben")).answer is Answer.SECOND


async def test_an_edit_wipes_the_first_yes(room: Hands) -> None:
    await room.arrive(by("a", 1), needs_two=True)
    await room.decide(by("a", 1), Verdict.APPROVE, by="Anna")
    await room.gate.accept(msgspec.structs.replace(by("a", 1), spans=by("a", 2).spans))
    await room.offer(by("a", 1), needs_two=True)
    assert (await room.decide(by("a", 1), Verdict.APPROVE, by="Ben")).answer is Answer.SECOND


async def test_a_first_yes_repeated_by_a_lost_reply_is_still_one(room: Hands) -> None:
    await room.arrive(by("a", 1), needs_two=True)
    for _ in range(2):
        outcome = await room.decide(by("a", 1), Verdict.APPROVE, by="Anna", idem=KEY)
        assert outcome.answer is Answer.SECOND
    assert (await whys(room, by("a", 1).pid)).count("first-yes") == 1


# -- clusters -----------------------------------------------------------------------------------------------------


async def flood(room: Hands, number: int) -> list[Post]:
    posts = [by(f"f{n}", n) for n in range(number)]
    for one in posts:
        await room.arrive(one, cluster=posts[0].pid)
    return posts


async def test_a_cluster_is_put_away_in_one_word_but_for_the_one_that_is_kept(room: Hands) -> None:
    posts = await flood(room, 5)
    assert (await record(room, posts[1])).cluster_size == 5
    swept = await room.gate.decide_cluster(
        posts[0].pid, Verdict.REJECT, by="Anna", idem=KEY, keep=posts[3].pid
    )
    assert swept.answer is Answer.OK
    assert set(swept.answers) == {one.pid for one in posts if one is not posts[3]}
    assert [await room.state(one) for one in posts].count(State.REJECTED) == 4
    assert (await record(room, posts[3])).cluster_size == 1
    again = await room.gate.decide_cluster(
        posts[0].pid, Verdict.REJECT, by="Anna", idem=KEY, keep=posts[3].pid
    )
    assert again == Swept(Answer.REPLAY, swept.answers)


async def test_a_cluster_decided_is_taken_back_in_one_word(room: Hands) -> None:
    posts = await flood(room, 4)
    swept = await room.gate.decide_cluster(posts[0].pid, Verdict.REJECT, by="Anna", idem=KEY)
    back = await room.gate.decide_many(list(swept.answers), Verdict.REOPEN, by="Ben", idem="another-key")
    assert set(back.answers.values()) == {Answer.OK}
    assert (await room.ledger.counts())["queued"] == 4
    assert (await record(room, posts[0])).cluster_size == 4


@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.PIN, Verdict.WITHDRAW, Verdict.UNPIN])
async def test_nothing_is_put_up_in_a_crowd(room: Hands, verdict: Verdict) -> None:
    posts = await flood(room, 3)
    swept = await room.gate.decide_many([one.pid for one in posts], verdict, by="Anna", idem=KEY)
    assert swept.answer is Answer.ILLEGAL
    assert await room.on_wall() == []


async def test_each_post_of_many_answers_for_itself(room: Hands) -> None:
    await room.arrive(by("a", 1))
    await room.arrive(by("a", 2), ruling=Ruling.REJECT)
    await room.arrive(by("a", 3))
    await room.gate.withdraw(by("a", 3).pid, why="deleted", by="x", source="x")
    pids = [by("a", 1).pid, by("a", 2).pid, by("a", 3).pid, PostId("z" * 26)]
    swept = await room.gate.decide_many(pids, Verdict.REJECT, by="Anna", idem=KEY)
    assert list(swept.answers.values()) == [Answer.OK, Answer.SAME, Answer.GONE, Answer.NOPOST]
    other = await room.gate.decide_many(pids, Verdict.REOPEN, by="Anna", idem=KEY)
    assert other.answer is Answer.CONFLICT


async def test_a_cluster_holds_what_waits_and_nothing_else(room: Hands) -> None:
    posts = await flood(room, 4)
    await room.decide(posts[0], Verdict.HOLD)
    assert (await record(room, posts[1])).cluster_size == 4
    await room.decide(posts[1], Verdict.APPROVE)
    await room.gate.withdraw(posts[2].pid, why="deleted", by="x", source="x")
    assert (await record(room, posts[3])).cluster_size == 2
    await room.gate.accept(msgspec.structs.replace(posts[3], spans=by("x", 99).spans))
    await room.offer(posts[3], cluster=posts[3].pid)
    assert (await record(room, posts[0])).cluster_size == 1
    assert (await record(room, posts[3])).cluster == posts[3].pid


# -- pictures, labels, memo ---------------------------------------------------------------------------------------


async def test_a_rejected_picture_is_known_again_until_it_is_taken_back(room: Hands) -> None:
    known = room.store.keys.rejected_pictures
    await room.arrive(by("a", 1), PICTURE, dhashes=("00ff00ff00ff00ff", "1234567812345678"))
    await room.decide(by("a", 1), Verdict.REJECT)
    assert set(await room.store.redis.hkeys(known)) == {b"00ff00ff00ff00ff", b"1234567812345678"}
    assert (await room.store.redis.hget(known, "00ff00ff00ff00ff") or b"").endswith(b" Anna")
    await room.decide(by("a", 1), Verdict.REOPEN)
    assert await room.store.redis.hlen(known) == 0


async def test_the_rules_and_a_ban_condemn_no_picture(room: Hands) -> None:
    await room.arrive(by("a", 1), PICTURE, dhashes=("00ff00ff00ff00ff",), ruling=Ruling.REJECT)
    await room.arrive(by("a", 2), PICTURE, dhashes=("00ff00ff00ff00ff",))
    await room.gate.set_standing(by("a", 1).author_key, Standing.BANNED, by="Anna")
    assert await room.store.redis.hlen(room.store.keys.rejected_pictures) == 0


@pytest.mark.parametrize(("keep", "known"), [(True, 0), (False, 1)])
async def test_copies_put_away_beside_one_that_is_kept_condemn_no_picture(
    room: Hands, keep: bool, known: int
) -> None:
    first, second = by("a", 1), by("b", 2)
    for one in (first, second):
        await room.arrive(one, PICTURE, dhashes=("00ff00ff00ff00ff",), cluster=first.pid)
    await room.gate.decide_cluster(
        first.pid, Verdict.REJECT, by="Anna", idem=KEY, keep=first.pid if keep else None
    )
    assert await room.store.redis.hlen(room.store.keys.rejected_pictures) == known


async def queued_labels(room: Hands) -> list[str]:
    rows = await room.store.redis.xrange(room.store.keys.label_queue)
    return [fields[b"label"].decode() for _, fields in rows]


async def test_a_department_learns_of_a_label_once(room: Hands) -> None:
    await room.arrive(by("a", 1), labels=("press",))
    assert await queued_labels(room) == ["press"]
    await room.gate.set_labels(by("a", 1).pid, ["vip", "press"], by="Anna")
    assert await queued_labels(room) == ["press", "vip"]
    assert (await record(room, by("a", 1))).labels == ("press", "vip")
    same = await room.gate.set_labels(by("a", 1).pid, ["press", "vip"], by="Ben")
    assert same.answer is Answer.SAME
    await room.gate.set_labels(by("a", 1).pid, [], by="Ben")
    assert (await record(room, by("a", 1))).labels == ()
    assert (await whys(room, by("a", 1).pid))[2:] == ["labels press vip", "labels "]


async def test_labels_set_by_themselves_stay_beside_those_set_by_hand(room: Hands) -> None:
    await room.arrive(by("a", 1))
    await room.gate.set_labels(by("a", 1).pid, ["vip"], by="Anna")
    await room.gate.accept(msgspec.structs.replace(by("a", 1), spans=by("a", 2).spans))
    await room.offer(by("a", 1), labels=("press", "vip"))
    assert set((await record(room, by("a", 1))).labels) == {"vip", "press"}
    assert await queued_labels(room) == ["vip", "press"]


async def test_a_memo_is_for_moderators_and_goes_with_the_post(room: Hands) -> None:
    await room.arrive(by("a", 1))
    await room.gate.set_memo(by("a", 1).pid, "call him back", by="Anna")
    memo = (await record(room, by("a", 1))).memo
    assert memo is not None
    assert (memo.text, memo.by) == ("call him back", "Anna")
    assert "call him back" not in str(await room.store.redis.xrange(room.store.keys.audit))
    await room.gate.withdraw(by("a", 1).pid, why="deleted", by="x", source="x")
    raw = await room.store.redis.hgetall(room.store.keys.post(by("a", 1).pid))
    assert not {b"memo", b"labels", b"dhashes", b"cluster", b"content"} & set(raw)
    assert (await room.gate.set_memo(by("a", 1).pid, "x", by="Anna")).answer is Answer.GONE
    assert (await room.gate.set_labels(PostId("z" * 26), [], by="Anna")).answer is Answer.NOPOST


async def test_a_memo_is_taken_away_by_an_empty_one(room: Hands) -> None:
    await room.arrive(by("a", 1))
    await room.gate.set_memo(by("a", 1).pid, "x", by="Anna")
    await room.gate.set_memo(by("a", 1).pid, "", by="Ben")
    assert (await record(room, by("a", 1))).memo is None


# -- the alarm ----------------------------------------------------------------------------------------------------


async def test_an_alarm_is_raised_and_calmed_by_whoever_sees_it_first(room: Hands) -> None:
    assert await room.gate.set_alarm(b"{}", before=b"", by="alarm") is Answer.OK
    assert await room.gate.set_alarm(b"{}", before=b"", by="alarm") is Answer.SAME
    assert await room.gate.set_alarm(b'{"a":1}', before=b"", by="alarm") is Answer.STALE
    assert await room.ledger.alarm() == b"{}"
    assert await room.gate.set_alarm(b"", before=b"{}", by="Anna") is Answer.OK
    assert await room.ledger.alarm() == b""
    assert await whys(room, "alarm") == ["alarm", "alarm"]
    assert (await room.ledger.touched_since(0))[1] == []


# -- care ---------------------------------------------------------------------------------------------------------


async def test_fsck_leaves_clusters_and_places_as_they_belong(room: Hands) -> None:
    posts = await flood(room, 3)
    await room.store.redis.delete(room.store.keys.queue, room.store.keys.cluster(posts[0].pid))
    before = [(await record(room, one)).place for one in posts]
    assert await room.gate.fsck() == 3
    assert await room.gate.fsck() == 0
    assert (await record(room, posts[0])).cluster_size == 3
    assert [(await record(room, one)).place for one in posts] == before


def test_every_script_has_a_test_here_or_beside() -> None:
    assert set(verbs()) == {
        "accept", "alarm", "annotate", "arrange", "decide", "decide_many", "fsck", "offer", "panic", "played", "portrait",
        "snapshot", "standing", "swap", "turn", "user", "withdraw",
    }  # fmt: skip
