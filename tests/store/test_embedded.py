"""The private server as the product starts it: a process, a socket, a lock, and kills."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from wall.store.client import Store, StoreUnfit, check_fit, make_client
from wall.store.embedded import StoreRefused, describe, find_server, server_arguments
from wall.store.place import socket_path, store_url

START = "from wall.store.embedded import main; main()"
EX_CONFIG = 78


@contextmanager
def running(data: Path, **env: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", START],
        env={**os.environ, "PARVIS_DATA": str(data), "PARVIS_CONFIG": "", **env},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        process.communicate(timeout=10)


async def opened(data: Path) -> Store:
    store = Store(store_url(data_dir=data, url=None), event="night", name="test")
    await store.ready(within_s=10)
    return store


@pytest.fixture
async def served(data_dir: Path) -> AsyncIterator[Store]:
    with running(data_dir):
        async with await opened(data_dir) as store:
            yield store


async def test_it_serves_on_a_private_socket_and_no_port(data_dir: Path, served: Store) -> None:
    socket = socket_path(data_dir)
    assert socket.stat().st_mode & 0o777 == 0o600
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    info = await served.redis.info()
    assert info["tcp_port"] == 0
    assert info["maxmemory_policy"] == "noeviction"
    assert info["aof_enabled"] == 1


async def test_a_second_start_on_the_folder_is_refused_with_one_sentence(
    data_dir: Path, served: Store
) -> None:
    await served.redis.set("kept", "1")
    with running(data_dir) as second:
        _, err = second.communicate(timeout=20)
        assert second.returncode == EX_CONFIG
        assert "in use by another wall" in err
        assert len(err.strip().splitlines()) == 1
    assert await served.redis.get("kept") == b"1"


async def test_what_was_acknowledged_survives_kill_9(data_dir: Path) -> None:
    acknowledged = 0
    for _ in range(5):
        with running(data_dir) as server:
            async with await opened(data_dir) as store:
                for _ in range(50):
                    acknowledged = await store.redis.hincrby("count", "n")
                os.kill(server.pid, signal.SIGKILL)
                server.wait(timeout=5)
    with running(data_dir):
        async with await opened(data_dir) as store:
            assert await store.redis.hget("count", "n") == str(acknowledged).encode()
    assert acknowledged == 250


def test_it_ends_when_its_supervisor_is_killed(data_dir: Path) -> None:
    """The kernel tells it, so even kill -9 of the supervisor leaves no server behind."""
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os,subprocess,sys,time\n"
            f"p=subprocess.Popen([sys.executable,'-c',{START!r}],env={{**os.environ,'PARVIS_SUPERVISED':str(os.getpid())}})\n"
            "print(p.pid,flush=True); time.sleep(60)",
        ],
        env={**os.environ, "PARVIS_DATA": str(data_dir), "PARVIS_CONFIG": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    deadline = time.monotonic() + 10
    while not socket_path(data_dir).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    parent.kill()
    parent.communicate(timeout=5)
    deadline = time.monotonic() + 5
    while _is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_running(child)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_lost_manifest_is_refused_instead_of_an_empty_wall(data_dir: Path) -> None:
    with running(data_dir):
        async with await opened(data_dir) as store:
            await store.redis.set("kept", "1")
    (manifest,) = (data_dir / "redis" / "appendonlydir").glob("*.manifest")
    manifest.unlink()
    with running(data_dir) as server:
        _, err = server.communicate(timeout=20)
    assert server.returncode == EX_CONFIG
    assert "lost their manifest" in err


async def test_a_long_path_puts_the_socket_elsewhere(tmp_path: Path) -> None:
    data = tmp_path / ("d" * 120) / "data"
    data.mkdir(parents=True)
    with running(data):
        async with await opened(data) as store:
            assert await store.redis.ping()
    moved = socket_path(data)
    assert len(os.fsencode(moved)) <= 107
    assert moved.parent.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(moved.parent, ignore_errors=True)


async def test_a_given_store_needs_no_server_here(data_dir: Path) -> None:
    with running(data_dir, PARVIS_REDIS_URL="redis://localhost:6379") as server:
        _, err = server.communicate(timeout=20)
    assert server.returncode == EX_CONFIG
    assert "redis.url" in err


async def test_an_evicting_store_is_refused(store_url: str) -> None:
    client: Redis = make_client(store_url, name="test")
    await client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        async with Store(store_url, event="x", name="x") as store:
            with pytest.raises(StoreUnfit, match="noeviction"):
                await check_fit(store.redis)
    finally:
        await client.config_set("maxmemory-policy", "noeviction")
        await client.aclose()


async def test_a_newer_schema_is_refused(store: Store) -> None:
    await store.redis.set(store.keys.schema, "99")
    with pytest.raises(StoreUnfit, match="schema 99"):
        await store.ready()


async def test_a_store_that_wants_a_password_is_refused_with_the_cure(tmp_path: Path) -> None:
    server = find_server()
    socket = tmp_path / "r.sock"
    arguments = [*server_arguments(server, folder=tmp_path, socket=socket), "--requirepass", "s3"]
    process = subprocess.Popen([str(server.path), *arguments])
    try:
        async with Store(f"unix://{socket}", event="x", name="x") as store:
            with pytest.raises(StoreUnfit, match="password"):
                await store.ready(within_s=5)
    finally:
        process.terminate()
        process.wait(timeout=5)


@pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="Debian's server is one of two we support, where present"
)
async def test_debians_server_takes_the_same_arguments(tmp_path: Path) -> None:
    path = shutil.which("redis-server")
    assert path is not None
    server = describe(Path(path))
    assert server is not None
    process = subprocess.Popen([path, *server_arguments(server, folder=tmp_path, socket=tmp_path / "r.sock")])
    try:
        async with Store(f"unix://{tmp_path / 'r.sock'}", event="x", name="x") as store:
            await store.ready(within_s=5)
            assert (await store.redis.info())["aof_enabled"] == 1
    finally:
        process.terminate()
        process.wait(timeout=5)


def test_the_client_has_exactly_our_settings(store_url: str) -> None:
    pool: Any = make_client(store_url, name="probe").connection_pool
    connection = pool.make_connection()
    assert connection.protocol == 2
    assert connection.socket_timeout == 5
    assert connection.health_check_interval == 0
    assert connection.retry.get_retries() == 0
    assert connection.client_name == "parvis-probe"


def test_a_server_too_old_is_passed_over_and_named(tmp_path: Path) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=5.0.7 sha=00000000:0'\n", encoding="utf-8")
    old.chmod(0o755)
    with pytest.raises(StoreRefused, match=r"found only Redis 5\.0, which is too old"):
        find_server([str(old), None, str(tmp_path / "missing")])
    with pytest.raises(StoreRefused, match="no store program found: install"):
        find_server([])
    good = find_server()
    assert find_server([str(old), str(good.path)]) == good
