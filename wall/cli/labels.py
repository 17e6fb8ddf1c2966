"""The labels at the terminal: where each leads, and whether a test message arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from wall.catalogue import read_words
from wall.dispatch.channel import Undelivered
from wall.dispatch.courier import channels_of
from wall.dispatch.fitness import problems
from wall.dispatch.letter import language_of, write
from wall.dispatch.webhook import Poster
from wall.model import Card, CardAuthor, PostId, Span, State, utc_now
from wall.settings import LabelSettings, Settings

TEST_ID = PostId("test")


def list_labels(settings: Settings) -> Iterator[tuple[str, ...]]:
    """(name, title, where it leads) of each; secrets and addresses of people stay out."""
    for label in settings.labels:
        ways = []
        if label.webhook:
            ways.append("webhook, signed" if label.secret else "webhook")
        if label.email:
            ways.append(f"e-mail to {len(label.email)}")
        if label.words:
            ways.append(f"set by {len(label.words)} word{'' if len(label.words) == 1 else 's'}")
        yield label.name, label.shown, "; ".join(ways) or "a mark, sent nowhere"


def try_label(settings: Settings, name: str) -> tuple[list[str], bool]:
    """Send a test message through every channel of the label: what happened, a line each, and whether all arrived.

    Raises `KeyError` for a label that the settings do not have.
    """
    label = {one.name: one for one in settings.labels}[name]
    return asyncio.run(_try(settings, label))


async def _try(settings: Settings, label: LabelSettings) -> tuple[list[str], bool]:
    lines = problems(settings)
    is_well = not lines
    words = read_words(language_of(settings))
    card = Card(
        id=TEST_ID,
        network="",
        source="",
        author=CardAuthor(name="Parvis"),
        spans=(Span(words["letter.test"]),),
        at=utc_now(),
    )
    letter = write(settings, label, card, rev=int(utc_now().timestamp()), state=State.QUEUED)
    async with Poster() as poster:
        channels = channels_of(label, settings, poster)
        for channel in channels:
            try:
                await channel.send(letter)
            except Undelivered as error:
                is_well = False
                lines.append(f"{channel.kind}: {error}")
            else:
                lines.append(f"{channel.kind}: {channel.place} has taken the test message")
    if not channels:
        lines.append(
            f"label {label.name!r} leads nowhere: it has no webhook and no e-mail that could be sent"
        )
    return lines, is_well and bool(channels)
