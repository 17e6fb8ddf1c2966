"""Something on its way from the firehose to the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ingest.atproto.record import parts_of
from ingest.jetstream import POSTS, Event, Position
from ingest.values import table_at, text_at


class Item(msgspec.Struct, eq=False):
    """An event and what was learnt about it; eq is off, so each is itself. `uri` is empty for an account."""

    event: Event
    did: str = ""
    uri: str = ""
    place: Position | None = None
    profile: dict[str, Any] | None = None
    is_missing: bool = False
    tries: int = 0
    reason: str | None = None
    is_final: bool = True

    @property
    def operation(self) -> str:
        return text_at(table_at(self.event, "commit"), "operation")

    @property
    def cid(self) -> str:
        return text_at(table_at(self.event, "commit"), "cid")

    def raw(self, tags: Sequence[str]) -> dict[str, Any]:
        """The raw item that `normalise` takes."""
        raw: dict[str, Any] = {"event": self.event, "profile": self.profile, "tags": list(tags)}
        if self.is_missing:
            raw["is_missing"] = True
        if self.reason is not None:
            raw |= {"reason": self.reason, "is_final": self.is_final}
        return raw


def removal(uri: str, *, reason: str, is_final: bool) -> Item:
    """As if the network had said that a post is gone, and why."""
    did, rkey = parts_of(uri) or ("", "")
    commit = {"operation": "delete", "collection": POSTS, "rkey": rkey}
    event = {"did": did, "kind": "commit", "commit": commit}
    return Item(event, did=did, uri=uri, reason=reason, is_final=is_final)


def closure(did: str) -> Item:
    """As if the network had said that an account is closed, for now."""
    return Item({"did": did, "kind": "account", "account": {"active": False, "did": did}}, did=did)
