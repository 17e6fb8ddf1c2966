"""Mosaics that were put away: drawn larger, and without what has left."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from kiosk.mosaic.kept import enlarged, mended, pack, unpack
from kiosk.mosaic.library import Library, Writer
from kiosk.mosaic.making import Chosen, Mosaic, Order, make, mosaic_of
from kiosk.mosaic.problems import EmptyPool, PhotoGone
from kiosk.prints import film, profile, story
from tests.kiosk.mosaic.pictures import library, target


@pytest.fixture
def photos(tmp_path: Path) -> Library:
    return library(tmp_path / "pool", 40)


@pytest.fixture
def mosaic(photos: Library) -> Mosaic:
    return mosaic_of(target(480), photos, Order(grid=24, size_px=480, seed=3))


def test_what_is_put_away_comes_back(mosaic: Mosaic) -> None:
    kept = unpack(pack(mosaic), mosaic.jpeg)
    assert kept.result == mosaic.result
    assert kept.order == mosaic.order
    assert np.array_equal(kept.grid.boxes, mosaic.grid.boxes)
    assert np.abs(kept.wanted.means - mosaic.wanted.means).max() < 0.2


def test_in_its_own_size_it_is_the_same_picture(mosaic: Mosaic, photos: Library) -> None:
    kept = unpack(pack(mosaic), mosaic.jpeg)
    assert np.array_equal(enlarged(kept, photos, 480), mosaic.canvas)


def test_larger_it_shows_the_same_photos(mosaic: Mosaic, photos: Library) -> None:
    large = enlarged(mosaic, photos, 1440)
    small = large.reshape(480, 3, 480, 3, 3).mean(axis=(1, 3))
    assert np.abs(small - mosaic.canvas).mean() < 12


def test_without_those_who_left_the_rest_is_the_same(mosaic: Mosaic, photos: Library) -> None:
    gone = mosaic.result.cells[7].photo
    kept = unpack(pack(mosaic), mosaic.jpeg)
    with Writer(photos.folder) as writer:
        writer.withdraw(gone)
    with pytest.raises(PhotoGone) as raised:
        enlarged(kept, Library(photos.folder), 960)
    assert raised.value.photos == {gone}
    again = mended(kept, photos)
    assert gone not in again.result.photos()
    changed = [n for n, cell in enumerate(mosaic.result.cells) if cell.photo == gone]
    for n, (before, after) in enumerate(zip(mosaic.result.cells, again.result.cells, strict=True)):
        if n not in changed:
            assert (before.photo, before.shift) == (after.photo, after.shift)
            box = np.s_[before.top : before.bottom, before.left : before.right]
            assert np.array_equal(again.canvas[box], mosaic.canvas[box])


def test_nobody_is_left(mosaic: Mosaic, photos: Library) -> None:
    kept = unpack(pack(mosaic), mosaic.jpeg)
    with Writer(photos.folder) as writer:
        for name in photos.ids:
            writer.withdraw(name)
    with pytest.raises(EmptyPool):
        mended(kept, photos)


def test_data_of_another_mosaic_are_refused(mosaic: Mosaic) -> None:
    data = pack(mosaic)
    with pytest.raises((msgspec.DecodeError, ValueError)):
        unpack(data[: len(data) // 2], mosaic.jpeg)
    other = msgspec.msgpack.decode(data)
    other["order"]["grid"] = 12
    with pytest.raises(ValueError, match="one mosaic"):
        unpack(msgspec.msgpack.encode(other), mosaic.jpeg)


def test_photos_that_leave_again_and_again_are_no_empty_pool(photos: Library) -> None:
    with Writer(photos.folder) as writer, pytest.raises(PhotoGone):
        _make_while_they_leave(photos, writer)


def _make_while_they_leave(photos: Library, writer: Writer) -> None:
    """Nine photos go each time that the cells have been decided."""
    left = list(photos.ids)
    for event in make(target(240), photos, Order(grid=8, size_px=240, faces=False)):
        if isinstance(event, Chosen):
            for name in left[:9]:
                writer.withdraw(name)
            del left[:9]


def test_what_is_taken_along(mosaic: Mosaic, photos: Library) -> None:
    assert profile(mosaic).startswith(b"\xff\xd8")
    assert story(mosaic).startswith(b"\xff\xd8")
    moving = film(mosaic, photos)
    assert moving[:4] == b"RIFF"
    assert b"ANIM" in moving[:64]
