"""What visitors agree to, word by word. A version names the sentences that were read, so that it can be shown later.

There are three, apart from each other: to make the mosaic, to keep it until tomorrow, to show it on the wall. The first
is given by pressing the button under its sentence, the others by switches that are off.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import msgspec

from wall.catalogue import fill, read_words
from wall.settings import Settings

log = logging.getLogger("parvis.kiosk")

ASKED = ("make", "keep", "show")


class Consents:
    """The texts of this event in every language of the kiosk."""

    def __init__(self, settings: Settings) -> None:
        kiosk = settings.kiosk
        values = {
            "event": settings.event.name,
            "minutes": str(kiosk.fetch_min),
            "hours": str(kiosk.keep_h),
        }
        self.texts: dict[str, dict[str, str]] = {
            lang: {what: fill(read_words(lang)[f"kiosk.agree_{what}"], **values) for what in ASKED}
            for lang in kiosk.languages
        }
        self.versions = {lang: _version(texts) for lang, texts in self.texts.items()}

    def is_current(self, lang: str, version: str) -> bool:
        """Whether these are the sentences that a kiosk shows now."""
        return self.versions.get(lang) == version

    def keep(self, folder: Path) -> None:
        """Write down what was read under each version, for whoever must prove it; what is there stays."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for lang, version in self.versions.items():
                path = folder / f"{lang}-{version}.json"
                if not path.exists():
                    path.write_bytes(msgspec.json.encode(self.texts[lang]))
        except OSError as error:
            log.error("the texts of the consents cannot be written (%s): free some space", error.strerror)


def _version(texts: dict[str, str]) -> str:
    whole = "\n".join(texts[what] for what in ASKED)
    return hashlib.sha256(whole.encode()).hexdigest()[:12]
