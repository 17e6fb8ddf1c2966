"""Payloads of Jetstream and an AppView; `tests/ingest/test_payloads.py` says what is in this file."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

from ingest.contract import Raw, SourceLost
from ingest.jetstream import Dictionary, Server

NETWORK = "bluesky"
OPTIONS: dict[str, str] = {}
HASHTAGS = ("wall2026",)

ALICE, BOB = "did:plc:537t4qxzbnqbjkftbr7alqwe", "did:plc:oqofgae54ofmqwpun4lyltel"
POST = "post at://{}/app.bsky.feed.post/{} #wall2026{}"

DEVENV = (
    POST.format(ALICE, "3n2uq324ils2o", ""),
    POST.format(ALICE, "3n2uq324tdk2o", " 2 media"),
    POST.format(ALICE, "3n2uq32563c2o", " 2 media"),
    POST.format(ALICE, "3n2uq325jsc2o", " 1 media"),
    POST.format(ALICE, "3n2uq3263es2o", " 1 media"),
    POST.format(BOB, "3n2uq326kys2o", ""),
    POST.format(ALICE, "3n2uq326vqk2o", " #Wall 2026 1 media"),
    "skip label-nudity",
    POST.format(BOB, "3n2uq327la22o", " reply"),
    "skip not-a-post",
    "skip not-a-post",
    POST.format(ALICE, "3n2uq3263es2o", " 1 media edited"),
    f"removal at://{ALICE}/app.bsky.feed.post/3n2uq32563c2o",
    "skip not-a-post",
    "skip account-active",
    *(f"removal author {ALICE}" for _status in ("deactivated", "takendown", "suspended", "deleted")),
)

EXPECTED = {
    "getPosts.devenv.json": (),
    "jetstream_v1.devenv.jsonl": DEVENV,
    "jetstream_v1.devenv.zstd.b64.json": DEVENV,
    "jetstream_v1.real-sanitised.jsonl": (
        *("skip not-a-post",) * 5,
        "skip account-active",
        "skip not-a-post",
        *("skip no-tag",) * 3,
        "skip not-a-post",
        *("skip no-tag",) * 2,
        "post at://did:plc:2r22nmdtlqrxioqlj5brd547/app.bsky.feed.post/3mptbyo7tas2u #wall2026 #Bühne 1 media",
        "skip not-a-post",
    ),
    "jetstream_v2.devenv.jsonl": (*DEVENV, "skip not-an-event"),
    "records.devenv.json": (),
    "subscribeRepos.frames.b64.json": (),
}


def raws(path: Path) -> Iterator[Raw]:
    server = Server(f"wss://jetstream.example.org/{'xrpc/x' if '_v2' in path.name else 'subscribe'}")
    for frame in _frames(path):
        if isinstance(frame, bytes) and server.dictionary is None:
            server.dictionary = Dictionary((path.parent / "zstd" / "legacy_subscribe.zdict").read_bytes())
        try:
            event = server.read(server.unpack(frame))
        except SourceLost:  # the error frame at the end of v2
            continue
        yield {"event": event, "profile": None, "tags": list(HASHTAGS)}


def _frames(path: Path) -> Iterator[str | bytes]:
    if not path.name.startswith("jetstream"):
        return
    if path.suffix == ".jsonl":
        yield from path.read_text().splitlines()
    else:
        yield from map(base64.b64decode, json.loads(path.read_text()))


def check(folder: Path) -> None:
    """The dictionaries are those whose ids the servers ask for."""
    ids = {path.name: Dictionary(path.read_bytes()).id for path in (folder / "zstd").glob("*.zdict")}
    assert ids == {"legacy_subscribe.zdict": 1612007021, "subscribe_events_20260811.zdict": 20260811}
