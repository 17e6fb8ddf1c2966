"""The supervisor, on real processes: small stand-ins for the roles, told apart by what they do wrong."""

from __future__ import annotations

import asyncio
import json
import os
import re
import select
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from wall.cli.child import Child
from wall.cli.console import Console
from wall.cli.greeting import Greeting, Notice, greeting, qr_lines
from wall.settings import load, sample_settings

PATIENCE_S = 15.0

# argv: name, what to do. Every stand-in first says its process id, as "pid <n>".
STAND_IN = """
import os, signal, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

name, deed = sys.argv[1], sys.argv[2]
if deed == "leashed":
    from wall.process import die_with_parent
    die_with_parent()
print("pid", os.getpid(), flush=True)

def bye(*_):
    print("bye", flush=True)
    sys.exit(0)

if deed == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, bye)
if deed == "falls":
    sys.exit(3)
if deed == "refuses":
    print("web.port: this is a sentence", file=sys.stderr, flush=True)
    sys.exit(78)
if deed == "once":
    sys.exit(0)
if deed == "chatters":
    while True:
        print("\\x1b[2Jline" + "!" * 200, flush=True)
        open(sys.argv[3], "a").write("x")
if deed == "serves":
    class Health(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/healthz" else 404)
            self.end_headers()
        def log_message(self, *_): pass
    server = HTTPServer(("127.0.0.1", int(sys.argv[3])), Health)
    print('@parvis {"code":"ABCD-EFGH","join":"https://wall.example.org/join?k=h1.x"}', flush=True)
    signal.signal(signal.SIGUSR1, lambda *_: print('@parvis {"code":"WXYZ-2345"}', flush=True))
    server.serve_forever()
print("ready", flush=True)
while True:
    time.sleep(60)
"""

UP = """
import json, os, sys
from pathlib import Path
from wall.cli.child import Child
from wall.cli.child import Child
from wall.cli.console import Console
from wall.cli.greeting import Greeting
from wall.cli.up import Supervisor
from wall.settings import load

table = json.loads(sys.argv[1])
port = next((int(row["more"][0]) for row in table if row["deed"] == "serves"), 8000)
settings = load(None, flags={"web.port": port, "web.public_url": "https://wall.example.org"}, env={})
supervisor = Supervisor(console=Console.of_terminal(), greeting=Greeting(settings))
env = {**os.environ, "PARVIS_SUPERVISED": str(os.getpid()), "PYTHONUNBUFFERED": "1"}
sys.exit(supervisor.run([
    Child(
        row["name"],
        [sys.executable, sys.argv[2], row["name"], row["deed"], *row["more"]],
        env=env,
        on_line=supervisor.hear,
        stops_within_s=row["stops_within_s"],
        runs_once=row["deed"] == "once",
    )
    for row in table
]))
"""

STOPS = {"ingest": 1.0, "studio": 1.5, "worker": 2.0, "web": 3.0, "redis": 4.0}


class Up:
    """A supervisor under test: its lines so far, and the process ids its stand-ins have given."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def until(self, is_enough: Callable[[list[str]], object]) -> None:
        """Read on until the lines satisfy the claim."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while not is_enough(self.lines):
                line = await self.process.stdout.readline()
                assert line, "\n".join(["it ended:", *self.lines])
                self.lines.append(line.decode().rstrip("\n"))

    async def until_ready(self, *names: str) -> None:
        await self.until(lambda lines: all(f"{name:<7} ready" in lines for name in names))

    async def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        async with asyncio.timeout(PATIENCE_S):
            rest, _ = await self.process.communicate()
        self.lines += rest.decode().splitlines()
        assert self.process.returncode is not None
        return self.process.returncode

    @property
    def pids(self) -> list[int]:
        found = (re.search(r" pid (\d+)$", line) for line in self.lines)
        return [int(match[1]) for match in found if match]


