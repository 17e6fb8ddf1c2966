"""The settings file: reading it, and finding the secrets that it points to."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wall.secret import Secret, is_secret_key

MAX_FILE_BYTES = 1_000_000
MAX_SECRET_BYTES = 65_536

Table = dict[str, Any]


class Notes:
    """What is wrong and what is doubtful, in the order in which it was found.

    `origins` names the variable or flag behind a key, `plain` the secrets written out in the file.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.warnings: list[str] = []
        self.origins: dict[str, str] = {}
        self.plain: list[str] = []

    def label(self, key: str) -> str:
        """How a key is named in a sentence: with the variable or flag that set it, where one did."""
        origin = self.origins.get(key)
        return f"{origin} ({key})" if origin else key

    def problem(self, key: str, text: str) -> None:
        sentence = f"{self.label(key)}{text}"
        self.problems.append("".join(c if c.isprintable() else "\ufffd" for c in sentence))


def read_table(path: Path, notes: Notes) -> Table:
    """The file's table; an empty one, with the reason among the problems, when it cannot be read."""
    text = _read_text(path, notes)
    if text is None:
        return {}
    if not text.strip():
        notes.problems.append(f"{path} is empty; `parvis init` writes one to start from")
        return {}
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        notes.problems.append(
            f"{path} is not TOML: {error}; a line reads key = value, and text stands in quotes"
        )
    except RecursionError:
        notes.problems.append(f"{path} is not TOML that can be read: it is nested too deeply")
    return {}


def _read_text(path: Path, notes: Notes) -> str | None:
    try:
        if path.is_dir():
            notes.problems.append(f"{path} is a folder, not a settings file")
            return None
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        notes.problems.append(f"{path} does not exist; `parvis init` writes one")
        return None
    except OSError as error:
        notes.problems.append(f"{path} cannot be read: {error.strerror}")
        return None
    if len(raw) > MAX_FILE_BYTES:
        notes.problems.append(f"{path} is larger than 1 MB: that is no settings file")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.problems.append(f"{path} is not written in UTF-8; save it again as UTF-8")
        return None


def resolve_secrets(value: Any, *, key: str, folder: Path, env: Mapping[str, str], notes: Notes) -> Any:
    """`value` with every `{ env = "X" }` and `{ file = "path" }` replaced by the secret it points to."""
    if isinstance(value, list):
        return [
            resolve_secrets(item, key=f"{key}[{n}]", folder=folder, env=env, notes=notes)
            for n, item in enumerate(value, 1)
        ]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(name := next(iter(value.values())), str):
        if "env" in value:
            return _secret_from_env(name, key=key, env=env, notes=notes)
        if "file" in value:
            return _secret_from_file(folder / Path(name).expanduser(), key=key, notes=notes)
    resolved = {}
    for name, item in value.items():
        inner = f"{key}.{name}" if key else name
        done = resolve_secrets(item, key=inner, folder=folder, env=env, notes=notes)
        if is_secret_key(name) and isinstance(done, str) and not isinstance(done, Secret):
            notes.plain.append(inner)
            done = Secret(done)
        resolved[name] = done
    return resolved


def _secret_from_env(name: str, *, key: str, env: Mapping[str, str], notes: Notes) -> Secret | None:
    if env.get(name):
        return Secret(env[name])
    notes.problem(key, f": the environment variable {name} is {'empty' if name in env else 'not set'}")
    return None


def _secret_from_file(path: Path, *, key: str, notes: Notes) -> Secret | None:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SECRET_BYTES)
            about = os.fstat(file.fileno())
        text = raw.decode("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        notes.problem(key, f": the file {path} cannot be read: {reason}")
        return None
    if not text:
        notes.problem(key, f": the file {path} is empty")
        return None
    if stat.S_IMODE(about.st_mode) & 0o077:
        notes.warnings.append(f"{key}: others on this machine can read {path}; run chmod 600 {path}")
    elif about.st_uid not in (os.getuid(), 0):
        notes.warnings.append(f"{key}: {path} belongs to another user, who can change it")
    return Secret(text)
