"""The studio with a real store, a real web process and real pictures: it makes and mends."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from kiosk.mosaic.library import Library
from kiosk.pool import photo_id
from kiosk.record import Portraits
from tests.browser.hall import until
from tests.kiosk.mosaic.pictures import target
from tests.kiosk.stand import face, jpeg, stand
from wall.settings_shape import KioskSettings
from wall.store.client import Store

SEEDS = range(1, 31)


async def test_a_photo_becomes_a_mosaic_of_the_wall(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        pids = await house.hang(*SEEDS)
        async with house.working():
            await house.pool_of(len(SEEDS))
            token = await house.asked()
            state = await house.ready(token)
            assert (state["photos"] > 20, state["why"], state["keep"], state["show"]) == (
                True,
                "",
                False,
                False,
            )
            picture = await house.picture_of(token)
            assert picture.size == (1080, 1080)
            wanted = np.asarray(target(640).resize((12, 12)), dtype=float)
            made = np.asarray(picture.resize((12, 12)), dtype=float)
            assert np.corrcoef(wanted.mean(axis=2).ravel(), made.mean(axis=2).ravel())[0, 1] > 0.8
            status, cells = await house.call("GET", f"/api/v1/mosaics/{token}/cells")
            assert status == 200
            assert {pid for pid, _ in cells["photos"]} <= set(pids)
            assert cells["overlay"] == 0
            name = cells["posts"][cells["photos"][0][0]]["name"]
            assert name.startswith("Visitor ")
            area = sum((right - left) * (bottom - top) for left, top, right, bottom, _, _ in cells["cells"])
            assert area == 1080 * 1080
            for file in ("profile.jpg", "story.jpg"):
                assert (await house.call("GET", f"/m/{token}/{file}"))[0] == 200


async def test_the_same_press_twice_is_one_mosaic(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        key = "a" * 32
        first, second = await house.asked(key=key), await house.asked(face(300), key=key)
        assert first == second
        assert len(await Portraits(store).all()) == 1


async def test_the_pool_follows_the_wall(store: Store, data_dir: Path) -> None:
    """Also over a restart, and what a mosaic of this wall shows never comes in."""
    async with stand(store, data_dir) as house:
        pids = await house.hang(*range(1, 6))
        async with house.working():
            await house.pool_of(5)
            await house.hall.take_down(pids[0])
            await house.pool_of(4)
            library = Library(house.data / "mosaic-pool")
            assert photo_id(pids[0], house.picture(1).digest) not in library.ids
        await house.hall.take_down(pids[1])
        (new,) = await house.hang(9)
        await house.hall.hang("Ein Mosaik", house.picture(10), network="kiosk", native_id="m")
        await house.hall.hang("Achtung", house.picture(11), native_id="w", warning="blood")
        async with house.working():

            async def is_even() -> bool:
                posts = {photo.split()[0] for photo in Library(house.data / "mosaic-pool").ids}
                return posts == {*pids[2:], new}

            await until(is_even, "the wall's own photos")


async def test_a_withdrawn_photo_leaves_every_mosaic(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        await house.hang(*SEEDS)
        async with house.working():
            await house.pool_of(len(SEEDS))
            tokens = [await house.asked(), await house.asked(face(500))]
            for token in tokens:
                await house.ready(token)
            _, cells = await house.call("GET", f"/api/v1/mosaics/{tokens[0]}/cells")
            pid = cells["photos"][0][0]
            before = np.asarray(await house.picture_of(tokens[0]), dtype=int)
            await house.hall.take_down(pid)
            state = await house.ready(tokens[0], after=1)
            assert state["mended"] == 1
            after = np.asarray(await house.picture_of(tokens[0]), dtype=int)
            for token in tokens:

                async def is_without(token: str = token) -> bool:
                    _, cells = await house.call("GET", f"/api/v1/mosaics/{token}/cells")
                    return "photos" in cells and pid not in {one for one, _ in cells["photos"]}

                await until(is_without, "a mosaic without it")
            # its cells alone are others
            changed = np.zeros((1080, 1080), dtype=bool)
            for left, top, right, bottom, photo, _ in cells["cells"]:
                if cells["photos"][photo][0] == pid:
                    changed[max(0, top - 16) : bottom + 16, max(0, left - 16) : right + 16] = True
            assert 0.01 < changed.mean() < 0.9
            assert np.abs(after - before).max(axis=2)[~changed].max() == 0
            assert house.files().count("mosaic-1.jpg") == 0  # the former edition is gone from the disk


async def test_a_photo_withdrawn_while_nobody_draws_is_found_at_the_start(
    store: Store, data_dir: Path
) -> None:
    async with stand(store, data_dir) as house:
        await house.hang(*SEEDS)
        async with house.working():
            token = await house.asked()
            await house.ready(token)
        _, cells = await house.call("GET", f"/api/v1/mosaics/{token}/cells")
        pid = cells["photos"][0][0]
        await house.hall.take_down(pid)
        async with house.working():
            await house.ready(token, after=1)
            _, cells = await house.call("GET", f"/api/v1/mosaics/{token}/cells")
            assert pid not in {one for one, _ in cells["photos"]}


async def test_an_empty_wall_still_makes_something(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house, house.working():
        token = await house.asked()
        state = await house.ready(token)
        assert state["why"] == "empty"
        picture = np.asarray(await house.picture_of(token), dtype=float)
        assert picture.std() > 20
        _, cells = await house.call("GET", f"/api/v1/mosaics/{token}/cells")
        assert {pid for pid, _ in cells["photos"]} == {"plain"}


async def test_one_photo_and_photos_all_alike(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        await house.hang(1)
        async with house.working():
            await house.pool_of(1)
            state = await house.ready(await house.asked())
            assert (state["photos"], state["why"]) == (1, "few")


async def test_bad_pictures_are_refused_in_a_word_and_not_kept(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house, house.working():
        tiny, bomb = jpeg(target(8)), b"\x89PNG\r\n\x1a\n" + os.urandom(4000)
        for data in (tiny, bomb, b"<svg onload=alert(1)>", jpeg(target(64))[:200]):
            token = await house.asked(data)

            async def has_failed(token: str = token) -> dict[str, object] | None:
                state = await house.state(token)
                return state if state["state"] == "failed" else None

            state = await until(has_failed, "a refusal")
            assert state["why"] in ("too-small", "not-a-picture", "damaged"), state
        assert house.files() == []
        assert (await house.send(b""))[0] == 400


async def test_black_and_panoramic_pictures_become_mosaics(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        await house.hang(*SEEDS)
        async with house.working():
            for picture in (target(400).point(lambda _: 0), target(800).resize((1600, 200))):
                await house.ready(await house.asked(jpeg(picture)))


async def test_another_style_needs_no_other_photo(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir, kiosk=KioskSettings(colours=("#001040", "#ff9020"))) as house:
        await house.hang(*SEEDS)
        async with house.working():
            token = await house.asked()
            await house.ready(token)
            await until(lambda: house.has("bold-1.jpg"), "a preview")
            status, state = await house.wish(token, style="event")
            assert (status, state["state"]) == (200, "waiting")
            state = await house.ready(token, after=1)
            assert state["style"] == "event"


async def test_a_film_and_a_large_file_are_made_when_asked_for(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        await house.hang(*SEEDS)
        async with house.working():
            token = await house.asked()
            await house.ready(token)
            for name, kind in (("film.webp", b"RIFF"), ("large.jpg", b"\xff\xd8")):
                assert (await house.call("GET", f"/m/{token}/{name}"))[0] == 202

                async def file(name: str = name) -> bytes | None:
                    status, data = await house.call("GET", f"/m/{token}/{name}")
                    return bytes(data) if status == 200 else None

                data = await until(file, name)
                assert data.startswith(kind)
