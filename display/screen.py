"""The public screen: its page, its socket, and what the desk may ask of it."""

from __future__ import annotations

import re
import secrets
from datetime import date
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from display.hub import Hub, Screen
from display.protocol import Beat, FromScreen, Hello, Painted, Resync, read_frame
from display.roster import ScreenState
from display.socket import FIRST_FRAME_S, Inbound, Refused, open_wire
from wall.address import base_url
from wall.model import State, utc_now
from wall.store.client import StoreError
from wall.web.answers import ApiError, answer, read_json
from wall.web.guards import need_same_origin
from wall.web.openapi import ScreenCommand, Spotlight
from wall.web.posts import path_pid
from wall.web.room import Services

SCREEN_ID = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}\Z")
COMMANDS = ("identify", "reload")
DEFAULT_SCREEN = "main"


class ScreenPages:
    def __init__(self, services: Services, hub: Hub) -> None:
        self._services = services
        self._hub = hub

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/screen", self.first, methods=["GET"]),
            Route("/screen/{id}", self.page, methods=["GET"]),
            WebSocketRoute("/ws/screen", self.socket),
            Route("/api/v1/screens", self.listing, methods=["GET"]),
            Route("/api/v1/screens/{id}/command", self.command, methods=["POST"]),
            Route("/api/v1/posts/{id}/spotlight", self.spotlight, methods=["POST"]),
        ]

    async def first(self, request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/screen/{DEFAULT_SCREEN}{query}", status_code=307)

    async def page(self, request: Request) -> Response:
        screen_id = request.path_params["id"]
        if not SCREEN_ID.match(screen_id):
            raise ApiError(404, "no-screen", "a screen's name is 1 to 40 of a-z, 0-9 and -")
        settings = self._services.settings
        lang = settings.event.languages[0] if settings.event.languages else "en"
        config = {
            "screen": screen_id,
            "diagonal_in": settings.screen.diagonal_in,
            "distance_m": settings.screen.distance_m,
            "theme": settings.screen.theme,
            "layout": settings.screen.layout,
            "offline_max_s": settings.screen.offline_max_s,
            "lang": lang,
            "languages": settings.event.languages,
            "event": event_json(self._services),
            "join_url": f"{base_url(settings)}/join",
            "qr_url": "/join/qr.svg",
            "build": self._services.build,
        }
        return self._services.pages.render(request, "screen.html", lang=lang, config=config)

    async def socket(self, socket: WebSocket) -> None:
        wire = await open_wire(socket)
        if wire is None:
            return
        inbound = Inbound(socket)
        screen: Screen | None = None
        try:
            first = _read(await inbound.next(within_s=FIRST_FRAME_S))
            if not isinstance(first, Hello) or not SCREEN_ID.match(first.screen or DEFAULT_SCREEN):
                raise Refused(1008, "say hello first")
            screen = Screen(wire, _state(first))
            await self._hub.join(screen, epoch=first.epoch, seq=first.seq)
            while True:
                await self._hear(screen, _read(await inbound.next()))
        except Refused as refusal:
            await socket.close(code=refusal.code, reason=refusal.reason)
        except StoreError:
            await socket.close(code=1013, reason="the store is away")
        except WebSocketDisconnect:
            return
        finally:
            if screen is not None:
                self._hub.leave(screen)

    async def _hear(self, screen: Screen, frame: FromScreen) -> None:
        state = screen.state
        state.seen_at = utc_now()
        match frame:
            case Painted():
                # a screen can have painted only what was written to it
                state.applied_seq = max(state.applied_seq, min(frame.seq, screen.seq))
                self._hub.roster.touch(state)
            case Beat():
                state.applied_seq = max(state.applied_seq, min(frame.seq, screen.seq))
                state.shown, state.frames, state.errors = frame.shown, frame.frames, frame.errors
                self._hub.roster.touch(state)
            case Resync():
                await self._hub.resync(screen)
            case Hello():
                raise Refused(1008, "hello comes once")

    async def listing(self, request: Request) -> Response:
        await self._services.auth.need(request, "viewer")
        return answer(await screens_json(self._services, self._hub))

    async def command(self, request: Request) -> Response:
        person = await self._services.auth.need(request, "moderator")
        need_same_origin(request, person)
        wanted = await read_json(request, ScreenCommand)
        if wanted.command not in COMMANDS:
            raise ApiError(400, "invalid", f"command must be one of {', '.join(COMMANDS)}", field="command")
        screen_id = request.path_params["id"]
        self._need_screen(screen_id)
        await self._hub.command(screen_id, wanted.command)
        return answer({}, status=202)

    async def spotlight(self, request: Request) -> Response:
        """An approved post before the public now, on one screen or on all. Whether it still may is asked again there."""
        person = await self._services.auth.need(request, "moderator")
        need_same_origin(request, person)
        pid = path_pid(request)
        wanted = await read_json(request, Spotlight)
        if wanted.screen is not None:
            self._need_screen(wanted.screen)
        records = await self._services.ledger.records([pid])
        if not records:
            raise ApiError(404, "no-post", "there is no such post")
        if records[0].state is not State.APPROVED:
            raise ApiError(409, "not-shown", "only a post that is on the wall can be put into the spotlight")
        if await self._services.ledger.is_panic():
            raise ApiError(409, "panic", "every screen shows the slate; end the panic first")
        await self._hub.spotlight(pid, screen=wanted.screen, seconds=wanted.seconds)
        return answer({}, status=202)

    def _need_screen(self, screen_id: str) -> None:
        if screen_id not in {state.id for state in self._hub.roster.screens()}:
            raise ApiError(404, "no-screen", "no screen of this name has been seen")


def event_json(services: Services) -> dict[str, Any]:
    event = services.settings.event
    return {
        "name": event.name,
        "venue": event.venue,
        "dates": [day.isoformat() for day in event.dates if isinstance(day, date)],
        "hashtags": event.hashtags,
        "languages": event.languages,
    }


async def screens_json(services: Services, hub: Hub) -> dict[str, Any]:
    _, seq = await services.wall.head()
    return {"screens": hub.roster.screens(), "seq": seq, "off": hub.roster.off()}


def _state(hello: Hello) -> ScreenState:
    return ScreenState(
        id=hello.screen or DEFAULT_SCREEN,
        link=secrets.token_hex(4),
        size=hello.size,
        build=hello.build,
        seen_at=utc_now(),
    )


def _read(text: str) -> FromScreen:
    try:
        frame: FromScreen = read_frame(text)
    except msgspec.DecodeError as error:
        raise Refused(1008, str(error)[:100]) from None
    return frame
