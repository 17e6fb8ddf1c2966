"""The words of the moment: what several people say at once in the newest approved posts. Pure; bounded in memory.

A word counts once for each author, however often he says it, and needs two of them before it may appear: nobody can
put a word on the screen alone. The newer the post, the more it counts.
"""

from __future__ import annotations

import heapq
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from wall.model import PostId, Span, SpanKind
from wall.text import fold_tag

NEWEST = 400  # posts whose words are kept
HALF_LIFE = 120  # approvals after which a post counts half
AUTHORS_LEAST = 2
WEIGHED = 500  # of the words most heard, those whose weight is reckoned
SPARE = 3  # groups of Han characters may fall away
TOKENS_MAX = 48
GRAMS_MAX = 150
LETTERS = {"least": 3, "most": 22}
TAG_MOST = 28
GRAM_SIZES = (4, 3, 2)
COVERED = 0.6  # a group of characters inside a longer one that so many of its authors wrote is not said twice

_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0980-\u0983\u09bc-\u09cd"
_HAN = "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_WORD = re.compile(rf"[^\W\d_](?:[^\W_]|[{_MARKS}])*(?:['’\-‐][^\W\d_](?:[^\W_]|[{_MARKS}])*)*")
_HAN_RUN = re.compile(f"[{_HAN}]+")
_IS_HAN = re.compile(f"[{_HAN}]")
_LOOSE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u309f]"
)  # scripts without spaces: no words to be had
_SHORT = re.compile("[\uac00-\ud7af\u0600-\u06ff\u0590-\u05ff\u30a0-\u30ff]")  # two letters are a word


class StopWords(msgspec.Struct, frozen=True):
    """Words that do not count. `cuts` are Han characters that end a word; the rest is compared folded."""

    words: frozenset[str]
    cuts: frozenset[str]
    elided: frozenset[str]
    clitics: frozenset[str]

    @classmethod
    def read(cls) -> StopWords:
        """Those of `stopwords.toml` beside this file."""
        lists = tomllib.loads(Path(__file__).with_name("stopwords.toml").read_text(encoding="utf-8"))
        cuts, elided, clitics = (lists.pop(name) for name in ("zh_cuts", "elided", "clitics"))
        words = frozenset(fold(word) for text in lists.values() for word in text.split())
        return cls(words, frozenset(cuts), frozenset(elided.split()), frozenset(clitics.split()))


