"""A recording played again: JSON Lines `{"at": seconds, "post": {…}}` and `{"at": seconds, "removal": {…}}`.

For the built-in sample, for rehearsals and for tests. Posts have the shape of `wall.model.Post`; network, source
and instance are filled in where they are absent. A line that cannot be read is skipped and the rest is played.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from ingest.contract import Arrival, Feed, Link, Outcome, Raw, SourceOff, Traits
from ingest.values import address_of
from wall.letters import sound
from wall.model import Attachment, Post, Quote, Removal, Skip, Span
from wall.text import clean, clean_name

SAMPLES = {"sample": "posts.jsonl", "visitors": "visitors.jsonl"}
SAMPLE_FOLDER = Path(__file__).parent.parent / "sample"
FILE_MAX = 64_000_000
LINE_MAX = 1_000_000
AT_MAX_S = 86_400.0 * 31
LAP_PAUSE_S = 5.0
LAP_MARK = "~"
SPANS_MAX = 100
TEXT_MAX = 5000
MEDIA_MAX = 10

_NETWORK = re.compile(r"[a-z0-9_-]{1,40}")
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_SAMPLE_FILE = re.compile(r"sample:(?:(avatars|pictures)/)?([A-Za-z0-9_][A-Za-z0-9_.-]*)")


class ReplayOptions(msgspec.Struct, frozen=True, kw_only=True):
    file: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=4000,
            description='The recording; "sample" is the one that Parvis brings.',
        ),
    ] = "sample"
    speed: Annotated[
        float,
        Meta(ge=0, le=1000, description="How many times faster than recorded; 0 plays without waiting."),
    ] = 1.0
    loop: Annotated[bool, Meta(description="Whether it starts again at its end, with new ids.")] = False
    base_url: Annotated[str, Meta(max_length=2000, description="Not used: a recording has no server.")] = ""

    def __post_init__(self) -> None:
        if self.loop and not self.speed:
            raise ValueError(".speed must be above 0 where loop is true")


class Line(msgspec.Struct, frozen=True):
    """One line as it is in the file. `lap` counts the repeats from 0, `number` the lines from 1."""

    number: int
    lap: int
    text: bytes


class Replay:
    name: ClassVar[str] = "replay"
    traits: ClassVar[Traits] = Traits(
        title="Replay",
        needs_account=False,
        transports=("file",),
        sends_deletes=True,
        sends_edits=True,
        has_followers=True,
        is_resumable=False,
        attribution="",
        colour="#6b7280",
    )
    Options: ClassVar[type[msgspec.Struct]] = ReplayOptions

    def __init__(
        self,
        options: ReplayOptions,
        *,
        source: str,
        hashtags: tuple[str, ...],  # noqa: ARG002  # what is recorded was chosen when it was recorded
    ) -> None:
        self.options = options
        self.source = source
        sample = SAMPLES.get(options.file)
        self.path = SAMPLE_FOLDER / sample if sample else Path(options.file)

    # --- pure -------------------------------------------------------------------------------------------------

    def normalise(self, raw: Raw) -> Outcome:
        if not isinstance(raw, Line):
            return Skip("not-a-line")
        where = f"line {raw.number}"
        record = _record(raw.text)
        if record is None:
            return Skip("broken-line", where)
        _, kind, fields = record
        present = {name: value for name, value in fields.items() if value is not None}
        given = {"network": self.name, "instance": self.source, **present, "source": self.source}
        lap = f"{LAP_MARK}{raw.lap}" if raw.lap else ""
        try:
            if kind == "removal":
                removal = msgspec.convert(given, Removal)
                if not (removal.native_id or removal.author_id):
                    return Skip("no-id", where)
                native_id = removal.native_id + lap if removal.native_id else None
                return msgspec.structs.replace(removal, native_id=native_id)
            post = msgspec.convert(given, Post)
        except msgspec.ValidationError:
            return Skip("wrong-shape", where)
        if not (post.native_id and post.author.id):
            return Skip("no-id", where)
        return _sound(post, lap=lap)

    # --- the shell --------------------------------------------------------------------------------------------

    async def follow(self, feed: Feed, cursor: str | None) -> AsyncIterator[Arrival]:
        lines = await asyncio.to_thread(_read_lines, self.path)
        if not lines:
            raise SourceOff(f"{self.path} holds no lines to play")
        lap = self._first_lap(cursor)
        feed.report(Link.LIVE)
        while True:
            start = time.monotonic()
            for line in lines:
                due = start + (_at(line.text) / self.options.speed if self.options.speed else 0.0)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                yield Arrival(msgspec.structs.replace(line, lap=lap), cursor=str(lap))
            if not self.options.loop:
                raise SourceOff("the recording has been played to its end")
            await asyncio.sleep(LAP_PAUSE_S / max(1.0, self.options.speed))
            lap += 1

    def _first_lap(self, cursor: str | None) -> int:
        """A lap that was under way when we stopped is not resumed: the next one begins, with ids of its own."""
        if not self.options.loop or cursor is None or not cursor.isdecimal():
            return 0
        return int(cursor) + 1


def _read_lines(path: Path) -> list[Line]:
    """The lines that are not blank. Raises `SourceOff` when the file cannot be read."""
    try:
        if path.stat().st_size > FILE_MAX:
            raise SourceOff(f"{path} is larger than {FILE_MAX // 1_000_000} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise SourceOff(f"{path.absolute()} cannot be read: {error.strerror}") from None
    texts = raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [Line(number, 0, text) for number, text in enumerate(texts, 1) if text.strip()]


def _record(text: bytes) -> tuple[float, str, dict[str, Any]] | None:
    """(at, "post" or "removal", its fields) of a line; None when it is anything else."""
    if len(text) > LINE_MAX:
        return None
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    at = raw.get("at", 0)
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not 0 <= at <= AT_MAX_S:
        return None
    kinds = [kind for kind in ("post", "removal") if isinstance(raw.get(kind), dict)]
    return (float(at), kinds[0], raw[kinds[0]]) if len(kinds) == 1 else None


def _at(text: bytes) -> float:
    """Seconds from the start of a lap; a line that cannot be read is due at once."""
    record = _record(text)
    return record[0] if record else 0.0


def _sound(post: Post, *, lap: str) -> Post:
    """A recording is somebody's file: its words are cleaned like any network's, and it reaches no upload of ours."""
    author = post.author
    spool, avatar_url = _spooled(author.avatar_url, folder="avatars")
    quote = post.quote and Quote(
        clean_name(post.quote.author), tuple(_spans(post.quote.spans)), address_of(post.quote.url)
    )
    handle = clean_name(author.handle)
    attachments = (_attachment(one) for one in post.attachments[:MEDIA_MAX])
    return msgspec.structs.replace(
        post,
        network=post.network if _NETWORK.fullmatch(post.network) else Replay.name,
        native_id=post.native_id + lap,
        author=msgspec.structs.replace(
            author,
            name=clean_name(author.name) or handle or "?",
            handle=handle,
            url=address_of(author.url),
            avatar_url=avatar_url,
            avatar_spool=spool,
        ),
        spans=tuple(_spans(post.spans)),
        attachments=tuple(one for one in attachments if one.url or one.spool),
        url=address_of(post.url),
        created_at=_aware(post.created_at),
        edited_at=_aware(post.edited_at),
        lang=post.lang if _LANG.fullmatch(post.lang or "") else None,
        tags=tuple(clean_name(tag) for tag in post.tags),
        warning=clean(post.warning),
        quote=quote,
    )


def _spans(spans: tuple[Span, ...]) -> Iterator[Span]:
    for span in spans[:SPANS_MAX]:
        if text := sound(span.text[:TEXT_MAX]):
            yield Span(text, span.kind, address_of(span.href))


def _attachment(attachment: Attachment) -> Attachment:
    spool, url = _spooled(attachment.url, folder="pictures")
    poster = address_of(attachment.poster_url)
    return msgspec.structs.replace(
        attachment, url=url or "", spool=spool, poster_url=poster, alt=clean(attachment.alt)
    )


def _spooled(url: str | None, *, folder: str) -> tuple[str | None, str | None]:
    """(spool, url): `sample:name.jpg` is a picture that Parvis brings, anything else an address or nothing."""
    match = _SAMPLE_FILE.fullmatch(url or "")
    return (f"sample/{match[1] or folder}/{match[2]}", None) if match else (None, address_of(url))


def _aware(when: datetime | None) -> datetime | None:
    return when.replace(tzinfo=UTC) if when is not None and when.tzinfo is None else when
