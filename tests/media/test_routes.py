"""`/media/{digest}/{variant}` through a real server, odd requests byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
import pytest
import uvicorn
from starlette.applications import Starlette

from wall.media.rendered import Rendered
from wall.media.routes import media_route
from wall.media.store import MediaStore

LARGE = bytes(range(256)) * 400
PICTURE = Rendered(
    variants={"large": LARGE, "medium": b"medium", "small": b"small"},
    width_px=640,
    height_px=480,
    colour="#102030",
    dhashes=("", "", ""),
)


class Reply(msgspec.Struct):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Place:
    def __init__(self, store: MediaStore, port: int) -> None:
        self.store = store
        self.port = port
        self.digest = store.put(PICTURE).digest

    async def ask(self, target: str, *, method: str = "GET", **headers: str) -> Reply:
        """The target goes out as it is written."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        request = f"{method} {target} HTTP/1.1\r\nHost: wall\r\nConnection: close\r\n{lines}\r\n"
        async with asyncio.timeout(5):
            writer.write(request.encode("latin-1"))
            raw = await reader.read()
        writer.close()
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        return Reply(status=int(first.split(" ")[1]), headers=fields, body=body)

    async def picture(self, variant: str = "large", **headers: str) -> Reply:
        return await self.ask(f"/media/{self.digest}/{variant}", **headers)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    store = MediaStore(tmp_path / "media")
    app = Starlette(routes=[media_route(store)])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(server.serve())
        async with asyncio.timeout(5):
            while not server.started:
                await asyncio.sleep(0.01)
        yield Place(store, server.servers[0].sockets[0].getsockname()[1])
        server.should_exit = True
        await running


async def test_a_picture_is_served_for_ever_and_harmless(place: Place) -> None:
    reply = await place.picture()
    assert (reply.status, reply.body) == (200, LARGE)
    assert reply.headers["content-type"] == "image/webp"
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert reply.headers["content-disposition"].startswith("inline; filename=")
    assert reply.headers["content-length"] == str(len(LARGE))
    assert reply.headers["etag"] == f'"{place.digest}-large"'
    assert (await place.picture("small")).body == b"small"


async def test_who_has_it_already_gets_no_body(place: Place) -> None:
    etag = (await place.picture()).headers["etag"]
    for asked in (etag, f"W/{etag}", f'"other", {etag}'):
        reply = await place.picture(If_None_Match=asked)
        assert (reply.status, reply.body) == (304, b"")
        assert reply.headers["etag"] == etag
    assert (await place.picture(If_None_Match='"other"')).status == 200


async def test_head_says_the_same_without_the_picture(place: Place) -> None:
    reply = await place.ask(f"/media/{place.digest}/large", method="HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["content-length"] == str(len(LARGE))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
async def test_nothing_can_be_done_but_looking(method: str, place: Place) -> None:
    assert (await place.ask(f"/media/{place.digest}/large", method=method)).status == 405


@pytest.mark.parametrize(
    "target",
    [
        "/media/D/avatar",
        "/media/D/original",
        "/media/D/large.webp",
        "/media/D/LARGE",
        "/media/D/",
        "/media/D",
        "/media/U/large",
        "/media/" + "b" * 64 + "/large",
        "/media/" + "a" * 8000 + "/large",
        "/media/../../../etc/passwd",
        "/media/%2e%2e/large",
        "/media/%2e%2e%2f%2e%2e%2fetc%2fpasswd/large",
        "/media/..%2f..%2fmedia/large",
        "/media/D/..%2flarge",
        "/media/D/%2e",
        "/media/D/large%00",
        "/media/D%0a/large",
        "/media/%c0%ae%c0%ae/large",
        "/media/%ff/large",
        "/media//large",
        "/media/D//large",
        "//media/D/large",
    ],
)
async def test_whatever_is_no_stored_picture_is_not_found(target: str, place: Place) -> None:
    path = target.replace("D", place.digest).replace("U", place.digest.upper())
    reply = await place.ask(path)
    assert reply.status in (404, 400 if "a" * 8000 in path else 404)
    assert LARGE[:100] not in reply.body
    assert "immutable" not in reply.headers.get("cache-control", "")


async def test_a_range_is_a_part_of_the_picture(place: Place) -> None:
    reply = await place.picture(Range="bytes=100-199")
    assert (reply.status, reply.body) == (206, LARGE[100:200])
    assert reply.headers["content-range"] == f"bytes 100-199/{len(LARGE)}"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=-0",
        f"bytes={len(LARGE)}-",
        "bytes=9999999999999999999999-",
        "bytes=5-2",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)),
        "bytes=" + ",".join("0-" for _ in range(90)),
        "bytes=-" + "9" * 5000,
        "bytes=--5",
        "bytes=a-b",
        "bytes=",
        "lines=1-2",
        "¹-²",
    ],
)
async def test_an_odd_range_is_refused_or_bounded(asked: str, place: Place) -> None:
    reply = await place.picture(Range=asked)
    assert reply.status in (200, 206, 400, 416)
    assert len(reply.body) <= len(LARGE) + 100


async def test_a_picture_taken_back_is_gone(place: Place) -> None:
    assert place.store.remove(place.digest, even_young=True)
    reply = await place.picture()
    assert reply.status == 404
    assert reply.headers["cache-control"] == "no-store"
