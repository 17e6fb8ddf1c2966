"""Recordings: what their lines mean, and how they are played. No line stops the rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.contract import Link, SourceOff
from ingest.networks.replay import SAMPLES, Line, Replay, ReplayOptions
from ingest.transport import Transport
from tests.ingest.feedkit import RecordingFeed, running
from tests.ingest.test_fixtures import assert_showable
from wall.model import Author, Post, Removal, Skip, SpanKind, plain
from wall.spool import Spool

EVENING = Path(__file__).parent.parent / "fixtures" / "replay" / "evening.jsonl"


def network(file: Path = EVENING, **options: Any) -> Replay:
    return Replay(ReplayOptions(**{"file": str(file), "speed": 0, **options}), source="test", hashtags=())


def line(record: Any, *, lap: int = 0) -> Line:
    return Line(9, lap, record if isinstance(record, bytes) else json.dumps(record).encode())


def a_post(**fields: Any) -> dict[str, Any]:
    return {"at": 0, "post": {"native_id": "1", "author": {"id": "lou", "name": "Lou"}, **fields}}


async def test_an_evening_is_played_to_its_end(transport: Transport) -> None:
    feed = RecordingFeed(transport)
    async with running(network(), feed) as source:
        assert isinstance(await source.ended(), SourceOff)
    assert await feed.reported(Link.LIVE) == ""
    told = [
        outcome.native_id if isinstance(outcome, Post)
        else f"-{outcome.native_id or outcome.author_id}" if isinstance(outcome, Removal)
        else f"{outcome.reason} {outcome.detail}"
        for outcome in source.outcomes
    ]  # fmt: skip
    assert told == [
        "1", "2",
        "broken-line line 4", "wrong-shape line 5", "broken-line line 6", "no-id line 7",
        "broken-line line 8", "broken-line line 9",
        "-1", "-max", "no-id line 12", "7",
    ]  # fmt: skip
    for outcome in source.outcomes:
        if isinstance(outcome, Post):
            assert_showable(outcome)


def test_what_a_line_leaves_out_is_filled_in() -> None:
    post = network().normalise(line(a_post()))
    assert isinstance(post, Post)
    assert (post.network, post.source, post.instance) == ("replay", "test", "test")
    given = a_post(network="mastodon", instance="social.example.org", source="elsewhere", lang=None)
    post = network().normalise(line(given))
    assert isinstance(post, Post)
    assert (post.network, post.source, post.instance) == ("mastodon", "test", "social.example.org")


def test_pictures_of_the_sample_are_ours_and_nothing_else_is(data_dir: Path) -> None:
    first = network().normalise(line(EVENING.read_bytes().split(b"\n")[0]))
    assert isinstance(first, Post)
    assert [(one.spool, one.url) for one in first.attachments] == [
        ("sample/pictures/facade.jpg", ""),
        (None, "https://files.example.org/a.jpg"),
    ]
    assert (first.author.avatar_spool, first.author.avatar_url) == ("sample/avatars/lou.jpg", None)
    assert Spool(data_dir).path("sample/pictures/facade.jpg") is not None


@pytest.mark.parametrize(
    "name", ["../x.jpg", "/etc/passwd", "a/../b.jpg", ".hidden", "", "other/x.jpg", "x.jpg/../../y"]
)
def test_a_sample_name_leads_nowhere_else(name: str) -> None:
    post = network().normalise(line(a_post(attachments=[{"url": f"sample:{name}"}])))
    assert isinstance(post, Post)
    assert post.attachments == ()


def test_a_recording_is_as_suspect_as_any_network() -> None:
    hostile = a_post(
        network="x y<script>",
        author={"id": "1", "name": "Mairie ✓", "url": "javascript:1", "avatar_spool": "uploads/1"},
        spans=[
            {"text": "a\u0000b\u202ec"},
            {"text": "ici", "kind": "link", "href": "javascript:alert(1)"},
            {"text": "\u200b"},
        ],
        url="//evil.example.org",
        created_at="2026-11-24T18:00:00",
        lang="<b>",
        attachments=[{"url": f"https://files.example.org/{n}.jpg"} for n in range(40)],
    )
    post = network().normalise(line(hostile))
    assert isinstance(post, Post)
    assert_showable(post)
    assert (post.network, post.url, post.lang) == ("replay", None, None)
    assert post.author == Author(id="1", name="Mairie")
    assert plain(post.spans) == "abcici"
    assert (post.spans[1].kind, post.spans[1].href) == (SpanKind.LINK, None)
    assert post.created_at == datetime(2026, 11, 24, 18, tzinfo=UTC)
    assert len(post.attachments) == 10


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"", "broken-line"),
        (b"\xff", "broken-line"),
        (b'{"at": 1, "post": ', "broken-line"),
        (b"[" * 100_000, "broken-line"),
        (b" " * 1_000_001, "broken-line"),
        ({"at": -1, "post": {}}, "broken-line"),
        ({"at": True, "post": {}}, "broken-line"),
        ({"at": 1e300, "post": {}}, "broken-line"),
        ({"at": 1}, "broken-line"),
        ({"at": 1, "post": {}}, "wrong-shape"),
        (a_post(created_at="0000-00-00"), "wrong-shape"),
        (a_post(spans="text"), "wrong-shape"),
        (a_post(author=None), "wrong-shape"),
        (a_post(author={"id": "", "name": "x"}), "no-id"),
    ],
)
def test_a_line_that_is_no_post_is_skipped_by_its_number(record: Any, reason: str) -> None:
    assert network().normalise(line(record)) == Skip(reason, "line 9")


async def test_lines_come_at_their_time(transport: Transport, tmp_path: Path) -> None:
    file = tmp_path / "two.jsonl"
    file.write_text("\n".join(json.dumps({**a_post(native_id=str(at)), "at": at}) for at in (0, 300)))
    async with running(network(file, speed=1), RecordingFeed(transport)) as source:
        assert (await source.next(Post)).native_id == "0"
        with pytest.raises(TimeoutError):
            await source.next(Post, within_s=0.1)
    async with running(network(file, speed=1000), RecordingFeed(transport)) as source:
        assert (await source.next(Post)).native_id == "0"
        assert (await source.next(Post)).native_id == "300"


async def test_each_lap_has_ids_of_its_own(transport: Transport, tmp_path: Path) -> None:
    file = tmp_path / "loop.jsonl"
    records = [a_post(), {"at": 0, "removal": {"native_id": "1"}}, {"at": 0, "removal": {"author_id": "lou"}}]
    file.write_text("\n".join(map(json.dumps, records)))
    playing = network(file, speed=1000, loop=True)
    async with running(playing, RecordingFeed(transport)) as source:
        assert [(await source.next(Post)).native_id for _ in range(3)] == ["1", "1~1", "1~2"]
    removals = [outcome for outcome in source.outcomes if isinstance(outcome, Removal)]
    assert [(one.native_id, one.author_id) for one in removals[:4]] == [
        ("1", None), (None, "lou"), ("1~1", None), (None, "lou"),
    ]  # fmt: skip
    cursor = source.arrivals[-1].cursor
    assert cursor == "2"
    async with running(playing, RecordingFeed(transport), cursor=cursor) as source:
        assert (await source.next(Post)).native_id == "1~3"


@pytest.mark.parametrize(
    ("make", "word"), [("missing", "cannot be read"), ("folder", "cannot be read"), ("empty", "no lines")]
)
async def test_a_recording_that_cannot_be_played_is_off(
    transport: Transport, tmp_path: Path, make: str, word: str
) -> None:
    file = tmp_path / make
    if make == "folder":
        file.mkdir()
    if make == "empty":
        file.write_text("\n \n")
    async with running(network(file), RecordingFeed(transport)) as source:
        error = await source.ended()
    assert isinstance(error, SourceOff)
    assert word in str(error)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_built_in_samples_hold_no_bad_line(name: str, data_dir: Path) -> None:
    playing = Replay(ReplayOptions(file=name), source=name, hashtags=())
    outcomes = [
        playing.normalise(Line(number, 0, text))
        for number, text in enumerate(playing.path.read_bytes().split(b"\n"), 1)
        if text.strip()
    ]
    assert [outcome for outcome in outcomes if isinstance(outcome, Skip)] == []
    spool = Spool(data_dir)
    for post in outcomes:
        if isinstance(post, Post):
            assert_showable(post)
            spools = [one.spool for one in post.attachments] + [post.author.avatar_spool]
            assert [one for one in spools if one and spool.path(one) is None] == []
