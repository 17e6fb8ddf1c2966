"""How often somebody may knock: token buckets, kept in this process and bounded in number."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable


class Buckets:
    """`per_minute` tokens a key, refilled evenly. The least used keys are forgotten beyond `most`."""

    def __init__(
        self, per_minute: int, *, most: int = 20_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_minute = per_minute
        self._most = most
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one token: 0.0 when there was one, else the seconds until there will be."""
        now = self._clock()
        level, at = self._levels.pop(key, (float(self._per_minute), now))
        level = min(float(self._per_minute), level + (now - at) * self._per_minute / 60)
        wait_s = 0.0 if level >= 1 else (1 - level) * 60 / self._per_minute
        self._levels[key] = (level - 1 if wait_s == 0 else level, now)
        while len(self._levels) > self._most:
            self._levels.popitem(last=False)
        return wait_s

    def give_back(self, key: str) -> None:
        """A token that was taken for nothing."""
        if key in self._levels:
            level, at = self._levels[key]
            self._levels[key] = (min(float(self._per_minute), level + 1), at)
