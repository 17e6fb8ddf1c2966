"""What an author is told: "your post was on screen Hall A at 14:02 for 12 s", under an address that nobody guesses."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from display.hub import Hub
from display.screen import event_json
from wall.address import base_url
from wall.model import PostId, State
from wall.plays import Plays, PostPlays, stretches
from wall.record import Record, iso
from wall.web.answers import ApiError, answer
from wall.web.auth import Auth
from wall.web.posts import item_json, path_pid
from wall.web.room import Services

UNLISTED = {"x-robots-tag": "noindex, nofollow", "referrer-policy": "no-referrer"}


async def shown_path(auth: Auth, pid: PostId) -> str:
    """The address of a post's receipt. It shows; unlike the visitor's own receipt it takes nothing back."""
    return f"/shown/{pid}.{await auth.sign('shown', pid)}"


class ShownPages:
    def __init__(self, services: Services, hub: Hub) -> None:
        self._services = services
        self._hub = hub
        self._plays = Plays(services.store)

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/shown/{token}", self.page, methods=["GET"]),
            Route("/api/v1/shown/{token}", self.state, methods=["GET"]),
            Route("/api/v1/posts/{id}/receipt", self.link, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        pid = await self._pid(request.path_params["token"])
        found = await self._found(pid) if pid else None
        page = self._services.pages.render(
            request,
            "shown.html",
            status=404 if found is None else 200,
            event=event_json(self._services),
            shown=found,
        )
        page.headers.update(UNLISTED)
        return page

    async def state(self, request: Request) -> Response:
        pid = await self._pid(request.path_params["token"])
        found = await self._found(pid) if pid else None
        if found is None:
            raise ApiError(404, "no-post", "there is no such receipt")
        return answer(found, headers=UNLISTED)

    async def link(self, request: Request) -> Response:
        """For a moderator who is asked: the receipt's address, and what stands in it."""
        await self._services.auth.need(request, "moderator")
        pid = path_pid(request)
        if not await self._services.ledger.records([pid]):
            raise ApiError(404, "no-post", "there is no such post")
        path = await shown_path(self._services.auth, pid)
        plays = await self._plays.of_post(pid)
        return answer(
            {
                "url": f"{base_url(self._services.settings)}{path}",
                "seconds": round(plays.ms / 1000, 1),
                "plays": plays.plays,
                "screens": sorted(plays.screens),
            }
        )

    async def _pid(self, token: str) -> PostId | None:
        pid, _, signature = token[:120].partition(".")
        return PostId(pid) if pid and await self._services.auth.verify(signature, "shown", pid) else None

    async def _found(self, pid: PostId) -> dict[str, Any] | None:
        records = await self._services.ledger.records([pid])
        if not records:
            return None
        plays = await self._plays.of_post(pid)
        _, _, item = await self._services.wall.item(pid)
        is_panic = await self._services.ledger.is_panic()
        is_open = item is not None and not is_panic
        return {
            "state": _word(records[0], plays),
            "post": item_json(item) if item is not None and is_open else None,
            "now": self._screens_of(pid) if is_open else [],
            "seconds": round(plays.ms / 1000, 1),
            "screens": screens_json(plays),
        }

    def _screens_of(self, pid: PostId) -> list[str]:
        """Where it stands in this moment, as the screens themselves say."""
        roster = self._hub.roster.screens()
        return sorted({screen.id for screen in roster if screen.connected and pid in screen.shown})


def screens_json(plays: PostPlays) -> list[dict[str, Any]]:
    """By screen, the one that showed it last first; pieces of one stand joined."""
    times = stretches(plays.newest)
    last = {one.screen: one.at_ms for one in reversed(times)}
    return [
        {
            "screen": name,
            "seconds": round(plays.screens[name].ms / 1000, 1),
            "times": [{"at": iso(one.at_ms), "ms": one.ms} for one in times if one.screen == name],
        }
        for name in sorted(plays.screens, key=lambda name: (-last.get(name, 0), name))
    ]


def _word(record: Record, plays: PostPlays) -> str:
    """ "wall", "waiting" (nobody has said yes so far), "away" (it was up, and may come back) or "gone"."""
    match record.state:
        case State.APPROVED:
            return "wall"
        case State.QUEUED | State.HELD:
            return "away" if plays.plays else "waiting"
        case _:
            return "gone"
