"""What a department is told of a post: the JSON of its webhook and the text of its e-mail. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

import msgspec

from wall.address import base_url
from wall.catalogue import LANGUAGES, fill
from wall.letters import cut, sound
from wall.model import Card, PostId, State, plain
from wall.record import Memo
from wall.settings import LabelSettings, Settings

LINE_MAX = 120  # no header of ours is folded where some readers would keep a blank
NAME_LETTERS = 40
FIRST_LETTERS = 60


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One post on its way to one department. `title` is how people call the label, `by` who judged the post last."""

    delivery: str
    event: str
    label: str
    title: str
    card: Card
    state: State
    by: str = ""
    memo: Memo | None = None
    link: str = ""
    pictures: tuple[str, ...] = ()


def delivery_id(pid: PostId, label: str, rev: int) -> str:
    """The same for every try and every copy of one delivery: a receiver knows it again."""
    return hashlib.sha256(f"{pid}|{label}|{rev}".encode()).hexdigest()


def write(
    settings: Settings,
    label: LabelSettings,
    card: Card,
    *,
    rev: int,
    state: State,
    by: str = "",
    memo: Memo | None = None,
) -> Letter:
    """Pictures have an address only where the wall is reachable from outside."""
    public = settings.web.public_url
    return Letter(
        delivery=delivery_id(card.id, label.name, rev),
        event=settings.event.name,
        label=label.name,
        title=label.shown,
        card=card,
        state=state,
        by=by,
        memo=memo,
        link=f"{base_url(settings)}/desk?post={card.id}",
        pictures=tuple(f"{public.rstrip('/')}/media/{one.digest}/large" for one in card.pictures)
        if public
        else (),
    )


def as_json(letter: Letter) -> bytes:
    card, author = letter.card, letter.card.author
    told: dict[str, Any] = {
        "event": letter.event,
        "label": letter.label,
        "post": {
            "id": card.id,
            "network": card.network,
            "url": card.url,
            "author": {"name": author.name, "handle": author.handle, "url": author.url},
            "text": plain(card.spans),
            "pictures": letter.pictures,
            "at": card.at,
        },
        "memo": letter.memo.text if letter.memo else None,
        "by": letter.by,
        "state": letter.state,
        "link": letter.link,
    }
    return msgspec.json.encode(told)


def as_mail(
    letter: Letter, *, sender: str, recipients: tuple[str, ...], words: Mapping[str, str], now: datetime
) -> EmailMessage:
    """Plain text, UTF-8. Foreign words stand in the subject alone, where they can end no line and encode none."""
    mail = EmailMessage(policy=SMTP.clone(max_line_length=LINE_MAX))
    first = one_line(plain(letter.card.spans)) or one_line(letter.card.author.name)
    mail["Subject"] = fill(
        words["letter.subject"],
        event=cut(one_line(letter.event), NAME_LETTERS),
        label=cut(one_line(letter.title), NAME_LETTERS),
        words=cut(first, FIRST_LETTERS),
    )
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{letter.delivery}@{parseaddr(sender)[1].rpartition('@')[2] or 'parvis.invalid'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Parvis-Delivery"] = letter.delivery
    mail.set_content("\n".join(_lines(letter, words)) + "\n", charset="utf-8")
    return mail


def _lines(letter: Letter, words: Mapping[str, str]) -> list[str]:
    card, author = letter.card, letter.card.author
    network = words.get(f"network.{card.network}", card.network)
    who = " · ".join(filter(None, (one_line(author.name), one_line(author.handle), network)))
    lines = [
        fill(words["letter.passed"], event=letter.event, label=letter.title),
        "",
        who,
        f"{card.at:%Y-%m-%d %H:%M} UTC",
        words[f"letter.state.{letter.state}"],
        "",
    ]
    if card.warning:
        lines.append(f"[{one_line(card.warning)}]")
    lines += [f"> {line}" for line in sound(plain(card.spans)).strip().split("\n")] if card.spans else []
    if not card.spans:
        lines.append(words["letter.wordless"])
    lines.append("")
    if letter.memo:
        name = one_line(letter.memo.by)
        lines += [fill(words["letter.memo"], name=name, text=sound(letter.memo.text)), ""]
    lines += [fill(words["letter.picture"], url=url) for url in letter.pictures]
    if card.url:
        lines.append(fill(words["letter.original"], url=one_line(card.url)))
    lines.append(fill(words["letter.desk"], url=letter.link))
    return lines


def one_line(text: str) -> str:
    """Foreign words for a header: no control sign, no newline, and nothing that a mail reader would decode."""
    return " ".join(sound(text).split()).replace("=?", "= ?")


def language_of(settings: Settings) -> str:
    """The event's first language that our catalogues have."""
    return next((lang for lang in settings.event.languages if lang in LANGUAGES), "en")
