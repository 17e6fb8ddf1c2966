"""A text that must not be printed: tokens, passwords, addresses that hold one.

A `Secret` is a `str`, so it fits wherever an option is declared `str`. Printing, formatting and logging show
`•••` instead of it; so does `f"Bearer {token}"`. Where the value itself is needed, say so: `reveal(token)`,
or `token.reveal()` where it is known to be a secret.
"""

from __future__ import annotations

import re

HIDDEN = "•••"

SECRET_KEY = re.compile(r"(^|_)(token|secret|password|passphrase|key)$")


class Secret(str):
    __slots__ = ()

    def __new__(cls, value: str) -> Secret:
        return super().__new__(cls, reveal(value))  # `str(value)` of a secret would be its mask

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def reveal(self) -> str:
        """The secret itself, a plain `str`."""
        return str.__str__(self)


def reveal(value: str) -> str:
    """The plain text of a `Secret`; any other text as it is."""
    return str.__str__(value)


def is_secret_key(key: str) -> bool:
    """Whether an option of this name holds a secret: `token`, `app_secret`, `api_key`."""
    return SECRET_KEY.search(key.lower()) is not None
