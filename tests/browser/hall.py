"""A hall for the screen's tests: the real server with a wall to hang posts on, and the page that shows them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page

from tests.chromium import page_of
from tests.makers import Hands
from tests.server import Served, serving
from wall.gate import Ruling
from wall.media.decode import render
from wall.model import Author, Card, CardAuthor, Picture, Post, PostId, Span, utc_now
from wall.store.client import Store

PATIENCE_S = 20.0  # no test asserts a time: two workers share two cores
# Cards that stand on the stage: the fitter's hidden one and those that fade out have no id.
CARDS = "#wall [data-post]"
RESTS = """() => !document.getAnimations().some(
  (a) => a.playState === "running" && a.effect.getComputedTiming().endTime < 3000)"""


class Hall:
    def __init__(self, served: Served, store: Store) -> None:
        self.served = served
        self.hands = Hands(store)
        self.url = f"{served.url}/screen/hall-a"
        self._count = 0

    def picture(self, width: int, height: int, colour: tuple[int, int, int] = (30, 90, 150)) -> Picture:
        """A stored picture of that shape: a slope, so that no two look alike."""
        slope = Image.linear_gradient("L").resize((width, height))
        image = Image.merge("RGB", [slope.point([int(v * c / 255) for v in range(256)]) for c in colour])
        out = io.BytesIO()
        image.save(out, "JPEG", quality=80)
        return self.served.services.media.put(render(out.getvalue()))

    async def hang(self, text: str, *pictures: Picture, author: str = "Inès Benali", **more: Any) -> PostId:
        """Put an approved post on the wall: through the gate, like everybody's."""
        self._count += 1
        spans = more.pop("said", (Span(text),) if text else ())
        native_id = str(more.pop("native_id", self._count))
        network = more.pop("network", "mastodon")
        said = Post(
            network=network,
            source="s",
            instance="example.org",
            native_id=native_id,
            author=Author(id=author, name=author),
            spans=spans,
        )
        await self.hands.gate.accept(said)
        card = Card(
            id=said.pid,
            network=network,
            source="s",
            author=CardAuthor(name=author),
            spans=spans,
            pictures=pictures,
            at=utc_now(),
            **more,
        )
        await self.hands.gate.offer(await self.hands.claim(said.pid), card, ruling=Ruling.APPROVE)
        return said.pid

    async def take_down(self, pid: PostId) -> None:
        await self.hands.gate.withdraw(pid, why="withdrawn", by="test", source="")

    async def screens(self) -> list[dict[str, Any]]:
        _, body = await self.served.get("/api/v1/screens", headers=self.served.admin)
        found: list[dict[str, Any]] = body["screens"]
        return found


@asynccontextmanager
async def hall(store: Store, folder: Path, **changes: Any) -> AsyncIterator[Hall]:
    async with serving(store, folder, **changes) as served:
        served.url = f"http://127.0.0.1:{served.services.settings.web.port}"
        yield Hall(served, store)


async def screen(browser: Browser, hall: Hall, *, width: int = 1920, height: int = 1080, **more: Any) -> Page:
    """The public screen, its animations over: `state` is on the root as soon as something is to be seen."""
    page = await page_of(browser, width=width, height=height, **more)
    await page.goto(hall.url)
    await page.wait_for_selector("html[data-state]", state="attached")
    return page


async def until(
    found: Callable[[], Awaitable[Any]], what: str = "it", *, within_s: float = PATIENCE_S
) -> Any:
    """Ask until the answer is truthy. Raises `AssertionError` with the last answer after `within_s`."""
    answer: Any = None
    try:
        async with asyncio.timeout(within_s):
            while not (answer := await found()):
                await asyncio.sleep(0.03)
    except TimeoutError:
        raise AssertionError(f"{what} did not come; last answer: {answer!r}") from None
    return answer


async def at_rest(page: Page) -> None:
    """Wait until no card is on its way (the slow approach to the hero's picture does not count)."""
    await until(lambda: page.evaluate(RESTS), "a wall at rest")
