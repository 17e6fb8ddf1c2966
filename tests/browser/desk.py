"""A moderator at the desk, for its tests: signed in on a real server, with posts that wait."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.chromium import page_of
from tests.makers import Hands, post
from tests.server import Served
from wall.model import Author, Post, PostId
from wall.web.codes import new_code
from wall.web.person import Role


def by(name: str) -> Author:
    """An author of that name, somebody else for each name."""
    return Author(id=name.lower(), name=name)


async def queue(hands: Hands, *texts: str, **more: Any) -> list[Post]:
    """One post for each text, all waiting, in this order; `more` are fields of the post."""
    posts = [post(str(n), text, **more) for n, text in enumerate(texts)]
    for one in posts:
        await hands.arrive(one)
    return posts


async def cluster(hands: Hands, count: int, text: str = "GRATIS !!!") -> list[Post]:
    """Nearly equal posts by as many authors; the first gives the cluster its name."""
    posts = [post(f"twin{n}", text, author=by(f"Twin {n}")) for n in range(count)]
    for one in posts:
        await hands.arrive(one, cluster=posts[0].pid)
    return posts


async def at_the_desk(
    browser: Browser,
    served: Served,
    name: str = "Anna",
    *,
    role: Role = "moderator",
    width: int = 1024,
    height: int = 768,
    query: str = "",
    **more: Any,
) -> Page:
    """Signed in, typing the code as badly as people do."""
    page = await page_of(
        browser, width=width, height=height, **{"locale": "en-GB", "has_touch": True, **more}
    )
    await page.goto(f"{served.url}/desk{query}")
    code = await new_code(served.services.store, role)
    await page.fill("#code", code.lower().replace("-", " "))
    await page.fill("#name", name)
    await page.click("#enter")
    await expect(page.locator("#desk[data-role]")).to_be_visible()  # the server has said who this is
    return page


async def choose(page: Page, pid: PostId) -> None:
    """Put a post of the list into view."""
    await page.click(f'.row[data-id="{pid}"]')
    await expect(page.locator(f'.card[data-id="{pid}"]')).to_be_visible()


async def count(page: Page, tab: str, wanted: int) -> None:
    await expect(page.locator(f'[data-tab="{tab}"] .count')).to_have_text(f"{wanted:,}")


async def answered(page: Page) -> None:
    """Everything pressed here has its answer. The page shows a press at once, the store a moment later."""
    await page.wait_for_function(
        "() => !Object.keys(localStorage).some((key) => key.startsWith('parvis.outbox.desk.'))"
    )
