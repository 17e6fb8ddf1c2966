"""A step of a role, again and again, through the store's going away and coming back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from wall.store.client import StoreError


async def for_ever(step: Callable[[], Awaitable[None]], *, pause_s: float, log: logging.Logger) -> None:
    """Until cancelled. The log hears once that the store is away, and once that it is back."""
    is_lost = False
    while True:
        try:
            await step()
            if is_lost:
                log.info("the store is back")
            is_lost = False
        except StoreError as error:
            if not is_lost:
                log.warning("the store is away: %s", error)
            is_lost = True
        await asyncio.sleep(pause_s)
