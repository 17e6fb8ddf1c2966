"""Words that wound: the lists that Parvis brings in five languages, and the event's own. Holds, never rejects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from wall.gate import Ruling
from wall.model import Card, Post, SpanKind, plain
from wall.moderation.facts import Facts
from wall.moderation.lexicon import Lexicon
from wall.moderation.rule import Finding
from wall.moderation.term import Term

FOLDER = Path(__file__).parent / "lists"

# "#GrosConnard" and "SamIsA…" are several words to a reader.
JOINT = re.compile(r"(?<=[a-zß-ÿ\d])(?=[A-ZÀ-Þ])")


class WordList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of `lists/`: see `Lexicon` for how its entries are written."""

    hold: tuple[str, ...]
    allow: tuple[str, ...] = ()


def read_list(name: str) -> WordList:
    """Raises `OSError` and `msgspec.DecodeError`: a list that is missing or broken must not pass unseen."""
    return msgspec.toml.decode((FOLDER / f"{name}.toml").read_bytes(), type=WordList)


class Words:
    """`lists` names files of the folder; `hold` and `allow` are the event's own and stand above them."""

    name = "words"
    settings = ("words_lists", "words_hold", "words_allow")

    def __init__(self, lists: Iterable[str], *, hold: Iterable[str] = (), allow: Iterable[str] = ()) -> None:
        self._lists = tuple(lists)
        self._hold = tuple(hold)
        self._allow = tuple(allow)

    def examine(self, _post: Post, card: Card, _facts: Facts) -> Finding | None:
        term = self._lexicon.find("\n".join(_shown(card)))
        if term is None:
            return None
        return Finding(Ruling.HOLD, f"{term.text} ({term.list})" if term.list else term.text)

    @cached_property
    def _lexicon(self) -> Lexicon:
        """Read when the first post comes; whatever is wrong with a list then holds every post."""
        lists = {name: read_list(name) for name in self._lists}
        terms = [Term(text) for text in self._hold]
        terms += [Term(text, name) for name, one in lists.items() for text in one.hold]
        return Lexicon(terms, allowed=[*self._allow, *(text for one in lists.values() for text in one.allow)])


def _shown(card: Card) -> Iterator[str]:
    """Every word that a screen would show."""
    names = [card.author.name, card.author.handle]
    yield plain(card.spans)
    yield card.warning
    if card.quote is not None:
        yield plain(card.quote.spans)
        names.append(card.quote.author)
    names += [span.text for span in card.spans if span.kind is not SpanKind.TEXT]
    for name in names:
        yield name
        if (parted := JOINT.sub(" ", name)) != name:
            yield parted
