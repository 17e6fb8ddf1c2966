"""Shouting: capitals throughout, or one sign over and over."""

from __future__ import annotations

import re

from wall.model import Card, Post, SpanKind
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding, ruling_of
from wall.settings_words import Treatment

LETTERS_MIN = 20
CAPITALS_SHARE = 0.7
REPEATS_MAX = 10

# Rows of dots, dashes and boxes are drawn, not shouted. An emoji may carry its variation or its skin.
_REPEATED = re.compile(
    rf"([^\s\-_=~*.·•#…\u2010-\u2015\u2500-\u259f][\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]?)\1{{{REPEATS_MAX}}}"
)


class Shouting:
    name = "shouting"
    settings = ("shouting",)

    def __init__(self, treatment: Treatment) -> None:
        self._ruling = ruling_of(treatment)

    def examine(self, _post: Post, card: Card, _facts: Facts) -> Finding | None:
        if self._ruling is None:
            return None
        words = "".join(span.text for span in card.spans if span.kind is SpanKind.TEXT)
        if _are_capitals(words):
            return Finding(self._ruling, "capitals")
        return Finding(self._ruling, "repeated") if _REPEATED.search(words) else None


def _are_capitals(words: str) -> bool:
    """Scripts without capitals do not count, neither for nor against."""
    large = sum(map(str.isupper, words))
    letters = large + sum(map(str.islower, words))
    return letters >= LETTERS_MIN and large > CAPITALS_SHARE * letters
