"""The rules that look at one post and need to know nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.moderation.pairs import AT, pair
from wall.gate import Ruling
from wall.model import Attachment, Card, Digest, Picture, Post, Quote, Span, SpanKind
from wall.moderation.account_age import AccountAge
from wall.moderation.facts import NO_FACTS
from wall.moderation.followers import Followers
from wall.moderation.language import Language
from wall.moderation.links import SHOWN_MAX, Links
from wall.moderation.names import Names
from wall.moderation.near_empty import NearEmpty
from wall.moderation.replies import Replies
from wall.moderation.reposts import Reposts
from wall.moderation.rule import Finding, Rule
from wall.moderation.shouting import Shouting
from wall.settings_words import Treatment

PICTURE = Picture(digest=Digest("0" * 64), width_px=10, height_px=10, colour="#102030")


def text_of(finding: Finding | None) -> str | None:
    return finding.text if finding else None


# -- what the organiser asks for -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("treatment", "ruling"),
    [("note", Ruling.NOTE), ("hold", Ruling.HOLD), ("reject", Ruling.REJECT), ("allow", None)],
)
def test_a_treatment_becomes_the_ruling(treatment: Treatment, ruling: Ruling | None) -> None:
    cases: list[tuple[Rule, tuple[Post, Card]]] = [
        (Links(treatment), pair("see example.org")),
        (Replies(treatment), pair(is_reply=True)),
        (Reposts(treatment), pair(is_repost=True)),
        (Shouting(treatment), pair("A" * 40)),
        (NearEmpty(treatment), pair("✨")),
    ]
    for rule, (post, card) in cases:
        finding = rule.examine(post, card, NO_FACTS)
        assert (finding and finding.ruling) == ruling, rule.name
        assert rule.examine(*pair("Bonsoir à toutes et à tous"), NO_FACTS) is None, rule.name


# -- links -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("allez sur example.org vite", "example.org"),
        ("bit.ly/2xyz!", "bit.ly/2xyz"),
        ("(shop.example.com)", "shop.example.com"),
        ("https://intranet/page", "https://intranet/page"),
        ("hxxps://evil.example/x", "hxxps://evil.example/x"),
        ("example[.]com", "example.com"),
        ("example (dot) com", "example.com"),
        ("example [punto] es", "example.es"),
        ("看看example.cn吧", "example.cn"),
    ],
)
def test_links_are_seen_without_their_scheme(text: str, link: str | None) -> None:
    assert text_of(Links("hold").examine(*pair(text), NO_FACTS)) == link


@pytest.mark.parametrize(
    "text",
    [
        "C'est fini.Le reste demain",
        "sam@example.org",
        "@sam@example.org",
        "3.14 et v1.2.co2",
        "Dr.Who, e.g. this, U.S.A., M.Durand",
        "19h30...fr",
    ],
)
def test_what_only_has_a_dot_is_none(text: str) -> None:
    assert Links("hold").examine(*pair(text), NO_FACTS) is None


def test_a_link_of_the_network_and_one_in_the_name() -> None:
    spans = (Span("voir "), Span("example.museum/" + "x" * 80, SpanKind.LINK, "https://example.museum/"))
    shown = text_of(Links("hold").examine(*pair(spans), NO_FACTS))
    assert shown is not None
    assert shown.startswith("example.museum/x")
    assert len(shown) == SHOWN_MAX
    assert text_of(Links("note").examine(*pair(name="win.example.shop"), NO_FACTS)) == "win.example.shop"


# -- language --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stated", "held"),
    [
        ("Bonsoir tout le monde", "fr", None),
        ("Bonsoir tout le monde", "fr-CA", None),
        ("Bonsoir tout le monde", "fra", None),
        ("Bonsoir tout le monde", None, None),
        ("Bonsoir tout le monde", "und", None),
        ("Buenas noches a todos", "es", "es"),
        ("Buenas noches a todos", "ES_mx", "es"),
        ("站在玻璃顶下面", "zh-Hant", None),
        ("站在玻璃顶下面", "en", None),  # posted from an English account
        ("站在玻璃顶下面", "cmn", None),
        ("Bonsoir tout le monde", "zh", None),  # stated wrongly: not known
        ("Привет всем", "fr", "ru"),
        ("Привіт усім", "uk", "uk"),
        ("今日はとても楽しい", "zh", "ja"),
        ("今日は楽しい", "ja", "ja"),
        ("안녕하세요 여러분", None, "ko"),
        ("我爱 the museum of modern art in Paris", "en", "en"),
        ("✨🎆 2026 !!", "es", None),
        ("鲜の每日好味道真不错", "zh", None),
    ],
)
def test_languages_that_were_not_asked_for(text: str, stated: str | None, held: str | None) -> None:
    assert text_of(Language(["fr", "zh"]).examine(*pair(text, lang=stated), NO_FACTS)) == held


def test_no_wish_welcomes_every_language() -> None:
    assert Language([]).examine(*pair("Привет всем", lang="ru"), NO_FACTS) is None


def test_words_alone_tell_the_language() -> None:
    spans = (Span("Bonsoir à tous "), Span("#夜的博物馆夜的博物馆夜", SpanKind.TAG))
    assert Language(["fr"]).examine(*pair(spans, lang="fr"), NO_FACTS) is None


# -- authors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "held"), [(9, "9"), (0, "0"), (10, None), (None, None)])
def test_few_followers(count: int | None, held: str | None) -> None:
    post, card = pair(author={"followers": count})
    assert text_of(Followers(10).examine(post, card, NO_FACTS)) == held
    assert Followers(0).examine(post, card, NO_FACTS) is None


@pytest.mark.parametrize(
    ("created", "held"),
    [
        (AT - timedelta(days=2, hours=23), "2"),
        (AT - timedelta(days=3), None),
        (AT + timedelta(days=400), "0"),  # older than its account, it says
        (datetime(2026, 11, 24, 20), "0"),  # without a zone, as a recording may have it
        (None, None),
    ],
)
def test_young_accounts(created: datetime | None, held: str | None) -> None:
    post, card = pair(author={"created_at": created})
    assert text_of(AccountAge(3).examine(post, card, NO_FACTS)) == held
    assert AccountAge(0).examine(post, card, NO_FACTS) is None


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("Musée Vauclair", ""),
        ("musee vauclair", ""),
        ("Le Musée Vauclair ✨", ""),
        ("Мusée Vauсlair", ""),  # Cyrillic М and с
        ("Musée VaucIair", ""),  # a capital i
        ("Mvsée Vauc1air", ""),
        ("Musée   Vauclair – billets", ""),
        ("MuséeVauclair", ""),
        ("Sam", "@musee_vauclair@evil.example"),
        ("Sam", "museevauclair.example.org"),
    ],
)
def test_a_protected_name_on_another_is_held(name: str, handle: str) -> None:
    rule = Names(["Musée Vauclair"], own=["@vauclair@social.example.org", "news"])
    assert rule.examine(*pair(name=name, handle=handle), NO_FACTS) == Finding(Ruling.HOLD, "Musée Vauclair")
    assert rule.examine(*pair(name=name, handle="@Vauclair@social.example.org"), NO_FACTS) is None
    post, card = pair(name=name, handle=handle)
    assert Names(["Musée Vauclair"], own=["s"]).examine(post, card, NO_FACTS) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Раris Tourisme", "mixed"),
        ("Louvre (officiel)", "official"),
        ("0FFICIAL News", "official"),
        ("Sam, Vérifié", "official"),
        ("卢浮宫官方账号", "official"),
        ("Anna Анна", None),
        ("Inès", None),
        ("Officina Profumo", None),
        ("𝓐𝓷𝓷𝓪", None),
        ("Vauclair Musée", None),
        ("", None),
    ],
)
def test_names_that_pass_for_anothers(name: str, text: str | None) -> None:
    finding = Names(["Musée Vauclair"]).examine(*pair(name=name), NO_FACTS)
    assert finding == (Finding(Ruling.NOTE, text) if text else None)


# -- manner ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ALLEZ TOUS VOIR CETTE FAÇADE", "capitals"),
        ("ALLEZ TOUS VOIR", None),  # fewer than twenty letters
        ("ALLEZ TOUS VOIR cette façade", None),
        ("AB" * 7 + " " + "ab" * 3, None),  # exactly seven in ten
        ("站在玻璃顶下面" * 4 + "PARIS", None),
        ("bravo" + "o" * 10, "repeated"),
        ("brav" + "o" * 10, None),
        ("!" * 11, "repeated"),
        ("❤️" * 11, "repeated"),
        ("👏🏽" * 11, "repeated"),
        ("👏" * 10, None),
        ("—" * 30 + "." * 30 + "═" * 30 + "_" * 30, None),
    ],
)
def test_shouting(text: str, found: str | None) -> None:
    assert text_of(Shouting("hold").examine(*pair(text), NO_FACTS)) == found


def test_tags_and_links_do_not_shout() -> None:
    assert (
        Shouting("hold").examine(*pair((Span("#" + "NUITVAUCLAIR" * 3, SpanKind.TAG), Span(" ah"))), NO_FACTS)
        is None
    )


@pytest.mark.parametrize("text", ["", "✨🎆", "!!! ...", "\n"])
def test_nearly_nothing_is_noted(text: str) -> None:
    tag = Span("#NuitVauclair", SpanKind.TAG)
    assert NearEmpty("note").examine(*pair((Span(text), tag)), NO_FACTS) == Finding(Ruling.NOTE)


@pytest.mark.parametrize(
    "more",
    [
        {"attachments": (Attachment(url="https://example.org/a.jpg"),)},
        {"card": {"pictures": (PICTURE,)}},
        {"quote": Quote("Sam", (Span("Bonsoir"),))},
    ],
)
def test_a_picture_says_enough(more: dict[str, Any]) -> None:
    assert NearEmpty("note").examine(*pair("✨", **more), NO_FACTS) is None


@pytest.mark.parametrize("text", ["ok", "10/10", "好"])
def test_little_is_not_nothing(text: str) -> None:
    assert NearEmpty("note").examine(*pair(text), NO_FACTS) is None
