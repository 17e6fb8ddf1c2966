"""uvicorn's WebSocket protocol, opened just enough that the hub can write one ready-made frame to many sockets.

A connection announces itself in its ASGI scope as `parvis.wire`. Everything else stays uvicorn's. When the
hook is missing (another server), the hub falls back to ordinary sends.
"""

from __future__ import annotations

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

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=HIGH_WATER)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.handshake_complete:
            cast(dict[str, Any], self.scope)[SCOPE_KEY] = self

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


def text_frame(payload: bytes) -> bytes:
    """RFC 6455 section 5.2: an unmasked final text frame, header and payload in one piece."""
    size = len(payload)
    if size < 126:
        return b"\x81" + bytes((size,)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
