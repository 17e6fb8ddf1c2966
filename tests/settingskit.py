"""Reading a settings text in a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wall.settings import Settings, SettingsError, load

EVENT = '[event]\nname = "Vernissage"\n'


def read(
    folder: Path,
    text: str | bytes,
    *,
    env: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Settings:
    path = folder / "parvis.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return load(path, flags=flags or {}, env=env or {})


def problems(folder: Path, text: str | bytes, *, env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(folder, text, env=env)
    return caught.value.problems
