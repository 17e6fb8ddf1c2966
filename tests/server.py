"""The real web process inside the test's own loop: the product's uvicorn settings on a free port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import uvicorn

from tests.makers import settings_for
from tests.stack import ADMIN, free_port
from wall.secret import Secret
from wall.settings import WebSettings
from wall.store.client import Store
from wall.web.auth import COOKIE, new_code
from wall.web.room import Services
from wall.web.serve import make_services, server_config


class Served:
    """A running server, a client for it, and what it is made of."""

    def __init__(self, services: Services, client: aiohttp.ClientSession, url: str) -> None:
        self.services = services
        self.client = client
        self.url = url

    @property
    def admin(self) -> dict[str, str]:
        return {"authorization": f"Bearer {ADMIN}"}

    async def get(self, path: str, **more: Any) -> tuple[int, Any]:
        async with self.client.get(self.url + path, **more) as reply:
            return reply.status, await self._body(reply)

    async def post(self, path: str, **more: Any) -> tuple[int, Any]:
        async with self.client.post(self.url + path, **more) as reply:
            return reply.status, await self._body(reply)

    async def _body(self, reply: aiohttp.ClientResponse) -> Any:
        raw = await reply.read()
        return msgspec.json.decode(raw) if reply.content_type == "application/json" and raw else raw

    async def sign_in(self, name: str = "Anna") -> dict[str, str]:
        """Headers of a signed-in browser on our own pages."""
        code = await new_code(self.services.store)
        async with self.client.post(
            f"{self.url}/api/v1/session", json={"code": code, "name": name}, headers={"origin": self.url}
        ) as reply:
            assert reply.status == 204
            session = reply.cookies[COOKIE].value
        return {"cookie": f"{COOKIE}={session}", "origin": self.url}


@asynccontextmanager
async def serving(store: Store, data_dir: Path, **changes: Any) -> AsyncIterator[Served]:
    """Serve this store's wall; `changes` replace sections of the settings."""
    port = free_port()
    web = WebSettings(port=port, admin_token=Secret(ADMIN))
    settings = settings_for(store, **{"web": web, "data_dir": data_dir, **changes})
    services = make_services(settings, store)
    server = uvicorn.Server(server_config(services))
    server.config.load()
    async with (
        asyncio.TaskGroup() as tasks,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client,
    ):
        running = tasks.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield Served(services, client, f"http://127.0.0.1:{port}")
        finally:
            server.should_exit = True
            await running
