"""What a rule is, and how several become one ruling.

A rule sees the neutral post, the card and what the wall remembers (`Facts`), and says nothing, or holds,
rejects, approves or notes with a reason. The strictest word wins; doubt means hold; a rule that fails means hold.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

import msgspec

from wall.model import Card, Post
from wall.moderation.facts import NO_FACTS, Facts, is_trusted
from wall.settings_words import Treatment
from wall.verdict import Reason, Ruling

log = logging.getLogger("parvis.rules")


class Mode(StrEnum):
    """How much a source is believed: `pre` waits for a moderator, `post` shows at once and is watched.

    `trusted` shows at once what trusted authors write; everybody else waits.
    """

    PRE = "pre"
    TRUSTED = "trusted"
    POST = "post"


class Finding(msgspec.Struct, frozen=True):
    ruling: Ruling
    text: str = ""


def ruling_of(treatment: Treatment) -> Ruling | None:
    """What the organiser wants done with a kind of post; None: nothing."""
    return None if treatment == "allow" else Ruling(treatment)


class Rule(Protocol):
    """`name` is the key of its reason in the catalogues ("desk.rule.<name>")."""

    @property
    def name(self) -> str: ...

    def examine(self, post: Post, card: Card, facts: Facts, /) -> Finding | None: ...


def strictest(one: Ruling, other: Ruling) -> Ruling:
    return max(one, other, key=_STRICTNESS.index)


_STRICTNESS = (Ruling.APPROVE, Ruling.NOTE, Ruling.HOLD, Ruling.REJECT)


def judge(
    post: Post,
    card: Card,
    *,
    mode: Mode,
    rules: Iterable[Rule],
    facts: Facts = NO_FACTS,
    trust_after: int = 0,
    reasons: Iterable[Reason] = (),
) -> tuple[Ruling, tuple[Reason, ...]]:
    """One ruling and every reason for it. `reasons` already given (a refused picture) ask for a moderator.

    Trust only replaces the first look: whatever a rule says of a trusted author's post counts as of any other's.
    """
    found = list(reasons)
    is_believed = mode is Mode.POST or (mode is Mode.TRUSTED and is_trusted(facts, trust_after=trust_after))
    ruling = Ruling.APPROVE if is_believed and not found else Ruling.NOTE
    for rule in rules:
        try:
            finding = rule.examine(post, card, facts)
        except Exception:  # whatever breaks in a rule, the answer is the same: hold
            log.warning("rule %s failed on %s and holds it", rule.name, post.pid, exc_info=True)
            finding = Finding(Ruling.HOLD, "failed")
        if finding is None:
            continue
        found.append(Reason(rule=rule.name, text=finding.text))
        ruling = strictest(ruling, finding.ruling)
    return ruling, tuple(found)
