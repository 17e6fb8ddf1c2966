"""The pool of photos in step with the wall: what is approved comes in, what is withdrawn is overwritten on the disk.

A photo's id is "<post> <digest>", so each tile of a mosaic leads to the post behind it. Posts that come with a warning
and mosaics that were made here stay out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from kiosk.mosaic.features import tile_of
from kiosk.mosaic.library import Writer
from kiosk.mosaic.problems import LibraryForeign, UnreadablePicture
from kiosk.record import NETWORK
from wall.live import Item, Wall
from wall.media.store import MediaStore
from wall.model import PostId, decode_card

log = logging.getLogger("parvis.studio")

PAGE = 200

Gone = Callable[[Collection[str]], Awaitable[None]]


def photo_id(pid: str, digest: str) -> str:
    return f"{pid} {digest}"


def parts_of(photo: str) -> tuple[str, str]:
    """(post, digest) of a photo's id."""
    pid, _, digest = photo.partition(" ")
    return pid, digest


def photos_of(item: Item) -> dict[str, str]:
    """Photo id -> digest of what a post brings into the pool."""
    try:
        card = decode_card(item.content)
    except msgspec.DecodeError:
        return {}
    if card.network == NETWORK or card.warning:
        return {}
    return {photo_id(item.pid, picture.digest): picture.digest for picture in card.pictures}


class Pool:
    """`gone` is called with the photos that have left, after they are overwritten."""

    def __init__(self, *, wall: Wall, media: MediaStore, folder: Path, gone: Gone) -> None:
        self.folder = folder
        self._wall = wall
        self._media = media
        self._gone = gone
        self._epoch = ""
        self._seq = -1
        self._by_post: dict[str, set[str]] = {}
        self._writer = _opened(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def __len__(self) -> int:
        return len(self._writer)

    async def follow(self) -> None:
        """Catch up with the wall."""
        epoch, head = await self._wall.head()
        if epoch == self._epoch and head == self._seq:
            return
        if epoch == self._epoch:
            while (ops := await self._wall.ops_since(self._seq)) is not None:
                if not ops:
                    return
                for op in ops:
                    if op.op in ("add", "upd", "del"):
                        await self._set(op.pid, photos_of(op.item) if op.item is not None else {})
                    self._seq = op.seq
        await self._compare(epoch, head)

    async def _compare(self, epoch: str, head: int) -> None:
        """The whole wall beside the whole pool: after a start, or when the log does not reach back."""
        wanted: dict[str, dict[str, str]] = {}
        below: int | None = None
        while True:
            items, below = await self._wall.page(below=below, limit=PAGE)
            for item in items:
                wanted[item.pid] = photos_of(item)
            if below is None:
                break
        self._by_post = {}
        for photo in self._writer.ids:
            self._by_post.setdefault(parts_of(photo)[0], set()).add(photo)
        for pid in self._by_post.keys() - wanted.keys():
            await self._set(PostId(pid), {})
        for pid, photos in reversed(wanted.items()):
            await self._set(PostId(pid), photos)
        self._epoch, self._seq = epoch, head

    async def _set(self, pid: PostId, photos: dict[str, str]) -> None:
        """What a post has in the pool from now on."""
        had = self._by_post.get(pid, set())
        if leaving := had - photos.keys():
            await asyncio.to_thread(self._withdraw, leaving)
            await self._gone(leaving)
        new = {photo: digest for photo, digest in photos.items() if photo not in had}
        added = await asyncio.to_thread(self._add, new) if new else set()
        stands = (had & photos.keys()) | added
        if stands:
            self._by_post[pid] = stands
        else:
            self._by_post.pop(pid, None)

    def _withdraw(self, photos: Collection[str]) -> None:
        for photo in photos:
            self._writer.withdraw(photo)

    def _add(self, photos: dict[str, str]) -> set[str]:
        """Those that could be read. A power cut may lose them: the next start compares."""
        added = set()
        for photo, digest in photos.items():
            data = self._media.read(digest, "small")
            if data is None:
                continue  # taken back this very moment
            try:
                self._writer.add_tile(photo, tile_of(data), durable=False)
            except UnreadablePicture as problem:
                log.warning("%s stays out of the mosaics: %s", digest, problem)
                continue
            added.add(photo)
        return added


def _opened(folder: Path) -> Writer:
    """A pool of another version is made anew: it holds nothing that the wall does not."""
    try:
        return Writer(folder)
    except LibraryForeign:
        for name in ("library.json", "tiles.u8", "records.bin"):
            (folder / name).unlink(missing_ok=True)
        return Writer(folder)
