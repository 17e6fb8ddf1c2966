"""What passes between the worker and a picture process: frames of a length and one MessagePack message.

The process has looked at hostile bytes, so its reply is checked like anybody else's.
"""

from __future__ import annotations

import struct

import msgspec

from wall.media.rendered import Flaw, Purpose, Rendered

LENGTH = struct.Struct(">I")
REPLY_MAX = 16_000_000


class RenderJob(msgspec.Struct, frozen=True, tag="render"):
    data: bytes
    purpose: Purpose = "picture"


class PixelsJob(msgspec.Struct, frozen=True, tag="pixels"):
    """For a classifier: one of our own WebP variants in, squeezed to the sides that its model wants."""

    data: bytes
    width_px: int
    height_px: int


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    flaw: Flaw


class Pixels(msgspec.Struct, frozen=True, tag="pixels"):
    """Rows of red, green and blue, one byte each."""

    rgb: bytes


Job = RenderJob | PixelsJob
Reply = Rendered | Pixels | Refusal

_encode = msgspec.msgpack.Encoder().encode
_decode_job = msgspec.msgpack.Decoder(Job).decode
_decode_reply = msgspec.msgpack.Decoder(Reply).decode


def framed(message: Job | Reply) -> bytes:
    body = _encode(message)
    return LENGTH.pack(len(body)) + body


def decode_job(body: bytes) -> Job:
    """Raises `msgspec.DecodeError`."""
    job: Job = _decode_job(body)
    return job


def decode_reply(body: bytes) -> Reply:
    """Raises `msgspec.DecodeError` on anything that a sound process would not answer."""
    reply: Reply = _decode_reply(body)
    return reply
