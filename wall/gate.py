"""The gate: the one door to the screens.

Each method is one atomic script on the store, so what it answers has happened. Nothing else in Parvis writes
a post's state. The life of a post:

    accept   a network (or a visitor) hands over a revision; it is claimed and waits for its pictures.
             An edit takes an approved post off the wall in this same step.
    offer    the worker hands over the finished card with the rules' verdict.
    decide   a moderator's word. Up needs the revisions he saw; down needs only the id.
    withdraw the network or the author takes it back.

Of an author, `set_standing` says what all of his posts meet; a ban takes them away at once.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence

import msgspec

from wall.model import Card, Digest, Post, PostId, State, content_hash, encode_card, encode_post, source_hash
from wall.store.client import Store
from wall.verdict import Answer, Outcome, Prepared, Reason, Ruling, Standing, Swept, Verdict

__all__ = ["Answer", "Gate", "Outcome", "Prepared", "Reason", "Ruling", "Standing", "Swept", "Verdict"]

DAY_MS = 86_400_000
MANY = 500
UNPREPARED = Prepared()


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
                msgspec.json.encode(
                    {"name": post.author.name, "handle": post.author.handle, "network": post.network}
                ),
            ),
            author=post.author_key,
        )

    async def offer(
        self,
        claim: str,
        card: Card,
        *,
        ruling: Ruling,
        reasons: Sequence[Reason] = (),
        prepared: Prepared = UNPREPARED,
    ) -> Outcome:
        """Hand over a claimed revision's card. DUP: a newer one was claimed meanwhile; GONE: taken back."""
        content = encode_card(card)
        return await self._run(
            "offer",
            card.id,
            by="rules",
            keys=(self._keys.inbox, self._keys.label_queue),
            args=(
                claim,
                content,
                content_hash(content),
                ruling.value,
                msgspec.json.encode(list(reasons)),
                " ".join(_digests(card)),
                " ".join(prepared.dhashes),
                " ".join(prepared.labels),
                "2" if prepared.needs_two else "",
                prepared.copies,
            ),
            cluster=prepared.cluster,
        )

    # -- decisions ------------------------------------------------------------------------------------------

    async def decide(
        self, pid: PostId, verdict: Verdict, *, by: str, rev: int = 0, mrev: int = 0, idem: str = ""
    ) -> Outcome:
        """A moderator's decision. `rev` and `mrev` as seen; `idem` makes a repeat harmless."""
        fingerprint = _fingerprint(pid, verdict, rev, mrev)
        return await self._run(
            "decide",
            pid,
            by=by,
            keys=lambda about: (
                self._keys.idem,
                self._keys.idem_before,
                self._keys.source_posts(about.source),
                self._keys.rejected_pictures,
            ),
            args=(verdict.value, rev, mrev, idem, fingerprint),
        )

    async def decide_many(
        self,
        pids: Sequence[PostId],
        verdict: Verdict,
        *,
        by: str,
        idem: str,
        asked: str = "",
        are_copies: bool = False,
    ) -> Swept:
        """One word on up to `MANY` posts, in one step. It puts none up: ILLEGAL for a verdict that would.

        `asked` tells one request from another where that is not the list of posts. Copies are put away for being
        copies: their pictures are not remembered as turned down.
        """
        fingerprint = _fingerprint(verdict, asked or " ".join(sorted(pids)))
        while True:
            keys: list[str] = [self._keys.idem, self._keys.idem_before, self._keys.rejected_pictures]
            args: list[str] = [verdict.value, idem, fingerprint, "1" if are_copies else ""]
            for pid, about in zip(pids, await self._abouts(pids), strict=True):
                keys += (
                    self._keys.post(pid),
                    self._keys.person(about.author),
                    self._keys.cluster(about.cluster),
                )
                args += (pid, about.cluster)
            word, *rest = await self._script("decide_many", PostId("many"), by=by, keys=keys, args=args)
            if Answer(word) is not Answer.AGAIN:
                answers = {PostId(pid): Answer(done) for pid, done in zip(rest[::2], rest[1::2], strict=True)}
                return Swept(Answer(word), answers)

    async def decide_cluster(
        self, cluster: str, verdict: Verdict, *, by: str, idem: str, keep: PostId | None = None
    ) -> Swept:
        """The same word on every post of a cluster that waits, but `keep`; at most `MANY` at once."""
        known = await self._store.redis.smembers(self._keys.cluster(cluster))
        pids = sorted(PostId(pid.decode()) for pid in known if pid.decode() != keep)[:MANY]
        asked = f"cluster {cluster} but {keep}"
        return await self.decide_many(
            pids, verdict, by=by, idem=idem, asked=asked, are_copies=keep is not None
        )

    async def set_standing(self, author: str, standing: Standing, *, by: str, idem: str = "") -> Swept:
        """Trust or ban an author, or neither any more. `answers` names the posts that a ban has put away."""
        fingerprint = _fingerprint(author, standing)
        while True:
            pids: list[PostId] = []
            if standing is Standing.BANNED:
                members = await self._store.redis.smembers(self._keys.author(author))
                pids = sorted(PostId(pid.decode()) for pid in members)
            keys = [self._keys.idem, self._keys.idem_before, self._keys.author(author), self._keys.banned]
            args: list[str] = [standing.value, idem, fingerprint]
            for pid, about in zip(pids, await self._abouts(pids), strict=True):
                keys += [self._keys.post(pid), self._keys.cluster(about.cluster)]
                args += [pid, about.cluster]
            word, _, *gone = await self._script(
                "standing", PostId(author), by=by, keys=keys, args=args, author=author
            )
            if Answer(word) is not Answer.AGAIN:
                return Swept(Answer(word), {PostId(pid): Answer.OK for pid in gone})

    async def set_labels(self, pid: PostId, labels: Sequence[str], *, by: str) -> Outcome:
        """The departments that a post is passed on to; those that are new here are told."""
        return await self._annotate(pid, "labels", " ".join(sorted(set(labels))), by=by)

    async def set_memo(self, pid: PostId, text: str, *, by: str) -> Outcome:
        """A note for the other moderators; "" takes it away."""
        memo = msgspec.json.encode({"text": text, "by": by, "at_ms": self._clock_ms()}).decode()
        return await self._annotate(pid, "memo", memo if text else "", by=by)

    async def _annotate(self, pid: PostId, what: str, value: str, *, by: str) -> Outcome:
        return await self._run("annotate", pid, by=by, keys=(self._keys.label_queue,), args=(what, value))

    async def set_alarm(self, alarm: bytes, *, before: bytes, by: str, is_news: bool = True) -> Answer:
        """Put the alarm's JSON (b"": calm) where `before` stood: OK, SAME or STALE. News is audited and told."""
        (word,) = await self._script(
            "alarm",
            PostId("alarm"),
            by=by,
            keys=(self._keys.alarm,),
            args=(alarm, before, "1" if is_news else ""),
        )
        return Answer(word)

    async def withdraw(
        self, pid: PostId, *, why: str, by: str, source: str, is_final: bool = True
    ) -> Outcome:
        """Taken back by its author or network: off every screen, and a tombstone stays.

        Not final (a tag edited out, a label that may go): off every screen and held.
        """
        return await self._run(
            "withdraw",
            pid,
            by=by,
            keys=lambda about: (self._keys.source_posts(about.source or source),),
            args=(why.replace("|", " "), "bury" if is_final else "hide"),  # the audit's border
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
        reply = await self._script(
            "panic", PostId("panic"), by=by, keys=(self._keys.panic,), args=("1" if on else "0",)
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

    async def _abouts(self, pids: Sequence[PostId]) -> list[_About]:
        """What decides which keys a post's scripts touch; a script that finds it changed answers AGAIN."""
        pipe = self._store.redis.pipeline(transaction=False)
        for pid in pids:
            pipe.hmget(self._keys.post(pid), ["src", "author", "cluster"])
        rows = await pipe.execute() if pids else []
        return [_About(*((part or b"").decode() for part in row)) for row in rows]

    async def _script(
        self,
        verb: str,
        pid: PostId,
        *,
        by: str,
        keys: Sequence[str],
        args: Sequence[str | bytes | int],
        author: str = "",
        cluster: str = "",
    ) -> list[str]:
        """Run a verb: the keys and arguments that all of them share, then its own."""
        names = self._keys
        common = (
            names.post(pid), names.queue, names.held, names.rejected, names.live, names.items, names.meta,
            names.log, names.audit, names.media, names.media_gone, names.pinned, names.person(author),
            names.cluster(cluster),
        )  # fmt: skip
        head = (names.tick, names.desk_tick, self._clock_ms(), by.replace("|", " "), pid, cluster)
        reply: list[bytes] = await self._store.scripts.run(verb, keys=(*common, *keys), args=(*head, *args))
        return [part.decode() for part in reply]

    async def _run(
        self,
        verb: str,
        pid: PostId,
        *,
        by: str,
        keys: Sequence[str] | Callable[[_About], Sequence[str]] = (),
        args: Sequence[str | bytes | int] = (),
        author: str = "",
        cluster: str | None = None,
    ) -> Outcome:
        """Run a verb on one post. `cluster` None: the one it belongs to."""
        while True:
            (about,) = await self._abouts([pid])
            word, state, rev, mrev, who, seq = await self._script(
                verb,
                pid,
                by=by,
                keys=keys(about) if callable(keys) else keys,
                args=args,
                author=about.author or author,
                cluster=about.cluster if cluster is None else cluster,
            )
            if Answer(word) is not Answer.AGAIN:
                break
        return Outcome(
            answer=Answer(word),
            state=State(state) if state else None,
            rev=int(rev or 0),
            mrev=int(mrev or 0),
            by=who,
            seq=int(seq) if seq else None,
        )


class _About(msgspec.Struct, frozen=True):
    source: str
    author: str
    cluster: str


def _fingerprint(*parts: object) -> str:
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()[:16]


def _digests(card: Card) -> list[str]:
    found: list[str] = [picture.digest for picture in card.pictures]
    if card.author.avatar is not None:
        found.append(card.author.avatar.digest)
    return found
