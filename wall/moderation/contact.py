"""Ways to reach a person: phone numbers, e-mail addresses, bank accounts. Nobody's belong on a public screen."""

from __future__ import annotations

import re
import unicodedata

from wall.gate import Ruling
from wall.model import Card, Post, plain
from wall.moderation.rule import Finding

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
_PHONE = re.compile(r"(?<![\w#])(?:\+|00)?\(?\d(?:[\s().\-/]{0,2}\d){8,14}(?!\w)")
_NOT_A_PHONE = re.compile(r"^\d{4}-\d{2}-\d{2}|^\d{1,3}(?:[ .]\d{3})+$|^(?:(?:19|20)\d\d[ ,/-]*)+$")


class Contact:
    name = "contact"

    def examine(self, _: Post, card: Card) -> Finding | None:
        text = unicodedata.normalize("NFKC", " ".join((plain(card.spans), card.author.name)))
        for kind, pattern in (("email", _EMAIL), ("iban", _IBAN), ("phone", _PHONE)):
            if any(_means_it(kind, found, text) for found in pattern.finditer(text)):
                return Finding(Ruling.HOLD, kind)
        return None


def _means_it(kind: str, found: re.Match[str], text: str) -> bool:
    if kind == "phone":
        return _NOT_A_PHONE.match(found[0]) is None
    return _is_iban(found[0]) if kind == "iban" else not _is_handle(text, found.start())


def _is_handle(text: str, start: int) -> bool:
    """ "@sam@example.org" is a way to be read, not a way to be reached."""
    return start > 0 and text[start - 1] == "@"


def _is_iban(text: str) -> bool:
    """ISO 13616: the two check digits make the whole, letters counted from A = 10, equal 1 modulo 97."""
    compact = text.replace(" ", "")
    moved = compact[4:] + compact[:4]
    return len(compact) >= 15 and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1
