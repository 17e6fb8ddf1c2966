"""Pairing a tablet over the real server: once, for five minutes, for a role as high as one's own at most."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.server import Served, serving
from tests.web.peoplekit import IPAD, PASSWORD, add, browser_of, call, enter, knock, who
from wall.store.client import Store
from wall.web.answers import ApiError
from wall.web.auth import Auth, new_code
from wall.web.pairing import LIFE_S

OTHER = "three green trains"


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
async def anna(served: Served) -> dict[str, str]:
    """Anna, an admin with a password, at her laptop."""
    await add(served, "Anna", "admin")
    return await enter(served, "Anna")


async def pair(served: Served, head: dict[str, str], **body: Any) -> dict[str, Any]:
    status, said = await call(served, "POST", "/pairings", head, body)
    assert status == 201, said
    return dict(said)


def patient(served: Served) -> None:
    """A minute later: the tries that the limits count are forgotten."""
    doors = served.services.auth.doors
    doors._pairing_tries._levels.clear()
    doors._pairing_places._levels.clear()


async def test_a_tablet_gets_its_persons_name_once(served: Served, anna: dict[str, str]) -> None:
    made = await pair(served, anna)
    assert (made["role"], made["life_s"], made["only_here"]) == ("admin", 300, True)
    assert made["url"].endswith(f"/pair?c={made['code']}")
    typed = made["code"].lower().replace("-", " ")
    status, _, session = await knock(served, {"pair": typed}, user_agent=IPAD)
    assert status == 204
    tablet = browser_of(served, session)
    assert (await who(served, tablet))[1] == {"name": "Anna", "role": "admin", "account": True}
    status, body, _ = await knock(served, {"pair": made["code"]})
    assert (status, body["error"]["field"]) == (401, "pair")
    # the tablet is hers like any other: a new password of hers ends it
    await call(served, "POST", "/me/password", anna, {"old": PASSWORD, "new": OTHER})
    assert (await who(served, tablet))[0] == 401


async def test_a_tablet_may_be_less_and_never_more(served: Served, anna: dict[str, str]) -> None:
    made = await pair(served, anna, role="viewer")
    _, _, session = await knock(served, {"pair": made["code"]})
    tablet = browser_of(served, session)
    assert (await who(served, tablet))[1]["role"] == "viewer"
    status, body = await call(served, "POST", "/pairings", tablet, {"role": "moderator"})
    assert (status, body["error"]["field"]) == (403, "role")
    assert (await call(served, "POST", "/pairings", tablet, {"role": "emperor"}))[0] == 400
    again = await pair(served, tablet)
    _, _, session = await knock(served, {"pair": again["code"]})
    assert (await who(served, browser_of(served, session)))[1]["role"] == "viewer"


async def test_a_pairing_by_somebody_who_came_by_code(served: Served) -> None:
    _, _, session = await knock(
        served, {"code": await new_code(served.services.store, "moderator"), "name": "Zoé"}
    )
    made = await pair(served, browser_of(served, session))
    _, _, paired = await knock(served, {"pair": made["code"]})
    assert (await who(served, browser_of(served, paired)))[1] == {
        "name": "Zoé",
        "role": "moderator",
        "account": False,
    }


async def test_a_newer_code_ends_the_one_before_and_a_removal_ends_all(
    served: Served, anna: dict[str, str]
) -> None:
    bruno = await add(served, "Bruno")
    head = await enter(served, "Bruno")
    first, second = await pair(served, head), await pair(served, head)
    other = await pair(served, anna)
    assert (await knock(served, {"pair": first["code"]}))[0] == 401
    await call(served, "DELETE", f"/users/{bruno.id}", anna)
    assert (await knock(served, {"pair": second["code"]}))[0] == 401
    assert (await knock(served, {"pair": other["code"]}))[0] == 204


async def test_a_pairing_dies_with_the_login_that_made_it(served: Served, anna: dict[str, str]) -> None:
    tablet = await enter(served, "Anna")
    made = await pair(served, tablet)
    await call(served, "DELETE", "/session", tablet)
    assert (await knock(served, {"pair": made["code"]}))[0] == 401


async def test_a_pairing_of_an_older_password_is_over(served: Served, anna: dict[str, str]) -> None:
    made = await pair(served, anna)
    await call(served, "POST", "/me/password", anna, {"old": PASSWORD, "new": OTHER})
    assert (await who(served, anna))[0] == 200
    assert (await knock(served, {"pair": made["code"]}))[0] == 401


async def test_five_wrong_tries_kill_a_code_and_no_other(served: Served, anna: dict[str, str]) -> None:
    made = await pair(served, anna)
    half = made["code"][:4]
    for n in range(4):
        assert (await knock(served, {"pair": f"{half}-AAA{'BCDE'[n]}"}))[0] == 401
    await knock(served, {"pair": "ZZZZ-ZZZZ"})  # meant for no code
    patient(served)
    assert await served.services.auth.doors.look_at_pairing(made["code"])
    assert (await knock(served, {"pair": f"{half}-AAAF"}))[0] == 401
    assert (await knock(served, {"pair": made["code"]}))[0] == 401


async def test_guessing_pairing_codes_is_slow_for_one_address_and_for_all(
    served: Served, anna: dict[str, str]
) -> None:
    made = await pair(served, anna)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(knock(served, {"pair": f"ABCD-EF{n:02}"})) for n in range(22, 62)]
    statuses = [task.result()[0] for task in running]
    assert statuses.count(401) <= 6
    assert statuses.count(429) >= 34
    doors = served.services.auth.doors
    assert await doors.look_at_pairing(made["code"], address="10.0.0.7")  # elsewhere it goes on
    for n in range(30):  # a stranger with many addresses
        with suppress(ApiError):
            await doors.look_at_pairing("ABCD-EFGH", address=f"10.0.1.{n}")
    with pytest.raises(ApiError) as refused:
        await doors.look_at_pairing(made["code"], address="10.0.2.1")
    assert refused.value.status == 429
    page = (await served.get("/pair?c=ABCD-EFGH"))[1].decode()
    assert "Too many wrong codes" in page


async def test_a_right_code_costs_no_try(served: Served, anna: dict[str, str]) -> None:
    """Thirty tablets behind one address in one minute."""
    for _ in range(30):
        made = await pair(served, anna)
        assert (await served.get(f"/pair?c={made['code']}"))[0] == 200
        assert (await knock(served, {"pair": made["code"]}))[0] == 204


async def test_a_pairing_lasts_five_minutes_of_real_time(store: Store) -> None:
    wall, up = [1_900_000_000.0], [50.0]
    auth = Auth(store, clock=lambda: wall[0], up=lambda: up[0])
    session = await auth.sign_in(await new_code(store, now=wall[0]), "Anna")
    (key, _, _), *_ = await auth.alive()

    async def make() -> str:
        return await auth.doors.pairings.add(name="Anna", role="admin", user="x", gen="", by=key)

    code = await make()
    wall[0] -= 86_400
    up[0] += LIFE_S
    assert await auth.doors.look_at_pairing(code)
    up[0] += 1
    assert await auth.doors.look_at_pairing(code) is None
    code = await make()
    up[0] += LIFE_S + 1
    await make()  # clears what is over
    assert await store.redis.hlen(store.keys.pairings) == 1
    assert await auth.is_alive(session)


async def test_one_code_for_two_tablets_at_once_is_for_one(served: Served, anna: dict[str, str]) -> None:
    made = await pair(served, anna)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(knock(served, {"pair": made["code"]})) for _ in range(6)]
    assert sorted(task.result()[0] for task in running) == [204, 401, 401, 401, 401, 401]


@pytest.mark.parametrize("code", ["", "%00", "<script>", "A" * 5000, "ABCD-EFG", "ＡＢＣＤ-ＥＦＧＨ"])
async def test_pairing_pages_for_what_is_no_code(served: Served, code: str) -> None:
    async with served.client.get(f"{served.url}/pair", params={"c": code}) as reply:
        page = await reply.text()
        assert reply.status == 200
        assert 'id="by-hand"' in page
        assert "<script>alert" not in page
        assert "c=<script>" not in page
