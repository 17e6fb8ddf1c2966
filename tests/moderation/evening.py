"""An evening on the wall, second by second: posts arrive, are judged and counted, and the alarm listens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tests.moderation.pairs import pair
from wall.moderation.alarm import Alarm, assess
from wall.moderation.facts import Facts
from wall.moderation.pulse import fields_of, read_pulses, stale_fields, step_of
from wall.settings_moderation import AlarmSettings
from wall.verdict import Reason, Ruling

START = datetime(2026, 11, 24, 20, 0, 3, tzinfo=UTC)
KNOWN = Facts(approved=3)
NEW = Facts(is_new=True)


class Evening:
    """`alarms` are (seconds since the beginning, alarm) whenever it changed in a way that people see."""

    def __init__(self, **settings: Any) -> None:
        self.settings = AlarmSettings(**settings)
        self.now = START
        self.fields: dict[bytes, int] = {}
        self.alarm: Alarm | None = None
        self.alarms: list[tuple[float, Alarm | None]] = []
        self._count = 0

    @property
    def second(self) -> float:
        return (self.now - START).total_seconds()

    def post(
        self,
        *,
        author: str = "",
        facts: Facts = KNOWN,
        cluster: str | None = None,
        ruling: Ruling = Ruling.NOTE,
        reasons: tuple[Reason, ...] = (),
        created_at: datetime | None = None,
        **about: Any,
    ) -> tuple[str, ...]:
        """By an author of its own when none is named."""
        self._count += 1
        post, _ = pair(author=about, created_at=created_at)
        named = msgspec.structs.replace(post.author, id=author or f"author {self._count}")
        if cluster is not None:
            facts = msgspec.structs.replace(facts, twins=2)
        fields = fields_of(
            msgspec.structs.replace(post, author=named),
            facts,
            at=self.now,
            cluster=cluster,
            is_alarm=self.alarm is not None and not self.alarm.is_muted,
            ruling=ruling,
            reasons=reasons,
        )
        for field in fields:
            self.fields[field.encode()] = self.fields.get(field.encode(), 0) + 1
        return fields

    def run(self, seconds: int, *posts: tuple[float, Callable[[], object]], every_s: int = 2) -> None:
        """`posts` are (so many a minute, what posts one), spread evenly; the alarm is asked every `every_s`."""
        due = [0.0] * len(posts)
        for second in range(seconds):
            for n, (a_minute, one) in enumerate(posts):
                due[n] += a_minute / 60
                while due[n] >= 1:
                    due[n] -= 1
                    one()
            if second % every_s == 0:
                self.listen()
            self.now += timedelta(seconds=1)

    def listen(self) -> None:
        step = step_of(self.now)
        for field in stale_fields(self.fields, step):
            del self.fields[field]
        stored = {field: str(count).encode() for field, count in self.fields.items()}
        self.become(assess(read_pulses(stored), step, self.settings, self.alarm))

    def become(self, alarm: Alarm | None) -> None:
        """Through JSON, as the store keeps it."""
        if alarm is not None:
            alarm = msgspec.json.decode(msgspec.json.encode(alarm), type=Alarm)
        if (alarm is None) != (self.alarm is None) or (
            alarm and self.alarm and alarm.mode != self.alarm.mode
        ):
            self.alarms.append((self.second, alarm))
        self.alarm = alarm

    def kinds(self) -> list[str]:
        return [] if self.alarm is None else [cause.kind for cause in self.alarm.why]
