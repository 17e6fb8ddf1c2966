"""After a new version: one screen at a time, whoever asks, and nobody is asked for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from display.hub import Hub, Screen
from display.roster import Roster, ScreenState
from display.usher import RENEW, Usher
from wall.live import Wall
from wall.store.client import Store
from wall.web.health import Metrics

NEW, OLD = "new", "old"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Line:
    """A socket's wire that remembers what was asked over it."""

    is_lagging = False

    def __init__(self, link: str, told: list[str]) -> None:
        self._link = link
        self._told = told

    def put(self, frame: bytes) -> None:
        if frame == RENEW:
            self._told.append(self._link)


class Process:
    """A web process as far as the usher goes: a hub that listens to the store, and its screens."""

    def __init__(self, store: Store, web: str, clock: Clock, *, build: str = NEW) -> None:
        self.store = store
        self.hub = Hub(
            store=store,
            wall=Wall(store),
            roster=Roster(web=web, clock=clock),
            metrics=Metrics(),
            build=build,
        )
        self.usher = Usher(store=store, hub=self.hub, build=build, clock=clock, here_s=0)
        self.told: list[str] = []  # links of this process's screens that were asked to renew

    @property
    def turn(self) -> str:
        return self.usher._turn.screen if self.usher._turn else ""

    def screen(self, name: str, link: str, *, build: str = OLD) -> ScreenState:
        state = ScreenState(id=name, link=link, build=build)
        self.hub._screens.add(Screen(Line(link, self.told), state))  # type: ignore[arg-type]
        self.hub.roster.touch(state)
        return state

    def renewed(self, state: ScreenState, link: str) -> None:
        """The page was loaded anew and has said hello."""
        state.connected = False
        self.hub.roster.touch(state)
        self.screen(state.id, link, build=NEW)


@asynccontextmanager
async def processes(*all_: Process) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:

        async def serve(process: Process, ready: asyncio.Event) -> None:
            async with process.hub.serve():
                ready.set()
                await asyncio.Event().wait()

        running = []
        for process in all_:
            ready = asyncio.Event()
            running.append(tasks.create_task(serve(process, ready)))
            await ready.wait()
        try:
            yield
        finally:
            for task in running:
                task.cancel()


async def until(found: Callable[[], Any], *, within_s: float = 5) -> None:
    async with asyncio.timeout(within_s):
        while not found():
            await asyncio.sleep(0.01)


async def introduce(*all_: Process) -> None:
    """Every process has heard of every other and of its screens."""
    async with asyncio.timeout(5):
        while any(
            len(found) < len(all_) - 1 for p in all_ for found in (p.usher._peers, p.hub.roster._peers)
        ):
            for process in all_:
                await process.usher.look()
                await process.store.redis.publish(
                    process.store.keys.screens_tick, process.hub.roster.report()
                )
            await asyncio.sleep(0.02)


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_one_after_the_other(store: Store, clock: Clock) -> None:
    one = Process(store, "a", clock)
    screens = {name: one.screen(name, f"{name}-1") for name in ("hall-b", "hall-a", "hall-c")}
    one.screen("hall-d", "d-1", build=NEW)
    async with processes(one):
        await one.usher.look()
        assert one.told == [], "a process that has just begun waits until it knows its like"
        clock.now += 11
        for expected in ("hall-a", "hall-b", "hall-c"):
            await one.usher.look()
            assert one.told[-1] == f"{expected}-1"
            count = len(one.told)
            clock.now += 5
            await one.usher.look()
            assert len(one.told) == count, "the next one waits until this one is back"
            one.renewed(screens[expected], f"{expected}-2")
        await one.usher.look()
        assert len(one.told) == 3
        assert one.usher.left_alone == ()


async def test_a_line_that_came_back_is_not_a_page_that_was_renewed(store: Store, clock: Clock) -> None:
    one = Process(store, "a", clock)
    former = one.screen("hall-a", "a-1")
    one.screen("hall-b", "b-1")
    async with processes(one):
        clock.now += 11
        await one.usher.look()
        former.connected = False
        one.hub.roster.touch(former)
        one.screen("hall-a", "a-2", build=OLD)
        clock.now += 30
        await one.usher.look()
        assert one.told == ["a-1"]
        clock.now += 31
        await one.usher.look()
        assert one.told == ["a-1", "b-1"], "whoever has not failed comes first"


