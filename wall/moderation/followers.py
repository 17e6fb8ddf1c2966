"""Accounts that hardly anybody follows. A number that the network does not tell is no reason."""

from __future__ import annotations

from wall.gate import Ruling
from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding


class Followers:
    """`least` is how many an author must have; 0 asks for none."""

    name = "followers"
    settings = ("min_followers",)

    def __init__(self, least: int) -> None:
        self._least = least

    def examine(self, post: Post, _card: Card, _facts: Facts) -> Finding | None:
        count = post.author.followers
        return Finding(Ruling.HOLD, str(count)) if count is not None and count < self._least else None
