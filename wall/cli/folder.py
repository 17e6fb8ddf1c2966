"""The data folder and the port: taken before anything starts, or refused with one sentence."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import time
from pathlib import Path

LOCK_NAME = "up.lock"
LEAST_FREE_BYTES = 64_000_000
PORTS_TRIED = 20

_FAR_FILESYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs")


class Refused(Exception):
    """Parvis must not start like this; the message is one sentence with the cure."""


class Claim:
    """The data folder, held by this process until `release` or its death.

    `was_killed`: the process that held it before did not end by itself, so its roles may still be ending.
    """

    def __init__(self, descriptor: int, *, was_killed: bool) -> None:
        self._descriptor = descriptor
        self.was_killed = was_killed

    def release(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def claim(folder: Path) -> Claim:
    """Make the folder if need be, check it, and lock it. Raises `Refused`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise Refused(f"{folder} is a file, not a folder; name another with --data") from None
    except OSError as error:
        raise Refused(f"the data folder {folder} cannot be made: {error.strerror}") from None
    _check(folder)
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refused(f"the data folder {folder} cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise Refused(
            f"this wall is running already (process {holder}) with the data folder {folder}"
        ) from None
    was_killed = os.fstat(descriptor).st_size > 0
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)
    return Claim(descriptor, was_killed=was_killed)


def is_data_folder(folder: Path) -> bool:
    """Whether Parvis has written here before."""
    return (folder / LOCK_NAME).is_file() or (folder / "redis").is_dir()


def _check(folder: Path) -> None:
    about = folder.stat()
    if about.st_uid != os.getuid():
        raise Refused(f"the data folder {folder} belongs to another user; name one of your own with --data")
    if not is_data_folder(folder) and any(folder.iterdir()):
        raise Refused(f"{folder} holds other files; name an empty or a new folder with --data")
    if is_data_folder(folder) and stat.S_IMODE(about.st_mode) & 0o077:
        folder.chmod(0o700)
    if (kind := filesystem_of(folder)) in _FAR_FILESYSTEMS:
        raise Refused(
            f"the data folder {folder} lies on a network drive ({kind}); name a local one with --data"
        )
    if (free := free_bytes(folder)) < LEAST_FREE_BYTES:
        raise Refused(f"the data folder {folder} has only {free // 1_000_000} MB free; make room first")


def free_bytes(folder: Path) -> int:
    space = os.statvfs(folder)
    return space.f_bavail * space.f_frsize


def filesystem_of(folder: Path) -> str:
    """The type of the file system that holds `folder` ("ext4"); "" where the system does not say."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    resolved = folder.resolve()
    best, kind = -1, ""
    for line in lines:
        _, place, found, *_ = line.split(" ")
        mount = Path(place.replace("\\040", " "))
        if len(mount.parts) >= best and resolved.is_relative_to(mount):
            best, kind = len(mount.parts), found
    return kind


def check_port(host: str, port: int, *, wait_s: float = 0.0) -> None:
    """Raises `Refused` unless a server could listen there within `wait_s`."""
    deadline = time.monotonic() + wait_s
    while (problem := _port_problem(host, port)) is not None:
        if problem != errno.EADDRINUSE:
            raise Refused(_port_sentence(problem, host, port))
        if time.monotonic() >= deadline:
            free = next((n for n in _ports_after(port) if _port_problem(host, n) is None), None)
            advice = f"try --port {free}" if free else "name another with --port"
            raise Refused(f"port {port} is in use by another program; {advice}")
        time.sleep(0.05)


def _ports_after(port: int) -> range:
    return range(port + 1, min(65536, port + 1 + PORTS_TRIED))


def _port_problem(host: str, port: int) -> int | None:
    """The error number of listening on (host, port); None when it works."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return errno.EADDRNOTAVAIL
    family, kind, protocol, _, address = found[0]
    try:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        return error.errno
    return None


def _port_sentence(problem: int, host: str, port: int) -> str:
    if problem == errno.EACCES:
        return f"port {port} may only be used by the administrator; try --port 8000"
    if problem == errno.EADDRNOTAVAIL:
        return f"{host!r} is not an address of this machine; try --host 127.0.0.1 or --host 0.0.0.0"
    return f"port {port} cannot be used: {os.strerror(problem)}"
