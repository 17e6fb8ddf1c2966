"""What can be set about what screens show, and when: programmes of scenes.

Part of the one list of settings; see `wall/settings_shape.py`. Which layouts there are, and what each may be told, only
the display knows: `parvis check` asks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from wall import settings_checks as check
from wall.settings_build import build, shown
from wall.settings_file import Notes
from wall.settings_words import ONE_LINE

MAX_PROGRAMMES = 24
MAX_SCENES = 60
SHARES_MOST = 60  # percent of the seconds that sponsors may be promised together: the rest is the visitors'

LayoutName = Annotated[
    str,
    Meta(
        max_length=40,
        pattern=r"^[a-z][a-z0-9-]*\Z",
        description="How it is drawn.",
        extra={"shape": 'the name of a layout like "bento"'},
        examples=["bento"],
    ),
]
Hours = Annotated[
    str, Meta(max_length=20, extra={"shape": 'hours of the day like "09:00-18:00"'}), check.hours
]
Least = Annotated[int, Meta(ge=0, le=1_000_000)]


class WhenSettings(msgspec.Struct, frozen=True, kw_only=True):
    """At least so many of each; None asks for nothing of its own."""

    posts: Least | None = None
    photos: Least | None = None
    people: Least | None = None
    words: Least | None = None


class SceneSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One `[[programme.scene]]`. `options` are the layout's own, raw; `id` names a scene that the desk has saved."""

    layout: LayoutName
    seconds: Annotated[
        int, Meta(ge=5, le=3600, description="How long it stands at a time.", examples=[240])
    ] = 60
    hours: Annotated[
        Hours,
        Meta(
            description='Only at these hours, also over midnight: "22:00-06:00". Empty: at all.',
            examples=["09:00-18:00"],
        ),
    ] = ""
    when: Annotated[
        dict[str, Any],
        Meta(
            description="Only with at least so many posts, photos, people or words on the wall; the layout's own "
            "needs otherwise.",
            examples=[{"photos": 6}],
        ),
    ] = {}
    share: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description=f"Percent of all seconds that a sponsor is promised, {SHARES_MOST} together; "
            "0 takes its turn.",
        ),
    ] = 0
    title: Annotated[str, Meta(max_length=60, pattern=ONE_LINE, description="What the desk calls it.")] = ""
    options: Annotated[
        dict[str, Any],
        Meta(description="The layout's own settings.", examples=[{"dwell_s": 8}]),
    ] = {}
    id: Annotated[
        str, Meta(pattern=r"^[a-z0-9-]{0,24}\Z", extra={"shape": "at most 24 of a-z, 0-9 and -"})
    ] = ""

    @property
    def least(self) -> dict[str, int]:
        """`when`, as whole numbers."""
        return {name: int(n) for name, n in self.when.items()}


class ProgrammeHead(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above a programme's scenes."""

    name: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z",
            description="Names the programme, at the desk too.",
            extra={"shape": "1 to 40 of a-z, 0-9 and -"},
            examples=["day"],
        ),
    ]
    screens: Annotated[
        tuple[
            Annotated[
                str,
                Meta(
                    pattern=r"^([a-z0-9][a-z0-9-]{0,39}|\*)\Z",
                    extra={"shape": 'the name of a screen like "hall-a", or "*"'},
                ),
            ],
            ...,
        ],
        Meta(
            max_length=200,
            description='The screens that follow it; "*", or [] in the first, is every screen that no programme names.',
            examples=[["hall-a"]],
        ),
    ] = ()


class ProgrammeSettings(ProgrammeHead, frozen=True, kw_only=True):
    """One `[[programme]]`: the order of scenes, for the screens named, or for those that no programme names."""

    scenes: tuple[SceneSettings, ...] = ()


PROGRAMME_KEYS = (*ProgrammeHead.__struct_fields__, "scene")
SCENE_KEYS = tuple(name for name in SceneSettings.__struct_fields__ if name != "id")
WHEN_KEYS = WhenSettings.__struct_fields__


def programmes(raw: Any, notes: Notes) -> tuple[ProgrammeSettings, ...]:
    """Every `[[programme]]` of the file; what is wrong goes to `notes`."""
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        notes.problem(
            "programme", " must be a list of tables; write [[programme]], in double brackets, above each"
        )
        return ()
    if len(raw) > MAX_PROGRAMMES:
        notes.problem("programme", f" may stand at most {MAX_PROGRAMMES} times, not {len(raw)}")
        return ()
    found: dict[str, ProgrammeSettings] = {}
    owner: dict[str, str] = {}
    for n, one in enumerate(raw, 1):
        where = f"programme[{n}]"
        built = programme(one, where=where, notes=notes)
        if built is None:
            continue
        if built.name in found:
            notes.problem(f"{where}.name", f": {built.name!r} is the name of another programme already")
        for screen in built.screens:
            if screen in owner:
                notes.problem(
                    f"{where}.screens",
                    f": {screen!r} follows the programme {owner[screen]!r} already; take it out of one of them",
                )
            owner.setdefault(screen, built.name)
        found[built.name] = built
    return tuple(found.values())


def programme(raw: Mapping[str, Any], *, where: str, notes: Notes) -> ProgrammeSettings | None:
    """One programme with its scenes, or None with the reasons in `notes`."""
    own = {key: value for key, value in raw.items() if key != "scene"}
    before = len(notes.problems)
    head = build(ProgrammeHead, own, where=where, notes=notes, known={where: PROGRAMME_KEYS})
    scenes = _scenes(raw.get("scene", []), where=where, notes=notes)
    if head is None or len(notes.problems) > before:
        return None
    return ProgrammeSettings(name=head.name, screens=head.screens, scenes=scenes)


def scene(raw: Any, *, where: str, notes: Notes) -> SceneSettings | None:
    """One scene, its layout's options unseen; None with the reasons in `notes`."""
    before = len(notes.problems)
    known = {where: SCENE_KEYS}
    built = build(SceneSettings, raw, where=where, notes=notes, known=known)
    when = raw.get("when") if isinstance(raw, Mapping) else None
    if isinstance(when, dict):
        least = build(
            WhenSettings, when, where=f"{where}.when", notes=notes, known={f"{where}.when": WHEN_KEYS}
        )
        if least is not None and built is not None:
            asked = {name: n for name in WHEN_KEYS if (n := getattr(least, name)) is not None}
            built = msgspec.structs.replace(built, when=asked)
    return built if len(notes.problems) == before else None


def _scenes(raw: Any, *, where: str, notes: Notes) -> tuple[SceneSettings, ...]:
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        notes.problem(
            f"{where}.scene",
            f" must be a list of tables, not {shown(raw)}; write [[programme.scene]] above each",
        )
        return ()
    if not 1 <= len(raw) <= MAX_SCENES:
        many = (
            f"at most {MAX_SCENES} times, not {len(raw)}"
            if raw
            else "at least once; write [[programme.scene]]"
        )
        notes.problem(f"{where}.scene", f" must stand {many}")
        return ()
    found = [scene(one, where=f"{where}.scene[{n}]", notes=notes) for n, one in enumerate(raw, 1)]
    whole = [one for one in found if one is not None]
    promised = sum(one.share for one in whole)
    if promised > SHARES_MOST:
        notes.problem(
            f"{where}.scene",
            f": the shares are {promised} percent together; promise at most {SHARES_MOST}, "
            "so that visitors' posts keep the rest",
        )
    return tuple(whole)
