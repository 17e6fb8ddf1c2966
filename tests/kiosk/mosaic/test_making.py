from __future__ import annotations

import io
from itertools import combinations
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from kiosk.mosaic import making
from kiosk.mosaic.__main__ import main
from kiosk.mosaic.colour import Bytes
from kiosk.mosaic.faces import Face
from kiosk.mosaic.library import Library, Writer
from kiosk.mosaic.making import Drawn, Event, Finished, Mosaic, Order, make, mosaic_of, without
from kiosk.mosaic.problems import EmptyPool, UnreadablePicture
from tests.kiosk.mosaic.pictures import library, scene, target

SMALL = Order(grid=12, size_px=192)
FACE = Face(0.5, 0.5, 0.4, 0.5, ((0.4, 0.4, 0.6, 0.5),))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library(tmp_path_factory.mktemp("pool"), 300)


def painted(mosaic: Mosaic, photos: Library) -> None:
    """Every cell is the photo that the data name, moved as they say."""
    covered = np.zeros(mosaic.canvas.shape[:2], dtype=int)
    rows = photos.rows_of(mosaic.result.photos())
    for cell in mosaic.result.cells:
        covered[cell.top : cell.bottom, cell.left : cell.right] += 1
        size = (cell.right - cell.left, cell.bottom - cell.top)
        way = Image.Resampling.BOX if min(size) * 2 <= 96 else Image.Resampling.BICUBIC
        tile = np.asarray(Image.fromarray(np.asarray(photos.tile(rows[cell.photo]))).resize(size, way))
        tile = tile[:, ::-1] if cell.mirrored else tile
        expected = np.clip(tile.astype(int) + np.array(cell.shift), 0, 255)
        assert (mosaic.canvas[cell.top : cell.bottom, cell.left : cell.right] == expected).all()
    assert (covered == 1).all()


def nearest(mosaic: Mosaic) -> float:
    least = np.inf
    for one, other in combinations(mosaic.result.cells, 2):
        if one.photo == other.photo:
            apart = max(abs(one.left + one.right - other.left - other.right),
                        abs(one.top + one.bottom - other.top - other.bottom)) / 2  # fmt: skip
            least = min(least, apart / min(one.right - one.left, other.right - other.left))
    return float(least)


@pytest.mark.parametrize("shift", [0, 24])
def test_the_picture_is_what_its_data_say(photos: Library, shift: int) -> None:
    mosaic = mosaic_of(target(), photos, msgspec.structs.replace(SMALL, shift=shift, faces=False))
    painted(mosaic, photos)
    result = mosaic.result
    assert all(abs(one) <= shift for cell in result.cells for one in cell.shift)
    assert (result.shift_most, result.overlay, result.relaxed) == (shift, 0.0, ())
    assert result.pool_used == round(len(result.photos()) / 300, 4)
    assert result.nearest_repeat is None or result.nearest_repeat.distance == nearest(mosaic) > 4
    assert Image.open(io.BytesIO(mosaic.jpeg)).size == (192, 192)
    assert msgspec.json.decode(result.json(), type=type(result)) == result


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 9),
    radius=st.integers(0, 4),
    across=st.integers(5, 14),
    shift=st.sampled_from([0, 12]),
)
def test_no_photo_is_repeated_within_the_radius(
    photos: Library, seed: int, radius: int, across: int, shift: int
) -> None:
    order = Order(grid=across, size_px=across * 14, radius=radius, seed=seed, shift=shift, faces=False)
    mosaic = mosaic_of(target(), photos, order)
    assert mosaic.result.relaxed == ()
    assert nearest(mosaic) > radius
    assert mosaic_of(target(), photos, order).jpeg == mosaic.jpeg


def test_a_face_has_finer_cells(photos: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "faces_of", lambda picture: (FACE,))  # drawn faces are not found by everyone
    mosaic = mosaic_of(target(), photos, Order(grid=16, size_px=16 * 18, radius=3))
    painted(mosaic, photos)
    sides = {cell.right - cell.left for cell in mosaic.result.cells}
    assert {6, 9, 18} <= sides
    finest = [cell for cell in mosaic.result.cells if cell.right - cell.left == 6]
    assert all(100 < (cell.left + cell.right) / 2 < 190 for cell in finest)
    assert nearest(mosaic) > 3


def test_another_seed_is_another_picture(photos: Library) -> None:
    assert (
        mosaic_of(target(), photos, SMALL).jpeg
        != mosaic_of(target(), photos, msgspec.structs.replace(SMALL, seed=2)).jpeg
    )


