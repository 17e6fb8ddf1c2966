"""The whole wall, as its users start it: words set a label, and a killed worker owes its department nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.dispatch.department import Department
from tests.stack import parvis, settings

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stack")]


async def test_a_worker_killed_in_the_middle_of_a_delivery_is_followed_by_one_that_delivers(
    tmp_path: Path,
) -> None:
    said = {
        "network": "replay",
        "source": "r",
        "instance": "r",
        "native_id": "1",
        "author": {"id": "1", "name": "Inès"},
    }
    line = {"at": 0, "post": {**said, "spans": [{"text": "Je suis journaliste"}]}}
    (tmp_path / "posts.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    source = f'[[source]]\nnetwork = "replay"\nname = "r"\nfile = "{tmp_path / "posts.jsonl"}"\n'
    async with Department() as place:
        place.hold.clear()
        label = f'[[label]]\nname = "press"\nwebhook = "{place.url}"\nsecret = "s3cret"\nwords = ["journalist*"]\n'
        started = parvis(tmp_path, settings(source, label))
        stack = await asyncio.to_thread(started.__enter__)
        try:
            await place.until(1)
            await asyncio.to_thread(stack.kill, "worker")
            place.hold.set()
            await place.until(2)

            def is_told() -> bool:
                _, body = stack.call("/api/v1/labels")
                return bool(body["labels"][0]["sent"] == 1)

            await asyncio.to_thread(stack.wait, "count", is_told)
            assert len({one.headers["parvis-delivery"] for one in place.got}) == 1
            assert "s3cret" not in "\n".join(stack.lines)
        finally:
            await asyncio.to_thread(started.__exit__, None, None, None)
