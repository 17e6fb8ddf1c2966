"""The sample event: every line is a post, every picture is there and is used, the French is set as French."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

import ingest.sample
from wall.model import Post, plain

FOLDER = Path(ingest.sample.__file__).parent
FILES = ("posts.jsonl", "visitors.jsonl")
FILLED = {"network": "replay", "source": "sample", "instance": "sample"}


def lines(name: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in (FOLDER / name).read_bytes().splitlines()]


def posts(name: str) -> list[Post]:
    return [msgspec.convert({**FILLED, **line["post"]}, Post) for line in lines(name) if "post" in line]


ALL = [post for name in FILES for post in posts(name)]


def wanted() -> set[str]:
    found = {attachment.url for post in ALL for attachment in post.attachments}
    return found | {post.author.avatar_url for post in ALL if post.author.avatar_url}


@pytest.mark.parametrize("name", FILES)
def test_lines_come_in_time_order_and_name_what_they_take_back(name: str) -> None:
    times = [line["at"] for line in lines(name)]
    assert times == sorted(times)
    known = {post.native_id for post in posts(name)}
    for line in lines(name):
        assert ("post" in line) != ("removal" in line)
        if "removal" in line:
            assert line["removal"]["native_id"] in known


def test_every_picture_is_there_and_is_used() -> None:
    there = {f"sample:{path.relative_to(FOLDER)}" for path in FOLDER.glob("*/*.jpg")}
    assert wanted() <= there
    assert sum(path.stat().st_size for path in FOLDER.glob("*/*.jpg")) < 4_500_000


def test_every_picture_is_described() -> None:
    assert all(len(attachment.alt) >= 5 for post in ALL for attachment in post.attachments)


def test_three_languages_and_somebody_to_hold() -> None:
    spoken = Counter(post.lang for post in ALL)
    assert set(spoken) == {"fr", "en", "zh"}
    assert min(spoken.values()) >= 8
    assert any(post.is_sensitive for post in posts("visitors.jsonl"))


def test_french_has_its_thin_spaces() -> None:
    for post in ALL:
        text = plain(post.spans)
        if post.lang == "fr":
            assert not re.search(r" [!?;:»]|« ", text), text
            assert not re.search(r"[^\s\u202f!?.][!?;»]", text), text
        assert "  " not in text
