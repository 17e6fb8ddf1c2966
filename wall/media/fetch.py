"""Pictures from other people's servers, fetched once, behind the guard.

Each connection is judged by the address it is about to dial (aiohttp's `socket_factory`): after DNS, on every
hop, for names and literals alike. Nothing is kept between two connections: no look-up, no socket, no cookie.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from wall.media.guard import NOT_AN_ADDRESS, check_url, networks, refusal

USER_AGENT = "Parvis/0.1 (event wall)"
ACCEPT = "image/jpeg, image/png, image/webp, image/avif, image/gif;q=0.9, */*;q=0.1"
HOPS_MAX = 3
BYTES_MAX = 20_000_000
TOTAL_S = 15.0
AT_ONCE = 8

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429})


class FetchRefused(Exception):
    """Final: trying again will not help. The message says why, without the address."""


class FetchFailed(Exception):
    """The network or the server failed: worth another try. The message says why, without the address."""


class _Forbidden(OSError):
    """Raised where aiohttp expects a socket. One sentence for all addresses of a name keeps it recognisable."""


class Fetcher:
    """An async context manager. `allow` are ranges of addresses like "127.0.0.1/32" that are opened on purpose.

    `resolver`, `any_port`, `max_bytes` and `total_s` are for tests and unusual houses.
    """

    def __init__(
        self,
        *,
        allow: Iterable[str] = (),
        any_port: bool = False,
        resolver: AbstractResolver | None = None,
        max_bytes: int = BYTES_MAX,
        total_s: float = TOTAL_S,
    ) -> None:
        self._allow = networks(allow)
        self._any_port = any_port
        self._resolver = resolver
        self._max_bytes = max_bytes
        self._total_s = total_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                socket_factory=self._judged_socket,
                resolver=self._resolver,
                use_dns_cache=False,
                force_close=True,
                limit=AT_ONCE,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT, "Accept": ACCEPT, "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=None),  # `fetch` holds the one limit, over all hops
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, url: str) -> bytes:
        """The body behind an address, at most three redirects away. Raises `FetchRefused`, `FetchFailed`."""
        try:
            async with asyncio.timeout(self._total_s):
                return await self._follow(url)
        except TimeoutError:
            raise FetchFailed(f"the server took more than {self._total_s:g} s") from None
        except aiohttp.ClientConnectorCertificateError:
            raise FetchRefused("the server's certificate is not valid") from None
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _Forbidden):
                raise FetchRefused(error.os_error.strerror) from None
            raise FetchFailed("the server cannot be reached") from error
        except aiohttp.InvalidURL:
            raise FetchRefused(NOT_AN_ADDRESS) from None
        except (aiohttp.ClientError, OSError) as error:
            raise FetchFailed(f"the server broke off ({type(error).__name__})") from error
        except ValueError:  # a name that no look-up can spell, a redirect that is no address
            raise FetchRefused(NOT_AN_ADDRESS) from None

    async def _follow(self, url: str) -> bytes:
        if self._session is None:
            raise RuntimeError("use the fetcher inside `async with`")
        for _ in range(HOPS_MAX + 1):
            if reason := check_url(url):
                raise FetchRefused(reason)
            async with self._session.get(URL(url), allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await self._body(response)
                place = response.headers.get("Location", "")
                if not place:
                    raise FetchRefused("the server redirects to nowhere")
                url = str(URL(url).join(URL(place)))
        raise FetchRefused(f"the server redirects more than {HOPS_MAX} times")

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        status = response.status
        if status in _PASSING or status >= 500:
            raise FetchFailed(f"the server answered {status}")
        if status != 200:
            raise FetchRefused(f"the server answered {status}")
        encodings = {value.strip().lower() for value in response.headers.getall("Content-Encoding", ())}
        if encodings - {"identity", ""}:
            raise FetchRefused("the server compressed its answer, though asked not to")
        if (response.content_length or 0) > self._max_bytes:
            raise FetchRefused(self._too_long())
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._max_bytes:
                raise FetchRefused(self._too_long())
        return bytes(body)

    def _too_long(self) -> str:
        return f"the picture has more than {self._max_bytes // 1_000_000} MB"

    def _judged_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, place = info
        reason = refusal(str(place[0]), int(place[1]), allow=self._allow, any_port=self._any_port)
        if reason:
            raise _Forbidden(errno.EACCES, reason)
        return socket.socket(family=family, type=kind, proto=protocol)
