"""The web process under hostile callers: no 5xx, no loop that stands still, no door left open, nobody locked out."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import logging
import threading
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from tests.media.pictures import jpeg
from tests.server import Served, serving
from tests.stack import ADMIN, free_port
from wall.secret import Secret
from wall.settings import EventSettings, Settings, WebSettings
from wall.spool import Spool
from wall.store.client import Store, StoreError
from wall.web.auth import CODE_LIFE_S, VISIT_COOKIE, Auth, new_code
from wall.web.guards import BodyLimit
from wall.web.serve import make_services, server_config

PUBLIC = "wall.example.org"
DOOR_S = 12.0  # longer than any honest request line takes


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


async def dialled(served: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = served.url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port))


async def raw(served: Served, request: bytes, *, within_s: float = 5) -> bytes:
    """The first bytes of the answer to exactly these bytes."""
    reader, writer = await dialled(served)
    try:
        writer.write(request)
        async with asyncio.timeout(within_s):
            return await reader.read(4096)
    finally:
        writer.close()


def head(served: Served, line: str, **headers: str) -> bytes:
    own = {"Host": served.url.removeprefix("http://"), "Connection": "close", **headers}
    text = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in own.items())
    return f"{line} HTTP/1.1\r\n{text}\r\n".encode("latin-1")


# -- nothing from outside is a 5xx --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["a%00.js", f"{'a' * 300}.js", "%ff%00.css", f"{'a/' * 3000}x.svg"],
    ids=["nul", "long", "bytes", "deep"],
)
async def test_a_static_path_that_no_file_can_have_is_not_found(served: Served, path: str) -> None:
    answer = await raw(served, head(served, f"GET /static/x/{path}"))
    assert answer.startswith(b"HTTP/1.1 404"), answer[:60]


@pytest.mark.parametrize("origin", ["http://[::1", "http://[", "https://[x]/", "//", "http://\xff"])
async def test_an_origin_that_is_no_address_is_foreign(served: Served, origin: str) -> None:
    answer = await raw(served, head(served, "DELETE /api/v1/session", Origin=origin))
    assert answer.startswith(b"HTTP/1.1 403"), answer[:60]
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    key = {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    answer = await raw(served, head(served, "GET /ws/screen", Origin=origin, **upgrade, **key))
    assert answer.startswith(b"HTTP/1.1 403"), answer[:60]


@pytest.mark.parametrize("charset", ["undefined", "punycode", "idna", "utf-7", "unicode_escape", "zip"])
async def test_a_form_in_a_strange_charset_is_a_bad_form(served: Served, charset: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\xff-\xff\r\n--b--\r\n'
    request = head(
        served,
        "POST /api/v1/submissions",
        Content_Type=f"multipart/form-data; boundary=b; charset={charset}",
        Content_Length=str(len(body)),
        Authorization=served.admin["authorization"],
    )
    answer = await raw(served, request + body)
    assert answer.startswith(b"HTTP/1.1 400"), answer[:60]


async def test_a_full_disk_is_said_and_the_photo_can_be_sent_again(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Here: no folder can be made where uploads go."""
    (served.services.settings.data_dir / "uploads").write_text("in the way")
    status, body = await served.post("/api/v1/submissions", data=form(jpeg()), headers=served.admin)
    assert (status in (503, 507), body["error"]["code"] == "broken") == (True, False)


def form(photo: bytes | None = None, **fields: str) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in {"text": "Bonsoir", "consent": "1", "key": str(uuid.uuid4()), **fields}.items():
        data.add_field(name, value)
    if photo is not None:
        data.add_field("photo", photo, filename="p.jpg", content_type="image/jpeg")
    return data


