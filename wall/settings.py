"""What an organiser can set, and how the settings are found: file, then environment, then flags.

What can be set stands in `wall/settings_shape.py`. A source's own options stay as they are, with their
secrets resolved; the networks check them (`parvis check`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from wall.secret import Secret, reveal
from wall.settings_build import Hint, build, from_text, nearest, shown
from wall.settings_file import Notes, Table, read_table, resolve_secrets
from wall.settings_moderation import (
    AlarmSettings,
    ClassifierSettings,
    LabelSettings,
    MailSettings,
    ModerationSettings,
)
from wall.settings_programme import ProgrammeSettings, SceneSettings, programmes
from wall.settings_shape import (
    DATA_NAME,
    OWN_SOURCE_KEYS,
    SECTIONS,
    EventSettings,
    FairnessSettings,
    JoinSettings,
    MediaSettings,
    NetworkAccess,
    RedisSettings,
    ScreenSettings,
    Settings,
    SourceSettings,
    WebSettings,
)
from wall.settings_words import Mode

__all__ = [
    "AlarmSettings",
    "ClassifierSettings",
    "EventSettings",
    "FairnessSettings",
    "JoinSettings",
    "LabelSettings",
    "MailSettings",
    "MediaSettings",
    "Mode",
    "ModerationSettings",
    "NetworkAccess",
    "ProgrammeSettings",
    "RedisSettings",
    "SceneSettings",
    "ScreenSettings",
    "Secret",
    "Settings",
    "SettingsError",
    "SourceSettings",
    "WebSettings",
    "load",
    "locate",
    "reveal",
    "sample_settings",
    "slug_of",
]


CONFIG_NAME = "parvis.toml"
MAX_SOURCES = 64
MAX_LABELS = 24


class SettingsError(Exception):
    """Every mistake of the settings together, one sentence each.

    `sources` are those that could be read, by their place in the file, from 1.
    """

    def __init__(
        self, problems: tuple[str, ...], sources: Mapping[int, SourceSettings] | None = None
    ) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        self.sources = sources or {}


KNOWN: dict[str, tuple[str, ...]] = {
    "": (*SECTIONS, "source", "label", "programme", "data_dir"),
    **{section: kind.__struct_fields__ for section, kind in SECTIONS.items()},
}

PLURALS = {
    "sources": "; sources are written [[source]]",
    "labels": "; labels are written [[label]]",
    "programmes": "; programmes are written [[programme]]",
}

ALIASES = {
    "PARVIS_HOST": "web.host",
    "PARVIS_PORT": "web.port",
    "PARVIS_DATA": "data_dir",
    "PARVIS_REDIS_URL": "redis.url",
    "PARVIS_ADMIN_TOKEN": "web.admin_token",
}

SAMPLE: Table = {
    "event": {
        "name": "La Nuit des Lumières",
        "venue": "Musée Vauclair",
        "hashtags": ["NuitVauclair"],
        "languages": ["fr", "en", "zh"],
    },
    "moderation": {"repeats": "allow"},  # it begins again at its end
    "source": [
        {"network": "replay", "name": "sample", "file": "sample", "mode": "post", "speed": 1, "loop": True},
        {"network": "replay", "name": "visitors", "file": "visitors", "mode": "pre", "loop": True},
        {"network": "bluesky", "hashtags": ["museum", "photography"]},
        {"network": "mastodon", "base_url": "https://mastodon.social", "hashtags": ["museum"]},
    ],
}


def locate(env: Mapping[str, str]) -> Path | None:
    """The settings file: PARVIS_CONFIG, else `parvis.toml` here; None (the sample) when there is neither."""
    named = env.get("PARVIS_CONFIG")
    if named is not None:
        return Path(named) if named else None
    here = Path(CONFIG_NAME)
    return here if here.exists() else None


def load(path: Path | None, *, flags: Mapping[str, Any], env: Mapping[str, str]) -> Settings:
    """The settings of `path` (None: the sample), under `env` (PARVIS_…), under `flags` ("web.port": 8001).

    Raises `SettingsError` with every mistake; the networks' own options are not looked at.
    """
    notes = Notes()
    raw = read_table(path, notes) if path else SAMPLE
    if notes.problems:
        raise SettingsError(tuple(notes.problems))
    folder = path.absolute().parent if path else Path.cwd()
    table = resolve_secrets(raw, key="", folder=folder, env=env, notes=notes)
    if replay := env.get("PARVIS_REPLAY"):
        table["source"] = [{"network": "replay", "name": "replay", "file": replay}]
    for name in table:
        if name not in KNOWN[""]:
            hint = PLURALS.get(name) or nearest(name, where="", known=KNOWN)
            notes.problem(name, f" is not a setting{hint}")
    _overlay(table, env=env, flags=flags, notes=notes)
    sections = {
        name: build(kind, table.get(name, {}), where=name, notes=notes, known=KNOWN)
        for name, kind in SECTIONS.items()
    }
    sources = _sources(table.get("source", []), notes)
    labels = _labels(table.get("label", []), notes)
    shows = programmes(table.get("programme", []), notes)
    data_dir = _data_dir(table.get("data_dir", DATA_NAME), folder=folder, notes=notes)
    if notes.problems:
        raise SettingsError(tuple(notes.problems), sources)
    event = sections.pop("event")
    if isinstance(event, EventSettings) and not event.slug:
        event = msgspec.structs.replace(event, slug=slug_of(event.name))
    if path and notes.plain and path.stat().st_mode & 0o044:
        notes.warnings.append(
            f"{notes.plain[0]} stands in {path}, which others can read; run chmod 600 {path}"
        )
    built: dict[str, Any] = {**sections, "event": event}
    return Settings(
        **built,
        sources=tuple(sources.values()),
        labels=labels,
        programmes=shows,
        data_dir=data_dir,
        path=path,
        warnings=tuple(notes.warnings),
    )


def sample_settings() -> Settings:
    """The event that Parvis shows when nothing is configured."""
    return load(None, flags={}, env={})


def slug_of(name: str) -> str:
    """1 to 40 of a-z, 0-9 and "-" from an event's name; a name in another script becomes a short hash."""
    ascii_name = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode("ascii")
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:40].strip("-")
    return slug or f"event-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _overlay(table: Table, *, env: Mapping[str, str], flags: Mapping[str, Any], notes: Notes) -> None:
    """Put the environment, then the flags, over the file's table."""
    given: dict[str, tuple[str, Any]] = {}
    for variable, text in env.items():
        section, dunder, name = variable.removeprefix("PARVIS_").partition("__")
        if variable.startswith("PARVIS_") and dunder:
            given[f"{section}.{name}".lower()] = (variable, text)
    given |= {key: (name, env[name]) for name, key in ALIASES.items() if env.get(name)}
    given |= {key: (f"--{key.split('.')[-1]}", value) for key, value in flags.items() if value is not None}
    for key, (origin, value) in given.items():
        section, _, name = key.rpartition(".")
        if key == "data_dir":
            table["data_dir"] = str(Path(value).absolute())
        elif section not in SECTIONS:
            notes.problem(
                origin, f" sets {key}, which is not a setting{nearest(section, where='', known=KNOWN)}"
            )
            continue
        elif name not in KNOWN[section]:
            notes.problem(
                origin, f" sets {key}, which is not a setting{nearest(name, where=section, known=KNOWN)}"
            )
            continue
        elif isinstance(here := table.setdefault(section, {}), dict):
            field = next(f for f in msgspec.structs.fields(SECTIONS[section]) if f.name == name)
            here[name] = from_text(Hint(field.type), value) if isinstance(value, str) else value
        notes.origins[key] = origin


