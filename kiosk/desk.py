"""The kiosks as the desk sees them: what each shows, whether its camera works, how the studio and the printer are."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.floor import SILENT_S, Floor
from wall.web.answers import answer
from wall.web.room import Services


class KiosksApi:
    def __init__(self, services: Services, floor: Floor) -> None:
        self._services = services
        self._floor = floor

    @property
    def routes(self) -> list[Route]:
        return [Route("/api/v1/kiosks", self.all, methods=["GET"])]

    async def all(self, request: Request) -> Response:
        """For viewers: `silent` kiosks have said nothing for half a minute."""
        await self._services.auth.need(request, "viewer")
        found = await self._services.store.redis.hgetall(self._services.store.keys.kiosks)
        now = time.time() * 1000
        kiosks: list[dict[str, Any]] = []
        for name, raw in sorted(found.items()):
            said = msgspec.json.decode(raw, type=dict[str, Any])
            kiosks.append({"id": name.decode(), **said, "silent": now - said["at"] > SILENT_S * 1000})
        condition = self._floor.condition()
        del condition["type"], condition["build"]
        return answer({"kiosks": kiosks, **condition})
