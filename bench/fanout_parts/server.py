"""A server under measurement: its processes pinned to a core of its own, their CPU and memory read from /proc."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.stack import descendants, free_port

TICKS = os.sysconf("SC_CLK_TCK")
PARTS = Path(__file__).parent
SERVER_CORE, OTHER_CORE = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
CALM_S = 0.4
CALM_SHARE = 0.06
READY_S = 30.0
FRAME_BYTES = 1024


class Missing(Exception):
    """A rival is not on this machine; the message is one line that says how to get it."""


class Server:
    """One server. `publish(n)` sends `n` messages at once; `prepare(n)` makes ready for that many, beforehand.

    `folder` is its own, `tools` holds what was fetched for it. `path`, `say`, `beat`, `beat_s` and `greet`
    are what its clients need: see `load.c`.
    """

    name = ""
    path = "/"
    say = ""
    beat = ""
    beat_s = 10.0
    greet = 0

    def __init__(self, folder: Path, tools: Path) -> None:
        self.folder = folder
        self.tools = tools
        self.port = free_port()
        self.sent = 0
        self._stack = ExitStack()
        self._served: list[subprocess.Popen[bytes]] = []
        self._stores: list[subprocess.Popen[bytes]] = []

    async def __aenter__(self) -> Self:
        try:
            self.start()
            await self.begin()
        except BaseException:
            self._stack.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()
        self._stack.close()

    def start(self) -> None:
        """Start the processes."""

    async def begin(self) -> None:
        await answers(self.port)

    async def end(self) -> None:
        """Let go of what `begin` has opened."""

    async def prepare(self, count: int) -> None:
        """Make ready for `count` messages."""

    async def publish(self, count: int) -> None:
        raise NotImplementedError

    # -- processes --------------------------------------------------------------------------------------------

    def run(
        self, *command: str | Path, env: Mapping[str, str] | None = None, is_store: bool = False
    ) -> subprocess.Popen[bytes]:
        core = OTHER_CORE if is_store else SERVER_CORE
        log = self._stack.enter_context((self.folder / "log").open("ab"))
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *map(str, command)],
            env={**os.environ, **(env or {})},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        (self._stores if is_store else self._served).append(process)
        self._stack.callback(_end, process)
        return process

    def run_redis(self) -> int:
        """A store of a rival's own, which keeps nothing; returns its port."""
        port = free_port()
        self.run(
            needed("redis-server", "apt install redis-server"),
            *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            is_store=True,
        )
        return port

    def cpu_s(self) -> float:
        return _cpu_s(self._served)

    def store_s(self) -> float:
        return _cpu_s(self._stores)

    def memory_kb(self) -> float:
        """Proportional set size of all its processes."""
        return sum(_pss_kb(pid) for process in self._served for pid in _family(process))

    def said(self, words: str) -> int:
        """How often these words stand in what its processes have printed."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace").count(words)

    async def calm(self, *, within_s: float = 8) -> None:
        """Wait until it has nothing left to do."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            before = self.cpu_s()
            await asyncio.sleep(CALM_S)
            if self.cpu_s() - before <= CALM_S * CALM_SHARE:
                return


class FedServer(Server):
    """One with a second port, to which messages are written behind four bytes of length."""

    def __init__(self, folder: Path, tools: Path) -> None:
        super().__init__(folder, tools)
        self.publish_port = free_port()
        self._line: asyncio.StreamWriter | None = None

    async def begin(self) -> None:
        await super().begin()
        await answers(self.publish_port)
        _, self._line = await asyncio.open_connection("127.0.0.1", self.publish_port)

    async def end(self) -> None:
        if self._line is not None:
            self._line.close()

    async def publish(self, count: int) -> None:
        assert self._line is not None
        self._line.write(b"".join(sized(message(n)) for n in range(self.sent, self.sent + count)))
        self.sent += count
        await self._line.drain()


def message(number: int) -> bytes:
    """What the rivals send: as long as our frames, and it begins as they do."""
    start = b'{"type":"op","seq":%d,"text":"' % number
    return start + b"x" * (FRAME_BYTES - len(start) - 2) + b'"}'


def sized(text: bytes) -> bytes:
    return len(text).to_bytes(4, "big") + text


def needed(
    program: str, cure: str, *, places: Sequence[str] = ("/usr/bin", "/usr/sbin", "/bin", "/sbin")
) -> str:
    """The path of a program, or `Missing`."""
    for place in (*os.environ.get("PATH", "").split(":"), *places):
        if (Path(place) / program).exists():
            return str(Path(place) / program)
    raise Missing(f"{program} is not installed: {cure}")


def compiled(folder: Path, name: str) -> Path:
    """Compile a C file of ours."""
    compiler = needed("gcc", "apt install gcc")
    command = [
        compiler,
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-o",
        str(folder / name),
        str(PARTS / f"{name}.c"),
    ]
    subprocess.run(command, check=True)
    return folder / name


async def answers(port: int) -> None:
    """Wait until somebody listens there."""
    deadline = time.monotonic() + READY_S
    while True:
        try:
            _, line = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            line.close()
            return


def fetch(*command: str | Path) -> None:
    """Run an installer; `Missing` when it fails, with the last thing it said."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it says nothing"]
        raise Missing(f"{Path(command[0]).name} cannot fetch it ({said[-1]})")


def python_env(folder: Path, *packages: str) -> Path:
    """The Python of an environment of its own with these packages; what is there already is used."""
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        fetch(sys.executable, "-m", "venv", str(folder))
        fetch(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages)
        (folder / "made").touch()
    return python


def _family(process: subprocess.Popen[bytes]) -> Iterable[int]:
    return (process.pid, *descendants(process.pid))


def cpu_of(pid: int) -> float:
    """User and system time of one process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _cpu_s(processes: Iterable[subprocess.Popen[bytes]]) -> float:
    return sum(cpu_of(pid) for process in processes for pid in _family(process))


def _pss_kb(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=5)
