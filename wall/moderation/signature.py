"""Signatures by which nearly equal texts and pictures find each other without being compared one by one.

A text is folded to its bare letters. Equal folds are twins; longer ones also get a sketch (MinHash, Broder 1997):
the share of equal slots in two sketches is, near enough, the share of letter groups that the two texts have in
common. A simhash was worked out and left: in texts as short as ours one changed word turns some 7 of its 64 bits.

What may be near is found through bands (Indyk and Motwani 1998): whoever shares one band is looked at closer.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from wall.model import Card, SpanKind
from wall.moderation.skeleton import skeleton, thin, unmasked

READ_MAX: Final = 4000
LETTERS_MAX: Final = 1000

SLOTS: Final = 32
SLOT_BITS: Final = 16
SKETCH_BITS: Final = SLOTS * SLOT_BITS
SKETCH_BANDS: Final = 8
TEXT_NEAR: Final = 20  # equal slots: five of eight letter groups in common

PICTURE_BITS: Final = 64
PICTURE_BANDS: Final = 7
PICTURE_NEAR: Final = 6  # bits apart; a picture saved again differs in 0 to 4

# One sign of these says as much as two or three letters.
_DENSE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_DENSE_RUN = re.compile(f"[{_DENSE}]+")
_RUN = re.compile(f"[{_DENSE}]+|[^{_DENSE}]+")
_FEWEST_DENSE, _FEWEST = 6, 12
_LONG_DENSE, _LONG = 14, 40

_LINK = re.compile(r"[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|\b[\w-]+(?:\.[\w-]+)+/\S*", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w@])@\w[\w.-]*(?:@[\w.-]+)?")
_TAG = re.compile(r"(?<!\w)#[^\s#]+#?")
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]+")
# Digits inside a word stand for letters ("sh1t"); two and more before or behind one only make copies differ.
_DIGITS = re.compile(r"\b\d{2,}|\d{2,}\b")
_SLOTS = struct.Struct(f"<{SLOTS}H")


def folded(card: Card) -> str | None:
    """The fold of a card's own words."""
    return fold("".join(" " if span.kind is not SpanKind.TEXT else span.text for span in card.spans))


def fold(text: str) -> str | None:
    """Bare letters in a row, without hashtags, mentions, links, digits, signs and blanks.

    None where too few are left to call two posts the same: "Bonsoir" is nobody's own.
    """
    text = unmasked(_FLAGS.sub(" ", text[:READ_MAX]))
    for what in (_LINK, _MENTION, _TAG, _DIGITS):
        text = what.sub(" ", text)
    letters = thin("".join(filter(str.isalpha, skeleton(text))))[:LETTERS_MAX]
    return letters if _weight(letters, _FEWEST_DENSE, _FEWEST) >= 1 else None


def exact(fold: str) -> str:
    """16 hex characters; equal folds have equal ones."""
    return blake2b(fold.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def sketch(fold: str) -> int | None:
    """32 slots of 16 bits; None for a text so short that one word more or less makes it another one."""
    if _weight(fold, _LONG_DENSE, _LONG) < 1:
        return None
    groups = set(_groups(fold))
    digests = b"".join(
        blake2b(group.encode("utf-8", "surrogatepass"), digest_size=_SLOTS.size).digest() for group in groups
    )
    values = struct.unpack(f"<{SLOTS * len(groups)}H", digests)
    return int.from_bytes(_SLOTS.pack(*(min(values[n::SLOTS]) for n in range(SLOTS))), "little")


def is_near_text(one: int, other: int) -> bool:
    """Of two sketches."""
    return equal_slots(one, other) >= TEXT_NEAR


def equal_slots(one: int, other: int) -> int:
    size = SKETCH_BITS // 8
    pairs = zip(
        _SLOTS.unpack(one.to_bytes(size, "little")),
        _SLOTS.unpack(other.to_bytes(size, "little")),
        strict=True,
    )
    return sum(a == b for a, b in pairs)


def is_near_picture(one: int, other: int) -> bool:
    """Of two difference hashes of 64 bits."""
    return distance(one, other) <= PICTURE_NEAR


def distance(one: int, other: int) -> int:
    """In bits."""
    return (one ^ other).bit_count()


def text_bands(value: int) -> tuple[str, ...]:
    """Of a sketch: texts with 70 % in common share one in 9 of 10 cases, with 80 % in 98 of 100."""
    return bands(value, SKETCH_BANDS, bits=SKETCH_BITS)


def picture_bands(value: int) -> tuple[str, ...]:
    """Of a difference hash: two that are at most `PICTURE_NEAR` bits apart share at least one."""
    return bands(value, PICTURE_BANDS, bits=PICTURE_BITS)


def bands(value: int, count: int, *, bits: int) -> tuple[str, ...]:
    """The value cut into `count` pieces, each with its number ("3-1f"): names of buckets.

    Two values that differ in fewer bits than there are bands share at least one of them.
    """
    edges = [bits * n // count for n in range(count + 1)]
    return tuple(f"{n}-{value >> edges[n] & (1 << edges[n + 1] - edges[n]) - 1:x}" for n in range(count))


def _weight(letters: str, dense_needed: int, needed: int) -> float:
    dense = sum(map(len, _DENSE_RUN.findall(letters)))
    return dense / dense_needed + (len(letters) - dense) / needed


def _groups(fold: str) -> Iterator[str]:
    """Every four letters in a row; of Chinese and Japanese every two signs."""
    for run in _RUN.findall(fold):
        size = 2 if _DENSE_RUN.match(run) else 4
        for start in range(max(1, len(run) - size + 1)):
            yield run[start : start + size]
