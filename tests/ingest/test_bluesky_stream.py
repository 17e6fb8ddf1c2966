"""Bluesky's stream against a small Bluesky of our own: resuming on either wire, trouble, compression."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import zstandard

from ingest.atproto.options import BlueskyOptions
from ingest.atproto.run import TICK_EVENTS
from ingest.contract import Arrival, Link, SourceLost, SourceOff
from ingest.networks.bluesky import Bluesky
from ingest.transport import Transport
from tests.fakes.bluesky import FakeBluesky
from tests.ingest.blueskykit import TAG, Wire, both_wires, source_on
from tests.ingest.feedkit import RecordingFeed, running
from wall.model import Post, plain

HOUR_US = 3_600_000_000


@pytest.fixture
async def network() -> AsyncIterator[FakeBluesky]:
    async with FakeBluesky() as fake:
        yield fake


@pytest.fixture
def feed(transport: Transport) -> RecordingFeed:
    return RecordingFeed(transport, hashtags=(TAG,))


async def next_cursor(arrivals: AsyncIterator[Arrival]) -> str | None:
    """The cursor of the next arrival that carries nothing else."""
    async with asyncio.timeout(10):
        async for arrival in arrivals:
            if arrival.raw is None:
                return arrival.cursor
    raise AssertionError("the arrivals came to an end")


# --- resuming -------------------------------------------------------------------------------------------------------


@both_wires
async def test_a_source_goes_on_where_it_was(network: FakeBluesky, feed: RecordingFeed, wire: Wire) -> None:
    did = network.join("alice.example.org")
    bluesky = source_on(network, ws_url=wire(network))
    async with running(bluesky, feed) as source:
        await network.listening()
        network.post(did, f"one #{TAG}")
        await source.next(Post)
        cursor = source.arrivals[-1].cursor
        network.post(did, f"two #{TAG}")
        await source.next(Post)
    network.post(did, f"three #{TAG}")
    async with running(bluesky, feed, cursor=source.arrivals[-1].cursor) as source:
        assert plain((await source.next(Post)).spans) == f"three #{TAG}"  # what was stored is not sent again
    async with running(source_on(network, ws_url=wire(network)), feed, cursor=cursor) as source:
        seen = {plain((await source.next(Post)).spans) for _ in range(3)}  # a new process relies on the gate
    assert seen == {f"{word} #{TAG}" for word in ("one", "two", "three")}


@both_wires
async def test_the_cursor_moves_on_while_nothing_matches(
    network: FakeBluesky, feed: RecordingFeed, wire: Wire
) -> None:
    did = network.join("alice.example.org")
    network.post(did, "the first")
    cursor = str(network.events[-1]["time_us"])
    for _ in range(TICK_EVENTS - 1):
        network.post(did, "nothing of ours")
    last, host = network.events[-1], network.base_url.removeprefix("http://")
    async with aclosing(source_on(network, ws_url=wire(network)).follow(feed, cursor)) as arrivals:
        reached = await next_cursor(arrivals)
    by_number = f"{last['cursor']}@{host}/{last['time_us']}"
    assert reached == (by_number if "xrpc" in wire(network) else str(last["time_us"]))


async def test_the_cursor_never_passes_a_post_that_waits(network: FakeBluesky, feed: RecordingFeed) -> None:
    network.may_answer.clear()
    did = network.join("alice.example.org")
    network.post(did, f"waits #{TAG}")
    waiting_us = network.events[-1]["time_us"]
    for _ in range(2 * TICK_EVENTS):
        network.post(did, "nothing of ours")
    async with asyncio.timeout(10), aclosing(source_on(network).follow(feed, str(waiting_us))) as arrivals:
        assert await next_cursor(arrivals) == str(waiting_us)
        network.may_answer.set()
        async for arrival in arrivals:
            if arrival.raw is not None:
                break
        assert arrival.cursor == str(waiting_us)
        for _ in range(2 * TICK_EVENTS):
            network.post(did, "nothing of ours")
        assert int(await next_cursor(arrivals) or 0) > waiting_us


async def test_v1_that_has_forgotten_the_cursor_is_noticed(network: FakeBluesky, feed: RecordingFeed) -> None:
    did = network.join("alice.example.org")
    event = network.send(did, "identity", identity={"did": did})
    network.kept_from_us = event["time_us"]
    async with running(source_on(network), feed, cursor=str(event["time_us"] - 40 * HOUR_US)):
        await feed.reported(Link.LIVE, "may be missing")
    quiet = RecordingFeed(feed.transport, hashtags=(TAG,))
    async with running(source_on(network), quiet, cursor=str(event["time_us"] - 1_000_000)) as source:
        await quiet.reported(Link.LIVE)
        network.post(did, f"#{TAG}")
        await source.next(Post)
    assert {reason for _, reason in quiet.reports} == {""}


async def test_v2_that_refuses_the_cursor_is_followed_from_now_on(
    network: FakeBluesky, feed: RecordingFeed
) -> None:
    did = network.join("alice.example.org")
    network.post(did, f"old #{TAG}")
    network.first_seq = 1_000
    host = network.base_url.removeprefix("http://")
    cursor = f"7@{host}/{network.events[-1]['time_us']}"
    async with running(source_on(network, ws_url=network.v2_url), feed, cursor=cursor) as source:
        await network.listening()
        await feed.reported(Link.LIVE, "may be missing")
        network.post(did, f"new #{TAG}")
        assert plain((await source.next(Post)).spans) == f"new #{TAG}"


async def test_v2_tells_when_another_servers_cursor_is_too_old(
    network: FakeBluesky, feed: RecordingFeed
) -> None:
    event = network.send(network.join("alice.example.org"), "identity", identity={})
    network.kept_from_us = event["time_us"]
    cursor = f"7@elsewhere.example.org/{event['time_us'] - 40 * HOUR_US}"
    async with running(source_on(network, ws_url=network.v2_url), feed, cursor=cursor):
        await feed.reported(Link.LIVE, "may be missing")
    assert ("cursor", str(event["time_us"] - 40 * HOUR_US - 90_000_000)) in network.requests[0][1]


# --- trouble ------------------------------------------------------------------------------------------------------


async def test_a_silent_stream_is_given_up(network: FakeBluesky, feed: RecordingFeed) -> None:
    async with running(source_on(network, silence_s=0.2), feed) as source:
        error = await source.ended()
    assert isinstance(error, SourceLost)
    assert "silent for 0.2 s" in str(error)


@pytest.mark.parametrize("how", ["close", "drop"])
async def test_a_broken_stream_is_lost_not_off(network: FakeBluesky, feed: RecordingFeed, how: str) -> None:
    async with running(source_on(network), feed) as source:
        await network.listening()
        getattr(network, how)()
        assert isinstance(await source.ended(), SourceLost)


async def test_without_a_network_the_source_is_lost_at_once(
    transport: Transport, feed: RecordingFeed
) -> None:
    options = BlueskyOptions(ws_url="ws://127.0.0.1:9/subscribe", base_url="http://127.0.0.1:9")
    for choices in (options, BlueskyOptions(ws_url="ws://127.0.0.1:9/xrpc/x", compress=True)):
        async with running(Bluesky(choices, source="test", hashtags=(TAG,)), feed) as source:
            assert isinstance(await source.ended(within_s=5), SourceLost)
    assert Link.LIVE not in dict(feed.reports)


@pytest.mark.parametrize(
    ("status", "error"), [(400, SourceOff), (401, SourceOff), (404, SourceLost), (503, SourceLost)]
)
async def test_refusals_are_told_apart(
    network: FakeBluesky, feed: RecordingFeed, status: int, error: type[Exception]
) -> None:
    network.refusal = (status, '{"error":"InvalidRequest","message":"no such thing"}')
    async with running(source_on(network), feed) as source:
        ended = await source.ended()
    assert type(ended) is error or isinstance(ended, error)
    assert "no such thing" in str(ended)


async def test_an_error_frame_ends_the_stream(network: FakeBluesky, feed: RecordingFeed) -> None:
    async with running(source_on(network, ws_url=network.v2_url), feed) as source:
        await network.listening()
        network.send_raw('{"$type":"error","error":"ConsumerTooSlow","message":"too slow"}')
        assert "ConsumerTooSlow" in str(await source.ended())


async def test_nonsense_is_passed_over_until_there_is_nothing_else(
    network: FakeBluesky, feed: RecordingFeed
) -> None:
    did = network.join("alice.example.org")
    async with running(source_on(network), feed) as source:
        await network.listening()
        for frame in ("{", "[]", b"\xff\x00", '{"kind":"commit","did":7,"commit":[]}', "x" * 100_000):
            network.send_raw(frame)
        network.post(did, f"#{TAG}")
        await source.next(Post)
        for _ in range(100):
            network.send_raw("<html>")
        assert "cannot be read" in str(await source.ended())


async def test_without_hashtags_there_is_nothing_to_follow(
    network: FakeBluesky, transport: Transport
) -> None:
    bluesky = Bluesky(BlueskyOptions(ws_url=network.v1_url), source="test", hashtags=())
    async with running(bluesky, RecordingFeed(transport)) as source:
        error = await source.ended()
    assert isinstance(error, SourceOff)
    assert "event.hashtags" in str(error)


# --- compression ------------------------------------------------------------------------------------------------


def trained(dict_id: int) -> bytes:
    chance = random.Random(dict_id)
    samples: list[bytes | bytearray | memoryview[int]] = [
        json.dumps({"did": "did:plc:a", "time_us": chance.random(), "kind": "commit"}).encode() * 4
        for _ in range(200)
    ]
    return zstandard.train_dictionary(2_000, samples, dict_id=dict_id).as_bytes()


async def test_v1_compressed_with_the_dictionary_of_a_file(
    network: FakeBluesky, feed: RecordingFeed, tmp_path: Path
) -> None:
    network.v1_dictionary = trained(1_612_007_021)
    file = tmp_path / "zdict"
    file.write_bytes(network.v1_dictionary)
    did = network.join("alice.example.org")
    async with running(source_on(network, compress=True, zstd_dictionary=str(file)), feed) as source:
        await network.listening()
        uri = network.post(did, f"#{TAG}")
        assert (await source.next(Post)).native_id == uri
        assert ("compress", "true") in network.requests[0][1]
        network.v1_dictionary = trained(7)
        network.drop()
        assert isinstance(await source.ended(), SourceLost)
    async with running(source_on(network, compress=True, zstd_dictionary=str(file)), feed) as source:
        await network.listening()
        network.post(did, f"#{TAG}")
        assert "changed its zstd dictionary to 7" in str(await source.ended())


async def test_v1_compressed_wants_its_dictionary(
    network: FakeBluesky, feed: RecordingFeed, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"not a dictionary")
    for path, word in (
        (None, "needs zstd_dictionary"),
        (str(tmp_path / "none"), "cannot be read"),
        (str(wrong), "no use"),
    ):
        async with running(source_on(network, compress=True, zstd_dictionary=path), feed) as source:
            error = await source.ended()
        assert isinstance(error, SourceOff)
        assert word in str(error)


async def test_v2_hands_out_its_dictionary(network: FakeBluesky, feed: RecordingFeed) -> None:
    network.v2_dictionary = trained(20_260_811)
    did = network.join("alice.example.org")
    async with running(source_on(network, ws_url=network.v2_url, compress=True), feed) as source:
        await network.listening()
        uri = network.post(did, f"#{TAG}")
        assert (await source.next(Post)).native_id == uri
    assert ("zstdDictionary", "20260811") in (await network.asked("subscribeEvents"))


async def test_a_retired_dictionary_is_fetched_anew(network: FakeBluesky, feed: RecordingFeed) -> None:
    network.v2_dictionary, network.hands_out = trained(20_260_811), trained(20_250_101)
    did = network.join("alice.example.org")
    async with running(source_on(network, ws_url=network.v2_url, compress=True), feed) as source:
        await network.listening()  # it hands out nothing else, so the stream comes uncompressed
        await feed.reported(Link.LIVE, "refuses its own dictionary")
        network.post(did, f"#{TAG}")
        await source.next(Post)
    assert len([path for path, _ in network.requests if "getZstdDictionary" in path]) == 2


async def test_v2_without_a_dictionary_is_read_all_the_same(
    network: FakeBluesky, feed: RecordingFeed
) -> None:
    did = network.join("alice.example.org")
    async with running(source_on(network, ws_url=network.v2_url, compress=True), feed) as source:
        await feed.reported(Link.LIVE, "not compressed: the server answered 404")
        network.post(did, f"#{TAG}")
        await source.next(Post)
