"""Finding among 100,000 posts: how long the index takes to build, what it weighs, how fast it answers over HTTP.

    python -m bench.finder [--posts 100000] [--seconds 20]

A real web process's parts on a real store, in this process. The rival, in the same run, is the same index without
FTS5: every post's words gone through. While the index is built, a ticker measures how late the loop wakes up.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.makers import Hands, card
from tests.server import Served, serving
from wall.finder import Finder
from wall.finder_index import Wanted
from wall.finder_text import parse
from wall.gate import Reason, Ruling, Verdict
from wall.model import Author, Post, Span, State
from wall.store.client import Store
from wall.store.embedded import find_server, server_arguments

FRENCH = (
    "la le de les une soirée magnifique lumières façade musée nuit été concert place cathédrale incroyable "
    "merci bravo spectacle ville foule enfant couleur rêve ciel fontaine tram"
)
ENGLISH = "the a of night light wonderful show tonight people square amazing colours music crowd dream sky"
CHINESE = "今夜的灯光真美我们在广场上看到了很多人非常漂亮大教堂音乐会喜欢中国朋友一起拍照"
RULES = ("links", "words", "contact", "shouting", "near-empty", "repeats")
QUERIES = (
    "q=lum", "q=soir%C3%A9e", "q=mot123", "q=%E7%81%AF%E5%85%89", "q=%22soir%C3%A9e+magnifique%22", "q=cath+-nuit",
    "q=nom+42", "q=user77", "q=incroyable+concert", "q=nuitvauclair", "network=bluesky", "lang=zh", "rule=words&lang=fr",
    "label=press", "q=tonight&network=mastodon", "state=approved&q=ciel", "state=held&q=music",
)  # fmt: skip
LANES = 16
MODERATORS = 10


def words(dice: random.Random) -> str:
    share = dice.random()
    if share < 0.2:
        return "".join(dice.choice(CHINESE) for _ in range(dice.randint(10, 60)))
    common = (FRENCH if share < 0.7 else ENGLISH).split()
    said = (
        dice.choice(common) if dice.random() < 0.8 else f"mot{dice.randint(0, 20_000)}"
        for _ in range(dice.randint(8, 35))
    )
    return " ".join(said) + " #NuitVauclair"


def a_post(n: int) -> Post:
    dice = random.Random(n)
    who = int(dice.paretovariate(1.2) * 10) % 20_000
    network = dice.choice(("mastodon", "mastodon", "bluesky", "feed"))
    return Post(
        network=network,
        source=f"{network}-{dice.randint(1, 2)}",
        instance="example.org",
        native_id=str(n),
        author=Author(id=str(who), name=f"Nom Prénom {who}", handle=f"@user{who}@example.org"),
        spans=(Span(words(dice)),),
    )


async def fill(store: Store, count: int) -> None:
    hands = Hands(store)
    numbers = iter(range(count))

    async def lane() -> None:
        for n in numbers:
            dice = random.Random(-n)
            of = a_post(n)
            await hands.gate.accept(of)
            reasons = [Reason(dice.choice(RULES))] if dice.random() < 0.4 else []
            ruling = Ruling.HOLD if dice.random() < 0.05 else Ruling.NOTE
            await hands.gate.offer(await hands.claim(of.pid), card(of), ruling=ruling, reasons=reasons)
            if dice.random() < 0.03:
                await hands.gate.set_labels(of.pid, ["press"], by="Anna")
            if dice.random() < 0.2:
                await hands.decide(of, Verdict.APPROVE if dice.random() < 0.7 else Verdict.REJECT)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(LANES):
            tasks.create_task(lane())


def rss_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6


async def late_ms(stop: asyncio.Event) -> tuple[list[float], list[float]]:
    """How late the loop wakes a task that sleeps a millisecond, and how long its thread worked meanwhile."""
    late: list[float] = []
    busy: list[float] = []
    while not stop.is_set():
        began, worked = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.001)
        late.append((time.perf_counter() - began - 0.001) * 1000)
        busy.append((time.thread_time() - worked) * 1000)
    return late, busy


def spread(times_ms: list[float]) -> str:
    ordered = sorted(times_ms)
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95, 0.99)]
    return (
        f"p50 {at[0]:6.1f}  p95 {at[1]:6.1f}  p99 {at[2]:6.1f}  worst {ordered[-1]:6.1f} ms  ({len(ordered)})"
    )


async def build(store: Store) -> None:
    finder = Finder(store)
    before, began, worked = rss_mb(), time.perf_counter(), time.process_time()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        ticker = tasks.create_task(late_ms(stop))
        async with finder.serve():
            while finder.building is not None:
                await asyncio.sleep(0.02)
            took = time.perf_counter() - began
            stop.set()
            cpu_s = time.process_time() - worked
            print(f"  built in {took:.1f} s ({cpu_s:.1f} s of CPU), {rss_mb() - before:.0f} MB")
            late, busy = await ticker
            print(f"    the loop was late {spread(late)}")
            print(f"    its thread worked {spread(busy)}")


async def ask(served: Served, path: str) -> float:
    began = time.perf_counter()
    status, _ = await served.get(f"/api/v1/{path}", headers=served.admin)
    assert status == 200
    return (time.perf_counter() - began) * 1000


async def ask_for(served: Served, seconds: float, *, kind: str, people: int) -> list[float]:
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def person(dice: random.Random) -> None:
        while time.perf_counter() < end:
            times.append(await ask(served, f"{kind}?{dice.choice(QUERIES)}"))
            await asyncio.sleep(dice.uniform(0, 1) if people > 1 else 0)

    async with asyncio.TaskGroup() as tasks:
        for n in range(people):
            tasks.create_task(person(random.Random(n)))
    return times


async def compare(store: Store) -> None:
    """The index with FTS5 and without, the same questions."""
    for name, has_fts in (("with FTS5", True), ("without", False)):
        finder = Finder(store, has_fts=has_fts)
        async with finder.serve():
            while finder.building is not None:
                await asyncio.sleep(0.05)
            times: list[float] = []
            worked = time.process_time()
            for text in ("lumières", "mot123", "灯光", '"soirée magnifique"', "cath -nuit", "user77"):
                for _ in range(5):
                    began = time.perf_counter()
                    await finder.find(State.QUEUED, Wanted(terms=parse(text)), limit=50)
                    times.append((time.perf_counter() - began) * 1000)
            cpu_ms = (time.process_time() - worked) * 1000 / len(times)
            print(f"  {name:10} {spread(times)}, {cpu_ms:.1f} ms of CPU each")


@asynccontextmanager
async def store_in(folder: Path) -> AsyncIterator[Store]:
    socket = folder / "r.sock"
    server = find_server()
    process: Any = subprocess.Popen([
        str(server.path), *server_arguments(server, folder=folder, socket=socket)
    ])  # fmt: skip
    try:
        async with Store(f"unix://{socket}", event="bench", name="bench") as store:
            await store.ready()
            yield store
    finally:
        process.terminate()
        process.wait(timeout=60)


async def run(count: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        async with store_in(Path(name)) as store:
            began = time.perf_counter()
            await fill(store, count)
            print(f"{count} posts in the store (after {time.perf_counter() - began:.0f} s)")
            await build(store)
            async with serving(store, Path(name)) as served:
                while served.services.finder.building is not None:
                    await asyncio.sleep(0.05)
                for kind in ("posts", "facets"):
                    for people in (1, MODERATORS):
                        worked = time.process_time()
                        times = await ask_for(served, seconds, kind=kind, people=people)
                        cpu_ms = (time.process_time() - worked) * 1000 / len(times)
                        print(f"  {kind:7} {people:2} people  {spread(times)}, {cpu_ms:.1f} ms of CPU each")
            await compare(store)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    asyncio.run(run(asked.posts, asked.seconds))


if __name__ == "__main__":
    main()
