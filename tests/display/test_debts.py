"""Fairness, an evening played with time passed in: what is owed to whom, and when it is said that it cannot be done."""

from __future__ import annotations

import random

import pytest

from display.debts import OWED_MOST, PROOF_S, Debts
from display.glass import Link
from display.reckoning import Report
from wall.model import PostId
from wall.plays import Shown

EPOCH_MS = 1_795_500_000_000
STEP_S = 2.0
DWELL_S = 10.0


class Evening:
    """A hall with screens of so many cards, each card a post for `DWELL_S`; what is owed is preferred, else chance."""

    def __init__(self, *, screens: int, cards: int, is_deaf: bool = False) -> None:
        self.debts = Debts(seconds=10, within_min=15)
        self.is_deaf = is_deaf
        self.now = 1000.0
        self.links = [(f"hall-{n}", "0") for n in range(screens)]
        self.glass: dict[tuple[str, str], dict[PostId, float]] = {link: {} for link in self.links}
        self.cards = cards
        self.hung: list[PostId] = []
        self.plays: dict[PostId, list[Shown]] = {}
        self.on_the_way: list[tuple[float, PostId]] = []
        self.reports: list[Report] = []
        self.chance = random.Random(7)

    def ms(self, at: float) -> int:
        return EPOCH_MS + int(1000 * at)

    def hang(self) -> None:
        pid = PostId(f"post-{len(self.hung)}")
        self.hung.append(pid)
        self.debts.learn(pid, hung_ms=self.ms(self.now), now=self.now, now_ms=self.ms(self.now))

    def step(self) -> None:
        self.now += STEP_S
        wanted = self.debts.wanted(self.links, self.now)
        for link in self.links:
            self._turn(link, [] if self.is_deaf else wanted[link])
        for told_at, pid in [one for one in self.on_the_way if one[0] <= self.now]:
            self.on_the_way.remove((told_at, pid))
            self.debts.prove(pid, self.plays[pid])
        self.debts.see({link: list(self.glass[link]) for link in self.links}, self.now)
        self.reports.append(self.debts.judge(self.now))

    def _turn(self, link: tuple[str, str], owed: list[PostId]) -> None:
        glass = self.glass[link]
        for pid, since in list(glass.items()):
            if self.now - since >= DWELL_S and pid not in owed:
                del glass[pid]
                self.plays.setdefault(pid, []).append(
                    Shown(link[0], self.ms(since), int(1000 * (self.now - since)))
                )
                self.on_the_way.append((self.now + self.chance.uniform(0, 10), pid))
        free = [pid for pid in owed if pid not in glass]
        free += self.chance.sample(self.hung, k=min(len(self.hung), self.cards))
        for pid in free:
            if len(glass) < self.cards:
                glass.setdefault(pid, self.now)

    def play(self, *, minutes: float, per_minute: float) -> Report:
        due = 0.0
        for _ in range(int(minutes * 60 / STEP_S)):
            due += per_minute * STEP_S / 60
            while due >= 1:
                due -= 1
                self.hang()
            self.step()
        return self.reports[-1]

    def shown_for(self, pid: PostId) -> float:
        return sum(one.ms for one in self.plays.get(pid, ())) / 1000


def test_what_can_be_done_is_done_and_nobody_is_forgotten() -> None:
    evening = Evening(screens=2, cards=3)
    report = evening.play(minutes=60, per_minute=20)  # 36 a minute are possible
    assert all(one.can for one in evening.reports)
    assert (report.missed_last_hour, report.late) == (0, 0)
    old = evening.hung[:-300]  # approved more than fifteen minutes ago
    assert min(evening.shown_for(pid) for pid in old) >= 10
    assert report.kept >= len(old)


def test_what_nobody_prefers_is_missed_which_shows_that_the_list_matters() -> None:
    evening = Evening(screens=2, cards=3, is_deaf=True)
    report = evening.play(minutes=60, per_minute=20)
    assert report.missed_last_hour > 50
    assert (report.can, report.why) == (False, "missed")


def test_what_cannot_be_done_is_said_before_the_first_misses_it() -> None:
    evening = Evening(screens=2, cards=1)  # twelve a minute are possible
    report = evening.play(minutes=50, per_minute=20)
    first_no = next(at for at, one in enumerate(evening.reports) if not one.can)
    first_miss = next(at for at, one in enumerate(evening.reports) if one.missed_last_hour)
    assert first_no < first_miss - 120  # minutes before
    assert (report.why, report.screens) == ("rate", 2)
    assert report.short_per_hour == pytest.approx(8 * 60, rel=0.15)
    assert report.kept > 0.8 * 12 * 50  # nobody works for the late


def test_a_rush_that_ends_is_worked_off() -> None:
    evening = Evening(screens=2, cards=3)
    evening.play(minutes=4, per_minute=60)
    report = evening.play(minutes=15, per_minute=0)
    assert (report.owed, report.late, report.missed_last_hour, report.can) == (0, 0, 0, True)
    assert report.kept == 240