@asynccontextmanager
async def running(folder: Path, *table: tuple[str, str, *tuple[str, ...]]) -> AsyncIterator[Up]:
    stand_in, script = folder / "stand_in.py", folder / "up_script.py"
    stand_in.write_text(STAND_IN)
    script.write_text(UP)
    rows = [
        {"name": name, "deed": deed, "more": more, "stops_within_s": STOPS.get(name, 0.0)}
        for name, deed, *more in table
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        json.dumps(rows),
        str(stand_in),
        stdout=asyncio.subprocess.PIPE,
        limit=2**20,
    )
    up = Up(process)
    try:
        yield up
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def gone(pid: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while is_alive(pid):
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in ("Z", "X")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_role_that_falls_is_started_again_with_growing_pauses(tmp_path: Path) -> None:
    async with running(tmp_path, ("web", "waits"), ("worker", "falls")) as up:
        await up.until(lambda lines: any("0.4 s" in line for line in lines))
        pauses = [line.rpartition(" in ")[2] for line in up.lines if "starting again" in line]
        assert pauses == ["0.1 s", "0.2 s", "0.4 s"]
        assert "worker  ended (exit code 3); starting again in 0.1 s" in up.lines
        assert await up.stop() == 0


async def test_a_role_that_is_killed_comes_back(tmp_path: Path) -> None:
    async with running(tmp_path, ("web", "waits")) as up:
        await up.until_ready("web")
        os.kill(up.pids[0], signal.SIGKILL)
        await up.until(lambda lines: lines.count("web     ready") == 2)
        assert "web     ended (signal SIGKILL); starting again in 0.1 s" in up.lines
        assert await up.stop() == 0


async def test_wrong_settings_end_the_wall_with_their_sentence_and_78(tmp_path: Path) -> None:
    async with running(tmp_path, ("ingest", "waits"), ("web", "refuses")) as up:
        assert await up.ended() == 78
        assert "web     web.port: this is a sentence" in up.lines
        assert len([line for line in up.lines if "starting again" in line]) == 0
        for pid in up.pids:
            await gone(pid)


async def test_a_check_that_passes_runs_once(tmp_path: Path) -> None:
    async with running(tmp_path, ("check", "once"), ("web", "waits"), ("worker", "falls")) as up:
        await up.until(lambda lines: any("0.4 s" in line for line in lines))
        assert len([line for line in up.lines if line.startswith("check   pid")]) == 1
        assert await up.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_stopping_tells_the_roles_in_order_and_leaves_the_store_to_the_end(
    tmp_path: Path, number: int
) -> None:
    roles = ("redis", "web", "worker", "studio", "ingest")
    async with running(tmp_path, *((name, "waits") for name in roles)) as up:
        await up.until_ready(*roles)
        assert await up.stop(number) == 0
        farewells = [line.split()[0] for line in up.lines if line.endswith("bye")]
        assert farewells == ["ingest", "studio", "worker", "web", "redis"]
        assert not any(is_alive(pid) for pid in up.pids)


async def test_stopping_takes_less_than_five_seconds_even_when_a_role_will_not(tmp_path: Path) -> None:
    async with running(tmp_path, ("redis", "waits"), ("web", "stubborn"), ("ingest", "stubborn")) as up:
        await up.until_ready("redis", "web", "ingest")
        async with asyncio.timeout(5):
            assert await up.stop() == 0
        assert "redis   bye" in up.lines
        assert not any(is_alive(pid) for pid in up.pids)


async def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    async with running(tmp_path, ("redis", "waits"), ("web", "stubborn")) as up:
        await up.until_ready("redis", "web")
        began = time.monotonic()
        while up.process.returncode is None and time.monotonic() - began < 2:
            up.process.send_signal(signal.SIGINT)
            await asyncio.sleep(0.05)
        assert await up.ended() == 0
        assert "redis   bye" not in up.lines


async def test_the_same_wish_twice_is_one_wish(tmp_path: Path) -> None:
    async with running(tmp_path, ("redis", "waits"), ("web", "waits")) as up:
        await up.until_ready("redis", "web")
        up.process.send_signal(signal.SIGTERM)
        await up.until(lambda lines: "stopping" in lines)
        assert await up.stop(signal.SIGTERM) == 0
        assert [line for line in up.lines if line.endswith("bye")] == ["web     bye", "redis   bye"]


async def test_killing_the_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    async with running(tmp_path, ("web", "leashed"), ("ingest", "leashed")) as up:
        await up.until_ready("web", "ingest")
        os.kill(up.process.pid, signal.SIGKILL)
        for pid in up.pids:
            await gone(pid)
        assert len(up.pids) == 2


async def test_a_reader_who_does_not_read_holds_nothing_up(tmp_path: Path) -> None:
    count = tmp_path / "count"
    async with running(tmp_path, ("worker", "chatters", str(count))) as up:
        async with asyncio.timeout(PATIENCE_S):
            while not count.exists() or count.stat().st_size < 2_000:  # 400 kB, far beyond what a pipe holds
                await asyncio.sleep(0.02)
        await up.until(lambda lines: any("lines were not shown" in line for line in lines))
        assert not any("\x1b" in line for line in up.lines)
        assert await up.stop() == 0


async def test_the_greeting_comes_when_the_wall_answers_and_new_codes_follow(tmp_path: Path) -> None:
    async with running(tmp_path, ("web", "serves", str(free_port()))) as up:
        await up.until(lambda lines: any("Ctrl-C stops" in line for line in lines))
        text = "\n".join(up.lines)
        assert "https://wall.example.org/desk   sign in with ABCD-EFGH" in text
        assert "join     https://wall.example.org/join?k=h1.x" in text
        assert "@parvis" not in text
        for line in qr_lines("https://wall.example.org/join?k=h1.x"):
            assert line in up.lines
        os.kill(up.pids[0], signal.SIGUSR1)
        await up.until(lambda lines: "web     desk sign-in code: WXYZ-2345" in lines)
        assert await up.stop() == 0


def test_a_wall_for_this_machine_alone_says_how_phones_get_in() -> None:
    notice = Notice(join="http://127.0.0.1:8000/join", code="ABCD-EFGH")
    hint = "parvis up --host 0.0.0.0"
    assert hint in greeting(sample_settings(), notice)
    assert hint not in greeting(
        load(None, flags={"web.public_url": "https://wall.example.org"}, env={}), notice
    )
    assert hint not in greeting(load(None, flags={"web.host": "192.0.2.7"}, env={}), notice)


def test_only_notices_are_kept_from_the_terminal() -> None:
    heard = Greeting(sample_settings())
    assert heard.hear("plain") == "plain"
    assert heard.hear("@parvis not json") == "@parvis not json"
    assert not heard.is_due
    assert heard.hear('@parvis {"code":"ABCD-EFGH","join":"http://127.0.0.1:8000/join"}') is None
    assert heard.is_due


def test_what_a_role_prints_is_cut_where_it_has_no_end() -> None:
    lines: list[tuple[str, int]] = []
    script = "import sys; sys.stdout.write('x' * 200_000 + 'end\\nlast')"
    child = Child(
        "web",
        [sys.executable, "-c", script],
        env={},
        on_line=lambda name, text: lines.append((name, len(text))),
    )
    descriptor, deadline = child.start(), time.monotonic() + PATIENCE_S
    while select.select([descriptor], [], [], PATIENCE_S)[0] and child.read():
        pass
    while (code := child.poll()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert code == 0
    assert sum(length for _, length in lines) == 200_003 + 4
    assert max(length for _, length in lines) <= 2 * 65_536
    assert lines[-1] == ("web", 4)


def test_colours_are_for_terminals() -> None:
    for is_coloured in (True, False):
        reader, writer = os.pipe()
        Console(writer, is_coloured=is_coloured).say("web", "hello")
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            assert (b"\x1b[" in file.read()) is is_coloured
