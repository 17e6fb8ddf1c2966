"""Approve to painted, withdraw to confirmed: from a moderator's press to every screen, and back to his desk.

    python -m bench.painted [--screens 20] [--posts 20] [--size 960x540]

A whole wall runs (`parvis up`); the screens are real pages in Chromium that acknowledge an operation after the
frame that shows it. The press is an HTTP decision; a screen's time is the moment its acknowledgement leaves
the browser. In the same run, as many clients poll the same wall every ten seconds, each with its own phase:
that is how a wall without a socket does it (fediwall's default), and its best case, since a poller here is
counted as painted when its answer arrives.

Then every post is withdrawn. Two times are taken from that press: to the last screen's receipt, which it sends after
the frame in which the post is gone, and to the moment an open desk is told that it is off all of the screens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, cast

import aiohttp
from playwright.async_api import Page, WebSocket
from websockets.asyncio.client import connect

from tests.chromium import chromium, page_of
from tests.media.pictures import jpeg
from tests.stack import ADMIN, Stack, parvis, settings

PAUSE_S = 7.0  # longer than a hero's least time, so that each post finds a quiet stage
POLL_S = 10.0


class Glass:
    """One page: when each operation reached it, and when it acknowledged having painted it."""

    def __init__(self) -> None:
        self.seq = 0
        self.at: dict[int, float] = {}
        self.came: dict[int, float] = {}

    def watch(self, page: Page) -> None:
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _received(self, payload: str | bytes) -> None:
        frame = json.loads(payload)
        if frame.get("type") == "op":
            self.came[frame["seq"]] = time.perf_counter()

    def _sent(self, payload: str | bytes) -> None:
        frame = json.loads(payload)
        if frame.get("type") == "painted":
            now = time.perf_counter()
            for seq in range(self.seq + 1, frame["seq"] + 1):
                self.at[seq] = now
            self.seq = max(self.seq, frame["seq"])


class Poller:
    """A wall that asks every ten seconds."""

    def __init__(self, url: str, client: aiohttp.ClientSession) -> None:
        self.url = url
        self.client = client
        self.at: dict[str, float] = {}

    async def run(self) -> None:
        await asyncio.sleep(random.uniform(0, POLL_S))
        while True:
            async with self.client.get(f"{self.url}/api/v1/wall") as reply:
                for item in (await reply.json())["items"]:
                    self.at.setdefault(item["id"], time.perf_counter())
            await asyncio.sleep(POLL_S)


class Watcher:
    """An open desk: when it was told that a post is off all the screens."""

    def __init__(self, url: str, *, screens: int) -> None:
        self.url = url
        self.screens = screens
        self.off: dict[str, float] = {}

    async def run(self) -> None:
        address = self.url.replace("http", "ws") + "/ws/desk"
        head = {"authorization": f"Bearer {ADMIN}"}
        origin = cast(Any, self.url)
        async with connect(address, origin=origin, additional_headers=head, max_size=None) as link:
            async for text in link:
                frame = json.loads(text)
                if frame["type"] == "beat":
                    await link.send('{"type":"beat"}')
                for pid, receipt in frame.get("off", {}).items() if frame["type"] == "screens" else ():
                    if receipt["confirmed"] == receipt["of"] == self.screens:
                        self.off.setdefault(pid, time.perf_counter())


def spread(values: list[float]) -> str:
    ranked = sorted(values)

    def at(share: float) -> float:
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))]

    return f"p50 {at(0.5):6.3f}  p90 {at(0.9):6.3f}  p95 {at(0.95):6.3f}  p99 {at(0.99):6.3f}  max {ranked[-1]:6.3f} s"


def script(folder: Path, number: int) -> str:
    """Posts that wait for a moderator, every other with a picture."""
    lines = []
    (folder / "p.jpg").write_bytes(jpeg(1600, 1200))
    for n in range(number):
        post: dict[str, Any] = {
            "native_id": str(n),
            "author": {"id": f"a{n}", "name": f"Visitor {n}"},
            "spans": [{"text": f"Post number {n}: the lights have just come on over the courtyard."}],
        }
        lines.append({"at": 0, "post": post})
    path = folder / "posts.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return f'[[source]]\nnetwork = "replay"\nfile = "{path}"\nloop = false'


async def submit_photos(stack: Stack, client: aiohttp.ClientSession, number: int) -> None:
    for n in range(number):
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in {"text": f"Photo number {n}", "consent": "1", "key": str(uuid.uuid4())}.items():
            form.add_field(name, value)
        form.add_field(
            "photo", jpeg(1600, 1200, (n * 10 % 255, 90, 160)), filename="p.jpg", content_type="image/jpeg"
        )
        head = {"authorization": f"Bearer {ADMIN}"}
        async with client.post(f"{stack.url}/api/v1/submissions", data=form, headers=head) as reply:
            reply.raise_for_status()


async def measure(stack: Stack, *, screens: int, posts: int, size: tuple[int, int]) -> None:
    async with chromium() as browser, aiohttp.ClientSession() as client, asyncio.TaskGroup() as tasks:
        glasses = [Glass() for _ in range(screens)]
        for n, glass in enumerate(glasses):
            page = await page_of(browser, width=size[0], height=size[1])
            glass.watch(page)
            await page.goto(f"{stack.url}/screen/hall-{n}")
        pollers = [Poller(stack.url, client) for _ in range(screens)]
        running = [tasks.create_task(poller.run()) for poller in pollers]
        await submit_photos(stack, client, posts // 2)
        cards = await asyncio.to_thread(
            stack.wait,
            "the queue",
            lambda: len(found := stack.posts("queued")) >= posts and found[:posts],
            within_s=60,
        )
        pressed: dict[str, tuple[float, int]] = {}
        for card in cards:
            await asyncio.sleep(PAUSE_S)
            at = time.perf_counter()
            status, body = await asyncio.to_thread(stack.decide, card, "approve", key=str(uuid.uuid4()))
            assert status == 200, body
            pressed[card["id"]] = (at, body["seq"])
        await asyncio.sleep(POLL_S + 1)
        watcher = Watcher(stack.url, screens=screens)
        running.append(tasks.create_task(watcher.run()))
        withdrawn: dict[str, tuple[float, int]] = {}
        for card in cards:
            await asyncio.sleep(PAUSE_S)
            at = time.perf_counter()
            status, body = await asyncio.to_thread(stack.decide, card, "withdraw", key=str(uuid.uuid4()))
            assert status == 200, body
            withdrawn[card["id"]] = (at, body["seq"])
        await asyncio.sleep(PAUSE_S)
        for task in running:
            task.cancel()
    came = [glass.came[seq] - at for at, seq in pressed.values() for glass in glasses if seq in glass.came]
    ours = [glass.at[seq] - at for at, seq in pressed.values() for glass in glasses if seq in glass.at]
    last = [max(glass.at[seq] for glass in glasses) - at for at, seq in pressed.values()]
    gone = [max(glass.at[seq] for glass in glasses) - at for at, seq in withdrawn.values()]
    told = [watcher.off[pid] - at for pid, (at, _) in withdrawn.items()]
    polled = [
        poller.at[pid] - at for pid, (at, _) in pressed.items() for poller in pollers if pid in poller.at
    ]
    assert len(ours) == len(pressed) * screens, f"{len(pressed) * screens - len(ours)} paintings never came"
    print(f"{screens} screens of {size[0]}×{size[1]}, {len(pressed)} posts, half with a picture, one machine")
    print(f"  press to the screen's socket    {spread(came)}")
    print(f"  press to painted, each screen   {spread(ours)}")
    print(f"  press to painted, last screen   {spread(last)}")
    print(f"  withdrawn to the last receipt   {spread(gone)}")
    print(f"  withdrawn to the desk told so   {spread(told)}")
    print(f"  polling every {POLL_S:.0f} s, same wall    {spread(polled)}")
    print(f"  ratio of medians {statistics.median(ours) / statistics.median(polled):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--screens", type=int, default=20)
    parser.add_argument("--posts", type=int, default=20)
    parser.add_argument("--size", default="960x540")
    asked = parser.parse_args()
    width, height = (int(part) for part in asked.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = (
            settings(script(folder, asked.posts - asked.posts // 2))
            + "\n[join]\nper_address_per_min = 1000\n"
        )
        with parvis(folder, config) as stack:
            asyncio.run(measure(stack, screens=asked.screens, posts=asked.posts, size=(width, height)))


if __name__ == "__main__":
    main()
