"""A screen without glass: speaks the protocol over a real socket and remembers everything it would have shown."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException


class GlasslessScreen:
    """Runs until cancelled, reconnecting like the page. `shown` is (id, rev, content) of all it ever got."""

    def __init__(self, url: str, name: str) -> None:
        self.origin = url
        self.url = url.replace("http", "ws") + "/ws/screen"
        self.name = name
        self.epoch: str | None = None
        self.seq: int | None = None
        self.items: dict[str, dict[str, Any]] = {}
        self.shown: set[tuple[str, int]] = set()
        self.snapshots = 0
        self.gaps = 0
        self.is_panic = False
        self.changed = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                await self._session()
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(0.1)

    async def _session(self) -> None:
        async with connect(self.url, origin=self.origin, compression=None, open_timeout=3) as socket:  # type: ignore[arg-type]
            hello = {
                "type": "hello",
                "screen": self.name,
                "epoch": self.epoch,
                "seq": self.seq,
                "size": "1x1",
                "build": "t",
            }
            await socket.send(json.dumps(hello))
            while True:
                frame = json.loads(await asyncio.wait_for(socket.recv(), 12))
                if frame["type"] == "snapshot":
                    self.epoch, self.seq, self.is_panic = frame["epoch"], frame["seq"], frame["panic"]
                    self.items = {item["id"]: item for item in frame["items"]}
                    self.shown |= {(item["id"], item["rev"]) for item in frame["items"]}
                    self.snapshots += 1
                elif frame["type"] == "op":
                    if self.seq is None or frame["seq"] != self.seq + 1:
                        self.gaps += 1
                        await socket.send('{"type":"resync"}')
                        continue
                    self._apply(frame)
                else:
                    continue
                self.changed.set()
                await socket.send(json.dumps({"type": "painted", "seq": self.seq, "ids": []}))

    def _apply(self, frame: dict[str, Any]) -> None:
        self.seq = frame["seq"]
        if frame["op"] in ("add", "upd"):
            self.items[frame["item"]["id"]] = frame["item"]
            self.shown.add((frame["item"]["id"], frame["item"]["rev"]))
        elif frame["op"] == "del":
            self.items.pop(frame["id"], None)
        elif frame["op"] == "panic":
            self.is_panic = frame["on"]
