"""Payloads of a GoToSocial server, which the `mastodon` network reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ingest.contract import Raw
from ingest.fediverse.api import Software, read_instance

NETWORK = "mastodon"
OPTIONS = {"base_url": "http://localhost:26407"}
HASHTAGS = ("Wall2026",)
EXPECTED: dict[str, tuple[str, ...]] = {
    "instance_v2.json": ("skip no-id",),
    "stream_public_ws.jsonl": (
        "post 01M80RB4FNCZWYD7SC356Q7FNY #Wall2026 1 media",
        "post 01M80RB4HHRQ4YFVRRZP2MJG65 #wall2026 sensitive",
    ),
    "swagger_stream_payload_excerpt.txt": (),
    "timeline_tag.json": ("post 01M80RB4FNCZWYD7SC356Q7FNY #wall2026 1 media edited",),
}


def raws(path: Path) -> Iterator[Raw]:
    text = path.read_text()
    if path.suffix == ".jsonl":
        yield from map(json.loads, text.splitlines())
    elif path.suffix == ".json":
        raw = json.loads(text)
        yield from raw if isinstance(raw, list) else (raw,)


def check(folder: Path) -> None:
    told = json.loads((folder / "instance_v2.json").read_text())
    assert read_instance(told, base_url=OPTIONS["base_url"]).software is Software.GOTOSOCIAL
