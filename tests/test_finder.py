"""The finder: an index that follows a real store through everything that happens to its posts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.makers import Hands, card, post
from tests.test_finder_index import row
from wall.finder import Finder
from wall.finder_index import Wanted
from wall.finder_text import parse
from wall.gate import Reason, Ruling, Verdict
from wall.model import Author, State, author_key
from wall.store.client import Store


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


@pytest.fixture
async def finder(store: Store) -> AsyncIterator[Finder]:
    finder = Finder(store)
    async with finder.serve():
        await until(lambda: _true(finder.building is None))
        yield finder


async def _true(value: bool) -> bool:
    return value


async def _holds(finder: Finder, count: int) -> bool:
    assert finder._index is not None
    return await finder._in_thread(finder._index.size) == count


async def until(is_so: Callable[[], Awaitable[bool]], *, within_s: float = 20) -> None:
    async with asyncio.timeout(within_s):
        while not await is_so():
            await asyncio.sleep(0.01)


async def found(finder: Finder, state: State = State.QUEUED, query: str = "", **wanted: Any) -> list[str]:
    page = await finder.find(state, Wanted(terms=parse(query), **wanted), limit=50)
    assert page.total == len(page.records)
    return [record.pid for record in page.records]


async def comes(
    finder: Finder, pids: list[str], state: State = State.QUEUED, query: str = "", **wanted: Any
) -> None:
    """Until exactly these are found."""
    seen: list[list[str]] = []

    async def is_so() -> bool:
        seen[:] = [await found(finder, state, query, **wanted)]
        return seen[0] == pids

    try:
        await until(is_so)
    except TimeoutError:
        pytest.fail(f"found {seen}, not {pids}")


async def test_what_was_there_before_is_found(store: Store, hands: Hands) -> None:
    for n in range(120):
        await hands.arrive(post(str(n), f"mot{n} foule", author=Author(id=str(n), name=f"Nom{n}")))
    await hands.decide(post("3"), Verdict.APPROVE)
    await hands.decide(post("4"), Verdict.REJECT)
    await hands.decide(post("5"), Verdict.HOLD)
    finder = Finder(store)
    assert finder.building == 0
    async with finder.serve():
        await until(lambda: _true(finder.building is None))
        assert await found(finder, query="mot77") == [post("77").pid]
        assert await found(finder, State.APPROVED, "foule") == [post("3").pid]
        assert await found(finder, State.REJECTED, "foule") == [post("4").pid]
        assert await found(finder, State.HELD, "foule") == [post("5").pid]
        listed, _ = await hands.ledger.listing(State.QUEUED, limit=200)
        first = await finder.find(State.QUEUED, Wanted(terms=parse("foule")), limit=50)
        rest = await finder.find(
            State.QUEUED, Wanted(terms=parse("foule")), limit=100, after=int(first.cursor or 0)
        )
        assert (len(first.records), first.total, rest.cursor) == (50, 117, None)
        assert [r.pid for r in (*first.records, *rest.records)] == [r.pid for r in listed]


async def test_while_it_is_filled_it_answers_what_it_knows(store: Store, hands: Hands) -> None:
    for n in range(300):
        await hands.arrive(post(str(n), "foule", author=Author(id=str(n), name="A")))
    finder = Finder(store)
    assert await found(finder, query="foule") == []
    shares: list[float] = []
    async with finder.serve():
        while (share := finder.building) is not None:
            shares.append(share)
            known = await finder.find(State.QUEUED, Wanted(terms=parse("foule")), limit=5)
            assert known.total >= share * 300
            await asyncio.sleep(0)
        assert (await finder.find(State.QUEUED, Wanted(terms=parse("foule")), limit=5)).total == 300
    assert shares == sorted(shares)
    assert 0 < max(shares) < 1


async def test_a_post_is_followed_through_its_life(finder: Finder, hands: Hands) -> None:
    of = post(text="La nuit des lumières")
    await hands.gate.accept(of)
    await hands.offer(of, ruling=Ruling.HOLD, labels=["press"])
    await comes(finder, [of.pid], State.HELD, "lumières", label="press", source="mastodon")
    await hands.decide(of, Verdict.APPROVE)
    await comes(finder, [of.pid], State.APPROVED, "lumières")
    assert await found(finder, State.HELD, "lumières") == []
    edited = post(text="Le jour", revision=2)
    await hands.gate.accept(edited)
    await comes(finder, [], State.APPROVED, "lumières")
    await hands.offer(edited)
    await comes(finder, [of.pid], State.QUEUED, "jour")
    assert await found(finder, query="lumières") == []
    await hands.gate.set_labels(of.pid, ["shop"], by="Anna")
    await comes(finder, [of.pid], label="shop")
    await hands.gate.withdraw(of.pid, why="deleted", by="x", source="mastodon")
    await comes(finder, [], query="jour")
    await until(lambda: _holds(finder, 0))
    assert (await finder.facets(State.QUEUED, Wanted())).author == []


async def test_filters_and_facets_of_real_posts(finder: Finder, hands: Hands) -> None:
    one, two = (
        post("1", "Une belle soirée ensemble", lang="fr"),
        post("2", "今夜的灯光真美", network="bluesky", lang="zh"),
    )
    await hands.gate.accept(one)
    await hands.gate.offer(
        await hands.claim(one.pid),
        card(one),
        ruling=Ruling.NOTE,
        reasons=[Reason("links"), Reason("words", "x")],
    )
    await hands.arrive(two)
    await comes(finder, [one.pid], rule="words")
    await comes(finder, [two.pid], lang="zh")
    await comes(finder, [two.pid], network="bluesky", query="灯光")
    key = author_key(network="mastodon", instance="example.org", author_id="7")
    await comes(finder, [one.pid], author=key)
    facets = await finder.facets(State.QUEUED, Wanted())
    assert facets.rule == [("links", 1), ("words", 1)]
    assert (key, "Inès", 1) in facets.author
    assert facets.lang == [("und", 1), ("zh", 1)] or facets.lang == [("fr", 1), ("zh", 1)]


async def test_what_is_answered_is_what_the_ledger_says(store: Store, hands: Hands) -> None:
    """An index that lags proposes; a post that moved meanwhile is not shown in its old state."""
    for n in range(4):
        await hands.arrive(post(str(n), "foule", author=Author(id=str(n), name="A")))
    finder = Finder(store)
    async with finder.serve():
        await until(lambda: _true(finder.building is None))
        index = finder._index
        assert index is not None
        await hands.decide(post("1"), Verdict.APPROVE)
        await comes(finder, [post("1").pid], State.APPROVED, "foule")
        stale = row(post("1").pid, "foule", place=1)
        await finder._in_thread(index.put, [stale])
        page = await finder.find(State.QUEUED, Wanted(terms=parse("foule")), limit=2)
        assert post("1").pid not in [record.pid for record in page.records]
        assert (len(page.records), page.total) == (2, 3)


@pytest.mark.parametrize("how", ["emptied", "set back", "another history"])
async def test_a_store_that_was_emptied_or_set_back_is_read_again(
    store: Store, hands: Hands, finder: Finder, how: str
) -> None:
    await hands.arrive(post("1", "avant"))
    await hands.arrive(post("2", "avant"))
    await comes(finder, [post("1").pid, post("2").pid], query="avant")
    keys = store.keys
    if how == "set back":
        await hands.gate.withdraw(post("2").pid, why="deleted", by="x", source="mastodon")
        await comes(finder, [post("1").pid], query="avant")
        # a restored copy of a moment when the second post still waited
        await store.redis.delete(keys.audit)
        await store.redis.hset(keys.meta, mapping={"audit_n": 0, "audit_h": ""})
        await hands.arrive(post("3", "avant"))
        await comes(finder, [post("1").pid, post("3").pid], query="avant")
        return
    async for key in store.redis.scan_iter(match=f"{keys.base}*", count=500):
        await store.redis.delete(key.decode())
    if how == "another history":
        for n in range(10, 16):
            await hands.arrive(post(str(n), "après"))
        await comes(finder, [post(str(n)).pid for n in range(10, 16)], query="après")
    await until(lambda: _holds(finder, 6 if how == "another history" else 0))
    assert await found(finder, query="avant") == []


async def test_a_server_without_its_store_waits_and_goes_on(
    store: Store, hands: Hands, finder: Finder
) -> None:
    pause = "CLIENT", "KILL", "TYPE", "normal"
    await hands.arrive(post("1", "avant"))
    await comes(finder, [post("1").pid], query="avant")
    await store.redis.execute_command(*pause, "SKIPME", "yes")  # type: ignore[attr-defined]  # redis-py's own
    await asyncio.sleep(0)
    await hands.arrive(post("2", "après"))
    await comes(finder, [post("2").pid], query="après")
