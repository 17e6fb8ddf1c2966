"""Signatures: copies find each other however they are dressed up, strangers do not."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.alike import (
    EDITS,
    PHRASES,
    found,
    with_another_word,
    with_other_letters,
    with_other_signs,
    written,
)
from tests.moderation.pairs import pair
from wall.model import Span, SpanKind
from wall.moderation.signature import (
    PICTURE_NEAR,
    SKETCH_BITS,
    SLOTS,
    bands,
    distance,
    equal_slots,
    exact,
    fold,
    folded,
    is_near_picture,
    is_near_text,
    picture_bands,
    sketch,
    text_bands,
)

HASHES = st.integers(0, 2**64 - 1)
SEEDS = st.integers(0, 2**32)
LANGUAGES = st.sampled_from(sorted(PHRASES))


# -- folds -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Venez au stand douze, tout est gratuit",
        "VENEZ AU STAND DOUZE, TOUT EST GRATUIT !!!",
        "@sam @kim@example.org venez au stand douze : tout est gratuit 🔥🔥 #fête",
        "Venez au stand douze tout est gratuit https://x.example/a?b=12 www.x.example 8372",
        "V e n e z au stаnd d\u200bouze, t0ut est gratuit37 🇫🇷",
        "venez au stand douuuuze tout est gratuit bit.ly/2xyz",
        "𝓥𝓮𝓷𝓮𝔃 ａｕ stand douze, tout est gratuit ＃fête",
    ],
)
def test_copies_in_other_clothes_have_one_fold(text: str) -> None:
    assert fold(text) == "venezaustandouzetoutestgratuit"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bonsoir",
        "Bonsoir tous",
        "Happy new year!",
        "haaaaaaaaaaaaaaaaaaaa",
        "你好世界",
        "哈哈哈哈哈哈哈哈哈哈",
        "🎆🎆🎆 #NuitVauclair @musee",
        "2026-11-24 21:30 12345678901234567890",
        "https://example.org/a-very-long-address-that-says-a-lot",
    ],
)
def test_what_says_too_little_has_none(text: str) -> None:
    assert fold(text) is None


def test_six_han_signs_and_half_of_each_are_enough() -> None:
    assert fold("今晚月色真美") == "今晚月色真美"
    assert fold("今晚月 bonsoir") == "今晚月bonsoir"
    assert fold("今晚 bonsoir") is None


def test_a_card_folds_its_own_words_alone() -> None:
    spans = (
        Span("Venez au stand douze "),
        Span("x.example/abcdefghijklmnop", SpanKind.LINK),
        Span("@somebody", SpanKind.MENTION),
        Span("#UnMotTrèsLong", SpanKind.TAG),
    )
    assert folded(pair(spans)[1]) == "venezaustandouze"


@given(st.text(max_size=200))
def test_any_text_has_a_signature_or_none(text: str) -> None:
    letters = fold(text)
    if letters is None:
        return
    assert len(exact(letters)) == 16
    value = sketch(letters)
    assert value is None or 0 <= value < 2**SKETCH_BITS


@pytest.mark.parametrize(
    "text", ["a b " * 5000, "@" * 20000, "a." * 10000, "#a" * 10000, "傻" * 20000, "1" * 20000]
)
def test_long_texts_are_cut(text: str) -> None:
    assert len(fold(text) or "") <= 1000


def test_signatures_stay_the_same() -> None:
    """They are stored: another Python or machine must make the same ones."""
    assert exact("venezaustandouze") == "3c501e785649c702"
    value = sketch("venezaustandouzetoutestgratuitetlamusiqueaussi")
    assert value is not None
    assert text_bands(value)[0] == "0-47c1612064b10a7"


# -- texts -----------------------------------------------------------------------------------------------------


def test_short_texts_have_no_sketch() -> None:
    assert sketch("a" * 39) is None
    assert sketch("abcdefgh" * 5) is not None
    assert sketch("今晚月色真美今晚月色真美今") is None
    assert sketch("今晚月色真美今晚月色真美今晚") is not None


@given(SEEDS, LANGUAGES)
def test_other_signs_and_letters_change_nothing(seed: int, lang: str) -> None:
    dice = random.Random(seed)
    text = written(dice, lang)
    assert fold(with_other_signs(dice, text)) == fold(text)
    assert found(text, with_other_letters(dice, text))


@given(SEEDS, LANGUAGES)
def test_another_word_in_a_long_text_stays_near(seed: int, lang: str) -> None:
    dice = random.Random(seed)
    text = f"{written(dice, lang)} {written(dice, lang)}"
    one, other = fold(text), fold(with_another_word(dice, text))
    assert one is not None
    assert other is not None
    ours, theirs = sketch(one), sketch(other)
    assert ours is not None
    assert theirs is not None
    assert is_near_text(ours, theirs)
    assert set(text_bands(ours)) & set(text_bands(theirs))


@pytest.mark.parametrize("lang", sorted(PHRASES))
def test_most_copies_are_found_and_hardly_a_stranger(lang: str) -> None:
    dice = random.Random(lang)
    texts = [written(dice, lang) for _ in range(150)]
    for edit in EDITS:
        share = sum(found(text, edit(dice, text)) for text in texts) / len(texts)
        assert share > 0.85, edit.__name__
    sketches = [sketch(fold(text) or "") for text in texts]
    pairs = [
        (one, other) for one, other in combinations(sketches, 2) if one is not None and other is not None
    ]
    assert len(pairs) > 10_000
    assert sum(is_near_text(one, other) for one, other in pairs) < len(pairs) / 1000


def test_equal_slots_are_counted_slot_by_slot() -> None:
    assert equal_slots(0, 0) == SLOTS
    assert equal_slots(0, 1) == SLOTS - 1
    assert equal_slots(0, 1 << 16 * 31) == SLOTS - 1
    assert equal_slots(0, 2**SKETCH_BITS - 1) == 0


# -- pictures, bands -------------------------------------------------------------------------------------------


@given(HASHES, st.sets(st.integers(0, 63), max_size=PICTURE_NEAR))
def test_near_pictures_share_a_band(value: int, flipped: set[int]) -> None:
    other = value
    for bit in flipped:
        other ^= 1 << bit
    assert distance(value, other) == len(flipped)
    assert is_near_picture(value, other)
    assert set(picture_bands(value)) & set(picture_bands(other))


def test_six_bits_however_they_are_spread_leave_a_band() -> None:
    """One in each sixth of the hash: six bands would miss them."""
    other = sum(1 << bit for bit in (5, 15, 26, 37, 47, 58))
    assert set(picture_bands(0)) & set(picture_bands(other))


def test_pictures_that_differ_more_are_strangers() -> None:
    assert not is_near_picture(0, 0b1111111)


@given(HASHES, st.integers(1, 64))
def test_bands_hold_every_bit_once(value: int, count: int) -> None:
    pieces = [name.partition("-") for name in bands(value, count, bits=64)]
    assert [int(number) for number, _, _ in pieces] == list(range(count))
    assert sum(int(piece, 16).bit_count() for _, _, piece in pieces) == value.bit_count()


@given(HASHES, HASHES)
def test_equal_bands_are_equal_values(one: int, other: int) -> None:
    assert (bands(one, 7, bits=64) == bands(other, 7, bits=64)) is (one == other)
