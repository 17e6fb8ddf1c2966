"""A full house for the desk: a queue filled through the gate, and moderators at the real API and the real socket.

Used by `test_desk_load.py`, which asks what is right, and by `bench/desk.py`, which asks how fast.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.history.ordeal import Server
from tests.makers import NOW
from wall.gate import Answer, Gate, Ruling
from wall.model import Author, Card, CardAuthor, Post, Span
from wall.store.client import Store
from wall.web.auth import new_token

EVENT = "la-nuit-des-lumieres"  # of tests/stack.py's settings
AT_ONCE = 64
SYLLABLES = "la lu mi ère nuit ciel ron de cour so leil vau clair jar din mu sé toi le chan son pla nète"
REFILL = 20
PAGE = 200
PATIENCE_S = 20
FEED = "feed"


# -- the queue ----------------------------------------------------------------------------------------------------


def sentence(dice: random.Random) -> str:
    """Twelve words that nobody has said before, so that posts are no copies of each other."""
    return " ".join("".join(dice.choices(SYLLABLES.split(), k=dice.randint(1, 3))) for _ in range(12))


def old_post(n: int) -> Post:
    return Post(
        network="mastodon",
        source="before",
        instance="example.org",
        native_id=f"old-{n}",
        author=Author(id=f"u{n % 20_011}", name=f"Visitor {n % 20_011}", handle=f"@v{n % 20_011}"),
        spans=(Span(f"Post {n}: " + sentence(random.Random(n))),),
        created_at=NOW,
    )


async def _fill(url: str, first: int, number: int) -> None:
    async with Store(url, event=EVENT, name="seed") as store:
        gate = Gate(store)
        numbers = iter(range(first, first + number))

        async def hand() -> None:
            for n in numbers:
                post = old_post(n)
                await gate.accept(post)
                claim = await store.redis.hget(store.keys.post(post.pid), "pending") or b""
                card = Card(
                    id=post.pid,
                    network=post.network,
                    source=post.source,
                    author=CardAuthor(name=post.author.name, handle=post.author.handle),
                    spans=post.spans,
                    at=NOW,
                )
                await gate.offer(claim.decode(), card, ruling=Ruling.NOTE)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE // 4):
                tasks.create_task(hand())


def fill(url: str, first: int, number: int) -> None:
    asyncio.run(_fill(url, first, number))


async def fill_queue(data: Path, number: int, *, processes: int = 2) -> None:
    """Queue `number` posts in the data folder's store, each through `accept` and `offer`, by several processes.

    The store's program runs alone meanwhile. The worker's stream is emptied at the end: the cards are made.
    """
    folder = data / "redis"
    folder.mkdir(parents=True, mode=0o700)
    server = Server(folder)
    await server.start()
    try:
        async with Store(server.url, event=EVENT, name="seed") as store:
            await store.ready()
            share = -(-number // processes)
            loop = asyncio.get_running_loop()
            with ProcessPoolExecutor(processes) as pool:
                parts = [
                    loop.run_in_executor(pool, fill, server.url, first, min(share, number - first))
                    for first in range(0, number, share)
                ]
                for part in parts:
                    await part
            await store.redis.delete(store.keys.intake)
            assert await store.redis.zcard(store.keys.queue) == number
    finally:
        server.end()


def feed(folder: Path, *, number: int, per_second: float, after_s: float, sources: int = 4) -> str:
    """Recordings of posts at a steady pace, several at once; returns the settings of their sources."""
    found = []
    for source in range(sources):
        path = folder / f"feed-{source}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for n in range(source, number, sources):
                file.write(json.dumps({"at": after_s + n / per_second, "post": _new_post(n)}) + "\n")
        name = f'name = "{FEED}-{source}"'
        found.append(f'[[source]]\nnetwork = "replay"\n{name}\nfile = "{path}"\nloop = false\n')
    return "\n".join(found)


def _new_post(n: int) -> dict[str, Any]:
    dice = random.Random(-n)
    return {
        "native_id": f"new-{n}",
        "author": {"id": f"w{dice.randrange(5000)}", "name": f"Guest {n % 5000}"},
        "spans": [{"text": f"New {n}: " + sentence(dice)}],
    }


async def fed(store: Store, *, sources: int = 4) -> int:
    """How many posts have come from the recordings so far."""
    return sum([await store.redis.hlen(store.keys.source_posts(f"{FEED}-{n}")) for n in range(sources)])


# -- moderators ---------------------------------------------------------------------------------------------------


class Press(msgspec.Struct):
    key: str
    pid: str
    verdict: str
    answers: list[str] = []
    seconds: list[float] = []


class Moderator:
    """Somebody at a desk: hears the socket, decides over HTTP. Those who collide all take the first card there is."""

    def __init__(self, url: str, token: str, *, name: str, collides: bool, seed: int) -> None:
        self.name = name
        self.pause_s = 1.0
        self.presses: list[Press] = []
        self.unanswered = 0
        self.frames: Counter[str] = Counter()
        self.bytes = 0
        self.cuts = -1
        self._url = url
        self._head = {"authorization": f"Bearer {token}"}
        self._dice = random.Random(seed)
        self._collides = collides
        self._board: dict[str, dict[str, Any]] = {}
        self._cursor: str | None = ""

    async def listen(self) -> None:
        address = self._url.replace("http", "ws") + "/ws/desk"
        while True:
            self.cuts += 1
            try:
                async with connect(
                    address,
                    origin=cast(Any, self._url),
                    additional_headers=self._head,
                    compression=None,
                    max_size=None,
                ) as link:
                    async for text in link:
                        frame = json.loads(text)
                        self._hear(frame)
                        self.bytes += len(text)
                        if frame["type"] == "beat":
                            await link.send('{"type":"beat"}')
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(0.2)

    def _hear(self, frame: dict[str, Any]) -> None:
        self.frames[frame["type"]] += 1
        if frame["type"] == "queue":
            self._board = {}
            self._cursor = ""
            for card in frame["posts"]:
                self._put(card)
        elif frame["type"] == "card":
            self._put(frame["post"])

    def _put(self, card: dict[str, Any]) -> None:
        if card["state"] == "queued" and card["card"] is not None:
            self._board[card["id"]] = card
        else:
            self._board.pop(card["id"], None)

    async def work(self) -> None:
        async with aiohttp.ClientSession(headers=self._head) as client:
            while True:
                await asyncio.sleep(self.pause_s * self._dice.uniform(0.7, 1.3))
                if len(self._board) < REFILL:
                    await self._more(client)
                card = self._choose()
                if card is None:
                    continue
                verdict = "approve" if self._dice.random() < 0.7 else "reject"
                one = Press(key=str(uuid.uuid4()), pid=card["id"], verdict=verdict)
                self.presses.append(one)
                await self._press(client, one, card)
                if self._dice.random() < 0.1:  # the tablet was not sure
                    await self._press(client, one, card)

    def _choose(self) -> dict[str, Any] | None:
        ranked = sorted(self._board.values(), key=lambda card: int(card["place"]))[:PAGE]
        if not ranked:
            return None
        return ranked[0] if self._collides else self._dice.choice(ranked)

    async def _more(self, client: aiohttp.ClientSession) -> None:
        if self._cursor is None:
            return
        query = {"state": "queued", "limit": str(PAGE), **({"cursor": self._cursor} if self._cursor else {})}
        async with client.get(f"{self._url}/api/v1/posts", params=query) as reply:
            if reply.status == 200:
                body = await reply.json()
                self._cursor = body["cursor"]
                for card in body["posts"]:
                    self._put(card)

    async def _press(self, client: aiohttp.ClientSession, one: Press, card: dict[str, Any]) -> None:
        said = {"verdict": one.verdict, "rev": card["rev"], "mrev": card["mrev"]}
        address = f"{self._url}/api/v1/posts/{one.pid}/decision"
        while True:
            began = time.perf_counter()
            try:
                async with client.post(
                    address,
                    json=said,
                    headers={"idempotency-key": one.key},
                    timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
                ) as reply:
                    body = await reply.json()
                    assert reply.status in (200, 409, 410), (reply.status, body)
                    one.seconds.append(time.perf_counter() - began)
                    one.answers.append(body.get("answer") or body["error"]["code"])
                    self._board.pop(one.pid, None)
                    return
            except (aiohttp.ClientError, TimeoutError):
                self.unanswered += 1
                await asyncio.sleep(0.2)


async def moderators_at(url: str, store: Store, number: int) -> list[Moderator]:
    """Every other of them collides with the others."""
    found = []
    for n in range(number):
        token = await new_token(store, f"moderator-{n}", role="moderator")
        found.append(Moderator(url, token, name=f"moderator-{n}", collides=n % 2 == 0, seed=n))
    return found


# -- what became of it --------------------------------------------------------------------------------------------


class Account(msgspec.Struct):
    """`lost` were answered OK and are not in the audit, `twice` are in it more than once."""

    presses: int = 0
    done: int = 0
    other_won: int = 0
    repeats: int = 0
    lost: int = 0
    twice: int = 0
    strange: int = 0


async def account(store: Store, moderators: list[Moderator]) -> Account:
    entries: Counter[str] = Counter()
    moves: Counter[tuple[str, ...]] = Counter()
    start = "-"
    while page := await store.redis.xrange(store.keys.audit, min=start, count=2000):
        for _, fields in page:
            idem = fields[b"idem"].decode().rpartition(":")[2]
            if idem:
                entries[idem] += 1
                moves[tuple(fields[name].decode() for name in (b"id", b"rev", b"why"))] += 1
        start = f"({page[-1][0].decode()}"
    found = Account(twice=sum(n > 1 for n in entries.values()))
    # nobody here reopens: an edition is approved once and rejected once at most, whoever pressed
    found.twice += sum(n > 1 for n in moves.values())
    known = set()
    for one in (press for moderator in moderators for press in moderator.presses):
        if not one.answers:
            continue
        known.add(one.key)
        first, *others = one.answers
        found.presses += 1
        found.repeats += len(others)
        is_done = first in (Answer.OK, Answer.REPLAY)
        found.done += is_done
        found.other_won += not is_done
        found.lost += is_done != bool(entries[one.key])
        expected = Answer.REPLAY if first in (Answer.OK, Answer.REPLAY, Answer.SAME) else first
        found.strange += any(other != expected for other in others)
    pending = {one.key for moderator in moderators for one in moderator.presses if not one.answers}
    found.strange += len(entries.keys() - known - pending)
    return found
