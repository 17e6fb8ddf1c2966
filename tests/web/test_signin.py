"""The ways in over the real server: passwords, codes and names, guessing, cookies."""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.server import Served, serving
from tests.stack import ADMIN, free_port
from tests.web.peoplekit import IPAD, PASSWORD, add, browser_of, call, enter, knock, who
from wall.secret import Secret
from wall.settings import WebSettings
from wall.store.client import Store
from wall.web.auth import COOKIE, SECURE_COOKIE, new_code


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    """Behind a proxy that is trusted, so that tests can come from many addresses."""
    web = WebSettings(port=free_port(), admin_token=Secret(ADMIN), trusted_proxies=("127.0.0.1/32",))
    async with serving(store, data_dir, web=web) as served:
        # the helper serves on a port of its own; `web` names another
        served.url = f"http://127.0.0.1:{served.services.settings.web.port}"
        yield served


async def test_a_name_and_its_password_open_the_desk(served: Served) -> None:
    await add(served, "Anna", "admin")
    head = await enter(served, " anna ", user_agent=IPAD)
    assert await who(served, head) == (200, {"name": "Anna", "role": "admin", "account": True})
    _, body = await call(served, "GET", "/sessions", head)
    (one,) = body["sessions"]
    assert (one["device"], one["address"], one["here"]) == ("Safari, iPad", "127.0.0.1", True)


async def test_wrong_names_and_wrong_passwords_get_one_answer(served: Served) -> None:
    await add(served, "Anna")
    wrong = await knock(served, {"name": "Anna", "password": "not her password"}, x_forwarded_for="10.0.0.1")
    nobody = await knock(
        served, {"name": "Bruno", "password": "not her password"}, x_forwarded_for="10.0.0.2"
    )
    await served.services.auth.users.add("Chloé", "viewer")  # invited: has no password yet
    empty = await knock(served, {"name": "Chloé", "password": "not her password"}, x_forwarded_for="10.0.0.3")
    assert wrong == nobody == empty
    assert (wrong[0], wrong[1]["error"]["code"], wrong[2]) == (401, "wrong-password", "")


async def test_twins_of_one_password_and_what_is_no_password(served: Served) -> None:
    """BAD-INPUTS 209."""
    typed = "Crème brûlée à midi"
    await add(served, "Anna", password=unicodedata.normalize("NFC", typed))
    assert await enter(served, "Anna", unicodedata.normalize("NFD", typed))
    status, body, _ = await knock(served, {"name": "Anna", "password": "four\0blue boats"})
    assert (status, body["error"]["field"]) == (400, "password")
    status, body, _ = await knock(served, {"name": "Anna", "password": "x" * 900_000})
    assert (status, body["error"]["code"]) == (400, "too-long")
    assert (await knock(served, {"name": "Anna", "password": "x" * 1_000_000}))[0] == 413
    # none of these was a try
    assert (await knock(served, {"name": "Anna", "password": typed}))[0] == 204


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "Anna", "password": PASSWORD, "code": "ABCD-EFGH"}, 400),
        ({"name": "Anna", "password": 7}, 400),
        ({"name": "Anna", "password": PASSWORD, "role": "admin"}, 400),
        ({"name": "", "password": PASSWORD}, 400),
        ({"name": "\u202e\x00", "password": PASSWORD}, 400),
        ({"name": "x" * 201, "password": PASSWORD}, 400),
        ({"name": "rules", "password": PASSWORD}, 409),
        ({"name": "Anna"}, 401),
        ({"pair": "A" * 65}, 400),
    ],
)
async def test_what_is_no_sign_in(served: Served, body: dict[str, object], status: int) -> None:
    await add(served, "Anna")
    found, said, session = await knock(served, body)
    assert (found, session) == (status, "")
    assert set(said["error"]) >= {"code", "message"}


async def test_a_password_from_a_foreign_page_is_not_looked_at(served: Served) -> None:
    await add(served, "Anna")
    for origin in ("http://evil.example", "null", ""):
        status, _, session = await knock(served, {"name": "Anna", "password": PASSWORD}, origin=origin)
        assert (status, session) == (403, "")


# -- guessing -------------------------------------------------------------------------------------------------------


async def test_a_guesser_waits_longer_and_longer_and_locks_nobody_out(served: Served) -> None:
    await add(served, "Anna", "admin")
    bad = {"name": "Anna", "password": "a wrong guess of mine"}
    assert (await knock(served, bad, x_forwarded_for="203.0.113.9"))[0] == 401
    status, body, _ = await knock(served, bad, x_forwarded_for="203.0.113.9")
    assert (status, body["error"]["code"], body["header"]) == (429, "slow-down", "1")
    backoff = served.services.auth.doors._backoff
    for _ in range(20):  # many more, from there and elsewhere
        backoff.was_wrong(account_of("Anna"), "203.0.113.9")
        backoff.was_wrong(account_of("Anna"), "203.0.113.10")
    good = {"name": "Anna", "password": PASSWORD}
    status, body, _ = await knock(served, good, x_forwarded_for="203.0.113.9")
    assert (status, body["header"]) == (429, "60")
    assert (await knock(served, good, x_forwarded_for="198.51.100.7"))[0] == 204
    # and the terminal's code opens even there
    code = {"code": await new_code(served.services.store), "name": "Anna"}
    assert (await knock(served, code, x_forwarded_for="203.0.113.9"))[0] == 204


def account_of(name: str) -> str:
    from wall.web.person import person_id

    return person_id(name)


