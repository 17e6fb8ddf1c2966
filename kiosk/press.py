"""Sheets that were promised: held, known, released; each step is written down before the next. See `printing.py`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from kiosk.printing import Printer, PrinterProblem
from kiosk.record import Portrait, Portraits, Print, Printing

log = logging.getLogger("parvis.studio")


class Press:
    """One printer, and the records that know what it was given."""

    def __init__(self, printer: Printer, portraits: Portraits) -> None:
        self.printer = printer
        self._portraits = portraits

    async def print(self, portrait: Portrait, sheet: Path) -> None:
        """Brings a sheet that was asked for to its end, wherever a crash has left it."""
        asked = portrait.printing
        assert asked is not None
        try:
            job = asked.job
            if asked.state is Print.ASKED:
                job = await self.printer.hold(sheet, portrait.id)
                held = await self._portraits.change(portrait.id, _printing(Printing(Print.HELD, job)))
                if held is None:  # deleted meanwhile
                    await self.printer.cancel(job)
                    return
            await self.printer.release(job)
            await self._portraits.change(portrait.id, _printing(Printing(Print.SENT, job)), done="print")
        except PrinterProblem as problem:
            log.error("a mosaic was not printed: %s", problem)
            why = (await self.printer.condition()).why or "none"
            failed = Printing(Print.FAILED, asked.job, why)
            await self._portraits.change(portrait.id, _printing(failed), done="print")

    async def cancel_strays(self) -> None:
        """Sheets on hold that no portrait knows: left by a crash between handing over and writing down."""
        try:
            held = await self.printer.held()
        except PrinterProblem:
            return
        if not held or await self._portraits.jobs():
            return
        for portrait_id in await self._portraits.all():
            portrait = await self._portraits.get(portrait_id)
            if portrait is not None and portrait.printing is not None:
                held.discard(portrait.printing.job)
        for job in held:
            await self.printer.cancel(job)


def _printing(printing: Printing) -> Callable[[Portrait], Portrait]:
    return lambda one: msgspec.structs.replace(one, printing=printing, tries=0)
