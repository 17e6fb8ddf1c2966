"""What the author or the network itself marked: sensitive, or behind a content warning."""

from __future__ import annotations

from wall.gate import Ruling
from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding


class Sensitive:
    name = "sensitive"

    def examine(self, post: Post, card: Card, _facts: Facts) -> Finding | None:
        if post.is_sensitive or post.warning or card.warning:
            return Finding(Ruling.HOLD, post.warning)
        return None
