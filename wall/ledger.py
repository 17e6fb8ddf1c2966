"""The ledger: every post with its state and history, as the desk reads it. Reads only; the gate writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from wall.audit import Audit
from wall.model import PostId, State
from wall.record import Person, Record, read_person, read_record
from wall.store.client import Store

__all__ = ["Ledger", "Person", "Record"]

NO_POSTS = (PostId("panic"), PostId("alarm"))


class Ledger:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.keys

    async def records(self, pids: Iterable[PostId]) -> list[Record]:
        """Posts as the desk sees them, in the order asked for; unknown and unreadable ones are left out."""
        wanted = list(pids)
        pipe = self._store.redis.pipeline(transaction=False)
        for pid in wanted:
            pipe.hgetall(self._keys.post(pid))
        found = await pipe.execute() if wanted else []
        rows = (read_record(pid, fields) for pid, fields in zip(wanted, found, strict=True) if fields)
        records = [record for record in rows if record is not None]
        people = await self.people({record.author for record in records if record.author})
        sizes = await self._cluster_sizes({record.cluster for record in records if record.cluster})
        return [
            msgspec.structs.replace(
                record, person=people.get(record.author), cluster_size=sizes.get(record.cluster, 0)
            )
            for record in records
        ]

    async def people(self, keys: Iterable[str]) -> dict[str, Person]:
        """What the wall knows of these authors, by `author_key`."""
        wanted = sorted(keys)
        pipe = self._store.redis.pipeline(transaction=False)
        for key in wanted:
            pipe.hgetall(self._keys.person(key))
        found = await pipe.execute() if wanted else []
        return {key: read_person(key, fields) for key, fields in zip(wanted, found, strict=True) if fields}

    async def _cluster_sizes(self, clusters: Iterable[str]) -> dict[str, int]:
        wanted = sorted(clusters)
        pipe = self._store.redis.pipeline(transaction=False)
        for cluster in wanted:
            pipe.scard(self._keys.cluster(cluster))
        return dict(zip(wanted, await pipe.execute() if wanted else [], strict=True))

    async def alarm(self) -> bytes:
        """The alarm as it was raised, JSON; b"" when all is calm."""
        return await self._store.redis.get(self._keys.alarm) or b""

    async def listing(self, state: State, *, limit: int, after: str = "") -> tuple[list[Record], str | None]:
        """A page of one state, queue and held oldest first, the others newest first; and the next cursor."""
        key = {
            State.QUEUED: self._keys.queue,
            State.HELD: self._keys.held,
            State.APPROVED: self._keys.live,
            State.REJECTED: self._keys.rejected,
        }[state]
        oldest_first = state in (State.QUEUED, State.HELD)
        redis = self._store.redis
        if oldest_first:
            low = f"({after}" if after else "-inf"
            rows = await redis.zrangebyscore(key, low, "+inf", start=0, num=limit + 1, withscores=True)
        else:
            high = f"({after}" if after else "+inf"
            rows = await redis.zrevrangebyscore(key, high, "-inf", start=0, num=limit + 1, withscores=True)
        page = rows[:limit]
        records = await self.records(PostId(pid.decode()) for pid, _ in page)
        return records, str(int(page[-1][1])) if len(rows) > limit else None

    async def counts(self) -> dict[str, int]:
        pipe = self._store.redis.pipeline(transaction=False)
        for key in (self._keys.queue, self._keys.held, self._keys.live, self._keys.rejected):
            pipe.zcard(key)
        queued, held, approved, rejected = await pipe.execute()
        return {"queued": queued, "held": held, "approved": approved, "rejected": rejected}

    async def is_panic(self) -> bool:
        return bool(await self._store.redis.get(self._keys.panic) == b"1")

    async def touched_since(self, n: int, *, limit: int = 500) -> tuple[int, list[PostId]]:
        """(newest audit number, ids changed after audit number `n`), each id once."""
        entries = await self._store.redis.xrange(self._keys.audit, min=f"{n + 1}-0", count=limit)
        pids = dict.fromkeys(PostId(fields[b"id"].decode()) for _, fields in entries)
        for name in NO_POSTS:
            pids.pop(name, None)
        return (int(entries[-1][0].split(b"-")[0]) if entries else n), list(pids)

    async def sources(self) -> list[dict[str, Any]]:
        """Every source's state as ingest last wrote it, by name."""
        rows = await self._store.redis.hgetall(self._keys.sources)
        return [msgspec.json.decode(rows[name]) for name in sorted(rows)]

    async def audit_head(self) -> int:
        return int(await self._store.redis.hget(self._keys.meta, "audit_n") or 0)

    async def verify_audit(self) -> tuple[int, str | None]:
        """Recompute the chain: (entries, None) when unbroken, else (entries before it, what is wrong)."""
        found = await Audit(self._store).verify()
        return found.entries, found.wrong
