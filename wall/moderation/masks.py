"""Letters behind a sign: "f*ck", "sh#t", "m💩rde", "p..a". What is shown must fit, and so must the length."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from wall.moderation.skeleton import CACHED_LENGTH, bones

SHOWN_MIN: Final = 2
LENGTH_MIN: Final = 4  # "R&B" hides nothing
LOOSE_FROM: Final = 3  # from so many letters shown, people need not have counted the hidden ones
HOLES_MAX: Final = 3
PICTURE_HIDES: Final = 3  # letters that one emoji may stand for
ENDING_MAX: Final = 3

_SIGNS = "*#%&?^~=+×"
_PICTURES = "\u2190-\u2bff\U0001f000-\U0001faff"
# Dots and dashes join words too, so one alone hides nothing.
_HOLE = rf"[{_SIGNS}@$!]*[{_SIGNS}][{_SIGNS}@$!]*|[{_PICTURES}]+|[.\-_']{{2,}}"
_SPLIT = re.compile(f"({_HOLE})")
_ELIDED = r"(?:[^\W\d_]{1,2}['’])?"  # "d'enc*lé"
_MASKED = re.compile(rf"\W*{_ELIDED}([^\W_][^\W_@$!]*(?:(?:{_HOLE})[^\W_@$!]*)+)\W*")
_TAIL = re.compile(r"(?:[^\w*]|_)+\Z")  # "put?" asks; only stars hide what a word ends with
_IS_PICTURE = re.compile(f"[{_PICTURES}]")


class Mask(NamedTuple):
    """What a masked word may be: `first` is its first letter; `beginnings` are for words that only begin so."""

    first: str
    whole: re.Pattern[str]
    beginnings: tuple[re.Pattern[str], ...]


@lru_cache(maxsize=2048)
def mask_of(raw: str) -> Mask | None:
    """Of a text without blanks; None where nothing is hidden in it, or too much."""
    if len(raw) > CACHED_LENGTH or raw.isalnum() or (found := _MASKED.fullmatch(_TAIL.sub("", raw))) is None:
        return None
    pieces = _SPLIT.split(found[1])
    letters, holes = [bones(piece) for piece in pieces[::2]], pieces[1::2]
    shown = sum(map(len, letters))
    if shown < SHOWN_MIN or shown + sum(map(len, holes)) < LENGTH_MIN:
        return None
    if len(holes) > HOLES_MAX or not letters[0]:
        return None
    gaps = [_gap(hole, is_loose=shown >= LOOSE_FROM) for hole in holes]
    *before, last = [re.escape(letter) for letter in letters]
    start = "".join(map("".join, zip(before, gaps, strict=True)))
    endings = [last[:-n] for n in range(1, min(ENDING_MAX, len(last) - 1) + 1)] if last.isalnum() else []
    return Mask(
        letters[0][0], re.compile(start + last), tuple(re.compile(start + ending) for ending in endings)
    )


def _gap(hole: str, *, is_loose: bool) -> str:
    count = len(hole)
    if _IS_PICTURE.search(hole):
        return f".{{1,{max(count, PICTURE_HIDES)}}}" if is_loose else f".{{{count}}}"
    if is_loose and hole[0] in _SIGNS and count > 1:
        return f".{{{count - 1},{count + 1}}}"
    return f".{{{count}}}"
