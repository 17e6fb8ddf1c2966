"""Pictures that look like one which a moderator rejected on this wall: cropped, recoloured or compressed again."""

from __future__ import annotations

from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding, ruling_of
from wall.settings_words import Treatment


class RejectedBefore:
    """Who rejected the like one is told, so that he can be asked."""

    name = "rejected-before"
    settings = ("rejected_before",)

    def __init__(self, treatment: Treatment) -> None:
        self._ruling = ruling_of(treatment)

    def examine(self, _post: Post, _card: Card, facts: Facts) -> Finding | None:
        if self._ruling is None or facts.rejected_like is None:
            return None
        return Finding(self._ruling, facts.rejected_like[0])
