"""The words that people read, as the rooms' catalogues have them: `locale/<area>.<language>.toml`."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import msgspec

LANGUAGES = ("fr", "en", "zh")


@lru_cache(maxsize=1)
def room_folders() -> tuple[Path, ...]:
    """The folders of the installed rooms, found without importing them."""
    found = []
    for point in sorted(entry_points(group="parvis.rooms"), key=lambda point: point.name):
        spec = find_spec(point.value.split(":")[0].split(".")[0])
        if spec is not None and spec.origin is not None:
            found.append(Path(spec.origin).parent)
    return tuple(found)


@lru_cache(maxsize=16)
def read_words(lang: str) -> dict[str, str]:
    """Every word of one language, by its key."""
    words: dict[str, str] = {}
    for folder in room_folders():
        for path in sorted((folder / "locale").glob(f"*{lang}.toml")):
            words |= msgspec.toml.decode(path.read_bytes(), type=dict[str, str])
    return words


def fill(text: str, /, **values: str) -> str:
    """`text` with `{name}` replaced by its value; a value is never looked through again."""
    pieces = text.split("{")
    out = [pieces[0]]
    for piece in pieces[1:]:
        name, brace, rest = piece.partition("}")
        out.append(values[name] + rest if brace and name in values else "{" + piece)
    return "".join(out)
