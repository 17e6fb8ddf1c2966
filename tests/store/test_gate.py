"""The state machine, branch by branch, on a real server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.makers import NOW, Hands, card, post
from wall.gate import Answer, Gate, Reason, Ruling, Verdict
from wall.model import Author, Digest, PostId, State, plain
from wall.store.client import Store

A, B = Digest("a" * 64), Digest("b" * 64)


@pytest.fixture
def room(store: Store) -> Hands:
    return Hands(store)


async def test_a_new_post_waits_for_its_card_before_it_is_offered(room: Hands) -> None:
    assert (await room.gate.accept(post())).answer is Answer.OK
    assert await room.ledger.counts() == {"queued": 0, "held": 0, "approved": 0, "rejected": 0}
    assert (await room.decide(post(), Verdict.APPROVE)).answer is Answer.STALE
    assert (await room.offer(post())).answer is Answer.OK
    assert (await room.ledger.counts())["queued"] == 1
    assert await room.on_wall() == []


async def test_the_same_content_twice_is_nothing_new_and_counts_are_refreshed(room: Hands) -> None:
    await room.arrive(post())
    again = msgspec.structs.replace(post(), counts=msgspec.structs.replace(post().counts, likes=3))
    assert (await room.gate.accept(again)).answer is Answer.DUP
    assert await room.store.redis.hget(room.store.keys.post(post().pid), "counts") == b'{"likes":3}'
    assert (await room.ledger.counts())["queued"] == 1


async def test_a_copy_while_the_first_is_still_being_prepared_is_a_copy(room: Hands) -> None:
    await room.gate.accept(post())
    assert (await room.gate.accept(post())).answer is Answer.DUP
    assert await room.store.redis.xlen(room.store.keys.intake) == 1


@pytest.mark.parametrize(
    ("ruling", "state"),
    [
        (Ruling.NOTE, State.QUEUED),
        (Ruling.HOLD, State.HELD),
        (Ruling.APPROVE, State.APPROVED),
        (Ruling.REJECT, State.REJECTED),
    ],
)
async def test_rules_put_a_post_where_they_say(room: Hands, ruling: Ruling, state: State) -> None:
    outcome = await room.arrive(post(), ruling=ruling)
    assert outcome.state is state
    assert (await room.on_wall() == [post().pid]) is (state is State.APPROVED)


async def test_offers_of_a_superseded_claim_change_nothing(room: Hands) -> None:
    await room.gate.accept(post())
    old = await room.claim(post().pid)
    await room.gate.accept(post(text="Corrigé", edited_at=NOW))
    outcome = await room.gate.offer(old, card(post()), ruling=Ruling.APPROVE)
    assert outcome.answer is Answer.DUP
    assert await room.on_wall() == []
    await room.offer(post(text="Corrigé"), ruling=Ruling.APPROVE)
    assert len(await room.on_wall()) == 1


async def test_offer_of_an_unknown_or_withdrawn_post(room: Hands) -> None:
    assert (await room.gate.offer("x", card(post()), ruling=Ruling.NOTE)).answer is Answer.NOPOST
    await room.gate.accept(post())
    claim = await room.claim(post().pid)
    await room.gate.withdraw(post().pid, why="deleted", by="mastodon", source="mastodon")
    assert (await room.gate.offer(claim, card(post()), ruling=Ruling.APPROVE)).answer is Answer.GONE
    assert await room.store.redis.hlen(room.store.keys.inbox) == 0


async def test_approve_puts_it_on_the_wall_with_the_next_number(room: Hands) -> None:
    await room.arrive(post("1"))
    await room.arrive(post("2"))
    first, second = (
        await room.decide(post("1"), Verdict.APPROVE),
        await room.decide(post("2"), Verdict.APPROVE),
    )
    assert (first.answer, first.seq, second.seq) == (Answer.OK, 1, 2)
    assert await room.on_wall() == [post("2").pid, post("1").pid]
    ops = await room.wall.ops_since(0)
    assert ops is not None
    assert [(op.seq, op.op, op.pid) for op in ops] == [(1, "add", post("1").pid), (2, "add", post("2").pid)]


async def test_approving_what_was_not_seen_is_stale(room: Hands) -> None:
    await room.arrive(post())
    (seen,) = await room.ledger.records([post().pid])
    await room.gate.accept(post(text="Tout autre chose", edited_at=NOW))
    await room.offer(post(text="Tout autre chose"))
    outcome = await room.gate.decide(post().pid, Verdict.APPROVE, by="Anna", rev=seen.rev, mrev=seen.mrev)
    assert outcome.answer is Answer.STALE
    assert await room.on_wall() == []


async def test_a_moderation_since_makes_an_approval_stale(room: Hands) -> None:
    await room.arrive(post())
    (seen,) = await room.ledger.records([post().pid])
    await room.decide(post(), Verdict.HOLD)
    outcome = await room.gate.decide(post().pid, Verdict.APPROVE, by="Bo", rev=seen.rev, mrev=seen.mrev)
    assert (outcome.answer, outcome.state, outcome.by) == (Answer.STALE, State.HELD, "Anna")


async def test_taking_down_needs_no_revision(room: Hands) -> None:
    await room.arrive(post(), ruling=Ruling.APPROVE)
    outcome = await room.gate.decide(post().pid, Verdict.REJECT, by="Anna", rev=0, mrev=0)
    assert (outcome.answer, outcome.state) == (Answer.OK, State.REJECTED)
    assert await room.on_wall() == []


EDGES = {
    State.QUEUED: {"approve", "reject", "hold", "withdraw"},
    State.HELD: {"approve", "reject", "release", "withdraw"},
    State.APPROVED: {"unapprove", "reject", "withdraw", "pin"},
    State.REJECTED: {"reopen", "withdraw"},
}
SAME = {
    State.QUEUED: {"release", "unapprove", "reopen"},
    State.HELD: {"hold"},
    State.APPROVED: {"approve", "unpin"},
    State.REJECTED: {"reject"},
}


@pytest.mark.parametrize("state", list(EDGES))
@pytest.mark.parametrize("verdict", list(Verdict))
async def test_every_edge(room: Hands, state: State, verdict: Verdict) -> None:
    ruling = {State.QUEUED: Ruling.NOTE, State.HELD: Ruling.HOLD, State.APPROVED: Ruling.APPROVE}
    await room.arrive(post(), ruling=ruling.get(state, Ruling.REJECT))
    outcome = await room.decide(post(), verdict)
    if verdict in EDGES[state]:
        assert outcome.answer is Answer.OK
    elif verdict in SAME[state]:
        assert (outcome.answer, outcome.state) == (Answer.SAME, state)
    else:
        assert (outcome.answer, outcome.state) == (Answer.ILLEGAL, state)
    live = set(await room.on_wall())
    assert live == ({post().pid} if outcome.state is State.APPROVED else set())


async def test_an_idempotency_key_works_once(room: Hands) -> None:
    await room.arrive(post())
    (seen,) = await room.ledger.records([post().pid])
    say: dict[str, Any] = {"by": "Anna", "rev": seen.rev, "mrev": seen.mrev, "idem": "k1"}
    assert (await room.gate.decide(post().pid, Verdict.APPROVE, **say)).answer is Answer.OK
    assert (await room.gate.decide(post().pid, Verdict.APPROVE, **say)).answer is Answer.REPLAY
    other = await room.gate.decide(post().pid, Verdict.REJECT, **say)
    assert (other.answer, other.state) == (Answer.CONFLICT, State.APPROVED)
    assert (await room.wall.head())[1] == 1


async def test_idempotency_keys_outlive_one_turn_of_the_page_and_not_two(store: Store) -> None:
    now = [1_000_000_000_000]
    room = Hands(store)
    room.gate = Gate(store, clock_ms=lambda: now[0])
    await room.gate.turn_page()
    await room.arrive(post())
    await room.decide(post(), Verdict.HOLD, idem="k")
    now[0] += 86_400_000
    assert await room.gate.turn_page()
    assert not await room.gate.turn_page()
    again = await room.gate.decide(post().pid, Verdict.HOLD, by="Anna", rev=1, mrev=1, idem="k")
    assert again.answer is Answer.REPLAY
    now[0] += 86_400_000
    assert await room.gate.turn_page()
    assert (await room.gate.decide(post().pid, Verdict.HOLD, by="Anna", idem="k")).answer is Answer.SAME


async def test_an_edit_takes_the_old_words_off_before_the_new_are_judged(room: Hands) -> None:
    await room.arrive(post(), ruling=Ruling.APPROVE)
    outcome = await room.gate.accept(post(text="Pire", edited_at=NOW))
    assert (outcome.answer, outcome.state, outcome.rev) == (Answer.EDIT, State.QUEUED, 2)
    assert await room.on_wall() == []
    ops = await room.wall.ops_since(1)
    assert ops is not None
    assert [(op.op, op.why) for op in ops] == [("del", "edited")]
    await room.offer(post(text="Pire"))
    (record,) = await room.ledger.records([post().pid])
    assert record.is_edited
    assert record.card is not None
    assert plain(record.card.spans) == "Pire"


async def test_an_edit_of_a_rejected_post_stays_rejected(room: Hands) -> None:
    await room.arrive(post(), ruling=Ruling.REJECT)
    await room.gate.accept(post(text="Mieux", edited_at=NOW))
    await room.offer(post(text="Mieux"), ruling=Ruling.APPROVE)
    (record,) = await room.ledger.records([post().pid])
    assert (record.state, record.is_edited) == (State.REJECTED, True)


@pytest.mark.parametrize(
    "late",
    [
        {"edited_at": NOW - timedelta(hours=1)},
        {},
    ],
)
async def test_an_older_edition_that_arrives_late_is_ignored(room: Hands, late: dict[str, Any]) -> None:
    await room.arrive(post(text="Nouveau", edited_at=NOW))
    assert (await room.gate.accept(post(text="Ancien", **late))).answer is Answer.DUP


async def test_revision_numbers_decide_where_a_network_has_them(room: Hands) -> None:
    await room.arrive(post(text="deux", revision=2))
    assert (await room.gate.accept(post(text="un", revision=1))).answer is Answer.DUP
    assert (await room.gate.accept(post(text="trois", revision=3))).answer is Answer.EDIT


async def test_a_deletion_leaves_a_tombstone_without_words(room: Hands) -> None:
    await room.arrive(post(), A, ruling=Ruling.APPROVE)
    outcome = await room.gate.withdraw(post().pid, why="deleted", by="mastodon", source="mastodon")
    assert (outcome.answer, outcome.state) == (Answer.OK, State.WITHDRAWN)
    assert await room.on_wall() == []
    fields = await room.store.redis.hgetall(room.store.keys.post(post().pid))
    assert b"content" not in fields
    assert b"Bonjour" not in b"".join(fields.values())
    assert (await room.gate.accept(post(text="revenant", edited_at=NOW))).answer is Answer.GONE
    assert (await room.gate.decide(post().pid, Verdict.APPROVE, by="Anna")).answer is Answer.GONE
    again = await room.gate.withdraw(post().pid, why="deleted", by="mastodon", source="mastodon")
    assert again.answer is Answer.SAME
    assert await room.gate.unused_media() == [A]


async def test_a_deletion_before_the_post_wins(room: Hands) -> None:
    await room.gate.withdraw(post().pid, why="deleted", by="mastodon", source="mastodon")
    assert (await room.gate.accept(post())).answer is Answer.GONE


async def test_a_moderators_withdrawal_is_final(room: Hands) -> None:
    await room.arrive(post(), ruling=Ruling.APPROVE)
    assert (await room.decide(post(), Verdict.WITHDRAW)).state is State.WITHDRAWN
    assert (await room.gate.accept(post(text="encore", edited_at=NOW))).answer is Answer.GONE


async def test_an_unknown_post_cannot_be_decided(room: Hands) -> None:
    assert (await room.gate.decide(PostId("nobody"), Verdict.APPROVE, by="Anna")).answer is Answer.NOPOST


@pytest.mark.parametrize(("is_final", "state"), [(True, State.WITHDRAWN), (False, State.HELD)])
async def test_an_author_leaves_with_every_post(room: Hands, is_final: bool, state: State) -> None:
    for native_id, ruling in (("1", Ruling.APPROVE), ("2", Ruling.NOTE)):
        await room.arrive(post(native_id), ruling=ruling)
    other = post("3", author=Author(id="8", name="Bo"))
    await room.arrive(other, ruling=Ruling.APPROVE)
    await room.gate.withdraw_author(
        post().author_key, why="suspended", by="mastodon", source="mastodon", is_final=is_final
    )
    assert [await room.state(post("1")), await room.state(post("2"))] == [state, state]
    assert await room.on_wall() == [other.pid]


async def test_pictures_are_counted_by_use(room: Hands) -> None:
    await room.arrive(post("1"), A, B)
    await room.arrive(post("2"), A)
    await room.decide(post("1"), Verdict.WITHDRAW)
    assert await room.gate.unused_media() == [B]
    await room.arrive(post("3"), B)
    assert await room.gate.unused_media() == []


async def test_panic_is_an_operation_with_a_number(room: Hands) -> None:
    await room.arrive(post(), ruling=Ruling.APPROVE)
    assert await room.gate.panic(on=True, by="Anna") == 2
    assert await room.gate.panic(on=True, by="Anna") == 2
    snapshot = await room.wall.snapshot()
    assert (snapshot.is_panic, snapshot.seq) == (True, 2)
    assert await room.gate.panic(on=False, by="Anna") == 3
    ops = await room.wall.ops_since(1)
    assert ops is not None
    assert [(op.op, op.is_panic) for op in ops] == [("panic", True), ("panic", False)]


async def test_pinning_is_an_update_on_the_wall(room: Hands) -> None:
    await room.arrive(post(), ruling=Ruling.APPROVE)
    outcome = await room.decide(post(), Verdict.PIN)
    assert (outcome.answer, outcome.seq) == (Answer.OK, 2)
    assert (await room.wall.snapshot()).items[0].is_pinned
    await room.decide(post(), Verdict.UNAPPROVE)
    await room.decide(post(), Verdict.APPROVE)
    assert not (await room.wall.snapshot()).items[0].is_pinned


async def test_content_that_does_not_match_its_hash_is_never_shown(room: Hands) -> None:
    await room.arrive(post("1"), ruling=Ruling.APPROVE)
    await room.arrive(post("2"), ruling=Ruling.APPROVE)
    packed = await room.store.redis.hget(room.store.keys.items, post("1").pid)
    assert packed is not None
    await room.store.redis.hset(room.store.keys.items, post("1").pid, packed.replace(b"Bonjour", b"Bonsoir"))
    snapshot = await room.wall.snapshot()
    assert ([item.pid for item in snapshot.items], snapshot.corrupt) == ([post("2").pid], 1)
    ops = await room.wall.ops_since(0)
    assert ops is not None
    assert ops[0].item is None


async def test_the_log_says_when_it_cannot_reach_back(room: Hands) -> None:
    await room.arrive(post(), ruling=Ruling.APPROVE)
    await room.decide(post(), Verdict.UNAPPROVE)
    await room.store.redis.xdel(room.store.keys.log, "1-0")
    assert await room.wall.ops_since(0) is None
    assert await room.wall.ops_since(2) == []


async def test_fsck_rebuilds_the_lists_from_the_posts(room: Hands) -> None:
    await room.arrive(post("1"), ruling=Ruling.APPROVE)
    await room.arrive(post("2"))
    await room.arrive(post("3"), ruling=Ruling.HOLD)
    keys = room.store.keys
    before = await room.ledger.counts()
    await room.store.redis.delete(keys.live, keys.items, keys.queue, keys.held)
    assert await room.gate.fsck() == 3
    assert await room.ledger.counts() == before
    assert await room.on_wall() == [post("1").pid]
    assert await room.gate.fsck() == 0


async def test_fsck_takes_a_ghost_off_the_wall(room: Hands) -> None:
    await room.arrive(post())
    await room.store.redis.hset(room.store.keys.post(post().pid), "state", "approved")
    await room.gate.fsck()
    await room.store.redis.hset(room.store.keys.post(post().pid), "state", "rejected")
    assert await room.gate.fsck() == 1
    assert await room.on_wall() == []
    ops = await room.wall.ops_since(1)
    assert ops is not None
    assert [op.op for op in ops] == ["del"]


async def test_the_audit_explains_every_change_and_notices_tampering(room: Hands) -> None:
    await room.arrive(post())
    await room.decide(post(), Verdict.APPROVE, by="Anna|Bo", idem="k")
    await room.decide(post(), Verdict.UNAPPROVE)
    assert await room.ledger.verify_audit() == (4, None)
    entry = (await room.store.redis.xrange(room.store.keys.audit))[2][1]
    assert (entry[b"from"], entry[b"to"], entry[b"by"], entry[b"idem"]) == (
        b"queued",
        b"approved",
        b"Anna Bo",
        b"k",
    )
    await room.store.redis.xdel(room.store.keys.audit, "4-0")
    assert await room.ledger.verify_audit() == (3, "the newest entries are missing")
    await room.store.redis.xdel(room.store.keys.audit, "2-0")
    assert await room.ledger.verify_audit() == (1, "entry 2 is missing")


async def test_streams_and_channels_carry_ids_only(room: Hands) -> None:
    secret = "mot-de-passe-canari"
    await room.arrive(post(text=secret), ruling=Ruling.APPROVE)
    await room.decide(post(), Verdict.WITHDRAW)
    keys = room.store.keys
    for stream in (keys.log, keys.audit, keys.intake):
        assert secret not in repr(await room.store.redis.xrange(stream))


async def test_lists_page_by_cursor(room: Hands) -> None:
    for n in range(5):
        await room.arrive(post(str(n)))
    first, cursor = await room.ledger.listing(State.QUEUED, limit=3)
    assert cursor is not None
    rest, end = await room.ledger.listing(State.QUEUED, limit=3, after=cursor)
    assert [r.pid for r in first + rest] == [post(str(n)).pid for n in range(5)]
    assert end is None


async def test_reasons_travel_with_the_card(room: Hands) -> None:
    await room.gate.accept(post())
    reasons = [Reason(rule="sensitive", text="nu")]
    await room.gate.offer(await room.claim(post().pid), card(post()), ruling=Ruling.HOLD, reasons=reasons)
    (record,) = await room.ledger.records([post().pid])
    assert record.reasons == (Reason(rule="sensitive", text="nu"),)


async def test_a_forgotten_script_is_loaded_again(room: Hands) -> None:
    await room.gate.accept(post())
    await room.store.redis.script_flush()  # type: ignore[attr-defined]  # only this test needs the command
    assert (await room.offer(post())).answer is Answer.OK
