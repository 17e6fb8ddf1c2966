"""Readers of the wall's events: what a browser does with them, and a hub of their own on a server of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from display.hub import Hub
from display.readers import Readers
from display.roster import Roster
from display.twin import Following
from tests.server import Served
from tests.stack import free_port
from wall.live import Wall
from wall.store.client import Store
from wall.web.answers import ApiError, error_answer
from wall.web.health import Metrics
from wall.web.http import Http

PATIENCE_S = 10.0


class Event(msgspec.Struct, frozen=True):
    kind: str
    id: str
    data: Any


class Stream:
    """A reader of events, as a browser is one: it remembers the id of the newest."""

    def __init__(self, reply: aiohttp.ClientResponse) -> None:
        self.reply = reply
        self.last_id = ""
        self.raw = b""

    async def next(self) -> Event:
        """The next event that is none of the heartbeats."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE_S):
            while line := await self.reply.content.readline():
                self.raw += line
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                    self.last_id = fields.get("id", self.last_id)
                elif "data" in fields and fields.get("event") != "beat":
                    return Event(fields["event"], fields.get("id", ""), msgspec.json.decode(fields["data"]))
                else:
                    fields = {}
        raise AssertionError("the stream has ended")

    async def kinds(self, count: int) -> list[str]:
        return [(await self.next()).kind for _ in range(count)]


@asynccontextmanager
async def following(served: Served, since: str = "", **headers: str) -> AsyncIterator[Stream]:
    query = f"?since={since}" if since else ""
    async with served.client.get(f"{served.url}/api/v1/wall/events{query}", headers=headers) as reply:
        assert reply.status == 200
        yield Stream(reply)


class Corner(msgspec.Struct):
    """A hub and its readers on a server of their own, with limits of their own."""

    url: str
    client: aiohttp.ClientSession
    readers: Readers
    metrics: Metrics

    def count(self) -> float:
        return float(self.metrics.registry.get_sample_value("parvis_readers") or 0)

    def cut(self) -> float:
        return float(self.metrics.registry.get_sample_value("parvis_readers_cut_total") or 0)


@asynccontextmanager
async def corner(store: Store, **limits: Any) -> AsyncIterator[Corner]:
    wall, metrics = Wall(store), Metrics()
    hub = Hub(store=store, wall=wall, roster=Roster(web="w"), metrics=metrics, build="b")
    readers = Readers(wall=wall, metrics=metrics, **{"most": 100, "per_place": 100, **limits})
    hub.followers.append(readers)

    async def events(request: Request) -> Response:
        return Following(readers, place=request.query_params.get("place", "a"), since="", headers={})

    app = Starlette(routes=[Route("/events", events)], exception_handlers={ApiError: error_answer})
    config = uvicorn.Config(app, port=free_port(), http=Http, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    config.load()
    async with hub.serve(), readers.serve(), asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as client:
        running = tasks.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.01)
        yield Corner(f"http://127.0.0.1:{config.port}/events", client, readers, metrics)
        server.should_exit = True
        await running


async def said(value: bool) -> bool:
    return value
