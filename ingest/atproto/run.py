"""One run of a source on Bluesky: the firehose is read, authors are asked for, what is shown is looked at again.

The cursor never passes an event that is still under way: whatever is lost with the process, the server sends again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from ingest.atproto.appview import BATCH, AppView, Profile
from ingest.atproto.item import Item
from ingest.atproto.memory import Memory
from ingest.atproto.options import BlueskyOptions
from ingest.atproto.recheck import SECOND_LOOK_S, Recheck
from ingest.atproto.record import did_of, parts_of, uri_of
from ingest.atproto.sieve import Sieve
from ingest.contract import Arrival, Feed, Link, RateLimited, SourceLost, SourceOff
from ingest.jetstream import BrokenFrame, Dictionary, Event, Position, Server, moment, read_position
from ingest.merge import merged
from ingest.quiet import pause
from ingest.sockets import UpgradeRefused, words_of
from ingest.transport import read_json
from ingest.values import table_at, text_at

TICK_S: Final = 2.0
TICK_EVENTS: Final = 1_000
TRIES_MAX: Final = 3
WAITING_MAX: Final = 1_000
BROKEN_MAX: Final = 100
GAP_US: Final = 30 * 60 * 1_000_000
REFUSALS_MAX: Final = 3


class Run:
    """State of one `follow`."""

    def __init__(
        self,
        feed: Feed,
        *,
        server: Server,
        appview: AppView,
        memory: Memory,
        options: BlueskyOptions,
        cursor: str | None,
    ) -> None:
        self._feed = feed
        self._server = server
        self._appview = appview
        self._memory = memory
        self._options = options
        self._sieve = Sieve(feed.hashtags, in_text=options.plain_tags)
        self._last_frame = b""
        self._last_place = self._resumed_at = read_position(cursor)
        self._under_way: dict[Item, None] = {}  # read and not yet stored, oldest first
        self._waiting: dict[str, Item] = {}  # by address: posts whose author is not known yet, oldest first
        self._asked = asyncio.Event()
        self._freed = asyncio.Event()
        self._look = asyncio.Event()
        self._ask_after = datetime.now(UTC)
        self._is_live = False
        self._notes: dict[str, str] = {}

    async def arrivals(self) -> AsyncGenerator[Arrival, None]:
        self._memory.known.update(await self._feed.shown_ids())
        saved = None
        async with aclosing(merged(self._read(), self._introduce(), self._look_again())) as items:
            async for item in items:
                cursor = self._cursor()
                if item is not None:
                    yield Arrival(item.raw(self._feed.hashtags), cursor)
                    self._settle(item)  # whoever asks for the next one has stored this one
                elif cursor != saved:
                    yield Arrival(None, cursor)
                saved = cursor

    def _cursor(self) -> str | None:
        """The oldest event under way, else the last frame. It may be sent twice, and never not at all."""
        oldest = next(iter(self._under_way), None)
        if oldest is not None:
            return str(oldest.place) if oldest.place else None
        self._last_place = self._server.place(self._last_frame) or self._last_place
        return str(self._last_place) if self._last_place else None

    def _settle(self, item: Item) -> None:
        self._under_way.pop(item, None)
        if item.operation == "delete":
            self._memory.known.discard(item.uri)
        elif item.uri and item.cid:
            self._memory.stored.add((item.uri, item.cid))

    # --- the firehose -----------------------------------------------------------------------------------------

    async def _read(self) -> AsyncGenerator[Item | None, None]:
        """Items that need no author any more, and None where the cursor may be saved."""
        events, broken, ticked_at = 0, 0, time.monotonic()
        async with aclosing(self._frames()) as frames:
            async for packed in frames:
                try:
                    frame = self._server.unpack(packed)
                    item = self._sorted(frame) if self._sieve.lets_through(frame) else None
                except BrokenFrame as problem:
                    broken += 1
                    if broken >= BROKEN_MAX:
                        raise SourceLost(
                            f"{self._server.host} sends what cannot be read: {problem}"
                        ) from None
                    continue
                broken = 0
                self._last_frame = frame
                if self._resumed_at is not None:
                    self._compare(frame)
                if item is not None:
                    yield item
                while len(self._waiting) >= WAITING_MAX:
                    self._freed.clear()
                    await self._freed.wait()
                events += 1
                now = time.monotonic()
                if events >= TICK_EVENTS or now - ticked_at >= TICK_S:
                    events, ticked_at = 0, now
                    yield None

    async def _frames(self) -> AsyncGenerator[str | bytes, None]:
        """Frames for ever, as they came. Raises `SourceLost`, or `SourceOff` for a refusal that has no cure."""
        for _ in range(REFUSALS_MAX):
            address, silence_s = self._server.address(self._resumed_at), self._options.silence_s
            try:
                async with self._feed.transport.ws(address, deadline_s=silence_s) as socket:
                    self._is_live = True
                    self._tell()
                    async for frame in socket:
                        yield frame
                    raise SourceLost(f"{self._server.host} closed the stream ({socket.close_code})")
            except UpgradeRefused as refusal:
                await self._cure(refusal)
        raise SourceLost(f"{self._server.host} refuses the stream again and again")

    async def _cure(self, refusal: UpgradeRefused) -> None:
        """Change what was refused; raises when there is nothing to change."""
        if refusal.status != 400:
            raise refusal
        name = _error_name(refusal.body)
        if name == "CursorTooOld":
            self._miss(self._resumed_at, None)
            self._resumed_at = None
        elif name == "UnknownZstdDictionary" and self._server.dictionary is not None:
            old = self._server.dictionary.id
            await self.fetch_dictionary()
            if self._server.dictionary is not None and self._server.dictionary.id == old:
                self._server.dictionary = None
                self._note("zstd", "not compressed: the server refuses its own dictionary")
        else:
            said = words_of(refusal.body)
            raise SourceOff(
                f"{self._server.host} refuses what it is asked (400): {said}; check ws_url and wire"
            ) from refusal

    async def fetch_dictionary(self) -> None:
        """v2 hands out its dictionary. Without a usable one the stream is read uncompressed."""
        try:
            reply = await self._feed.transport.get(self._server.dictionary_url)
            if reply.status != 200:
                raise ValueError(f"the server answered {reply.status}")
            self._server.dictionary = Dictionary(reply.body)
        except (ValueError, SourceOff) as problem:
            self._server.dictionary = None
            self._note("zstd", f"not compressed: {problem}")

    def _compare(self, frame: bytes) -> None:
        """v1 begins silently with the oldest that it has, when a cursor is older than that."""
        place, since = self._server.place(frame), self._resumed_at
        if place is None or since is None:
            return
        self._resumed_at = None
        if not self._server.is_v2 and place.time_us - since.time_us > GAP_US:
            self._miss(since, place)

    def _miss(self, since: Position | None, place: Position | None) -> None:
        """There is a hole in the stream: say so, and look for the deletions that fell into it."""
        self._note("gap", _gap_words(since, place))
        self._look.set()

    def _sorted(self, frame: bytes) -> Item | None:
        """What a frame means for us: an item ready to go, or None after it was noted or dropped."""
        event = self._server.read(frame)
        if event is None:
            return None
        kind, did = event.get("kind"), did_of(event)
        if kind == "info":
            info = table_at(event, "info")
            if text_at(info, "name") == "OutdatedCursor":
                self._miss(self._resumed_at, None)
        elif kind == "commit" and did:
            return self._commit(event, did)
        elif kind == "account" and did and self._memory.known.wrote(did):
            return self._account(event, did)
        elif kind == "identity" and did:
            self._memory.profiles.rename(did, table_at(event, "identity").get("handle"))
        elif kind == "sync" and self._memory.known.wrote(did):
            self._look.set()  # its posts may have gone without a word
        return None

    def _commit(self, event: Event, did: str) -> Item | None:
        commit = table_at(event, "commit")
        uri, operation = uri_of(did, commit), commit.get("operation")
        known = self._memory.known
        has_tag = operation in ("create", "update") and self._sieve.matches(commit.get("record"))
        if not uri or not (has_tag or (uri in known and operation in ("update", "delete"))):
            return None
        item = Item(event, did=did, uri=uri, place=self._server.position(event))
        if has_tag and (uri, item.cid) in self._memory.stored:
            return None
        self._drop(uri)
        self._under_way[item] = None
        if not has_tag:
            return item
        known.add(uri)
        item.profile = self._memory.profiles.get(did, now=time.monotonic())
        if item.profile is not None:
            return item
        self._waiting[uri] = item
        self._asked.set()
        return None

    def _account(self, event: Event, did: str) -> Item | None:
        if table_at(event, "account").get("active") is not False:
            return None
        for item in [item for item in self._waiting.values() if item.did == did]:
            self._drop(item.uri)
        item = Item(event, did=did, place=self._server.position(event))
        self._under_way[item] = None
        return item

    def _drop(self, uri: str) -> None:
        """A post that waits for its author has been overtaken by an edit or a deletion."""
        item = self._waiting.pop(uri, None)
        if item is not None:
            self._under_way.pop(item, None)
            self._freed.set()

    # --- authors ----------------------------------------------------------------------------------------------

    async def _introduce(self) -> AsyncGenerator[Item, None]:
        """Waiting posts with their authors: at once when nothing was asked lately, else in batches."""
        every_s = self._options.authors_s
        asked_at = time.monotonic() - every_s
        while True:
            while not self._waiting:
                self._asked.clear()
                await self._asked.wait()
            is_full = len({item.did for item in self._waiting.values() if not item.tries}) >= BATCH
            pause_s = asked_at + every_s - time.monotonic()
            if pause_s > 0 and not is_full:
                await asyncio.sleep(pause_s)
            asked_at = time.monotonic()
            for item in await self._introduced():
                if self._waiting.get(item.uri) is item:
                    del self._waiting[item.uri]
                    self._freed.set()
                    yield item

    async def _introduced(self) -> list[Item]:
        """Ask for the authors of the oldest posts; those that can go now, with an author or at last without."""
        dids = list(islice(dict.fromkeys(item.did for item in self._waiting.values()), BATCH))
        wanted = frozenset(dids)
        asked = [item for item in self._waiting.values() if item.did in wanted]
        found: dict[str, Profile] | None = None
        try:
            if datetime.now(UTC) >= self._ask_after:
                found = await self._appview.profiles(dids)
        except (SourceLost, SourceOff, RateLimited) as trouble:
            self._note("names", f"authors cannot be looked up: {trouble}")
            if isinstance(trouble, RateLimited):
                self._ask_after = trouble.until
        if found is not None:
            self._note("names", "")
            for did, profile in found.items():
                self._memory.profiles.put(did, profile, now=time.monotonic())
        ready: list[Item] = []
        for item in asked:
            item.tries += 1
            item.profile = found.get(item.did) if found is not None else None
            item.is_missing = found is not None and item.profile is None
            if item.profile is not None or item.tries >= TRIES_MAX:
                ready.append(item)
        return ready

    # --- what is shown ----------------------------------------------------------------------------------------

    async def _look_again(self) -> AsyncGenerator[Item, None]:
        """Removals for posts that went without a word, or that somebody has labelled since."""
        recheck = Recheck(self._appview, second_look_s=min(SECOND_LOOK_S, self._options.recheck_s))
        told: set[str] = set()
        while True:
            try:
                async with asyncio.timeout(self._options.recheck_s):
                    await self._look.wait()
            except TimeoutError:
                pass
            self._look.clear()
            uris = [uri for uri in await self._feed.shown_ids() if parts_of(uri)]
            self._memory.known.update(uris)
            told &= {*uris, *(parts[0] for uri in uris if (parts := parts_of(uri)))}
            try:
                for item in await recheck.changed(uris):
                    if (about := item.uri or item.did) not in told:  # once: a moderator may know better
                        told.add(about)
                        yield item
            except (SourceLost, SourceOff) as trouble:
                self._note("look", f"deletions cannot be looked for: {trouble}")
            except RateLimited as limit:
                self._note("look", f"deletions cannot be looked for: {limit}")
                await pause(limit.until)
            else:
                self._note("look", "")

    # --- reports ----------------------------------------------------------------------------------------------

    def _note(self, about: str, words: str) -> None:
        if self._notes.get(about, "") != words:
            self._notes[about] = words
            if self._is_live:
                self._tell()

    def _tell(self) -> None:
        self._feed.report(Link.LIVE, "; ".join(filter(None, self._notes.values())))


def _error_name(body: bytes) -> str:
    try:
        said = read_json(body)
    except ValueError:
        return ""
    return text_at(said, "error") if isinstance(said, dict) else ""


def _gap_words(since: Position | None, place: Position | None) -> str:
    began, ended = moment(since.time_us if since else None), moment(place.time_us if place else None)
    if began is None or not since or not since.time_us:
        return "posts may be missing: the server does not go back far enough"
    if ended is None:
        return (
            f"posts since {began:%Y-%m-%d %H:%M} UTC may be missing: the server does not go back far enough"
        )
    return f"posts from {began:%Y-%m-%d %H:%M} to {ended:%Y-%m-%d %H:%M} UTC may be missing"
