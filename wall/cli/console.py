"""The terminal under `parvis up`: one line at a time, marked with the role it comes from.

A paused terminal (Ctrl-S) or a full pipe never holds the wall up: lines that do not fit are dropped and counted.
"""

from __future__ import annotations

import os
import re
import select

LONGEST_LINE = 4000  # bytes; a pipe that is writable takes this much at once

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_COLOURS = {"redis": 35, "web": 32, "worker": 33, "studio": 36, "ingest": 36, "check": 34}


class Console:
    def __init__(self, descriptor: int, *, is_coloured: bool) -> None:
        self._descriptor = descriptor
        self._is_coloured = is_coloured
        self._dropped = 0
        self._is_gone = False

    @classmethod
    def of_terminal(cls) -> Console:
        """Standard output; coloured when it is a terminal and NO_COLOR is not set."""
        return cls(1, is_coloured=os.isatty(1) and not os.environ.get("NO_COLOR"))

    def say(self, role: str, line: str) -> None:
        """A line of a role. Control characters are taken out: what a role logs cannot move the cursor."""
        mark = f"{role:<7}"
        if self._is_coloured:
            mark = f"\x1b[{_COLOURS.get(role, 1)}m{mark}\x1b[0m"
        self._write(f"{mark} {_CONTROLS.sub('', line)}")

    def show(self, text: str) -> None:
        """Lines of our own, without a mark."""
        for line in text.splitlines():
            self._write(line)

    def _write(self, line: str) -> None:
        if self._dropped and self._has_room():
            count, self._dropped = self._dropped, 0
            self._put(f"({count} lines were not shown)")
        if self._has_room():
            self._put(line)
        else:
            self._dropped += 1

    def _has_room(self) -> bool:
        return not self._is_gone and bool(select.select([], [self._descriptor], [], 0)[1])

    def _put(self, line: str) -> None:
        raw = line.encode("utf-8", "replace")
        try:
            os.write(self._descriptor, raw[:LONGEST_LINE] + b"\n")
        except OSError:  # the reader is gone; the wall goes on without it
            self._is_gone = True
