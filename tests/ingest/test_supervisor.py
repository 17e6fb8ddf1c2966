"""What keeps a source running, over a real store: its state, its cursor, its troubles, and its end."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from ingest.contract import Arrival, Feed, Link, Outcome, RateLimited, Raw, SourceLost, SourceOff, Traits
from ingest.service import make_source, run_sources
from ingest.supervisor import Source, run_source
from ingest.transport import Transport
from tests.fakes.feed import FakeFeed, item, rss
from wall.gate import Gate
from wall.ledger import Ledger
from wall.model import Author, Post, Removal, Skip, Span
from wall.settings import EventSettings, Settings, SourceSettings
from wall.store.client import Store
from wall.store.embedded import find_server, server_arguments

TRAITS = Traits(
    title="Scripted",
    needs_account=False,
    transports=("script",),
    sends_deletes=True,
    sends_edits=True,
    has_followers=False,
    is_resumable=True,
    attribution="",
    colour="#000000",
)


class Scripted:
    """A network that does what a test tells it: each `follow` runs the next script, the last one again and again."""

    name: ClassVar[str] = "scripted"
    traits: ClassVar[Traits] = TRAITS
    Options: ClassVar[type[msgspec.Struct]] = msgspec.Struct

    def __init__(self, *scripts: Callable[[Feed], AsyncGenerator[Arrival, None]]) -> None:
        self.scripts = list(scripts)
        self.cursors: list[str | None] = []

    def normalise(self, raw: Raw) -> Outcome:
        if raw == "poison":
            raise KeyError("a fault in the network's own code")
        assert isinstance(raw, (Post, Removal, Skip))
        return raw

    async def follow(self, feed: Feed, cursor: str | None) -> AsyncGenerator[Arrival, None]:
        self.cursors.append(cursor)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        async for arrival in script(feed):
            yield arrival


def script(*steps: Any) -> Callable[[Feed], AsyncGenerator[Arrival, None]]:
    """Yields arrivals, reports links, raises errors; then waits for ever."""

    async def play(feed: Feed) -> AsyncGenerator[Arrival, None]:
        for step in steps:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Link):
                feed.report(step)
            else:
                yield step
        await asyncio.Event().wait()

    return play


class Server:
    """A store of its own, whose server a test may stop, kill and start again."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "r.sock"
        self._folder = folder
        self.start()

    def start(self) -> None:
        server = find_server()
        arguments = server_arguments(server, folder=self._folder, socket=self.socket)
        self.process = subprocess.Popen([str(server.path), *arguments])

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)


@pytest.fixture
async def own_store(tmp_path: Path) -> AsyncIterator[tuple[Store, Server]]:
    server = Server(tmp_path)
    try:
        async with Store(f"unix://{server.socket}", event="own", name="test") as store:
            await store.ready()
            yield store, server
    finally:
        server.kill()


def post(native_id: str = "1", **fields: Any) -> Post:
    given = {
        "network": "scripted",
        "source": "stage",
        "instance": "here",
        "spans": (Span(f"Note {native_id}"),),
    }
    return Post(**{**given, "native_id": native_id, "author": Author(id="lou", name="Lou"), **fields})


def removal(**fields: Any) -> Removal:
    return Removal(network="scripted", source="stage", instance="here", **fields)


@asynccontextmanager
async def running(store: Store, network: Scripted, transport: Transport) -> AsyncIterator[Source]:
    source = Source(
        name="stage",
        network=network,
        hashtags=("parvis",),
        store=store,
        gate=Gate(store),
        transport=transport,
    )
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(run_source(source))
        try:
            yield source
        finally:
            task.cancel()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not is_so():
            await asyncio.sleep(0.005)


