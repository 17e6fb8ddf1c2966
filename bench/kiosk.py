"""The kiosk under a thousand deaths: nothing lost that was promised, nothing kept that was deleted, no sheet twice.

    python -m bench.kiosk [--kills 1000] [--visitors 4] [--walls 2]

Whole walls run (`parvis up`), each with a printer that is played by `tests/fakes/cups.py`. Visitors come without end:
each sends a photo under a key, waits for the mosaic, and then does one of: keep, show on the wall, print, delete at once,
delete while it is made, walk away. Any call may be cut off, and is repeated under the same key. Meanwhile the studio, the
web process, the worker or the store is killed with SIGKILL at random moments, until there were so many.

Then everything is compared: each mosaic that was answered as made and not deleted is there and opens; of each that was
answered as deleted there is no file, no record but the tombstone, nothing on the wall; each sheet that was asked for
and accepted was printed once, and none twice. The folder of the data is read through for anything that nobody owns.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image

from bench.painted import spread
from bench.soak import EVENT
from kiosk.consent import Consents
from kiosk.delivery import post_of
from kiosk.record import Portraits, id_of
from tests.fakes.cups import install
from tests.kiosk.mosaic.pictures import scene, target
from tests.makers import Hands
from tests.stack import ADMIN, Stack, parvis, settings
from wall.gate import Ruling
from wall.media.decode import render
from wall.media.store import MediaStore
from wall.model import Author, Card, CardAuthor, Post, Span, State, utc_now
from wall.settings import load
from wall.store.client import Store
from wall.store.place import store_url

PHOTOS = 40
PAUSE_S = (0.5, 4.5)  # between two deaths: shorter, and nobody is ever served
PATIENCE_S = 240.0  # each death costs up to five seconds until the next start
WEIGHTS = {"studio": 5, "web": 2, "worker": 1, "redis": 1}
ROLES = tuple(WEIGHTS)
ENDS = ("keep", "show", "print", "delete", "delete early", "walk away")


class Book:
    """What visitors were told, in the order in which they were told it."""

    def __init__(self) -> None:
        self.made: set[str] = set()
        self.deleted: set[str] = set()
        self.printed: set[str] = set()
        self.doubtful: set[str] = set()  # a visitor whose last word was never answered
        self.ends: Counter[str] = Counter()
        self.seconds: list[float] = []


class Visitor:
    def __init__(
        self, stack: Stack, client: aiohttp.ClientSession, book: Book, words: dict[str, str]
    ) -> None:
        self.stack, self.client, self.book, self.words = stack, client, book, words
        self.token = ""

    async def visit(self, photo: bytes) -> None:
        end = random.choice(ENDS)
        began = time.monotonic()
        if not await self.send(photo):
            return
        if end == "delete early":
            await asyncio.sleep(random.uniform(0, 0.4))
            await self.delete()
            self.book.ends[end] += 1
            return
        if not await self.ready():
            return
        self.book.made.add(self.token)
        self.book.seconds.append(time.monotonic() - began)
        if end in ("keep", "show"):
            await self.ask("PATCH", "", json={end: True, **self.words})
        elif end == "print":
            status, _ = await self.ask("PATCH", "", json={"print": True})
            if status == 200:
                self.book.printed.add(self.token)
        elif end == "delete":
            await self.delete()
        self.book.ends[end] += 1

    async def send(self, photo: bytes) -> bool:
        key = secrets.token_hex(16)

        def form() -> aiohttp.FormData:
            fields = aiohttp.FormData()
            for name, value in {"key": key, "consent": "1", **self.words}.items():
                fields.add_field(name, value)
            fields.add_field("photo", photo, filename="p.jpg", content_type="image/jpeg")
            return fields

        status, body = await self.call("POST", "/api/v1/mosaics", form=form)
        if status != 202:
            return False
        self.token = body["token"]
        return True

    async def ready(self) -> bool:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            status, body = await self.ask("GET", "")
            if status == 200 and body["state"] == "ready":
                return True
            if status == 200 and body["state"] == "failed":
                raise AssertionError(f"a sound photo failed: {body['why']}")
            await asyncio.sleep(0.1)
        raise AssertionError(f"no mosaic within {PATIENCE_S:.0f} s")

    async def delete(self) -> None:
        status, _ = await self.ask("DELETE", "")
        self.book.doubtful.add(self.token)
        if status == 200:
            self.book.deleted.add(self.token)
            self.book.doubtful.discard(self.token)

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        return await self.call(method, f"/api/v1/mosaics/{self.token}{path}", **more)

    async def call(self, method: str, path: str, *, form: Any = None, **more: Any) -> tuple[int, Any]:
        """Again and again until somebody answers with more than "not now"."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                async with self.client.request(
                    method, self.stack.url + path, data=form() if form else None, **more
                ) as reply:
                    if reply.status not in (429, 500, 502, 503):
                        return reply.status, await reply.json()
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            await asyncio.sleep(0.15)
        return 0, None


async def hang_photos(store: Store, media: MediaStore, count: int = PHOTOS) -> None:
    hands = Hands(store)
    for n in range(count):
        out = io.BytesIO()
        scene(n, 240).save(out, "JPEG")
        said = Post(
            network="mastodon", source="s", instance="example.org", native_id=f"p{n}",
            author=Author(id=f"v{n}", name=f"Visitor {n}"), spans=(Span(f"Photo {n}"),),
        )  # fmt: skip
        await hands.gate.accept(said)
        card = Card(
            id=said.pid, network="mastodon", source="s", author=CardAuthor(name=f"Visitor {n}"),
            spans=said.spans, pictures=(media.put(render(out.getvalue())),), at=utc_now(),
        )  # fmt: skip
        await hands.gate.offer(await hands.claim(said.pid), card, ruling=Ruling.APPROVE)


