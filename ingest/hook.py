"""What a network does with the requests that arrive for it at `/hooks/{source}`.

A network that can be pushed to names a `Hook` among its traits. A hook is pure: it judges one request, with the
source's options and memory at hand. The room stores what it accepts, and `follow` reads it later as deliveries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec


class Call(msgspec.Struct, frozen=True):
    """One request. Header names are lower-case, a header that came twice is joined by a comma.

    `key` is what stood behind the source's name in the path: the unguessable part of a callback.
    """

    method: str
    key: str = ""
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""


class HookAnswer(msgspec.Struct, frozen=True):
    """`text` goes out as text/plain. `is_delivery`: store the body before answering.

    `remember` goes into the source's memory, where `Feed.recall` finds it.
    """

    status: int
    text: str = ""
    is_delivery: bool = False
    remember: Mapping[str, str] = {}


class Hook(Protocol):
    def answer(self, call: Call, *, options: Any, memory: Mapping[str, str], now: datetime) -> HookAnswer:
        """Judge a request. `memory` is what the source remembered. Raises nothing, whatever arrives."""
