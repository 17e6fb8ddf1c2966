"""The audit: who did what to which post, and in which order. Reads only.

The gate writes an entry in the same step as whatever it tells of; what an entry is, and why it can be trusted,
stands in `wall/chain.py`. Nothing in Parvis removes an entry.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Sequence

from wall.chain import Checker, Entry, Head, Verified, entry_of
from wall.model import PostId
from wall.store.client import Store

PAGE = 1000
SHORT_PAGE = 200  # some milliseconds of a process that serves others
LOOK_AT = 20_000


class Audit:
    def __init__(self, store: Store) -> None:
        self._redis = store.redis
        self._keys = store.keys

    async def head(self) -> Head:
        """The newest entry's; number 0 while there is none."""
        newest = await self._redis.xrevrange(self._keys.audit, count=1)
        return entry_of(*newest[0]).head if newest else Head(n=0, h="")

    async def since(self, mark: Head, *, limit: int) -> tuple[Head, list[PostId]] | None:
        """(the newest entry read, ids touched after `mark`, each once); None when `mark` is not in this chain."""
        if not mark.n:
            entries = await self._redis.xrange(self._keys.audit, count=limit)
        else:
            first, *entries = await self._redis.xrange(
                self._keys.audit, min=str(mark.n), count=limit + 1
            ) or [(b"", {})]
            if not first[0].startswith(b"%d-" % mark.n) or first[1].get(b"h", b"").decode() != mark.h:
                return None
        if not entries:
            return mark, []
        pids = dict.fromkeys(PostId(fields.get(b"id", b"").decode()) for _, fields in entries)
        return entry_of(*entries[-1]).head, list(pids)

    async def newest(
        self,
        *,
        limit: int,
        before: int | None = None,
        by: str = "",
        pid: str = "",
        why: Container[str] | None = None,
        look_at: int = LOOK_AT,
    ) -> tuple[list[Entry], int | None]:
        """Entries, newest first, and where to go on. Reads at most `look_at`, so a page may be short, or empty.

        `why` are the reasons wanted, None for all: a reason with values ("labels press") counts by its first word.
        """
        found: list[Entry] = []
        start = "+" if before is None else str(before - 1)
        looked = 0
        while True:
            page = await self._redis.xrevrange(self._keys.audit, max=start, count=SHORT_PAGE)
            for number, fields in page:
                entry = entry_of(number, fields)
                is_wanted = why is None or entry.why.partition(" ")[0] in why
                if is_wanted and (not by or entry.by == by) and (not pid or entry.id == pid):
                    found.append(entry)
                    if len(found) == limit:
                        return found, entry.n if entry.n > 1 else None
            if not page:
                return found, None
            looked += len(page)
            last = entry_of(*page[-1]).n
            if looked >= look_at:
                return found, last if last > 1 else None
            start = str(max(0, last - 1))

    async def entries(self) -> AsyncIterator[Entry]:
        """Every entry, oldest first; those that follow while it reads are read too."""
        async for number, fields in self._raw(end="+"):
            yield entry_of(number, fields)

    async def verify(self, heads: Sequence[Head] = ()) -> Verified:
        """Walk the whole chain; `heads` are entries that must still be in it, as they were printed."""
        checker = Checker(heads)
        async for line in self.walk(checker):
            del line
        return checker.verdict

    async def walk(self, checker: Checker) -> AsyncIterator[bytes]:
        """The lines of the chain, checked as they pass; afterwards `checker.verdict` stands.

        The end is read first: whatever a running wall adds meanwhile is left for the next time.
        """
        n, h = await self._redis.hmget(self._keys.meta, ["audit_n", "audit_h"])
        end = Head(n=_count(n), h=(h or b"").decode("ascii", "replace"))
        if end.n:
            async for number, fields in self._raw(end=str(end.n)):
                yield checker.take(number, fields)
        newest = await self.head()
        (now,) = await self._redis.hmget(self._keys.meta, ["audit_n"])
        checker.finish(end, is_beyond=newest.n > _count(now))

    async def _raw(self, *, end: str) -> AsyncIterator[tuple[bytes, dict[bytes, bytes]]]:
        start = "-"
        while page := await self._redis.xrange(self._keys.audit, min=start, max=end, count=PAGE):
            for number, fields in page:
                yield number, fields
            start = f"({page[-1][0].decode()}"


def _count(raw: bytes | None) -> int:
    return int(raw) if raw and raw.isdigit() else 0
