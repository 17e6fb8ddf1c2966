"""How many posts the connected screens show at a time, from their beats. Pure: time is passed in."""

from __future__ import annotations

from collections.abc import Mapping

Link = tuple[str, str]  # a screen's id, and which of the displays that are called so

SMOOTH_S = 60.0  # scenes with posts and scenes without take turns
SETTLE_S = 15.0  # a screen that has just come has not painted yet: nothing follows from its showing nothing
SILENT = 0.5  # fewer cards than this at a time: a screen that shows no posts now


class _Pane:
    """One screen: its mean number of posts, over how long, and since when it is here."""

    __slots__ = ("came", "mean", "over_s")

    def __init__(self, count: int, now: float) -> None:
        self.mean = float(count)
        self.over_s = 0.0
        self.came = now

    def add(self, count: int, passed_s: float) -> None:
        self.over_s = min(SMOOTH_S, self.over_s + passed_s)
        if self.over_s:
            self.mean += (count - self.mean) * passed_s / self.over_s


class Glass:
    def __init__(self) -> None:
        self._panes: dict[Link, _Pane] = {}

    def see(self, counts: Mapping[Link, int], *, passed_s: float, now: float, is_idle: bool) -> None:
        """`is_idle`: nobody waits to be shown, so a screen that shows nothing says nothing about what it can."""
        panes: dict[Link, _Pane] = {}
        for link, count in counts.items():
            pane = panes[link] = self._panes.get(link) or _Pane(count, now)
            if is_idle and not count:
                pane.over_s = 0.0
            else:
                pane.add(count, passed_s)
        self._panes = panes

    @property
    def count(self) -> int:
        return len(self._panes)

    @property
    def cards(self) -> float:
        return sum(pane.mean for pane in self._panes.values())

    def is_settled(self, now: float) -> bool:
        return any(now - pane.came >= SETTLE_S for pane in self._panes.values())

    def able(self) -> list[Link]:
        """The screens that show posts; all of them where none does."""
        every = sorted(self._panes)
        return [link for link in every if self._panes[link].mean >= SILENT] or every
