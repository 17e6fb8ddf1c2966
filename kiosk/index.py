"""Which mosaics a photo stands in, so that its withdrawal reaches each of them. In memory; made anew at a start."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable


class Index:
    """A few bytes a photo and mosaic: numbers stand for portraits, and those of former editions are sorted out late."""

    def __init__(self) -> None:
        self._who: dict[str, array[int]] = {}
        self._portraits: list[tuple[str, int]] = []  # (portrait, edition) by number
        self._edition: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._edition)

    def put(self, portrait_id: str, edition: int, photos: Iterable[str]) -> None:
        """A portrait's newest edition; its former ones count no more."""
        number = len(self._portraits)
        self._portraits.append((portrait_id, edition))
        self._edition[portrait_id] = edition
        for photo in photos:
            self._who.setdefault(photo, array("I")).append(number)

    def drop(self, portrait_id: str) -> None:
        self._edition.pop(portrait_id, None)

    def of(self, photos: Collection[str]) -> list[str]:
        """The portraits in which any of these photos stands, in the order in which they were made."""
        numbers = {number for photo in photos for number in self._who.get(photo, ())}
        found = [self._portraits[number] for number in sorted(numbers)]
        return list(dict.fromkeys(one for one, edition in found if self._edition.get(one) == edition))

    def forget_photos(self, photos: Collection[str]) -> None:
        """They will not come again under these names."""
        for photo in photos:
            self._who.pop(photo, None)
