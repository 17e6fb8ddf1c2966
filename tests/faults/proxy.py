"""A bad line on request: stands between two ends and does to their links what networks do.

    async with Proxy(tcp(8080)) as line:          # or Proxy(unix(path), at=another_path)
        ...connect to line.address instead...
        line.cut()                                # every link is reset, as by a router that restarts
        line.delay_s = 0.2                        # everything arrives that much later, in its order
        line.freeze(); line.thaw()                # nothing passes, nobody is told
        line.loses_replies = True                 # what was asked is done, its answer never comes: the link breaks
        line.loses_rings = True                   # messages of the store's pub/sub vanish, all else passes

A reply is never lost alone with its link going on: no network does that, and the next reply would then be taken
for the lost one.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

CHUNK = 65_536
ON_THE_WAY = 256
RESET = struct.pack("ii", 1, 0)
RING = re.compile(rb"\*3\r\n\$7\r\nmessage\r\n\$\d+\r\n[^\r]*\r\n\$\d+\r\n[^\r]*\r\n")
RING_BEGINS = b"*3\r\n$7\r\nmessage\r\n"


class Ends(NamedTuple):
    """A link's stream as asyncio gives it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


def tcp(port: int) -> Dial:
    return lambda: asyncio.open_connection("127.0.0.1", port)


def unix(path: Path) -> Dial:
    return lambda: asyncio.open_unix_connection(str(path))


class Proxy:
    """`at` a path makes it listen there; without it, on a free TCP port. `faults` counts what was done to links."""

    def __init__(self, dial: Dial, *, at: Path | None = None) -> None:
        self.delay_s = 0.0
        self.loses_replies = False
        self.loses_rings = False
        self.faults: Counter[str] = Counter()
        self.links = 0
        self._dial = dial
        self._at = at
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_open = asyncio.Event()
        self._is_open.set()

    async def __aenter__(self) -> Proxy:
        if self._at is not None:
            self._server = await asyncio.start_unix_server(self._carry, str(self._at))
        else:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.thaw()
        while self._writers:
            self.cut()
            await asyncio.sleep(0.01)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        self.faults["cut"] += len(self._writers) // 2
        for writer in self._writers:
            _reset(writer)

    def freeze(self) -> None:
        self._is_open.clear()

    def thaw(self) -> None:
        self._is_open.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._is_open.wait()
        try:
            far = Ends(*await self._dial())
        except OSError:
            _reset(writer)
            return
        self.links += 1
        both = {writer, far.writer}
        self._writers |= both
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pass(reader, far.writer, self._as_it_is))
                tasks.create_task(self._pass(far.reader, writer, self._replies()))
        except* (OSError, EOFError):
            pass  # one side has gone, or was made to: so does the other
        finally:
            self._writers -= both
            for one in both:
                _reset(one)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, through: Callable[[bytes], bytes]
    ) -> None:
        """One direction. What has arrived waits in line until it is due and the line is open."""
        clock = asyncio.get_running_loop().time
        line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(ON_THE_WAY)

        async def deliver() -> None:
            while True:
                due, chunk = await line.get()
                await asyncio.sleep(max(0.0, due - clock()))
                await self._is_open.wait()
                if not chunk:
                    raise EOFError
                if chunk := through(chunk):
                    writer.write(chunk)
                    await writer.drain()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(deliver())
            while chunk := await reader.read(CHUNK):
                await line.put((clock() + self.delay_s, chunk))
            await line.put((clock() + self.delay_s, b""))

    def _as_it_is(self, chunk: bytes) -> bytes:
        return chunk

    def _replies(self) -> Callable[[bytes], bytes]:
        """What becomes of one link's replies; a ring that has come in half waits for its other half."""
        rest = b""

        def through(chunk: bytes) -> bytes:
            nonlocal rest
            if self.loses_replies:
                self.faults["lost reply"] += 1
                raise EOFError
            if not self.loses_rings and not rest:
                return chunk
            whole, lost = RING.subn(b"", rest + chunk) if self.loses_rings else (rest + chunk, 0)
            self.faults["lost ring"] += lost
            at = whole.rfind(RING_BEGINS) if self.loses_rings else -1
            whole, rest = (whole, b"") if at < 0 else (whole[:at], whole[at:])
            return whole

        return through


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a link at once; over TCP with a RST."""
    link = writer.get_extra_info("socket")
    if link is not None and link.family != socket.AF_UNIX and link.fileno() >= 0:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
