"""The wall's pulse: what arrives, counted in steps of ten seconds. The alarm listens to it.

Counts live in one hash of the store, a field each: "178.a" arrivals in step 178, "178.s" those by strangers, "178.x"
those under an alarm, "178.t.<cluster>.<author>" an author whose post joined a cluster of nearly equal ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from wall.model import Post
from wall.moderation.facts import Facts
from wall.verdict import Reason, Ruling, Standing

STEP_S: Final = 10
MINUTE: Final = 60 // STEP_S
HOUR: Final = 60 * MINUTE

KEPT: Final = HOUR + 2 * MINUTE
KEPT_TWINS: Final = 2 * MINUTE
AHEAD_MAX: Final = MINUTE  # a count further ahead was made before the clock was set back

FEW_FOLLOWERS: Final = 2
YOUNG: Final = timedelta(days=2)
BACKLOG: Final = timedelta(minutes=10)
ID_SHOWN: Final = 10


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """One step. `twins` are pairs (cluster, author): one author who repeats himself is no campaign."""

    arrivals: int = 0
    strangers: int = 0
    alarmed: int = 0
    twins: frozenset[tuple[str, str]] = frozenset()


def step_of(at: datetime) -> int:
    return int(at.timestamp()) // STEP_S


def fields_of(
    post: Post,
    facts: Facts,
    *,
    at: datetime,
    cluster: str | None,
    is_alarm: bool,
    ruling: Ruling,
    reasons: Iterable[Reason],
) -> tuple[str, ...]:
    """The fields to add 1 to for a judged post. `cluster` None: nothing is like it. `is_alarm`: one is in force.

    What the rules stop by its author (banned, too fast) is no danger and sounds no alarm. What is older than ten
    minutes is a network's backlog, as at every start: it can be a twin, but is no arrival.
    """
    if ruling is Ruling.REJECT or any(reason.rule == "author-rate" for reason in reasons):
        return ()
    step = step_of(at)
    fields: list[str] = []
    if post.created_at is None or at - _aware(post.created_at) <= BACKLOG:
        fields.append(f"{step}.a")
        if is_stranger(post, facts, at=at):
            fields.append(f"{step}.s")
        if is_alarm:
            fields.append(f"{step}.x")
    if cluster is not None and facts.twins > 1:
        fields.append(f"{step}.t.{cluster[:ID_SHOWN]}.{post.author_key[:ID_SHOWN]}")
    return tuple(fields)


def is_stranger(post: Post, facts: Facts, *, at: datetime) -> bool:
    """Known to be a new account or to have no followers; where the network tells neither: new to this wall."""
    if facts.approved or facts.standing is Standing.TRUSTED:
        return False
    followers, created = post.author.followers, post.author.created_at
    if followers is None and created is None:
        return facts.is_new
    has_few = followers is not None and followers <= FEW_FOLLOWERS
    return has_few or (created is not None and at - _aware(created) <= YOUNG)


def read_pulses(fields: Mapping[bytes, bytes]) -> dict[int, Pulse]:
    """By step; a field that cannot be read counts nothing."""
    counts: dict[int, dict[str, int]] = {}
    twins: dict[int, set[tuple[str, str]]] = {}
    for field, count in fields.items():
        step, kind, rest = _parts(field)
        if kind == "t":
            cluster, _, author = rest.partition(".")
            twins.setdefault(step, set()).add((cluster, author))
        elif kind in ("a", "s", "x") and count.isdigit():
            counts.setdefault(step, {})[kind] = int(count)
    return {
        step: Pulse(
            arrivals=found.get("a", 0),
            strangers=found.get("s", 0),
            alarmed=found.get("x", 0),
            twins=frozenset(twins.get(step, ())),
        )
        for step in counts.keys() | twins.keys()
        for found in (counts.get(step, {}),)
    }


def stale_fields(fields: Iterable[bytes], now: int) -> list[bytes]:
    """What is to be deleted: older than an hour (twins: two minutes), ahead of the clock, or not to be read."""
    stale = []
    for field in fields:
        step, kind, _ = _parts(field)
        kept = KEPT_TWINS if kind == "t" else KEPT
        if kind not in ("a", "s", "x", "t") or not now - kept <= step <= now + AHEAD_MAX:
            stale.append(field)
    return stale


def _parts(field: bytes) -> tuple[int, str, str]:
    step, _, more = field.decode("ascii", "replace").partition(".")
    kind, _, rest = more.partition(".")
    return (int(step), kind, rest) if step.isascii() and step.isdigit() else (0, "", "")


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)
