"""What travels through Parvis: neutral posts on the way in, cards on the way out.

A network hands over a `Post`, a `Removal` or a `Skip`; nothing else. The worker turns a post into a `Card`:
the same words, with pictures that are our own copies. A card is what a moderator judges and what a screen
paints, byte for byte.

Times are aware UTC datetimes. Ids of other systems are strings. `None` means "not known", never zero.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType

import msgspec

PostId = NewType("PostId", str)
Digest = NewType("Digest", str)


class State(StrEnum):
    """A post's state; the edges between them are held by `wall/store/scripts/`."""

    QUEUED = "queued"
    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class SpanKind(StrEnum):
    TEXT = "text"
    LINK = "link"
    MENTION = "mention"
    TAG = "tag"


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run of a post's words. Screens set `text` with textContent and never follow `href`."""

    text: str
    kind: SpanKind = SpanKind.TEXT
    href: str | None = None


class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture or film as a network offers it: where its bytes are, not the bytes.

    `url` is fetched by us, once, behind the guard; for a film it is the film and `poster_url` its still.
    `spool` names a visitor's upload already in our own data folder (`url` is then empty).
    """

    url: str
    kind: MediaKind = MediaKind.IMAGE
    alt: str = ""
    poster_url: str | None = None
    width_px: int | None = None
    height_px: int | None = None
    spool: str | None = None


class Author(msgspec.Struct, frozen=True, omit_defaults=True):
    """`id` is stable inside (network, instance); `handle` is what readers know ("@sam@example.org").

    `avatar_spool` names a picture that is already ours (see `Attachment.spool`); networks never set it.
    """

    id: str
    name: str
    handle: str = ""
    url: str | None = None
    avatar_url: str | None = None
    avatar_spool: str | None = None
    followers: int | None = None
    following: int | None = None
    is_bot: bool | None = None
    created_at: datetime | None = None


class Counts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the network counts of a post. Not part of its content: a new like is not an edit."""

    likes: int | None = None
    shares: int | None = None
    replies: int | None = None
    views: int | None = None


class Quote(msgspec.Struct, frozen=True, omit_defaults=True):
    """The post that this one quotes, as far as the network hands it over."""

    author: str
    spans: tuple[Span, ...]
    url: str | None = None


class Post(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One neutral post, as a network gives it.

    `native_id` is the network's own id inside `instance` (the id space: a host, "bsky", a feed's address).
    `revision` is the network's revision number where it has one; else `edited_at` and the content decide.
    `is_public` false means the author did not publish it to everybody: it is never queued.
    """

    network: str
    source: str
    instance: str
    native_id: str
    author: Author
    spans: tuple[Span, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    url: str | None = None
    lang: str | None = None
    created_at: datetime | None = None
    edited_at: datetime | None = None
    revision: int | None = None
    tags: tuple[str, ...] = ()
    is_reply: bool = False
    is_repost: bool = False
    is_sensitive: bool = False
    is_public: bool = True
    warning: str = ""
    quote: Quote | None = None
    counts: Counts = Counts()

    @property
    def pid(self) -> PostId:
        return post_id(network=self.network, instance=self.instance, native_id=self.native_id)

    @property
    def author_key(self) -> str:
        return author_key(network=self.network, instance=self.instance, author_id=self.author.id)


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """The network took something back: one post (`native_id`) or, without it, all of an author's.

    `is_final` false is for a state the author can leave again (a deactivated account): the posts leave the
    screens and wait, held, instead of becoming tombstones.
    """

    network: str
    source: str
    instance: str
    native_id: str | None = None
    author_id: str | None = None
    reason: str = "deleted"
    is_final: bool = True


class Skip(msgspec.Struct, frozen=True):
    """Not for the wall, and why; counted by `reason` (a short word with hyphens: "no-tag", "not-a-post").

    `detail` helps whoever looks into it ("line 17"); it is logged with the first of its kind, never counted.
    """

    reason: str
    detail: str = ""


class Picture(msgspec.Struct, frozen=True, omit_defaults=True):
    """Our own copy of a picture. `digest` names it under `/media/{digest}/{variant}`.

    Sizes are those of the `large` variant. `colour` is the mean as "#rrggbb", shown until the picture is.
    """

    digest: Digest
    width_px: int
    height_px: int
    colour: str
    alt: str = ""


class CardAuthor(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    handle: str = ""
    url: str | None = None
    avatar: Picture | None = None


class Card(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a moderator judges and a screen paints. Its encoded bytes are the content that is approved."""

    id: PostId
    network: str
    source: str
    author: CardAuthor
    spans: tuple[Span, ...] = ()
    pictures: tuple[Picture, ...] = ()
    url: str | None = None
    lang: str | None = None
    at: datetime
    warning: str = ""
    quote: Quote | None = None
    is_film: bool = False


def post_id(*, network: str, instance: str, native_id: str) -> PostId:
    """26 base32 characters: no foreign bytes ever reach a key, a file name or an address."""
    return PostId(short_hash(network, instance, native_id))


def author_key(*, network: str, instance: str, author_id: str) -> str:
    return short_hash(network, instance, author_id)


def short_hash(*parts: str) -> str:
    """26 base32 characters: the form of every id of ours."""
    raw = "\0".join(parts).encode("utf-8", "surrogatepass")
    return base64.b32encode(hashlib.sha256(raw).digest()).decode("ascii").lower()[:26]


_encode_card = msgspec.json.Encoder(order="deterministic").encode
_decode_card = msgspec.json.Decoder(Card).decode
_encode_post = msgspec.json.Encoder(order="deterministic").encode
_decode_post = msgspec.json.Decoder(Post).decode


def encode_card(card: Card) -> bytes:
    return _encode_card(card)


def decode_card(content: bytes) -> Card:
    """Raises `msgspec.DecodeError` on anything but a card."""
    return _decode_card(content)


def encode_post(post: Post) -> bytes:
    return _encode_post(post)


def decode_post(raw: bytes) -> Post:
    return _decode_post(raw)


def content_hash(content: bytes) -> str:
    """Hex SHA-256 of a card's bytes: checked again before anything is shown."""
    return hashlib.sha256(content).hexdigest()


def source_hash(post: Post) -> str:
    """Hex SHA-256 of what the author published: tells an edit from a copy. Counts and source are not in it.

    Nor is the avatar's address, the follower counts, the account's age or the edit time: networks change those
    by themselves, or begin to tell them.
    """
    author = msgspec.structs.replace(
        post.author, avatar_url=None, followers=None, following=None, created_at=None
    )
    neutral = msgspec.structs.replace(
        post, counts=Counts(), source="", edited_at=None, revision=None, author=author
    )
    return hashlib.sha256(_encode_post(neutral)).hexdigest()


def plain(spans: tuple[Span, ...]) -> str:
    return "".join(span.text for span in spans)


def utc_now() -> datetime:
    return datetime.now(UTC)
