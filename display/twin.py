"""The wall for everybody: a page for phones and screen readers, its events, and what other sites need to show it.

The page is whole without scripts. It is the same for everybody who asks in the same language, so it has an ETag
and no nonce; its scripts are files of ours.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import cast
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from display.article import Article, article
from display.hub import Hub
from display.readers import Readers
from display.screen import event_json
from wall.address import base_url
from wall.catalogue import LANGUAGES
from wall.live import Snapshot
from wall.process import open_files
from wall.store.client import StoreError
from wall.web.answers import ANY_SITE, ApiError, number
from wall.web.backoff import place_of
from wall.web.guards import page_policy
from wall.web.http import SCOPE_KEY, Http
from wall.web.pages import KINDS, language_of
from wall.web.room import Services

log = logging.getLogger("parvis.twin")

PAGE = 20
AREAS = ("twin.", "network.", "page.", "screen.visitor")
EMBED_AREAS = ("twin.embed.", "network.", "screen.visitor")
SPARE_FILES = 400  # for screens, desks, pictures and the store
KEPT_PAGES = 24
AWAY_S = 20


class TwinPages:
    def __init__(self, services: Services, hub: Hub) -> None:
        self._services = services
        web = services.settings.web
        self.readers = Readers(
            wall=services.wall,
            metrics=services.metrics,
            most=max(1, min(web.readers, open_files() - SPARE_FILES)),
            per_place=web.readers_per_address,
        )
        hub.followers.append(self.readers)
        self._pages: OrderedDict[str, bytes] = OrderedDict()
        self._policy = page_policy("")
        self._framed = page_policy("", ancestors=" ".join(web.embed_on) or "'none'")
        self._embed = self._embed_script()

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/wall", self.page, methods=["GET"]),
            Route("/embed.js", self.script, methods=["GET"]),
            Route("/api/v1/wall/events", self.events, methods=["GET"]),
        ]

    # -- the page ---------------------------------------------------------------------------------------------

    async def page(self, request: Request) -> Response:
        lang = language_of(request)
        before = number(request, "before", default=0, low=1, high=2**53 - 1)
        is_embed = request.query_params.get("embed") == "1"
        headers = {
            "content-security-policy": self._framed if is_embed else self._policy,
            "cache-control": "no-cache",
            "vary": "accept-language",
            "content-language": lang,
        }
        try:
            epoch, seq = await self._services.wall.head()
            tag = f'"{self._services.build}.{epoch}.{seq}.{before}.{lang}.{int(is_embed)}"'
            if tag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers={**headers, "etag": tag})
            html = self._pages.get(tag)
            if html is None:
                snapshot = await self._services.wall.newest(PAGE, before=before or None)
                html = self._render(snapshot, lang=lang, before=before, is_embed=is_embed)
                if (snapshot.epoch, snapshot.seq) == (epoch, seq):
                    self._keep(tag, html)
        except StoreError as error:
            log.warning("the page without the store: %s", type(error).__name__)
            html = self._render(None, lang=lang, before=before, is_embed=is_embed)
            headers |= {"cache-control": "no-store", "retry-after": str(AWAY_S)}
            return Response(html, status_code=503, media_type="text/html", headers=headers)
        return Response(html, media_type="text/html", headers={**headers, "etag": tag})

    def _render(self, snapshot: Snapshot | None, *, lang: str, before: int, is_embed: bool) -> bytes:
        """The page as it is at `snapshot`; None is a wall that cannot be read."""
        pages = self._services.pages
        is_panic = snapshot is not None and snapshot.is_panic
        older = None if snapshot is None or is_panic else snapshot.before
        html = pages.html(
            "wall.html",
            lang=lang,
            areas=AREAS,
            event=event_json(self._services),
            articles=[] if snapshot is None or is_panic else self._articles(snapshot, lang),
            may_join=not self._services.settings.join.code_required,
            is_away=snapshot is None,
            is_panic=is_panic,
            is_embed=is_embed,
            before=before,
            languages=[(code, _query(lang=code, before=before, embed=is_embed)) for code in LANGUAGES],
            newest=_query(lang=lang, embed=is_embed),
            older=_query(lang=lang, before=older, embed=is_embed) if older is not None else "",
            whole=f"{base_url(self._services.settings)}/wall",
            state={
                "since": f"{snapshot.epoch}:{snapshot.seq}" if snapshot else "",
                "before": older,
                "is_older": bool(before),
                "is_panic": is_panic,
                "page": PAGE,
            },
        )
        return html.encode()

    def _articles(self, snapshot: Snapshot, lang: str) -> list[Article]:
        def t(key: str, **values: str) -> str:
            return self._services.pages.word(lang, key, **values)

        found = []
        for item in snapshot.items:
            try:
                found.append(article(item, t))
            except msgspec.DecodeError:
                log.error("post %s cannot be read and is left out", item.pid)
        return found

    def _keep(self, tag: str, html: bytes) -> None:
        """A few, the newest: what has left the wall has another number, and its pages go."""
        state = tag.split(".")[1:3]
        for old in [old for old in self._pages if old.split(".")[1:3] != state]:
            del self._pages[old]
        self._pages[tag] = html
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)

    # -- its events -------------------------------------------------------------------------------------------

    async def events(self, request: Request) -> Response:
        """`Last-Event-ID` (or `?since=`) is "epoch:seq"; without either a reset comes first."""
        since = request.headers.get("last-event-id") or request.query_params.get("since", "")
        headers = {**ANY_SITE, "cache-control": "no-store", "x-accel-buffering": "no"}
        if request.method == "HEAD":
            return Response(media_type="text/event-stream", headers=headers)
        place = place_of(request.client.host) if request.client else "?"
        return Following(self.readers, place=place, since=since[:100], headers=headers)

    # -- on other sites ---------------------------------------------------------------------------------------

    async def script(self, request: Request) -> Response:
        """One address that never changes, for the snippet on other sites."""
        tag = f'"{self._services.build}"'
        headers = {"etag": tag, "cache-control": "public, max-age=600", **ANY_SITE}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self._embed, media_type=KINDS[".js"], headers=headers)

    def _embed_script(self) -> bytes:
        """The script with its words in it: it asks for nothing but posts and pictures."""
        text = self._services.pages.file("js/embed.js").read_text(encoding="utf-8")
        words = {lang: self._services.pages.words(lang, *EMBED_AREAS) for lang in LANGUAGES}
        site = {"event": self._services.settings.event.name, "words": words}
        return text.replace('"SITE"', msgspec.json.encode(site).decode()).encode()


class Following(Response):
    """An answer without an end. Its head goes the usual way; its body is written by `Readers`, when this has returned."""

    def __init__(self, readers: Readers, *, place: str, since: str, headers: dict[str, str]) -> None:
        super().__init__(media_type="text/event-stream", headers=headers)
        self._readers = readers
        self._place = place
        self._since = since

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        pipe = cast("Http | None", scope.get(SCOPE_KEY))
        if pipe is None:
            raise RuntimeError("the server does not lend its connections: run it with wall.web.http.Http")
        try:
            reader = self._readers.seat(pipe, place=self._place)
        except ApiError as full:
            full.headers.update(ANY_SITE)
            raise
        has_begun = False
        try:
            await self._readers.ready()
            has_begun = True
            headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await self._readers.join(reader, since=self._since)
        except StoreError:
            self._readers.leave(reader)
            if not has_begun:
                raise
            pipe.cut()
        except BaseException:
            self._readers.leave(reader)
            raise


def _query(*, lang: str, embed: bool, before: int = 0) -> str:
    parts = {"lang": lang, **({"before": before} if before else {}), **({"embed": 1} if embed else {})}
    return f"?{urlencode(parts)}"
