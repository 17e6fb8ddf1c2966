"""Streams that stay open: server-sent events and WebSockets, each with a receive deadline.

A silent socket is the common failure, so whoever opens one says how long silence may last. Every failure
leaves here as `SourceLost` or `SourceOff`, with a message that names the host and never the query (which may
carry a token).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
import msgspec

from ingest.contract import SourceLost, SourceOff
from wall.text import clean

SEND_S = 10.0
CLOSE_S = 2.0
OPEN_S = 20.0
REFUSAL_BYTES = 4_000


class SseEvent(msgspec.Struct, frozen=True):
    """One event; a comment line (the usual heartbeat) is `SseEvent("", "")`."""

    event: str
    data: str


class UpgradeRefused(SourceLost):
    """A server answered a WebSocket handshake with something other than 101 (and not 401 or 403)."""

    def __init__(self, message: str, *, status: int, body: bytes) -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class Socket:
    """An open WebSocket: iterate for frames (str or bytes), `send` text.

    A server's close ends the iteration; `close_code` and `close_reason` then tell why. Silence for the
    deadline (pings count as life) and any protocol error raise `SourceLost`.
    """

    def __init__(self, raw: aiohttp.ClientWebSocketResponse[Any], *, host: str, deadline_s: float) -> None:
        self._raw = raw
        self._host = host
        self._deadline_s = deadline_s
        self.close_reason = ""

    @property
    def close_code(self) -> int | None:
        return self._raw.close_code

    @property
    def subprotocol(self) -> str | None:
        return self._raw.protocol

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return self

    async def __anext__(self) -> str | bytes:
        try:
            message = await self._raw.receive(timeout=self._deadline_s)
        except TimeoutError:
            raise SourceLost(f"{self._host} was silent for {self._deadline_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise SourceLost(f"{self._host}: {error}") from error
        if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            frame: str | bytes = message.data
            return frame
        if message.type is aiohttp.WSMsgType.ERROR:
            raise SourceLost(f"{self._host} sent a broken frame: {message.data}")
        self.close_reason = str(message.extra or "")
        raise StopAsyncIteration

    async def send(self, text: str) -> None:
        """Raises `SourceLost` when the socket is closed or does not take the text within ten seconds."""
        try:
            async with asyncio.timeout(SEND_S):
                await self._raw.send_str(text)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise SourceLost(f"{self._host} takes no more: {type(error).__name__}") from error

    async def close(self) -> None:
        await self._raw.close()


@asynccontextmanager
async def open_socket(
    url: str,
    *,
    host: str,
    headers: Mapping[str, str],
    deadline_s: float,
    heartbeat_s: float | None,
    max_bytes: int,
    subprotocols: tuple[str, ...],
) -> AsyncIterator[Socket]:
    """A session of its own for each socket, so that its refusal can be read and its redirect refused."""
    refusal = b""

    async def keep_refusal(
        _session: aiohttp.ClientSession, _ctx: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        nonlocal refusal
        if params.response.status != 101:
            refusal = await params.response.content.read(REFUSAL_BYTES)

    async def refuse_redirect(
        _session: aiohttp.ClientSession, _ctx: SimpleNamespace, params: aiohttp.TraceRequestRedirectParams
    ) -> None:
        raise UpgradeRefused(f"{host} redirects its socket", status=params.response.status, body=b"")

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(keep_refusal)
    trace.on_request_redirect.append(refuse_redirect)
    session = aiohttp.ClientSession(
        trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), trace_configs=[trace], headers=headers
    )
    async with session:
        try:
            async with asyncio.timeout(OPEN_S):
                raw = await session.ws_connect(
                    url,
                    heartbeat=heartbeat_s,
                    max_msg_size=max_bytes,
                    protocols=subprotocols,
                    timeout=aiohttp.ClientWSTimeout(ws_receive=deadline_s, ws_close=CLOSE_S),
                )
        except aiohttp.WSServerHandshakeError as error:
            raise _refused(error, host=host, body=refusal) from error
        except TimeoutError:
            raise SourceLost(f"{host} did not open its socket within {OPEN_S:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SourceLost(f"{host}: {type(error).__name__}") from error
        try:
            yield Socket(raw, host=host, deadline_s=deadline_s)
        finally:
            await raw.close()


def _refused(error: aiohttp.WSServerHandshakeError, *, host: str, body: bytes) -> SourceLost | SourceOff:
    said = error.headers.get("X-Error-Message", "") if error.headers else ""
    reason = clean(said, limit=200) or words_of(body)
    message = f"{host} refuses the socket ({error.status})" + (f": {reason}" if reason else "")
    if error.status in (401, 403):
        return SourceOff(message)
    return UpgradeRefused(message, status=error.status, body=body)


async def read_events(
    response: aiohttp.ClientResponse, *, host: str, max_line: int
) -> AsyncIterator[SseEvent]:
    """The event-stream format of https://html.spec.whatwg.org/multipage/server-sent-events.html.

    A half event at the end is dropped. Raises `SourceLost` on a line or an event longer than `max_line`
    characters, and when the server closes.
    """
    event, data, size = "", list[str](), 0
    async for line in _lines(response, host=host, max_line=max_line):
        if not line:
            if data:
                yield SseEvent(event or "message", "\n".join(data))
            event, data, size = "", [], 0
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not field:
            yield SseEvent("", "")
        elif field == "event":
            event = value
        elif field == "data":
            size += len(value)
            if size > max_line:
                raise SourceLost(f"{host} sent an event over {max_line} characters")
            data.append(value)
    raise SourceLost(f"{host} closed the stream")


async def _lines(response: aiohttp.ClientResponse, *, host: str, max_line: int) -> AsyncIterator[str]:
    """Lines without their ends (LF, CR LF or CR). The rest after the last end is not a line."""
    rest, is_after_cr = b"", False
    async for chunk in response.content.iter_any():
        if is_after_cr:
            chunk = chunk.removeprefix(b"\n")  # the other half of a CR LF
        is_after_cr = chunk.endswith(b"\r")
        *lines, rest = (rest + chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            if len(line) > max_line:
                raise SourceLost(f"{host} sent a line over {max_line} bytes")
            yield line.decode("utf-8", "replace").removeprefix("\ufeff")
        if len(rest) > max_line:
            raise SourceLost(f"{host} sent a line over {max_line} bytes")


def words_of(body: bytes) -> str:
    """What a server says in its refusal, in one short line; a web page says nothing worth repeating."""
    text = body.decode("utf-8", "replace").strip()
    if not text or text.startswith("<"):
        return ""
    try:
        said = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return clean(text, limit=200)
    if isinstance(said, dict):
        for key in ("error_description", "message", "detail", "title", "error"):
            value = said.get(key)
            if isinstance(value, dict):
                value = value.get("message")
            if isinstance(value, str) and value:
                return clean(value, limit=200)
    return ""
