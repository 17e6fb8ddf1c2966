"""A mosaic on its way to the wall: a post like any other, which moderators see first."""

from __future__ import annotations

import asyncio

from kiosk.record import NETWORK, Portrait
from wall.gate import Answer, Gate
from wall.model import Attachment, Author, Post, PostId, post_id, utc_now
from wall.settings import Settings
from wall.spool import Spool
from wall.store.client import Store


def post_of(settings: Settings, portrait: Portrait) -> PostId:
    """Under which id a portrait stands on the wall, since its visitor last agreed."""
    return post_id(network=NETWORK, instance=settings.event.slug, native_id=_native_id(portrait))


async def offer(store: Store, settings: Settings, portrait: Portrait, picture: bytes) -> None:
    """Brings an edition before the moderators. A later one takes the former off the wall in the same step."""
    spool = Spool(settings.data_dir)
    spooled = await asyncio.to_thread(spool.put, picture, name=f"mosaic {portrait.id} {portrait.drawn}")
    outcome = await Gate(store).accept(
        Post(
            network=NETWORK,
            source=NETWORK,
            instance=settings.event.slug,
            native_id=_native_id(portrait),
            author=Author(id=portrait.id, name=""),
            spans=(),
            attachments=(Attachment(url="", spool=spooled),),
            created_at=utc_now(),
            revision=portrait.drawn,
        )
    )
    if outcome.answer is Answer.GONE:
        await asyncio.to_thread(spool.drop, spooled)


async def take_back(store: Store, settings: Settings, portrait: Portrait) -> None:
    """Off every screen, for good; nothing where it was never offered."""
    if portrait.offers:
        await Gate(store).withdraw(post_of(settings, portrait), why="author", by="visitor", source=NETWORK)


def _native_id(portrait: Portrait) -> str:
    return f"{portrait.id}.{portrait.offers}"
