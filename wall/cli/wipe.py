"""Forgetting an event: what the data folder holds, and the event's keys in a store of the organiser's own."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

from wall.cli.access import ask
from wall.cli.folder import LOCK_NAME, Refused, claim, is_data_folder
from wall.settings import Settings
from wall.store.client import Store


def wipe(settings: Settings) -> int:
    """Delete it all; returns how many entries went. Raises `Refused` while the wall runs."""
    folder = settings.data_dir
    if not folder.exists():
        return 0
    if not is_data_folder(folder):
        raise Refused(f"{folder} is no data folder of Parvis; nothing is deleted")
    held = claim(folder)
    try:
        _refuse_running_store(folder)
        count = ask(settings, _forget_keys) if settings.redis.url else 0
        for entry in sorted(folder.iterdir()):
            if entry.name == LOCK_NAME:
                continue
            count += 1
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    finally:
        held.release()
    return count


def _refuse_running_store(folder: Path) -> None:
    """The store may run without `parvis up`: then its own lock is taken."""
    lock = folder / "redis" / "lock"
    if not lock.exists():
        return
    descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(f"the store in {folder} is running; stop the wall first") from None
    finally:
        os.close(descriptor)


async def _forget_keys(store: Store) -> int:
    count = 0
    async for key in store.redis.scan_iter(match=f"{store.keys.base}*", count=500):
        count += await store.redis.delete(key.decode())
    return count