async def test_a_visitor_who_walks_off_is_no_error_of_ours(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    _, writer = await dialled(served)
    writer.write(
        head(
            served,
            "POST /api/v1/panic",
            Authorization=served.admin["authorization"],
            Content_Type="application/json",
            Content_Length="50",
        )
        + b"{"
    )
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.close()
    await writer.wait_closed()
    assert (await served.get("/healthz"))[0] == 200
    await asyncio.sleep(0.2)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_path_cannot_write_lines_into_the_log(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    await raw(served, head(served, "GET /static/x/a%0aCRITICAL%20forged%00.js"))
    assert all("\n" not in record.getMessage() for record in caplog.records)


@asynccontextmanager
async def serving_with(services: Any) -> AsyncIterator[Served]:
    """The product's server over these services."""
    port = free_port()
    web = msgspec.structs.replace(services.settings.web, port=port)
    settings = msgspec.structs.replace(services.settings, web=web)
    server = uvicorn.Server(server_config(msgspec.structs.replace(services, settings=settings)))
    server.config.load()
    async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as client:
        running = tasks.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield Served(services, client, f"http://127.0.0.1:{port}")
        finally:
            server.should_exit = True
            await running


# -- connections that never end -----------------------------------------------------------------------------------


async def test_a_request_that_never_comes_does_not_hold_a_connection(served: Served) -> None:
    """A thousand of these from one laptop, and no screen can come back."""
    head_only = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(_is_dropped(served, b"")),
            tasks.create_task(_is_dropped(served, b"GET /healthz HT")),
            tasks.create_task(_is_dropped(served, head_only, drips=True)),
        ]
    assert [task.result() for task in running] == [True, True, True]


async def _is_dropped(served: Served, start: bytes, *, drips: bool = False) -> bool:
    reader, writer = await dialled(served)
    loop = asyncio.get_running_loop()
    end = loop.time() + DOOR_S
    try:
        writer.write(start)
        while loop.time() < end:
            if drips:
                writer.write(b"a")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    if not await reader.read(4096):
                        return True
    except ConnectionError:
        return True
    finally:
        writer.close()
    return False


async def test_a_head_without_end_is_refused(served: Served) -> None:
    """Whatever a client sends before its first empty line lies in our memory."""
    reader, writer = await dialled(served)
    sent = 0
    try:
        writer.write(head(served, "GET /healthz")[:-2] + b"X: ")
        for _ in range(64):
            writer.write(b"a" * 65_536)
            await writer.drain()
            sent += 65_536
        writer.write(b"\r\n\r\n")
        answer = await reader.read(4096)
        assert not answer.startswith(b"HTTP/1.1 200"), f"{sent} bytes of head were taken"
    except ConnectionError:
        return  # it hung up: also an answer
    finally:
        writer.close()


async def test_a_body_that_stops_just_at_the_limit_ends_at_the_deadline() -> None:
    async def app(_: Scope, receive: Receive, __: Send) -> None:
        while (await receive()).get("more_body"):
            pass

    chunks = [{"type": "http.request", "body": b"x" * 1_000_000, "more_body": True}]

    async def receive() -> Message:
        if chunks:
            return chunks.pop()
        await asyncio.Event().wait()  # it never says more
        raise AssertionError

    answers: list[Message] = []

    async def send(message: Message) -> None:
        answers.append(message)

    scope: Scope = {"type": "http", "method": "POST", "path": "/api/v1/panic", "headers": []}
    async with asyncio.timeout(5):
        await BodyLimit(app, deadline_s=0.1)(scope, receive, send)
    assert answers[0]["status"] == 408


# -- the event loop -----------------------------------------------------------------------------------------------


class WatchedSpool(Spool):
    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.threads: list[int] = []

    def put(self, data: bytes, *, name: str) -> str:
        self.threads.append(threading.get_ident())
        return super().put(data, name=name)


async def test_an_upload_is_not_written_by_the_event_loop(served: Served) -> None:
    """20 MB and an fsync on a slow disk: every screen would stand still."""
    spool = WatchedSpool(served.services.settings.data_dir)
    async with serving_with(msgspec.structs.replace(served.services, spool=spool)) as other:
        assert (await other.post("/api/v1/submissions", data=form(jpeg()), headers=other.admin))[0] == 202
    assert spool.threads
    assert threading.get_ident() not in spool.threads


# -- signing in ---------------------------------------------------------------------------------------------------


async def sign_in(served: Served, code: str, **headers: str) -> tuple[int, Any]:
    return await served.post(
        "/api/v1/session", json={"code": code, "name": "Anna"}, headers={"origin": served.url, **headers}
    )


async def test_a_stranger_who_guesses_does_not_lock_the_moderators_out(store: Store, data_dir: Path) -> None:
    """Behind a proxy that is trusted: two addresses, one of them guesses all day."""
    web = WebSettings(port=free_port(), admin_token=Secret(ADMIN), trusted_proxies=("127.0.0.1/32",))
    settings = Settings(event=EventSettings(name="x", slug=store.keys.base[3:-1]), web=web, data_dir=data_dir)
    async with serving_with(make_services(settings, store)) as served:
        for n in range(30):
            await sign_in(served, f"AAAA-{n:04}", **{"x-forwarded-for": "203.0.113.9"})
        assert (await sign_in(served, await new_code(store), **{"x-forwarded-for": "198.51.100.7"}))[0] == 204


async def test_guessing_at_once_is_as_slow_as_guessing_in_turn(served: Served) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(sign_in(served, f"AAAA-{n:04}")) for n in range(60)]
    statuses = [task.result()[0] for task in running]
    assert statuses.count(401) <= 20


