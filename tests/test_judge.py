"""From arrival to ruling with everything that is remembered: the real worker's hands on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.makers import Hands, post, settings_for
from tests.media.pictures import encoded, photo
from wall.gate import Standing, Verdict
from wall.intake import Intake
from wall.judge import Judge
from wall.media.fetch import Fetcher
from wall.media.pool import DecodePool
from wall.media.store import MediaStore
from wall.model import Attachment, Author, Card, Post, State, utc_now
from wall.moderation.rule import Finding, Mode
from wall.settings import LabelSettings, ModerationSettings
from wall.settings_moderation import AlarmSettings
from wall.spool import Spool
from wall.store.client import Store
from wall.verdict import Ruling

LONG = (
    "Everybody come to the back entrance of the rival hall tonight, free drinks for the first hundred people"
)
OWN_WORDS = (
    "What {} likes best tonight is the glass roof with the rain on it",
    "Good evening from {}, we have come all the way by tram",
    "Has anybody seen the grey scarf that {} left near the clocks?",
    "My grandmother built one of these machines, says {}",
    "Two hours in and {} still has not found the way out. Wonderful.",
)
LABELS = (LabelSettings(name="press", words=("journalist*", "interview")),)


class Strict:
    """A classifier that says what it is told to."""

    def __init__(self, finding: Finding | None) -> None:
        self.finding = finding
        self.asked: list[tuple[str, int]] = []

    async def ask(self, post: Post, card: Card, pictures: Any) -> Finding | None:
        self.asked.append((post.native_id, len(pictures)))
        return self.finding


class Room:
    def __init__(self, store: Store, data_dir: Path, fetcher: Fetcher, pool: DecodePool) -> None:
        self.store = store
        self.hands = Hands(store)
        self._parts = {"fetcher": fetcher, "pool": pool, "media": MediaStore(data_dir / "media")}
        self.spool = Spool(data_dir)

    def work(self, mode: Mode = Mode.PRE, classifier: Strict | None = None, **settings: Any) -> Intake:
        found = settings_for(self.store, **settings)
        judge = Judge(self.store, found, classifier=classifier, mode_of=lambda _: mode)
        self.judge = judge
        return Intake(store=self.store, spool=self.spool, judge=judge, **self._parts)  # type: ignore[arg-type]

    async def arrive(self, intake: Intake, of: Post) -> State:
        await self.hands.gate.accept(of)
        await intake.prepare(await self.hands.claim(of.pid))
        return await self.hands.state(of)

    async def reasons(self, of: Post) -> dict[str, str]:
        (record,) = await self.hands.ledger.records([of.pid])
        return {reason.rule: reason.text for reason in record.reasons}


@pytest.fixture
async def room(store: Store, data_dir: Path) -> AsyncIterator[Room]:
    async with Fetcher(allow=["127.0.0.1/32"]) as fetcher, DecodePool(size=1) as pool:
        yield Room(store, data_dir, fetcher, pool)


def by(author: str, n: int = 1, text: str = "", **more: Any) -> Post:
    """Somebody with a history and friends, who says something of his own."""
    return post(
        f"{author}{n}",
        text or OWN_WORDS[n % len(OWN_WORDS)].replace("{}", author),
        author=Author(id=author, name=author, followers=300),
        created_at=utc_now(),
        **more,
    )


async def test_a_campaign_is_one_card_and_makes_the_wall_strict(room: Room) -> None:
    intake = room.work(Mode.POST, alarm=AlarmSettings(twins=5), moderation=ModerationSettings(repeats="note"))
    assert await room.arrive(intake, by("calm")) is State.APPROVED
    states = [await room.arrive(intake, by(f"bot{n}", n, LONG)) for n in range(8)]
    assert states == [State.APPROVED, *[State.QUEUED] * 7]
    assert (await room.reasons(by("bot7", 7, LONG)))["repeats"] == "×8"
    (record,) = await room.hands.ledger.records([by("bot7", 7, LONG).pid])
    assert (record.cluster, record.cluster_size) == (by("bot0", 0, LONG).pid, 7)
    assert await room.judge.watch.look() is not None
    assert await room.arrive(intake, by("fresh", 3)) is State.QUEUED
    await room.judge.watch.set_by_hand(on=False, by="Anna")
    assert await room.arrive(intake, by("later", 2)) is State.APPROVED


async def test_the_worker_itself_raises_the_alarm(room: Room) -> None:
    """Within ten seconds, promised; here it is only waited for."""
    intake = room.work(Mode.POST, alarm=AlarmSettings(twins=4))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(intake.run())
        for n in range(8):
            await room.hands.gate.accept(by(f"bot{n}", n, LONG))
        async with asyncio.timeout(30):
            while await room.judge.watch.alarm() is None:
                await asyncio.sleep(0.05)
        running.cancel()


async def test_known_people_go_up_by_themselves_where_trust_is_asked_for(room: Room) -> None:
    intake = room.work(Mode.TRUSTED, moderation=ModerationSettings(trust_after=2))
    for n in (1, 2):
        assert await room.arrive(intake, by("known", n)) is State.QUEUED
        await room.hands.decide(by("known", n), Verdict.APPROVE)
    assert await room.arrive(intake, by("known", 3)) is State.APPROVED
    await room.hands.decide(by("known", 3), Verdict.REJECT)
    assert await room.arrive(intake, by("known", 4)) is State.QUEUED
    await room.hands.gate.set_standing(by("vip").author_key, Standing.TRUSTED, by="Anna")
    assert await room.arrive(intake, by("vip", 5)) is State.APPROVED
    assert await room.arrive(intake, by("vip", 2, "call me: +33 6 12 34 56 78")) is State.HELD


async def test_a_banned_author_is_put_away_with_the_reason(room: Room) -> None:
    intake = room.work(Mode.POST)
    await room.hands.gate.set_standing(by("loud").author_key, Standing.BANNED, by="Anna")
    assert await room.arrive(intake, by("loud")) is State.REJECTED
    assert "standing" in await room.reasons(by("loud"))


async def test_two_people_are_asked_for_where_the_settings_say_so(room: Room) -> None:
    intake = room.work(Mode.POST, moderation=ModerationSettings(four_eyes=True))
    assert await room.arrive(intake, by("a")) is State.QUEUED
    (record,) = await room.hands.ledger.records([by("a").pid])
    assert record.needs_two


async def test_words_send_a_post_to_its_department(room: Room) -> None:
    intake = room.work(labels=LABELS)
    await room.arrive(intake, by("a", 1, "Hello, I am a journalist and would like to talk to you"))
    (record,) = await room.hands.ledger.records([by("a").pid])
    assert record.labels == ("press",)
    assert await room.store.redis.xlen(room.store.keys.label_queue) == 1


async def test_a_rejected_picture_comes_back_in_other_clothes(room: Room) -> None:
    intake = room.work(Mode.POST)

    def shot(n: int, quality: int) -> Post:
        name = room.spool.put(encoded(photo(7, 640, 480), "JPEG", quality=quality), name=f"k{n}")
        return by(f"p{n}", n, attachments=(Attachment(url="", spool=name),))

    first = shot(1, 90)
    await room.arrive(intake, first)
    await room.hands.decide(first, Verdict.REJECT, by="Anna")
    again = shot(2, 40)
    assert await room.arrive(intake, again) is State.HELD
    assert (await room.reasons(again))["rejected-before"] == "Anna"


@pytest.mark.parametrize(
    ("finding", "state"),
    [
        (None, State.APPROVED),
        (Finding(Ruling.HOLD, "nudity 0.93"), State.HELD),
        (Finding(Ruling.REJECT, "spam 0.99"), State.REJECTED),
        (Finding(Ruling.HOLD, "unavailable"), State.HELD),
    ],
)
async def test_the_classifier_has_a_word(room: Room, finding: Finding | None, state: State) -> None:
    strict = Strict(finding)
    intake = room.work(Mode.POST, classifier=strict)
    assert await room.arrive(intake, by("a")) is state
    assert strict.asked == [("a1", 0)]
    reasons = await room.reasons(by("a"))
    assert reasons.get("classifier") == (finding.text if finding else None)


async def test_it_is_not_asked_about_what_is_put_away_anyway(room: Room) -> None:
    strict = Strict(None)
    intake = room.work(Mode.POST, classifier=strict)
    await room.hands.gate.set_standing(by("loud").author_key, Standing.BANNED, by="Anna")
    await room.arrive(intake, by("loud"))
    assert strict.asked == []


async def test_a_tombstone_leaves_nothing_in_the_memory(room: Room) -> None:
    intake = room.work()
    await room.hands.gate.accept(by("a"))
    claim = await room.hands.claim(by("a").pid)
    await room.hands.gate.withdraw(by("a").pid, why="deleted", by="x", source="x")
    await intake.prepare(claim)
    assert await room.store.redis.hgetall(room.store.keys.twins) == {}
    assert msgspec.json.encode(await room.hands.ledger.counts())
