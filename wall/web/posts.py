"""The API over posts: what is on the wall, what waits, and the moderator's word."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wall.finder import Finder
from wall.finder_index import Wanted
from wall.gate import Answer, Gate, Verdict
from wall.ledger import Ledger
from wall.live import Item, Wall
from wall.model import PostId, State
from wall.record import Memo, Person, Record, iso
from wall.settings import Settings
from wall.web.answers import ANY_SITE, ApiError, answer, number, read_json
from wall.web.auth import Auth
from wall.web.auth import Person as Signed
from wall.web.guards import need_same_origin
from wall.web.search import building, cursor_of, state_of, wanted_of

LISTED = (State.QUEUED, State.HELD, State.APPROVED, State.REJECTED)
WALL_LIMIT = 200


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    verdict: Verdict
    rev: int = 0
    mrev: int = 0


class Panic(msgspec.Struct, forbid_unknown_fields=True):
    on: bool


def item_json(item: Item) -> dict[str, Any]:
    """An item as screens get it: the card's own fields, then rev, seq and pinned."""
    return {
        **msgspec.json.decode(item.content),
        "rev": item.rev,
        "seq": item.seq,
        **({"pinned": True} if item.is_pinned else {}),
    }


def desk_card(record: Record) -> dict[str, Any]:
    return {
        "id": record.pid,
        "card": record.card,
        "state": record.state,
        "rev": record.rev,
        "mrev": record.mrev,
        "by": record.by,
        "reasons": record.reasons,
        "at": iso(record.at_ms),
        "arrived": iso(record.arrived_ms),
        "place": record.place,
        "edited": record.is_edited,
        "pinned": record.is_pinned,
        "note": record.note,
        "source": record.source,
        "author": None if record.person is None else author_json(record.person),
        "cluster": _cluster_json(record),
        "labels": record.labels,
        "memo": None if record.memo is None else _memo_json(record.memo),
        "eyes": {"needed": 2, "by": [record.yes_by] if record.yes_by else []} if record.needs_two else None,
    }


def author_json(person: Person) -> dict[str, Any]:
    return {"key": person.key, "standing": person.standing, "by": person.by, "counts": person.counts}


def _cluster_json(record: Record) -> dict[str, Any] | None:
    """The posts nearly equal to this one that wait with it."""
    is_waiting = record.state in (State.QUEUED, State.HELD)
    return (
        {"id": record.cluster, "size": record.cluster_size}
        if is_waiting and record.cluster_size > 1
        else None
    )


def _memo_json(memo: Memo) -> dict[str, str]:
    return {"text": memo.text, "by": memo.by, "at": iso(memo.at_ms)}


