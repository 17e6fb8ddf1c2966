"""People and their devices over the real server: adding, roles, invitations, pairing, ending logins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.server import Served, serving
from tests.stack import ADMIN, free_port
from tests.web.peoplekit import IPAD, PASSWORD, add, browser_of, call, enter, knock, who
from wall.secret import Secret
from wall.settings import WebSettings
from wall.store.client import Store
from wall.web.answers import ApiError
from wall.web.auth import Auth, new_code, new_token
from wall.web.users import INVITATION_LIFE_S

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


async def people(served: Served, head: dict[str, str]) -> dict[str, Any]:
    _, body = await call(served, "GET", "/users", head)
    return {user["name"]: user for user in body["users"]}


# -- adding and roles -----------------------------------------------------------------------------------------------


async def test_an_admin_adds_changes_and_removes_somebody(served: Served, anna: dict[str, str]) -> None:
    new = {"name": "  Bruno  ", "role": "viewer", "password": OTHER}
    status, body = await call(served, "POST", "/users", anna, new)
    assert (status, body["user"]["name"], body["user"]["state"]) == (201, "Bruno", "active")
    assert "invitation" not in body
    bruno = await enter(served, "Bruno", OTHER)
    assert (await who(served, bruno))[1]["role"] == "viewer"
    path = f"/users/{body['user']['id']}"
    # his role changes under his hands
    assert (await call(served, "PATCH", path, anna, {"role": "moderator"}))[0] == 200
    assert (await who(served, bruno))[1]["role"] == "moderator"
    listed = (await people(served, anna))["Bruno"]
    assert (listed["devices"], listed["you"], listed["role"]) == (1, False, "moderator")
    assert (await call(served, "DELETE", path, anna))[0] == 200
    assert (await who(served, bruno))[0] == 401
    assert (await knock(served, {"name": "Bruno", "password": OTHER}))[0] == 401
    for method in ("PATCH", "DELETE"):
        body = {"role": "viewer"} if method == "PATCH" else None
        assert (await call(served, method, path, anna, body))[0] == 404


@pytest.mark.parametrize(
    ("new", "status", "code"),
    [
        ({"name": "anna", "password": OTHER}, 409, "name-taken"),
        ({"name": "Аnna"}, 409, "name-taken"),
        ({"name": "Rules"}, 409, "name-taken"),
        ({"name": "\u202e"}, 400, "no-name"),
        ({"name": "Bruno", "password": "short"}, 400, "weak-password"),
        ({"name": "Bruno", "password": "bruno-2026-Bruno"}, 400, "weak-password"),
        ({"name": "Bruno", "password": "la nuit des lumières"}, 400, "weak-password"),
        ({"name": "Bruno", "password": "\0" * 20}, 400, "invalid"),
        ({"name": "Bruno", "role": "emperor"}, 400, "invalid"),
        ({"name": "Bruno", "hash": "x"}, 400, "invalid"),
    ],
)
async def test_who_cannot_be_added(
    served: Served, anna: dict[str, str], new: dict[str, str], status: int, code: str
) -> None:
    found, body = await call(served, "POST", "/users", anna, new)
    assert (found, body["error"]["code"]) == (status, code)
    assert list(await people(served, anna)) == ["Anna"]


async def test_a_name_is_kept_clean(served: Served, anna: dict[str, str]) -> None:
    await call(served, "POST", "/users", anna, {"name": "Br\x1b[2Ju\u202eno ✓", "password": OTHER})
    assert set(await people(served, anna)) == {"Anna", "Br[2Juno"}


async def test_none_of_it_is_for_others(served: Served, anna: dict[str, str]) -> None:
    bruno = (await add(served, "Bruno", "moderator")).id
    head = await enter(served, "Bruno")
    token = {"authorization": f"Bearer {await new_token(served.services.store, 'report', 'moderator')}"}
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/users", None),
        ("GET", "/sessions?whose=all", None),
        ("POST", "/users", {"name": "Eve"}),
        ("PATCH", f"/users/{bruno}", {"role": "admin"}),
        ("DELETE", f"/users/{bruno}", None),
        ("POST", f"/users/{bruno}/password", {"password": OTHER}),
        ("POST", f"/users/{bruno}/invitation", None),
    ]
    for method, path, body in calls:
        assert (await call(served, method, path, head, body))[0] == 403, path
        assert (await call(served, method, path, token, body))[0] == 403, path
        assert (await call(served, method, path, {}, body))[0] == 401, path
        if method != "GET":
            foreign = {**anna, "origin": "http://evil.example"}
            assert (await call(served, method, path, foreign, body))[0] == 403, path
    assert (await people(served, anna))["Bruno"]["role"] == "moderator"


async def test_an_api_token_has_no_devices(served: Served) -> None:
    for method, path, body in (
        ("POST", "/me/password", {"new": OTHER}),
        ("POST", "/pairings", {}),
        ("DELETE", "/sessions", None),
    ):
        status, said = await call(served, method, path, served.admin, body)
        assert (status, said["error"]["code"]) == (403, "no-login")
    assert (await call(served, "GET", "/sessions", served.admin))[1] == {"sessions": []}
    assert (await who(served, served.admin))[1] == {"name": "api", "role": "admin", "account": False}
    assert (await call(served, "DELETE", "/sessions/0123456789abcdef", served.admin))[0] == 404


async def test_the_last_admin_stays(served: Served, anna: dict[str, str]) -> None:
    path = f"/users/{(await people(served, anna))['Anna']['id']}"
    await call(served, "POST", "/users", anna, {"name": "Bruno", "role": "admin"})  # invited: opens no door
    for method, more, body in (
        ("DELETE", "", None),
        ("PATCH", "", {"role": "viewer"}),
        ("POST", "/invitation", None),
    ):
        status, said = await call(served, method, path + more, anna, body)
        assert (status, said["error"]["code"]) == (409, "last-admin"), method
        assert "make somebody else an admin first" in said["error"]["message"]
    assert (await who(served, anna))[1]["role"] == "admin"
    await add(served, "Chloé", "admin")
    assert (await call(served, "PATCH", path, anna, {"role": "viewer"}))[0] == 200
    assert (await call(served, "DELETE", path, anna))[0] == 403


async def test_two_admins_who_remove_each_other_at_once(served: Served) -> None:
    """However it is timed, one is left."""
    for n in range(8):
        users = [await add(served, f"Admin {n} {side}", "admin") for side in ("left", "right")]
        auths = [Auth(served.services.store) for _ in users]

        async def remove(auth: Auth, user_id: str) -> bool:
            try:
                await auth.users.remove(user_id)
            except ApiError:
                return False
            return True

        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(remove(auth, user.id)) for auth, user in zip(auths, users, strict=True)
            ]
        assert sorted(task.result() for task in running) == [False, True]
        (left,) = await auths[0].users.all()
        await served.services.store.redis.hdel(served.services.store.keys.users, left.id)


async def test_two_writers_do_not_lose_each_others_work(served: Served) -> None:
    user = await add(served, "Anna")
    await add(served, "Bruno", "admin")
    users = served.services.auth.users
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(users.set_role(user.id, "admin"))
        tasks.create_task(users.set_hash(user.id, "another"))
    left = await users.get(user.id)
    assert left is not None
    assert (left.role, left.hash) == ("admin", "another")


async def test_adding_one_name_twice_at_once_adds_one(served: Served) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(call(served, "POST", "/users", served.admin, {"name": "Zoé"})) for _ in range(5)
        ]
    assert sorted(task.result()[0] for task in running) == [201, 409, 409, 409, 409]


# -- invitations ----------------------------------------------------------------------------------------------------


async def test_an_invitation_is_for_one_password_once(served: Served, anna: dict[str, str]) -> None:
    status, body = await call(served, "POST", "/users", anna, {"name": "Bruno"})
    assert (status, body["user"]["state"]) == (201, "invited")
    link = body["invitation"]
    assert link["url"].startswith(f"http://127.0.0.1:{served.services.settings.web.port}/invitation#")
    assert link["only_here"] is True
    assert len({len(row) for row in link["qr"]}) == 1
    secret = link["url"].partition("#")[2]
    here = {"origin": served.url}
    assert await call(served, "POST", "/invitations/look", here, {"code": secret}) == (
        200,
        {"name": "Bruno", "role": "moderator"},
    )
    weak = {"code": secret, "password": "bruno-bruno-1"}
    assert (await call(served, "POST", "/invitations", here, weak))[1]["why"] in ("common", "pattern")
    async with served.client.post(
        f"{served.url}/api/v1/invitations", json={"code": secret, "password": OTHER}, headers=here
    ) as reply:
        assert reply.status == 204
        assert "parvis_session" in reply.cookies
    for path, said in (
        ("/invitations/look", {"code": secret}),
        ("/invitations", {"code": secret, "password": PASSWORD}),
        ("/invitations", {"code": "", "password": PASSWORD}),
        ("/invitations", {"code": "\ufeffé" * 500, "password": PASSWORD}),
    ):
        status, body = await call(served, "POST", path, here, said)
        assert (status, body["error"]["code"]) == (410, "spent")
    assert await enter(served, "Bruno", OTHER)
    assert (await call(served, "POST", "/invitations", {"origin": "null"}, {"code": "", "password": ""}))[
        0
    ] == 403
    assert (await call(served, "POST", "/invitations/look", {}, {"code": secret}))[0] == 403


async def test_a_reset_ends_the_old_password_and_every_login(served: Served, anna: dict[str, str]) -> None:
    user = await add(served, "Bruno")
    bruno = await enter(served, "Bruno")
    status, body = await call(served, "POST", f"/users/{user.id}/invitation", anna)
    assert (status, body["user"]["state"]) == (200, "invited")
    assert (await who(served, bruno))[0] == 401
    assert (await knock(served, {"name": "Bruno", "password": PASSWORD}))[0] == 401
    first = body["invitation"]["url"].partition("#")[2]
    _, body = await call(served, "POST", f"/users/{user.id}/invitation", anna)
    assert (await served.services.auth.users.invited(first)) is None  # the newer one counts
    assert await served.services.auth.users.invited(body["invitation"]["url"].partition("#")[2])


async def test_an_invitation_lasts_a_day(store: Store) -> None:
    now = [1_900_000_000.0]
    users = Auth(store, clock=lambda: now[0]).users
    user = await users.add("Bruno", "viewer")
    secret = await users.invite(user.id)
    now[0] += INVITATION_LIFE_S
    assert await users.invited(secret)
    now[0] += 1
    assert await users.invited(secret) is None


async def test_a_password_of_an_admins_choice(served: Served, anna: dict[str, str]) -> None:
    user = await add(served, "Bruno")
    bruno = await enter(served, "Bruno")
    path = f"/users/{user.id}/password"
    assert (await call(served, "POST", path, anna, {"password": "bruno"}))[0] == 400
    assert (await who(served, bruno))[0] == 200
    assert (await call(served, "POST", path, anna, {"password": OTHER}))[0] == 200
    assert (await who(served, bruno))[0] == 401
    assert await enter(served, "Bruno", OTHER)
    assert (await call(served, "POST", "/users/nobody/password", anna, {"password": OTHER}))[0] == 404
    assert (await call(served, "POST", "/users/nobody/invitation", anna))[0] == 404


# -- oneself --------------------------------------------------------------------------------------------------------


async def test_ones_own_password_ends_ones_other_logins(served: Served, anna: dict[str, str]) -> None:
    other = await enter(served, "Anna")
    change = {"old": "not this one at all", "new": OTHER}
    status, body = await call(served, "POST", "/me/password", anna, change)
    assert (status, body["error"]["field"]) == (403, "old")
    assert (await call(served, "POST", "/me/password", anna, change))[0] == 429  # guessing is slow here too
    served.services.auth.doors._backoff.__init__()  # type: ignore[misc]  # a minute later
    status, body = await call(served, "POST", "/me/password", anna, {"old": PASSWORD, "new": "short"})
    assert (status, body["error"]["field"], body["why"]) == (400, "new", "short")
    assert await call(served, "POST", "/me/password", anna, {"old": PASSWORD, "new": OTHER}) == (
        200,
        {"ended": 1},
    )
    assert (await who(served, anna))[0] == 200
    assert (await who(served, other))[0] == 401
    assert (await knock(served, {"name": "Anna", "password": PASSWORD}))[0] == 401
    served.services.auth.doors._backoff.__init__()  # type: ignore[misc]
    assert await enter(served, "Anna", OTHER)


async def test_the_organiser_who_came_by_code_makes_her_own_account(served: Served) -> None:
    _, _, session = await knock(served, {"code": await new_code(served.services.store), "name": "Inès"})
    ines = browser_of(served, session)
    assert (await call(served, "POST", "/me/password", ines, {"new": PASSWORD}))[0] == 200
    assert (await who(served, ines))[1] == {"name": "Inès", "role": "admin", "account": True}
    assert await enter(served, "Inès")


async def test_who_came_by_a_lesser_code_asks_an_admin(served: Served) -> None:
    _, _, session = await knock(
        served, {"code": await new_code(served.services.store, "moderator"), "name": "Bruno"}
    )
    bruno = browser_of(served, session)
    status, body = await call(served, "POST", "/me/password", bruno, {"new": PASSWORD})
    assert (status, body["error"]["code"]) == (403, "no-account")
    assert await served.services.auth.users.all() == []


async def test_who_adds_herself_stays_signed_in(served: Served) -> None:
    _, _, session = await knock(served, {"code": await new_code(served.services.store), "name": "Inès"})
    ines = browser_of(served, session)
    status, _ = await call(served, "POST", "/users", ines, {"name": "inès", "role": "admin"})
    assert status == 201
    assert (await who(served, ines))[1] == {"name": "inès", "role": "admin", "account": True}


# -- devices --------------------------------------------------------------------------------------------------------


async def test_devices_are_listed_and_ended(served: Served, anna: dict[str, str]) -> None:
    await add(served, "Bruno")
    tablet = await enter(served, "Anna", user_agent=IPAD)
    bruno = await enter(served, "Bruno")
    _, body = await call(served, "GET", "/sessions", anna)
    assert [(one["device"], one["here"]) for one in body["sessions"]] == [("Safari, iPad", False), ("", True)]
    ipad = body["sessions"][0]["id"]
    # another's device is none of his business
    assert (await call(served, "DELETE", f"/sessions/{ipad}", bruno))[0] == 404
    assert (await call(served, "DELETE", f"/sessions/{ipad}", anna))[0] == 200
    assert (await who(served, tablet))[0] == 401
    assert (await call(served, "DELETE", f"/sessions/{ipad}", anna))[0] == 404
    _, body = await call(served, "GET", "/sessions?whose=all", anna)
    assert {one["name"] for one in body["sessions"]} == {"Anna", "Bruno"}
    (his,) = [one["id"] for one in body["sessions"] if one["name"] == "Bruno"]
    assert (await call(served, "DELETE", f"/sessions/{his}", anna))[0] == 200
    assert (await who(served, bruno))[0] == 401


async def test_all_others_end_at_once(served: Served, anna: dict[str, str]) -> None:
    others = [await enter(served, "Anna") for _ in range(3)]
    assert await call(served, "DELETE", "/sessions", anna) == (200, {"ended": 3})
    assert await call(served, "DELETE", "/sessions", anna) == (200, {"ended": 0})
    assert [(await who(served, head))[0] for head in (anna, *others)] == [200, 401, 401, 401]


async def test_session_ids_are_nowhere_in_what_is_kept_or_said(served: Served, anna: dict[str, str]) -> None:
    session = anna["cookie"].partition("=")[2]
    store = served.services.store
    kept = await store.redis.hgetall(store.keys.sessions)
    assert session.encode() not in b"".join([*kept, *kept.values()])
    _, body = await call(served, "GET", "/sessions", anna)
    assert session not in str(body)


async def test_an_ended_login_loses_its_socket(served: Served, anna: dict[str, str]) -> None:
    tablet = await enter(served, "Anna")
    _, body = await call(served, "GET", "/sessions", anna)
    (other,) = [one["id"] for one in body["sessions"] if not one["here"]]
    address = served.url.replace("http", "ws") + "/ws/desk"
    async with connect(
        address,
        origin=served.url,  # type: ignore[arg-type]  # websockets' own NewType
        additional_headers={"cookie": tablet["cookie"]},
    ) as socket:
        await socket.recv()
        await call(served, "DELETE", f"/sessions/{other}", anna)
        with suppress(ConnectionClosed):
            async with asyncio.timeout(10):
                while True:
                    await socket.recv()
        assert socket.close_code is not None


# -- links ----------------------------------------------------------------------------------------------------------


async def test_links_lead_to_where_others_reach_the_wall(store: Store, data_dir: Path) -> None:
    web = WebSettings(port=free_port(), admin_token=Secret(ADMIN), public_url="https://wall.example.org")
    async with serving(store, data_dir, web=web) as served:
        served.url = f"http://127.0.0.1:{web.port}"
        _, body = await call(served, "POST", "/users", served.admin, {"name": "Bruno"})
        assert body["invitation"]["url"].startswith("https://wall.example.org/invitation#")
        assert body["invitation"]["only_here"] is False


async def test_links_take_the_address_by_which_the_wall_was_reached(served: Served) -> None:
    head = {**served.admin, "host": "192.168.1.5:8000"}
    _, body = await call(served, "POST", "/users", head, {"name": "Bruno"})
    assert body["invitation"]["url"].startswith("http://192.168.1.5:8000/invitation#")
    assert body["invitation"]["only_here"] is False
