"""One word on many posts: a cluster of nearly equal ones, the posts of an author, what was done taken back."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wall.gate import MANY, Gate
from wall.model import PostId
from wall.verdict import Answer, Standing, Swept, Verdict
from wall.web.answers import ApiError, answer, read_json
from wall.web.auth import Auth
from wall.web.guards import need_same_origin
from wall.web.posts import idempotency_key, is_key

STANDINGS = {"trusted": Standing.TRUSTED, "banned": Standing.BANNED, "none": Standing.NONE}
TOGETHER = (Verdict.REJECT, Verdict.HOLD, Verdict.RELEASE)
SIDEWAYS = (*TOGETHER, Verdict.REOPEN, Verdict.UNAPPROVE)


class ClusterDecision(msgspec.Struct, forbid_unknown_fields=True, rename={"keep": "except"}):
    verdict: Verdict
    keep: Annotated[str, Meta(max_length=26)] | None = None


class ManyDecision(msgspec.Struct, forbid_unknown_fields=True):
    verdict: Verdict
    posts: Annotated[list[Annotated[str, Meta(max_length=26)]], Meta(min_length=1, max_length=MANY)]


class StandingWord(msgspec.Struct, forbid_unknown_fields=True):
    standing: str


class ManyApi:
    def __init__(self, *, gate: Gate, auth: Auth) -> None:
        self._gate = gate
        self._auth = auth

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/clusters/{id}/decision", self.cluster, methods=["POST"]),
            Route("/api/v1/decisions", self.decide, methods=["POST"]),
            Route("/api/v1/authors/{id}/standing", self.standing, methods=["POST"]),
        ]

    async def cluster(self, request: Request) -> Response:
        """Every post of the cluster that waits, but one that is kept."""
        person = await self._auth.need(request, "moderator")
        need_same_origin(request, person)
        cluster = _path_key(request, "cluster")
        idem = idempotency_key(request, person)
        said = await read_json(request, ClusterDecision)
        if said.verdict not in TOGETHER:
            raise ApiError(400, "invalid", f"verdict must be one of {', '.join(TOGETHER)}", field="verdict")
        keep = PostId(said.keep) if said.keep else None
        swept = await self._gate.decide_cluster(cluster, said.verdict, by=person.name, idem=idem, keep=keep)
        _refuse_conflict(swept)
        moved = [pid for pid, word in swept.answers.items() if word is Answer.OK]
        return answer({"answer": swept.answer, "posts": moved})

    async def decide(self, request: Request) -> Response:
        """Down or sideways for a list of posts; nothing is put up this way."""
        person = await self._auth.need(request, "moderator")
        need_same_origin(request, person)
        idem = idempotency_key(request, person)
        said = await read_json(request, ManyDecision)
        if said.verdict not in SIDEWAYS:
            raise ApiError(400, "invalid", f"verdict must be one of {', '.join(SIDEWAYS)}", field="verdict")
        wrong = [pid for pid in said.posts if not is_key(pid)]
        if wrong or len(set(said.posts)) != len(said.posts):
            raise ApiError(400, "invalid", "posts must be ids of posts, each once", field="posts")
        swept = await self._gate.decide_many(
            [PostId(pid) for pid in said.posts], said.verdict, by=person.name, idem=idem
        )
        _refuse_conflict(swept)
        return answer({"answers": swept.answers})

    async def standing(self, request: Request) -> Response:
        """Trust or ban an author, or neither any more."""
        person = await self._auth.need(request, "moderator")
        need_same_origin(request, person)
        author = _path_key(request, "author")
        idem = idempotency_key(request, person)
        said = await read_json(request, StandingWord)
        if said.standing not in STANDINGS:
            raise ApiError(
                400, "invalid", f"standing must be one of {', '.join(STANDINGS)}", field="standing"
            )
        swept = await self._gate.set_standing(author, STANDINGS[said.standing], by=person.name, idem=idem)
        _refuse_conflict(swept)
        return answer({"answer": swept.answer, "standing": said.standing, "gone": list(swept.answers)})


def _path_key(request: Request, what: str) -> str:
    key = str(request.path_params["id"])
    if not is_key(key):
        raise ApiError(404, f"no-{what}", f"there is no such {what}")
    return key


def _refuse_conflict(swept: Swept) -> None:
    if swept.answer is Answer.CONFLICT:
        raise ApiError(409, "conflict", "this Idempotency-Key was used for another decision")
