"""What a screen keeps for the time without a server: its service worker, and the list of every file it may ask for."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from wall.web.answers import answer
from wall.web.room import Services

# Files of other pages: a screen never asks for them.
NOT_OURS = (
    "kiosk/",
    "js/desk",
    "js/join",
    "js/people",
    "css/desk",
    "css/people",
    "css/join",
    "js/screens/",
    "css/screens",
    "js/themes/",
    "css/themes",
)


class ShellPages:
    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/screen-worker.js", self.worker, methods=["GET"]),
            Route("/screen-files.json", self.files, methods=["GET"]),
        ]

    async def worker(self, _: Request) -> Response:
        return self._services.pages.worker("js/screen-worker.js")

    async def files(self, _: Request) -> Response:
        """`{"build", "files": ["/static/…", …]}`: all layouts too, since a programme may change at any time."""
        pages = self._services.pages
        paths = [path for path in pages.paths if not path.startswith(NOT_OURS)]
        return answer({"build": pages.build, "files": [pages.static(path) for path in paths]})
