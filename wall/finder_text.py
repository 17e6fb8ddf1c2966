"""How words are made findable: folded, cut into tokens, and asked for. Pure: text in, values out.

Alphabets are searched by words, whatever their case, accents and width. Chinese, Japanese, Korean and Thai are
written without blanks (or with few), so each of their signs is a token and a run of them is a phrase; emoji
too. A token never holds a blank, a quote or a NUL.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

import msgspec

QUERY_MAX: Final = 200  # characters
PREFIX_MIN: Final = 2  # one letter stands for itself: as a beginning it would stand for everything

# Marks that a searcher leaves out: those of Latin, Greek and Cyrillic, Hebrew points, Arabic vowels, joiners.
_LEFT_OUT = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f]"
)
_STROKES = str.maketrans("øđðħıłŋŧ", "oddhilnt")  # letters that do not decompose

_SIGNS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0edf\u1000-\u104f\u1780-\u17d3\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007"
    "\u3021-\u3029\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3130-\u318f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003fffd"
)
_PICTURES = "\u2190-\u2bff\u3030\u303d\U0001f000-\U0001faff"
_MARKED = "\u0900-\u0963\u0966-\u0dff\u0f71-\u0f84\u0f8d-\u0fbc"  # scripts whose vowels are marks, no letters
_TOKEN = re.compile(f"[{_SIGNS}{_PICTURES}]|(?:[^\\W_{_SIGNS}{_PICTURES}{_MARKED}]+|[{_MARKED}]+)+")
_SIGN = re.compile(f"[{_SIGNS}{_PICTURES}]")

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』〝〞＂", '"'))
_CHUNK = re.compile(r'((?<!\S)[-−－](?=\S))?(?:"([^"]*)(?:"|$)|([^\s"]+))')

FENCE: Final = "\ue000"  # between fields, so that no phrase reaches from one into the next


class Term(msgspec.Struct, frozen=True):
    """Tokens that must stand side by side. `is_prefix`: the last may be the beginning of a word."""

    tokens: tuple[str, ...]
    is_prefix: bool = False
    is_excluded: bool = False


def fold(text: str) -> str:
    """The form in which words are compared: compatibility forms, case and accents folded. Idempotent."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _LEFT_OUT.sub("", text).translate(_STROKES))


def tokens(text: str) -> list[str]:
    return _TOKEN.findall(fold(text))


def document(fields: Iterable[str]) -> str:
    """What the index keeps of a post: its tokens with a blank around each, its fields fenced."""
    parts: list[str] = [""]
    for field in fields:
        if found := tokens(field):
            parts += found
            parts.append(FENCE)
    return " ".join((*parts, ""))


def parse(query: str) -> tuple[Term, ...]:
    """What somebody typed. Every text is a query: words, "phrases", -without; whatever holds no word asks nothing."""
    terms: list[Term] = []
    for minus, phrase, word in _CHUNK.findall(query[:QUERY_MAX].translate(_QUOTES)):
        if found := tokens(phrase or word):
            last = found[-1]
            is_prefix = bool(word) and len(last) >= PREFIX_MIN and not _SIGN.match(last)
            terms.append(Term(tuple(found), is_prefix=is_prefix, is_excluded=bool(minus)))
    return tuple(dict.fromkeys(terms))


def expression(terms: Iterable[Term], *, joined: str) -> str:
    """Terms as FTS5 reads them, every one quoted; `joined` is "AND" or "OR"."""
    return f" {joined} ".join(f'"{" ".join(term.tokens)}"{" *" if term.is_prefix else ""}' for term in terms)


def needle(term: Term) -> str:
    """What to look for in a `document` where there is no FTS5."""
    return f" {' '.join(term.tokens)}{'' if term.is_prefix else ' '}"
