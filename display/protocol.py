"""The frames between screens and server, as bytes: every frame is encoded once, whoever receives it.

=> {"type":"hello","screen":"hall-a","epoch":"…"|null,"seq":12|null,"size":"1920x1080","build":"…"}
<- {"type":"hello","epoch":"…","seq":12,"build":"…","now":"…","beat_s":5}
<- {"type":"snapshot","epoch":"…","seq":12,"panic":false,"items":[…newest first]}   or only the ops since
<= {"type":"op","seq":13,"op":"add","item":{…}}
<= {"type":"op","seq":14,"op":"del","id":"…","why":"edited"}
<= {"type":"beat","seq":14}
=> {"type":"painted","seq":14,"ids":["…"]}
=> {"type":"resync"}                                                                after a gap
=> {"type":"plays","spool":"…","plays":[{"n":1,"kind":"post","id":"…","at":…,"ms":12000,"scene":"s1"}],"lost":0}
<- {"type":"plays-kept","spool":"…","upto":1}                                       counted: need not be told again
<- {"type":"command","command":"identify"}                                          or reload
<- {"type":"command","command":"spotlight","item":{…},"seconds":20}                 one approved post, now
<- {"type":"orders","blank":false,"programme":{…},"theme":{…},…}                    what this screen shall do
<- {"type":"extra","for":"owed","items":[…]}                                        posts beyond the newest
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from wall.live import Item, Op, Snapshot
from wall.plays import BATCH_MOST, Play
from wall.web.wire import text_frame

BEAT_S = 5
LET_GO = 4401  # the close code of a screen that may not be one: it throws away what it keeps and shows a pairing code
Number = Annotated[int, Meta(ge=0, lt=2**53)]
Id = Annotated[str, Meta(max_length=40)]
Word = Annotated[str, Meta(max_length=60)]
Mille = Annotated[int, Meta(ge=0, le=1000)]
VIEW_MOST = 40
Role = Literal["screen", "preview", "trial"]  # the two last are looked at by people of ours and count nowhere

_json = msgspec.json.Encoder().encode


class Hello(msgspec.Struct, tag="hello", tag_field="type", frozen=True):
    screen: Annotated[str, Meta(max_length=40)] = ""
    epoch: Annotated[str, Meta(max_length=64)] | None = None
    seq: Number | None = None
    size: Annotated[str, Meta(max_length=20)] = ""
    build: Annotated[str, Meta(max_length=40)] = ""
    role: Role = msgspec.field(default="screen", name="as")


class Painted(msgspec.Struct, tag="painted", tag_field="type", frozen=True):
    """The receipt: everything up to `seq` is on glass."""

    seq: Number
    ids: Annotated[list[Id], Meta(max_length=100)] = []


class Box(msgspec.Struct, frozen=True):
    """Where a post stands, in per mille of the frame; `paper` and `ink` are its colours."""

    id: Id
    x: Mille
    y: Mille
    w: Mille
    h: Mille
    paper: Word = ""
    ink: Word = ""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a page is. `None` and "" mean: it does not say; pages of before say nothing at all.

    `offset_ms` is the server's clock less its own. `late_s` is how long the scene should have changed already.
    `spool` counts plays that are still to be told. `reasons` is why something else stands there than posts.
    `rail` is what stands beside the scene, `colours` its ground, ink and accent. `still_s` is how long ago the last
    animation frame came.
    """

    heap_mb: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    nodes: Number | None = None
    decode_errors: Number = 0
    offset_ms: Annotated[float, Meta(ge=-1e14, le=1e14)] = 0
    late_s: Annotated[float, Meta(ge=0, le=1e9)] = 0
    scene: Word = ""
    layout: Word = ""
    programme: Word = ""
    theme: Word = ""
    colours: Annotated[list[Word], Meta(max_length=3)] = []
    up_s: Annotated[float, Meta(ge=0, le=1e10)] = 0
    still_s: Annotated[float, Meta(ge=0, le=1e9)] = 0
    long_tasks: Number = 0
    spool: Number = 0
    cache_mb: Annotated[float, Meta(ge=0, le=10_000_000)] | None = None
    reasons: Annotated[list[Word], Meta(max_length=10)] = []
    error: Annotated[str, Meta(max_length=200)] = ""
    view: Annotated[list[Box], Meta(max_length=VIEW_MOST)] = []
    rail: Box | None = None


class Beat(Health, tag="beat", tag_field="type", frozen=True, kw_only=True):
    """`frames` counts animation frames, one a second: a page whose frames stand still shows a still picture."""

    seq: Number = 0
    shown: Annotated[list[Id], Meta(max_length=100)] = []
    frames: Number = 0
    errors: Number = 0


class Resync(msgspec.Struct, tag="resync", tag_field="type", frozen=True):
    pass


class PlaysTold(msgspec.Struct, tag="plays", tag_field="type", frozen=True):
    """What this screen has shown. `lost` is how many plays the spool has dropped because it was full, ever."""

    spool: Id
    plays: Annotated[list[Play], Meta(max_length=BATCH_MOST)]
    lost: Number = 0


FromScreen = Hello | Painted | Beat | Resync | PlaysTold
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


def orders_frame(orders: dict[str, Any]) -> bytes:
    return text_frame(_json({"type": "orders", **orders}))


def extra_frame(items: Iterable[Item], *, reason: str) -> bytes:
    """Approved posts beyond the newest that a screen shall show: "owed" their seconds, or the "best" of the event."""
    return text_frame(
        b'{"type":"extra","for":%b,"items":[%b]}'
        % (_json(reason), b",".join(item_bytes(item) for item in items))
    )


def beat_frame(seq: int) -> bytes:
    return text_frame(b'{"type":"beat","seq":%d}' % seq)


def plays_kept_frame(*, spool: str, upto: int) -> bytes:
    return text_frame(_json({"type": "plays-kept", "spool": spool, "upto": upto}))


def command_frame(command: str) -> bytes:
    return text_frame(_json({"type": "command", "command": command}))


def spotlight_frame(item: Item, *, seconds: int) -> bytes:
    """The same bytes of the post as in its add."""
    return text_frame(
        b'{"type":"command","command":"spotlight","item":%b,"seconds":%d}' % (item_bytes(item), seconds)
    )
