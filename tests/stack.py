"""The whole wall as its users start it: `parvis up` with a settings file, on free ports, in a folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

ADMIN = "test-admin-token-0123456789"
READY_S = 30.0
ROLES = ("redis", "web", "worker", "studio", "ingest")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Stack:
    """A running `parvis up`. `lines` is everything it has printed."""

    def __init__(self, process: subprocess.Popen[str], *, port: int, data: Path, config: Path) -> None:
        self.process = process
        self.port = port
        self.data = data
        self.config = config
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def call(
        self,
        path: str,
        *,
        method: str = "GET",
        body: Any = None,
        token: str | None = ADMIN,
        headers: Any = None,
    ) -> tuple[int, Any]:
        """(status, JSON) of one API call."""
        request = urllib.request.Request(self.url + path, method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        data = None
        if body is not None:
            request.add_header("Content-Type", "application/json")
            data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data=data, timeout=10) as reply:
                text = reply.read()
                return reply.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else text
        except (OSError, urllib.error.URLError) as error:
            return 0, str(error)

    def decide(self, card: dict[str, Any], verdict: str, *, key: str) -> tuple[int, Any]:
        return self.call(
            f"/api/v1/posts/{card['id']}/decision",
            method="POST",
            body={"verdict": verdict, "rev": card["rev"], "mrev": card["mrev"]},
            headers={"Idempotency-Key": key},
        )

    def posts(self, state: str) -> list[dict[str, Any]]:
        status, body = self.call(f"/api/v1/posts?state={state}&limit=200")
        return list(body["posts"]) if status == 200 else []

    def wait(self, what: str, found: Any, *, within_s: float = 15) -> Any:
        """Poll `found()` until it gives something true; fails with what the wall has printed."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            value = found()
            if value:
                return value
            time.sleep(0.03)
        raise AssertionError(f"no {what} within {within_s} s:\n" + "\n".join(self.lines[-40:]))

    @property
    def code(self) -> str:
        """The newest sign-in code that the terminal shows."""
        found = [m[1] for line in self.lines if (m := re.search(r"\b([A-Z2-9]{4}-[A-Z2-9]{4})\b", line))]
        return found[-1] if found else ""

    def pid_of(self, role: str) -> int:
        """The process of a role: a child of `parvis up` that was started as it."""
        for child in children(self.process.pid):
            if role_of(child) == role:
                return child
        return 0

    def kill(self, role: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to a role's process; returns which one it was."""
        pid: int = self.wait(f"process {role}", lambda: self.pid_of(role))
        os.kill(pid, number)
        return pid


def children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    return [int(child) for child in text.split()]


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def role_of(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        return ""
    words = [word.decode(errors="replace") for word in command if word]
    if words and ("valkey-server" in words[0] or "redis-server" in words[0] or "parvis-store" in words[0]):
        return "redis"
    return next((role for role in ROLES if role in words), "")


@contextmanager
def parvis(
    folder: Path, config: str | None, *, port: int | None = None, ready: bool = True, **env: str
) -> Iterator[Stack]:
    """Start `parvis up` with this settings text (None: the sample event); stop it politely, then surely."""
    port = port or free_port()
    data = folder / "data"
    path = folder / "parvis.toml"
    if config is not None:
        path.write_text(config, encoding="utf-8")
    arguments = ["--data", str(data), "--port", str(port)]
    if config is not None:
        arguments += ["--config", str(path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "wall.cli.main", "up", *arguments],
        cwd=folder,
        env={**os.environ, "PARVIS_ADMIN_TOKEN": ADMIN, "PYTHONUNBUFFERED": "1", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stack = Stack(process, port=port, data=data, config=path)
    try:
        if ready:
            stack.wait("/readyz", lambda: stack.call("/readyz")[0] == 200, within_s=READY_S)
        yield stack
    finally:
        family = descendants(process.pid)
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=5)
        for pid in family:
            _end(pid)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


SETTINGS = """
[event]
name = "La Nuit des Lumières"
hashtags = ["NuitVauclair"]
languages = ["fr", "en", "zh"]

[moderation]
mode = "{mode}"

[network_access]
allow = ["127.0.0.1/32"]

{sources}
"""


def settings(*sources: str, mode: str = "pre") -> str:
    return SETTINGS.format(mode=mode, sources="\n".join(sources))
