"""Is it alive, is it ready, how much has it done: for supervisors, balancers and Prometheus."""

from __future__ import annotations

from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from wall.ledger import Ledger
from wall.store.beat import Beats
from wall.store.client import Store, StoreError
from wall.web.answers import answer


class Metrics:
    """The web process's own figures. Rooms add to them through these names."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.posts = Gauge("parvis_posts", "Posts by state", ["state"], registry=self.registry)
        self.screens = Gauge("parvis_screens", "Connected screens", registry=self.registry)
        self.frames = Counter("parvis_frames_sent", "Frames written to screens", registry=self.registry)
        self.resyncs = Counter("parvis_screen_resyncs", "Snapshots sent after a gap", registry=self.registry)
        self.alerts = Gauge(
            "parvis_screen_alerts", "Screens with something wrong", ["kind"], registry=self.registry
        )
        self.beat_age_s = Gauge(
            "parvis_screen_beat_age_seconds",
            "Since a connected screen was last heard",
            ["screen"],
            registry=self.registry,
        )
        self.heap_mb = Gauge(
            "parvis_screen_heap_megabytes", "JavaScript heap of a screen", ["screen"], registry=self.registry
        )
        self.readers = Gauge("parvis_readers", "Readers of the wall's events", registry=self.registry)
        self.readers_cut = Counter(
            "parvis_readers_cut", "Readers that did not read and were cut", registry=self.registry
        )
        self.corrupt = Counter(
            "parvis_corrupt_items", "Items not shown: hash mismatch", registry=self.registry
        )


class Health:
    def __init__(self, *, store: Store, ledger: Ledger, metrics: Metrics, build: str) -> None:
        self._store = store
        self._ledger = ledger
        self._metrics = metrics
        self._build = build
        self._beats = Beats(store)

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            Route("/metrics", self.metrics),
        ]

    async def healthz(self, _: Request) -> Response:
        return answer({"ok": True, "build": self._build})

    async def readyz(self, _: Request) -> Response:
        """200 when the store serves and ingest and worker are counting; 503 with what is missing otherwise."""
        state: dict[str, Any] = {"store": False, "ingest": False, "worker": False}
        try:
            state["store"] = await self._store.is_serving()
            for role in ("ingest", "worker"):
                state[role] = state["store"] and await self._beats.is_alive(role)
        except StoreError:
            state["store"] = False
        return answer(state, status=200 if all(state.values()) else 503)

    async def metrics(self, _: Request) -> Response:
        try:
            for state, count in (await self._ledger.counts()).items():
                self._metrics.posts.labels(state).set(count)
        except StoreError:
            return PlainTextResponse("the store is away\n", status_code=503)
        return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)
