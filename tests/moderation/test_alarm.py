"""The hijack alarm, on evenings of all kinds."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from tests.moderation.evening import NEW, START, Evening
from wall.moderation.alarm import Alarm, Cause, assess, calmed_by_hand, raised_by_hand, stricter
from wall.moderation.pulse import step_of
from wall.moderation.rule import Mode
from wall.settings_moderation import AlarmSettings
from wall.verdict import Reason, Ruling

SETTINGS = AlarmSettings()
HOUR_S = 3600


# -- evenings without an alarm ---------------------------------------------------------------------------------


def test_a_steady_evening_is_calm() -> None:
    evening = Evening()
    evening.run(HOUR_S, (40, evening.post), (8, partial(evening.post, facts=NEW)))
    assert evening.alarms == []


def test_nothing_at_all_is_calm() -> None:
    evening = Evening()
    evening.run(300)
    assert evening.alarms == []


def test_a_hall_that_opens_is_calm() -> None:
    """Everybody is new, nobody knows yet what is usual."""
    evening = Evening()
    evening.run(600, (48, partial(evening.post, facts=NEW)))
    assert evening.alarms == []


def test_an_evening_that_grows_is_calm() -> None:
    evening = Evening()
    for a_minute in (10, 20, 35, 60, 90):
        evening.run(1200, (a_minute, evening.post))
    assert evening.alarms == []


def test_the_backlog_at_the_start_is_no_arrival() -> None:
    evening = Evening()
    evening.run(20, (1200, partial(evening.post, created_at=START - timedelta(hours=2))))
    assert evening.alarms == []


def test_a_single_bot_is_held_by_its_rate_and_rings_nothing() -> None:
    """The first ten count, and one author who repeats himself is no campaign."""
    evening = Evening()
    evening.run(900, (6, evening.post))
    one = partial(evening.post, author="bot", cluster="same", facts=NEW)
    evening.run(5, (120, one))
    evening.run(
        120, (200, partial(one, ruling=Ruling.HOLD, reasons=(Reason(rule="author-rate", text="11"),)))
    )
    assert evening.alarms == []


def test_two_authors_who_repeat_themselves_are_no_campaign_without_a_rate_either() -> None:
    evening = Evening()
    evening.run(900, (30, evening.post))
    bots = [(50.0, partial(evening.post, author=name, cluster="same")) for name in ("one", "two")]
    evening.run(120, (30, evening.post), *bots)
    assert evening.alarms == []


def test_a_wall_of_passers_by_is_calm_when_more_of_them_come() -> None:
    """All are strangers all evening: what is usual for them counts too."""
    evening = Evening()
    passer_by = partial(evening.post, facts=NEW)
    evening.run(900, (40, passer_by))
    evening.run(120, (100, passer_by))
    assert evening.alarms == []


def test_strangers_among_many_known_authors_are_calm() -> None:
    evening = Evening()
    evening.run(900, (60, evening.post))
    evening.run(120, (60, evening.post), (45, partial(evening.post, facts=NEW)))
    assert evening.alarms == []


def test_a_slow_campaign_is_for_the_rules() -> None:
    """Each of its posts is a repeat, which a moderator sees first."""
    evening = Evening()
    evening.run(HOUR_S, (20, evening.post), (4, partial(evening.post, cluster="slogan", facts=NEW)))
    assert evening.alarms == []


def test_many_small_clusters_are_no_campaign() -> None:
    evening = Evening()
    for minute in range(10):
        greetings = [(3.0, partial(evening.post, cluster=f"{n} {minute}")) for n in range(12)]
        evening.run(60, *greetings)
    assert evening.alarms == []


def test_banned_authors_ring_nothing() -> None:
    evening = Evening()
    evening.run(120, (600, partial(evening.post, ruling=Ruling.REJECT, facts=NEW, cluster="same")))
    assert evening.alarms == []


def test_it_can_be_switched_off() -> None:
    evening = Evening(on=False)
    evening.run(60, (900, partial(evening.post, facts=NEW, cluster="same")))
    assert evening.alarms == []


# -- floods ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before_s", [0, 60, 1500])
@pytest.mark.parametrize("offset_s", [0, 3, 9])
def test_a_flood_by_new_accounts_rings_within_ten_seconds(before_s: int, offset_s: int) -> None:
    evening = Evening()
    evening.run(before_s + offset_s, (12, evening.post))
    begin = evening.second
    evening.run(11, (12, evening.post), (600, partial(evening.post, facts=NEW, followers=0)))
    ((second, alarm),) = evening.alarms
    assert second - begin <= 10
    assert alarm is not None
    assert alarm.mode is Mode.PRE
    assert "strangers" in evening.kinds()


@pytest.mark.parametrize("before_s", [0, 900])
def test_a_campaign_rings_within_ten_seconds_whoever_takes_part(before_s: int) -> None:
    evening = Evening()
    evening.run(before_s, (30, evening.post))
    begin = evening.second
    evening.run(11, (30, evening.post), (120, partial(evening.post, cluster="slogan")))
    ((second, alarm),) = evening.alarms
    assert second - begin <= 10
    assert alarm is not None
    assert (alarm.mode, evening.kinds()) == (Mode.PRE, ["twins"])


def test_a_countdown_leaves_the_wall_to_those_whom_it_knows() -> None:
    """Many known authors, different texts, ten times the usual: who was approved before still goes up."""
    evening = Evening()
    evening.run(1800, (15, evening.post))
    evening.run(120, (150, evening.post))
    ((_, alarm),) = evening.alarms
    assert alarm is not None
    assert (alarm.mode, alarm.why[0].kind, alarm.why[0].text) == (Mode.TRUSTED, "burst", "15")
    assert evening.kinds() == ["burst"]


def test_a_rush_that_turns_into_a_campaign_becomes_stricter_and_keeps_its_beginning() -> None:
    evening = Evening()
    evening.run(1800, (15, evening.post))
    evening.run(60, (150, evening.post))
    since = evening.alarm and evening.alarm.since
    evening.run(30, (150, evening.post), (120, partial(evening.post, cluster="slogan")))
    assert evening.alarm is not None
    assert (evening.alarm.mode, evening.alarm.since) == (Mode.PRE, since)
    assert evening.kinds() == ["burst", "twins"]
    evening.run(60, (150, evening.post))
    assert evening.alarm.mode is Mode.PRE


@pytest.mark.parametrize(
    ("usual", "now", "rings"), [(15, 70, False), (15, 90, True), (4, 55, False), (40, 190, False)]
)
def test_a_burst_is_enough_in_number_and_far_above_the_usual(usual: int, now: int, rings: bool) -> None:
    evening = Evening()
    evening.run(1800, (usual, evening.post))
    evening.run(90, (now, evening.post))
    assert evening.kinds() == (["burst"] if rings else [])


def test_before_anything_is_usual_a_burst_needs_twice_as_many() -> None:
    evening = Evening()
    evening.run(120, (110, evening.post))
    assert evening.alarms == []
    evening.run(90, (130, evening.post))
    assert evening.kinds() == ["burst"]


def test_the_organiser_says_what_the_wall_falls_back_to() -> None:
    evening = Evening(mode="trusted")
    evening.run(20, (600, partial(evening.post, facts=NEW, cluster="same")))
    assert evening.alarm is not None
    assert evening.alarm.mode is Mode.TRUSTED


# -- calm ------------------------------------------------------------------------------------------------------


def test_it_ends_when_it_has_been_calm_and_can_ring_again() -> None:
    evening = Evening(calm_s=180)
    flood = partial(evening.post, facts=NEW)
    evening.run(1200, (12, evening.post))
    evening.run(60, (12, evening.post), (300, flood))
    end = evening.second
    evening.run(600, (12, evening.post))
    (_, raised), (second, over) = evening.alarms
    assert raised is not None
    assert over is None
    assert 180 <= second - end <= 180 + 60 + 10
    evening.run(11, (600, flood))
    assert len(evening.alarms) == 3


def test_above_half_of_what_rang_it_stays() -> None:
    evening = Evening(calm_s=60)
    evening.run(1200, (5, evening.post))
    evening.run(60, (100, evening.post))
    evening.run(1200, (40, evening.post))
    assert evening.kinds() == ["burst"]
    evening.run(180, (20, evening.post))
    assert evening.alarm is None


def test_a_long_flood_never_becomes_usual() -> None:
    evening = Evening(calm_s=60)
    flood = partial(evening.post, facts=NEW)
    evening.run(1200, (12, evening.post))
    evening.run(HOUR_S, (12, evening.post), (150, flood), every_s=5)
    assert len(evening.alarms) == 1
    evening.run(240, (12, evening.post))
    assert evening.alarm is None
    evening.run(11, (12, evening.post), (400, flood))
    assert evening.alarm is not None


def test_the_most_that_was_seen_is_told() -> None:
    evening = Evening()
    evening.run(1200, (10, evening.post))
    evening.run(90, (120, evening.post))
    evening.run(30, (60, evening.post))
    assert evening.alarm is not None
    (cause,) = evening.alarm.why
    assert cause.text == "10"
    assert 100 <= cause.n <= 125


# -- clocks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "jump", [timedelta(hours=3), timedelta(minutes=7), -timedelta(minutes=7), -timedelta(hours=3)]
)
def test_a_clock_that_jumps_rings_nothing_on_a_steady_evening(jump: timedelta) -> None:
    evening = Evening()
    evening.run(1200, (40, evening.post))
    evening.now += jump
    evening.run(1200, (40, evening.post))
    assert evening.alarms == []


@pytest.mark.parametrize(
    "jump", [timedelta(hours=3), timedelta(minutes=7), -timedelta(minutes=7), -timedelta(hours=3)]
)
def test_a_clock_that_jumps_in_a_flood_keeps_the_alarm(jump: timedelta) -> None:
    evening = Evening()
    flood = partial(evening.post, facts=NEW)
    evening.run(1200, (12, evening.post))
    evening.run(30, (300, flood))
    evening.now += jump
    evening.run(60, (300, flood))
    assert len(evening.alarms) == 1
    evening.run(400, (12, evening.post))
    assert evening.alarm is None


def test_a_worker_that_was_away_has_seen_no_quiet() -> None:
    evening = Evening(calm_s=180)
    evening.run(60, (600, partial(evening.post, facts=NEW)))
    evening.now += timedelta(minutes=20)
    evening.listen()
    assert evening.alarm is not None
    assert evening.alarm.quiet_s <= 30


def test_a_clock_set_back_has_brought_no_quiet() -> None:
    alarm = Alarm(since=START, mode=Mode.PRE, why=(Cause("twins", 12),), quiet_s=20, seen=1000)
    later = assess({}, 900, SETTINGS, alarm)
    assert later is not None
    assert (later.quiet_s, later.seen) == (20, 900)


def test_asking_twice_in_a_step_changes_nothing() -> None:
    evening = Evening(calm_s=60)
    evening.run(30, (600, partial(evening.post, facts=NEW)))
    evening.run(70)
    first = evening.alarm
    assert first is not None
    evening.listen()
    second = evening.alarm
    for _ in range(50):
        evening.listen()
    assert evening.alarm == second


# -- by hand ---------------------------------------------------------------------------------------------------


def test_an_alarm_by_hand_only_ends_by_hand() -> None:
    evening = Evening(calm_s=10)
    evening.become(raised_by_hand(None, by="Anna", at=evening.now, settings=evening.settings))
    evening.run(900, (10, evening.post))
    assert evening.alarm is not None
    assert (evening.alarm.by, evening.alarm.mode, evening.kinds()) == ("Anna", Mode.PRE, ["hand"])
    evening.become(calmed_by_hand(evening.alarm, by="Ben"))
    evening.run(60, (10, evening.post))
    assert evening.alarm is None


def test_an_alarm_by_hand_stays_when_the_listening_is_off() -> None:
    by_hand = raised_by_hand(None, by="Anna", at=START, settings=SETTINGS)
    assert assess({}, step_of(START) + 500, AlarmSettings(on=False), by_hand) == by_hand


def test_a_hand_on_an_alarm_that_rings_makes_it_stay() -> None:
    evening = Evening(calm_s=10)
    evening.run(1200, (10, evening.post))
    evening.run(60, (100, evening.post))
    assert stricter(Mode.POST, evening.alarm) is Mode.TRUSTED
    evening.become(raised_by_hand(evening.alarm, by="Anna", at=evening.now, settings=evening.settings))
    assert stricter(Mode.POST, evening.alarm) is Mode.PRE
    evening.run(900, (10, evening.post))
    assert evening.kinds() == ["hand", "burst"]


def test_what_a_person_calmed_stays_calm_until_it_has_ended() -> None:
    evening = Evening(calm_s=60)
    evening.run(1200, (12, evening.post))
    evening.run(60, (120, evening.post))
    evening.become(calmed_by_hand(evening.alarm, by="Ben"))
    assert stricter(Mode.POST, evening.alarm) is Mode.POST
    evening.run(600, (120, evening.post))
    assert evening.alarm is not None
    assert (evening.alarm.is_muted, evening.alarm.by) == (True, "Ben")
    evening.run(180, (12, evening.post))
    assert evening.alarm is None


@pytest.mark.parametrize("worse", ["twice as much", "something else"])
def test_what_a_person_calmed_rings_again_when_it_is_worse(worse: str) -> None:
    evening = Evening()
    evening.run(1200, (12, evening.post))
    evening.run(90, (120, evening.post))
    evening.become(calmed_by_hand(evening.alarm, by="Ben"))
    more = evening.post if worse == "twice as much" else partial(evening.post, cluster="slogan")
    evening.run(90, (120, evening.post), (150 if worse == "twice as much" else 20, more))
    assert evening.alarm is not None
    assert (evening.alarm.is_muted, evening.alarm.by) == (False, "")
    again = raised_by_hand(calmed_by_hand(evening.alarm, by="Ben"), by="Anna", at=START, settings=SETTINGS)
    assert (again.why, again.is_muted, again.by) == ((Cause("hand"),), False, "Anna")


def test_calm_where_there_is_no_alarm() -> None:
    assert calmed_by_hand(None, by="Ben") is None


# -- modes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "alarm", "effective"),
    [
        (Mode.POST, Mode.PRE, Mode.PRE),
        (Mode.POST, Mode.TRUSTED, Mode.TRUSTED),
        (Mode.TRUSTED, Mode.PRE, Mode.PRE),
        (Mode.TRUSTED, Mode.TRUSTED, Mode.TRUSTED),
        (Mode.PRE, Mode.TRUSTED, Mode.PRE),
        (Mode.PRE, Mode.PRE, Mode.PRE),
        (Mode.POST, None, Mode.POST),
    ],
)
def test_the_stricter_mode_counts(mode: Mode, alarm: Mode | None, effective: Mode) -> None:
    current = None if alarm is None else Alarm(since=START, mode=alarm, why=(Cause("twins", 12),))
    assert stricter(mode, current) is effective
