"""`parvis up`: starts every role, restarts what falls over, stops all of it within five seconds.

One thread and one loop over a selector: a supervisor that waits all day should weigh little. A role that ends
with 78 (the settings are wrong) ends the wall: starting it again would not help.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wall.cli.child import Child
from wall.cli.console import Console
from wall.cli.folder import Refused, check_port, claim
from wall.cli.greeting import Greeting
from wall.cli.roles import ROLES
from wall.settings import Settings, SettingsError, load

KILL_AFTER_S = 4.0
PREDECESSOR_S = 3.0
PROBE_EVERY_S = 0.1
SAME_WISH_S = 0.5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Runs `children` until asked to stop, or until one of them says that its settings are wrong."""

    def __init__(self, *, console: Console, greeting: Greeting | None = None) -> None:
        self._console = console
        self._greeting = greeting
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._is_asked = False
        self._is_urged = False
        self._stopping_since: float | None = None
        self._code = 0

    def hear(self, name: str, line: str) -> None:
        """A line that a child has printed."""
        shown = self._greeting.hear(line) if self._greeting and name == "web" else line
        if shown is not None:
            self._console.say(name, shown)

    def run(self, children: Sequence[Child]) -> int:
        """Returns the exit code for the whole wall: 0, or 78 when a role refused its settings.

        Takes over the process's signals: the process is expected to end after it.
        """
        self._children = list(children)
        bell, ringer = socket.socketpair()
        bell.setblocking(False)
        ringer.setblocking(False)
        self._selector.register(bell, selectors.EVENT_READ, None)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, self._on_signal)
        signal.set_wakeup_fd(ringer.fileno(), warn_on_full_buffer=False)
        try:
            while not self._is_over():
                self._turn(bell)
        finally:
            for child in self._children:
                child.kill()
            signal.set_wakeup_fd(-1)
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)  # all is over: one more Ctrl-C changes nothing
            bell.close()
            ringer.close()
            self._selector.close()
        return self._code

    def _turn(self, bell: socket.socket) -> None:
        self._start_what_is_due()
        for key, _ in self._selector.select(self._patience_s()):
            if key.data is None:
                bell.recv(4096)
            elif not key.data.read():
                self._selector.unregister(key.fd)
        if self._is_asked:
            self._stop()
        self._bury_the_ended()
        self._go_on_stopping()
        if self._greeting and (text := self._greeting.give()):
            self._console.show(text)

    def _on_signal(self, number: int, _frame: object) -> None:
        if number == signal.SIGCHLD:
            return
        since = self._stopping_since
        # a terminal, make and a service manager may each send the same wish at the same moment
        self._is_urged |= since is not None and time.monotonic() - since > SAME_WISH_S
        self._is_asked = True

    def _is_over(self) -> bool:
        return self._stopping_since is not None and not any(child.is_alive for child in self._children)

    def _patience_s(self) -> float | None:
        """How long nothing needs doing unless something happens; None for ever."""
        now = time.monotonic()
        if self._stopping_since is not None or (self._greeting and self._greeting.is_due):
            return PROBE_EVERY_S
        due = [child.due_at - now for child in self._children if child.due_at is not None]
        return max(0.0, min(due)) if due else None

    def _start_what_is_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.due_at is not None and child.due_at <= now and self._stopping_since is None:
                self._selector.register(child.start(), selectors.EVENT_READ, child)

    def _bury_the_ended(self) -> None:
        for child in self._children:
            descriptor = child.descriptor
            code = child.poll()
            if code is None:
                continue
            if descriptor is not None and descriptor in self._selector.get_map():
                self._selector.unregister(descriptor)
            if self._stopping_since is not None:
                continue
            if code == os.EX_CONFIG:
                self._console.say(child.name, "cannot run with these settings: the wall stops")
                self._stop(code)
            elif not child.runs_once:
                pause_s = child.plan_restart()
                self._console.say(child.name, f"ended ({_why(code)}); starting again in {pause_s:g} s")
            elif code:
                self._console.say(child.name, f"could not finish ({_why(code)})")

    def _stop(self, code: int = 0) -> None:
        if self._stopping_since is None:
            self._stopping_since = time.monotonic()
            self._code = code
            if not code:
                self._console.show("stopping")

    def _go_on_stopping(self) -> None:
        """Tell the next in line; whoever is left after `KILL_AFTER_S`, or at a second Ctrl-C, is killed."""
        if self._stopping_since is None:
            return
        passed_s = time.monotonic() - self._stopping_since
        if passed_s >= KILL_AFTER_S or self._is_urged:
            for child in self._children:
                child.kill()
            return
        for child in sorted(self._children, key=lambda one: one.stops_within_s):
            child.tell()
            if child.is_alive and passed_s < child.stops_within_s:
                return


def up(path: Path | None, *, flags: Mapping[str, Any], env: Mapping[str, str]) -> int:
    """Run the whole wall in the foreground; returns the exit code."""
    try:
        settings = load(path, flags=flags, env=env)
        held = claim(settings.data_dir)
    except SettingsError as error:
        return _refuse(*error.problems, code=os.EX_CONFIG)
    except Refused as refusal:
        return _refuse(str(refusal), code=os.EX_UNAVAILABLE)
    try:
        check_port(settings.web.host, settings.web.port, wait_s=PREDECESSOR_S if held.was_killed else 0)
        console = Console.of_terminal()
        for warning in settings.warnings:
            console.say("check", warning)
        supervisor = Supervisor(console=console, greeting=Greeting(settings))
        return supervisor.run(children_of(settings, env=env, supervisor=supervisor))
    except Refused as refusal:
        return _refuse(str(refusal), code=os.EX_UNAVAILABLE)
    finally:
        held.release()


def children_of(settings: Settings, *, env: Mapping[str, str], supervisor: Supervisor) -> list[Child]:
    """The roles of this wall, the store first, and the check of the sources beside them."""
    known = {
        **env,
        "PARVIS_SUPERVISED": str(os.getpid()),
        "PARVIS_CONFIG": str(settings.path.absolute()) if settings.path else "",
        "PARVIS_DATA": str(settings.data_dir),
        "PARVIS_HOST": settings.web.host,
        "PARVIS_PORT": str(settings.web.port),
        "PYTHONUNBUFFERED": "1",
    }
    roles = [role for role in ROLES if role.name != "redis" or settings.redis.url is None]
    children = [
        Child(role.name, role.command, env=known, on_line=supervisor.hear, stops_within_s=role.stops_within_s)
        for role in roles
    ]
    check = (sys.executable, "-m", "wall.cli.main", "check", "--quiet")
    children.append(
        Child("check", check, env=known, on_line=supervisor.hear, stops_within_s=0.0, runs_once=True)
    )
    return children


def _why(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _refuse(*sentences: str, code: int) -> int:
    for sentence in sentences:
        sys.stderr.write(f"parvis: {sentence}\n")
    return code
