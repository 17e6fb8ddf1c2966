"""The labels, for the desk: what each is called, where it leads, and how passing on goes."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wall.dispatch.tally import Count, Tally
from wall.settings import LabelSettings, Settings
from wall.store.client import Store
from wall.web.answers import answer
from wall.web.auth import Auth


class LabelsApi:
    def __init__(self, *, settings: Settings, store: Store, auth: Auth) -> None:
        self._settings = settings
        self._tally = Tally(store)
        self._auth = auth

    @property
    def routes(self) -> list[Route]:
        return [Route("/api/v1/labels", self.labels, methods=["GET"])]

    async def labels(self, request: Request) -> Response:
        """Addresses are not told: a webhook's may be a secret, an e-mail's is somebody's."""
        await self._auth.need(request, "viewer")
        counts = await self._tally.read()
        return answer({"labels": [label_json(label, counts) for label in self._settings.labels]})


def label_json(label: LabelSettings, counts: dict[tuple[str, str], Count]) -> dict[str, Any]:
    """`last_error` is "" while all is well, `last_at` null before the first post."""
    ways = [kind for kind, is_set in (("webhook", label.webhook), ("email", label.email)) if is_set]
    found = [counts.get((label.name, kind), Count()) for kind in ways]
    return {
        "name": label.name,
        "title": label.shown,
        "ways": ways,
        "sent": sum(one.sent for one in found),
        "failed": sum(one.failed for one in found),
        "last_error": next((one.last_error for one in found if one.last_error), ""),
        "last_at": max((one.last_at for one in found if one.last_at), default=None),
    }
