"""Signing in as a stranger would attack it, and what a tablet keeps when it passes from hand to hand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.desk import at_the_desk, by, queue
from tests.chromium import chromium
from tests.makers import Hands
from tests.server import Served, serving
from tests.stack import ADMIN, free_port
from tests.web.peoplekit import browser_of, call, knock, who
from wall.cli import user as terminal
from wall.model import State
from wall.secret import Secret
from wall.settings import RedisSettings, WebSettings
from wall.store.client import Store
from wall.web.auth import COOKIE, new_code
from wall.web.codes import CODE_LIFE_S
from wall.web.doors import TRIES_A_MINUTE
from wall.web.person import person_id


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    """Behind a proxy that is trusted, so that tests can come from many addresses."""
    web = WebSettings(port=free_port(), admin_token=Secret(ADMIN), trusted_proxies=("127.0.0.1/32",))
    redis = RedisSettings(url=Secret(store.url))
    async with serving(store, data_dir, web=web, redis=redis) as served:
        served.url = f"http://127.0.0.1:{served.services.settings.web.port}"
        yield served


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


# -- at the door --------------------------------------------------------------------------------------------------


async def test_an_admin_who_was_made_less_and_removed_is_nobody(served: Served) -> None:
    """She came by code, gave herself a password, was made a viewer; then the terminal removed her."""
    auth = served.services.auth
    status, _, session = await knock(
        served, {"code": await new_code(served.services.store), "name": "Mallory"}
    )
    assert status == 204
    mallory = browser_of(served, session)
    assert (await call(served, "POST", "/me/password", mallory, {"new": "seven green kites"}))[0] == 200
    await auth.users.add("Anna", "admin", hash="x")
    await auth.users.set_role(person_id("Mallory"), "viewer")
    assert (await who(served, mallory))[1]["role"] == "viewer"
    await asyncio.to_thread(terminal.remove, served.services.settings, "Mallory")
    assert (await who(served, mallory))[0] == 401


async def test_a_login_by_code_does_not_come_back_with_its_name(served: Served) -> None:
    """Somebody was added under the name and removed again: the login from before stays over."""
    auth = served.services.auth
    _, _, session = await knock(served, {"code": await new_code(served.services.store), "name": "Mallory"})
    await auth.users.add("Anna", "admin", hash="x")
    await auth.users.add("Mallory", "viewer", hash="x")
    assert (await who(served, browser_of(served, session)))[0] == 401
    await asyncio.to_thread(terminal.remove, served.services.settings, "Mallory")
    assert (await who(served, browser_of(served, session)))[0] == 401


async def test_an_old_code_brings_one_new_one_and_no_more(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who has read a code of yesterday must not make the terminal print codes as fast as he can type."""
    store = served.services.store
    old = await new_code(store, now=-CODE_LIFE_S)
    capsys.readouterr()
    for _ in range(5):
        assert (await knock(served, {"code": old, "name": "Mallory"}))[0] == 401
    assert capsys.readouterr().out.count("@parvis") == 1
    assert await store.redis.hlen(store.keys.codes) == 1  # the new one


async def test_a_house_of_addresses_guesses_codes_as_slowly_as_one(served: Served) -> None:
    """Whoever has IPv6 has a /64 of it."""
    answers = [
        (await knock(served, {"code": "AAAA-AAAA", "name": "M"}, x_forwarded_for=f"2001:db8:1:2::{n:x}"))[0]
        for n in range(1, TRIES_A_MINUTE + 6)
    ]
    assert set(answers[TRIES_A_MINUTE + 3 :]) == {429}
    assert (await knock(served, {"code": "AAAA-AAAA", "name": "M"}, x_forwarded_for="2001:db8:1:3::1"))[
        0
    ] == 401