async def kill_for_ever(stack: Stack, count: int) -> Counter[str]:
    killed: Counter[str] = Counter()
    while sum(killed.values()) < count:
        await asyncio.sleep(random.uniform(*PAUSE_S))
        alive = {role: pid for role in ROLES if (pid := stack.pid_of(role))}
        if alive:
            role = random.choices(list(alive), weights=[WEIGHTS[role] for role in alive])[0]
            os.kill(alive[role], signal.SIGKILL)
            killed[role] += 1
            if sum(killed.values()) % 100 == 0:
                print(f"{sum(killed.values()):5} killed", flush=True)
    return killed


async def run(stack: Stack, cups: Path, *, kills: int, visitors: int) -> list[str]:
    book = Book()
    words = Consents(load(stack.config, flags={}, env={}))
    said = {"lang": "en", "text": words.versions["en"]}
    faces = []
    for side in (480, 640, 900):
        out = io.BytesIO()
        target(side).save(out, "JPEG")
        faces.append(out.getvalue())
    async with Store(store_url(data_dir=stack.data, url=None), event=EVENT, name="bench") as store:
        await hang_photos(store, MediaStore(stack.data / "media"))
        async with aiohttp.ClientSession(
            headers={"authorization": f"Bearer {ADMIN}"}, timeout=aiohttp.ClientTimeout(total=8)
        ) as client:
            over = asyncio.Event()

            async def come() -> None:
                while not over.is_set():
                    await Visitor(stack, client, book, said).visit(random.choice(faces))
                    await asyncio.sleep(random.uniform(0, 0.3))

            async with asyncio.TaskGroup() as tasks:
                for _ in range(visitors):
                    tasks.create_task(come())
                killed = await kill_for_ever(stack, kills)
                over.set()
            print(f"killed: {dict(killed)}; visits: {dict(book.ends)}")
            print(f"photo sent to mosaic made, through the kills: {spread(book.seconds)}")
            until = time.monotonic() + PATIENCE_S
            while await Portraits(store).jobs() and time.monotonic() < until:
                await asyncio.sleep(0.5)
            await asyncio.sleep(15)  # two sweeps
            return await judge(stack, store, client, book, cups)


async def judge(
    stack: Stack, store: Store, client: aiohttp.ClientSession, book: Book, cups: Path
) -> list[str]:
    faults: list[str] = []
    folder = stack.data / "portraits"
    for token in book.made - book.deleted - book.doubtful:
        visitor = Visitor(stack, client, book, {})
        visitor.token = token
        status, body = await visitor.ask("GET", "")
        if status != 200 or body["state"] != "ready":
            faults.append(f"a promised mosaic is {status} {body and body.get('state')}")
            continue
        async with client.get(f"{stack.url}/m/{token}/mosaic.jpg") as reply:
            Image.open(io.BytesIO(await reply.read())).load()
    for token in book.deleted:
        name = id_of(token)
        if list(folder.glob(f"??/{name}/*")):
            faults.append("a deleted mosaic has files")
        raw = json.loads(await store.redis.hget(store.keys.portrait(name), "record") or b"{}")
        if raw.get("state") != "gone":
            faults.append(f"a deleted mosaic's record says {raw.get('state')}")
    config = load(stack.config, flags={}, env={})
    tombstones = [await Portraits(store).get(id_of(token)) for token in book.deleted]
    posts = [post_of(config, one) for one in tombstones if one is not None and one.offers]
    records = await Hands(store).ledger.records(posts)
    faults += [
        f"a deleted mosaic's post is {one.state}" for one in records if one.state is not State.WITHDRAWN
    ]
    owned = {id_of(token) for token in book.made | book.doubtful} - {id_of(token) for token in book.deleted}
    faults += [
        f"nobody owns {one.name}"
        for one in folder.glob("??/*")
        if one.name not in owned and any(one.iterdir())
    ]
    sheets = json.loads((cups / "jobs.json").read_text()) if (cups / "jobs.json").exists() else {}
    times = Counter(one["title"] for one in sheets.values() if one["state"] == "printed")
    faults += [f"{count} sheets of one mosaic" for count in times.values() if count > 1]
    faults += ["a promised sheet was not printed" for token in book.printed if times[id_of(token)] != 1]
    held = sum(one["state"] == "held" for one in sheets.values())
    if held:
        faults.append(f"{held} sheets stay on hold")
    states = Counter(one["state"] for one in sheets.values())
    print(
        f"made {len(book.made)}, deleted {len(book.deleted)}, sheets promised {len(book.printed)}: {dict(states)}"
    )
    return faults


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--visitors", type=int, default=4)
    parser.add_argument("--walls", type=int, default=2)
    asked = parser.parse_args()
    faults = asyncio.run(several(asked.walls, kills=asked.kills // asked.walls, visitors=asked.visitors))
    print(f"faults: {len(faults)}")
    for fault, count in Counter(faults).most_common(20):
        print(f"  {count} × {fault}")
    sys.exit(1 if faults else 0)


async def several(walls: int, *, kills: int, visitors: int) -> list[str]:
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(asyncio.to_thread(one, kills, visitors)) for _ in range(walls)]
    return [fault for task in running for fault in task.result()]


def one(kills: int, visitors: int) -> list[str]:
    """A wall of its own, in a thread and a loop of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        cups = Path(name) / "cups"
        cups.mkdir()
        env = install(cups)
        config = settings() + '\n[kiosk]\nprinter = "photo"\n'
        with parvis(Path(name), config, PATH=env["PATH"], FAKE_CUPS=env["FAKE_CUPS"]) as stack:
            return asyncio.run(run(stack, cups, kills=kills, visitors=visitors))


if __name__ == "__main__":
    main()
