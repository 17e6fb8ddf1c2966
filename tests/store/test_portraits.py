"""A portrait's record: written only over what was seen, its jobs and its life with it, a tombstone at the end."""

from __future__ import annotations

import msgspec

from kiosk.record import Portrait, Portraits, State
from wall.store.client import Store

ID = "a" * 26


def asked() -> Portrait:
    return Portrait(id=ID, kiosk="main", until_ms=2000, photo_until_ms=1000)


async def test_it_is_asked_for_once(store: Store) -> None:
    portraits = Portraits(store)
    assert (await portraits.ask(asked())).kiosk == "main"
    again = msgspec.structs.replace(asked(), kiosk="other")
    assert (await portraits.ask(again)).kiosk == "main"
    assert await portraits.jobs() == [("make", ID)]


async def test_its_life_ends_with_the_photo_s_and_then_with_its_own(store: Store) -> None:
    portraits = Portraits(store)
    await portraits.ask(asked())
    assert (await portraits.overdue(999), await portraits.overdue(1000)) == ([], [ID])
    await portraits.change(ID, lambda one: msgspec.structs.replace(one, photo_until_ms=0))
    assert (await portraits.overdue(1999), await portraits.overdue(2000)) == ([], [ID])


async def test_who_saw_an_older_one_looks_again(store: Store) -> None:
    portraits, others = Portraits(store), Portraits(store)
    await portraits.ask(asked())
    seen: list[int] = []
    rev, found = await others._read(ID)
    assert found is not None
    assert await others._write(rev, msgspec.structs.replace(found, tries=7))
    assert not await others._write(rev, found)

    def count(one: Portrait) -> Portrait:
        seen.append(one.tries)
        return msgspec.structs.replace(one, tries=one.tries + 1)

    changed = await portraits.change(ID, count, job="mend", done="make")
    assert changed is not None
    assert (seen, changed.tries, await portraits.jobs()) == ([7], 8, [("mend", ID)])


async def test_a_tombstone_has_nothing_and_nothing_rises_from_it(store: Store) -> None:
    portraits = Portraits(store)
    await portraits.ask(asked())
    await portraits.change(ID, lambda one: msgspec.structs.replace(one, offers=1), job="print")
    assert (await portraits.forget(ID)).offers == 1
    assert await portraits.jobs() == [("bury", ID)]
    assert await portraits.change(ID, lambda one: one, job="make") is None
    assert (await portraits.ask(asked())).state is State.GONE
    found = await portraits.get(ID)
    assert found == Portrait(id=ID, state=State.GONE, offers=1)
    assert await portraits.all() == []


async def test_what_never_was_can_be_forgotten_before_it_comes(store: Store) -> None:
    portraits = Portraits(store)
    assert (await portraits.forget(ID)).offers == 0
    assert (await portraits.ask(asked())).state is State.GONE
