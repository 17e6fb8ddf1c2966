"""Terms in scripts that write without blanks (Han, kana, Thai): found anywhere in a text, whatever parts their signs.

For Chinese also by sound (沙笔, "sha bi", "cao你妈"), by parts of signs (贝戋人), by pictures (🐴), with a star or
an x for a sign, and backwards. The tables hold what the lists need and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from wall.moderation.skeleton import bones
from wall.moderation.term import Term

LONG_FROM: Final = 3  # signs from which a term is read backwards, or with one of them hidden

_UNSPACED = re.compile("[\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\ud7ff\U00020000-\U0003ffff]")
_STOP = re.compile(r"[\n,!?;:()\"“”。、「」『』《》]")
_NO_LETTER = re.compile(r"[^\w\n]|_")
_ALONE_ON_ITS_LINE = re.compile(r"(?:(?<=\n)|^)[ \t]*(\S)[ \t]*\n(?=[ \t]*\S[ \t]*(?:\n|$))")
_STAR = re.compile(r"(?<=[\u3400-\u9fff])[*×＊]")
_BESIDE = re.compile(r"(?<=[\u2e80-\u9fff])(?=[A-Za-z0-9@$])|(?<=[A-Za-z0-9@$])(?=[\u2e80-\u9fff])")

_VARIANTS = str.maketrans({"儍": "傻", "艸": "草"})
_PICTURES = str.maketrans(
    {"🐴": "马", "🐎": "马", "🐔": "鸡", "🐓": "鸡", "🌿": "草", "🥚": "蛋", "🍺": "比"}
)
_PARTS: Final = {
    "女表": "婊",
    "贝戋": "贱",
    "貝戔": "賤",
    "扌喿": "操",
    "木喿": "操",
    "弓虽": "强",
    "女干": "奸",
    "犭句": "狗",
    "马叉虫": "骚",
    "又鸟": "鸡",
    "月几": "肌",
}
_PART = re.compile("|".join(_PARTS))
# Of a syllable, the signs that stand for it when a word is to be heard and not seen.
_SYLLABLES: Final = {
    "sha": "傻煞沙杀砂纱",
    "bi": "逼屄笔币碧痹",
    "cao": "操草艹曹肏糙",
    "ni": "你尼泥妮",
    "ma": "妈媽马馬玛吗麻码",
    "gan": "干幹淦赶",
    "niang": "娘",
    "wang": "王忘亡",
    "ba": "八巴",
    "dan": "蛋旦",
    "si": "死",
}
_SYLLABLE_OF = {sign: syllable for syllable, signs in _SYLLABLES.items() for sign in signs}
_SPELLED = "|".join(sorted(_SYLLABLES, key=len, reverse=True))
_PINYIN = re.compile(f"(?:{_SPELLED})+")
_ONE_SYLLABLE = re.compile(_SPELLED)
_HEARD = re.compile(r"[^\W_]+|\n")


class Signs:
    """Terms and exceptions of these scripts. `find` takes time linear in the text for each term."""

    def __init__(self) -> None:
        self._seen: list[tuple[str, Term]] = []
        self._heard: list[tuple[str, Term]] = []
        self._allowed: list[str] = []

    def add(self, term: Term, plain: str) -> None:
        signs = _stream(plain)
        if not signs:
            return
        self._seen.append((signs, term))
        syllables = [_SYLLABLE_OF.get(sign) for sign in signs]
        if len(signs) > 1 and all(syllables):
            self._heard.append((f" {' '.join(filter(None, syllables))} ", term))
        if len(signs) >= LONG_FROM:
            self._seen.append((signs[::-1], term))
            self._seen += [(f"{signs[:n]}x{signs[n + 1 :]}", term) for n in range(1, len(signs) - 1)]

    def allow(self, plain: str) -> None:
        self._allowed.append(_stream(plain))

    def find(self, plain: str) -> Term | None:
        """A term in a text that is `unmasked`."""
        if self._seen and is_unspaced(plain):
            for stream in dict.fromkeys(map(self._without_allowed, _readings(plain))):
                for signs, term in self._seen:
                    if signs in stream:
                        return term
        return self._by_ear(plain) if self._heard else None

    def _by_ear(self, plain: str) -> Term | None:
        told = plain.translate(_PICTURES)
        heard = _syllables(told)
        if heard and is_unspaced(plain):
            stream = _stream(told)
            if (kept := self._without_allowed(stream)) != stream:
                heard = _syllables(kept)
        return next((term for spoken, term in self._heard if heard and spoken in heard), None)

    def _without_allowed(self, stream: str) -> str:
        for allowed in self._allowed:
            stream = stream.replace(allowed, "\n")
        return stream


def is_unspaced(plain: str) -> bool:
    return _UNSPACED.search(plain) is not None


def beside(plain: str) -> str:
    """With a blank wherever Latin letters touch Han: "fuck你" is two words."""
    return _BESIDE.sub(" ", plain)


def _readings(plain: str) -> Iterator[str]:
    """As it stands, with pictures read as signs, with signs put together from their parts."""
    plain = _STAR.sub("x", plain.translate(_VARIANTS))
    yield _stream(plain)
    if (told := plain.translate(_PICTURES)) != plain:
        yield _stream(told)
    if (whole := _PART.sub(lambda parts: _PARTS[parts[0]], plain)) != plain:
        yield _stream(whole)


def _stream(plain: str) -> str:
    """Letters without anything between; the punctuation of sentences becomes a newline."""
    joined = _ALONE_ON_ITS_LINE.sub(r"\1", plain) if "\n" in plain else plain
    return _NO_LETTER.sub("", _STOP.sub("\n", joined.casefold()))


def _syllables(plain: str) -> str | None:
    """ " sha bi " for what sounds so, whatever it is written with; None where nothing does."""
    said: list[str] = []
    is_heard = False
    for chunk in _HEARD.findall(beside(_STOP.sub("\n", plain.translate(_VARIANTS)))):
        if is_unspaced(chunk):
            said += [_SYLLABLE_OF.get(sign, sign) for sign in chunk]
            is_heard = True
        elif syllables := _pinyin(chunk):
            said += syllables
            is_heard = True
        else:
            said.append(",")
    return f" {' '.join(said)} " if is_heard else None


@lru_cache(maxsize=2048)
def _pinyin(chunk: str) -> tuple[str, ...]:
    bare = bones(chunk)
    return tuple(_ONE_SYLLABLE.findall(bare)) if _PINYIN.fullmatch(bare) else ()
