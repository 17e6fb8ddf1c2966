"""Real parts for every test: a store on its own socket, nothing patched."""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from wall.store.client import Store
from wall.store.embedded import find_server, server_arguments


@pytest.fixture(scope="session")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One embedded server a test process, with the arguments of the product."""
    folder = tmp_path_factory.mktemp("store")
    socket = folder / "r.sock"
    server = find_server()
    arguments = server_arguments(server, folder=folder, socket=socket)
    process = subprocess.Popen([str(server.path), *arguments], env={**os.environ})
    try:
        deadline = time.monotonic() + 10
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        yield f"unix://{socket}"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """A wall of its own on the shared server: a unique event, so a unique key prefix."""
    async with Store(store_url, event=f"t-{uuid.uuid4().hex[:12]}", name="test") as store:
        await store.ready()
        yield store


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder
