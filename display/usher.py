"""The usher: after a new version the screens load it one after the other, so that the house is never dark.

Every web process has an usher. Those of one build see who of them has the smallest name: that one asks, the others look
on. What was asked goes over a channel of the store, so that all of them know whose turn it is and who failed, and the
next one can go on when the first is gone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from display.hub import Hub
from display.protocol import command_frame
from display.roster import ScreenState
from wall.store.client import Store, StoreError

log = logging.getLogger("parvis.usher")

LOOK_S = 1.0
HERE_S = 5.0
PEER_SILENT_S = 15.0
SETTLE_S = 10.0  # a process that has just begun does not know its like yet
BACK_S = 60.0
TRIES = 2

RENEW = command_frame("renew")


class Word(msgspec.Struct, frozen=True):
    """An usher is here; with a `screen` and its `link`: it is that screen's turn to load `build`."""

    web: str
    build: str
    screen: str = ""
    link: str = ""


class Turn(msgspec.Struct, frozen=True):
    """Who was asked, when (this process's monotonic seconds), and which of that name had the build before."""

    screen: str
    link: str
    build: str
    at: float
    before: frozenset[str]


class Usher:
    """`build` is what this process serves. `settle_s` and `back_s` are in seconds; see the constants."""

    def __init__(
        self,
        *,
        store: Store,
        hub: Hub,
        build: str,
        clock: Callable[[], float] = time.monotonic,
        look_s: float = LOOK_S,
        here_s: float = HERE_S,
        settle_s: float = SETTLE_S,
        back_s: float = BACK_S,
    ) -> None:
        self._store = store
        self._hub = hub
        self._build = build
        self._clock = clock
        self._look_s = look_s
        self._here_s = here_s
        self._settle_s = settle_s
        self._back_s = back_s
        self._peers: dict[str, tuple[str, float]] = {}
        self._turn: Turn | None = None
        self._failures: Counter[str] = Counter()
        self._begun_at = clock()
        self._here_at = float("-inf")
        hub.channels[store.keys.usher_tick] = self.hear

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        self._begun_at = self._clock()
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._look_for_ever())
            try:
                yield
            finally:
                looking.cancel()

    @property
    def left_alone(self) -> tuple[str, ...]:
        """Screens that could not load this build twice: somebody has to look at them."""
        return tuple(sorted(name for name, count in self._failures.items() if count >= TRIES))

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._look_s)
            try:
                await self.look()
            except StoreError:
                continue

    async def look(self) -> None:
        """Tell that this usher is here, see whether the last one asked is back, ask the next. Raises `StoreError`."""
        now = self._clock()
        if now - self._here_at >= self._here_s:
            await self._say(Word(web=self._hub.roster.web, build=self._build))
            self._here_at = now
        self._end_turn()
        is_free = self._turn is None and now - self._begun_at >= self._settle_s
        state = self._next() if is_free and self._is_first() else None
        if state is not None:
            word = Word(web=self._hub.roster.web, build=self._build, screen=state.id, link=state.link)
            self._begin(word)
            await self._say(word)

    def hear(self, raw: bytes) -> None:
        """A word of another usher; nonsense is ignored."""
        try:
            word = msgspec.json.decode(raw, type=Word)
        except msgspec.DecodeError:
            return
        if word.web == self._hub.roster.web:
            return
        self._peers[word.web] = (word.build, self._clock())
        if word.link:
            self._begin(word)

    async def _say(self, word: Word) -> None:
        await self._store.redis.publish(self._store.keys.usher_tick, msgspec.json.encode(word))

    def _begin(self, word: Word) -> None:
        """It is somebody's turn; whoever holds its socket tells it."""
        before = frozenset(
            state.link
            for state in self._hub.roster.screens()
            if self._is_renewed(state, word.screen, word.build)
        )
        self._turn = Turn(word.screen, word.link, word.build, self._clock(), before)
        self._hub.put_all(RENEW, lambda screen: screen.state.link == word.link)

    def _end_turn(self) -> None:
        turn = self._turn
        if turn is None:
            return
        states = self._hub.roster.screens()
        if any(self._is_renewed(s, turn.screen, turn.build) and s.link not in turn.before for s in states):
            if turn.build == self._build:
                self._failures.pop(turn.screen, None)
            self._turn = None
        elif self._clock() - turn.at >= self._back_s:
            self._turn = None
            if turn.build == self._build:
                self._failures[turn.screen] += 1
                if self._failures[turn.screen] == TRIES:
                    log.warning("screen %s does not load the new version and is left alone", turn.screen)

    def _is_renewed(self, state: ScreenState, name: str, build: str) -> bool:
        return state.connected and state.id == name and state.build == build

    def _is_first(self) -> bool:
        return self._hub.roster.web == min(self._alike())

    def _alike(self) -> set[str]:
        """The web processes that serve this build, as far as they have been heard of lately."""
        now = self._clock()
        self._peers = {web: row for web, row in self._peers.items() if now - row[1] < PEER_SILENT_S}
        return {self._hub.roster.web} | {
            web for web, (build, _) in self._peers.items() if build == self._build
        }

    def _next(self) -> ScreenState | None:
        """Of those with another build, one that has failed least. Only who is connected to this build gets it from us."""
        waiting = [
            state
            for state in self._hub.roster.of(self._alike())
            if state.connected and state.build not in ("", self._build) and self._failures[state.id] < TRIES
        ]
        return min(waiting, key=lambda state: (self._failures[state.id], state.id, state.link), default=None)
