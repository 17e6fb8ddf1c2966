"""What a source on Bluesky keeps in mind from one connection to the next. All of it is bounded."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import Final

from ingest.atproto.appview import Profiles
from ingest.atproto.record import parts_of

KNOWN_MAX: Final = 20_000
STORED_MAX: Final = 20_000


class Known:
    """The at:// addresses of posts that bore a tag, the last first to stay; only for these are removals sent on."""

    def __init__(self, most: int = KNOWN_MAX) -> None:
        self._most = most
        self._uris: OrderedDict[str, str] = OrderedDict()
        self._dids: Counter[str] = Counter()

    def add(self, uri: str) -> None:
        if uri in self._uris:
            self._uris.move_to_end(uri)
            return
        parts = parts_of(uri)
        if parts is None:
            return
        self._uris[uri] = parts[0]
        self._dids[parts[0]] += 1
        if len(self._uris) > self._most:
            self.discard(next(iter(self._uris)))

    def update(self, uris: Iterable[str]) -> None:
        for uri in uris:
            self.add(uri)

    def discard(self, uri: str) -> None:
        did = self._uris.pop(uri, None)
        if did is not None:
            self._dids[did] -= 1
            if self._dids[did] <= 0:
                del self._dids[did]

    def wrote(self, did: str) -> bool:
        return did in self._dids

    def __contains__(self, uri: str) -> bool:
        return uri in self._uris


class Recent:
    """The last things that were added."""

    def __init__(self, most: int = STORED_MAX) -> None:
        self._most = most
        self._things: OrderedDict[tuple[str, str], None] = OrderedDict()

    def add(self, thing: tuple[str, str]) -> None:
        self._things[thing] = None
        self._things.move_to_end(thing)
        if len(self._things) > self._most:
            self._things.popitem(last=False)

    def __contains__(self, thing: tuple[str, str]) -> bool:
        return thing in self._things


class Memory:
    """`stored` holds (address, content id) of what was handed over and taken; a replay brings it again."""

    def __init__(self) -> None:
        self.known = Known()
        self.stored = Recent()
        self.profiles = Profiles()
