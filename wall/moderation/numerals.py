"""Runs of digits as people write them: in figures, in words of five languages, with an O for a 0 or an l for a 1."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

GAP_MAX: Final = 4  # signs between two numerals of one run

_CHUNK = re.compile("[\u2e80-\u9fff]|[^\\W_\u2e80-\u9fff]+")
_FIGURES = re.compile(r"[oOlI]*\d[\doOlI]*")
_AS_DIGITS = str.maketrans("oOlI", "0011")
_PLAIN_GAP = re.compile(r"[\s().\-/]{0,2}")
_HAN: Final = dict(zip("〇零一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖", "0012234567891123456789", strict=True))
_TIMES: Final = {"double": 2, "triple": 3, "doppel": 2, "doble": 2}

_FRENCH = (
    "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
    "dix-sept dix-huit dix-neuf"
)
_ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_SPANISH = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis "
    "diecisiete dieciocho diecinueve"
)
_GERMAN = (
    "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn "
    "siebzehn achtzehn neunzehn"
)
_ALL: Final = (_FRENCH, _ENGLISH, _SPANISH, _GERMAN)
_MORE: Final = {"oh": "0", "nought": "0", "zwo": "2", "veinte": "20", "ein": "1"}


class Numeral(NamedTuple):
    """`digits` for what stands at `start` to `end`; `is_figures` when it is written with figures alone."""

    digits: str
    start: int
    end: int
    is_figures: bool


class Run(NamedTuple):
    """Numerals with little between them, and whether figures and plain gaps are all of it."""

    numerals: tuple[Numeral, ...]
    is_plain: bool

    @property
    def digits(self) -> str:
        return "".join(numeral.digits for numeral in self.numerals)


def runs(text: str) -> Iterator[Run]:
    """Every run of numerals in a text that is `unmasked`, as long as it goes."""
    run: list[Numeral] = []
    is_plain = True
    for numeral in _numerals(text):
        gap = text[run[-1].end : numeral.start] if run else ""
        if run and (len(gap) > GAP_MAX or any(sign in "#@" or sign.isalnum() for sign in gap)):
            yield Run(tuple(run), is_plain)
            run, is_plain, gap = [], True, ""
        is_plain = is_plain and numeral.is_figures and _PLAIN_GAP.fullmatch(gap) is not None
        run.append(numeral)
    if run:
        yield Run(tuple(run), is_plain)


def _numerals(text: str) -> Iterator[Numeral]:
    chunks = list(_CHUNK.finditer(text))
    names, longest = _names()
    folded = [_folded(chunk[0]) for chunk in chunks]
    n = 0
    while n < len(chunks):
        start, size = chunks[n].start(), 1
        digits = _HAN.get(chunks[n][0], "")
        if is_figures := _FIGURES.fullmatch(chunks[n][0]) is not None:
            digits = chunks[n][0].translate(_AS_DIGITS)
        elif folded[n] in longest:
            size = _words_of_one(text, chunks, n, longest[folded[n]])
            while size and (name := " ".join(folded[n : n + size])) not in names:
                size -= 1
            digits = names[name] if size else ""
        elif folded[n] in _TIMES and n + 1 < len(chunks) and (one := names.get(folded[n + 1])):
            size, digits = 2, one * _TIMES[folded[n]]
        size = max(size, 1)
        end = chunks[n + size - 1].end()
        if digits and text[max(start - 1, 0) : start] not in ("#", "@"):
            yield Numeral(digits, start, end, is_figures and digits == chunks[n][0])
        n += size


def _words_of_one(text: str, chunks: list[re.Match[str]], n: int, most: int) -> int:
    """How many chunks from `n` on, `most` at most, stand so close that they may name one number."""
    size = 1
    for left, right in pairwise(chunks[n : n + most]):
        if text[left.end() : right.start()] not in (" ", "-", "\u2010", "\u2011"):
            break
        size += 1
    return size


def _folded(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))


@cache
def _names() -> tuple[dict[str, str], dict[str, int]]:
    """Digits by name ("quatre vingt dix huit" is 98), and by first word how many words a name has at most."""
    names = {name.replace("-", " "): str(n) for one in _ALL for n, name in enumerate(one.split())} | _MORE
    for make in (_french, _english, _spanish, _german):
        names |= {name: str(n) for name, n in make()}
    longest: dict[str, int] = {}
    for name in names:
        first, *rest = name.split()
        longest[first] = max(longest.get(first, 0), 1 + len(rest))
    return names, longest


def _french() -> Iterator[tuple[str, int]]:
    units = [name.replace("-", " ") for name in _FRENCH.split()]
    for ten, name in enumerate(["vingt", "trente", "quarante", "cinquante", "soixante"], 2):
        yield name, 10 * ten
        yield f"{name} et un", 10 * ten + 1
        yield from ((f"{name} {units[n]}", 10 * ten + n) for n in range(1, 20 if ten == 6 else 10))
    yield "soixante et onze", 71
    yield "quatre vingts", 80
    yield "quatre vingt", 80
    yield from ((f"quatre vingt {units[n]}", 80 + n) for n in range(1, 20))
    for ten, name in ((70, "septante"), (80, "huitante"), (90, "nonante")):
        yield name, ten
        yield f"{name} et un", ten + 1
        yield from ((f"{name} {units[n]}", ten + n) for n in range(1, 10))


def _english() -> Iterator[tuple[str, int]]:
    units = _ENGLISH.split()
    for ten, name in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2
    ):
        yield name, 10 * ten
        yield from ((f"{name} {units[n]}", 10 * ten + n) for n in range(1, 10))
    yield from ((f"{units[n]} hundred", 100 * n) for n in range(1, 10))


def _spanish() -> Iterator[tuple[str, int]]:
    units = _SPANISH.split()
    below = {n: name for n, name in enumerate(units) if n}
    below |= {20 + n: f"veinti{units[n]}" for n in range(1, 10)} | {20: "veinte"}
    for ten, name in enumerate(
        ["treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"], 3
    ):
        below |= {10 * ten: name} | {10 * ten + n: f"{name} y {units[n]}" for n in range(1, 10)}
    hundreds = "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
    yield from ((name, n) for n, name in below.items())
    for hundred, name in enumerate(hundreds.split(), 1):
        yield name, 100 * hundred
        yield from ((f"{name} {rest}", 100 * hundred + n) for n, rest in below.items())


def _german() -> Iterator[tuple[str, int]]:
    units = ["", "ein", *_GERMAN.split()[2:10]]
    for ten, name in enumerate(
        ["zwanzig", "dreissig", "vierzig", "funfzig", "sechzig", "siebzig", "achtzig", "neunzig"], 2
    ):
        yield name, 10 * ten
        yield from ((f"{units[n]}und{name}", 10 * ten + n) for n in range(1, 10))
