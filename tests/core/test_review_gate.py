"""The gate, the lists and the worker: decisions that come twice, posts that get lost, pictures that stay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.makers import NOW, Hands, post, settings_for
from tests.media.pictures import jpeg
from wall.gate import Answer, Ruling, Verdict
from wall.intake import AT_ONCE, GROUP, Intake
from wall.judge import Judge
from wall.media.fetch import Fetcher
from wall.media.pool import DecodePool
from wall.media.rendered import Purpose, Rendered
from wall.media.store import MediaStore
from wall.model import Attachment, Author, Post, State
from wall.spool import Spool
from wall.store.client import Store


@pytest.fixture
def room(store: Store) -> Hands:
    return Hands(store)


# -- decisions ----------------------------------------------------------------------------------------------------


async def test_a_key_that_was_answered_does_nothing_later(room: Hands) -> None:
    """Anna's "hold" found it held, her answer was lost; Bo released it; her tablet asks again."""
    await room.arrive(post(), ruling=Ruling.HOLD)
    assert (await room.decide(post(), Verdict.HOLD, by="Anna", idem="k")).answer is Answer.SAME
    assert (await room.decide(post(), Verdict.RELEASE, by="Bo", idem="b")).answer is Answer.OK
    await room.decide(post(), Verdict.HOLD, by="Anna", idem="k")
    assert (await room.state(post())).value == "queued"


async def test_a_rejection_repeated_does_not_undo_the_reopening(room: Hands) -> None:
    await room.arrive(post(), ruling=Ruling.REJECT)
    assert (await room.decide(post(), Verdict.REJECT, by="Anna", idem="k")).answer is Answer.SAME
    await room.decide(post(), Verdict.REOPEN, by="Bo", idem="b")
    await room.decide(post(), Verdict.REJECT, by="Anna", idem="k")
    assert (await room.state(post())).value == "queued"


async def test_what_a_moderator_took_down_stays_down_when_its_author_edits_it(room: Hands) -> None:
    """Mode "post" puts up what nobody has judged. This one somebody has."""
    await room.arrive(post(), ruling=Ruling.APPROVE)
    await room.decide(post(), Verdict.UNAPPROVE)
    await room.gate.accept(post(text="Bonjour.", edited_at=NOW))
    await room.offer(post(text="Bonjour."), ruling=Ruling.APPROVE)
    assert await room.on_wall() == []


async def test_an_edition_without_a_number_does_not_let_an_older_one_in(room: Hands) -> None:
    await room.arrive(post(text="trois", revision=3))
    await room.gate.accept(post(text="quatre", edited_at=NOW))
    assert (await room.gate.accept(post(text="un", revision=1, edited_at=NOW))).answer is Answer.DUP


async def test_a_post_is_struck_from_every_source_that_brought_it(room: Hands) -> None:
    """Else the re-check asks its network for a tombstone for ever."""
    await room.arrive(post(source="one"))
    await room.gate.accept(post(source="two", text="edited", edited_at=NOW))
    await room.gate.withdraw(post().pid, why="deleted", by="two", source="two")
    assert await room.store.redis.hlen(room.store.keys.source_posts("one")) == 0
    assert await room.store.redis.hlen(room.store.keys.source_posts("two")) == 0


async def test_an_author_is_struck_from_every_source_that_brought_him(room: Hands) -> None:
    await room.arrive(post(source="one"))
    await room.gate.withdraw_author(post().author_key, why="suspended", by="two", source="two", is_final=True)
    assert await room.store.redis.hlen(room.store.keys.source_posts("one")) == 0


# -- lists --------------------------------------------------------------------------------------------------------


async def test_a_ghost_without_a_post_leaves_the_wall_at_the_check(room: Hands) -> None:
    await room.arrive(post(), ruling=Ruling.APPROVE)
    await room.store.redis.delete(room.store.keys.post(post().pid))
    await room.gate.fsck()
    assert await room.on_wall() == []


