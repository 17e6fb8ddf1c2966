"""The gate: the one door to the screens.

Each method is one atomic script on the store, but for the ban of somebody with hundreds of posts; so what it answers
has happened. Nothing else in Parvis writes a post's state. The life of a post:

    accept   a network (or a visitor) hands over a revision; it is claimed and waits for its pictures.
             An edit takes an approved post off the wall in this same step.
    offer    the worker hands over the finished card with the rules' verdict.
    decide   a moderator's word. Up needs the revisions he saw; down needs only the id.
    withdraw the network or the author takes it back.

Of an author, `set_standing` says what all of his posts meet; a ban takes them away at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from wall.model import Card, Digest, Post, PostId, content_hash, encode_card, encode_post, source_hash
from wall.verbs import About, Verbs, names_of
from wall.verdict import Answer, Outcome, Prepared, Reason, Ruling, Standing, Swept, Verdict

__all__ = ["Answer", "Gate", "Outcome", "Prepared", "Reason", "Ruling", "Standing", "Swept", "Verdict"]

DAY_MS = 86_400_000
MANY = 500
TRIES = 5
UNPREPARED = Prepared()


class Gate(Verbs):
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
            ),
            cluster=prepared.cluster,
        )

    # -- decisions ------------------------------------------------------------------------------------------

    async def decide(
        self,
        pid: PostId,
        verdict: Verdict,
        *,
        by: str,
        rev: int = 0,
        mrev: int = 0,
        idem: str = "",
        is_person: bool = True,
    ) -> Outcome:
        """A moderator's decision. `rev` and `mrev` as seen; `idem` makes a repeat harmless.

        Whoever is no person cannot be one of the two that some posts need: ILLEGAL.
        """
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
            args=(verdict.value, rev, mrev, idem, fingerprint, "1" if is_person else ""),
        )

    async def decide_many(self, pids: Sequence[PostId], verdict: Verdict, *, by: str, idem: str) -> Swept:
        """One word on up to `MANY` posts, in one step. It puts none up: ILLEGAL for a verdict that would.

        STALE: a post whose author edits it faster than it can be decided beside the others.
        """
        fingerprint = _fingerprint(verdict, " ".join(sorted(pids)))
        for _ in range(TRIES):
            abouts = await self._abouts(pids)
            swept = await self._decide_together(abouts, verdict, (idem, fingerprint, "", "all"), by=by)
            if swept.answer is not Answer.AGAIN:
                return swept
        return await self._decide_together(abouts, verdict, (idem, fingerprint, "", "each"), by=by)

    async def decide_cluster(
        self, cluster: str, verdict: Verdict, *, by: str, idem: str, keep: PostId | None = None
    ) -> Swept:
        """The same word on every post of a cluster that waits, but `keep`, in steps of `MANY`.

        Beside one that is kept the others are put away for being copies: their pictures are not remembered as
        turned down. Each step has a key of its own, the last one, which is not full, as well: a repeat ends there too.
        """
        fingerprint = _fingerprint(verdict, f"cluster {cluster} but {keep}")
        are_copies = "" if keep is None else "1"
        whole: Swept | None = None
        while whole is None or len(whole.answers) % MANY == 0:
            done = {} if whole is None else whole.answers
            known = {
                PostId(pid.decode()) for pid in await self._store.redis.smembers(self._keys.cluster(cluster))
            }
            pids = sorted(known - done.keys() - {keep})[:MANY]
            abouts = [msgspec.structs.replace(about, cluster=cluster) for about in await self._abouts(pids)]
            key = f"{idem} {len(done)}" if done else idem
            step = await self._decide_together(
                abouts, verdict, (key, fingerprint, are_copies, "cluster"), by=by
            )
            whole = Swept(step.answer if whole is None else whole.answer, {**done, **step.answers})
            if not step.answers:
                break
        return whole

    async def _decide_together(
        self, abouts: Sequence[About], verdict: Verdict, asked: tuple[str, str, str, str], *, by: str
    ) -> Swept:
        """`asked`: what `decide_many.lua` is told beside the verdict and the posts."""
        word, *said = await self._script(
            "decide_many",
            PostId("many"),
            by=by,
            keys=(
                self._keys.idem,
                self._keys.idem_before,
                self._keys.rejected_pictures,
                *self._keys_of(abouts),
            ),
            args=(verdict.value, *asked, *names_of(abouts)),
        )
        return Swept(Answer(word), dict(zip(map(PostId, said[::2]), map(Answer, said[1::2]), strict=True)))

    async def set_standing(self, author: str, standing: Standing, *, by: str, idem: str = "") -> Swept:
        """Trust or ban an author, or neither any more. `answers` names the posts that a ban has put away.

        A ban is one step. For somebody with more than `MANY` posts, or who sends faster than his posts can be read, it
        is several: from the first on nothing more of his goes up, and what came before it has a second round.
        """
        fingerprint = _fingerprint(author, standing)
        gone: list[str] = []
        tries = steps = 0
        while True:
            pids = await self._posts_of(author) if standing is Standing.BANNED else []
            is_whole = not steps and tries < TRIES and len(pids) <= MANY
            last = "whole" if is_whole else "all" if steps else "last"
            tries += 1
            for at in range(0, max(1, len(pids)), MANY):
                abouts = await self._abouts(pids[at : at + MANY])
                step = last if at + MANY >= len(pids) else "more"
                word, *gone = await self._script(
                    "standing",
                    PostId(author),
                    by=by,
                    author=author,
                    keys=(
                        self._keys.idem,
                        self._keys.idem_before,
                        self._keys.author(author),
                        self._keys.banned,
                        *self._keys_of(abouts),
                    ),
                    args=(
                        standing.value,
                        idem,
                        fingerprint,
                        step,
                        " ".join(gone),
                        len(pids),
                        *names_of(abouts),
                    ),
                )
                steps += not is_whole
                if word != Answer.AGAIN:
                    answer = Answer.OK if word == Answer.SAME and steps > 1 else Answer(word)
                    return Swept(answer, dict.fromkeys(map(PostId, gone), Answer.OK))

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

    async def arrange(self, what: str, field: str, new: bytes, *, before: bytes, key: str, by: str) -> Answer:
        """Put what screens shall show (`what` "programme" or "theme", b"": none) where `before` stood. Audited.

        `field` names it, `key` is the hash: OK, SAME or STALE.
        """
        (word,) = await self._script(
            "arrange",
            PostId("screens"),
            by=by,
            keys=(key, self._keys.orders_rev),
            args=(field, before, new, self._keys.orders_tick, what),
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
        return [
            await self.withdraw(pid, why=why, by=by, source=source, is_final=is_final)
            for pid in await self._posts_of(author)
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


def _fingerprint(*parts: object) -> str:
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()[:16]


def _digests(card: Card) -> list[str]:
    found: list[str] = [picture.digest for picture in card.pictures]
    if card.author.avatar is not None:
        found.append(card.author.avatar.digest)
    return found
