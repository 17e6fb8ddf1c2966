"""The wall: the ordered set of approved posts, as screens read it. Reads only; the gate writes."""

from __future__ import annotations

import msgspec

from wall.model import PostId, content_hash
from wall.store.client import Store


class Item(msgspec.Struct, frozen=True):
    """One approved post as the wall holds it: `content` is the card's verified bytes."""

    pid: PostId
    seq: int
    rev: int
    is_pinned: bool
    content: bytes


class Snapshot(msgspec.Struct, frozen=True):
    """The wall at one instant, newest first. `corrupt` counts items whose bytes do not match their hash."""

    epoch: str
    seq: int
    is_panic: bool
    items: tuple[Item, ...]
    corrupt: int = 0


class Op(msgspec.Struct, frozen=True):
    """One operation: "add", "upd", "del", "panic" or "skip". `item` None for an add means: gone again since."""

    seq: int
    op: str
    pid: PostId
    why: str
    item: Item | None = None
    is_panic: bool = False


class Wall:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.keys

    async def snapshot(self, limit: int = 60) -> Snapshot:
        """The newest `limit` approved posts at one instant."""
        reply: list[bytes] = await self._store.scripts.run(
            "snapshot",
            keys=(self._keys.live, self._keys.items, self._keys.meta, self._keys.panic, self._keys.pinned),
            args=(limit,),
        )
        items: list[Item] = []
        corrupt = 0
        for pid, seq, packed in zip(reply[3::3], reply[4::3], reply[5::3], strict=True):
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
        )

    async def item(self, pid: PostId) -> tuple[str, int, Item | None]:
        """(epoch, newest sequence number, the post as it is on the wall) at one instant; None when it is not there."""
        pipe = self._store.redis.pipeline(transaction=True)
        pipe.hmget(self._keys.meta, ["epoch", "seq"])
        pipe.zscore(self._keys.live, pid)
        pipe.hmget(self._keys.items, [pid])
        (epoch, seq), at, (packed,) = await pipe.execute()
        item = None if at is None or packed is None else _unpack(pid, int(at), packed)
        return (epoch or b"").decode(), int(seq or 0), item

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


def _entry(fields: dict[bytes, bytes]) -> tuple[str, PostId, str, str]:
    """(op, id, rev, why) of a log entry; one that is damaged is a "skip", so that its number is not a gap."""
    op, pid, rev, why = (
        fields.get(name, b"").decode("utf-8", "replace") for name in (b"op", b"id", b"rev", b"why")
    )
    return (op if op in ("add", "upd", "del", "panic") else "skip", PostId(pid), rev, why)
