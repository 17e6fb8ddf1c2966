"""What the wall remembers, on a real store: how much somebody sends, what came before, what was turned down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tests.makers import Hands, card, post
from wall.gate import Standing, Verdict
from wall.media.rendered import Rendered
from wall.memory import Memory, Seen
from wall.model import Author, Post, Span
from wall.store.client import Store

LONG = "The lights over the old courtyard came on at nine and everybody held their breath for a moment"
OTHER = "We queued for an hour, the guide was wonderful, and the children want to come back tomorrow morning"
PICTURE = ("0f3c5a96c33c0ff0", "f00ff0c3695a3cf0", "0f3c5a96c33c0ff0")
MINUTE_MS = 60_000


class Desk:
    """Posts that come in one after the other, as the worker looks at them."""

    def __init__(self, store: Store, cap: int = 0) -> None:
        self.hands = Hands(store)
        self.now_ms = 1_790_000_000_000
        self.memory = Memory(store, cap_of=lambda _: cap, clock_ms=lambda: self.now_ms, read_rejected_s=0)

    async def look(self, of: Post, *pictures: Rendered) -> Seen:
        await self.hands.gate.accept(of)
        seen = await self.memory.look(of, card(of), pictures)
        await self.hands.offer(of, cluster=seen.cluster, dhashes=tuple(p.dhashes[0] for p in pictures))
        return seen


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def said(n: int, text: str, by: str = "", **more: Any) -> Post:
    author = by or f"a{n}"
    return post(str(n), text, author=Author(id=author, name=author), **more)


def look(dhash: str = PICTURE[0], *codes: str) -> Rendered:
    return Rendered(
        variants={},
        width_px=10,
        height_px=10,
        colour="#000000",
        dhashes=(dhash, PICTURE[1], dhash),
        codes=codes,
    )


def turned(dhash: str, bits: int) -> str:
    return f"{int(dhash, 16) ^ (1 << bits) - 1:016x}"


async def test_a_first_post_stands_alone(desk: Desk) -> None:
    seen = await desk.look(said(1, LONG))
    assert (seen.cluster, seen.facts.twins) == (said(1, LONG).pid, 1)
    assert (seen.facts.recent, seen.facts.today, seen.facts.is_new) == (1, 1, True)
    assert seen.facts.standing is Standing.NONE


async def test_nearly_the_same_words_find_the_first_of_them(desk: Desk) -> None:
    first = await desk.look(said(1, LONG))
    await desk.look(said(2, OTHER))
    exact = await desk.look(said(3, f"{LONG.upper()} !!! #NuitVauclair"))
    near = await desk.look(said(4, LONG.replace("old", "new")))
    assert exact.cluster == near.cluster == first.cluster
    assert (exact.facts.twins, near.facts.twins) == (2, 3)
    (record,) = await desk.hands.ledger.records([said(1, LONG).pid])
    assert record.cluster_size == 3


async def test_short_greetings_are_nobodys_own(desk: Desk) -> None:
    assert [(await desk.look(said(n, "Bonsoir !"))).facts.twins for n in range(3)] == [1, 1, 1]


async def test_the_same_picture_under_other_words_is_found(desk: Desk) -> None:
    first = await desk.look(said(1, "ah"), look())
    near = await desk.look(said(2, "oh"), look(turned(PICTURE[0], 4)))
    far = await desk.look(said(3, "eh"), look(turned(PICTURE[0], 20)))
    none = await desk.look(said(4, "uh"), look(""))
    assert near.cluster == first.cluster
    assert far.cluster != first.cluster
    assert none.facts.twins == 1


async def test_an_edit_is_no_copy_of_itself(desk: Desk) -> None:
    one = said(1, LONG)
    await desk.look(one)
    again = await desk.look(msgspec.structs.replace(one, spans=(Span(f"{LONG}."),), revision=2))
    assert (again.cluster, again.facts.twins, again.facts.today, again.facts.recent) == (one.pid, 1, 1, 1)
    other = await desk.look(msgspec.structs.replace(one, spans=(Span(OTHER),), revision=3))
    assert other.facts.twins == 1


async def test_an_authors_haste_is_counted_and_forgotten_after_ten_minutes(desk: Desk) -> None:
    counts = [(await desk.look(said(n, f"{n}", by="loud"))).facts.recent for n in range(4)]
    assert counts == [1, 2, 3, 4]
    desk.now_ms += 11 * MINUTE_MS
    late = await desk.look(said(9, "9", by="loud"))
    assert (late.facts.recent, late.facts.is_new) == (1, False)
    desk.now_ms -= 24 * 60 * MINUTE_MS  # a clock set back holds nobody for a day
    assert (await desk.look(said(10, "10", by="loud"))).facts.recent == 1


async def test_what_a_feed_brings_on_its_first_day_is_nobodys_haste(desk: Desk) -> None:
    long_ago = datetime.fromtimestamp(desk.now_ms / 1000 - 7200, UTC)
    counts = [
        (await desk.look(said(n, f"{n}", by="feed", created_at=long_ago))).facts.recent for n in range(4)
    ]
    assert counts == [1, 1, 1, 1]


async def test_a_source_starts_each_day_anew(store: Store) -> None:
    desk = Desk(store, cap=2)
    facts = [(await desk.look(said(n, f"{n}"))).facts for n in range(3)]
    assert [(one.today, one.cap) for one in facts] == [(1, 2), (2, 2), (3, 2)]
    desk.now_ms += 24 * 60 * MINUTE_MS
    assert (await desk.look(said(9, "9"))).facts.today == 1


async def test_what_the_author_has_here_is_known(desk: Desk) -> None:
    await desk.look(said(1, "1", by="a"))
    await desk.hands.decide(said(1, "1", by="a"), Verdict.APPROVE)
    await desk.look(said(2, "2", by="a"))
    await desk.hands.decide(said(2, "2", by="a"), Verdict.REJECT)
    await desk.hands.gate.set_standing(said(1, "1", by="a").author_key, Standing.TRUSTED, by="Anna")
    facts = (await desk.look(said(3, "3", by="a"))).facts
    assert (facts.approved, facts.rejected, facts.standing) == (1, 1, Standing.TRUSTED)


async def test_a_picture_that_was_turned_down_is_known_by_who_did(desk: Desk) -> None:
    await desk.look(said(1, "1"), look())
    await desk.hands.decide(said(1, "1"), Verdict.REJECT, by="Anna Maria")
    found = (await desk.look(said(2, "2"), look(turned(PICTURE[0], 3), "https://example.org"))).facts
    assert found.rejected_like == ("Anna Maria", 3)
    assert found.codes == ("https://example.org",)
    assert (await desk.look(said(3, "3"), look(turned(PICTURE[0], 30)))).facts.rejected_like is None


async def test_old_signatures_are_forgotten_by_halves(desk: Desk, store: Store) -> None:
    first = await desk.look(said(1, LONG))
    await store.redis.rename(store.keys.twins, store.keys.twins_before)
    again = await desk.look(said(2, LONG))
    assert (again.cluster, again.facts.twins) == (first.cluster, 2)
    await store.redis.rename(store.keys.twins, store.keys.twins_before)
    await store.redis.rename(store.keys.twins_before, store.keys.twins)
    assert (await desk.look(said(3, LONG))).cluster == first.cluster


async def test_nothing_a_person_wrote_is_remembered(desk: Desk, store: Store) -> None:
    await desk.look(said(1, LONG), look())
    kept = [await store.redis.hgetall(key) for key in (store.keys.twins, store.keys.caps)]
    assert "courtyard" not in str(kept)