async def test_rejected_posts_page_after_a_check(room: Hands) -> None:
    for n in range(4):
        await room.arrive(post(str(n)), ruling=Ruling.REJECT)
    await room.store.redis.delete(room.store.keys.rejected)
    await room.gate.fsck()
    first, cursor = await room.ledger.listing(State.REJECTED, limit=2)
    rest, _ = await room.ledger.listing(State.REJECTED, limit=2, after=cursor or "")
    assert len({record.pid for record in (*first, *rest)}) == 4


async def test_a_pinned_post_is_in_every_snapshot(room: Hands) -> None:
    """A screen that connects shows what the others show."""
    await room.arrive(post("pinned"), ruling=Ruling.APPROVE)
    await room.decide(post("pinned"), Verdict.PIN)
    for n in range(4):
        await room.arrive(post(str(n)), ruling=Ruling.APPROVE)
    assert post("pinned").pid in [item.pid for item in (await room.wall.snapshot(limit=3)).items]


# -- the worker ---------------------------------------------------------------------------------------------------


class SlowPool(DecodePool):
    """Decodes as the product does; a test may look in between."""

    def __init__(self) -> None:
        super().__init__(size=1)
        self.decoded = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def render(self, data: bytes, *, purpose: Purpose = "picture") -> Rendered:
        rendered = await super().render(data, purpose=purpose)
        self.decoded.set()
        await self.go_on.wait()
        return rendered


class Shop:
    """A worker and what it works on."""

    def __init__(self, store: Store, data_dir: Path, fetcher: Fetcher, pool: SlowPool) -> None:
        self.hands = Hands(store)
        self.data_dir = data_dir
        self.pool = pool
        self.media = MediaStore(data_dir / "media")
        self.spool = Spool(data_dir)
        self.intake = Intake(
            store=store,
            fetcher=fetcher,
            pool=pool,
            media=self.media,
            spool=self.spool,
            judge=Judge(store, settings_for(store)),
        )

    async def upload(self, key: str = "k") -> Post:
        one = post(attachments=(Attachment(url="", spool=self.spool.put(jpeg(), name=key)),))
        await self.hands.gate.accept(one)
        return one


@pytest.fixture
async def shop(store: Store, data_dir: Path) -> AsyncIterator[Shop]:
    async with Fetcher() as fetcher, SlowPool() as pool:
        yield Shop(store, data_dir, fetcher, pool)


async def test_the_pictures_of_a_post_taken_back_meanwhile_go_too(shop: Shop, store: Store) -> None:
    """The visitor takes his photo back while it is being decoded: nobody counts its copies, nobody deletes them."""
    one = await shop.upload()
    claim = await shop.hands.claim(one.pid)
    shop.pool.go_on.clear()
    async with asyncio.TaskGroup() as tasks:
        preparing = tasks.create_task(shop.intake.prepare(claim))
        await shop.pool.decoded.wait()
        await shop.hands.gate.withdraw(one.pid, why="author", by="visitor", source="join")
        shop.pool.go_on.set()
    assert preparing.result() is Answer.GONE
    kept = {path.parent.name for path in (shop.data_dir / "media").rglob("*.webp")}
    assert kept <= set(await shop.hands.gate.unused_media())


async def test_the_upload_of_a_post_taken_back_before_it_was_prepared_goes_too(shop: Shop) -> None:
    one = await shop.upload()
    claim = await shop.hands.claim(one.pid)
    await shop.hands.gate.withdraw(one.pid, why="author", by="visitor", source="join")
    await shop.intake.prepare(claim)
    assert list((shop.data_dir / "uploads").iterdir()) == []


async def test_a_post_that_is_set_aside_can_still_be_found(shop: Shop, store: Store) -> None:
    """Else it was accepted, and is in no list: nobody will ever see it."""
    await shop.hands.gate.accept(post())
    reader = store.reader()
    await reader.xgroup_create(store.keys.intake, GROUP, id="0", mkstream=True)
    await reader.xreadgroup(GROUP, shop.intake._name, {store.keys.intake: ">"}, count=1)
    await store.redis.hset(store.keys.intake_tries, await shop.hands.claim(post().pid), 5)
    await reader.aclose()
    await _work(shop, until=store.keys.intake_dead)
    counts = await shop.hands.ledger.counts()
    assert sum(counts.values()) == 1, counts


