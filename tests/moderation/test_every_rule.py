"""What holds for all rules together: they never raise, they are explained, and every setting reaches its rule."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.moderation.pairs import card_of, pair
from tests.settingskit import EVENT, problems, read
from wall.gate import Ruling
from wall.model import Author, Card, CardAuthor, Post, Quote, Span, SpanKind, source_hash
from wall.moderation import RULES, rules_for
from wall.moderation.facts import NO_FACTS, Facts
from wall.moderation.rule import Mode, judge
from wall.settings_moderation import ModerationSettings
from wall.verdict import Standing

ROOT = Path(__file__).parents[2]

STRICT = ModerationSettings(
    words_hold=("rival*", "竞品", "a b c", "!!"),
    words_allow=("Cockburn", "food porn", "印度支那"),
    languages=("fr",),
    links="hold",
    replies="hold",
    reposts="reject",
    shouting="hold",
    near_empty="hold",
    min_followers=5,
    min_account_age_days=30,
    names_protected=("Musée Vauclair", "??"),
    names_own=("@own@example.org",),
    author_rate=1,
    repeats="reject",
    rejected_before="reject",
    codes="reject",
)


# -- any post --------------------------------------------------------------------------------------------------

# What folds, joins and boundaries stumble over, between letters that anything may come between.
SNAGS = [
    "f",
    "u",
    "ck",
    "*",
    "1",
    "|",
    "$",
    "@",
    "!",
    ".",
    " ",
    "\n",
    "\u200b",
    "\u0301",
    "🇫🇷",
    "ﷺ",
    "傻",
    "逼",
    "。",
    "ß",
]
TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=40) | st.lists(
    st.sampled_from(SNAGS) | st.characters(), max_size=30
).map("".join)
NAME = TEXT.map(lambda text: text[:30])
WHEN = st.none() | st.datetimes(timezones=st.none() | st.timezones())
COUNT = st.none() | st.integers()
SPANS = st.lists(st.builds(Span, TEXT, st.sampled_from(SpanKind)), max_size=4).map(tuple)
POSTS = st.builds(
    Post,
    network=NAME,
    source=NAME,
    instance=NAME,
    native_id=NAME,
    author=st.builds(Author, id=NAME, name=NAME, handle=NAME, followers=COUNT, created_at=WHEN),
    spans=SPANS,
    lang=st.none() | NAME | st.sampled_from(["fr", "zh-Hans", "und", "-", "_"]),
    created_at=WHEN,
    is_reply=st.booleans(),
    is_repost=st.booleans(),
    is_sensitive=st.booleans(),
    warning=NAME,
    quote=st.none() | st.builds(Quote, NAME, SPANS),
)


FACTS = st.builds(
    Facts,
    standing=st.sampled_from(Standing),
    approved=st.integers(),
    rejected=st.integers(),
    is_new=st.booleans(),
    recent=st.integers(),
    today=st.integers(),
    cap=st.integers(),
    twins=st.integers(),
    rejected_like=st.none() | st.tuples(NAME, st.integers()),
    codes=st.lists(TEXT, max_size=3).map(tuple),
)


@given(POSTS, FACTS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_rule_raises_on_any_post(post: Post, facts: Facts) -> None:
    card = card_of(post)
    for rule in (*RULES, *rules_for(STRICT)):
        finding = rule.examine(post, card, facts)
        assert finding is None or isinstance(finding.text, str)


@pytest.mark.parametrize(
    "text", ["a " * 3000, "f." * 3000, "*" * 6000, "f*" * 3000, "é\u0301" * 3000, "傻" * 6000, "1" * 6000]
)
def test_no_rule_fails_on_a_long_text(text: str) -> None:
    _, reasons = judge(*pair(text), mode=Mode.PRE, rules=rules_for(STRICT))
    assert all(reason.text != "failed" for reason in reasons)


# -- as they come ----------------------------------------------------------------------------------------------


def test_by_default_the_rules_leave_an_ordinary_post_alone() -> None:
    post, card = pair(
        "La façade respire, on dirait qu’elle nous regarde. 🎆", lang="fr", author={"followers": 0}
    )
    assert judge(post, card, mode=Mode.POST, rules=RULES) == (Ruling.APPROVE, ())


def test_a_note_makes_a_moderator_look_before_the_screens_do() -> None:
    ruling, (reason,) = judge(*pair("voir example.org"), mode=Mode.POST, rules=RULES)
    assert (ruling, reason.rule, reason.text) == (Ruling.NOTE, "links", "example.org")


def test_words_never_reject() -> None:
    assert judge(*pair("fuck"), mode=Mode.POST, rules=RULES)[0] is Ruling.HOLD


# -- settings --------------------------------------------------------------------------------------------------

OF_NO_RULE = ("mode", "trust_after", "four_eyes")  # what becomes of a post that no rule stops


def test_every_setting_belongs_to_one_rule_and_every_rule_has_a_name_of_its_own() -> None:
    keys = [key for rule in RULES for key in getattr(rule, "settings", ())]
    assert sorted([*keys, *OF_NO_RULE]) == sorted(ModerationSettings.__struct_fields__)
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_settings_reach_their_rules(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        f"""{EVENT}[moderation]
        words_lists = []
        words_hold = ["rival*"]
        words_allow = ["rivalité"]
        languages = ["fr"]
        links = "reject"
        replies = "hold"
        reposts = "note"
        shouting = "allow"
        near_empty = "hold"
        min_followers = 3
        min_account_age_days = 7
        names_protected = ["Musée Vauclair"]
        names_own = ["@vauclair@social.example.org"]
        """,
    ).moderation
    post, card = pair(
        (Span("Привет, rivals et rivalité " + "A" * 30), Span("example.org", SpanKind.LINK)),
        name="Musee Vauclair",
        author={"followers": 2, "created_at": pair()[1].at},
        is_reply=True,
        is_repost=True,
        lang="es",
    )
    ruling, reasons = judge(post, card, mode=Mode.PRE, rules=rules_for(found))
    assert ruling is Ruling.REJECT
    assert {reason.rule: reason.text for reason in reasons} == {
        "words": "rival*",
        "links": "example.org",
        "language": "es",
        "names": "Musée Vauclair",
        "followers": "2",
        "account-age": "0",
        "replies": "",
        "reposts": "",
    }
    rulings = {
        rule.name: finding.ruling
        for rule in rules_for(found)
        if (finding := rule.examine(post, card, NO_FACTS))
    }
    assert (rulings["replies"], rulings["reposts"]) == (Ruling.HOLD, Ruling.NOTE)
    assert judge(*pair("✨"), mode=Mode.PRE, rules=rules_for(found))[0] is Ruling.HOLD
    assert judge(*pair("la rivalité"), mode=Mode.PRE, rules=rules_for(found))[1] == ()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('links = "block"', "moderation.links must be one of 'allow', 'note', 'hold', 'reject', not 'block'"),
        ('languages = ["french"]', 'moderation.languages[1] must be the code of a language like "fr"'),
        ('words_lists = ["it"]', "moderation.words_lists[1] must be one of 'fr', 'en', 'zh', 'es', 'de'"),
        ('words_hold = ["x"]', "moderation.words_hold[1] must be text of 2 to 60 characters on one line"),
        ("min_followers = -1", "moderation.min_followers must be a whole number from 0 to 1000000, not -1"),
        (
            "min_folowers = 1",
            "moderation.min_folowers is not a setting; did you mean moderation.min_followers?",
        ),
    ],
)
def test_a_wrong_setting_is_told_with_its_cure(tmp_path: Path, line: str, sentence: str) -> None:
    (problem,) = problems(tmp_path, f"{EVENT}[moderation]\n{line}\n")
    assert sentence in problem


def test_the_age_of_an_account_is_no_edit() -> None:
    post, _ = pair()
    aged = msgspec.structs.replace(post, author=msgspec.structs.replace(post.author, created_at=pair()[1].at))
    assert source_hash(aged) == source_hash(post)


# -- words for people ------------------------------------------------------------------------------------------


DETAILS = (
    "names.mixed",
    "names.official",
    "shouting.capitals",
    "shouting.repeated",
    *(f"contact.{kind}" for kind in ("email", "iban", "phone", "wallet", "messenger", "scan")),
)


@pytest.mark.parametrize("lang", ["fr", "en", "zh"])
def test_every_reason_has_its_sentence(lang: str) -> None:
    words: dict[str, str] = {}
    for path in (ROOT / "display" / "locale").glob(f"*{lang}.toml"):
        words |= tomllib.loads(path.read_text(encoding="utf-8"))
    for name in (*(rule.name for rule in RULES), *DETAILS):
        assert words.get(f"desk.rule.{name}"), name


def test_every_rule_and_setting_stands_in_the_page_about_them() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    for name in (*(rule.name for rule in RULES), *ModerationSettings.__struct_fields__):
        assert f"`{name}`" in page, name


def test_a_card_without_anything_is_no_trouble() -> None:
    post, card = pair("", name="")
    bare = Card(id=card.id, network="", source="", author=CardAuthor(name=""), at=card.at)
    assert judge(post, bare, mode=Mode.PRE, rules=rules_for(STRICT))[0] is Ruling.HOLD
