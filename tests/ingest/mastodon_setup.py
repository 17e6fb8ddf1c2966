"""A Mastodon source beside the fake server, ready to run."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from ingest.fediverse.options import FediverseOptions
from ingest.networks.mastodon import Mastodon
from ingest.transport import Transport
from tests.fakes.mastodon import FakeMastodon
from tests.ingest.feedkit import RecordingFeed, Source, running
from wall.model import Post, plain
from wall.secret import Secret

NEVER_S = 3600.0


class Setup:
    """A source of `server`, polling fast unless told otherwise."""

    def __init__(self, server: FakeMastodon, transport: Transport, **options: Any) -> None:
        tags = options.pop("hashtags", ("parvis",))
        self.feed = RecordingFeed(transport, hashtags=tags, shown=options.pop("shown", ()))
        told = {"poll_s": 0.1, "reconcile_s": NEVER_S, "recheck_s": NEVER_S, **options}
        self.network = Mastodon(
            FediverseOptions(base_url=server.base_url, **told), source="test", hashtags=tags
        )

    def running(self, cursor: str | None = None) -> AbstractAsyncContextManager[Source]:
        return running(self.network, self.feed, cursor=cursor)


def streaming(server: FakeMastodon, transport: Transport, **options: Any) -> Setup:
    """With a user token, and so slow a poll that whatever comes later came through the stream."""
    return Setup(server, transport, **{"token": Secret(server.token), "poll_s": NEVER_S, **options})


def texts(source: Source) -> list[str]:
    return [plain(outcome.spans) for outcome in source.outcomes if isinstance(outcome, Post)]
