from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kiosk.mosaic import faces
from kiosk.mosaic.faces import Face, can_find, faces_of
from kiosk.mosaic.features import NUMBERS, ODD, TILE, numbers_of_tile, tile_of
from kiosk.mosaic.grid import around, even
from kiosk.mosaic.picture import GROUND, square_of
from kiosk.mosaic.problems import UnreadablePicture
from tests.kiosk.mosaic.pictures import scene


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def test_a_mirrored_picture_has_the_odd_numbers_turned() -> None:
    for seed in range(5):
        tile = np.asarray(scene(seed))
        plain, turned = numbers_of_tile(tile), numbers_of_tile(np.ascontiguousarray(tile[:, ::-1]))
        assert plain.shape == (NUMBERS,)
        assert np.allclose(turned, np.where(ODD, -plain, plain), atol=0.02)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_upright(orientation: int) -> None:
    marked = Image.new("RGB", (90, 60), (10, 10, 10))
    marked.paste((250, 0, 0), (0, 0, 45, 30))
    ways = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # how the camera would have stored it
    stored = marked.transpose(Image.Transpose(ways[orientation])) if orientation > 1 else marked
    exif = Image.Exif()
    exif[0x0112] = orientation
    got = np.asarray(square_of(saved(stored, "PNG", exif=exif), 60))
    assert (got == np.asarray(square_of(marked, 60))).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_becomes_a_tile(mode: str) -> None:
    source = Image.new("I;16", (40, 30), 30000) if mode == "I;16" else scene(3).resize((40, 30)).convert(
        "L" if mode in ("I", "F") else "RGB"
    ).convert(mode)  # fmt: skip
    assert tile_of(source).shape == (TILE, TILE, 3)


def test_transparent_pixels_show_the_wall() -> None:
    assert (tile_of(saved(Image.new("RGBA", (20, 20), (255, 255, 255, 0)), "PNG")) == GROUND).all()


def test_an_animation_is_its_first_frame() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert tile_of(data)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3000, 2), (5000, 4000)])
def test_any_size_becomes_a_tile(size: tuple[int, int]) -> None:
    assert tile_of(saved(Image.new("RGB", size), "JPEG")).max() == 0


def test_what_is_no_picture_is_refused() -> None:
    whole = saved(scene(1, 400), "PNG")
    for data in (b"", b"<svg/>", whole[:200], saved(Image.new("1", (12000, 11000)), "PNG")):
        with pytest.raises(UnreadablePicture, match="send a sound"):
            tile_of(data)


def test_cells_cover_the_picture_once() -> None:
    face = Face(0.4, 0.5, 0.3, 0.4, ((0.3, 0.4, 0.5, 0.6),))
    for grid in (even(13), around(30, (face,), size_px=1000), around(31, (face,), size_px=700, circle=True)):
        covered = np.zeros((777, 777), dtype=int)
        for left, top, right, bottom in grid.rectangles(777).tolist():
            covered[top:bottom, left:right] += 1
        assert (covered == 1).all()
        for number, (left, top, _side) in enumerate(grid.boxes.tolist()):
            assert grid.owner[top, left] == number


def test_small_outputs_are_not_cut_finer_than_can_be_seen() -> None:
    face = Face(0.3, 0.3, 0.2, 0.25, ((0.25, 0.25, 0.35, 0.35),))
    assert {side for side, _ in around(60, (face,), size_px=360).levels} <= {6, 12}
    assert {side for side, _ in around(60, (face,), size_px=6000).levels} == {2, 3, 6, 12}


def test_the_cascades_travel_with_the_library() -> None:
    assert can_find()
    assert faces_of(Image.new("RGB", (400, 400))) == ()


def test_without_the_library_no_face_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(faces, "cv2", None)
    faces._cascade.cache_clear()
    assert not can_find()
    assert faces_of(scene(1)) == ()
    faces._cascade.cache_clear()
