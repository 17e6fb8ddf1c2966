"""A web server that answers what it is told to, byte for byte, and counts who came."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def reply(body: bytes = b"", *, status: int = 200, **headers: str) -> bytes:
    lines = {"Content-Length": str(len(body)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status} -\r\n{head}\r\n".encode() + body


class Origin:
    """`answers` by path; `requests` are the heads received, `connections` counts even those that sent nothing."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.connections = 0
        self.requests: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # whoever it was has hung up: often that is the point
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open for another request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.requests.append(head)
        answer = self.answers.get(head.split(" ")[1], reply(status=404))
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
            return b"Connection: keep-alive" in answer
        await answer(writer)
        return False


@asynccontextmanager
async def origin(*hosts: str) -> AsyncIterator[Origin]:
    """Listen on one free port of all these addresses."""
    server = Origin()
    for _ in range(20):
        listening: list[asyncio.Server] = []
        try:
            for host in hosts:
                place = await asyncio.start_server(server.serve, host, server.port)
                listening.append(place)
                server.port = place.sockets[0].getsockname()[1]
            break
        except OSError as error:
            for place in listening:
                place.close()
            server.port = 0
            if error.errno != errno.EADDRINUSE:
                raise
    try:
        yield server
    finally:
        for place in listening:
            place.close()
            await place.wait_closed()
