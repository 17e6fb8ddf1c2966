"""The pure parts of the Mastodon API's reader."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.fediverse.api import Software, gap_s, read_instance
from ingest.fediverse.options import FediverseOptions
from ingest.fediverse.run import window_start
from ingest.fediverse.status import id_of, read_status, time_of
from ingest.networks import check_options
from ingest.networks.mastodon import Mastodon
from tests.fakes.mastodon import account, status
from wall.model import Post, plain
from wall.secret import Secret


def test_options_name_their_mistakes() -> None:
    told = check_options(
        Mastodon, {"base_url": "mastodon.social", "ws_url": "https://x", "strem": "sse", "poll_s": 0}
    )
    assert isinstance(told, tuple)
    words = "\n".join(told)
    for part in (
        "did you mean 'https://mastodon.social'?",
        "wss://",
        "did you mean source.stream?",
        "from 0.1 to 3600",
    ):
        assert part in words
    assert "is missing" in "".join(check_options(Mastodon, {}))  # type: ignore[arg-type]  # mistakes are sentences
    options = check_options(
        Mastodon, {"base_url": "https://Example.org/", "token": Secret("t"), "all_tags": ["#Été"]}
    )
    assert isinstance(options, FediverseOptions)
    assert options.all_tags == ("Été",)
    assert "t" not in repr(options.token)


def test_the_window_reaches_back_from_the_cursor_or_from_now() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    now_ms, minute_ms = int(now.timestamp() * 1000), 60_000
    assert window_start((now_ms - 60 * minute_ms) << 16 | 5, now=now) == (now_ms - 80 * minute_ms) << 16
    assert window_start((now_ms + 60 * minute_ms) << 16, now=now) == (now_ms - 20 * minute_ms) << 16
    assert window_start(5, now=now) == 0


@pytest.mark.parametrize(
    ("announced", "base_url", "used"),
    [
        ("wss://stream.example.org/", "https://example.org", "wss://stream.example.org"),
        ("ws://stream.example.org", "https://example.org", "wss://example.org"),  # no token in the clear
        ("ws://stream.example.org", "http://example.org", "ws://stream.example.org"),
        ("", "https://example.org", "wss://example.org"),
        ("nonsense", "http://localhost:3000", "ws://localhost:3000"),
    ],
)
def test_where_the_stream_is(announced: str, base_url: str, used: str) -> None:
    raw = {"configuration": {"urls": {"streaming": announced}}}
    assert read_instance(raw, base_url=base_url).streaming_url == used


@pytest.mark.parametrize(
    "raw", [None, [], {"configuration": []}, {"configuration": {"urls": 1, "timelines_access": []}}]
)
def test_an_instance_that_tells_nothing(raw: Any) -> None:
    instance = read_instance(raw, base_url="https://example.org")
    assert (instance.note, instance.software) == ("", Software.MASTODON)


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("2026-11-24T18:30:00.250Z", datetime(2026, 11, 24, 18, 30, 0, 250_000, UTC)),
        ("2026-11-24T18:30:00+02:00", datetime(2026, 11, 24, 16, 30, tzinfo=UTC)),
        ("2026-11-24T18:30:00", datetime(2026, 11, 24, 18, 30, tzinfo=UTC)),
        ("2099-01-01T00:00:00Z", datetime(2099, 1, 1, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", None),
        ("0000-00-00", None),
        ("2026-12-31T23:59:60Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        (1_790_000_000, None),
        ("", None),
    ],
)
def test_129_a_time_is_utc_or_not_known(told: Any, read: datetime | None) -> None:
    assert time_of(told) == read


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("115343200000000001", "115343200000000001"),
        (115343200000000001, "115343200000000001"),
        ("a:{b}*", "a:{b}*"),  # keys are made of hashes: nothing in an id can do harm
        ("a\nb", ""),
        ("x" * 2_000, ""),
        ("\ud83d", ""),
        (True, ""),
        (-1, ""),
        (None, ""),
    ],
)
def test_127_an_id_is_a_short_printable_text(told: Any, read: str) -> None:
    assert id_of(told) == read


def test_136e_custom_emoji_stay_words() -> None:
    emoji = {
        "shortcode": "chat",
        "url": "https://files.example.org/chat.svg",
        "static_url": "https://x.example/huge.png",
    }
    post = read_status(
        status("Miaou :chat:", emojis=[emoji]),
        network="mastodon",
        source="test",
        base_url="https://social.example.org",
    )
    assert isinstance(post, Post)
    assert (plain(post.spans), post.attachments) == ("Miaou :chat:", ())


def test_a_boost_is_its_original() -> None:
    options = FediverseOptions(base_url="https://social.example.org", reposts=True)
    network = Mastodon(options, source="test", hashtags=("parvis",))
    original = status("L'original #parvis")
    boost = status("", account=account("sam"), reblog=original)
    assert network.normalise(boost) == network.normalise(original)
    assert network.normalise({**boost, "reblog": {**original, "reblog": boost}}) == network.normalise(
        original
    )


def test_the_allowance_is_spread_over_its_time() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)

    def gap(left: int) -> float:
        headers = {
            "x-ratelimit-limit": "300",
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": "2026-11-24T00:01:00Z",
        }
        return gap_s(headers, now=now)

    assert (gap(299), gap(60), gap(0)) == (0.0, 1.0, 60.0)
    assert gap_s({"x-ratelimit-limit": "many"}, now=now) == 0.0
