"""What can be set for a source on a server that speaks the Mastodon API."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from wall import settings_checks as check
from wall.secret import Secret

Tag = Annotated[str, Meta(max_length=100, extra={"shape": 'a hashtag like "NuitVauclair"'}), check.hashtag]


def streaming_address(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError("it is not the address of a stream; write it like 'wss://streaming.example.org'")
    return value.strip()


class FediverseOptions(msgspec.Struct, frozen=True, kw_only=True):
    base_url: Annotated[
        str,
        Meta(
            max_length=300,
            description="The server whose view of the tags is followed, best the organiser's own.",
            extra={"shape": 'the address of a server like "https://mastodon.social"'},
            examples=["https://mastodon.social"],
        ),
        check.public_url,
    ]
    ws_url: (
        Annotated[
            str,
            Meta(
                max_length=300,
                description="The streaming server, where the server does not announce the right one.",
                extra={"shape": 'an address like "wss://streaming.mastodon.social"'},
            ),
            streaming_address,
        ]
        | None
    ) = None
    token: Annotated[
        Secret | None,
        Meta(
            description="A USER token with scope read:statuses (Preferences > Development). Without it the "
            "tags are polled; with it posts come at once.",
        ),
    ] = None
    all_tags: Annotated[
        tuple[Tag, ...], Meta(max_length=8, description="Only posts that carry all of these as well.")
    ] = ()
    none_tags: Annotated[
        tuple[Tag, ...], Meta(max_length=8, description="No posts that carry one of these.")
    ] = ()
    local_only: Annotated[bool, Meta(description="Only posts written on this server.")] = False
    only_media: Annotated[bool, Meta(description="Only posts with a picture or a film.")] = False
    replies: Annotated[bool, Meta(description="Also posts that answer another post.")] = True
    reposts: Annotated[bool, Meta(description="Take a boost for the post that it boosts.")] = False
    stream: Annotated[
        Literal["auto", "websocket", "sse", "off"],
        Meta(description="How posts come at once; auto takes what the server offers."),
    ] = "auto"
    poll_s: Annotated[
        float, Meta(ge=0.1, le=3600, description="Seconds between two looks while no stream is up.")
    ] = 20.0
    reconcile_s: Annotated[
        float, Meta(ge=0.1, le=3600, description="Seconds between two looks beside a stream.")
    ] = 90.0
    recheck_s: Annotated[
        float,
        Meta(ge=0.1, le=3600, description="Seconds in which all that is queued or shown is asked for again."),
    ] = 180.0
