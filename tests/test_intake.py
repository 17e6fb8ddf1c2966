"""The worker: from a claim to a card, with real pictures, a real picture server and real decoding children."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from tests.makers import Hands, post, settings_for
from tests.media.pictures import jpeg
from wall.gate import Answer
from wall.intake import GROUP, Intake
from wall.judge import Judge
from wall.media.fetch import Fetcher
from wall.media.pool import DecodePool
from wall.media.store import MediaStore
from wall.model import Attachment, Author, MediaKind, State
from wall.moderation.rule import Mode
from wall.spool import Spool
from wall.store.client import Store


class Pictures:
    """A picture server that counts, and fails on request."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failing = 0
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if self.failing:
            self.failing -= 1
            return web.Response(status=503)
        if request.path == "/text":
            return web.Response(text="not a picture")
        return web.Response(body=jpeg(300, 200), content_type="image/jpeg")


@pytest.fixture
async def pictures() -> AsyncIterator[Pictures]:
    served = Pictures()
    app = web.Application()
    app.router.add_get("/{name}", served.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield served
    await runner.cleanup()


class Shop:
    """A worker and what it works on."""

    def __init__(self, store: Store, data_dir: Path, fetcher: Fetcher, pool: DecodePool) -> None:
        self.hands = Hands(store)
        self.media = MediaStore(data_dir / "media")
        self.spool = Spool(data_dir)
        self.modes: dict[str, Mode] = {}
        self.intake = Intake(
            store=store,
            fetcher=fetcher,
            pool=pool,
            media=self.media,
            spool=self.spool,
            judge=Judge(store, settings_for(store), mode_of=lambda source: self.modes.get(source, Mode.PRE)),
        )


@pytest.fixture
async def shop(store: Store, data_dir: Path) -> AsyncIterator[Shop]:
    async with Fetcher(allow=["127.0.0.1/32"]) as fetcher, DecodePool(size=1) as pool:
        yield Shop(store, data_dir, fetcher, pool)


async def work_until(shop: Shop, state: State, *, number: int = 1, within_s: float = 10) -> None:
    """Run the worker until so many posts are in this state."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(shop.intake.run())
        async with asyncio.timeout(within_s):
            while (await shop.hands.ledger.counts())[state.value] != number:
                await asyncio.sleep(0.02)
        running.cancel()


async def test_a_post_is_offered_with_our_own_copies(shop: Shop, pictures: Pictures) -> None:
    with_pictures = post(
        attachments=(
            Attachment(url=f"{pictures.url}/a", alt="La façade"),
            Attachment(url=f"{pictures.url}/film", kind=MediaKind.VIDEO, poster_url=f"{pictures.url}/still"),
        ),
        author=Author(id="7", name="Inès", avatar_url=f"{pictures.url}/face"),
    )
    await shop.hands.gate.accept(with_pictures)
    assert (await shop.hands.ledger.counts())["queued"] == 0
    await work_until(shop, State.QUEUED)
    (record,) = await shop.hands.ledger.records([with_pictures.pid])
    assert record.card is not None
    assert [picture.alt for picture in record.card.pictures] == ["La façade", ""]
    assert record.card.is_film
    assert record.card.author.avatar is not None
    for picture in record.card.pictures:
        assert (picture.width_px, picture.height_px) == (300, 200)
        for variant in ("small", "medium", "large"):
            assert shop.media.path(picture.digest, variant) is not None
    assert sorted(pictures.asked) == ["/a", "/face", "/still"]


async def test_a_picture_that_cannot_be_had_is_a_reason_and_the_words_come_through(
    shop: Shop, pictures: Pictures
) -> None:
    shop.modes["mastodon"] = Mode.POST
    await shop.hands.gate.accept(
        post(
            attachments=(
                Attachment(url=f"{pictures.url}/text"),
                Attachment(url="http://169.254.169.254/latest"),
                Attachment(url=f"{pictures.url}/good"),
            )
        )
    )
    await work_until(shop, State.QUEUED)
    (record,) = await shop.hands.ledger.records([post().pid])
    assert [(reason.rule, reason.text) for reason in record.reasons] == [
        ("picture", "not-a-picture"),
        ("picture", record.reasons[1].text),
    ]
    assert "public" in record.reasons[1].text
    assert record.card is not None
    assert len(record.card.pictures) == 1


async def test_a_server_that_stumbles_is_asked_again(shop: Shop, pictures: Pictures) -> None:
    pictures.failing = 1
    await shop.hands.gate.accept(post(attachments=(Attachment(url=f"{pictures.url}/a"),)))
    await work_until(shop, State.QUEUED)
    assert pictures.asked == ["/a", "/a"]
    (record,) = await shop.hands.ledger.records([post().pid])
    assert record.card is not None
    assert len(record.card.pictures) == 1


async def test_a_visitors_upload_is_read_once_and_forgotten(shop: Shop, data_dir: Path) -> None:
    name = shop.spool.put(jpeg(), name="k")
    await shop.hands.gate.accept(post(attachments=(Attachment(url="", spool=name),)))
    assert await shop.intake.prepare(await shop.hands.claim(post().pid)) is Answer.OK
    assert await shop.hands.state(post()) is State.QUEUED
    assert list((data_dir / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["uploads/../secret", "/etc/passwd", "uploads/", "nopack/x", "uploads/missing", ""]
)
def test_a_spool_name_leads_nowhere_else(data_dir: Path, name: str) -> None:
    (data_dir / "secret").write_text("x")
    (data_dir / "uploads").mkdir()
    assert Spool(data_dir).path(name) is None


async def test_a_believed_source_goes_straight_to_the_wall(shop: Shop) -> None:
    shop.modes["mastodon"] = Mode.POST
    await shop.hands.gate.accept(post())
    await work_until(shop, State.APPROVED)
    assert await shop.hands.on_wall() == [post().pid]


async def test_what_a_killed_worker_left_is_done_by_the_next(shop: Shop, store: Store) -> None:
    await shop.hands.gate.accept(post())
    reader = store.reader()
    await reader.xgroup_create(store.keys.intake, GROUP, id="0", mkstream=True)
    taken = await reader.xreadgroup(GROUP, shop.intake._name, {store.keys.intake: ">"}, count=10)
    await reader.aclose()
    assert len(taken[0][1]) == 1
    await work_until(shop, State.QUEUED)
    assert await store.redis.xlen(store.keys.intake) == 0


async def test_a_post_that_kills_workers_is_set_aside(shop: Shop, store: Store) -> None:
    await shop.hands.gate.accept(post("poison"))
    await shop.hands.gate.accept(post("good"))
    reader = store.reader()
    await reader.xgroup_create(store.keys.intake, GROUP, id="0", mkstream=True)
    await reader.xreadgroup(GROUP, shop.intake._name, {store.keys.intake: ">"}, count=1)
    await store.redis.hset(store.keys.intake_tries, await shop.hands.claim(post("poison").pid), 5)
    await reader.aclose()
    await work_until(shop, State.QUEUED)
    assert await store.redis.xlen(store.keys.intake_dead) == 1


async def test_a_withdrawal_during_preparation_wins(shop: Shop) -> None:
    await shop.hands.gate.accept(post("1"))
    claim = await shop.hands.claim(post("1").pid)
    await shop.hands.gate.withdraw(post("1").pid, why="deleted", by="x", source="mastodon")
    assert await shop.intake.prepare(claim) is Answer.GONE


@pytest.mark.parametrize("year", [1970, 2099, None])
async def test_an_impossible_time_is_the_time_of_arrival(shop: Shop, year: int | None) -> None:
    await shop.hands.gate.accept(post(created_at=datetime(year, 1, 1, tzinfo=UTC) if year else None))
    await shop.intake.prepare(await shop.hands.claim(post().pid))
    (record,) = await shop.hands.ledger.records([post().pid])
    assert record.card is not None
    assert abs((datetime.now(UTC) - record.card.at).total_seconds()) < 60
