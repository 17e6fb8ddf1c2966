"""Programmes: which scenes a screen shows, in which order. Those of the settings, those saved at the desk, and our own.

A programme that was saved at the desk stands before the settings' one of the same name. A screen follows the one that
the desk has sent it, else the one that names it (the newest first), else the one for every other screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from display.gallery import Files, Gallery, gallery
from wall.settings import ProgrammeSettings, SceneSettings, Settings
from wall.settings_file import Notes
from wall.settings_programme import programme as read_programme

OWN_NAME = "parvis"
OTHERS = "*"  # in `screens`: every screen that no programme names
TRIAL = "~"  # a trial's name is this and the screen's: no programme can be called so
FALLBACK = "bento"
WHERE = "programme"
SECTION = "screen"
SCREENS_TOP = 3600

Origin = Literal["house", "settings", "desk"]

# Posts most of the time; the others are passed over while the wall has too little for them.
OWN_SCENES: tuple[tuple[str, int, dict[str, int]], ...] = (
    ("bento", 240, {}),
    ("mosaic", 40, {"photos": 24}),
    ("bento", 180, {}),
    ("words", 25, {"posts": 20}),
    ("bento", 180, {}),
    ("join", 20, {"posts": 1}),
    ("bento", 180, {}),
    ("numbers", 25, {"posts": 30}),
)


class Programme(msgspec.Struct, frozen=True, kw_only=True):
    """One programme as the desk sees it. `rev` counts its saves at the desk, 0 before the first."""

    name: str
    origin: Origin
    screens: tuple[str, ...] = ()
    scenes: tuple[SceneSettings, ...] = ()
    rev: int = 0
    by: str = ""
    at: str = ""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A draft that one screen tries, above whatever it follows. `until` is in seconds since 1970."""

    screen: str
    scenes: tuple[SceneSettings, ...]
    until: float
    by: str
    rev: int


class Programmes:
    """`saved` gives what stands in the store, by name; `files` are the organiser's."""

    def __init__(
        self,
        settings: Settings,
        *,
        gallery: Gallery,
        saved: Callable[[], Mapping[str, Mapping[str, Any]]],
        files: Files | None = None,
    ) -> None:
        self._settings = settings
        self.gallery = gallery
        self._saved = saved
        self.files = files

    def all(self) -> dict[str, Programme]:
        """Every programme by name: the settings' in their order, else our own, then those made at the desk."""
        file = [_of_settings(one) for one in self._settings.programmes] or [self._own()]
        found = {one.name: one for one in file}
        for name, raw in sorted(self._saved().items()):
            if not name.startswith(TRIAL) and (one := _of_desk(name, raw)) is not None:
                found[name] = one
        return found

    def get(self, name: str) -> Programme | None:
        return self.all().get(name)

    def followed_by(self, screen: str, wanted: str = "") -> Programme:
        """What `screen` follows when the desk has sent it `wanted`, "" for nothing."""
        known = self.all()
        if wanted in known:
            return known[wanted]
        newest = sorted(
            known.values(), key=lambda one: one.at, reverse=True
        )  # the settings' keep their order
        for name in (screen, OTHERS):
            if named := next((one for one in newest if name in one.screens), None):
                return named
        given = self._settings.programmes
        unnamed = next((known[one.name] for one in given if not known[one.name].screens), None)
        return unnamed or known.get(OWN_NAME) or self._own()

    def json(self, wanted: str, screen: str) -> dict[str, Any]:
        """The programme of a screen as its page reads it."""
        trial = self.trial(screen)
        if trial is not None:
            return self.frame(TRIAL, trial.scenes)
        one = self.followed_by(screen, wanted)
        return self.frame(one.name, one.scenes)

    def frame(self, name: str, scenes: tuple[SceneSettings, ...]) -> dict[str, Any]:
        """Scenes with their layouts' traits and every option; those whose layout is not here are left out."""
        found = list(self._told(scenes))
        if not found:
            found = list(self._told((SceneSettings(layout=FALLBACK, seconds=SCREENS_TOP),)))
        return {"name": name, "scenes": found}

    def trial(self, screen: str) -> Trial | None:
        raw = self._saved().get(f"{TRIAL}{screen}")
        return None if raw is None else _trial(screen, raw)

    def trials(self) -> list[Trial]:
        found = [_trial(name[1:], raw) for name, raw in self._saved().items() if name.startswith(TRIAL)]
        return [trial for trial in found if trial is not None]

    def _told(self, scenes: tuple[SceneSettings, ...]) -> Iterator[dict[str, Any]]:
        for one, scene in zip(_ids(scenes), scenes, strict=True):
            layout = self.gallery.get(scene.layout)
            if layout is not None:
                yield {
                    "id": one,
                    "layout": scene.layout,
                    "seconds": scene.seconds,
                    "options": self.gallery.told(layout, scene.options, self.files),
                    "hours": scene.hours,
                    "when": {**layout.needs, **scene.least},
                    "share": scene.share,
                    "traits": layout.traits,
                }

    def _own(self) -> Programme:
        """What a wall shows that nobody has told anything: a beautiful evening, or the one layout of the settings."""
        only = self._settings.screen.layout
        if only:
            scenes: tuple[SceneSettings, ...] = (SceneSettings(layout=only, seconds=SCREENS_TOP),)
        else:
            scenes = tuple(
                SceneSettings(layout=layout, seconds=seconds, when=when)
                for layout, seconds, when in OWN_SCENES
                if self.gallery.get(layout) is not None
            )
        return Programme(name=OWN_NAME, origin="house", scenes=scenes)


