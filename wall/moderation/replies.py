"""Replies: half of a conversation, which makes little sense to a passer-by."""

from __future__ import annotations

from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding, ruling_of
from wall.settings_words import Treatment


class Replies:
    name = "replies"
    settings = ("replies",)

    def __init__(self, treatment: Treatment) -> None:
        self._ruling = ruling_of(treatment)

    def examine(self, post: Post, _card: Card, _facts: Facts) -> Finding | None:
        return Finding(self._ruling) if self._ruling and post.is_reply else None
