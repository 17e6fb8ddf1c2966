"""The ledger: every post with its state and history, as the desk reads it. Reads only; the gate writes."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec

from wall.gate import Reason
from wall.model import Card, PostId, State, content_hash, decode_card
from wall.store.client import Store

KNOWN = frozenset(state.value for state in State)


class Record(msgspec.Struct, frozen=True):
    """A post as the desk sees it. `card` is None while its pictures are fetched, and on a tombstone."""

    pid: PostId
    state: State
    rev: int
    mrev: int
    card: Card | None
    reasons: tuple[Reason, ...]
    by: str
    at_ms: int
    arrived_ms: int
    is_edited: bool
    is_pinned: bool
    note: str
    source: str


class Ledger:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.keys

    async def records(self, pids: Iterable[PostId]) -> list[Record]:
        """Posts as the desk sees them, in the order asked for; unknown ids are left out."""
        wanted = list(pids)
        pipe = self._store.redis.pipeline(transaction=False)
        for pid in wanted:
            pipe.hgetall(self._keys.post(pid))
        found = await pipe.execute()
        records = (_record(pid, fields) for pid, fields in zip(wanted, found, strict=True) if fields)
        return [record for record in records if record is not None]

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
        pids.pop(PostId("panic"), None)
        return (int(entries[-1][0].split(b"-")[0]) if entries else n), list(pids)

    async def sources(self) -> list[dict[str, Any]]:
        """Every source's state as ingest last wrote it, by name."""
        rows = await self._store.redis.hgetall(self._keys.sources)
        return [msgspec.json.decode(rows[name]) for name in sorted(rows)]

    async def audit_head(self) -> int:
        return int(await self._store.redis.hget(self._keys.meta, "audit_n") or 0)

    async def verify_audit(self) -> tuple[int, str | None]:
        """Recompute the chain: (entries, None) when unbroken, else (entries before it, what is wrong)."""
        prev, n = "", 0
        async for number, entry in self._audit_entries():
            n += 1
            at = number.split("-")[0]
            names = ("id", "from", "to", "rev", "mrev", "by", "why", "idem", "seq", "at")
            body = "|".join([at, *(entry.get(name, "") for name in names)])
            expected = hashlib.sha1(
                f"{prev}|{body}".encode("utf-8", "surrogateescape"), usedforsecurity=False
            )
            if int(at) != n:
                return n - 1, f"entry {n} is missing"
            if entry.get("prev", "") != prev or entry.get("h") != expected.hexdigest():
                return n - 1, f"entry {n} was changed"
            prev = entry["h"]
        head = (await self._store.redis.hget(self._keys.meta, "audit_h") or b"").decode()
        return (n, None) if head == prev else (n, "the newest entries are missing")

    async def _audit_entries(self) -> AsyncIterator[tuple[str, dict[str, str]]]:
        start = "-"
        while True:
            page = await self._store.redis.xrange(self._keys.audit, min=start, count=1000)
            for number, fields in page:
                yield (
                    number.decode(),
                    {k.decode(): v.decode("utf-8", "surrogateescape") for k, v in fields.items()},
                )
            if len(page) < 1000:
                return
            start = f"({page[-1][0].decode()}"


def _record(pid: PostId, fields: dict[bytes, bytes]) -> Record | None:
    """None for a state of another version of Parvis: what we do not know is not shown."""

    def text(name: bytes) -> str:
        return fields.get(name, b"").decode("utf-8", "replace")

    if text(b"state") not in KNOWN:
        return None
    card: Card | None = None
    content = fields.get(b"content", b"")
    if content and content_hash(content) == text(b"chash"):
        with contextlib.suppress(msgspec.DecodeError):
            card = decode_card(content)
    reasons: Any = fields.get(b"reasons") or b"[]"
    return Record(
        pid=pid,
        state=State(text(b"state")),
        rev=int(text(b"rev") or 0),
        mrev=int(text(b"mrev") or 0),
        card=card,
        reasons=tuple(msgspec.json.decode(reasons, type=list[Reason])),
        by=text(b"by"),
        at_ms=int(text(b"at") or 0),
        arrived_ms=int(text(b"arrived") or 0),
        is_edited=text(b"edited") == "1",
        is_pinned=text(b"pinned") == "1",
        note=text(b"note"),
        source=text(b"src"),
    )
