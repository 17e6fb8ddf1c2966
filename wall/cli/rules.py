"""The moderation rules at the terminal: what each is set to, and what each says of recorded posts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wall.cli.example import toml
from wall.cli.recollection import Recollection
from wall.gate import Reason, Ruling
from wall.intake import make_card
from wall.letters import ELLIPSIS, sound
from wall.model import Author, Post, Span, plain
from wall.moderation import rules_for
from wall.moderation.facts import NO_FACTS, Facts
from wall.moderation.rule import Mode, Rule, judge
from wall.settings import Settings
from wall.text import clean, clean_name

TEXT_SHOWN = 90
LIST_SHOWN = 6
LINE_MAX = 1_000_000
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_S = 1e9
COLOURS = {Ruling.APPROVE: "green", Ruling.NOTE: "yellow", Ruling.HOLD: "magenta", Ruling.REJECT: "red"}


class _Timed(msgspec.Struct):
    at: float | None = None


class Tried(NamedTuple):
    """One line of the file: a post with what every rule said, or the reason why it is none."""

    number: int
    post: Post | None
    said: tuple[tuple[Ruling, Reason], ...] = ()
    ruling: Ruling | None = None
    problem: str = ""


def try_file(path: Path, settings: Settings) -> Iterator[Tried]:
    """Every line that is not blank, in order. Raises `OSError`."""
    rules = rules_for(settings.moderation)
    recollection = Recollection(settings.daily_cap_of)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.removeprefix(b"\xef\xbb\xbf").strip():
                continue
            post = read_post(line.removeprefix(b"\xef\xbb\xbf"), number=number)
            if post is None:
                continue
            if isinstance(post, str):
                yield Tried(number, None, problem=post)
                continue
            tried = try_post(
                post,
                rules,
                mode=Mode(settings.mode_of(post.source)),
                number=number,
                facts=recollection.facts_of(post, make_card(post), at=_time_of(line, post)),
                trust_after=settings.moderation.trust_after,
            )
            if tried.ruling is not None:
                recollection.settle(post, tried.ruling)
            yield tried


def try_post(
    post: Post,
    rules: tuple[Rule, ...],
    *,
    mode: Mode,
    number: int,
    facts: Facts = NO_FACTS,
    trust_after: int = 0,
) -> Tried:
    card = make_card(post)
    said: list[tuple[Ruling, Reason]] = []
    for rule in rules:
        ruling, reasons = judge(post, card, mode=Mode.POST, rules=(rule,), facts=facts)
        said += [(ruling, reason) for reason in reasons]
    ruling, _ = judge(post, card, mode=mode, rules=rules, facts=facts, trust_after=trust_after)
    return Tried(number, post, tuple(said), ruling)


def read_post(line: bytes, *, number: int) -> Post | str | None:
    """A neutral post, bare or as `{"post": {…}}`, its words cleaned as a network's are; else what is wrong.

    None is a recording's removal. Whatever names a post's place (network, source, instance, id, author) may be absent.
    """
    if len(line) > LINE_MAX:
        return "longer than 1 MB"
    try:
        raw = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"not JSON: {error}"
    fields: Any = raw.get("post", raw) if isinstance(raw, dict) else raw
    if not isinstance(fields, dict):
        return "not a post: it must be an object"
    if isinstance(fields.get("removal"), dict):
        return None
    present = {name: value for name, value in fields.items() if value is not None}
    if not present.keys() & set(Post.__struct_fields__):
        return 'not a post: it has none of its fields, such as {"spans": [{"text": "…"}]}'
    place = {"network": "file", "source": "file", "instance": "file", "native_id": str(number)}
    author = {"id": "?", "name": "?"}
    if isinstance(given := present.get("author"), dict):
        author |= given
    try:
        post = msgspec.convert({**place, **present, "author": author}, Post)
    except msgspec.ValidationError as error:
        return f"not a post: {error}"
    return msgspec.structs.replace(
        post,
        created_at=_aware(post.created_at),
        author=_cleaned(post.author),
        spans=tuple(Span(text, span.kind, span.href) for span in post.spans if (text := sound(span.text))),
        warning=clean(post.warning),
    )


def _time_of(line: bytes, post: Post) -> datetime:
    """When the line came in: its own seconds, else when the post was written, else with the first line."""
    try:
        at = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"), type=_Timed).at
    except msgspec.DecodeError:
        at = None
    if at is not None and 0 <= at <= LONGEST_S:
        return BEGIN + timedelta(seconds=at)
    return post.created_at or BEGIN


def _cleaned(author: Author) -> Author:
    return msgspec.structs.replace(author, name=clean_name(author.name), handle=clean_name(author.handle))


def _aware(when: datetime | None) -> datetime | None:
    return when.replace(tzinfo=UTC) if when is not None and when.tzinfo is None else when


def show_tried(path: Path, settings: Settings, console: Console | None = None) -> bool:
    """Draw the table; whether every line was a post. Raises `OSError`."""
    console = console or Console()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("line", "post", "what the rules said", "ruling"):
        table.add_column(heading, overflow="fold")
    counts: Counter[str] = Counter()
    is_whole = True
    for tried in try_file(path, settings):
        if tried.post is None or tried.ruling is None:
            is_whole = False
            table.add_row(str(tried.number), Text(sound(tried.problem)), "", Text("skipped", "dim"))
            continue
        counts[tried.ruling.value] += 1
        said = Text("\n").join(_sentence(ruling, reason) for ruling, reason in tried.said)
        ruling = Text(tried.ruling.value, COLOURS[tried.ruling])
        table.add_row(str(tried.number), _shown(tried.post), said, ruling)
    console.print(table)
    total = ", ".join(f"{counts[ruling.value]} {ruling.value}" for ruling in Ruling if counts[ruling.value])
    posts = sum(counts.values())
    console.print(f"{posts} post{'' if posts == 1 else 's'}{': ' if total else ''}{total}")
    return is_whole


def _sentence(ruling: Ruling, reason: Reason) -> Text:
    detail = f": {sound(reason.text)}" if reason.text else ""
    return Text.assemble((ruling.value, COLOURS[ruling]), f" {reason.rule}{detail}")


def _shown(post: Post) -> Text:
    words = " ".join(plain(post.spans).split())
    cut = words if len(words) <= TEXT_SHOWN else f"{words[: TEXT_SHOWN - 1]}{ELLIPSIS}"
    return Text.assemble((f"{post.author.name}: ", "bold"), cut)


def show_rules(settings: Settings, console: Console | None = None) -> None:
    """Draw the table of rules: each with the first sentence of its file, and what it is set to."""
    console = console or Console()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("rule", "what it looks for", "set in [moderation]"):
        table.add_column(Text(heading), overflow="fold", no_wrap=heading == "rule")
    for rule in rules_for(settings.moderation):
        about = (sys.modules[type(rule).__module__].__doc__ or "").partition("\n")[0]
        keys: tuple[str, ...] = getattr(rule, "settings", ())
        values = [f"{key} = {_short(getattr(settings.moderation, key))}" for key in keys]
        table.add_row(rule.name, Text(about), Text("\n".join(values) or "always on", "" if keys else "dim"))
    console.print(table)


def _short(value: Any) -> str:
    if isinstance(value, tuple) and len(value) > LIST_SHOWN:
        return f"{toml(value[:LIST_SHOWN])[:-1]}, {ELLIPSIS}]"
    return toml(value)
