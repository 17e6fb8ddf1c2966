"""From a table to frozen structs, with every mistake named at once.

Nothing here knows which settings exist: `build` reads a struct's annotations. `msgspec.Meta` gives ranges and
the description; a plain function in the annotation is a check, which returns the value in its one spelling or
raises `ValueError` with what stands after the key in the sentence.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from wall.secret import Secret
from wall.settings_file import Notes, Table

Check = Callable[[Any], Any]
S = TypeVar("S", bound=msgspec.Struct)


class Hint:
    """A field's annotation, taken apart."""

    def __init__(self, annotation: Any) -> None:
        self.meta: list[msgspec.Meta] = []
        self.checks: list[Check] = []
        self.base = self._strip(annotation)

    def _strip(self, annotation: Any) -> Any:
        if get_origin(annotation) is Annotated:
            inner, *extras = get_args(annotation)
            for extra in extras:
                if isinstance(extra, msgspec.Meta):
                    self.meta.append(extra)
                else:
                    self.checks.append(extra)
            return self._strip(inner)
        if get_origin(annotation) in (Union, UnionType):
            kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
            return self._strip(kinds[0]) if len(kinds) == 1 else annotation
        return annotation

    @property
    def item(self) -> Hint | None:
        """The hint of a list's items."""
        return Hint(get_args(self.base)[0]) if get_origin(self.base) in (tuple, list) else None

    @property
    def is_secret(self) -> bool:
        return self.base is Secret

    @property
    def choices(self) -> tuple[str, ...]:
        return get_args(self.base) if get_origin(self.base) is Literal else ()

    def limit(self, name: str) -> Any:
        return next((value for meta in self.meta if (value := getattr(meta, name)) is not None), None)

    def has_room(self, count: int) -> bool:
        """Whether a list may hold this many."""
        most = self.limit("max_length")
        return bool((self.limit("min_length") or 0) <= count and (most is None or count <= most))

    @property
    def description(self) -> str:
        return self.limit("description") or ""

    def wanted(self) -> str:
        """What may stand there, as the end of "must be …"."""
        shape = (self.limit("extra") or {}).get("shape")
        if shape:
            return str(shape)
        if self.choices:
            return f"one of {', '.join(map(repr, self.choices))}"
        if self.item is not None:
            return f"a list{self._bounds('of')}, each {self.item.wanted()}"
        if self.base in (int, float):
            return f"a {'whole ' if self.base is int else ''}number{self._bounds('from')}"
        if self.base in (str, Secret):
            bounds = self._bounds("of")
            return f"text{bounds} characters on one line" if bounds else "text"
        if get_origin(self.base) in (Union, UnionType):
            return " or ".join(Hint(kind).wanted() for kind in get_args(self.base) if kind is not NoneType)
        words = {bool: "true or false", date: "a date like 2026-12-31"}
        return words.get(self.base, "a table of settings")

    def _bounds(self, word: str) -> str:
        """The range in words, a space before them; nothing without one."""
        least = self.limit("ge") if self.limit("ge") is not None else self.limit("min_length")
        most = self.limit("le") if self.limit("le") is not None else self.limit("max_length")
        if least is not None and most is not None:
            return f" {word} {least} to {most}"
        if least is None and most is None:
            return ""
        return f" of at most {most}" if least is None else f" of at least {least}"


def build(
    kind: type[S], table: Any, *, where: str, notes: Notes, known: Mapping[str, Iterable[str]]
) -> S | None:
    """The struct, or None with the reasons in `notes`. `known` (section -> keys) gives the nearest name."""
    if not isinstance(table, dict):
        notes.problem(
            where, f" must be a table of settings, not {shown(table)}; write [{where}] above its keys"
        )
        return None
    values: Table = {}
    before = len(notes.problems)
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in table:
        if name not in fields:
            notes.problem(f"{where}.{name}", f" is not a setting{nearest(name, where=where, known=known)}")
    for name, field in fields.items():
        key = f"{where}.{name}"
        if table.get(name) is not None:
            values[name] = convert(Hint(field.type), table[name], key=key, notes=notes)
        elif name not in table and field.required:
            notes.problem(key, f" is missing; it must be {Hint(field.type).wanted()}")
    return kind(**values) if len(notes.problems) == before else None


def convert(hint: Hint, value: Any, *, key: str, notes: Notes) -> Any:
    if hint.item is not None:  # also for list[…]: a frozen struct holds a tuple
        if not isinstance(value, (list, tuple)) or not hint.has_room(len(value)):
            notes.problem(key, f" must be {hint.wanted()}, not {shown(value)}")
            return None
        items = [convert(hint.item, item, key=f"{key}[{n}]", notes=notes) for n, item in enumerate(value, 1)]
        return _checked(hint, tuple(items), key=key, notes=notes) if None not in items else None
    target: Any = Annotated[(hint.base, *hint.meta)] if hint.meta else hint.base
    try:
        done = msgspec.convert(value, target, dec_hook=_as_secret)
    except (msgspec.ValidationError, NotImplementedError):
        word = "a secret" if hint.is_secret else shown(value)
        near = _nearest_choice(value, hint.choices)
        notes.problem(key, f" must be {hint.wanted()}, not {word}{near}")
        return None
    return _checked(hint, done, key=key, notes=notes)


def _checked(hint: Hint, value: Any, *, key: str, notes: Notes) -> Any:
    for check in hint.checks:
        try:
            value = check(value)
        except ValueError as error:
            is_hidden = isinstance(value, Secret) and not hint.is_secret
            notes.problem(key, f" must be {hint.wanted()}, not a secret" if is_hidden else f": {error}")
            return None
    return value


def _as_secret(kind: type, value: Any) -> Any:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise NotImplementedError


def from_text(hint: Hint, text: str) -> Any:
    """A value given in the environment or as a flag, as TOML would have given it; left as text in doubt."""
    if hint.item is not None:
        return [from_text(hint.item, part.strip()) for part in text.split(",") if part.strip()]
    if hint.base is bool:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower(), text)
    if hint.base in (int, float, date):
        parse = date.fromisoformat if hint.base is date else hint.base
        try:
            return parse(text.strip())
        except ValueError:
            return text
    return text


def nearest(name: str, *, where: str, known: Mapping[str, Iterable[str]]) -> str:
    """The end of "… is not a setting": the name that was probably meant, or what there is."""
    here = list(known.get(where, ()))
    prefix = f"{where}." if where else ""
    if close := difflib.get_close_matches(name, here, n=1):
        return f"; did you mean {prefix}{close[0]}?"
    for section, names in known.items():
        if section != where and name in names:
            return f"; did you mean {section}.{name}?"
    return f"; here stand {', '.join(here)}" if here else ""


def _nearest_choice(value: Any, choices: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(value.lower(), choices, n=1) if isinstance(value, str) else []
    return f"; did you mean {close[0]!r}?" if close else ""


def shown(value: Any) -> str:
    """A foreign value in a sentence, cut short. A secret shows as •••."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
