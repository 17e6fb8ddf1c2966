"""Terms, and whether a text holds one: read letter by letter behind every mask, yet never inside a longer word.

A term is written as people write it. "word*" stands for every word that begins so; a blank makes a phrase. In
scripts that write without blanks (Han, kana, Thai) a term is found anywhere. An allowed entry lets that very
word or phrase pass, accents compared; one written with a capital passes only with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from wall.moderation.skeleton import CACHED_LENGTH, bones, thin, unmasked

MASK_LETTERS_MIN: Final = 2
SPELLED_MIN: Final = 3
SPELLED_MAX: Final = 40
HALF_MAX: Final = 4
STAND_ALONE: Final = "aeiouy"  # letters that are words in themselves, beside a word that is spelled out
TRIMMED_MAX: Final = 2

_PIECE = re.compile(r"[^\W_]+")
_MASKED = re.compile(r"\W*([^\W_][^\W_*]*(?:\*+[^\W_*]*)+)\W*")
_UNSPACED = re.compile("[\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\ud7ff\U00020000-\U0003ffff]")
_STOP = re.compile(r"[\n,!?;:()\"“”。、「」『』《》]")
_NO_LETTER = re.compile(r"[^\w\n]|_")
_CLOSING = ".,;:!?…"
_VOWEL = re.compile("[aeiouy]")


class Term(NamedTuple):
    """`text` as its list has it; `list` is the list's name, "" for the event's own words."""

    text: str
    list: str = ""


class Meant(NamedTuple):
    """A term's skeleton, and the term."""

    bare: str
    term: Term


class Chunk(NamedTuple):
    """A run without blanks, read once: its words, their skeletons, that of the whole, and the term it holds."""

    pieces: tuple[str, ...]
    parts: tuple[str, ...]
    bare: str
    term: Term | None
    is_letter: bool
    is_half: bool


