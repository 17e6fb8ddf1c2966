"""Payloads of a Mastodon server; `tests/ingest/test_payloads.py` says what is in this file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ingest.contract import Raw
from ingest.fediverse.api import read_instance

NETWORK = "mastodon"
OPTIONS = {"base_url": "http://localhost:3000"}
HASHTAGS = ()

HOOT = "post 117020593741189701 #hoot"

EXPECTED = {
    "docs_media_attachments.json": ("post 103270115826048975 3 media",),
    "docs_status.json": ("post 103270115826048975",),
    "error_404.json": ("skip error-frame",),
    "instance_v2.json": ("skip no-id",),
    "instance_v2_restricted.json": ("skip no-id",),
    "status_card.json": ("skip not-public",),
    "status_deleted_response.json": ("skip not-a-status",),
    "status_edit_before.json": ("post 117020586180926938",),
    "status_edit_after.json": ("post 117020586180926938 edited",),
    "status_media_sensitive.json": ("skip not-public",),
    "status_reply.json": ("post 117020583258292382 reply",),
    "stream_sse_hashtag.txt": (HOOT, f"{HOOT} edited", "removal 117020593741189701", "skip not-a-post"),
    "stream_ws.jsonl": (
        HOOT,
        f"{HOOT} edited",
        "removal 117020593741189701",
        "skip not-a-post",
        "skip error-frame",
        "skip error-frame",
        "skip error-frame",
    ),
    "timeline_tag.json": (HOOT,),
}


def raws(path: Path) -> Iterator[Raw]:
    text = path.read_text()
    if path.name == "docs_media_attachments.json":
        status = json.loads((path.parent / "docs_status.json").read_text())
        yield {**status, "media_attachments": list(json.loads(text).values())}
    elif path.suffix == ".jsonl":
        yield from map(json.loads, text.splitlines())
    elif path.suffix == ".txt":
        for block in text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if fields:
                yield {"event": fields["event"], "payload": fields["data"]}
    else:
        raw = json.loads(text)
        yield from raw if isinstance(raw, list) else (raw,)


def check(folder: Path) -> None:
    """What is read by other means than `normalise`."""
    plain = read_instance(
        json.loads((folder / "instance_v2.json").read_text()), base_url="http://localhost:3000"
    )
    assert (plain.streaming_url, plain.note) == ("ws://localhost:4000", "")
    large = json.loads((folder / "instance_v2_restricted.json").read_text())
    instance = read_instance(large, base_url="https://mastodon.social")
    assert (instance.streaming_url, instance.note) == ("wss://streaming.mastodon.social", "")
