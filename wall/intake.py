"""The worker: turns claimed posts into cards. Pictures are fetched, cleaned and stored; the rules speak; the gate opens.

One entry of the intake stream is one claimed revision. Entries are acknowledged only after the gate has
answered, so a killed worker leaves nothing undone: it reads its own leftovers first when it comes back, and
takes over those of a worker whose beat has stopped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from wall.gate import Answer, Gate, Reason, Ruling
from wall.loop import run
from wall.media.fetch import Fetcher, FetchFailed, FetchRefused
from wall.media.pool import DecodePool
from wall.media.rendered import Refused, Rendered
from wall.media.store import MediaStore
from wall.model import (
    Attachment,
    Author,
    Card,
    CardAuthor,
    MediaKind,
    Picture,
    Post,
    PostId,
    State,
    decode_post,
    utc_now,
)
from wall.moderation import RULES, rules_for
from wall.moderation.rule import Mode, Rule, judge
from wall.process import die_with_parent, leave, settings_of_role
from wall.settings import Settings
from wall.spool import Spool
from wall.store.beat import BEAT_S, SILENT_S, Beats, beat_name
from wall.store.client import Store, StoreError, StoreLost, StoreUnfit
from wall.store.commands import Commands, Entry
from wall.store.place import store_url_of

log = logging.getLogger("parvis.worker")

GROUP = "workers"
AT_ONCE = 4
MOST_TRIES = 5
FETCH_TRIES = 3
PICTURES_A_POST = 4
SWEEP_S = 60.0
FIRST_YEAR = 2000
DISK_PAUSE_S = 1.0


def main() -> None:
    """The role `parvis worker`."""
    die_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    run(serve(settings_of_role()))


async def serve(settings: Settings) -> None:
    most = settings.media.max_mb * 1_000_000
    async with (
        Store(store_url_of(settings), event=settings.event.slug, name="worker") as store,
        Fetcher(allow=settings.network_access.allow, max_bytes=most) as fetcher,
        DecodePool(max_bytes=most) as pool,
    ):
        try:
            await store.ready()
        except StoreUnfit as unfit:
            leave(str(unfit))
        intake = Intake(
            store=store,
            fetcher=fetcher,
            pool=pool,
            media=MediaStore(settings.data_dir / "media"),
            spool=Spool(settings.data_dir),
            mode_of=lambda source: Mode(settings.mode_of(source)),
            rules=rules_for(settings.moderation),
        )
        log.info("worker ready")
        await intake.run()


class Intake:
    """`mode_of` says how much a source is believed."""

    def __init__(
        self,
        *,
        store: Store,
        fetcher: Fetcher,
        pool: DecodePool,
        media: MediaStore,
        spool: Spool,
        mode_of: Callable[[str], Mode],
        rules: tuple[Rule, ...] = RULES,
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._gate = Gate(store)
        self._fetcher = fetcher
        self._pool = pool
        self._media = media
        self._spool = spool
        self._mode_of = mode_of
        self._rules = rules
        self._name = beat_name("worker")
        self._beats = Beats(store)

    async def run(self) -> None:
        """Work until cancelled. The store may go away and come back."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._for_ever(self._read, pause_s=0.2))
            tasks.create_task(self._for_ever(self._beat, pause_s=BEAT_S))
            tasks.create_task(self._for_ever(self._sweep, pause_s=SWEEP_S))

    async def _for_ever(self, step: Callable[[], Awaitable[None]], *, pause_s: float) -> None:
        is_lost = False
        while True:
            try:
                await step()
                if is_lost:
                    log.info("the store is back")
                is_lost = False
            except StoreError as error:
                if not is_lost:
                    log.warning("the store is away: %s", error)
                is_lost = True
            await asyncio.sleep(pause_s)

    # -- reading ----------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        reader = self._store.reader()
        try:
            await self._join_group(reader)
            async with asyncio.TaskGroup() as tasks:
                room = asyncio.Semaphore(AT_ONCE)
                for entry in await self._leftovers(reader):
                    await room.acquire()
                    await self._handle(entry, room)  # one by one: if one of them ends us, it was that one
                while True:
                    await room.acquire()
                    room.release()
                    answer = await reader.xreadgroup(
                        GROUP, self._name, {self._keys.intake: ">"}, count=AT_ONCE, block=2000
                    )
                    for _, entries in answer:
                        for entry in entries:
                            await room.acquire()
                            tasks.create_task(self._handle(entry, room))
        except BaseExceptionGroup as group:
            lost, other = group.split(StoreError)
            if other is not None:
                raise other from None
            assert lost is not None
            raise StoreLost[0](str(lost.exceptions[0])) from None
        finally:
            await reader.aclose()

    async def _join_group(self, reader: Commands) -> None:
        try:
            await reader.xgroup_create(self._keys.intake, GROUP, id="0", mkstream=True)
        except StoreError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _leftovers(self, reader: Commands) -> list[Entry]:
        """What this worker took and never finished."""
        answer = await reader.xreadgroup(GROUP, self._name, {self._keys.intake: "0"}, count=1000)
        return [entry for _, found in answer for entry in found]

    async def _done(self, number: bytes) -> None:
        pipe = self._store.redis.pipeline(transaction=False)
        pipe.xack(self._keys.intake, GROUP, number)
        await pipe.execute()
        await self._store.redis.xdel(self._keys.intake, number)

    async def _handle(self, entry: Entry, room: asyncio.Semaphore) -> None:
        """Tries are counted before the work: a post that ends its worker has been tried."""
        number, fields = entry
        try:
            if fields:
                claim = fields[b"claim"].decode()
                if await self._store.redis.hincrby(self._keys.intake_tries, claim) > MOST_TRIES:
                    log.error("post %s failed %d times and is set aside", fields[b"id"].decode(), MOST_TRIES)
                    await self._set_aside(claim)
                    await self._store.redis.xadd(self._keys.intake_dead, {**fields, b"why": b"tries"})
                else:
                    await self.prepare(claim)
                await self._store.redis.hdel(self._keys.intake_tries, claim)
            await self._done(number)
        finally:
            room.release()

    # -- one post ---------------------------------------------------------------------------------------------

    async def prepare(self, claim: str) -> Answer | None:
        """Make the card of a claim and offer it. None when the claim has been dropped meanwhile."""
        raw = await self._store.redis.hget(self._keys.inbox, claim)
        if raw is None:
            return None
        try:
            post = decode_post(raw)
        except msgspec.DecodeError:
            log.error("the claim %s cannot be read and is set aside", claim)
            await self._set_aside(claim)
            return None
        notes: list[Reason] = []
        pictures: list[Picture] = []
        is_gone = await self._store.redis.hget(self._keys.post(post.pid), "state") == State.WITHDRAWN.encode()
        for attachment in () if is_gone else post.attachments[:PICTURES_A_POST]:
            picture = await self._picture(attachment, notes)
            if picture is not None:
                pictures.append(picture)
        avatar = None if is_gone else await self._avatar(post.author)
        card = make_card(post, pictures=tuple(pictures), avatar=avatar)
        ruling, reasons = judge(post, card, mode=self._mode_of(post.source), rules=self._rules, reasons=notes)
        outcome = await self._gate.offer(claim, card, ruling=ruling, reasons=reasons)
        if outcome.answer not in (Answer.OK, Answer.EDIT):
            await self._gate.disown(card)
        for attachment in post.attachments:
            if attachment.spool:
                self._spool.drop(attachment.spool)
        return outcome.answer

    async def _set_aside(self, claim: str) -> None:
        """A post that cannot be prepared is held for a moderator, with what can be read of it: none is lost."""
        raw = await self._store.redis.hget(self._keys.inbox, claim)
        if raw is None:
            return
        try:
            card = make_card(decode_post(raw))
        except msgspec.DecodeError:
            pid = PostId(claim.partition(".")[0])
            card = Card(id=pid, network="", source="", author=CardAuthor(name=""), at=utc_now())
        reasons = [Reason(rule="picture", text="unavailable")]
        await self._gate.offer(claim, card, ruling=Ruling.HOLD, reasons=reasons)

    async def _picture(self, attachment: Attachment, notes: list[Reason]) -> Picture | None:
        if attachment.kind is MediaKind.AUDIO:
            return None
        url = attachment.poster_url if attachment.kind is MediaKind.VIDEO else attachment.url
        try:
            data = await self._bytes(url, attachment.spool)
            if data is None:
                return None
            rendered = await self._pool.render(data, purpose="picture")
        except Refused as refusal:
            notes.append(Reason(rule="picture", text=refusal.code))
            return None
        except (FetchRefused, FetchFailed) as refusal:
            notes.append(Reason(rule="picture", text=str(refusal)))
            return None
        return await self._kept(rendered, attachment.alt, notes)

    async def _kept(self, rendered: Rendered, alt: str, notes: list[Reason]) -> Picture | None:
        """Stored, or a reason: a full disk is no fault of the post, its words go on."""
        for is_last in (False, True):
            try:
                return self._media.put(rendered, alt)
            except OSError as error:
                log.error("a picture cannot be stored (%s): free some space", error.strerror)
                if not is_last:
                    await asyncio.sleep(DISK_PAUSE_S)
        notes.append(Reason(rule="picture", text="no-space"))
        return None

    async def _avatar(self, author: Author) -> Picture | None:
        """An author without a face is still an author: failures are not worth a note."""
        try:
            data = await self._bytes(author.avatar_url, author.avatar_spool)
            if data is None:
                return None
            return self._media.put(await self._pool.render(data, purpose="avatar"), author.name)
        except (Refused, FetchRefused, FetchFailed, OSError):
            return None

    async def _bytes(self, url: str | None, spool: str | None) -> bytes | None:
        if spool:
            path = self._spool.path(spool)
            if path is None:
                raise FetchRefused("the upload is gone")
            return path.read_bytes()
        if not url:
            return None
        for attempt in range(FETCH_TRIES):
            try:
                return await self._fetcher.fetch(url)
            except FetchFailed:
                if attempt == FETCH_TRIES - 1:
                    raise
                await asyncio.sleep(0.5 * 3**attempt)
        return None

    # -- care -------------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        """Count up; take over the entries of a worker whose count stands still."""
        await self._beats.beat(self._name)
        for name, age_s in (await self._beats.look()).items():
            if name.startswith("worker@") and name != self._name and age_s > SILENT_S:
                await self._take_over(name)
                await self._beats.forget(name)

    async def _take_over(self, name: str) -> None:
        redis = self._store.redis
        rows = await redis.xpending_range(self._keys.intake, GROUP, "-", "+", 1000, name)
        numbers = [row["message_id"] for row in rows]
        if not numbers:
            return
        log.warning("worker %s is silent; taking over %d posts", name, len(numbers))
        for number, fields in await redis.xclaim(self._keys.intake, GROUP, self._name, 0, numbers):
            if fields:
                await self.prepare(fields[b"claim"].decode())
            await self._done(number)

    async def _sweep(self) -> None:
        """Delete pictures nobody uses, forget stale uploads, turn the page of idempotency keys."""
        for digest in await self._gate.unused_media():
            if self._media.remove(digest):
                await self._gate.forget_media(digest)
        self._spool.sweep()
        await self._gate.turn_page()


def make_card(post: Post, *, pictures: tuple[Picture, ...] = (), avatar: Picture | None = None) -> Card:
    """What moderators and screens see of a post, with our own pictures."""
    return Card(
        id=post.pid,
        network=post.network,
        source=post.source,
        author=CardAuthor(
            name=post.author.name, handle=post.author.handle, url=post.author.url, avatar=avatar
        ),
        spans=post.spans,
        pictures=pictures,
        url=post.url,
        lang=post.lang,
        at=_likely(post.created_at, now=utc_now()),
        warning=post.warning,
        quote=post.quote,
        is_film=any(attachment.kind is MediaKind.VIDEO for attachment in post.attachments),
    )


def _likely(claimed: datetime | None, *, now: datetime) -> datetime:
    """When a post was written. Networks let clients claim anything: an impossible time is not known."""
    if claimed is None or claimed.year < FIRST_YEAR or claimed > now + timedelta(minutes=5):
        return now
    return claimed
