"""The picture process: `python -m wall.media.child`. Small limits, and no way out but its replies.

It reads jobs from its standard input and writes replies to its standard output until the input ends. The
kernel holds its memory, its processor time, its files and its descriptors; a picture that breaks a limit ends
this process and nothing else.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from wall.media.decode import pixels, render
from wall.media.job import LENGTH, Job, Pixels, PixelsJob, Refusal, Reply, decode_job, framed
from wall.media.rendered import Refused

MEMORY_BYTES = 1_200_000_000
JOB_CPU_S = 5
FILE_BYTES = 32_000_000
DESCRIPTORS = 32
OOM_SCORE = "300"  # of all of Parvis, the kernel should end this first

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def main() -> None:
    replies = _own_output()
    confine()
    while (job := _next_job(sys.stdin.buffer)) is not None:
        allow_cpu()
        replies.write(framed(_reply(job)))
        replies.flush()


def confine() -> None:
    for kind, value in (
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_CORE, 0),
    ):
        _limit(kind, value)
    if sys.platform == "linux":
        _limit(resource.RLIMIT_AS, MEMORY_BYTES)
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        with contextlib.suppress(OSError):  # a wish: some containers forbid it
            Path("/proc/self/oom_score_adj").write_text(OOM_SCORE, encoding="ascii")


def _limit(kind: int, value: int) -> None:
    """Lower a limit for good; one that is lower already stays."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def allow_cpu(seconds: int = JOB_CPU_S) -> None:
    """So many from here: a process that has served long is not ended for its past."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(used.ru_utime + used.ru_stime) + seconds
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _own_output() -> BinaryIO:
    """The replies' way out, kept apart: whatever a library prints goes where errors go."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _next_job(source: BinaryIO) -> Job | None:
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    return decode_job(source.read(length))


def _reply(job: Job) -> Reply:
    try:
        if isinstance(job, PixelsJob):
            return Pixels(pixels(job.data, width_px=job.width_px, height_px=job.height_px))
        return render(job.data, purpose=job.purpose)
    except Refused as refused:
        return Refusal(refused.code)


if __name__ == "__main__":
    main()