async def test_who_failed_twice_is_left_alone(store: Store, clock: Clock, caplog: Any) -> None:
    one = Process(store, "a", clock)
    one.screen("hall-a", "a-1")
    async with processes(one):
        clock.now += 11
        for _ in range(6):
            await one.usher.look()
            clock.now += 61
        assert one.told == ["a-1", "a-1"]
        assert one.usher.left_alone == ("hall-a",)
        assert [r for r in caplog.messages if "left alone" in r] == [
            "screen hall-a does not load the new version and is left alone"
        ]
        # it was loaded by hand, and failed nowhere since
        one.screen("hall-a", "a-9", build=NEW)
        await one.usher.look()
        assert one.told == ["a-1", "a-1"]


async def test_two_displays_of_one_name_have_a_turn_each(store: Store, clock: Clock) -> None:
    one = Process(store, "a", clock)
    first, second = one.screen("hall-a", "a-1"), one.screen("hall-a", "a-2")
    async with processes(one):
        clock.now += 11
        await one.usher.look()
        one.renewed(first, "a-3")
        await one.usher.look()
        assert one.told == ["a-1", "a-2"]
        clock.now += 5
        await one.usher.look()
        assert one.usher._turn is not None, "the first one's new page is not the second one's"
        one.renewed(second, "a-4")
        await one.usher.look()
        assert one.usher._turn is None


async def test_one_usher_for_the_whole_house(store: Store, clock: Clock) -> None:
    """The process with the smallest name asks, for the others' screens too; each tells its own."""
    a, b = Process(store, "a", clock), Process(store, "b", clock)
    mine, theirs = a.screen("hall-b", "b-1"), b.screen("hall-a", "a-1")
    async with processes(a, b):
        await introduce(a, b)
        clock.now += 11
        await b.usher.look()
        assert b.turn == "", "the other one only looks on"
        await a.usher.look()
        await until(lambda: b.turn)
        assert (a.turn, b.turn, a.told, b.told) == ("hall-a", "hall-a", [], ["a-1"])
        b.renewed(theirs, "a-2")
        a.hub.roster.hear(b.hub.roster.report())
        await a.usher.look()
        assert (a.told, b.told) == (["b-1"], ["a-1"])
        a.renewed(mine, "b-2")


async def test_when_the_usher_goes_the_next_one_goes_on(store: Store, clock: Clock) -> None:
    a, b = Process(store, "a", clock), Process(store, "b", clock)
    b.screen("hall-a", "a-1")
    b.screen("hall-b", "b-1")
    async with processes(a, b):
        await introduce(a, b)
        clock.now += 11
        await a.usher.look()
        await until(lambda: b.told == ["a-1"])
        clock.now += 16  # nothing was heard of a since
        await b.usher.look()
        assert b.told == ["a-1"], "it knows whose turn it is"
        clock.now += 45
        await b.usher.look()
        assert b.told == ["a-1", "b-1"]
        assert b.usher._failures["hall-a"] == 1


async def test_two_versions_side_by_side_do_not_pull_at_the_same_screen(store: Store, clock: Clock) -> None:
    """Each asks only who is connected to its own version, and never while the other's turn is under way."""
    new, old = Process(store, "a", clock), Process(store, "b", clock, build=OLD)
    new.screen("hall-z", "z-1", build=OLD)
    old.screen("hall-b", "b-1", build=OLD)
    old.screen("hall-c", "c-1", build=NEW)
    async with processes(new, old):
        await introduce(new, old)
        clock.now += 11
        await new.usher.look()
        await until(lambda: old.turn == "hall-z")
        await old.usher.look()
        assert (new.told, old.told) == (["z-1"], [])
        clock.now += 61
        await old.usher.look()
        await until(lambda: new.turn == "hall-c")
        await new.usher.look()
        assert (new.told, old.told) == (["z-1"], ["c-1"])


async def test_nonsense_on_the_channel_is_ignored(store: Store, clock: Clock) -> None:
    one = Process(store, "a", clock)
    for raw in (b"", b"[]", b'{"web":1}', b'{"web":"x"}', b"\xff"):
        one.usher.hear(raw)
    assert one.usher._peers == {}
