"""What happens between a gate's look at a post and its word, one interruption at a time: found by the long history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from tests.makers import Hands, post
from wall.gate import Answer, Gate
from wall.model import PostId
from wall.store.client import Store


class Interrupted(Gate):
    """Looks a post up, and before it speaks somebody else has been quicker, once."""

    def __init__(self, store: Store, first: Callable[[], Awaitable[object]]) -> None:
        super().__init__(store)
        self._first: Callable[[], Awaitable[object]] | None = first

    async def _abouts(self, pids: Sequence[PostId]):  # type: ignore[no-untyped-def]  # the gate's own
        found = await super()._abouts(pids)
        first, self._first = self._first, None
        if first is not None:
            await first()
        return found


async def test_a_post_that_arrives_while_it_is_taken_back_is_not_counted_for_ever(store: Store) -> None:
    hands = Hands(store)
    gate = Interrupted(store, lambda: hands.gate.accept(post()))
    outcome = await gate.withdraw(post().pid, why="deleted", by="mastodon", source="mastodon")
    assert outcome.answer is Answer.OK
    person = await store.redis.hgetall(store.keys.person(post().author_key))
    assert person.get(b"queued", b"0") == b"0"
    assert person.get(b"withdrawn") == b"1"