def test_without_screens_it_says_so_at_once() -> None:
    evening = Evening(screens=0, cards=0)
    evening.hang()
    evening.step()
    assert (evening.reports[-1].can, evening.reports[-1].why) == (False, "screens")


def test_screens_without_posts_cannot_do_it() -> None:
    evening = Evening(screens=2, cards=0)
    evening.hang()
    evening.step()
    assert evening.reports[-1].can  # it has just come, and nothing is painted yet
    report = evening.play(minutes=1, per_minute=0)
    assert (report.can, report.why, report.owed) == (False, "cards", 1)


def debts(*pids: str, now: float = 0.0) -> Debts:
    found = Debts(seconds=10, within_min=15)
    for pid in pids:
        found.learn(PostId(pid), hung_ms=EPOCH_MS, now=now, now_ms=EPOCH_MS)
    return found


HALL, FOYER = ("hall", "0"), ("foyer", "0")


def wanted(found: Debts, links: list[Link], now: float) -> dict[Link, list[PostId]]:
    found.judge(now)
    return found.wanted(links, now)


def test_posts_are_spread_over_the_screens_and_asked_everywhere_when_time_runs_out() -> None:
    found = debts(*(f"p{n}" for n in range(10)))
    found.see({HALL: ["x"], FOYER: ["x"]}, 1)
    lists = wanted(found, [HALL, FOYER], 1)
    assert sorted(lists[HALL] + lists[FOYER]) == sorted(f"p{n}" for n in range(10))
    assert 2 <= len(lists[HALL]) <= 8
    late = wanted(found, [HALL, FOYER], 8 * 60)
    assert len(late[HALL]) == len(late[FOYER]) == 10
    assert wanted(found, [HALL], 1)[HALL] == lists[HALL]  # another process comes to the same


def test_a_screen_without_posts_is_not_asked_while_others_have_some() -> None:
    found = debts("p0", "p1", "p2", "p3")
    found.see({HALL: ["x"], FOYER: []}, 1)
    assert wanted(found, [HALL, FOYER], 1)[FOYER] == []


def test_what_stands_there_stays_until_it_has_enough_and_the_list_is_short() -> None:
    found = debts(*(f"p{n:02}" for n in range(40)))
    found.see({HALL: ["p39"]}, 1)
    found.see({HALL: ["p39"]}, 5)
    lists = wanted(found, [HALL], 5)[HALL]
    assert lists[0] == "p39"
    assert len(lists) == OWED_MOST
    found.see({HALL: ["p39"]}, 12)
    assert "p39" not in wanted(found, [HALL], 12)[HALL]


def test_what_beats_say_is_believed_for_a_while_and_then_wants_its_proof() -> None:
    found = debts("p")
    for at in range(0, 14, 2):
        found.see({HALL: ["p"]}, at)
    assert wanted(found, [HALL], 14)[HALL] == []
    found.see({HALL: []}, 20)
    assert wanted(found, [HALL], 20)[HALL] == []
    found.see({HALL: []}, 60)
    assert wanted(found, [HALL], 60)[HALL] == ["p"]
    found.prove(PostId("p"), [Shown("hall", EPOCH_MS, 12_000)])
    assert wanted(found, [HALL], 60)[HALL] == []
    assert found.judge(60).kept == 1


@pytest.mark.parametrize(
    ("shown", "is_kept"),
    [
        ([Shown("hall", EPOCH_MS + 5000, 10_000)], True),
        ([Shown("hall", EPOCH_MS + 5000, 6000), Shown("hall", EPOCH_MS + 60_000, 4000)], True),
        ([Shown("hall", EPOCH_MS + 5000, 6000), Shown("foyer", EPOCH_MS + 5000, 6000)], False),  # half each
        ([Shown("hall", EPOCH_MS + 14 * 60_000 + 55_000, 20_000)], False),  # most of it too late
        ([Shown("hall", EPOCH_MS - 600_000, 20_000)], False),  # when it was up before
    ],
)
def test_only_what_one_screen_showed_in_time_counts(shown: list[Shown], is_kept: bool) -> None:
    found = debts("p")
    found.see({HALL: ["x"]}, 1)
    found.prove(PostId("p"), shown)
    report = found.judge(15 * 60 + PROOF_S + 1)
    assert (report.kept, report.missed_last_hour) == ((1, 0) if is_kept else (0, 1))


def test_a_proof_that_comes_late_from_a_spool_mends_the_count() -> None:
    found = debts("p")
    assert found.judge(15 * 60 + PROOF_S + 1).missed_last_hour == 1
    found.prove(PostId("p"), [Shown("hall", EPOCH_MS + 5000, 10_000)])
    assert (found.judge(2000).missed_last_hour, found.judge(2000).kept) == (0, 1)


def test_time_stands_still_during_a_panic() -> None:
    found = debts("p")
    found.pause(600)
    assert found.judge(15 * 60 + PROOF_S + 1).missed_last_hour == 0


def test_who_left_the_wall_is_owed_nothing() -> None:
    found = debts("p", "q")
    found.see({HALL: ["x"]}, 1)
    found.forget(PostId("p"))
    assert wanted(found, [HALL], 1)[HALL] == ["q"]
