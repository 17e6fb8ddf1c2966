"""The alarm as pages see it, and a moderator's word on it."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wall.moderation.alarm import Alarm
from wall.watch import Watch, read_alarm
from wall.web.answers import answer, read_json
from wall.web.auth import Auth
from wall.web.guards import need_same_origin


class AlarmWord(msgspec.Struct, forbid_unknown_fields=True):
    """true: strict now, until somebody ends it. false: calm now; what rang is known and rings no more."""

    on: bool


def alarm_json(raw: bytes) -> dict[str, Any] | None:
    """The alarm as `Ledger.alarm` gives it, for pages; None when all is calm, or people know about it already."""
    return _json(read_alarm(raw))


def _json(alarm: Alarm | None) -> dict[str, Any] | None:
    if alarm is None or alarm.is_muted:
        return None
    return {"since": alarm.since, "mode": alarm.mode, "why": alarm.why, "by": alarm.by}


class AlarmApi:
    def __init__(self, *, watch: Watch, auth: Auth) -> None:
        self._watch = watch
        self._auth = auth

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/alarm", self.read, methods=["GET"]),
            Route("/api/v1/alarm", self.say, methods=["POST"]),
        ]

    async def read(self, request: Request) -> Response:
        await self._auth.need(request, "viewer")
        return answer({"alarm": _json(await self._watch.alarm())})

    async def say(self, request: Request) -> Response:
        person = await self._auth.need(request, "moderator")
        need_same_origin(request, person)
        word = await read_json(request, AlarmWord)
        return answer({"alarm": _json(await self._watch.set_by_hand(on=word.on, by=person.name))})
