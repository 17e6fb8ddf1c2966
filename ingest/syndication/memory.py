"""What a feed's source remembers between two looks, and what is news to it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from ingest.syndication.entry import Document, Entry, FeedItem, Tombstone
from wall.model import Skip

KNOWN_MAX = 2000
OLD = "-"  # in place of a digest: it was there before us and never goes up

E = TypeVar("E", bound=Entry)


class Memory(msgspec.Struct, kw_only=True):
    """What a source keeps from one look to the next; it belongs to one `address`.

    `known` is entry -> digest, oldest first. `moved` is where the feed went for good; `probed` is the address
    of which we know whether it did. `body` is the digest of the last document.
    """

    address: str
    known: dict[str, str] = {}
    has_looked: bool = False
    etag: str = ""
    modified: str = ""
    body: str = ""
    moved: str = ""
    probed: str = ""
    hub: str = ""
    topic: str = ""
    ttl_s: float = 0.0

    @property
    def home(self) -> str:
        """Where the feed is asked for."""
        return self.moved or self.address

    def news(self, entries: Iterable[Entry], *, first: int | None) -> list[Entry]:
        """What is new or reads differently, oldest first. At the very first look only the `first` newest."""
        found = list(entries)
        if first is not None and not self.has_looked:
            for item in _newest_first(entry for entry in found if isinstance(entry, FeedItem))[first:]:
                self.known[_key(item)] = OLD
        return _newest_first(entry for entry in found if self._is_news(entry))[::-1]

    def learn(self, document: Document) -> None:
        """All of it has been stored."""
        for entry in document.entries:
            if not isinstance(entry, Skip):
                before = self.known.pop(_key(entry), "")
                self.known[_key(entry)] = before if before == OLD else _reading(entry)
        for key in list(self.known)[: max(0, len(self.known) - KNOWN_MAX)]:
            del self.known[key]
        self.has_looked = True
        if document.hub:
            self.hub, self.topic = document.hub, document.topic or ""
        if document.ttl_s is not None:
            self.ttl_s = document.ttl_s

    def stamp(self, body: bytes, headers: Mapping[str, str]) -> None:
        """The look is over: ask with these validators the next time."""
        self.etag = headers.get("etag", "")
        self.modified = headers.get("last-modified", "")
        self.body = short_digest(body)

    def _is_news(self, entry: Entry) -> bool:
        if isinstance(entry, Skip):
            return True
        before = self.known.get(_key(entry), "")
        return before != _reading(entry) and (before != OLD or isinstance(entry, Tombstone))


def _key(entry: FeedItem | Tombstone) -> str:
    return short_digest(f"{type(entry).__name__} {entry.id}".encode())


def _reading(entry: FeedItem | Tombstone) -> str:
    return entry.digest if isinstance(entry, FeedItem) else "gone"


def _newest_first(entries: Iterable[E]) -> list[E]:
    """By date where each has one, else as the feed has them."""
    found = list(entries)
    dates = {id(entry): when for entry in found if (when := _date(entry)) is not None}
    if len(dates) < len(found):
        return found
    return sorted(found, key=lambda entry: dates[id(entry)], reverse=True)


def _date(entry: Entry) -> datetime | None:
    return (entry.published or entry.updated) if isinstance(entry, FeedItem) else None


def short_digest(data: bytes) -> str:
    """16 hex characters of SHA-256."""
    return hashlib.sha256(data).hexdigest()[:16]
