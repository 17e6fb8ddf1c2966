"""The browser's own remote control (Chrome DevTools Protocol) over two pipes: no port is open for it.

Messages are JSON, each ended by a zero byte: commands on the browser's descriptor 3, answers and events on its 4.
https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

ANSWER_S = 10.0
_LIMIT = 64 * 1024 * 1024


class BrowserGone(Exception):
    """The browser has ended, or does not answer any more."""


class Devtools:
    """One running browser. `events` is called with (method, params, session) of what nobody asked for."""

    def __init__(self, pid: int, to_browser: int, from_browser: int) -> None:
        self.pid = pid
        self.events: Callable[[str, dict[str, Any], str], None] = lambda _method, _params, _session: None
        self._to = to_browser
        self._from = from_browser
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._count = 0

    @classmethod
    def start(cls, command: Sequence[str]) -> Devtools:
        """Start the browser in a process group of its own. Raises `OSError` when it cannot be started."""
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        moved = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (theirs_in, theirs_out)]
        try:
            pid = os.posix_spawn(
                command[0],
                list(command),
                os.environ,
                file_actions=[
                    (
                        os.POSIX_SPAWN_OPEN,
                        1,
                        os.devnull,
                        os.O_WRONLY,
                        0,
                    ),  # it says much, and nothing for anybody
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                    (os.POSIX_SPAWN_DUP2, moved[0], 3),
                    (os.POSIX_SPAWN_DUP2, moved[1], 4),
                ],
                setpgroup=0,
            )
        except OSError:
            for fd in (ours_out, ours_in):
                os.close(fd)
            raise
        finally:
            for fd in (theirs_in, theirs_out, *moved):
                os.close(fd)
        return cls(pid, ours_out, ours_in)

    async def listen(self) -> None:
        """Read what the browser says until it ends; then whoever waits for an answer gets `BrowserGone`."""
        reader = asyncio.StreamReader(limit=_LIMIT)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(self._from, "rb", buffering=0)
        )
        try:
            while True:
                self._hear((await reader.readuntil(b"\0"))[:-1])
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            transport.close()
            os.close(self._to)
            self._to = -1
            for future in self._asked.values():
                if not future.done():
                    future.set_exception(BrowserGone())

    async def ask(self, method: str, *, session: str = "", within_s: float = ANSWER_S, **params: Any) -> Any:
        """The result of one command. Raises `BrowserGone`, or `RuntimeError` with the browser's own words."""
        if self._to < 0:
            raise BrowserGone
        self._count += 1
        number = self._count
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            os.write(self._to, msgspec.json.encode(message) + b"\0")
            async with asyncio.timeout(within_s):
                said = await answer
        except (OSError, TimeoutError):
            raise BrowserGone from None
        finally:
            self._asked.pop(number, None)
        if "error" in said:
            raise RuntimeError(f"{method}: {said['error'].get('message', '')}")
        return said.get("result", {})

    def _hear(self, raw: bytes) -> None:
        said = msgspec.json.decode(raw)
        if answer := self._asked.get(said.get("id", 0)):
            if not answer.done():
                answer.set_result(said)
        elif "method" in said:
            self.events(said["method"], said.get("params", {}), said.get("sessionId", ""))
