"""The kiosks of this web process and what they are told: how far a mosaic is, who waits before it, how the printer is.

A kiosk says every few seconds how it is; the desk reads that.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from wall.store.client import StoreError
from wall.web.answers import ApiError
from wall.web.auth import SHARED, VISIT_COOKIE
from wall.web.guards import is_same_origin
from wall.web.room import Services

log = logging.getLogger("parvis.kiosk")

BEAT_S = 5.0
SILENT_S = 30.0
STUDIO_SILENT_S = 15.0
FRAME_MAX = 4000

_json = msgspec.json.Encoder().encode


class FromKiosk(msgspec.Struct, frozen=True):
    """How a kiosk is: what it shows, whether its camera works, what went wrong lately."""

    type: Literal["hello", "beat"]
    kiosk: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
    view: Annotated[str, Meta(max_length=20)] = ""
    camera: Annotated[str, Meta(max_length=20)] = ""
    error: Annotated[str, Meta(max_length=200)] = ""
    build: Annotated[str, Meta(max_length=20)] = ""
    size: Annotated[str, Meta(max_length=20)] = ""
    made: Annotated[int, Meta(ge=0, le=10_000_000)] = 0


_read = msgspec.json.Decoder(FromKiosk).decode


class Floor:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._sockets: set[WebSocket] = set()
        self._queue: list[str] = []
        self._studio_at = -STUDIO_SILENT_S
        self._pool = 0
        self._printer: dict[str, Any] | None = None

    @property
    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/ws/kiosk", self.socket)]

    def place(self, portrait_id: str) -> int | None:
        """How many are before it in the studio; None when it does not wait."""
        return self._queue.index(portrait_id) if portrait_id in self._queue else None

    def need_printer(self) -> None:
        """Raises `ApiError` 409 when nothing can be printed now."""
        why = "none" if self._printer is None else self._printer["why"]
        if why:
            raise ApiError(409, "no-printer", f"the printer cannot print now ({why})", extra={"why": why})

    def condition(self) -> dict[str, Any]:
        """What every kiosk is told: `studio` false means that nothing is made at the moment."""
        return {
            "type": "studio",
            "studio": time.monotonic() - self._studio_at < STUDIO_SILENT_S,
            "pool": self._pool,
            "printer": self._printer,
            "waiting": len(self._queue),
            "build": self._services.build,
        }

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._listen()), tasks.create_task(self._beat_for_ever())]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()

    async def socket(self, socket: WebSocket) -> None:
        """For pages of this wall's own kiosks."""
        device = await self._services.auth.device_of(socket.cookies.get(VISIT_COOKIE, ""))
        if device is None or not device.startswith(SHARED) or not is_same_origin(socket):
            await socket.close(code=1008)
            return
        await socket.accept()
        try:
            await socket.send_text(_json(self.condition()).decode())
            self._sockets.add(socket)
            while True:
                text = await asyncio.wait_for(socket.receive_text(), SILENT_S)
                await self._hear(text)
        except (WebSocketDisconnect, TimeoutError, StoreError, RuntimeError):
            return
        finally:
            self._sockets.discard(socket)

    async def _hear(self, text: str) -> None:
        if len(text) > FRAME_MAX:
            return
        try:
            said = _read(text)
        except (msgspec.DecodeError, RecursionError):
            return  # a newer page
        record = {**msgspec.to_builtins(said), "at": int(time.time() * 1000)}
        del record["type"], record["kiosk"]
        await self._services.store.redis.hset(self._services.store.keys.kiosks, said.kiosk, _json(record))

    async def _listen(self) -> None:
        keys = self._services.store.keys
        async for ring in self._services.store.listen(keys.portraits_tick, keys.portraits_news):
            if ring.channel == keys.portraits_tick:
                portrait_id, _, _ = ring.data.decode().partition(" ")
                await self._tell({"type": "changed", "id": portrait_id})
            elif ring.channel == keys.portraits_news:
                await self._pass_on(ring.data)
            else:
                await self._tell({"type": "changed", "id": ""})  # something may have been missed

    async def _pass_on(self, data: bytes) -> None:
        try:
            news: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Any])
        except msgspec.DecodeError:
            return
        self._studio_at = time.monotonic()
        if "queue" in news:
            self._queue = [str(one) for one in news["queue"]]
            await self._tell({"type": "queue", "queue": self._queue})
        if "pool" in news:
            self._pool = news["pool"]
            self._printer = news.get("printer", self._printer)
            await self._tell(self.condition())
        if "step" in news:
            await self._tell({"type": "step", **news})

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            await self._tell(self.condition())

    async def _tell(self, message: dict[str, Any]) -> None:
        text = _json(message).decode()
        for socket in list(self._sockets):
            try:
                async with asyncio.timeout(1):
                    await socket.send_text(text)
            except (TimeoutError, RuntimeError, WebSocketDisconnect):
                self._sockets.discard(socket)
