"""The API over people: one's own password and devices; for admins everybody's."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wall.address import base_url
from wall.settings import Settings
from wall.web.answers import ApiError, answer, read_json
from wall.web.auth import Auth, session_of
from wall.web.guards import is_same_origin, need_same_origin
from wall.web.logins import Login
from wall.web.moment import Moment
from wall.web.pairing import LIFE_S
from wall.web.person import Person, Role, lower, person_id, rank
from wall.web.qr import qr_rows
from wall.web.session import address_of, device_of, give_session
from wall.web.users import INVITATION_LIFE_S, User, new_gen

log = logging.getLogger("parvis.access")


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """Without a password the answer holds an invitation: the person chooses her own."""

    name: str
    role: Role = "moderator"
    password: str = ""


class NewRole(msgspec.Struct, forbid_unknown_fields=True):
    role: Role


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    password: str


class OwnPassword(msgspec.Struct, forbid_unknown_fields=True):
    """`old` is needed by whoever has one."""

    new: str
    old: str = ""


class Acceptance(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    password: str
    touch: bool = False


class Look(msgspec.Struct, forbid_unknown_fields=True):
    code: str


class NewPairing(msgspec.Struct, forbid_unknown_fields=True):
    """`role` is what the tablet may do at most; without one as much as oneself."""

    role: Role | None = None


class PeopleApi:
    def __init__(self, *, auth: Auth, settings: Settings) -> None:
        self._auth = auth
        self._settings = settings

    @property
    def routes(self) -> list[Route]:
        one = "/api/v1/users/{id}"
        return [
            Route("/api/v1/me", self.me, methods=["GET"]),
            Route("/api/v1/me/password", self.own_password, methods=["POST"]),
            Route("/api/v1/sessions", self.sessions, methods=["GET"]),
            Route("/api/v1/sessions", self.end_others, methods=["DELETE"]),
            Route("/api/v1/sessions/{id}", self.end_one, methods=["DELETE"]),
            Route("/api/v1/pairings", self.pair, methods=["POST"]),
            Route("/api/v1/invitations/look", self.look, methods=["POST"]),
            Route("/api/v1/invitations", self.accept, methods=["POST"]),
            Route("/api/v1/users", self.users, methods=["GET"]),
            Route("/api/v1/users", self.add, methods=["POST"]),
            Route(one, self.change_role, methods=["PATCH"]),
            Route(one, self.remove, methods=["DELETE"]),
            Route(f"{one}/password", self.set_password, methods=["POST"]),
            Route(f"{one}/invitation", self.invite, methods=["POST"]),
        ]

    # -- oneself ----------------------------------------------------------------------------------------------------

    async def me(self, request: Request) -> Response:
        person = await self._auth.need(request, "viewer")
        return answer({"name": person.name, "role": person.role, "account": person.has_account})

    async def own_password(self, request: Request) -> Response:
        """Every other login of the person is over; this one stays. An admin who came by code gets an account."""
        person = await self._browser(request, "viewer")
        said = await read_json(request, OwnPassword)
        user = await self._auth.users.get(person.id)
        if user is None:
            if not person.may("admin"):
                message = "you came in with a code: ask an admin to add you, then you have a password"
                raise ApiError(403, "no-account", message)
        elif not await self._auth.doors.is_own(user, said.old, address=address_of(request)):
            raise ApiError(403, "wrong-password", "this is not your password of today", field="old")
        hash, gen = await self._auth.doors.new_hash(said.new, name=person.name, field="new"), new_gen()
        others = [key for key in await self._logins_of(person) if key != person.login]
        await self._auth.logins.also_under(session_of(request), gen)
        if user is None:
            await self._auth.users.add(person.name, person.role, hash=hash, gen=gen)
        else:
            await self._auth.users.set_hash(user.id, hash, gen=gen)
        await self._auth.logins.end(*others)
        log.info("%s has a new password", person.name)
        return answer({"ended": len(others)})

    async def sessions(self, request: Request) -> Response:
        """One's own logins; with `?whose=all` everybody's, for admins."""
        is_all = request.query_params.get("whose") == "all"
        person = await self._auth.need(request, "admin" if is_all else "viewer")
        found = await self._auth.alive()
        own = [one for one in found if is_all or (person.id and one[1].user == person.id)]
        return answer({"sessions": [_session_json(*one, person) for one in own]})

    async def end_one(self, request: Request) -> Response:
        person = await self._changing(request, "viewer")
        wanted = request.path_params["id"]
        found = next((one for one in await self._auth.alive() if one[0] == wanted), None)
        is_own = found is not None and bool(person.id) and found[1].user == person.id
        if found is None or not (is_own or person.may("admin")):
            raise ApiError(404, "no-session", "there is no such login (any more)")
        await self._auth.logins.end(wanted)
        log.info("%s ended a login of %s (%s)", person.name, found[1].name, found[1].device)
        return answer({"ended": 1})

    async def end_others(self, request: Request) -> Response:
        """Every login of one's own but this one."""
        person = await self._browser(request, "viewer")
        others = [key for key in await self._logins_of(person) if key != person.login]
        count = await self._auth.logins.end(*others)
        log.info("%s ended %d other logins of their own", person.name, count)
        return answer({"ended": count})

    async def pair(self, request: Request) -> Response:
        """A code for a tablet that shall be this person's too, of this role or a lower one."""
        person = await self._browser(request, "viewer")
        said = await read_json(request, NewPairing)
        role = said.role or person.role
        if rank(role) > rank(person.role):
            raise ApiError(
                403, "not-allowed", f"a tablet of yours may be {person.role} at most", field="role"
            )
        user = await self._auth.users.get(person.id)
        code = await self._auth.doors.pairings.add(
            name=person.name, role=role, user=person.id, gen=user.gen if user else "", by=person.login
        )
        log.info("%s pairs a tablet as %s", person.name, role)
        link = self._link(request, f"/pair?c={code}")
        return answer({"code": code, "role": role, "life_s": LIFE_S, **link}, status=201)

    # -- everybody --------------------------------------------------------------------------------------------------

    async def users(self, request: Request) -> Response:
        person = await self._auth.need(request, "admin")
        alive = await self._auth.alive()
        return answer(
            {"users": [self._user_json(user, alive, person) for user in await self._auth.users.all()]}
        )

    async def add(self, request: Request) -> Response:
        person = await self._changing(request, "admin")
        said = await read_json(request, NewUser)
        hash = await self._auth.doors.new_hash(said.password, name=said.name) if said.password else ""
        gen = new_gen()
        if person.login and not person.has_account and person_id(said.name) == person.id:
            await self._auth.logins.also_under(session_of(request), gen)  # who adds herself stays signed in
        user = await self._auth.users.add(said.name, said.role, hash=hash, gen=gen)
        log.info("%s added %s as %s", person.name, user.name, user.role)
        if hash:
            return answer({"user": self._user_json(user, [], person)}, status=201)
        invitation = await self._invitation(request, user, is_new=True)
        user = await self._auth.users.get(user.id) or user
        return answer({"user": self._user_json(user, [], person), "invitation": invitation}, status=201)

    async def change_role(self, request: Request) -> Response:
        person = await self._changing(request, "admin")
        said = await read_json(request, NewRole)
        user = await self._auth.users.set_role(request.path_params["id"], said.role)
        log.info("%s made %s a %s", person.name, user.name, user.role)
        return answer({"user": self._user_json(user, await self._auth.alive(), person)})

    async def remove(self, request: Request) -> Response:
        person = await self._changing(request, "admin")
        user = await self._auth.remove_user(request.path_params["id"])
        log.info("%s removed %s", person.name, user.name)
        return answer({})

    async def set_password(self, request: Request) -> Response:
        """A password of the admin's choice; every login of the person is over."""
        person = await self._changing(request, "admin")
        said = await read_json(request, NewPassword)
        user = await self._user(request)
        hash = await self._auth.doors.new_hash(said.password, name=user.name)
        user = await self._auth.users.set_hash(user.id, hash)
        await self._auth.end_all(user.id)
        log.info("%s gave %s a new password", person.name, user.name)
        return answer({"user": self._user_json(user, [], person)})

    async def invite(self, request: Request) -> Response:
        """A fresh invitation; password and logins of before are over."""
        person = await self._changing(request, "admin")
        user = await self._user(request)
        invitation = await self._invitation(request, user)
        await self._auth.end_all(user.id)
        log.info("%s invited %s again", person.name, user.name)
        return answer(
            {"user": self._user_json(await self._user(request), [], person), "invitation": invitation}
        )

    async def accept(self, request: Request) -> Response:
        """Whoever holds an invitation chooses a password and is signed in."""
        if not is_same_origin(request):
            raise ApiError(403, "foreign-origin", "accept an invitation on its own page")
        said = await read_json(request, Acceptance)
        session = await self._auth.doors.by_invitation(
            said.code[:200],
            said.password,
            address=address_of(request),
            device=device_of(request, has_touch=said.touch),
        )
        response = Response(status_code=204)
        await give_session(self._auth, request, response, session)
        return response

    async def look(self, request: Request) -> Response:
        """Whom an invitation is for. It is in the body, and in no address: whoever previews a link spends nothing."""
        if not is_same_origin(request):
            raise ApiError(403, "foreign-origin", "look at an invitation on its own page")
        said = await read_json(request, Look)
        user = await self._auth.users.invited(said.code[:200])
        if user is None:
            message = "this invitation has been used or is over; an admin can make a new one"
            raise ApiError(410, "spent", message, field="code")
        return answer({"name": user.name, "role": user.role})

    # -- what they share --------------------------------------------------------------------------------------------

    async def _changing(self, request: Request, role: Role) -> Person:
        person = await self._auth.need(request, role)
        need_same_origin(request, person)
        return person

    async def _browser(self, request: Request, role: Role) -> Person:
        """A person at a page: an API token has no devices and no password."""
        person = await self._changing(request, role)
        if not person.login:
            raise ApiError(403, "no-login", "an API token cannot do this: sign in on the page /desk")
        return person

    async def _user(self, request: Request) -> User:
        user = await self._auth.users.get(request.path_params["id"])
        if user is None:
            raise ApiError(404, "no-user", "there is nobody of this name (any more)")
        return user

    async def _logins_of(self, person: Person) -> list[str]:
        return [key for key, login, _ in await self._auth.alive() if login.user == person.id]

    async def _invitation(self, request: Request, user: User, *, is_new: bool = False) -> dict[str, Any]:
        secret = await self._auth.users.invite(user.id, gen=user.gen if is_new else "")
        return {"life_s": INVITATION_LIFE_S, **self._link(request, f"/invitation#{secret}")}

    def _link(self, request: Request, path: str) -> dict[str, Any]:
        """Where another device reaches this page. `only_here`: nowhere, the wall listens to this machine alone."""
        base = base_url(self._settings)
        host = request.headers.get("host", "")
        if not self._settings.web.public_url and not _is_loopback(host):
            base = f"{request.url.scheme}://{host}"  # the name by which somebody has just reached it
        url = base + path
        return {"url": url, "qr": qr_rows(url), "only_here": _is_loopback(urlsplit(base).netloc)}

    def _user_json(
        self, user: User, alive: list[tuple[str, Login, User | None]], person: Person
    ) -> dict[str, Any]:
        own = [login for _, login, _ in alive if login.user == user.id]
        state = "active" if user.hash else "invited" if user.is_invited(self._auth.time.now()) else "locked"
        return {
            "id": user.id,
            "name": user.name,
            "role": user.role,
            "state": state,
            "since": _iso(user.since),
            "seen": _iso(max((login.seen for login in own), key=lambda seen: seen.wall)) if own else None,
            "devices": len(own),
            "you": user.id == person.id,
        }


def _session_json(key: str, login: Login, user: User | None, person: Person) -> dict[str, Any]:
    return {
        "id": key,
        "name": user.name if user else login.name,
        "role": lower(login.role, user.role) if user else login.role,
        "user": login.user,
        "account": user is not None,
        "device": login.device,
        "address": login.address,
        "since": _iso(login.since),
        "seen": _iso(login.seen),
        "here": key == person.login,
    }


def _iso(moment: Moment) -> str:
    return datetime.fromtimestamp(moment.wall, UTC).isoformat()


def _is_loopback(netloc: str) -> bool:
    try:
        name = urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return False
    return name in ("localhost", "::1") or name.startswith("127.")