async def test_guessing_passwords_at_once_is_as_slow_as_in_turn(served: Served) -> None:
    await add(served, "Anna")
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(knock(served, {"name": "Anna", "password": f"guess number {n}"}))
            for n in range(40)
        ]
    statuses = [task.result()[0] for task in running]
    assert statuses.count(401) == 1
    assert set(statuses) == {401, 429, 503}
    assert all(task.result()[1]["header"] for task in running if task.result()[0] != 401)


async def test_eight_people_behind_one_address_come_in_by_asking_again(served: Served) -> None:
    """At nine in the morning, all at once: a full line is no wrong password."""
    names = [f"Person {n}" for n in "ABCDEFGH"]
    for name in names:
        await add(served, name)

    async def come(name: str) -> int:
        async with asyncio.timeout(60):
            while True:
                status, body, _ = await knock(served, {"name": name, "password": PASSWORD})
                if status != 503:
                    return status
                assert body["error"]["code"] == "busy"
                await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(come(name)) for name in names]
    assert [task.result() for task in running] == [204] * 8


async def test_no_secret_is_in_the_log(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await add(served, "Anna")
    head = await enter(served, "Anna")
    await knock(served, {"name": "Anna", "password": "a wrong guess of mine"})
    await call(served, "POST", "/pairings", head, {})
    text = caplog.text
    assert "Anna signed in with a password from 127.0.0.1" in text
    for secret in (PASSWORD, "a wrong guess of mine", head["cookie"], "argon2"):
        assert secret not in text


# -- codes and names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Anna", "ANNA", "Аnna", "Ann4", "Ａnna", "An\u200bna"])
async def test_nobody_is_anna_but_anna(served: Served, name: str) -> None:
    """A lesser code does not carry her name, nor one that looks like it; it is not spent on trying."""
    store = served.services.store
    await add(served, "Anna", "moderator")
    code = await new_code(store, "moderator")
    status, body, _ = await knock(served, {"code": code, "name": name})
    assert (status, body["error"]["field"], body["taken"]) == (409, "name", "Anna")
    status, _, session = await knock(served, {"code": code, "name": "Bruno"})
    assert status == 204
    assert (await who(served, browser_of(served, session)))[1]["role"] == "moderator"


async def test_the_terminals_own_code_is_an_admins_and_carries_any_name(served: Served) -> None:
    await add(served, "Anna", "admin")
    code = await new_code(served.services.store)
    status, _, session = await knock(served, {"code": code, "name": "anna"})
    assert status == 204
    me = (await who(served, browser_of(served, session)))[1]
    assert me == {"name": "Anna", "role": "admin", "account": True}


async def test_under_a_moderators_name_even_the_terminal_is_a_moderator(served: Served) -> None:
    await add(served, "Bruno", "moderator")
    _, _, session = await knock(served, {"code": await new_code(served.services.store), "name": "Bruno"})
    assert (await who(served, browser_of(served, session)))[1]["role"] == "moderator"


async def test_a_login_by_code_ends_when_somebody_of_that_name_is_added(served: Served) -> None:
    _, _, session = await knock(
        served, {"code": await new_code(served.services.store, "moderator"), "name": "Chloé"}
    )
    head = browser_of(served, session)
    assert (await who(served, head))[1] == {"name": "Chloé", "role": "moderator", "account": False}
    await add(served, "Chloé")
    assert (await who(served, head))[0] == 401


# -- cookies --------------------------------------------------------------------------------------------------------


async def test_cookies_that_open_nothing(served: Served) -> None:
    """BAD-INPUTS 198 and 199."""
    await add(served, "Anna")
    head = await enter(served, "Anna")
    session = head["cookie"].partition("=")[2]
    other = (await enter(served, "Anna"))["cookie"].partition("=")[2]
    for cookie in (
        f"{COOKIE}={session[:-1]}",
        f"{COOKIE}={session}x",
        f"{COOKIE}=" + "x" * 4096,
        f"{COOKIE}={session}; {COOKIE}={other}",
        f"{COOKIE}={session}; {COOKIE}={session}",
        f"{COOKIE}=",
        f"other={session}",
        f"{SECURE_COOKIE}={session}",  # over plain http that name is not ours
        COOKIE,
    ):
        assert (await who(served, {"cookie": cookie}))[0] == 401, cookie
    assert (await who(served, {"cookie": f"a=b; {COOKIE}={session} ; c"}))[0] == 200
    await call(served, "DELETE", "/session", head)
    assert (await who(served, head))[0] == 401


async def test_signing_in_again_ends_what_the_browser_had_before(served: Served) -> None:
    await add(served, "Anna")
    first = await enter(served, "Anna")
    second = await enter(served, "Anna", cookie=first["cookie"])
    assert (await who(served, first))[0] == 401
    assert (await who(served, second))[0] == 200


async def test_behind_tls_the_cookie_belongs_to_this_host_alone(served: Served) -> None:
    await add(served, "Anna")
    headers = {"origin": served.url, "x-forwarded-proto": "https", "x-forwarded-for": "10.0.0.1"}
    body = {"name": "Anna", "password": PASSWORD}
    async with served.client.post(f"{served.url}/api/v1/session", json=body, headers=headers) as reply:
        assert reply.status == 204
        cookie = reply.cookies[SECURE_COOKIE]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "strict")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
    secure = {"x-forwarded-proto": "https"}
    assert (await who(served, {**secure, "cookie": f"{SECURE_COOKIE}={cookie.value}"}))[0] == 200
    assert (await who(served, {**secure, "cookie": f"{COOKIE}={cookie.value}"}))[0] == 401
