"""The watch on a real store: a flood raises one alarm, whoever looks; it is told once, and ends by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.makers import Hands, post
from wall.model import Author, Post
from wall.moderation.alarm import Alarm
from wall.moderation.facts import Facts
from wall.moderation.rule import Mode
from wall.settings_moderation import AlarmSettings
from wall.store.client import Store
from wall.verdict import Ruling
from wall.watch import Watch, read_alarm


class Evening:
    def __init__(self, store: Store) -> None:
        self.hands = Hands(store)
        self.store = store
        self.now = datetime(2026, 12, 5, 20, tzinfo=UTC)
        self.settings = AlarmSettings(twins=5, calm_s=60)
        self.watch = Watch(store, self.settings, clock=lambda: self.now)
        self.other = Watch(store, self.settings, clock=lambda: self.now)

    async def flood(self, number: int = 8) -> None:
        for n in range(number):
            await self.watch.count(
                self.post(n),
                Facts(twins=n + 1),
                cluster="c" * 26,
                is_alarm=False,
                ruling=Ruling.NOTE,
                reasons=(),
            )

    def post(self, n: int) -> Post:
        return post(f"{n}", author=Author(id=f"a{n}", name=f"a{n}", followers=300), created_at=self.now)

    async def pass_by(self, seconds: int) -> Alarm | None:
        """Time goes by, and is watched."""
        alarm = None
        for _ in range(seconds // 10):
            self.now += timedelta(seconds=10)
            alarm = await self.watch.look()
        return alarm

    async def told(self) -> int:
        entries = await self.store.redis.xrange(self.store.keys.audit)
        return sum(fields[b"id"] == b"alarm" for _, fields in entries)


@pytest.fixture
def evening(store: Store) -> Evening:
    return Evening(store)


async def test_a_flood_rings_and_is_told_once(evening: Evening) -> None:
    assert await evening.watch.look() is None
    await evening.flood()
    alarm = await evening.watch.look()
    assert alarm is not None
    assert [(cause.kind, cause.n) for cause in alarm.why] == [("twins", 7)]
    assert alarm.mode is Mode.PRE
    assert await evening.other.alarm() == alarm
    await evening.other.look()
    await evening.pass_by(20)
    assert await evening.told() == 1


async def test_it_ends_when_it_has_been_quiet_and_the_counts_go(evening: Evening) -> None:
    await evening.flood()
    await evening.watch.look()
    assert await evening.pass_by(60) is not None
    assert await evening.pass_by(120) is None
    assert await evening.told() == 2
    assert await evening.store.redis.get(evening.store.keys.alarm) is None
    await evening.pass_by(4000)
    assert await evening.store.redis.hgetall(evening.store.keys.pulse) == {}


async def test_a_moderator_may_know_better(evening: Evening) -> None:
    await evening.flood()
    await evening.watch.look()
    muted = await evening.other.set_by_hand(on=False, by="Anna")
    assert muted is not None
    assert muted.is_muted
    assert (await evening.pass_by(20)) is not None  # it remembers, and does not ring again
    assert await evening.told() == 2
    strict = await evening.watch.set_by_hand(on=True, by="Ben")
    assert strict is not None
    assert strict.is_by_hand
    assert (await evening.pass_by(600)) is not None
    calm = await evening.watch.set_by_hand(on=False, by="Ben")
    assert calm is None or calm.is_muted


async def test_what_is_stored_by_another_version_is_no_alarm(evening: Evening) -> None:
    assert read_alarm(b'{"level": 3}') is None
    await evening.store.redis.set(evening.store.keys.alarm, b"nonsense")
    assert await evening.watch.alarm() is None
    await evening.flood()
    assert await evening.watch.look() is not None
