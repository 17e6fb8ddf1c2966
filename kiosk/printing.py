"""Printing through CUPS, each sheet once.

A sheet is handed over on hold, its number is written down, then it is released. A crash before the number is known
leaves a sheet on hold that nobody releases, and it is cancelled; a crash after it releases the same sheet again, which
does nothing to one that has been printed. So no sheet comes twice, and none that was promised is lost.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import msgspec

LP_S = 10.0
USER = "parvis"  # whose sheets are ours

_JOB = re.compile(r"\b(\S+-\d+)\b")
_TROUBLE = {
    "media-empty": "paper",
    "media-needed": "paper",
    "media-jam": "jam",
    "marker-supply-empty": "ink",
    "toner-empty": "ink",
    "cover-open": "open",
    "door-open": "open",
    "offline": "offline",
    "connecting-to-device": "offline",
    "shutdown": "offline",
    "paused": "paused",
}


class PrinterProblem(Exception):
    """A printer cannot take a sheet now; the message is for the log."""


class Condition(msgspec.Struct, frozen=True):
    """How a printer is: `why` is "" when it prints, else "none", "paper", "jam", "ink", "open", "offline", "paused"."""

    is_ready: bool
    why: str = ""
    waiting: int = 0


class Printer:
    """One CUPS queue. Commands are CUPS's own (`lp`, `lpstat`, `lpoptions`, `cancel`), of its package `cups-client`."""

    def __init__(self, queue: str) -> None:
        self.queue = queue

    async def condition(self) -> Condition:
        """Asked before a visitor poses: nobody is promised a sheet that cannot come."""
        try:
            state = await _said("lpstat", "-p", self.queue)
            options = await _said("lpoptions", "-p", self.queue)
            waiting = len((await _said("lpstat", "-o", self.queue)).splitlines())
        except PrinterProblem:
            return Condition(False, "none")
        reasons = re.search(r"printer-state-reasons=(\S+)", options)
        for reason in reasons[1].split(",") if reasons else ():
            for sign, why in _TROUBLE.items():
                if reason.startswith(sign):
                    return Condition(False, why, waiting)
        if " disabled " in state:
            return Condition(False, "paused", waiting)
        return Condition(True, "", waiting)

    async def hold(self, picture: Path, portrait_id: str) -> str:
        """Hands a sheet over; returns its number. It is not printed before `release`. Raises `PrinterProblem`."""
        said = await _said(
            "lp",
            "-U",
            USER,
            "-d",
            self.queue,
            "-t",
            portrait_id,
            "-o",
            "fit-to-page",
            "-o",
            "job-hold-until=indefinite",
            "--",
            str(picture),
        )
        found = _JOB.search(said)
        if found is None:
            raise PrinterProblem(f"lp did not say the number of its job: {said[:200]!r}")
        return found[1]

    async def release(self, job: str) -> None:
        """Prints a sheet that is on hold; one that is under way or done is left alone. Raises `PrinterProblem`."""
        if job in await self.held():
            await _said("lp", "-U", USER, "-i", job, "-H", "resume")

    async def cancel(self, job: str) -> None:
        """Takes a sheet back that is not printed yet."""
        try:
            await _said("cancel", "-U", USER, job)
        except PrinterProblem:
            return  # it is printed, or was never there

    async def held(self) -> set[str]:
        """Our sheets that `hold` left and nobody released. Raises `PrinterProblem`."""
        said = await _said("lpstat", "-W", "not-completed", "-l", "-u", USER, "-o", self.queue)
        jobs = re.split(r"(?m)^(?=\S)", said)
        words = {tuple(job.split()[:2]) for job in jobs if "job-hold-until-specified" in job}
        return {job for job, *user in words if user == [USER]}


async def _said(*command: str) -> str:
    """What a program prints, in English. Raises `PrinterProblem` with its complaint."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
        )
    except OSError as error:
        raise PrinterProblem(
            f"{command[0]} cannot be run ({error.strerror}): install CUPS's client programs"
        ) from None
    try:
        async with asyncio.timeout(LP_S):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        raise PrinterProblem(f"{command[0]} did not answer within {LP_S:.0f} s") from None
    if process.returncode:
        raise PrinterProblem(f"{command[0]}: {err.decode('utf-8', 'replace').strip()[:200]}")
    return out.decode("utf-8", "replace")


def _environment() -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if name != "LANGUAGE"}, "LC_ALL": "C"}
