"""Signing in and out at the desk."""

from __future__ import annotations

import sys

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wall.store.client import Store
from wall.web.answers import ApiError, answer, read_json
from wall.web.auth import COOKIE, EXPIRED, SESSION_LIFE_S, Auth, new_code
from wall.web.guards import is_same_origin


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    name: str


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
        if len(said.code) > 64 or len(said.name) > 200:
            raise ApiError(400, "invalid", "the code has 8 characters, a name at most 200")
        address = request.client.host if request.client else ""
        try:
            session = await self._auth.sign_in(said.code, said.name, address=address)
        except ApiError as error:
            if error.message == EXPIRED:
                announce(await new_code(self._store))
            raise
        announce(await new_code(self._store))
        response = Response(status_code=204)
        response.set_cookie(
            COOKIE,
            session,
            max_age=SESSION_LIFE_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
            path="/",
        )
        return response

    async def sign_out(self, request: Request) -> Response:
        if not is_same_origin(request):
            raise ApiError(403, "foreign-origin", "sign out from our own pages")
        await self._auth.sign_out(request.cookies.get(COOKIE, ""))
        response = answer({})
        response.delete_cookie(COOKIE, path="/")
        return response


def announce(code: str, *, join: str | None = None) -> None:
    """Tell the terminal (through `parvis up`, which reads these lines) what people need to come in."""
    line = msgspec.json.encode({"code": code, **({"join": join} if join else {})}).decode()
    sys.stdout.write(f"@parvis {line}\n")
    sys.stdout.flush()
