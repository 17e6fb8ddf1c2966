"""Whoever is signed in: a name and a role, and when two names are one."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Literal

import msgspec

from wall.moderation.skeleton import skeleton
from wall.text import clean_name

Role = Literal["viewer", "moderator", "admin"]

ROLES: tuple[Role, ...] = ("viewer", "moderator", "admin")
NAME_LIMIT = 40
# Under these names Parvis itself writes into the audit.
OWN_NAMES = frozenset({"alarm", "api", "classifier", "fsck", "parvis", "rules", "visitor"})


class Person(msgspec.Struct, frozen=True):
    """Whoever is signed in. `by_cookie` asks for the same-origin check on what changes something.

    `id` is the name's (`person_id`) and `login` that of the login; both are "" behind an API token.
    """

    name: str
    role: Role
    by_cookie: bool = False
    id: str = ""
    login: str = ""
    has_account: bool = False

    def may(self, role: Role) -> bool:
        return rank(self.role) >= rank(role)

    @property
    def is_somebody(self) -> bool:
        """Not so the token of the settings, which anybody may hold besides a name."""
        return not is_own_name(self.name)


def rank(role: Role) -> int:
    return ROLES.index(role)


def lower(one: Role, other: Role) -> Role:
    return min(one, other, key=rank)


def person_name(text: str) -> str:
    """A typed name as it may stand in the audit; "" when nothing is left of it."""
    return clean_name(text[:200].replace("\n", " "), limit=NAME_LIMIT)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def person_id(name: str) -> str:
    """16 hex digits, the same for two names that differ in case or in compatibility forms alone.

    It stands in the store, so it must never change: what only *looks* alike is compared by `look_alike`.
    """
    return hashlib.sha256(_folded(name).encode()).hexdigest()[:16]


def look_alike(one: str, other: str) -> bool:
    """Whether a reader would take one name for the other: Cyrillic "Аnna", "Ann4", "ANNA"."""
    return _folded(one) == _folded(other) or (skeleton(one) == skeleton(other) != "")


def is_own_name(name: str) -> bool:
    return _folded(name) in OWN_NAMES
