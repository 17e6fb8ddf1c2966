"""Which screens belong to the house: what the desk calls them, and where they were last seen.

Kept in the store, so that a screen which is away stays in the list over a restart, until somebody forgets it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from display.roster import ScreenState
from wall.model import utc_now
from wall.store.client import Store

MOST = 500
TRIES = 20
TITLE_MOST = 40
ID_MOST = 40


class KnownScreen(msgspec.Struct, frozen=True, omit_defaults=True):
    """`title` is what the desk calls it, "" while nobody has. `here`: it was connected when last written."""

    title: str = ""
    size: str = ""
    address: str = ""
    device: str = ""
    seen_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    here: bool = False


class Known:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._key = store.keys.screens_known

    async def all(self) -> dict[str, KnownScreen]:
        return {
            name.decode(): _read(raw) for name, raw in (await self._store.redis.hgetall(self._key)).items()
        }

    async def get(self, screen_id: str) -> KnownScreen | None:
        raw = await self._store.redis.hget(self._key, screen_id)
        return None if raw is None else _read(raw)

    async def came(self, state: ScreenState) -> None:
        """It has connected. Strangers beyond `MOST` are not written down."""
        if await self.get(state.id) is None and await self._store.redis.hlen(self._key) >= MOST:
            return
        await self._change(
            state.id,
            lambda old: msgspec.structs.replace(
                old,
                size=state.size,
                address=state.address,
                device=state.device,
                seen_at=utc_now(),
                here=True,
            ),
        )

    async def went(self, state: ScreenState, *, is_missed: bool) -> bool:
        """It is no longer connected; `is_missed` when it should be. False for one that nobody knows (any more)."""
        return await self._change(
            state.id,
            lambda old: msgspec.structs.replace(old, seen_at=state.seen_at, here=is_missed),
            if_known=True,
        )

    async def name(self, screen_id: str, title: str) -> None:
        await self._change(screen_id, lambda old: msgspec.structs.replace(old, title=title))

    async def forget(self, screen_id: str) -> None:
        await self._store.redis.hdel(self._key, screen_id)

    async def _change(
        self, screen_id: str, change: Callable[[KnownScreen], KnownScreen], *, if_known: bool = False
    ) -> bool:
        """Whether it was written; `if_known` leaves out what has been forgotten."""
        for _ in range(TRIES):
            seen = await self._store.redis.hget(self._key, screen_id) or b""
            if if_known and not seen:
                return False
            new = msgspec.json.encode(change(_read(seen)))
            done = await self._store.scripts.run("swap", keys=[self._key], args=[screen_id, seen, new])
            if done == b"OK":
                return True
        return False


def clean_title(text: str) -> str:
    """A name as people typed it, in one line; "" when nothing is left."""
    plain = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return unicodedata.normalize("NFC", " ".join(plain.split()))[:TITLE_MOST].strip()


def id_of(title: str) -> str:
    """ "Hall A" -> "hall-a": what stands in the address; "" where no letter of a-z is left."""
    plain = unicodedata.normalize("NFKD", title).casefold()
    return (
        re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")[:ID_MOST].strip("-")
    )


def _read(raw: bytes) -> KnownScreen:
    try:
        return msgspec.json.decode(raw, type=KnownScreen)
    except msgspec.DecodeError:
        return KnownScreen()
