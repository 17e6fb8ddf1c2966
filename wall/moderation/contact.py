"""Ways to reach a person: phone numbers, e-mail addresses, accounts, messengers. Nobody's belong on a public screen."""

from __future__ import annotations

import re

from wall.gate import Ruling
from wall.model import Card, Post, plain
from wall.moderation.account import has_iban, has_wallet
from wall.moderation.facts import Facts
from wall.moderation.messenger import messenger_in
from wall.moderation.phone import reach_in
from wall.moderation.rule import Finding
from wall.moderation.skeleton import unmasked
from wall.moderation.spelled import unspelled

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
# "Write # for @": whoever says so has written an address.
_SWAPPED = re.compile(
    r"(?:[换換改替][成为為]?|\b(?:replace|remplace\w*|ersetze?|cambia\w*)\b.{0,20})\s?@", re.IGNORECASE
)


class Contact:
    name = "contact"

    def examine(self, _post: Post, card: Card, _facts: Facts) -> Finding | None:
        kind = _kind(unmasked("\n".join((plain(card.spans), card.author.name))))
        return Finding(Ruling.HOLD, kind) if kind else None


def _kind(text: str) -> str | None:
    spelled = unspelled(text)
    if "@" in spelled and (_SWAPPED.search(spelled) or any(map(_is_email, _EMAIL.finditer(spelled)))):
        return "email"
    if has_iban(text):
        return "iban"
    if has_wallet(text):
        return "wallet"
    return reach_in(text) or messenger_in(spelled)


def _is_email(found: re.Match[str]) -> bool:
    """ "@sam@example.org" is a way to be read, not a way to be reached."""
    return found.start() == 0 or found.string[found.start() - 1] != "@"
