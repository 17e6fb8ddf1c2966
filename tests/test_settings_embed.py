"""Who may show the wall in a frame: origins in one form, "*", or a sentence with the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from wall.settings import SettingsError, load


def read(folder: Path, line: str) -> tuple[str, ...]:
    path = folder / "parvis.toml"
    path.write_text(f'[event]\nname = "Nuit"\n[web]\nembed_on = {line}\n', encoding="utf-8")
    return load(path, flags={}, env={}).web.embed_on


def test_sites_are_origins(tmp_path: Path) -> None:
    assert read(tmp_path, '["https://museum.example/", "http://LOCALHOST:8080"]') == (
        "https://museum.example",
        "http://localhost:8080",
    )
    assert read(tmp_path, '["*"]') == ("*",)


@pytest.mark.parametrize(
    "line", ['["museum.example"]', '["https://a.example/path"]', '["https://a.example; script-src *"]']
)
def test_what_is_no_origin_is_said(tmp_path: Path, line: str) -> None:
    with pytest.raises(SettingsError, match=r"web\.embed_on"):
        read(tmp_path, line)
