"""People for the tests: added with a password, signed in as browsers do."""

from __future__ import annotations

from typing import Any

from tests.server import Served
from wall.web.auth import COOKIE
from wall.web.passwords import hash_of
from wall.web.person import Role
from wall.web.users import User

PASSWORD = "four blue boats"
IPAD = (
    "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)

_kept: dict[str, str] = {}


async def add(served: Served, name: str, role: Role = "moderator", password: str = PASSWORD) -> User:
    if password not in _kept:
        _kept[password] = hash_of(password)
    return await served.services.auth.users.add(name, role, hash=_kept[password])


async def knock(served: Served, body: dict[str, Any], **headers: str) -> tuple[int, Any, str]:
    """POST /session: the status, the body, and the session id where one was given."""
    head = {"origin": served.url, **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with served.client.post(f"{served.url}/api/v1/session", json=body, headers=head) as reply:
        said = await reply.json() if reply.content_type == "application/json" else {}
        session = reply.cookies[COOKIE].value if COOKIE in reply.cookies else ""
        if reply.status in (429, 503):
            said["header"] = reply.headers["retry-after"]
        return reply.status, said, session


async def enter(served: Served, name: str, password: str = PASSWORD, **headers: str) -> dict[str, str]:
    """Headers of a browser that signed in with a password."""
    status, said, session = await knock(served, {"name": name, "password": password}, **headers)
    assert status == 204, said
    return browser_of(served, session)


def browser_of(served: Served, session: str) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={session}", "origin": served.url}


async def call(
    served: Served, method: str, path: str, head: dict[str, str], body: Any = None
) -> tuple[int, Any]:
    async with served.client.request(method, f"{served.url}/api/v1{path}", json=body, headers=head) as reply:
        return reply.status, await served._body(reply)


async def who(served: Served, head: dict[str, str]) -> tuple[int, Any]:
    return await call(served, "GET", "/me", head)
