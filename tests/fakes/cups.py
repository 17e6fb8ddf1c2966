#!/usr/bin/env python3
"""CUPS's client programs in one: `lp`, `lpstat`, `lpoptions`, `cancel`, over a folder that stands for the printer.

jobs.json     every sheet: {"photo-1": {"state": "held" | "printed" | "cancelled", "user", "title"}}
reasons       what `lpoptions` says of the printer, "none" without it
fail-NAME     makes the program NAME fail
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("FAKE_CUPS", "."))
QUEUE = "photo"


@contextmanager
def jobs() -> Iterator[dict[str, Any]]:
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = FOLDER / "jobs.json"
        found = json.loads(path.read_text()) if path.exists() else {}
        yield found
        part = path.with_suffix(".part")
        part.write_text(json.dumps(found))
        part.replace(path)


def install(folder: Path) -> dict[str, str]:
    """Puts the four programs into `folder`; returns the environment in which they are found."""
    source = Path(__file__).read_text(encoding="utf-8").split("\n", 1)[1]
    for name in ("lp", "lpstat", "lpoptions", "cancel"):
        program = folder / name
        program.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
        program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "FAKE_CUPS": str(folder)}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> None:
    name, words = Path(sys.argv[0]).name, sys.argv[1:]
    if (FOLDER / f"fail-{name}").exists():
        sys.exit(f"{name}: the scheduler is not running")
    options = dict(pairwise(words))
    user = options.get("-U", "somebody")
    with jobs() as known:
        match name:
            case "lp" if "-i" in words:
                assert options["-H"] == "resume"
                if known[options["-i"]]["state"] != "held":
                    sys.exit(f"lp: Job #{options['-i']} is finished and cannot be altered.")
                known[options["-i"]]["state"] = "printed"
            case "lp":
                job = f"{QUEUE}-{len(known) + 1}"
                assert Path(words[-1]).read_bytes().startswith(b"\xff\xd8")
                known[job] = {"state": "held", "user": user, "title": options["-t"], "at": time.time()}
                say(f"request id is {job} (1 file(s))")
            case "cancel":
                if known[words[-1]]["state"] != "held":
                    sys.exit("cancel: it is done")
                known[words[-1]]["state"] = "cancelled"
            case "lpstat" if "-p" in words:
                say(f"printer {QUEUE} is idle.  enabled since Fri 27 Nov 2026")
            case "lpstat":
                for job, one in known.items():
                    if one["state"] == "held":
                        say(f"{job}  {one['user']}  1024   Fri 27 Nov 2026\n\tStatus: on hold")
                        say("\tAlerts: job-hold-until-specified\n\tqueued for photo")
            case "lpoptions":
                path = FOLDER / "reasons"
                reasons = path.read_text() if path.exists() else "none"
                say(f"copies=1 printer-state=3 printer-state-reasons={reasons} printer-type=4")


if __name__ == "__main__":
    main()
