"""A payload in Pixelfed's shape, which the `mastodon` network reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ingest.contract import Raw

NETWORK = "mastodon"
OPTIONS = {"base_url": "https://pixelfed.example"}
HASHTAGS = ("wall2026",)
EXPECTED = {"status_shape.json": ("post 700000000000000001 #wall2026 1 media",)}


def raws(path: Path) -> Iterator[Raw]:
    yield json.loads(path.read_text())
