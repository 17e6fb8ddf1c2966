"""What a mosaic is made of, as data that can be kept beside the picture."""

from __future__ import annotations

import msgspec

from kiosk.mosaic.faces import Face


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """A photo and the rectangle where it stands, in pixels of the picture; right and bottom are one past the last."""

    photo: str
    left: int
    top: int
    right: int
    bottom: int
    mirrored: bool
    shift: tuple[int, int, int]


class Repeat(msgspec.Struct, frozen=True):
    """The closest pair of the same photo: steps along the longer axis, in sides of the finer cell."""

    photo: str
    distance: float


class Result(msgspec.Struct, frozen=True):
    """`overlay`: share of the target laid over the photos. `shift_most`: how far a photo's mean was allowed to move;
    `shift_mean`: how far it was moved, of 255. `toned`: the target was squeezed into a narrow pool's brightness.
    `relaxed`: sentences, empty when every wish was granted.
    """

    seed: int
    size_px: int
    across: int
    cells: tuple[Cell, ...]
    faces: tuple[Face, ...]
    faces_looked_for: bool
    radius_wished: int
    radius: int
    shift_most: int
    shift_mean: float
    overlay: float
    pool_size: int
    pool_used: float
    most_used: tuple[str, int]
    nearest_repeat: Repeat | None
    toned: bool
    relaxed: tuple[str, ...]

    def json(self) -> bytes:
        """As one JSON document."""
        return msgspec.json.encode(self)

    def photos(self) -> frozenset[str]:
        """Everybody who is in it."""
        return frozenset(cell.photo for cell in self.cells)
