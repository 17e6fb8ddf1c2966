"""Bluesky: posts with our hashtags, picked out of Jetstream, the firehose of the AT Protocol. No account is needed.

Identity: a post's `native_id` is its at:// address, which an edit keeps; authors are told apart by their did. What
raw items look like stands in `ingest/atproto/record.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import ClassVar

import msgspec

from ingest.atproto.appview import AppView
from ingest.atproto.memory import Memory
from ingest.atproto.options import BlueskyOptions
from ingest.atproto.record import Reader
from ingest.atproto.run import Run
from ingest.contract import Arrival, Feed, Link, Outcome, Raw, SourceOff, Traits
from ingest.jetstream import Dictionary, Server


class Bluesky:
    name: ClassVar[str] = "bluesky"
    traits: ClassVar[Traits] = Traits(
        title="Bluesky",
        needs_account=False,
        transports=("websocket",),
        sends_deletes=True,
        sends_edits=True,
        has_followers=True,
        is_resumable=True,
        attribution="Bluesky",
        colour="#1185fe",
    )
    Options: ClassVar[type[msgspec.Struct]] = BlueskyOptions

    def __init__(self, options: BlueskyOptions, *, source: str, hashtags: tuple[str, ...]) -> None:
        self._options = options
        self._reader = Reader(options, network=self.name, source=source, hashtags=hashtags)
        self._memory = Memory()

    def normalise(self, raw: Raw) -> Outcome:
        return self._reader.outcome(raw)

    async def follow(self, feed: Feed, cursor: str | None) -> AsyncGenerator[Arrival, None]:
        if not feed.hashtags:
            raise SourceOff("there are no hashtags to look for; set event.hashtags")
        feed.report(Link.STARTING)
        options = self._options
        server = Server(options.ws_url, wire=options.wire)
        run = Run(
            feed,
            server=server,
            appview=AppView(feed.transport, base_url=options.base_url),
            memory=self._memory,
            options=options,
            cursor=cursor,
        )
        if options.compress and server.is_v2:
            await run.fetch_dictionary()
        elif options.compress:
            server.dictionary = await asyncio.to_thread(_dictionary, options.zstd_dictionary)
        async with aclosing(run.arrivals()) as arrivals:
            async for arrival in arrivals:
                yield arrival


def _dictionary(path: str | None) -> Dictionary:
    """Raises `SourceOff`: v1 does not hand out its dictionary, so somebody has to."""
    if not path:
        raise SourceOff("compress needs zstd_dictionary on wire v1: the file with Jetstream's dictionary")
    try:
        return Dictionary(Path(path).read_bytes())
    except OSError as error:
        raise SourceOff(f"zstd_dictionary: {path} cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise SourceOff(f"zstd_dictionary: {path} is of no use ({error})") from None
