"""Who may do what: sessions and API tokens of people, passes of visitors.

Secrets are kept as SHA-256 hashes only; comparing hashes found by key leaks nothing worth timing. How people come in is
in `wall/web/doors.py`, what a login is in `wall/web/logins.py`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable

import msgspec
from starlette.requests import HTTPConnection

from wall.store.client import Store
from wall.web.answers import ApiError
from wall.web.codes import ALPHABET as ALPHABET
from wall.web.codes import CODE_LENGTH as CODE_LENGTH
from wall.web.codes import CODE_LIFE_S as CODE_LIFE_S
from wall.web.codes import new_code as new_code
from wall.web.codes import normal_code as normal_code
from wall.web.codes import secret_hash
from wall.web.doors import EXPIRED as EXPIRED
from wall.web.doors import Doors
from wall.web.logins import IDLE_S as IDLE_S
from wall.web.logins import Login, Logins, login_id
from wall.web.moment import Clock
from wall.web.person import Person as Person
from wall.web.person import Role as Role
from wall.web.person import lower
from wall.web.users import User, Users

COOKIE = "parvis_session"
SECURE_COOKIE = "__Host-parvis_session"  # no other host and no plain http page can set it
VISIT_COOKIE = "parvis_visit"
COOKIE_LIFE_S = 7 * 24 * 3600  # the server ends a login; a tablet whose clock jumps must not
JOIN_STEP_S = 300
JOIN_STEPS = 2
HOSTED_LIFE_S = 24 * 3600
VISIT_LIFE_S = 2 * 3600
SHARED = "shared-"


class _Token(msgspec.Struct):
    name: str
    role: Role
    created: float


async def new_token(store: Store, name: str, role: Role = "admin") -> str:
    token = secrets.token_urlsafe(32)
    record = _Token(name=name, role=role, created=time.time())
    await store.redis.hset(store.keys.tokens, secret_hash(token), msgspec.json.encode(record))
    return token


async def tokens(store: Store) -> list[tuple[str, str, Role, float]]:
    """(id, name, role, created) of every API token; the id is the start of its hash."""
    found = await store.redis.hgetall(store.keys.tokens)
    rows = [(key.decode()[:12], msgspec.json.decode(value, type=_Token)) for key, value in found.items()]
    return sorted((key, row.name, row.role, row.created) for key, row in rows)


async def revoke_token(store: Store, token_id: str) -> bool:
    for key in await store.redis.hkeys(store.keys.tokens):
        if len(token_id) >= 6 and key.decode().startswith(token_id):
            return bool(await store.redis.hdel(store.keys.tokens, key))
    return False


def cookie_name(connection: HTTPConnection) -> str:
    return SECURE_COOKIE if connection.url.scheme in ("https", "wss") else COOKIE


def session_of(connection: HTTPConnection) -> str:
    """The session id of a browser; "" without one."""
    return cookie_of(connection, cookie_name(connection))


def cookie_of(connection: HTTPConnection, name: str) -> str:
    """A secret in a cookie; "" without one, and where two are sent: one of them is not ours."""
    found = [
        value.strip()
        for header in connection.headers.getlist("cookie")
        for key, _, value in (part.partition("=") for part in header.split(";"))
        if key.strip() == name
    ]
    return found[0] if len(found) == 1 and 20 <= len(found[0]) <= 100 else ""


class Auth:
    """Sign-in for one wall. `clock` gives seconds since 1970, `up` seconds since the start of the machine.

    `about` are names that no password may be made of: the event's.
    """

    def __init__(
        self,
        store: Store,
        *,
        admin_token: str | None = None,
        clock: Callable[[], float] = time.time,
        up: Callable[[], float] | None = None,
        about: Iterable[str] = (),
    ) -> None:
        self.time = Clock(clock, up=up)
        self.users = Users(store, self.time)
        self.logins = Logins(store, self.time)
        self.doors = Doors(store, users=self.users, logins=self.logins, clock=self.time, about=about)
        self._store = store
        self._keys = store.keys
        self._admin = secret_hash(admin_token) if admin_token else None
        self._clock = clock
        self._secret: bytes | None = None

    async def sign_in(self, code: str, name: str, *, address: str = "", device: str = "") -> str:
        """Trade a code of the terminal for a session id. Raises `ApiError`, see `Doors.by_code`."""
        return await self.doors.by_code(code, name, address=address, device=device)

    async def sign_out(self, session: str) -> None:
        await self.logins.end_session(session)

    async def who(self, connection: HTTPConnection) -> Person | None:
        """The person behind a request or a socket: by bearer token, else by session cookie."""
        header = connection.headers.get("authorization", "")
        if header[:7].lower() == "bearer ":
            return await self._by_token(header[7:].strip())
        session = session_of(connection)
        return await self._by_session(session) if session else None

    async def need(self, connection: HTTPConnection, role: Role) -> Person:
        """Raises `ApiError` 401 for strangers, 403 for a role too low."""
        person = await self.who(connection)
        if person is None:
            raise ApiError(401, "signed-out", "sign in at the desk, or send an API token")
        if not person.may(role):
            raise ApiError(403, "not-allowed", f"this needs the role {role}")
        return person

    async def remove_user(self, user_id: str) -> User:
        """A person and every login under the name: those that never had an account would open again without one."""
        user = await self.users.remove(user_id)
        await self.end_all(user_id)
        return user

    async def end_all(self, user_id: str) -> None:
        await self.logins.end(*(key for key, login in await self.logins.all() if login.user == user_id))

    async def is_alive(self, session: str) -> bool:
        """For a socket that is already open: has its login been revoked?"""
        return await self._by_session(session) is not None

    async def alive(self) -> list[tuple[str, Login, User | None]]:
        """(id, login, its person) of every login that opens a door now."""
        users = {user.id: user for user in await self.users.all()}
        found = [(key, login, users.get(login.user)) for key, login in await self.logins.all()]
        return [one for one in found if _fits(one[1], one[2])]

    async def _by_token(self, token: str) -> Person | None:
        key = secret_hash(token)
        if self._admin is not None and hmac.compare_digest(key, self._admin):
            return Person(name="api", role="admin")
        raw = await self._store.redis.hget(self._keys.tokens, key)
        if raw is None:
            return None
        record = msgspec.json.decode(raw, type=_Token)
        return Person(name=record.name, role=record.role)

    async def _by_session(self, session: str) -> Person | None:
        login = await self.logins.find(session)
        if login is None:
            return None
        user = await self.users.get(login.user)
        if not _fits(login, user):
            return None
        return Person(
            name=user.name if user else login.name,
            role=lower(login.role, user.role) if user else login.role,
            by_cookie=True,
            id=login.user,
            login=login_id(session),
            has_account=user is not None,
        )

    # -- visitors ---------------------------------------------------------------------------------------------

    async def sign(self, *parts: str) -> str:
        """A short signature over `parts` that only this wall can make. Without its secret it makes none (503)."""
        if not self._secret:
            self._secret = await self._store.redis.get(self._keys.secret)
        if not self._secret:
            raise ApiError(503, "store-away", "the wall's store has lost its secret: start Parvis again")
        digest = hmac.new(self._secret, "\0".join(parts).encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:12]).decode()

    async def verify(self, signature: str, *parts: str) -> bool:
        try:
            wanted = await self.sign(*parts)
        except ApiError:
            return False
        return hmac.compare_digest(signature.encode("utf-8", "replace"), wanted.encode())

    async def join_code(self, *, for_host: bool = False) -> str:
        """What the QR code carries: good for ten minutes on a screen, for a day on the organiser's own page."""
        kind = "h" if for_host else "s"
        step = int(self._clock() // (HOSTED_LIFE_S if for_host else JOIN_STEP_S))
        return f"{kind}{step:x}.{await self.sign('join', kind, str(step))}"

    async def is_join_code(self, code: str) -> bool:
        head, _, signature = code[:64].partition(".")
        kind, stamp = head[:1], head[1:]
        if kind not in ("s", "h") or not stamp or not all(c in "0123456789abcdef" for c in stamp):
            return False
        step = int(stamp, 16)
        age = int(self._clock() // (HOSTED_LIFE_S if kind == "h" else JOIN_STEP_S)) - step
        return 0 <= age <= (1 if kind == "h" else JOIN_STEPS) and await self.verify(
            signature, "join", kind, str(step)
        )

    async def new_visit(self, *, device: str | None = None, is_shared: bool = False) -> str:
        """A phone's pass for two hours: a random device id (or the one it has), the time, our signature.

        Shared: a kiosk's, on which one visitor follows another.
        """
        device = device or f"{SHARED if is_shared else ''}{secrets.token_hex(8)}"
        body = f"{device}.{int(self._clock()):x}"
        return f"{body}.{await self.sign('visit', body)}"

    async def device_of(self, visit: str) -> str | None:
        """The device id of a valid pass, else None."""
        body, _, signature = visit[:120].rpartition(".")
        device, _, stamp = body.partition(".")
        if not device or not stamp or not all(c in "0123456789abcdef" for c in stamp):
            return None
        if not await self.verify(signature, "visit", body):
            return None
        return device if self._clock() - int(stamp, 16) < VISIT_LIFE_S else None

    async def receipt(self, pid: str) -> str:
        return f"{pid}.{await self.sign('receipt', pid)}"

    async def pid_of(self, receipt: str) -> str | None:
        pid, _, signature = receipt[:120].partition(".")
        return pid if pid and await self.verify(signature, "receipt", pid) else None


def _fits(login: Login, user: User | None) -> bool:
    """Whether a login still is one of its person: a new password, a reset or a removal ends those before.

    A login by code under a free name ends when somebody of that name is added: it is not her.
    """
    return (user.gen if user else "") in login.gens
