"""One run of a source on a server that speaks the Mastodon API: stream, poll and re-check, side by side.

No stream is complete: posts that federate late, a restarted server and tags taken out by an edit are only
seen by asking again. So the tag timelines are read beside a stream too, only less often, and what is queued or
shown is asked for one by one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from ingest.contract import Arrival, Feed, Link, RateLimited, SourceLost, SourceOff
from ingest.fediverse.api import Api, Instance, Software
from ingest.fediverse.options import FediverseOptions
from ingest.fediverse.status import count_at, id_of, rows_at, text_at
from ingest.merge import merged
from ingest.quiet import pause
from ingest.transport import jitter, read_json

WS_DEADLINE_S: Final = 75.0  # the server pings every 30 s
SSE_DEADLINE_S: Final = 40.0  # the server says :thump every 15 s
OVERLAP: Final = timedelta(minutes=20)
PAGES_MAX: Final = 25
SHORT_PAGE: Final = 20  # no server is known to cap its pages below
MEMORY: Final = 5_000
REFUSED_PAUSE_S: Final = 600.0


class Run:
    """State of one `follow`: its cursor, what it has seen, and whether a stream is up."""

    def __init__(
        self,
        feed: Feed,
        *,
        api: Api,
        instance: Instance,
        choices: FediverseOptions,
        tags: tuple[str, ...],
        cursor: str | None,
    ) -> None:
        self._feed = feed
        self._api = api
        self._instance = instance
        self._choices = choices
        self._tags = tags
        self._cursor = _snowflake(cursor)
        self._local = choices.local_only
        self._is_live = False
        self._wake = asyncio.Event()
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._notes = {"access": instance.note}

    def arrivals(self) -> AsyncGenerator[Arrival, None]:
        sources = [self._poll(), self._recheck()]
        if self._choices.token is not None and self._choices.stream != "off":
            sources.append(self._stream())
        return merged(*sources)

    # --- polling ------------------------------------------------------------------------------------------

    async def _poll(self) -> AsyncGenerator[Arrival, None]:
        while True:
            self._wake.clear()
            try:
                async with aclosing(self._round()) as found:
                    async for arrival in found:
                        yield arrival
                self._tell()
            except RateLimited as limit:
                self._feed.report(Link.LIMITED, str(limit))
                await pause(limit.until)
                continue
            except SourceLost as error:
                if not self._is_live:
                    raise
                self._tell(f"asking beside the stream fails: {error}")
            await self._nap()

    async def _nap(self) -> None:
        """Until the next round, which a stream that came or went brings forward: there may be a gap."""
        try:
            async with asyncio.timeout(self._choices.reconcile_s if self._is_live else self._choices.poll_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _round(self) -> AsyncGenerator[Arrival, None]:
        """Every tag once. The cursor moves at the end of the round, when all it covers was handed over."""
        highest = self._cursor
        for tag in self._tags:
            async with aclosing(self._pages(tag)) as pages:
                async for page in pages:
                    for status in reversed(page):
                        if self._is_news(status):
                            yield Arrival({"event": "status", "payload": status})
                        highest = max(highest or 0, _snowflake_of(status) or 0) or None
        if highest != self._cursor and self._instance.software is Software.MASTODON:
            self._cursor = highest
            yield Arrival(None, cursor=str(highest))

    async def _pages(self, tag: str) -> AsyncGenerator[list[Any], None]:
        """The newest page when nothing is known yet; else all pages from 20 minutes below the cursor on.

        Mastodon makes the id of a remote post from its author's clock, so a post that arrives late has an id
        below others that are here already. `Link` headers are of no use: they lose parameters.
        """
        if self._cursor is None or self._instance.software is not Software.MASTODON:
            yield await self._page(tag, None)
            return
        floor = window_start(self._cursor, now=datetime.now(UTC))
        for _ in range(PAGES_MAX):
            page = await self._page(tag, str(floor))
            yield page
            top = max((_snowflake_of(status) or 0 for status in page), default=0)
            if len(page) < SHORT_PAGE or top <= floor:  # the end, or a server that turns in a circle
                return
            floor = top

    async def _page(self, tag: str, min_id: str | None) -> list[Any]:
        only_media = self._choices.only_media
        try:
            return await self._api.tag_page(tag, min_id=min_id, local=self._local, only_media=only_media)
        except SourceOff as refusal:
            if self._local:
                raise
            try:
                page = await self._api.tag_page(tag, min_id=min_id, local=True, only_media=only_media)
            except SourceOff:
                cure = "" if self._choices.token else "; set a user token (scope read:statuses)"
                raise SourceOff(f"{refusal}{cure}") from None
            self._local = True
            self._notes["local"] = "only posts of this server: it refuses those of others"
            return page

    # --- streaming ----------------------------------------------------------------------------------------

    async def _stream(self) -> AsyncGenerator[Arrival, None]:
        is_sse, attempt = self._choices.stream == "sse", 0
        while True:
            wait_s = jitter(attempt)
            try:
                async with aclosing(self._sse() if is_sse else self._websocket()) as events:
                    async for arrival in events:
                        attempt = 0
                        yield arrival
            except SourceOff as refusal:
                self._notes["stream"] = f"no stream: {refusal}"
                wait_s = REFUSED_PAUSE_S
            except RateLimited as limit:
                self._notes["stream"] = f"no stream: {limit}"
                wait_s = (limit.until - datetime.now(UTC)).total_seconds()
            except SourceLost as error:
                if self._choices.stream == "auto" and not self._is_live:
                    is_sse = not is_sse
                self._notes["stream"] = f"stream lost: {error}"
                self._feed.report(Link.RECONNECTING, str(error))
            attempt += 1
            self._is_live = False
            self._wake.set()
            await asyncio.sleep(wait_s)

    def _opened(self) -> None:
        self._is_live = True
        self._notes.pop("stream", None)
        self._tell()
        self._wake.set()

    async def _websocket(self) -> AsyncGenerator[Arrival, None]:
        """One socket for all tags. The first subscription travels in the address, for servers that ask for it."""
        first, *others = self._subscriptions()
        url = f"{self._streaming_url}/api/v1/streaming?{urlencode(first)}"
        async with self._feed.transport.ws(
            url, token=self._choices.token, deadline_s=WS_DEADLINE_S
        ) as socket:
            for subscription in others:
                await socket.send(msgspec.json.encode({"type": "subscribe", **subscription}).decode())
            self._opened()
            refusals = 0
            async for frame in socket:
                raw = _frame(frame)
                if "error" in raw:
                    # A refused subscription stays silent for ever, and the frame does not say which it is.
                    refusals += 1
                    yield Arrival(raw)
                    if raw.get("status") == 401 or refusals > len(others):
                        raise SourceOff(f"{text_at(raw, 'error')} ({raw.get('status')})")
                    self._tell(f"one tag is not streamed: {text_at(raw, 'error')}")
                elif self._is_news_event(raw):
                    yield Arrival(raw)
            raise SourceLost(f"the server closed the stream ({socket.close_code})")

    async def _sse(self) -> AsyncGenerator[Arrival, None]:
        """One connection a tag: server-sent events carry a single subscription each."""
        tags = [subscription.get("tag") for subscription in self._subscriptions()]
        async with aclosing(merged(*(self._events(tag) for tag in tags))) as events:
            async for arrival in events:
                yield arrival

    async def _events(self, tag: str | None) -> AsyncGenerator[Arrival, None]:
        stream = self._subscriptions()[0]["stream"].replace(":", "/")
        url = f"http{self._streaming_url.removeprefix('ws')}/api/v1/streaming/{stream}"
        params = {"tag": tag} if tag else None
        events = self._feed.transport.sse(
            url, params=params, token=self._choices.token, deadline_s=SSE_DEADLINE_S
        )
        async with aclosing(events):
            async for event in events:
                if not self._is_live:
                    self._opened()
                if not event.event or event.event == "message":
                    continue
                raw = _opened_payload({"event": event.event, "payload": event.data})
                if self._is_news_event(raw):
                    yield Arrival(raw)

    @property
    def _streaming_url(self) -> str:
        return (self._choices.ws_url or self._instance.streaming_url).rstrip("/")

    def _subscriptions(self) -> list[dict[str, str]]:
        if self._instance.software is Software.GOTOSOCIAL:
            return [{"stream": "public:local" if self._local else "public"}]
        stream = "hashtag:local" if self._local else "hashtag"
        return [{"stream": stream, "tag": tag} for tag in self._tags]

    # --- re-checking --------------------------------------------------------------------------------------

    async def _recheck(self) -> AsyncGenerator[Arrival, None]:
        """Ask for what is queued or shown: deleted accounts and lost sockets send no `delete`."""
        period_s = self._choices.recheck_s
        while True:
            ids = await self._feed.shown_ids()
            gap_s = max(min(1.0, period_s), period_s / max(1, len(ids)))
            for native_id in ids:
                try:
                    status = await self._api.status(native_id)
                except RateLimited as limit:
                    await pause(limit.until)
                    break
                except (SourceLost, SourceOff):  # nothing learnt; the poll tells why
                    break
                if status is None:
                    yield Arrival({"event": "delete", "payload": native_id})
                elif self._is_news(status):
                    yield Arrival({"event": "recheck", "payload": status})
                await asyncio.sleep(gap_s)
            else:
                if ids:
                    continue
            await asyncio.sleep(period_s)

    # --- memory and reports -------------------------------------------------------------------------------

    def _is_news_event(self, raw: dict[str, Any]) -> bool:
        """Everything but a status in the very state it was in when we last saw it."""
        payload = raw.get("payload")
        return self._is_news(payload) if isinstance(payload, dict) else True

    def _is_news(self, status: Any) -> bool:
        if not isinstance(status, dict):
            return True
        native_id, state = id_of(status.get("id")), _state(status)
        if self._seen.get(native_id) == state:
            return False
        self._seen[native_id] = state
        self._seen.move_to_end(native_id)
        if len(self._seen) > MEMORY:
            self._seen.popitem(last=False)
        return True

    def _tell(self, trouble: str = "") -> None:
        reason = "; ".join(filter(None, (*self._notes.values(), trouble)))
        self._feed.report(Link.LIVE if self._is_live else Link.POLLING, reason)


def window_start(cursor: int, *, now: datetime) -> int:
    """The id from which to read again: 20 minutes before the cursor's time, or before now if that is earlier."""
    at_ms = min(cursor >> 16, int(now.timestamp() * 1000))
    return max(0, at_ms - int(OVERLAP.total_seconds() * 1000)) << 16


