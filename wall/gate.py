"""The gate: the one door to the screens.

Each method is one atomic script on the store, so what it answers has happened. Nothing else in Parvis writes
a post's state. The life of a post:

    accept   a network (or a visitor) hands over a revision; it is claimed and waits for its pictures.
             An edit takes an approved post off the wall in this same step.
    offer    the worker hands over the finished card with the rules' verdict.
    decide   a moderator's word. Up needs the revisions he saw; down needs only the id.
    withdraw the network or the author takes it back.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec

from wall.model import Card, Digest, Post, PostId, State, content_hash, encode_card, encode_post, source_hash
from wall.store.client import Store

DAY_MS = 86_400_000


class Answer(StrEnum):
    OK = "OK"
    EDIT = "EDIT"
    DUP = "DUP"
    REPLAY = "REPLAY"
    SAME = "SAME"
    STALE = "STALE"
    ILLEGAL = "ILLEGAL"
    GONE = "GONE"
    NOPOST = "NOPOST"
    CONFLICT = "CONFLICT"
    FIXED = "FIXED"


class Verdict(StrEnum):
    """What a moderator may say."""

    APPROVE = "approve"
    REJECT = "reject"
    HOLD = "hold"
    RELEASE = "release"
    UNAPPROVE = "unapprove"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    PIN = "pin"
    UNPIN = "unpin"


class Ruling(StrEnum):
    """What the rules may say."""

    NOTE = "note"
    HOLD = "hold"
    APPROVE = "approve"
    REJECT = "reject"


class Reason(msgspec.Struct, frozen=True):
    """Why a rule spoke: its name, and values for its sentence in the catalogues."""

    rule: str
    text: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What the gate did. `seq` is the wall's sequence number when the wall changed, else None."""

    answer: Answer
    state: State | None = None
    rev: int = 0
    mrev: int = 0
    by: str = ""
    seq: int | None = None


