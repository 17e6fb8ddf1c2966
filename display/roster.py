"""Which screens there are, what each has confirmed, and so where a withdrawn post may still be seen.

Kept in memory: a screen says everything again when it connects. Web processes tell each other through a
channel of the store, ids and numbers only.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from datetime import UTC, datetime

import msgspec

from display.protocol import Health

FORGET_S = 3600.0
PEER_SILENT_S = 15.0
REMOVALS_KEPT = 50
SCREENS_KEPT = 500
MISSING_NAMED = 20


class ScreenState(msgspec.Struct):
    """One screen as `GET /api/v1/screens` shows it. `applied_seq` is the last operation it has painted.

    `link` tells two displays apart that opened the same address. `heaps` are megabytes, one a minute of the last hour.
    `seen_at` is when it last said anything, `since` when it came or went.
    """

    id: str
    link: str = ""
    connected: bool = True
    epoch: str = ""
    applied_seq: int = 0
    shown: list[str] = []
    frames: int = 0
    errors: int = 0
    size: str = ""
    build: str = ""
    seen_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    since: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    address: str = ""
    device: str = ""
    is_paired: bool = False
    health: Health | None = None
    heaps: list[float] = []


class Receipt(msgspec.Struct, frozen=True):
    """How many of the screens have painted a removal, and the names of those that have not."""

    confirmed: int
    of: int
    missing: tuple[str, ...] = ()


class PeerReport(msgspec.Struct):
    """What one web process tells the others."""

    web: str
    screens: list[ScreenState]


class Roster:
    def __init__(self, *, web: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.web = web
        self._clock = clock
        self._own: OrderedDict[tuple[str, str], tuple[ScreenState, float]] = OrderedDict()
        self._peers: dict[str, tuple[list[ScreenState], float]] = {}
        self._removals: OrderedDict[str, int] = OrderedDict()
        self.version = 0

    def touch(self, state: ScreenState) -> None:
        """A screen has said something, or has gone. One that comes back takes the place of its former self."""
        if state.connected:
            for key in [
                key for key, (old, _) in self._own.items() if key[0] == state.id and not old.connected
            ]:
                del self._own[key]
        self._own[state.id, state.link] = (state, self._clock())
        self._own.move_to_end((state.id, state.link))
        if len(self._own) > SCREENS_KEPT:
            away = next((key for key, (old, _) in self._own.items() if not old.connected), None)
            self._own.pop(away or next(iter(self._own)))
        self.version += 1

    def forget(self, screen_id: str) -> None:
        """The desk does not want to see a screen any more; one that is connected stays."""
        for key in [k for k, (old, _) in self._own.items() if k[0] == screen_id and not old.connected]:
            del self._own[key]
        for screens, _ in self._peers.values():
            screens[:] = [state for state in screens if state.id != screen_id or state.connected]
        self.version += 1

    def removed(self, pid: str, seq: int) -> None:
        self._removals[pid] = seq
        self._removals.move_to_end(pid)
        while len(self._removals) > REMOVALS_KEPT:
            self._removals.popitem(last=False)

    def shown_again(self, pid: str) -> None:
        self._removals.pop(pid, None)

    def hear(self, raw: bytes) -> None:
        """A report of another web process; nonsense is ignored."""
        try:
            report = msgspec.json.decode(raw, type=PeerReport)
        except msgspec.DecodeError:
            return
        if report.web != self.web:
            self._peers[report.web] = (report.screens, self._clock())
            self.version += 1

    def report(self) -> bytes:
        return msgspec.json.encode(
            PeerReport(web=self.web, screens=[state for state, _ in self._own.values()])
        )

    def screens(self) -> list[ScreenState]:
        """Every known screen by name; one that has been away for an hour is forgotten."""
        now = self._clock()
        for key in [
            k for k, (state, at) in self._own.items() if not state.connected and now - at >= FORGET_S
        ]:
            del self._own[key]
        self._peers = {web: row for web, row in self._peers.items() if now - row[1] < PEER_SILENT_S}
        known = [state for row in self._peers.values() for state in row[0]]
        known += [state for state, _ in self._own.values()]
        here = {state.id for state in known if state.connected}
        found = {(s.id, s.link): s for s in known if s.connected or s.id not in here}
        return [found[key] for key in sorted(found)]

    def of(self, webs: Collection[str]) -> list[ScreenState]:
        """The screens of these web processes alone, this one's among them when it is named."""
        found = [state for state, _ in self._own.values()] if self.web in webs else []
        return found + [state for web, row in self._peers.items() if web in webs for state in row[0]]

    def off(self) -> dict[str, Receipt]:
        """For each recent removal: how many screens have confirmed that it is gone."""
        screens = self.screens()
        return {
            pid: Receipt(
                confirmed=sum(screen.applied_seq >= seq for screen in screens),
                of=len(screens),
                missing=tuple(dict.fromkeys(s.id for s in screens if s.applied_seq < seq))[:MISSING_NAMED],
            )
            for pid, seq in self._removals.items()
        }
