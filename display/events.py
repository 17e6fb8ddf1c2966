"""What happens on the wall as server-sent events, for everybody: each is encoded once and kept for who comes back.

    event: add            one more approved post, or one that changed ("upd"): the post as in GET /api/v1/wall
    id: b810522171d0b64e:13
    data: {"id":"…","rev":1,"seq":13,…}

    event: del            data: {"id":"…"}: it must disappear; nobody is told why
    event: panic          data: {"on":true}: show nothing; its end is a reset
    event: reset          data: {"epoch","seq","panic","before","items"}: this and nothing else is on the wall
    event: beat           every 15 s, behind a comment for whatever stands in between

The number after the colon of an id is the wall's sequence number. What has left the wall, or was followed by a panic, is
taken out of what is kept: it is never sent again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import msgspec

from display.protocol import item_bytes
from wall.live import Op, Snapshot
from wall.model import PostId
from wall.web.http import chunk_of

KEPT = 500
TAILS = 16  # each may be as long as all of what is kept

_json = msgspec.json.Encoder().encode


class Events:
    """The newest `KEPT` operations of one epoch, without a gap. `seq` is the newest; `epoch` "" before `begin`."""

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = 0
        self.is_panic = False
        self._kept: deque[bytes] = deque(maxlen=KEPT)
        self._where: dict[PostId, int] = {}  # the number of the newest event that carries this post
        self._tails: dict[int, bytes] = {}

    def begin(self, *, epoch: str, seq: int, is_panic: bool) -> None:
        """Nothing is known of before `seq`: who stands there needs a reset."""
        self.epoch, self.seq, self.is_panic = epoch, seq, is_panic
        self._kept.clear()
        self._where.clear()
        self._tails.clear()

    def take_all(self, ops: Iterable[Op]) -> bool:
        """Take what is new of these operations, in order. False at a gap: begin anew."""
        return all(self._take(op) for op in ops if op.seq > self.seq)

    def _take(self, op: Op) -> bool:
        if op.seq != self.seq + 1:
            return False
        if op.op == "panic":
            self._panic(op)
            return True
        self._forget(op.pid)
        self._tails.clear()
        self.seq = op.seq
        if op.op == "del":
            self._kept.append(self._event("del", _json({"id": op.pid})))
        elif op.op in ("add", "upd") and op.item is not None and not self.is_panic:
            self._kept.append(self._event(op.op, item_bytes(op.item)))
            self._where[op.pid] = op.seq
            if len(self._where) > 2 * KEPT:
                self._where = {pid: seq for pid, seq in self._where.items() if seq > self._first}
        else:
            self._kept.append(self._number())
        return True

    def _panic(self, op: Op) -> None:
        """What came before may not be sent during a panic; after it everybody begins with the wall as it is."""
        was_panic = self.is_panic
        self.begin(
            epoch=self.epoch,
            seq=op.seq - 1 if op.is_panic and not was_panic else op.seq,
            is_panic=op.is_panic,
        )
        if op.is_panic and not was_panic:
            self.seq = op.seq
            self._kept.append(self._event("panic", _json({"on": True})))

    def _forget(self, pid: PostId) -> None:
        """Take a post's words out of what is kept; its number stays, so that there is no gap."""
        seq = self._where.pop(pid, 0)
        if seq > self._first:
            self._kept[seq - self._first - 1] = self._number(seq)

    @property
    def _first(self) -> int:
        """Who knows of everything until here can be told the rest."""
        return self.seq - len(self._kept)

    def since(self, seq: int) -> bytes | None:
        """Everything after `seq` as one piece; None when that is not kept: send a reset."""
        if seq >= self.seq:
            return b""
        if seq < self._first:
            return None
        tail = self._tails.get(seq)
        if tail is None:
            if len(self._tails) >= TAILS:
                self._tails.clear()
            kept = list(self._kept)
            tail = self._tails[seq] = b"".join(kept[seq - self._first :])
        return tail

    def _event(self, kind: str, data: bytes) -> bytes:
        return event(kind, data, epoch=self.epoch, seq=self.seq)

    def _number(self, seq: int | None = None) -> bytes:
        """No event at all, but the browser remembers the number."""
        return chunk_of(b"id: %b:%d\n\n" % (self.epoch.encode(), self.seq if seq is None else seq))


def event(kind: str, data: bytes, *, epoch: str, seq: int) -> bytes:
    """One event as a chunk of an answer. JSON of ours holds no line ends."""
    return chunk_of(b"event: %b\nid: %b:%d\ndata: %b\n\n" % (kind.encode(), epoch.encode(), seq, data))


def wall_json(snapshot: Snapshot) -> bytes:
    """What the public may see: during a panic nothing. The posts' bytes are those that were approved."""
    return b'{"epoch":%b,"seq":%d,"panic":%b,"before":%b,"items":[%b]}' % (
        _json(snapshot.epoch),
        snapshot.seq,
        b"true" if snapshot.is_panic else b"false",
        b"null" if snapshot.before is None or snapshot.is_panic else b"%d" % snapshot.before,
        b"" if snapshot.is_panic else b",".join(item_bytes(item) for item in snapshot.items),
    )


def reset_event(snapshot: Snapshot) -> bytes:
    return event("reset", wall_json(snapshot), epoch=snapshot.epoch, seq=snapshot.seq)


def beat_event(seq: int) -> bytes:
    return chunk_of(b": beat\nevent: beat\ndata: %d\n\n" % seq)


def hello_event(*, retry_ms: int) -> bytes:
    """How long to wait before coming back; each is told something else, so that they do not all come at once."""
    return chunk_of(b"retry: %d\n\n" % retry_ms)
