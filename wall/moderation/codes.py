"""QR codes and bar codes in pictures: on a big screen they are links that nobody can read before following."""

from __future__ import annotations

from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding, ruling_of
from wall.settings_words import Treatment
from wall.text import clean

SHOWN_MAX = 60


class Codes:
    """What the first code says is told, on one line."""

    name = "codes"
    settings = ("codes",)

    def __init__(self, treatment: Treatment) -> None:
        self._ruling = ruling_of(treatment)

    def examine(self, _post: Post, _card: Card, facts: Facts) -> Finding | None:
        if self._ruling is None or not facts.codes:
            return None
        return Finding(self._ruling, clean(" ".join(facts.codes[0].split()), limit=SHOWN_MAX))
