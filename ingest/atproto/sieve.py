"""Which posts of the firehose bear one of our tags: a cheap look at the bytes first, then a parse of the few.

There is no filter for tags on the server, so each event on the network comes by, and nearly all are dropped. The
look at the bytes is exact in one direction: it drops only what a parse would drop too. What it cannot decide (an
escape, a letter beyond ASCII that may fold into one of ours) goes on to the parse.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from wall.text import fold_tag, from_plain, tags_of

TAG_FEATURE: Final = "app.bsky.richtext.facet#tag"
TEXT_MAX: Final = 3_000

# Inside a JSON text a quotation mark is always escaped, so these are keys, never words of an author.
_CREATION: Final = b'"operation":"create"'
_RECORD: Final = b'"record":'
_TAG_LIST: Final = b'"tags"'
_TAG_FEATURE: Final = b"facet#tag"
_ESCAPE: Final = b"\\u"
_BACKSPACE: Final = b"\\b"  # with DEL, what shown text drops from the middle of a word
_WIDE_SIGN: Final = "＃".encode()
# Single bytes are looked for as numbers, which is seven times as fast; `rfind` beats `in` for short words.
_BACKSLASH: Final = 0x5C
_SIGN: Final = 0x23
_DEL: Final = 0x7F
_WIDE_LEAD: Final = _WIDE_SIGN[0]


class Sieve:
    """Looks for any of `tags`. With `in_text`, also for tags that the author's app did not mark up."""

    def __init__(self, tags: Iterable[str], *, in_text: bool = False) -> None:
        self.wanted = frozenset(filter(None, map(fold_tag, tags)))
        self._in_text = in_text
        self._needles = tuple(tag.encode() for tag in self.wanted if tag.isascii())
        # An odd tag may be written with an escape that holds no "u": then nothing can be told from the bytes.
        self._is_odd = any(not tag.isprintable() or set(tag) & set('"\\/') for tag in self.wanted)

    def lets_through(self, frame: bytes) -> bool:
        """False only for a frame that creates a post without any of the tags. Takes the JSON of either wire."""
        created_at = frame.find(_CREATION)
        if created_at < 0 or frame.find(_RECORD, 0, created_at) >= 0:
            return True  # not a creation; or an order of keys in which the author's own could pose as one
        if self._is_odd or (_BACKSLASH in frame and frame.rfind(_ESCAPE) >= 0):
            return True
        has_sign = _SIGN in frame
        is_tagged = (has_sign and _TAG_FEATURE in frame) or frame.rfind(_TAG_LIST) >= 0
        if not is_tagged and not (self._in_text and (has_sign or _has_wide_sign(frame))):
            return False
        if not frame.isascii() or (self._in_text and (_BACKSPACE in frame or _DEL in frame)):
            return True
        lower = frame.lower()
        return any(needle in lower for needle in self._needles)

    def matches(self, record: Any) -> bool:
        """Whether a parsed record bears one of the tags: the full and slow answer."""
        return any_of(self.wanted, tags_in(record, in_text=self._in_text))


def any_of(wanted: Iterable[str], tags: Iterable[str]) -> bool:
    """Whether the two have a tag in common, compared folded; diacritics count on Bluesky."""
    return not set(filter(None, map(fold_tag, wanted))).isdisjoint(map(fold_tag, tags))


def tags_in(record: Any, *, in_text: bool) -> list[str]:
    """A record's tags without their sign: of its facets, of its own list, and with `in_text` of its words."""
    if not isinstance(record, dict):
        return []
    facets, listed, text = record.get("facets"), record.get("tags"), record.get("text")
    tags: list[Any] = []
    for facet in facets if isinstance(facets, list) else ():
        features = facet.get("features") if isinstance(facet, dict) else None
        tags.extend(
            feature.get("tag")
            for feature in (features if isinstance(features, list) else ())
            if isinstance(feature, dict) and feature.get("$type") == TAG_FEATURE
        )
    tags.extend(listed if isinstance(listed, list) else ())
    if in_text and isinstance(text, str) and ("#" in text or "＃" in text):
        tags.extend(tags_of(from_plain(text, limit=TEXT_MAX)))
    return [tag for tag in tags if isinstance(tag, str)]


def _has_wide_sign(frame: bytes) -> bool:
    return _WIDE_LEAD in frame and _WIDE_SIGN in frame
