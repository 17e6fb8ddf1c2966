"""Pictures on disk: whole or not at all, under what they are, and gone when they are gone."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wall.media.rendered import Rendered
from wall.media.store import YOUNG_S, MediaStore
from wall.model import Digest, Picture


def rendered(large: bytes = b"large", *, medium: bytes = b"medium", side: int = 640) -> Rendered:
    return Rendered(
        variants={"large": large, "medium": medium, "small": b"small"},
        width_px=side,
        height_px=side // 2,
        colour="#102030",
        dhashes=("0123456789abcdef", "", ""),
    )


FACE = Rendered(
    variants={"avatar": b"face"}, width_px=192, height_px=192, colour="#aabbcc", dhashes=("", "", "")
)


@pytest.fixture
def store(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


def files(store_root: Path) -> Iterator[str]:
    return (str(file.relative_to(store_root)) for file in sorted(store_root.rglob("*")) if file.is_file())


def aged(folder: Path) -> None:
    then = folder.stat().st_mtime - YOUNG_S - 1
    os.utime(folder, (then, then))


def test_a_picture_lies_under_the_digest_of_what_people_see(store: MediaStore, tmp_path: Path) -> None:
    digest = hashlib.sha256(b"large").hexdigest()
    assert store.put(rendered(), "La façade") == Picture(
        digest=Digest(digest), width_px=640, height_px=320, colour="#102030", alt="La façade"
    )
    folder = f"{digest[:2]}/{digest}"
    assert list(files(tmp_path / "media")) == [
        f"{folder}/{name}.webp" for name in ("large", "medium", "small")
    ]
    for name in ("large", "medium", "small"):
        path = store.path(digest, name)
        assert path is not None
        assert path.read_bytes() == name.encode()
    assert store.path(digest, "avatar") is None
    assert store.size() == len(b"largemediumsmall")


def test_an_avatar_is_its_own_picture(store: MediaStore) -> None:
    digest = store.put(FACE, "Inès").digest
    assert digest == hashlib.sha256(b"face").hexdigest()
    assert store.path(digest, "avatar") is not None
    assert store.path(digest, "large") is None


def test_a_picture_and_an_avatar_of_the_same_bytes_share_a_folder(store: MediaStore) -> None:
    face, picture = store.put(FACE), store.put(rendered(b"face", side=192))
    assert face.digest == picture.digest
    assert all(store.path(face.digest, name) for name in ("avatar", "small", "medium", "large"))


def test_the_same_picture_again_writes_nothing(store: MediaStore, tmp_path: Path) -> None:
    first = store.put(rendered())
    before = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in (tmp_path / "media").rglob("*.webp")]
    assert store.put(rendered(), "") == first
    assert [(p.stat().st_ino, p.stat().st_mtime_ns) for p in (tmp_path / "media").rglob("*.webp")] == before


@pytest.mark.parametrize(
    ("digest", "variant"),
    [
        ("", "large"),
        ("..", "large"),
        ("A" * 64, "large"),
        ("a" * 63, "large"),
        ("a" * 64 + "\n", "large"),
        ("a" * 65, "large"),
        ("٠" * 64, "large"),
        ("../../etc/passwd", "large"),
        ("a" * 62 + "/.", "large"),
        ("HAVE", "original"),
        ("HAVE", "large.webp"),
        ("HAVE", "../large"),
        ("HAVE", "Large"),
        ("HAVE", ""),
        ("HAVE", "large\0"),
        ("b" * 64, "large"),
    ],
)
def test_only_a_digest_and_a_variant_become_a_path(store: MediaStore, digest: str, variant: str) -> None:
    have = store.put(rendered()).digest
    assert store.path(have, "large") is not None
    assert store.path(have if digest == "HAVE" else digest, variant) is None


def test_a_variant_is_read_while_it_is_there(store: MediaStore) -> None:
    digest = store.put(rendered()).digest
    assert store.read(digest, "medium") == b"medium"
    assert store.read(digest, "avatar") is None
    assert store.read("../" + digest, "medium") is None
    assert store.remove(digest, even_young=True)
    assert store.read(digest, "medium") is None


def test_no_variant_leads_out_of_its_folder(store: MediaStore, tmp_path: Path) -> None:
    digest = store.put(rendered()).digest
    (tmp_path / "media" / digest[:2] / "secret.webp").write_bytes(b"secret")
    (tmp_path / "media" / digest[:2] / digest / "original.webp").write_bytes(b"secret")
    for variant in ("../secret", "original", f"{tmp_path}/media/{digest[:2]}/secret"):
        assert store.path(digest, variant) is None


def test_a_folder_or_a_foreign_digest_cannot_be_removed(store: MediaStore, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for digest in ("..", "../outside", "", "A" * 64):
        assert store.remove(Digest(digest), even_young=True)
    assert outside.is_dir()


def test_what_a_crash_left_behind_is_no_picture_until_it_is_put_again(
    store: MediaStore, tmp_path: Path
) -> None:
    digest = hashlib.sha256(b"large").hexdigest()
    folder = tmp_path / "media" / digest[:2] / digest
    folder.mkdir(parents=True)
    (folder / "small.webp").write_bytes(b"small")
    (folder / ".0123456789abcdef.part").write_bytes(b"lar")
    assert store.path(digest, "large") is None
    store.put(rendered())
    assert all(store.path(digest, name) for name in ("small", "medium", "large"))
    assert store.remove(Digest(digest), even_young=True)
    assert not list(files(tmp_path / "media"))


def test_a_full_disk_is_said_and_leaves_no_half_picture(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: the medium variant does not fit."""
    root = tmp_path / "media"
    script = f"""
import resource, signal
from pathlib import Path
from wall.media.store import MediaStore
from tests.media.test_store import rendered

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    MediaStore(Path({str(root)!r})).put(rendered(medium=b"x" * 5000))
except OSError as error:
    print(error.strerror)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=True
    )
    assert ended.stdout.strip() == "File too large"
    digest = hashlib.sha256(b"large").hexdigest()
    assert [file.rpartition("/")[2] for file in files(root)] == ["small.webp"]
    store = MediaStore(root)
    assert store.path(digest, "large") is None
    assert store.put(rendered(medium=b"x" * 5000)).digest == digest
    assert store.path(digest, "large") is not None


def test_a_young_picture_stays_for_its_post_may_be_on_its_way(store: MediaStore, tmp_path: Path) -> None:
    digest = store.put(rendered()).digest
    assert not store.remove(digest)
    assert store.path(digest, "large") is not None
    aged(tmp_path / "media" / digest[:2] / digest)
    store.put(rendered())  # wanted again: young again
    assert not store.remove(digest)
    aged(tmp_path / "media" / digest[:2] / digest)
    assert store.remove(digest)
    assert store.path(digest, "large") is None
    assert not list(files(tmp_path / "media"))


def test_removing_twice_or_what_never_was_is_as_good(store: MediaStore) -> None:
    digest = store.put(rendered()).digest
    assert store.remove(digest, even_young=True)
    assert store.remove(digest, even_young=True)
    assert store.remove(Digest("c" * 64))


def test_a_removal_that_was_interrupted_is_finished_by_the_next(store: MediaStore, tmp_path: Path) -> None:
    digest = store.put(rendered()).digest
    folder = tmp_path / "media" / digest[:2] / digest
    folder.rename(folder.with_name(f".{digest}"))
    assert store.path(digest, "large") is None
    assert store.remove(digest)
    assert not list(files(tmp_path / "media"))
    store.put(rendered())
    folder.rename(folder.with_name(f".{digest}"))
    store.put(rendered())
    assert store.remove(digest, even_young=True)
    assert not list(files(tmp_path / "media"))


def test_a_clock_that_was_set_back_does_not_keep_a_picture(store: MediaStore, tmp_path: Path) -> None:
    digest = store.put(rendered()).digest
    folder = tmp_path / "media" / digest[:2] / digest
    tomorrow = folder.stat().st_mtime + 86_400
    os.utime(folder, (tomorrow, tomorrow))
    assert store.remove(digest)


def test_puts_and_removals_at_once_never_leave_half_a_picture(store: MediaStore, tmp_path: Path) -> None:
    digest = Digest(hashlib.sha256(b"large").hexdigest())

    def put(_: int) -> None:
        assert store.put(rendered()).digest == digest

    def remove(_: int) -> None:
        store.remove(digest, even_young=True)

    with ThreadPoolExecutor(6) as hands:
        work = [hands.submit(remove if turn % 5 == 4 else put, turn) for turn in range(150)]
        for one in work:
            one.result(timeout=20)
    store.put(rendered())
    found = {name: store.path(digest, name) for name in ("small", "medium", "large")}
    assert {name: path and path.read_bytes() for name, path in found.items()} == {
        name: name.encode() for name in found
    }
    assert store.remove(digest, even_young=True)
    assert not list(files(tmp_path / "media"))


def test_folders_are_for_us_alone(store: MediaStore, tmp_path: Path) -> None:
    digest = store.put(rendered()).digest
    for folder in (
        tmp_path / "media",
        tmp_path / "media" / digest[:2],
        tmp_path / "media" / digest[:2] / digest,
    ):
        assert folder.stat().st_mode & 0o077 == 0