async def shown(store: Store, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The source's state in the store, once it is as wanted."""
    async with asyncio.timeout(15):
        while True:
            for state in await Ledger(store).sources():
                if state.get("name") == "stage" and wanted(state):
                    return state
            await asyncio.sleep(0.01)


async def state_of(store: Store, of: Post) -> str:
    return (await store.redis.hget(store.keys.post(of.pid), "state") or b"").decode()


async def test_arrivals_are_counted_and_shown(store: Store, transport: Transport) -> None:
    old = datetime.now(UTC) - timedelta(seconds=90)
    network = Scripted(
        script(
            Link.LIVE,
            Arrival(post("1", created_at=old)),
            Arrival(post("1", created_at=old)),
            Arrival(post("2", created_at=old)),
            Arrival(Skip("no-tag")),
            Arrival(Skip("no-tag")),
            Arrival(Skip("not-a-post", "line 7")),
        )
    )
    async with running(store, network, transport) as source:
        await until(lambda: source.status.skips == {"no-tag": 2, "not-a-post": 1})
        assert (await shown(store, lambda state: state["link"] == "live"))["network"] == "scripted"
    state = await shown(store, lambda state: state["posts"] == 2)  # a copy is no post
    assert state["title"] == "Scripted"
    assert state["skips"] == {"no-tag": 2, "not-a-post": 1}
    assert 89 < state["lag_s"] < 120
    assert state["reason"] == ""
    for key in ("since", "last_post_at"):
        assert abs((datetime.now(UTC) - datetime.fromisoformat(state[key])).total_seconds()) < 30
    assert set(state) == {
        "name", "network", "title", "link", "reason", "since", "last_post_at", "posts", "skips", "lag_s",
    }  # fmt: skip


async def test_counts_are_shown_while_it_runs(store: Store, transport: Transport) -> None:
    async with running(store, Scripted(script(Link.LIVE, Arrival(post()))), transport):
        assert (await shown(store, lambda state: state["posts"] == 1))["link"] == "live"


async def test_the_cursor_is_saved_after_the_post_is_stored(store: Store, transport: Transport) -> None:
    async def cursor() -> bytes | None:
        return await store.redis.hget(store.keys.cursors, "stage")

    async def watched(feed: Feed) -> AsyncGenerator[Arrival, None]:
        yield Arrival(post("1"), cursor="one")
        assert await state_of(store, post("1")) == "queued"
        yield Arrival(None, cursor="two")
        await asyncio.Event().wait()

    async with running(store, Scripted(watched), transport):
        async with asyncio.timeout(15):
            while await cursor() != b"two":
                await asyncio.sleep(0.01)
    network = Scripted(script())
    async with running(store, network, transport):
        await until(lambda: bool(network.cursors))
    assert network.cursors == ["two"]


async def test_the_cursor_is_saved_at_the_end_and_survives_a_break(
    store: Store, transport: Transport
) -> None:
    network = Scripted(
        script(Arrival(post("1"), cursor="a"), SourceLost("cut")), script(Arrival(post("2"), cursor="b"))
    )
    async with running(store, network, transport) as source:
        await until(lambda: source.status.posts == 2)
    assert network.cursors == [None, "a"]
    assert await store.redis.hget(store.keys.cursors, "stage") == b"b"


async def test_removals_take_posts_and_authors_back(store: Store, transport: Transport) -> None:
    other = post("3", author=Author(id="max", name="Max"))
    gone = post("4", author=Author(id="ines", name="Inès"))
    network = Scripted(
        script(
            *(Arrival(one) for one in (post("1"), post("2"), other, gone, post("5"))),
            Arrival(removal(native_id="5", is_final=False)),
            Arrival(removal(native_id="1")),
            Arrival(removal(native_id="9")),
            Arrival(removal(author_id="max", is_final=False)),
            Arrival(removal(author_id="ines")),
            Arrival(removal()),
            Arrival(post("9")),
            Arrival(Skip("end")),
        )
    )
    async with running(store, network, transport) as source:
        await until(lambda: "end" in source.status.skips)
        assert source.status.skips == {"empty-removal": 1, "end": 1}
        assert set(await source.shown_ids()) == {"2", "3", "5"}
    posts = (post("1"), post("2"), other, gone, post("9"), post("5"))
    assert [await state_of(store, one) for one in posts] == [
        "withdrawn", "queued", "held", "withdrawn", "withdrawn", "held",
    ]  # fmt: skip


async def test_a_post_that_is_not_public_never_enters_and_leaves_if_it_was_in(
    store: Store, transport: Transport
) -> None:
    network = Scripted(
        script(
            Arrival(post("1", is_public=False)),
            Arrival(post("2")),
            Arrival(post("2", is_public=False)),
            Arrival(Skip("end")),
        )
    )
    async with running(store, network, transport) as source:
        await until(lambda: "end" in source.status.skips)
        assert source.status.skips["not-public"] == 2
    assert await state_of(store, post("1")) == ""
    assert await state_of(store, post("2")) == "withdrawn"


async def test_a_source_that_cannot_work_is_off_and_stays_off(store: Store, transport: Transport) -> None:
    network = Scripted(script(SourceOff("the token was revoked")))
    async with running(store, network, transport):
        state = await shown(store, lambda state: state["link"] == "off")
    assert state["reason"] == "the token was revoked"
    assert len(network.cursors) == 1


async def test_a_rate_limit_is_waited_for(store: Store, transport: Transport) -> None:
    until_then = datetime.now(UTC) + timedelta(seconds=0.5)
    network = Scripted(script(RateLimited(until_then)), script(Link.STARTING, Arrival(post()), Link.POLLING))
    async with running(store, network, transport) as source:
        state = await shown(store, lambda state: state["link"] == "limited")
        assert "rate limit until" in state["reason"]
        await until(lambda: source.status.link is Link.POLLING)
        assert datetime.now(UTC) >= until_then
        assert source.status.reason == ""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (SourceLost("social.example.org: closed"), "social.example.org: closed"),
        (RuntimeError("a fault"), "failed unexpectedly (RuntimeError)"),
        (ExceptionGroup("several", [ValueError(), KeyError()]), "failed unexpectedly (ExceptionGroup)"),
    ],
)
async def test_whatever_breaks_is_tried_again(
    store: Store, transport: Transport, caplog: pytest.LogCaptureFixture, error: Exception, reason: str
) -> None:
    caplog.set_level(logging.INFO, logger="parvis.ingest")
    network = Scripted(
        script(Link.LIVE, error),
        script(Link.STARTING, error),
        script(Link.STARTING, Link.LIVE, Arrival(post())),
    )
    async with running(store, network, transport) as source:
        await shown(store, lambda state: (state["link"], state["reason"]) == ("reconnecting", reason))
        await until(lambda: source.status.posts == 1)
        assert (source.status.link, source.status.reason) == (Link.LIVE, "")
    said = [record.getMessage() for record in caplog.records if record.name == "parvis.ingest"]
    changes = [line for line in said if line.startswith("source stage: ")]
    assert changes == ["source stage: live", f"source stage: reconnecting ({reason})", "source stage: live"]
    assert sum("failed" in line and line not in changes for line in said) <= 1


