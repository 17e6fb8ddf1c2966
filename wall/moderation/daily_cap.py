"""Sources that bring more in a day than they may. Days are counted in UTC."""

from __future__ import annotations

from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding
from wall.verdict import Ruling


class DailyCap:
    """The cap comes with the facts, for each source may have its own; 0 is none."""

    name = "daily-cap"
    settings = ("daily_cap",)

    def examine(self, _post: Post, _card: Card, facts: Facts) -> Finding | None:
        return Finding(Ruling.HOLD, str(facts.cap)) if 0 < facts.cap < facts.today else None
