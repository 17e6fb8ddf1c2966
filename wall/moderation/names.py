"""Names that pass for another's: close to a protected one, of mixed alphabets, or claiming to be official.

Marks that pose as a network's verification are gone already: `wall.text.clean_name` takes them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from wall.gate import Ruling
from wall.model import Card, Post
from wall.moderation.facts import Facts
from wall.moderation.rule import Finding
from wall.moderation.skeleton import skeleton, unmasked

_NO_LETTERS = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_OTHER = re.compile("[\u0370-\u052f\u0531-\u0587\u13a0-\u13f5]")
_OFFICIAL = re.compile(  # of a name's skeleton
    r"\b(?:offi[cz]i(?:al|el|ell|elle[rs]?)|oficial|verifi(?:ed|ee?|cad[oa]|ziert)|admin(?:istrat(?:or|eur))?"
    r"|moderat(?:or|eur|rice))\b"
)
_OFFICIAL_SIGNS = re.compile("官方|认证|認證|管理员|管理員")
# To the eye, in most typefaces of a screen.
_ALIKE = str.maketrans({"l": "i", "j": "i", "q": "g", "u": "v"})


class Names:
    """`own` are the handles and the sources that may bear the `protected` names."""

    name = "names"
    settings = ("names_protected", "names_own")

    def __init__(self, protected: Iterable[str], *, own: Iterable[str] = ()) -> None:
        looks = ((name, _look(name)) for name in protected)
        self._protected = tuple((name, look) for name, look in looks if look)
        self._own = frozenset(map(_handle, own))

    def examine(self, post: Post, card: Card, _facts: Facts) -> Finding | None:
        if _handle(post.author.handle) in self._own or _handle(post.source) in self._own:
            return None
        for borne in (card.author.name, card.author.handle):
            look = f" {_look(borne)} "
            for name, protected in self._protected:
                if f" {protected} " in look or f" {protected.replace(' ', '')} " in look:
                    return Finding(Ruling.HOLD, name)
        if any(_LATIN.search(word) and _OTHER.search(word) for word in _WORD.findall(card.author.name)):
            return Finding(Ruling.NOTE, "mixed")
        if _OFFICIAL.search(_spaced(card.author.name)) or _OFFICIAL_SIGNS.search(card.author.name):
            return Finding(Ruling.NOTE, "official")
        return None


def _look(name: str) -> str:
    """Coarser than the skeleton: what is told apart only by reading closely is the same."""
    return _spaced(name).replace("rn", "m").replace("vv", "w").translate(_ALIKE)


def _spaced(name: str) -> str:
    """The skeleton, punctuation parting words."""
    return skeleton(_NO_LETTERS.sub(" ", unmasked(name)))


def _handle(text: str) -> str:
    return text.strip().lstrip("@").casefold()
