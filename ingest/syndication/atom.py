"""RSS 0.9x to 2.0 and Atom 1.0 (RFC 4287) into entries. Pure.

feedparser reads them. Beside it we read deleted entries (RFC 6721), which it loses, and the descriptions of
Media RSS, which it mistakes for the entry's own words.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.parsers import expat

import feedparser
import msgspec

from ingest.syndication.entry import (
    ENTRIES_MAX,
    Document,
    Entry,
    FeedAuthor,
    FeedItem,
    FeedMedia,
    NotAFeed,
    Tombstone,
    Words,
    dict_of,
    dicts_of,
    distinct,
    first_picture,
    language,
    looks_like_html,
    made_id,
    medium_of,
    moment,
    page_hint,
    rel_url,
    size_px,
    text_of,
    web_url,
)

DEPTH_MAX = 200
GUESSED_MAX = 500_000  # bytes: feedparser's time for what is not well-formed grows with the square
DTD_REFUSED = "the feed declares a document type or entities, which is refused"

# All of these spell "<!DOCTYPE" as ASCII does, but for the NUL bytes of UTF-16.
_ENCODINGS = re.compile(
    r"utf-?8|utf-?16(le|be)?|(us-)?ascii|iso-?8859-\d+|(windows-|cp)125\d|gb2312|gbk|gb18030|big5|shift_jis|"
    r"euc-(jp|kr)|koi8-[ru]",
    re.IGNORECASE,
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{1,40})["']""")
_REFERENCE = re.compile(rb"&#(?:x([0-9a-f]{1,100})|([0-9]{1,100}));?", re.IGNORECASE)
_ROOT = re.compile(rb"<\w")  # a declaration can only stand before the first element
_DTD = re.compile(rb"<!\s*(doctype|entity)", re.IGNORECASE)
_HTML_START = re.compile(
    rb"^\s*(<!--.{0,2000}?-->\s*)?<(!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL
)


def read_xml(body: bytes, *, url: str, content_type: str) -> Document:
    """Raises `NotAFeed`, also for a document type or entities: no feed needs them."""
    if _HTML_START.match(body[:4000]):
        raise NotAFeed(page_hint(body, url=url))
    text = body.replace(b"\0", b"")
    root = _ROOT.search(text)
    if _DTD.search(text[: root.start()] if root else text):
        raise NotAFeed(DTD_REFUSED)
    declared = _DECLARED.search(text[:400])
    if declared and not _ENCODINGS.fullmatch(declared[1].decode("ascii", "replace")):
        raise NotAFeed("the feed is written in an encoding that is not read")
    charset = re.search(r"charset=[\"']?([\w-]+)", content_type)
    kept = f"; charset={charset[1]}" if charset and _ENCODINGS.fullmatch(charset[1]) else ""
    extras = _Extras.of(body)
    if not extras.is_well_formed and len(body) > GUESSED_MAX:
        raise NotAFeed("the feed is not well-formed XML, and too large to guess at")
    try:
        parsed = feedparser.parse(
            io.BytesIO(
                _REFERENCE.sub(_possible, body)
            ),  # a stream: it would fetch bytes that look like an address
            response_headers={"content-location": url, "content-type": f"application/xml{kept}"},
            sanitize_html=True,
            resolve_relative_uris=False,  # it would make an address of "//host", which is to be dropped
        )
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError) as error:
        # It promises to raise nothing and, on hostile markup, breaks the promise in these ways.
        raise NotAFeed(f"the feed cannot be read ({type(error).__name__})") from None
    if not parsed.get("version") and not parsed.entries:
        raise NotAFeed("this is neither RSS, Atom nor JSON Feed")
    about = dict(parsed.feed)
    links = dicts_of(about.get("links"))
    ttl = text_of(about.get("ttl")).strip()
    entries: list[Entry] = [Tombstone(ref) for ref in extras.deleted]
    entries += [_xml_item(dict(one), about, extras.alts, url=url) for one in parsed.entries[:ENTRIES_MAX]]
    return Document(
        title=text_of(about.get("title")),
        entries=tuple(entries),
        hub=rel_url(links, "hub"),
        topic=rel_url(links, "self"),
        ttl_s=float(ttl) * 60 if ttl.isascii() and ttl.isdigit() and len(ttl) < 6 else None,
    )


def _possible(reference: re.Match[bytes]) -> bytes:
    """A character reference; U+FFFD in place of one to no character, on which feedparser fails."""
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    return reference[0] if code < 0x110000 and not 0xD800 <= code < 0xE000 else b"&#65533;"


def _xml_item(
    raw: Mapping[str, Any], about: Mapping[str, Any], alts: Mapping[str, str], *, url: str
) -> FeedItem:
    title = _words(raw.get("title_detail"), text_of(raw.get("title")))
    content, summary = _bodies(raw, spoken=frozenset(alts.values()))
    link = web_url(raw.get("link")) or rel_url(dicts_of(raw.get("links")), "alternate")
    published, updated = moment(raw.get("published_parsed")), moment(raw.get("updated_parsed"))
    body = content if content.text else summary
    date = text_of(raw.get("published")) or text_of(raw.get("updated"))
    return FeedItem(
        id=text_of(raw.get("id")) or link or made_id(title.text, date, body.text),
        title=title,
        content=content,
        summary=summary,
        link=link,
        author=_xml_author(raw, about),
        published=published,
        updated=updated,
        tags=tuple(text_of(tag.get("term") or tag.get("label")) for tag in dicts_of(raw.get("tags"))),
        media=distinct(_xml_media(raw, alts, body)),
        lang=language(
            dict_of(raw.get("summary_detail")).get("language"),
            dict_of(raw.get("title_detail")).get("language"),
            about.get("language"),
        ),
        is_adult=dict_of(raw.get("media_rating")).get("content") == "adult",
        home=url,
    )


