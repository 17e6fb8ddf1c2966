"""Where the store of a data folder is found."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from wall.settings import Settings

LONGEST_SOCKET_PATH = 107  # bytes; the kernel's sun_path


def socket_path(data_dir: Path) -> Path:
    """Where the embedded server of this data folder listens.

    A path too long for a socket moves to a private folder with a name made from the data folder's.
    """
    usual = (data_dir / "redis" / "r.sock").absolute()
    if len(os.fsencode(usual)) <= LONGEST_SOCKET_PATH:
        return usual
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    name = hashlib.sha256(os.fsencode(usual)).hexdigest()[:16]
    return base / f"parvis-{os.getuid()}-{name}" / "r.sock"


def store_url(*, data_dir: Path, url: str | None) -> str:
    return url or f"unix://{socket_path(data_dir).absolute()}"


def store_url_of(settings: Settings) -> str:
    """`redis.url`, else the embedded server of the data folder."""
    given = settings.redis.url
    return store_url(data_dir=settings.data_dir, url=given.reveal() if given else None)
