"""When something was, so that a clock set back or forward changes no age.

A moment is a pair: what the wall clock said, and how long this boot of the machine had lasted. Between two moments
of one boot the second counts alone: nobody can set it, it goes on while the machine sleeps, and processes share it.
Across a boot only the wall clock is left; where that went backwards, nothing is held to have passed.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Moment(msgspec.Struct, frozen=True):
    """`wall` in seconds since 1970, `up` in seconds since the start of `boot`; `boot` "" means: `wall` alone."""

    wall: float
    up: float = 0.0
    boot: str = ""


def passed_s(since: Moment, now: Moment) -> float:
    """Seconds from one moment to a later one, never below zero."""
    same_boot = bool(now.boot) and since.boot == now.boot
    return max(0.0, now.up - since.up if same_boot else now.wall - since.wall)


class Clock:
    """Gives moments. A `wall` of one's own without an `up` makes moments of the wall clock alone."""

    def __init__(
        self, wall: Callable[[], float] = time.time, *, up: Callable[[], float] | None = None
    ) -> None:
        self.wall = wall
        self._up = up or (uptime_s if wall is time.time else None)
        self._boot = this_boot() if up is None else "given"

    def now(self) -> Moment:
        if self._up is None:
            return Moment(self.wall())
        return Moment(self.wall(), self._up(), self._boot)


def uptime_s() -> float:
    """Seconds since the machine started, sleep included where the system counts it."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@cache
def this_boot() -> str:
    """The kernel's name for this boot; elsewhere a name for this process, whose own monotonic clock it counts."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return uuid.uuid4().hex
