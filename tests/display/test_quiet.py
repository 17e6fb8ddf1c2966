"""Quiet hours: the best posts go to the screens once, again when they change, and an empty list at the end."""

from __future__ import annotations

import asyncio
from datetime import time
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from display.quiet import is_within
from tests.display.test_hub import dial, hear, say
from tests.makers import Hands, post
from tests.server import serving
from wall.gate import Ruling
from wall.model import PostId
from wall.settings import ScreenSettings
from wall.store.client import Store


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        ("", "12:00", False),
        ("09:00-18:00", "09:00", True),
        ("09:00-18:00", "18:00", False),
        ("22:00-07:00", "23:30", True),
        ("22:00-07:00", "06:59", True),
        ("22:00-07:00", "07:00", False),
    ],
)
def test_hours(hours: str, at: str, *, expected: bool) -> None:
    assert is_within(hours, time.fromisoformat(at)) is expected


async def hang(hands: Hands, native_id: str) -> PostId:
    said = post(native_id, f"Bonsoir {native_id}")
    await hands.arrive(said, ruling=Ruling.APPROVE)
    return said.pid


async def best(link: ClientConnection, *wanted: PostId) -> None:
    """Wait for the list that holds exactly these posts."""
    async with asyncio.timeout(20):
        while True:
            frame = await hear(link, "extra", within_s=20)
            if frame["for"] == "best" and [item["id"] for item in frame["items"]] == list(wanted):
                return


async def test_screens_are_told_the_best_and_when_it_changes(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("display.quiet.STEP_S", 0.1)
    hands = Hands(store)
    async with serving(store, data_dir, screen=ScreenSettings(quiet_hours="00:00-23:59")) as served:
        first = await hang(hands, "1")
        async with dial(served) as link:
            await say(link, type="hello", screen="hall-a")
            await hear(link, "snapshot")
            await best(link, first)
            second = await hang(hands, "2")
            await best(link, second, first)
            await hands.gate.withdraw(first, why="withdrawn", by="test", source="")
            await best(link, second)