def check_programme(
    name: str, raw: Mapping[str, Any], *, gallery: Gallery, files: Files | None, notes: Notes
) -> ProgrammeSettings | None:
    """A programme that somebody wants saved: {"screens": […], "scenes": […]}, every mistake of it in `notes`."""
    table = {key: value for key, value in raw.items() if key != "scenes"}
    scenes = raw.get("scenes", [])
    built = read_programme({**table, "name": name, "scene": scenes}, where=WHERE, notes=notes)
    for n, scene in enumerate(scenes if isinstance(scenes, list) else (), 1):
        if isinstance(scene, Mapping):
            gallery.check(
                scene.get("layout"),
                scene.get("options"),
                where=f"programme.scene[{n}]",
                notes=notes,
                files=files,
            )
    given = [scene.id for scene in built.scenes if scene.id] if built else []
    for twice in sorted({one for one in given if given.count(one) > 1}):
        notes.problem(f"{WHERE}.scene", f": two scenes have the id {twice!r}; leave one of them empty")
    return None if notes.problems else built


def problems(settings: Settings, files: Files | None = None) -> list[str]:
    """What is wrong with the layouts that the settings name, and with what these are told: for `parvis check`."""
    notes = Notes()
    here = gallery()
    only = settings.screen.layout
    if only and here.get(only) is None:
        notes.problem(f"{SECTION}.layout", here.unknown(only))
    for n, one in enumerate(settings.programmes, 1):
        for m, scene in enumerate(one.scenes, 1):
            at = f"programme[{n}].scene[{m}]"
            here.check(scene.layout, scene.options, where=at, notes=notes, files=files)
    return notes.problems


def programme_json(one: Programme) -> dict[str, Any]:
    """As the API gives it; every scene has an id."""
    return {
        "name": one.name,
        "origin": one.origin,
        "rev": one.rev,
        "by": one.by,
        "at": one.at or None,
        "screens": one.screens,
        "scenes": scenes_json(one.scenes),
    }


def scenes_json(scenes: tuple[SceneSettings, ...]) -> list[dict[str, Any]]:
    rows = [msgspec.to_builtins(scene) for scene in scenes]
    return [{**row, "id": one} for one, row in zip(_ids(scenes), rows, strict=True)]


def _ids(scenes: tuple[SceneSettings, ...]) -> list[str]:
    """Each scene's own id, else one by its place."""
    own = {scene.id for scene in scenes if scene.id}
    return [
        scene.id or next(name for k in range(len(scenes) + 1) if (name := f"s{n + k * 100}") not in own)
        for n, scene in enumerate(scenes, 1)
    ]


def _of_settings(one: ProgrammeSettings) -> Programme:
    return Programme(name=one.name, origin="settings", screens=one.screens, scenes=one.scenes)


def _of_desk(name: str, raw: Mapping[str, Any]) -> Programme | None:
    try:
        return msgspec.convert({**raw, "name": name, "origin": "desk"}, Programme)
    except msgspec.ValidationError:
        return None


def _trial(screen: str, raw: Mapping[str, Any]) -> Trial | None:
    try:
        return msgspec.convert({**raw, "screen": screen}, Trial)
    except msgspec.ValidationError:
        return None
