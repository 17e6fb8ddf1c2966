"""Nearly the same text or picture as a post before it: the desk shows them as one card, counted."""

from __future__ import annotations

from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding, ruling_of
from wall.settings_words import Treatment


class Repeats:
    """The first of its kind stands alone and passes; those that follow do not."""

    name = "repeats"
    settings = ("repeats",)

    def __init__(self, treatment: Treatment) -> None:
        self._ruling = ruling_of(treatment)

    def examine(self, _post: Post, _card: Card, facts: Facts) -> Finding | None:
        return Finding(self._ruling, f"×{facts.twins}") if self._ruling and facts.twins > 1 else None
