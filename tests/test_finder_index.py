"""Finding posts by words: how they are folded and cut, what a query finds, and the index that holds them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.makers import card, post
from wall.finder import words_of
from wall.finder_index import Index, Kind, Row, Wanted
from wall.finder_text import document, expression, fold, parse, tokens
from wall.model import Picture, PostId, Quote, Span, State

TEXTS = st.text(st.characters(), max_size=60)  # surrogates and NUL among them
ALPHABET = st.sampled_from(
    ["lumière", "LUMI", "nuit", "灯光", "灯", "光", "-", '"', " ", "'", "été", "*", "🎆", "か"]
)
WRITTEN = st.lists(ALPHABET, max_size=8).map("".join)


# -- text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("L'Été à Vauclair !", ["l", "ete", "a", "vauclair"]),
        ("今夜的灯光真美", list("今夜的灯光真美")),
        ("ＦＵＬＬ ｗｉｄｔｈ ｶﾞ", ["full", "width", "ガ"]),
        ("Straße İstanbul Łódź Ørsted", ["strasse", "istanbul", "lodz", "orsted"]),
        ("がか", ["が", "か"]),  # two letters, not one with an accent
        ("한국어 서울", list("한국어서울")),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("العَرَبِيَّة", ["العربية"]),
        ("ёлка", ["елка"]),
        ("@sam@example.org #NuitVauclair", ["sam", "example", "org", "nuitvauclair"]),
        ("snake_case c++ 50%", ["snake", "case", "c", "50"]),
        ("👍🏽 ❤️", ["👍", "🏽", "❤"]),
        ("… !!! ___", []),
    ],
)
def test_words_are_cut_and_folded(text: str, found: list[str]) -> None:
    assert tokens(text) == found


@settings(deadline=None)
@given(TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("query", "words", "is_found"),
    [
        ("灯光", "今夜的灯光真美", True),
        ("光灯", "今夜的灯光真美", False),
        ("lumi", "Les LUMIÈRES de la nuit", True),
        ("umi", "Les LUMIÈRES de la nuit", False),
        ("nuit lumières", "Les LUMIÈRES de la nuit", True),
        ("nuit jour", "Les LUMIÈRES de la nuit", False),
        ('"de la nuit"', "Les LUMIÈRES de la nuit", True),
        ('"la de nuit"', "Les LUMIÈRES de la nuit", False),
        ('"la nui"', "Les LUMIÈRES de la nuit", False),  # in quotes a word is whole
        ("“de la nuit”", "Les LUMIÈRES de la nuit", True),
        ("«la nuit»", "Les LUMIÈRES de la nuit", True),
        ("nuit -jour", "Les LUMIÈRES de la nuit", True),
        ("nuit -lum", "Les LUMIÈRES de la nuit", False),
        ("-jour", "Les LUMIÈRES de la nuit", True),
        ("-nuit", "Les LUMIÈRES de la nuit", False),
        ('-"la nuit" les', "Les LUMIÈRES de la nuit", False),
        ("rock-n-roll", "Du rock'n'roll !", True),
        ("-灯 美", "今夜的灯光真美", False),
        ("l", "Les LUMIÈRES de la nuit", False),  # one letter stands for itself
        ("NEAR(a b) OR AND NOT", "near a b or and not", True),
        ("body:x", "body x", True),
        ('nuit "', "la nuit", True),
        ("' OR 1=1 --", "la nuit", False),
        ("2024年", "在2024年", True),
        ("🎆", "wow 🎆🎆", True),
    ],
)
@pytest.mark.parametrize("has_fts", [True, False])
def test_what_a_query_finds(query: str, words: str, is_found: bool, has_fts: bool) -> None:
    assert found_in(words, query, has_fts=has_fts) is is_found


@pytest.mark.parametrize("query", ["", " ", '"', "-", '-"', "!!!", "\0", '" "', "--"])
def test_a_query_without_words_asks_nothing(query: str) -> None:
    assert parse(query) == ()


@settings(deadline=None)
@given(TEXTS | WRITTEN, WRITTEN)
def test_no_query_is_an_error_and_both_ways_of_searching_agree(query: str, words: str) -> None:
    assert found_in(words, query, has_fts=True) is found_in(words, query, has_fts=False)


@settings(deadline=None)
@given(TEXTS | WRITTEN)
def test_nothing_that_is_typed_gets_out_of_its_quotes(query: str) -> None:
    said = expression(parse(query), joined="AND")
    outside = "".join(said.split('"')[::2])
    assert set(outside) <= set(" AND*")


def found_in(words: str, query: str, *, has_fts: bool) -> bool:
    index = Index(has_fts=has_fts)
    assert index.has_fts is has_fts
    index.put([row("a", words)])
    wanted = Wanted(terms=parse(query))
    found = index.find(State.QUEUED, wanted, limit=5)
    assert index.count(State.QUEUED, wanted) == index.facets(State.QUEUED, wanted).total == len(found)
    index.close()
    return bool(found)


def test_no_phrase_reaches_from_one_field_into_the_next() -> None:
    index = Index()
    index.put([row("a", words=document(["la belle", "nuit claire"]), is_document=True)])
    assert index.count(State.QUEUED, Wanted(terms=parse("belle nuit"))) == 1
    assert index.count(State.QUEUED, Wanted(terms=parse('"belle nuit"'))) == 0


def test_everything_somebody_could_look_for_is_in_it() -> None:
    of = card(post(text="Bonsoir"))
    whole = type(of)(
        **{
            **{name: getattr(of, name) for name in of.__struct_fields__},
            "warning": "Spoiler",
            "quote": Quote(author="Zoé", spans=(Span("Citation"),)),
            "pictures": (
                Picture(digest=_digest(), width_px=1, height_px=1, colour="#000000", alt="Une tour"),
            ),
        }
    )
    assert words_of(whole) == ["Bonsoir", "Inès", "", "Spoiler", "Zoé", "Citation", "Une tour"]


def _digest() -> Any:
    return "0" * 64


# -- the index -----------------------------------------------------------------------------------------------------


def row(
    pid: str,
    words: str = "",
    *,
    state: State = State.QUEUED,
    place: int = 1,
    author: str = "inès",
    name: str = "Inès",
    is_document: bool = False,
    **kind: Any,
) -> Row:
    fields = {"network": "mastodon", "source": "m", "lang": "fr", **kind}
    return Row(
        pid=PostId(pid),
        state=state,
        place=place,
        kind=Kind(**fields),
        author=author,
        name=name,
        words=words if is_document else document([words]),
    )


@pytest.mark.parametrize(
    ("state", "order"),
    [
        (State.QUEUED, [1, 2, 3, 4, 5]),
        (State.HELD, [1, 2, 3, 4, 5]),
        (State.APPROVED, [5, 4, 3, 2, 1]),
        (State.REJECTED, [5, 4, 3, 2, 1]),
    ],
)
@pytest.mark.parametrize("words", ["", "nuit"])
def test_pages_have_the_order_of_the_desk(state: State, order: list[int], words: str) -> None:
    index = Index()
    index.put(row(f"p{n}", "nuit", state=state, place=n) for n in (3, 1, 5, 2, 4))
    index.put([row("other", "nuit", state=State.HELD if state is State.QUEUED else State.QUEUED, place=9)])
    wanted = Wanted(terms=parse(words), network="mastodon")
    found: list[int] = []
    after: int | None = None
    while page := index.find(state, wanted, limit=2, after=after):
        found += [place for _, place in page]
        after = page[-1][1]
    assert found == order


@pytest.mark.parametrize("few", [0, 10_000])
def test_facets_leave_their_own_filter_out_of_account(few: int) -> None:
    index = Index(few_hits=few)  # both ways of asking give the same
    index.put([
        row("a", "nuit", rules=("links", "words"), labels=("press",)),
        row("b", "nuit claire", network="bluesky", source="b", lang="en", rules=("links",), author="bo", name="Bo"),
        row("c", "jour", network="bluesky", source="b", lang="en", author="bo", name="Bo"),
        row("d", "nuit", state=State.HELD, place=2),
    ])  # fmt: skip
    everything = index.facets(State.QUEUED, Wanted())
    assert everything.network == [("bluesky", 2), ("mastodon", 1)]
    assert everything.rule == [("links", 2), ("words", 1)]
    assert everything.label == [("press", 1)]
    assert everything.author == [("bo", "Bo", 2), ("inès", "Inès", 1)]
    narrow = index.facets(State.QUEUED, Wanted(network="bluesky", terms=parse("nuit")))
    assert narrow.network == [("bluesky", 1), ("mastodon", 1)]
    assert (narrow.total, narrow.lang, narrow.rule) == (1, [("en", 1)], [("links", 1)])
    assert narrow.author == [("bo", "Bo", 1)]
    assert index.facets(State.QUEUED, Wanted(author="bo")).author == everything.author
    counts = [
        index.count(State.QUEUED, Wanted(terms=parse(words))) for words in ("nuit", "jour", "nuit jour", "")
    ]
    assert counts == [2, 1, 0, 3]
    for name, value, pids in (
        ("network", "bluesky", ["b", "c"]),
        ("source", "m", ["a"]),
        ("rule", "words", ["a"]),
        ("lang", "en", ["b", "c"]),
        ("label", "press", ["a"]),
        ("author", "bo", ["b", "c"]),
        ("author", "nobody", []),
        ("network", "' OR '1'='1", []),
    ):
        wanted = msgspec.structs.replace(Wanted(), **{name: value})
        assert sorted(pid for pid, _ in index.find(State.QUEUED, wanted, limit=9)) == pids
        assert index.count(State.QUEUED, wanted) == index.facets(State.QUEUED, wanted).total == len(pids)


@pytest.mark.parametrize("has_fts", [True, False])
def test_what_leaves_the_index_leaves_no_bytes(has_fts: bool) -> None:
    index = Index(has_fts=has_fts)
    index.put(row(f"p{n}", f"mot{n} foule", author=f"a{n}", name=f"Nom{n}") for n in range(200))
    index.put([row("gone", "Rubbedout", author="who", name="Whoever"), row("kept", "Rewritten")])
    index.put([row("kept", "anew")], gone=[PostId("gone"), PostId("unknown")])
    while not index.tidy():
        pass
    raw = index._db.serialize()
    assert not [word for word in (b"rubbedout", b"Whoever", b"rewritten", b"gone") if word in raw]
    assert b"anew" in raw
    assert index.count(State.QUEUED, Wanted(terms=parse("rubbedout"))) == 0
    assert index.count(State.QUEUED, Wanted(terms=parse("foule"))) == 200


def test_a_failed_step_changes_nothing() -> None:
    index = Index()
    index.put([row("a", "nuit")])
    with pytest.raises(OverflowError):
        index.put([row("b", "jour"), row("c", place=2**63)])
    assert index.size() == 1
    assert index.count(State.QUEUED, Wanted(terms=parse("jour"))) == 0
