"""The courier: whatever gets a label is handed to its department, by webhook and by e-mail, at least once.

The gate writes an entry when a label is set; the entry is acknowledged when every channel of the label has taken
it or was given up. A killed courier leaves nothing undone: it reads its own leftovers first when it comes back,
and takes over those of one whose beat has stopped. What a channel has taken is remembered, so that a second entry
for the same words is not sent again. A receiver that hears of a post twice all the same (we died between its
answer and our note) knows it by its delivery id.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable

from wall.catalogue import read_words
from wall.dispatch.channel import Channel, Closed, Undelivered
from wall.dispatch.fitness import problems
from wall.dispatch.lane import WAITING_MAX, Job, Lane
from wall.dispatch.letter import Letter, delivery_id, language_of, write
from wall.dispatch.mail import Mail
from wall.dispatch.tally import Tally
from wall.dispatch.webhook import Poster, Webhook
from wall.ledger import Ledger
from wall.model import PostId, State, utc_now
from wall.settings import LabelSettings, Settings
from wall.store.beat import BEAT_S, SILENT_S, Beats, beat_name
from wall.store.client import Store, StoreError
from wall.store.commands import Commands, Entry
from wall.store.steady import for_ever

log = logging.getLogger("parvis.labels")

GROUP = "couriers"
MOST_TRIES = 5
FIRST_PAUSE_S, PAUSE_GROWTH = 30.0, 3.0  # 30, 90, 270, 810 s at most: ten minutes on average
PAGE = 500
AWAY_S = 1.0
SOON_MS = 200
GONE = (State.WITHDRAWN, State.EXPIRED)


def pause_before(attempt: int) -> float:
    """Seconds before try `attempt` (1 for the second): full jitter, growing."""
    return random.uniform(0, FIRST_PAUSE_S * PAUSE_GROWTH ** (attempt - 1))


def channels_of(label: LabelSettings, settings: Settings, poster: Poster) -> list[Channel]:
    """Where posts of a label go. A channel that lacks something is left out; `problems` names it."""
    found: list[Channel] = []
    if label.webhook is not None:
        found.append(Webhook(label.webhook, secret=label.secret, poster=poster))
    if label.email and settings.mail.host and settings.mail.sender:
        found.append(Mail(settings.mail, label.email, words=read_words(language_of(settings))))
    return found


class Courier:
    """`pause` gives the seconds before a repeat, by the number of tries that failed. `room` is how many posts wait in
    memory for each channel; a courier that has not moved for `silent_s` is taken for dead."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        pause: Callable[[int], float] = pause_before,
        room: int = WAITING_MAX,
        beat_s: float = BEAT_S,
        silent_s: float = SILENT_S,
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._settings = settings
        self._pause = pause
        self._room = room
        self._beat_s = beat_s
        self._silent_s = silent_s
        self._ledger = Ledger(store)
        self._tally = Tally(store)
        self._name = beat_name("courier")
        self._beats = Beats(store)
        self._lanes: dict[str, list[Lane]] = {}
        self._jobs: dict[bytes, Job] = {}
        self._has_left_some = False

    async def run(self) -> None:
        """Deliver until cancelled. The store may go away and come back."""
        for problem in problems(self._settings):
            log.warning("%s", problem)
        async with Poster() as poster, asyncio.TaskGroup() as tasks:
            for label in self._settings.labels:
                channels = channels_of(label, self._settings, poster)
                self._lanes[label.name] = [Lane(label, channel, room=self._room) for channel in channels]
            for lane in [lane for lanes in self._lanes.values() for lane in lanes]:
                tasks.create_task(self._drive(lane))
            tasks.create_task(for_ever(self._read, pause_s=0.2, log=log))
            tasks.create_task(for_ever(self._beat, pause_s=self._beat_s, log=log))

    # -- reading ----------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        reader = self._store.reader()
        try:
            await self._join_group(reader)
            self._has_left_some = True
            while True:
                if self._has_left_some:
                    self._has_left_some = False
                    async for entry in self._leftovers(reader):
                        await self._admit(entry)
                block_ms = SOON_MS if self._has_left_some else 2000
                answer = await reader.xreadgroup(
                    GROUP, self._name, {self._keys.label_queue: ">"}, count=PAGE, block=block_ms
                )
                for _, entries in answer:
                    for entry in entries:
                        await self._admit(entry)
        finally:
            await reader.aclose()

    async def _join_group(self, reader: Commands) -> None:
        try:
            await reader.xgroup_create(self._keys.label_queue, GROUP, id="0", mkstream=True)
        except StoreError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _leftovers(self, reader: Commands) -> AsyncIterator[Entry]:
        """What this courier took and never finished, oldest first."""
        after = "0"
        while True:
            answer = await reader.xreadgroup(GROUP, self._name, {self._keys.label_queue: after}, count=PAGE)
            entries = [entry for _, found in answer for entry in found]
            for entry in entries:
                yield entry
            if len(entries) < PAGE:
                return
            after = entries[-1][0].decode()

    async def _admit(self, entry: Entry) -> None:
        """Onto the label's lanes; where one is full the entry stays in the store until there is room."""
        number, fields = entry
        if number in self._jobs:
            return
        pid, label, rev = (
            fields.get(name, b"").decode("utf-8", "replace") for name in (b"id", b"label", b"rev")
        )
        lanes = self._lanes.get(label, [])
        if not lanes:  # a label that is a mark and no more, or one that the settings no longer have
            await self._done(number)
            return
        if any(lane.is_full for lane in lanes):
            self._has_left_some = True
            return
        job = Job(
            number,
            pid=PostId(pid),
            label=label,
            rev=int(rev) if rev.isdecimal() else 0,
            kinds=frozenset(lane.channel.kind for lane in lanes),
        )
        self._jobs[number] = job
        for lane in lanes:
            lane.put(job)

    async def _done(self, number: bytes) -> None:
        await self._store.redis.xack(self._keys.label_queue, GROUP, number)
        await self._store.redis.xdel(self._keys.label_queue, number)
        self._jobs.pop(number, None)

    # -- delivering -------------------------------------------------------------------------------------------

    async def _drive(self, lane: Lane) -> None:
        """One after the other; what failed waits aside and lets the next ones pass."""
        while True:
            job = await lane.next()
            try:
                await self._deliver(job, lane)
            except StoreError:
                lane.put(job, in_s=AWAY_S)

    async def _deliver(self, job: Job, lane: Lane) -> None:
        kind = lane.channel.kind
        if kind in job.taken or await self._was_sent(job, kind):
            await self._took(job, lane)
            return
        try:
            letter = await self._letter(job, lane.label)
            if letter is not None and lane.is_closed:
                raise Closed(f"{lane.channel.place} wants no more posts (410)")
            if letter is not None:
                await lane.channel.send(letter)
                job.taken.add(kind)
        except Undelivered as error:
            await self._failed(job, lane, error)
            return
        if letter is None:
            await self._settle(job, kind)
        else:
            await self._took(job, lane)

    async def _letter(self, job: Job, label: LabelSettings) -> Letter | None:
        """The post as it stands now. None when it was withdrawn, or the label taken off again: nothing is said."""
        records = await self._ledger.records([job.pid])
        if not records or records[0].state in GONE or label.name not in records[0].labels:
            return None
        (record,) = records
        if record.card is None:
            raise Undelivered("the post is still being prepared")
        return write(
            self._settings,
            label,
            record.card,
            rev=job.rev,
            state=record.state,
            by=record.by,
            memo=record.memo,
        )

    async def _took(self, job: Job, lane: Lane) -> None:
        """Counted once, however often this is noted."""
        kind = lane.channel.kind
        note = f"{delivery_id(job.pid, job.label, job.rev)} {kind}"
        if await self._store.redis.hsetnx(self._keys.label_sent, note, int(utc_now().timestamp() * 1000)):
            await self._tally.sent(job.label, kind, now=utc_now())
            if lane.is_failing:
                log.info("label %s: %s takes posts again", job.label, lane.channel.place)
            lane.is_failing = False
        await self._settle(job, kind)

    async def _was_sent(self, job: Job, kind: str) -> bool:
        note = f"{delivery_id(job.pid, job.label, job.rev)} {kind}"
        return await self._store.redis.hget(self._keys.label_sent, note) is not None

    async def _failed(self, job: Job, lane: Lane, error: Undelivered) -> None:
        kind, why = lane.channel.kind, str(error)
        job.tries[kind] += 1
        if isinstance(error, Closed) and not lane.is_closed:
            lane.is_closed = True
            log.error("label %s: %s; nothing is sent there until Parvis starts again", job.label, why)
        elif not lane.is_failing and not lane.is_closed:
            log.warning("label %s: %s; trying again", job.label, why)
        lane.is_failing = True
        if not lane.is_closed and job.tries[kind] < MOST_TRIES:
            await self._tally.stumbled(job.label, kind, error=why, now=utc_now())
            lane.put(job, in_s=self._pause(job.tries[kind]))
            return
        kept = {"id": job.pid, "label": job.label, "rev": job.rev, "kind": kind, "why": why}
        await self._store.redis.xadd(self._keys.label_dead, kept)
        await self._tally.failed(job.label, kind, error=why, now=utc_now())
        if not lane.is_closed:
            log.error("label %s: post %s was tried %d times and is given up", job.label, job.pid, MOST_TRIES)
        await self._settle(job, kind)

    async def _settle(self, job: Job, kind: str) -> None:
        job.open.discard(kind)
        if not job.open:
            await self._done(job.number)

    # -- care -------------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        """Count up; take over the entries of a courier whose count stands still."""
        await self._beats.beat(self._name)
        for name, age_s in (await self._beats.look()).items():
            if name.startswith("courier@") and name != self._name and age_s > self._silent_s:
                await self._take_over(name)
                await self._beats.forget(name)

    async def _take_over(self, name: str) -> None:
        redis = self._store.redis
        while rows := await redis.xpending_range(self._keys.label_queue, GROUP, "-", "+", PAGE, name):
            log.warning("%s is silent; taking over %d posts with labels", name, len(rows))
            await redis.xclaim(
                self._keys.label_queue, GROUP, self._name, 0, [row["message_id"] for row in rows]
            )
        self._has_left_some = True
