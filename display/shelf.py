"""The organiser's files as they lie in their folders: each looked at once, known by what is in it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event
from urllib.parse import quote

import msgspec

from display.asset_kinds import HEAD_BYTES, SVG, Form, Kind, Unfit, form_of

FILES_MOST = 500
DEPTH_MOST = 3
NAME_MOST = 120
CHUNK_BYTES = 1_000_000
PASSED_OVER = (".txt", ".md", ".ini", ".db")  # a font's licence, what a desktop leaves behind
BYTES_MOST = {
    Kind.PICTURE: 40_000_000,
    Kind.FILM: 300_000_000,
    Kind.CAPTIONS: 1_000_000,
    Kind.FONT: 10_000_000,
}
SVG_MOST = 3_000_000

Mark = tuple[
    int, int
]  # bytes and time of the last change: whether a file is still the one that was looked at


class Asset(msgspec.Struct, frozen=True):
    """One file. `name` is its path below its folder; `digest` the SHA-256 of its bytes, in hexadecimal."""

    name: str
    form: Form
    digest: str
    bytes: int
    is_upload: bool
    path: Path
    mark: Mark

    @property
    def url(self) -> str:
        return f"/asset/{self.digest}/{quote(self.file_name)}"

    @property
    def file_name(self) -> str:
        return self.name.rpartition("/")[2]


class Flawed(msgspec.Struct, frozen=True):
    mark: Mark
    why: str


class Place(msgspec.Struct, frozen=True):
    """A folder of files. `label` is how a sentence begins that names one of them."""

    folder: Path
    label: str
    is_upload: bool


class Stopped(Exception):
    """The process ends while a large file was being read."""


class Shelf:
    """What lies there: `names` and `served` (digest and file name) lead to it, `problems` say what does not work and why.

    Where both folders have a name, the first one's file counts.
    """

    def __init__(
        self, looked: Mapping[Path, Asset | Flawed] | None = None, problems: tuple[str, ...] = ()
    ) -> None:
        self.looked = dict(looked or {})
        found = [one for one in self.looked.values() if isinstance(one, Asset)]
        self.names: dict[str, Asset] = {}
        for asset in found:
            self.names.setdefault(asset.name, asset)
        self.served = {(asset.digest, asset.file_name): asset for asset in found}
        self.problems = problems


def look(places: tuple[Place, ...], before: Shelf, *, stop: Event) -> Shelf:
    """The shelf as it is now; files that have not changed since `before` are not read again. Raises `Stopped`."""
    looked: dict[Path, Asset | Flawed] = {}
    problems: list[str] = []
    for place in places:
        found = list(_files(place.folder))
        if len(found) > FILES_MOST:
            problems.append(
                f"{place.label} holds more than {FILES_MOST} files; those after {found[FILES_MOST - 1][0]!r} are left out"
            )
        for name, path in found[:FILES_MOST]:
            try:
                stat = path.stat()
                mark = (stat.st_size, stat.st_mtime_ns)
                known = before.looked.get(path)
                one = (
                    known
                    if known is not None and known.mark == mark
                    else _looked(name, path, mark, place, stop)
                )
            except OSError as error:
                one = Flawed((0, 0), f"cannot be read: {error.strerror}")
            looked[path] = one
            if isinstance(one, Flawed):
                problems.append(f"{place.label}/{name} {one.why}")
    return Shelf(looked, tuple(problems))


def is_as_seen(asset: Asset) -> bool:
    """Whether the file still is the one that its address names."""
    try:
        stat = asset.path.stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == asset.mark


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """(name below the folder, path), in order; hidden files and what lies deeper than three folders are passed over."""
    for here, folders, files in os.walk(folder):
        depth = len(Path(here).relative_to(folder).parts)
        folders[:] = sorted(one for one in folders if not one.startswith(".") and depth + 1 < DEPTH_MOST)
        for file in sorted(files):
            path = Path(here, file)
            if not file.startswith(".") and path.suffix.lower() not in PASSED_OVER:
                yield path.relative_to(folder).as_posix(), path


def _looked(name: str, path: Path, mark: Mark, place: Place, stop: Event) -> Asset | Flawed:
    if len(name) > NAME_MOST or not name.isprintable():
        return Flawed(mark, f"has a name that cannot be used; at most {NAME_MOST} plain characters, please")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            form = form_of(head)
            most = most_bytes(form)
            if mark[0] > most:
                return Flawed(mark, f"is larger than {most // 1_000_000} MB; save it smaller")
            digest = hashlib.sha256(head)
            while chunk := file.read(CHUNK_BYTES):
                if stop.is_set():
                    raise Stopped
                digest.update(chunk)
                if form.kind is Kind.CAPTIONS:
                    head += chunk
        if form.kind is Kind.CAPTIONS:
            head.decode("utf-8")
    except Unfit as unfit:
        return Flawed(mark, str(unfit))
    except UnicodeDecodeError:
        return Flawed(mark, "is not written in UTF-8; save it again as UTF-8")
    return Asset(name, form, digest.hexdigest(), mark[0], place.is_upload, path, mark)


def most_bytes(form: Form) -> int:
    return SVG_MOST if form is SVG else BYTES_MOST[form.kind]
