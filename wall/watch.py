"""The watch: counts what arrives, and raises or calms the alarm. The counting and the judging of counts are pure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from wall.gate import Gate
from wall.model import Post, utc_now
from wall.moderation.alarm import Alarm, assess, calmed_by_hand, raised_by_hand
from wall.moderation.facts import Facts
from wall.moderation.pulse import fields_of, read_pulses, stale_fields, step_of
from wall.settings_moderation import AlarmSettings
from wall.store.client import Store
from wall.verdict import Answer, Reason, Ruling

log = logging.getLogger("parvis.watch")

WATCH_S = 2.0
TRIES = 5


class Watch:
    """One alarm for the whole wall, kept in the store; any number of workers may watch."""

    def __init__(
        self, store: Store, settings: AlarmSettings, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._gate = Gate(store)
        self._settings = settings
        self._clock = clock

    async def alarm(self) -> Alarm | None:
        """The alarm in force, or muted; None when all is calm."""
        return read_alarm(await self._store.redis.get(self._keys.alarm) or b"")

    async def count(
        self,
        post: Post,
        facts: Facts,
        *,
        cluster: str,
        is_alarm: bool,
        ruling: Ruling,
        reasons: Sequence[Reason],
    ) -> None:
        """A post was judged."""
        fields = fields_of(
            post,
            facts,
            at=self._clock(),
            cluster=cluster,
            is_alarm=is_alarm,
            ruling=ruling,
            reasons=reasons,
        )
        pipe = self._store.redis.pipeline(transaction=False)
        for field in fields:
            pipe.hincrby(self._keys.pulse, field, 1)
        if fields:
            await pipe.execute()

    async def look(self) -> Alarm | None:
        """Assess the last minute; whoever sees a change first makes it, and says so once."""
        raw = await self._store.redis.get(self._keys.alarm) or b""
        now = step_of(self._clock())
        counts = await self._store.redis.hgetall(self._keys.pulse)
        current = read_alarm(raw)
        alarm = assess(read_pulses(counts), now, self._settings, current)
        if alarm != current:
            is_news = _told(alarm) != _told(current)
            if await self._put(alarm, raw, by="alarm", is_news=is_news) and is_news:
                log.warning("alarm: %s", _words(alarm) if alarm is not None else "calm again")
        stale = stale_fields(counts, now)
        if stale:
            await self._store.redis.hdel(self._keys.pulse, *stale)
        return alarm

    async def set_by_hand(self, *, on: bool, by: str) -> Alarm | None:
        """A moderator's word: strict now, or calm now."""
        for _ in range(TRIES):
            raw = await self._store.redis.get(self._keys.alarm) or b""
            current = read_alarm(raw)
            if on:
                alarm: Alarm | None = raised_by_hand(
                    current, by=by, at=self._clock(), settings=self._settings
                )
            else:
                alarm = calmed_by_hand(current, by=by)
            if await self._put(alarm, raw, by=by, is_news=True):
                return alarm
        return await self.alarm()

    async def _put(self, alarm: Alarm | None, before: bytes, *, by: str, is_news: bool) -> bool:
        raw = b"" if alarm is None else msgspec.json.encode(alarm)
        outcome = await self._gate.set_alarm(raw, before=before, by=by, is_news=is_news)
        return outcome is not Answer.STALE


def read_alarm(raw: bytes) -> Alarm | None:
    """One that cannot be read (of another version) is none: the next look raises it again if it must."""
    try:
        return msgspec.json.decode(raw, type=Alarm) if raw else None
    except msgspec.DecodeError:
        return None


def _told(alarm: Alarm | None) -> tuple[object, ...]:
    """What people see of it, but for the numbers, which grow while it lasts."""
    if alarm is None or alarm.is_muted:
        return ()
    return (alarm.since, alarm.mode, alarm.by, tuple(cause.kind for cause in alarm.why))


def _words(alarm: Alarm) -> str:
    causes = ", ".join(f"{cause.kind} {cause.n}" for cause in alarm.why)
    return f"{causes}; every source falls back to {alarm.mode}"
