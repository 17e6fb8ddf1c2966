"""The API that finds: what a question may ask for, and how many posts have what in common."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wall.finder import LISTED, Finder
from wall.finder_index import Wanted
from wall.finder_text import QUERY_MAX, parse
from wall.model import State
from wall.web.answers import ApiError, answer
from wall.web.auth import Auth

NAME_MAX = 100
NAMES = ("network", "source", "rule", "label")
ASKED = ("q", *NAMES, "lang", "author")

_LANG = re.compile(r"[A-Za-z]{2,8}")
_AUTHOR = re.compile(r"[a-z2-7]{26}")


def state_of(request: Request) -> State:
    """The list that is asked for, the queue by itself. Raises `ApiError` 400."""
    state = request.query_params.get("state", State.QUEUED)
    if state not in LISTED:
        raise ApiError(400, "invalid", f"state must be one of {', '.join(LISTED)}", field="state")
    return State(state)


def cursor_of(request: Request) -> str:
    """Where a list goes on, "" at its beginning. Raises `ApiError` 400."""
    cursor = request.query_params.get("cursor", "")
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
        raise ApiError(400, "invalid", "cursor must be one that this address gave", field="cursor")
    return cursor


def wanted_of(request: Request) -> Wanted:
    """What is looked for. Names are compared, never interpreted. Raises `ApiError` 400 with the field."""
    asked = {name: request.query_params.get(name, "") for name in ASKED}
    if len(asked["q"]) > QUERY_MAX:
        raise ApiError(400, "invalid", f"q must be at most {QUERY_MAX} characters", field="q")
    for name in NAMES:
        if len(asked[name]) > NAME_MAX or not asked[name].isprintable():
            message = f"{name} must be at most {NAME_MAX} printable characters"
            raise ApiError(400, "invalid", message, field=name)
    if asked["lang"] and not _LANG.fullmatch(asked["lang"]):
        raise ApiError(400, "invalid", 'lang must be a language code like "fr", or "und"', field="lang")
    if asked["author"] and not _AUTHOR.fullmatch(asked["author"]):
        raise ApiError(400, "invalid", "author must be the key that a post gives", field="author")
    return Wanted(
        terms=parse(asked["q"]),
        network=asked["network"],
        source=asked["source"],
        rule=asked["rule"],
        lang=asked["lang"].lower(),
        label=asked["label"],
        author=asked["author"],
    )


def building(finder: Finder) -> dict[str, Any]:
    """The share of the posts that can be found so far; nothing once it is all of them."""
    share = finder.building
    return {} if share is None else {"building": round(share, 2)}


class SearchApi:
    def __init__(self, *, finder: Finder, auth: Auth) -> None:
        self._finder = finder
        self._auth = auth

    @property
    def routes(self) -> list[Route]:
        return [Route("/api/v1/facets", self.facets, methods=["GET"])]

    async def facets(self, request: Request) -> Response:
        """How many posts of a list have each network, source, rule, language, label, author."""
        await self._auth.need(request, "viewer")
        found = await self._finder.facets(state_of(request), wanted_of(request))
        return answer({**msgspec.structs.asdict(found), **building(self._finder)})
