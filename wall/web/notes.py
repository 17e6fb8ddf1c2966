"""What moderators write beside a post: the departments it is passed on to, and a memo for each other."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wall.gate import Gate
from wall.ledger import Ledger
from wall.letters import sound
from wall.settings import Settings
from wall.verdict import Answer, Outcome
from wall.web.answers import ApiError, answer, read_json
from wall.web.auth import Auth
from wall.web.guards import need_same_origin
from wall.web.posts import desk_card, path_pid

MEMO_MAX = 1000


class Labels(msgspec.Struct, forbid_unknown_fields=True):
    labels: Annotated[list[Annotated[str, Meta(max_length=24)]], Meta(max_length=24)]


class Memo(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(max_length=MEMO_MAX)]


class NotesApi:
    def __init__(self, *, settings: Settings, gate: Gate, ledger: Ledger, auth: Auth) -> None:
        self._names = {label.name for label in settings.labels}
        self._gate = gate
        self._ledger = ledger
        self._auth = auth

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/posts/{id}/labels", self.labels, methods=["POST"]),
            Route("/api/v1/posts/{id}/memo", self.memo, methods=["POST"]),
        ]

    async def labels(self, request: Request) -> Response:
        person = await self._auth.need(request, "moderator")
        need_same_origin(request, person)
        pid = path_pid(request)
        wanted = (await read_json(request, Labels)).labels
        unknown = [name for name in wanted if name not in self._names]
        if unknown:
            raise ApiError(400, "invalid", f"{unknown[0]!r} is not a label of this event", field="labels")
        return await self._answer(await self._gate.set_labels(pid, wanted, by=person.name), request)

    async def memo(self, request: Request) -> Response:
        person = await self._auth.need(request, "moderator")
        need_same_origin(request, person)
        pid = path_pid(request)
        text = sound((await read_json(request, Memo)).text).strip()
        return await self._answer(await self._gate.set_memo(pid, text, by=person.name), request)

    async def _answer(self, outcome: Outcome, request: Request) -> Response:
        if outcome.answer is Answer.NOPOST:
            raise ApiError(404, "no-post", "there is no such post")
        if outcome.answer is Answer.GONE:
            raise ApiError(410, "gone", "its author or a moderator took this post back")
        records = await self._ledger.records([path_pid(request)])
        return answer({"answer": outcome.answer, "post": desk_card(records[0]) if records else None})
