"""Bluesky's records beyond the fixtures: what options leave out, and facets of any kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.atproto.options import BlueskyOptions
from ingest.atproto.richtext import LIMIT, spans_of
from ingest.networks import check_options
from ingest.networks.bluesky import Bluesky
from wall.letters import length
from wall.model import Post, Skip, SpanKind, plain
from wall.text import clean

FIXTURES = Path(__file__).parent.parent / "fixtures" / "bluesky"
DID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
WEB = "https://social.example.org"


def network(**options: Any) -> Bluesky:
    source = json.loads((FIXTURES / "_source.json").read_text())
    checked = check_options(Bluesky, source["options"] | options)
    assert isinstance(checked, BlueskyOptions)
    return Bluesky(checked, source="test", hashtags=tuple(source["hashtags"]))


def payload(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def test_options_decide_what_else_is_left_out() -> None:
    assert network(replies=False).normalise(payload("reply")) == Skip("reply")
    assert network(langs=["en"]).normalise(payload("plain")) == Skip("language")
    assert isinstance(network(langs=["fr"]).normalise(payload("plain")), Post)
    without = payload("plain")
    del without["event"]["commit"]["record"]["langs"]
    assert isinstance(network(langs=["en"]).normalise(without), Post)  # unknown is not another
    assert isinstance(network(plain_tags=True).normalise(payload("tag-without-facet")), Post)


def test_an_edit_and_its_original_are_one_post() -> None:
    first, edited = (network().normalise(payload(name)) for name in ("photos", "edit"))
    assert isinstance(first, Post)
    assert isinstance(edited, Post)
    assert first.pid == edited.pid
    assert (first.edited_at, edited.edited_at is None) == (None, False)


marks = st.sampled_from(["link", "mention", "tag", "other"])
facets = st.lists(
    st.fixed_dictionaries(
        {
            "index": st.fixed_dictionaries(
                {"byteStart": st.integers(-3, 60), "byteEnd": st.integers(-3, 90)}
            ),
            "features": st.lists(
                st.builds(
                    lambda kind, word: {
                        "$type": f"app.bsky.richtext.facet#{kind}",
                        "uri": f"https://example.org/{word}",
                        "did": DID,
                        "tag": word,
                    },
                    marks,
                    st.text(max_size=8),
                ),
                max_size=2,
            ),
        }
    ),
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=60) | st.text("#@aé🎉 \n", max_size=60), facets=facets)
def test_facets_never_show_what_is_not_sound(text: str, facets: Any) -> None:
    spans = spans_of(text, facets, web_url=WEB)
    words = plain(spans)
    assert words == words.strip()
    assert all(span.text and clean(span.text, limit=2_000) == span.text.strip() for span in spans)
    assert all(
        not (span.href or "").lower().startswith("javascript") for span in spans if span.kind is SpanKind.LINK
    )


@given(text=st.text(max_size=60))
def test_without_facets_the_words_are_those_of_the_text(text: str) -> None:
    words = plain(spans_of(text, None, web_url=WEB))
    assert words == clean(text) or "://" in text


def test_a_long_text_is_cut_and_a_facet_behind_the_cut_is_dropped() -> None:
    text = "é" * 600 + " #tag"
    facet = {
        "index": {"byteStart": 1201, "byteEnd": 1205},
        "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "tag"}],
    }
    spans = spans_of(text, [facet], web_url=WEB)
    assert length(plain(spans)) == LIMIT
    assert plain(spans).endswith("é…")
    assert {span.kind for span in spans} == {SpanKind.TEXT}
