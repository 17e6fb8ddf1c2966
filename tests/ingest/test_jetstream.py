"""Jetstream without a network: what the sieve may drop, what the wires ask and say, what compression takes."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.atproto.sieve import TAG_FEATURE, Sieve, tags_in
from ingest.contract import SourceLost
from ingest.jetstream import (
    FRAME_MAX,
    POSTS,
    BrokenFrame,
    Dictionary,
    Position,
    Server,
    moment,
    read_position,
)
from ingest.transport import read_json
from tests.fakes.bluesky_record import Event, record_of, v2_frame

V1 = "wss://jetstream.example.org/subscribe"
V2 = "wss://jetstream.example.org/xrpc/network.bsky.jetstream.subscribeEvents"
DID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
AT_US = 1_795_319_985_689_234

# --- the sieve --------------------------------------------------------------------------------------------------

# Strings that fold into "kiosk", "café" or nearly do: case, fullwidth, Kelvin sign, long s, ligature, marks.
VARIANTS = (
    "kiosk", "KIOSK", "Kiosk", "\uff2b\uff29\uff2f\uff33\uff2b", "\u212aiosk", "kio\u017fk", "k\u0130osk", "#kiosk",
    " kiosk\n", "kio\bsk", "kio\x7fsk", "kio\u200bsk", "ki\u00adosk", "kiosks", "café", "cafe\u0301", "CAFÉ", "cafe",
    "caf\u00c9", "\U0001d424iosk", "ki\u2092sk", "Wall 2026", "a/b", "", "東京", "straße", "STRASSE",
)  # fmt: skip

words = st.sampled_from(VARIANTS) | st.text(max_size=8)
texts = st.lists(st.one_of(words, words.map("#{}".format), words.map("＃{}".format)), max_size=3).map(
    " ".join
)
junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=6,
)
kiosks = st.sampled_from([word for word in VARIANTS if "iosk" in word.casefold()])
feature = st.one_of(
    (words | kiosks).map(lambda tag: {"$type": TAG_FEATURE, "tag": tag}),
    words.map(lambda uri: {"$type": "app.bsky.richtext.facet#link", "uri": uri}),
)
facet = st.lists(feature, min_size=1, max_size=2).map(lambda found: {"features": found})
places = (
    {"facets": st.lists(facet, min_size=1, max_size=2)},
    {"tags": st.lists(words, min_size=1, max_size=2)},
    {"text": texts},
    {
        "text": texts,
        "facets": st.lists(st.one_of(facet, junk), max_size=2),
        "tags": st.lists(junk, max_size=2),
    },
    {"facets": junk, "tags": junk, "operation": st.sampled_from(["create", "delete"]), "record": junk},
)
records = st.one_of(
    st.one_of([st.fixed_dictionaries({"$type": st.just(POSTS), **place}) for place in places]), junk
)
operations = st.sampled_from(["create", "create", "create", "create", "update", "delete"])


def spelled(value: Any, chance: random.Random, *, compact: bool) -> str:
    """JSON in one of its many spellings: escapes at random, keys in any order, with or without blanks."""
    gap = "" if compact else chance.choice(["", " ", "\n "])
    if isinstance(value, dict):
        pairs = list(value.items())
        if chance.random() < 0.2:
            chance.shuffle(pairs)
        inside = (
            f"{spelled(key, chance, compact=compact)}{gap}:{gap}{spelled(one, chance, compact=compact)}"
            for key, one in pairs
        )
        return "{" + f"{gap},".join(inside) + "}"
    if isinstance(value, list):
        return "[" + f",{gap}".join(spelled(one, chance, compact=compact) for one in value) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    rate = chance.choice([0.0, 0.0, 0.0, 0.1])
    return '"' + "".join(letter(char, escaped=chance.random() < rate) for char in value) + '"'


def letter(char: str, *, escaped: bool) -> str:
    if char == "/" and escaped:
        return "\\/"
    plain = json.dumps(char, ensure_ascii=escaped)[1:-1]
    return f"\\u{ord(char):04x}" if escaped and len(plain) == 1 else plain


def misses(wanted: list[str], frame: bytes, *, in_text: bool, is_v2: bool) -> bool:
    """Whether the sieve drops a frame that a full parse would keep."""
    sieve = Sieve(wanted, in_text=in_text)
    try:
        read = read_json(frame)
    except ValueError:
        return False  # no server sends such a thing, and it matches nothing
    found = read["payload"] if is_v2 else read["commit"]
    is_ours = found["operation"] != "create" or sieve.matches(found.get("record"))
    return is_ours and not sieve.lets_through(frame)


@settings(max_examples=600, deadline=None)
@given(
    operation=operations,
    record=records,
    wanted=st.sampled_from([["kiosk"], ["Café", "東京"], ["kiosk", "Wall 2026", "Straße"], ["a/b"]]),
    in_text=st.booleans(),
    is_v2=st.booleans(),
    compact=st.sampled_from([True, True, True, False]),
    seed=st.integers(0, 2**32),
)
def test_the_sieve_drops_only_what_a_full_parse_would_drop(
    operation: str, record: Any, wanted: list[str], in_text: bool, is_v2: bool, compact: bool, seed: int
) -> None:
    commit = {"operation": operation, "collection": POSTS, "rkey": "3kaaa", "record": record}
    event: Event = {"did": DID, "time_us": AT_US, "kind": "commit", "commit": commit, "cursor": 7}
    text = spelled(v2_frame(event) if is_v2 else event, random.Random(seed), compact=compact)
    frame = text.encode("utf-8", "surrogatepass")
    assert not misses(wanted, frame, in_text=in_text, is_v2=is_v2)


DISGUISES = [
    ('"facets":[{"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"%s"}]}]', word)
    for word in ("kiosk", "KIOSK", "k\\u0069osk", "\uff2biosk", "kio\u017fk", " kiosk\\n", "#kiosk", "\U0001d424iosk")
] + [
    ('"facets":[{"features":[{"$type":"app.bsky.richtext.facet\\u0023tag","tag":"%s"}]}]', "kiosk"),
    ('"facets":[{"features":[{"$type":"app.bsky.richtext.facet#tag","t\\u0061g":"%s"}]}]', "kiosk"),
    ('"tags":["x","%s"]', "KIOSK"),
    ('"t\\u0061gs":["%s"]', "kiosk"),
    ('"text":"#%s"', "kio\\bsk"),
    ('"text":"#%s"', "kio\x7fsk"),
    ('"text":"#%s"', "kio\u200bsk"),
    ('"text":"＃%s"', "Kiosk"),
    ('"text":"\\u0023%s"', "kiosk"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "word"), DISGUISES)
def test_no_disguise_of_a_tag_gets_it_dropped(place: str, word: str) -> None:
    text = '{"commit":{"operation":"create","record":{' + place % word + "}}}"
    record = json.loads(text)["commit"]["record"]
    sieve = Sieve(["kiosk"], in_text=True)
    assert sieve.matches(record)
    assert sieve.lets_through(text.encode())


def test_a_tag_with_a_slash_may_be_written_with_an_escape() -> None:
    text = r'{"commit":{"operation":"create","record":{"tags":["a\/b"]}}}'
    assert Sieve(["a/b"]).matches(json.loads(text)["commit"]["record"])
    assert Sieve(["a/b"]).lets_through(text.encode())


def frame_of(record: dict[str, Any], *, operation: str = "create", is_v2: bool = False) -> bytes:
    commit = {"rev": "3k", "operation": operation, "collection": POSTS, "rkey": "3kaaa", "record": record}
    event = {"did": DID, "time_us": AT_US, "kind": "commit", "commit": commit, "cursor": 7}
    text = json.dumps(v2_frame(event) if is_v2 else event, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


@pytest.mark.parametrize("is_v2", [False, True])
@pytest.mark.parametrize(
    "record",
    [
        record_of("Bonjour"),
        record_of("Grüße 🎉 aus 東京"),
        record_of("a #nother tag"),
        record_of("the word kiosk, no tag"),
        {**record_of("see"), "facets": [{"features": [{"$type": "app.bsky.richtext.facet#link"}]}]},
    ],
)
def test_the_sieve_is_worth_its_name(record: dict[str, Any], is_v2: bool) -> None:
    assert not Sieve(["kiosk"]).lets_through(frame_of(record, is_v2=is_v2))


@pytest.mark.parametrize(
    "frame",
    [
        frame_of(record_of("no tag"), operation="update"),
        frame_of({**record_of("no tag"), "operation": "create"}, operation="update"),
        b'{"did":"did:plc:a","kind":"account","account":{"active":false}}',
        b'{"$type":"error","error":"ConsumerTooSlow"}',
        b"",
        b"\xff\xfe",
    ],
)
def test_all_but_creations_pass(frame: bytes) -> None:
    assert Sieve(["kiosk"]).lets_through(frame)


def test_where_tags_are_looked_for() -> None:
    record = {**record_of("#One and #Two", tags_in_text=False), "tags": ["Three", 4]}
    assert tags_in(record, in_text=False) == ["Three"]
    assert tags_in(record, in_text=True) == ["Three", "One", "Two"]
    assert tags_in(record_of("#One"), in_text=False) == ["One"]
    assert not Sieve(["cafe"]).matches(record_of("#café"))  # diacritics count on Bluesky


@given(junk)
def test_no_record_is_too_strange(record: Any) -> None:
    assert not Sieve(["x9"], in_text=True).matches(record) or "x9" in str(record).lower()


# --- positions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "position", [Position(AT_US), Position(AT_US, 4_000_000_001, "jetstream.example.org:8443")]
)
def test_a_position_survives_being_written(position: Position) -> None:
    assert read_position(str(position)) == position


@pytest.mark.parametrize("text", [None, "", "now", "-5", "1@/2", "1@a b/2", "٣", "9" * 40])
def test_what_is_no_position_means_from_now_on(text: str | None) -> None:
    assert read_position(text) is None


def query(url: str, since: Position | None) -> dict[str, str]:
    return dict(pair.split("=") for pair in Server(url).address(since).partition("?")[2].split("&"))


def test_v1_resumes_a_little_before_the_last_event() -> None:
    assert query(V1, None) == {"wantedCollections": POSTS}
    assert query(V1, Position(AT_US))["cursor"] == str(AT_US - 5_000_000)


def test_v2_resumes_at_its_own_number_and_elsewhere_by_time() -> None:
    here = Position(AT_US, 77, "jetstream.example.org")
    assert query(V2, here)["cursor"] == "77"
    assert query("wss://other.example.org/xrpc/x", here)["cursor"] == str(AT_US - 90_000_000)
    assert query(V2, Position(AT_US))["cursor"] == str(AT_US - 90_000_000)  # remembered from v1
    assert query(V1, here)["cursor"] == str(AT_US - 5_000_000)  # and back
    assert "wantedCollections" not in query(V2, here)


def test_the_wire_goes_by_the_path_unless_it_is_set() -> None:
    assert not Server(V1).is_v2
    assert Server(V2).is_v2
    assert Server(V1, wire="v2").is_v2
    assert (
        Server("wss://j.example.org", wire="v2")
        .address(None)
        .startswith("wss://j.example.org/xrpc/network.bsky.jetstream.subscribeEvents?kinds=commit&")
    )
    assert Server("ws://j.example.org/").address(None).startswith("ws://j.example.org/subscribe?")
    assert "wantedDids=did" in Server(f"{V1}?wantedDids=did").address(None)
    assert Server(V2).dictionary_url.startswith("https://jetstream.example.org/xrpc/")


# --- wires ----------------------------------------------------------------------------------------------------


def test_both_wires_read_alike() -> None:
    commit = {
        "rev": "3k",
        "operation": "create",
        "collection": POSTS,
        "rkey": "3kaaa",
        "record": record_of("x"),
    }
    event = {"did": DID, "time_us": AT_US, "kind": "commit", "commit": commit, "cursor": 7}
    assert Server(V1).read(json.dumps(event).encode()) == event
    assert Server(V2).read(json.dumps(v2_frame(event)).encode()) == event
    assert Server(V2).place(json.dumps(v2_frame(event)).encode()) == Position(
        AT_US, 7, "jetstream.example.org"
    )
    assert Server(V1).place(json.dumps(event).encode()) == Position(AT_US)
    account = {"did": DID, "time_us": AT_US, "kind": "account", "account": {"active": False}, "cursor": 8}
    assert Server(V2).read(json.dumps(v2_frame(account)).encode()) == account


def test_v2_prefers_the_time_at_which_it_saw_the_event() -> None:
    event = {"did": DID, "time_us": AT_US, "kind": "identity", "identity": {}, "cursor": 7}
    frame = v2_frame(event)
    frame["payload"] |= {"time": "2020-01-01T00:00:00Z", "witnessedAt": frame["payload"]["time"]}
    assert Server(V2).read(json.dumps(frame).encode()) == event


def test_an_error_frame_ends_the_stream() -> None:
    with pytest.raises(SourceLost, match="ConsumerTooSlow: too slow"):
        Server(V2).read(b'{"$type":"error","error":"ConsumerTooSlow","message":"too slow"}')


@pytest.mark.parametrize("frame", [b"", b"[]", b"null", b"{", b"\xff", b"<html>", b"[" * 100_000])
def test_a_broken_frame_is_named_as_such(frame: bytes) -> None:
    for url in (V1, V2):
        with pytest.raises(BrokenFrame):
            Server(url).read(frame)
        assert Server(url).place(frame) is None


@given(st.dictionaries(st.sampled_from(["$type", "payload", "kind", "did", "time_us", "cursor"]), junk))
def test_no_object_is_too_strange_for_a_wire(raw: dict[str, Any]) -> None:
    frame = json.dumps(raw).encode()
    for url in (V1, V2):
        Server(url).place(frame)


@given(junk)
def test_a_moment_is_a_time_or_nothing(value: Any) -> None:
    when = moment(value)
    assert when is None or when.tzinfo is not None


def test_an_impossible_moment_is_nothing() -> None:
    assert moment(2**62) is None
    assert moment(True) is None


# --- compression ----------------------------------------------------------------------------------------------


def trained(seed: int = 1) -> bytes:
    chance = random.Random(seed)
    samples: list[bytes | bytearray | memoryview[int]] = [
        json.dumps({"did": DID, "n": chance.random(), "text": "Sample post text"}).encode() * 4
        for _ in range(200)
    ]
    return zstandard.train_dictionary(2_000, samples, dict_id=20_260_000 + seed).as_bytes()


def packed(content: bytes, dictionary: bytes, **how: Any) -> bytes:
    prepared = zstandard.ZstdCompressionDict(dictionary)
    return zstandard.ZstdCompressor(dict_data=prepared, **how).compress(content)


@pytest.mark.parametrize("tells_size", [True, False])
def test_frames_are_read_with_the_dictionary(tells_size: bool) -> None:
    dictionary = Dictionary(trained())
    assert dictionary.id == 20_260_001
    frame = packed(b'{"kind":"commit"}', trained(), write_content_size=tells_size)
    assert dictionary.expand(frame) == b'{"kind":"commit"}'
    assert dictionary.expand(zstandard.compress(b"{}")) == b"{}"  # needs none


def test_a_dictionary_that_was_changed_means_connecting_anew() -> None:
    with pytest.raises(SourceLost, match="20260002"):
        Dictionary(trained(1)).expand(packed(b"{}", trained(2)))


@pytest.mark.parametrize("tells_size", [True, False])
def test_a_bomb_is_not_opened(tells_size: bool) -> None:
    bomb = packed(bytes(FRAME_MAX + 1), trained(), write_content_size=tells_size)
    assert len(bomb) < 10_000
    with pytest.raises(BrokenFrame):
        Dictionary(trained()).expand(bomb)


@given(st.binary(max_size=60))
def test_noise_is_a_broken_frame(noise: bytes) -> None:
    reader = Dictionary(DICTIONARY)
    for frame in (noise, b"\x28\xb5\x2f\xfd" + noise):
        try:
            reader.expand(frame)
        except (BrokenFrame, SourceLost):
            pass


DICTIONARY = trained()


@pytest.mark.parametrize("content", [b"", b"{}", b"\x37\xa4\x30\xec", b"<html>" * 100])
def test_what_is_no_dictionary_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        Dictionary(content)
