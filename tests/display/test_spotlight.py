"""The spotlight, over real sockets: who gets it, and that nothing but what stands on the wall ever does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from tests.display.test_hub import dial, hear, say
from tests.makers import Hands, post
from tests.server import Served, serving
from wall.gate import Ruling, Verdict
from wall.store.client import Store


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


async def greet(link: ClientConnection, name: str) -> None:
    await say(link, type="hello", screen=name)
    await hear(link, "snapshot")


async def ask(served: Served, pid: str, **body: Any) -> tuple[int, Any]:
    return await served.post(f"/api/v1/posts/{pid}/spotlight", json=body, headers=served.admin)


async def next_of(link: ClientConnection, *kinds: str) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while True:
            frame: dict[str, Any] = json.loads(await link.recv())
            if frame["type"] in kinds:
                return frame


async def test_a_screen_gets_the_same_bytes_as_when_the_post_was_added(served: Served, hands: Hands) -> None:
    async with dial(served) as link:
        await greet(link, "hall-a")
        await hands.arrive(post("1", "Bonsoir"), ruling=Ruling.APPROVE)
        added = (await hear(link, "op"))["item"]
        assert await ask(served, post("1").pid, screen="hall-a", seconds=30) == (202, {})
        assert await hear(link, "command") == {
            "type": "command", "command": "spotlight", "item": added, "seconds": 30,
        }  # fmt: skip


async def test_one_screen_or_every_one(served: Served, hands: Hands) -> None:
    await hands.arrive(post("1"), ruling=Ruling.APPROVE)
    await hands.arrive(post("2"), ruling=Ruling.APPROVE)
    async with dial(served) as one, dial(served) as two:
        await greet(one, "hall-a")
        await greet(two, "hall-b")
        await ask(served, post("1").pid, screen="hall-a")
        await ask(served, post("2").pid)
        assert (await hear(one, "command"))["item"]["id"] == post("1").pid
        assert (await hear(one, "command"))["seconds"] == 20
        assert (await hear(two, "command"))["item"]["id"] == post("2").pid


async def test_a_post_that_is_older_than_any_snapshot_can_be_shown_again(
    served: Served, hands: Hands
) -> None:
    for number in range(65):
        await hands.arrive(post(str(number)), ruling=Ruling.APPROVE)
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        snapshot = await hear(link, "snapshot")
        assert post("0").pid not in [item["id"] for item in snapshot["items"]]
        await ask(served, post("0").pid)
        item = (await hear(link, "command"))["item"]
        assert (item["id"], item["seq"], item["rev"]) == (post("0").pid, 1, 1)


@pytest.mark.parametrize("verdict", [None, Verdict.REJECT, Verdict.WITHDRAW, Verdict.UNAPPROVE])
async def test_only_what_stands_on_the_wall_can_be_shown(
    served: Served, hands: Hands, verdict: Verdict | None
) -> None:
    await hands.arrive(post("1"), ruling=Ruling.NOTE if verdict is None else Ruling.APPROVE)
    if verdict is not None:
        await hands.decide(post("1"), verdict)
    status, body = await ask(served, post("1").pid)
    assert (status, body["error"]["code"]) == (409, "not-shown")


async def test_a_post_withdrawn_on_the_way_is_silently_not_sent(served: Served, hands: Hands) -> None:
    """The word is on the channel, as another process would have said it; the wall has moved on."""
    await hands.arrive(post("1"), ruling=Ruling.APPROVE)
    await hands.arrive(post("2"), ruling=Ruling.APPROVE)
    async with dial(served) as link:
        await greet(link, "hall-a")
        await hands.decide(post("1"), Verdict.WITHDRAW)
        for number in ("1", "2"):
            word = f"spotlight * {post(number).pid} 20"
            await hands.store.redis.publish(hands.store.keys.commands_tick, word)
        assert (await hear(link, "command"))["item"]["id"] == post("2").pid


async def test_an_edit_in_between_shows_neither_the_old_words_nor_the_new(
    served: Served, hands: Hands
) -> None:
    await hands.arrive(post("1", "avant"), ruling=Ruling.APPROVE)
    await hands.arrive(post("2"), ruling=Ruling.APPROVE)
    async with dial(served) as link:
        await greet(link, "hall-a")
        await hands.arrive(post("1", "après", revision=2))
        for number in ("1", "2"):
            word = f"spotlight * {post(number).pid} 20"
            await hands.store.redis.publish(hands.store.keys.commands_tick, word)
        frame = await next_of(link, "command")
        assert frame["item"]["id"] == post("2").pid


async def test_it_comes_after_everything_that_happened_before_it(served: Served, hands: Hands) -> None:
    """While the wall is busy: whatever a screen is shown in the spotlight, it has been told of its approval."""
    async with dial(served) as link:
        await greet(link, "hall-a")
        known: set[str] = set()

        async def busy() -> None:
            for number in range(60):
                await hands.arrive(post(str(number)), ruling=Ruling.APPROVE)
                word = f"spotlight * {post(str(number)).pid} 20"
                await hands.store.redis.publish(hands.store.keys.commands_tick, word)

        seen = 0
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(busy())
            while len(known) < 60:
                frame = await next_of(link, "op", "command")
                if frame["type"] == "op":
                    known.add(frame["item"]["id"])
                else:
                    seen += 1
                    assert frame["item"]["id"] in known
        assert seen > 0


async def test_what_is_asked_wrongly_is_answered_clearly(served: Served, hands: Hands) -> None:
    await hands.arrive(post("1"), ruling=Ruling.APPROVE)
    pid = post("1").pid
    for body, status, code in (
        ({"screen": "nowhere"}, 404, "no-screen"),
        ({"seconds": 4}, 400, "invalid"),
        ({"seconds": 121}, 400, "invalid"),
        ({"screen": 7}, 400, "invalid"),
        ({"screen": "* x 20"}, 404, "no-screen"),
        ({"post": "x"}, 400, "invalid"),
    ):
        got, answer = await ask(served, pid, **body)
        assert (got, answer["error"]["code"]) == (status, code)
    for wrong in ("a" * 26, "x", "../../etc"):
        assert (await ask(served, wrong))[0] == 404
    await hands.gate.panic(on=True, by="Anna")
    status, answer = await ask(served, pid)
    assert (status, answer["error"]["code"]) == (409, "panic")


async def test_moderators_alone_may_and_from_our_own_pages(served: Served, hands: Hands) -> None:
    await hands.arrive(post("1"), ruling=Ruling.APPROVE)
    path = f"/api/v1/posts/{post('1').pid}/spotlight"
    assert (await served.post(path, json={}))[0] == 401
    signed_in = await served.sign_in()
    assert (await served.post(path, json={}, headers=signed_in))[0] == 202
    foreign = {**signed_in, "origin": "https://example.com"}
    assert (await served.post(path, json={}, headers=foreign))[0] == 403


async def test_nonsense_on_the_channel_does_no_harm(served: Served, hands: Hands) -> None:
    await hands.arrive(post("1"), ruling=Ruling.APPROVE)
    async with dial(served) as link:
        await greet(link, "hall-a")
        pid = post("1").pid
        for word in (
            "",
            "spotlight",
            "spotlight *",
            f"spotlight * {pid} -5",
            "spotlight * x y z",
            b"\xff\xfe",
            f"spotlight * {pid} 20",
        ):
            await hands.store.redis.publish(hands.store.keys.commands_tick, word)
        assert (await hear(link, "command"))["item"]["id"] == pid


async def test_two_web_processes_each_serve_their_own_screens(
    store: Store, served: Served, hands: Hands, data_dir: Path
) -> None:
    await hands.arrive(post("1"), ruling=Ruling.APPROVE)
    async with serving(store, data_dir) as other, dial(served) as here, dial(other) as there:
        await greet(here, "hall-a")
        await greet(there, "hall-b")
        async with asyncio.timeout(15):
            while (await ask(served, post("1").pid, screen="hall-b"))[0] != 202:
                await asyncio.sleep(0.1)  # the other process has not told of its screens yet
        assert (await hear(there, "command"))["item"]["id"] == post("1").pid
        await ask(served, post("1").pid, screen="hall-a", seconds=5)
        assert (await hear(here, "command"))["seconds"] == 5
