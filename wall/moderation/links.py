"""Links, also those written without http: a screen never follows them, yet people type them in."""

from __future__ import annotations

import re

from wall.model import Card, Post, SpanKind, plain
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding, ruling_of
from wall.moderation.spelled import unspelled
from wall.settings_words import Treatment

SHOWN_MAX = 60

_ENDINGS = (
    "com|net|org|info|biz|io|co|me|ly|gg|gl|tv|to|cc|xyz|link|shop|store|site|online|top|app|dev|page|live|club|"
    "fr|de|es|it|uk|eu|be|ch|at|nl|pt|pl|cn|hk|tw|jp|kr|ru|us|ca|br|mx|in|museum"
)
# Small letters only: "fin.Le" is a sentence without its blank. A handle's or an e-mail's host is no link. Han may
# stand right beside an address.
_NEAR = r"A-Za-z0-9_\u00c0-\u052f@\-"
_BARE = re.compile(
    rf"(?<![{_NEAR}.])(?:[a-z0-9](?:[a-z0-9-]{{0,62}})\.){{1,4}}(?:{_ENDINGS})(?![{_NEAR}]|\.[{_NEAR}])(?:[/?#]\S*)?"
)
_SCHEME = re.compile(r"\b(?:https?|hxxps?)\s?:\s?//\s?\S+", re.IGNORECASE)


class Links:
    name = "links"
    settings = ("links",)

    def __init__(self, treatment: Treatment) -> None:
        self._ruling = ruling_of(treatment)

    def examine(self, _post: Post, card: Card, _facts: Facts) -> Finding | None:
        if self._ruling is None or (link := _link_in(card)) is None:
            return None
        return Finding(self._ruling, link if len(link) <= SHOWN_MAX else f"{link[: SHOWN_MAX - 1]}…")


def _link_in(card: Card) -> str | None:
    for span in card.spans:
        if span.kind is SpanKind.LINK:
            return span.text
    words = "\n".join((plain(card.spans), card.author.name))
    dotted = unspelled(words)
    found = _SCHEME.search(dotted) or _BARE.search(dotted)
    return found[0].rstrip(".,;:!?)") if found else None
