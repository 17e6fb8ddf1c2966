"""The approved posts, as the screens have them, for whoever wants to keep or count them."""

from __future__ import annotations

import msgspec

from wall.cli.access import ask
from wall.live import Item, Wall
from wall.settings import Settings
from wall.store.client import Store

EVERYTHING = 1_000_000


class Exported(msgspec.Struct, frozen=True):
    """One line: the card's own bytes with its revision and place in the order of approvals."""

    seq: int
    rev: int
    pinned: bool
    card: msgspec.Raw


def approved(settings: Settings) -> list[bytes]:
    """JSON lines, oldest approval first."""

    async def items(store: Store) -> tuple[Item, ...]:
        return (await Wall(store).snapshot(EVERYTHING)).items

    rows = sorted(ask(settings, items), key=lambda item: item.seq)
    return [
        msgspec.json.encode(
            Exported(seq=row.seq, rev=row.rev, pinned=row.is_pinned, card=msgspec.Raw(row.content))
        )
        for row in rows
    ]
