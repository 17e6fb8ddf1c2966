"""The Status of the Mastodon API, read as data that anybody may have sent.

Documented at https://docs.joinmastodon.org/entities/Status/; GoToSocial, Pixelfed, Pleroma and others speak it
with small differences. Nothing here raises: a wrong shape is a missing value, and what cannot do without it is
a `Skip` with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from wall.model import Attachment, Author, Counts, MediaKind, Post, Quote, Skip, Span
from wall.text import clean, clean_name, fold_tag, from_html, tags_of

ATTACHMENTS_MAX = 4
TAGS_MAX = 50
POLL_OPTIONS_MAX = 8
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

_ID = re.compile(r"[!-~]{1,200}\Z")
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\Z")
_KINDS = {"image": MediaKind.IMAGE, "video": MediaKind.VIDEO, "gifv": MediaKind.VIDEO}

Table = Mapping[str, Any]


def host_of(base_url: str) -> str:
    """The id space of a server: its host, with the port where that is not the scheme's own."""
    parts = urlsplit(base_url)
    return parts.netloc.rpartition("@")[2].lower()


def read_status(raw: Any, *, network: str, source: str, base_url: str) -> Post | Skip:
    """A Status as a post, whatever its tags. Reblogs must be unwrapped before."""
    if not isinstance(raw, dict):
        return Skip("not-a-status")
    native_id = id_of(raw.get("id"))
    if not native_id:
        return Skip("no-id")
    if not isinstance(raw.get("content"), str):
        return Skip("not-a-status")
    if text_at(raw, "visibility") != "public" or raw.get("local_only") is True:
        return Skip("not-public")
    author = _author(table_at(raw, "account"), host=host_of(base_url))
    if author is None:
        return Skip("no-author")
    spans = from_html(text_at(raw, "content"), base_url=base_url)
    spans += _poll(table_at(raw, "poll"), is_first=not spans)
    attachments = tuple(_attachments(rows_at(raw, "media_attachments")))
    warning = clean(text_at(raw, "spoiler_text"), limit=200)
    if not (spans or attachments or warning):
        return Skip("empty")
    quoted = _quoted(table_at(raw, "quote"))
    return Post(
        network=network,
        source=source,
        instance=host_of(base_url),
        native_id=native_id,
        author=author,
        spans=spans,
        attachments=attachments,
        url=address_of(raw.get("url")) or address_of(raw.get("uri")),
        lang=_lang(raw.get("language")),
        created_at=time_of(raw.get("created_at")),
        edited_at=time_of(raw.get("edited_at")),
        tags=_tags(rows_at(raw, "tags"), spans),
        is_reply=raw.get("in_reply_to_id") is not None,
        is_sensitive=bool(raw.get("sensitive")) or bool(warning) or bool(quoted and quoted.get("sensitive")),
        warning=warning,
        quote=_quote(quoted, base_url=base_url) if quoted else None,
        counts=Counts(
            likes=count_at(raw, "favourites_count"),
            shares=count_at(raw, "reblogs_count"),
            replies=count_at(raw, "replies_count"),
        ),
    )


def _author(account: Table, *, host: str) -> Author | None:
    author_id = id_of(account.get("id"))
    if not author_id:
        return None
    acct = clean_name(text_at(account, "acct") or text_at(account, "username"), limit=120).lstrip("@")
    handle = f"@{acct}" if "@" in acct else f"@{acct}@{host}" if acct else ""
    username = clean_name(text_at(account, "username"))
    return Author(
        id=author_id,
        name=clean_name(text_at(account, "display_name")) or username or handle or "?",
        handle=handle,
        url=address_of(account.get("url")),
        avatar_url=address_of(account.get("avatar_static")) or address_of(account.get("avatar")),
        followers=count_at(account, "followers_count"),
        following=count_at(account, "following_count"),
        is_bot=account["bot"] if isinstance(account.get("bot"), bool) else None,
        created_at=time_of(account.get("created_at")),
    )


def _poll(poll: Table, *, is_first: bool) -> tuple[Span, ...]:
    """The one rule for polls: the choices follow the text, a line each; votes are not shown."""
    titles = [clean_name(text_at(option, "title")) for option in rows_at(poll, "options")[:POLL_OPTIONS_MAX]]
    lines = "".join(f"\n• {title}" for title in titles if title)
    return (Span(lines.lstrip("\n") if is_first else lines),) if lines else ()


def _attachments(rows: Sequence[Table]) -> list[Attachment]:
    """Pictures, and films with their still. Sound, unknown kinds and what has no address yet are left out."""
    found: list[Attachment] = []
    for row in rows:
        kind = _KINDS.get(text_at(row, "type"))
        preview = address_of(row.get("preview_url")) or address_of(row.get("preview_remote_url"))
        url = address_of(row.get("url")) or address_of(row.get("remote_url"))
        if kind is MediaKind.IMAGE:
            url = url or preview
        if kind is None or url is None:
            continue
        size = table_at(table_at(row, "meta"), "original")
        found.append(
            Attachment(
                url=url,
                kind=kind,
                alt=clean(text_at(row, "description"), limit=300),
                poster_url=preview if kind is MediaKind.VIDEO else None,
                width_px=count_at(size, "width") or None,
                height_px=count_at(size, "height") or None,
            )
        )
    return found[:ATTACHMENTS_MAX]


def _tags(rows: Sequence[Table], spans: tuple[Span, ...]) -> tuple[str, ...]:
    """Each tag once, written as its author did where the text has it (servers tell tags in lower case)."""
    named = (clean_name(text_at(row, "name"), limit=100).lstrip("#") for row in rows[:TAGS_MAX])
    tags = {fold_tag(tag): tag for tag in named if tag}
    tags.update((fold_tag(tag), tag) for tag in tags_of(spans))
    return tuple(tags.values())


def _quoted(quote: Table) -> Table | None:
    """The quoted Status, only when its author agreed and published it to everybody."""
    status = table_at(quote, "quoted_status")
    is_open = text_at(quote, "state") == "accepted" and text_at(status, "visibility") == "public"
    return status if is_open else None


def _quote(status: Table, *, base_url: str) -> Quote | None:
    author = _author(table_at(status, "account"), host=host_of(base_url))
    spans = from_html(text_at(status, "content"), limit=200, base_url=base_url)
    return Quote(author.name, spans, address_of(status.get("url"))) if author and spans else None


# --- one value at a time ----------------------------------------------------------------------------------


def text_at(raw: Table, key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def table_at(raw: Table, key: str) -> Table:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def rows_at(raw: Table, key: str) -> list[Table]:
    value = raw.get(key)
    return [row for row in value[:100] if isinstance(row, dict)] if isinstance(value, list) else []


def count_at(raw: Table, key: str) -> int | None:
    value = raw.get(key)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if is_count else None


def id_of(value: Any) -> str:
    """An id as text, or "" when it is none. Some servers send numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 2**64 else ""
    return value if isinstance(value, str) and _ID.match(value) else ""


def address_of(value: Any) -> str | None:
    """An http address that may be stored and, behind the guard, fetched; else None."""
    if not isinstance(value, str) or len(value) > 2_000 or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.netloc else None


def time_of(value: Any) -> datetime | None:
    """A time in UTC; None for what is none, or lies before there was any such network."""
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
        when = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return when if when >= EARLIEST else None


def _lang(value: Any) -> str | None:
    return value if isinstance(value, str) and _LANG.match(value) else None
