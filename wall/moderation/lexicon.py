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

from wall.moderation.masks import Mask, mask_of
from wall.moderation.signs import Signs, beside, is_unspaced
from wall.moderation.skeleton import CACHED_LENGTH, bones, thin, unmasked
from wall.moderation.sound import sound
from wall.moderation.term import Term

SOUND_MIN: Final = 5  # of one word
PHRASE_SOUND_MIN: Final = 7
BACKWARDS_MIN: Final = 4
SPELLED_MIN: Final = 3
SPELLED_MAX: Final = 40
HALF_MAX: Final = 4
STAND_ALONE: Final = "aeiouy"  # letters that are words in themselves, beside a word that is spelled out
TRIMMED_MAX: Final = 2

_PIECE = re.compile(r"[^\W_]+")
_CLOSING = ".,;:!?…"
_CONTRACTED = re.compile(r"[a-z]['’](?:re|ve|ll|d|s|m|t)\Z")  # "who're" is no word with a mark in it
_VOWEL = re.compile("[aeiouy]")
_V_FOR_U = re.compile("(?<=[b-df-hj-np-tv-xz])v(?=[b-df-hj-np-tv-xz])")
# Letters turned upside down: a word of them is read from its end.
_TURNED = str.maketrans("ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎunpdbq", "acefghijkmrtvwynudpqb")
_IS_TURNED = re.compile("[ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ]")


class Meant(NamedTuple):
    """A term's skeleton, and the term."""

    bare: str
    term: Term


class Chunk(NamedTuple):
    """A run without blanks, read once: its words, their skeletons, that of the whole, and the term it holds."""

    pieces: tuple[str, ...]
    parts: tuple[str, ...]
    bare: str
    mask: Mask | None
    term: Term | None
    is_letter: bool
    is_half: bool


