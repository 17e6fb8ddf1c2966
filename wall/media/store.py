"""Our copies, by what they are: a folder named after the SHA-256 of the variant that people see.

    root/ab/abcdef…/small.webp  medium.webp  large.webp      a picture, named after its large variant
    root/ab/abcdef…/avatar.webp                              an avatar, named after itself

The variant that gives the name is written last: where it is, the others are.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import time
from pathlib import Path

from wall.media.rendered import Rendered, Variant
from wall.model import Digest, Picture

VARIANTS: tuple[Variant, ...] = ("small", "medium", "large", "avatar")
YOUNG_S = 600.0
TRIES = 20

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class MediaStore:
    """Safe to use from several processes at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, rendered: Rendered, alt: str = "") -> Picture:
        """Store every variant durably; the same picture twice is stored once. Raises `OSError` (a full disk)."""
        name: Variant = "large" if "large" in rendered.variants else "avatar"
        shown = rendered.variants[name]
        digest = Digest(hashlib.sha256(shown).hexdigest())
        for attempt in range(TRIES):
            try:
                self._fill(self._folder(digest), rendered, last=name)
                break
            except FileNotFoundError:  # removed by another process between two of our steps
                if attempt == TRIES - 1:
                    raise
        return Picture(
            digest=digest,
            width_px=rendered.width_px,
            height_px=rendered.height_px,
            colour=rendered.colour,
            alt=alt,
        )

    def path(self, digest: str, variant: str) -> Path | None:
        """The file of a variant. None for anything but a digest and a variant that we have."""
        if variant not in VARIANTS or not _DIGEST.match(digest):
            return None
        path = self._folder(Digest(digest)) / f"{variant}.webp"
        return path if path.is_file() else None

    def read(self, digest: str, variant: Variant) -> bytes | None:
        """The bytes of a variant. None where there is none (any more)."""
        path = self.path(digest, variant)
        try:
            return None if path is None else path.read_bytes()
        except FileNotFoundError:  # taken back this very moment
            return None

    def remove(self, digest: Digest, *, even_young: bool = False) -> bool:
        """Delete a picture that no post uses; False when it stays because it is young (put within ten minutes).

        The post of a young one may be on its way to the gate.
        """
        if not _DIGEST.match(digest):
            return True
        folder = self._folder(digest)
        grave = folder.with_name(f".{digest}")
        try:
            if not even_young and _is_young(folder):
                return False
            _clear(grave)
            folder.rename(grave)
            if not even_young and _is_young(grave):  # put again between our two looks
                grave.rename(folder)
                return False
        except FileNotFoundError:
            pass  # gone already; what an interrupted removal left is still to be cleared
        except OSError:
            if not folder.is_dir():
                raise
            _clear(grave)  # written anew meanwhile: that one stays
            return False
        _clear(grave)
        return True

    def size(self) -> int:
        """Bytes on disk, of all variants."""
        return sum(file.stat().st_size for file in self._root.glob("??/*/*.webp"))

    def _folder(self, digest: Digest) -> Path:
        return self._root / digest[:2] / digest

    def _fill(self, folder: Path, rendered: Rendered, *, last: Variant) -> None:
        for made in (self._root, folder.parent, folder):
            if not made.is_dir():
                made.mkdir(mode=0o700, parents=made is self._root, exist_ok=True)
                _sync(made.parent)
        missing = [name for name in VARIANTS if name in rendered.variants and name != last]
        for name in (*missing, last):
            if not (folder / f"{name}.webp").is_file():
                _write(folder / f"{name}.webp", rendered.variants[name])
        _sync(folder)
        os.utime(folder)  # young again: see `remove`


def _is_young(folder: Path) -> bool:
    return abs(time.time() - folder.stat().st_mtime) < YOUNG_S  # a clock set back must not keep it


def _clear(grave: Path) -> None:
    """Two processes may be at it at once: what one has done the other need not."""
    if not grave.is_dir():
        return
    with contextlib.suppress(FileNotFoundError):
        for file in list(grave.iterdir()):
            file.unlink(missing_ok=True)
    try:
        grave.rmdir()
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTEMPTY):
            raise
    _sync(grave.parent)


def _write(target: Path, data: bytes) -> None:
    """Whole or not at all."""
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