def _bodies(raw: Mapping[str, Any], *, spoken: frozenset[str]) -> tuple[Words, Words]:
    """Content and summary, without the descriptions of pictures that feedparser puts among them."""
    contents = [
        _words(one, "") for one in dicts_of(raw.get("content")) if text_of(one.get("value")) not in spoken
    ]
    text = text_of(raw.get("summary"))
    detail = dict_of(raw.get("summary_detail"))
    # A picture's description may have overwritten the detail; then only the look of the text tells.
    summary = _words(detail if detail.get("value") == text else {"base": detail.get("base")}, text)
    if contents and text in spoken:
        summary = Words()
    content = next((words for words in contents if words.text), Words())
    return content, Words() if summary.text == content.text else summary


def _words(detail: Any, text: str) -> Words:
    about = dict_of(detail)
    kind, base_url = text_of(about.get("type")), text_of(about.get("base"))
    text = text_of(about.get("value")) or text
    if kind == "text/plain":
        return Words(text.strip())
    return Words(text.strip(), is_html="html" in kind or looks_like_html(text), base_url=base_url)


def _xml_author(raw: Mapping[str, Any], about: Mapping[str, Any]) -> FeedAuthor:
    image = (
        web_url(about.get("icon"))
        or web_url(dict_of(about.get("image")).get("href"))
        or web_url(about.get("logo"))
    )
    for source in (raw, about):
        for found in (dict_of(source.get("author_detail")), *dicts_of(source.get("authors"))):
            # An e-mail address is no name to show.
            name = re.sub(r"\S+@\S+", "", text_of(found.get("name"))).strip(" ()<>")
            if name:
                return FeedAuthor(name=name, url=web_url(found.get("href")), avatar_url=image)
    return FeedAuthor(name=text_of(about.get("title")), url=web_url(about.get("link")), avatar_url=image)


def _xml_media(raw: Mapping[str, Any], alts: Mapping[str, str], body: Words) -> Iterator[FeedMedia]:
    thumbnails = [web_url(one.get("url")) for one in dicts_of(raw.get("media_thumbnail"))]
    poster = next((address for address in thumbnails if address), None)
    found = False
    for one in dicts_of(raw.get("media_content")):
        medium = medium_of(
            one.get("url"), text_of(one.get("type")) or text_of(one.get("medium")), poster=poster
        )
        if medium is not None:
            found = found or medium.kind != "audio"
            yield msgspec.structs.replace(
                medium,
                alt=alts.get(medium.url, ""),
                width_px=size_px(one.get("width")),
                height_px=size_px(one.get("height")),
            )
    for one in dicts_of(raw.get("links")):
        if one.get("rel") == "enclosure":
            medium = medium_of(one.get("href"), text_of(one.get("type")), poster=poster)
            if medium is not None:
                found = found or medium.kind != "audio"
                yield medium
    if not found:
        still = poster or web_url(dict_of(raw.get("image")).get("href"))
        picture = medium_of(still, "image") if still else first_picture(body)
        if picture is not None:
            yield picture


class _Extras:
    """What feedparser loses: deleted entries, and the description of each Media RSS picture."""

    def __init__(self) -> None:
        self.deleted: list[str] = []
        self.alts: dict[str, str] = {}
        self.is_well_formed = True
        self._depth = 0
        self._open: list[str] = []
        self._words: list[str] | None = None

    @classmethod
    def of(cls, body: bytes) -> _Extras:
        extras = cls()
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_dtd
        parser.StartElementHandler = extras._start
        parser.EndElementHandler = extras._end
        parser.CharacterDataHandler = extras._data
        try:
            parser.Parse(body, True)
        except (expat.ExpatError, ValueError, LookupError):
            extras.is_well_formed = False  # feedparser forgives that; the extras are those that came before
        return extras

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise NotAFeed("the feed is nested too deeply")
        namespace, _, local = name.rpartition(" ")
        if local == "deleted-entry" and "tombstones" in namespace and attributes.get("ref"):
            self.deleted.append(attributes["ref"])
        elif "mrss" in namespace and local == "content":
            self._open.append(attributes.get("url", ""))
        elif "mrss" in namespace and local == "description" and self._open:
            self._words = []

    def _end(self, name: str) -> None:
        self._depth -= 1
        namespace, _, local = name.rpartition(" ")
        if "mrss" not in namespace:
            return
        if local == "content" and self._open:
            self._open.pop()
        elif local == "description" and self._words is not None and self._open:
            words = "".join(self._words).strip()
            if words:
                self.alts[self._open[-1]] = words
            self._words = None

    def _data(self, text: str) -> None:
        if self._words is not None:
            self._words.append(text)


def _refuse_dtd(*_: object) -> None:
    raise NotAFeed(DTD_REFUSED)
