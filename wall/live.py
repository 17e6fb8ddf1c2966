"""The wall: the ordered set of approved posts, as screens read it. Reads only; the gate writes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

import msgspec

from wall.model import Counts, PostId, content_hash
from wall.store.client import Store


class Item(msgspec.Struct, frozen=True):
    """One approved post as the wall holds it: `content` is the card's verified bytes."""

    pid: PostId
    seq: int
    rev: int
    is_pinned: bool
    content: bytes


class Snapshot(msgspec.Struct, frozen=True):
    """The wall at one instant, newest first. `corrupt` counts items whose bytes do not match their hash.

    `before` is where the next page begins (see `Wall.newest`), None when there is nothing older.
    """

    epoch: str
    seq: int
    is_panic: bool
    items: tuple[Item, ...]
    corrupt: int = 0
    before: int | None = None


class Op(msgspec.Struct, frozen=True):
    """One operation: "add", "upd", "del", "panic" or "skip". `item` None for an add means: gone again since."""

    seq: int
    op: str
    pid: PostId
    why: str
    item: Item | None = None
    is_panic: bool = False


class Origin(msgspec.Struct, frozen=True):
    """What the wall keeps beside an approved post: whose it is (`author_key`), when it was last decided, its counts."""

    author: str
    at_ms: int
    counts: Counts


