"""kill -9 of every process in turn while 500 posts pass through: nothing acknowledged lost, nothing unapproved shown."""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.screenkit import GlasslessScreen
from tests.stack import Stack, descendants, parvis, settings
from wall.ledger import Ledger
from wall.store.client import Store
from wall.store.place import store_url

POSTS = 500
pytestmark = pytest.mark.xdist_group("stack")


def script(path: Path, *, name: str, first: int, number: int) -> str:
    """A replay file: one post each 40 ms, some with an edit later; returns its source's settings."""
    lines: list[dict[str, Any]] = []
    for n in range(first, first + number):
        post = {
            "native_id": str(n),
            "author": {"id": f"a{n % 40}", "name": f"Author {n % 40}"},
            "spans": [{"text": f"post {n}"}],
        }
        lines.append({"at": (n - first) * 0.04, "post": post})
        if n % 25 == 0:
            edited = {**post, "spans": [{"text": f"post {n}, edited"}], "edited_at": "2026-11-24T12:00:00Z"}
            lines.append({"at": (n - first) * 0.04 + 2, "post": edited})
        if n % 50 == 7:
            lines.append({"at": (n - first) * 0.04 + 3, "removal": {"native_id": str(n)}})
    lines.sort(key=lambda line: line["at"])
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return f'[[source]]\nnetwork = "replay"\nname = "{name}"\nfile = "{path}"\nloop = false'


class Moderator:
    """Approves most and rejects some, each press with its own key, repeated until it is answered."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.acknowledged: list[tuple[str, str]] = []
        self.repeats = 0

    async def run(self) -> None:
        while True:
            for card in await asyncio.to_thread(self.stack.posts, "queued"):
                await asyncio.sleep(0.12)  # a look at the card
                await self.press(card)
            await asyncio.sleep(0.02)

    async def press(self, card: dict[str, Any]) -> None:
        verdict = "reject" if int(card["id"][:2], 36) % 5 == 0 else "approve"
        key = str(uuid.uuid4())
        while True:
            status, body = await asyncio.to_thread(self.stack.decide, card, verdict, key=key)
            if status in (200, 404, 409, 410):
                break
            self.repeats += 1
            await asyncio.sleep(0.1)
        if status == 200 and body["answer"] in ("OK", "REPLAY"):
            self.acknowledged.append((card["id"], verdict))


async def test_nothing_is_lost_and_nothing_unapproved_is_shown(tmp_path: Path) -> None:
    sources = (
        script(tmp_path / "waits.jsonl", name="waits", first=0, number=POSTS // 2),
        script(tmp_path / "flows.jsonl", name="flows", first=POSTS // 2, number=POSTS // 2)
        + '\nmode = "post"',
    )
    manager = parvis(tmp_path, settings(*sources))
    stack = await asyncio.to_thread(manager.__enter__)
    try:
        await _ordeal(stack)
    finally:
        family = descendants(stack.process.pid)
        await asyncio.to_thread(manager.__exit__, None, None, None)
        assert family


async def _ordeal(stack: Stack) -> None:
    screens = [GlasslessScreen(stack.url, f"hall-{n}") for n in range(3)]
    moderators = [Moderator(stack) for _ in range(3)]
    killed: set[int] = set()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(screen.run()) for screen in screens]
        running += [tasks.create_task(moderator.run()) for moderator in moderators]
        for role in ("worker", "ingest", "web", "redis", "worker", "redis", "web", "ingest"):
            await asyncio.sleep(1.5)
            killed.add(await asyncio.to_thread(stack.kill, role))
        await asyncio.to_thread(
            stack.wait, "the wall to be ready again", lambda: stack.call("/readyz")[0] == 200, within_s=30
        )
        async with Store(
            store_url(data_dir=stack.data, url=None), event="la-nuit-des-lumieres", name="check"
        ) as store:
            await _settled(store)
            _, seq = await _head(store)
            async with asyncio.timeout(20):
                while any(screen.seq != seq for screen in screens):
                    await asyncio.sleep(0.05)
            await _check(store, screens, moderators)
        for task in running:
            task.cancel()
    assert len(killed) == 8, "a killed role came back under the same process id"
    assert sum(moderator.repeats for moderator in moderators) > 0, (
        "no press met a fault: the ordeal was too easy"
    )


async def _head(store: Store) -> tuple[bytes | None, int]:
    epoch, seq = await store.redis.hmget(store.keys.meta, ["epoch", "seq"])
    return epoch, int(seq or 0)


async def _settled(store: Store) -> None:
    """Every post has arrived, nothing waits for the worker, nobody is in the queue."""
    async with asyncio.timeout(90):
        while True:
            known = await store.redis.hlen(store.keys.source_posts("waits"))
            known += await store.redis.hlen(store.keys.source_posts("flows"))
            removed = POSTS // 50
            inbox = await store.redis.hlen(store.keys.inbox)
            queued = await store.redis.zcard(store.keys.queue)
            if known == POSTS - removed and inbox == 0 and queued == 0:
                return
            await asyncio.sleep(0.1)


async def _check(store: Store, screens: list[GlasslessScreen], moderators: list[Moderator]) -> None:
    ledger = Ledger(store)
    assert (await ledger.verify_audit())[1] is None
    approved: set[tuple[str, int]] = set()
    history: dict[str, list[tuple[str, str]]] = {}
    for _, fields in await store.redis.xrange(store.keys.audit):
        pid, to = fields[b"id"].decode(), fields[b"to"].decode()
        history.setdefault(pid, []).append((fields[b"why"].decode(), to))
        if to == "approved":
            approved.add((pid, int(fields[b"rev"])))
    log = [int(number.split(b"-")[0]) for number, _ in await store.redis.xrange(store.keys.log)]
    assert log == list(range(log[0], log[0] + len(log)))
    live = {pid.decode() for pid in await store.redis.zrange(store.keys.live, 0, -1)}
    newest = [pid.decode() for pid in (await store.redis.zrange(store.keys.live, -60, -1))]
    for screen in screens:
        assert screen.shown <= approved
        assert set(screen.items) <= live
        assert set(newest) <= set(screen.items)
        assert screen.gaps == 0
    for moderator in moderators:
        for pid, verdict in moderator.acknowledged:
            done = [why for why, _ in history[pid]]
            assert verdict in done, f"the acknowledged {verdict} of {pid} is gone"
            assert done.count(verdict) <= 1 + done.count("edited"), f"{verdict} of {pid} was done twice"
    assert sum(len(moderator.acknowledged) for moderator in moderators) > POSTS // 5
