"""Whether every post can have its seconds in time, and in which words to say that it cannot. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from display.glass import SILENT, Glass

HOUR_S = 3600.0
RATE_S = 600.0
LEAST_SPAN_S = 60.0
RUSH = 10  # posts in that time: fewer are chance


class Report(msgspec.Struct, frozen=True):
    """How it stands, as the desk and `GET /api/v1/fairness` say it.

    `owed` wait for their seconds, `late` are past their time and still without them; `kept` and `missed_last_hour` are
    of the last hour. `why` is "" while it can be done, else "screens" (none is connected), "cards" (none shows posts
    now), "rate" (more comes than `cards` can show; `short_per_hour`), "short" (`short` of those that wait come too late)
    or "missed" (it was thought possible and was not). `cards` is how many posts stand on all screens at a time.
    """

    on: bool = True
    seconds: int = 0
    within_min: int = 0
    owed: int = 0
    late: int = 0
    kept: int = 0
    missed_last_hour: int = 0
    can: bool = True
    why: str = ""
    screens: int = 0
    cards: float = 0.0
    per_hour: int = 0
    short: int = 0
    short_per_hour: int = 0


class Sums:
    """What is counted while every post is looked at."""

    def __init__(self) -> None:
        self.owed = self.late = self.vain = self.kept = 0
        self.missed_hour = self.missed_lately = 0
        self.fresh = 0
        self.oldest_s = 0.0

    def arrived(self, age_s: float) -> None:
        self.fresh += age_s <= RATE_S
        self.oldest_s = max(self.oldest_s, age_s)

    def missed(self, since_s: float, *, within_s: float) -> None:
        self.missed_hour += 1
        self.missed_lately += since_s <= max(within_s, RATE_S)


def reckon(
    sums: Sums,
    needs: Iterable[tuple[float, float]],
    glass: Glass,
    *,
    now: float,
    seconds: int,
    within_min: int,
) -> Report:
    """`needs` is (seconds that it lacks, seconds that are left) of those that wait, the most urgent first."""
    cards = glass.cards
    span_s = min(RATE_S, max(sums.oldest_s, LEAST_SPAN_S))
    per_hour = sums.fresh * HOUR_S / span_s
    is_settled = glass.is_settled(now)
    short = _short(needs, cards) if is_settled else 0
    short_per_hour = max(0.0, per_hour - cards * HOUR_S / seconds)
    is_waiting = sums.owed + sums.late > 0
    why = ""
    if is_waiting and not glass.count:
        why = "screens"
    elif is_waiting and is_settled and cards < SILENT:
        why = "cards"
    elif is_settled and sums.fresh >= RUSH and short_per_hour >= 1 and (short or span_s >= RATE_S / 2):
        why = "rate"
    elif short:
        why = "short"
    elif sums.missed_lately or sums.vain:
        why = "missed"
    return Report(
        seconds=seconds,
        within_min=within_min,
        owed=sums.owed,
        late=sums.late,
        kept=sums.kept,
        missed_last_hour=sums.missed_hour,
        can=not why,
        why=why,
        screens=glass.count,
        cards=round(cards, 1),
        per_hour=round(per_hour),
        short=short,
        short_per_hour=round(short_per_hour),
    )


def _short(needs: Iterable[tuple[float, float]], cards: float) -> int:
    """How many come too late for want of cards, if every card is theirs."""
    taken_s, short = 0.0, 0
    for lacks_s, left_s in needs:
        if taken_s + lacks_s > cards * left_s:
            short += 1
        else:
            taken_s += lacks_s
    return short
