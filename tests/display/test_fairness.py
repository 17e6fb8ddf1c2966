"""Fairness over real sockets: what screens are sent, what they need not be sent, and what the desk is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.display.test_hub import dial, hear, say
from tests.makers import Hands, post
from tests.server import Served, serving
from wall.gate import Ruling, Verdict
from wall.plays import Play, Plays
from wall.settings import FairnessSettings
from wall.store.client import Store


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir, fairness=FairnessSettings(seconds=1, within_min=1)) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


async def greet(link: ClientConnection, name: str, **more: Any) -> None:
    await say(link, type="hello", screen=name, **more)
    await hear(link, "snapshot")


async def owed(link: ClientConnection, *wanted: str, within_s: float = 20) -> list[dict[str, Any]]:
    """The items of the next list that holds exactly these posts."""
    async with asyncio.timeout(within_s):
        while True:
            frame = await hear(link, "extra", within_s=within_s)
            assert frame["for"] == "owed"
            if sorted(item["id"] for item in frame["items"]) == sorted(wanted):
                items: list[dict[str, Any]] = frame["items"]
                return items


async def report(served: Served) -> dict[str, Any]:
    status, body = await served.get("/api/v1/fairness", headers=served.admin)
    assert status == 200
    return dict(body)


async def until(found: Callable[[], Awaitable[Any]], *, within_s: float = 20) -> Any:
    async with asyncio.timeout(within_s):
        while not (value := await found()):
            await asyncio.sleep(0.05)
        return value


async def show(store: Store, pid: str, *, ms: int, n: int = 1, screen: str = "hall-a") -> None:
    plays = Plays(store)
    at_ms = plays._clock_ms() - ms
    await plays.keep(f"spool-of-{screen}", screen, [Play(n=n, kind="post", id=pid, at_ms=at_ms, ms=ms)])


async def test_a_new_post_is_owed_until_the_screens_prove_it(
    served: Served, hands: Hands, store: Store
) -> None:
    pid = post("1").pid
    async with dial(served) as link:
        await greet(link, "hall-a")
        await hands.arrive(post("1", "Bonsoir"), ruling=Ruling.APPROVE)
        added = (await hear(link, "op"))["item"]
        assert await owed(link, pid) == [added]
        assert (await report(served))["owed"] == 1
        await show(store, pid, ms=1200)
        assert await owed(link) == []
        found = await report(served)
        assert (found["owed"], found["kept"], found["can"]) == (0, 1, True)


async def test_what_the_screen_says_in_its_beats_spares_it_a_second_time(
    served: Served, hands: Hands
) -> None:
    pid = post("1").pid
    async with dial(served) as link:
        await greet(link, "hall-a")
        await hands.arrive(post("1"), ruling=Ruling.APPROVE)
        await owed(link, pid)
        await say(link, type="beat", seq=1, shown=[pid])
        assert await owed(link) == []
        assert (await report(served))["kept"] == 0  # said, not proven


async def test_a_post_that_left_the_wall_is_not_sent_again(served: Served, hands: Hands) -> None:
    one, two = post("1").pid, post("2").pid
    async with dial(served) as link:
        await greet(link, "hall-a")
        await hands.arrive(post("1"), ruling=Ruling.APPROVE)
        await hands.arrive(post("2"), ruling=Ruling.APPROVE)
        await owed(link, one, two)
        await hands.decide(post("1"), Verdict.WITHDRAW)
        assert [item["id"] for item in await owed(link, two)] == [two]
        assert (await report(served))["owed"] == 1


async def test_posts_older_than_a_start_are_found_and_spread_over_the_screens(
    store: Store, data_dir: Path, hands: Hands
) -> None:
    pids = [post(str(n)).pid for n in range(13)]
    for n in range(13):
        await hands.arrive(post(str(n)), ruling=Ruling.APPROVE)
    await show(store, pids[0], ms=30_000)
    fairness = FairnessSettings(seconds=10, within_min=15)
    async with (
        serving(store, data_dir, fairness=fairness) as served,
        dial(served) as one,
        dial(served) as two,
    ):
        await greet(one, "hall-a")
        await greet(two, "hall-b")
        for link in (one, two):
            await say(link, type="beat", seq=13, shown=["x"])
        found: dict[str, set[str]] = {}

        async def listen(link: ClientConnection, name: str) -> None:
            while True:
                frame = json.loads(await link.recv())
                if frame["type"] == "extra":
                    found[name] = {item["id"] for item in frame["items"]}

        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(listen(link, name)) for link, name in ((one, "a"), (two, "b"))]

            async def spread() -> bool:
                lists = list(found.values())
                return len(lists) == 2 and set.union(*lists) == set(pids[1:]) and not set.intersection(*lists)

            await until(spread)
            for task in running:
                task.cancel()


async def test_previews_are_asked_for_nothing(served: Served, hands: Hands) -> None:
    await hands.arrive(post("1"), ruling=Ruling.APPROVE)
    async with dial(served) as link, dial(served) as preview:
        await greet(preview, "hall-a", **{"as": "preview"})
        await greet(link, "hall-a")
        await owed(link, post("1").pid)
        with pytest.raises(TimeoutError):
            await hear(preview, "extra", within_s=0.2)


async def test_a_play_told_to_another_process_is_heard_here(
    store: Store, data_dir: Path, tmp_path: Path, hands: Hands
) -> None:
    fairness = FairnessSettings(seconds=1, within_min=1)
    other_dir = tmp_path / "other"
    other_dir.mkdir()
    async with (
        serving(store, data_dir, fairness=fairness) as here,
        serving(store, other_dir, fairness=fairness) as there,
        dial(here) as link,
        dial(there) as far,
    ):
        await greet(link, "hall-a")
        await greet(far, "hall-b")
        await hands.arrive(post("1"), ruling=Ruling.APPROVE)
        await hear(far, "op")
        at_ms = Plays(store)._clock_ms() - 1500
        play = {"n": 1, "kind": "post", "id": post("1").pid, "at": at_ms, "ms": 1500, "scene": "s1"}
        await say(far, type="plays", spool="spool-of-hall-b", plays=[play], lost=0)
        assert await hear(far, "plays-kept") == {"type": "plays-kept", "spool": "spool-of-hall-b", "upto": 1}
        await until(
            lambda: _is_kept(here), within_s=10
        )  # by the ring: who only looks again needs twice as long
        await until(lambda: _is_kept(there), within_s=10)


async def _is_kept(served: Served) -> bool:
    return bool((await report(served))["kept"] == 1)


async def test_the_desk_is_told(served: Served, hands: Hands) -> None:
    head = await served.sign_in()
    url = served.url.replace("http", "ws") + "/ws/desk"
    async with connect(url, additional_headers={"cookie": head["cookie"]}, origin=served.url) as desk:  # type: ignore[arg-type]
        await hands.arrive(post("1"), ruling=Ruling.APPROVE)
        async with asyncio.timeout(20):
            while (frame := await hear(desk, "fairness"))["owed"] != 1:
                continue
        assert (frame["can"], frame["why"], frame["seconds"]) == (False, "screens", 1)


async def test_switched_off_nobody_is_asked(store: Store, data_dir: Path, hands: Hands) -> None:
    async with serving(store, data_dir, fairness=FairnessSettings(seconds=0)) as served, dial(served) as link:
        await greet(link, "hall-a")
        await hands.arrive(post("1"), ruling=Ruling.APPROVE)
        await hear(link, "op")
        with pytest.raises(TimeoutError):
            await hear(link, "extra", within_s=2.5)
        assert (await report(served))["on"] is False


async def test_who_may_read_it(served: Served) -> None:
    for path in ("/api/v1/fairness", "/api/v1/plays", "/api/v1/plays.csv"):
        status, _ = await served.get(path)
        assert status == 401
