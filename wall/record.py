"""A post as the desk sees it, read from the store's fields. Pure.

Whatever cannot be read is not known: a damaged time or reason is left out, a damaged revision hides the post, for
nobody could decide on it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec

from wall.model import Card, PostId, State, content_hash, decode_card
from wall.verdict import Reason, Standing

KNOWN = frozenset(state.value for state in State)
COUNTED = (State.QUEUED, State.HELD, State.APPROVED, State.REJECTED, State.WITHDRAWN)
LATEST_MS = 4_102_444_800_000  # the year 2100: a later time is damage

Fields = Mapping[bytes, bytes]


class Person(msgspec.Struct, frozen=True):
    """An author on this wall: `key` is the `author_key`, `counts` how many of his posts stand where."""

    key: str
    name: str = ""
    handle: str = ""
    network: str = ""
    standing: Standing = Standing.NONE
    by: str = ""
    counts: dict[str, int] = {}


class Memo(msgspec.Struct, frozen=True):
    """A moderator's note on a post."""

    text: str
    by: str
    at_ms: int


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A post as the desk sees it. `card` is None while its pictures are fetched, and on a tombstone.

    `place` orders what waits. `cluster` names the nearly equal posts it belongs to, `cluster_size` how many of them
    wait. `needs_two`: two people must approve it; `yes_by` has said yes.
    """

    pid: PostId
    state: State
    rev: int
    mrev: int
    card: Card | None
    reasons: tuple[Reason, ...]
    by: str
    at_ms: int
    arrived_ms: int
    place: int
    is_edited: bool
    is_pinned: bool
    note: str
    source: str
    author: str
    person: Person | None = None
    cluster: str = ""
    cluster_size: int = 0
    labels: tuple[str, ...] = ()
    memo: Memo | None = None
    needs_two: bool = False
    yes_by: str = ""


def read_record(pid: PostId, fields: Fields) -> Record | None:
    """None for a state of another version of Parvis or a damaged revision: what we do not know is not shown."""
    text = _texts(fields)
    if text("state") not in KNOWN or not _is_number(text("rev")) or not _is_number(text("mrev")):
        return None
    reasons: tuple[Reason, ...] = ()
    with contextlib.suppress(msgspec.DecodeError):
        reasons = msgspec.json.decode(fields.get(b"reasons") or b"[]", type=tuple[Reason, ...])
    return Record(
        pid=pid,
        state=State(text("state")),
        rev=_number(text("rev")),
        mrev=_number(text("mrev")),
        card=_card(fields),
        reasons=reasons,
        by=text("by"),
        at_ms=_time(text("at")),
        arrived_ms=_time(text("arrived")),
        place=_number(text("place")) or _number(text("arr")),
        is_edited=text("edited") == "1",
        is_pinned=text("pinned") == "1",
        note=text("note"),
        source=text("src"),
        author=text("author"),
        cluster=text("cluster"),
        labels=tuple(text("labels").split()),
        memo=_memo(fields.get(b"memo", b"")),
        needs_two=text("eyes") == "2",
        yes_by=text("eyes_by"),
    )


def read_person(key: str, fields: Fields) -> Person:
    text = _texts(fields)
    who: dict[str, str] = {}
    with contextlib.suppress(msgspec.DecodeError):
        who = msgspec.json.decode(fields.get(b"who") or b"{}", type=dict[str, str])
    standing = text("standing")
    return Person(
        key=key,
        name=who.get("name", ""),
        handle=who.get("handle", ""),
        network=who.get("network", ""),
        # a word of another version is no trust; of the two that are known, the stricter
        standing=Standing(standing) if standing in set(Standing) else Standing.BANNED,
        by=text("standing_by"),
        counts={state.value: max(0, _number(text(state.value))) for state in COUNTED},
    )


def iso(at_ms: int) -> str:
    """ISO 8601, UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def _card(fields: Fields) -> Card | None:
    content = fields.get(b"content", b"")
    if content and content_hash(content).encode() == fields.get(b"chash"):
        with contextlib.suppress(msgspec.DecodeError):
            return decode_card(content)
    return None


def _memo(raw: bytes) -> Memo | None:
    with contextlib.suppress(msgspec.DecodeError):
        return msgspec.json.decode(raw, type=Memo) if raw else None
    return None


def _texts(fields: Fields) -> Callable[[str], str]:
    """Fields as text by name; "" for those that are not there."""
    return lambda name: fields.get(name.encode(), b"").decode("utf-8", "replace")


def _is_number(text: str) -> bool:
    return text == "" or (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 17)


def _number(text: str) -> int:
    return int(text) if text and _is_number(text) else 0


def _time(text: str) -> int:
    at_ms = _number(text)
    return at_ms if 0 <= at_ms < LATEST_MS else 0
