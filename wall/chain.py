"""The chain of the audit: entries that vouch for the ones before them. Pure.

`h` is the SHA-1 of `prev|n|id|from|to|rev|mrev|by|why|idem|seq|at`, where `prev` is the `h` before. An entry's line,
as `parvis audit export` writes it, holds exactly these fields; the SHA-256 over all lines stands for the whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

CHAINED = ("id", "from", "to", "rev", "mrev", "by", "why", "idem", "seq", "at")
MAY_HOLD_BAR = "idem"  # the only field with a "|" in it, so that no border between two fields can be moved


class Head(msgspec.Struct, frozen=True):
    """The newest entry at some time: its number, hash and time (milliseconds since 1970). Printed as one line."""

    n: int
    h: str
    at_ms: int = 0

    def __str__(self) -> str:
        return f"{self.n} {self.h or '-'} {_iso(self.at_ms)}"

    def is_of(self, entry: Entry) -> bool:
        """Whether it is this entry's; a head without a time says nothing of it."""
        is_then = not self.at_ms or self.at_ms // 1000 == entry.at_ms // 1000
        return (self.n, self.h) == (entry.n, entry.h) and is_then

    @classmethod
    def read(cls, line: str) -> Head:
        """A line as it was printed; the time may be missing. Raises `ValueError` for anything else."""
        n, h, *at = line.split()
        if not (n.isascii() and n.isdigit() and len(h) == 40 and set(h) <= set("0123456789abcdef")) or at[1:]:
            raise ValueError(line)
        moment = datetime.fromisoformat(at[0]) if at else datetime.fromtimestamp(0, UTC)
        if moment.tzinfo is None:
            raise ValueError(line)
        return cls(n=int(n), h=h, at_ms=int(moment.timestamp()) * 1000)


class Entry(msgspec.Struct, frozen=True):
    """One entry, as it was written; "" for what it does not say."""

    n: int
    id: str
    from_: str = msgspec.field(name="from")
    to: str
    rev: str
    mrev: str
    by: str
    why: str
    idem: str
    seq: str
    at: str
    prev: str
    h: str

    @property
    def at_ms(self) -> int:
        return int(self.at) if self.at.isascii() and self.at.isdigit() and len(self.at) < 15 else 0

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.at_ms / 1000, UTC)

    @property
    def head(self) -> Head:
        return Head(n=self.n, h=self.h, at_ms=self.at_ms)

    def line(self) -> bytes:
        return _encode(self) + b"\n"


class Verified(msgspec.Struct, frozen=True):
    """What a walk along the chain found. `wrong` names the first thing amiss; `entries` are whole before it."""

    entries: int
    wrong: str | None
    head: Head
    sha256: str


class Checker:
    """Takes a chain entry by entry and remembers the first thing that is wrong. Pure."""

    def __init__(self, heads: Sequence[Head] = ()) -> None:
        self._heads = {head.n: {one for one in heads if one.n == head.n} for head in heads}
        self._n = 0
        self._whole = 0
        self._last = Head(n=0, h="")
        self._wrong: str | None = None
        self._sum = hashlib.sha256()

    @property
    def verdict(self) -> Verified:
        return Verified(entries=self._whole, wrong=self._wrong, head=self._last, sha256=self._sum.hexdigest())

    def take(self, number: bytes, fields: Mapping[bytes, bytes]) -> bytes:
        """The next entry; returns its line."""
        entry = entry_of(number, fields)
        line = entry.line()
        self._sum.update(line)
        self._n += 1
        if self._wrong is None:
            self._wrong = self._fault(number, fields, entry)
            if self._wrong is None:
                self._whole = self._n
                self._last = entry.head
        return line

    def _fault(self, number: bytes, fields: Mapping[bytes, bytes], entry: Entry) -> str | None:
        n = self._n
        if number != b"%d-0" % n:
            return f"entry {n} is missing" if entry.n >= n else f"entry {entry.n} is there twice"
        values = [fields.get(name.encode(), b"") for name in CHAINED]
        prev = self._last.h.encode()
        expected = hashlib.sha1(b"|".join([prev, b"%d" % n, *values]), usedforsecurity=False).hexdigest()
        is_barred = any(
            b"|" in value for name, value in zip(CHAINED, values, strict=True) if name != MAY_HOLD_BAR
        )
        if fields.get(b"prev", b"") != prev or entry.h != expected or is_barred:
            return f"entry {n} was changed"
        if set(fields) - _KNOWN:
            return f"entry {n} has something added"
        if not all(head.is_of(entry) for head in self._heads.pop(n, ())):
            return f"entry {n} is not the one whose head was printed: the chain was written anew"
        return None

    def finish(self, end: Head, *, is_beyond: bool) -> None:
        """`end` is where the gate says the chain ends; `is_beyond` when something stands behind it."""
        if self._wrong is None and (end.n, end.h) != (self._last.n, self._last.h):
            self._wrong = "the newest entries are missing"
        if self._wrong is None and is_beyond:
            self._wrong = f"something was written behind entry {end.n}, the newest"
        if self._wrong is None and self._heads:
            lost = min(self._heads)
            self._wrong = f"entry {lost}, whose head was printed, is missing: the chain was cut"


_KNOWN = frozenset(name.encode() for name in (*CHAINED, "prev", "h"))
_encode = msgspec.json.Encoder().encode


def number_of(number: bytes) -> int:
    """The number in a stream's id, b"17-0"."""
    return int(number.split(b"-")[0])


def entry_of(number: bytes, fields: Mapping[bytes, bytes]) -> Entry:
    """An entry as the store holds it; bytes that are no UTF-8 are replaced, so its line cannot hide them."""

    def text(name: str) -> str:
        return fields.get(name.encode(), b"").decode("utf-8", "replace")

    return Entry(
        n=number_of(number),
        id=text("id"),
        from_=text("from"),
        to=text("to"),
        rev=text("rev"),
        mrev=text("mrev"),
        by=text("by"),
        why=text("why"),
        idem=text("idem"),
        seq=text("seq"),
        at=text("at"),
        prev=text("prev"),
        h=text("h"),
    )


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).isoformat().replace("+00:00", "Z")
