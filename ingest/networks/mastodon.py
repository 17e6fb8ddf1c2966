"""Mastodon, and GoToSocial, Pixelfed, Pleroma and others that speak its API: posts under hashtags.

Identity: a post's `native_id` is its id on the configured server and `instance` that server's host. The `uri`
would be the same on all servers, but a `delete` carries the bare local id and nothing else, and a removal that
finds its post matters more than one post that two servers both deliver (rules hold such twins as duplicates).

Raw items: `{"event": "update" | "status.update" | "delete" | "status" | "recheck", "payload": Status or id}`,
a frame of the stream as the server sent it, or a bare Status.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, ClassVar

import msgspec

from ingest.contract import Arrival, Feed, Link, Outcome, Raw, SourceOff, Traits
from ingest.fediverse.api import Api
from ingest.fediverse.options import FediverseOptions
from ingest.fediverse.run import Run
from ingest.fediverse.status import host_of, id_of, read_status, table_at
from ingest.transport import read_json
from wall.model import Post, Removal, Skip
from wall.text import fold_tag_ascii

_STATUS_EVENTS = frozenset({"update", "status.update", "status", "recheck"})
_TAKEN_BACK = frozenset({"no-tag", "excluded-tag"})


class Mastodon:
    name: ClassVar[str] = "mastodon"
    traits: ClassVar[Traits] = Traits(
        title="Mastodon",
        needs_account=False,
        transports=("websocket", "sse", "poll"),
        sends_deletes=True,
        sends_edits=True,
        has_followers=True,
        is_resumable=True,
        attribution="Mastodon",
        colour="#6364ff",
    )
    Options: ClassVar[type[msgspec.Struct]] = FediverseOptions

    def __init__(self, options: FediverseOptions, *, source: str, hashtags: tuple[str, ...]) -> None:
        self._options = options
        self._source = source
        self._tags = tuple(dict.fromkeys(tag.lstrip("#＃") for tag in hashtags))
        self._any = frozenset(map(fold_tag_ascii, hashtags))
        self._all = frozenset(map(fold_tag_ascii, options.all_tags))
        self._none = frozenset(map(fold_tag_ascii, options.none_tags))

    def normalise(self, raw: Raw) -> Outcome:
        if not isinstance(raw, dict):
            return Skip("not-a-status")
        if "error" in raw:
            return Skip("error-frame")
        event = raw.get("event", "status")
        payload = raw.get("payload") if "event" in raw else raw
        if event == "delete":
            return self._removal(payload, reason="deleted")
        if not isinstance(event, str) or event not in _STATUS_EVENTS:
            return Skip("not-a-post")
        if isinstance(payload, str):
            try:
                payload = read_json(payload)
            except ValueError:
                return Skip("not-a-status")
        outcome = self._post(payload)
        if event == "recheck" and isinstance(outcome, Skip) and outcome.reason in _TAKEN_BACK:
            return self._withdrawn(payload if isinstance(payload, dict) else {}, outcome)
        return outcome

    async def follow(self, feed: Feed, cursor: str | None) -> AsyncGenerator[Arrival, None]:
        if not self._tags:
            raise SourceOff("there are no hashtags to look for; set event.hashtags")
        feed.report(Link.STARTING)
        api = Api(feed.transport, base_url=self._options.base_url, token=self._options.token)
        instance = await api.instance()
        feed.report(Link.STARTING, instance.note)
        run = Run(feed, api=api, instance=instance, choices=self._options, tags=self._tags, cursor=cursor)
        async with aclosing(run.arrivals()) as arrivals:
            async for arrival in arrivals:
                yield arrival

    def _post(self, raw: Any) -> Post | Skip:
        if not isinstance(raw, dict):
            return Skip("not-a-status")
        if isinstance(raw.get("reblog"), dict):
            # Unwrapped before anything is judged: a boost is its original, whatever became of that already.
            return (
                self._post({**table_at(raw, "reblog"), "reblog": None})
                if self._options.reposts
                else Skip("repost")
            )
        post = read_status(raw, network=self.name, source=self._source, base_url=self._options.base_url)
        if isinstance(post, Skip):
            return post
        # Servers drop names they do not know from `all` and `none`, and fold tags in their own way.
        tags = set(map(fold_tag_ascii, post.tags))
        if (self._any and not tags & self._any) or not tags >= self._all:
            return Skip("no-tag")
        if tags & self._none:
            return Skip("excluded-tag")
        if post.is_reply and not self._options.replies:
            return Skip("reply")
        if self._options.only_media and not post.attachments:
            return Skip("no-media")
        if self._options.local_only and not post.author.handle.endswith(f"@{post.instance}"):
            return Skip("not-local")
        return post

    def _removal(self, native_id: Any, *, reason: str, is_final: bool = True) -> Removal | Skip:
        known = id_of(native_id)
        if not known:
            return Skip("no-id")
        return Removal(
            network=self.name,
            source=self._source,
            instance=host_of(self._options.base_url),
            native_id=known,
            reason=reason,
            is_final=is_final,
        )

    def _withdrawn(self, raw: dict[str, Any], why: Skip) -> Outcome:
        """An edit took the tag out of a post we hold. Without an edit it is our tags that changed: let it be."""
        if not raw.get("edited_at"):
            return why
        return self._removal(raw.get("id"), reason=why.reason, is_final=False)
