"""Themes: how the public screens are dressed. Parvis' own, those beside the settings file, those saved at the desk.

The last of these stands before the others of its name; `night` and `day` are always Parvis' own. A theme with a mistake,
or one that could not be read from afar, is left out with every reason, and its screens wear the settings' theme.
"""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from display.gallery import Files
from display.theme import HOUSE, NAME, SIDES, Theme, read_theme
from display.theme_contrast import failing, pairs_of
from display.theme_sheet import faces, fonts, properties, shared, sheet
from wall.settings import Settings
from wall.settings_file import Notes, read_table

log = logging.getLogger("parvis.themes")

HERE = Path(__file__).parent / "themes"
FOLDER = "themes"
SECTION = "screen"
BASE = "night"  # its file holds Parvis' own colours, of both sides
EVERY_S = 3.0
SHEETS_KEPT = 64
MOST_FILES = 60
STORED = ("rev", "by", "at")

Origin = Literal["house", "settings", "desk"]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A theme under its name. `rev` counts its saves at the desk, 0 before the first."""

    name: str
    origin: Origin
    theme: Theme
    rev: int = 0
    by: str = ""
    at: str = ""


class Themes:
    """`saved` gives what stands in the store, by name; `files` are the organiser's; `now` is the server's clock."""

    def __init__(
        self,
        settings: Settings,
        *,
        saved: Callable[[], Mapping[str, Mapping[str, Any]]],
        files: Files | None = None,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._settings = settings
        self._saved = saved
        self.files = files
        self._now = now
        self._folder = folder_of(settings)
        self._stamp = _stamp(self._folder)
        self._found: dict[str, Known] | None = None
        self._sheets: dict[str, str] = {}
        self._hrefs: dict[str, str] = {}
        self.problems: list[str] = []
        self.base = house()[BASE].theme
        self.followers: list[Callable[[], None]] = []

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Follows the folder until it is left."""
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch())
            try:
                yield
            finally:
                watching.cancel()

    async def _watch(self) -> None:
        while self._folder is not None:
            await asyncio.sleep(EVERY_S)
            stamp = await asyncio.to_thread(_stamp, self._folder)
            if stamp != self._stamp:
                self._stamp = stamp
                self.forget()
                for follower in self.followers:
                    follower()

    def forget(self) -> None:
        """What a name leads to may be another now: it is looked up again."""
        self._found = None
        self._hrefs.clear()

    def all(self) -> dict[str, Known]:
        """Every theme that can be worn, by name: Parvis' own, then the organiser's."""
        if self._found is None:
            before, notes = self.problems, Notes()
            self._found = {**house(), **_of_folder(self._folder, base=self.base, notes=notes)}
            for name, raw in sorted(self._saved().items()):
                if (one := _of_desk(name, raw, base=self.base, notes=notes)) is not None:
                    self._found[name] = one
            self.problems = notes.problems
            for problem in self.problems:
                if problem not in before:
                    log.warning("%s", problem)
        return self._found

    def get(self, name: str) -> Known | None:
        return self.all().get(name)

    def worn(self, wanted: str) -> Known:
        """What a screen wears that was told `wanted`, "" for nothing."""
        known = self.all()
        return known.get(wanted) or known.get(self._settings.screen.theme) or known[BASE]

    def json(self, wanted: str, _screen: str = "") -> dict[str, Any]:
        """A screen's theme as its page reads it."""
        one = self.worn(wanted)
        return {
            "name": one.name,
            "mode": self.side_now(one.theme),
            "href": self._href(one),
            **self.more(one.theme),
        }

    def side_now(self, theme: Theme) -> str:
        if theme.shared.mode != "auto":
            return theme.shared.mode
        from_, to = theme.shared.day_hours.split("-")
        return "day" if from_ <= f"{self._now():%H:%M}" < to else "night"

    def more(self, theme: Theme) -> dict[str, Any]:
        """What of a theme is no colour; what is Parvis' own is left out."""
        told: dict[str, Any] = {}
        if theme.shared.mode == "auto":
            told["auto"] = theme.shared.day_hours
        if theme.shared.motion != 1:
            told["motion"] = theme.shared.motion
        logos = {side: url for side in SIDES if (url := self.url(theme.logo(side)))}
        if logos:
            told["logo"] = logos
        grounds: dict[str, Any] = {}
        for side in SIDES:
            file, dim = theme.background(side)
            if url := self.url(file):
                kind = str(self.files.kind(file)) if self.files else ""
                grounds[side] = {"url": url, "kind": kind, "dim": dim}
        if grounds:
            told["background"] = grounds
        if there := faces(theme, self.url):
            told["faces"] = [{"family": family, "url": url} for family, url in there.items()]
        return told

    def url(self, name: str) -> str | None:
        return self.files.url(name) if name and self.files else None

    def tried(self, theme: Theme) -> dict[str, Any]:
        """For a preview of what is not saved: the properties of both sides instead of a style sheet."""
        sides, there = properties(theme, self.base), faces(theme, self.url)
        both = {**shared(theme), **fonts(theme, there)}
        return {
            "properties": {side: {**both, **sides[side]} for side in SIDES},
            **self.more(theme),
        }

    # -- style sheets -----------------------------------------------------------------------------------------

    def _href(self, one: Known) -> str:
        if one.name not in self._hrefs:
            text = sheet(one.theme, self.base, self.url)
            file = f"{one.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.css"
            if text:
                self._sheets.pop(file, None)
                self._sheets[file] = text
            while len(self._sheets) > SHEETS_KEPT:
                self._sheets.pop(next(iter(self._sheets)))
            self._hrefs[one.name] = f"/theme/{file}" if text else ""
        return self._hrefs[one.name]

    def sheet(self, file: str) -> str | None:
        """What stands under `/theme/<file>`."""
        for one in () if file in self._sheets else self.all().values():
            self._href(one)
        return self._sheets.get(file)


