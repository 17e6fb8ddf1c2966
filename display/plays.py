"""Proof of play, told by the screens: what they showed is counted once, and can be read and taken home."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from display.hub import Hub, Screen
from display.protocol import PlaysTold, plays_kept_frame
from wall.model import PostId
from wall.plays import Evidence, Plays, PostPlays
from wall.record import LATEST_MS, iso
from wall.store.client import StoreError
from wall.web.answers import ApiError, answer
from wall.web.posts import is_key
from wall.web.room import Services

log = logging.getLogger("parvis.plays")

COLUMNS = ("at", "screen", "kind", "id", "scene", "seconds", "doubtful", "spool", "n")


class PlaysApi:
    def __init__(self, services: Services, hub: Hub) -> None:
        self._auth = services.auth
        self._plays = Plays(services.store)
        self._is_refusing = False
        hub.heard[PlaysTold] = self.hear

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/plays", self.sums, methods=["GET"]),
            Route("/api/v1/plays.csv", self.table, methods=["GET"]),
        ]

    async def hear(self, screen: Screen, told: PlaysTold) -> None:
        """Count what a screen tells. Without an answer it tells it again; previews show nothing to the public."""
        if screen.role != "screen":
            return
        try:
            kept = await self._plays.keep(told.spool, screen.state.id, told.plays, lost=told.lost)
        except StoreError:
            return
        except ValueError:
            log.warning("screen %s tells its plays under no name: they are not counted", screen.state.id)
            return
        if not screen.wire.is_lagging:
            screen.wire.put(plays_kept_frame(spool=told.spool, upto=kept.upto))

    async def sums(self, request: Request) -> Response:
        """How long each scene stood on each screen by day; with `post`, that post's plays; `screen` narrows both down."""
        await self._auth.need(request, "viewer")
        screen = request.query_params.get("screen", "")
        post = request.query_params.get("post", "")
        if post and not is_key(post):
            raise ApiError(404, "no-post", "there is no such post")
        return answer(
            {
                "post": post_json(await self._plays.of_post(PostId(post)), screen=screen) if post else None,
                "scenes": [row for row in await self._plays.scenes() if screen in ("", row.screen)],
                "screens": {
                    name: counts
                    for name, counts in (await self._plays.screens()).items()
                    if screen in ("", name)
                },
            }
        )

    async def table(self, request: Request) -> Response:
        """The plays one by one as CSV, as they were told; `from` and `to` are days or times."""
        await self._auth.need(request, "moderator")
        from_ms = _moment(request, "from", default=0)
        to_ms = _moment(request, "to", default=LATEST_MS, is_end=True)
        return StreamingResponse(
            self._lines(from_ms, to_ms),
            media_type="text/csv; charset=utf-8",
            headers={
                "cache-control": "no-store",
                "content-disposition": 'attachment; filename="plays.csv"',
            },
        )

    async def _lines(self, from_ms: int, to_ms: int) -> AsyncIterator[str]:
        yield _csv([COLUMNS])
        async for page in self._plays.log(from_ms=from_ms, to_ms=to_ms):
            if page:
                yield _csv([_row(one) for one in page])


def post_json(plays: PostPlays, *, screen: str = "") -> dict[str, Any]:
    """A post's plays; with `screen`, those on that one alone."""
    on = {name: one for name, one in plays.screens.items() if screen in ("", name)}
    return {
        "id": plays.id,
        "seconds": round(sum(one.ms for one in on.values()) / 1000, 1),
        "plays": sum(one.plays for one in on.values()),
        "doubtful": plays.doubtful,
        "first": None if plays.first_ms is None else iso(plays.first_ms),
        "last": None if plays.last_ms is None else iso(plays.last_ms),
        "screens": {
            name: {"seconds": round(one.ms / 1000, 1), "plays": one.plays} for name, one in on.items()
        },
        "newest": [
            {"screen": one.screen, "at": iso(one.at_ms), "ms": one.ms}
            for one in plays.newest
            if screen in ("", one.screen)
        ],
    }


def _row(one: Evidence) -> tuple[object, ...]:
    doubtful = "yes" if one.is_doubtful else ""
    return (
        iso(one.at_ms),
        one.screen,
        one.kind,
        one.id,
        one.scene,
        one.ms / 1000,
        doubtful,
        one.spool,
        one.n,
    )


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _moment(request: Request, name: str, *, default: int, is_end: bool = False) -> int:
    """A day or a time of the query, in ms since 1970; of a day its end. Raises `ApiError` 400."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    try:
        is_day = len(text) == len("2026-11-24")
        at = datetime.combine(date.fromisoformat(text), datetime.min.time()) if is_day else _time(text)
        if is_day and is_end:
            at += timedelta(days=1) - timedelta(milliseconds=1)
        return int(at.astimezone().timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise ApiError(
            400,
            "invalid",
            f"{name} must be a day like 2026-11-24, or a time like 2026-11-24T18:00",
            field=name,
        ) from None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign in an address is a space
