"""`parvis doctor`: looks at everything a wall needs and says what is missing, before the evening begins."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from wall.cli.check import judge_source, judge_whole
from wall.cli.folder import LEAST_FREE_BYTES, Refused, check_port, claim, filesystem_of, free_bytes
from wall.cli.roles import networks
from wall.settings import Settings, SettingsError, SourceSettings, load
from wall.store.embedded import StoreRefused, find_server

COMFORTABLE_BYTES = 2_000_000_000
REACH_TIMEOUT_S = 3.0
OLDEST_PYTHON = (3, 11)


class Finding(NamedTuple):
    """`doubt` is worth a look and stops nothing; `bad` stops the wall."""

    mark: Literal["good", "doubt", "bad"]
    text: str


def examine(path: Path | None, *, flags: Mapping[str, Any], env: Mapping[str, str]) -> Iterator[Finding]:
    """Findings, one after the other, as they are made."""
    yield _python()
    try:
        settings = load(path, flags=flags, env=env)
    except SettingsError as error:
        yield from (Finding("bad", problem) for problem in error.problems)
        return
    yield Finding(
        "good", f"settings: {settings.path or 'the built-in sample'}, event {settings.event.name!r}"
    )
    yield from (Finding("doubt", warning) for warning in settings.warnings)
    yield _store(settings)
    is_running = False
    for finding in _place(settings):
        is_running |= "running already" in finding.text
        yield finding
    if not is_running:
        yield _port(settings)
    yield from (Finding("bad", problem) for problem in judge_whole(settings))
    for n, source in enumerate(settings.sources, 1):
        wrong, doubtful = judge_source(source, where=f"source[{n}]")
        yield from (Finding("bad", problem) for problem in wrong)
        yield from (Finding("doubt", doubt) for doubt in doubtful)
        if not wrong and not doubtful:
            yield _reach(source)


def _python() -> Finding:
    mark: Literal["good", "bad"] = "good" if sys.version_info >= OLDEST_PYTHON else "bad"
    return Finding(mark, f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")


def _store(settings: Settings) -> Finding:
    if settings.redis.url:
        address = urlsplit(settings.redis.url.reveal())
        if address.scheme == "unix":
            there = Path(address.path).is_socket()
            return Finding(
                "good" if there else "bad", f"store: a socket{'' if there else ' that is not there'}"
            )
        return _connect("store", address.hostname or "", address.port or 6379)
    try:
        server = find_server()
    except StoreRefused as refusal:
        return Finding("bad", f"store: {refusal}")
    number = ".".join(map(str, server.version))
    mark: Literal["good", "doubt"] = "good" if server.version >= (7, 0) else "doubt"
    return Finding(mark, f"store: {server.name} {number} ({server.path})")


def _place(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    here = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if here == folder:
        try:
            claim(folder).release()
        except Refused as refusal:
            running = "running already" in str(refusal)
            yield Finding("good" if running else "bad", str(refusal))
            if not running:
                return
    elif not os.access(here, os.W_OK):
        yield Finding("bad", f"the data folder {folder} cannot be made: {here} cannot be written")
        return
    free = free_bytes(here)
    mark: Literal["good", "doubt", "bad"] = "good" if free >= COMFORTABLE_BYTES else "doubt"
    if free < LEAST_FREE_BYTES:
        mark = "bad"
    yield Finding(
        mark, f"data folder: {folder}, {free / 1e9:.1f} GB free on {filesystem_of(here) or 'its disk'}"
    )


def _port(settings: Settings) -> Finding:
    web = settings.web
    try:
        check_port(web.host, web.port)
    except Refused as refusal:
        return Finding("bad", str(refusal))
    return Finding("good", f"port: {web.port} on {web.host} is free")


def _reach(source: SourceSettings) -> Finding:
    """Whether the source's host takes a connection. A source without an address of its own is not tried."""
    fields = msgspec.structs.fields(networks().load(source.network).Options)
    usual = next((field.default for field in fields if field.name == "base_url"), "")
    url = source.options.get("base_url", usual)
    parts = urlsplit(url if isinstance(url, str) else "")
    if not parts.hostname:
        return Finding("good", f"source {source.name}: {source.network}")
    secure = parts.scheme in ("https", "wss")
    found = _connect(f"source {source.name}", parts.hostname, parts.port or (443 if secure else 80))
    return found if found.mark == "good" else found._replace(mark="doubt")


def _connect(what: str, host: str, port: int) -> Finding:
    try:
        socket.create_connection((host, port), timeout=REACH_TIMEOUT_S).close()
    except OSError as error:
        return Finding("bad", f"{what}: {host}:{port} does not answer ({error.strerror or error})")
    return Finding("good", f"{what}: {host}:{port} answers")
