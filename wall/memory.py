"""What the wall remembers, so that rules can tell a first post from the hundredth.

Kept in the store, for every worker to see: who sent how much lately, which texts and pictures came before, which
pictures were turned down. It holds numbers and signatures, never words or pictures. A worker looks at one post at a
time; two workers that see twins at the same instant may count one too few, which no promise depends on.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from wall.media.rendered import Rendered
from wall.model import Card, Post, short_hash
from wall.moderation.facts import Facts
from wall.moderation.likeness import nearest
from wall.moderation.signature import (
    exact,
    folded,
    is_near_picture,
    is_near_text,
    picture_bands,
    sketch,
    text_bands,
)
from wall.record import read_person
from wall.store.client import Store

RECENT_MS = 600_000
RECENT_KEPT = 200
BACKLOG_MS = 3_600_000
BUCKET_KEPT = 24  # newest signatures looked at in a bucket
GENERATION = 150_000  # entries before the older half of the signatures is forgotten
READ_REJECTED_S = 2.0


class Seen(msgspec.Struct, frozen=True):
    """`cluster` names the posts nearly equal to this one: it is the id of the first of them, or made from it."""

    facts: Facts
    cluster: str


class _Mark(msgspec.Struct, frozen=True):
    """One signature of a post: the name of its entry, and what is compared inside a bucket (None: nothing)."""

    field: str
    value: int | None
    is_like: Callable[[int, int], bool] | None


class Memory:
    """`cap_of` says how many posts a source may bring in a day (0: any number). `clock_ms` gives Unix time.

    The pictures that were turned down are read again every `read_rejected_s`.
    """

    def __init__(
        self,
        store: Store,
        *,
        cap_of: Callable[[str], int],
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        read_rejected_s: float = READ_REJECTED_S,
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._cap_of = cap_of
        self._clock_ms = clock_ms
        self._turn = asyncio.Lock()
        self._rejected: dict[str, str] = {}
        self._rejected_at = -math.inf
        self._read_rejected_s = read_rejected_s

    async def look(self, post: Post, card: Card, looks: Sequence[Rendered]) -> Seen:
        """What is known of the author and of posts like this one; and this one is remembered."""
        async with self._turn:
            marks = _marks(card, looks)
            now_ms = self._clock_ms()
            keys = self._keys
            pipe = self._store.redis.pipeline(transaction=False)
            pipe.hgetall(keys.person(post.author_key))
            pipe.hmget(keys.post(post.pid), ["chash", "cluster"])
            pipe.hmget(keys.caps, [post.source])
            for generation in (keys.twins, keys.twins_before):
                pipe.hmget(generation, [mark.field for mark in marks] or ["-"])
            person_raw, (chash, own_cluster), (today_raw,), *entries = await pipe.execute()
            is_first = chash is None
            cluster = _find(marks, entries) or _new_cluster(post, chash)
            is_joining = is_first or own_cluster != cluster.encode()
            twins = await self._count(cluster, joining=is_joining)
            person = read_person(post.author_key, person_raw)
            first_ms = int(person_raw.get(b"first", b"0") or 0)
            recent = _recent(
                person_raw.get(b"recent", b""),
                now_ms=now_ms,
                pid="" if _is_backlog(post, now_ms) else post.pid,
            )
            today = _today(today_raw, now_ms=now_ms) + is_first
            await self._remember(
                post,
                marks,
                cluster,
                entries[0],
                person={"recent": " ".join(recent), "first": str(first_ms or now_ms)},
                today=f"{_day(now_ms)} {today}",
            )
            facts = Facts(
                standing=person.standing,
                approved=person.counts.get("approved", 0),
                rejected=person.counts.get("rejected", 0),
                is_new=not first_ms or now_ms - first_ms < RECENT_MS,
                recent=max(1, len(recent)),
                today=today,
                cap=self._cap_of(post.source),
                twins=twins,
                rejected_like=await self._rejected_like(looks),
                codes=tuple(code for look in looks for code in look.codes),
            )
        return Seen(facts, cluster)

    async def _count(self, cluster: str, *, joining: bool) -> int:
        """How many belong to a cluster, this one among them."""
        redis, field = self._store.redis, f"n{cluster}"
        older = int(await redis.hget(self._keys.twins_before, field) or 0)
        return older + await redis.hincrby(self._keys.twins, field, 1 if joining else 0)

    async def _remember(
        self,
        post: Post,
        marks: Sequence[_Mark],
        cluster: str,
        known: Sequence[bytes | None],
        *,
        person: dict[str, str],
        today: str,
    ) -> None:
        keys = self._keys
        pipe = self._store.redis.pipeline(transaction=False)
        for field, value in person.items():
            pipe.hset(keys.person(post.author_key), field, value)
        pipe.hset(keys.caps, post.source, today)
        for mark, bucket in zip(marks, known, strict=False):
            pipe.hset(keys.twins, mark.field, _with(bucket, mark, cluster))
        await pipe.execute()
        if await self._store.redis.hlen(keys.twins) > GENERATION:
            await self._store.redis.rename(keys.twins, keys.twins_before)

    async def _rejected_like(self, looks: Sequence[Rendered]) -> tuple[str, int] | None:
        """The nearest picture that a moderator turned down: who did, and how many bits it is away."""
        if not looks:
            return None
        await self._read_rejected()
        found = [one for look in looks if (one := nearest(look.dhashes, self._rejected)) is not None]
        if not found:
            return None
        dhash, bits = min(found, key=lambda one: one[1])
        return self._rejected[dhash], bits

    async def _read_rejected(self) -> None:
        is_fresh = time.monotonic() - self._rejected_at < self._read_rejected_s
        if is_fresh and await self._store.redis.hlen(self._keys.rejected_pictures) == len(self._rejected):
            return
        rows = await self._store.redis.hgetall(self._keys.rejected_pictures)
        self._rejected_at = time.monotonic()
        self._rejected = {
            dhash.decode(): value.decode("utf-8", "replace").partition(" ")[2]
            for dhash, value in rows.items()
        }


def _marks(card: Card, looks: Iterable[Rendered]) -> list[_Mark]:
    """Signatures by which posts like this one are found: of its text, and of each picture."""
    marks: list[_Mark] = []
    fold = folded(card)
    if fold is not None:
        marks.append(_Mark(f"t{exact(fold)}", None, None))
        value = sketch(fold)
        if value is not None:
            marks += [_Mark(f"s{band}", value, is_near_text) for band in text_bands(value)]
    for look in looks:
        if look.dhashes[0]:
            value = int(look.dhashes[0], 16)
            marks += [_Mark(f"p{band}", value, is_near_picture) for band in picture_bands(value)]
    return marks


def _find(marks: Sequence[_Mark], entries: Sequence[Sequence[bytes | None]]) -> str | None:
    """The cluster of the first signature that is equal or near enough; the newer generation first."""
    for generation in entries:
        for mark, bucket in zip(marks, generation, strict=False):
            for known in (bucket or b"").decode().split():
                value, _, cluster = known.rpartition("=")
                if mark.is_like is None or mark.value is None or mark.is_like(int(value, 16), mark.value):
                    return cluster
    return None


def _new_cluster(post: Post, chash: bytes | None) -> str:
    """Named after its first post. Edited to words that nobody said before, a post leaves those that copied it."""
    return post.pid if chash is None else short_hash(post.pid, chash.decode())


def _with(bucket: bytes | None, mark: _Mark, cluster: str) -> str:
    """A bucket with this signature in front, the oldest gone."""
    if mark.value is None:
        return f"={cluster}"
    entry = f"{mark.value:x}={cluster}"
    others = [known for known in (bucket or b"").decode().split() if known != entry]
    return " ".join([entry, *others[: BUCKET_KEPT - 1]])


def _recent(raw: bytes, *, now_ms: int, pid: str) -> list[str]:
    """The author's posts of the last ten minutes, "pid@ms", each once, this one (unless "") among them."""
    kept = [
        entry
        for entry in raw.decode("ascii", "replace").split()
        if (parts := entry.partition("@"))[0] != pid[:8]
        and parts[2].isdigit()
        and abs(now_ms - int(parts[2])) < RECENT_MS
    ]
    return [*kept, *([f"{pid[:8]}@{now_ms}"] if pid else ())][-RECENT_KEPT:]


def _is_backlog(post: Post, now_ms: int) -> bool:
    """Written long before it came: what a feed holds on its first day is nobody's haste."""
    return post.created_at is not None and now_ms - post.created_at.timestamp() * 1000 > BACKLOG_MS


def _day(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).date().isoformat()


def _today(raw: bytes | None, *, now_ms: int) -> int:
    day, _, count = (raw or b"").decode("ascii", "replace").partition(" ")
    return int(count) if day == _day(now_ms) and count.isdigit() else 0
