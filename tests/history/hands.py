"""Those who work on the wall at the same time, and the notebook in which each writes what he was told."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import msgspec

from tests.history.desks import AtTheGate, Desk, Seen, Unanswered
from tests.history.glass import Screen
from wall.gate import Answer, Gate, Standing, Swept, Verdict
from wall.model import Author, Post, PostId, Span, State
from wall.store.client import StoreLost

POSTS = 40
FIRST_POSTS = 12
AUTHORS = 7
STRICT_EVERY = 4  # each fourth post is of a source where two people must say yes
MOST_REMOVALS = 8
BEGIN = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAUSE_S = 0.02
NEAR_S = 1.0

T = TypeVar("T")


class Press(msgspec.Struct):
    """One decision as its moderator knows it: what he saw, and every answer his key got."""

    key: str
    by: str
    pid: PostId
    verdict: Verdict
    rev: int
    mrev: int
    words: str
    answers: list[Answer] = []


class Sweep(msgspec.Struct):
    """One word on many posts, or a ban or trust (`author`), and every answer its key got."""

    key: str
    by: str
    author: str = ""
    verdict: Verdict | None = None
    standing: Standing = Standing.NONE
    posts: tuple[PostId, ...] = ()
    answers: list[Swept] = []


class History:
    """What everybody did and was told. `edits` are the moments an edit was told to have left the wall."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.operations = 0
        self.handed = 0
        self.unanswered = 0
        self.presses: list[Press] = []
        self.sweeps: list[Sweep] = []
        self.editions = dict.fromkeys(range(POSTS), 0)
        self.removed: set[PostId] = set()
        self.pulled: dict[int, float] = {}
        self.off_s: list[float] = []
        self.healed_s: dict[str, list[float]] = {}
        self.violations: list[str] = []
        self.figures: Counter[str] = Counter()
        self.is_over = False

    @property
    def repeats(self) -> int:
        answers = [len(one.answers) for one in self.presses] + [len(one.answers) for one in self.sweeps]
        return sum(answers) - len(answers)

    def answered(self, *answers: Answer) -> int:
        return sum(bool(one.answers) and one.answers[0] in answers for one in self.presses)

    def say(self, is_right: bool, sentence: str) -> None:
        if not is_right:
            self.violations.append(sentence)

    async def has(self, presses: int) -> None:
        while sum(bool(one.answers) for one in self.presses) < presses:
            await asyncio.sleep(0.05)

    def key(self) -> str:
        return str(uuid.UUID(int=self.dice.getrandbits(128)))

    def latencies(self, screens: Sequence[Screen], faults: Sequence[tuple[float, float]]) -> None:
        """How long edited words stayed on the screens, where no fault was near."""
        for seq, at in self.pulled.items():
            if not any(began - NEAR_S < at < ended + NEAR_S for began, ended in faults):
                self.off_s += [screen.at[seq] - at for screen in screens if seq in screen.at]

    async def insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Again until there is an answer, as tablets and ingest do. An error that is an answer is one."""
        while True:
            self.operations += 1
            try:
                return await call()
            except (*StoreLost, Unanswered):
                self.unanswered += 1
                await asyncio.sleep(0.03)


# -- posts --------------------------------------------------------------------------------------------------------


def post(n: int, edition: int) -> Post:
    return Post(
        network="fake",
        source=source_of(n),
        instance="example.org",
        native_id=str(n),
        author=Author(id=f"a{n % AUTHORS}", name=f"Author {n % AUTHORS}"),
        spans=(Span(f"post {n}, edition {edition}"),),
        edited_at=BEGIN + timedelta(seconds=edition),
    )


def source_of(n: int) -> str:
    return "strict" if n % STRICT_EVERY == 0 else "fake"


def author_of(n: int) -> str:
    return post(n, 0).author_key


STRICT = {post(n, 0).pid for n in range(POSTS) if source_of(n) == "strict"}


async def ingestor(history: History, gate: Gate) -> None:
    """New posts, copies, edits, late copies of old editions, deletions."""
    dice = history.dice
    while not history.is_over:
        history.handed += 1
        n = dice.randrange(min(POSTS, FIRST_POSTS + history.handed // 8))  # there is news all the time
        roll = dice.random()
        if roll < 0.03 and len(history.removed) < MOST_REMOVALS:
            gone = post(n, 0).pid
            await history.insist(partial(gate.withdraw, gone, why="deleted", by="fake", source=source_of(n)))
            history.removed.add(gone)
        else:
            if roll < 0.35:
                history.editions[n] += 1
            edition = history.editions[n] if roll < 0.9 else dice.randint(0, history.editions[n])
            one = post(n, edition)
            was_removed = one.pid in history.removed
            outcome = await history.insist(partial(gate.accept, one))
            if was_removed and outcome.answer is not Answer.GONE:
                history.violations.append(f"a copy of a deleted post was answered {outcome.answer}")
            if outcome.seq is not None:
                history.pulled[outcome.seq] = time.perf_counter()
        await asyncio.sleep(dice.uniform(0, PAUSE_S))


# -- moderators ---------------------------------------------------------------------------------------------------

CHOICES = {
    State.QUEUED: [Verdict.APPROVE] * 8 + [Verdict.REJECT, Verdict.HOLD, Verdict.HOLD],
    State.HELD: [Verdict.APPROVE, Verdict.RELEASE, Verdict.RELEASE, Verdict.REJECT],
    State.APPROVED: [Verdict.UNAPPROVE, Verdict.REJECT, Verdict.PIN, Verdict.UNPIN, Verdict.APPROVE],
    State.REJECTED: [Verdict.REOPEN, Verdict.REOPEN, Verdict.REJECT],
}
STANDINGS = [*[Standing.BANNED] * 2, *[Standing.NONE] * 3, Standing.TRUSTED]
MANY = {
    State.QUEUED: Verdict.HOLD,
    State.HELD: Verdict.RELEASE,
    State.APPROVED: Verdict.REJECT,
    State.REJECTED: Verdict.REOPEN,
}


async def moderator(history: History, desk: Desk) -> None:
    """Reads, waits, decides; decides on what he read long ago; presses again what he pressed before."""
    dice = history.dice
    memory: list[Seen] = []
    mine: list[Press] = []
    while not history.is_over:
        if dice.random() < 0.4:
            state = dice.choice((State.QUEUED, State.QUEUED, State.HELD, State.APPROVED, State.REJECTED))
            memory = (memory + await history.insist(partial(desk.look, state)))[-60:]
        await asyncio.sleep(dice.uniform(0, PAUSE_S))
        if mine and dice.random() < 0.3:
            await press(history, desk, dice.choice(mine))
        elif memory:
            choice = memory if dice.random() < 0.3 else memory[-20:]
            if dice.random() < 0.3:
                choice = [seen for seen in choice if seen.pid in STRICT] or choice
            seen = dice.choice(choice)
            one = decision(history, seen, by=desk.name)
            mine.append(one)
            await press(history, desk, one)


def decision(history: History, seen: Seen, *, by: str) -> Press:
    dice = history.dice
    verdict = Verdict.WITHDRAW if dice.random() < 0.01 else dice.choice(CHOICES[seen.state])
    one = Press(
        key=history.key(),
        by=by,
        pid=seen.pid,
        verdict=verdict,
        rev=seen.rev,
        mrev=seen.mrev,
        words=seen.words,
    )
    history.presses.append(one)
    return one


async def press(history: History, desk: Desk, one: Press) -> None:
    one.answers.append(await history.insist(partial(desk.decide, one)))


async def sweeper(history: History, desk: AtTheGate) -> None:
    """The second head moderator: whole handfuls at once, bans, and second thoughts about bans."""
    dice = history.dice
    mine: list[Sweep] = []
    while not history.is_over:
        await asyncio.sleep(dice.uniform(0.05, 0.2))
        roll = dice.random()
        if mine and roll < 0.3:
            one = dice.choice(mine)
        elif roll < 0.7:
            state = dice.choice((*MANY, State.REJECTED, State.REJECTED, State.HELD))
            seen = await history.insist(partial(desk.look, state))
            some = tuple(dice.sample([one.pid for one in seen], k=min(len(seen), 4)))
            if not some:
                continue
            verdict = MANY[state] if dice.random() < 0.9 else Verdict.APPROVE  # which no sweep may do
            one = Sweep(key=history.key(), by=desk.name, verdict=verdict, posts=some)
        else:
            author = author_of(dice.randrange(AUTHORS))
            standing = dice.choice(STANDINGS)
            one = Sweep(key=history.key(), by=desk.name, author=author, standing=standing)
        if not one.answers:
            history.sweeps.append(one)
            mine.append(one)
        one.answers.append(await history.insist(partial(desk.sweep, one)))
