"""The role `parvis ingest`: every configured source, each for itself, in one process."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import msgspec

from ingest.contract import Link
from ingest.networks import UnknownNetwork, check_options, load
from ingest.supervisor import Source, Status, run_source
from ingest.transport import Transport
from wall.gate import Gate
from wall.loop import run
from wall.process import die_with_parent, leave, settings_of_role
from wall.settings import Settings, SourceSettings
from wall.store.beat import BEAT_S, Beats, beat_name
from wall.store.client import Store, StoreError, StoreLost, StoreUnfit
from wall.store.place import store_url_of

log = logging.getLogger("parvis.ingest")


def main() -> None:
    die_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    run(serve(settings_of_role()))


async def serve(settings: Settings) -> None:
    """Run all sources until cancelled. Ends the process when the store cannot be used."""
    async with (
        Store(store_url_of(settings), event=settings.event.slug, name="ingest") as store,
        Transport() as transport,
    ):
        await ready(store)
        await run_sources(settings, store=store, transport=transport)


async def ready(store: Store) -> None:
    """Wait for the store, however long it takes; one that must not be used ends the process."""
    is_waiting = False
    while True:
        try:
            await store.ready()
            return
        except StoreUnfit as unfit:
            leave(str(unfit))
        except StoreLost as error:
            if not is_waiting:
                log.warning("waiting for the store (%s)", type(error).__name__)
            is_waiting = True


async def run_sources(settings: Settings, *, store: Store, transport: Transport) -> None:
    """Every source in one task group, until cancelled. One that cannot start is off, with its reason."""
    sources: list[Source] = []
    states: dict[str, bytes] = {}
    for number, configured in enumerate(settings.sources, 1):
        made = make_source(
            configured, where=f"source[{number}]", settings=settings, store=store, transport=transport
        )
        if isinstance(made, Source):
            sources.append(made)
            states[made.name] = msgspec.json.encode(made.status)
        else:
            log.error("source %s is off: %s", configured.name, made.reason)
            states[configured.name] = msgspec.json.encode(made)
    await show(store, states)
    log.info("ingest ready: %d of %d sources start", len(sources), len(settings.sources))
    async with asyncio.TaskGroup() as tasks:
        for source in sources:
            tasks.create_task(run_source(source))
        tasks.create_task(beat(store))  # sources may all be off; the role goes on


async def beat(store: Store) -> None:
    """Tell whoever looks that this role is alive, for ever."""
    beats = Beats(store)
    while True:
        with contextlib.suppress(StoreError):
            await beats.beat(beat_name("ingest"))
        await asyncio.sleep(BEAT_S)


def make_source(
    configured: SourceSettings, *, where: str, settings: Settings, store: Store, transport: Transport
) -> Source | Status:
    """The source, or its state, off, when its network or its options are not what they should be."""
    state = Status(name=configured.name, network=configured.network, title=configured.network, link=Link.OFF)
    try:
        network = load(configured.network)
    except UnknownNetwork as unknown:
        return msgspec.structs.replace(state, reason=f"{where}.network: {unknown}")
    except ImportError as error:
        return msgspec.structs.replace(state, reason=f"{where}.network cannot be used here: {error}")
    options = check_options(network, configured.options, where=where)
    if isinstance(options, tuple):
        return msgspec.structs.replace(state, title=network.traits.title, reason=" · ".join(options))
    hashtags = settings.hashtags_of(configured)
    address = settings.web.public_url
    return Source(
        name=configured.name,
        network=network(options, source=configured.name, hashtags=hashtags),
        hashtags=hashtags,
        store=store,
        gate=Gate(store),
        transport=transport,
        callback_url=f"{address}/hooks/{configured.name}" if address and network.traits.hook else None,
    )


async def show(store: Store, states: dict[str, bytes]) -> None:
    """Write every source's first state; sources that are no longer configured go. Retries while the store is away."""
    while True:
        try:
            gone = [
                name for name in await store.redis.hkeys(store.keys.sources) if name.decode() not in states
            ]
            if gone:
                await store.redis.hdel(store.keys.sources, *gone)
            if states:
                await store.redis.hset(store.keys.sources, mapping=dict(states))
            return
        except StoreLost:
            await asyncio.sleep(0.5)