def test_rows_come_as_they_are_drawn(photos: Library) -> None:
    drawn: list[Bytes] = []
    last: Event | None = None
    for event in make(target(), photos, Order(grid=12, size_px=200, faces=False)):
        if isinstance(event, Drawn):
            assert event.first == sum(one.shape[0] for one in drawn)
            drawn.append(event.pixels.copy())
        last = event
    assert isinstance(last, Finished)
    assert len(drawn) > 5
    assert (np.concatenate(drawn) == last.mosaic.canvas).all()


def test_an_overlay_is_declared(photos: Library) -> None:
    plain = mosaic_of(target(), photos, SMALL)
    ghosted = mosaic_of(target(), photos, msgspec.structs.replace(SMALL, overlay=0.25))
    assert ghosted.result.overlay == 0.25
    assert (ghosted.canvas != plain.canvas).any()
    assert plain.target is None


@pytest.mark.parametrize("count", [1, 2, 8, 20])
def test_a_small_pool_is_relaxed_and_says_so(tmp_path: Path, count: int) -> None:
    photos = library(tmp_path, count)
    mosaic = mosaic_of(target(), photos, SMALL)
    painted(mosaic, photos)
    assert mosaic.result.relaxed
    assert mosaic.result.pool_used > (0 if count == 2 else 0.7)
    assert nearest(mosaic) >= (2 if count == 20 else 1)


def test_a_pool_of_equal_or_dark_photos_still_makes_a_picture(tmp_path: Path) -> None:
    equal = mosaic_of(target(), library(tmp_path / "equal", 100, same=True), SMALL)
    assert nearest(equal) > 4
    with Writer(tmp_path / "dark") as writer:
        for number in range(100):
            writer.add(f"d{number}", Image.new("RGB", (50, 50), (number % 4, 0, 1)))
        mosaic = mosaic_of(target(), writer, SMALL)
    assert mosaic.canvas.std() > 5  # the shift alone draws it
    assert "toned down" in mosaic.result.relaxed[0]


def test_an_empty_pool_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(EmptyPool, match="add at least one"):
        mosaic_of(target(), Library(tmp_path / "nothing"), SMALL)


def test_a_withdrawn_photo_leaves_the_picture_and_nothing_else_moves(tmp_path: Path) -> None:
    photos = library(tmp_path, 200)
    mosaic = mosaic_of(target(), photos, SMALL)
    gone = mosaic.result.most_used[0]
    with Writer(tmp_path) as writer:
        writer.withdraw(gone)
    after = without(mosaic, photos, gone)
    assert gone not in after.result.photos()
    for old, new in zip(mosaic.result.cells, after.result.cells, strict=True):
        assert old == new or old.photo == gone
    painted(after, photos)
    assert nearest(after) > 4
    assert without(after, photos, gone) is after
    assert without(mosaic, photos, gone).jpeg == after.jpeg


def test_a_photo_can_be_kept_out_while_it_is_in_the_library(photos: Library) -> None:
    mosaic = mosaic_of(target(), photos, SMALL)
    gone = mosaic.result.most_used[0]
    assert gone not in without(mosaic, photos, gone).result.photos()


def test_a_photo_withdrawn_while_the_picture_is_drawn_is_not_in_it(tmp_path: Path) -> None:
    photos = library(tmp_path, 200)
    used = mosaic_of(target(), photos, SMALL).result.most_used[0]
    with Writer(tmp_path) as writer:
        for event in make(target(), photos, SMALL):
            if isinstance(event, Drawn):
                writer.withdraw(used)
            if isinstance(event, Finished):
                assert used not in event.mosaic.result.photos()
                painted(event.mosaic, photos)


@pytest.mark.parametrize(
    ("field", "value"), [("grid", 2), ("size_px", 7000), ("shift", 25), ("overlay", 1.5), ("radius", -1)]
)
def test_an_order_has_its_limits(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{field} is {value}"):
        msgspec.structs.replace(SMALL, **{field: value})


def test_the_command_makes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(30):
        scene(number).save(folder / f"{number}.jpg")
    (folder / "broken.jpg").write_bytes(b"no picture")
    target().save(tmp_path / "me.png")
    words = [str(tmp_path / "me.png"), "--photos", str(folder), "-o", str(tmp_path / "out.jpg")]
    assert main([*words, "--grid", "10", "--size", "120", "--data", str(tmp_path / "out.json")]) == 0
    assert Image.open(tmp_path / "out.jpg").size == (120, 120)
    assert b'"overlay":0.0' in (tmp_path / "out.json").read_bytes()
    assert "broken.jpg cannot be read" in capsys.readouterr().err
    assert main([str(folder / "broken.jpg"), *words[1:]]) == 1
    assert "send a sound JPEG" in capsys.readouterr().err


def test_a_broken_portrait_is_refused(photos: Library) -> None:
    for data in (b"", b"x", target().tobytes()[:500]):
        with pytest.raises(UnreadablePicture):
            mosaic_of(data, photos, SMALL)
