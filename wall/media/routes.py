"""`/media/{digest}/{variant}`: our own bytes, kept by browsers for ever, harmless whatever opens them."""

from __future__ import annotations

import os

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from wall.media.store import MediaStore

KEPT = "public, max-age=31536000, immutable"
FORGET = (
    "parvis-forget"  # a screen lets go of what was taken down: this answer takes the place of its cached copy
)
HEADERS = {
    "cache-control": KEPT,
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",  # walls on other sites show them too
}


def media_route(store: MediaStore) -> Route:
    """Anybody may read, whoever knows a digest. Whatever is no stored picture is a 404."""

    def found(digest: str, variant: str) -> tuple[str, os.stat_result] | None:
        path = store.path(digest, variant)
        try:
            return None if path is None else (str(path), path.stat())
        except FileNotFoundError:  # taken back this very moment
            return None

    async def media(request: Request) -> Response:
        digest, variant = request.path_params["digest"], request.path_params["variant"]
        is_forgotten = FORGET in request.headers
        file = None if is_forgotten else await run_in_threadpool(found, digest, variant)
        if file is None:
            raise HTTPException(404, headers={"cache-control": "no-store"})
        headers = {**HEADERS, "etag": f'"{digest}-{variant}"'}
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        path, stat = file
        return FileResponse(
            path,
            stat_result=stat,
            media_type="image/webp",
            headers=headers,
            filename=f"{digest[:12]}-{variant}.webp",
            content_disposition_type="inline",
        )

    return Route("/media/{digest}/{variant}", media, methods=["GET"])
