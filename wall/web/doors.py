"""The ways in: a code of the terminal, a name with its password, a pairing code, an invitation.

A wrong name and a wrong password get one answer after one and the same work. Nobody signs as somebody else: a name that
belongs to a person is open to her password, and to the terminal's own code: whoever sees that owns the machine.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Iterable

from wall.settings import EventSettings
from wall.store.client import Store
from wall.web.answers import ApiError
from wall.web.backoff import Backoff, place_of
from wall.web.codes import find_code, spend_code
from wall.web.limits import Buckets
from wall.web.logins import Logins
from wall.web.moment import Clock
from wall.web.pairing import Pairing, Pairings
from wall.web.passwords import SHORTEST, Hashing, Weakness, prepared, weakness
from wall.web.person import Role, is_own_name, person_id, person_name
from wall.web.users import User, Users

log = logging.getLogger("parvis.access")

TRIES_A_MINUTE = 20
PAIRING_TRIES_A_MINUTE = 20
PAIRING_TRIES_AN_ADDRESS = 6
NOT_VALID = "this code is not valid, or has been used"
EXPIRED = "this code has expired; the terminal shows a new one"

_WEAK: dict[Weakness, str] = {
    "short": f"at least {SHORTEST} characters, please; a few words with blanks between them are good",
    "common": "this would be guessed soon: leave out names, the event and words that everybody takes",
    "pattern": "this would be guessed soon: it repeats itself or runs along the alphabet or the keyboard",
}


class Doors:
    """Each way in gives a session id, or raises an `ApiError` that says what to do."""

    def __init__(
        self, store: Store, *, users: Users, logins: Logins, clock: Clock, about: Iterable[str] = ()
    ) -> None:
        self.pairings = Pairings(store, clock)
        self._store = store
        self._users = users
        self._logins = logins
        self._clock = clock
        self._about = tuple(about)
        self._hashing = Hashing()
        self._backoff = Backoff()
        self._code_tries = Buckets(TRIES_A_MINUTE)
        self._pairing_tries = Buckets(PAIRING_TRIES_A_MINUTE)
        self._pairing_places = Buckets(PAIRING_TRIES_AN_ADDRESS)

    async def by_code(self, code: str, name: str, *, address: str = "", device: str = "") -> str:
        """With a code of the terminal. Raises 400 (no name), 401 (wrong code), 409 (another's name), 429.

        Tries are counted per house, before anything is looked up: whoever guesses slows down himself alone. A code
        that is over says so once.
        """
        who = _need_name(name)
        _need_patience(self._code_tries.take(place_of(address)))
        record = await find_code(self._store, code)
        if record is None:
            raise ApiError(401, "wrong-code", NOT_VALID, field="code")
        if record.is_over(self._clock.now()):
            message = EXPIRED if await spend_code(self._store, code) else NOT_VALID
            raise ApiError(401, "wrong-code", message, field="code")
        user = await self._users.like(who)
        if user is not None and record.role != "admin":
            message = (
                f"{user.name} is the name of somebody here: sign in with the password, or take another name"
            )
            raise ApiError(409, "name-taken", message, field="name", extra={"taken": user.name})
        # kept first: a store that goes away in between must not cost the code
        session = await self._enter(user, who, record.role, address=address, device=device)
        if not await spend_code(self._store, code):
            await self._logins.end_session(session)
            raise ApiError(401, "wrong-code", NOT_VALID, field="code")
        _tell(user.name if user else who, "a code", address, device)
        return session

    async def by_password(self, name: str, password: str, *, address: str = "", device: str = "") -> str:
        """Raises 400 (no name, no password at all), 401 (wrong), 429 (too many wrong ones), 503 (too many people)."""
        who = _need_name(name)
        typed = prepared(password)
        account = person_id(who)
        _need_patience(self._backoff.wait_s(account, address))  # before the line: guessers do not fill it
        async with self._hashing.turn():
            _need_patience(self._backoff.wait_s(account, address))
            user = await self._users.named(who)
            is_right = await self._hashing.is_right(user.hash if user else "", typed)
            if user is None or not is_right:
                self._backoff.was_wrong(account, address)
                log.info("a wrong password for a name from %s", address or "nowhere")
                message = "this name and this password do not belong together"
                raise ApiError(401, "wrong-password", message, field="password")
            self._backoff.was_right(account)
        session = await self._enter(user, user.name, "admin", address=address, device=device)
        _tell(user.name, "a password", address, device)
        return session

    async def look_at_pairing(self, code: str, *, address: str = "") -> Pairing | None:
        """Whose tablet it would be. Raises 429; spends nothing but a try where the code is wrong."""
        return await self._pairing(self.pairings.look, code, address)

    async def by_pairing(self, code: str, *, address: str = "", device: str = "") -> str:
        """Raises 401 for a code that is not good (any more), 429."""
        pairing = await self._pairing(self.pairings.spend, code, address)
        if pairing is None:
            message = "this pairing code is not valid: it lasts five minutes and works once"
            raise ApiError(401, "wrong-code", message, field="pair")
        session = await self._logins.add(
            name=pairing.name,
            role=pairing.role,
            user=pairing.user,
            gen=pairing.gen,
            address=address,
            device=device,
        )
        _tell(pairing.name, "a pairing", address, device)
        return session

    async def by_invitation(self, secret: str, password: str, *, address: str = "", device: str = "") -> str:
        """Choose a password and come in. Raises 400 (too easy to guess), 410 (spent or over), 503."""
        user = await self._users.invited(secret)
        hash = await self.new_hash(password, name=user.name) if user else ""
        user = await self._users.accept(secret, hash)
        session = await self._enter(user, user.name, "admin", address=address, device=device)
        _tell(user.name, "an invitation", address, device)
        return session

    async def new_hash(self, password: str, *, name: str, field: str = "password") -> str:
        """The hash of a password that is good enough. Raises 400 with `why`, 503."""
        typed = self.good(password, name=name, field=field)
        async with self._hashing.turn():
            return await self._hashing.hash(typed)

    def good(self, password: str, *, name: str, field: str = "password") -> str:
        """The prepared password. Raises 400 when it is too easy to guess."""
        typed = prepared(password, field=field)
        why = weakness(typed, (name, *self._about))
        if why is not None:
            raise ApiError(400, "weak-password", _WEAK[why], field=field, extra={"why": why})
        return typed

    async def is_own(self, user: User, password: str, *, address: str = "") -> bool:
        """Whether somebody signed in knows the password too. Guessing is as slow here as at the door."""
        typed = prepared(password, field="old")
        _need_patience(self._backoff.wait_s(user.id, address))
        async with self._hashing.turn():
            _need_patience(self._backoff.wait_s(user.id, address))
            is_right = await self._hashing.is_right(user.hash, typed)
            if not is_right:
                self._backoff.was_wrong(user.id, address)
        return is_right

    async def _enter(self, user: User | None, name: str, most: Role, *, address: str, device: str) -> str:
        """A login of at most the role `most`; that of a person follows her own role as it changes."""
        return await self._logins.add(
            name=user.name if user else name,
            role=most,
            user=person_id(user.name if user else name),
            gen=user.gen if user else "",
            address=address,
            device=device,
        )

    async def _pairing(
        self, find: Callable[[str], Awaitable[Pairing | None]], code: str, address: str
    ) -> Pairing | None:
        """Wrong tries count for the address, then for all: one stranger cannot use up everybody's share."""
        place = place_of(address)
        _need_patience(self._pairing_places.take(place))
        _need_patience(self._pairing_tries.take(""))
        pairing = await find(code)
        if pairing is not None and not await self._is_backed(pairing):
            return None
        if pairing is not None:
            self._pairing_places.give_back(place)
            self._pairing_tries.give_back("")
        return pairing

    async def _is_backed(self, pairing: Pairing) -> bool:
        """Whether the login that made it still lasts, under the password of then."""
        user = await self._users.get(pairing.user)
        is_same = (user.gen if user else "") == pairing.gen
        return is_same and any(key == pairing.by for key, _ in await self._logins.all())


def event_names(event: EventSettings) -> tuple[str, ...]:
    """What somebody at the event would think of first."""
    return (event.name, event.venue or "", *event.hashtags)


def _need_name(name: str) -> str:
    who = person_name(name)
    if not who:
        raise ApiError(400, "no-name", "say who you are: your decisions carry your name", field="name")
    if is_own_name(who):
        raise ApiError(409, "name-taken", f"Parvis itself signs as {who}: take another name", field="name")
    return who


def _need_patience(seconds: float) -> None:
    wait_s = math.ceil(seconds)
    if wait_s:
        raise ApiError(
            429,
            "slow-down",
            f"too many tries; try again in {wait_s} s",
            headers={"retry-after": str(wait_s)},
            extra={"retry_after_s": wait_s},
        )


def _tell(name: str, way: str, address: str, device: str) -> None:
    log.info("%s signed in with %s from %s (%s)", name, way, address or "nowhere", device or "unknown device")
