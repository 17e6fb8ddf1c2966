"""The labelled set: what it is made of, and that the page about the rules says what they make of it."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.rules import (
    BEGIN,
    END,
    FOLDER,
    LANGUAGES,
    PAGE,
    Judged,
    Labelled,
    judged,
    labelled,
    page_with,
    table,
)
from wall.gate import Ruling

# What is to be caught although nobody hides it; every other kind to be caught is an evasion.
OPEN = {"plain word", "threat", "phone", "e-mail", "link", "bank", "messenger", "wallet", "scan"}


@pytest.fixture(scope="module")
def texts() -> list[Labelled]:
    return list(labelled())


@pytest.fixture(scope="module")
def found(texts: list[Labelled]) -> list[Judged]:
    return judged(texts)


def test_the_set_is_what_it_was_asked_to_be(texts: list[Labelled]) -> None:
    assert len(texts) >= 300
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(LANGUAGES)
    assert min(Counter(one.lang for one in texts).values()) >= 60
    assert len({one.text for one in texts}) == len(texts)
    assert {one.want for one in texts} == {"hold", "note", "pass"}
    evasions = [one for one in texts if one.want != "pass" and one.kind not in OPEN]
    assert 0.45 <= len(evasions) / len(texts) <= 0.55
    assert 0.25 <= sum(one.is_apart for one in texts) / len(texts) <= 0.4


def test_what_is_masked_is_marked_in_pairs(texts: list[Labelled]) -> None:
    for one in texts:
        assert one.marked.count("⟦") == one.marked.count("⟧"), one.marked
        assert "⟦" not in one.text
        assert "⟦" not in one.masked


def test_a_page_shows_of_a_marked_run_its_first_sign() -> None:
    one = Labelled("en", "stars", "hold", "Oh ⟦f@#k⟧ it | all")
    assert one.text == "Oh f@#k it | all"
    assert one.masked == "Oh f… it / all"


@pytest.mark.parametrize(
    ("want", "ruling", "is_right"),
    [
        ("hold", Ruling.HOLD, True),
        ("hold", Ruling.REJECT, True),
        ("hold", Ruling.NOTE, False),
        ("hold", Ruling.APPROVE, False),
        ("note", Ruling.NOTE, True),
        ("note", Ruling.HOLD, True),
        ("note", Ruling.APPROVE, False),
        ("pass", Ruling.APPROVE, True),
        ("pass", Ruling.NOTE, True),
        ("pass", Ruling.HOLD, False),
        ("pass", Ruling.REJECT, False),
    ],
)
def test_what_counts_as_right(want: str, ruling: Ruling, is_right: bool) -> None:
    assert Judged(Labelled("en", "kind", want, "text"), ruling, ()).is_right is is_right


def test_the_page_holds_the_table_that_the_command_prints(found: list[Judged]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page_with(table(found), page) == page, "run python -m bench.rules --write and look at what changed"


def test_the_rules_are_not_worse_than_they_were(found: list[Judged]) -> None:
    """Floors, so that a table is not rewritten for the worse by mistake."""
    for is_apart, least in ((False, 0.96), (True, 0.9)):
        part = [one for one in found if one.text.is_apart is is_apart]
        guilty = [one for one in part if one.is_guilty]
        innocent = [one for one in part if not one.is_guilty]
        assert sum(one.is_right for one in guilty) >= least * len(guilty)
        assert sum(not one.is_right for one in innocent) <= 0.03 * len(innocent)


def test_a_page_without_a_place_for_the_table_is_an_error() -> None:
    assert page_with("new", f"a\n{BEGIN}\nold\n\n{END}\nb") == f"a\n{BEGIN}\nnew\n{END}\nb"
    with pytest.raises(ValueError, match="no place for the table"):
        page_with("new", f"a\n{BEGIN} and no end")
