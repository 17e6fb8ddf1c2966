"""The audit over HTTP: read by moderators. There is no address that changes it."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wall.audit import Audit
from wall.chain import Entry
from wall.ledger import Ledger
from wall.model import PostId
from wall.web.answers import ApiError, answer, number
from wall.web.auth import Auth

BY_MAX = 100
LAST = 10**15 - 1

_ID = re.compile(r"[a-z0-9]{1,26}")
_WHYS = re.compile(r"[a-z-]{1,20}(?:,[a-z-]{1,20}){0,23}")


class AuditApi:
    def __init__(self, *, audit: Audit, ledger: Ledger, auth: Auth) -> None:
        self._audit = audit
        self._ledger = ledger
        self._auth = auth

    @property
    def routes(self) -> list[Route]:
        return [Route("/api/v1/audit", self.entries, methods=["GET"])]

    async def entries(self, request: Request) -> Response:
        """Newest first. `by`, `id` and `why` narrow it down; a page may then be short: `before` tells where to go on."""
        await self._auth.need(request, "moderator")
        limit = number(request, "limit", default=50, low=1, high=200)
        before = number(request, "before", default=0, low=1, high=LAST)
        by = request.query_params.get("by", "")
        if len(by) > BY_MAX or not by.isprintable():
            raise ApiError(400, "invalid", f"by must be at most {BY_MAX} printable characters", field="by")
        pid = request.query_params.get("id", "")
        if pid and not _ID.fullmatch(pid):
            raise ApiError(400, "invalid", "id must be the id of a post", field="id")
        why = request.query_params.get("why", "")
        if why and not _WHYS.fullmatch(why):
            raise ApiError(400, "invalid", "why must be reasons, separated by commas", field="why")
        found, after = await self._audit.newest(
            limit=limit, before=before or None, by=by, pid=pid, why=set(why.split(",")) if why else None
        )
        names = await self._names(found)
        return answer({"entries": [_json(entry, names.get(entry.id)) for entry in found], "before": after})

    async def _names(self, entries: list[Entry]) -> dict[str, str]:
        """The authors' names of posts that still have their content."""
        pids = dict.fromkeys(PostId(entry.id) for entry in entries)
        records = await self._ledger.records(pids)
        return {record.pid: record.card.author.name for record in records if record.card is not None}


def _json(entry: Entry, name: str | None) -> dict[str, Any]:
    return {
        "n": entry.n,
        "id": entry.id,
        "from": entry.from_,
        "to": entry.to,
        "why": entry.why,
        "by": entry.by,
        "at": entry.time.isoformat(),
        "seq": _whole(entry.seq),
        "rev": _whole(entry.rev),
        "mrev": _whole(entry.mrev),
        **({} if name is None else {"name": name}),
    }


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
