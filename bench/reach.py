"""How far a withdrawal reaches: a photo that stands in 200 mosaics is taken down, and the 20,001st photo comes in.

    python -m bench.reach [--mosaics 200]

A whole wall runs (`parvis up`) with forty photos, so that each mosaic has most of them. Through the API so many mosaics
are made. Then the post of one photo is withdrawn at the gate; all mosaics are asked again and again: when none with the
photo is given out any more, and when the last is there again without it. After that a library of 20,000 photos gets
one more, and is opened anew.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import secrets
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp

from bench.kiosk import Book, Visitor, hang_photos
from bench.mosaic_parts import made
from bench.soak import EVENT
from kiosk.consent import Consents
from kiosk.mosaic.features import tile_of
from kiosk.mosaic.library import Library, Writer
from tests.kiosk.mosaic.pictures import scene, target
from tests.makers import Hands
from tests.stack import ADMIN, Stack, parvis, settings
from wall.media.store import MediaStore
from wall.model import PostId
from wall.settings import load
from wall.store.client import Store
from wall.store.place import store_url

AT_ONCE = 3
PHOTOS = 20_000


async def state_of(client: aiohttp.ClientSession, stack: Stack, token: str) -> tuple[int, str, int]:
    """(status of its picture, its state, how often it was mended)."""
    async with client.get(f"{stack.url}/api/v1/mosaics/{token}") as reply:
        body = await reply.json()
    async with client.head(f"{stack.url}/m/{token}/mosaic.jpg") as reply:
        return reply.status, body["state"], body["mended"]


async def withdraw(stack: Stack, count: int) -> None:
    book = Book()
    words = Consents(load(stack.config, flags={}, env={}))
    out = io.BytesIO()
    target(640).save(out, "JPEG")
    async with (
        Store(store_url(data_dir=stack.data, url=None), event=EVENT, name="bench") as store,
        aiohttp.ClientSession(headers={"authorization": f"Bearer {ADMIN}"}) as client,
    ):
        await hang_photos(store, MediaStore(stack.data / "media"))
        await asyncio.sleep(4)
        tokens: list[str] = []
        took: list[float] = []

        async def make() -> None:
            while len(tokens) < count:
                visitor = Visitor(stack, client, book, {"lang": "en", "text": words.versions["en"]})
                began = time.monotonic()
                if await visitor.send(out.getvalue()) and await visitor.ready():
                    took.append(time.monotonic() - began)
                    tokens.append(visitor.token)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(make())
        print(f"{len(tokens)} mosaics, {AT_ONCE} visitors at once: p50 {statistics.median(took):.2f} s each")
        pid = await chosen(client, stack, tokens)
        began = time.monotonic()
        await Hands(store).gate.withdraw(pid, why="withdrawn", by="bench", source="")
        told_s = time.monotonic() - began
        hidden_s = 0.0
        while True:
            states = [await state_of(client, stack, token) for token in tokens]
            after_s = time.monotonic() - began
            if not hidden_s and not any(status == 200 and mended == 0 for status, _, mended in states):
                hidden_s = after_s
            if all(status == 200 and mended == 1 for status, _, mended in states):
                break
            await asyncio.sleep(0.05)
        print(f"withdrawn at the gate after {told_s * 1000:.0f} ms")
        print(f"no mosaic with it is given out after {hidden_s:.2f} s at most (all were asked once)")
        print(
            f"all {len(tokens)} there again without it after {after_s:.1f} s, {after_s / len(tokens):.2f} s each"
        )


async def chosen(client: aiohttp.ClientSession, stack: Stack, tokens: list[str]) -> PostId:
    """A post whose photo stands in every one of them."""
    common: set[str] | None = None
    for token in tokens:
        async with client.get(f"{stack.url}/api/v1/mosaics/{token}/cells") as reply:
            posts = {pid for pid, _ in (await reply.json())["photos"]}
        common = posts if common is None else common & posts
    assert common, "no photo stands in all of them"
    return PostId(min(common))


def add(folder: Path) -> None:
    """The 20,001st photo."""
    with Writer(folder) as writer:
        tiles = [tile_of(scene(seed)) for seed in range(200)]
        for n in range(PHOTOS):
            writer.add_tile(f"p{n}", tiles[n % len(tiles)], durable=False)
        out = io.BytesIO()
        made.photo(1, 480).save(out, "WEBP")
        times = []
        for _ in range(20):
            began = time.perf_counter()
            writer.add(secrets.token_hex(13), out.getvalue())
            times.append(time.perf_counter() - began)
        began = time.perf_counter()
        writer.withdraw("p77")
        gone_s = time.perf_counter() - began
    began = time.perf_counter()
    library = Library(folder)
    print(
        f"the 20,001st photo and 19 more, from its bytes to the disk: p50 {statistics.median(times) * 1000:.1f} ms, "
        f"max {max(times) * 1000:.1f}; one withdrawn {gone_s * 1000:.1f} ms; "
        f"{len(library)} opened in {(time.perf_counter() - began) * 1000:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mosaics", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        add(Path(name) / "library")
        with parvis(Path(name), settings()) as stack:
            asyncio.run(withdraw(stack, asked.mosaics))


if __name__ == "__main__":
    main()
