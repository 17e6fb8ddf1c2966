"""What a word sounds like, about: for those who write a word as it is heard ("kabron", "azzhole", "nik ta mer").

One rough alphabet for French, English, Spanish and German. It is coarser than any of them, so it is asked only
about words and phrases that are long enough to be sure of.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from wall.moderation.skeleton import CACHED_LENGTH, thin

# The longest first; capitals are sounds of their own ("S" as in "she", "C" as in "chin" or "ich").
_SOUNDS: Final = {
    "tsch": "C",
    "sch": "S",
    "tch": "C",
    "chs": "ks",
    "eau": "o",
    "sh": "S",
    "ch": "C",
    "ph": "f",
    "qu": "k",
    "ck": "k",
    "ou": "u",
    "oo": "u",
    "au": "o",
    "ai": "e",
    "ei": "e",
    "ay": "e",
    "ey": "e",
    "gue": "ge",
    "gui": "gi",
    "ge": "je",
    "gi": "ji",
    "ce": "se",
    "ci": "si",
    "cy": "si",
    "c": "k",
    "q": "k",
    "z": "s",
    "x": "ks",
    "y": "i",
    "w": "v",
    "h": "",
}
_SOUND = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_SILENT = re.compile(r"(?<=..)(?:e|[dtx])?s?\Z")


def sound(bare: str) -> str:
    """Of a skeleton. Letters that are often not heard at the end are gone: "connards" and "konar" are one."""
    return _kept(bare) if len(bare) <= CACHED_LENGTH else _sound(bare)


def _sound(bare: str) -> str:
    return _SILENT.sub("", thin(_SOUND.sub(lambda found: _SOUNDS[found[0]], bare)), count=1)


_kept = lru_cache(maxsize=8192)(_sound)
