"""uvicorn's WebSocket protocol, opened just enough that the hub can write one ready-made frame to many sockets.

A connection announces itself in its ASGI scope as `parvis.wire`, and it weighs a quarter less than uvicorn's. Everything
else stays uvicorn's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

SCOPE_KEY = "parvis.wire"
HIGH_WATER = 256 * 1024  # bytes a socket may owe before it counts as lagging


class Wire(WebSocketsSansIOProtocol):
    """One socket. `on_lag` and `on_drained` are set by the hub; `is_lagging` while the peer does not read."""

    on_drained: Callable[[], None] | None = None
    is_lagging = False

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.queue: Inbox = Inbox()  # type: ignore[assignment]  # what of a queue is used here
        self.writable: Sluice = Sluice()  # type: ignore[assignment]

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=HIGH_WATER)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.handshake_complete:
            cast(dict[str, Any], self.scope)[SCOPE_KEY] = self

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.accept":  # nobody reads the handshake again
            self.request.headers.clear()
            self.response.headers.clear()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.is_lagging = True

    def resume_writing(self) -> None:
        super().resume_writing()
        self.is_lagging = False
        if self.on_drained is not None:
            self.on_drained()

    @property
    def owed(self) -> int:
        """Bytes written and not yet taken by the peer."""
        return int(self.transport.get_write_buffer_size())

    def put(self, frame: bytes) -> None:
        """Write a ready-made frame. Never waits; the caller has looked at `is_lagging`."""
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(frame)

    def cut(self) -> None:
        """Drop the connection at once, without a closing handshake that a stalled peer would not answer."""
        self.transport.abort()


class Inbox:
    """Messages for one task that takes them in order: an `asyncio.Queue` with nothing in it weighs 3 kB."""

    __slots__ = ("_messages", "_taker")

    def __init__(self) -> None:
        self._messages: list[Any] = []
        self._taker: asyncio.Future[None] | None = None

    def put_nowait(self, message: Any) -> None:
        self._messages.append(message)
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(None)

    def empty(self) -> bool:
        return not self._messages

    async def get(self) -> Any:
        while not self._messages:
            self._taker = asyncio.get_running_loop().create_future()
            try:
                await self._taker
            finally:
                self._taker = None
        return self._messages.pop(0)


class Sluice:
    """Open or shut, for those few who wait until it opens: an `asyncio.Event` nobody waits for weighs 0.8 kB."""

    __slots__ = ("_is_open", "_waiting")

    def __init__(self) -> None:
        self._is_open = True
        self._waiting: list[asyncio.Future[None]] = []

    def set(self) -> None:
        self._is_open = True
        for one in self._waiting:
            if not one.done():
                one.set_result(None)
        self._waiting = []

    def clear(self) -> None:
        self._is_open = False

    async def wait(self) -> None:
        if not self._is_open:
            one = asyncio.get_running_loop().create_future()
            self._waiting.append(one)
            await one


def text_frame(payload: bytes) -> bytes:
    """RFC 6455 section 5.2: an unmasked final text frame, header and payload in one piece."""
    size = len(payload)
    if size < 126:
        return b"\x81" + bytes((size,)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
