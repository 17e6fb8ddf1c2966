"""All that ingestion sends out, except media: requests, event streams and sockets, with one set of errors.

Base addresses are the operator's own configuration, so no address is refused here (`wall/media/` guards what
posts point to). A token goes to the host it was given for and never follows a redirect to another one.
Messages name hosts, never whole addresses: a query or a path may hold a secret.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec
from yarl import URL

from ingest.contract import RateLimited, SourceLost, SourceOff
from ingest.quiet import quiet_until
from ingest.sockets import Socket, SseEvent, UpgradeRefused, open_socket, read_events, words_of
from wall.secret import reveal

__all__ = ["Reply", "Socket", "SseEvent", "Transport", "UpgradeRefused", "jitter", "read_json"]

USER_AGENT = "Parvis/0.1 (event wall)"
HOPS_MAX = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Params = Mapping[str, str] | Sequence[tuple[str, str]]


class Reply(msgspec.Struct, frozen=True):
    """An answer in full. Header names are lower-case; `url` is where the last redirect led."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        """Raises `SourceLost` when the body is not JSON, e.g. a captcha page that came with status 200."""
        try:
            return read_json(self.body)
        except ValueError:
            is_page = self.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
            what = "a web page where JSON was due" if is_page else "broken JSON"
            raise SourceLost(f"{_host(self.url)} answered {what}") from None


class Transport:
    """One for each ingest process; an async context manager that owns the connections."""

    def __init__(self, *, user_agent: str = USER_AGENT) -> None:
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._user_agent},
            connector=aiohttp.TCPConnector(limit=64, limit_per_host=16),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        timeout_s: float = 15,
        max_bytes: int = 8_000_000,
        follow_redirects: bool = False,
    ) -> Reply:
        """GET an address. 2xx, 304, 400, 404, 410 and the other 4xx come back for the caller to judge.

        Redirects are followed (three at most) inside the same host, and elsewhere only with
        `follow_redirects`, then without `token` and `Authorization`; a 301 or 308 that is not followed comes
        back. Raises `RateLimited` (429; 503 with Retry-After), `SourceOff` (401, 403), `SourceLost`.
        """
        target = _address(url)
        if params is not None:
            target = target.extend_query(params)
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {reveal(token)}"
        for hops in range(HOPS_MAX + 1):
            reply = await self._send("GET", target, headers=sent, timeout_s=timeout_s, max_bytes=max_bytes)
            place = reply.headers.get("location")
            if reply.status not in _REDIRECTS or not place:
                return _judged(reply)
            onward = _joined(target, place)
            if not _same_host(target, onward):
                if not follow_redirects:
                    if reply.status in (301, 308):
                        return reply
                    raise SourceLost(f"{target.host} redirects to {onward.host}: set that as base_url")
                sent = {name: value for name, value in sent.items() if name.lower() != "authorization"}
            if hops == HOPS_MAX:
                break
            target = onward
        raise SourceLost(f"{target.host} redirects more than {HOPS_MAX} times")

    async def post_form(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 15,
    ) -> Reply:
        """POST an urlencoded form; the same errors as `get`, and redirects are never followed."""
        return _judged(
            await self._send(
                "POST", _address(url), headers=dict(headers or {}), fields=fields, timeout_s=timeout_s
            )
        )

    async def sse(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        deadline_s: float,
        max_line: int = 1_000_000,
    ) -> AsyncGenerator[SseEvent, None]:
        """Server-sent events. A broken stream raises `SourceLost`, as does `deadline_s` of silence.

        Close it with `contextlib.aclosing`. Refusals raise as in `get`.
        """
        target = _address(url)
        if params is not None:
            target = target.extend_query(params)
        sent = {"Accept": "text/event-stream", "Accept-Encoding": "identity", **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {reveal(token)}"
        limit = aiohttp.ClientTimeout(total=None, connect=15, sock_read=deadline_s)
        host = target.host or ""
        try:
            async with self._open.get(target, headers=sent, timeout=limit, allow_redirects=False) as response:
                if response.status != 200:
                    _judged(await _read(response, max_bytes=64_000))
                    raise SourceLost(f"{host} answered {response.status} to a stream")
                if response.content_type == "text/html":
                    raise SourceLost(f"{host} answered a web page where a stream was due")
                async for event in read_events(response, host=host, max_line=max_line):
                    yield event
        except TimeoutError:
            raise SourceLost(f"{host} was silent for {deadline_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise SourceLost(f"{host}: {type(error).__name__}") from error

    def ws(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        deadline_s: float,
        heartbeat_s: float | None = None,
        max_bytes: int = 32 * 2**20,
        subprotocols: tuple[str, ...] = (),
    ) -> AbstractAsyncContextManager[Socket]:
        """An open `Socket` inside `async with`. `heartbeat_s` sends our own pings.

        Entering raises `SourceOff` (401, 403, with the server's reason), `UpgradeRefused` (any other answer
        than 101, with its `status` and `body`) or `SourceLost`.
        """
        sent = {"User-Agent": self._user_agent, **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {reveal(token)}"
        target = _address(url)
        return open_socket(
            str(target),
            host=target.host or "",
            headers=sent,
            deadline_s=deadline_s,
            heartbeat_s=heartbeat_s,
            max_bytes=max_bytes,
            subprotocols=subprotocols,
        )

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("enter the Transport with `async with` before using it")
        return self._session

    async def _send(
        self,
        method: str,
        target: URL,
        *,
        headers: Mapping[str, str],
        timeout_s: float,
        fields: Mapping[str, str] | None = None,
        max_bytes: int = 8_000_000,
    ) -> Reply:
        limit = aiohttp.ClientTimeout(total=timeout_s)
        try:
            async with self._open.request(
                method, target, headers=headers, data=fields, timeout=limit, allow_redirects=False
            ) as response:
                return await _read(response, max_bytes=max_bytes)
        except TimeoutError:
            raise SourceLost(f"{target.host} did not answer within {timeout_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise SourceLost(f"{target.host}: {type(error).__name__}") from error


async def _read(response: aiohttp.ClientResponse, *, max_bytes: int) -> Reply:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            raise SourceLost(f"{response.url.host} answered more than {max_bytes} bytes")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status, headers, bytes(body), str(response.url))


def _judged(reply: Reply) -> Reply:
    host = _host(reply.url)
    if reply.status == 429 or (reply.status == 503 and "retry-after" in reply.headers):
        raise RateLimited(quiet_until(reply.headers, now=datetime.now(UTC)))
    if reply.status in (401, 403):
        words = words_of(reply.body)
        raise SourceOff(f"{host} refuses ({reply.status})" + (f": {words}" if words else ""))
    if reply.status >= 500:
        raise SourceLost(f"{host} answered {reply.status}")
    return reply


def jitter(attempt: int, *, base_s: float = 1.0, cap_s: float = 60.0) -> float:
    """Seconds to wait before a repeat (`attempt` 0 for the first): full jitter, doubling up to `cap_s`."""
    return random.uniform(0, min(cap_s, base_s * 2 ** min(attempt, 32)))


def _address(url: str) -> URL:
    try:
        target = URL(url)
    except ValueError:
        raise SourceOff("an address in the settings is not a URL") from None
    if target.scheme not in ("http", "https", "ws", "wss") or not target.host:
        raise SourceOff(f"'{target.scheme}://{target.host or ''}' is not an address that can be reached")
    return target


def _joined(target: URL, place: str) -> URL:
    try:
        onward = target.join(URL(place))
    except ValueError:
        raise SourceLost(f"{target.host} redirects to nowhere") from None
    if onward.scheme not in ("http", "https") or not onward.host:
        raise SourceLost(f"{target.host} redirects to nowhere")
    return onward


def _same_host(here: URL, there: URL) -> bool:
    """The same origin, or its encrypted twin: a token may go from http to https, never back."""
    if here.host != there.host:
        return False
    if (here.scheme, here.port) == (there.scheme, there.port):
        return True
    return (here.scheme, here.port, there.scheme, there.port) == ("http", 80, "https", 443)


def _host(url: str) -> str:
    return URL(url).host or "the server"


def read_json(text: str | bytes) -> Any:
    """Foreign JSON; raises `ValueError` on anything else, however deep or long its numbers."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        pass
    try:
        # The slower reader takes what msgspec refuses: half surrogate pairs and a byte order mark.
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)