async def test_whoever_comes_with_an_expired_code_finds_a_fresh_one_in_the_terminal(
    served: Served, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer says so; on the second day of an event it must be true."""
    old = await new_code(store, now=time.time() - CODE_LIFE_S - 1)
    capsys.readouterr()
    status, body = await sign_in(served, old)
    assert (status, body["error"]["code"]) == (401, "wrong-code")
    assert '@parvis {"code"' in capsys.readouterr().out


async def test_a_code_is_not_spent_when_the_store_goes_away_in_between(store: Store) -> None:
    auth = Auth(store)
    code = await new_code(store)
    real: Any = store.redis

    class Half:
        """Loses the one write that keeps the session."""

        lost = False

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        async def hset(self, name: str, *rest: Any, **more: Any) -> int:
            if name == store.keys.sessions and not self.lost:
                self.lost = True
                raise StoreError("gone")
            return int(await real.hset(name, *rest, **more))

    store.redis = Half()
    try:
        with pytest.raises(StoreError):
            await auth.sign_in(code, "Anna")
        assert await auth.sign_in(code, "Anna")
    finally:
        store.redis = real


async def test_a_name_is_words_and_no_commands_for_a_terminal(served: Served, store: Store) -> None:
    """It stands in the audit, on every card and in the log."""
    name = "An\x1b[2Jna\u202e\x00 B"
    status, _ = await served.post(
        "/api/v1/session",
        json={"code": await new_code(store), "name": name},
        headers={"origin": served.url},
    )
    assert status == 204
    (kept,) = await store.redis.hvals(store.keys.sessions)
    who = msgspec.json.decode(kept)["name"]
    assert who
    assert not {"\x1b", "\u202e", "\x00"} & set(who)


async def test_without_its_secret_the_wall_signs_nothing(store: Store) -> None:
    """After a FLUSHALL: an empty key would let anybody make codes and receipts."""
    await store.redis.delete(store.keys.secret)
    auth = Auth(store)
    forged = hmac.new(b"", b"receipt\0abc", hashlib.sha256).digest()
    with contextlib.suppress(StoreError):
        assert await auth.pid_of(f"abc.{base64.urlsafe_b64encode(forged[:12]).decode()}") is None


# -- who counts as being here -------------------------------------------------------------------------------------


@pytest.fixture
async def public(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    """A wall behind a reverse proxy on the same machine, as everybody does for TLS."""
    web = WebSettings(port=free_port(), admin_token=Secret(ADMIN), public_url=f"https://{PUBLIC}")
    async with serving(store, data_dir, web=web) as other, serving_with(other.services) as served:
        yield served


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": PUBLIC},
        {"X_Forwarded_For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 caddy"},
    ],
    ids=["host", "x-forwarded-for", "forwarded", "via"],
)
@pytest.mark.parametrize("path", ["/", "/kiosk/main"])
async def test_a_stranger_behind_a_local_proxy_is_not_the_host(
    public: Served, path: str, headers: dict[str, str]
) -> None:
    """The proxy's connection comes from 127.0.0.1: that must not hand the whole internet a way in."""
    answer = await raw(public, head(public, f"GET {path}", **headers))
    assert b"200 OK" in answer
    assert VISIT_COOKIE.encode() not in answer
    async with public.client.get(
        public.url + path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    ) as reply:
        page = await reply.read()
    assert b"/join?k=" not in page


async def test_the_organiser_at_this_machine_still_is(served: Served) -> None:
    async with served.client.get(f"{served.url}/") as reply:
        assert b"/join?k=" in await reply.read()
    async with served.client.get(f"{served.url}/kiosk/main") as reply:
        assert VISIT_COOKIE in reply.cookies


# -- how often ----------------------------------------------------------------------------------------------------


async def test_one_phone_with_a_code_and_without_a_cookie_is_still_one_phone(served: Served) -> None:
    """The code of the QR in the form instead of the cookie, again and again."""
    code = await served.services.auth.join_code()
    answers = [(await served.post("/api/v1/submissions", data=form(k=code)))[0] for _ in range(12)]
    assert answers.count(202) <= 6


async def test_who_has_no_code_cannot_use_up_the_halls_share(served: Served) -> None:
    """All visitors share one address: sixty empty requests from one laptop must not silence them."""
    for _ in range(70):
        await served.post("/api/v1/submissions", data=form())
    code = await served.services.auth.join_code()
    async with served.client.get(f"{served.url}/join?k={code}", allow_redirects=False) as reply:
        cookie = {"cookie": f"{VISIT_COOKIE}={reply.cookies[VISIT_COOKIE].value}"}
    assert (await served.post("/api/v1/submissions", data=form(), headers=cookie))[0] == 202
