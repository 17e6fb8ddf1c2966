"""The kiosk room: a tablet on a stand where visitors take part. Its first form; the mosaic comes to live here."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wall.web.answers import ApiError
from wall.web.auth import VISIT_COOKIE, VISIT_LIFE_S
from wall.web.guards import is_host
from wall.web.room import Room, Services

KIOSK_ID = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}\Z")
TEXT_LIMIT = 280


def build(services: Services) -> Room:
    async def first(_: Request) -> Response:
        return RedirectResponse("/kiosk/main", status_code=307)

    async def page(request: Request) -> Response:
        """Opened on this machine or by somebody signed in, the kiosk may send; elsewhere it shows the way to join."""
        if not KIOSK_ID.match(request.path_params["id"]):
            raise ApiError(404, "no-kiosk", "a kiosk's name is 1 to 40 of a-z, 0-9 and -")
        event = services.settings.event
        allowed = is_host(request) or await services.auth.who(request) is not None
        response = services.pages.render(
            request,
            "kiosk.html",
            lang=event.languages[0] if event.languages else "en",
            event={
                "name": event.name,
                "venue": event.venue,
                "hashtags": event.hashtags,
                "languages": event.languages,
            },
            allowed=allowed,
            text_limit=TEXT_LIMIT,
        )
        if allowed:
            response.set_cookie(
                VISIT_COOKIE,
                await services.auth.new_visit(is_shared=True),
                max_age=VISIT_LIFE_S,
                httponly=True,
                samesite="lax",
                secure=request.url.scheme == "https",
            )
        return response

    return Room(routes=(Route("/kiosk", first, methods=["GET"]), Route("/kiosk/{id}", page, methods=["GET"])))
