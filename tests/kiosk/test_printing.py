"""Printing, each sheet once, whatever dies in between. CUPS's programs are played by `tests/fakes/cups.py`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from kiosk.printing import Printer
from kiosk.record import Portraits, id_of
from tests.browser.hall import until
from tests.fakes.cups import install
from tests.kiosk.stand import Stand, stand
from wall.settings_shape import KioskSettings
from wall.store.client import Store

PRINTS = KioskSettings(printer="photo")


@pytest.fixture
def cups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cups"
    folder.mkdir()
    for name, value in install(folder).items():
        monkeypatch.setenv(name, value)
    return folder


def sheets(cups: Path) -> list[str]:
    path = cups / "jobs.json"
    return [one["state"] for one in json.loads(path.read_text()).values()] if path.exists() else []


async def test_how_a_printer_is(cups: Path) -> None:
    printer = Printer("photo")
    assert (await printer.condition()).is_ready
    for reasons, why in (
        ("media-empty-error", "paper"),
        ("marker-supply-empty-warning,media-jam-error", "ink"),
        ("offline-report", "offline"),
        ("paused", "paused"),
    ):
        (cups / "reasons").write_text(reasons)
        assert (await printer.condition()).why == why
    (cups / "fail-lpstat").touch()
    assert (await printer.condition()).why == "none"


async def drawn(house: Stand) -> str:
    await house.hang(*range(1, 12))
    await house.pool_of(11)
    token = await house.asked()
    await house.ready(token)

    async def printer_is_known() -> bool:
        return (await house.wish(token, print=True))[0] == 200

    await until(printer_is_known, "a printer")
    return token


async def printed(house: Stand, token: str) -> dict[str, Any]:
    async def found() -> dict[str, Any] | None:
        state = await house.state(token)
        return state if state["printing"]["state"] in ("sent", "failed") else None

    state: dict[str, Any] = await until(found, "a sheet")
    return state


async def test_a_sheet_is_printed_once(store: Store, data_dir: Path, cups: Path) -> None:
    async with stand(store, data_dir, kiosk=PRINTS) as house, house.working():
        token = await drawn(house)
        await house.wish(token, print=True)  # a double press
        assert (await printed(house, token))["printing"] == {"state": "sent", "why": ""}
        await house.wish(token, print=True)
        await asyncio.sleep(0.5)
        assert sheets(cups) == ["printed"]


async def test_no_paper_is_said_before_anything_is_promised(store: Store, data_dir: Path, cups: Path) -> None:
    (cups / "reasons").write_text("media-empty-error")
    async with stand(store, data_dir, kiosk=PRINTS) as house, house.working():
        await house.hang(*range(1, 12))
        token = await house.asked()
        await house.ready(token)

        async def refusal() -> bool:
            status, body = await house.wish(token, print=True)
            return status == 409 and body["why"] == "paper"

        await until(refusal, "a refusal")
        assert sheets(cups) == []


@pytest.mark.parametrize("step", ["handed over", "written down", "released"])
async def test_a_studio_that_dies_prints_once(
    store: Store, data_dir: Path, cups: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is cut off right after each step; the next one brings the sheet to its end."""
    reached = asyncio.Event()

    async def dies(*_: object) -> None:
        reached.set()
        await asyncio.Event().wait()

    async with stand(store, data_dir, kiosk=PRINTS) as house:
        with monkeypatch.context() as patch:
            if step == "handed over":
                hold = Printer.hold

                async def hold_and_die(self: Printer, picture: Path, portrait_id: str) -> str:
                    await hold(self, picture, portrait_id)
                    await dies()
                    return ""

                patch.setattr(Printer, "hold", hold_and_die)
            elif step == "written down":
                patch.setattr(Printer, "release", dies)
            else:
                release = Printer.release

                async def release_and_die(self: Printer, job: str) -> None:
                    await release(self, job)
                    await dies()

                patch.setattr(Printer, "release", release_and_die)
            async with house.working():
                token = await drawn(house)
                await asyncio.wait_for(reached.wait(), 20)
        async with house.working():
            assert (await printed(house, token))["printing"]["state"] == "sent"

            async def is_clear() -> bool:
                return "held" not in sheets(cups)

            await until(is_clear, "no sheet on hold")
            assert sheets(cups).count("printed") == 1


async def test_what_is_deleted_before_it_is_printed_is_not_printed(
    store: Store, data_dir: Path, cups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stand(store, data_dir, kiosk=PRINTS) as house:
        with monkeypatch.context() as patch:
            reached = asyncio.Event()

            async def dies(*_: object) -> None:
                reached.set()
                await asyncio.Event().wait()

            patch.setattr(Printer, "release", dies)
            async with house.working():
                token = await drawn(house)
                await asyncio.wait_for(reached.wait(), 20)
        await house.delete(token)
        async with house.working():

            async def is_cancelled() -> bool:
                return sheets(cups) == ["cancelled"]

            await until(is_cancelled, "a cancelled sheet")
        assert await Portraits(store).get(id_of(token)) is not None
