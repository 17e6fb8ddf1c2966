"""Signing in with a password, pairing a tablet, people and devices: the real pages with real fingers and keys.

With PARVIS_PICTURES set to a folder one screenshot is kept there, as `tests/browser/test_pictures.py` does.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.chromium import page_of, problems_of
from tests.server import Served, serving
from tests.web.peoplekit import IPAD, PASSWORD, add, call, enter, knock
from wall.store.client import Store
from wall.web.auth import new_code

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
TARGETS = (HERE / "targets.js").read_text(encoding="utf-8")
CONTRASTS = (HERE / "page_contrasts.js").read_text(encoding="utf-8")
SIZES = [(1024, 768), (768, 1024), (390, 844)]
OTHER = "three green trains"


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


async def open_page(
    browser: Browser, served: Served, path: str, *, width: int = 1024, height: int = 768, lang: str = "en-GB"
) -> Page:
    page = await page_of(
        browser, width=width, height=height, locale=lang, has_touch=True, color_scheme="dark"
    )
    await page.goto(served.url + path)
    return page


async def signed_in(
    browser: Browser, served: Served, name: str, path: str, *, width: int = 1024, height: int = 768
) -> Page:
    page = await open_page(browser, served, path, width=width, height=height)
    await page.fill("#name", name)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("#signin")).to_have_count(0)
    return page


async def look_closely(page: Page, what: str) -> None:
    """Every target large, every word legible, by night and by day, on every tablet and phone."""
    for theme in ("night", "day"):
        await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate(TARGETS, 44) == [], (what, width)
        await page.wait_for_function("() => !document.getAnimations().some(a => a.playState === 'running')")
        words = await page.evaluate(CONTRASTS)
        assert len(words) > 3, what
        for text, ratio, size_px in words:
            assert ratio >= (3 if size_px >= 24 else 4.5), (what, theme, text, ratio)


def only_refusals(page: Page) -> bool:
    """What the browser itself writes of an answer of 400 and more is no fault of the page."""
    return all(line.startswith("Failed to load resource") for line in problems_of(page))


# -- signing in -----------------------------------------------------------------------------------------------------


async def test_the_first_time_a_code_and_from_then_on_a_password(browser: Browser, served: Served) -> None:
    page = await open_page(browser, served, "/desk/people")
    await expect(page.locator("#password")).to_be_hidden()  # nobody has one yet
    await page.fill("#code", await new_code(served.services.store))
    await page.fill("#name", "Anna")
    await page.click("#enter")
    await expect(page.locator("#users .empty-house")).to_be_visible()
    await page.click("#password-open")
    await page.fill("#new", "annaannaanna1")
    await page.keyboard.press("Enter")
    await expect(page.locator("#new-problem")).to_contain_text("repeats itself")
    await expect(page.locator("#new")).to_be_focused()
    await page.fill("#new", PASSWORD)
    await page.click('[aria-label="Show the password"] >> visible=true')
    assert await page.get_attribute("#new", "type") == "text"
    await page.keyboard.press("Enter")
    await expect(page.locator("#users .row")).to_have_count(1)
    await page.click("#sign-out")
    await expect(page.locator("#signin")).to_have_attribute("data-way", "password")
    assert await page.input_value("#name") == "Anna"
    await expect(page.locator("#password")).to_be_focused()
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("#desk")).to_be_visible()
    assert only_refusals(page)


async def test_a_wrong_password_stands_beside_its_field_and_the_button_counts_down(
    browser: Browser, served: Served
) -> None:
    await add(served, "Anna")
    page = await open_page(browser, served, "/desk")
    await page.click("#enter")
    await expect(page.locator("#name-problem")).not_to_be_empty()
    await expect(page.locator("#password-problem")).not_to_be_empty()
    await page.fill("#name", "Anna")
    await page.fill("#password", "not her password")
    await page.keyboard.press("Enter")
    await expect(page.locator("#password-problem")).to_contain_text("do not belong together")
    await expect(page.locator("#password")).to_be_focused()
    for _ in range(5):
        served.services.auth.doors._backoff.was_wrong("x", "127.0.0.1")
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("#form-problem")).to_contain_text("Too many")
    await expect(page.locator("#enter")).to_be_disabled()
    assert only_refusals(page)


async def test_the_code_of_the_terminals_qr_fills_itself_in_and_leaves_the_address(
    browser: Browser, served: Served
) -> None:
    await add(served, "Anna")
    code = await new_code(served.services.store, "moderator")
    page = await open_page(browser, served, f"/desk#code={code}")
    assert await page.input_value("#code") == code
    await expect(page.locator("#name")).to_be_focused()
    assert "#" not in page.url
    await page.fill("#name", "Аnna")  # Cyrillic
    await page.keyboard.press("Enter")
    await expect(page.locator("#name-problem")).to_contain_text("There is Anna already")
    await page.fill("#name", "Bruno")
    await page.keyboard.press("Enter")
    await expect(page.locator("#desk")).to_be_visible()


# -- pairing --------------------------------------------------------------------------------------------------------


async def test_a_tablet_is_paired_by_its_camera(browser: Browser, served: Served) -> None:
    await add(served, "Anna")
    laptop = await signed_in(browser, served, "Anna", "/desk/people")
    await laptop.click("#pair-open")
    await expect(laptop.locator("#pair-qr svg")).to_be_visible()
    await laptop.check('#pair-roles [value="viewer"]')
    await expect(laptop.locator("#pair-left")).to_contain_text(":")
    first = await laptop.text_content("#pair-code")
    await expect(laptop.locator("#pair-roles [value=viewer]")).to_be_checked()
    async with laptop.expect_response("**/pairings") as answered:
        await laptop.check('#pair-roles [value="moderator"]')
        await laptop.check('#pair-roles [value="viewer"]')
    await (await answered.value).finished()
    await laptop.wait_for_function(
        "first => document.querySelector('#pair-code').textContent !== first", arg=first
    )
    await laptop.wait_for_load_state("networkidle")
    code = await laptop.text_content("#pair-code")
    # a link preview looks, and nothing is spent
    for _ in range(3):
        assert b"Anna" in (await served.get(f"/pair?c={code}"))[1]
    tablet = await open_page(browser, served, f"/pair?c={code}", width=768, height=1024)
    await expect(tablet.locator("#confirm")).to_contain_text("Anna")
    await expect(tablet.locator("#confirm")).to_contain_text("viewer")
    await look_closely(tablet, "pair")
    await tablet.click("#yes")
    await expect(tablet.locator("#desk")).to_be_visible()
    await expect(laptop.locator("#pair-done")).to_contain_text("Paired: Chrome")
    await laptop.keyboard.press("Escape")
    await expect(laptop.locator("#own-devices .row")).to_have_count(2)
    # and once only
    late = await open_page(browser, served, f"/pair?c={code}")
    await expect(late.locator("#code-problem")).to_contain_text("not valid")
    await look_closely(late, "pair by hand")
    # ended from the laptop, the tablet shows the way in
    await laptop.click("#own-devices .row .button")
    await laptop.click("#sure-yes")
    await expect(laptop.locator("#own-devices .row")).to_have_count(1)
    await tablet.goto(f"{served.url}/desk")
    await expect(tablet.locator("#signin")).to_be_visible()
    for page in (laptop, tablet, late):
        assert only_refusals(page)


async def test_a_code_typed_by_hand_and_a_tablet_that_was_somebody_elses(
    browser: Browser, served: Served
) -> None:
    await add(served, "Anna")
    await add(served, "Bruno")
    tablet = await signed_in(browser, served, "Bruno", "/desk/people", width=768, height=1024)
    _, body = await call(served, "POST", "/pairings", await enter(served, "Anna"), {})
    await tablet.goto(f"{served.url}/pair")
    await tablet.fill("#code", "abcd 0fgh")
    await tablet.keyboard.press("Enter")
    await expect(tablet.locator("#code-problem")).to_contain_text("never holds a 0")
    await tablet.fill("#code", body["code"].lower().replace("-", " "))
    await tablet.keyboard.press("Enter")
    await expect(tablet.locator("#confirm .note")).to_contain_text("Bruno is signed in here now")
    await expect(tablet.locator("#yes")).to_be_focused()
    await tablet.keyboard.press("Enter")
    await expect(tablet.locator("#desk")).to_have_attribute("data-me", "Anna")


# -- people ---------------------------------------------------------------------------------------------------------


async def test_an_admin_adds_somebody_who_accepts_on_a_phone(browser: Browser, served: Served) -> None:
    await add(served, "Anna", "admin")
    page = await signed_in(browser, served, "Anna", "/desk/people")
    await page.click("#add-open")
    await expect(page.locator("#add-name")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#add-name-problem")).not_to_be_empty()
    await page.fill("#add-name", "anna")
    await page.keyboard.press("Enter")
    await expect(page.locator("#add-name-problem")).to_contain_text("There is Anna already")
    await look_closely(page, "add")
    await page.fill("#add-name", "Bruno")
    await page.keyboard.press("Enter")
    await expect(page.locator("#link-title")).to_have_text("An invitation for Bruno")
    await look_closely(page, "link")
    url = await page.text_content("#link-url")
    assert url
    await page.keyboard.press("Escape")
    await expect(page.locator("#link-url")).to_have_text("")
    await expect(page.locator("#users .row")).to_have_count(2)
    phone = await open_page(
        browser, served, url.removeprefix(served.url), width=390, height=844, lang="fr-FR"
    )
    await expect(phone.locator("#hello")).to_have_text("Bienvenue, Bruno")
    await phone.fill("#password", "parvis-2026-bruno")
    await phone.click("#enter")
    await expect(phone.locator("#password-problem")).to_contain_text("Facile à deviner")
    await look_closely(phone, "invitation")
    await phone.fill("#password", OTHER)
    await phone.click("#enter")
    await expect(phone.locator("#desk")).to_have_attribute("data-me", "Bruno")
    again = await open_page(browser, served, url.removeprefix(served.url))
    await expect(again.locator("#spent")).to_be_visible()
    for one in (page, phone, again):
        assert only_refusals(one)


async def test_an_admin_changes_a_role_ends_a_login_resets_and_removes(
    browser: Browser, served: Served
) -> None:
    await add(served, "Anna", "admin")
    await add(served, "Bruno")
    bruno = await enter(served, "Bruno", user_agent=IPAD)
    page = await signed_in(browser, served, "Anna", "/desk/people")
    await page.click('[data-user]:has-text("Bruno")')
    await look_closely(page, "person")
    await page.focus("#person-roles [value=moderator]")
    await page.keyboard.press("ArrowDown")  # by keyboard
    await expect(page.locator("#voice")).to_contain_text("Bruno is admin now")
    await expect(page.locator("#person-roles [value=admin]")).to_be_focused()
    _, me = await call(served, "GET", "/me", bruno)
    assert me["role"] == "admin"
    await page.click("#person-devices .button")
    await expect(page.locator("#sure-title")).to_have_text("End the login of Bruno on Safari, iPad?")
    await look_closely(page, "sure")
    await page.click("#sure-yes")
    await expect(page.locator("#person-devices")).to_contain_text("Signed in nowhere")
    assert (await call(served, "GET", "/me", bruno))[0] == 401
    await page.click("#person-password")
    await page.fill("#other-password", "bruno")
    await page.keyboard.press("Enter")
    await expect(page.locator("#other-password-problem")).to_contain_text("Too short")
    await page.fill("#other-password", OTHER)
    await page.keyboard.press("Enter")
    await expect(page.locator("#other")).to_be_hidden()
    assert await enter(served, "Bruno", OTHER)
    await page.click("#person-invite")
    await page.click("#sure-yes")
    await expect(page.locator("#link-title")).to_have_text("An invitation for Bruno")
    assert (await knock(served, {"name": "Bruno", "password": OTHER}))[0] == 401
    await page.keyboard.press("Escape")
    await expect(page.locator("#person-state")).to_contain_text("invited")
    await page.click("#person-remove")
    await page.keyboard.press("Escape")  # no
    await expect(page.locator("#person")).to_be_visible()
    await page.click("#person-remove")
    await page.click("#sure-yes")
    await expect(page.locator("#person")).to_be_hidden()
    await expect(page.locator("#users .row")).to_have_count(1)
    assert only_refusals(page)


async def test_a_moderator_sees_what_is_hers_alone(browser: Browser, served: Served) -> None:
    await add(served, "Bruno")
    other = await enter(served, "Bruno", user_agent=IPAD)
    page = await signed_in(browser, served, "Bruno", "/desk/people", width=768, height=1024)
    await expect(page.locator("#own-devices .row")).to_have_count(2)
    await expect(page.locator("#users")).to_have_count(0)
    await page.click("#password-open")
    await page.fill("#old", "not his password")
    await page.fill("#new", OTHER)
    await page.keyboard.press("Enter")
    await expect(page.locator("#old-problem")).to_contain_text("not your password of today")
    await look_closely(page, "password")
    await page.keyboard.press("Escape")
    await page.click("#end-others")
    await page.click("#sure-yes")
    await expect(page.locator("#own-devices .row")).to_have_count(1)
    assert (await call(served, "GET", "/me", other))[0] == 401
    assert only_refusals(page)


async def test_a_removed_person_is_shown_the_way_in(browser: Browser, served: Served) -> None:
    await add(served, "Anna", "admin")
    bruno = await add(served, "Bruno")
    page = await signed_in(browser, served, "Bruno", "/desk/people")
    await expect(page.locator("#own-devices .row")).to_have_count(1)
    await served.services.auth.users.remove(bruno.id)
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator("#signin")).to_be_visible()


@pytest.mark.parametrize("lang", ["en", "fr", "zh"])
async def test_the_pages_hold_at_every_size_in_every_language(
    browser: Browser, served: Served, tmp_path: Path, lang: str
) -> None:
    store = served.services.store
    await add(served, "Anna", "admin")
    for name, role in (
        ("Bruno", "moderator"),
        ("小杰", "viewer"),
        ("Maximiliane Donaudampfschifffahrt", "admin"),
    ):
        await add(served, name, role)  # type: ignore[arg-type]  # a role is a word here
    await served.services.auth.users.add("Elena", "moderator")
    for name in ("Anna", "Bruno", "小杰"):
        await enter(served, name, user_agent=IPAD)
    await knock(served, {"code": await new_code(store, "moderator"), "name": "Zoé"}, user_agent=IPAD)
    page = await signed_in(browser, served, "Anna", f"/desk/people?lang={lang}")
    await expect(page.locator("#users .row")).to_have_count(5)
    await expect(page.locator("#code-logins .row")).to_have_count(1)
    for name, (width, height) in (("people", (1024, 768)), ("people-tall", (768, 1024))):
        await page.set_viewport_size({"width": width, "height": height})
        await shoot(page, f"{name}-{lang}" if lang != "en" else name, tmp_path)
    await look_closely(page, f"people in {lang}")
    await page.click("#pair-open")
    await expect(page.locator("#pair-qr svg")).to_be_visible()
    await look_closely(page, f"pairing in {lang}")
    await page.goto(f"{served.url}/desk?lang={lang}")
    assert only_refusals(page)


async def test_the_sign_in_page_both_ways(browser: Browser, served: Served) -> None:
    await add(served, "Anna")
    page = await open_page(browser, served, "/desk")
    await look_closely(page, "password")
    await page.click('[data-way="code"]')
    await expect(page.locator("#code")).to_be_focused()
    await look_closely(page, "code")
    assert problems_of(page) == []


async def shoot(page: Page, name: str, folder: Path) -> None:
    kept = os.environ.get("PARVIS_PICTURES")
    keep_it = kept and name == "people"
    path = (Path(kept) if kept and keep_it else folder) / f"{name}.png"
    await page.screenshot(path=path)
    assert path.stat().st_size > 30_000, f"{name} looks blank"
