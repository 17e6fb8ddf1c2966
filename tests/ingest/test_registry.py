"""Finding a network by its name, and every mistake in a source's options at once."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from ingest.networks import NETWORKS, UnknownNetwork, check_options, load
from ingest.networks.feed import FeedOptions
from ingest.networks.replay import ReplayOptions
from wall.secret import Secret


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("mastadon", "did you mean 'mastodon'"),
        ("Mastodon", "did you mean 'mastodon'"),
        ("rss-feed", "did you mean 'feed'"),
        ("join", "there are bluesky, feed, mastodon, replay"),
        ("", "there are"),
        ("os:system", "there are"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, word: str) -> None:
    with pytest.raises(UnknownNetwork) as caught:
        load(name)
    assert word in str(caught.value)


@pytest.mark.parametrize(
    ("network", "raw", "problems"),
    [
        ("feed", {"url": "https://a.example.org/f", "poll_s": 30}, ()),
        ("feed", {"base_url": "http://127.0.0.1:9/f", "filter": True, "first": 0}, ()),
        ("feed", {"url": Secret("https://a.example.org/f?key=1")}, ()),
        ("feed", {}, ("source[2].url is missing; it must be the address of a feed",)),
        (
            "feed",
            {"url": "carnet.example.org/feed"},
            (
                "source[2].url: 'carnet.example.org/feed' is not a URL; write it like 'https://carnet.example.org/feed'",
            ),
        ),
        (
            "feed",
            {"url": Secret("carnet.example.org/feed?key=1")},
            ("source[2].url: ••• is not a URL; write it like 'https://…'",),
        ),
        (
            "feed",
            {"url": "https://a.example.org/f", "pol_s": 30, "first": "ten", "poll_s": 0, "filter": "yes"},
            (
                "source[2].pol_s is not a setting; did you mean source[2].poll_s?",
                "source[2].poll_s must be a number from 1 to 86400, not 0",
                "source[2].first must be a whole number from 0 to 100, not 'ten'",
                "source[2].filter must be true or false, not 'yes'",
            ),
        ),
        ("replay", {"speed": 0, "loop": True}, ("source[2].speed must be above 0 where loop is true",)),
        (
            "replay",
            {"file": ["a"]},
            ("source[2].file must be text of 1 to 4000 characters on one line, not ['a']",),
        ),
    ],
)
def test_mistakes_are_named_with_their_place_and_cure(
    network: str, raw: dict[str, Any], problems: tuple[str, ...]
) -> None:
    checked = check_options(load(network), raw, where="source[2]")
    if problems:
        assert checked == problems
    else:
        assert isinstance(checked, load(network).Options)


def test_what_is_left_out_has_its_default() -> None:
    assert check_options(load("feed"), {"url": "https://a.example.org/f"}) == FeedOptions(
        url="https://a.example.org/f"
    )
    assert check_options(load("replay"), {}) == ReplayOptions()


def test_every_line_loads() -> None:
    assert [load(name).name for name in NETWORKS] == list(NETWORKS)


def test_a_network_is_not_imported_before_it_is_needed() -> None:
    script = (
        "import sys; from ingest.networks import load; load('replay'); "
        "print([name for name in sys.modules if name.startswith(('feedparser', 'ingest.networks.'))])"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )
    assert told.stdout.strip() == "['ingest.networks.replay']"
