"""How passing on goes, label by label: what the desk shows. Written by the courier, read by anybody."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from wall.store.client import Store


class Count(msgspec.Struct, frozen=True):
    """`failed` counts posts that were given up. `last_error` is "" while all is well; `last_at` the last try."""

    sent: int = 0
    failed: int = 0
    last_error: str = ""
    last_at: datetime | None = None


class Tally:
    """One hash; a field is "<label> <kind> <what>", so that several workers add up and overwrite nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._key = store.keys.label_state

    async def sent(self, label: str, kind: str, *, now: datetime) -> None:
        await self._add(label, kind, "sent", error="", now=now)

    async def failed(self, label: str, kind: str, *, error: str, now: datetime) -> None:
        await self._add(label, kind, "failed", error=error, now=now)

    async def stumbled(self, label: str, kind: str, *, error: str, now: datetime) -> None:
        """Not taken this time; it will be tried again."""
        await self._add(label, kind, "", error=error, now=now)

    async def _add(self, label: str, kind: str, what: str, *, error: str, now: datetime) -> None:
        if what:
            await self._store.redis.hincrby(self._key, f"{label} {kind} {what}")
        told = {f"{label} {kind} error": error, f"{label} {kind} at": int(now.timestamp() * 1000)}
        await self._store.redis.hset(self._key, mapping=told)

    async def read(self) -> dict[tuple[str, str], Count]:
        """(label, kind) -> how it goes."""
        fields: dict[tuple[str, str], dict[str, str]] = {}
        for raw, value in (await self._store.redis.hgetall(self._key)).items():
            label, kind, what = raw.decode().split(" ")
            fields.setdefault((label, kind), {})[what] = value.decode("utf-8", "replace")
        return {way: _count(found) for way, found in fields.items()}


def _count(found: dict[str, str]) -> Count:
    at = found.get("at")
    return Count(
        sent=int(found.get("sent", 0)),
        failed=int(found.get("failed", 0)),
        last_error=found.get("error", ""),
        last_at=None if at is None else datetime.fromtimestamp(int(at) / 1000, UTC),
    )
