"""Signing in and out at the desk."""

from __future__ import annotations

import sys

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route

from wall.store.client import Store
from wall.web.answers import ApiError, answer, read_json
from wall.web.auth import COOKIE_LIFE_S, EXPIRED, Auth, cookie_name, new_code, session_of
from wall.web.device import device_name
from wall.web.guards import is_same_origin


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """One of three ways in: `code` and `name`, `name` and `password`, or `pair`.

    `touch` says that the screen is one to touch: an iPad's browser calls itself a Mac's.
    """

    code: str = ""
    name: str = ""
    password: str = ""
    pair: str = ""
    touch: bool = False


class SessionApi:
    def __init__(self, *, auth: Auth, store: Store) -> None:
        self._auth = auth
        self._store = store

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/session", self.sign_in, methods=["POST"]),
            Route("/api/v1/session", self.sign_out, methods=["DELETE"]),
        ]

    async def sign_in(self, request: Request) -> Response:
        if not is_same_origin(request):
            raise ApiError(403, "foreign-origin", "sign in from the desk's own page")
        said = await read_json(request, SignIn)
        if len(said.code) > 64 or len(said.pair) > 64 or len(said.name) > 200:
            raise ApiError(400, "invalid", "the code has 8 characters, a name at most 200")
        if sum(map(bool, (said.code, said.password, said.pair))) > 1:
            raise ApiError(400, "invalid", "send a code, a password or a pairing code, not several")
        place = {"address": address_of(request), "device": device_of(request, has_touch=said.touch)}
        if said.pair:
            session = await self._auth.doors.by_pairing(said.pair, **place)
        elif said.password:
            session = await self._auth.doors.by_password(said.name, said.password, **place)
        else:
            session = await self._by_code(said, place)
        response = Response(status_code=204)
        await give_session(self._auth, request, response, session)
        return response

    async def _by_code(self, said: SignIn, place: dict[str, str]) -> str:
        try:
            session = await self._auth.sign_in(said.code, said.name, **place)
        except ApiError as error:
            if error.message == EXPIRED:
                announce(await new_code(self._store))
            raise
        announce(await new_code(self._store))
        return session

    async def sign_out(self, request: Request) -> Response:
        if not is_same_origin(request):
            raise ApiError(403, "foreign-origin", "sign out from our own pages")
        await self._auth.sign_out(session_of(request))
        response = answer({})
        response.delete_cookie(cookie_name(request), path="/", secure=request.url.scheme == "https")
        return response


async def give_session(auth: Auth, request: Request, response: Response, session: str) -> None:
    """Put a new session into the answer's cookie; the one the browser had before is over."""
    await auth.sign_out(session_of(request))
    response.set_cookie(
        cookie_name(request),
        session,
        max_age=COOKIE_LIFE_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )


def address_of(request: HTTPConnection) -> str:
    return request.client.host if request.client else ""


def device_of(request: HTTPConnection, *, has_touch: bool = False) -> str:
    return device_name(request.headers.get("user-agent", ""), has_touch=has_touch)


def announce(code: str, *, join: str | None = None) -> None:
    """Tell the terminal (through `parvis up`, which reads these lines) what people need to come in."""
    line = msgspec.json.encode({"code": code, **({"join": join} if join else {})}).decode()
    sys.stdout.write(f"@parvis {line}\n")
    sys.stdout.flush()
