"""Our hub, driven for real: the roles `redis` and `web` as `parvis up` starts them, and posts through the gate.

What is published is an approval: the gate's script writes the log, rings, and the web process reads and encodes. The
frames are made 1 KiB long by a post whose words are that long. Fairness is off: nothing here shows what it gets, so what
is owed would grow without end.

A crowd of a thousand comes as previews, sockets like any other that stand on no roster and say no more than they must;
the rivals' clients are no more than that. `Screens` come as what they are: on the roster, watched, with a beat every five
seconds.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from pathlib import Path

from bench.fanout_parts.server import FRAME_BYTES, Server, answers
from display.protocol import op_frame
from tests.makers import Hands, card, post
from wall.live import Item, Op
from wall.model import Author, Post, encode_card
from wall.record import Record
from wall.store.client import Store
from wall.store.place import store_url
from wall.verdict import Answer, Verdict

SETTINGS = """
[event]
name = "Fan-out"
slug = "fan-out"

[web]
readers = 6000
readers_per_address = 6000

[fairness]
seconds = 0
"""
EVENT = "fan-out"
AT_ONCE = 24
FRAME_HEAD = 4
USUAL_TEXT = "The lights have just come on over the courtyard, and the whole street is here. #NuitVauclair"
LONG_TEXT = (
    USUAL_TEXT[:-13] + "A choir sings by the river; the bridge is full of people and of light. "
) * 60


class Hub(Server):
    name = "Parvis"
    path = "/ws/screen"
    say = '{"type":"hello","screen":"hall-#","size":"1920x1080","as":"preview"}'
    beat = '{"type":"beat","seq":0,"shown":[],"frames":0,"errors":0}'
    beat_s = 20.0  # who says nothing for 30 s is sent away
    greet = 3  # hello, snapshot, orders

    def __init__(self, folder: Path, tools: Path) -> None:
        super().__init__(folder, tools)
        self._data = folder / "data"
        self._store = Store(store_url(data_dir=self._data, url=None), event=EVENT, name="bench")
        self._hands = Hands(self._store)
        self._made = 0
        self._ready: deque[Record] = deque()
        self.text_bytes = ROOM

    def start(self) -> None:
        config = self.folder / "parvis.toml"
        config.write_text(SETTINGS, encoding="utf-8")
        env = {
            "PARVIS_CONFIG": str(config),
            "PARVIS_DATA": str(self._data),
            "PARVIS_PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }
        self.run(sys.executable, "-m", "wall.cli.main", "redis", env=env, is_store=True)
        self.run(sys.executable, "-m", "wall.cli.main", "web", env=env)

    async def begin(self) -> None:
        await self._store.ready()
        await answers(self.port)

    async def end(self) -> None:
        await self._store.redis.aclose()

    async def prepare(self, count: int) -> None:
        """Posts that wait in the queue, as many as will be approved."""
        numbers = list(range(self._made, self._made + count - len(self._ready)))
        self._made += len(numbers)
        left = iter(numbers)

        async def work() -> None:
            for number in left:
                await self._hands.arrive(post_of(number, LONG_TEXT[: self.text_bytes]))

        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(work())
        for at in range(0, len(numbers), 200):
            pids = [post_of(number).pid for number in numbers[at : at + 200]]
            self._ready.extend(await self._hands.ledger.records(pids))
        await self.calm()

    async def publish(self, count: int) -> None:
        self.sent += count
        if count == 1:
            await self._approve(self._ready.popleft())
            return
        async with asyncio.TaskGroup() as tasks:
            for _ in range(count):
                tasks.create_task(self._approve(self._ready.popleft()))

    async def _approve(self, record: Record) -> None:
        outcome = await self._hands.gate.decide(
            record.pid, Verdict.APPROVE, by="Anna", rev=record.rev, mrev=record.mrev
        )
        assert outcome.answer is Answer.OK, outcome


class Screens(Hub):
    name = "Parvis, clients as screens"
    say = '{"type":"hello","screen":"hall-#","size":"1920x1080"}'
    beat_s = 5.0


def post_of(number: int, text: str = "") -> Post:
    """One of 400 people's; without a text its frame will be `FRAME_BYTES` long."""
    author = Author(id=str(number % 400), name=f"Visitor {number % 400:03}")
    return post(f"{number:06}", text or LONG_TEXT[:ROOM], author=author)


def frame_bytes(text: str = "") -> int:
    """The length of the JSON that a screen gets for a post with these words."""
    said = post_of(1, text)
    item = Item(pid=said.pid, seq=1000, rev=1, is_pinned=False, content=encode_card(card(said)))
    return len(op_frame(Op(seq=1000, op="add", pid=said.pid, why="", item=item))) - FRAME_HEAD


ROOM = FRAME_BYTES - frame_bytes("x") + 1