class Lexicon:
    """Terms and exceptions, indexed once. Looking through a text takes time linear in its length."""

    def __init__(self, terms: Iterable[Term], *, allowed: Iterable[str] = ()) -> None:
        self._words: dict[str, list[Meant]] = {}
        self._beginnings: dict[str, list[Meant]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], Term]]] = {}
        self._by_first: dict[str, list[Meant]] = {}
        self._backwards: dict[str, Term] = {}
        self._by_sound: dict[str, Term] = {}
        self._phrases_by_sound: dict[str, list[tuple[tuple[str, ...], Term]]] = {}
        self._signs = Signs()
        self._allowed: set[str] = set()
        self._allowed_phrases: list[tuple[str, ...]] = []
        for term in sorted(terms, key=lambda term: " " in term.text):  # one word is named before two
            self._add(term)
        for entry in allowed:
            self._allow(entry)
        self._known = lru_cache(maxsize=4096)(self._read)

    def find(self, text: str) -> Term | None:
        """A term that the text holds, or None."""
        plain = unmasked(text)
        chunks: list[Chunk] = []
        for raw in (beside(plain) if is_unspaced(plain) else plain).split():
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
            or self._signs.find(plain)
        )

    # -- the index --------------------------------------------------------------------------------------------

    def _add(self, term: Term) -> None:
        plain = unmasked(term.text)
        if is_unspaced(plain):
            self._signs.add(term, plain)
            return
        pieces = _PIECE.findall(plain)
        parts = tuple(filter(None, map(bones, pieces)))
        joined = bones("".join(pieces))
        if len(joined) < 2:
            return
        if len(parts) > 1:
            self._phrases.setdefault(thin(parts[0]), []).append((parts, term))
            heard = tuple(map(sound, parts)) if term.list else ()
            if sum(map(len, heard)) >= PHRASE_SOUND_MIN:
                self._phrases_by_sound.setdefault(heard[0], []).append((heard, term))
        elif plain.rstrip().endswith("*"):
            self._beginnings.setdefault(thin(joined)[:3], []).append(Meant(joined, term))
        self._words.setdefault(thin(joined), []).append(Meant(joined, term))
        self._by_first.setdefault(joined[0], []).append(Meant(joined, term))
        if term.list and len(parts) == 1:
            self._backwards.setdefault(thin(joined[::-1]), term)
            if len(heard_as := sound(joined)) >= SOUND_MIN:
                self._by_sound.setdefault(heard_as, term)

    def _allow(self, entry: str) -> None:
        plain = unmasked(entry)
        if is_unspaced(plain):
            self._signs.allow(plain)
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
        mask = mask_of(raw)
        is_allowed = self._is_allowed("".join(pieces))
        term = None if is_allowed else next(self._in_chunk(raw, pieces, bare, mask), None)
        return Chunk(pieces, parts, bare, mask, term, is_letter=_is_letter(pieces), is_half=_is_half(bare))

    def _in_chunk(self, raw: str, pieces: Sequence[str], bare: str, mask: Mask | None) -> Iterator[Term]:
        """Terms in its words, in all of it with the punctuation gone, behind its stars."""
        for piece in pieces:
            if len(pieces) == 1 or not self._is_allowed(piece):
                for word in _readings(piece):
                    yield from self._exactly(word)
                    yield from self._beginning(word)
                    yield from self._in_disguise(word)
        whole = raw.strip(_CLOSING)
        if pieces == (whole,) or _CONTRACTED.search(whole):
            return
        yield from self._exactly(bare)
        yield from self._in_disguise(bare)
        for joined in ("".join(pieces), whole):
            for word in _readings(joined):
                yield from self._exactly(word)
        if mask:
            yield from self._behind(mask)

    def _exactly(self, bare: str) -> Iterator[Term]:
        return (term for word, term in self._words.get(thin(bare), ()) if _covers(bare, word))

    def _beginning(self, bare: str) -> Iterator[Term]:
        narrow = thin(bare)
        for length in (2, 3):
            for meant, term in self._beginnings.get(narrow[:length], ()):
                if narrow.startswith(thin(meant)) and _covers(bare, meant):
                    yield term

    def _in_disguise(self, bare: str) -> Iterator[Term]:
        """Backwards, or written as it sounds. Only words that are letters throughout and not too short."""
        if len(bare) < BACKWARDS_MIN or not bare.isalpha():
            return
        if backwards := self._backwards.get(thin(bare)):
            yield backwards
        if heard := self._by_sound.get(sound(bare)):
            yield heard

    def _behind(self, mask: Mask) -> Iterator[Term]:
        """ "f*ck": signs stand for letters."""
        for word, term in self._by_first.get(mask.first, ()):
            if mask.whole.fullmatch(word) or (
                term.text.endswith("*") and any(beginning.fullmatch(word) for beginning in mask.beginnings)
            ):
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
        masks = [chunk.mask for chunk in chunks]
        rows: list[tuple[list[str], list[Mask | None]]] = [(wholes, masks)]
        if wholes != words:
            rows.insert(0, (words, [None] * len(words)))
        for row, hidden in rows:
            for n, first in enumerate(map(thin, row)):
                for phrase, term in self._phrases.get(first, ()):
                    here = row[n : n + len(phrase)]
                    if len(here) == len(phrase) and all(
                        _is_word(bare, meant) or (mask is not None and mask.whole.fullmatch(meant))
                        for bare, meant, mask in zip(here, phrase, hidden[n:], strict=False)
                    ):
                        return term
        return self._by_ear(words)

    def _by_ear(self, words: Sequence[str]) -> Term | None:
        """Phrases as they sound: "nik ta mer"."""
        heard = tuple(map(sound, words))
        for n, first in enumerate(heard):
            for phrase, term in self._phrases_by_sound.get(first, ()):
                if heard[n : n + len(phrase)] == phrase:
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
        for left, right in pairwise(chunks):
            if left.is_half or right.is_half:
                whole = left.bare + right.bare
                for bare, term in self._words.get(thin(whole), ()):
                    if bare == whole:  # "'s passt" is no stretched word
                        return term
        return None


def _readings(word: str) -> tuple[str, ...]:
    """A 1 is an i or an l, a v between consonants is a u; letters on their heads are read from the end."""
    read = [bones(word)]
    if "1" in word or "|" in word:
        read.append(bones(word.replace("1", "l").replace("|", "l")))
    if "v" in read[0] and (softer := _V_FOR_U.sub("u", read[0])) != read[0]:
        read.append(softer)
    if _IS_TURNED.search(word):
        read.append(bones(word.casefold()[::-1].translate(_TURNED)))
    return tuple(read)


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
