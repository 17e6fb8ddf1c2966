"""A few picture processes: started when there is work, ended when there is none, replaced when one breaks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from types import TracebackType
from typing import Self

import msgspec

from wall.media.job import (
    LENGTH,
    REPLY_MAX,
    Job,
    Pixels,
    PixelsJob,
    Refusal,
    RenderJob,
    Reply,
    decode_reply,
    framed,
)
from wall.media.rendered import Flaw, Purpose, Refused, Rendered

log = logging.getLogger("parvis.media")

SIZE = 2
BYTES_MAX = 20_000_000
JOB_S = 8.0
IDLE_S = 30.0
JOBS_A_CHILD = 50
LONGEST_END_S = 1.0

_COMMAND = (sys.executable, "-P", "-m", "wall.media.child")
_HANDED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "TZ")  # no secret of ours


class _Broken(Exception):
    """The process ended, or answered nonsense. `code` is its exit code, None while it lives."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class _Child:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.jobs = 0
        self.rest: asyncio.TimerHandle | None = None

    async def ask(self, frame: bytes) -> Reply:
        """Raises `_Broken`."""
        source, sink = self.process.stdout, self.process.stdin
        assert source is not None
        assert sink is not None
        try:
            sink.write(frame)
            await sink.drain()
            (length,) = LENGTH.unpack(await source.readexactly(LENGTH.size))
            if length > REPLY_MAX:
                raise _Broken(None)
            reply = decode_reply(await source.readexactly(length))
        except msgspec.DecodeError:
            raise _Broken(None) from None
        except (OSError, RuntimeError, asyncio.IncompleteReadError):  # uvloop's pipes raise RuntimeError
            raise _Broken(await self.process.wait()) from None
        self.jobs += 1
        return reply

    def end(self) -> None:
        """At once. The event loop collects it."""
        if self.rest is not None:
            self.rest.cancel()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    async def ended(self) -> None:
        """Once it is gone and its pipes are closed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        await self.process.stdout.read()
        await self.process.wait()


class DecodePool:
    """An async context manager. At most `size` processes work at a time, one picture each; none at rest for long.

    A process that takes longer than `job_s` is killed, one that has done `jobs_a_child` pictures replaced.
    """

    def __init__(
        self,
        size: int = SIZE,
        *,
        job_s: float = JOB_S,
        idle_s: float = IDLE_S,
        jobs_a_child: int = JOBS_A_CHILD,
        max_bytes: int = BYTES_MAX,
    ) -> None:
        self._room = asyncio.Semaphore(size)
        self._job_s = job_s
        self._idle_s = idle_s
        self._jobs_a_child = jobs_a_child
        self._max_bytes = max_bytes
        self._children: set[_Child] = set()
        self._idle: list[_Child] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        children, self._children, self._idle = self._children, set(), []
        for child in children:
            child.end()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_END_S):
                for child in children:
                    await child.ended()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that live now."""
        return tuple(c.process.pid for c in self._children if c.process.returncode is None)

    async def render(self, data: bytes, *, purpose: Purpose = "picture") -> Rendered:
        """Our variants of a picture. Raises `Refused`, whatever the bytes do to the process that opens them."""
        if len(data) > self._max_bytes:
            raise Refused(Flaw.TOO_LARGE)
        reply = await self._done(RenderJob(data=data, purpose=purpose))
        if not isinstance(reply, Rendered):
            raise Refused(Flaw.DAMAGED)
        return reply

    async def pixels(self, data: bytes, *, width_px: int, height_px: int) -> bytes:
        """One of our variants as rows of RGB, squeezed to these sides. Raises `Refused`."""
        reply = await self._done(PixelsJob(data=data, width_px=width_px, height_px=height_px))
        if not isinstance(reply, Pixels) or len(reply.rgb) != 3 * width_px * height_px:
            raise Refused(Flaw.DAMAGED)
        return reply.rgb

    async def _done(self, job: Job) -> Rendered | Pixels:
        frame = framed(job)
        async with self._room:
            try:
                reply = await self._reply(frame)
            except _Broken as broken:
                log.warning(
                    "a picture of %d bytes broke its process (exit code %s)", len(job.data), broken.code
                )
                is_slow = broken.code == -signal.SIGXCPU
                raise Refused(Flaw.TOO_SLOW if is_slow else Flaw.DAMAGED) from None
        if isinstance(reply, Refusal):
            raise Refused(reply.flaw)
        return reply

    async def _reply(self, frame: bytes) -> Reply:
        child = self._rested()
        if child is not None:
            try:
                return await self._ask(child, frame)
            except _Broken as broken:
                if broken.code == -signal.SIGXCPU:
                    raise
                # It may have died of something else while it rested: a fresh one decides.
        return await self._ask(await self._start(), frame)

    def _rested(self) -> _Child | None:
        while self._idle:
            child = self._idle.pop()
            if child.rest is not None:
                child.rest.cancel()
            if child.process.returncode is None:
                return child
        return None

    async def _start(self) -> _Child:
        self._children = {child for child in self._children if child.process.returncode is None}
        try:
            process = await asyncio.create_subprocess_exec(
                *_COMMAND,
                stdin=PIPE,
                stdout=PIPE,
                env={name: os.environ[name] for name in _HANDED_ON if name in os.environ},
                start_new_session=True,  # a Ctrl-C in the terminal is for us, not for it
            )
        except OSError as error:
            log.error("no picture process can be started: %s", error)
            raise Refused(Flaw.UNAVAILABLE) from None
        child = _Child(process)
        self._children.add(child)
        return child

    async def _ask(self, child: _Child, frame: bytes) -> Reply:
        is_sound = False
        try:
            async with asyncio.timeout(self._job_s):
                reply = await child.ask(frame)
            is_sound = child.jobs < self._jobs_a_child
            return reply
        except TimeoutError:
            raise Refused(Flaw.TOO_SLOW) from None
        finally:
            if is_sound:
                self._lay_down(child)
            else:
                child.end()

    def _lay_down(self, child: _Child) -> None:
        self._idle.append(child)
        child.rest = asyncio.get_running_loop().call_later(self._idle_s, self._retire, child)

    def _retire(self, child: _Child) -> None:
        """Nobody needed it for a while: its memory goes back."""
        if child in self._idle:
            self._idle.remove(child)
            child.end()
