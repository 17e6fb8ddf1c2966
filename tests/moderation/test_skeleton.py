"""The skeleton: one form for everything that looks alike."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wall.moderation.skeleton import skeleton, thin, unmasked


@pytest.mark.parametrize(
    "text",
    [
        "musée",
        "MUSEE",
        "mus\u200be\u00ade",  # zero-width, soft hyphen
        "ｍｕｓｅｅ",
        "𝓶𝓾𝓼𝓮𝓮",
        "ⓜⓤⓢⓔⓔ",
        "🅼🆄🆂🅴🅴",
        "🇲🇺🇸🇪🇪",
        "м\u0075ѕее",  # Cyrillic м, ѕ, е
        "ΜUSΕΕ",  # Greek capitals Μ, Ε
        "ᴍᴜꜱᴇᴇ",
        "m̶u̶s̶e̶e̶",
        "m\u0489u\u0301\u0302\u0303see",
        "mu5ée",
        "mu$33",
        "m.u-s_e'e",
        "musééééée",
        "  musee!!! ",
    ],
)
def test_what_looks_alike_is_one(text: str) -> None:
    assert skeleton(text) == "musee"


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("", ""),
        (" \n\t", ""),
        ("!!! ...", ""),
        ("2026 100 $5", "2026 100 5"),
        ("21h30", "2iheo"),
        ("Bravo!Merci", "bravoimerci"),
        ("sh!", "sh"),
        ("@sam", "asam"),
        ("站在玻璃顶下面", "站在玻璃顶下面"),
        ("straße Œuvre", "strasse oeuvre"),
        ("Hej 🇫🇷salut", "hej fr salut"),
    ],
)
def test_what_becomes_of_the_rest(text: str, bare: str) -> None:
    assert skeleton(text) == bare


def test_runs_are_two_at_most_and_thin_is_one() -> None:
    assert skeleton("coooool") == "cool"
    assert thin("cool") == "col"
    assert thin(skeleton("aaabbbccc")) == "abc"


def test_unmasked_keeps_case_and_accents() -> None:
    assert unmasked("Fu\u0308ck \u202eÉté\u200b 𝐀") == "Fück Été A"


@given(st.text(alphabet=st.characters(exclude_categories=())))
@settings(max_examples=400, deadline=None)
def test_the_skeleton_of_a_skeleton_is_itself(text: str) -> None:
    once = skeleton(text)
    assert skeleton(once) == once


# Where a fold could undo another: digits beside letters, signs, jamo, marks, ligatures that hold blanks.
PIECES = st.sampled_from(
    ["1", "a", "$", "!", "ß", "ﷺ", "각", "ᄀ", "\u1160", "\u0301", "\u0345", "ᾳ", "İ", "Ꭺ", "ꭰ", "½", " "]
)


@given(st.lists(PIECES | st.characters(), max_size=12).map("".join))
@settings(max_examples=400, deadline=None)
def test_it_stays_so_where_folds_meet(text: str) -> None:
    once = skeleton(text)
    assert skeleton(once) == once
    assert "  " not in once
    assert once == once.strip()
