"""A post with its card, as the worker hands them to the rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from wall.model import Author, Card, CardAuthor, Post, Span

AT = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)


def pair(
    text: str | tuple[Span, ...] = "Bonsoir",
    *,
    name: str = "Inès",
    handle: str = "",
    author: dict[str, Any] | None = None,
    card: dict[str, Any] | None = None,
    **more: Any,
) -> tuple[Post, Card]:
    post = Post(
        network="n",
        source="s",
        instance="i",
        native_id="1",
        author=Author(id="a", name=name, handle=handle, **(author or {})),
        spans=(Span(text),) if isinstance(text, str) else text,
        **more,
    )
    return post, card_of(post, **(card or {}))


def card_of(post: Post, **more: Any) -> Card:
    fields: dict[str, Any] = {
        "id": post.pid,
        "network": post.network,
        "source": post.source,
        "author": CardAuthor(name=post.author.name, handle=post.author.handle),
        "spans": post.spans,
        "at": post.created_at or AT,
        "lang": post.lang,
        "warning": post.warning,
        "quote": post.quote,
    }
    return Card(**{**fields, **more})
