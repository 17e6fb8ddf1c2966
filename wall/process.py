"""What every role does first: die with its supervisor, read its settings, or leave with a sentence."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import NoReturn

from wall.settings import Settings, SettingsError, load

EX_CONFIG = 78  # sysexits: something in the set-up is wrong; starting again will not help
FILES_MOST = 200_000
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel for SIGTERM when the supervisor ends, however it ends. Nothing when run by hand."""
    parent = os.environ.get("PARVIS_SUPERVISED")
    if not parent or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(parent):  # it died before we asked
        raise SystemExit(0)


def open_files() -> int:
    """Raise the number of files and connections this process may have open as far as it goes; returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_MOST if hard == resource.RLIM_INFINITY else min(hard, FILES_MOST)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def settings_of_role() -> Settings:
    """The settings that `parvis up` (or the environment) names; exits 78 with the mistakes, one a line."""
    config = os.environ.get("PARVIS_CONFIG")
    try:
        return load(Path(config) if config else None, flags={}, env=os.environ)
    except SettingsError as error:
        leave(*error.problems)


def leave(*sentences: str) -> NoReturn:
    """End this role for good: the supervisor prints the sentences and stops the rest."""
    for sentence in sentences:
        print(sentence, file=sys.stderr, flush=True)  # noqa: T201  # a role speaks to the terminal
    raise SystemExit(EX_CONFIG)
