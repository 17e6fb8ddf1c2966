"""What passes between the worker and a picture process: frames of a length and one MessagePack message.

The process has looked at hostile bytes, so its reply is checked like anybody else's.
"""

from __future__ import annotations

import struct

import msgspec

from wall.media.rendered import Flaw, Purpose, Rendered

LENGTH = struct.Struct(">I")
REPLY_MAX = 16_000_000


class Job(msgspec.Struct, frozen=True):
    data: bytes
    purpose: Purpose = "picture"


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    flaw: Flaw


Reply = Rendered | Refusal

_encode = msgspec.msgpack.Encoder().encode
_decode_job = msgspec.msgpack.Decoder(Job).decode
_decode_reply = msgspec.msgpack.Decoder(Reply).decode


def framed(message: Job | Reply) -> bytes:
    body = _encode(message)
    return LENGTH.pack(len(body)) + body


def decode_job(body: bytes) -> Job:
    """Raises `msgspec.DecodeError`."""
    return _decode_job(body)


def decode_reply(body: bytes) -> Reply:
    """Raises `msgspec.DecodeError` on anything that a sound process would not answer."""
    reply: Reply = _decode_reply(body)
    return reply
