"""The contract every network keeps, run over the registry and over every fixture folder found.

`tests/fixtures/<network>/` holds `NAME.json`, a raw item as `normalise` gets it, and beside it `NAME.out.json`
with what must come of it: `{"post": {…}}`, `{"removal": {…}}` (all fields) or `{"skip": "reason"}`.
`_source.json` says how the source is configured: `{"options": {…}, "hashtags": […]}`. Where raw items are no
JSON it also names a function `(path) -> raw`, `"reader": "module:function"`; `NAME` may then end in anything.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.contract import Network, Outcome, Raw, Traits
from ingest.networks import NETWORKS, check_options, load
from wall.letters import sound
from wall.model import Post, Removal, Skip, decode_post, encode_post, source_hash
from wall.settings_build import Hint
from wall.text import clean_name

FIXTURES = Path(__file__).parent.parent / "fixtures"
WITHOUT_FIXTURES = {  # they run theirs in the test that is named
    "feed": "its fixtures are whole feeds, each of many items: test_feed.py",
    "replay": "its raw items are lines of a recording, which are neutral posts already: test_replay.py",
}

SOURCE = "test"


@cache
def source_file(name: str) -> dict[str, Any]:
    path = FIXTURES / name / "_source.json"
    told: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return told


def network_of(name: str) -> Network:
    """The network as its fixture folder configures it."""
    kind, told = load(name), source_file(name)
    options = check_options(kind, told.get("options", {"base_url": "https://server.example.org"}))
    assert isinstance(options, kind.Options), options
    return kind(options, source=SOURCE, hashtags=tuple(told.get("hashtags", ())))


def fixtures_of(name: str) -> list[Path]:
    """Files with their outcome beside them."""
    if name in WITHOUT_FIXTURES:
        return []
    outcomes = {path.name.removesuffix(".out.json") for path in (FIXTURES / name).glob("*.out.json")}
    paths = sorted((FIXTURES / name).glob("*.*"))
    return [path for path in paths if path.stem in outcomes]


CASES = [
    pytest.param(path, id=f"{name}-{path.stem}") for name in sorted(NETWORKS) for path in fixtures_of(name)
]


def raw_of(path: Path) -> Raw:
    reader = source_file(path.parent.name).get("reader")
    if reader is None:
        return json.loads(path.read_text())
    module, _, function = reader.partition(":")
    return getattr(import_module(module), function)(path)


def told(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Skip):
        return {"skip": outcome.reason}
    return {type(outcome).__name__.lower(): msgspec.json.decode(msgspec.json.encode(outcome))}


def assert_showable(post: Post) -> None:
    """What the core relies on for any post, whoever made it."""
    assert decode_post(encode_post(post)) == post
    assert source_hash(post)
    assert post.native_id
    assert post.instance
    assert post.author.id
    assert post.author.name == clean_name(post.author.name) != ""
    quoted = post.quote.spans if post.quote else ()
    for span in (*post.spans, *quoted):
        assert span.text
        assert sound(span.text) == span.text
        assert span.href is None or span.href.startswith(("http://", "https://"))
    for when in (post.created_at, post.edited_at):
        assert when is None or when.utcoffset() is not None
    for attachment in post.attachments:
        assert sound(attachment.alt) == attachment.alt
    assert len(post.attachments) <= 10
    assert sound(post.warning) == post.warning


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_a_network_is_what_its_line_says(name: str) -> None:
    kind = load(name)
    assert kind.name == name
    assert isinstance(kind.traits, Traits)
    assert kind.traits.title
    for field in msgspec.structs.fields(kind.Options):
        assert Hint(field.type).description, f"the option {field.name} has no description"


@pytest.mark.parametrize("name", sorted(NETWORKS.keys() - WITHOUT_FIXTURES.keys()))
def test_a_network_has_fixtures_for_what_it_claims(name: str) -> None:
    network = network_of(name)
    outcomes = [network.normalise(raw_of(path)) for path in fixtures_of(name)]
    assert any(isinstance(outcome, Post) for outcome in outcomes), "no fixture gives a Post"
    assert any(isinstance(outcome, Skip) for outcome in outcomes), "no fixture gives a Skip"
    if network.traits.sends_deletes:
        assert any(isinstance(outcome, Removal) for outcome in outcomes), "no fixture gives a Removal"


@pytest.mark.parametrize("path", CASES)
def test_a_fixture_gives_what_stands_beside_it(path: Path) -> None:
    network, raw = network_of(path.parent.name), raw_of(path)
    before = copy.deepcopy(raw)
    outcome = network.normalise(raw)
    assert raw == before, "normalise changed its raw item"
    assert told(outcome) == json.loads(path.with_suffix(".out.json").read_text())
    assert told(network.normalise(raw)) == told(outcome), "normalise is not the same twice"
    if isinstance(outcome, Post):
        assert outcome.source == SOURCE
        assert_showable(outcome)


# --- whatever comes, nothing raises -----------------------------------------------------------------------

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=20),
    st.sampled_from(
        [
            "",
            "0",
            "\ud83d",
            "<script>",
            "//x",
            "javascript:1",
            "http://[",
            "9" * 400,
            "0000-00-00",
            "1970-01-01",
        ]
    ),
    st.sampled_from([10**30, -1, "2099-12-31T23:59:60Z", "2026-11-24", "x" * 10_000, "\u202e\x00"]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(raw: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if place:
        yield place
    items = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for key, value in items:
        yield from places(value, (*place, key))


@st.composite
def mutated(draw: st.DrawFn, raws: list[Any]) -> Any:
    """A fixture with up to three of its values replaced, taken out, wrapped or turned into text."""
    raw = copy.deepcopy(draw(st.sampled_from(raws)))
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(raw))
        if not found:
            return draw(ANYTHING)
        *way, last = draw(st.sampled_from(found))
        holder = raw
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "replace", "remove", "wrap", "text"])):
            case "remove":
                del holder[last]
            case "wrap":
                holder[last] = [holder[last]]
            case "text":
                holder[last] = json.dumps(holder[last], default=str)
            case _:
                holder[last] = draw(ANYTHING)
    return raw


@pytest.mark.parametrize("name", sorted(NETWORKS))
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_damaged_items_never_raise(name: str, data: st.DataObject) -> None:
    is_json = "reader" not in source_file(name)
    raws = [raw_of(path) for path in fixtures_of(name)] if is_json else []
    raw = data.draw(mutated(raws) | ANYTHING if raws else ANYTHING)
    outcome = network_of(name).normalise(raw)
    assert isinstance(outcome, (Post, Removal, Skip))
    if isinstance(outcome, Post):
        assert_showable(outcome)
    elif isinstance(outcome, Removal):
        assert outcome.native_id or outcome.author_id
        msgspec.json.encode(outcome)
    else:
        assert outcome.reason == outcome.reason.strip() != ""