def _snowflake(text: str | None) -> int | None:
    """Mastodon's ids: milliseconds in the upper 48 bits, 16 bits below."""
    return int(text) if text and text.isdecimal() and text.isascii() and len(text) <= 20 else None


def _snowflake_of(status: Any) -> int | None:
    return _snowflake(id_of(status.get("id"))) if isinstance(status, dict) else None


def _state(status: dict[str, Any]) -> int:
    """What may change in a status: its edit, its counts, and media that were still being processed."""
    counts = (count_at(status, f"{name}_count") for name in ("favourites", "reblogs", "replies"))
    media = (text_at(row, "url") for row in rows_at(status, "media_attachments"))
    return hash((text_at(status, "edited_at"), text_at(status, "content"), *counts, *media))


def _frame(frame: str | bytes) -> dict[str, Any]:
    try:
        raw = read_json(frame)
    except ValueError:
        raw = None
    return _opened_payload(raw) if isinstance(raw, dict) else {"event": "broken-frame"}


def _opened_payload(raw: dict[str, Any]) -> dict[str, Any]:
    """A payload is a text with JSON in it, except the bare id of a delete (an id would read as a number)."""
    payload = raw.get("payload")
    if not isinstance(payload, str) or raw.get("event") == "delete":
        return raw
    try:
        return {**raw, "payload": read_json(payload)}
    except ValueError:
        return raw
