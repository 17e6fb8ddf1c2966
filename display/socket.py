"""What every socket of the house has in common: who may open it, and how fast it may talk."""

from __future__ import annotations

import asyncio
import time
from typing import cast

from starlette.websockets import WebSocket, WebSocketDisconnect

from wall.web.guards import is_same_origin
from wall.web.wire import SCOPE_KEY, Wire

FIRST_FRAME_S = 5.0
SILENCE_S = 30.0
FRAMES_A_SECOND = 10
BURST = 40


class Refused(Exception):
    """The peer broke the protocol; `code` is the close code it gets."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


async def open_wire(socket: WebSocket) -> Wire | None:
    """Accept a socket from our own pages; None after refusing any other (403 before the upgrade)."""
    if not is_same_origin(socket):
        await socket.close(code=1008)
        return None
    wire = socket.scope.get(SCOPE_KEY)
    if wire is None:
        raise RuntimeError("the server does not hand out its sockets: run it with wall.web.wire.Wire")
    await socket.accept()
    return cast(Wire, wire)


class Inbound:
    """Text frames of one peer, within a time limit and a rate. Raises `Refused` or `WebSocketDisconnect`."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._allowance = float(BURST)
        self._at = time.monotonic()

    async def next(self, *, within_s: float = SILENCE_S) -> str:
        try:
            message = await asyncio.wait_for(self._socket.receive(), within_s)
        except TimeoutError:
            raise Refused(1008, "silent") from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(code=message.get("code", 1005))
        text = message.get("text")
        if not isinstance(text, str):
            raise Refused(1003, "text frames only")
        now = time.monotonic()
        self._allowance = min(BURST, self._allowance + (now - self._at) * FRAMES_A_SECOND) - 1
        self._at = now
        if self._allowance < 0:
            raise Refused(1008, "too many messages")
        return text
