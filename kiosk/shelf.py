"""The files of visitors' portraits: a folder each, which goes as a whole.

root/ab/abcdef…/upload          what the visitor sent, until it has been looked at
                photo.webp      our copy of it, for another style; a few minutes
                mosaic-3.jpg    the picture, third edition
                made-3.bin      what it takes to take a photo out of it
                made for a wish, from the same edition: bold-3.jpg, print-3.jpg, film-3.webp …
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from pathlib import Path

ORPHAN_S = 60.0
PHOTO, UPLOAD = "photo.webp", "upload"

_ID = re.compile(r"[a-z2-7]{26}\Z")
_EDITION = re.compile(r"-(\d+)\.[a-z]+\Z")


class Shelf:
    """Safe to use from several processes at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, portrait_id: str, name: str, data: bytes) -> None:
        """Whole or not at all, and on the disk when it returns. Raises `OSError` (a full disk)."""
        folder = self._folder(portrait_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = folder / f".{secrets.token_hex(8)}"
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(folder / name)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def path(self, portrait_id: str, name: str) -> Path | None:
        """None where there is no such file."""
        path = self._folder(portrait_id) / name
        return path if path.is_file() else None

    def read(self, portrait_id: str, name: str) -> bytes | None:
        """None where there is no such file (any more)."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return (self._folder(portrait_id) / name).read_bytes()
        return None

    def drop(self, portrait_id: str, *names: str) -> None:
        """Some of its files; those that are not there are no fault."""
        for name in names:
            (self._folder(portrait_id) / name).unlink(missing_ok=True)

    def keep_edition(self, portrait_id: str, number: int) -> None:
        """Only the files of this edition stay, and those that belong to none."""
        for path in self._files(portrait_id):
            edition = _EDITION.search(path.name)
            if edition is not None and int(edition[1]) != number:
                path.unlink(missing_ok=True)

    def remove(self, portrait_id: str) -> None:
        """Everything of it. A file that is written meanwhile is left to `orphans`."""
        shutil.rmtree(self._folder(portrait_id), ignore_errors=True)

    def orphans(self, living: set[str]) -> list[str]:
        """Folders that no portrait owns, but for young ones: their record may be on its way."""
        return [
            folder.name
            for folder in self._root.glob("??/*")
            if folder.name not in living and _ID.match(folder.name) and _is_old(folder)
        ]

    def _files(self, portrait_id: str) -> list[Path]:
        try:
            return list(self._folder(portrait_id).iterdir())
        except FileNotFoundError:
            return []

    def _folder(self, portrait_id: str) -> Path:
        if not _ID.match(portrait_id):
            raise ValueError(f"{portrait_id[:40]!r} is no portrait's id")
        return self._root / portrait_id[:2] / portrait_id


def _is_old(folder: Path) -> bool:
    try:
        return abs(time.time() - folder.stat().st_mtime) > ORPHAN_S
    except FileNotFoundError:
        return False
