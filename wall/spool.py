"""Files that are ours already and wait to be looked at: visitors' uploads, and what a plug-in ships.

A name is "uploads/<file>" in the data folder, or "<pack>/<path>" in a package that an entry point of the group
`parvis.spools` names. Names come from our own code alone, and are checked all the same.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

UPLOADS = "uploads"
UPLOAD_LIFE_S = 86_400.0


class Spool:
    def __init__(self, data_dir: Path) -> None:
        self._uploads = data_dir / UPLOADS

    def put(self, data: bytes, *, name: str) -> str:
        """Store an upload durably under a name made from `name`; the same again replaces it. Returns its name."""
        self._uploads.mkdir(parents=True, exist_ok=True, mode=0o700)
        safe = hashlib.sha256(name.encode()).hexdigest()[:32]
        target = self._uploads / safe
        part = self._uploads / f"{secrets.token_hex(16)}.part"
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        return f"{UPLOADS}/{safe}"

    def path(self, name: str) -> Path | None:
        """Where a spooled file lies; None when there is none, or the name leads outside its folder."""
        pack, _, rest = name.partition("/")
        root = self._uploads if pack == UPLOADS else _pack_folder(pack)
        if root is None or not rest:
            return None
        path = (root / rest).resolve()
        return path if path.is_relative_to(root.resolve()) and path.is_file() else None

    def drop(self, name: str) -> None:
        """Forget an upload that has been dealt with; a pack's files stay."""
        path = self.path(name)
        if path is not None and name.startswith(f"{UPLOADS}/"):
            path.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove uploads that nobody came for within a day."""
        if not self._uploads.is_dir():
            return 0
        old = [p for p in self._uploads.iterdir() if time.time() - p.stat().st_mtime > UPLOAD_LIFE_S]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def _pack_folder(pack: str) -> Path | None:
    for point in entry_points(group="parvis.spools", name=pack):
        spec = find_spec(point.value)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent
    return None
