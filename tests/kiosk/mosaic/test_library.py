from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kiosk.mosaic.features import tile_of
from kiosk.mosaic.library import RECORD, TILE_BYTES, Library, Writer
from kiosk.mosaic.problems import LibraryForeign, LibraryTaken
from tests.kiosk.mosaic.pictures import library, scene


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_photos_come_back_as_they_were(tmp_path: Path) -> None:
    known = library(tmp_path, 70)
    assert known.ids == tuple(f"p{number}" for number in range(70))
    for row in (0, 63, 64, 69):
        assert (known.tile(row) == np.asarray(scene(row))).all()
    with Writer(tmp_path) as writer:
        writer.add("p70", scene(70))
        assert len(writer) == 71
        assert (writer.tile(70) == np.asarray(scene(70))).all()
    assert len(known) == 70
    known.refresh()
    assert (known.tile(70) == np.asarray(scene(70))).all()


def test_adding_a_photo_touches_one_row(tmp_path: Path) -> None:
    library(tmp_path, 5)
    before = {name: (tmp_path / name).read_bytes() for name in ("tiles.u8", "records.bin")}
    with Writer(tmp_path) as writer:
        writer.add("new", scene(99))
    for name, size in (("tiles.u8", TILE_BYTES), ("records.bin", RECORD.itemsize)):
        after = (tmp_path / name).read_bytes()
        assert after[: len(before[name])] == before[name]
        assert len(after) == len(before[name]) + size


def test_a_withdrawn_photo_leaves_no_pixel_and_no_name(tmp_path: Path) -> None:
    library(tmp_path, 3)
    tile = np.asarray(scene(1)).tobytes()
    assert tile[3000:3400] in stored(tmp_path)
    with Writer(tmp_path) as writer:
        assert writer.withdraw("p1")
        assert not writer.withdraw("p1")
        assert " ".join(writer.ids) == "p0 p2"
        left = stored(tmp_path)
        writer.add("p3", scene(3))
        writer.add("p4", scene(4))
        assert writer.ids == ("p0", "p2", "p3", "p4")
    rows = [tile[place : place + 96] for place in range(0, len(tile), 96)]
    assert not any(row in left for row in rows if len(set(row)) > 20)
    assert b"p1" not in left
    assert (tmp_path / "tiles.u8").stat().st_size == 4 * TILE_BYTES  # the row was used again
    assert Library(tmp_path).ids == ("p0", "p3", "p2", "p4")


def test_a_reader_sees_that_a_row_is_gone(tmp_path: Path) -> None:
    reader = library(tmp_path, 4)
    with Writer(tmp_path) as writer:
        writer.withdraw("p2")
        assert reader.gone(range(4)) == {2}
        writer.add("other", scene(9))  # in the same row
    assert reader.gone(range(4)) == {2}
    reader.refresh()
    assert reader.gone(range(4)) == set()


KILLED = """
import os, sys
from pathlib import Path
from kiosk.mosaic import library
from tests.kiosk.mosaic.pictures import scene
left = int(sys.argv[2])
real = os.pwrite
def torn(file, data, place):
    global left
    left -= 1
    if left < 0:
        real(file, data[: len(data) // 2], place)
        os._exit(9)
    return real(file, data, place)
writer = library.Writer(Path(sys.argv[1]))
os.pwrite = torn
getattr(writer, sys.argv[3])(*((sys.argv[4],) if sys.argv[3] == "withdraw" else (sys.argv[4], scene(50))))
"""


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("reused", [False, True])
def test_a_torn_append_is_ignored_and_wiped(tmp_path: Path, step: int, reused: bool) -> None:
    library(tmp_path, 3)
    if reused:
        with Writer(tmp_path) as writer:
            writer.withdraw("p1")
    ids = Library(tmp_path).ids
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(step), "add", "torn"], check=False
    )
    assert done.returncode == 9
    assert Library(tmp_path).ids == ids
    with Writer(tmp_path) as writer:
        assert writer.ids == ids
        piece = np.asarray(scene(50)).tobytes()[3000:3096]
        assert piece not in stored(tmp_path)
        writer.add("whole", scene(51))
    again = Library(tmp_path)
    assert set(again.ids) == {*ids, "whole"}
    assert (again.tile(again.ids.index("whole")) == np.asarray(scene(51))).all()


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_withdrawal_that_was_begun_is_finished(tmp_path: Path, step: int) -> None:
    library(tmp_path, 3)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(step), "withdraw", "p1"], check=False
    )
    assert done.returncode == 9
    assert Library(tmp_path).ids == ("p0", "p2")
    Writer(tmp_path).close()
    assert np.asarray(scene(1)).tobytes()[3000:3096] not in stored(tmp_path)
    assert np.asarray(scene(2)).tobytes()[3000:3096] in stored(tmp_path)


def test_there_is_one_writer(tmp_path: Path) -> None:
    with Writer(tmp_path), pytest.raises(LibraryTaken, match="another process"):
        Writer(tmp_path)
    Writer(tmp_path).close()


def test_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "library.json").write_text('{"version": 0}')
    with pytest.raises(LibraryForeign, match="remove the folder"):
        Library(tmp_path)


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 161])
def test_an_id_has_its_limits(tmp_path: Path, name: str) -> None:
    with Writer(tmp_path) as writer, pytest.raises(ValueError, match="is no id"):
        writer.add_tile(name, tile_of(scene(1)))
