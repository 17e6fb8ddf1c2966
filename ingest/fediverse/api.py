"""The Mastodon API as a source needs it: what a server allows, tag timelines, single statuses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec

from ingest.contract import SourceLost, SourceOff
from ingest.fediverse.status import table_at, text_at
from ingest.quiet import QUIET_MAX, moment
from ingest.sockets import words_of
from ingest.transport import Reply, Transport
from wall.secret import Secret

PAGE: Final = 40


class Software(Enum):
    """What differs by server: only Mastodon makes ids from times, GoToSocial never feeds hashtag streams."""

    MASTODON = "Mastodon"
    GOTOSOCIAL = "GoToSocial"
    OTHER = "other"


class Instance(msgspec.Struct, frozen=True):
    """What a server says of itself. `local` and `remote` are "public", "authenticated" or "disabled"."""

    streaming_url: str
    software: Software = Software.MASTODON
    local: str = "public"
    remote: str = "public"

    @property
    def note(self) -> str:
        """What the operator should know of its tag timelines; "" when they are open to all."""
        if (self.local, self.remote) == ("public", "public"):
            return ""
        words = {
            "public": "open to all",
            "authenticated": "only with a user token",
            "disabled": "not given out",
        }
        local, remote = words.get(self.local, self.local), words.get(self.remote, self.remote)
        return f"tag timelines: posts of this server {local}, of others {remote}"


def read_instance(raw: Any, *, base_url: str) -> Instance:
    """`GET /api/v2/instance`, with the defaults of servers that do not tell."""
    table = raw if isinstance(raw, dict) else {}
    configuration = table_at(table, "configuration")
    feeds = table_at(table_at(configuration, "timelines_access"), "hashtag_feeds")
    streaming = text_at(table_at(configuration, "urls"), "streaming")
    version = text_at(table, "version")
    if "gotosocial" in (text_at(table, "source_url") + version).lower():
        software = Software.GOTOSOCIAL
    else:
        software = Software.OTHER if "compatible;" in version else Software.MASTODON
    return Instance(
        streaming_url=_streaming(streaming, base_url=base_url),
        software=software,
        local=text_at(feeds, "local") or "public",
        remote=text_at(feeds, "remote") or "public",
    )


def _streaming(announced: str, *, base_url: str) -> str:
    """The token goes there: an announced address counts only if it is as encrypted as the server's own."""
    scheme = "wss" if base_url.startswith("https:") else "ws"
    parts = urlsplit(announced)
    if parts.netloc and parts.scheme in {"wss", scheme}:
        return announced.rstrip("/")
    return f"{scheme}://{urlsplit(base_url).netloc}"


class Api:
    """Requests to one server, spread out as its rate limit asks."""

    def __init__(self, transport: Transport, *, base_url: str, token: Secret | None) -> None:
        self._transport = transport
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._gap_s = 0.0

    async def instance(self) -> Instance:
        try:
            reply = await self._get("/api/v2/instance")
        except SourceOff:  # a closed server may still give its timelines to our token
            return read_instance(None, base_url=self._base_url)
        raw = reply.json() if reply.status == 200 else None
        return read_instance(raw, base_url=self._base_url)

    async def tag_page(
        self, tag: str, *, min_id: str | None = None, local: bool = False, only_media: bool = False
    ) -> list[Any]:
        """A page of a tag's timeline, newest first: the newest one, or the one just above `min_id`."""
        params = {"limit": str(PAGE)}
        if min_id is not None:
            params["min_id"] = min_id
        if local:
            params["local"] = "true"
        # Pixelfed takes this for true unless told otherwise.
        params["only_media"] = "true" if only_media else "false"
        reply = await self._get(f"/api/v1/timelines/tag/{quote(tag, safe='')}", params)
        if reply.status in (404, 410):  # GoToSocial's word for a tag that nobody used yet, in JSON
            reply.json()
            return []
        if reply.status != 200:
            raise SourceOff(f"{self._host} refuses its tag timeline ({reply.status}): {words_of(reply.body)}")
        rows = reply.json()
        if not isinstance(rows, list):
            raise SourceLost(f"{self._host} answered no list of posts")
        return rows

    async def status(self, native_id: str) -> Any | None:
        """One Status, or None when the server says in its own words that it is gone."""
        reply = await self._get(f"/api/v1/statuses/{quote(native_id, safe='')}")
        raw = reply.json()  # a 404 page of some proxy is not the server's word: it fails here
        if not isinstance(raw, dict):
            raise SourceLost(f"{self._host} answered no post")
        if reply.status in (404, 410) and "error" in raw:
            return None
        if reply.status != 200:
            raise SourceLost(f"{self._host} answered {reply.status}")
        return raw

    @property
    def _host(self) -> str:
        return urlsplit(self._base_url).hostname or ""

    async def _get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        await asyncio.sleep(self._gap_s)
        reply = await self._transport.get(self._base_url + path, params=params, token=self._token)
        self._gap_s = gap_s(reply.headers, now=datetime.now(UTC))
        return reply


def gap_s(headers: Mapping[str, str], *, now: datetime) -> float:
    """Seconds to leave before the next request, so that the last quarter of the allowance lasts until its end."""
    try:
        limit, left = int(headers["x-ratelimit-limit"]), int(headers["x-ratelimit-remaining"])
    except (KeyError, ValueError):
        return 0.0
    reset = moment(headers.get("x-ratelimit-reset", ""), now=now)
    if reset is None or left * 4 > limit:
        return 0.0
    wait = min((reset - now).total_seconds(), QUIET_MAX.total_seconds())
    return max(0.0, wait / max(left, 1))
