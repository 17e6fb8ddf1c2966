"""What can go wrong with a mosaic, each with its cure in the sentence."""

from __future__ import annotations

from collections.abc import Collection


class MosaicProblem(Exception):
    """Of all the problems below."""


class EmptyPool(MosaicProblem):
    """There is no photo to make a mosaic of."""

    def __init__(self) -> None:
        super().__init__("the pool holds no photo: approve or add at least one, then make the mosaic again")


class UnreadablePicture(MosaicProblem):
    """A picture that cannot be decoded, or is too large to be."""


class LibraryTaken(MosaicProblem):
    """Another process writes to this library."""


class LibraryForeign(MosaicProblem):
    """The folder holds something else than a library of this version."""


class PhotoGone(MosaicProblem):
    """Photos of a mosaic are withdrawn, before it was made or since."""

    def __init__(self, photos: Collection[str]) -> None:
        super().__init__(f"{len(photos)} of its photos are withdrawn: make the mosaic without them")
        self.photos = frozenset(photos)
