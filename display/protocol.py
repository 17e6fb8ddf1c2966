"""The frames between screens and server, as bytes: every frame is encoded once, whoever receives it.

=> {"type":"hello","screen":"hall-a","epoch":"…"|null,"seq":12|null,"size":"1920x1080","build":"…"}
<- {"type":"hello","epoch":"…","seq":12,"build":"…","now":"…","beat_s":5}
<- {"type":"snapshot","epoch":"…","seq":12,"panic":false,"items":[…newest first]}   or only the ops since
<= {"type":"op","seq":13,"op":"add","item":{…}}
<= {"type":"op","seq":14,"op":"del","id":"…","why":"edited"}
<= {"type":"beat","seq":14}
=> {"type":"painted","seq":14,"ids":["…"]}
=> {"type":"resync"}                                                                after a gap
<- {"type":"command","command":"identify"}                                          or reload
<- {"type":"command","command":"spotlight","item":{…},"seconds":20}                 one approved post, now
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from wall.live import Item, Op, Snapshot
from wall.web.wire import text_frame

BEAT_S = 5
Number = Annotated[int, Meta(ge=0, lt=2**53)]
Id = Annotated[str, Meta(max_length=40)]

_json = msgspec.json.Encoder().encode


class Hello(msgspec.Struct, tag="hello", tag_field="type", frozen=True):
    screen: Annotated[str, Meta(max_length=40)] = ""
    epoch: Annotated[str, Meta(max_length=64)] | None = None
    seq: Number | None = None
    size: Annotated[str, Meta(max_length=20)] = ""
    build: Annotated[str, Meta(max_length=40)] = ""


class Painted(msgspec.Struct, tag="painted", tag_field="type", frozen=True):
    """The receipt: everything up to `seq` is on glass."""

    seq: Number
    ids: Annotated[list[Id], Meta(max_length=100)] = []


class Beat(msgspec.Struct, tag="beat", tag_field="type", frozen=True):
    seq: Number = 0
    shown: Annotated[list[Id], Meta(max_length=100)] = []
    frames: Number = 0
    errors: Number = 0


class Resync(msgspec.Struct, tag="resync", tag_field="type", frozen=True):
    pass


FromScreen = Hello | Painted | Beat | Resync
read_frame = msgspec.json.Decoder(FromScreen).decode


def hello_frame(*, epoch: str, seq: int, build: str, now: datetime) -> bytes:
    return text_frame(
        _json({"type": "hello", "epoch": epoch, "seq": seq, "build": build, "now": now, "beat_s": BEAT_S})
    )


def item_bytes(item: Item) -> bytes:
    """The card's approved bytes with rev, seq and pinned appended: never decoded on the way to a screen."""
    pinned = b',"pinned":true' if item.is_pinned else b""
    return b'%b,"rev":%d,"seq":%d%b}' % (item.content[:-1], item.rev, item.seq, pinned)


def snapshot_frame(snapshot: Snapshot) -> bytes:
    return text_frame(
        b'{"type":"snapshot","epoch":%b,"seq":%d,"panic":%b,"items":[%b]}'
        % (
            _json(snapshot.epoch),
            snapshot.seq,
            b"true" if snapshot.is_panic else b"false",
            b",".join(item_bytes(item) for item in snapshot.items),
        )
    )


def op_frame(op: Op) -> bytes:
    """One operation. An add whose post has left again since becomes a skip: its own del follows."""
    if op.op == "panic":
        return text_frame(_json({"type": "op", "seq": op.seq, "op": "panic", "on": op.is_panic}))
    if op.op == "del":
        return text_frame(_json({"type": "op", "seq": op.seq, "op": "del", "id": op.pid, "why": op.why}))
    if op.op == "skip" or op.item is None:
        return text_frame(_json({"type": "op", "seq": op.seq, "op": "skip"}))
    return text_frame(
        b'{"type":"op","seq":%d,"op":%b,"item":%b}' % (op.seq, _json(op.op), item_bytes(op.item))
    )


def beat_frame(seq: int) -> bytes:
    return text_frame(b'{"type":"beat","seq":%d}' % seq)


def command_frame(command: str) -> bytes:
    return text_frame(_json({"type": "command", "command": command}))


def spotlight_frame(item: Item, *, seconds: int) -> bytes:
    """The same bytes of the post as in its add."""
    return text_frame(
        b'{"type":"command","command":"spotlight","item":%b,"seconds":%d}' % (item_bytes(item), seconds)
    )