async def _work(shop: Shop, *, until: str) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(shop.intake.run())
        async with asyncio.timeout(5):
            while not await shop.hands.store.redis.exists(until):
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        running.cancel()


async def test_a_full_disk_holds_up_pictures_and_no_words(shop: Shop) -> None:
    """Words need no disk; a picture waits until there is room again, or becomes a reason."""
    await shop.upload()
    (shop.data_dir / "media").write_text("no folder can be made here")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(shop.intake.run())
        for n in range(AT_ONCE + 2):  # more than the worker does at once
            await shop.hands.gate.accept(post(f"words {n}"))
        async with asyncio.timeout(8):
            while sum((await shop.hands.ledger.counts()).values()) < AT_ONCE + 2:
                await asyncio.sleep(0.02)
        (shop.data_dir / "media").unlink()
        async with asyncio.timeout(12):
            while sum((await shop.hands.ledger.counts()).values()) != AT_ONCE + 3:
                await asyncio.sleep(0.02)
        running.cancel()


async def test_pictures_that_wait_for_room_do_not_hold_up_words(shop: Shop) -> None:
    """As many as the worker does at once, and one more."""
    for n in range(AT_ONCE + 1):
        photo = Attachment(url="", spool=shop.spool.put(jpeg(), name=f"p{n}"))
        await shop.hands.gate.accept(post(f"p{n}", attachments=(photo,)))
    await shop.hands.gate.accept(post("words"))
    (shop.data_dir / "media").write_text("no folder can be made here")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(shop.intake.run())
        async with asyncio.timeout(10):
            while post("words").pid not in await _listed(shop):
                await asyncio.sleep(0.05)
        running.cancel()


async def _listed(shop: Shop) -> set[str]:
    queued, _ = await shop.hands.ledger.listing(State.QUEUED, limit=50)
    held, _ = await shop.hands.ledger.listing(State.HELD, limit=50)
    return {record.pid for record in (*queued, *held)}


async def test_innocent_posts_are_not_set_aside_with_the_one_that_kills(shop: Shop, store: Store) -> None:
    """The poison ends the worker each time; what was taken with it has not failed."""
    for n in ("good-1", "poison", "good-2"):
        photo = Attachment(url="", spool=shop.spool.put(jpeg(), name=n))
        await shop.hands.gate.accept(post(n, author=Author(id=n, name=n), attachments=(photo,)))
    claim = await shop.hands.claim(post("poison").pid)
    await store.redis.hset(store.keys.inbox, claim, b"not a post")
    for _ in range(8):
        try:
            async with asyncio.timeout(1.5):
                await shop.intake.run()
        except TimeoutError:
            break
        except BaseExceptionGroup:
            continue  # the supervisor starts it again
    queued, _ = await shop.hands.ledger.listing(State.QUEUED, limit=10)
    assert {post("good-1").pid, post("good-2").pid} <= {record.pid for record in queued}
    dead = await store.redis.xrange(store.keys.intake_dead)
    assert [fields[b"id"].decode() for _, fields in dead] in ([], [post("poison").pid])


async def test_what_was_taken_back_leaves_the_stores_file_too(shop: Shop, store: Store) -> None:
    """A deleted text stays in the append-only file until it is rewritten; promised is a minute."""
    canary = f"canari {store.keys.base}"
    await shop.hands.arrive(post(text=canary), ruling=Ruling.APPROVE)
    await shop.hands.gate.withdraw(post().pid, why="author", by="visitor", source="mastodon")
    await shop.intake._sweep()
    folder = Path(store.url.removeprefix("unix://")).parent
    async with asyncio.timeout(8):
        while any(canary.encode() in file.read_bytes() for file in folder.rglob("*.aof")):
            await asyncio.sleep(0.1)
