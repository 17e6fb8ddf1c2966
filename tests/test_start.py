"""What `parvis up` and the roles refuse before anything starts: one sentence each, nothing left behind."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wall.cli.folder import Refused, check_port, claim, filesystem_of

PATIENCE_S = 15.0


@contextmanager
def occupied() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        yield holder.getsockname()[1]


async def refused(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "wall.cli.main",
        *arguments,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_S):
        out, said = await process.communicate()
    assert out == b""
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_a_port_in_use_is_one_sentence_with_a_free_one(tmp_path: Path) -> None:
    with occupied() as port:
        code, said = await refused("up", "--port", str(port), cwd=tmp_path)
    assert code == 69
    assert re.fullmatch(rf"parvis: port {port} is in use by another program; try --port \d+\n", said)


async def test_wrong_settings_are_told_before_anything_starts(tmp_path: Path) -> None:
    code, said = await refused("up", "--port", "0", cwd=tmp_path, env={"PARVIS_HOST": "http://x"})
    assert code == 78
    assert said.splitlines() == [
        "parvis: PARVIS_HOST (web.host): 'http://x' is an address, not a host; did you mean 'x'?",
        "parvis: --port (web.port) must be a whole number from 1 to 65535, not 0",
    ]
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    code, said = await refused("up", "--data", str(tmp_path), cwd=tmp_path)
    assert code == 69
    assert said == f"parvis: {tmp_path} holds other files; name an empty or a new folder with --data\n"


def test_the_data_folder_is_private_and_taken_once(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    held = claim(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not held.was_killed
    with pytest.raises(Refused, match=rf"running already \(process {os.getpid()}\)"):
        claim(folder)
    held.release()
    again = claim(folder)
    assert not again.was_killed
    again.release()


def test_a_predecessor_that_was_killed_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "up.lock").write_text("4711")
    held = claim(tmp_path)
    assert held.was_killed
    held.release()


def test_a_file_in_the_place_of_the_data_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("x")
    with pytest.raises(Refused, match="is a file, not a folder"):
        claim(file)


def test_a_port_is_waited_for_when_a_predecessor_is_ending() -> None:
    with occupied() as port, pytest.raises(Refused, match=f"port {port} is in use"):
        check_port("127.0.0.1", port, wait_s=0.15)
    check_port("127.0.0.1", port, wait_s=0.15)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(Refused, match="not an address of this machine"):
        check_port("192.0.2.77", 8000)


def test_the_file_system_of_a_folder_is_known() -> None:
    assert filesystem_of(Path("/proc")) == "proc"


async def test_a_role_alone_ends_with_its_settings_mistakes(tmp_path: Path) -> None:
    code, said = await refused("redis", cwd=tmp_path, env={"PARVIS_PORT": "x", "PARVIS_DATA": str(tmp_path)})
    assert code == 78
    assert said == "PARVIS_PORT (web.port) must be a whole number from 1 to 65535, not 'x'\n"


def test_a_supervised_role_whose_parent_is_gone_ends_at_once() -> None:
    script = "from wall.process import die_with_parent; die_with_parent(); print('went on')"
    for supervisor, words in (("1", ""), (str(os.getpid()), "went on\n")):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PARVIS_SUPERVISED": supervisor},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == words
