"""A screen through a hundred outages: never blank, equal to the store again within five seconds, nothing repainted.

    python -m bench.outages [--rounds 100] [--minutes 15]

A whole wall runs (`parvis up`), a real page at 1920×1080 reaches it through a line of ours. In each round one thing
happens: the web process is killed or stopped, the store is killed or stopped, the line is cut, frozen or half open
(writes vanish, nobody is told), the page's clock jumps, the page's storage is full, the page is loaded again while the
server is away. Meanwhile posts come and posts are taken down through the gate as far as there is a store.

Every frame that the browser paints is looked at: one without any structure is a blank one. After the end of each
outage the ids on the glass are compared with the store; the time until they agree, and until the newest post stands,
is what is printed. An id that was taken down and has left the glass may never stand there again.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageStat
from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as BrowserError

from bench.painted import spread
from bench.soak import EVENT, STANDING, Crowd
from tests.chromium import chromium, page_of
from tests.faults.proxy import Proxy, tcp
from tests.stack import Stack, parvis, settings
from wall.media.store import MediaStore
from wall.model import PostId
from wall.store.client import Store, StoreError
from wall.store.place import store_url

OUTAGE_S = (1.0, 6.0)
AGREES_S = 5.0
STRUCTURE = 4.0  # standard deviation of the lightness of a picture with anything on it
SKEW = """(() => {
  const now = Date.now.bind(Date);
  globalThis.skew = 0;
  Date.now = () => now() + globalThis.skew;
})()"""
ON_GLASS = """() => [...document.querySelectorAll(".scene:not(.coming) [data-post]")].map((card) => card.dataset.post)"""


class Eye:
    """Looks at every frame the browser paints, and at who stands there."""

    def __init__(self, page: Page, tools: CDPSession) -> None:
        self.page = page
        self.tools = tools
        self.frames = 0
        self.blanks: list[float] = []
        self.least = 1e9
        self.shown: set[str] = set()
        self.gone: dict[str, float] = {}
        self.repainted: set[str] = set()
        tools.on("Page.screencastFrame", lambda event: self._frame(event))
        self.acknowledge: asyncio.Queue[int] = asyncio.Queue()

    def _frame(self, event: dict[str, Any]) -> None:
        self.acknowledge.put_nowait(event["sessionId"])
        image = Image.open(io.BytesIO(base64.b64decode(event["data"]))).convert("L")
        structure = ImageStat.Stat(image).stddev[0]
        self.frames += 1
        self.least = min(self.least, structure)
        if structure < STRUCTURE:
            self.blanks.append(time.monotonic())

    async def look(self) -> None:
        """Until cancelled: takes the frames in, and asks twenty times a second who stands."""
        await self.tools.send(
            "Page.startScreencast", {"format": "jpeg", "quality": 40, "maxWidth": 480, "maxHeight": 270}
        )
        while True:
            while not self.acknowledge.empty():
                await self.tools.send("Page.screencastFrameAck", {"sessionId": self.acknowledge.get_nowait()})
            ids = set(await self.ids())
            self.shown |= ids
            self.repainted |= {pid for pid in ids if pid in self.gone}
            await asyncio.sleep(0.05)

    async def ids(self) -> list[str]:
        try:
            found: list[str] = await self.page.evaluate(ON_GLASS)
        except BrowserError:  # between two pages
            return []
        return found


class Outages:
    def __init__(self, stack: Stack, line: Proxy, page: Page, tools: CDPSession) -> None:
        self.stack = stack
        self.line = line
        self.page = page
        self.tools = tools
        self.kinds: dict[str, Callable[[float], Awaitable[None]]] = {
            "web killed": lambda s: self._signal("web", signal.SIGKILL, s),
            "web stopped": lambda s: self._stop("web", s),
            "store killed": lambda s: self._signal("redis", signal.SIGKILL, s),
            "store stopped": lambda s: self._stop("redis", s),
            "line cut": self._cut,
            "line frozen": self._frozen,
            "half open": self._half_open,
            "clock jump": self._jump,
            "storage full": self._full,
            "reload without server": self._reload,
        }

    async def _signal(self, role: str, number: int, seconds: float) -> None:
        await asyncio.to_thread(self.stack.kill, role, number)
        await asyncio.sleep(seconds)

    async def _stop(self, role: str, seconds: float) -> None:
        pid = await asyncio.to_thread(self.stack.kill, role, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        os.kill(pid, signal.SIGCONT)

    async def _cut(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.line.cut()
            await asyncio.sleep(0.4)

    async def _frozen(self, seconds: float) -> None:
        self.line.freeze()
        await asyncio.sleep(seconds)
        self.line.thaw()

    async def _half_open(self, seconds: float) -> None:
        """Longer than the page's patience: it must notice by itself."""
        self.line.freeze()
        await asyncio.sleep(14 + seconds)
        self.line.cut()
        self.line.thaw()

    async def _jump(self, seconds: float) -> None:
        jump = random.choice([-86_400_000, -3_600_000, 3_600_000, 86_400_000])
        await self.page.evaluate("(jump) => { globalThis.skew = jump; }", jump)
        await asyncio.sleep(seconds)
        await self.page.evaluate("globalThis.skew = 0")

    async def _full(self, seconds: float) -> None:
        origin = f"http://127.0.0.1:{self.line.port}"
        await self.tools.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1000})
        await asyncio.sleep(seconds)
        await self.tools.send("Storage.overrideQuotaForOrigin", {"origin": origin})

    async def _reload(self, seconds: float) -> None:
        self.line.freeze()
        self.line.cut()
        await self.page.reload(wait_until="commit")
        await asyncio.sleep(seconds)
        self.line.cut()
        self.line.thaw()


