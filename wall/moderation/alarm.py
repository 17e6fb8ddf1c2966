"""The hijack alarm: when the wall is flooded it becomes stricter by itself, says why, and returns when calm.

All of it is pure: the worker counts (`pulse.py`), asks `assess` every few seconds and stores what it answers.
What counts is the last minute, the present step included; what is usual is the median of the minutes before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from statistics import median
from typing import Final, Literal

import msgspec

from wall.moderation.pulse import HOUR, MINUTE, STEP_S, Pulse
from wall.moderation.rule import Mode
from wall.settings_moderation import AlarmSettings

FEWEST_MINUTES: Final = 10  # fewer minutes do not tell what is usual
BURST_TIMES, STRANGERS_TIMES = 5, 3
STRANGERS_SHARE: Final = 0.6
UNKNOWN_TIMES: Final = 2
EASE: Final = 0.5  # an alarm lasts while the minute is above half of what raised it
PAUSE_MAX_S: Final = (
    30  # only time that was watched is quiet: neither a stopped worker nor a clock set forward
)
WORSE_TIMES: Final = 2

Kind = Literal["burst", "twins", "strangers", "hand"]
_STRICTNESS = (Mode.POST, Mode.TRUSTED, Mode.PRE)


class Cause(msgspec.Struct, frozen=True):
    """`n` is the most seen in a minute; `text` what is usual in one, "" when that is not known."""

    kind: Kind
    n: int = 0
    text: str = ""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """Stored as JSON. People see `since`, `mode`, `why` and `by`; the rest is for `assess`.

    `by` raised it by hand, or muted it. A muted alarm is none: it only remembers what people know about already.
    `quiet_s` has been quiet up to step `seen`.
    """

    since: datetime
    mode: Mode
    why: tuple[Cause, ...]
    by: str = ""
    is_muted: bool = False
    quiet_s: int = 0
    seen: int = 0

    @property
    def is_by_hand(self) -> bool:
        return any(cause.kind == "hand" for cause in self.why)


def stricter(mode: Mode, alarm: Alarm | None) -> Mode:
    """The mode of a source while this alarm lasts."""
    return mode if alarm is None or alarm.is_muted else _stricter(mode, alarm.mode)


def assess(
    pulses: Mapping[int, Pulse], now: int, settings: AlarmSettings, current: Alarm | None
) -> Alarm | None:
    """The alarm as it is from now on. `now` is the present step.

    Asking twice in a step changes nothing, so several workers may ask.
    """
    if not settings.on:
        return current if current is not None and current.is_by_hand else None
    found = _causes(pulses, now, settings, ease=1)
    if current is None:
        return _raised(found, now, settings) if found else None
    is_loud = bool(_causes(pulses, now, settings, ease=EASE))
    passed_s = min(max(0, now - current.seen) * STEP_S, PAUSE_MAX_S)
    quiet_s = 0 if is_loud else current.quiet_s + passed_s
    is_over = quiet_s >= settings.calm_s and not current.is_by_hand
    if is_over:
        return None
    if current.is_muted:
        if _is_worse(current.why, found):
            return _raised(found, now, settings)
        return msgspec.structs.replace(current, quiet_s=quiet_s, seen=now)
    return msgspec.structs.replace(
        current,
        mode=_stricter(current.mode, _mode_for(found, settings)),
        why=_merged(current.why, found),
        quiet_s=quiet_s,
        seen=now,
    )


def raised_by_hand(current: Alarm | None, *, by: str, at: datetime, settings: AlarmSettings) -> Alarm:
    """ "Strict now": lasts until somebody ends it."""
    hand, mode = (Cause("hand"),), Mode(settings.mode)
    if current is None or current.is_muted:
        return Alarm(since=at, mode=mode, why=hand, by=by, seen=int(at.timestamp()) // STEP_S)
    return msgspec.structs.replace(
        current, mode=_stricter(current.mode, mode), why=_merged(hand, current.why), by=by
    )


def calmed_by_hand(current: Alarm | None, *, by: str) -> Alarm | None:
    """ "Calm now": what rang is muted until it has been quiet, has doubled, or something else rings."""
    if current is None or current.is_muted:
        return current
    known = tuple(cause for cause in current.why if cause.kind != "hand")
    if not known:
        return None
    return msgspec.structs.replace(current, why=known, by=by, is_muted=True, quiet_s=0)


# -- what rings ------------------------------------------------------------------------------------------------


def _causes(
    pulses: Mapping[int, Pulse], now: int, settings: AlarmSettings, *, ease: float
) -> tuple[Cause, ...]:
    minute = [pulses[step] for step in range(now - MINUTE + 1, now + 1) if step in pulses]
    arrivals = sum(pulse.arrivals for pulse in minute)
    strangers = sum(pulse.strangers for pulse in minute)
    clusters = Counter(cluster for cluster, _ in {pair for pulse in minute for pair in pulse.twins})
    twins = max(clusters.values(), default=0)
    earlier = _earlier_minutes(pulses, now)
    usual = _usual([sum(pulse.arrivals for pulse in one) for one in earlier])
    usual_strangers = _usual([sum(pulse.strangers for pulse in one) for one in earlier])
    found = []
    if arrivals >= ease * _limit(settings.burst, BURST_TIMES, usual):
        found.append(Cause("burst", arrivals, _shown(usual)))
    if twins >= ease * settings.twins:
        found.append(Cause("twins", twins))
    is_flood = strangers >= ease * _limit(settings.strangers, STRANGERS_TIMES, usual_strangers)
    if is_flood and strangers >= ease * STRANGERS_SHARE * arrivals:
        found.append(Cause("strangers", strangers, _shown(usual_strangers)))
    return tuple(found)


def _limit(least: int, times: int, usual: float | None) -> float:
    """Where nothing is known of what is usual, an opening hall must not ring."""
    return least * UNKNOWN_TIMES if usual is None else max(least, times * usual)


def _usual(counts: list[int]) -> float | None:
    return median(counts) if len(counts) >= FEWEST_MINUTES else None


def _earlier_minutes(pulses: Mapping[int, Pulse], now: int) -> list[list[Pulse]]:
    """Those of the hour before the last minute, silent ones too, since the first arrival; none under an alarm."""
    first = min(pulses, default=now)
    ends = range(now - MINUTE, now - MINUTE - HOUR, -MINUTE)
    minutes = [
        [pulses[step] for step in range(end - MINUTE + 1, end + 1) if step in pulses]
        for end in ends
        if end - MINUTE + 1 >= first
    ]
    return [minute for minute in minutes if not any(pulse.alarmed for pulse in minute)]


def _shown(usual: float | None) -> str:
    return "" if usual is None else str(round(usual))


# -- what follows ----------------------------------------------------------------------------------------------


def _raised(found: tuple[Cause, ...], now: int, settings: AlarmSettings) -> Alarm:
    since = datetime.fromtimestamp(now * STEP_S, UTC)
    return Alarm(since=since, mode=_mode_for(found, settings), why=found, seen=now)


def _mode_for(found: tuple[Cause, ...], settings: AlarmSettings) -> Mode:
    """Many different posts by many people may be the best moment of the evening: who is known here may go on."""
    is_only_rush = all(cause.kind == "burst" for cause in found)
    return Mode.TRUSTED if is_only_rush else Mode(settings.mode)


def _merged(old: tuple[Cause, ...], new: tuple[Cause, ...]) -> tuple[Cause, ...]:
    """Each kind once, with the most that was seen of it and what was usual when it began."""
    most = {cause.kind: cause for cause in old}
    for cause in new:
        known = most.setdefault(cause.kind, cause)
        most[cause.kind] = msgspec.structs.replace(known, n=max(known.n, cause.n))
    return tuple(most.values())


def _is_worse(known: tuple[Cause, ...], found: tuple[Cause, ...]) -> bool:
    most = {cause.kind: cause.n for cause in known}
    return any(cause.n >= WORSE_TIMES * most.get(cause.kind, 0) for cause in found)


def _stricter(one: Mode, other: Mode) -> Mode:
    return max(one, other, key=_STRICTNESS.index)
