"""Eight hours of a screen, compressed: posts come and go by the tens of thousands, and the page stays as it was.

    python -m bench.soak [--posts 50000] [--rate 40]

A whole wall runs (`parvis up`). Posts are put onto the wall and taken off it through the gate, half of them with a
picture, while a real page at 1920×1080 goes through a programme of every layout. Heap and nodes are taken after two
collections, each time in the same scene; long tasks and the distances between frames are noted by the page itself.

The page shares its processors with the wall, with what puts the posts there and with a rasteriser in software: a task
that is long by the clock has mostly been kept waiting. At each look the main thread is traced for some seconds besides,
and the tasks that themselves took more than 50 ms of a processor are counted.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Page

from tests.chromium import chromium, page_of, problems_of
from tests.makers import Hands
from tests.media.pictures import jpeg
from tests.stack import parvis, settings
from wall.gate import Ruling
from wall.media.decode import render
from wall.media.store import MediaStore
from wall.model import Author, Card, CardAuthor, Picture, Post, PostId, Span, utc_now
from wall.store.client import Store
from wall.store.place import store_url

EVENT = "la-nuit-des-lumieres"
STANDING = 60
LOOKS = 20
TRACED_S = 5
WORDS = (
    "lumière façade nuit pont rivière soleil verrière place musique foule lanterne couleur ombre fenêtre clocher"
    " 灯光 河边 广场 music bridge courtyard النور مساء tilleul fontaine pavé horloge coupole escalier 🎆 ✨"
)
SCENES = (
    ("bento", 30),
    ("spotlight", 15),
    ("masonry", 15),
    ("photos", 15),
    ("mosaic", 15),
    ("ticker", 15),
    ("words", 8),
    ("numbers", 8),
    ("join", 8),
)
WATCH = """() => {
  globalThis.tasks = [];
  globalThis.gaps = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) globalThis.tasks.push([Math.round(task.startTime), Math.round(task.duration)]);
  }).observe({ type: "longtask" });
}"""
# A probe of two seconds at each look: asking for frames all the time would itself be a load.
FRAMES = """() => new Promise((done) => {
  const gaps = [];
  let last = performance.now();
  const end = last + 2000;
  const step = (now) => {
    gaps.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(step);
    else done(gaps);
  };
  requestAnimationFrame(step);
})"""


def programme() -> str:
    scenes = [f'[[programme.scene]]\nlayout = "{layout}"\nseconds = {seconds}' for layout, seconds in SCENES]
    return "\n".join(['[[programme]]\nname = "soak"', *scenes])


async def traced(tools: CDPSession) -> list[float]:
    """Processor milliseconds of each task of the page's main thread during `TRACED_S`."""
    events: list[dict[str, Any]] = []
    ended = asyncio.Event()
    tools.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    tools.once("Tracing.tracingComplete", lambda _: ended.set())
    await tools.send("Tracing.start", {"traceConfig": {"includedCategories": ["toplevel"]}})
    await asyncio.sleep(TRACED_S)
    await tools.send("Tracing.end")
    await ended.wait()
    named = [event for event in events if event["name"] == "thread_name"]
    mains = {(e["pid"], e["tid"]) for e in named if e["args"]["name"] == "CrRendererMain"}
    tasks = [e for e in events if (e["pid"], e["tid"]) in mains and e["name"].endswith("RunTask")]
    return [task.get("tdur", 0) / 1000 for task in tasks]


class Crowd:
    """Puts posts onto the wall and takes the oldest off again."""

    def __init__(self, store: Store, media: MediaStore) -> None:
        self.hands = Hands(store)
        self.pictures = [
            media.put(
                render(jpeg(*random.choice([(1200, 900), (900, 1200), (1600, 400), (400, 1600)]), tint))
            )
            for tint in [(n * 11 % 255, n * 37 % 255, n * 71 % 255) for n in range(24)]
        ]
        self.standing: deque[PostId] = deque()
        self.count = 0

    async def come(self) -> None:
        self.count += 1
        author = f"Visitor {self.count % 400}"
        said = Post(
            network="mastodon", source="s", instance="example.org", native_id=str(self.count),
            author=Author(id=author, name=author), spans=(Span(self._text()),),
        )  # fmt: skip
        await self.hands.gate.accept(said)
        pictures: tuple[Picture, ...] = (random.choice(self.pictures),) if self.count % 2 else ()
        card = Card(
            id=said.pid, network="mastodon", source="s", author=CardAuthor(name=author), spans=said.spans,
            pictures=pictures, at=utc_now(),
        )  # fmt: skip
        await self.hands.gate.offer(await self.hands.claim(said.pid), card, ruling=Ruling.APPROVE)
        self.standing.append(said.pid)
        if len(self.standing) > STANDING:
            gone = self.standing.popleft()
            await self.hands.gate.withdraw(gone, why="withdrawn", by="soak", source="")

    def _text(self) -> str:
        return " ".join(random.choices(WORDS.split(), k=random.choice([0, 1, 4, 9, 20, 40]))) or "…"


