"""How long a server wants to be left alone, read from the headers of its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

QUIET_DEFAULT = timedelta(seconds=60)
QUIET_MAX = timedelta(minutes=15)


def quiet_until(headers: Mapping[str, str], *, now: datetime) -> datetime:
    """When a server may be asked again, from its headers (lower-case names): in 1 s to 15 min.

    Retry-After holds seconds or an HTTP date; X-RateLimit-Reset holds ISO 8601, an epoch or seconds to wait.
    """
    for name in ("retry-after", "x-ratelimit-reset", "x-rate-limit-reset"):
        until = moment(headers.get(name, ""), now=now)
        if until is not None:
            return min(max(until, now + timedelta(seconds=1)), now + QUIET_MAX)
    return now + QUIET_DEFAULT


def moment(text: str, *, now: datetime) -> datetime | None:
    """A time in a header: seconds from now, an epoch (from 10^8 on), ISO 8601 or an HTTP date."""
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        if not 0 <= number < 1e11:
            return now + QUIET_MAX if number >= 1e11 else None
        return datetime.fromtimestamp(number, UTC) if number >= 1e8 else now + timedelta(seconds=number)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            when = read(text)
        except (ValueError, OverflowError):
            continue
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return None


async def pause(until: datetime) -> None:
    """Sleep until an aware time by the wall clock; returns at once when it is past."""
    await asyncio.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))
