"""Languages that the event did not ask for. What a network states gives way to the script when it cannot be right."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wall.gate import Ruling
from wall.model import Card, Post, SpanKind
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding

# Of a script, the languages written in it, the likeliest first.
_SCRIPTS = (
    (re.compile("[\u3041-\u30ff]"), ("ja",)),
    (re.compile("[\uac00-\ud7a3]"), ("ko",)),
    (re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]"), ("zh", "ja")),
    (re.compile("[\u0400-\u052f]"), ("ru", "uk", "bg", "be", "sr", "mk", "kk", "ky", "mn", "tg", "tt")),
    (re.compile("[\u0600-\u06ff\u0750-\u077f]"), ("ar", "fa", "ur", "ps", "ug", "ckb", "sd")),
    (re.compile("[\u0590-\u05ff]"), ("he", "yi")),
    (re.compile("[\u0370-\u03ff]"), ("el",)),
    (re.compile("[\u0e00-\u0e7f]"), ("th",)),
    (re.compile("[\u0900-\u097f]"), ("hi", "mr", "ne", "sa")),
)
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_SIGNS_A_WORD = 3  # a sign of these scripts says about as much as three Latin letters
_HAN_A_KANA = 5
_FEWEST = 2
_UNKNOWN = {"und", "mul", "zxx", "mis", ""}
_ONE_OF = {"cmn": "zh", "yue": "zh", "nb": "no", "nn": "no", "iw": "he", "in": "id", "ji": "yi", "fil": "tl"}
_ONE_OF |= {
    "fra": "fr",
    "fre": "fr",
    "eng": "en",
    "zho": "zh",
    "chi": "zh",
    "spa": "es",
    "deu": "de",
    "ger": "de",
}


class Language:
    """`wanted` are language codes ("fr", "zh"); none means that all are welcome."""

    name = "language"
    settings = ("languages",)

    def __init__(self, wanted: Iterable[str]) -> None:
        self._wanted = frozenset(map(_primary, wanted))

    def examine(self, _post: Post, card: Card, _facts: Facts) -> Finding | None:
        spoken = language_of(card) if self._wanted else None
        return Finding(Ruling.HOLD, spoken) if spoken and spoken not in self._wanted else None


def language_of(card: Card) -> str | None:
    """The language of a card's words; None when nothing tells it, or there are no words."""
    words = "".join(span.text for span in card.spans if span.kind is SpanKind.TEXT)
    counts = {languages: len(script.findall(words)) for script, languages in _SCRIPTS}
    latin = len(_LATIN.findall(words))
    likeliest = max(counts, key=lambda languages: counts[languages])
    stated = _primary(card.lang or "")
    if "ja" in likeliest and counts[("ja",)] * _HAN_A_KANA > counts[likeliest]:
        likeliest = ("ja",)  # kana among Han is Japanese, one alone is an ornament
    if counts[likeliest] * _SIGNS_A_WORD > latin:
        return stated if stated in likeliest else likeliest[0]
    if latin < _FEWEST or any(
        stated in languages and stated not in ("sr", "kk") for _, languages in _SCRIPTS
    ):
        return None
    return None if stated in _UNKNOWN else stated


def _primary(tag: str) -> str:
    first = re.split(r"[-_]", tag.strip().casefold(), maxsplit=1)[0]
    return _ONE_OF.get(first, first)
