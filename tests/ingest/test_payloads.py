"""Recorded and documented payloads through `normalise`, where somebody has them at hand.

`PARVIS_PAYLOADS` names a folder with a subfolder for each kind of server; they are not ours to publish, so they
are not in this repository, and without the variable nothing runs. Each module of `tests/ingest/payloads/` is
named after a subfolder and holds:

    NETWORK, OPTIONS, HASHTAGS   the source that reads it
    EXPECTED                     file name -> its outcomes in order, each in the words of `brief`
    raws(path)                   the raw items in a file
    check(folder)                if there is more to see in the folder
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ingest.contract import Outcome
from ingest.networks import check_options, load
from tests.ingest import payloads
from tests.ingest.test_fixtures import assert_showable
from wall.model import Post, Removal

PAYLOADS = os.environ.get("PARVIS_PAYLOADS")
MODULES = sorted(path.stem for path in Path(payloads.__path__[0]).glob("[!_]*.py"))

pytestmark = pytest.mark.skipif(PAYLOADS is None, reason="PARVIS_PAYLOADS names no folder")


def folder_of(name: str) -> Path:
    folder = Path(PAYLOADS or "") / name
    if not folder.is_dir():
        pytest.skip(f"no payloads of {name}")
    return folder


def brief(outcome: Outcome) -> str:
    """An outcome in a few words: "post 42 #tag 2 media edited", "removal 42", "skip no-tag"."""
    if isinstance(outcome, Removal):
        return f"removal {outcome.native_id or f'author {outcome.author_id}'}"
    if not isinstance(outcome, Post):
        return f"skip {outcome.reason}"
    words = ["post", outcome.native_id, *(f"#{tag}" for tag in outcome.tags)]
    if outcome.attachments:
        words.append(f"{len(outcome.attachments)} media")
    words += [word for word in ("reply", "sensitive") if getattr(outcome, f"is_{word}")]
    return " ".join((*words, "edited") if outcome.edited_at else words)


@pytest.mark.parametrize("name", MODULES)
def test_payloads_give_what_is_known_of_them(name: str) -> None:
    folder, module = folder_of(name), _module(name)
    kind = load(module.NETWORK)
    options = check_options(kind, module.OPTIONS)
    assert isinstance(options, kind.Options), options
    network = kind(options, source="test", hashtags=module.HASHTAGS)
    found = {}
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        outcomes = [network.normalise(raw) for raw in module.raws(path)]
        found[path.name] = tuple(map(brief, outcomes))
        for outcome in outcomes:
            if isinstance(outcome, Post):
                assert_showable(outcome)
    assert found == module.EXPECTED


@pytest.mark.parametrize(
    "name", [name for name in MODULES if hasattr(import_module(f"{payloads.__name__}.{name}"), "check")]
)
def test_what_else_payloads_tell(name: str) -> None:
    _module(name).check(folder_of(name))


def _module(name: str) -> Any:
    return import_module(f"{payloads.__name__}.{name}")
