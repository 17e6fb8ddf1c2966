"""A screen without glass, with the page's own rules, that remembers everything it would have shown, and when."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, cast

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

Shown = tuple[str, int, str]  # id, revision, words


class Screen:
    """A gap, also one that a beat tells of, asks for a snapshot. `at` is when each number was reached."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name
        self.epoch: str | None = None
        self.seq: int | None = None
        self.items: dict[str, Shown] = {}
        self.shown: set[Shown] = set()
        self.at: dict[int, float] = {}
        self.gaps = 0
        self.sessions = 0

    async def run(self) -> None:
        while True:
            try:
                await self._session()
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(0.05)

    async def _session(self) -> None:
        address = self.url.replace("http", "ws") + "/ws/screen"
        async with connect(address, origin=cast(Any, self.url), compression=None, open_timeout=3) as link:
            self.sessions += 1
            hello = {"type": "hello", "screen": self.name, "epoch": self.epoch, "seq": self.seq}
            await link.send(json.dumps(hello))
            while True:
                frame = json.loads(await asyncio.wait_for(link.recv(), 12))
                if not self._takes(frame):
                    await link.send('{"type":"resync"}')

    def _takes(self, frame: dict[str, Any]) -> bool:
        match frame["type"]:
            case "snapshot":
                self.items = {}
                for item in frame["items"]:
                    self._put(item)
                self._reach(frame["seq"])
                self.epoch = frame["epoch"]
            case "op":
                if self.seq is None or frame["seq"] > self.seq + 1:
                    self.gaps += 1
                    return False
                if frame["seq"] <= self.seq:
                    return True
                if frame["op"] in ("add", "upd") and frame.get("item"):
                    self._put(frame["item"])
                elif frame["op"] == "del":
                    self.items.pop(frame["id"], None)
                self._reach(frame["seq"])
            case "beat":
                return self.seq is None or frame["seq"] <= self.seq
        return True

    def _reach(self, seq: int) -> None:
        now = time.perf_counter()
        for number in range((self.seq or 0) + 1, seq + 1):
            self.at[number] = now
        self.seq = seq

    def _put(self, item: dict[str, Any]) -> None:
        shown = (item["id"], item["rev"], "".join(span["text"] for span in item["spans"]))
        self.items[item["id"]] = shown
        self.shown.add(shown)
