"""What became of posts without an event: deleted while nobody listened, taken down, labelled, their account closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ingest.atproto.appview import BATCH, AppView
from ingest.atproto.item import Item, closure, removal
from ingest.atproto.record import barred, parts_of
from ingest.contract import SourceLost
from ingest.values import table_at

SECOND_LOOK_S: Final = 5.0


class Recheck:
    """Asks the AppView; raises what it raises."""

    def __init__(self, appview: AppView, *, second_look_s: float = SECOND_LOOK_S) -> None:
        self._appview = appview
        self._second_look_s = second_look_s

    async def changed(self, uris: Sequence[str]) -> list[Item]:
        """Removals for those of `uris` that should not be shown any more."""
        views = await self._views(uris)
        labelled = [
            removal(uri, reason=reason, is_final=False)
            for uri, view in views.items()
            if (reason := barred(view.get("labels")) or barred(table_at(view, "author").get("labels")))
        ]
        gone = [uri for uri in uris if uri not in views]
        if gone:  # an index may be a little behind: nothing is taken down on one answer
            await asyncio.sleep(self._second_look_s)
            again = await self._views(gone)
            gone = [uri for uri in gone if uri not in again]
        return [*labelled, *await self._gone(gone)]

    async def _views(self, uris: Sequence[str]) -> dict[str, dict[str, Any]]:
        views: dict[str, dict[str, Any]] = {}
        for batch in _batches(uris):
            views |= await self._appview.posts(batch)
        return {uri: views[uri] for uri in uris if uri in views}

    async def _gone(self, uris: Sequence[str]) -> list[Item]:
        """A missing post of an account that is there was deleted; without its account it may come back."""
        dids = {uri: parts[0] for uri in uris if (parts := parts_of(uri))}
        authors = list(dict.fromkeys(dids.values()))
        there: set[str] = set()
        for batch in _batches(authors):
            there |= set(await self._appview.profiles(batch))
        if len(authors) > 2 and not there:
            raise SourceLost("the AppView knows none of the authors; is base_url right?")
        deleted = [removal(uri, reason="deleted", is_final=True) for uri, did in dids.items() if did in there]
        return [*deleted, *(closure(did) for did in authors if did not in there)]


def _batches(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[at : at + BATCH] for at in range(0, len(values), BATCH))
