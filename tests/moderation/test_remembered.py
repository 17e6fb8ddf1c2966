"""The rules that use what the wall remembers, and whom it trusts."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.moderation.pairs import pair
from wall.moderation import rules_for
from wall.moderation.author_rate import AuthorRate
from wall.moderation.codes import SHOWN_MAX, Codes
from wall.moderation.daily_cap import DailyCap
from wall.moderation.facts import NO_FACTS, Facts, is_trusted
from wall.moderation.rejected_before import RejectedBefore
from wall.moderation.repeats import Repeats
from wall.moderation.rule import Finding, Mode, Rule, judge
from wall.moderation.standing import BannedAuthor
from wall.settings_moderation import ModerationSettings
from wall.settings_words import Treatment
from wall.verdict import Reason, Ruling, Standing

TRUSTED, BANNED = Standing.TRUSTED, Standing.BANNED
RULES = rules_for(ModerationSettings())
LIKE = Facts(twins=2, rejected_like=("Anna", 4), codes=("https://example.org",))


@pytest.mark.parametrize(
    ("rule", "facts", "text"),
    [
        (AuthorRate(10), Facts(recent=10), None),
        (AuthorRate(10), Facts(recent=11), "11"),
        (AuthorRate(0), Facts(recent=5000), None),
        (DailyCap(), Facts(today=5000), None),
        (DailyCap(), Facts(today=200, cap=200), None),
        (DailyCap(), Facts(today=201, cap=200), "200"),
        (Repeats("hold"), Facts(twins=1), None),
        (Repeats("hold"), Facts(twins=2), "×2"),
        (Repeats("hold"), Facts(twins=37), "×37"),
        (RejectedBefore("hold"), Facts(), None),
        (RejectedBefore("hold"), Facts(rejected_like=("Anna", 4)), "Anna"),
        (Codes("hold"), Facts(), None),
        (Codes("hold"), Facts(codes=("https://example.org/a", "b")), "https://example.org/a"),
        (Codes("hold"), Facts(codes=("",)), ""),
        (Codes("hold"), Facts(codes=("BEGIN:VCARD\r\nFN:Sam\u202e",)), "BEGIN:VCARD FN:Sam"),
    ],
)
def test_what_is_remembered_holds(rule: Rule, facts: Facts, text: str | None) -> None:
    expected = None if text is None else Finding(Ruling.HOLD, text)
    assert rule.examine(*pair(), facts) == expected
    assert rule.examine(*pair(), NO_FACTS) is None


def test_a_long_code_is_shown_short() -> None:
    found = Codes("note").examine(*pair(), Facts(codes=("x" * 4000,)))
    assert found is not None
    assert len(found.text) == SHOWN_MAX


@pytest.mark.parametrize(
    ("treatment", "ruling"),
    [("allow", None), ("note", Ruling.NOTE), ("hold", Ruling.HOLD), ("reject", Ruling.REJECT)],
)
def test_a_treatment_becomes_the_ruling(treatment: Treatment, ruling: Ruling | None) -> None:
    for rule in (Repeats(treatment), RejectedBefore(treatment), Codes(treatment)):
        finding = rule.examine(*pair(), LIKE)
        assert (finding and finding.ruling) == ruling, rule.name


def test_settings_reach_their_rules() -> None:
    settings = ModerationSettings(author_rate=3, repeats="reject", rejected_before="note", codes="allow")
    facts = Facts(recent=4, today=6, cap=5, twins=2, rejected_like=("Anna", 0), codes=("x",))
    found = {rule.name: rule.examine(*pair(), facts) for rule in rules_for(settings)}
    assert {name: finding.ruling for name, finding in found.items() if finding} == {
        "author-rate": Ruling.HOLD,
        "daily-cap": Ruling.HOLD,
        "repeats": Ruling.REJECT,
        "rejected-before": Ruling.NOTE,
    }


# -- whom the wall trusts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "trust_after", "trusted"),
    [
        ({}, 1, False),
        ({"approved": 1}, 1, True),
        ({"approved": 1}, 2, False),
        ({"approved": 2}, 2, True),
        ({"approved": 500}, 0, False),
        ({"approved": 9, "rejected": 1}, 1, False),
        ({"standing": TRUSTED}, 0, True),
        ({"standing": TRUSTED, "rejected": 4}, 5, True),
        ({"standing": BANNED, "approved": 9}, 1, False),
    ],
)
def test_who_is_trusted(facts: dict[str, Any], trust_after: int, trusted: bool) -> None:
    assert is_trusted(Facts(**facts), trust_after=trust_after) is trusted


AUTHORS = {
    "nobody": Facts(),
    "approved once": Facts(approved=1),
    "approved and rejected": Facts(approved=3, rejected=1),
    "trusted": Facts(standing=TRUSTED),
    "banned": Facts(standing=BANNED, approved=5),
}
POSTS = {"harmless": "Bonsoir à tous", "noted": "voir example.org", "held": "06 12 34 56 78"}
# What becomes of a harmless post, in modes pre, trusted and post.
HARMLESS = {
    "nobody": (Ruling.NOTE, Ruling.NOTE, Ruling.APPROVE),
    "approved once": (Ruling.NOTE, Ruling.APPROVE, Ruling.APPROVE),
    "approved and rejected": (Ruling.NOTE, Ruling.NOTE, Ruling.APPROVE),
    "trusted": (Ruling.NOTE, Ruling.APPROVE, Ruling.APPROVE),
    "banned": (Ruling.REJECT, Ruling.REJECT, Ruling.REJECT),
}


@pytest.mark.parametrize(("who", "what", "mode"), [*product(AUTHORS, POSTS, Mode)])
def test_mode_author_and_post_together(who: str, what: str, mode: Mode) -> None:
    """Trust spares the first look and nothing else; a ban counts everywhere."""
    ruling, _ = judge(*pair(POSTS[what]), mode=mode, rules=RULES, facts=AUTHORS[who], trust_after=1)
    if who == "banned":
        assert ruling is Ruling.REJECT
    elif what == "harmless":
        assert ruling is HARMLESS[who][list(Mode).index(mode)]
    else:
        assert ruling is (Ruling.NOTE if what == "noted" else Ruling.HOLD)


def test_nobody_is_trusted_by_counting_unless_it_is_asked_for() -> None:
    post, card = pair()
    assert judge(post, card, mode=Mode.TRUSTED, rules=RULES, facts=Facts(approved=9))[0] is Ruling.NOTE


def test_a_refused_picture_of_a_trusted_author_asks_for_a_moderator() -> None:
    ruling, _ = judge(
        *pair(),
        mode=Mode.TRUSTED,
        rules=RULES,
        facts=AUTHORS["trusted"],
        reasons=[Reason(rule="picture", text="damaged")],
    )
    assert ruling is Ruling.NOTE


def test_a_ban_says_nothing_more_than_that() -> None:
    assert BannedAuthor().examine(*pair(), AUTHORS["banned"]) == Finding(Ruling.REJECT)
