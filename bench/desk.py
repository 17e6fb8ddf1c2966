"""The desk under load: decisions answered and kept, frames, memory, while a queue of 100,000 grows by 200 a second.

    python -m bench.desk [--queued 100000] [--seconds 60] [--per-second 200] [--moderators 10]

The queue is filled first, by two processes, each post through the gate's own scripts. Then the whole wall runs as
`parvis up` does, recordings are replayed at a steady pace, and every moderator holds a socket and decides over HTTP:
one card a second each for the most part, in the last quarter as fast as answers come. Every other one takes the very
first card of the queue, so they collide; one press in ten is sent again with its key. A real desk is open in Chromium
all the time: its heap is read after a forced collection. No rival with a queue could be run here, so none is named.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
import time
from collections import Counter
from pathlib import Path

import aiohttp
from playwright.async_api import Browser, CDPSession, expect

from bench.history import spread
from tests.chromium import chromium, page_of, problems_of
from tests.e2e.crowd import EVENT, Moderator, account, fed, feed, fill_queue, moderators_at
from tests.stack import Stack, parvis, settings
from wall.store.client import Store
from wall.store.place import store_url

SETTLE_S = 8
INDEXED_S = 120  # a recording lasts that much longer than the measurement
INDEX_WAIT_S = 45
BURST = 0.25  # of the time


def rss_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:")) / 1024


class Gauge:
    """Memory of the web process and the store, and of the desk's page after a forced collection."""

    def __init__(self, stack: Stack, page: CDPSession) -> None:
        self._stack = stack
        self._page = page

    async def read(self, when: str) -> None:
        await self._page.send("HeapProfiler.collectGarbage")
        heap = await self._page.send("Runtime.getHeapUsage")
        dom = await self._page.send("Memory.getDOMCounters")
        web, store = (rss_mb(self._stack.pid_of(role)) for role in ("web", "redis"))
        print(
            f"  {when:8} web {web:6.1f} MB   store {store:6.1f} MB   "
            f"page's heap {heap['usedSize'] / 1e6:6.2f} MB   {dom['nodes']:,} nodes   "
            f"{dom['jsEventListeners']:,} listeners",
            flush=True,
        )


async def indexed(stack: Stack) -> None:
    """Wait a while for the search index, which makes memory grow; a flood on few cores may keep it from its end."""
    began = time.perf_counter()
    while time.perf_counter() - began < INDEX_WAIT_S:
        status, body = await asyncio.to_thread(stack.call, "/api/v1/posts?state=queued&limit=1&q=nuit")
        if status == 200 and body.get("building") is None:
            print(f"  searchable {time.perf_counter() - began:.0f} s after the start", flush=True)
            return
        await asyncio.sleep(0.5)
    print(f"  {body.get('building', 0):.0%} searchable {INDEX_WAIT_S} s after the start", flush=True)


async def open_desk(browser: Browser, stack: Stack) -> CDPSession:
    """Signed in with the terminal's code, as a person is."""
    page = await page_of(browser, width=1280, height=800)
    code = await asyncio.to_thread(stack.wait, "a sign-in code", lambda: stack.code)
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client,
        client.post(
            f"{stack.url}/api/v1/session",
            json={"code": code, "name": "Watcher"},
            headers={"origin": stack.url},
        ) as reply,
    ):
        reply.raise_for_status()
        cookies = [{"name": c.key, "value": c.value, "url": stack.url} for c in reply.cookies.values()]
    await page.context.add_cookies(cookies)  # type: ignore[arg-type]  # playwright's own shape
    await page.goto(f"{stack.url}/desk")
    await expect(page).to_have_title(re.compile(r"^\("), timeout=20_000)  # it counts the queue there
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.enable")
    assert problems_of(page) == [], problems_of(page)
    return session


async def run(stack: Stack, *, moderators: int, seconds: float) -> None:
    async with (
        chromium() as browser,
        Store(store_url(data_dir=stack.data, url=None), event=EVENT, name="check") as store,
    ):
        await indexed(stack)
        gauge = Gauge(stack, await open_desk(browser, stack))
        crowd = await moderators_at(stack.url, store, moderators)
        async with asyncio.TaskGroup() as tasks:
            listening = [tasks.create_task(one.listen()) for one in crowd]
            await asyncio.sleep(SETTLE_S)  # until the recording has begun
            before = await fed(store)
            began = time.perf_counter()
            await gauge.read("start")
            working = [tasks.create_task(one.work()) for one in crowd]
            await asyncio.sleep(seconds / 2)
            await gauge.read("middle")
            await asyncio.sleep(seconds * (0.5 - BURST))
            calm = [len(one.presses) for one in crowd]
            for one in crowd:
                one.pause_s = 0.0
            await asyncio.sleep(seconds * BURST)
            for task in working:
                task.cancel()
            passed_s = time.perf_counter() - began
            arrived = await fed(store) - before
            await gauge.read("end")
            waiting = [await store.redis.zcard(key) for key in (store.keys.queue, store.keys.held)]
            unprepared = await store.redis.hlen(store.keys.inbox)
            for task in listening:
                task.cancel()
        print(
            f"  {arrived / passed_s:.0f} posts a second arrived; at the end {waiting[0]:,} were queued, "
            f"{waiting[1]:,} held, {unprepared:,} had arrived and were not prepared yet"
        )
        report(crowd, calm, passed_s=passed_s)
        found = await account(store, crowd)
        print(
            f"  {found.presses:,} decisions: {found.done:,} done, {found.other_won:,} had been decided by another; "
            f"{found.repeats:,} repeats\n  acknowledged and lost {found.lost}, done twice {found.twice}, "
            f"answered otherwise than before {found.strange}"
        )


def report(crowd: list[Moderator], calm: list[int], *, passed_s: float) -> None:
    for name, presses in {
        "at a person's pace": [p for one, n in zip(crowd, calm, strict=True) for p in one.presses[:n]],
        "in a burst": [p for one, n in zip(crowd, calm, strict=True) for p in one.presses[n:]],
    }.items():
        print(
            f"  answered {name:20} {len(presses):>6,}  {spread([s for one in presses for s in one.seconds])}"
        )
    frames: Counter[str] = sum((one.frames for one in crowd), Counter())
    total, size = frames.total(), sum(one.bytes for one in crowd)
    print(
        f"  {total:,} frames to {len(crowd)} sockets, {total / passed_s / len(crowd):.0f} a second each, "
        f"{size / passed_s / len(crowd) / 1e3:.0f} kB/s each; cards {frames['card']:,}; "
        f"sockets cut {sum(one.cuts for one in crowd)}, presses repeated for want of an answer "
        f"{sum(one.unanswered for one in crowd)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--queued", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--per-second", type=float, default=200)
    parser.add_argument("--moderators", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        asyncio.run(fill_queue(folder / "data", asked.queued))
        print(f"{asked.queued:,} posts queued in {time.perf_counter() - began:.0f} s, through the gate")
        number = int((asked.seconds + INDEXED_S) * asked.per_second)
        source = feed(folder, number=number, per_second=asked.per_second, after_s=SETTLE_S / 2)
        print(f"{asked.moderators} moderators, {asked.per_second:.0f} posts a second, {asked.seconds:.0f} s")
        with parvis(folder, settings(source)) as stack:
            asyncio.run(run(stack, moderators=asked.moderators, seconds=asked.seconds))


if __name__ == "__main__":
    main()