class Gate:
    """`clock` gives milliseconds for display only: no decision depends on it."""

    def __init__(
        self, store: Store, *, clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._clock_ms = clock_ms

    # -- in -------------------------------------------------------------------------------------------------

    async def accept(self, post: Post) -> Outcome:
        """Claim this revision. OK, EDIT, DUP (nothing new) or GONE (a tombstone stands)."""
        raw = encode_post(post)
        shash = source_hash(post)
        edited_ms = "" if post.edited_at is None else str(int(post.edited_at.timestamp() * 1000))
        counts = msgspec.json.encode(post.counts)
        return await self._run(
            "accept",
            post.pid,
            by=post.source,
            keys=(
                self._keys.inbox,
                self._keys.intake,
                self._keys.author(post.author_key),
                self._keys.source_posts(post.source),
            ),
            args=(
                f"{post.pid}.{shash[:24]}",
                shash,
                "" if post.revision is None else str(post.revision),
                edited_ms,
                raw,
                post.source,
                post.author_key,
                post.native_id,
                b"" if counts == b"{}" else counts,
            ),
        )

    async def offer(
        self, claim: str, card: Card, *, ruling: Ruling, reasons: Sequence[Reason] = ()
    ) -> Outcome:
        """Hand over a claimed revision's card. DUP: a newer one was claimed meanwhile; GONE: taken back."""
        content = encode_card(card)
        return await self._run(
            "offer",
            card.id,
            by="rules",
            keys=(self._keys.inbox,),
            args=(
                claim,
                content,
                content_hash(content),
                ruling.value,
                msgspec.json.encode(list(reasons)),
                " ".join(_digests(card)),
            ),
        )

    # -- decisions ------------------------------------------------------------------------------------------

    async def decide(
        self, pid: PostId, verdict: Verdict, *, by: str, rev: int = 0, mrev: int = 0, idem: str = ""
    ) -> Outcome:
        """A moderator's decision. `rev` and `mrev` as seen; `idem` makes a repeat harmless."""
        fingerprint = hashlib.sha256(f"{pid} {verdict} {rev} {mrev}".encode()).hexdigest()[:16]
        source = await self._store.redis.hget(self._keys.post(pid), "src")
        return await self._run(
            "decide",
            pid,
            by=by,
            keys=(self._keys.idem, self._keys.idem_before, self._keys.source_posts((source or b"").decode())),
            args=(verdict.value, rev, mrev, idem, fingerprint),
        )

    async def withdraw(
        self, pid: PostId, *, why: str, by: str, source: str, is_final: bool = True
    ) -> Outcome:
        """Taken back by its author or network: off every screen, and a tombstone stays.

        Not final (a tag edited out, a label that may go): off every screen and held.
        """
        first = await self._store.redis.hget(self._keys.post(pid), "src")
        return await self._run(
            "withdraw",
            pid,
            by=by,
            keys=(self._keys.source_posts(first.decode() if first else source),),
            args=(why, "bury" if is_final else "hide"),
        )

    async def withdraw_author(
        self, author: str, *, why: str, by: str, source: str, is_final: bool
    ) -> list[Outcome]:
        """All of an author's posts (`author_key`): withdrawn, or, if the account may return, off and held."""
        members = await self._store.redis.smembers(self._keys.author(author))
        return [
            await self.withdraw(PostId(member.decode()), why=why, by=by, source=source, is_final=is_final)
            for member in sorted(members)
        ]

    async def panic(self, *, on: bool, by: str) -> int:
        """Every screen to the slate, or back. Returns the sequence number that screens confirm."""
        reply = await self._store.scripts.run(
            "panic",
            keys=(*self._common(PostId("panic")), self._keys.panic),
            args=(*self._head(PostId("panic"), by=by), "1" if on else "0"),
        )
        return int(reply[2])

    # -- care -----------------------------------------------------------------------------------------------

    async def fsck(self) -> int:
        """Make the lists agree with the posts; returns how many were mended."""
        mended = 0
        prefix = self._keys.post_prefix
        known: set[str] = set()
        async for key in self._store.redis.scan_iter(match=f"{prefix}*", count=500):
            known.add(key.decode().removeprefix(prefix))
        for listed in (self._keys.live, self._keys.queue, self._keys.held, self._keys.rejected):
            known |= {pid.decode() for pid in await self._store.redis.zrange(listed, 0, -1)}
        for pid in sorted(known):
            outcome = await self._run("fsck", PostId(pid), by="fsck")
            mended += outcome.answer is Answer.FIXED
        return mended

    async def turn_page(self) -> bool:
        """Once a day: yesterday's idempotency keys go."""
        reply = await self._store.scripts.run(
            "turn",
            keys=(self._keys.idem, self._keys.idem_before, self._keys.meta),
            args=(self._clock_ms(), DAY_MS),
        )
        return bool(reply)

    async def disown(self, card: Card) -> None:
        """The pictures of a card that was not taken: those that no post uses may go."""
        for digest in _digests(card):
            if await self._store.redis.hget(self._keys.media, digest) is None:
                await self._store.redis.sadd(self._keys.media_gone, digest)

    async def unused_media(self) -> list[Digest]:
        return [Digest(d.decode()) for d in await self._store.redis.smembers(self._keys.media_gone)]

    async def forget_media(self, digest: Digest) -> None:
        await self._store.redis.srem(self._keys.media_gone, digest)

    # -- how ------------------------------------------------------------------------------------------------

    def _common(self, pid: PostId) -> tuple[str, ...]:
        keys = self._keys
        return (
            keys.post(pid), keys.queue, keys.held, keys.rejected, keys.live, keys.items,
            keys.meta, keys.log, keys.audit, keys.media, keys.media_gone, keys.pinned,
        )  # fmt: skip

    def _head(self, pid: PostId, *, by: str) -> tuple[str | int, ...]:
        return (self._keys.tick, self._keys.desk_tick, self._clock_ms(), by.replace("|", " "), pid)

    async def _run(
        self,
        verb: str,
        pid: PostId,
        *,
        by: str,
        keys: Sequence[str] = (),
        args: Sequence[str | bytes | int] = (),
    ) -> Outcome:
        reply: list[bytes] = await self._store.scripts.run(
            verb, keys=(*self._common(pid), *keys), args=(*self._head(pid, by=by), *args)
        )
        word, state, rev, mrev, who, seq = (part.decode() for part in reply)
        return Outcome(
            answer=Answer(word),
            state=State(state) if state else None,
            rev=int(rev or 0),
            mrev=int(mrev or 0),
            by=who,
            seq=int(seq) if seq else None,
        )


def _digests(card: Card) -> list[str]:
    found: list[str] = [picture.digest for picture in card.pictures]
    if card.author.avatar is not None:
        found.append(card.author.avatar.digest)
    return found
