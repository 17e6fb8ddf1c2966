"""What a network is. One file in `ingest/networks/`, one line in its registry, one fixture folder.

A network has two halves. `normalise` is pure: a raw item in, a `Post`, `Removal` or `Skip` out, never an
exception for anything a network may send. `follow` is a thin shell that talks to the network and yields
arrivals; the service stores each one and only then saves the arrival's cursor.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import msgspec

from ingest.hook import Hook
from wall.model import Post, Removal, Skip

if TYPE_CHECKING:
    from ingest.transport import (
        Transport,
    )  # transport raises this file's errors: a real import would be a circle

Raw = Any  # foreign JSON: untyped until `normalise` has looked at it
Outcome = Post | Removal | Skip


class Arrival(msgspec.Struct, frozen=True):
    """Something a network sent, and where to resume once it is stored.

    `raw` None carries the cursor alone (a firehose moving on without a match).
    """

    raw: Raw
    cursor: str | None = None


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """What the core may rely on for a network, so that nobody asks for its name."""

    title: str
    needs_account: bool
    transports: tuple[str, ...]
    sends_deletes: bool
    sends_edits: bool
    has_followers: bool
    is_resumable: bool
    attribution: str
    colour: str
    hook: Hook | None = None  # how it takes what is pushed to /hooks/{source}


class Link(StrEnum):
    """How a source is doing, as the desk shows it."""

    STARTING = "starting"
    LIVE = "live"
    POLLING = "polling"
    RECONNECTING = "reconnecting"
    LIMITED = "limited"
    OFF = "off"


class SourceOff(Exception):
    """This source cannot work until somebody changes something; the message says what."""


class SourceLost(Exception):
    """The link broke or the network answered nonsense: try again with back-off. The message says why."""


class RateLimited(Exception):
    """The network asked for quiet until `until` (aware UTC)."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"rate limit until {until.isoformat(timespec='seconds')}")
        self.until = until


class Feed(Protocol):
    """What the service gives a running source: its identity, its tags and its memory."""

    name: str
    hashtags: tuple[str, ...]
    transport: Transport
    callback_url: str | None

    def report(self, link: Link, reason: str = "") -> None:
        """Say how the source is doing. Logged when it changes, shown at `/api/v1/sources`."""

    async def recall(self, key: str) -> str | None:
        """A small value that this source remembered earlier (an ETag, a hub's lease)."""

    async def remember(self, key: str, value: str) -> None: ...

    def deliveries(self) -> AsyncIterator[Delivery]:
        """Verified webhook bodies for this source, oldest first; waits for the next one."""

    async def delivered(self, delivery: Delivery) -> None:
        """The delivery was handled and may be forgotten."""

    async def shown_ids(self) -> tuple[str, ...]:
        """Native ids of this source's posts that are queued, held or on screen (for reconciliation)."""


class Delivery(msgspec.Struct, frozen=True):
    id: str
    headers: Mapping[str, str]
    body: bytes


class Network(Protocol):
    """One kind of source. An instance is one configured source: `Network(options)`."""

    name: ClassVar[str]
    traits: ClassVar[Traits]
    Options: ClassVar[type[msgspec.Struct]]

    def __init__(self, options: Any, *, source: str, hashtags: tuple[str, ...]) -> None: ...

    def normalise(self, raw: Raw) -> Outcome:
        """Pure: no I/O, no clock. Anything unexpected is a `Skip` with its reason."""

    def follow(self, feed: Feed, cursor: str | None) -> AsyncIterator[Arrival]:
        """Yield arrivals for ever; raise `SourceLost`, `RateLimited` or `SourceOff` to hand over to the supervisor.

        A source that polls loops inside and sleeps between rounds.
        """
