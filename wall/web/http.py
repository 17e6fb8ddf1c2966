"""uvicorn's HTTP protocol with a patience of its own: a request must begin, and its head must end.

It also lends itself as a pipe, to whoever writes one ready-made piece to many readers: see `become_pipe`. A request
finds its connection in its ASGI scope as `parvis.http`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

SCOPE_KEY = "parvis.http"
HEAD_S = 10.0
HEAD_BYTES = 64 * 1024
PIPE_BYTES = 32 * 1024  # what a pipe may owe before it counts as lagging
PIPE_KERNEL_BYTES = 64 * 1024  # what the kernel may hold for it besides; else it takes megabytes for each
PIPE_DEAD_MS = 45_000


class Http(HttpToolsProtocol):
    """One connection. Until a head is complete it may take `HEAD_S` and `HEAD_BYTES`, then it is cut.

    `is_lagging` while the peer does not read; `on_drained` and `on_gone` are set by whoever writes into a pipe.
    """

    on_drained: Callable[[], None] | None = None
    on_gone: Callable[[], None] | None = None
    is_lagging = False
    _is_pipe = False
    _patience: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_in_head = True

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._patience = self.loop.call_later(HEAD_S, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._be_patient()
        super().connection_lost(exc)
        if self.on_gone is not None:
            self.on_gone()

    def data_received(self, data: bytes) -> None:
        if self._is_pipe:
            return  # it had one request
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > HEAD_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        self._is_in_head, self._head_bytes = True, 0
        if self._patience is None:
            self._patience = self.loop.call_later(HEAD_S, self.transport.abort)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._be_patient()
        super().on_headers_complete()
        cast(dict[str, Any], self.scope)[SCOPE_KEY] = self

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        cast(dict[str, Any], self.scope).pop(SCOPE_KEY, None)  # what has handed over is held by nothing
        self.parser = None  # type: ignore[assignment]

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    # -- as a pipe --------------------------------------------------------------------------------------------

    def become_pipe(self) -> None:
        """From here on the body of the answer, whose head has been sent, comes by `put` alone, without an end.

        The request's task may end, and what it held is let go: a pipe costs little more than its socket. Whatever
        else the peer says is not heard. One that vanished is noticed after `PIPE_DEAD_MS`.
        """
        self._is_pipe = True
        self.cycle.response_complete = True
        self.pipeline.clear()
        self.cycle = self.scope = self.headers = self.parser = None  # type: ignore[assignment]
        self.flow.resume_reading()
        self.transport.set_write_buffer_limits(high=PIPE_BYTES)
        line = self.transport.get_extra_info("socket")
        if line is not None and line.family != socket.AF_UNIX:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIPE_KERNEL_BYTES)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PIPE_DEAD_MS)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.is_lagging = True

    def resume_writing(self) -> None:
        super().resume_writing()
        self.is_lagging = False
        if self.on_drained is not None:
            self.on_drained()

    @property
    def is_gone(self) -> bool:
        return self.transport.is_closing()

    def put(self, chunk: bytes) -> None:
        """Write a ready-made chunk (`chunk_of`). Never waits; the caller has looked at `is_lagging`."""
        if not self.is_gone:
            self.transport.write(chunk)

    def cut(self) -> None:
        """Drop the connection at once."""
        self.transport.abort()

    def shutdown(self) -> None:
        """The server stops: a pipe has no end of its own, and would hold it up."""
        if self._is_pipe:
            self.transport.abort()
        else:
            super().shutdown()


def chunk_of(body: bytes) -> bytes:
    """RFC 9112 section 7.1: one chunk of a body whose length nobody knows yet."""
    return b"%x\r\n%b\r\n" % (len(body), body)
