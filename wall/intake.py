"""The worker: turns claimed posts into cards. Pictures are fetched, cleaned and stored; the rules speak; the gate opens.

One entry of the intake stream is one claimed revision. Entries are acknowledged only after the gate has
answered, so a killed worker leaves nothing undone: it reads its own leftovers first when it comes back, and
takes over those of a worker whose beat has stopped.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

import msgspec

from wall.dispatch.courier import Courier
from wall.gate import Answer, Gate, Reason, Ruling
from wall.judge import Judge
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
from wall.moderation.classifier import Classifier
from wall.process import die_with_parent, leave, settings_of_role
from wall.settings import Settings
from wall.spool import Spool
from wall.store.beat import BEAT_S, SILENT_S, Beats, beat_name
from wall.store.client import Store, StoreError, StoreLost, StoreUnfit
from wall.store.commands import Commands, Entry
from wall.store.erasure import Erasure
from wall.store.place import store_url_of
from wall.store.steady import for_ever
from wall.watch import WATCH_S

log = logging.getLogger("parvis.worker")

GROUP = "workers"
AT_ONCE = 16  # words mostly wait for the store: 4 at once are 90 posts a second, 16 are 210
PICTURES_AT_ONCE = 4  # these are held in memory
MOST_TRIES = 5
FETCH_TRIES = 3
PICTURES_A_POST = 4
SWEEP_S = 15.0  # with the erasure's pause: within a minute
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
        Classifier(settings.classifier, folder=settings.folder, pool=pool) as classifier,
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
            judge=Judge(store, settings, classifier=classifier),
        )
        courier = Courier(store, settings)
        log.info("worker ready")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(intake.run())
            tasks.create_task(courier.run())


class Intake:
    def __init__(
        self,
        *,
        store: Store,
        fetcher: Fetcher,
        pool: DecodePool,
        media: MediaStore,
        spool: Spool,
        judge: Judge,
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._gate = Gate(store)
        self._fetcher = fetcher
        self._pool = pool
        self._media = media
        self._spool = spool
        self._judge = judge
        self._name = beat_name("worker")
        self._beats = Beats(store)
        self._easels = asyncio.Semaphore(PICTURES_AT_ONCE)
        self._erasure = Erasure(store)

    async def run(self) -> None:
        """Work until cancelled. The store may go away and come back."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(for_ever(self._read, pause_s=0.2, log=log))
            tasks.create_task(for_ever(self._beat, pause_s=BEAT_S, log=log))
            tasks.create_task(for_ever(self._sweep, pause_s=SWEEP_S, log=log))
            tasks.create_task(for_ever(self._watch, pause_s=WATCH_S, log=log))

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

    async def _done(self, number: bytes, claim: str) -> None:
        """All or nothing: what was acknowledged and not deleted, nobody would ever look at again."""
        pipe = self._store.redis.pipeline()
        pipe.hdel(self._keys.intake_tries, claim)
        pipe.xack(self._keys.intake, GROUP, number)
        pipe.xdel(self._keys.intake, number)
        await pipe.execute()

    async def _handle(self, entry: Entry, room: asyncio.Semaphore) -> None:
        """Tries are counted before the work: a post that ends its worker has been tried."""
        number, fields = entry
        try:
            claim = fields[b"claim"].decode() if fields else ""
            if claim:
                if await self._store.redis.hincrby(self._keys.intake_tries, claim) > MOST_TRIES:
                    log.error("post %s failed %d times and is set aside", fields[b"id"].decode(), MOST_TRIES)
                    await self._set_aside(claim)
                    await self._store.redis.xadd(self._keys.intake_dead, {**fields, b"why": b"tries"})
                else:
                    await self.prepare(claim)
            await self._done(number, claim)
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
        looks: list[Rendered] = []
        is_gone = await self._store.redis.hget(self._keys.post(post.pid), "state") == State.WITHDRAWN.encode()
        for attachment in () if is_gone else post.attachments[:PICTURES_A_POST]:
            rendered = await self._render(attachment, notes)
            picture = await self._kept(rendered, attachment.alt, notes) if rendered is not None else None
            if rendered is not None and picture is not None:
                pictures.append(picture)
                looks.append(rendered)
        avatar = None if is_gone else await self._avatar(post.author)
        card = make_card(post, pictures=tuple(pictures), avatar=avatar)
        if is_gone:
            outcome = await self._gate.offer(claim, card, ruling=Ruling.HOLD)
        else:
            judged = await self._judge.judge(post, card, looks, notes)
            outcome = await self._gate.offer(
                claim, card, ruling=judged.ruling, reasons=judged.reasons, prepared=judged.prepared
            )
        if outcome.answer not in (Answer.OK, Answer.EDIT):
            await self._gate.disown(card)
        if outcome.answer is Answer.GONE:
            self._erasure.owe()  # its words were in the inbox until now
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
        source = await self._store.redis.hget(self._keys.post(card.id), "src") or b""
        prepared = self._judge.unjudged(source.decode())
        await self._gate.offer(claim, card, ruling=Ruling.HOLD, reasons=reasons, prepared=prepared)

    async def _render(self, attachment: Attachment, notes: list[Reason]) -> Rendered | None:
        if attachment.kind is MediaKind.AUDIO:
            return None
        url = attachment.poster_url if attachment.kind is MediaKind.VIDEO else attachment.url
        try:
            async with self._easels:
                data = await self._bytes(url, attachment.spool)
                return None if data is None else await self._pool.render(data, purpose="picture")
        except Refused as refusal:
            notes.append(Reason(rule="picture", text=refusal.code))
            return None
        except (FetchRefused, FetchFailed) as refusal:
            notes.append(Reason(rule="picture", text=str(refusal)))
            return None

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
            async with self._easels:
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
            claim = fields[b"claim"].decode() if fields else ""
            if claim:
                await self.prepare(claim)
            await self._done(number, claim)

    async def _watch(self) -> None:
        await self._judge.watch.look()

    async def _sweep(self) -> None:
        """Delete pictures nobody uses, forget stale uploads, turn the page of idempotency keys, erase."""
        for digest in await self._gate.unused_media():
            if self._media.remove(digest):
                await self._gate.forget_media(digest)
        self._spool.sweep()
        await self._gate.turn_page()
        await self._erasure.follow()


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
