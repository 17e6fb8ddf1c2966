"""Jetstream, the firehose of the AT Protocol as JSON: its two wires, its compression, its places to resume at.

v1 is `/subscribe`: bare events, a cursor in microseconds, silently clamped to what the server still has. v2 is
`/xrpc/network.bsky.jetstream.subscribeEvents`: events in an envelope, an inclusive cursor of the server's own
sequence numbers, refused when it is too old. Both are read here into the shape of v1. Documented at
https://github.com/bluesky-social/jetstream (README, docs/README.md and lexicons/).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
import zstandard

from ingest.contract import SourceLost
from ingest.transport import read_json

POSTS: Final = "app.bsky.feed.post"
V2_PATH: Final = "/xrpc/network.bsky.jetstream.subscribeEvents"
DICTIONARY_PATH: Final = "/xrpc/network.bsky.jetstream.getZstdDictionary"
OVERLAP_US: Final = 5_000_000
OTHER_HOST_OVERLAP_US: Final = 90_000_000  # each server has its own clock and numbers
FRAME_MAX: Final = 8 * 2**20

_V2_TYPE = "network.bsky.jetstream.subscribeEvents#"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POSITION = re.compile(r"(?:(\d{1,19})@([^@/\s]{1,255})/)?(\d{1,16})\Z", re.ASCII)

Event = dict[str, Any]


class BrokenFrame(Exception):
    """A frame that is not what its wire promises; the message says why. The next one may be fine."""


class Position(msgspec.Struct, frozen=True):
    """A place in the stream: microseconds since 1970 and, on v2, a sequence number of one `host`."""

    time_us: int
    seq: int | None = None
    host: str = ""

    def __str__(self) -> str:
        return str(self.time_us) if self.seq is None else f"{self.seq}@{self.host}/{self.time_us}"


def read_position(text: str | None) -> Position | None:
    """What `str(position)` wrote; None for anything else."""
    match = _POSITION.match(text or "")
    if match is None:
        return None
    seq, host, time_us = match.groups()
    return Position(int(time_us), int(seq) if seq else None, host or "")


class Wire(Protocol):
    """How one of the two wires asks, and how its events read."""

    def query(self, since: Position | None, *, dictionary_id: int | None) -> list[tuple[str, str]]:
        """The parameters of the address. `since` None begins with what happens now."""

    def read(self, raw: Event) -> Event | None:
        """An event in the shape of v1, or None when there is nothing in it. Raises `SourceLost` on an error frame.

        Beyond v1's kinds there are "sync" and "info" (`{"kind": "info", "info": {"name", "message"}}`).
        """

    def position(self, event: Event) -> Position | None:
        """Where `event` (as `read` gave it) stands."""


class V1:
    def query(self, since: Position | None, *, dictionary_id: int | None) -> list[tuple[str, str]]:
        query = [("wantedCollections", POSTS)]
        if since is not None:
            query.append(("cursor", str(max(0, since.time_us - OVERLAP_US))))
        if dictionary_id is not None:
            query.append(("compress", "true"))
        return query

    def read(self, raw: Event) -> Event | None:
        return raw if isinstance(raw.get("kind"), str) else None

    def position(self, event: Event) -> Position | None:
        time_us = _whole(event.get("time_us"))
        return None if time_us is None else Position(time_us)


class V2:
    def __init__(self, host: str) -> None:
        self._host = host

    def query(self, since: Position | None, *, dictionary_id: int | None) -> list[tuple[str, str]]:
        query = [("kinds", kind) for kind in ("commit", "identity", "account", "sync")]
        query.append(("collections", POSTS))
        if since is not None:
            is_own = since.seq is not None and since.host == self._host
            # The server takes numbers from 10^15 on for microseconds.
            after = since.seq if is_own else max(0, since.time_us - OTHER_HOST_OVERLAP_US)
            query.append(("cursor", str(after)))
        if dictionary_id is not None:
            query.append(("zstdDictionary", str(dictionary_id)))
        return query

    def read(self, raw: Event) -> Event | None:
        if raw.get("$type") == "error":
            raise SourceLost(f"the server ended the stream: {_said(raw)}")
        payload = raw.get("payload")
        if raw.get("$type") != "message" or not isinstance(payload, dict):
            return None
        kind = str(payload.get("$type")).removeprefix(_V2_TYPE)
        if kind == "info":
            return {"kind": kind, "info": payload}
        event = {
            "did": payload.get("did"),
            "time_us": _microseconds(payload.get("witnessedAt")) or _microseconds(payload.get("time")),
            "cursor": payload.get("seq"),
            "kind": kind,
        }
        if kind == "commit":
            names = ("rev", "operation", "collection", "rkey", "record", "cid")
            return {**event, "commit": {name: payload[name] for name in names if name in payload}}
        return {**event, kind: payload.get(kind)} if kind in ("identity", "account", "sync") else None

    def position(self, event: Event) -> Position | None:
        seq, time_us = _whole(event.get("cursor")), _whole(event.get("time_us"))
        return None if seq is None else Position(time_us or 0, seq, self._host)


class Dictionary:
    """A zstd dictionary, with which every frame of a compressed stream is read."""

    def __init__(self, content: bytes) -> None:
        """Raises `ValueError` when it is none."""
        try:
            prepared = zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_FULLDICT)
            self._reader = zstandard.ZstdDecompressor(dict_data=prepared)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from None
        self.id: int = prepared.dict_id()
        if not self.id:
            raise ValueError("it has no id")

    def expand(self, frame: bytes) -> bytes:
        """The JSON in a frame, of at most `FRAME_MAX` bytes. Raises `BrokenFrame`, or `SourceLost` when the
        frame wants another dictionary."""
        try:
            size = zstandard.frame_content_size(frame)
            if size > FRAME_MAX:
                raise BrokenFrame(f"a frame of {size} bytes")
            if size >= 0:
                return self._reader.decompress(frame, max_output_size=FRAME_MAX)
            with self._reader.stream_reader(frame) as stream:
                content = stream.read(FRAME_MAX + 1)
        except zstandard.ZstdError as error:
            if (wanted := _dictionary_id(frame)) not in (0, self.id):
                raise SourceLost(f"the server changed its zstd dictionary to {wanted}") from None
            raise BrokenFrame(str(error)) from None
        if len(content) > FRAME_MAX:
            raise BrokenFrame(f"a frame of more than {FRAME_MAX} bytes")
        return content


class Server:
    """One Jetstream server: its address, its wire, and its dictionary once there is one."""

    def __init__(self, ws_url: str, *, wire: Literal["auto", "v1", "v2"] = "auto") -> None:
        self._parts = urlsplit(ws_url)
        is_v2 = wire == "v2" or (wire == "auto" and self._parts.path.startswith("/xrpc/"))
        self.is_v2 = is_v2
        self.host = self._parts.netloc.rpartition("@")[2].lower()
        self.dictionary: Dictionary | None = None
        self._wire: Wire = V2(self.host) if is_v2 else V1()

    @property
    def dictionary_url(self) -> str:
        scheme = "https" if self._parts.scheme == "wss" else "http"
        return urlunsplit((scheme, self._parts.netloc, DICTIONARY_PATH, "", ""))

    def address(self, since: Position | None) -> str:
        path = self._parts.path if self._parts.path.strip("/") else V2_PATH if self.is_v2 else "/subscribe"
        own = self._wire.query(since, dictionary_id=self.dictionary.id if self.dictionary else None)
        query = urlencode([*parse_qsl(self._parts.query), *own])
        return urlunsplit((self._parts.scheme, self._parts.netloc, path, query, ""))

    def unpack(self, frame: str | bytes) -> bytes:
        """The bytes of one JSON text. Raises `BrokenFrame` or `SourceLost`."""
        if isinstance(frame, str):
            return frame.encode()
        return self.dictionary.expand(frame) if self.dictionary else frame

    def read(self, frame: bytes) -> Event | None:
        """An event in the shape of v1, None when there is nothing in it. Raises `BrokenFrame` or `SourceLost`."""
        try:
            raw = read_json(frame)
        except ValueError:
            raise BrokenFrame("not JSON") from None
        if not isinstance(raw, dict):
            raise BrokenFrame("not an object")
        return self._wire.read(raw)

    def position(self, event: Event) -> Position | None:
        return self._wire.position(event)

    def place(self, frame: bytes) -> Position | None:
        """Where an unread frame stands; None when it does not tell."""
        try:
            event = self.read(frame)
        except (BrokenFrame, SourceLost):
            return None
        return None if event is None else self.position(event)


def moment(time_us: Any) -> datetime | None:
    """Microseconds since 1970 as a time; None for what is none."""
    whole = _whole(time_us)
    try:
        return None if whole is None else _EPOCH + timedelta(microseconds=whole)
    except OverflowError:
        return None


def _microseconds(value: Any) -> int | None:
    try:
        when = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    try:
        since = (when if when.tzinfo else when.replace(tzinfo=UTC)) - _EPOCH
    except OverflowError:
        return None
    return since // timedelta(microseconds=1)


def _whole(value: Any) -> int | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
    return value if is_whole else None


def _said(raw: Event) -> str:
    said = ": ".join(text for name in ("error", "message") if isinstance(text := raw.get(name), str))
    return " ".join(said.split())[:200] or "without a reason"


def _dictionary_id(frame: bytes) -> int:
    try:
        return int(zstandard.get_frame_parameters(frame).dict_id)
    except zstandard.ZstdError:
        return 0
