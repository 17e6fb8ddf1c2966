"""A post as the page for reading shows it. Pure. `js/wall/article.js` draws the same for posts that come later."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, tzinfo

import msgspec

from wall.live import Item
from wall.model import Card, Picture, SpanKind, decode_card, plain

Words = Callable[..., str]

UNKNOWN = "und"  # not the page's language, whatever that is: fonts and voices depend on it
LARGE_PX, MEDIUM_PX, SMALL_PX = 1920, 960, 480
SCRIPTS = (
    (re.compile(r"[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]"), "ja"),
    (re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]"), "ko"),
    (re.compile(r"[\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3400-\u9fff\uf900-\ufad9\U00020000-\U000323af]"), "zh-Hans"),
    (re.compile(r"[\u0620-\u064a\u066e-\u06d5\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdfb\ufe70-\ufefc]"), "ar"),
    (re.compile(r"[\u05d0-\u05f4\ufb1d-\ufb4f]"), "he"),
    (re.compile(r"[\u0e01-\u0e3a\u0e40-\u0e5b]"), "th"),
    (re.compile(r"[\u0400-\u052f\u1c80-\u1c88\ua640-\ua69f]"), "ru"),
    (re.compile(r"[\u0370-\u0373\u0376-\u03ff\u1f00-\u1ffe]"), "el"),
)  # fmt: skip


class Run(msgspec.Struct, frozen=True):
    text: str
    href: str = ""


class Shown(msgspec.Struct, frozen=True):
    """A picture with the words that stand for it, and the addresses of its sizes."""

    url: str
    srcset: str
    alt: str
    width: int
    height: int


class Article(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    seq: int
    rev: int
    name: str
    name_lang: str
    letter: str
    handle: str
    face: str
    network: str
    at: str
    when: str
    is_pinned: bool
    is_film: bool
    warning: str
    lang: str
    runs: tuple[Run, ...]
    quote_by: str
    quote: str
    quote_lang: str
    pictures: tuple[Shown, ...]
    url: str
    link: str
    link_of: str


def article(item: Item, t: Words, *, zone: tzinfo | None = None) -> Article:
    """Raises `msgspec.DecodeError` on bytes that are no card. Times are said in `zone`, None is the server's own."""
    card = decode_card(item.content)
    name = (card.author.name or card.author.handle or t("screen.visitor")).strip()
    network = network_name(card.network, t)
    url = web(card.url) or web(card.author.url)
    return Article(
        id=card.id,
        seq=item.seq,
        rev=item.rev,
        name=name,
        name_lang=language_of(name) or UNKNOWN,
        letter=_letter(name),
        handle="" if card.author.handle == name else card.author.handle,
        face=f"/media/{card.author.avatar.digest}/avatar" if card.author.avatar else "",
        network=network,
        at=card.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        when=when(card.at.astimezone(zone), t),
        is_pinned=item.is_pinned,
        is_film=card.is_film,
        warning=card.warning,
        lang=post_language(card) or UNKNOWN,
        runs=tuple(
            Run(span.text, (web(span.href) if span.kind is SpanKind.LINK else None) or "")
            for span in card.spans
        ),
        quote_by=card.quote.author if card.quote else "",
        quote=plain(card.quote.spans) if card.quote else "",
        quote_lang=(language_of(plain(card.quote.spans)) or UNKNOWN) if card.quote else "",
        pictures=tuple(_shown(picture, name, t) for picture in card.pictures),
        url=url or "",
        link=t("twin.original", network=network),
        link_of=t("twin.original_of", name=name),
    )


def network_name(network: str, t: Words) -> str:
    key = f"network.{network}"
    title = t(key)
    return network if title == key else title


def web(url: str | None) -> str | None:
    """An address that may be followed from a page of ours; None for any other."""
    return url if url is not None and re.match(r"https?://[^\s/]", url, re.IGNORECASE) else None


def language_of(text: str) -> str:
    """The language of a text by its script, "" where that does not tell (Latin)."""
    return next((code for script, code in SCRIPTS if script.search(text)), "")


def post_language(card: Card) -> str:
    """A stated language that cannot be right gives way to the script: see `postLanguage` in js/words.js."""
    stated = (card.lang or "").replace("_", "-", 1)
    seen = language_of(plain(card.spans))
    if not seen:
        return "" if re.match(r"(zh|ja|ko)\b", stated) else stated
    if seen == "zh-Hans" and re.match(r"(zh|ja)\b", stated):
        return stated
    return stated if stated.startswith(seen) else seen


def when(at: datetime, t: Words) -> str:
    """Day and hour as the language writes them; scripts say it in the reader's own time."""
    return t(
        "twin.date",
        day=str(at.day),
        month=t(f"twin.month.{at.month}"),
        year=str(at.year),
        hour=f"{at:%H:%M}",
    )


def _shown(picture: Picture, name: str, t: Words) -> Shown:
    side = max(picture.width_px, picture.height_px, 1)
    sizes = (("small", SMALL_PX), ("medium", MEDIUM_PX), ("large", LARGE_PX))
    widths = {variant: max(1, round(picture.width_px * min(1, px / side))) for variant, px in sizes}
    base = f"/media/{picture.digest}"
    return Shown(
        url=f"{base}/medium",
        srcset=", ".join(f"{base}/{variant} {width}w" for variant, width in widths.items()),
        alt=picture.alt or t("twin.no_alt", name=name),
        width=picture.width_px,
        height=picture.height_px,
    )


def _letter(name: str) -> str:
    bare = re.sub(r"^[@#\s]+", "", name)
    return bare[:1].upper() or "·"
