"""Reposts: somebody passed on what another wrote."""

from __future__ import annotations

from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding, ruling_of
from wall.settings_words import Treatment


class Reposts:
    name = "reposts"
    settings = ("reposts",)

    def __init__(self, treatment: Treatment) -> None:
        self._ruling = ruling_of(treatment)

    def examine(self, post: Post, _card: Card, _facts: Facts) -> Finding | None:
        return Finding(self._ruling) if self._ruling and post.is_repost else None
