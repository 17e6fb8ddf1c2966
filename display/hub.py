"""The hub: one frame, encoded once, written to every screen; nobody waits for a slow one.

The doorbell says that the wall has a new sequence number; the log says what happened. Operations that arrive
while one pull is under way leave together in one buffer. A screen that does not read gets nothing more until
it has drained, then what it missed; after three seconds of that it is cut and comes back by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from display.protocol import Role, beat_frame, command_frame, hello_frame, op_frame, snapshot_frame
from display.roster import Roster, ScreenState
from display.spots import Spots
from wall.live import Op, Snapshot, Wall
from wall.model import PostId, utc_now
from wall.store.client import Store, StoreError
from wall.web.health import Metrics
from wall.web.wire import Wire

log = logging.getLogger("parvis.hub")

SNAPSHOT_ITEMS = 60
SAFETY_S = 2.0
BEAT_S = 5.0
STALLED_S = 3.0
CATCH_UP_OPS = 500


class Follower(Protocol):
    """Somebody else who lives by the log; told after the screens have been written to, and may not wait."""

    def ops(self, ops: list[Op], frames: list[bytes]) -> None: ...

    def reset(self, snapshot: Snapshot) -> None:
        """Numbers may have begun anew: what was derived from operations is to be made again."""


class Screen:
    """One connected screen: its socket, the last sequence number written to it, its state for the desk."""

    __slots__ = ("lag_since", "role", "seq", "state", "wire")

    def __init__(self, wire: Wire, state: ScreenState, role: Role = "screen") -> None:
        self.wire = wire
        self.state = state
        self.role = role
        self.seq = -1
        self.lag_since: float | None = None


class Hub:
    def __init__(self, *, store: Store, wall: Wall, roster: Roster, metrics: Metrics, build: str) -> None:
        self._store = store
        self._wall = wall
        self.roster = roster
        self._metrics = metrics
        self._build = build
        self._screens: set[Screen] = set()
        self._behind: set[Screen] = set()
        self._epoch = ""
        self._seq = 0
        self._bell = asyncio.Event()
        self._is_doubtful = False
        self._pulling = asyncio.Lock()
        self._snapshot: tuple[str, int, bytes] | None = None
        self._spots = Spots(wall)
        # what other parts of the room add, before `serve`: see docs/house.md
        self.greeters: list[Callable[[Screen], Iterable[bytes]]] = []
        self.followers: list[Follower] = []
        self.heard: dict[type, Callable[[Screen, Any], Awaitable[None]]] = {}
        self.channels: dict[str, Callable[[bytes], None]] = {}

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._listen()),
                tasks.create_task(self._pull_for_ever()),
                tasks.create_task(self._safety()),
                tasks.create_task(self._beat()),
            ]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()

    @property
    def seq(self) -> int:
        """The newest sequence number that has been written to the screens."""
        return self._seq

    @property
    def epoch(self) -> str:
        return self._epoch

    def screens(self) -> frozenset[Screen]:
        """Who is connected to this process, previews and trials too."""
        return frozenset(self._screens)

    def is_in_step(self, screen: Screen) -> bool:
        """Whether this screen knows of everything until now, so that what the wall holds may be put before it."""
        return screen.seq == self._seq and not screen.wire.is_lagging

    def put_all(self, frame: bytes, where: Callable[[Screen], bool] = lambda _: True) -> None:
        """One frame without a number to every screen that reads. Posts go by the log, or under `is_in_step`."""
        for screen in self._screens:
            if not screen.wire.is_lagging and where(screen):
                screen.wire.put(frame)

    # -- screens come and go ----------------------------------------------------------------------------------

    async def join(self, screen: Screen, *, epoch: str | None, seq: int | None) -> None:
        """Greet a screen and bring it up to date: by the operations it missed, or by a snapshot."""
        async with self._pulling:
            if not self._epoch:
                self._epoch, self._seq = await self._wall.head()
            screen.wire.put(hello_frame(epoch=self._epoch, seq=self._seq, build=self._build, now=utc_now()))
            ops = None
            if epoch == self._epoch and seq is not None and seq <= self._seq:
                ops = await self._wall.ops_since(seq, limit=CATCH_UP_OPS)
            if ops is None or seq is None or (ops and len(ops) >= CATCH_UP_OPS):
                await self._send_snapshot(screen)
            else:
                screen.seq = seq
                self._write_ops(screen, ops, [op_frame(op) for op in ops])
            self._screens.add(screen)
            for greet in self.greeters:
                for frame in greet(screen):
                    screen.wire.put(frame)
        screen.wire.on_drained = lambda: self._drained(screen)
        self.touch(screen)
        self._count()

    def leave(self, screen: Screen) -> None:
        self._screens.discard(screen)
        self._behind.discard(screen)
        screen.wire.on_drained = None
        screen.state.connected = False
        self.touch(screen)
        self._count()

    def touch(self, screen: Screen) -> None:
        """A screen has said something. What people of ours look at stands on no roster."""
        if screen.role == "screen":
            self.roster.touch(screen.state)

    def _count(self) -> None:
        self._metrics.screens.set(sum(screen.role == "screen" for screen in self._screens))

    async def resync(self, screen: Screen) -> None:
        """The screen has seen a gap: a snapshot, whatever it says it has."""
        async with self._pulling:
            await self._send_snapshot(screen)
        self._metrics.resyncs.inc()

    async def command(self, screen_id: str, command: str) -> None:
        await self._store.redis.publish(self._store.keys.commands_tick, f"{command} {screen_id}")

    async def spotlight(self, pid: PostId, *, screen: str | None, seconds: int) -> None:
        """Ids alone travel: each web process looks up what stands on the wall when its turn comes."""
        word = self._spots.word(pid, screen=screen, seconds=seconds)
        await self._store.redis.publish(self._store.keys.commands_tick, word)

    async def _send_snapshot(self, screen: Screen) -> None:
        self._put_snapshot(screen, await self._read_snapshot())

    async def _read_snapshot(self) -> Snapshot:
        snapshot = await self._wall.snapshot(SNAPSHOT_ITEMS)
        if snapshot.corrupt:
            self._metrics.corrupt.inc(snapshot.corrupt)
            log.error("%d items do not match their hash and are not shown", snapshot.corrupt)
        return snapshot

    def _put_snapshot(self, screen: Screen, snapshot: Snapshot) -> None:
        if screen.state.epoch != snapshot.epoch:
            screen.state.applied_seq = 0  # what it confirmed before the store was lost proves nothing now
        screen.wire.put(self._encoded(snapshot))
        screen.seq = snapshot.seq
        screen.state.epoch = snapshot.epoch

    def _encoded(self, snapshot: Snapshot) -> bytes:
        known = self._snapshot
        if known is None or known[:2] != (snapshot.epoch, snapshot.seq):
            known = (snapshot.epoch, snapshot.seq, snapshot_frame(snapshot))
            self._snapshot = known
        return known[2]

    # -- what happens on the wall -----------------------------------------------------------------------------

    async def _listen(self) -> None:
        keys = self._store.keys
        is_first = True  # the first notice is the subscription itself: nothing came before it
        channels = {keys.commands_tick: self._pass_on, keys.screens_tick: self.roster.hear, **self.channels}
        async for ring in self._store.listen(keys.tick, *channels):
            if ring.channel in channels:
                channels[ring.channel](ring.data)
            else:
                self._is_doubtful |= not ring.channel and not is_first
                is_first = False
                self._bell.set()

    def _pass_on(self, data: bytes) -> None:
        match data.decode("utf-8", "replace").split(" "):
            case ["spotlight", screen_id, pid, seconds] if seconds.isdecimal():
                self._spots.add(PostId(pid), screen=screen_id, seconds=int(seconds))
                self._bell.set()
            case [command, screen_id]:
                for screen in self._screens:
                    if screen.state.id == screen_id:
                        screen.wire.put(command_frame(command))

    async def _pull_for_ever(self) -> None:
        is_lost = False
        while True:
            await self._bell.wait()
            self._bell.clear()
            try:
                await self._pull()
                is_lost = False
            except StoreError as error:
                if not is_lost:
                    log.warning("the store is away, screens keep what they show: %s", error)
                is_lost = True
                await asyncio.sleep(0.2)
                self._bell.set()

    async def _pull(self) -> None:
        async with self._pulling:
            if not self._epoch:
                self._epoch, self._seq = await self._wall.head()
            if self._is_doubtful:
                # the store may have come back without its last second: numbers alone do not tell
                await self._snapshot_for_all()
                self._is_doubtful = False
            ops = await self._wall.ops_since(self._seq)
            if ops is None:
                await self._snapshot_for_all()
            elif ops:
                frames = [op_frame(op) for op in ops]
                whole = b"".join(frames)
                self._send_ops(ops, frames, whole)
                self._note(ops)
                self._seq = ops[-1].seq
                for follower in self.followers:
                    follower.ops(ops, frames)
                if len(ops) >= CATCH_UP_OPS:
                    self._bell.set()
            for screen in list(self._behind):
                await self._catch_up(screen)
            if not await self._spots.show(self._screens, epoch=self._epoch, seq=self._seq):
                self._bell.set()

    def _send_ops(self, ops: list[Op], frames: list[bytes], whole: bytes) -> None:
        """The one loop that runs for every post and every screen: nothing in it that could stand outside."""
        before, after = ops[0].seq - 1, ops[-1].seq
        served = 0
        for screen in self._screens:
            wire = screen.wire
            if wire.is_lagging:
                continue
            if screen.seq == before:
                wire.put(whole)
                screen.seq = after
                served += 1
            else:
                self._write_ops(screen, ops, frames)
        self._metrics.frames.inc(served * len(ops))

    def _write_ops(self, screen: Screen, ops: Iterable[Op], frames: Iterable[bytes]) -> None:
        for op, frame in zip(ops, frames, strict=True):
            if op.seq == screen.seq + 1:
                screen.wire.put(frame)
                screen.seq = op.seq
                self._metrics.frames.inc()
        screen.state.epoch = self._epoch

    def _note(self, ops: Iterable[Op]) -> None:
        for op in ops:
            if op.op == "del":
                self.roster.removed(op.pid, op.seq)
            elif op.op in ("add", "upd"):
                self.roster.shown_again(op.pid)

    async def _snapshot_for_all(self) -> None:
        """One read, then writes alone: a store that goes away in between leaves no screen half served."""
        self._snapshot = None
        snapshot = await self._read_snapshot()
        self._epoch, self._seq = snapshot.epoch, snapshot.seq
        for screen in self._screens:
            if screen.wire.is_lagging:
                screen.seq = -1  # it gets a snapshot when it has drained
            else:
                self._put_snapshot(screen, snapshot)
        self._metrics.resyncs.inc(len(self._screens))
        for follower in self.followers:
            follower.reset(snapshot)

    # -- slow ones, lost hints --------------------------------------------------------------------------------

    def _drained(self, screen: Screen) -> None:
        screen.lag_since = None
        self._behind.add(screen)
        self._bell.set()

    async def _catch_up(self, screen: Screen) -> None:
        if screen in self._screens and not screen.wire.is_lagging and screen.seq != self._seq:
            ops = None
            if screen.seq >= 0 and screen.state.epoch == self._epoch:
                ops = await self._wall.ops_since(screen.seq, limit=CATCH_UP_OPS)
            if ops is None or len(ops) >= CATCH_UP_OPS:
                await self._send_snapshot(screen)
            else:
                self._write_ops(screen, ops, [op_frame(op) for op in ops])
        self._behind.discard(screen)

    async def _safety(self) -> None:
        """The doorbell may lose a ring: every two seconds the number itself is read."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SAFETY_S)
            for screen in list(self._screens):
                if not screen.wire.is_lagging:
                    screen.lag_since = None
                elif screen.lag_since is None:
                    screen.lag_since = loop.time()
                elif loop.time() - screen.lag_since > STALLED_S - SAFETY_S:
                    log.warning("screen %s does not read and is cut", screen.state.id)
                    screen.wire.cut()
            if not (self._screens or self.followers):
                continue
            try:
                epoch, seq = await self._wall.head()
            except StoreError:
                continue
            if epoch != self._epoch or seq < self._seq:  # another store, or an older copy of this one
                log.warning("the store's epoch has changed: every screen gets a snapshot")
                self._is_doubtful = True
                self._bell.set()
            elif seq != self._seq:
                self._bell.set()

    async def _beat(self) -> None:
        told = -1
        while True:
            await asyncio.sleep(BEAT_S)
            frame = beat_frame(self._seq)
            for screen in self._screens:
                if not screen.wire.is_lagging:
                    screen.wire.put(frame)
            if self._screens or self.roster.version != told:
                told = self.roster.version
                try:
                    await self._store.redis.publish(self._store.keys.screens_tick, self.roster.report())
                except StoreError:
                    continue
