"""Who is at the desk, and which card each is looking at. Advice only: nothing is locked by it.

Kept in memory. Web processes tell each other through a channel of the store: names and ids, nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

LOOK_LIFE_S = 15.0
PEER_SILENT_S = 6.0


class Visitor(msgspec.Struct, frozen=True):
    """One open desk. `looking` is the card in its view, None when nothing is, or nothing was said for a while."""

    tablet: str
    name: str
    role: str
    looking: str | None = None


class PeerReport(msgspec.Struct):
    """What one web process tells the others."""

    web: str
    people: list[Visitor]


class Presence:
    def __init__(self, *, web: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.web = web
        self._clock = clock
        self._own: dict[str, tuple[Visitor, float]] = {}
        self._peers: dict[str, tuple[list[Visitor], float]] = {}

    def enter(self, visitor: Visitor) -> None:
        self._own[visitor.tablet] = (visitor, self._clock())

    def leave(self, tablet: str) -> None:
        self._own.pop(tablet, None)

    def look(self, tablet: str, pid: str | None) -> None:
        """This desk has this card in view, as of now."""
        if tablet in self._own:
            visitor, _ = self._own[tablet]
            self._own[tablet] = (msgspec.structs.replace(visitor, looking=pid), self._clock())

    def hear(self, raw: bytes) -> None:
        """A report of another web process; nonsense is ignored."""
        try:
            report = msgspec.json.decode(raw, type=PeerReport)
        except msgspec.DecodeError:
            return
        if report.web != self.web:
            self._peers[report.web] = (report.people, self._clock())

    def report(self) -> bytes:
        return msgspec.json.encode(PeerReport(web=self.web, people=self._here()))

    def people(self) -> list[Visitor]:
        """Everybody, by name."""
        now = self._clock()
        self._peers = {web: row for web, row in self._peers.items() if now - row[1] < PEER_SILENT_S}
        everybody = self._here() + [one for row in self._peers.values() for one in row[0]]
        return sorted(everybody, key=lambda one: (one.name, one.tablet))

    def _here(self) -> list[Visitor]:
        now = self._clock()
        return [
            visitor if now - at < LOOK_LIFE_S else msgspec.structs.replace(visitor, looking=None)
            for visitor, at in self._own.values()
        ]
