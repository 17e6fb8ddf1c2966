"""The audit read from its first entry to its last, as a story in which certain things must not happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from tests.history.hands import POSTS, STRICT, author_of, post
from wall.model import State

Fields = dict[str, str]
UPWARD = ("approve", "pin", "unpin")
WAITING = (State.QUEUED, State.HELD)
ON_HAND = (*WAITING, State.APPROVED)
NO_POSTS = ("panic", "alarm")
SPACE, PLACE = 20, 100_000  # see the scripts' prelude

AUTHOR: dict[str, str] = {post(n, 0).pid: author_of(n) for n in range(POSTS)}


class Entry(msgspec.Struct, frozen=True):
    id: str
    before: str
    after: str
    why: str
    by: str
    idem: str
    rev: int
    mrev: int
    seq: int

    @classmethod
    def of(cls, fields: Fields) -> Entry:
        return cls(
            id=fields["id"],
            before=fields["from"],
            after=fields["to"],
            why=fields["why"],
            by=fields["by"],
            idem=fields["idem"].rpartition(":")[2],
            rev=int(fields["rev"] or 0),
            mrev=int(fields["mrev"] or 0),
            seq=int(fields["seq"] or 0),
        )


class Chronicle:
    def __init__(self, entries: list[Entry], say: Callable[[bool, str], None]) -> None:
        self._entries = entries
        self._say = say
        self._states: dict[str, str] = {}
        self._banned: set[str] = set()
        self._owed: dict[str, set[str]] = {}  # key of a ban -> posts it must still put away
        self._ends = {entry.idem: n for n, entry in enumerate(entries) if entry.why in ("standing", "ban")}
        self.stepwise: set[str] = set()
        self._yes: dict[str, str] = {}
        self._ahead: dict[str, int] = {}

    def walk(self) -> None:
        for n, entry in enumerate(self._entries):
            if entry.id in NO_POSTS:
                continue
            if entry.why == "standing":
                self._standing(entry)
            else:
                self._step(entry)
                self._four_eyes(entry)
                self._states[entry.id] = entry.after
            for idem in [idem for idem in self._owed if n >= self._ends[idem]]:
                left = self._owed.pop(idem)
                self._say(not left, f"a ban left {len(left)} posts where they were")

    def agrees_with(self, posts: Mapping[str, Fields]) -> None:
        """The audit explains every state, and everybody stands where he came in."""
        for pid, fields in posts.items():
            told = self._states.get(pid)
            self._say(told == fields["state"], f"{pid} is {fields['state']}: the audit says {told}")
            if pid not in self._ahead:
                continue
            arr = int(fields["arr"])
            self._say(
                int(fields["place"]) // PLACE >= arr + SPACE * self._ahead[pid],
                f"{pid} stands at {fields['place']}, before its author's others",
            )

    def _step(self, entry: Entry) -> None:
        pid, before, after, why = entry.id, entry.before, entry.after, entry.why
        author = AUTHOR.get(pid, "")
        known = self._states.get(pid, "")
        self._say(known == before, f"{pid} was {known}, then {before}")
        self._say(before != "withdrawn" or after == "withdrawn", f"{pid} returned from its grave")
        self._say(after != "approved" or why in UPWARD, f"{pid} went up by {why}")
        if why == "edited" and before == "approved":
            self._say(after == "queued" and entry.seq > 0, f"an edit of {pid} left it on the wall")
        if why == "rules" and author in self._banned:
            self._say(after == "rejected", f"a ban did not stop an offer: {pid} is {after}")
        if why == "ban":
            self._say(author in self._banned, f"{pid} was put away by a ban nobody spoke")
        for idem, owed in self._owed.items():
            if idem != entry.idem:
                self.stepwise.add(idem)  # somebody else came in between
            if after not in ON_HAND:
                owed.discard(pid)
        if why == "arrived":
            self._ahead[pid] = sum(
                AUTHOR.get(other) == author and state in WAITING for other, state in self._states.items()
            )

    def _standing(self, entry: Entry) -> None:
        if entry.after != "banned":
            self._banned.discard(entry.id)
            return
        self._banned.add(entry.id)
        self._owed[entry.idem] = {
            pid for pid, state in self._states.items() if AUTHOR.get(pid) == entry.id and state in ON_HAND
        }

    def _four_eyes(self, entry: Entry) -> None:
        """Two different people have said yes to the same edition, one after the other, nothing in between."""
        if entry.id not in STRICT:
            return
        if entry.why == "first-yes":
            self._yes[entry.id] = entry.by
            return
        if entry.why == "approve":
            first = self._yes.get(entry.id, entry.by)
            self._say(first != entry.by, f"{entry.id} went up by the word of {entry.by} alone")
        if entry.why not in ("pin", "unpin", "rules"):
            self._yes.pop(entry.id, None)
