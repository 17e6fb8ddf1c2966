"""Event streams and sockets, against real servers on loopback that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import aiohttp
import pytest
from aiohttp import web

from ingest.contract import RateLimited, SourceLost, SourceOff
from ingest.transport import SseEvent, Transport, UpgradeRefused
from tests.ingest.servers import Handler, serving, speaking


async def read_stream(
    transport: Transport, *pieces: bytes, deadline_s: float = 5, max_line: int = 1_000
) -> tuple[list[SseEvent], str]:
    """Every event of a stream that sends these pieces and closes, and the words it ended with."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    events: list[SseEvent] = []
    async with (
        speaking(script) as url,
        aclosing(transport.sse(url, deadline_s=deadline_s, max_line=max_line)) as stream,
    ):
        while True:
            try:
                events.append(await anext(stream))
            except SourceLost as end:
                return events, str(end)


@pytest.mark.parametrize(
    ("raw", "events"),
    [
        (b":)\nevent: update\ndata: 1\n\n", [SseEvent("", ""), SseEvent("update", "1")]),
        (b"data: a\r\ndata: b\r\n\r\n", [SseEvent("message", "a\nb")]),
        (b"data:a\rdata\r\r", [SseEvent("message", "a\n")]),
        (b"event: x\n\ndata: 1\n\n", [SseEvent("message", "1")]),
        (b"\xef\xbb\xbfdata: 1\n\nid: 7\nretry: 10\nodd\n\n", [SseEvent("message", "1")]),
        (b"data: \xff\n\n", [SseEvent("message", "\ufffd")]),
        (b"event: update\ndata: half", []),  # 136i: a half line is dropped
        (b"event: update\ndata: half\n", []),
    ],
)
async def test_event_streams_are_framed(transport: Transport, raw: bytes, events: list[SseEvent]) -> None:
    assert await read_stream(transport, raw) == (events, "127.0.0.1 closed the stream")
    by_bytes = [raw[n : n + 1] for n in range(len(raw))]
    assert await read_stream(transport, *by_bytes) == (events, "127.0.0.1 closed the stream")


async def test_136i_a_long_line_ends_the_stream(transport: Transport) -> None:
    events, words = await read_stream(transport, b"data: 1\n\n", b"data: " + b"x" * 2_000)
    assert events == [SseEvent("message", "1")]
    assert "over 1000 bytes" in words
    _, words = await read_stream(transport, *[b"data: " + b"x" * 500 + b"\n"] * 5)
    assert "over 1000 characters" in words


async def test_136i_a_silent_stream_is_left(transport: Transport) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b":)\n")
        await asyncio.Event().wait()
        return response

    async with serving(silent) as url, aclosing(transport.sse(url, deadline_s=0.2)) as stream:
        assert await anext(stream) == SseEvent("", "")
        with pytest.raises(SourceLost, match=r"silent for 0\.2 s"):
            await anext(stream)


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (401, "application/json", SourceOff),
        (429, "application/json", RateLimited),
        (404, "application/json", SourceLost),
        (200, "text/html", SourceLost),
    ],
)
async def test_streams_that_do_not_open(
    transport: Transport, status: int, kind: str, error: type[Exception]
) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=status, text="{}", content_type=kind)

    async with serving(refuse) as url, aclosing(transport.sse(url, deadline_s=5)) as stream:
        with pytest.raises(error):
            await anext(stream)


# --- sockets ----------------------------------------------------------------------------------------------


def talking(script: Callable[[web.WebSocketResponse], Awaitable[None]]) -> Handler:
    async def handle(request: web.Request) -> web.WebSocketResponse:
        opened = web.WebSocketResponse(protocols=("b",), autoping=True)
        await opened.prepare(request)
        await script(opened)
        return opened

    return handle


async def test_frames_come_and_go(transport: Transport) -> None:
    async def script(opened: web.WebSocketResponse) -> None:
        await opened.send_str(f"got {await opened.receive_str()}")
        await opened.send_bytes(b"\x00\x01")
        await opened.close(code=4004, message=b"bad token")

    async with (
        serving(talking(script)) as url,
        transport.ws(url.replace("http", "ws"), deadline_s=5, subprotocols=("a", "b")) as opened,
    ):
        await opened.send("hello")
        frames = [frame async for frame in opened]
        assert frames == ["got hello", b"\x00\x01"]
        assert (opened.close_code, opened.close_reason, opened.subprotocol) == (4004, "bad token", "b")
        with pytest.raises(SourceLost):
            await opened.send("late")


async def test_silence_ends_a_socket_but_a_ping_is_life(transport: Transport) -> None:
    async def script(opened: web.WebSocketResponse) -> None:
        for _ in range(6):
            await opened.ping()
            await asyncio.sleep(0.1)
        await opened.send_str("still here")
        await opened.receive()

    async with serving(talking(script)) as url, transport.ws(url, deadline_s=0.4) as opened:
        assert await anext(opened) == "still here"
        with pytest.raises(SourceLost, match=r"silent for 0\.4 s"):
            await anext(opened)


async def test_a_socket_that_breaks_off_ends_the_iteration(transport: Transport) -> None:
    async def handle(request: web.Request) -> web.WebSocketResponse:
        opened = web.WebSocketResponse()
        await opened.prepare(request)
        assert request.transport is not None
        request.transport.abort()
        return opened

    async with serving(handle) as url, transport.ws(url, deadline_s=5) as opened:
        try:
            frames = [frame async for frame in opened]
        except SourceLost:
            frames = []
        assert frames == []


async def test_a_frame_that_is_too_big(transport: Transport) -> None:
    async def script(opened: web.WebSocketResponse) -> None:
        await opened.send_str("x" * 2_000)
        await opened.receive()

    async with serving(talking(script)) as url, transport.ws(url, deadline_s=5, max_bytes=1_000) as opened:
        with pytest.raises(SourceLost, match="broken frame"):
            await anext(opened)


async def test_refused_upgrades_tell_why(transport: Transport) -> None:
    async def refuse(request: web.Request) -> web.Response:
        if request.path == "/off":
            return web.Response(status=401, headers={"X-Error-Message": "Missing access token"})
        if request.path == "/away":
            return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"})
        return web.json_response({"error": "no streams here"}, status=404)

    async with serving(refuse) as url:
        with pytest.raises(SourceOff, match="Missing access token"):
            async with transport.ws(f"{url}/off", deadline_s=5):
                pass
        with pytest.raises(UpgradeRefused, match="no streams here") as caught:
            async with transport.ws(f"{url}/none", deadline_s=5):
                pass
        assert (caught.value.status, caught.value.body) == (404, b'{"error": "no streams here"}')
        with pytest.raises(UpgradeRefused, match="redirects"):
            async with transport.ws(f"{url}/away", token="t", deadline_s=5):
                pass
    with pytest.raises(SourceLost):
        async with transport.ws("ws://127.0.0.1:9/", deadline_s=5):
            pass


async def test_errors_inside_a_socket_are_the_callers_own(transport: Transport) -> None:
    async def script(opened: web.WebSocketResponse) -> None:
        await opened.receive()

    async with serving(talking(script)) as url:
        with pytest.raises(aiohttp.ClientError, match="mine"):
            async with transport.ws(url, deadline_s=5):
                raise aiohttp.ClientError("mine")