class Lexicon:
    """Terms and exceptions, indexed once. Looking through a text takes time linear in its length."""

    def __init__(self, terms: Iterable[Term], *, allowed: Iterable[str] = ()) -> None:
        self._words: dict[str, list[Meant]] = {}
        self._beginnings: dict[str, list[Meant]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], Term]]] = {}
        self._by_length: dict[int, list[Meant]] = {}
        self._signs: list[tuple[str, Term]] = []
        self._allowed: set[str] = set()
        self._allowed_phrases: list[tuple[str, ...]] = []
        self._allowed_signs: list[str] = []
        for term in terms:
            self._add(term)
        for entry in allowed:
            self._allow(entry)
        self._known = lru_cache(maxsize=4096)(self._read)

    def find(self, text: str) -> Term | None:
        """A term that the text holds, or None."""
        plain = unmasked(text)
        chunks: list[Chunk] = []
        for raw in plain.split():
            chunk = self._read(raw) if len(raw) > CACHED_LENGTH else self._known(raw)
            if chunk.pieces:
                chunks.append(chunk)
        if self._allowed_phrases:
            chunks = self._without_allowed(chunks)
        return (
            next((chunk.term for chunk in chunks if chunk.term), None)
            or self._in_phrases(chunks)
            or self._in_spelled(chunks)
            or self._in_halves(chunks)
            or self._in_signs(plain)
        )

    # -- the index --------------------------------------------------------------------------------------------

    def _add(self, term: Term) -> None:
        plain = unmasked(term.text)
        if _UNSPACED.search(plain):
            self._signs.append((_stream(plain), term))
            return
        pieces = _PIECE.findall(plain)
        parts = tuple(filter(None, map(bones, pieces)))
        joined = bones("".join(pieces))
        if len(joined) < 2:
            return
        if len(parts) > 1:
            self._phrases.setdefault(thin(parts[0]), []).append((parts, term))
        elif plain.rstrip().endswith("*"):
            self._beginnings.setdefault(thin(joined)[:3], []).append(Meant(joined, term))
        self._words.setdefault(thin(joined), []).append(Meant(joined, term))
        self._by_length.setdefault(len(joined), []).append(Meant(joined, term))

    def _allow(self, entry: str) -> None:
        plain = unmasked(entry)
        if _UNSPACED.search(plain):
            self._allowed_signs.append(_stream(plain))
        elif len(chunks := plain.split()) > 1:
            self._allowed_phrases.append(tuple("".join(_PIECE.findall(chunk)).casefold() for chunk in chunks))
        else:
            self._allowed.add("".join(_PIECE.findall(plain)))

    def _is_allowed(self, word: str) -> bool:
        return word in self._allowed or word.casefold() in self._allowed

    # -- one word ---------------------------------------------------------------------------------------------

    def _read(self, raw: str) -> Chunk:
        pieces = tuple(_PIECE.findall(raw))
        parts = tuple(map(bones, pieces))
        bare = parts[0] if len(pieces) == 1 and raw.rstrip(_CLOSING) == pieces[0] else bones(raw)
        term = None if self._is_allowed("".join(pieces)) else next(self._in_chunk(raw, pieces, bare), None)
        return Chunk(pieces, parts, bare, term, is_letter=_is_letter(pieces), is_half=_is_half(bare))

    def _in_chunk(self, raw: str, pieces: Sequence[str], bare: str) -> Iterator[Term]:
        """Terms in its words, in all of it with the punctuation gone, behind its stars."""
        for piece in pieces:
            if len(pieces) == 1 or not self._is_allowed(piece):
                for word in _readings(piece):
                    yield from self._exactly(word)
                    yield from self._beginning(word)
        whole = raw.strip(_CLOSING)
        if pieces == (whole,):
            return
        yield from self._exactly(bare)
        for joined in ("".join(pieces), whole):
            for word in _readings(joined):
                yield from self._exactly(word)
        if "*" in raw and (masked := _MASKED.fullmatch(raw)):
            yield from self._behind(masked[1])

    def _exactly(self, bare: str) -> Iterator[Term]:
        return (term for word, term in self._words.get(thin(bare), ()) if _covers(bare, word))

    def _beginning(self, bare: str) -> Iterator[Term]:
        narrow = thin(bare)
        for length in (2, 3):
            for meant, term in self._beginnings.get(narrow[:length], ()):
                if narrow.startswith(thin(meant)) and _covers(bare, meant):
                    yield term

    def _behind(self, masked: str) -> Iterator[Term]:
        """ "f*ck": a star stands for one letter."""
        shown = "".join(part if part.startswith("*") else bones(part) for part in re.split(r"(\*+)", masked))
        if len(shown) - shown.count("*") >= MASK_LETTERS_MIN:
            for word, term in self._by_length.get(len(shown), ()):
                if all(seen in ("*", meant) for seen, meant in zip(shown, word, strict=True)):
                    yield term

    # -- several words ----------------------------------------------------------------------------------------

    def _without_allowed(self, chunks: list[Chunk]) -> list[Chunk]:
        """Without those that stand in an allowed phrase."""
        spoken = ["".join(chunk.pieces).casefold() for chunk in chunks]
        for phrase in self._allowed_phrases:
            if phrase[0] not in spoken:
                continue
            for n in range(len(spoken) - len(phrase), -1, -1):
                if tuple(spoken[n : n + len(phrase)]) == phrase:
                    chunks = chunks[:n] + chunks[n + len(phrase) :]
                    del spoken[n : n + len(phrase)]
        return chunks

    def _in_phrases(self, chunks: Sequence[Chunk]) -> Term | None:
        words = [part for chunk in chunks for part in chunk.parts]
        wholes = [chunk.bare for chunk in chunks]
        for row in (words, wholes) if wholes != words else (words,):
            for n, first in enumerate(map(thin, row)):
                for phrase, term in self._phrases.get(first, ()):
                    here = row[n : n + len(phrase)]
                    if len(here) == len(phrase) and all(map(_is_word, here, phrase)):
                        return term
        return None

    def _in_spelled(self, chunks: Sequence[Chunk]) -> Term | None:
        """ "f u c k": letters that stand alone, read together."""
        for is_letter, group in groupby(chunks, key=lambda chunk: chunk.is_letter):
            letters = [chunk.pieces[0] for chunk in group] if is_letter else []
            if not SPELLED_MIN <= len(letters) <= SPELLED_MAX or self._is_allowed("".join(letters)):
                continue
            for start in range(TRIMMED_MAX + 1):
                for end in range(len(letters), len(letters) - TRIMMED_MAX - 1, -1):
                    outside = [*letters[:start], *letters[end:]]
                    if end - start < SPELLED_MIN or any(bones(one) not in STAND_ALONE for one in outside):
                        continue
                    if term := next(self._exactly(bones("".join(letters[start:end]))), None):
                        return term
        return None

    def _in_halves(self, chunks: Sequence[Chunk]) -> Term | None:
        """ "sh it": two halves, one of them no word because it has no vowel."""
        pairs = (left.bare + right.bare for left, right in pairwise(chunks) if left.is_half or right.is_half)
        return next((term for whole in pairs for term in self._exactly(whole)), None)

    def _in_signs(self, plain: str) -> Term | None:
        if not self._signs or not _UNSPACED.search(plain):
            return None
        stream = _stream(plain)
        for allowed in self._allowed_signs:
            stream = stream.replace(allowed, "\n")
        return next((term for signs, term in self._signs if signs in stream), None)


def _readings(word: str) -> tuple[str, ...]:
    """A 1 is an i or an l."""
    if "1" not in word and "|" not in word:
        return (bones(word),)
    return bones(word), bones(word.replace("1", "l").replace("|", "l"))


def _covers(bare: str, meant: str) -> bool:
    """Whether each run of `meant` is as long in the beginning of `bare`: "niger" does not hold a word with two g.

    Both have the same letters there once runs are one.
    """
    runs = [len(list(run)) for _, run in groupby(bare)]
    return all(len(list(run)) <= runs[n] for n, (_, run) in enumerate(groupby(meant)))


def _is_word(bare: str, meant: str) -> bool:
    return thin(bare) == thin(meant) and _covers(bare, meant)


def _is_letter(pieces: Sequence[str]) -> bool:
    return len(pieces) == 1 and len(pieces[0]) <= HALF_MAX and len(set(pieces[0].casefold())) == 1


def _is_half(bare: str) -> bool:
    return 0 < len(bare) <= HALF_MAX and bare.isascii() and bare.isalpha() and not _VOWEL.search(bare)


def _stream(plain: str) -> str:
    """Letters without anything between; the punctuation of sentences becomes a newline."""
    return _NO_LETTER.sub("", _STOP.sub("\n", plain.casefold()))