def house() -> dict[str, Known]:
    """Parvis' own themes, night and day first. A mistake in them is ours: `ValueError`."""
    found, notes = {}, Notes()
    for path in sorted(
        HERE.glob("*.toml"), key=lambda path: ((*HOUSE, path.stem).index(path.stem), path.stem)
    ):
        theme = read_theme(read_table(path, notes), where=path.stem, notes=notes)
        if theme is not None:
            found[path.stem] = Known(name=path.stem, origin="house", theme=theme)
    if notes.problems:
        raise ValueError("\n".join(notes.problems))
    return found


def folder_of(settings: Settings) -> Path | None:
    """Where an organiser's own theme files lie: beside the settings file."""
    return settings.folder / FOLDER if settings.path else None


def judged(
    table: Mapping[str, Any], *, where: str, base: Theme, notes: Notes, files: Files | None = None
) -> Theme | None:
    """A theme that can be worn: without a mistake, and readable. None with every reason in `notes`."""
    theme = read_theme(table, where=where, notes=notes, files=files)
    if theme is None:
        return None
    bad = [pair for pair in pairs_of(theme, base) if not pair.is_good]
    for pair in bad:
        notes.problem(*failing(pair, where))
    return None if bad else theme


def problems(settings: Settings) -> list[str]:
    """What is wrong with the organiser's theme files, and with the names that the settings give: for `parvis check`."""
    notes = Notes()
    own = house()
    found = {**own, **_of_folder(folder_of(settings), base=own[BASE].theme, notes=notes)}
    wanted = settings.screen.theme
    broken = {problem.split(".toml")[0] for problem in notes.problems}
    if wanted not in found and f"{FOLDER}/{wanted}" not in broken:
        close = difflib.get_close_matches(wanted, found, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(found)}"
        notes.problem(f"{SECTION}.theme", f": there is no theme {wanted!r}; {hint}")
    return notes.problems


def _of_folder(folder: Path | None, *, base: Theme, notes: Notes) -> dict[str, Known]:
    found = {}
    for path in sorted(folder.glob("*.toml"))[:MOST_FILES] if folder and folder.is_dir() else ():
        where, name = f"{FOLDER}/{path.name}", path.stem
        if not NAME.match(name):
            notes.problem(
                where, ": a theme's file is called after it: 1 to 40 of a-z, 0-9 and -, like fair.toml"
            )
        elif name in HOUSE:
            notes.problem(where, f": {name} is Parvis' own; give the file another name")
        else:
            table = read_table(path, notes)
            theme = judged(table, where=where, base=base, notes=notes) if table else None
            if theme is not None:
                found[name] = Known(name=name, origin="settings", theme=theme)
    return found


def _of_desk(name: str, raw: Mapping[str, Any], *, base: Theme, notes: Notes) -> Known | None:
    table = {key: value for key, value in raw.items() if key not in STORED}
    if name in HOUSE or not NAME.match(name):
        return None
    theme = judged(table, where=name, base=base, notes=notes)
    if theme is None:
        return None
    rev, by, at = (raw.get(key) for key in STORED)
    return Known(
        name=name,
        origin="desk",
        theme=theme,
        rev=rev if isinstance(rev, int) else 0,
        by=str(by or ""),
        at=str(at or ""),
    )


def _stamp(folder: Path | None) -> tuple[tuple[str, int, int], ...]:
    if folder is None:
        return ()
    try:
        paths = sorted(folder.glob("*.toml"))[:MOST_FILES]
        return tuple((path.name, (about := path.stat()).st_mtime_ns, about.st_size) for path in paths)
    except OSError:
        return ()
