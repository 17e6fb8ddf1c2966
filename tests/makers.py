"""Posts and cards that tests put through the gate, and the hands that do it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from wall.gate import Gate, Outcome, Prepared, Ruling, Verdict
from wall.ledger import Ledger
from wall.live import Wall
from wall.model import Author, Card, CardAuthor, Digest, Picture, Post, PostId, Span, State
from wall.settings import EventSettings, Settings
from wall.store.client import Store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def settings_for(store: Store, **changes: Any) -> Settings:
    """The settings of the wall that a test's store holds; `changes` replace sections."""
    event = EventSettings(name="La Nuit des Lumières", slug=store.keys.base[3:-1], hashtags=("NuitVauclair",))
    return Settings(**{"event": event, **changes})


def post(native_id: str = "1", text: str = "Bonjour", **more: Any) -> Post:
    fields: dict[str, Any] = {
        "network": "mastodon",
        "source": "mastodon",
        "instance": "example.org",
        "native_id": native_id,
        "author": Author(id="7", name="Inès"),
        "spans": (Span(text),),
    }
    return Post(**{**fields, **more})


def card(of: Post, *pictures: Digest, text: str | None = None) -> Card:
    return Card(
        id=of.pid,
        network=of.network,
        source=of.source,
        author=CardAuthor(name=of.author.name),
        spans=of.spans if text is None else (Span(text),),
        pictures=tuple(Picture(digest=d, width_px=10, height_px=10, colour="#102030") for d in pictures),
        at=NOW,
    )


class Hands:
    """A gate with the hands that usually work it: the worker's and the moderator's."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.gate = Gate(store)
        self.wall = Wall(store)
        self.ledger = Ledger(store)

    async def claim(self, pid: PostId) -> str:
        return (await self.store.redis.hget(self.store.keys.post(pid), "pending") or b"").decode()

    async def offer(
        self, of: Post, *pictures: Digest, ruling: Ruling = Ruling.NOTE, **prepared: Any
    ) -> Outcome:
        return await self.gate.offer(
            await self.claim(of.pid), card(of, *pictures), ruling=ruling, prepared=Prepared(**prepared)
        )

    async def arrive(
        self, of: Post, *pictures: Digest, ruling: Ruling = Ruling.NOTE, **prepared: Any
    ) -> Outcome:
        await self.gate.accept(of)
        return await self.offer(of, *pictures, ruling=ruling, **prepared)

    async def decide(self, of: Post, verdict: Verdict, *, by: str = "Anna", **more: Any) -> Outcome:
        (record,) = await self.ledger.records([of.pid])
        seen = {"rev": record.rev, "mrev": record.mrev, **more}
        return await self.gate.decide(of.pid, verdict, by=by, **seen)

    async def state(self, of: Post) -> State:
        (record,) = await self.ledger.records([of.pid])
        return record.state

    async def on_wall(self) -> list[PostId]:
        return [item.pid for item in (await self.wall.snapshot()).items]