async def test_a_network_that_ends_is_followed_again(store: Store, transport: Transport) -> None:
    async def brief(feed: Feed) -> AsyncGenerator[Arrival, None]:
        yield Arrival(Skip("brief"))

    network = Scripted(brief, script(Arrival(post())))
    async with running(store, network, transport) as source:
        await until(lambda: source.status.posts == 1)
    assert len(network.cursors) == 2


async def test_an_item_that_cannot_be_handled_does_not_stop_the_rest(
    store: Store, transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    half = post("1", spans=(Span("\ud83d"),))
    network = Scripted(script(Arrival("poison"), Arrival(half), Arrival("poison"), Arrival(post("2"))))
    async with running(store, network, transport) as source:
        await until(lambda: source.status.posts == 1)
        assert source.status.skips == {"failed": 3}
    assert len(network.cursors) == 1
    assert sum("could not be handled" in record.getMessage() for record in caplog.records) == 1


async def test_reasons_for_skips_are_bounded(store: Store, transport: Transport) -> None:
    network = Scripted(script(*(Arrival(Skip(f"reason-{n}")) for n in range(200))))
    async with running(store, network, transport) as source:
        await until(lambda: source.status.skips.get("other") == 150)


async def test_a_source_remembers_across_restarts(store: Store, transport: Transport) -> None:
    async with running(store, Scripted(script()), transport) as source:
        assert await source.recall("etag") is None
        await source.remember("etag", '"é"')
    async with running(store, Scripted(script()), transport) as source:
        assert await source.recall("etag") == '"é"'


# --- the store comes and goes ---------------------------------------------------------------------------------


async def test_a_store_that_was_killed_is_waited_for_and_nothing_is_lost(
    own_store: tuple[Store, Server], transport: Transport
) -> None:
    store, server = own_store
    go = asyncio.Event()

    async def play(feed: Feed) -> AsyncGenerator[Arrival, None]:
        feed.report(Link.LIVE)
        yield Arrival(post("1"), cursor="1")
        await go.wait()
        for number in range(2, 6):
            yield Arrival(post(str(number)), cursor=str(number))
        await asyncio.Event().wait()

    network = Scripted(play)
    async with running(store, network, transport) as source:
        await until(lambda: source.status.posts == 1)
        server.kill()
        go.set()
        await asyncio.sleep(0.3)
        assert source.status.posts == 1
        server.start()
        await until(lambda: source.status.posts == 5)
    assert len(network.cursors) == 1, "the link to the network was kept"
    assert await store.redis.hget(store.keys.cursors, "stage") == b"5"
    assert await store.redis.hlen(store.keys.source_posts("stage")) == 5


async def test_a_stopped_store_does_not_delay_the_end(
    own_store: tuple[Store, Server], transport: Transport
) -> None:
    store, server = own_store
    go = asyncio.Event()

    async def play(feed: Feed) -> AsyncGenerator[Arrival, None]:
        yield Arrival(post(), cursor="1")
        feed.report(Link.LIVE)  # told at once, with the counts
        await go.wait()
        yield Arrival(None, cursor="2")
        yield Arrival(Skip("end"))
        await asyncio.Event().wait()

    async with running(store, Scripted(play), transport) as source:
        await shown(store, lambda state: state["posts"] == 1)
        server.send(signal.SIGSTOP)
        go.set()
        await until(lambda: "end" in source.status.skips)
        began = time.monotonic()
    ended = time.monotonic() - began
    server.send(signal.SIGCONT)
    assert ended < 2


async def test_a_peer_that_does_not_say_goodbye_is_not_waited_for(store: Store, transport: Transport) -> None:
    async def clinging(feed: Feed) -> AsyncGenerator[Arrival, None]:
        try:
            yield Arrival(post(), cursor="1")
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(30)

    async with running(store, Scripted(clinging), transport) as source:
        await until(lambda: source.status.posts == 1)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert await store.redis.hget(store.keys.cursors, "stage") == b"1"


# --- the role -------------------------------------------------------------------------------------------------


def settings(data_dir: Path, *sources: SourceSettings, slug: str = "nuit") -> Settings:
    return Settings(event=EventSettings(name="Nuit", slug=slug), sources=sources, data_dir=data_dir)


async def test_a_broken_source_is_off_with_its_reason_and_the_others_run(
    store: Store, data_dir: Path, transport: Transport
) -> None:
    await store.redis.hset(store.keys.sources, "from-last-year", b"{}")
    async with FakeFeed() as site, asyncio.TaskGroup() as tasks:
        site.body = rss(item("1", "Bonsoir"))
        wall = settings(
            data_dir,
            SourceSettings(network="mastadon", name="typo"),
            SourceSettings(network="feed", name="empty", options={"pol_s": 3}),
            SourceSettings(network="feed", name="stage", options={"url": site.address}),
        )
        running = tasks.create_task(run_sources(wall, store=store, transport=transport))
        await shown(store, lambda state: state["link"] == "polling" and state["posts"] == 1)
        states = {state["name"]: state for state in await Ledger(store).sources()}
        running.cancel()
    assert sorted(states) == ["empty", "stage", "typo"]
    assert states["typo"]["link"] == states["empty"]["link"] == "off"
    assert (
        states["typo"]["reason"] == "source[1].network: 'mastadon' is not a network; did you mean 'mastodon'?"
    )
    assert states["empty"]["reason"] == "source[2].pol_s is not a setting; did you mean source[2].poll_s?"


@pytest.mark.parametrize(
    ("network", "public_url", "callback"),
    [
        ("feed", "https://wall.example.org", "https://wall.example.org/hooks/stage"),
        ("feed", None, None),
        ("replay", "https://wall.example.org", None),
    ],
)
async def test_only_what_can_be_pushed_gets_an_address_for_callbacks(
    store: Store,
    data_dir: Path,
    transport: Transport,
    network: str,
    public_url: str | None,
    callback: str | None,
) -> None:
    options = {"url": "https://a.example.org/f"} if network == "feed" else {}
    configured = SourceSettings(network=network, name="stage", options=options)
    wall = settings(data_dir, configured)
    wall = msgspec.structs.replace(wall, web=msgspec.structs.replace(wall.web, public_url=public_url))
    source = make_source(configured, where="source[1]", settings=wall, store=store, transport=transport)
    assert isinstance(source, Source)
    assert source.callback_url == callback


async def test_the_role_runs_and_ends_when_told(store: Store, store_url: str, data_dir: Path) -> None:
    slug = store.keys.base[3:-1]
    recording = data_dir / "evening.jsonl"
    recording.write_text(
        "\n".join(
            json.dumps({"at": at, "post": {"native_id": str(at), "author": {"id": "1", "name": "Lou"}}})
            for at in (0, 9000)
        )
    )
    config = data_dir / "parvis.toml"
    config.write_text(
        f'[event]\nname = "Nuit"\nslug = "{slug}"\nhashtags = ["parvis"]\n[redis]\nurl = "{store_url}"\n'
        f'[[source]]\nnetwork = "replay"\nname = "stage"\nfile = "{recording}"\n'
        '[[source]]\nnetwork = "feed"\nurl = "http://127.0.0.1:9/feed"\n'
        '[[source]]\nnetwork = "mastodon"\nbase_url = "http://127.0.0.1:9"\n'
    )
    process = subprocess.Popen(
        [sys.executable, "-c", "from ingest.service import main; main()"],
        env={**os.environ, "PARVIS_CONFIG": str(config), "PARVIS_DATA": str(data_dir)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        await shown(store, lambda state: state["link"] == "live" and state["posts"] == 1)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.to_thread(process.communicate, timeout=10)
        took_s = time.monotonic() - began
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert took_s < 2
    assert "Traceback" not in said
    assert "source feed: reconnecting" in said
