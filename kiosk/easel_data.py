"""What a mosaic is made of, for pages: read without the engine, so that the web process need not load it."""

from __future__ import annotations

from typing import Any

import msgspec

from wall.live import Item, Wall
from wall.model import PostId, decode_card, plain

WORDS = 160


class _Made(msgspec.Struct, frozen=True):
    """The part of `mosaic/kept.py` that is read here."""

    result: dict[str, Any]


async def cells_json(data: bytes, wall: Wall) -> dict[str, Any]:
    """`cells`: [left, top, right, bottom, number of its photo, mirrored]; `photos`: [post, digest], `posts`: by id.

    A post that is not on the wall any more has neither name nor words here.
    """
    result = msgspec.msgpack.decode(data, type=_Made).result
    numbers: dict[str, int] = {}
    cells = [
        [*box, numbers.setdefault(photo, len(numbers)), int(mirrored)]
        for photo, *box, mirrored, _ in result["cells"]
    ]
    photos = [photo.split(" ", 1) for photo in numbers]
    pids = list(dict.fromkeys(PostId(pid) for pid, _ in photos if pid != "plain"))
    _, _, items = await wall.items(pids)
    return {
        "size": result["size_px"],
        "cells": cells,
        "photos": photos,
        "posts": {pid: _post(item) for pid, item in items.items()},
        "overlay": result["overlay"],
        "shift": result["shift_most"],
        "relaxed": result["relaxed"],
    }


def _post(item: Item) -> dict[str, str]:
    try:
        card = decode_card(item.content)
    except msgspec.DecodeError:
        return {"name": "", "text": ""}
    words = plain(card.spans)
    text = words if len(words) <= WORDS else f"{words[:WORDS].rstrip()}…"
    return {"name": card.author.name or card.author.handle, "text": text, "network": card.network}
