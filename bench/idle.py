"""An idle wall: processor and memory of all its processes, and how fast a second start is on glass.

    python -m bench.idle [--seconds 60]

The sample event runs on the embedded store with one screen connected. CPU is the growth of user and system
time of every process of the wall over the pause; memory is the sum of their proportional set sizes, so pages
that processes share are counted once. The second start is measured from the command to the first
acknowledgement of painted posts by a real page.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

from playwright.async_api import Error as PlaywrightError

from bench.painted import Glass
from tests.chromium import chromium, page_of
from tests.stack import Stack, descendants, free_port, parvis, role_of, settings

TICKS = os.sysconf("SC_CLK_TCK")
QUIET = """
[[source]]
network = "replay"
name = "sample"
file = "sample"
mode = "post"
loop = false
speed = 0
"""


def family(stack: Stack) -> dict[int, str]:
    found = {stack.process.pid: "up"}
    for pid in descendants(stack.process.pid):
        found[pid] = role_of(pid) or "child"
    return found


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> float:
    """Proportional set size."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024


async def first_paint_s(folder: Path, *, port: int) -> float:
    """From `parvis up` to the first acknowledged paint of posts, the browser already open."""
    async with chromium() as browser:
        page = await page_of(browser)
        glass = Glass()
        glass.watch(page)
        began = time.perf_counter()
        manager = parvis(folder, settings(QUIET), port=port, ready=False)
        stack = await asyncio.to_thread(manager.__enter__)
        try:
            while True:
                try:
                    await page.goto(f"{stack.url}/screen/main", wait_until="commit")
                    break
                except PlaywrightError:  # the port is not open yet: that is what is being timed
                    await asyncio.sleep(0.02)
            async with asyncio.timeout(30):
                while not await page.locator("#wall [data-post]:not([aria-hidden])").count():
                    await asyncio.sleep(0.01)
            return time.perf_counter() - began
        finally:
            await asyncio.to_thread(manager.__exit__, None, None, None)


async def idle(folder: Path, *, seconds: float, port: int) -> None:
    manager = parvis(folder, settings(QUIET), port=port)
    stack = await asyncio.to_thread(manager.__enter__)
    try:
        async with chromium() as browser:
            page = await page_of(browser)
            await page.goto(f"{stack.url}/screen/main")
            await asyncio.sleep(45)  # until the decoding children have gone home
            members = family(stack)
            before = {pid: cpu_s(pid) for pid in members}
            await asyncio.sleep(seconds)
            after = {pid: cpu_s(pid) for pid in members if Path(f"/proc/{pid}").exists()}
        total_cpu, total_mb = 0.0, 0.0
        for pid, role in members.items():
            if pid not in after:
                continue
            share = (after[pid] - before[pid]) / seconds * 100
            size = memory_mb(pid)
            total_cpu += share
            total_mb += size
            print(f"  {role:8} {share:5.2f} % of a core  {size:6.1f} MB")
        print(f"  {'all':8} {total_cpu:5.2f} % of a core  {total_mb:6.1f} MB   (goals: 1 %, 250 MB)")
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        print("idle wall, embedded store, one screen")
        asyncio.run(idle(folder, seconds=asked.seconds, port=port))
        starts = [asyncio.run(first_paint_s(folder, port=port)) for _ in range(5)]
        print(f"second start to first painted post: {', '.join(f'{s:.2f}' for s in starts)} s   (goal: 3 s)")


if __name__ == "__main__":
    main()
