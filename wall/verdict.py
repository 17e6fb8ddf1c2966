"""The gate's words: what may be said of a post or an author, and what the gate answers."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wall.model import PostId, State


class Answer(StrEnum):
    OK = "OK"
    SECOND = "SECOND"
    EDIT = "EDIT"
    DUP = "DUP"
    REPLAY = "REPLAY"
    SAME = "SAME"
    STALE = "STALE"
    ILLEGAL = "ILLEGAL"
    GONE = "GONE"
    NOPOST = "NOPOST"
    CONFLICT = "CONFLICT"
    FIXED = "FIXED"
    AGAIN = "AGAIN"


class Verdict(StrEnum):
    """What a moderator may say."""

    APPROVE = "approve"
    REJECT = "reject"
    HOLD = "hold"
    RELEASE = "release"
    UNAPPROVE = "unapprove"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    PIN = "pin"
    UNPIN = "unpin"


class Standing(StrEnum):
    """What a moderator has said of an author on this wall."""

    NONE = ""
    TRUSTED = "trusted"
    BANNED = "banned"


class Ruling(StrEnum):
    """What the rules may say."""

    NOTE = "note"
    HOLD = "hold"
    APPROVE = "approve"
    REJECT = "reject"


class Reason(msgspec.Struct, frozen=True):
    """Why a rule spoke: its name, and values for its sentence in the catalogues."""

    rule: str
    text: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What the gate did. `seq` is the wall's sequence number when the wall changed, else None."""

    answer: Answer
    state: State | None = None
    rev: int = 0
    mrev: int = 0
    by: str = ""
    seq: int | None = None


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker found out about a card, beside its words and pictures.

    `cluster` names the posts nearly equal to it ("" for none). `dhashes` are those of its pictures. `labels` are set
    by themselves. `needs_two`: two people must approve it.
    """

    cluster: str = ""
    dhashes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    needs_two: bool = False


class Swept(msgspec.Struct, frozen=True):
    """What one word did to many posts: pid -> answer, in the order asked for."""

    answer: Answer
    answers: dict[PostId, Answer] = {}
