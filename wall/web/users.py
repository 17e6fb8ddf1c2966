"""People with a name, a role and a password of their own.

Everything of one person is one record in one field, written only over the record that was seen: two admins who press at
the same time cannot undo each other's work, and the last admin cannot be taken away from either side. `gen` changes with
the password; a login holds the `gen` it was made under and is over when it no longer fits.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

import msgspec

from wall.store.client import Store
from wall.web.answers import ApiError
from wall.web.moment import Clock, Moment, passed_s
from wall.web.person import Role, is_own_name, look_alike, person_id, person_name

INVITATION_LIFE_S = 24 * 3600
MOST_USERS = 500


class Invitation(msgspec.Struct, frozen=True):
    """`secret` is a SHA-256; who holds the secret itself chooses the password, once."""

    secret: str
    made: Moment


class User(msgspec.Struct, frozen=True):
    """`hash` is "" while no password has been chosen: then nobody signs in under the name."""

    name: str
    role: Role
    hash: str
    gen: str
    since: Moment
    invitation: Invitation | None = None

    @property
    def id(self) -> str:
        return person_id(self.name)

    def is_invited(self, now: Moment) -> bool:
        made = self.invitation.made if self.invitation else None
        return made is not None and passed_s(made, now) <= INVITATION_LIFE_S


class Users:
    """The people of one wall. Every refusal is an `ApiError` whose sentence holds the cure."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def all(self) -> list[User]:
        found = await self._store.redis.hvals(self._store.keys.users)
        return sorted((_read(raw) for raw in found), key=lambda user: user.name.casefold())

    async def get(self, user_id: str) -> User | None:
        raw = await self._store.redis.hget(self._store.keys.users, user_id)
        return None if raw is None else _read(raw)

    async def named(self, name: str) -> User | None:
        """The person of exactly this name; case does not matter."""
        return await self.get(person_id(name))

    async def like(self, name: str) -> User | None:
        """The person of this name, or of one that a reader would take for it."""
        return await self.named(name) or next(
            (user for user in await self.all() if look_alike(user.name, name)), None
        )

    async def add(self, name: str, role: Role, *, hash: str = "", gen: str = "") -> User:
        """Raises 400 for what is no name, 409 for one that is taken."""
        who = person_name(name)
        if not who:
            raise ApiError(400, "no-name", "a name needs at least one letter", field="name")
        if is_own_name(who):
            message = f"Parvis itself signs as {who}: take another name"
            raise ApiError(409, "name-taken", message, field="name")
        if await self._store.redis.hlen(self._store.keys.users) >= MOST_USERS:
            raise ApiError(409, "too-many", f"{MOST_USERS} people are the most a wall has; remove some first")
        taken = await self.like(who)
        new = User(name=who, role=role, hash=hash, gen=gen or new_gen(), since=self._clock.now())
        if taken is not None or not await self._write(new.id, None, new):
            other = taken.name if taken is not None else who
            message = (
                f"there is a {other} already; add a letter or a second name, so that nobody confuses them"
            )
            raise ApiError(409, "name-taken", message, field="name", extra={"taken": other})
        return new

    async def set_role(self, user_id: str, role: Role) -> User:
        return await self._change(user_id, lambda user: msgspec.structs.replace(user, role=role))

    async def set_hash(self, user_id: str, hash: str, *, gen: str = "") -> User:
        """A new password: every login made under the old one is over, but one that was told of `gen` before."""
        return await self._change(
            user_id,
            lambda user: msgspec.structs.replace(user, hash=hash, gen=gen or new_gen(), invitation=None),
        )

    async def invite(self, user_id: str, *, gen: str = "") -> str:
        """The secret of a fresh invitation, good once and for a day. Password and logins of before are over.

        With the `gen` of a person just added her logins stay.
        """
        secret = secrets.token_urlsafe(24)
        invitation = Invitation(secret=_sha(secret), made=self._clock.now())
        await self._change(
            user_id,
            lambda user: msgspec.structs.replace(user, hash="", gen=gen or new_gen(), invitation=invitation),
        )
        return secret

    async def invited(self, secret: str) -> User | None:
        """Whom this invitation is for, while it is good."""
        wanted, now = _sha(secret), self._clock.now()
        for user in await self.all():
            if (
                user.invitation
                and user.is_invited(now)
                and secrets.compare_digest(user.invitation.secret, wanted)
            ):
                return user
        return None

    async def accept(self, secret: str, hash: str) -> User:
        """Spend an invitation. Raises 410 when it is not good (any more)."""
        user = await self.invited(secret)
        if user is not None and hash:
            new = msgspec.structs.replace(user, hash=hash, gen=new_gen(), invitation=None)
            if await self._write(user.id, user, new):
                return new
        raise ApiError(
            410,
            "spent",
            "this invitation has been used or is over; an admin can make a new one",
            field="code",
        )

    async def remove(self, user_id: str) -> User:
        gone = await self.get(user_id)
        while gone is not None and not await self._write(user_id, gone, None):
            gone = await self.get(user_id)
        if gone is None:
            raise _nobody()
        return gone

    async def _change(self, user_id: str, change: Callable[[User], User]) -> User:
        while True:
            user = await self.get(user_id)
            if user is None:
                raise _nobody()
            new = change(user)
            if await self._write(user_id, user, new):
                return new

    async def _write(self, user_id: str, seen: User | None, new: User | None) -> bool:
        """Whether it was written; False when the record is no longer what was seen. Raises 409 for the last admin."""
        answer = await self._store.scripts.run(
            "user",
            keys=[self._store.keys.users],
            args=[user_id, *(b"" if user is None else msgspec.json.encode(user) for user in (seen, new))],
        )
        if answer == b"LAST":
            name = seen.name if seen else ""
            message = f"{name} is the last admin with a password: make somebody else an admin first"
            raise ApiError(409, "last-admin", message)
        return bool(answer == b"OK")


def new_gen() -> str:
    return secrets.token_hex(6)


def _nobody() -> ApiError:
    return ApiError(404, "no-user", "there is nobody of this name (any more)")


def _read(raw: bytes) -> User:
    return msgspec.json.decode(raw, type=User)


def _sha(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
