"""Addresses as people spell them to slip past: "sam dot lee at example dot com", "piaofan点com", "www . x . de"."""

from __future__ import annotations

import re
from typing import Final

_DOT: Final = "dot|d0t|point|punto|punkt|点|點"
_AT: Final = "at|a|@|arobase|arrobase|arroba|ät|aet|chez|艾特"
# Endings that are no words: "point de" is French and "punto es" Spanish long before they are addresses.
_ENDING: Final = r"(?:com|net|org|info|biz|shop|museum|eu|uk|fr|cn)\b"
_LABEL: Final = r"[a-z0-9-]{1,63}"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_BRACKETED_DOT = _pattern(rf"\s?[\[({{<]\s?(?:\.|{_DOT})\s?[\])}}>]\s?")
_BRACKETED_AT = _pattern(rf"\s?[\[({{<]\s?(?:{_AT})\s?[\])}}>]\s?")
_NAMED_AT = _pattern(r"(?<=\w)(?:\s?艾特\s?|\s(?:arr?obase|arroba|klammeraffe)\s)(?=\w)")
_HAN_DOT = _pattern(
    rf"(?<=[a-z0-9])\s?[点點。]\s?(?=(?:{_LABEL}\s?[点點。.]\s?)?(?:com|net|org|shop|cn|hk|tw|fr)(?![a-z0-9]))"
)
_WWW = _pattern(
    rf"\bwww\s?(?:\.|\s(?:{_DOT})\s|[点點])\s?({_LABEL})\s?(?:\.|\s(?:{_DOT})\s|[点點])\s?([a-z]{{2,10}})\b"
)
# With a "dot" behind it "at" is a sign; before a plain address ("tickets at example.org") it is a word.
_SAID_AT = _pattern(
    rf"(?<=\w)\s(?:at|ät)\s(?={_LABEL}(?:\s(?:dot|d0t|punkt)\s{_LABEL})?\s(?:dot|d0t|punkt)\s(?:{_ENDING}|(?:de|es|it|be|nl|ch)\b))"
)
_SPACED_AT = _pattern(rf"(?<=\w)\s@\s(?={_LABEL}\s?(?:\.|\s(?:{_DOT})\s)\s?[a-z]{{2}})")
_HOST_DOT = _pattern(rf"(@{_LABEL}(?:\.{_LABEL}){{0,2}})\s(?:\.|{_DOT})\s(?=[a-z]{{2,10}}\b)")
_NAME_DOT = _pattern(rf"(?<=\w)\s(?:{_DOT})\s(?=[\w.+-]{{1,64}}@)")
_WORD_DOT = _pattern(
    rf"(?<=\w)\s(?:dot|d0t|point|punto|punkt|\.)\s(?={_ENDING})|(?<=\w)\spunkt\s(?=(?:de|at|ch)\b)"
)


def unspelled(text: str) -> str:
    """The text with signs for the words that stand for them, where they can hardly mean something else."""
    text = _BRACKETED_AT.sub("@", _BRACKETED_DOT.sub(".", text))
    text = _NAMED_AT.sub("@", _HAN_DOT.sub(".", text))
    text = _SPACED_AT.sub("@", _SAID_AT.sub("@", text))
    text = _HOST_DOT.sub(r"\1.", _HOST_DOT.sub(r"\1.", text))
    text = _WWW.sub(r"www.\1.\2", _NAME_DOT.sub(".", text))
    return _WORD_DOT.sub(".", text)
