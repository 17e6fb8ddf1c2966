"""What a feed's entry is, whatever it was written in, and how single foreign values are read. Pure."""

from __future__ import annotations

import calendar
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from ingest.values import address_of
from wall.model import Skip

MEDIA_MAX = 8
ENTRIES_MAX = 500
YEARS = range(1990, 2080)  # a date outside is a mistake: not known

_MARKUP = re.compile(r"</?[a-z][^<>]*>|&(\w+|#\d+);", re.IGNORECASE)
_FILM = re.compile(r"\.(mp4|m4v|mov|webm|m3u8)$", re.IGNORECASE)
_PICTURE = re.compile(r"\.(jpe?g|png|gif|webp|avif)$", re.IGNORECASE)
_SURROGATES = re.compile("[\ud800-\udfff]")
_LANG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}", re.IGNORECASE)


class NotAFeed(Exception):
    """The bytes are no feed that we read; the message says what they are."""


class Words(msgspec.Struct, frozen=True):
    """`base_url`: what the relative addresses in its HTML mean."""

    text: str = ""
    is_html: bool = False
    base_url: str = ""


class FeedAuthor(msgspec.Struct, frozen=True):
    name: str = ""
    url: str | None = None
    avatar_url: str | None = None


class FeedMedia(msgspec.Struct, frozen=True):
    """`kind` is "image", "video" or "audio"."""

    url: str
    kind: str
    alt: str = ""
    poster_url: str | None = None
    width_px: int | None = None
    height_px: int | None = None


class FeedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `summary` is the short form where the feed has both; `home` is the feed's own address."""

    id: str
    title: Words = Words()
    content: Words = Words()
    summary: Words = Words()
    link: str | None = None
    author: FeedAuthor = FeedAuthor()
    published: datetime | None = None
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    media: tuple[FeedMedia, ...] = ()
    lang: str | None = None
    is_adult: bool = False
    home: str = ""

    @property
    def digest(self) -> str:
        """16 hex characters that change when the entry does."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]


class Tombstone(msgspec.Struct, frozen=True):
    """RFC 6721: the entry with this id was deleted."""

    id: str


Entry = FeedItem | Tombstone | Skip


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as it stands now, in its own order. `ttl_s`: how long it says that it stays the same."""

    title: str = ""
    entries: tuple[Entry, ...] = ()
    hub: str | None = None
    topic: str | None = None
    ttl_s: float | None = None


class _Page(HTMLParser):
    """The first picture of some HTML that is more than a counting pixel, and the feed that a page points to."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.picture: tuple[str, str] | None = None
        self.feed_url: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        if tag == "img" and self.picture is None and have.get("src"):
            is_pixel = any(
                (size := size_px(have.get(side))) is not None and size < 16 for side in ("width", "height")
            )
            self.picture = None if is_pixel else (have["src"], have.get("alt", ""))
        is_feed = re.search(r"application/(rss|atom|feed)\+(xml|json)", have.get("type", "")) is not None
        if tag == "link" and is_feed and "alternate" in have.get("rel", "") and self.feed_url is None:
            self.feed_url = have.get("href")


def _read_page(html: str) -> _Page:
    page = _Page()
    page.feed(html[:200_000])
    return page


def page_hint(body: bytes, *, url: str) -> str:
    """The sentence for a web page that stands where a feed was due: it names the page's feed."""
    found = web_url(_read_page(body.decode("utf-8", "replace")).feed_url, base=url)
    return "this is a web page, not a feed" + (f"; its feed is {found}" if found else "")


def first_picture(words: Words) -> FeedMedia | None:
    """The first picture in an entry's HTML, counting pixels apart."""
    if not words.is_html or "<img" not in words.text.lower():
        return None
    page = _read_page(words.text)
    if page.picture is None:
        return None
    address, alt = page.picture
    medium = medium_of(address, "image", base=words.base_url)
    return None if medium is None else msgspec.structs.replace(medium, alt=alt)


def medium_of(address: Any, kind: str, *, base: str = "", poster: str | None = None) -> FeedMedia | None:
    """None for what is neither picture, film nor sound, or has no web address."""
    url = web_url(address, base=base)
    if url is None:
        return None
    path = urlsplit(url).path
    word = kind.split("/")[0].lower()
    if word not in ("image", "video", "audio"):
        word = "image" if _PICTURE.search(path) else "video" if _FILM.search(path) else ""
    if not word or "svg" in kind:
        return None
    return FeedMedia(url=url, kind=word, poster_url=poster if word == "video" else None)


def distinct(media: Iterator[FeedMedia]) -> tuple[FeedMedia, ...]:
    """Each address once, the most telling first; at most `MEDIA_MAX`."""
    found: dict[str, FeedMedia] = {}
    for one in media:
        found.setdefault(one.url, one)
    return tuple(found.values())[:MEDIA_MAX]


def made_id(title: str, date: str, body: str) -> str:
    """An id for an entry without id and link: its title and date, or its words where it has no title."""
    return hashlib.sha256(f"{title or body}\0{date}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def moment(value: Any) -> datetime | None:
    """Aware UTC from feedparser's tuple (UTC already), ISO 8601 or RFC 822; None when it is not known."""
    if isinstance(value, str):
        return _moment_of_text(value.strip())
    if value is None or value[0] not in YEARS:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(value), UTC)  # takes a leap second for the next one
    except (ValueError, OverflowError):
        return None


def _moment_of_text(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            when = read(text)
            when = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        return when if when.year in YEARS else None
    return None


def web_url(value: Any, *, base: str = "") -> str | None:
    """An absolute http address, or None."""
    given = text_of(value).strip().replace(" ", "%20")
    try:
        return address_of(urljoin(base, given)) if given else None
    except ValueError:
        return None


def rel_url(links: list[dict[str, Any]], rel: str) -> str | None:
    return next((url for one in links if one.get("rel") == rel and (url := web_url(one.get("href")))), None)


def language(*values: Any) -> str | None:
    return next((text for value in values if _LANG.fullmatch(text := text_of(value).strip())), None)


def size_px(value: Any) -> int | None:
    text = str(value).strip().removesuffix("px")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def looks_like_html(text: str) -> bool:
    return _MARKUP.search(text) is not None


def text_of(value: Any) -> str:
    """A text that can be stored: half surrogate pairs, which a lenient XML reader lets through, are replaced."""
    return _SURROGATES.sub("\ufffd", value) if isinstance(value, str) else ""


def dict_of(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def dicts_of(value: Any) -> list[dict[str, Any]]:
    return [dict(one) for one in list_of(value) if isinstance(one, dict)]
