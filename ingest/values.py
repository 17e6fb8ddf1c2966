"""One value at a time out of foreign JSON: of the right kind, or nothing. None of these raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

Table = Mapping[str, Any]

ROWS_MAX = 100
ADDRESS_MAX = 2_000


def text_at(raw: Table, key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def table_at(raw: Table, key: str) -> Table:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def rows_at(raw: Table, key: str) -> list[Table]:
    """The objects in a list, of its first hundred entries."""
    value = raw.get(key)
    return [row for row in value[:ROWS_MAX] if isinstance(row, dict)] if isinstance(value, list) else []


def count_at(raw: Table, key: str) -> int | None:
    value = raw.get(key)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if is_count else None


def address_of(value: Any) -> str | None:
    """An http address that may be stored and, behind the guard, fetched."""
    if not isinstance(value, str) or len(value) > ADDRESS_MAX or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.netloc else None
