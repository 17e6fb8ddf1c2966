"""A theme as a TOML file, and back. Pure."""

from __future__ import annotations

import tomllib
from typing import Any

from display.theme import TABLES, Theme
from wall.settings_file import Notes

MOST_BYTES = 64_000


def to_toml(name: str, theme: Theme) -> str:
    table = {"name": name, **theme.table}
    parts = [_lines({key: value for key, value in table.items() if key not in TABLES})]
    parts += [f"[{key}]\n{_lines(table[key])}" for key in TABLES if key in table]
    return "\n".join(parts)


def from_toml(text: str, *, where: str, notes: Notes) -> dict[str, Any]:
    """The table; an empty one, with the reason in `notes`, when it cannot be read."""
    try:
        if len(text.encode("utf-8", "replace")) > MOST_BYTES:
            notes.problem(where, " is larger than 64 kB: that is no theme")
            return {}
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        notes.problem(where, f" is not TOML: {error}; a line reads key = value, and text stands in quotes")
        return {}


def _lines(table: dict[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: Any) -> str:
    if not isinstance(value, str):
        return repr(value)  # an int or a float
    text = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in text) + '"'