class PostsApi:
    def __init__(
        self, *, settings: Settings, gate: Gate, wall: Wall, ledger: Ledger, finder: Finder, auth: Auth
    ) -> None:
        self._settings = settings
        self._gate = gate
        self._wall = wall
        self._ledger = ledger
        self._finder = finder
        self._auth = auth

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/wall", self.wall, methods=["GET"]),
            Route("/api/v1/posts", self.posts, methods=["GET"]),
            Route("/api/v1/posts/{id}", self.post, methods=["GET"]),
            Route("/api/v1/posts/{id}/decision", self.decide, methods=["POST"]),
            Route("/api/v1/panic", self.panic, methods=["POST"]),
            Route("/api/v1/sources", self.sources, methods=["GET"]),
        ]

    async def wall(self, request: Request) -> Response:
        """What the public may see now: nothing but approved posts, and nothing at all during a panic.

        `before` asks for a page: posts approved before that sequence number, as the page before gave it.
        """
        limit = number(request, "limit", default=60, low=1, high=WALL_LIMIT)
        before = number(request, "before", default=0, low=1, high=2**53 - 1)
        known = request.headers.get("if-none-match", "")
        if known and (tag := _tag(*await self._wall.head(), limit, before)) in known:
            return Response(status_code=304, headers=_wall_headers(tag))
        snapshot = await (self._wall.newest(limit, before=before) if before else self._wall.snapshot(limit))
        items = [] if snapshot.is_panic else [item_json(item) for item in snapshot.items]
        return answer(
            {
                "epoch": snapshot.epoch,
                "seq": snapshot.seq,
                "panic": snapshot.is_panic,
                "before": None if snapshot.is_panic else snapshot.before,
                "items": items,
            },
            headers=_wall_headers(_tag(snapshot.epoch, snapshot.seq, limit, before)),
        )

    async def posts(self, request: Request) -> Response:
        await self._auth.need(request, "viewer")
        state, wanted, cursor = state_of(request), wanted_of(request), cursor_of(request)
        limit = number(request, "limit", default=50, low=1, high=200)
        if wanted == Wanted():
            records, after = await self._ledger.listing(state, limit=limit, after=cursor)
            total, share = (await self._ledger.counts())[state], {}
        else:
            found = await self._finder.find(state, wanted, limit=limit, after=int(cursor) if cursor else None)
            records, after, total, share = found.records, found.cursor, found.total, building(self._finder)
        cards = [desk_card(record) for record in records]
        return answer({"posts": cards, "cursor": after, "total": total, **share})

    async def post(self, request: Request) -> Response:
        await self._auth.need(request, "viewer")
        record = await self._record(path_pid(request))
        if record is None:
            raise ApiError(404, "no-post", "there is no such post")
        return answer({"post": desk_card(record)})

    async def decide(self, request: Request) -> Response:
        person = await self._auth.need(request, "moderator")
        need_same_origin(request, person)
        pid = path_pid(request)
        idem = idempotency_key(request, person)
        said = await read_json(request, Decision)
        outcome = await self._gate.decide(
            pid,
            said.verdict,
            by=person.name,
            rev=said.rev,
            mrev=said.mrev,
            idem=idem,
            is_person=person.is_somebody,
        )
        record = await self._record(pid)
        card = None if record is None else desk_card(record)
        match outcome.answer:
            case Answer.OK | Answer.SECOND | Answer.REPLAY | Answer.SAME:
                return answer({"answer": outcome.answer, "post": card, "by": outcome.by, "seq": outcome.seq})
            case Answer.NOPOST:
                raise ApiError(404, "no-post", "there is no such post")
            case Answer.GONE:
                raise ApiError(
                    410, "gone", "its author or a moderator took this post back", extra={"post": card}
                )
            case Answer.STALE:
                message = "this post changed since you looked; here is the fresh card"
            case Answer.CONFLICT:
                message = "this Idempotency-Key was used for another decision"
            case Answer.ILLEGAL if card is not None and card["eyes"] and not person.is_somebody:
                raise ApiError(403, "two-people", "two people must approve this post; this token is nobody")
            case _:
                message = f"a post that is {outcome.state} cannot be told to {said.verdict}"
        raise ApiError(409, outcome.answer.value.lower(), message, extra={"post": card, "by": outcome.by})

    async def panic(self, request: Request) -> Response:
        person = await self._auth.need(request, "moderator")
        need_same_origin(request, person)
        wanted = await read_json(request, Panic)
        seq = await self._gate.panic(on=wanted.on, by=person.name)
        return answer({"panic": wanted.on, "seq": seq})

    async def sources(self, request: Request) -> Response:
        """What ingest last said of each source."""
        await self._auth.need(request, "viewer")
        return answer({"sources": await self._ledger.sources()})

    async def _record(self, pid: PostId) -> Record | None:
        found = await self._ledger.records([pid])
        return found[0] if found else None


def _tag(epoch: str, seq: int, limit: int, before: int) -> str:
    """Everything that changes what the public may see has a sequence number of its own, the panic too."""
    return f'"{epoch}.{seq}.{limit}.{before}"'


def _wall_headers(tag: str) -> dict[str, str]:
    return {"etag": tag, "cache-control": "no-cache", **ANY_SITE}


def path_pid(request: Request) -> PostId:
    pid = request.path_params["id"]
    if not is_key(pid):
        raise ApiError(404, "no-post", "there is no such post")
    return PostId(pid)


def is_key(text: str) -> bool:
    """Whether a text has the form of our ids of posts and authors."""
    return len(text) == 26 and text.isascii() and text.isalnum()


def idempotency_key(request: Request, person: Signed) -> str:
    """The request's key, the person's own: nobody's press is taken for another's. Raises `ApiError` 400."""
    idem = request.headers.get("idempotency-key", "")
    if not 8 <= len(idem) <= 100 or not idem.isascii() or not idem.isprintable():
        message = "send an Idempotency-Key of 8 to 100 characters, new for each decision"
        raise ApiError(400, "no-key", message, field="idem")
    return f"{person.name}:{idem}"