async def test_a_house_of_addresses_is_one_to_those_who_join_too(store: Store, data_dir: Path) -> None:
    web = WebSettings(port=free_port(), admin_token=Secret(ADMIN), trusted_proxies=("127.0.0.1/32",))
    async with serving(store, data_dir, web=web) as served:
        served.url = f"http://127.0.0.1:{served.services.settings.web.port}"
        most = served.services.settings.join.per_address_per_min
        code = await served.services.auth.join_code()
        answers = []
        for n in range(most + 10):
            form = {"k": code, "key": f"key-{n:08d}", "text": f"hello {n}", "consent": "1"}
            head = {"x-forwarded-for": f"2001:db8:1:2::{n + 1:x}"}
            answers.append((await served.post("/api/v1/submissions", data=form, headers=head))[0])
        assert answers[-1] == 429


# -- a tablet that is passed on -------------------------------------------------------------------------------------


DECISION = re.compile(r".*/api/v1/posts/.*/decision$")


async def sit_down(context: BrowserContext, served: Served, name: str) -> None:
    """The cookie of somebody else: paired, or signed in on another page."""
    code = await new_code(served.services.store, "moderator")
    _, _, session = await knock(served, {"code": code, "name": name})
    await context.add_cookies([{"name": COOKIE, "value": session, "url": served.url}])


async def settled(page: Page, name: str) -> None:
    await expect(page.locator("#desk[data-role]")).to_be_visible(timeout=20_000)
    await expect(page.locator("#desk")).to_have_attribute("data-me", name)


@pytest.mark.browser
async def test_what_one_person_pressed_is_not_sent_as_anothers(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with serving(store, data_dir) as served:
        hands = Hands(store)
        first, second = await queue(hands, "un", "deux", author=by("Zoé"))
        page = await at_the_desk(browser, served, "Anna")
        context = page.context

        async def fail(route: Route) -> None:
            await route.abort()

        await context.route(DECISION, fail)
        await expect(page.locator(f'.card[data-id="{first.pid}"]')).to_be_visible()
        async with page.expect_request(DECISION):
            await page.keyboard.press("r")
        await sit_down(context, served, "Ben")
        await page.reload()
        await settled(page, "Ben")
        await context.unroute(DECISION)
        await page.click(f'.row[data-id="{second.pid}"]')
        async with page.expect_response(DECISION):
            await page.keyboard.press("h")
        assert await hands.state(second) is State.HELD
        assert await hands.state(first) is State.QUEUED
        await sit_down(context, served, "Anna")
        await page.reload()
        await settled(page, "Anna")
        async with asyncio.timeout(20):
            while await hands.state(first) is State.QUEUED:
                await asyncio.sleep(0.05)
        (record,) = await hands.ledger.records([first.pid])
        assert (record.state, record.by) == (State.REJECTED, "Anna")


ASK_OLD = """async (path) => {
  await fetch(path);
  const shelf = await caches.open('parvis-desk');
  return Boolean(await shelf.match(path));
}"""


@pytest.mark.browser
async def test_a_file_of_another_build_is_not_kept_under_an_old_address(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    """An old page in a new house: what it gets now is not what its address said, and must not stay."""
    async with serving(store, data_dir) as served:
        page = await at_the_desk(browser, served)
        await page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        assert await page.evaluate(
            ASK_OLD, served.services.pages.static("js/kiosk.js").replace("kiosk", "icons")
        )
        assert not await page.evaluate(ASK_OLD, "/static/0123456789ab/js/icons.js")


@pytest.mark.browser
async def test_a_tablet_whose_login_was_ended_elsewhere_keeps_no_desk(
    browser: Browser, store: Store, data_dir: Path
) -> None:
    async with serving(store, data_dir) as served:
        page = await at_the_desk(browser, served)
        await page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        kept = "async () => Boolean(await (await caches.open('parvis-desk')).match('/desk'))"
        await page.wait_for_function(kept)
        keys = [key for key, _, _ in await served.services.auth.alive()]
        await served.services.auth.logins.end(*keys)
        await page.reload()
        await expect(page.locator("#code")).to_be_visible()
        assert not await page.evaluate(kept)
