"""One supervised process: started in a group of its own, its output read line by line, restarted with back-off."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
PROVEN_S = 30.0
LONGEST_LINE = 65_536
LAST_CHUNKS = 16


class Child:
    """`due_at` (monotonic seconds) is when to start it next; None while it runs and once it has ended for good."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        on_line: Callable[[str, str], None],
        stops_within_s: float = 1.0,
        runs_once: bool = False,
    ) -> None:
        self.name = name
        self.stops_within_s = stops_within_s
        self.runs_once = runs_once
        self.due_at: float | None = 0.0
        self._command = list(command)
        self._env = dict(env)
        self._on_line = on_line
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._pause_s = FIRST_PAUSE_S
        self._started_at = 0.0
        self._is_told = False

    @property
    def is_alive(self) -> bool:
        return self._process is not None

    @property
    def descriptor(self) -> int | None:
        """Where its output is read from, while it runs."""
        return self._process.stdout.fileno() if self._process and self._process.stdout else None

    def start(self) -> int:
        """Start the process; returns the descriptor to read its output from."""
        self.due_at = None
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603  # our own commands, no shell
            self._command,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        output = self._process.stdout
        assert output is not None
        os.set_blocking(output.fileno(), False)
        return output.fileno()

    def read(self) -> bool:
        """Hand on what it has printed. False at the end of its output."""
        chunk = self._chunk()
        if chunk is not None:
            self._feed(chunk)
        return chunk != b""

    def poll(self) -> int | None:
        """The exit code, once, when it has ended; its last lines have then been handed on."""
        if self._process is None or self._process.poll() is None:
            return None
        for _ in range(LAST_CHUNKS):  # what it left in the pipe; a grandchild may go on writing
            if not (chunk := self._chunk()):
                break
            self._feed(chunk)
        self._feed(b"")
        ended, self._process, self._is_told = self._process, None, False
        if ended.stdout is not None:
            ended.stdout.close()
        return ended.returncode

    def _chunk(self) -> bytes | None:
        """The next bytes of its output: None when there are none yet, empty at the end."""
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            return os.read(self._process.stdout.fileno(), LONGEST_LINE)
        except BlockingIOError:
            return None

    def _feed(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if not chunk or len(self._rest) > LONGEST_LINE:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            if text := line.decode("utf-8", "replace").rstrip():
                self._on_line(self.name, text)

    def plan_restart(self) -> float:
        """Decide when to start it again; returns the pause in seconds."""
        now = time.monotonic()
        if now - self._started_at >= PROVEN_S:
            self._pause_s = FIRST_PAUSE_S
        pause_s = self._pause_s
        self._pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
        self.due_at = now + pause_s
        return pause_s

    def tell(self) -> None:
        """Ask it, once, to end."""
        if self._process is not None and not self._is_told:
            self._is_told = True
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and whatever it has started in its group."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
