"""The public side of Bluesky's AppView: who wrote a post, and whether a post is still there.

`app.bsky.actor.getProfiles` and `app.bsky.feed.getPosts` want no account and take 25 at a time. What they do not
know is left out of the answer: a post that was deleted or taken down, an account that is closed or hidden.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from ingest.contract import SourceLost
from ingest.transport import Transport

BATCH: Final = 25
TIMEOUT_S: Final = 8.0
LIFE_S: Final = 600.0
PROFILES_MAX: Final = 5_000

_KEPT = ("did", "handle", "displayName", "avatar", "followersCount", "followsCount", "labels")

Profile = dict[str, Any]


class AppView:
    """Both requests raise `SourceLost`, `RateLimited` or `SourceOff`."""

    def __init__(self, transport: Transport, *, base_url: str) -> None:
        self._transport = transport
        self._base_url = base_url.rstrip("/")

    async def profiles(self, dids: Sequence[str]) -> dict[str, Profile]:
        """At most 25 accounts by their did; only what we use of each."""
        rows = await self._rows("app.bsky.actor.getProfiles", "actors", dids, found="profiles")
        return {
            did: {name: row[name] for name in _KEPT if name in row}
            for row in rows
            if isinstance(did := row.get("did"), str)
        }

    async def posts(self, uris: Sequence[str]) -> dict[str, dict[str, Any]]:
        """At most 25 posts (`app.bsky.feed.defs#postView`) by their at:// address."""
        rows = await self._rows("app.bsky.feed.getPosts", "uris", uris, found="posts")
        return {uri: row for row in rows if isinstance(uri := row.get("uri"), str)}

    async def _rows(
        self, method: str, parameter: str, values: Sequence[str], *, found: str
    ) -> list[dict[str, Any]]:
        reply = await self._transport.get(
            f"{self._base_url}/xrpc/{method}",
            params=[(parameter, value) for value in values],
            timeout_s=TIMEOUT_S,
        )
        if reply.status != 200:
            raise SourceLost(f"{method} answered {reply.status}")
        answer = reply.json()
        rows = answer.get(found) if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise SourceLost(f"{method} answered without {found}")
        return [row for row in rows if isinstance(row, dict)]


class Profiles:
    """The last authors, for ten minutes each. Times are seconds on one clock, passed in."""

    def __init__(self, *, life_s: float = LIFE_S, most: int = PROFILES_MAX) -> None:
        self._life_s = life_s
        self._most = most
        self._kept: OrderedDict[str, tuple[float, Profile]] = OrderedDict()

    def get(self, did: str, *, now: float) -> Profile | None:
        until, profile = self._kept.get(did, (0.0, None))
        return profile if now < until else None

    def put(self, did: str, profile: Profile, *, now: float) -> None:
        self._kept[did] = (now + self._life_s, profile)
        self._kept.move_to_end(did)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def rename(self, did: str, handle: Any) -> None:
        """An account changed its handle; without the new one it has to be asked for."""
        kept = self._kept.pop(did, None)
        if kept is not None and isinstance(handle, str):
            until, profile = kept
            self._kept[did] = (until, {**profile, "handle": handle})