def _labels(raw: Any, notes: Notes) -> tuple[LabelSettings, ...]:
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        notes.problem("label", " must be a list of tables; write [[label]], in double brackets, above each")
        return ()
    if len(raw) > MAX_LABELS:
        notes.problem("label", f" may stand at most {MAX_LABELS} times, not {len(raw)}")
        return ()
    labels: dict[str, LabelSettings] = {}
    for n, one in enumerate(raw, 1):
        label = build(LabelSettings, one, where=f"label[{n}]", notes=notes, known={})
        if label is not None and label.name in labels:
            notes.problem(f"label[{n}].name", f": {label.name!r} is the name of another label already")
        elif label is not None:
            labels[label.name] = label
    return tuple(labels.values())


def _sources(raw: Any, notes: Notes) -> dict[int, SourceSettings]:
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        notes.problem("source", " must be a list of tables; write [[source]], in double brackets, above each")
        return {}
    if len(raw) > MAX_SOURCES:
        notes.problem("source", f" may stand at most {MAX_SOURCES} times, not {len(raw)}")
        return {}
    given = [one.get("name") for one in raw]
    taken: dict[str, int] = {}
    built: dict[int, SourceSettings] = {}
    for n, one in enumerate(raw, 1):
        own = {key: one[key] for key in OWN_SOURCE_KEYS if key in one}
        own.setdefault("name", _free_name(own.get("network"), taken=(*given, *taken)))
        if isinstance(own["name"], str):
            if own["name"] in taken:
                where = f"source[{taken[own['name']]}]"
                notes.problem(f"source[{n}].name", f": {own['name']!r} is the name of {where} already")
            taken.setdefault(own["name"], n)
        source = build(SourceSettings, own, where=f"source[{n}]", notes=notes, known={})
        options = {key: value for key, value in one.items() if key not in OWN_SOURCE_KEYS}
        if source:
            built[n] = msgspec.structs.replace(source, options=options)
    return built


def _free_name(network: Any, *, taken: tuple[Any, ...]) -> str:
    """The network's name, or with the lowest free number from 2."""
    base = re.sub(r"[^a-z0-9-]+", "-", str(network).lower()).strip("-")[:36] or "source"
    return next(
        name for n in range(1, MAX_SOURCES + 2) if (name := base if n == 1 else f"{base}-{n}") not in taken
    )


def _data_dir(value: Any, *, folder: Path, notes: Notes) -> Path:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        notes.problem("data_dir", f" must be the path of a folder, not {shown(value)}")
        return folder
    return (folder / Path(value).expanduser()).absolute()