class Wall:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.keys

    async def snapshot(self, limit: int = 60) -> Snapshot:
        """The newest `limit` approved posts at one instant, and behind them older ones that are pinned."""
        return await self._read(limit, below="")

    async def newest(self, limit: int, *, before: int | None = None) -> Snapshot:
        """The newest `limit` approved posts of those that were approved before sequence number `before`."""
        return await self._read(limit, below="+inf" if before is None else str(before))

    async def _read(self, limit: int, *, below: str) -> Snapshot:
        reply: list[bytes] = await self._store.scripts.run(
            "snapshot",
            keys=(self._keys.live, self._keys.items, self._keys.meta, self._keys.panic, self._keys.pinned),
            args=(limit + 1, below) if below else (limit, below),
        )
        rows = list(zip(reply[3::3], reply[4::3], reply[5::3], strict=True))
        before = int(float(rows[limit - 1][1])) if len(rows) >= limit + bool(below) else None
        if below:
            rows = rows[:limit]
        items: list[Item] = []
        corrupt = 0
        for pid, seq, packed in rows:
            item = _unpack(PostId(pid.decode()), int(float(seq)), packed)
            if item is None:
                corrupt += 1
            else:
                items.append(item)
        return Snapshot(
            epoch=reply[0].decode(),
            seq=int(reply[1]),
            is_panic=reply[2] == b"1",
            items=tuple(items),
            corrupt=corrupt,
            before=before,
        )

    async def item(self, pid: PostId) -> tuple[str, int, Item | None]:
        """(epoch, newest sequence number, the post as it is on the wall) at one instant; None when it is not there."""
        epoch, seq, found = await self.items((pid,))
        return epoch, seq, found.get(pid)

    async def items(self, pids: Sequence[PostId]) -> tuple[str, int, dict[PostId, Item]]:
        """The same for several at one instant; those that are not on the wall are not among them."""
        pipe = self._store.redis.pipeline(transaction=True)
        pipe.hmget(self._keys.meta, ["epoch", "seq"])
        pipe.hmget(self._keys.items, [*pids, ""])  # none is a command without a field
        for pid in pids:
            pipe.zscore(self._keys.live, pid)
        (epoch, seq), packed, *at = await pipe.execute()
        found: dict[PostId, Item] = {}
        for pid, since, raw in zip(pids, at, packed[:-1], strict=True):
            item = None if since is None or raw is None else _unpack(pid, int(since), raw)
            if item is not None:
                found[pid] = item
        return (epoch or b"").decode(), int(seq or 0), found

    async def page(self, *, below: int | None = None, limit: int = 200) -> tuple[list[Item], int | None]:
        """A page of all approved posts by falling sequence number, those below `below`; and where the next begins.

        None: there is none. What leaves the wall between two reads is left out, and so is what does not match its hash.
        """
        high = "+inf" if below is None else f"({below}"
        rows = await self._store.redis.zrevrangebyscore(
            self._keys.live, high, "-inf", start=0, num=limit, withscores=True
        )
        packed = await self._store.redis.hmget(self._keys.items, [pid for pid, _ in rows]) if rows else []
        items = [
            item
            for (pid, seq), raw in zip(rows, packed, strict=True)
            if raw is not None and (item := _unpack(PostId(pid.decode()), int(seq), raw)) is not None
        ]
        return items, int(rows[-1][1]) if len(rows) == limit else None

    async def origins(self, pids: Iterable[PostId]) -> dict[PostId, Origin]:
        """Whose these posts are, and what their networks count of them; those without an author are left out."""
        wanted = list(pids)
        pipe = self._store.redis.pipeline(transaction=False)
        for pid in wanted:
            pipe.hmget(self._keys.post(pid), ["author", "at", "counts"])
        found = await pipe.execute() if wanted else []
        return {
            pid: _origin(author, at or b"", counts or b"")
            for pid, (author, at, counts) in zip(wanted, found, strict=True)
            if author
        }

    async def head(self) -> tuple[str, int]:
        """(epoch, newest sequence number): one cheap read for the safety poll."""
        epoch, seq = await self._store.redis.hmget(self._keys.meta, ["epoch", "seq"])
        return (epoch or b"").decode(), int(seq or 0)

    async def ops_since(self, seq: int, *, limit: int = 500) -> list[Op] | None:
        """The log after `seq`, oldest first; None when it no longer reaches back so far: take a snapshot."""
        entries = await self._store.redis.xrange(self._keys.log, min=f"{seq + 1}-0", count=limit)
        if not entries:
            return []
        first = int(entries[0][0].split(b"-")[0])
        if first != seq + 1:
            return None
        rows = [(int(number.split(b"-")[0]), _entry(fields)) for number, fields in entries]
        wanted = [row[1] for _, row in rows if row[0] in ("add", "upd")]
        packed = await self._store.redis.hmget(self._keys.items, wanted) if wanted else []
        by_pid = dict(zip(wanted, packed, strict=True))
        ops: list[Op] = []
        for at, (op, pid, rev, why) in rows:
            raw = by_pid.get(pid) if op in ("add", "upd") else None
            item = None if raw is None else _unpack(pid, at, raw)
            ops.append(Op(seq=at, op=op, pid=pid, why=why, item=item, is_panic=op == "panic" and rev == "1"))
        return ops


def _unpack(pid: PostId, seq: int, packed: bytes) -> Item | None:
    """None when the bytes are damaged or do not match the hash that was approved: such a post is not shown."""
    parts = packed.split(b" ", 3)
    if len(parts) != 4 or not parts[0].isdigit() or content_hash(parts[3]).encode() != parts[2]:
        return None
    rev, pinned, _, content = parts
    return Item(pid=pid, seq=seq, rev=int(rev), is_pinned=pinned == b"1", content=content)


def _origin(author: bytes, at: bytes, counts: bytes) -> Origin:
    known = Counts()
    with contextlib.suppress(msgspec.DecodeError):
        known = msgspec.json.decode(counts, type=Counts) if counts else known
    return Origin(author=author.decode(), at_ms=int(at) if at.isdigit() else 0, counts=known)


def _entry(fields: dict[bytes, bytes]) -> tuple[str, PostId, str, str]:
    """(op, id, rev, why) of a log entry; one that is damaged is a "skip", so that its number is not a gap."""
    op, pid, rev, why = (
        fields.get(name, b"").decode("utf-8", "replace") for name in (b"op", b"id", b"rev", b"why")
    )
    return (op if op in ("add", "upd", "del", "panic") else "skip", PostId(pid), rev, why)
