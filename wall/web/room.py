"""What a room of the house brings to the web process, and what it is given.

Rooms (display, ingest, kiosk) are found through the entry-point group `parvis.rooms`; the core never imports
them. Each names a function `build(services) -> Room`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import entry_points
from typing import NamedTuple

import msgspec
from starlette.routing import BaseRoute

from wall.finder import Finder
from wall.gate import Gate
from wall.ledger import Ledger
from wall.live import Wall
from wall.media.store import MediaStore
from wall.settings import Settings
from wall.spool import Spool
from wall.store.client import Store
from wall.web.auth import Auth
from wall.web.health import Metrics
from wall.web.pages import Pages


class Services(msgspec.Struct, frozen=True):
    """Built once at the edge of the web process and handed to every room."""

    settings: Settings
    store: Store
    gate: Gate
    wall: Wall
    ledger: Ledger
    finder: Finder
    media: MediaStore
    spool: Spool
    auth: Auth
    pages: Pages
    metrics: Metrics
    build: str


class Body(NamedTuple):
    """What may be sent to addresses that begin with `prefix`: so many bytes, within so many seconds."""

    prefix: str
    most: int
    within_s: float


class Room(msgspec.Struct, frozen=True):
    """`serve` runs beside the server, from before the first request to after the last.

    `bodies` names where more may be sent than JSON takes.
    """

    routes: tuple[BaseRoute, ...]
    serve: Callable[[], AbstractAsyncContextManager[None]] | None = None
    bodies: tuple[Body, ...] = ()


def rooms(services: Services) -> list[Room]:
    """Every installed room, in the order of their names."""
    points = sorted(entry_points(group="parvis.rooms"), key=lambda point: point.name)
    return [point.load()(services) for point in points]
