"""A stand for the kiosk's tests: a wall with photos, a studio beside it, and a visitor with a face."""

from __future__ import annotations

import asyncio
import io
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image

from kiosk.consent import Consents
from kiosk.shelf import Shelf
from kiosk.studio import Studio
from tests.browser.hall import Hall, hall, until
from tests.kiosk.mosaic.pictures import scene, target
from wall.media.decode import render
from wall.media.pool import DecodePool
from wall.model import Picture, PostId
from wall.store.client import Store

ANSWER_S = 20.0


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def face(side: int = 640) -> bytes:
    """A visitor's photo: a head on a ground, JPEG."""
    return jpeg(target(side))


class Stand:
    """`studio` runs only inside `working`."""

    def __init__(self, hall: Hall, store: Store) -> None:
        self.hall = hall
        self.store = store
        self.settings = hall.served.services.settings
        self.shelf = Shelf(self.settings.data_dir / "portraits")
        self.studio: Studio | None = None

    @property
    def url(self) -> str:
        return self.hall.served.url

    @property
    def data(self) -> Path:
        return self.settings.data_dir

    def picture(self, seed: int) -> Picture:
        return self.hall.served.services.media.put(render(jpeg(scene(seed, 240))))

    async def hang(self, *seeds: int) -> list[PostId]:
        """A post with a photo for each seed, approved."""
        return [
            await self.hall.hang(
                f"Photo {seed}", self.picture(seed), author=f"Visitor {seed}", native_id=f"p{seed}"
            )
            for seed in seeds
        ]

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Studio]:
        """A studio, which is cut off in the middle of whatever it does when the block ends."""
        async with DecodePool(1) as decoder:
            self.studio = Studio(self.settings, self.store, self.shelf, decoder)
            with self.studio.pool:
                task = asyncio.get_running_loop().create_task(self.studio.run())
                try:
                    yield self.studio
                finally:
                    task.cancel()
                    await asyncio.wait([task])
                    self.studio = None

    async def pool_of(self, count: int) -> None:
        """Wait until the studio knows so many photos."""

        async def found() -> bool:
            assert self.studio is not None
            return len(self.studio.pool) == count

        await until(found, f"a pool of {count}")

    @property
    def words(self) -> dict[str, str]:
        return {"lang": "en", "text": Consents(self.settings).versions["en"]}

    async def send(self, photo: bytes | None = None, **fields: str) -> tuple[int, Any]:
        """(status, answer) of a photo that a kiosk sends."""
        form = aiohttp.FormData()
        values = {"key": secrets.token_hex(16), "consent": "1", "kiosk": "main", **self.words, **fields}
        for name, value in values.items():
            form.add_field(name, value)
        form.add_field(
            "photo", face() if photo is None else photo, filename="p.jpg", content_type="image/jpeg"
        )
        return await self.hall.served.post("/api/v1/mosaics", data=form, headers=self.hall.served.admin)

    async def asked(self, photo: bytes | None = None, **fields: str) -> str:
        """The token of a mosaic that was asked for."""
        status, body = await self.send(photo, **fields)
        assert status == 202, body
        return str(body["token"])

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        async with self.hall.served.client.request(method, self.url + path, **more) as reply:
            return reply.status, await self.hall.served._body(reply)

    async def state(self, token: str) -> dict[str, Any]:
        _, body = await self.call("GET", f"/api/v1/mosaics/{token}")
        return dict(body)

    async def ready(self, token: str, *, after: int = 0) -> dict[str, Any]:
        """Its state once an edition after `after` is there."""

        async def found() -> dict[str, Any] | None:
            state = await self.state(token)
            assert state.get("state") != "failed", state
            return state if state["state"] == "ready" and state["edition"] > after else None

        state: dict[str, Any] = await until(found, "a mosaic", within_s=ANSWER_S)
        return state

    async def wish(self, token: str, **wish: Any) -> tuple[int, Any]:
        return await self.call("PATCH", f"/api/v1/mosaics/{token}", json=wish)

    async def picture_of(self, token: str) -> Image.Image:
        status, data = await self.call("GET", f"/m/{token}/mosaic.jpg")
        assert status == 200, data
        return Image.open(io.BytesIO(data)).convert("RGB")

    async def delete(self, token: str) -> tuple[int, Any]:
        return await self.call("DELETE", f"/api/v1/mosaics/{token}")

    def files(self) -> list[str]:
        """Everything that is on the shelf."""
        root = self.data / "portraits"
        return sorted(path.name for path in root.rglob("*") if path.is_file())

    async def has(self, name: str) -> bool:
        """Whether a file of that name is on the shelf."""
        return name in self.files()


@asynccontextmanager
async def stand(store: Store, folder: Path, **changes: Any) -> AsyncIterator[Stand]:
    async with hall(store, folder, **changes) as house:
        yield Stand(house, store)
