"""The audit at the terminal: verified, shown, exported, and its head printed. Nothing here changes it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from wall.audit import Audit
from wall.chain import Checker, Entry, Head, Verified
from wall.cli.access import ask, open_store
from wall.settings import Settings
from wall.store.client import Store

_AGO = re.compile(r"(\d{1,6})\s*([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def head(settings: Settings) -> Head:
    return ask(settings, lambda store: Audit(store).head())


def verify(settings: Settings, heads: Sequence[Head]) -> Verified:
    return ask(settings, lambda store: Audit(store).verify(heads))


def export(settings: Settings, write: Callable[[bytes], object]) -> Verified:
    """Write every entry's line, and say what the walk found."""

    async def lines(store: Store) -> Verified:
        checker = Checker()
        async for line in Audit(store).walk(checker):
            write(line)
        return checker.verdict

    return ask(settings, lines)


async def shown(
    settings: Settings, *, pid: str = "", by: str = "", since: datetime | None = None
) -> AsyncIterator[Entry]:
    """Entries, oldest first, that are about this post, by this person, since then."""
    async with open_store(settings) as store:
        async for entry in Audit(store).entries():
            if (
                (not pid or entry.id == pid)
                and (not by or entry.by == by)
                and (not since or entry.time >= since)
            ):
                yield entry


def moment(text: str, *, now: datetime) -> datetime:
    """A time as people write it: "2h", "30m", "3d" ago, a day, or ISO 8601; UTC where no zone is named.

    Raises `ValueError`.
    """
    ago = _AGO.fullmatch(text.strip().lower())
    if ago:
        return now - int(ago[1]) * _UNITS[ago[2]]
    when = datetime.fromisoformat(text.strip())
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def verdict_lines(found: Verified) -> list[str]:
    count = f"{found.entries} entr{'y' if found.entries == 1 else 'ies'}"
    if found.wrong is not None:
        whole = f"the {count} before it are whole" if found.entries else "nothing before it can be trusted"
        return [f"broken: {found.wrong}; {whole}"]
    return [f"{count}, unbroken", f"sha256  {found.sha256}", f"head    {found.head}"]


def entry_line(entry: Entry) -> str:
    """An entry for people. Control characters in a name cannot move the cursor."""
    step = f"{entry.from_ or '-'} > {entry.to or '-'}"
    time = f"{entry.time:%Y-%m-%d %H:%M:%S}"
    line = f"{entry.n:>7}  {time}  {step:<22}  {entry.why:<16}  {entry.by:<20}  {entry.id}"
    return "".join(char if char.isprintable() else "·" for char in line)


def entry_json(entry: Entry) -> bytes:
    """An entry's line as it is exported, with its time in words of ISO 8601."""
    return msgspec.json.encode({**msgspec.to_builtins(entry), "time": entry.time.isoformat()})
