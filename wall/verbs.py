"""How a verb of the gate reaches its script: which keys it is given, and what comes back.

Every key that a script touches is passed to it, so a post is looked at before: whose it is, where it came from, which
cluster it belongs to. A script that finds it otherwise answers AGAIN and is run again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from wall.model import PostId, State
from wall.store.client import Store
from wall.verdict import Answer, Outcome


class About(msgspec.Struct, frozen=True):
    """What decides which keys a post's scripts touch."""

    pid: PostId
    source: str
    author: str
    cluster: str


def names_of(abouts: Iterable[About]) -> Iterator[str]:
    """Two arguments a post, beside `Verbs._keys_of`."""
    for about in abouts:
        yield about.pid
        yield about.cluster


class Verbs:
    """`clock_ms` gives milliseconds for display only: no decision depends on it."""

    def __init__(
        self, store: Store, *, clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._clock_ms = clock_ms

    async def _posts_of(self, author: str) -> list[PostId]:
        members = await self._store.redis.smembers(self._keys.author(author))
        return sorted(PostId(pid.decode()) for pid in members)

    async def _abouts(self, pids: Sequence[PostId]) -> list[About]:
        pipe = self._store.redis.pipeline(transaction=False)
        for pid in pids:
            pipe.hmget(self._keys.post(pid), ["src", "author", "cluster"])
        rows = await pipe.execute() if pids else []
        texts = ([(part or b"").decode() for part in row] for row in rows)
        return [About(pid, *row) for pid, row in zip(pids, texts, strict=True)]

    def _keys_of(self, abouts: Iterable[About]) -> Iterator[str]:
        """Three keys a post: what scripts for many posts turn to."""
        for about in abouts:
            yield self._keys.post(about.pid)
            yield self._keys.person(about.author)
            yield self._keys.cluster(about.cluster)

    async def _script(
        self,
        verb: str,
        pid: PostId,
        *,
        by: str,
        keys: Sequence[str],
        args: Sequence[str | bytes | int],
        author: str = "",
        cluster: str = "",
    ) -> list[str]:
        """Run a verb: the keys and arguments that all of them share, then its own."""
        names = self._keys
        common = (
            names.post(pid), names.queue, names.held, names.rejected, names.live, names.items, names.meta,
            names.log, names.audit, names.media, names.media_gone, names.pinned, names.person(author),
            names.cluster(cluster),
        )  # fmt: skip
        head = (names.tick, names.desk_tick, self._clock_ms(), by.replace("|", " "), pid, cluster)
        reply: list[bytes] = await self._store.scripts.run(verb, keys=(*common, *keys), args=(*head, *args))
        return [part.decode() for part in reply]

    async def _run(
        self,
        verb: str,
        pid: PostId,
        *,
        by: str,
        keys: Sequence[str] | Callable[[About], Sequence[str]] = (),
        args: Sequence[str | bytes | int] = (),
        author: str = "",
        cluster: str | None = None,
    ) -> Outcome:
        """Run a verb on one post. `cluster` None: the one it belongs to."""
        while True:
            (about,) = await self._abouts([pid])
            word, state, rev, mrev, who, seq = await self._script(
                verb,
                pid,
                by=by,
                keys=keys(about) if callable(keys) else keys,
                args=args,
                author=about.author or author,
                cluster=about.cluster if cluster is None else cluster,
            )
            if Answer(word) is not Answer.AGAIN:
                break
        return Outcome(
            answer=Answer(word),
            state=State(state) if state else None,
            rev=int(rev or 0),
            mrev=int(mrev or 0),
            by=who,
            seq=int(seq) if seq else None,
        )
