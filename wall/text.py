"""Other people's text, made safe to show: clean words out of plain text, spans out of a network's HTML.

Nothing in Parvis shows a network's text before it went through here, and nothing keeps a network's HTML after.
All of it is pure, and bounded in time because long input is cut first. `wall/letters.py` holds the rules for
single characters.
"""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import nh3

from wall.letters import ELLIPSIS, Role, cut, length, role, sound
from wall.model import Span, SpanKind, plain

RAW_FACTOR: Final = 12  # characters read for each one allowed
HTML_MAX: Final = 50_000
MARKUP_MAX: Final = 2_000  # tags read: a parser's time grows with the square of their depth
HOST_SHOWN: Final = 40
PATH_SHOWN: Final = 20
HREF_MAX: Final = 2_000

# Marks by which networks tell a verified account, as letters or as the shortcode of a custom emoji.
_VERIFIED = re.compile("[✓✔☑✅⍻🗸🗹][\ufe0e\ufe0f]*|:[\\w+-]*verif[\\w+-]*:", re.IGNORECASE)


def clean(text: str, *, limit: int = 500) -> str:
    """Text fit to show, of at most `limit` base characters (a cut ends in an ellipsis). Idempotent."""
    return cut(sound(text[: limit * RAW_FACTOR]).strip(), limit)


def clean_name(text: str, *, limit: int = 60) -> str:
    """One line, without the marks that pose as a network's verification. May come out empty."""
    name = sound(text[: limit * RAW_FACTOR]).replace("\n", " ")
    while (without := _VERIFIED.sub("", name)) != name:
        name = sound(without)
    return clean(name, limit=limit)


def from_plain(text: str, *, limit: int = 500) -> tuple[Span, ...]:
    """Plain text with its #tags, @mentions and addresses found. `limit` counts what is shown."""
    return _cut_spans(_found(sound(text[: limit * RAW_FACTOR]).strip()), limit)


def from_html(html: str, *, limit: int = 500, base_url: str | None = None) -> tuple[Span, ...]:
    """A network's HTML as spans: no markup survives, blocks become newlines, links show where they lead.

    Relative links are read against `base_url`. A link without one, one that names no scheme (`//host`) or
    another scheme than http and https is dropped and its words kept.
    """
    # A real HTML5 parser goes first: what our small reader then sees is not ambiguous any more.
    markup = nh3.clean(
        _bounded(html).encode("utf-8", "ignore").decode("utf-8"),
        tags=_BLOCKS | {"a", "br"},
        clean_content_tags=_UNSPOKEN,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel=None,
    )
    reader = _Reader(base_url)
    reader.feed(markup)
    reader.close()
    spans: list[Span] = []
    room = limit * RAW_FACTOR
    for span in _merged(reader.spans):
        spans.extend(_found(sound(span.text[:room])) if span.kind is SpanKind.TEXT else (span,))
        room -= len(span.text)
        if room <= 0:
            break
    return _cut_spans(_trimmed(spans), limit)


def tags_of(spans: tuple[Span, ...]) -> tuple[str, ...]:
    """The tags among spans without their sign, in order, each once (compared folded)."""
    tags: dict[str, str] = {}
    for span in spans:
        if span.kind is SpanKind.TAG:
            tags.setdefault(fold_tag(span.text), span.text.lstrip("#＃"))
    return tuple(tags.values())


