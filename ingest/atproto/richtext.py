"""A post's words and their facets as spans. Facets mark runs of the text by UTF-8 bytes, and clients get them wrong.

Documented at https://docs.bsky.app/docs/advanced-guides/post-richtext.
"""

from __future__ import annotations

import html
from typing import Any, Final

from wall.letters import ELLIPSIS, cut
from wall.model import Span, SpanKind
from wall.text import clean_name, from_html, from_plain

LIMIT: Final = 500
RAW_MAX: Final = 6_000
FACETS_MAX: Final = 100
_FEATURE: Final = "app.bsky.richtext.facet#"

Run = tuple[int, int, dict[str, Any]]


def spans_of(text: str, facets: Any, *, web_url: str) -> tuple[Span, ...]:
    """The words of a post. Links show where they lead; a facet that is broken leaves its words as they are."""
    shown = cut(text[:RAW_MAX], LIMIT)
    is_cut = not text.startswith(shown)
    raw = (shown.removesuffix(ELLIPSIS) if is_cut else shown).encode("utf-8", "surrogatepass")
    spans: list[Span] = []
    at = 0
    for start, end, feature in _runs(facets, size=len(text.encode("utf-8", "surrogatepass"))):
        if start < at or end > len(raw):  # inside another one, or where the text was cut
            continue
        before, words = _decoded(raw[at:start]), _decoded(raw[start:end])
        if before is None or words is None:
            continue
        marked = _marked(words, feature, web_url=web_url)
        if marked:
            spans += (*_plain(before), *marked)
            at = end
    rest = _plain(_decoded(raw[at:]) or "")
    return _joined([*spans, *rest, Span(ELLIPSIS if is_cut else "")])


def _runs(facets: Any, *, size: int) -> list[Run]:
    """The facets that can be used, in the order of the text: bytes from, bytes to, and the first known feature."""
    runs: list[Run] = []
    for facet in facets[:FACETS_MAX] if isinstance(facets, list) else ():
        if not isinstance(facet, dict) or not isinstance(facet.get("index"), dict):
            continue
        start, end = facet["index"].get("byteStart"), facet["index"].get("byteEnd")
        features = facet.get("features")
        if type(start) is not int or type(end) is not int or not isinstance(features, list):
            continue
        feature = next((one for one in features if isinstance(one, dict) and _kind(one)), None)
        start, end = max(0, start), min(end, size)
        if feature is not None and start < end:
            runs.append((start, end, feature))
    return sorted(runs, key=lambda run: run[:2])


def _kind(feature: dict[str, Any]) -> str:
    kind = feature.get("$type")
    known = kind.removeprefix(_FEATURE) if isinstance(kind, str) else ""
    return known if known in ("link", "mention", "tag") else ""


def _marked(words: str, feature: dict[str, Any], *, web_url: str) -> tuple[Span, ...]:
    kind = _kind(feature)
    if kind == "link":
        uri = feature.get("uri")
        if not isinstance(uri, str):
            return ()
        # One place judges links, whatever network they come from: the reader of HTML.
        return from_html(f'<a href="{html.escape(uri)}">{html.escape(words)}</a>', limit=LIMIT)
    label = clean_name(words, limit=LIMIT)
    if kind == "mention" and label.startswith("@"):
        did = feature.get("did")
        return (Span(label, SpanKind.MENTION, f"{web_url}/profile/{did}" if _is_did(did) else None),)
    if kind == "tag" and label.startswith(("#", "＃")):
        return (Span(label, SpanKind.TAG),)
    return ()


def _is_did(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("did:") and value.isascii() and value.isprintable()


def _decoded(raw: bytes) -> str | None:
    """None when the bytes begin or end inside a letter."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None


def _plain(words: str) -> tuple[Span, ...]:
    """Words between two facets; they keep a blank at either end, unlike a whole text."""
    spans = from_plain(words, limit=RAW_MAX)
    if not spans:
        return (Span(_blank(words)),)
    lead, trail = words[: -len(words.lstrip())], words[len(words.rstrip()) :]
    return (Span(_blank(lead)), *spans, Span(_blank(trail)))


def _blank(words: str) -> str:
    return ("\n" if "\n" in words else " ") if words[:1].isspace() or words[-1:].isspace() else ""


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """Neighbouring runs of text as one, and no blank at either end."""
    merged: list[Span] = []
    for span in spans:
        if merged and span.kind is SpanKind.TEXT and merged[-1].kind is SpanKind.TEXT:
            merged[-1] = Span(merged[-1].text + span.text)
        elif span.text:
            merged.append(span)
    if merged and merged[0].kind is SpanKind.TEXT:
        merged[0] = Span(merged[0].text.lstrip())
    if merged and merged[-1].kind is SpanKind.TEXT:
        merged[-1] = Span(merged[-1].text.rstrip())
    return tuple(span for span in merged if span.text)
