"""Authors whom a moderator banned from this wall. Whom he trusts matters in mode `trusted` alone: see `judge`."""

from __future__ import annotations

from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding
from wall.verdict import Ruling, Standing


class BannedAuthor:
    name = "standing"

    def examine(self, _post: Post, _card: Card, facts: Facts) -> Finding | None:
        return Finding(Ruling.REJECT) if facts.standing is Standing.BANNED else None
