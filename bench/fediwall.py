"""Side by side with fediwall, in one run: the same posts, the same network, two walls in two real browsers.

    python -m bench.fediwall --dist DIST [--posts 30] [--stream 10000] [--rate 25] [--gone 60]

`--dist` is a built fediwall (https://github.com/defnull/fediwall: `npm install`, `npx vite build`, the folder `dist`). It
reads the hashtag from a Mastodon server of ours, as its users set it up: one server, one tag, every ten seconds. Parvis
reads the same server through its own ingest, with `moderation.mode = "post"`, so that nobody's press is waited for.

Measured in both pages: from the moment a post exists to the frame that shows it with its picture; bytes and time to the
first post; heap and nodes after 500 posts and after `--stream`; what stands while the server is gone, and after a
reload without it. Both pages run at 1920×1080 on this machine's processors, without a GPU.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from playwright.async_api import Browser, CDPSession, Page, Route
from playwright.async_api import Error as BrowserError

from bench.painted import spread
from tests.browser.hall import until
from tests.chromium import chromium, page_of
from tests.fakes.mastodon import FakeMastodon
from tests.fakes.mastodon_status import account, picture, status
from tests.media.pictures import jpeg
from tests.stack import Stack, free_port, parvis, settings

WORDS = (
    "lumière façade nuit pont rivière soleil verrière place musique foule lanterne couleur ombre fenêtre clocher marché"
    " tilleul fontaine pavé horloge coupole escalier tambour danse fumée étoile vitrail quai barque terrasse"
)
NAME = "fake.example"
LAST_S = 240  # the worker may still have much of the stream before it
TAG = "NuitVauclair"
CARDS = {"Parvis": "[data-post]", "fediwall": ".wall-item .card"}
# Notes the moment of the second frame after a card with a new number stands with its pictures decoded.
WATCH = """(cards) => {
  globalThis.seen = {};
  const look = () => {
    for (const card of document.querySelectorAll(cards)) {
      const number = /no(\\d+)!/.exec(card.textContent)?.[1];
      if (!number || globalThis.seen[number]) continue;
      if (card.closest(".coming, .probe")) continue;
      if ([...card.querySelectorAll("img[src]")].some((image) => !image.complete || !image.naturalWidth)) continue;
      globalThis.seen[number] = 1;
      requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.seen[number] = Date.now(); }));
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  document.addEventListener("load", look, true);
  look();
}"""
STANDING = """(cards) => [...document.querySelectorAll(cards)].filter((card) => {
  const box = card.getBoundingClientRect();
  return box.width > 0 && box.bottom > 0 && box.top < innerHeight && getComputedStyle(card).visibility !== "hidden";
}).length"""


async def holds(page: Page, claim: str, *, within_s: float = 60) -> None:
    async def so() -> bool:
        try:
            return bool(await page.evaluate(claim))
        except BrowserError:  # between two pages
            return False

    await until(so, claim, within_s=within_s)


class Wall:
    """One of the two: its page and what is measured of it."""

    def __init__(self, name: str, browser: Browser, url: str) -> None:
        self.name = name
        self.browser = browser
        self.url = url
        self.cards = CARDS[name]
        self.page: Page
        self.tools: CDPSession
        self.bytes = 0

    async def open(self, network: FakeMastodon, client: aiohttp.ClientSession) -> float:
        """Seconds from the call until a first post stands; `bytes` is what had been transferred by then."""
        self.page = await page_of(self.browser)
        await self.page.route(f"https://{NAME}/**", lambda route: _answer(route, network, client))
        self.tools = await self.page.context.new_cdp_session(self.page)
        await self.tools.send("Network.enable")
        self.tools.on("Network.loadingFinished", self._loaded)
        began = time.monotonic()
        await self.page.goto(self.url)
        await self.page.evaluate(WATCH, self.cards)
        await holds(self.page, "Object.values(globalThis.seen).some((at) => at > 1)")
        return time.monotonic() - began

    def _loaded(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])

    async def seen(self) -> dict[str, float]:
        found: dict[str, float] = await self.page.evaluate("globalThis.seen")
        return found

    async def memory(self) -> tuple[float, int]:
        """(heap in MB after two collections, nodes)."""
        for _ in range(2):
            await self.tools.send("HeapProfiler.collectGarbage")
        await self.tools.send("Performance.enable")
        metrics = {
            m["name"]: m["value"] for m in (await self.tools.send("Performance.getMetrics"))["metrics"]
        }
        return metrics["JSHeapUsedSize"] / 1e6, int(metrics["Nodes"])

    async def standing(self) -> int:
        try:
            count: int = await self.page.evaluate(STANDING, self.cards)
        except BrowserError:  # an error page of the browser: nothing of the wall stands there
            return 0
        return count


async def _answer(route: Route, network: FakeMastodon, client: aiohttp.ClientSession) -> None:
    """What fediwall asks its server for, from ours; refused while that is gone."""
    if is_gone.is_set():
        await route.abort("connectionrefused")
        return
    path = route.request.url.removeprefix(f"https://{NAME}")
    async with client.get(network.base_url + path) as reply:
        body = await reply.read()
        await route.fulfill(
            status=reply.status,
            body=body,
            headers={"access-control-allow-origin": "*", "content-type": reply.content_type},
        )


is_gone = asyncio.Event()


class Network:
    """The Mastodon server, and when each numbered post came to be there."""

    def __init__(self, fake: FakeMastodon) -> None:
        self.fake = fake
        self.born: dict[str, float] = {}
        self.pictures = [fake.add_picture(f"{n}.jpg", jpeg(1200, 900, (40 * n, 90, 160))) for n in range(6)]

    def post(self) -> None:
        number = str(len(self.born) + 1)
        shown = [picture(random.choice(self.pictures))] if int(number) % 2 else []
        words = " ".join(random.choices(WORDS.split(), k=9))
        face = self.pictures[0]
        author = account(f"visitor{number}", id=str(10_000 + int(number)), avatar_static=face, avatar=face)
        self.fake.publish(status(f"no{number}! {words} #{TAG}", media_attachments=shown, account=author))
        self.born[number] = time.time() * 1000


@asynccontextmanager
async def serving(dist: Path, port: int) -> AsyncIterator[None]:
    """fediwall's files, compressed where its build has compressed them."""
    app = web.Application()

    async def index(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(dist / "index.html")

    app.router.add_get("/", index)
    app.router.add_static("/", dist)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


async def compare(
    dist: Path | None, folder: Path, *, posts: int, stream: int, rate: float, gone_s: float
) -> None:
    async with FakeMastodon() as fake, aiohttp.ClientSession() as client, chromium() as browser:
        network = Network(fake)
        for _ in range(20):
            network.post()
        ports = [free_port(), free_port()]
        source = f'[[source]]\nnetwork = "mastodon"\nbase_url = "{fake.base_url}"\ntoken = "{fake.token}"'
        config = settings(source, mode="post") + '\n[screen]\nlayout = "bento"\n[alarm]\non = false\n'
        ours = Wall("Parvis", browser, f"http://127.0.0.1:{ports[0]}/screen/main")
        theirs = Wall("fediwall", browser, f"http://127.0.0.1:{ports[1]}/?servers={NAME}&tags={TAG}")
        walls = (ours, theirs) if dist else (ours,)

        async def start() -> tuple[Any, Stack]:
            manager = parvis(folder, config, port=ports[0])
            return manager, await asyncio.to_thread(manager.__enter__)

        manager, stack = await start()
        site = serving(dist, ports[1]) if dist else nullcontext()
        await site.__aenter__()
        await fake.listening()
        await asyncio.sleep(5)  # until the twenty posts are on the wall
        for wall in walls:
            first_s = await wall.open(fake, client)
            print(f"{wall.name:9} first post after {first_s:5.2f} s and {wall.bytes / 1000:7.0f} kB")

        for _ in range(posts):
            await asyncio.sleep(random.uniform(3, 8))
            network.post()
        await asyncio.sleep(12)
        fresh = [str(20 + n + 1) for n in range(posts)]
        for wall in walls:
            seen = await wall.seen()
            times = [(seen[n] - network.born[n]) / 1000 for n in fresh if seen.get(n, 0) > 1]
            print(f"{wall.name:9} exists to painted  {spread(times)}  ({len(times)} of {posts} seen)")

        begun = len(network.born)
        for mark in (500, stream):
            while len(network.born) - begun < mark:
                network.post()
                await asyncio.sleep(1 / rate)
            await asyncio.sleep(12)
            for wall in walls:
                heap, nodes = await wall.memory()
                print(f"{wall.name:9} after {mark:6} posts  heap {heap:5.2f} MB  nodes {nodes}")

        behind = time.monotonic()
        await until(lambda: _has_all(stack, len(network.born)), "the end of the queue", within_s=600)
        print(f"Parvis    all {len(network.born)} posts judged {time.monotonic() - behind:.1f} s later")
        is_gone.set()
        await asyncio.to_thread(manager.__exit__, None, None, None)
        least = dict.fromkeys(walls, 10_000)
        empty = dict.fromkeys(walls, 0.0)
        end = time.monotonic() + gone_s
        while time.monotonic() < end:
            for wall in walls:
                standing = await wall.standing()
                least[wall] = min(least[wall], standing)
                empty[wall] += 0.5 if standing == 0 else 0
            await asyncio.sleep(0.5)
        for wall in walls:
            print(
                f"{wall.name:9} server gone for {gone_s:.0f} s: at least {least[wall]} cards, empty {empty[wall]:.1f} s"
            )

        await site.__aexit__(None, None, None)
        for wall in walls:
            began = time.monotonic()
            try:
                await wall.page.reload(wait_until="commit")
                await holds(wall.page, f"({STANDING})(`{wall.cards}`) > 0", within_s=10)
                took_s = time.monotonic() - began
                print(
                    f"{wall.name:9} reload without a server: {await wall.standing()} cards after {took_s:.2f} s"
                )
            except (BrowserError, AssertionError) as error:
                print(f"{wall.name:9} reload without a server: nothing ({str(error).splitlines()[0][:60]})")

        manager, _ = await start()
        is_gone.clear()
        await fake.listening()
        began = time.monotonic()
        network.post()
        number = str(len(network.born))
        card = f"[...document.querySelectorAll(`{ours.cards}`)].some((card) => card.textContent.includes('no{number}!'))"
        await holds(ours.page, card, within_s=LAST_S)
        print(
            f"Parvis    a new post {time.monotonic() - began:.1f} s after the server's return, without a reload"
        )
        await asyncio.to_thread(manager.__exit__, None, None, None)


async def _has_all(stack: Stack, count: int) -> bool:
    """Whether that many posts have been judged: what comes after them is not kept waiting by them."""
    judged = 0
    for state in ("approved", "queued", "held", "rejected"):
        _, body = await asyncio.to_thread(stack.call, f"/api/v1/posts?state={state}&limit=1")
        judged += body["total"]
    return judged >= count


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--dist", type=Path, help="a built fediwall; without it there is nobody to stand beside"
    )
    parser.add_argument("--posts", type=int, default=30)
    parser.add_argument("--stream", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=25)
    parser.add_argument("--gone", type=float, default=60)
    asked = parser.parse_args()
    if asked.dist is None:
        print("no fediwall to stand beside (build one and name its folder with --dist): Parvis alone")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        asyncio.run(
            compare(
                asked.dist and asked.dist.absolute(),
                Path(name),
                posts=asked.posts,
                stream=asked.stream,
                rate=asked.rate,
                gone_s=asked.gone,
            )
        )


if __name__ == "__main__":
    main()
