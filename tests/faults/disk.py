"""A slow disk for a program: an `fsync` of our own, preloaded. Needs a C compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("slow_disk.c")


def slow_disk(folder: Path, *, fsync_ms: int) -> dict[str, str]:
    """The environment in which each fsync takes that much longer; skips the test without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler here to make a slow disk with")
    library = folder / "slow_disk.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the slow disk does not compile here: {done.stderr[:200]}")
    return {"LD_PRELOAD": str(library), "PARVIS_FSYNC_MS": str(fsync_ms)}
