"""What carries a letter to a department, and how it says that it could not."""

from __future__ import annotations

from typing import Protocol

from wall.dispatch.letter import Letter


class Undelivered(Exception):
    """Not taken this time. The message is for the desk and the log: it names hosts, never whole addresses."""


class Closed(Undelivered):
    """The receiver wants no more of these, ever (410)."""


class Channel(Protocol):
    """`kind` is "webhook" or "email"; `place` says where it leads, without secrets."""

    @property
    def kind(self) -> str: ...

    @property
    def place(self) -> str: ...

    async def send(self, letter: Letter) -> None:
        """Returns when the receiver has taken it. Raises `Undelivered`."""
