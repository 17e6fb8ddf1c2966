"""Words in disguise: behind signs, backwards, as they sound, on their heads; Chinese ones by sound, parts, pictures.

The words in here are what the rules are for.
"""

from __future__ import annotations

import pytest

from tests.moderation.pairs import pair
from wall.moderation import rules_for
from wall.moderation.facts import NO_FACTS
from wall.moderation.lexicon import Lexicon
from wall.moderation.masks import mask_of
from wall.moderation.rule import Mode, judge
from wall.moderation.sound import sound
from wall.moderation.term import Term
from wall.moderation.words import Words
from wall.settings_moderation import ModerationSettings

LISTS = ("fr", "en", "zh", "es", "de")


@pytest.fixture(scope="module")
def words() -> Words:
    return Words(LISTS)


def is_held(words: Words, text: str) -> bool:
    return words.examine(*pair(text), NO_FACTS) is not None


# -- behind signs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ("f*ck", "fuck"),
        ("f@#k", "fuck"),
        ("s#it", "shit"),
        ("f--k", "fuck"),
        ("sh💩t", "shit"),
        ("sch💩sse", "scheisse"),  # a picture hides up to three letters
        ("a***loch", "arschloch"),  # stars are not always counted
        ("d'enc*les", "encules"),
        ("(sh*t!)", "shit"),
    ],
)
def test_what_is_shown_fits(raw: str, word: str) -> None:
    mask = mask_of(raw)
    assert mask is not None
    assert mask.whole.fullmatch(word)
    assert mask.first == word[0]


@pytest.mark.parametrize(
    "raw",
    ["fuck", "f*", "*", "sh-it", "l'ete", "a*b*c*d*e", "f*k" * 30, "shi?", "shi🎆", "f&k", "3*4", "", "🎆🎆"],
)
def test_what_hides_nothing_is_no_mask(raw: str) -> None:
    mask = mask_of(raw)
    assert mask is None or not any(mask.whole.fullmatch(word) for word in ("fuck", "shit", "scheisse"))


def test_two_letters_shown_must_have_the_exact_number_hidden() -> None:
    mask = mask_of("f**k")
    assert mask is not None
    assert mask.whole.fullmatch("fork")
    assert not mask.whole.fullmatch("flunk")


# -- backwards, by sound, upside down --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "kcuf",
        "Quel drannoc",
        "La epolas",
        "eßiehcs",
        "蛋八王",
        "ʞɔnɟ",
        "phvck",
        "kabron",
        "Quel konar",
        "nik ta mer",
    ],
)
def test_disguises_are_seen_through(words: Words, text: str) -> None:
    assert is_held(words, text)


@pytest.mark.parametrize(
    "text",
    [
        "Regen und Sorgen, nice setup",  # words of the lists, backwards
        "banker, bellen, Belén, bolera, vixen, trance, salopp, Trani",  # they sound like some
        "who're you, p'tits loups, moose",
        "'s passt scho",
        "Where was it put? R&B, h&f, (fd=), free*",
        "salopette, salle noire",
        "ello sale con calma",
    ],
)
def test_words_that_only_come_near_pass(words: Words, text: str) -> None:
    assert not is_held(words, text)


def test_the_events_own_words_are_not_guessed_at() -> None:
    """Nobody has looked which ordinary words theirs are when read backwards or aloud."""
    assert Lexicon([Term("setup")]).find("putes") is None
    assert Lexicon([Term("setup", "xx")]).find("putes") == Term("setup", "xx")
    assert Lexicon([Term("kermesse")]).find("quermesse") is None
    assert Lexicon([Term("kermesse", "xx")]).find("quermesse") is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("connards", "konar"),
        ("gilipollas", "jilipollas"),
        ("scheisse", "schaisse"),
        ("wichser", "wixer"),
        ("foutre", "foutr"),
    ],
)
def test_what_sounds_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("one", "other"), [("salope", "salopette"), ("shit", "sheet"), ("wanker", "banker")])
def test_what_does_not(one: str, other: str) -> None:
    assert sound(one) != sound(other)


# -- Chinese ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "这杀币保安",
        "曹尼玛",
        "sha bi主办方",
        "ShaBi主办方",
        "cao你妈",
        "cao ni ma",
        "你🐴死了",
        "什么🐔巴展",
        "操🐶你🐶妈",
        "贝戋人一个",
        "扌喿你妈",
        "儍逼",
        "真他*的差",
        "这个傻*",
        "傻\n逼",
        "操\n你\n妈",
        "主办方fuck你",
    ],
)
def test_chinese_disguises(words: Words, text: str) -> None:
    assert is_held(words, text)


@pytest.mark.parametrize(
    "text",
    [
        "萨沙比赛赢了",
        "别让你麻痹大意",
        "他已经死去多年",
        "被作业逼傻了",
        "你妈比我妈高",
        "手表子午线",
        "女干部发言",
        "无法克服的困难",
        "打死你也猜不到",
        "尼玛老师的唐卡",
        "马上就到，泥人张的作品",
        "站在玻璃顶下面\n看光",
        "ni hao, ma ma",
    ],
)
def test_chinese_that_only_comes_near_passes(words: Words, text: str) -> None:
    assert not is_held(words, text)


# -- hostile input ---------------------------------------------------------------------------------------------

HOSTILE = [
    "f*k ",
    "f🔥",
    "a.a@",
    "a at b ",
    "a dot ",
    "www . ",
    "1 ",
    "12",
    "quatre-vingt-",
    "double ",
    "FR76 ",
    "bc1q",
    "0xa",
    "scan code ",
    "扫码 ",
    "telegram is ",
    "加v",
    "傻沙你妈",
    "sha ni ma ",
    "操\n",
    "a_",
    "d'",
    "(((at",
    "ʞɔ",
    "p..",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_long_and_hostile_texts_come_to_an_end(piece: str) -> None:
    """50,000 characters; an expression that tries every way to read them would not be back."""
    rules = rules_for(ModerationSettings(links="hold"))
    for text in (piece * (50_000 // len(piece)), piece * 12_000 + "!", "x" + piece.strip() * 5_000):
        _, reasons = judge(*pair(text), mode=Mode.PRE, rules=rules)
        assert all(reason.text != "failed" for reason in reasons)
