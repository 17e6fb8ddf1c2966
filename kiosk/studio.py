"""The studio: the process that makes mosaics, remakes them when a photo is withdrawn, prints them and lets them go.

It takes one job at a time, in the order in which they were asked for; a job leaves the queue in the step that writes
what came of it. So a killed studio does the job once more, and a visitor who has deleted the portrait meanwhile finds
the record gone: nothing of it is written.
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import time
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from kiosk.delivery import take_back
from kiosk.easel import Easel
from kiosk.index import Index
from kiosk.mosaic.problems import MosaicProblem
from kiosk.pool import Pool
from kiosk.press import Press
from kiosk.printing import Printer
from kiosk.record import Portrait, Portraits, State, now_ms
from kiosk.shelf import PHOTO, UPLOAD, Shelf
from wall.live import Wall
from wall.loop import run
from wall.media.pool import DecodePool
from wall.media.rendered import Refused
from wall.media.store import MediaStore
from wall.process import die_with_parent, leave, settings_of_role
from wall.settings import Settings
from wall.store.beat import BEAT_S, Beats, beat_name
from wall.store.client import Store, StoreError, StoreUnfit
from wall.store.place import store_url_of
from wall.store.steady import for_ever

log = logging.getLogger("parvis.studio")

MEMORY_MAX = 3_000_000_000  # bytes of data; a print of 6000 px takes a tenth of it
NICE = 5  # the screens come first
LOOK_S = 0.5
SWEEP_S = 5.0
MOST_TRIES = 20  # of a job that ends its process
DISK_PAUSE_S = 2.0

_json = msgspec.json.Encoder().encode


def main() -> None:
    """The role `parvis studio`."""
    die_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MAX, MEMORY_MAX))
    os.nice(NICE)
    run(serve(settings_of_role()))


async def serve(settings: Settings) -> None:
    shelf = Shelf(settings.data_dir / "portraits")
    most = settings.media.max_mb * 1_000_000
    async with (
        Store(store_url_of(settings), event=settings.event.slug, name="studio") as store,
        DecodePool(1, max_bytes=most) as decoder,
    ):
        try:
            await store.ready()
        except StoreUnfit as unfit:
            leave(str(unfit))
        studio = Studio(settings, store, shelf, decoder)
        with studio.pool:
            await studio.run()


class Studio:
    def __init__(self, settings: Settings, store: Store, shelf: Shelf, decoder: DecodePool) -> None:
        self._settings = settings
        self._store = store
        self._shelf = shelf
        self._decoder = decoder
        self._portraits = Portraits(store)
        self._index = Index()
        self._beats = Beats(store)
        self._bell = asyncio.Event()
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="easel")
        printer = settings.kiosk.printer
        self._press = Press(Printer(printer), self._portraits) if printer else None
        data = settings.data_dir
        self.pool = Pool(
            wall=Wall(store), media=MediaStore(data / "media"), folder=data / "mosaic-pool", gone=self._gone
        )
        self._easel = Easel(settings, shelf, pool=self.pool.folder, plain=data / "mosaic-plain")
        self._is_new = True

    async def run(self) -> None:
        """Work until cancelled. The store may go away and come back."""
        async with asyncio.TaskGroup() as tasks:
            for step, pause_s in (
                (self._follow, LOOK_S),
                (self._work, 0.05),
                (self._sweep, SWEEP_S),
                (self._beat, BEAT_S),
            ):
                tasks.create_task(for_ever(partial(self._on_disk, step), pause_s=pause_s, log=log))
            tasks.create_task(self._listen())

    async def _on_disk(self, step: Callable[[], Awaitable[None]]) -> None:
        """A full disk is a matter of time, like a store that is away."""
        try:
            await step()
        except OSError as error:
            log.error("the disk does not take it (%s): free some space", error.strerror)
            await asyncio.sleep(DISK_PAUSE_S)

    async def _listen(self) -> None:
        keys = self._store.keys
        async for _ in self._store.listen(keys.tick, keys.portraits_tick):
            self._bell.set()

    # -- the pool ---------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        if self._is_new:
            await self._remember()
        before = len(self.pool)
        await self.pool.follow()
        if len(self.pool) != before:
            await self._tell({"pool": len(self.pool)})
        self._is_new = False

    async def _remember(self) -> None:
        """After a start: which photos stand in which mosaics. A photo that went meanwhile is found as it is met."""
        for portrait_id in await self._portraits.all():
            portrait = await self._portraits.get(portrait_id)
            if portrait is not None and portrait.drawn:
                photos = await asyncio.to_thread(self._easel.photos_of, portrait)
                self._index.put(portrait.id, portrait.drawn, photos)

    async def _gone(self, photos: Collection[str]) -> None:
        """Photos have left the wall: their mosaics are not shown from this moment, and remade one after the other."""
        found = [await self._portraits.get(portrait_id) for portrait_id in self._index.of(photos)]
        for portrait in sorted((one for one in found if one is not None), key=lambda one: one.show is None):
            await self._mend_later(portrait.id)  # those on the wall first
        self._index.forget_photos(photos)

    async def _mend_later(self, portrait_id: str) -> None:
        def mending(portrait: Portrait) -> Portrait | None:
            if portrait.state is not State.READY:
                return None  # it is in the making, and looks for itself
            return msgspec.structs.replace(portrait, state=State.MENDING)

        await self._portraits.change(portrait_id, mending, job="mend")
        self._bell.set()

    # -- jobs -------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """One job, if there is one."""
        self._bell.clear()
        jobs = [] if self._is_new else await self._portraits.jobs()
        if not jobs:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._bell.wait()
            return
        await self._tell({"queue": [portrait_id for verb, portrait_id in jobs if verb == "make"]})
        verb, portrait_id = jobs[0]
        portrait = await self._portraits.get(portrait_id)
        if portrait is None or portrait.state is State.GONE:
            await self._bury(portrait or Portrait(id=portrait_id))
            await self._portraits.drop_job(verb, portrait_id)
            return
        counted = await self._portraits.change(
            portrait_id, lambda one: msgspec.structs.replace(one, tries=one.tries + 1)
        )
        if counted is None:
            await self._portraits.drop_job(verb, portrait_id)
        elif counted.tries > MOST_TRIES:
            await self._give_up(verb, portrait_id)
        else:
            await self._do(verb, counted)

    async def _do(self, verb: str, portrait: Portrait) -> None:
        duty = {"make": self._make, "mend": self._mend, "print": self._print, "show": self._show}.get(verb)
        try:
            await (self._extra(portrait, verb) if duty is None else duty(portrait))
        except (StoreError, OSError):
            raise  # a matter of time: the job stays
        except Exception:  # whatever a picture does, the next visitor waits
            log.exception("a job (%s) failed", verb)
            await self._give_up(verb, portrait.id)

    async def _give_up(self, verb: str, portrait_id: str) -> None:
        """What cannot be made fails; what cannot be mended is not shown again; other jobs are dropped."""
        if verb == "make":
            await self._fail(portrait_id, "broken")
        elif verb == "mend":
            await self._portraits.forget(portrait_id)
            await asyncio.to_thread(self._let_go, portrait_id)
        else:
            await self._portraits.drop_job(verb, portrait_id)

    async def _make(self, portrait: Portrait) -> None:
        if portrait.state is not State.WAITING:
            await self._portraits.drop_job("make", portrait.id)
            return
        if await self._photo_of(portrait) is None:
            return
        edition = portrait.drawn + 1
        began = time.perf_counter()
        drawn = await self._at_easel(self._easel.make, portrait, edition, self._teller(portrait.id))
        if isinstance(drawn, str):
            await self._fail(portrait.id, drawn)
            return
        self._index.put(portrait.id, edition, drawn.photos)

        def ready(one: Portrait) -> Portrait | None:
            if one.style is not portrait.style:
                return None  # another style was chosen meanwhile: its job is this one, and it is not done
            return msgspec.structs.replace(
                one,
                state=State.READY,
                drawn=edition,
                made_ms=now_ms(),
                photos=drawn.count,
                why=drawn.note,
                tries=0,
            )

        done = await self._portraits.change(portrait.id, ready, done="make")
        if done is None:
            await asyncio.to_thread(self._let_go, portrait.id)
            return
        if done.drawn != edition:
            await self._portraits.change(portrait.id, lambda one: msgspec.structs.replace(one, tries=0))
            return
        log.info("a mosaic of %d photos in %.2f s", drawn.count, time.perf_counter() - began)
        await asyncio.to_thread(self._shelf.keep_edition, portrait.id, edition)
        if await self._at_easel(self._easel.has_lost, drawn.photos):
            await self._mend_later(portrait.id)
        elif done.show:
            await self._easel.show(self._store, done)
        await self._portraits.change(portrait.id, lambda one: one, job="preview")  # after whoever waits now

    async def _photo_of(self, portrait: Portrait) -> bytes | None:
        """Our own copy of what the visitor sent; None after the portrait has failed for it."""
        photo = await asyncio.to_thread(self._shelf.read, portrait.id, PHOTO)
        if photo is not None:
            return photo
        sent = await asyncio.to_thread(self._shelf.read, portrait.id, UPLOAD)
        if sent is None:
            await self._fail(portrait.id, "late")  # its time was over
            return None
        try:
            rendered = await self._decoder.render(sent)
        except Refused as refused:
            await self._fail(portrait.id, refused.code.value)
            return None
        photo = rendered.variants["large"]
        await asyncio.to_thread(self._shelf.put, portrait.id, PHOTO, photo)
        await asyncio.to_thread(self._shelf.drop, portrait.id, UPLOAD)
        return photo

    async def _fail(self, portrait_id: str, why: str) -> None:
        """The visitor hears why. The photo goes at once: it is of no use."""
        await asyncio.to_thread(self._shelf.drop, portrait_id, PHOTO, UPLOAD)
        await self._portraits.change(
            portrait_id, lambda one: msgspec.structs.replace(one, state=State.FAILED, why=why), done="make"
        )

    async def _mend(self, portrait: Portrait) -> None:
        """The mosaic without what was withdrawn; those parts alone are matched and drawn anew."""
        if portrait.state is not State.MENDING:
            await self._portraits.drop_job("mend", portrait.id)
            return
        edition = portrait.drawn + 1
        drawn = await self._at_easel(self._easel.mend, portrait, edition)
        if drawn is None:  # its files are gone or damaged: nothing is left to be shown
            await self._portraits.forget(portrait.id)
            await asyncio.to_thread(self._let_go, portrait.id)
            return
        self._index.put(portrait.id, edition, drawn.photos)
        done = await self._portraits.change(
            portrait.id,
            lambda one: msgspec.structs.replace(
                one, state=State.READY, drawn=edition, photos=drawn.count, mended=one.mended + 1, tries=0
            ),
            done="mend",
        )
        if done is None:
            await asyncio.to_thread(self._let_go, portrait.id)
            return
        await asyncio.to_thread(self._shelf.keep_edition, portrait.id, edition)
        if await self._at_easel(self._easel.has_lost, drawn.photos):
            await self._mend_later(portrait.id)
        elif done.show:
            await self._easel.show(self._store, done)

    async def _print(self, portrait: Portrait) -> None:
        if portrait.state is State.MENDING:
            await self._mend(portrait)
        elif self._press is None or portrait.printing is None or portrait.state is not State.READY:
            await self._portraits.drop_job("print", portrait.id)
        else:
            sheet = await self._at_easel(self._easel.sheet, portrait)
            await self._press.print(portrait, sheet)

    async def _show(self, portrait: Portrait) -> None:
        """Before the moderators with it, if its visitor still wants that."""
        if portrait.state is State.READY and portrait.show is not None:
            await self._easel.show(self._store, portrait)
        await self._portraits.drop_job("show", portrait.id)  # a later edition is shown when it is made

    async def _extra(self, portrait: Portrait, verb: str) -> None:
        """Previews, a film, a large file: tried once, and asked for again by who still wants it."""
        if portrait.state is State.READY:
            try:
                await self._at_easel(self._easel.extra, portrait, verb)
            except (MosaicProblem, LookupError) as problem:
                log.warning("no %s: %s", verb, problem)
        calm = await self._portraits.change(
            portrait.id, lambda one: msgspec.structs.replace(one, tries=0), done=verb
        )
        if calm is None:
            await self._portraits.drop_job(verb, portrait.id)
            self._let_go(portrait.id)
        await self._tell({"id": portrait.id, "step": verb})

    # -- the end ----------------------------------------------------------------------------------------------

    async def _sweep(self) -> None:
        """What is over goes: portraits, visitors' photos, files whose record was never written, sheets nobody knows."""
        now = now_ms()
        for portrait_id in await self._portraits.overdue(now):
            portrait = await self._portraits.get(portrait_id)
            if portrait is None or portrait.until_ms <= now:
                await self._bury(await self._portraits.forget(portrait_id))
            else:
                self._shelf.drop(portrait_id, PHOTO, UPLOAD)
                await self._portraits.change(
                    portrait_id, lambda one: msgspec.structs.replace(one, photo_until_ms=0)
                )
        living = set(await self._portraits.all())
        for portrait_id in self._shelf.orphans(living):
            if await self._is_nobody(portrait_id):
                self._let_go(portrait_id)
        if self._press is not None:
            await self._press.cancel_strays()

    async def _is_nobody(self, portrait_id: str) -> bool:
        portrait = await self._portraits.get(portrait_id)
        return portrait is None or portrait.state is State.GONE

    async def _bury(self, tombstone: Portrait) -> None:
        """Off the disk and off the wall; as often as it takes."""
        await take_back(self._store, self._settings, tombstone)
        await asyncio.to_thread(self._let_go, tombstone.id)

    def _let_go(self, portrait_id: str) -> None:
        self._shelf.remove(portrait_id)
        self._index.drop(portrait_id)

    # -- telling ----------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        await self._beats.beat(beat_name("studio"))
        printer = None if self._press is None else await self._press.printer.condition()
        await self._tell({"pool": len(self.pool), "printer": printer, "made": len(self._index)})

    async def _tell(self, news: dict[str, Any]) -> None:
        await self._store.redis.publish(self._store.keys.portraits_news, _json(news))

    def _teller(self, portrait_id: str) -> Callable[[str, int, int], None]:
        """For the easel's thread: says how far a mosaic is."""
        loop = asyncio.get_running_loop()

        async def say(step: str, done: int, total: int) -> None:
            with suppress(StoreError):  # nobody hears it then
                await self._tell({"id": portrait_id, "step": step, "done": done, "total": total})

        def from_thread(step: str, done: int, total: int) -> None:
            asyncio.run_coroutine_threadsafe(say(step, done, total), loop)

        return from_thread

    async def _at_easel(self, work: Callable[..., Any], *said: Any) -> Any:
        """In the one thread that draws."""
        return await asyncio.get_running_loop().run_in_executor(self._hand, work, *said)
