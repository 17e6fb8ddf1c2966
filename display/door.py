"""The screens' door: who may show what is on the wall, and who must leave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from display.hub import Hub, Screen
from display.passes import Passes
from display.protocol import LET_GO
from display.socket import Refused
from wall.store.client import StoreError
from wall.web.guards import is_host
from wall.web.room import Services

log = logging.getLogger("parvis.access")

LOOK_S = 0.5
GOODBYE_S = 0.3


class Door:
    def __init__(self, services: Services, hub: Hub, passes: Passes) -> None:
        self._services = services
        self._hub = hub
        self.passes = passes
        self._guarded: dict[Screen, tuple[WebSocket, str]] = {}
        self._shown_out: set[Screen] = set()

    async def closed_page(
        self, request: Request, screen_id: str = "", *, role: str = "screen"
    ) -> Response | None:
        """The page that shows a pairing code, where this browser may not be that screen."""
        if await self.passes.may_be(request, screen_id, role=role):
            return None
        own = await self.passes.screen_of(request)
        if own and own != screen_id and role == "screen":
            return RedirectResponse(f"/screen/{own}", status_code=307)  # the desk has given it another name
        settings = self._services.settings
        pages = self._services.pages
        lang = settings.event.languages[0] if settings.event.languages else "en"
        says = [(one, pages.word(one, "screens.glass_text")) for one in settings.event.languages]
        page = pages.render(
            request,
            "screen-pair.html",
            lang=lang,
            status=401,
            event=settings.event,
            theme="day" if settings.screen.theme == "day" else "night",
            says=says,
        )
        page.headers["parvis-page"] = "screen-pair"
        return page

    async def admit(self, socket: WebSocket, screen_id: str, *, role: str) -> str:
        """The token that opened; "" where none is needed. Raises `Refused` for whoever may not come in."""
        if not await self.passes.may_be(socket, screen_id, role=role):
            raise Refused(LET_GO, "pair this screen at the desk")
        return await self.passes.used(socket) if self._is_asked(socket) else ""

    def watch(self, screen: Screen, socket: WebSocket, token: str) -> None:
        """From now on it must leave when it may no longer be here."""
        if self._is_asked(socket):
            self._guarded[screen] = (socket, token)

    def leave(self, screen: Screen) -> bool:
        """It has gone; whether that was our wish."""
        self._guarded.pop(screen, None)
        was_ours = screen in self._shown_out
        self._shown_out.discard(screen)
        return was_ours

    def _is_asked(self, socket: WebSocket) -> bool:
        return self.passes.is_needed and not is_host(socket)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._look_for_ever())
            try:
                yield
            finally:
                looking.cancel()

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                for screen in await self._strangers():
                    await self._show_out(screen)
            except StoreError:
                continue  # nobody is sent away because we cannot look

    async def _strangers(self) -> list[Screen]:
        """One question to the store for all paired screens; previews are asked whose they are."""
        guarded = dict(self._guarded)
        passes = await self.passes.several(screen.state.id for screen, (_, token) in guarded.items() if token)
        found = []
        for screen, (socket, token) in guarded.items():
            known = passes.get(screen.state.id)
            is_welcome = (
                known is not None and known.is_for(token)
                if token
                else await self.passes.may_be(socket, screen.state.id, role=screen.role)
            )
            if not is_welcome:
                found.append(screen)
        return found

    async def _show_out(self, screen: Screen) -> None:
        socket, _ = self._guarded.pop(screen, (None, ""))
        if socket is None:
            return  # it has gone while others were shown out
        self._shown_out.add(screen)
        log.info("screen %s may no longer be here", screen.state.id)
        try:
            async with asyncio.timeout(GOODBYE_S):
                await socket.close(code=LET_GO, reason="let go by the desk")
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            pass  # it does not read, or is closing already
        asyncio.get_running_loop().call_later(GOODBYE_S, screen.wire.cut)
