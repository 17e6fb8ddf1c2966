"""`/hooks/{source}` on the real web process, and a feed that is pushed through it, end to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ingest.contract import Link
from ingest.mailbox import MOST_WAITING, Mailbox
from ingest.room import Allowance
from ingest.service import make_source
from ingest.supervisor import Source, run_source
from ingest.transport import Transport
from ingest.websub import ASKED, GRANTED, Subscription
from tests.fakes.feed import FakeFeed, item, rss
from tests.ingest.test_websub import signature
from tests.server import Served, serving
from wall.ledger import Ledger
from wall.settings import SourceSettings
from wall.store.client import Store

KEY, SECRET = "k" * 24, "s" * 48


@pytest.fixture
async def wall(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    sources = (
        SourceSettings(network="feed", name="carnet", options={"url": "https://carnet.example.org/feed"}),
        SourceSettings(network="replay", name="sample", options={}),
        SourceSettings(network="feed", name="broken", options={}),
        SourceSettings(network="nothing", name="unknown", options={}),
    )
    asked = Subscription(
        hub="https://hub.example.org/",
        topic="https://carnet.example.org/feed",
        key=KEY,
        secret=SECRET,
        asked_at=datetime.now(UTC).timestamp(),
    )
    await store.redis.hset(store.keys.memory("carnet"), ASKED, msgspec.json.encode(asked).decode())
    async with serving(store, data_dir, sources=sources) as served:
        yield served


async def waiting(store: Store, name: str = "carnet") -> int:
    return await store.redis.hlen(store.keys.hook_bodies(name))


async def test_a_challenge_is_echoed_as_text_and_the_lease_is_kept(wall: Served, store: Store) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.topic": "https://carnet.example.org/feed",
        "hub.challenge": "abc",
        "hub.lease_seconds": "600",
    }
    async with wall.client.get(f"{wall.url}/hooks/carnet/{KEY}", params=query) as reply:
        assert (reply.status, await reply.text()) == (200, "abc")
        assert reply.headers["content-type"].startswith("text/plain")
        assert reply.headers["x-content-type-options"] == "nosniff"
    assert await store.redis.hget(store.keys.memory("carnet"), GRANTED) is not None
    status, body = await wall.get(f"/hooks/carnet/{KEY}", params={**query, "hub.challenge": "<b>x</b>"})
    assert (status, body) == (404, b"")


@pytest.mark.parametrize(
    "path", ["nowhere", "sample", "broken", "unknown", "carnet%00", "..%2f..", "x" * 8000]
)
async def test_a_source_that_takes_nothing_is_not_there(wall: Served, path: str) -> None:
    status, _ = await wall.post(f"/hooks/{path}/{KEY}", data=b"x")
    assert status in (400, 404)


async def test_a_delivery_is_stored_before_it_is_answered(wall: Served, store: Store) -> None:
    headers = {"X-Hub-Signature": signature(b"<rss/>"), "Cookie": "a=b", "Authorization": "Bearer x"}
    assert (await wall.post(f"/hooks/carnet/{KEY}", data=b"<rss/>", headers=headers))[0] == 202
    reader = store.reader()
    box = Mailbox(store, "carnet")
    delivery = await anext(aiter(box.deliveries(reader)))
    assert delivery.body == b"<rss/>"
    assert "x-hub-signature" in delivery.headers
    assert not {"cookie", "authorization"} & delivery.headers.keys()
    again = await anext(aiter(box.deliveries(reader)))
    assert again == delivery, "kept until it is forgotten"
    await box.forget(delivery)
    assert await waiting(store) == 0
    assert await store.redis.xlen(store.keys.hooks("carnet")) == 0
    await reader.aclose()


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({}, f"carnet/{KEY}", 202),
        ({"X-Hub-Signature": ""}, f"carnet/{KEY}", 202),
        ({"X-Hub-Signature": signature(b"<rss />")}, f"carnet/{KEY}", 202),
        ({"X-Hub-Signature": "sha256=\u00e9"}, f"carnet/{KEY}", 202),
        ({"X-Hub-Signature": signature(b"<rss/>")}, "carnet", 410),
        ({"X-Hub-Signature": signature(b"<rss/>")}, "carnet/other", 410),
    ],
)
async def test_a_delivery_that_is_not_signed_is_dropped(
    wall: Served, store: Store, headers: dict[str, str], path: str, status: int
) -> None:
    assert (await wall.post(f"/hooks/{path}", data=b"<rss/>", headers=headers))[0] == status
    assert await waiting(store) == 0


async def test_two_signatures_are_none(wall: Served, store: Store) -> None:
    right = signature(b"<rss/>")
    headers = [("X-Hub-Signature", right), ("X-Hub-Signature", "sha256=00")]
    async with wall.client.post(f"{wall.url}/hooks/carnet/{KEY}", data=b"<rss/>", headers=headers) as reply:
        assert reply.status == 202
    assert await waiting(store) == 0


async def test_a_body_above_a_megabyte_is_refused(wall: Served, store: Store) -> None:
    body = b"x" * 1_000_001
    headers = {"X-Hub-Signature": signature(body)}
    assert (await wall.post(f"/hooks/carnet/{KEY}", data=body, headers=headers))[0] == 413
    assert await waiting(store) == 0


async def test_a_flood_is_slowed_down(wall: Served) -> None:
    statuses = [(await wall.post(f"/hooks/carnet/{KEY}", data=b"x"))[0] for _ in range(80)]
    assert statuses[0] == 202
    assert 429 in statuses


def test_an_allowance_refills_with_time() -> None:
    allowance = Allowance(20)
    assert [allowance.take(100.0) for _ in range(21)] == [True] * 20 + [False]
    assert allowance.take(100.06)
    assert not allowance.take(100.06)


async def test_a_full_mailbox_sends_the_hub_away_for_later(wall: Served, store: Store) -> None:
    await store.redis.hset(
        store.keys.hook_bodies("carnet"), mapping={str(n): b"{}" for n in range(MOST_WAITING)}
    )
    headers = {"X-Hub-Signature": signature(b"<rss/>")}
    async with wall.client.post(f"{wall.url}/hooks/carnet/{KEY}", data=b"<rss/>", headers=headers) as reply:
        assert (reply.status, reply.headers["retry-after"]) == (503, "60")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(wall: Served, method: str) -> None:
    async with wall.client.request(method, f"{wall.url}/hooks/carnet/{KEY}") as reply:
        assert reply.status == 405


# --- from the hub to the gate -----------------------------------------------------------------------------------


@asynccontextmanager
async def pushed(store: Store, data_dir: Path, transport: Transport, site: FakeFeed) -> AsyncIterator[Source]:
    """A running source of `site`, whose hub reaches it through a served wall."""
    site.headers = {"Link": '</hub>; rel="hub"'}
    configured = SourceSettings(network="feed", name="carnet", options={"url": site.address, "poll_s": 600})
    async with serving(store, data_dir, sources=(configured,)) as served, asyncio.TaskGroup() as tasks:
        settings = served.services.settings
        settings = msgspec.structs.replace(
            settings, web=msgspec.structs.replace(settings.web, public_url=served.url)
        )
        source = make_source(
            configured, where="source[1]", settings=settings, store=store, transport=transport
        )
        assert isinstance(source, Source)
        running = tasks.create_task(run_source(source))
        try:
            yield source
        finally:
            running.cancel()


async def posts_of(store: Store, count: int) -> list[str]:
    """Native ids of the source's posts, once there are `count`."""
    async with asyncio.timeout(10):
        while len(found := await store.redis.hvals(store.keys.source_posts("carnet"))) < count:
            await asyncio.sleep(0.01)
    return sorted(native.decode() for native in found)


