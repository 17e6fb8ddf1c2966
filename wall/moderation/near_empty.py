"""Posts that say nothing by themselves: hashtags, mentions, links or emoji, without a picture beside them."""

from __future__ import annotations

from wall.model import Card, Post, SpanKind
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding, ruling_of
from wall.settings_words import Treatment


class NearEmpty:
    name = "near-empty"
    settings = ("near_empty",)

    def __init__(self, treatment: Treatment) -> None:
        self._ruling = ruling_of(treatment)

    def examine(self, post: Post, card: Card, _facts: Facts) -> Finding | None:
        if self._ruling is None or post.attachments or card.pictures or card.quote is not None:
            return None
        says_something = any(
            char.isalnum() for span in card.spans if span.kind is SpanKind.TEXT for char in span.text
        )
        return None if says_something else Finding(self._ruling)
