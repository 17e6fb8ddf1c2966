"""What can be set for a source on Bluesky, or on another network of the AT Protocol."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from wall import settings_checks as check

_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")


def stream_address(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError(
            "it is not the address of a stream; write it like 'wss://jetstream.example.org/subscribe'"
        )
    return value.strip()


def language(value: str) -> str:
    short = value.strip().lower().split("-")[0]
    if not _LANGUAGE.match(short):
        raise ValueError("it is not a language; write it like 'fr'")
    return short


class BlueskyOptions(msgspec.Struct, frozen=True, kw_only=True):
    base_url: Annotated[
        str,
        Meta(
            max_length=300,
            description="The AppView that tells who wrote a post and whether it is still there.",
        ),
        check.public_url,
    ] = "https://public.api.bsky.app"
    ws_url: Annotated[
        str,
        Meta(
            max_length=500,
            description="The Jetstream server whose events are followed.",
            extra={"shape": 'an address like "wss://jetstream1.us-west.bsky.network/subscribe"'},
        ),
        stream_address,
    ] = "wss://jetstream2.us-east.bsky.network/subscribe"
    cdn_url: Annotated[
        str, Meta(max_length=300, description="Where pictures are fetched."), check.public_url
    ] = "https://cdn.bsky.app"
    video_url: Annotated[
        str, Meta(max_length=300, description="Where the stills of films are fetched."), check.public_url
    ] = "https://video.bsky.app"
    web_url: Annotated[
        str,
        Meta(max_length=300, description="The site that links to posts and authors lead to."),
        check.public_url,
    ] = "https://bsky.app"
    wire: Annotated[
        Literal["auto", "v1", "v2"],
        Meta(description="Jetstream's wire; auto goes by the path of ws_url: /xrpc/… is v2."),
    ] = "auto"
    compress: Annotated[
        bool, Meta(description="A third of the traffic for a little more work. v1 needs zstd_dictionary.")
    ] = False
    zstd_dictionary: Annotated[
        str | None,
        Meta(
            max_length=1000,
            description="The file with Jetstream's dictionary for v1; v2 asks its server for it.",
        ),
    ] = None
    langs: Annotated[
        tuple[Annotated[str, Meta(max_length=20, extra={"shape": 'a language like "fr"'}), language], ...],
        Meta(max_length=20, description="Only posts in these languages, and those that name none."),
    ] = ()
    replies: Annotated[bool, Meta(description="Also posts that answer another post.")] = True
    plain_tags: Annotated[
        bool, Meta(description="Also tags that the author's app left as plain words, as some bridges do.")
    ] = False
    silence_s: Annotated[
        float,
        Meta(ge=0.1, le=3600, description="Seconds without an event after which the stream counts as dead."),
    ] = 20.0
    authors_s: Annotated[
        float, Meta(ge=0.1, le=60, description="Seconds between two questions for the authors of new posts.")
    ] = 2.0
    recheck_s: Annotated[
        float,
        Meta(
            ge=0.1,
            le=3600,
            description="Seconds between two looks whether all that is queued or shown is still there.",
        ),
    ] = 120.0