async def live(crowd: Crowd) -> set[str]:
    """Ids of what is on the wall; waits for the store."""
    while True:
        try:
            return {item.pid for item in (await crowd.hands.wall.snapshot(10_000)).items}
        except StoreError:
            await asyncio.sleep(0.1)


async def change(crowd: Crowd, taken: list[PostId]) -> None:
    """Posts come, and those that stand longest go, as long as there is a store."""
    while True:
        try:
            gone = crowd.standing[0] if len(crowd.standing) >= STANDING else None
            await crowd.come()
            if gone is not None:
                taken.append(gone)
        except StoreError:
            pass
        await asyncio.sleep(random.uniform(0.2, 0.8))


async def agreement(eye: Eye, crowd: Crowd) -> float:
    """Seconds until everybody on the glass is on the wall, and the newest post is or has been on the glass."""
    began = time.monotonic()
    newest = crowd.standing[-1]
    while time.monotonic() - began < 30:
        ids = set(await eye.ids())
        if (newest in ids or newest in eye.shown) and ids <= await live(crowd):
            return time.monotonic() - began
        await asyncio.sleep(0.05)
    ids, standing = set(await eye.ids()), await live(crowd)
    print(
        f"no agreement: {len(ids)} on the glass, {len(ids - standing)} not on the wall, newest there: {newest in ids}",
        flush=True,
    )
    return float("inf")


async def suffer(stack: Stack, *, rounds: int, minutes: float, only: str) -> None:
    async with (
        Store(store_url(data_dir=stack.data, url=None), event=EVENT, name="outages") as store,
        Proxy(tcp(stack.port)) as line,
        chromium() as browser,
        asyncio.TaskGroup() as tasks,
    ):
        crowd = Crowd(store, MediaStore(stack.data / "media"))
        for _ in range(STANDING):
            await crowd.come()
        page = await page_of(browser)
        await page.add_init_script(SKEW)
        tools = await page.context.new_cdp_session(page)
        await page.goto(f"http://127.0.0.1:{line.port}/screen/main")
        await page.wait_for_selector("html[data-state=live]", state="attached")
        await asyncio.sleep(8)  # its service worker keeps what it needs
        eye = Eye(page, tools)
        outages = Outages(stack, line, page, tools)
        looking = tasks.create_task(eye.look())
        times: list[float] = []
        late: list[str] = []
        kinds: Counter[str] = Counter()
        until = time.monotonic() + minutes * 60
        while len(times) < rounds or time.monotonic() < until:
            kind = only or random.choice(list(outages.kinds))
            taken: list[PostId] = []
            changing = tasks.create_task(change(crowd, taken))
            await outages.kinds[kind](random.uniform(*OUTAGE_S))
            changing.cancel()
            seconds = await agreement(eye, crowd)
            times.append(seconds)
            print(f"{len(times):4} {kind:22} {seconds:6.2f} s", flush=True)
            kinds[kind] += 1
            if seconds > AGREES_S:
                late.append(f"{kind} {seconds:.1f} s")
            # whoever was taken down and has left may not come back
            standing = await live(crowd)
            eye.gone |= {pid: time.monotonic() for pid in taken if pid not in standing}
        looking.cancel()
        print(f"{len(times)} outages: {', '.join(f'{n} × {kind}' for kind, n in sorted(kinds.items()))}")
        print(
            f"{eye.frames} frames painted, {len(eye.blanks)} of them blank (least structure {eye.least:.1f})"
        )
        print(f"equal to the store again {spread([t for t in times if t < 1e9])}")
        print(f"within {AGREES_S:.0f} s: {sum(t <= AGREES_S for t in times)} of {len(times)}; late: {late}")
        print(f"posts taken down: {len(eye.gone)}, painted again after they had gone: {len(eye.repainted)}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--only", default="", help="one kind of outage, as it is printed")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        config = settings() + '\n[screen]\nlayout = "bento"\n'
        with parvis(Path(name), config) as stack:
            asyncio.run(suffer(stack, rounds=asked.rounds, minutes=asked.minutes, only=asked.only))


if __name__ == "__main__":
    main()
