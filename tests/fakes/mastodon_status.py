"""Statuses in the documented shape of the Mastodon API, by invented people."""

from __future__ import annotations

import html
import itertools
import re
from datetime import UTC, datetime
from typing import Any

_serial = itertools.count()

_WORD = re.compile(r"https?://\S+|#\w+|@\w+(?:@[\w.-]+)?")


def snowflake(at: datetime) -> str:
    """An id as Mastodon makes it from the time of creation: milliseconds above 16 bits."""
    return str((int(at.timestamp() * 1000) << 16) + next(_serial) % 0x10000)


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def account(username: str = "lou", *, host: str | None = None, **overrides: Any) -> dict[str, Any]:
    """`host` None is an account of the server itself."""
    home = host or "social.example.org"
    return {
        "id": f"1000{sum(map(ord, username + (host or '')))}",
        "username": username,
        "acct": f"{username}@{host}" if host else username,
        "display_name": username.capitalize(),
        "locked": False,
        "bot": False,
        "group": False,
        "created_at": "2026-01-01T00:00:00.000Z",
        "note": "",
        "url": f"https://{home}/@{username}",
        "uri": f"https://{home}/users/{username}",
        "avatar": f"https://{home}/avatars/{username}.png",
        "avatar_static": f"https://{home}/avatars/{username}.png",
        "followers_count": 12,
        "following_count": 34,
        "statuses_count": 56,
        "emojis": [],
        "fields": [],
        **overrides,
    }


def picture(url: str, *, kind: str = "image", **overrides: Any) -> dict[str, Any]:
    return {
        "id": str(next(_serial)),
        "type": kind,
        "url": url,
        "preview_url": url,
        "remote_url": None,
        "meta": {"original": {"width": 640, "height": 480, "size": "640x480", "aspect": 1.3333333333333333}},
        "description": "A stage in the evening",
        "blurhash": None,
        **overrides,
    }


def status(text: str = "Bonsoir #parvis", *, at: datetime | None = None, **overrides: Any) -> dict[str, Any]:
    """A public status; `content` and `tags` follow from `text` as the server would make them."""
    at = at or datetime.now(UTC)
    status_id = str(overrides.pop("id", None) or snowflake(at))
    author = overrides.pop("account", None) or account()
    home = "https://social.example.org"
    return {
        "id": status_id,
        "created_at": iso(at),
        "edited_at": None,
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": "fr",
        "uri": f"{home}/users/{author['username']}/statuses/{status_id}",
        "url": f"{home}/@{author['username']}/{status_id}",
        "replies_count": 0,
        "reblogs_count": 0,
        "favourites_count": 0,
        "quotes_count": 0,
        "content": content_of(text),
        "reblog": None,
        "application": None,
        "account": author,
        "media_attachments": [],
        "mentions": [],
        "tags": tags_in(text),
        "emojis": [],
        "quote": None,
        "card": None,
        "poll": None,
        **overrides,
    }


def tags_in(text: str) -> list[dict[str, str]]:
    names = dict.fromkeys(tag.lower() for tag in re.findall(r"#(\w+)", text))
    return [{"name": name, "url": f"https://social.example.org/tags/{name}"} for name in names]


def content_of(text: str) -> str:
    """Plain text as the HTML that the server makes of it: paragraphs, tags, mentions, shortened links."""
    paragraphs = [_linked(paragraph).replace("\n", "<br />") for paragraph in text.split("\n\n")]
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def _linked(text: str) -> str:
    parts: list[str] = []
    done = 0
    for match in _WORD.finditer(text):
        parts += (html.escape(text[done : match.start()]), _anchor(match[0]))
        done = match.end()
    return "".join((*parts, html.escape(text[done:])))


def _anchor(word: str) -> str:
    if word.startswith("#"):
        address = f"https://social.example.org/tags/{word[1:].lower()}"
        return f'<a href="{address}" class="mention hashtag" rel="tag">#<span>{word[1:]}</span></a>'
    if word.startswith("@"):
        name, _, host = word[1:].partition("@")
        address = f"https://{host or 'social.example.org'}/@{name}"
        return (
            f'<span class="h-card"><a href="{address}" class="u-url mention">@<span>{name}</span></a></span>'
        )
    scheme, _, rest = html.escape(word).partition("://")
    return (
        f'<a href="{html.escape(word)}" target="_blank" rel="nofollow noopener">'
        f'<span class="invisible">{scheme}://</span><span class="ellipsis">{rest[:30]}</span>'
        f'<span class="invisible">{rest[30:]}</span></a>'
    )
