"""The documented settings file: what `parvis init` writes, and what `parvis.example.toml` holds."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from wall.settings_build import Hint
from wall.settings_moderation import LabelSettings
from wall.settings_programme import ProgrammeHead, SceneSettings
from wall.settings_shape import SECTIONS

HEAD = """\
# Parvis: the settings of one event.
#
# A key behind "#" shows its default, or an example where the default is "not set".
# Above this file stands the environment (PARVIS_WEB__PORT=8080), above that the flags (--port 8080).
# `parvis check` names every mistake in here at once.

# Everything Parvis keeps: posts, pictures, the store. Beside this file unless the path is absolute.
# data_dir = "parvis-data"
"""

FOOT = """\

# Where the posts come from: one [[source]] for each, in double brackets. `parvis networks` lists the kinds
# and their own options. A secret is best kept elsewhere: { env = "NAME" } or { file = "path" }.
# Beside its own options a source may have a name (for the desk), and its own hashtags, mode, four_eyes and
# daily_cap instead of those above.

[[source]]
network = "mastodon"
base_url = "https://mastodon.social"
# token = { env = "MASTODON_TOKEN" }

[[source]]
network = "bluesky"

# The built-in sample, to see the wall move without a network:
# [[source]]
# network = "replay"
# name = "sample"
# mode = "post"
# file = "sample"
# loop = true
"""

LABELS = """\

# Departments that posts are passed on to: one [[label]] for each, in double brackets.
# [[label]]
"""

PROGRAMMES = """\

# What the screens show, and when: one [[programme]] for each order of scenes. Without any, Parvis brings one: posts most
# of the time, and now and then the mosaic, the words of the moment, the numbers and how to join. The desk can change
# them while the wall runs. docs/programme.md lists the layouts and what each may be told.
# [[programme]]
"""

SET: Mapping[str, Any] = {
    "event.name": "La Nuit des Lumières",
    "event.venue": "Musée Vauclair",
    "event.hashtags": ["NuitVauclair"],
    "event.languages": ["fr", "en", "zh"],
    "moderation.mode": "pre",
}


def example() -> str:
    parts = [HEAD]
    for section, kind in SECTIONS.items():
        lines = ["", f"[{section}]"]
        for field in msgspec.structs.fields(kind):
            lines += _entry(f"{section}.{field.name}", field)
        parts.append("\n".join(lines) + "\n")
    shown = [f for f in msgspec.structs.fields(SceneSettings) if Hint(f.type).description]
    programme = [
        *_commented("programme", msgspec.structs.fields(ProgrammeHead)),
        "# [[programme.scene]]",
        *_commented("scene", shown),
    ]
    labels = _commented("label", msgspec.structs.fields(LabelSettings))
    return "".join([*parts, FOOT, LABELS, _lines(labels), PROGRAMMES, _lines(programme)])


def _commented(key: str, fields: Iterable[msgspec.structs.FieldInfo]) -> list[str]:
    entries = [line for field in fields for line in _entry(f"{key}.{field.name}", field)]
    return [line if line.startswith("#") else f"# {line}" for line in entries]


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _entry(key: str, field: msgspec.structs.FieldInfo) -> list[str]:
    hint = Hint(field.type)
    wanted = hint.wanted() if hint.limit("ge") is not None or hint.choices else ""
    text = f"{hint.description} {wanted[0].upper()}{wanted[1:]}." if wanted else hint.description
    comment = [f"# {line}" for line in textwrap.wrap(text, 100)]
    if key in SET:
        return [*comment, f"{field.name} = {toml(SET[key])}"]
    shown = next(iter(hint.limit("examples") or ()), None)
    return [*comment, f"# {field.name} = {toml(field.default if shown is None else shown)}"]


def toml(value: Any) -> str:
    """A value as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return msgspec.json.encode(value).decode()
        case dict():
            return f"{{ {', '.join(f'{key} = {toml(item)}' for key, item in value.items())} }}"
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
        case date():
            return value.isoformat()
        case _:
            return repr(value)
