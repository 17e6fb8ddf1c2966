"""The sums of the wall, post by post: who, from where, which photos, which words. Pure; time is passed in."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from display.tally_words import Lexicon, StopWords
from wall.live import Item, Origin
from wall.model import Counts, Digest, PostId, decode_card

HOUR_MS = 3_600_000
PHOTOS_MAX = 2000
WORDS_MAX = 60
NETWORKS_MAX = 24


class Photo(msgspec.Struct, frozen=True):
    """The first picture of an approved post, as the screens list it. `colour` is its mean, "#rrggbb"."""

    id: PostId
    digest: Digest
    colour: str
    seq: int


class Entry(msgspec.Struct, frozen=True):
    """What is kept of an approved post: no text, no name."""

    seq: int
    rev: int
    network: str
    author: str
    at_ms: int
    liked: int
    is_pinned: bool
    photo: Photo | None


class Sums:
    """`put` and `drop` in any order: a sequence number says what is newest, not when it was told."""

    def __init__(self, stop: StopWords, *, own_tags: Iterable[str]) -> None:
        self._stop, self._own_tags = stop, tuple(own_tags)
        self.clear()

    def clear(self) -> None:
        self.version = 0
        self._entries: dict[PostId, Entry] = {}
        self._authors: Counter[str] = Counter()
        self._networks: Counter[str] = Counter()
        self._photos: dict[PostId, Photo] = {}
        self._newest: tuple[Photo, ...] | None = None
        self._fresh: dict[PostId, int] = {}  # approved within the hour, when
        self._lexicon = Lexicon(self._stop, own_tags=self._own_tags)

    def __contains__(self, pid: object) -> bool:
        return pid in self._entries

    @property
    def pids(self) -> list[PostId]:
        return list(self._entries)

    def entry(self, pid: PostId) -> Entry | None:
        return self._entries.get(pid)

    def put(self, item: Item, origin: Origin, *, now_ms: int) -> None:
        """Take in an approved post, instead of what was known of it. Bytes that are no card are left out."""
        self.drop(item.pid)
        try:
            card = decode_card(item.content)
        except msgspec.DecodeError:
            return
        photo = None
        if card.pictures:
            first = card.pictures[0]
            photo = self._photos[item.pid] = Photo(item.pid, first.digest, first.colour, item.seq)
        self._entries[item.pid] = Entry(
            seq=item.seq,
            rev=item.rev,
            network=card.network,
            author=origin.author,
            at_ms=origin.at_ms,
            liked=_liked(origin.counts),
            is_pinned=item.is_pinned,
            photo=photo,
        )
        self._authors[origin.author] += 1
        self._networks[card.network] += 1
        if origin.at_ms > now_ms - HOUR_MS:
            self._fresh[item.pid] = origin.at_ms
        self._lexicon.add(item.pid, seq=item.seq, author=origin.author, spans=card.spans)
        self._changed()

    def drop(self, pid: PostId) -> None:
        """A post has left the wall: its words and its photo are gone with it."""
        entry = self._entries.pop(pid, None)
        if entry is None:
            return
        _take(self._authors, entry.author)
        _take(self._networks, entry.network)
        self._fresh.pop(pid, None)
        self._photos.pop(pid, None)
        self._lexicon.remove(pid)
        self._changed()

    def pin(self, pid: PostId, *, is_pinned: bool) -> None:
        entry = self._entries.get(pid)
        if entry is not None:
            self._entries[pid] = msgspec.structs.replace(entry, is_pinned=is_pinned)

    def like(self, pid: PostId, counts: Counts) -> None:
        """What a network counts of a post has changed: no change of the post."""
        entry = self._entries.get(pid)
        if entry is not None and entry.liked != (liked := _liked(counts)):
            self._entries[pid] = msgspec.structs.replace(entry, liked=liked)

    def facts(self, now_ms: int) -> dict[str, Any]:
        """{numbers: {posts, people, networks, photos, hour}, networks: [[name, n]…], words: [[text, n]…]}."""
        self._fresh = {pid: at_ms for pid, at_ms in self._fresh.items() if at_ms > now_ms - HOUR_MS}
        return {
            "numbers": {
                "posts": len(self._entries),
                "people": len(self._authors),
                "networks": len(self._networks),
                "photos": len(self._photos),
                "hour": len(self._fresh),
            },
            "networks": sorted(self._networks.items(), key=lambda one: (-one[1], one[0]))[:NETWORKS_MAX],
            "words": self._lexicon.moment(WORDS_MAX),
        }

    def photos(self) -> tuple[Photo, ...]:
        """The newest, at most 2,000, newest first."""
        if self._newest is None:
            self._newest = tuple(heapq.nlargest(PHOTOS_MAX, self._photos.values(), key=lambda one: one.seq))
        return self._newest

    def best(self, limit: int) -> list[PostId]:
        """For quiet hours: what is pinned, then what was liked and shared most, then what has a picture; newest first."""

        def merit(one: tuple[PostId, Entry]) -> tuple[bool, int, bool, int]:
            entry = one[1]
            return (entry.is_pinned, entry.liked, entry.photo is not None, entry.seq)

        return [pid for pid, _ in heapq.nlargest(limit, self._entries.items(), key=merit)]

    def _changed(self) -> None:
        self.version += 1
        self._newest = None


def _liked(counts: Counts) -> int:
    """Sharing is worth two likes: it costs a name. None is not known, and weighs nothing."""
    return max(0, counts.likes or 0) + 2 * max(0, counts.shares or 0)


def _take(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]
