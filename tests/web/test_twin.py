"""The wall for everybody over HTTP: the page without scripts, its events, what other sites may read."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.browser.hall import Hall, hall, until
from tests.makers import Hands, post
from tests.stack import free_port
from tests.web.readerkit import PATIENCE_S, Stream, corner, following, said
from wall.gate import Ruling
from wall.model import PostId, Span, SpanKind
from wall.settings import WebSettings
from wall.store.client import Store


@pytest.fixture
async def house(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    async with hall(store, data_dir) as house:
        yield house


async def page(house: Hall, query: str = "", **headers: str) -> tuple[int, str, Any]:
    url = f"{house.served.url}/wall{query}"
    async with house.served.client.get(url, headers=headers) as reply:
        return reply.status, await reply.text(), reply.headers


def notice(html: str) -> str:
    """What stands in place of the messages; "" when it is hidden."""
    found = re.search(r'id="break" ?(hidden)?>.*?<h2>The wall (.*?)( right now)?\.</h2>', html, re.DOTALL)
    assert found is not None
    return "" if found[1] else found[2]


# -- events --------------------------------------------------------------------------------------------------------


async def test_a_reader_gets_the_wall_and_then_what_happens(house: Hall) -> None:
    first = await house.hang("Bonsoir")
    async with following(house.served) as stream:
        reset = await stream.next()
        assert (reset.kind, [item["id"] for item in reset.data["items"]]) == ("reset", [first])
        second = await house.hang("Encore")
        added = await stream.next()
        assert (added.kind, added.data["id"], added.data["seq"]) == ("add", second, 2)
        assert added.id == f"{reset.data['epoch']}:2"
        await house.take_down(first)
        gone = await stream.next()
        assert (gone.kind, gone.data) == ("del", {"id": first})  # nobody is told why


async def test_who_comes_back_gets_what_was_missed_and_no_more(house: Hall) -> None:
    await house.hang("Un")
    async with following(house.served) as stream:
        await stream.next()
        second = await house.hang("Deux")
        await stream.next()
        known = stream.last_id
    third = await house.hang("Trois")
    await house.take_down(second)
    async with (
        following(house.served, last_event_id="") as stream,
        following(house.served, since=known) as other,
    ):
        assert (await stream.next()).kind == "reset"
        assert [(await other.next()).data["id"] for _ in range(2)] == [third, second]
    async with following(house.served, since="x:1", **{"last-event-id": known}) as stream:
        assert await stream.kinds(2) == [
            "add",
            "del",
        ]  # what the browser says counts, not the address it was given
    async with following(house.served, **{"last-event-id": stream.last_id}) as stream:
        await house.hang("Quatre")
        assert await stream.kinds(1) == ["add"]


@pytest.mark.parametrize(
    "since", ["another:1", "{epoch}:99", "{epoch}:-1", "{epoch}:", "{epoch}:1e3", "{epoch}"]
)
async def test_who_stands_nowhere_gets_the_wall_as_it_is(house: Hall, since: str) -> None:
    await house.hang("Un")
    epoch, _ = await house.hands.wall.head()
    async with following(house.served, since=since.format(epoch=epoch)) as stream:
        assert await stream.kinds(1) == ["reset"]


async def test_what_has_left_the_wall_is_never_sent_again(house: Hall) -> None:
    await house.hang("Un")
    async with following(house.served) as stream:
        await stream.next()
        known = stream.last_id
        pid = await house.hang("une phrase retirée")
        await stream.next()
        await house.take_down(pid)
        await stream.next()
    async with following(house.served, since=known) as stream:
        event = await stream.next()
        assert (event.kind, event.data["id"]) == ("del", pid)
        assert "une phrase retirée".encode() not in stream.raw


async def test_during_a_panic_nobody_is_told_anything(house: Hall) -> None:
    first = await house.hang("Un")
    async with following(house.served) as stream:
        await stream.next()
        known = stream.last_id
        await house.hang("Deux")
        await stream.next()
        await house.hands.gate.panic(on=True, by="Anna")
        assert (await stream.next()).kind == "panic"
        await house.hang("Trois")
        await house.take_down(first)
        assert (await stream.next()).kind == "del"
        async with following(house.served, since=known) as late, following(house.served) as fresh:
            for one in (late, fresh):
                reset = await one.next()
                assert (reset.data["panic"], reset.data["items"]) == (True, [])
            await house.hands.gate.panic(on=False, by="Anna")
            for one in (stream, late, fresh):
                reset = await one.next()
                assert (reset.kind, reset.data["panic"], len(reset.data["items"])) == ("reset", False, 2)


async def test_a_store_that_begins_anew_begins_every_reader_anew(house: Hall, store: Store) -> None:
    await house.hang("Un")
    async with following(house.served) as stream:
        await stream.next()
        await store.redis.hset(store.keys.meta, "epoch", secrets.token_hex(8))
        reset = await stream.next()
        assert (reset.kind, reset.data["epoch"]) == ("reset", (await house.hands.wall.head())[0])


async def test_a_server_that_stops_is_not_held_up_by_its_readers(
    store: Store, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with hall(store, data_dir) as house:
        stream = await house.served.client.get(f"{house.served.url}/api/v1/wall/events")
        assert stream.status == 200
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 1.5  # uvicorn itself gives up after two seconds
    assert [line.message for line in caplog.records if line.levelno >= logging.ERROR] == []


# -- many readers, slow readers ------------------------------------------------------------------------------------


async def test_a_full_house_says_so_and_when_to_come_back(store: Store) -> None:
    async with corner(store, most=3, per_place=2) as here, AsyncExitStack() as open_ones:
        first = await open_ones.enter_async_context(here.client.get(f"{here.url}?place=a"))
        await open_ones.enter_async_context(here.client.get(f"{here.url}?place=a"))
        async with here.client.get(f"{here.url}?place=a") as refused:
            assert refused.status == 503
            body = await refused.json()
            assert (refused.status, body["error"]["code"], refused.headers["retry-after"]) == (
                503,
                "full",
                "30",
            )
            assert refused.headers["access-control-allow-origin"] == "*"
        await open_ones.enter_async_context(here.client.get(f"{here.url}?place=b"))
        async with here.client.get(f"{here.url}?place=c") as refused:
            assert refused.status == 503
        assert here.count() == 3
        first.close()
        await until(lambda: said(here.count() == 2), "a free seat")
        async with here.client.get(f"{here.url}?place=c") as reply:
            assert reply.status == 200


async def test_one_that_does_not_read_is_cut_and_the_others_miss_nothing(store: Store) -> None:
    hands = Hands(store)
    async with corner(store, stalled_s=0.5) as here, here.client.get(here.url) as reply:
        good = Stream(reply)
        await good.next()
        host, port = "127.0.0.1", int(here.url.split(":")[2].split("/")[0])
        stalled = socket.socket()
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(stalled, (host, port))
        await loop.sock_sendall(stalled, f"GET /events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        await until(lambda: said(here.count() == 2), "the second reader")
        got = 0
        for n in range(60):
            await hands.arrive(post(str(n), "lumière " * 1500), ruling=Ruling.APPROVE)
            got += (await good.next()).data["seq"] == n + 1
        await until(lambda: said(here.cut() == 1), "the cut")
        await until(lambda: said(here.count() == 1), "its seat")
        assert got == 60
        stalled.close()


async def test_one_that_was_slow_for_a_moment_gets_the_rest(store: Store) -> None:
    hands = Hands(store)
    async with corner(store, stalled_s=30) as here:
        host, port = "127.0.0.1", int(here.url.split(":")[2].split("/")[0])
        reader, writer = await asyncio.open_connection(host, port, limit=2**12)
        writer.write(f"GET /events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        await until(lambda: said(here.count() == 1), "the reader")
        for n in range(400):
            await hands.arrive(post(str(n), "lumière " * 1500), ruling=Ruling.APPROVE)
        await until(lambda: said(bool(here.readers._late)), "a late reader")
        await until(lambda: said(here.readers._events.seq == 400), "everything told")
        seen: set[int] = set()
        async with asyncio.timeout(PATIENCE_S):
            whole = b""
            while 400 not in seen:
                whole = whole[-200:] + await reader.read(2**16)
                seen |= {int(number) for number in re.findall(rb"id: [0-9a-f]+:(\d+)\n", whole)}
        assert {1, 2, 3, 399, 400} <= seen
        assert here.cut() == 0
        writer.close()


# -- the page ------------------------------------------------------------------------------------------------------


async def test_the_page_is_whole_without_scripts(house: Hall) -> None:
    photo = msgspec.structs.replace(house.picture(900, 600), alt="Trois lanternes sur l’eau")
    await house.hang("Bonsoir à tous", photo, author="Camille", url="https://mastodon.example/@c/1")
    await house.hands.arrive(post("waiting", "encore en attente"))
    status, html, headers = await page(house, "?lang=fr")
    assert status == 200
    assert "Bonsoir à tous" in html
    assert 'alt="Trois lanternes sur l’eau"' in html
    assert 'href="https://mastodon.example/@c/1"' in html
    assert "Ouvrir sur Mastodon" in html
    assert "encore en attente" not in html
    assert 'role="feed"' in html
    assert '<h2 class="post-name"' in html
    assert "nonce" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_hostile_words_stay_words_and_hostile_addresses_lead_nowhere(house: Hall) -> None:
    bad = "<script>alert(1)</script>"
    spans = (Span(bad), Span("ici", SpanKind.LINK, "javascript:alert(1)"))
    await house.hang("", said=spans, author=f'"><img src=x onerror=alert(1)>{bad}', url="javascript:alert(1)")
    _, html, _ = await page(house)
    assert "<script>alert" not in html
    assert "javascript:" not in html
    assert "<img src=x" not in html


async def test_older_posts_are_pages_that_a_link_reaches(house: Hall) -> None:
    for n in range(45):
        await house.hang(f"Message {n:02}.")
    seen: list[str] = []
    query = ""
    for _ in range(5):
        _, html, _ = await page(house, query)
        seen += re.findall(r"Message \d\d\.", html)
        found = re.search(r'id="more" href="/wall(\?[^"]*)"', html)
        if found is None:
            break
        query = found[1].replace("&amp;", "&")
    assert seen == [f"Message {n:02}." for n in reversed(range(45))]


async def test_the_page_is_kept_by_browsers_until_something_happens(house: Hall) -> None:
    pid = await house.hang("Bonsoir")
    _, _, headers = await page(house)
    known = {"if-none-match": headers["etag"]}
    status, _, again = await page(house, **known)
    assert (status, again["content-security-policy"]) == (304, headers["content-security-policy"])
    assert (await page(house, "?lang=zh", **known))[0] == 200
    await house.take_down(pid)
    status, html, _ = await page(house, **known)
    assert (status, "Bonsoir" in html) == (200, False)


async def test_a_panic_is_a_calm_notice(house: Hall) -> None:
    await house.hang("Bonsoir")
    await house.hands.gate.panic(on=True, by="Anna")
    status, html, _ = await page(house)
    assert (status, "Bonsoir" in html, notice(html)) == (200, False, "takes a short break")


async def test_a_wall_without_its_store_says_so_kindly(data_dir: Path) -> None:
    async with hall(Store(f"unix://{data_dir}/none.sock", event="away", name="test"), data_dir) as house:
        status, html, headers = await page(house)
        assert (status, notice(html), headers["cache-control"]) == (503, "cannot be reached", "no-store")


@pytest.mark.parametrize(
    ("embed_on", "ancestors"),
    [((), "'none'"), (("https://museum.example",), "https://museum.example"), (("*",), "*")],
)
async def test_a_frame_is_for_those_who_were_named(
    store: Store, data_dir: Path, embed_on: tuple[str, ...], ancestors: str
) -> None:
    async with hall(store, data_dir, web=WebSettings(port=free_port(), embed_on=embed_on)) as house:
        _, html, headers = await page(house, "?embed=1")
        assert headers["content-security-policy"].count(f"frame-ancestors {ancestors};") == 1
        assert "masthead" not in html
        assert "frame-ancestors 'none'" in (await page(house))[2]["content-security-policy"]


# -- for other sites -----------------------------------------------------------------------------------------------


async def test_the_api_pages_through_everything_once(house: Hall) -> None:
    pids = [await house.hang(f"Message {n}") for n in range(7)]
    seen: list[PostId] = []
    before: int | None = 10**6
    while before is not None:
        _, body = await house.served.get(f"/api/v1/wall?limit=3&before={before}")
        seen += [item["id"] for item in body["items"]]
        before = body["before"]
    assert seen == pids[::-1]
    _, first = await house.served.get("/api/v1/wall?limit=3")
    assert (len(first["items"]), first["before"]) == (3, first["items"][2]["seq"])
    assert (await house.served.get("/api/v1/wall?before=0"))[0] == 400
    assert (await house.served.get("/api/v1/wall?before=-1"))[0] == 400


async def test_other_sites_may_read_what_is_public_as_nobody(house: Hall) -> None:
    photo = house.picture(300, 200)
    await house.hang("Bonsoir", photo)
    paths = ("/api/v1/wall", "/api/v1/wall/events", "/embed.js")
    for path in (*paths, f"/media/{photo.digest}/small"):
        async with house.served.client.get(house.served.url + path) as reply:
            assert reply.status == 200
            assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
            assert "access-control-allow-credentials" not in reply.headers
            assert path not in paths or reply.headers["access-control-allow-origin"] == "*"
            assert "set-cookie" not in reply.headers
    async with house.served.client.get(f"{house.served.url}/api/v1/posts") as reply:
        assert "access-control-allow-origin" not in reply.headers


async def test_what_has_not_changed_is_not_sent_again(house: Hall) -> None:
    await house.hang("Bonsoir")
    for path in ("/api/v1/wall", "/embed.js"):
        async with house.served.client.get(house.served.url + path) as reply:
            known = {"if-none-match": reply.headers["etag"]}
        async with house.served.client.get(house.served.url + path, headers=known) as reply:
            assert (reply.status, reply.headers["access-control-allow-origin"]) == (304, "*")
    await house.hang("Encore")
    async with house.served.client.get(f"{house.served.url}/api/v1/wall", headers=known) as reply:
        assert reply.status == 200


async def test_a_head_of_the_events_does_not_wait_for_them(house: Hall) -> None:
    async with (
        asyncio.timeout(5),
        house.served.client.head(f"{house.served.url}/api/v1/wall/events") as reply,
    ):
        assert (reply.status, reply.content_type) == (200, "text/event-stream")
