"""Authors who post faster than a person does: what goes beyond so many posts in ten minutes."""

from __future__ import annotations

from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding
from wall.verdict import Ruling


class AuthorRate:
    """`most` is how many an author may have; 0 sets no limit."""

    name = "author-rate"
    settings = ("author_rate",)

    def __init__(self, most: int) -> None:
        self._most = most

    def examine(self, _post: Post, _card: Card, facts: Facts) -> Finding | None:
        return Finding(Ruling.HOLD, str(facts.recent)) if 0 < self._most < facts.recent else None