class Lexicon:
    """The words of the newest posts. `own_tags` are the event's own hashtags: everybody writes them."""

    def __init__(self, stop: StopWords, *, own_tags: Iterable[str] = (), newest: int = NEWEST) -> None:
        self._stop = stop
        self._own = frozenset(fold_tag(tag) for tag in own_tags)
        self._newest = newest
        self._posts: dict[
            PostId, tuple[int, str, dict[str, str]]
        ] = {}  # seq, author, folded word -> as written
        self._uses: dict[str, list[PostId]] = {}
        self._shared: set[str] = set()  # words of two posts or more
        self._order: list[tuple[int, PostId]] = []  # a heap; may hold what has left

    def add(self, pid: PostId, *, seq: int, author: str, spans: Iterable[Span]) -> None:
        """Take in a post, instead of what was known of it. One older than all of a full lexicon is left out."""
        self.remove(pid)
        if len(self._posts) >= self._newest and seq < self._oldest():
            return
        words = self.words_of(spans)
        self._posts[pid] = (seq, author, words)
        heapq.heappush(self._order, (seq, pid))
        for word in words:
            uses = self._uses.setdefault(word, [])
            uses.append(pid)
            if len(uses) >= AUTHORS_LEAST:
                self._shared.add(word)
        while len(self._posts) > self._newest:
            self._oldest()
            self.remove(self._order[0][1])

    def remove(self, pid: PostId) -> None:
        """A post is gone, and its words with it."""
        known = self._posts.pop(pid, None)
        for word in known[2] if known else ():
            uses = self._uses[word]
            uses.remove(pid)
            if len(uses) < AUTHORS_LEAST:
                self._shared.discard(word)
            if not uses:
                del self._uses[word]

    def moment(self, limit: int) -> list[tuple[str, int]]:
        """At most `limit` words with their weights, heaviest first; ten is one fresh voice."""
        newest = max((seq for seq, _, _ in self._posts.values()), default=0)
        heard: list[tuple[float, str, frozenset[str]]] = []
        for word in heapq.nlargest(WEIGHED, self._shared, key=lambda one: len(self._uses[one])):
            voices: dict[str, int] = {}
            for pid in self._uses[word]:
                seq, author, _ = self._posts[pid]
                voices[author] = max(seq, voices.get(author, 0))
            if len(voices) >= AUTHORS_LEAST:
                weight = sum(0.5 ** ((newest - seq) / HALF_LIFE) for seq in voices.values())
                heard.append((weight, word, frozenset(voices)))
        heard.sort(key=lambda one: (-one[0], one[1]))
        kept = _uncovered(heard[: limit * SPARE])
        return [(self._written(word), max(1, round(weight * 10))) for weight, word, _ in kept[:limit]]

    def words_of(self, spans: Iterable[Span]) -> dict[str, str]:
        """Folded word -> as it is written, each once: hashtags, words, and groups of two to four Han characters."""
        found: dict[str, str] = {}
        grams = 0
        for span in spans:
            if span.kind is SpanKind.TAG:
                folded = fold_tag(span.text)
                if folded and folded not in self._own and len(folded) <= TAG_MOST:
                    found[f"#{folded}"] = "#" + unicodedata.normalize("NFC", span.text.strip().lstrip("#＃"))
            elif span.kind is SpanKind.TEXT:
                for token in _WORD.findall(span.text):
                    if _IS_HAN.search(token):
                        for gram in self._grams(token):
                            if grams < GRAMS_MAX and gram not in found:
                                grams += 1
                                found[gram] = gram
                    elif len(found) - grams < TOKENS_MAX and (word := self._word(token)):
                        found.setdefault(fold(word), word)
        return found

    def _word(self, token: str) -> str:
        """The word inside a token; "" when it says nothing."""
        token = unicodedata.normalize("NFC", token).replace("’", "'").replace("\u0640", "")
        if fold(token) in self._stop.words:
            return ""
        parts = token.split("'")
        if len(parts) > 1 and parts[0].casefold() in self._stop.elided:
            parts = parts[1:]
        if len(parts) > 1 and parts[-1].casefold() in self._stop.clitics:
            parts = parts[:-1]
        word = "'".join(parts)
        least = 2 if _SHORT.search(word) else LETTERS["least"]
        folded = fold(word)
        if not least <= len(folded) <= LETTERS["most"] or folded in self._stop.words or _LOOSE.search(word):
            return ""
        if word.isupper() and len(word) > 4:
            word = word.lower()
        return word.replace("'", "’")

    def _grams(self, token: str) -> Iterator[str]:
        for run in _HAN_RUN.findall(token):
            start = 0
            for end in range(len(run) + 1):
                if end == len(run) or run[end] in self._stop.cuts:
                    yield from _groups(run[start:end], self._stop.words)
                    start = end + 1

    def _written(self, word: str) -> str:
        """As most of its authors write it; among equals, lower case first."""
        forms = Counter(self._posts[pid][2][word] for pid in self._uses[word])
        return min(forms, key=lambda form: (-forms[form], sum(map(str.isupper, form)), form))

    def _oldest(self) -> int:
        while self._order and self._posts.get(self._order[0][1], (-1,))[0] != self._order[0][0]:
            heapq.heappop(self._order)
        return self._order[0][0] if self._order else 0


def fold(word: str) -> str:
    """The form in which two spellings are one word: no case, no diacritics on Latin letters, no Arabic vowel marks."""
    word = unicodedata.normalize("NFKC", word).casefold().replace("’", "'").replace("\u0640", "")
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word)
    kept = [char for char in letters if unicodedata.category(char) != "Mn" or not _strips(char)]
    return unicodedata.normalize("NFC", "".join(kept))


def _strips(mark: str) -> bool:
    """Marks that people leave out as they please: Latin, Greek and Cyrillic accents, Arabic and Hebrew vowels."""
    return mark < "\u0700"


def _groups(run: str, stop: frozenset[str]) -> Iterator[str]:
    for size in GRAM_SIZES:
        for at in range(len(run) - size + 1):
            gram = run[at : at + size]
            if gram not in stop and len(set(gram)) > 1:
                yield gram


def _uncovered(
    heard: list[tuple[float, str, frozenset[str]]],
) -> list[tuple[float, str, frozenset[str]]]:
    """Without the groups of Han characters that are mostly heard as a part of a longer one, or as its shifted twin."""
    groups = sorted((one for one in heard if _IS_HAN.match(one[1])), key=lambda one: (-len(one[1]), -one[0]))
    kept: list[tuple[float, str, frozenset[str]]] = []
    for one in groups:
        covers = (other for other in kept if len(one[2] & other[2]) >= COVERED * len(one[2]))
        if not any(_overlap(one[1], other[1]) for other in covers):
            kept.append(one)
    left_out = {one[1] for one in groups} - {one[1] for one in kept}
    return [one for one in heard if one[1] not in left_out]


def _overlap(short: str, long: str) -> bool:
    """Whether one contains the other, or the end of one is the beginning of the other."""
    if short in long:
        return True
    return any(short[-n:] == long[:n] or long[-n:] == short[:n] for n in range(1, len(short)))
