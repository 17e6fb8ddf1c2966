"""The history against the store, once all is quiet: every sentence in `wrong` is a promise that was broken."""

from __future__ import annotations

from collections import Counter

from tests.history.chronicle import Chronicle, Entry, Fields
from tests.history.glass import Screen, Shown
from tests.history.hands import POSTS, History, Press
from wall.gate import Answer, Gate, Verdict
from wall.ledger import Ledger
from wall.live import Wall
from wall.model import PostId, State, content_hash, decode_card, plain
from wall.store.client import Store

LISTS = {State.QUEUED: "queue", State.HELD: "held", State.REJECTED: "rejected", State.APPROVED: "live"}
FORGOTTEN = frozenset(
    {
        "content",
        "reasons",
        "media",
        "pending",
        "author",
        "counts",
        "shash",
        "note",
        "cluster",
        "labels",
        "memo",
    }
)
UNKEPT = (Answer.GONE, Answer.NOPOST)  # these are answered without being written down: nothing can follow
DONE = (Answer.OK, Answer.SAME)


class Judgement:
    def __init__(self, store: Store, history: History) -> None:
        self._store = store
        self._keys = store.keys
        self._history = history
        self._say = history.say
        self.wrong = history.violations
        self._posts: dict[str, Fields] = {}
        self._audit: list[Entry] = []
        self._log: list[tuple[int, Fields]] = []
        self._approved: set[Shown] = set()

    async def pronounce(self, screens: list[Screen]) -> list[str]:
        await self._read()
        await self._chain()
        chronicle = Chronicle(self._audit, self._say)
        chronicle.walk()
        chronicle.agrees_with(self._posts)
        self._history.figures["bans in several steps"] = len(chronicle.stepwise)
        await self._decisions()
        self._sweeps()
        await self._numbers()
        await self._lists()
        await self._people()
        await self._wall()
        await self._tombstones()
        await self._glass(screens)
        mended = await Gate(self._store).fsck()
        self._say(mended == 0, f"the lists of {mended} posts had to be mended")
        return self.wrong

    async def _read(self) -> None:
        redis, prefix = self._store.redis, self._keys.post_prefix
        async for key in redis.scan_iter(match=f"{prefix}*", count=500):
            name = key.decode()
            self._posts[name.removeprefix(prefix)] = texts(await redis.hgetall(name))
        self._audit = [Entry.of(texts(fields)) for _, fields in await redis.xrange(self._keys.audit)]
        self._log = [
            (int(number.split(b"-")[0]), texts(fields))
            for number, fields in await redis.xrange(self._keys.log)
        ]
        figures = self._history.figures
        figures["edits that pulled a post"] = len(self._history.pulled)
        figures["bans that put posts away"] = len({e.idem for e in self._audit if e.why == "ban"})
        figures["first of two yeses"] = sum(e.why == "first-yes" for e in self._audit)

    async def _chain(self) -> None:
        count, fault = await Ledger(self._store).verify_audit()
        self._say(fault is None and count == len(self._audit), f"the audit is broken: {fault}")

    # -- decisions ------------------------------------------------------------------------------------------------

    async def _decisions(self) -> None:
        """Each key was applied once or not at all, is still known, and was answered alike each time."""
        entries: dict[str, list[Entry]] = {}
        for entry in self._audit:
            if entry.idem:
                entries.setdefault(entry.idem, []).append(entry)
        kept = {
            bare(name): word.partition("|")[2]
            for name, word in texts(await self._store.redis.hgetall(self._keys.idem)).items()
        }
        for one in self._history.presses:
            self._decision(one, entries.pop(one.key, []), kept.get(one.key, ""))
        for sweep in self._history.sweeps:
            entries.pop(sweep.key, None)
        self._say(not entries, f"decisions nobody took: {sorted(entries)}")

    def _decision(self, one: Press, done: list[Entry], word: str) -> None:
        first, *others = one.answers
        what = f"{one.verdict} by {one.by}"
        fits = word == first or (first is Answer.REPLAY and word in DONE)
        self._say(fits or first in UNKEPT, f"{what} was answered {first}, its key says {word!r}")
        moves = [entry for entry in done if entry.why != "first-yes"]
        self._say(len(moves) == (word == Answer.OK), f"{what}: {first}, done {len(moves)} times")
        repeat = Answer.REPLAY if word in DONE else first
        self._say(set(others) <= {repeat, *UNKEPT}, f"{what}: {first}, then {others}")
        for entry in done:
            self._say((entry.id, entry.by) == (one.pid, one.by), f"{what} was written down as another's")
            if one.verdict in (Verdict.APPROVE, Verdict.PIN):
                saw = (one.rev, one.mrev + (entry.why != "first-yes"))
                self._say((entry.rev, entry.mrev) == saw, f"{what} of an edition never seen")
            if entry.why == "approve":
                self._approved.add((one.pid, one.rev, one.words))

    def _sweeps(self) -> None:
        """A word on many posts did what it was answered to have done, to each of them, once."""
        done: dict[str, Counter[str]] = {}
        for entry in self._audit:
            if entry.idem and entry.why != "standing":
                done.setdefault(entry.idem, Counter())[entry.id] += 1
        for one in self._history.sweeps:
            first, *others = one.answers
            told = {pid for pid, word in first.answers.items() if word is Answer.OK}
            what = one.verdict or f"standing {one.standing}"
            is_upward = one.verdict is Verdict.APPROVE
            self._say(is_upward == (first.answer is Answer.ILLEGAL), f"{what} on many: {first.answer}")
            self._say(
                done.get(one.key, Counter()) == Counter(dict.fromkeys(map(str, told), 1)),
                f"{what} on many: told {len(told)}, done {done.get(one.key)}",
            )
            for other in others:
                is_alike = other.answers == first.answers and (
                    other.answer is (first.answer if first.answer is Answer.ILLEGAL else Answer.REPLAY)
                )
                self._say(is_alike, f"{what} on many: {first}, then {other}")

    # -- the store's lists ----------------------------------------------------------------------------------------

    async def _numbers(self) -> None:
        seq = int(await self._store.redis.hget(self._keys.meta, "seq") or 0)
        self._say([number for number, _ in self._log] == list(range(1, seq + 1)), "the log has a gap")
        told = [entry.seq for entry in self._audit if entry.seq]
        self._say(told == list(range(1, seq + 1)), "the audit and the log number differently")

    async def _lists(self) -> None:
        keys = self._keys
        named = {"queue": keys.queue, "held": keys.held, "rejected": keys.rejected, "live": keys.live}
        for state, name in LISTS.items():
            wanted = {
                pid: int(fields.get("place", 0))
                for pid, fields in self._posts.items()
                if fields["state"] == state
                and (state in (State.REJECTED, State.APPROVED) or not fields.get("pending"))
            }
            rows = await self._store.redis.zrangebyscore(
                named[name], "-inf", "+inf", start=0, num=POSTS * 2, withscores=True
            )
            found = {pid.decode(): int(score) for pid, score in rows}
            more, less = found.keys() - wanted.keys(), wanted.keys() - found.keys()
            self._say(not more and not less, f"{name} has {len(more)} too many, lacks {len(less)}")
            if state in (State.QUEUED, State.HELD):
                self._say(found == wanted or bool(more or less), f"a post lost its fair place in {name}")

    async def _people(self) -> None:
        """How many posts of an author stand where, and who is banned."""
        counts: dict[str, Counter[str]] = {}
        for fields in self._posts.values():
            if fields.get("author"):
                counts.setdefault(fields["author"], Counter())[fields["state"]] += 1
        banned = {one.decode() for one in await self._store.redis.smembers(self._keys.banned)}
        for author, wanted in counts.items():
            person = texts(await self._store.redis.hgetall(self._keys.person(author)))
            found = Counter({state: n for state in LISTS if (n := int(person.get(state, "0")))})
            self._say(found == wanted, f"an author has {dict(wanted)}, his page says {dict(found)}")
            is_banned = person.get("standing") == "banned"
            self._say(is_banned == (author in banned), "the list of the banned is not what their pages say")

    async def _wall(self) -> None:
        on_wall: dict[str, str] = {}
        for _, entry in self._log:
            if entry["op"] == "add":
                self._say(entry["id"] not in on_wall, f"{entry['id']} was added twice")
                on_wall[entry["id"]] = entry["rev"]
            elif entry["op"] == "del":
                self._say(on_wall.pop(entry["id"], None) is not None, f"{entry['id']} left twice")
        items = texts(await self._store.redis.hgetall(self._keys.items))
        self._say(items.keys() == on_wall.keys(), "the log and the wall disagree")
        for pid, item in items.items():
            rev, _, chash, content = item.split(" ", 3)
            fields = self._posts.get(pid, {})
            is_post = (rev, content) == (fields.get("rev"), fields.get("content"))
            self._say(is_post and content_hash(content.encode()) == chash, f"{pid} is not what was approved")
            self._say((pid, int(rev), words(content)) in self._approved, f"{pid} {rev}: nobody approved that")

    async def _tombstones(self) -> None:
        inbox = [claim.decode() for claim in await self._store.redis.hkeys(self._keys.inbox)]
        for pid, fields in self._posts.items():
            if fields["state"] != State.WITHDRAWN:
                is_told = PostId(pid) in self._history.removed
                self._say(not is_told, f"{pid} was deleted and is {fields['state']}")
                continue
            kept = FORGOTTEN & fields.keys()
            self._say(not kept, f"a tombstone keeps {kept}")
            self._say(
                not any(claim.startswith(pid) for claim in inbox), "a tombstone's words are in the inbox"
            )

    async def _glass(self, screens: list[Screen]) -> None:
        snapshot = await Wall(self._store).snapshot(limit=POSTS)
        wanted = {str(item.pid): (str(item.pid), item.rev, words(item.content)) for item in snapshot.items}
        for screen in screens:
            self._say(screen.seq == snapshot.seq, f"{screen.name} is at {screen.seq}, not {snapshot.seq}")
            self._say(screen.items == wanted, f"{screen.name} does not show the wall")
            self._say(screen.gaps == 0, f"{screen.name} met {screen.gaps} gaps")
            unapproved = screen.shown - self._approved
            self._say(not unapproved, f"{screen.name} was sent what nobody approved: {unapproved}")
            self._history.figures["shown pairs"] += len(screen.shown)
            self._history.figures["screens' reconnections"] += screen.sessions - 1


def bare(name: str) -> str:
    """A key as its tablet made it: the API sets its person before it."""
    return name.rpartition(":")[2]


def texts(fields: dict[bytes, bytes]) -> Fields:
    return {name.decode(): value.decode() for name, value in fields.items()}


def words(content: str | bytes) -> str:
    return plain(decode_card(content.encode() if isinstance(content, str) else content).spans)
