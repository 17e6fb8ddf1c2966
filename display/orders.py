"""What each screen shall do: dark or not, which programme, which theme. Kept in the store, told to the screens.

Every web process keeps a copy. A change raises a counter and rings; the counter is read every five seconds too,
since a ring may be lost. A screen gets its orders when it joins and whenever they become others.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec

from display.hub import Hub, Screen
from display.protocol import orders_frame
from wall.gate import Answer, Gate
from wall.settings import Settings
from wall.store.client import Store, StoreError

log = logging.getLogger("parvis.orders")

LOOK_S = 5.0
RETRY_S = 0.5
TRIES = 20
T = TypeVar("T")


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """The desk's word for one screen; "" leaves the choice to the settings."""

    blank: bool = False
    programme: str = ""
    theme: str = ""


class Saved(msgspec.Struct, frozen=True):
    """What was made at the desk: programmes and themes by name, each as its plain JSON object."""

    programmes: dict[str, dict[str, Any]]
    themes: dict[str, dict[str, Any]]


class Changed(Exception):
    """Somebody else has saved meanwhile, or it changed too often to be written."""


def plain_theme(settings: Settings, name: str) -> dict[str, Any]:
    """Night or day; the settings' word when neither is wanted."""
    mode = "day" if "day" in (name, settings.screen.theme) and name != "night" else "night"
    return {"name": mode, "mode": mode, "href": ""}


def one_layout(settings: Settings) -> dict[str, Any]:
    traits = {"posts": True, "evergreen": False, "frame": "rail"}
    scene = {"id": "only", "layout": settings.screen.layout or "bento", "seconds": 3600, "traits": traits}
    return {"name": "", "scenes": [scene]}


class Orders:
    def __init__(self, store: Store, hub: Hub, settings: Settings) -> None:
        self._store = store
        self._hub = hub
        self._settings = settings
        self._gate = Gate(store)
        self._orders: dict[str, Order] = {}
        self.saved = Saved(programmes={}, themes={})
        self._rev = -1
        self._bell = asyncio.Event()
        self._told: dict[Screen, bytes] = {}
        # how names become what a screen understands: (name that is wanted or "", screen) -> JSON
        self.programme_of: Callable[[str, str], dict[str, Any]] = lambda _name, _screen: one_layout(settings)
        self.theme_of: Callable[[str, str], dict[str, Any]] = lambda name, _screen: plain_theme(
            settings, name
        )
        self.changed: list[Callable[[], None]] = []
        hub.greeters.append(self._greet)
        hub.channels[store.keys.orders_tick] = lambda _: self._bell.set()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        try:
            await self.look()
        except StoreError as error:
            log.warning("the store is away, screens start with the settings' orders: %s", error)
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._look_for_ever())
            try:
                yield
            finally:
                looking.cancel()

    def order(self, screen_id: str) -> Order:
        return self._orders.get(screen_id, Order())

    def json(self, screen_id: str) -> dict[str, Any]:
        """The orders of one screen as its page reads them."""
        order = self.order(screen_id)
        return {
            "blank": order.blank,
            "programme": self.programme_of(order.programme, screen_id),
            "theme": self.theme_of(order.theme, screen_id),
        }

    def of(self, screen_id: str) -> bytes:
        return orders_frame(self.json(screen_id))

    async def set(
        self,
        screen_id: str,
        *,
        blank: bool | None = None,
        programme: str | None = None,
        theme: str | None = None,
    ) -> Order:
        """Change what is given, leave the rest. Raises `StoreError`; `Changed` when others write all the time."""
        given = {"blank": blank, "programme": programme, "theme": theme}
        wanted = {name: value for name, value in given.items() if value is not None}
        for _ in range(TRIES):
            seen = await self._store.redis.hget(self._store.keys.screen_orders, screen_id) or b""
            new = msgspec.structs.replace(_read(seen, Order, Order()), **wanted)
            raw = b"" if new == Order() else msgspec.json.encode(new)
            if await self._swap(self._store.keys.screen_orders, screen_id, seen, raw):
                return new
        raise Changed

    async def save_programme(
        self, name: str, programme: dict[str, Any] | None, *, by: str = "", rev: int = -1
    ) -> int:
        """Keep a programme, or with None forget it; see `_save`."""
        return await self._save("programme", name, programme, rev=rev, by=by)

    async def save_theme(
        self, name: str, theme: dict[str, Any] | None, *, by: str = "", rev: int = -1
    ) -> int:
        return await self._save("theme", name, theme, rev=rev, by=by)

    async def _save(self, what: str, name: str, value: dict[str, Any] | None, *, rev: int, by: str) -> int:
        """The new revision. `rev` is the one that was seen (0: it is new), -1 writes whatever is there.

        `by` is written into the audit; "" is nobody's doing. Raises `Changed` when another revision is there by now.
        """
        key = self._store.keys.programmes if what == "programme" else self._store.keys.themes
        seen = await self._store.redis.hget(key, name) or b""
        at: int = _read(seen, dict, {}).get("rev", 0)
        if rev not in (-1, at):
            raise Changed
        raw = b"" if value is None else msgspec.json.encode({**value, "rev": at + 1})
        if not by:
            is_done = await self._swap(key, name, seen, raw)
        else:
            word = await self._gate.arrange(what, name, raw, before=seen, key=key, by=by)
            is_done = word is not Answer.STALE
            await self.look()
        if not is_done:
            raise Changed
        return at + 1

    async def _swap(self, key: str, field: str, seen: bytes, new: bytes) -> bool:
        keys = self._store.keys
        if (
            seen != new
            and await self._store.scripts.run(
                "swap", keys=[key, keys.orders_rev], args=[field, seen, new, keys.orders_tick]
            )
            != b"OK"
        ):
            return False
        await self.look()
        return True

    # -- telling the screens ----------------------------------------------------------------------------------

    def _greet(self, screen: Screen) -> Iterable[bytes]:
        self._told[screen] = self.of(screen.state.id)
        return (self._told[screen],)

    def tell_all(self) -> None:
        """New orders to those whose orders have become others; also when a file of the organiser's has changed."""
        here = self._hub.screens()
        self._told = {screen: frame for screen, frame in self._told.items() if screen in here}
        for screen in here:
            frame = self.of(screen.state.id)
            if frame != self._told.get(screen) and not screen.wire.is_lagging:
                screen.wire.put(frame)
                self._told[screen] = frame

    async def _look_for_ever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._bell.wait()
            except TimeoutError:
                pass
            self._bell.clear()
            try:
                await self.look()
                self.tell_all()  # whoever did not read when they changed
            except StoreError:
                await asyncio.sleep(RETRY_S)
                self._bell.set()

    async def look(self) -> None:
        """Take in what others have changed. Raises `StoreError`."""
        keys = self._store.keys
        rev = int(await self._store.redis.get(keys.orders_rev) or 0)
        if rev == self._rev:
            return
        orders, programmes, themes = [
            await self._store.redis.hgetall(key) for key in (keys.screen_orders, keys.programmes, keys.themes)
        ]
        self._orders = {name.decode(): _read(raw, Order, Order()) for name, raw in orders.items()}
        self.saved = Saved(
            programmes={name.decode(): _read(raw, dict, {}) for name, raw in programmes.items()},
            themes={name.decode(): _read(raw, dict, {}) for name, raw in themes.items()},
        )
        self._rev = rev
        for changed in self.changed:
            changed()
        self.tell_all()


def _read(raw: bytes, kind: type[T], otherwise: T) -> T:
    """What stands in the store; what cannot be read counts as not there."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return otherwise
