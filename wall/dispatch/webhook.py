"""A post handed to a department's own system: one signed HTTP POST. What it answers is judged by its status alone."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

import aiohttp

from wall.dispatch.channel import Closed, Undelivered
from wall.dispatch.letter import Letter, as_json
from wall.secret import Secret

LIMIT_S = 10.0
USER_AGENT = "Parvis/0.1 (event wall)"


class Poster:
    """The connections of one process. Addresses are the organiser's own settings, so none is refused here."""

    def __init__(self, *, limit_s: float = LIMIT_S) -> None:
        self._limit = aiohttp.ClientTimeout(total=limit_s)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT},
            timeout=self._limit,
            connector=aiohttp.TCPConnector(force_close=True),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """The status. Raises `aiohttp.ClientError`, `OSError`, `TimeoutError`. The body of the answer is not read."""
        if self._session is None:
            raise RuntimeError("use the poster inside `async with`")
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            return answer.status


class Webhook:
    kind = "webhook"

    def __init__(
        self, url: str, *, secret: Secret | None, poster: Poster, clock: Callable[[], float] = time.time
    ) -> None:
        self._url = url
        self._secret = secret
        self._poster = poster
        self._clock = clock
        self.place = urlsplit(url).hostname or ""

    async def send(self, letter: Letter) -> None:
        body = as_json(letter)
        headers = {"Content-Type": "application/json", "Parvis-Delivery": letter.delivery}
        if self._secret is not None:
            headers["Parvis-Signature"] = sign(body, self._secret, at=int(self._clock()))
        try:
            status = await self._poster.post(self._url, body, headers)
        except TimeoutError:
            raise Undelivered(f"{self.place} did not answer in time") from None
        except aiohttp.ClientConnectorCertificateError:
            raise Undelivered(f"the certificate of {self.place} is not valid") from None
        except aiohttp.ClientConnectorError:
            raise Undelivered(f"{self.place} cannot be reached") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Undelivered(f"{self.place} broke off ({type(error).__name__})") from None
        if status == 410:
            raise Closed(f"{self.place} wants no more posts (410)")
        if not 200 <= status < 300:
            raise Undelivered(f"{self.place} answered {status}")


def sign(body: bytes, secret: Secret, *, at: int) -> str:
    """The header's value: hex HMAC-SHA256 over "<at>.<body>", so that an old message cannot be sent again as new."""
    said = f"{at}.".encode() + body
    return f"t={at},v1={hmac.new(secret.reveal().encode(), said, hashlib.sha256).hexdigest()}"
