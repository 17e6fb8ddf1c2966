"""What is owed to whom: each approved post its seconds on some screen, in time. Pure: time is passed in.

What the screens prove (`wall.plays`) is what counts. What their beats say stands there now is believed for a while, so
that nobody is asked twice: the proof of it comes when the post has left the glass, or after a minute.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from itertools import islice

import msgspec

from display.glass import Glass, Link
from display.reckoning import Report, Sums, reckon
from wall.model import PostId
from wall.plays import Shown

HOUR_S = 3600.0
PROOF_S = 90.0  # a piece of a minute, the pause between two tellings, a slow line
PROOF_MS = 90_000
BELIEVED_S = 30.0  # what beats said of a post that has left the glass, until its proof must be there
SECOND_CHANCE, EVERY_CHANCE = 0.5, 0.75  # of the time that has passed: asked of two screens, of all
ELSEWHERE = 0.25  # of the whole time: so much more urgent must be what is another screen's first
MARGIN_S = 5.0  # until a screen has heard of it and has painted
OWED_MOST = 12


class Debt(msgspec.Struct):
    """One post. `due` is on the monotonic clock; `from_ms` and `due_ms` bound the plays that count, since 1970.

    `has_s` is what it had on one screen: proven, or said by beats a moment ago.
    """

    pid: PostId
    hung: float
    due: float
    from_ms: int
    due_ms: int
    proven_s: float = 0.0
    has_s: float = 0.0
    is_kept: bool = False
    is_missed: bool = False
    seen_s: dict[Link, float] = {}
    seen_at: dict[Link, float] = {}

    def weigh(self) -> None:
        self.has_s = max(self.proven_s, *self.seen_s.values()) if self.seen_s else self.proven_s


class Debts:
    def __init__(self, *, seconds: int, within_min: int) -> None:
        self.seconds = seconds
        self.within_min = within_min
        self._within_s = within_min * 60.0
        self._debts: dict[PostId, Debt] = {}
        self._waiting: list[
            Debt
        ] = []  # since the last judgement: the most urgent first, those in vain at the end
        self._believed: set[PostId] = set()
        self._glass = Glass()
        self._seen_at: float | None = None

    @property
    def keeps_s(self) -> float:
        """For how long after its approval a post is of interest."""
        return self._within_s + HOUR_S

    def learn(self, pid: PostId, *, hung_ms: int, now: float, now_ms: int) -> None:
        """A post went up then. One that went up again begins anew."""
        known = self._debts.get(pid)
        if known is not None and abs(known.from_ms - hung_ms) < PROOF_MS:
            return
        hung = now - max(0.0, (now_ms - hung_ms) / 1000)
        due_ms = hung_ms + int(1000 * self._within_s)
        self._debts[pid] = Debt(pid, hung=hung, due=hung + self._within_s, from_ms=hung_ms, due_ms=due_ms)

    def forget(self, pid: PostId) -> None:
        """It has left the wall: nothing is owed to it any more."""
        self._debts.pop(pid, None)

    def only(self, pids: Set[PostId], *, before: float) -> None:
        """Of what went up before that moment, whatever is not among these has left the wall."""
        self._debts = {pid: debt for pid, debt in self._debts.items() if pid in pids or debt.hung >= before}

    def open(self) -> list[PostId]:
        """Posts whose proof is still looked for."""
        return [debt.pid for debt in self._debts.values() if not debt.is_kept]

    def prove(self, pid: PostId, shown: Sequence[Shown]) -> None:
        """The newest plays of a post: what one screen showed of it, in time and altogether."""
        debt = self._debts.get(pid)
        if debt is None or debt.is_kept:
            return
        whole: dict[str, int] = {}
        in_time: dict[str, int] = {}
        from_ms = debt.from_ms - PROOF_MS  # clocks of several machines differ a little
        for one in shown:
            since, until = max(one.at_ms, from_ms), one.at_ms + one.ms
            whole[one.screen] = whole.get(one.screen, 0) + max(0, until - since)
            in_time[one.screen] = in_time.get(one.screen, 0) + max(0, min(until, debt.due_ms) - since)
        debt.proven_s = max(whole.values(), default=0) / 1000
        debt.weigh()
        if max(in_time.values(), default=0) >= 1000 * self.seconds:
            debt.is_kept, debt.is_missed = True, False  # also when the proof comes after all, from a spool

    def see(self, screens: Mapping[Link, Iterable[str]], now: float) -> None:
        """What connected screens say stands on their glass."""
        passed_s = 0.0 if self._seen_at is None else now - self._seen_at
        counts: dict[Link, int] = {}
        for link, shown in screens.items():
            ids = set(shown)
            counts[link] = len(ids)
            for pid in ids & self._debts.keys():
                debt = self._debts[PostId(pid)]
                before = debt.seen_s.get(link, 0.0)
                stood = debt.seen_at.get(link) == self._seen_at
                debt.seen_s = {**debt.seen_s, link: before + (passed_s if stood else 0.0)}
                debt.seen_at = {**debt.seen_at, link: now}
                debt.weigh()
                self._believed.add(debt.pid)
        self._glass.see(counts, passed_s=passed_s, now=now, is_idle=not self._waiting)
        self._seen_at = now
        self._doubt(now)

    def _doubt(self, now: float) -> None:
        """What was said long ago, and not proven since, was not so."""
        for pid in list(self._believed):
            debt = self._debts.get(pid)
            if debt is not None:
                debt.seen_at = {link: at for link, at in debt.seen_at.items() if now - at <= BELIEVED_S}
                debt.seen_s = {link: s for link, s in debt.seen_s.items() if link in debt.seen_at}
                debt.weigh()
            if debt is None or not debt.seen_at:
                self._believed.discard(pid)

    def pause(self, passed_s: float) -> None:
        """Nothing may be shown (a panic): nobody's time runs."""
        for debt in self._debts.values():
            if not debt.is_kept and not debt.is_missed:
                debt.due += passed_s
                debt.due_ms += int(1000 * passed_s)

    # -- judging ------------------------------------------------------------------------------------------------

    def judge(self, now: float) -> Report:
        """Whose time is over without a proof has been missed; what is too old is forgotten. How it stands now."""
        sums = Sums()
        urgent: list[Debt] = []
        vain: list[Debt] = []
        for pid, debt in list(self._debts.items()):
            if now > debt.due + HOUR_S:
                del self._debts[pid]
                continue
            sums.arrived(now - debt.hung)
            if debt.is_kept:
                sums.kept += 1
                continue
            debt.is_missed |= now > debt.due + PROOF_S
            if debt.is_missed:
                sums.missed(now - debt.due, within_s=self._within_s)
            if debt.has_s < self.seconds:
                (vain if self._is_vain(debt, now) else urgent).append(debt)
        urgent.sort(key=_due)
        vain.sort(key=_due)
        self._waiting = urgent + vain
        needs = [(self.seconds - debt.has_s, debt.due - now) for debt in urgent]
        sums.owed = sum(not debt.is_missed for debt in self._waiting)
        sums.late = len(self._waiting) - sums.owed
        sums.vain = sum(not debt.is_missed for debt in vain)
        return reckon(sums, needs, self._glass, now=now, seconds=self.seconds, within_min=self.within_min)

    # -- whom to ask --------------------------------------------------------------------------------------------

    def wanted(self, links: Iterable[Link], now: float) -> dict[Link, list[PostId]]:
        """For each of these screens what it shall show soon, as it was judged, most urgent first.

        First what already stands there and needs a few seconds more, then by what is left of their time. Those that
        miss it anyhow come last: whoever works for the late makes others late.
        """
        able = self._glass.able()
        lists: dict[Link, list[tuple[bool, bool, float, PostId]]] = {link: [] for link in links}
        here = [debt for debt in self._waiting if debt.pid in self._debts]
        standing = [debt for debt in here if debt.seen_at]
        others = islice((debt for debt in here if not debt.seen_at), 2 * OWED_MOST * max(1, len(able)))
        for debt in (*standing, *others):
            now_on = [link for link, at in debt.seen_at.items() if at == self._seen_at]
            for place, link in enumerate(now_on or self._asked(debt, able, now)):
                if link in lists:
                    due = debt.due + ELSEWHERE * self._within_s * (0 if now_on else place)
                    lists[link].append((not now_on, self._is_vain(debt, now), due, debt.pid))
        return {link: [row[3] for row in sorted(rows)[:OWED_MOST]] for link, rows in lists.items()}

    def _is_vain(self, debt: Debt, now: float) -> bool:
        """Whether what is left of its time is too short for what it lacks."""
        margin_s = 0.0 if debt.seen_at else MARGIN_S
        return self.seconds - debt.has_s + margin_s > debt.due - now

    def _asked(self, debt: Debt, able: list[Link], now: float) -> list[Link]:
        """One screen at first, always the same; two and then all when time runs out."""
        spent = 1 - (debt.due - now) / self._within_s
        count = 1 if spent < SECOND_CHANCE else 2 if spent < EVERY_CHANCE else len(able)
        return sorted(able, key=lambda link: _rank(debt.pid, link))[:count]


def _due(debt: Debt) -> float:
    return debt.due


@lru_cache(maxsize=50_000)
def _rank(pid: PostId, link: Link) -> bytes:
    return hashlib.blake2b("\0".join((pid, *link)).encode(), digest_size=8).digest()
