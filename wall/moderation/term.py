"""A term that a list or the event holds."""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """`text` as its list has it; `list` is the list's name, "" for the event's own words."""

    text: str
    list: str = ""
