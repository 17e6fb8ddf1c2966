"""A classifier behind an HTTP address of the organiser's own: one POST a post, one JSON answer.

No address is refused, for it stands in the settings, and none but that one is called: no redirect is followed, no
proxy of the environment used.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import aiohttp
import msgspec

from wall.model import Card, Post, plain
from wall.moderation.scores import Unavailable
from wall.secret import Secret, reveal

USER_AGENT = "Parvis/0.1 (event wall)"
ANSWER_MAX = 64_000


class _Author(msgspec.Struct):
    name: str
    handle: str


class _Picture(msgspec.Struct, tag_field="type", tag="image/webp"):
    data: str


class _Question(msgspec.Struct):
    id: str
    text: str
    lang: str | None
    network: str
    author: _Author
    pictures: list[_Picture]


class Endpoint:
    """An async context manager that owns its connections."""

    def __init__(self, url: str, *, token: Secret | None) -> None:
        self._url = url
        self._token = token
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        headers = {
            "User-Agent": USER_AGENT,
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        if self._token:
            headers["Authorization"] = f"Bearer {reveal(self._token)}"
        self._session = aiohttp.ClientSession(
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # the classifier holds the one limit
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

    async def ask(self, post: Post, card: Card, pictures: Sequence[bytes]) -> bytes:
        """The answer's body. Raises `Unavailable`."""
        if self._session is None:
            raise RuntimeError("use the endpoint inside `async with`")
        question = msgspec.json.encode(_question(post, card, pictures))
        try:
            async with self._session.post(self._url, data=question, allow_redirects=False) as response:
                return await _body(response)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unavailable(f"it cannot be reached or broke off ({type(error).__name__})") from None


async def _body(response: aiohttp.ClientResponse) -> bytes:
    if 300 <= response.status < 400:
        raise Unavailable("it redirects; set classifier.url to where it really is")
    if response.status != 200:
        raise Unavailable(f"it answered {response.status}")
    encodings = {value.strip().lower() for value in response.headers.getall("Content-Encoding", ())}
    if encodings - {"identity", ""}:
        raise Unavailable("it compressed its answer, though asked not to")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > ANSWER_MAX:
            raise Unavailable(f"its answer is longer than {ANSWER_MAX // 1000} kB")
    return bytes(body)


def words_of(card: Card) -> str:
    """All that a screen shows of a post in words."""
    quoted = plain(card.quote.spans) if card.quote else ""
    return "\n".join(part for part in (card.warning, plain(card.spans), quoted) if part.strip())


def _question(post: Post, card: Card, pictures: Sequence[bytes]) -> _Question:
    return _Question(
        id=card.id,
        text=words_of(card),
        lang=post.lang,
        network=post.network,
        author=_Author(name=post.author.name, handle=post.author.handle),
        pictures=[_Picture(base64.b64encode(data).decode("ascii")) for data in pictures],
    )
