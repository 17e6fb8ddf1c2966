"""The web application: the core's own routes, then every room's."""

from __future__ import annotations

import logging
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from wall.audit import Audit
from wall.media.routes import media_route
from wall.store.client import StoreError
from wall.watch import Watch
from wall.web.alarm import AlarmApi
from wall.web.answers import ApiError, answer, error_answer
from wall.web.audit import AuditApi
from wall.web.guards import BODY_DEADLINE_S, BodyLimit, Headers, HostGuard
from wall.web.health import Health
from wall.web.labels import LabelsApi
from wall.web.many import ManyApi
from wall.web.notes import NotesApi
from wall.web.openapi import openapi_route
from wall.web.people import PeopleApi
from wall.web.posts import PostsApi
from wall.web.room import Body, Services, rooms
from wall.web.search import SearchApi
from wall.web.session import SessionApi

log = logging.getLogger("parvis.web")

UPLOAD_OVERHEAD = 200_000


def make_app(services: Services) -> Starlette:
    found = rooms(services)
    posts = PostsApi(
        settings=services.settings,
        gate=services.gate,
        wall=services.wall,
        ledger=services.ledger,
        finder=services.finder,
        auth=services.auth,
    )
    audit = AuditApi(audit=Audit(services.store), ledger=services.ledger, auth=services.auth)
    alarm = AlarmApi(watch=Watch(services.store, services.settings.alarm), auth=services.auth)
    many = ManyApi(gate=services.gate, auth=services.auth)
    notes = NotesApi(
        settings=services.settings, gate=services.gate, ledger=services.ledger, auth=services.auth
    )
    health = Health(
        store=services.store, ledger=services.ledger, metrics=services.metrics, build=services.build
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(services.finder.serve())
            for room in found:
                if room.serve is not None:
                    await stack.enter_async_context(room.serve())
            try:
                yield
            except BaseException:
                # screens would starve in silence: better to end, the supervisor starts another
                log.critical("a room of this process has failed: it ends")
                signal.raise_signal(signal.SIGTERM)
                raise

    upload_limit = services.settings.media.max_mb * 1_000_000 + UPLOAD_OVERHEAD
    bodies = (
        Body("/api/v1/submissions", upload_limit, BODY_DEADLINE_S),
        *(body for room in found for body in room.bodies),
    )
    return Starlette(
        routes=[
            *posts.routes,
            *SearchApi(finder=services.finder, auth=services.auth).routes,
            *audit.routes,
            *alarm.routes,
            *many.routes,
            *notes.routes,
            *LabelsApi(settings=services.settings, store=services.store, auth=services.auth).routes,
            *SessionApi(auth=services.auth, store=services.store).routes,
            *PeopleApi(auth=services.auth, settings=services.settings).routes,
            *health.routes,
            openapi_route(),
            media_route(services.media),
            services.pages.route,
            *(route for room in found for route in room.routes),
        ],
        middleware=[
            Middleware(Headers),
            Middleware(HostGuard, public_url=services.settings.web.public_url),
            Middleware(BodyLimit, limits=bodies),
        ],
        exception_handlers={
            ApiError: error_answer,
            HTTPException: _http_error,
            StoreError: _store_away,
            ClientDisconnect: _left,
            Exception: _broken,
        },
        lifespan=lifespan,
    )


def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not-found", 405: "wrong-method"}.get(error.status_code, "refused")
    return answer(
        {"error": {"code": code, "message": str(error.detail)}},
        status=error.status_code,
        headers=error.headers,
    )


def _left(_: Request, __: Exception) -> Response:
    """The client went away in the middle: nobody reads this, and nothing is wrong with us."""
    return Response(status_code=400)


def _store_away(_: Request, error: Exception) -> Response:
    log.warning("answered 503: the store is away (%s)", type(error).__name__)
    message = "the wall's store is away for a moment; nothing was done, try again"
    return answer(
        {"error": {"code": "store-away", "message": message}}, status=503, headers={"retry-after": "1"}
    )


def _broken(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    message = "something went wrong here; it has been logged"
    return answer({"error": {"code": "broken", "message": message}}, status=500)
