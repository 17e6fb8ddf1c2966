"""Accounts that were young when they posted. A day of creation that the network does not tell is no reason."""

from __future__ import annotations

from datetime import UTC, datetime

from wall.gate import Ruling
from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding


class AccountAge:
    """`least` is in days; 0 asks for none."""

    name = "account-age"
    settings = ("min_account_age_days",)

    def __init__(self, least: int) -> None:
        self._least = least

    def examine(self, post: Post, card: Card, _facts: Facts) -> Finding | None:
        created = post.author.created_at
        if created is None:
            return None
        # A post that claims to be older than its account counts as one of its first day.
        days = max(0, (_aware(card.at) - _aware(created)).days)
        return Finding(Ruling.HOLD, str(days)) if days < self._least else None


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)