def fold_tag(tag: str) -> str:
    """The form in which two tags are one on most networks: NFKC and casefold, without the sign."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())
    return folded.strip().lstrip("#")


# Latin letters that do not decompose, yet Mastodon folds them (its app/lib/ascii_folding.rb).
_STROKES = str.maketrans("øđðħıĸłŋŧ", "oddhiklnt")


def fold_tag_ascii(tag: str) -> str:
    """As `fold_tag`, and Latin letters lose their diacritics (Café = cafe), as Mastodon compares tags."""
    letters = [char for char in fold_tag(tag) if char in "_·\u200c" or unicodedata.category(char)[0] in "LNM"]
    folded: list[str] = []
    for char in unicodedata.normalize("NFD", "".join(letters)).translate(_STROKES):
        if unicodedata.category(char) != "Mn" or not folded or not folded[-1].isascii():
            folded.append(char)
    return unicodedata.normalize("NFC", "".join(folded))


# --- plain text into spans --------------------------------------------------------------------------------

_OPENING = re.compile(r"https?://|[#＃@]", re.IGNORECASE)
# Han and kana stand beside an address without a blank, so they end it.
_ADDRESS = re.compile(r"https?://[^\s<>\"'`{}|\\^\u2e80-\U0010ffff]+", re.IGNORECASE)
_HANDLE = re.compile(r"@\w[\w.-]*(?:@[\w-]+(?:\.[\w-]+)+)?")
_CLOSING = ".,;:!?…»”’"


def _found(text: str) -> tuple[Span, ...]:
    """Spans of sound text; joined, they give it back but for addresses, which are shortened."""
    spans: list[Span] = []
    done = 0
    for opening in _OPENING.finditer(text):
        start = opening.start()
        if start < done or (start and _is_glue(text[start - 1])):
            continue
        span, size = _word_at(text, start)
        if span is None:
            continue
        spans += (Span(text[done:start]), span)
        done = start + size
    spans.append(Span(text[done:]))
    return _merged(spans)


def _is_glue(before: str) -> bool:
    """A sign inside a word opens nothing; Han and kana, written without blanks, are no glue."""
    return before in "_/&=@#＃" or (before.isalnum() and before < "\u2e80")


def _word_at(text: str, start: int) -> tuple[Span | None, int]:
    if text[start] in "#＃":
        tag = _tag_at(text, start)
        return (Span(tag, SpanKind.TAG), len(tag)) if tag else (None, 0)
    if text[start] == "@":
        match = _HANDLE.match(text, start)
        handle = match[0].rstrip(".-") if match else ""
        return (Span(handle, SpanKind.MENTION), len(handle)) if match else (None, 0)
    match = _ADDRESS.match(text, start)
    address = _without_closing(match[0]) if match else ""
    return _link(address), len(address)


def _tag_at(text: str, start: int) -> str:
    """The tag with its sign, or "" (a number alone is none)."""
    end = start + 1
    while end < len(text) and (
        text[end].isalnum() or text[end] in "_·・\u200c" or role(text[end]) is Role.MARK
    ):
        end += 1
    word = text[start + 1 : end]
    return text[start:end] if any(char.isalpha() or char == "_" for char in word) else ""


def _without_closing(address: str) -> str:
    """An address without the punctuation of the sentence around it; a bracket it opened stays."""
    surplus = {close: address.count(close) - address.count(open_) for open_, close in ("()", "[]")}
    end = len(address)
    while end and (address[end - 1] in _CLOSING or surplus.get(address[end - 1], 0) > 0):
        end -= 1
        if address[end] in surplus:
            surplus[address[end]] -= 1
    return address[:end]


# --- links ------------------------------------------------------------------------------------------------


def _link(address: str) -> Span | None:
    """A link shown as host and short path, or None when it is not an http address to be trusted."""
    parts = _parts(address)
    if parts is None or len(address) > HREF_MAX:
        return None
    host = _host_shown(parts)
    path = parts.path.rstrip("/")
    shown = clean(path, limit=PATH_SHOWN)
    if (parts.query or parts.fragment) and not shown.endswith(ELLIPSIS):
        shown = (shown or "/") + ELLIPSIS
    return Span(host + shown, SpanKind.LINK, address)


def _parts(address: str) -> SplitResult | None:
    if _is_twisted(address):
        return None
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - reading it is the check: it raises on a port that is no number
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return parts if is_web and clean(parts.hostname or "", limit=255) == parts.hostname else None


def _is_twisted(address: str) -> bool:
    """Browsers read a backslash as a slash and drop tabs: such an address does not lead where it seems to."""
    return any(char <= " " or char in "\\\x7f" for char in address)


def _host_shown(parts: SplitResult) -> str:
    """The host, its end rather than its beginning when it is long; in ASCII when it mixes alphabets."""
    host = (parts.hostname or "").removeprefix("www.")
    scripts = {unicodedata.name(char, "").split(" ")[0] for char in host if char.isalpha()}
    if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}:
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = host.encode("ascii", "replace").decode("ascii")
    if len(host) > HOST_SHOWN:
        host = ELLIPSIS + host[-HOST_SHOWN:]
    return f"{host}:{parts.port}" if parts.port not in (None, 80, 443) else host


# --- HTML into spans --------------------------------------------------------------------------------------

_BLOCKS = {"p", "div", "li", "ul", "ol", "blockquote", "pre", "tr", "dt", "dd", "figcaption"} | {
    f"h{level}" for level in range(1, 7)
}
_UNSPOKEN = {"script", "style", "noscript", "template", "title", "iframe", "object", "svg", "math", "select"}
_LOOKS_LIKE_ADDRESS = re.compile(r"://|[\w-]\.[^\W\d_]{2,}")


def _bounded(html: str) -> str:
    html, end = html[:HTML_MAX], -1
    for _ in range(MARKUP_MAX):
        end = html.find("<", end + 1)
        if end < 0:
            return html
    return html[:end]


class _Reader(HTMLParser):
    """Reads what nh3 let through into raw spans; their texts are not sound yet, except those of links."""

    def __init__(self, base_url: str | None) -> None:
        super().__init__(convert_charrefs=True)
        self.spans: list[Span] = []
        self._base_url = base_url
        self._href: str | None = None
        self._words: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._end_anchor()
            self._href, self._words = dict(attrs).get("href"), []
        else:
            self._write("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end_anchor()
        elif tag != "br":
            self._write("\n")

    def handle_data(self, data: str) -> None:
        self._write(re.sub(r"[ \t\r\n\f]+", " ", data))

    def close(self) -> None:
        super().close()
        self._end_anchor()

    def _write(self, text: str) -> None:
        if self._words is None:
            self.spans.append(Span(text))
        else:
            self._words.append(text)

    def _end_anchor(self) -> None:
        if self._words is None:
            return
        words, self._words = clean("".join(self._words).replace("\n", " "), limit=200), None
        link = _link(self._address())
        href = link.href if link else None
        if words and words == _tag_at(words, 0) and words[0] in "#＃":
            self.spans.append(Span(words, SpanKind.TAG, href))
        elif _HANDLE.fullmatch(words):
            self.spans.append(Span(words, SpanKind.MENTION, href))
        elif link is None:
            self.spans.append(Span(words))
        else:
            # Words that look like an address would say where the link leads: only the target itself may.
            if words and not _LOOKS_LIKE_ADDRESS.search(words):
                self.spans.append(Span(words + " "))
            self.spans.append(link)

    def _address(self) -> str:
        href = (self._href or "").strip()
        is_relative = bool(href) and not href.startswith("//") and ":" not in href.split("/")[0]
        if not (self._base_url and is_relative) or _is_twisted(href):
            return href
        try:
            return urljoin(self._base_url, href)
        except ValueError:
            return ""


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    """Neighbouring runs of text as one, empty ones gone."""
    merged: list[Span] = []
    for span in spans:
        if merged and span.kind is SpanKind.TEXT and merged[-1].kind is SpanKind.TEXT:
            merged[-1] = Span(merged[-1].text + span.text)
        elif span.text:
            merged.append(span)
    return tuple(merged)


def _trimmed(spans: list[Span]) -> tuple[Span, ...]:
    """No blank at either end. Only the first and the last text can hold one."""
    kept = list(_merged(spans))
    if kept and kept[0].kind is SpanKind.TEXT:
        kept[0] = Span(kept[0].text.lstrip())
    if kept and kept[-1].kind is SpanKind.TEXT:
        kept[-1] = Span(kept[-1].text.rstrip())
    return _merged(kept)


def _cut_spans(spans: tuple[Span, ...], limit: int) -> tuple[Span, ...]:
    """A cut that falls inside a link, a tag or a mention drops it whole: half of one would be another one."""
    if length(plain(spans)) <= limit:
        return spans
    kept: list[Span] = []
    room = limit - len(ELLIPSIS)
    for span in spans:
        if length(span.text) > room:
            is_text = span.kind is SpanKind.TEXT
            kept.append(Span(cut(span.text, room + len(ELLIPSIS)) if is_text else ELLIPSIS))
            break
        kept.append(span)
        room -= length(span.text)
    return _merged(kept)
