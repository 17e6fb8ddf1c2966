"""Where mosaics are drawn: one thread of the studio, with the pool open before it."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from kiosk import prints
from kiosk.delivery import offer
from kiosk.mosaic.colour import Bytes
from kiosk.mosaic.faces import faces_of
from kiosk.mosaic.kept import enlarged, mended, pack, unpack
from kiosk.mosaic.library import Library, Writer
from kiosk.mosaic.making import Chosen, Divided, Drawn, Finished, Mosaic, make, mosaic_of
from kiosk.mosaic.picture import upright
from kiosk.mosaic.problems import EmptyPool, LibraryForeign, MosaicProblem, PhotoGone, UnreadablePicture
from kiosk.record import Portrait, Style
from kiosk.shelf import PHOTO, Shelf
from kiosk.styles import SIZE_PX, dressed, order_of
from wall.settings import Settings
from wall.store.client import Store

log = logging.getLogger("parvis.studio")

PRINT_PX = 3600
LARGE_PX = 6000
FEW = 20  # photos; with fewer, the visitor is told why the mosaic repeats itself
TILES = 8
PLAIN = "plain "  # how the ids of tiles begin that are no photos

Say = Callable[[str, int, int], None]


class Made(msgspec.Struct, frozen=True):
    """`photos`: who is in it. `count`: how many of them. `note`: what the visitor should know, "" for nothing."""

    photos: frozenset[str]
    count: int
    note: str = ""


class Easel:
    """All methods are for one thread, but for `show`."""

    def __init__(self, settings: Settings, shelf: Shelf, *, pool: Path, plain: Path) -> None:
        self._settings = settings
        self._shelf = shelf
        self._folder = pool
        self._plain = plain
        self._library: Library | None = None

    def make(self, portrait: Portrait, edition: int, say: Say) -> Made | str:
        """Draws it and puts it on the shelf; a word that says why not."""
        photo = self._shelf.read(portrait.id, PHOTO)
        if photo is None:
            return "late"
        library, note = self._pool()
        try:
            picture = dressed(photo, portrait.style, self._settings.kiosk.colours, middle=self._middle(photo))
            mosaic = self._drawn(picture, library, portrait, say)
        except UnreadablePicture:
            return "damaged"
        except (EmptyPool, PhotoGone):
            return "busy"
        self._put(portrait.id, edition, mosaic)
        return _made(mosaic, note)

    def _drawn(self, picture: Image.Image, library: Library, portrait: Portrait, say: Say) -> Mosaic:
        for event in make(picture, library, order_of(portrait.style, seed=_seed(portrait.id))):
            match event:
                case Divided(cells=cells):
                    say("looking", 0, cells)
                case Chosen(cells=cells):
                    say("chosen", 0, cells)
                case Drawn(last=last, total=total):
                    if last == total or last % 4 == 0:
                        say("drawing", last, total)
                case Finished(mosaic=mosaic):
                    return mosaic
        raise AssertionError("make ends with Finished")

    def preview(self, portrait: Portrait) -> None:
        """The other styles, small, as long as the visitor's photo is there."""
        photo = self._shelf.read(portrait.id, PHOTO)
        if photo is None:
            return
        library, _ = self._pool()
        for style in Style:
            order = order_of(style, seed=_seed(portrait.id), is_preview=True)
            try:
                picture = dressed(photo, style, self._settings.kiosk.colours, middle=self._middle(photo))
                mosaic = mosaic_of(picture, library, order)
            except MosaicProblem:
                continue
            self._shelf.put(portrait.id, f"{style}-{portrait.drawn}.jpg", mosaic.jpeg)

    def mend(self, portrait: Portrait, edition: int) -> Made | None:
        """The mosaic without the photos that have left; None when its files are gone or damaged."""
        library, _ = self._pool()
        mosaic = self._kept(portrait)
        if mosaic is None:
            return None
        if _is_plain(mosaic):
            library = self._plain_library()
        try:
            remade = mended(mosaic, library)
        except EmptyPool:
            remade = mended(mosaic, self._plain_library())
        self._put(portrait.id, edition, remade)
        return _made(remade, portrait.why)

    def sheet(self, portrait: Portrait) -> Path:
        """The file that goes to the printer."""
        name = f"print-{portrait.drawn}.jpg"
        if self._shelf.path(portrait.id, name) is None:
            self._shelf.put(portrait.id, name, self.large(portrait, PRINT_PX))
        path = self._shelf.path(portrait.id, name)
        assert path is not None
        return path

    def large(self, portrait: Portrait, size_px: int) -> bytes:
        """The same mosaic in more pixels, JPEG. Raises `PhotoGone` and `LookupError`."""
        mosaic, library = self._whole(portrait)
        out = io.BytesIO()
        Image.fromarray(enlarged(mosaic, library, size_px)).save(out, "JPEG", quality=90, dpi=(300, 300))
        return out.getvalue()

    def extra(self, portrait: Portrait, what: str) -> None:
        """What somebody asked for: "preview", "film" or "large". Raises `PhotoGone`, `LookupError` and `OSError`."""
        if what == "preview":
            self.preview(portrait)
            return
        if what == "large":
            self._shelf.put(portrait.id, f"large-{portrait.drawn}.jpg", self.large(portrait, LARGE_PX))
            return
        mosaic, library = self._whole(portrait)
        self._shelf.put(portrait.id, f"film-{portrait.drawn}.webp", prints.film(mosaic, library))

    def photos_of(self, portrait: Portrait) -> frozenset[str]:
        """Who is in it; nobody where its files are gone."""
        mosaic = self._kept(portrait)
        return frozenset() if mosaic is None else mosaic.result.photos()

    def has_lost(self, photos: frozenset[str]) -> bool:
        """Whether one of these photos has left the pool since."""
        library, _ = self._pool()
        there = set(library.ids)
        return not all(photo in there or photo.startswith(PLAIN) for photo in photos)

    async def show(self, store: Store, portrait: Portrait) -> None:
        """Brings the newest edition before the moderators."""
        picture = self._shelf.read(portrait.id, f"mosaic-{portrait.drawn}.jpg")
        if picture is not None:
            await offer(store, self._settings, portrait, picture)

    def _middle(self, photo: bytes) -> tuple[float, float]:
        """Where the face is in a photo that is not square: it stays in the picture."""
        picture = upright(photo, SIZE_PX)
        width, height = picture.size
        side = max(width, height)
        ground = Image.new("RGB", (side, side))
        ground.paste(picture, (0, 0))
        faces = faces_of(ground)
        if not faces:
            return (0.5, 0.5)
        left = min(face.x - face.width / 2 for face in faces) * side
        right = max(face.x + face.width / 2 for face in faces) * side
        top = min(face.y - face.height / 2 for face in faces) * side
        bottom = max(face.y + face.height / 2 for face in faces) * side
        return ((left + right) / 2 / width, (top + bottom) / 2 / height)

    def _pool(self) -> tuple[Library, str]:
        """The photos that are there now; colours of the event where there is none yet, and what to say about it."""
        if self._library is None:
            self._library = Library(self._folder)
        else:
            self._library.refresh()
        if not len(self._library):
            return self._plain_library(), "empty"
        return self._library, "few" if len(self._library) < FEW else ""

    def _plain_library(self) -> Library:
        try:
            library = Library(self._plain)
        except LibraryForeign:
            library = None
        if library is None or not len(library):
            with Writer(self._plain) as writer:
                for name, tile in _plain_tiles(self._settings.kiosk.colours):
                    writer.add_tile(name, tile, durable=False)
            library = Library(self._plain)
        return library

    def _whole(self, portrait: Portrait) -> tuple[Mosaic, Library]:
        """A kept mosaic with the photos that it is made of. Raises `LookupError`."""
        mosaic = self._kept(portrait)
        if mosaic is None:
            raise LookupError(portrait.id)
        return mosaic, self._plain_library() if _is_plain(mosaic) else self._pool()[0]

    def _kept(self, portrait: Portrait) -> Mosaic | None:
        data = self._shelf.read(portrait.id, f"made-{portrait.drawn}.bin")
        jpeg = self._shelf.read(portrait.id, f"mosaic-{portrait.drawn}.jpg")
        if data is None or jpeg is None:
            return None
        try:
            return unpack(data, jpeg)
        except (msgspec.DecodeError, ValueError, OSError) as problem:
            log.error("a mosaic's files are damaged (%s)", problem)
            return None

    def _put(self, portrait_id: str, edition: int, mosaic: Mosaic) -> None:
        self._shelf.put(portrait_id, f"made-{edition}.bin", pack(mosaic))
        self._shelf.put(portrait_id, f"mosaic-{edition}.jpg", mosaic.jpeg)
        self._shelf.put(portrait_id, f"profile-{edition}.jpg", prints.profile(mosaic))
        self._shelf.put(portrait_id, f"story-{edition}.jpg", prints.story(mosaic))


def _is_plain(mosaic: Mosaic) -> bool:
    return all(photo.startswith(PLAIN) for photo in mosaic.result.photos())


def _made(mosaic: Mosaic, note: str) -> Made:
    photos = mosaic.result.photos()
    return Made(photos, len(photos), note)


def _seed(portrait_id: str) -> int:
    return int.from_bytes(portrait_id[:6].encode(), "big") % (2**31)


def _plain_tiles(colours: tuple[str, ...]) -> list[tuple[str, Bytes]]:
    """Slanted steps between the event's two colours, each a little different: 64 tiles of 96 px."""
    dark, light = (np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) for colour in colours)
    tiles = []
    y, x = np.mgrid[0:96, 0:96] / 95
    for n in range(TILES * TILES):
        middle, turn = (n // TILES) / (TILES - 1), 2 * np.pi * (n % TILES) / TILES
        slope = ((x - 0.5) * np.cos(turn) + (y - 0.5) * np.sin(turn)) * 0.5
        share = np.clip(middle + slope, 0, 1)[:, :, None]
        tiles.append((f"{PLAIN}{n}", np.rint(dark * (1 - share) + light * share).astype(np.uint8)))
    return tiles
