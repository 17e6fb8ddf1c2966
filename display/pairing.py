"""Pairing a screen: its glass shows eight letters, somebody at the desk types them and gives the screen a name.

Showing a code is worth nothing: what opens the wall is the token that the device gets when the desk has said yes. Until
then it is known by a ticket in a cookie that no script can read. A code is good for five minutes, once, and for five
wrong tries (`wall/web/halves.py`); the whole server takes twenty wrong ones a minute.
"""

from __future__ import annotations

import logging
import math
import secrets

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from display.known import Known, clean_title, id_of
from display.passes import Passes, give
from wall.store.client import Store
from wall.web.answers import ApiError, answer, read_json
from wall.web.auth import Auth, cookie_of
from wall.web.backoff import place_of
from wall.web.codes import CODE_LENGTH, normal_code, secret_hash
from wall.web.guards import is_same_origin, need_same_origin
from wall.web.halves import LIFE_S, Halved, Halves
from wall.web.limits import Buckets
from wall.web.moment import Clock, Moment, passed_s
from wall.web.person import Person
from wall.web.session import address_of, device_of

log = logging.getLogger("parvis.access")

TICKET = "parvis_screen_ticket"
PATH = "/api/v1/screen-pairings"
TRIES_A_MINUTE = 20
CODES_A_MINUTE = 120
CODES_AN_ADDRESS = 20
LOOKS_AN_ADDRESS = 1200  # a device looks every two seconds, and a house may have one address
WAITING_MOST = 200
NAMES_TRIED = 100


class Waiting(Halved, frozen=True, kw_only=True):
    """A device that shows a code; `ticket` is the hash of what it is known by."""

    ticket: str
    address: str = ""
    device: str = ""


class Claim(msgspec.Struct, frozen=True):
    """The desk has said yes: the device with the ticket may be this screen."""

    screen: str
    by: str
    made: Moment
    address: str = ""
    device: str = ""


class NewScreen(msgspec.Struct, forbid_unknown_fields=True):
    """`instead`: take the name although a screen has it; that one is let go."""

    code: str
    title: str
    instead: bool = False


