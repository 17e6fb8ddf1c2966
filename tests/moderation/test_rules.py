"""Rules: each one alone, and how they become one ruling."""

from __future__ import annotations

from typing import Any

import pytest

from tests.moderation.pairs import pair
from wall.gate import Reason, Ruling
from wall.model import Card, Post
from wall.moderation import RULES
from wall.moderation.contact import Contact
from wall.moderation.facts import NO_FACTS, Facts
from wall.moderation.rule import Finding, Mode, judge
from wall.moderation.sensitive import Sensitive


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("appelle-moi au 06 12 34 56 78", "phone"),
        ("call +33 6 12 34 56 78 now", "phone"),
        ("tel: 0612345678", "phone"),
        ("电话 139 1234 5678", "phone"),
        ("０６ １２ ３４ ５６ ７８", "phone"),
        ("écris à marie.dupont@example.org", "email"),
        ("FR76 3000 6000 0112 3456 7890 189", "iban"),
        ("DE89370400440532013000", "iban"),
        ("le 2026-11-22, appelez le 06 12 34 56 78", "phone"),
    ],
)
def test_ways_to_reach_a_person_are_held(text: str, kind: str) -> None:
    assert Contact().examine(*pair(text), NO_FACTS) == Finding(Ruling.HOLD, kind)


@pytest.mark.parametrize(
    "text",
    [
        "Le 2026-11-22 à 21h30, salle 3",
        "1 234 567 890 étoiles",
        "suivez @sam@example.org",
        "2025 2026 2027",
        "#20261122 la date",
        "10/10",
        "DE89 ABCD EFGH IJKL MNOP QR",
    ],
)
def test_numbers_and_handles_that_are_nobodys_are_not(text: str) -> None:
    assert Contact().examine(*pair(text), NO_FACTS) is None


def test_a_name_may_carry_a_number_too() -> None:
    assert Contact().examine(*pair("coucou", name="Léo 06 12 34 56 78"), NO_FACTS) == Finding(
        Ruling.HOLD, "phone"
    )


@pytest.mark.parametrize("more", [{"is_sensitive": True}, {"warning": "sang"}])
def test_what_is_marked_sensitive_is_held(more: dict[str, Any]) -> None:
    found = Sensitive().examine(*pair(**more), NO_FACTS)
    assert found is not None
    assert found.ruling is Ruling.HOLD


@pytest.mark.parametrize(
    ("mode", "ruling"), [(Mode.PRE, Ruling.NOTE), (Mode.TRUSTED, Ruling.NOTE), (Mode.POST, Ruling.APPROVE)]
)
def test_the_mode_decides_about_a_harmless_post(mode: Mode, ruling: Ruling) -> None:
    assert judge(*pair(), mode=mode, rules=RULES) == (ruling, ())


def test_a_hold_beats_a_source_that_is_believed() -> None:
    ruling, reasons = judge(*pair("06 12 34 56 78", is_sensitive=True), mode=Mode.POST, rules=RULES)
    assert ruling is Ruling.HOLD
    assert [reason.rule for reason in reasons] == ["sensitive", "contact"]


def test_a_refused_picture_asks_for_a_moderator() -> None:
    given = [Reason(rule="picture", text="damaged")]
    assert judge(*pair(), mode=Mode.POST, rules=RULES, reasons=given) == (Ruling.NOTE, tuple(given))


def test_a_rule_that_fails_means_hold() -> None:
    class Broken:
        name = "broken"

        def examine(self, post: Post, card: Card, facts: Facts) -> Finding | None:
            raise ZeroDivisionError

    ruling, reasons = judge(*pair(), mode=Mode.POST, rules=(Broken(),))
    assert (ruling, reasons) == (Ruling.HOLD, (Reason(rule="broken", text="failed"),))
