"""A visitor's portrait as the store keeps it: what was agreed to, how far it is, when it must be gone.

Every change is one script that refuses when somebody was quicker, so a portrait that its visitor has deleted is not
brought back by a worker that was still drawing it. The portrait's token is the visitor's alone: the store, the disk and
the log know its hash.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from wall.model import short_hash
from wall.store.client import Store

TRIES = 8
OVERDUE_AT_ONCE = 200
NETWORK = "kiosk"  # of the posts that show a mosaic


class State(StrEnum):
    """`WAITING` and `MENDING` have work before them: a mosaic to make, or to remake because a photo has gone."""

    WAITING = "waiting"
    READY = "ready"
    MENDING = "mending"
    FAILED = "failed"
    GONE = "gone"


class Style(StrEnum):
    FINE = "fine"
    BOLD = "bold"
    EVENT = "event"


class Print(StrEnum):
    """`HELD`: the printer has it and does not print it yet; what is known by its number is printed once."""

    ASKED = "asked"
    HELD = "held"
    SENT = "sent"
    FAILED = "failed"


class Consent(msgspec.Struct, frozen=True):
    """What was read, in which language, and when it was agreed to. `text` names the sentences: see `consent.py`."""

    text: str
    lang: str
    at_ms: int


class Printing(msgspec.Struct, frozen=True):
    state: Print
    job: str = ""
    why: str = ""


class Portrait(msgspec.Struct, frozen=True, kw_only=True):
    """`drawn`: the edition of its files, 0 for none yet. `photos`: how many stand in it. `why`: what to tell its visitor.

    `make`, `keep` and `show` are the visitor's agreements, None for those that were not given. It must be gone by
    `until_ms`, the visitor's photo by `photo_until_ms` (0: it is). `mended`: how often a photo was taken out of it.
    `offers`: how often its visitor agreed to show it; each time is a post of its own, for one taken back stays away.
    """

    id: str
    state: State = State.WAITING
    kiosk: str = ""
    style: Style = Style.FINE
    make: Consent | None = None
    keep: Consent | None = None
    show: Consent | None = None
    asked_ms: int = 0
    made_ms: int = 0
    until_ms: int = 0
    photo_until_ms: int = 0
    drawn: int = 0
    photos: int = 0
    why: str = ""
    printing: Printing | None = None
    mended: int = 0
    offers: int = 0
    tries: int = 0


Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{27}\Z")]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Portrait).decode


def new_token() -> str:
    """160 bits that nobody guesses, in 27 letters."""
    return secrets.token_urlsafe(20)


def id_of(token: str) -> str:
    """What store, disk and log call the portrait of a token."""
    return short_hash("portrait", token)


def now_ms() -> int:
    return int(time.time() * 1000)


class Portraits:
    """The portraits of one wall."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.keys

    async def get(self, portrait_id: str) -> Portrait | None:
        """None when there never was one, or when its tombstone is gone too."""
        return (await self._read(portrait_id))[1]

    async def ask(self, portrait: Portrait) -> Portrait:
        """A new one, its job queued in the same step; the one that stands there already if it was asked for before."""
        rev, found = await self._read(portrait.id)
        while found is None:
            if await self._write(rev, portrait, job="make"):
                return portrait
            rev, found = await self._read(portrait.id)
        return found

    async def change(
        self,
        portrait_id: str,
        how: Callable[[Portrait], Portrait | None],
        *,
        job: str = "",
        done: str = "",
    ) -> Portrait | None:
        """What it is after `how`; `how` sees the newest and may answer None: nothing to change.

        None when there is none or it is gone. `job` is queued and `done` taken off the queue with it.
        """
        for _ in range(TRIES):
            rev, found = await self._read(portrait_id)
            if found is None or found.state is State.GONE:
                return None
            changed = how(found)
            if changed is None:
                return found
            if await self._write(rev, changed, job=job, done=done):
                return changed
        raise RuntimeError(f"portrait {portrait_id} changes faster than it can be written")

    async def forget(self, portrait_id: str) -> Portrait:
        """The tombstone that stands there from now on, without anything personal; its burial is queued with it.

        Also where there was none: what is still on its way is refused. A tombstone knows which post may hang on the wall.
        """
        while True:
            rev, found = await self._read(portrait_id)
            if found is not None and found.state is State.GONE:
                return found
            offers = 0 if found is None else found.offers
            tombstone = Portrait(id=portrait_id, state=State.GONE, offers=offers)
            if await self._write(rev, tombstone, job="bury", is_gone=True):
                return tombstone

    async def jobs(self) -> list[tuple[str, str]]:
        """(verb, portrait) in the order in which they were asked for."""
        pairs = [
            raw.decode().partition(" ")
            for raw in await self._store.redis.zrange(self._keys.portrait_jobs, 0, -1)
        ]
        return [(verb, portrait_id) for verb, _, portrait_id in pairs]

    async def drop_job(self, verb: str, portrait_id: str) -> None:
        """Off the queue, whatever it was: for jobs whose portrait is not there."""
        await self._store.redis.zrem(self._keys.portrait_jobs, f"{verb} {portrait_id}")

    async def all(self) -> list[str]:
        """Every portrait that lives."""
        return [raw.decode() for raw in await self._store.redis.zrange(self._keys.portrait_lives, 0, -1)]

    async def overdue(self, at_ms: int) -> list[str]:
        """Those whose time is over, or whose photo's is; the first of them."""
        found = await self._store.redis.zrangebyscore(
            self._keys.portrait_lives, "-inf", at_ms, start=0, num=OVERDUE_AT_ONCE, withscores=True
        )
        return [raw.decode() for raw, _ in found]

    async def _read(self, portrait_id: str) -> tuple[int, Portrait | None]:
        rev, raw = await self._store.redis.hmget(self._keys.portrait(portrait_id), ["rev", "record"])
        return int(rev or 0), None if raw is None else _decode(raw)

    async def _write(
        self, rev: int, portrait: Portrait, *, job: str = "", done: str = "", is_gone: bool = False
    ) -> bool:
        life_ms = (
            min(one for one in (portrait.until_ms, portrait.photo_until_ms) if one) if not is_gone else 0
        )
        reply = await self._store.scripts.run(
            "portrait",
            keys=(
                self._keys.portrait(portrait.id),
                self._keys.portrait_jobs,
                self._keys.portrait_lives,
                self._keys.portrait_order,
            ),
            args=(
                portrait.id,
                rev,
                _encode(portrait),
                life_ms,
                job,
                done,
                self._keys.portraits_tick,
                "1" if is_gone else "",
            ),
        )
        return bool(reply)
