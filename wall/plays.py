"""Proof of play: what each screen has shown, from when, for how long. Ids and numbers, no content.

A screen measures, keeps what it measured until it is acknowledged, and numbers it; `wall/store/scripts/played.lua`
counts each play once however often it is told. What is kept outlives the post: a tombstone and its plays.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from wall.model import PostId
from wall.record import LATEST_MS
from wall.store.client import Store

BATCH_MOST = 50
JOINED_MS = 2000  # pieces of one stand are told apart by less than this
PAGE = 1000
HUNG_MOST = 5000

SPOOL = re.compile(r"^[A-Za-z0-9-]{8,40}\Z")
_POST = re.compile(r"^[a-z0-9]{26}\Z")
_SCENE = re.compile(r"^[\w.-]{1,40}\Z", re.ASCII)
_HUNG = re.compile(r"(\d+)-\Z")

Number = Annotated[int, Meta(ge=0, lt=2**53)]
Name = Annotated[str, Meta(max_length=60)]


class Play(msgspec.Struct, frozen=True):
    """A post, or a scene, stood on glass from `at_ms` (since 1970, the server's clock) for `ms`."""

    n: Number
    kind: Annotated[str, Meta(max_length=10)]
    id: Name
    at_ms: Number = msgspec.field(name="at")
    ms: Number
    scene: Name = ""


class Kept(msgspec.Struct, frozen=True):
    """What became of a batch; see `played.lua`. All of it, up to `upto`, need not be told again."""

    upto: int
    stored: int
    repeated: int
    doubtful: int
    unknown: int
    away: int
    bad: int


class Shown(msgspec.Struct, frozen=True):
    """One play of a post."""

    screen: str
    at_ms: int
    ms: int


class OnScreen(msgspec.Struct, frozen=True):
    ms: int
    plays: int


class PostPlays(msgspec.Struct, frozen=True):
    """Everything that is known of a post's plays; `newest` is the last 50, newest first."""

    id: PostId
    ms: int = 0
    plays: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    doubtful: int = 0
    screens: dict[str, OnScreen] = {}
    newest: tuple[Shown, ...] = ()


class SceneTime(msgspec.Struct, frozen=True):
    """How long a scene stood on a screen on one day of this machine's calendar: a sponsor's true share."""

    day: str
    screen: str
    scene: str
    seconds: float
    times: int


class Evidence(msgspec.Struct, frozen=True):
    """A play as it was told; `spool` and `n` name it. `doubtful`: the screen's clock, or ours, was wrong then."""

    at_ms: int
    kind: str
    id: str
    screen: str
    scene: str
    ms: int
    spool: str
    n: int
    is_doubtful: bool


class Hung(msgspec.Struct, frozen=True):
    """A post on the wall, and since when (ms since 1970)."""

    pid: PostId
    at_ms: int


class Plays:
    """`clock_ms` gives milliseconds since 1970."""

    def __init__(
        self, store: Store, *, clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._clock_ms = clock_ms

    async def keep(self, spool: str, screen: str, plays: Sequence[Play], *, lost: int = 0) -> Kept:
        """Count a batch of up to `BATCH_MOST` plays of one spool, once. `lost`: dropped by it, ever.

        Raises `ValueError` for a spool that is none; a play that makes no sense is counted as bad and answered for.
        """
        if not SPOOL.match(spool):
            raise ValueError("not a spool")
        keys = self._keys
        ordered = sorted(plays, key=lambda play: play.n)[:BATCH_MOST]
        posts = sorted({PostId(play.id) for play in ordered if play.kind == "post" and _POST.match(play.id)})
        places = {pid: place for place, pid in enumerate(posts)}
        reply: list[int] = await self._store.scripts.run(
            "played",
            keys=(
                keys.play_spools,
                keys.play_screens,
                keys.play_scenes,
                keys.play_log,
                *(
                    key
                    for pid in posts
                    for key in (keys.post(pid), keys.post_plays(pid), keys.post_newest(pid))
                ),
            ),
            args=(
                spool,
                screen,
                self._clock_ms(),
                lost,
                keys.plays_tick,
                *(part for play in ordered for part in _parts(play, places)),
            ),
        )
        return Kept(ordered[-1].n if ordered else 0, *map(int, reply))

    async def of_post(self, pid: PostId) -> PostPlays:
        pipe = self._store.redis.pipeline(transaction=True)
        pipe.hgetall(self._keys.post_plays(pid))
        pipe.zrevrange(self._keys.post_newest(pid), 0, -1, withscores=True)
        counts, newest = await pipe.execute()
        return _post_plays(pid, {name.decode(): int(n) for name, n in counts.items()}, _shown(newest))

    async def newest_of(self, pids: Sequence[PostId]) -> dict[PostId, tuple[Shown, ...]]:
        """The newest plays of each of these posts, newest first."""
        pipe = self._store.redis.pipeline(transaction=False)
        for pid in pids:
            pipe.zrevrange(self._keys.post_newest(pid), 0, -1, withscores=True)
        rows = await pipe.execute() if pids else []
        return {pid: _shown(row) for pid, row in zip(pids, rows, strict=True)}

    async def scenes(self) -> list[SceneTime]:
        """By day, screen and scene."""
        found: dict[tuple[str, str, str], dict[str, int]] = {}
        for name, n in (await self._store.redis.hgetall(self._keys.play_scenes)).items():
            day, screen, scene, what = name.decode().split(" ")
            found.setdefault((day, screen, scene), {})[what] = int(n)
        return [
            SceneTime(*place, seconds=round(counts.get("ms", 0) / 1000, 1), times=counts.get("n", 0))
            for place, counts in sorted(found.items())
        ]

    async def screens(self) -> dict[str, dict[str, int]]:
        """Of each screen: how many plays it told (post, scene), how long in all (ms), and what was not counted."""
        found: dict[str, dict[str, int]] = {}
        for name, n in (await self._store.redis.hgetall(self._keys.play_screens)).items():
            screen, _, what = name.decode().partition(" ")
            found.setdefault(screen, {})[what] = int(n)
        return dict(sorted(found.items()))

    async def log(self, *, from_ms: int = 0, to_ms: int = LATEST_MS) -> AsyncIterator[list[Evidence]]:
        """The last 200,000 plays that began in this time, in the order in which they were told, page by page."""
        after = "-"
        while entries := await self._store.redis.xrange(self._keys.play_log, min=after, count=PAGE):
            rows = [_evidence(fields) for _, fields in entries]
            yield [row for row in rows if from_ms <= row.at_ms <= to_ms]
            after = f"({entries[-1][0].decode()}"

    async def hung_since(self, since_ms: int) -> list[Hung]:
        """What is on the wall and went up since then, newest first, at most `HUNG_MOST`."""
        found: list[Hung] = []
        high = "+inf"
        while len(found) < HUNG_MOST:
            page = await self._store.redis.zrevrangebyscore(
                self._keys.live, high, "-inf", start=0, num=PAGE, withscores=True
            )
            rows = await self._hung([PostId(pid.decode()) for pid, _ in page])
            found += [row for row in rows if row.at_ms >= since_ms]
            if len(page) < PAGE or rows[-1].at_ms < since_ms:
                break
            high = f"({int(page[-1][1])}"
        return found[:HUNG_MOST]

    async def _hung(self, pids: Sequence[PostId]) -> list[Hung]:
        pipe = self._store.redis.pipeline(transaction=False)
        for pid in pids:
            pipe.hmget(self._keys.post(pid), ["stood", "at"])
        rows = await pipe.execute() if pids else []
        return [Hung(pid, _hung_ms(*row)) for pid, row in zip(pids, rows, strict=True)]


def stretches(shown: Iterable[Shown]) -> list[Shown]:
    """A post that stands for minutes is told in pieces: joined again, newest first. Pure."""
    joined: list[Shown] = []
    for one in sorted(shown, key=lambda one: (one.screen, one.at_ms)):
        last = joined[-1] if joined else None
        if last and last.screen == one.screen and one.at_ms <= last.at_ms + last.ms + JOINED_MS:
            ms = max(last.at_ms + last.ms, one.at_ms + one.ms) - last.at_ms
            joined[-1] = msgspec.structs.replace(last, ms=ms)
        else:
            joined.append(one)
    return sorted(joined, key=lambda one: -one.at_ms)


def day_of(at_ms: int) -> str:
    """The day on this machine's calendar, ISO 8601."""
    return datetime.fromtimestamp(at_ms / 1000).astimezone().date().isoformat()


def _parts(play: Play, places: Mapping[PostId, int]) -> tuple[str | int, ...]:
    """The script's arguments for one play. Whatever is foreign in it does not reach the store."""
    place = places.get(PostId(play.id), -1) if play.kind == "post" else -1
    is_scene = play.kind == "scene" and bool(_SCENE.match(play.id))
    is_sound = (place >= 0 or is_scene) and play.at_ms < LATEST_MS
    if not is_sound or (play.scene and not _SCENE.match(play.scene)):
        return (play.n, "bad", "", 0, 0, "", "", -1)
    return (play.n, play.kind, play.id, play.at_ms, play.ms, play.scene, day_of(play.at_ms), place)


def _post_plays(pid: PostId, counts: dict[str, int], newest: tuple[Shown, ...]) -> PostPlays:
    names = sorted(name.removeprefix("ms ") for name in counts if name.startswith("ms "))
    return PostPlays(
        id=pid,
        ms=counts.get("ms", 0),
        plays=counts.get("n", 0),
        first_ms=counts.get("first"),
        last_ms=counts.get("last"),
        doubtful=counts.get("doubt_n", 0),
        screens={name: OnScreen(ms=counts[f"ms {name}"], plays=counts.get(f"n {name}", 0)) for name in names},
        newest=newest,
    )


def _shown(rows: Iterable[tuple[bytes, float]]) -> tuple[Shown, ...]:
    """Members "<spool> <n> <screen> <ms>" with their start."""
    return tuple(
        Shown(screen=parts[2], at_ms=int(at), ms=int(parts[3]))
        for parts, at in ((member.decode().split(" "), at) for member, at in rows)
    )


def _evidence(fields: dict[bytes, bytes]) -> Evidence:
    text: dict[str, Any] = {name.decode(): value.decode() for name, value in fields.items()}
    return Evidence(
        at_ms=int(text["at"]),
        kind=text["kind"],
        id=text["id"],
        screen=text["screen"],
        scene=text["scene"],
        ms=int(text["ms"]),
        spool=text["spool"],
        n=int(text["n"]),
        is_doubtful=text["doubt"] == "1",
    )


def _hung_ms(stood: bytes | None, at: bytes | None) -> int:
    """Since when: the open end of the times it stood there; of a post from before there were any, its last decision."""
    found = _HUNG.search((stood or b"").decode())
    if found:
        return int(found[1])
    return int(at) if at and at.isdigit() else 0
