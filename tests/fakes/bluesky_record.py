"""Records and frames of the fake Bluesky, with invented content."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

POSTS = "app.bsky.feed.post"

Event = dict[str, Any]

_TAG = re.compile(r"#\w+")


def record_of(text: str, *, tags_in_text: bool = True, **more: Any) -> dict[str, Any]:
    """A post record; #tags in its text get facets, as Bluesky's own app writes them."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    record: dict[str, Any] = {"$type": POSTS, "createdAt": now, "text": text, **more}
    facets = [
        {
            "index": {
                "byteStart": len(text[: match.start()].encode()),
                "byteEnd": len(text[: match.end()].encode()),
            },
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": match[0][1:]}],
        }
        for match in (_TAG.finditer(text) if tags_in_text else ())
    ]
    return {**record, "facets": facets} if facets and "facets" not in more else record


def blob(cid: str, *, kind: str = "image/jpeg") -> dict[str, Any]:
    return {"$type": "blob", "ref": {"$link": cid}, "mimeType": kind, "size": 1000}


def did_for(handle: str) -> str:
    digest = base64.b32encode(hashlib.sha256(handle.encode()).digest())
    return f"did:plc:{digest.decode().lower()[:24]}"


def cid_for(record: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).digest()
    return "bafyrei" + base64.b32encode(digest).decode().lower().rstrip("=")


def v2_frame(event: Event) -> dict[str, Any]:
    """An event of v1, with the server's number as `cursor`, in the envelope of v2."""
    kind = event["kind"]
    seen_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=event["time_us"])
    head = {
        "$type": f"network.bsky.jetstream.subscribeEvents#{kind}",
        "seq": event["cursor"],
        "did": event["did"],
        "time": seen_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    body = event["commit"] if kind == "commit" else {kind: event.get(kind, {})}
    order = ("rev", "operation", "collection", "rkey", "cid", "record")
    ordered = {name: body[name] for name in order if name in body} if kind == "commit" else body
    return {"$type": "message", "payload": head | ordered}
