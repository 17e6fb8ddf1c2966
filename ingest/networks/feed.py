"""RSS, Atom and JSON Feed: articles and the posts of small networks, by polling, or at once through WebSub.

A feed tells what stands in it now, in an order and with dates that cannot be relied on, so each round is compared
with what the source remembers: the digest of every entry. An entry that is new or reads differently is sent on;
one that has left the window proves nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, ClassVar
from urllib.parse import urljoin, urlsplit

import msgspec
from msgspec import Meta

from ingest.contract import Arrival, Delivery, Feed, Link, Outcome, Raw, SourceLost, SourceOff, Traits
from ingest.syndication.document import read_document
from ingest.syndication.entry import Document, FeedItem, FeedMedia, NotAFeed, Tombstone, Words, web_url
from ingest.syndication.memory import Memory, short_digest
from ingest.transport import Reply
from ingest.websub import Subscriber, WebSubHook, links_of
from wall.model import Attachment, Author, MediaKind, Post, Removal, Skip, Span, plain
from wall.secret import Secret, reveal
from wall.text import clean, clean_name, fold_tag, from_html, from_plain, tags_of

TITLE_LIMIT = 200
BODY_LIMIT = 280
ALONE_LIMIT = 500
PATIENCE_MAX_S = 900.0
PUSHED_FACTOR = 5
BYTES_MAX = 3_000_000
SEARCHED_LIMIT = 4000
TERMS_MAX = 20
ID_MAX = 500
KEPT = "feed"
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"

_MAX_AGE = re.compile(r"(?<![\w-])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


class FeedOptions(msgspec.Struct, frozen=True, kw_only=True):
    url: Annotated[str, Meta(max_length=2000, description="The feed's address.")] = ""
    base_url: Annotated[str, Meta(max_length=2000, description="Another word for url.")] = ""
    poll_s: Annotated[float, Meta(ge=1, le=86_400, description="Seconds between two looks.")] = 120
    first: Annotated[
        int,
        Meta(ge=0, le=100, description="How many of the newest entries are taken at the very first look."),
    ] = 10
    filter: Annotated[bool, Meta(description="Whether only entries with one of the hashtags are taken.")] = (
        False
    )

    def __post_init__(self) -> None:
        given = self.url or self.base_url
        if not given:
            raise ValueError(".url is missing; it must be the address of a feed")
        if web_url(reveal(given)) is None:
            # A secret address stays hidden, in both places.
            meant = "…" if isinstance(given, Secret) else given.split("//")[-1].strip() or "example.org/feed"
            raise ValueError(f".url: {given!r} is not a URL; write it like 'https://{meant}'")


class SyndicationFeed:
    name: ClassVar[str] = "feed"
    traits: ClassVar[Traits] = Traits(
        title="RSS, Atom, JSON Feed",
        needs_account=False,
        transports=("poll", "websub"),
        sends_deletes=False,
        sends_edits=True,
        has_followers=False,
        is_resumable=True,
        attribution="",
        colour="#e07b1a",
        hook=WebSubHook(),
    )
    Options: ClassVar[type[msgspec.Struct]] = FeedOptions

    def __init__(self, options: FeedOptions, *, source: str, hashtags: tuple[str, ...]) -> None:
        self.options = options
        self.source = source
        self.address = reveal(options.url or options.base_url)
        self.wanted = frozenset(fold_tag(tag) for tag in hashtags) if options.filter else frozenset()

    # --- pure -------------------------------------------------------------------------------------------------

    def normalise(self, raw: Raw) -> Outcome:
        if isinstance(raw, Skip):
            return raw
        if isinstance(raw, Tombstone):
            return Removal(
                network=self.name,
                source=self.source,
                instance=self.address,
                native_id=_native(raw.id),
            )
        if not isinstance(raw, FeedItem):
            return Skip("not-an-item")
        spans = _spans(raw)
        attachments = tuple(_attachment(medium) for medium in raw.media)
        if not plain(spans).strip() and not attachments:
            return Skip("empty")
        tags = tuple({fold_tag(tag): tag for tag in (*tags_of(spans), *_terms(raw.tags))}.values())
        if self.wanted and self.wanted.isdisjoint(map(fold_tag, (*tags, *_tags_anywhere(raw)))):
            return Skip("no-tag")
        host = (urlsplit(raw.link or raw.home).hostname or "").removeprefix("www.")
        return Post(
            network=self.name,
            source=self.source,
            instance=self.address,
            native_id=_native(raw.id),
            author=Author(
                id=raw.author.url or raw.author.name or host,
                name=clean_name(raw.author.name) or host or "?",
                handle=host,
                url=raw.author.url,
                avatar_url=raw.author.avatar_url,
            ),
            spans=spans,
            attachments=attachments,
            url=raw.link,
            lang=raw.lang,
            created_at=raw.published or raw.updated,
            edited_at=raw.updated,
            tags=tags,
            is_sensitive=raw.is_adult,
        )

    # --- the shell --------------------------------------------------------------------------------------------

    async def follow(
        self,
        feed: Feed,
        cursor: str | None,  # noqa: ARG002  # a feed has no place to resume at: the memory tells what is known
    ) -> AsyncIterator[Arrival]:
        memory = await self._recall(feed)
        subscriber = Subscriber(feed)
        while True:
            reply = await self._fetch(feed, memory)
            document = None if reply.status == 304 else await _read(reply, memory)
            if document is not None:
                for entry in memory.news(document.entries, first=self.options.first):
                    yield Arrival(entry)
                memory.learn(document)
            # Only now is all of it stored, so only now may the server tell us next time that nothing changed.
            if reply.status != 304:
                memory.stamp(reply.body, reply.headers)
            await _keep(feed, memory)
            is_pushed = await subscriber.keep(
                hub=memory.hub or None, topic=memory.topic or self.address, feed_url=reply.url
            )
            feed.report(Link.LIVE if is_pushed else Link.POLLING)
            until = time.monotonic() + self.patience_s(reply, memory) * (PUSHED_FACTOR if is_pushed else 1)
            while (delivery := await _delivery(feed, until=until)) is not None:
                pushed = await _opened(delivery, home=memory.home)
                for entry in memory.news(pushed.entries, first=None):
                    yield Arrival(entry)
                memory.learn(pushed)
                await _keep(feed, memory)
                await feed.delivered(delivery)

    async def _recall(self, feed: Feed) -> Memory:
        kept = await feed.recall(KEPT)
        try:
            memory = Memory(address=self.address) if kept is None else msgspec.json.decode(kept, type=Memory)
        except msgspec.MsgspecError:
            memory = Memory(address=self.address)
        return memory if memory.address == self.address else Memory(address=self.address)

    async def _fetch(self, feed: Feed, memory: Memory) -> Reply:
        """The feed, or a 304. Raises `SourceOff` for 410, `SourceLost` for anything else that is no feed."""
        asked = memory.home
        headers = {"Accept": ACCEPT}
        if memory.etag:
            headers["If-None-Match"] = memory.etag
        if memory.modified:
            headers["If-Modified-Since"] = memory.modified
        reply = await feed.transport.get(asked, headers=headers, max_bytes=BYTES_MAX, follow_redirects=True)
        host = urlsplit(asked).hostname
        if reply.status == 410:
            raise SourceOff(f"{host} says that this feed is gone for good (410)")
        if not (200 <= reply.status < 300 or reply.status == 304):
            memory.moved = ""  # where it moved to may be wrong by now: ask at the old place again
            await _keep(feed, memory)
            raise SourceLost(f"{host} answered {reply.status}")
        if urlsplit(reply.url).netloc != urlsplit(asked).netloc and memory.probed != asked:
            memory.probed = asked
            memory.moved = await _moved(feed, asked) or memory.moved
        return reply

    def patience_s(self, reply: Reply, memory: Memory) -> float:
        """Seconds to the next look: ours, or longer where the server asks for it (up to 15 min)."""
        age = _MAX_AGE.search(reply.headers.get("cache-control", ""))
        wish = max(memory.ttl_s, float(age[1]) if age else 0.0)
        return max(self.options.poll_s, min(wish, PATIENCE_MAX_S))


async def _read(reply: Reply, memory: Memory) -> Document | None:
    """The document, or None when its bytes are those of the last look. Raises `SourceLost`."""
    if short_digest(reply.body) == memory.body:
        return None
    headers = reply.headers
    links = links_of(headers.get("link", ""))
    try:
        document = await asyncio.to_thread(
            # Its address, not where a redirect led today: relative ids and links must keep their meaning.
            read_document,
            reply.body,
            url=memory.home,
            content_type=headers.get("content-type", ""),
        )
    except NotAFeed as problem:
        raise SourceLost(f"{urlsplit(reply.url).hostname}: {problem}") from None
    hub, topic = links.get("hub"), links.get("self")
    return msgspec.structs.replace(
        document,
        hub=urljoin(reply.url, hub) if hub else document.hub,
        topic=urljoin(reply.url, topic) if topic else document.topic,
    )


async def _moved(feed: Feed, asked: str) -> str | None:
    """Where an address that redirects to another host has moved for good; None when it only points there."""
    try:
        reply = await feed.transport.get(asked, max_bytes=BYTES_MAX)
    except SourceLost:
        return None
    place = reply.headers.get("location", "")
    if reply.status not in (301, 308) or not place:
        return None
    onward = urljoin(reply.url, place)
    is_weaker = asked.startswith("https:") and not onward.startswith("https:")
    return None if is_weaker else onward


async def _delivery(feed: Feed, *, until: float) -> Delivery | None:
    """The next pushed body; None once it is time to look again."""
    within_s = max(0.0, until - time.monotonic())
    if feed.callback_url is None:
        await asyncio.sleep(within_s)
        return None
    try:
        async with asyncio.timeout(within_s):
            async for delivery in feed.deliveries():
                return delivery
    except TimeoutError:
        pass
    return None


async def _opened(delivery: Delivery, *, home: str) -> Document:
    try:
        return await asyncio.to_thread(
            read_document, delivery.body, url=home, content_type=delivery.headers.get("content-type", "")
        )
    except NotAFeed:
        return Document(entries=(Skip("not-a-feed"),))


async def _keep(feed: Feed, memory: Memory) -> None:
    await feed.remember(KEPT, msgspec.json.encode(memory).decode())


# --- entries into words -----------------------------------------------------------------------------------------


def _spans(item: FeedItem) -> tuple[Span, ...]:
    """The title and a teaser; the words alone where the title only repeats their beginning, as on small networks."""
    title = _read_words(item.title, limit=TITLE_LIMIT)
    content = item.content if item.content.text else item.summary
    if not plain(title):
        return _read_words(content, limit=ALONE_LIMIT)
    whole = _read_words(content, limit=ALONE_LIMIT)
    if _folded(plain(whole)).startswith(_folded(plain(title)).rstrip("….")):
        return whole
    teaser = item.summary if item.summary.text else content
    body = _read_words(teaser, limit=BODY_LIMIT)
    return (*title, Span("\n"), *body) if body else title


def _read_words(words: Words, *, limit: int) -> tuple[Span, ...]:
    if words.is_html:
        return from_html(words.text, limit=limit, base_url=words.base_url or None)
    return from_plain(words.text, limit=limit)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _tags_anywhere(item: FeedItem) -> Iterable[str]:
    for words in (item.content, item.summary):
        yield from tags_of(_read_words(words, limit=SEARCHED_LIMIT))


def _terms(tags: Iterable[str]) -> Iterable[str]:
    terms = (clean_name(tag.lstrip("#＃"), limit=100) for tag in tags)
    return [term for term in terms if term][:TERMS_MAX]


def _attachment(medium: FeedMedia) -> Attachment:
    return Attachment(
        url=medium.url,
        kind=MediaKind(medium.kind),
        alt=clean(medium.alt),
        poster_url=medium.poster_url,
        width_px=medium.width_px,
        height_px=medium.height_px,
    )


def _native(entry_id: str) -> str:
    return entry_id if len(entry_id) <= ID_MAX else f"sha256:{hashlib.sha256(entry_id.encode()).hexdigest()}"
