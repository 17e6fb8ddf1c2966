"""The public screen: its page, its socket, and what the desk may ask of it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, TypedDict, Unpack

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from display.alerts import Alerts
from display.door import Door
from display.hub import Hub, Screen
from display.orders import Orders
from display.protocol import LET_GO, Beat, FromScreen, Hello, Painted, Resync, read_frame
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
from wall.web.session import address_of, device_of

SCREEN_ID = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}\Z")
# heard by whoever is connected; the rest is kept, and obeyed later too
NOW = ("identify", "reload", "next", "renew")
DEFAULT_SCREEN = "main"
ROLES = ("screen", "preview", "trial")


class Parts(TypedDict):
    """Who watches over the screens. `knows` a screen by name; `names` are the programmes and themes there are."""

    door: Door
    alerts: Alerts
    knows: Callable[[str], Awaitable[bool]]
    names: Callable[[], dict[str, list[str]]]


class ScreenPages:
    def __init__(self, services: Services, hub: Hub, orders: Orders, **parts: Unpack[Parts]) -> None:
        self._services = services
        self._hub = hub
        self._orders = orders
        self._door = parts["door"]
        self._alerts = parts["alerts"]
        self._knows = parts["knows"]
        self._names = parts["names"]

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
        screen_id = await self._door.passes.screen_of(request) or DEFAULT_SCREEN
        if closed := await self._door.closed_page(request, screen_id):
            return closed
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/screen/{screen_id}{query}", status_code=307)

    async def page(self, request: Request) -> Response:
        screen_id = request.path_params["id"]
        if not SCREEN_ID.match(screen_id):
            raise ApiError(404, "no-screen", "a screen's name is 1 to 40 of a-z, 0-9 and -")
        role = request.query_params.get("as", "screen")
        if role not in ROLES:
            raise ApiError(404, "no-role", f"?as= is one of {', '.join(ROLES)}")
        if closed := await self._door.closed_page(request, screen_id, role=role):
            return closed
        settings = self._services.settings
        lang = settings.event.languages[0] if settings.event.languages else "en"
        config: dict[str, Any] = {
            "screen": screen_id,
            "as": role,
            "diagonal_in": settings.screen.diagonal_in,
            "distance_m": settings.screen.distance_m,
            "orders": self._orders.json(screen_id),
            "pixel_shift": settings.screen.pixel_shift,
            "reduced_motion": settings.screen.reduced_motion,
            "offline_max_s": settings.screen.offline_max_s,
            "lang": lang,
            "languages": settings.event.languages,
            "event": event_json(self._services),
            "join_url": f"{base_url(settings)}/join",
            "qr_url": "/join/qr.svg",
            "build": self._services.build,
            "at": utc_now(),
        }
        page = self._services.pages.render(
            request,
            "screen.html",
            lang=lang,
            framed=role != "screen",
            config=config,
            layouts=list(dict.fromkeys(scene["layout"] for scene in config["orders"]["programme"]["scenes"])),
        )
        if role == "screen":
            await self._door.passes.turn(request, page)
        page.headers["parvis-build"] = self._services.build  # how the service worker tells pages apart
        return page

    async def socket(self, socket: WebSocket) -> None:
        wire = await open_wire(socket)
        if wire is None:
            return
        inbound = Inbound(socket)
        screen: Screen | None = None
        code = 1006
        try:
            first = _read(await inbound.next(within_s=FIRST_FRAME_S))
            if not isinstance(first, Hello) or not SCREEN_ID.match(first.screen or DEFAULT_SCREEN):
                raise Refused(1008, "say hello first")
            state = _state(first)
            token = await self._door.admit(socket, state.id, role=first.role)
            state.is_paired = bool(token)
            state.address, state.device = address_of(socket), device_of(socket)
            screen = Screen(wire, state, role=first.role)
            await self._hub.join(screen, epoch=first.epoch, seq=first.seq)
            self._door.watch(screen, socket, token)
            await self._alerts.came(screen)
            while True:
                await self._hear(screen, _read(await inbound.next()))
        except Refused as refusal:
            await socket.close(code=refusal.code, reason=refusal.reason)
        except StoreError:
            await socket.close(code=1013, reason="the store is away")
        except WebSocketDisconnect as left:
            code = left.code
        finally:
            if screen is not None:
                code = LET_GO if self._door.leave(screen) else code
                self._hub.leave(screen)
                await self._alerts.went(screen, code=code)

    async def _hear(self, screen: Screen, frame: FromScreen) -> None:
        state = screen.state
        state.seen_at = utc_now()
        match frame:
            case Painted():
                # a screen can have painted only what was written to it
                state.applied_seq = max(state.applied_seq, min(frame.seq, screen.seq))
                self._hub.touch(screen)
            case Beat():
                state.applied_seq = max(state.applied_seq, min(frame.seq, screen.seq))
                state.shown, state.frames, state.errors = frame.shown, frame.frames, frame.errors
                self._alerts.beat(screen, frame)
                self._hub.touch(screen)
            case Resync():
                await self._hub.resync(screen)
            case Hello():
                raise Refused(1008, "hello comes once")
            case _ if hear := self._hub.heard.get(type(frame)):
                await hear(screen, frame)

    async def listing(self, request: Request) -> Response:
        await self._services.auth.need(request, "viewer")
        return answer(await screens_json(self._services, self._hub, whole=True))

    async def command(self, request: Request) -> Response:
        person = await self._services.auth.need(request, "moderator")
        need_same_origin(request, person)
        wanted = await read_json(request, ScreenCommand)
        screen_id = request.path_params["id"]
        if wanted.command in NOW:
            self._need_screen(screen_id)
            await self._hub.command(screen_id, wanted.command)
        elif not await self._knows(screen_id):
            raise ApiError(404, "no-screen", "no screen of this name has been seen")
        else:
            await self._order(screen_id, wanted)
        return answer({}, status=202)

    async def _order(self, screen_id: str, wanted: ScreenCommand) -> None:
        """What stays in force: also for a screen that is away. An empty name leaves the choice to the settings."""
        match wanted.command:
            case "blank" | "unblank":
                await self._orders.set(screen_id, blank=wanted.command == "blank")
            case "programme":
                self._need_name("programmes", wanted.name)
                await self._orders.set(screen_id, programme=wanted.name)
            case "theme":
                self._need_name("themes", wanted.name)
                await self._orders.set(screen_id, theme=wanted.name)

    def _need_name(self, kind: str, name: str) -> None:
        known = self._names()[kind]
        if name and name not in known:
            raise ApiError(400, "invalid", f"name must be one of {', '.join(known)}", field="name")

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


async def screens_json(services: Services, hub: Hub, *, whole: bool = False) -> dict[str, Any]:
    """Every screen, what each has confirmed; `whole`: and how its page is."""
    _, seq = await services.wall.head()
    screens = hub.roster.screens()
    if not whole:
        screens = [msgspec.structs.replace(state, health=None, heaps=[]) for state in screens]
    return {"screens": screens, "seq": seq, "off": hub.roster.off()}


def _state(hello: Hello) -> ScreenState:
    return ScreenState(
        id=hello.screen or DEFAULT_SCREEN,
        link=secrets.token_hex(4),
        size=hello.size,
        build=hello.build,
        seen_at=utc_now(),
        since=utc_now(),
    )


def _read(text: str) -> FromScreen:
    try:
        frame: FromScreen = read_frame(text)
    except msgspec.DecodeError as error:
        raise Refused(1008, str(error)[:100]) from None
    return frame
