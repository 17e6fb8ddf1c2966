"""Judging each screen: does it still move, does it still speak, is it what we serve, is its clock right.

A page sees its own troubles last. So the process that holds its socket looks once a second, with its own monotonic
clock, and tells the others what is wrong; each of them tells its desks. Nothing here changes what a screen shows.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from display.protocol import LET_GO, Beat
from display.roster import ScreenState
from wall.model import utc_now

SILENT_S = 8.0  # a beat comes every five seconds; with the looks in between every desk knows within ten
FROZEN_S = 8.0
LATE_S = 10.0
OLD_S = 300.0  # screens change to a new build one after the other
CLOCK_MS = 60_000
ERRORS_S = 60.0
ERRORS_MANY = 5
RETURN_S = 20.0  # how long a screen that was here before this process may take to come back
GONE_KEPT = 200
CLEAN_CODES = (1000, 1001)  # the browser itself said goodbye: somebody closed the page, or it loads again


class Trouble(StrEnum):
    SILENT = "silent"
    FROZEN = "frozen"
    CLOCK = "clock"
    ERRORS = "errors"
    OLD = "old"


class Alert(msgspec.Struct, frozen=True):
    """What is wrong with a screen; `since` is when it was last right."""

    screen: str
    kind: Trouble
    since: datetime


class _Seen:
    """What is remembered of one connection. Times are this process's monotonic seconds."""

    __slots__ = ("beat_at", "errors", "frames", "frames_at", "gone_at", "joined_at", "late_s", "state")

    def __init__(self, state: ScreenState, now: float) -> None:
        self.state = state
        self.joined_at = self.beat_at = self.frames_at = now
        self.frames = -1
        self.late_s = 0.0
        self.errors: deque[tuple[float, int]] = deque(maxlen=20)
        self.gone_at: float | None = None


class Judge:
    """The screens of one process. `build` is what this server serves."""

    def __init__(self, *, build: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._build = build
        self._clock = clock
        self._seen: dict[str, _Seen] = {}  # by link
        self._gone: dict[str, _Seen] = {}  # by name
        self._since: dict[tuple[str, Trouble], datetime] = {}

    def joined(self, state: ScreenState) -> None:
        self._gone.pop(state.id, None)
        self._seen[state.link] = _Seen(state, self._clock())

    def beat(self, state: ScreenState, beat: Beat) -> None:
        seen = self._seen.get(state.link)
        if seen is None:
            return
        now = self._clock()
        seen.beat_at = now
        seen.late_s = beat.late_s
        if beat.frames != seen.frames:
            seen.frames = beat.frames
            seen.frames_at = max(seen.frames_at, now - beat.still_s)
        seen.errors.append((now, beat.errors + beat.decode_errors))

    def left(self, state: ScreenState, *, code: int) -> bool:
        """Its socket is closed. True when it is missed: a page that somebody closed is only away.

        A paired screen is missed whatever it said.
        """
        seen = self._seen.pop(state.link, None)
        is_missed = code != LET_GO and (code not in CLEAN_CODES or state.is_paired)
        if seen is None or not is_missed or any(other.state.id == state.id for other in self._seen.values()):
            return False
        now = self._clock()
        self._miss(seen, seen.beat_at if now - seen.beat_at > SILENT_S else now)
        return True

    def is_gone(self, screen_id: str) -> bool:
        """Whether it is missed rather than connected here."""
        return screen_id in self._gone

    def expect(self, state: ScreenState) -> None:
        """It was here before this process was."""
        seen = _Seen(state, self._clock())
        self._miss(seen, self._clock() + RETURN_S - SILENT_S)

    def forget(self, screen_id: str) -> None:
        self._gone.pop(screen_id, None)

    def _miss(self, seen: _Seen, at: float) -> None:
        seen.gone_at = at
        self._gone[seen.state.id] = seen
        while len(self._gone) > GONE_KEPT:
            self._gone.pop(next(iter(self._gone)))

    def ages_s(self) -> dict[str, float]:
        """How long ago each connected screen was heard."""
        now = self._clock()
        return {seen.state.id: now - seen.beat_at for seen in self._seen.values()}

    def alerts(self) -> list[Alert]:
        """What is wrong now, by screen; one of a kind for each."""
        now = self._clock()
        found: dict[tuple[str, Trouble], float] = {}
        for seen in (*self._seen.values(), *self._gone.values()):
            for kind, age_s in self._troubles(seen, now):
                key = (seen.state.id, kind)
                found[key] = max(age_s, found.get(key, 0.0))
        wall = utc_now()
        self._since = {
            key: self._since.get(key) or (wall - timedelta(seconds=age_s)).replace(microsecond=0)
            for key, age_s in found.items()
        }
        return [Alert(screen, kind, at) for (screen, kind), at in sorted(self._since.items())]

    def _troubles(self, seen: _Seen, now: float) -> Iterable[tuple[Trouble, float]]:
        if seen.gone_at is not None:
            if now - seen.gone_at > SILENT_S:
                yield Trouble.SILENT, now - seen.gone_at
            return
        if now - seen.beat_at > SILENT_S:
            yield Trouble.SILENT, now - seen.beat_at
            return  # of the rest nothing is known
        if now - seen.frames_at > FROZEN_S:
            yield Trouble.FROZEN, now - seen.frames_at
        elif seen.late_s > LATE_S:
            yield Trouble.FROZEN, seen.late_s
        health = seen.state.health
        if health is not None and abs(health.offset_ms) > CLOCK_MS:
            yield Trouble.CLOCK, now - seen.joined_at
        if seen.state.build not in ("", self._build) and now - seen.joined_at > OLD_S:
            yield Trouble.OLD, now - seen.joined_at
        recent = [(at, count) for at, count in seen.errors if now - at <= ERRORS_S]
        if recent and recent[-1][1] - recent[0][1] >= ERRORS_MANY:
            yield Trouble.ERRORS, now - recent[0][0]