async def test_a_hub_pushes_what_polling_would_find_later(
    store: Store, data_dir: Path, transport: Transport
) -> None:
    async with FakeFeed() as site:
        site.body = rss(item("1", "La première"))
        async with pushed(store, data_dir, transport, site):
            assert await posts_of(store, 1) == ["1"]
            await site.hub.until(lambda: bool(site.hub.callbacks))
            assert site.hub.checks == [(200, "x-1")]
            assert site.hub.requests[0]["hub.topic"] == site.address
            forged = rss(item("666", "Fausse"))
            assert await site.hub.deliver(forged, signature="sha256=" + "0" * 64) == [202]
            assert await site.hub.deliver(rss(item("2", "La deuxième"), item("1", "La première"))) == [202]
            assert await site.hub.deliver(b"no feed at all", algorithm="sha512") == [202]
            assert await site.hub.deliver(rss(item("3", "La troisième")), algorithm="sha1") == [202]
            assert await posts_of(store, 3) == ["1", "2", "3"]
            async with asyncio.timeout(10):
                while await waiting(store):
                    await asyncio.sleep(0.01)
        assert len(site.requests) == 1


async def test_what_was_pushed_while_ingest_was_down_is_read_when_it_is_back(
    store: Store, data_dir: Path, transport: Transport
) -> None:
    async with FakeFeed() as site:
        async with pushed(store, data_dir, transport, site):
            await site.hub.until(lambda: bool(site.hub.callbacks))
        async with serving(
            store,
            data_dir,
            sources=(SourceSettings(network="feed", name="carnet", options={"url": site.address}),),
        ) as served:
            (callback,) = site.hub.callbacks
            path = callback.split("/hooks/")[1]
            site.hub.callbacks = {f"{served.url}/hooks/{path}": site.hub.callbacks[callback]}
            assert await site.hub.deliver(rss(item("9", "Entre-temps"))) == [202]
        assert await waiting(store) == 1
        async with pushed(store, data_dir, transport, site) as source:
            assert await posts_of(store, 1) == ["9"]
            async with asyncio.timeout(10):
                while (source.status.posts, source.status.link) != (1, Link.LIVE):  # the lease still holds
                    await asyncio.sleep(0.01)
    (state,) = await Ledger(store).sources()
    assert (state["link"], state["posts"]) == ("live", 1)
