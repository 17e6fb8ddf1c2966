"""Requests, against real servers on loopback that misbehave."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from ingest.contract import RateLimited, SourceLost, SourceOff
from ingest.quiet import moment, quiet_until
from ingest.transport import Transport, jitter
from tests.ingest.servers import Handler, serving, speaking
from wall.secret import Secret

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def answer(status: int = 200, body: str = "{}", **headers: str) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=body, headers=named)

    return handle


# --- requests ---------------------------------------------------------------------------------------------


async def test_a_reply_has_lower_case_headers_and_the_token_travels_revealed(transport: Transport) -> None:
    async def handle(request: web.Request) -> web.Response:
        seen = {
            "auth": request.headers.get("Authorization"),
            "query": dict(request.query),
            "cookie": request.headers.get("Cookie"),
        }
        return web.json_response(seen, headers={"X-Thing": "1", "Set-Cookie": "a=b"})

    async with serving(handle) as url:
        reply = await transport.get(f"{url}/x?a=1", params={"b": "é&"}, token=Secret("t0ken"))
        again = await transport.get(url)
    assert reply.status == 200
    assert reply.headers["x-thing"] == "1"
    assert reply.json() == {"auth": "Bearer t0ken", "query": {"a": "1", "b": "é&"}, "cookie": None}
    assert again.json()["cookie"] is None


@pytest.mark.parametrize("status", [200, 204, 304, 400, 404, 410, 422])
async def test_these_answers_are_for_the_caller_to_judge(transport: Transport, status: int) -> None:
    async with serving(answer(status, "" if status in (204, 304) else "{}")) as url:
        assert (await transport.get(url)).status == status


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, '{"error": "The access token was revoked"}', SourceOff, "The access token was revoked"),
        (403, '{"error": {"message": "no such scope"}}', SourceOff, "no such scope"),
        (403, "<html>forbidden</html>", SourceOff, r"refuses \(403\)$"),
        (500, "{}", SourceLost, "answered 500"),
        (503, "{}", SourceLost, "answered 503"),
    ],
)
async def test_refusals_carry_the_servers_words(
    transport: Transport, status: int, body: str, error: type[Exception], words: str
) -> None:
    async with serving(answer(status, body)) as url:
        with pytest.raises(error, match=words):
            await transport.get(f"{url}/secret-path?token=canary")


async def test_messages_never_show_path_or_query(transport: Transport) -> None:
    for url in ("http://127.0.0.1:9/botSECRET/x?token=SECRET", "ftp://host/SECRET", "http://[::1/SECRET"):
        with pytest.raises((SourceLost, SourceOff)) as caught:
            await transport.get(url)
        assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "headers", "least_s", "most_s"),
    [
        (429, {}, 50, 61),  # 136f: no Retry-After
        (429, {"Retry_After": "120"}, 110, 121),
        (429, {"Retry_After": "99999999"}, 890, 901),  # 136f: capped
        (429, {"Retry_After": "in five minutes"}, 280, 301),  # sent as an HTTP date
        (429, {"Retry_After": "-5"}, 50, 61),
        (429, {"Retry_After": "soon"}, 50, 61),
        (503, {"Retry_After": "7"}, 5, 8),
    ],
)
async def test_136f_quiet_is_kept_as_asked(
    transport: Transport, status: int, headers: dict[str, str], least_s: float, most_s: float
) -> None:
    if headers.get("Retry_After") == "in five minutes":
        headers = {"Retry_After": format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)}
    async with serving(answer(status, **headers)) as url:
        with pytest.raises(RateLimited) as caught:
            await transport.get(url)
    wait_s = (caught.value.until - datetime.now(UTC)).total_seconds()
    assert least_s <= wait_s <= most_s


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"x-ratelimit-reset": "2026-11-24T12:03:00.123456Z"}, 180.123456),
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) + 30)}, 30),
        ({"x-ratelimit-reset": "42"}, 42),
        ({"x-ratelimit-reset": "2026-11-24T11:00:00Z"}, 1),
        ({"retry-after": "5", "x-ratelimit-reset": "600"}, 5),
        ({"retry-after": "nan"}, 60),
        ({"retry-after": "inf"}, 900),
        ({"x-ratelimit-reset": "9999-12-31T23:59:59Z"}, 900),
        ({}, 60),
    ],
)
def test_reset_times_are_understood(headers: dict[str, str], wait_s: float) -> None:
    assert (quiet_until(headers, now=NOW) - NOW).total_seconds() == pytest.approx(wait_s)


def test_a_moment_that_is_none() -> None:
    assert moment("", now=NOW) is None
    assert moment("yesterday", now=NOW) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<!DOCTYPE html><p>captcha</p>", "a web page where JSON was due"),  # 136g
        ("\ufeff <html>", "a web page"),
        ("{", "broken JSON"),
        ("", "broken JSON"),
        ("[" * 100_000, "broken JSON"),
        ('{"a": NaN}', "broken JSON"),
        ("1" * 5_000, "broken JSON"),
    ],
)
async def test_136g_what_is_not_json_is_said_so(transport: Transport, body: str, words: str) -> None:
    async with serving(answer(200, body)) as url:
        reply = await transport.get(url)
    with pytest.raises(SourceLost, match=words):
        reply.json()


async def test_json_that_only_the_patient_reader_takes(transport: Transport) -> None:
    async with serving(answer(200, '\ufeff{"a": "\\ud83d"}')) as url:
        assert (await transport.get(url)).json() == {"a": "\ud83d"}


async def test_redirects_inside_a_host_keep_the_token(transport: Transport) -> None:
    async def handle(request: web.Request) -> web.Response:
        if request.path == "/old":
            return web.Response(status=301, headers={"Location": "/new?x=1"})
        return web.json_response(request.headers.get("Authorization"))

    async with serving(handle) as url:
        reply = await transport.get(f"{url}/old", token="t")
    assert reply.json() == "Bearer t"
    assert reply.url == f"{url}/new?x=1"


async def test_a_token_never_follows_to_another_host(transport: Transport) -> None:
    seen: list[str | None] = []

    async def other(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.json_response("there")

    async with serving(other) as there:

        async def away(request: web.Request) -> web.Response:
            return web.Response(status=302 if request.path == "/" else 308, headers={"Location": there})

        async with serving(away) as here:
            with pytest.raises(SourceLost, match="redirects to 127"):
                await transport.get(here + "/", token="t")
            moved = await transport.get(here + "/moved", token="t")
            assert (moved.status, moved.headers["location"]) == (308, there)
            assert seen == []
            reply = await transport.get(
                here + "/", token="t", headers={"authorization": "x"}, follow_redirects=True
            )
    assert reply.json() == "there"
    assert seen == [None]


async def test_redirects_end(transport: Transport) -> None:
    hops = 0

    async def handle(request: web.Request) -> web.Response:
        nonlocal hops
        hops += 1
        return web.Response(status=302, headers={"Location": "/again"})

    async with serving(handle) as url:
        with pytest.raises(SourceLost, match="more than 3 times"):
            await transport.get(url, follow_redirects=True)
    assert hops == 4


@pytest.mark.parametrize("place", ["file:///etc/passwd", "http://[::1", "javascript:1", "http://"])
async def test_redirects_to_nowhere(transport: Transport, place: str) -> None:
    async with serving(answer(302, Location=place)) as url:
        with pytest.raises(SourceLost, match=r"nowhere|redirects"):
            await transport.get(url, follow_redirects=True)


async def test_too_long_and_too_slow(transport: Transport) -> None:
    async with serving(answer(200, "x" * 5_000)) as url:
        with pytest.raises(SourceLost, match="more than 1000 bytes"):
            await transport.get(url, max_bytes=1_000)

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with speaking(never) as url:
        with pytest.raises(SourceLost, match=r"did not answer within 0\.1 s"):
            await transport.get(url, timeout_s=0.1)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nno gzip",
    ],
)
async def test_what_is_not_http(transport: Transport, said: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()

    async with speaking(script) as url:
        with pytest.raises(SourceLost):
            await transport.get(url)


async def test_a_closed_port(transport: Transport) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(SourceLost, match=r"127\.0\.0\.1"):
            await transport.get(url)


async def test_a_form_is_posted(transport: Transport) -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response(
            {"method": request.method, **{k: str(v) for k, v in (await request.post()).items()}}
        )

    async with serving(handle) as url:
        reply = await transport.post_form(url, {"a": "é&=", "b": "2"})
    assert reply.json() == {"method": "POST", "a": "é&=", "b": "2"}


def test_jitter_is_full_and_capped() -> None:
    assert all(0 <= jitter(0) <= 1 for _ in range(100))
    assert all(0 <= jitter(10**6) <= 60 for _ in range(100))
    assert max(jitter(5) for _ in range(200)) > 16