class ScreenPairing:
    def __init__(self, store: Store, *, auth: Auth, clock: Clock, passes: Passes, known: Known) -> None:
        self._store = store
        self._auth = auth
        self._clock = clock
        self._passes = passes
        self._known = known
        self._claims = store.keys.screen_claims
        self._codes = Halves(store, store.keys.screen_pairings, Waiting, clock)
        self._tries = Buckets(TRIES_A_MINUTE)
        self._made = Buckets(CODES_A_MINUTE)
        self._made_at = Buckets(CODES_AN_ADDRESS)
        self._looks = Buckets(LOOKS_AN_ADDRESS)

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route(PATH, self.show, methods=["POST"]),
            Route(f"{PATH}/own", self.look, methods=["GET"]),
            Route("/api/v1/screens", self.add, methods=["POST"]),
        ]

    # -- the device -------------------------------------------------------------------------------------------

    async def show(self, request: Request) -> Response:
        """A code for this device to show. The one it had before is over."""
        if not is_same_origin(request):
            raise ApiError(403, "foreign-origin", "a screen is paired from its own page")
        if not self._passes.is_needed:
            raise ApiError(409, "not-needed", "screens of this wall need no pairing: open /screen")
        _need_patience(self._made_at.take(place_of(address_of(request))))
        _need_patience(self._made.take(""))
        before = secret_hash(_ticket_of(request))
        await self._codes.clear(lambda waiting: waiting.ticket == before)
        if await self._store.redis.hlen(self._store.keys.screen_pairings) >= WAITING_MOST:
            raise ApiError(
                429, "slow-down", "too many screens wait to be paired", headers={"retry-after": "60"}
            )
        ticket = secrets.token_urlsafe(32)
        code = await self._codes.add(
            lambda proof, made: Waiting(
                proof=proof,
                made=made,
                ticket=secret_hash(ticket),
                address=address_of(request),
                device=device_of(request),
            )
        )
        reply = answer({"code": code, "life_s": LIFE_S}, status=201)
        reply.set_cookie(
            TICKET,
            ticket,
            max_age=2 * LIFE_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
            path=PATH,
        )
        return reply

    async def look(self, request: Request) -> Response:
        """Has the desk said yes? Then the token comes with the answer, once."""
        _need_patience(self._looks.take(place_of(address_of(request))))
        ticket = _ticket_of(request)
        claim = await self._claim_of(secret_hash(ticket)) if ticket else None
        if claim is None:
            is_waiting = ticket and any(w.ticket == secret_hash(ticket) for w in await self._codes.all())
            return answer({"state": "waiting" if is_waiting else "over"})
        token = await self._passes.issue(
            claim.screen, by=claim.by, device=claim.device, address=claim.address
        )
        reply = answer({"state": "paired", "screen": claim.screen})
        give(request, reply, claim.screen, token)
        reply.delete_cookie(TICKET, path=PATH)
        return reply

    async def _claim_of(self, ticket: str) -> Claim | None:
        """The claim of a device, which this spends."""
        raw = await self._store.redis.hget(self._claims, ticket)
        if raw is None or not await self._store.redis.hdel(self._claims, ticket):
            return None
        claim = msgspec.json.decode(raw, type=Claim)
        return None if passed_s(claim.made, self._clock.now()) > LIFE_S else claim

    # -- the desk ---------------------------------------------------------------------------------------------

    async def add(self, request: Request) -> Response:
        """Let the device with this code in, as a screen of this name. Raises 400, 401, 409, 429."""
        person = await self._auth.need(request, "moderator")
        need_same_origin(request, person)
        said = await read_json(request, NewScreen)
        title = clean_title(said.title)
        if not title:
            raise ApiError(400, "no-name", "give the screen a name: where it hangs", field="title")
        if len(normal_code(said.code)) != CODE_LENGTH:
            raise ApiError(400, "no-code", f"the code has {CODE_LENGTH} characters", field="code")
        screen_id = await self._id_for(title, instead=said.instead)
        _need_patience(self._tries.take(""))
        waiting = await self._codes.find(said.code, spend=True)
        if waiting is None:
            message = "no screen shows this code (any more): it lasts five minutes and works once"
            raise ApiError(401, "wrong-code", message, field="code")
        self._tries.give_back("")
        await self._let_in(waiting, screen_id, title, person)
        return answer({"id": screen_id, "title": title}, status=201)

    async def _let_in(self, waiting: Waiting, screen_id: str, title: str, person: Person) -> None:
        await self._clear_claims(screen_id)
        await self._passes.revoke(screen_id)
        await self._known.name(screen_id, title)
        claim = Claim(
            screen_id, person.name, self._clock.now(), address=waiting.address, device=waiting.device
        )
        await self._store.redis.hset(self._claims, waiting.ticket, msgspec.json.encode(claim))
        log.info("%s let a screen in as %s from %s", person.name, screen_id, waiting.address or "nowhere")

    async def revoke(self, screen_id: str) -> bool:
        """Nobody may be this screen any more, nor become it by a yes of before."""
        await self._clear_claims(screen_id)
        return await self._passes.revoke(screen_id)

    async def _clear_claims(self, screen_id: str) -> None:
        now = self._clock.now()
        for ticket, raw in (await self._store.redis.hgetall(self._claims)).items():
            claim = msgspec.json.decode(raw, type=Claim)
            if claim.screen == screen_id or passed_s(claim.made, now) > LIFE_S:
                await self._store.redis.hdel(self._claims, ticket)

    async def _id_for(self, title: str, *, instead: bool) -> str:
        """The screen of that title, else a free id made of it. Raises 409 when a paired screen has the name."""
        known = await self._known.all()
        same = next((one for one, it in known.items() if it.title.casefold() == title.casefold()), "")
        stem = same or id_of(title) or "screen"
        names = (stem, *(f"{stem[:36]}-{n}" for n in range(2, NAMES_TRIED)))
        found = same or next((one for one in names if one not in known or not known[one].title), None)
        if found is None:
            raise ApiError(409, "name-taken", "too many screens of this name: take another", field="title")
        if not instead and await self._passes.get(found) is not None:
            message = f"{title} is the name of another screen; take another name, or let that one go"
            raise ApiError(409, "name-taken", message, field="title", extra={"taken": title})
        return found


def _ticket_of(request: Request) -> str:
    return cookie_of(request, TICKET)


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