async def weigh(page: Page, tools: CDPSession) -> tuple[float, int, int]:
    """(heap in MB, nodes, listeners) after two collections."""
    for _ in range(2):
        await tools.send("HeapProfiler.collectGarbage")
    found = {m["name"]: m["value"] for m in (await tools.send("Performance.getMetrics"))["metrics"]}
    elements: int = await page.evaluate("document.querySelectorAll('*').length")
    return found["JSHeapUsedSize"] / 1e6, elements, int(found["JSEventListeners"])


async def in_scene(page: Page, layout: str) -> None:
    while await page.evaluate("document.documentElement.dataset.layout") != layout:
        await asyncio.sleep(0.1)
    await asyncio.sleep(3)


async def soak(url: str, data: Path, *, posts: int, rate: float) -> None:
    media = MediaStore(data / "media")
    async with (
        Store(store_url(data_dir=data, url=None), event=EVENT, name="soak") as store,
        chromium() as browser,
        asyncio.TaskGroup() as tasks,
    ):
        crowd = Crowd(store, media)
        for _ in range(STANDING):
            await crowd.come()
        page = await page_of(browser)
        tools = await page.context.new_cdp_session(page)
        await tools.send("Performance.enable")
        await page.goto(f"{url}/screen/main")
        await page.wait_for_selector("html[data-state=live]", state="attached")
        await asyncio.sleep(8)
        await page.evaluate(WATCH)

        async def come_and_go() -> None:
            begun = time.monotonic()
            while crowd.count < posts:
                await crowd.come()
                await asyncio.sleep(max(0, begun + (crowd.count - STANDING) / rate - time.monotonic()))

        coming = tasks.create_task(come_and_go())
        print(f"{'posts':>7} {'heap MB':>8} {'nodes':>6} {'listeners':>9} {'frames: p50':>12} {'p95 ms':>7}")
        rows: list[tuple[float, int]] = []
        busy: list[float] = []
        for look in range(LOOKS + 1):
            while crowd.count < STANDING + look * (posts - STANDING) / LOOKS and not coming.done():
                await asyncio.sleep(0.2)
            await in_scene(page, "bento")
            gaps = sorted(await page.evaluate(FRAMES))
            busy += await traced(tools)
            heap, nodes, listeners = await weigh(page, tools)
            rows.append((heap, nodes))
            p50, p95 = gaps[len(gaps) // 2], gaps[int(len(gaps) * 0.95)]
            print(f"{crowd.count:7} {heap:8.2f} {nodes:6} {listeners:9} {p50:12.1f} {p95:7.1f}", flush=True)
        await coming
        long = [duration for _, duration in await page.evaluate("globalThis.tasks")]
        settled = [heap for heap, _ in rows[2:]]
        drift = statistics.mean(settled[-4:]) / statistics.mean(settled[:4]) - 1
        print(f"heap of the last four looks against the first four settled ones: {drift:+.1%}")
        print(f"nodes {min(n for _, n in rows)} to {max(n for _, n in rows)}")
        print(
            f"tasks over 50 ms by the clock after the start: {len(long)}, the longest {max(long, default=0)} ms"
        )
        slow = sorted(task for task in busy if task > 50)
        print(
            f"tasks over 50 ms of a processor in {len(rows) * TRACED_S} s traced: {len(slow)} of {len(busy)}",
            end="",
        )
        print(f", the longest {max(busy):.0f} ms; busy {sum(busy) / len(rows) / TRACED_S / 10:.0f} %")
        print(f"errors of the page: {len(problems_of(page))} {problems_of(page)[:3]}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=50_000)
    parser.add_argument("--rate", type=float, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with parvis(folder, settings() + "\n" + programme()) as stack:
            asyncio.run(soak(stack.url, stack.data, posts=asked.posts, rate=asked.rate))


if __name__ == "__main__":
    main()
