"""Which characters may be shown, how many marks one may carry, and where a text may be cut.

Display rules: NFC; no control, surrogate, private or unassigned character, no bidi override or isolate, no
invisible filler. ZWJ, ZWNJ, LRM, RLM (two to a base) and the tags of a flag stay, for scripts and emoji need
them; combining marks stay three to a base. Blanks become one blank, newlines one newline.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from typing import Final

ELLIPSIS: Final = "…"
MARKS_MAX: Final = 3
JOINERS_MAX: Final = 2
FLAG_TAGS_MAX: Final = 7
CLUSTER_MAX: Final = 10

_NEWLINES = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_JOINERS = "\u200c\u200d\u200e\u200f"
_ZWJ, _BLACK_FLAG = "\u200d", "\U0001f3f4"
# Invisible yet not of category Cf: fillers, the Braille blank, the grapheme joiner, Khmer inherent vowels.
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc"
# Of category Cf yet drawn: signs that enclose the digits behind them.
_DRAWN_FORMATS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
# Not assigned when this Python was made, but reserved for pictographs and Han: newer phones send them.
_PROMISED = ((0x1F000, 0x1FAFF), (0x20000, 0x2FFFD), (0x30000, 0x3FFFD))


class Role(IntEnum):
    """What a character is to the display; DROP is never shown."""

    DROP = 0
    BASE = 1
    MARK = 2
    JOINER = 3
    FLAG_TAG = 4
    BLANK = 5
    NEWLINE = 6


_COUNTED = frozenset({Role.BASE, Role.BLANK, Role.NEWLINE})


@lru_cache(maxsize=8192)
def role(char: str) -> Role:
    if char in _NEWLINES:
        return Role.NEWLINE
    if char in _JOINERS:
        return Role.JOINER
    if char in _INVISIBLE:
        return Role.DROP
    code, category = ord(char), unicodedata.category(char)
    if 0xE0020 <= code <= 0xE007F:
        return Role.FLAG_TAG
    if category in ("Mn", "Me"):
        return Role.MARK
    if category == "Zs" or char == "\t":
        return Role.BLANK
    if category == "Cf":
        return Role.BASE if char in _DRAWN_FORMATS else Role.DROP
    if category == "Cn":
        return Role.BASE if any(low <= code <= high for low, high in _PROMISED) else Role.DROP
    return Role.DROP if category in ("Cc", "Cs", "Co") else Role.BASE


def sound(text: str) -> str:
    """Only what may be shown, in NFC, blanks and newlines collapsed. The ends keep a blank; nothing is cut."""
    # Bounding the marks before NFC also bounds its time: it sorts them, and slowly.
    text = unicodedata.normalize("NFC", _allowed(text, marks_max=4 * MARKS_MAX))
    text = _allowed(text, marks_max=MARKS_MAX)
    if not any(role(char) is Role.BASE for char in text):
        text = re.sub(r"\S", "", text)
    text = re.sub(r"[^\S\n]{2,}", lambda run: run[0][0], text)
    return re.sub(r"\s*\n\s*", "\n", text)


def _allowed(text: str, *, marks_max: int) -> str:
    kept: list[str] = []
    marks, joiners, flag_tags = 0, JOINERS_MAX, 0
    for char in text:
        kind = role(char)
        if kind is Role.BASE:
            marks, joiners = marks_max, JOINERS_MAX
            flag_tags = FLAG_TAGS_MAX if char == _BLACK_FLAG else 0
        elif kind is Role.BLANK or kind is Role.NEWLINE:
            char = "\n" if kind is Role.NEWLINE else char.replace("\t", " ")
            marks, joiners, flag_tags = 0, JOINERS_MAX, 0
        elif kind is Role.MARK and marks:
            marks -= 1
        elif kind is Role.JOINER and joiners:
            joiners -= 1
        elif kind is Role.FLAG_TAG and flag_tags:
            flag_tags -= 1
        else:
            continue
        kept.append(char)
    return "".join(kept)


def length(text: str) -> int:
    """Base characters: what a limit counts. Marks, joiners and the tags of a flag are free."""
    return sum(role(char) in _COUNTED for char in text)


def cut(text: str, limit: int) -> str:
    """Sound text of at most `limit` base characters, an ellipsis included, never cut inside a cluster."""
    if len(text) <= limit or length(text) <= limit:
        return text
    kept, room = "", limit - len(ELLIPSIS)
    for piece in _clusters(text):
        room -= length(piece)
        if room < 0:
            break
        kept += piece
    return kept.rstrip() + ELLIPSIS


def _clusters(text: str) -> Iterator[str]:
    """Pieces that a cut must not part: a letter and its marks, a flag, an emoji family (of bounded size)."""
    piece = ""
    for char in text:
        if piece and role(char) in _COUNTED and not (_joins(piece, char) and length(piece) < CLUSTER_MAX):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _joins(piece: str, char: str) -> bool:
    if piece.endswith(_ZWJ) or "\U0001f3fb" <= char <= "\U0001f3ff":
        return True
    return len(piece) == 1 and all("\U0001f1e6" <= half <= "\U0001f1ff" for half in (piece, char))
