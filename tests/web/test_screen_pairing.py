"""Letting a screen in over the real server: a code on its glass, a token of its own, and out again within a second."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from display.passes import COOKIE, TURN_S, Pass
from display.protocol import LET_GO
from tests.browser.hall import until
from tests.server import Served, serving
from wall.settings import ScreenSettings
from wall.store.client import Store
from wall.web.codes import ALPHABET
from wall.web.halves import LIFE_S, TRIES
from wall.web.moment import Clock
from wall.web.pairing import Pairings

FAR = "203.0.113.9"  # an address behind a proxy: not this machine's own browser


class Device:
    """A browser on some display; it keeps its cookies, and never is the wall's own machine."""

    def __init__(self, served: Served, *, address: str = FAR) -> None:
        self.served = served
        self.cookies: dict[str, str] = {}
        self.address = address

    @property
    def head(self) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"x-forwarded-for": self.address, **({"cookie": cookie} if cookie else {})}

    async def ask(self, method: str, path: str, **headers: str) -> tuple[int, Any, Any]:
        head = {**self.head, "origin": self.served.url, **headers}
        async with self.served.client.request(
            method, self.served.url + path, headers=head, allow_redirects=False
        ) as reply:
            for name, morsel in reply.cookies.items():
                self.cookies[name] = morsel.value
                if not morsel.value:
                    del self.cookies[name]
            return reply.status, await self.served._body(reply), reply

    async def code(self) -> str:
        status, body, _ = await self.ask("POST", "/api/v1/screen-pairings")
        assert (status, body["life_s"]) == (201, LIFE_S)
        return str(body["code"])

    async def look(self) -> Any:
        return (await self.ask("GET", "/api/v1/screen-pairings/own"))[1]

    async def socket(self, name: str, *, role: str = "screen") -> ClientConnection:
        """Says hello; what comes of it is for the caller to see."""
        socket = await connect(
            self.served.url.replace("http", "ws") + "/ws/screen",
            origin=self.served.url,  # type: ignore[arg-type]
            additional_headers=self.head,
        )
        await socket.send(
            json.dumps({"type": "hello", "screen": name, "size": "1x1", "build": "t", "as": role})
        )
        return socket


async def closed_with(socket: ClientConnection, *, within_s: float = 3) -> int:
    """The code that the server ends the line with."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                await socket.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


async def first_of(socket: ClientConnection) -> str:
    return str(json.loads(await asyncio.wait_for(socket.recv(), 3))["type"])


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir, screen=ScreenSettings(pairing=True)) as served:
        yield served


async def let_in(served: Served, code: str, title: str = "Hall A", **more: Any) -> tuple[int, Any]:
    return await served.post(
        "/api/v1/screens", json={"code": code, "title": title, **more}, headers=served.admin
    )


async def paired(served: Served, title: str = "Hall A") -> Device:
    device = Device(served)
    status, body = await let_in(served, await device.code(), title)
    assert status == 201, body
    assert await device.look() == {"state": "paired", "screen": body["id"]}
    return device


async def delete(served: Served, path: str) -> int:
    async with served.client.delete(f"{served.url}/api/v1/screens/{path}", headers=served.admin) as reply:
        return reply.status


async def test_a_screen_comes_in_by_the_code_on_its_glass(served: Served) -> None:
    device = Device(served)
    status, page, reply = await device.ask("GET", "/screen/hall-a")
    assert (status, reply.headers["parvis-page"]) == (401, "screen-pair")
    assert b'id="config"' not in page
    code = await device.code()
    assert re.fullmatch(f"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", code)
    assert await device.look() == {"state": "waiting"}
    status, body = await let_in(served, code.lower().replace("-", " "), "Hall  d’Entrée")
    assert (status, body) == (201, {"id": "hall-dentree", "title": "Hall d’Entrée"})
    status, body, reply = await device.ask("GET", "/api/v1/screen-pairings/own")
    assert body == {"state": "paired", "screen": "hall-dentree"}
    cookie = reply.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/")
    assert len(cookie.value.partition(".")[2]) >= 43  # 256 random bits
    assert (await device.ask("GET", "/screen"))[2].headers["location"] == "/screen/hall-dentree"
    status, page, _ = await device.ask("GET", "/screen/hall-dentree")
    assert status == 200
    assert b'id="config"' in page
    socket = await device.socket("hall-dentree")
    assert await first_of(socket) == "hello"
    await socket.close()
    assert await device.look() == {"state": "over"}  # the yes is good once
    assert (await let_in(served, code, "Hall B"))[0] == 401


async def test_the_store_holds_no_token(served: Served, store: Store) -> None:
    device = await paired(served)
    token = device.cookies[COOKIE].partition(".")[2]
    kept = await store.redis.hgetall(store.keys.screen_tokens)
    assert list(kept) == [b"hall-a"]
    assert token.encode() not in b"".join(kept.values())


async def test_a_token_opens_its_screen_and_nothing_else(served: Served) -> None:
    device = await paired(served)
    assert (await device.ask("GET", "/screen/hall-b"))[0] == 307  # to its own
    assert await closed_with(await device.socket("hall-b")) == LET_GO
    for path in ("/api/v1/screens", "/api/v1/posts", "/api/v1/me"):
        assert (await device.ask("GET", path))[0] == 401, path
    assert (await device.ask("POST", "/api/v1/panic"))[0] in (401, 403, 415)
    with pytest.raises(Exception, match="403"):
        await connect(
            served.url.replace("http", "ws") + "/ws/desk",
            origin=served.url,  # type: ignore[arg-type]
            additional_headers=device.head,
        )


async def test_without_a_token_there_is_no_line(served: Served) -> None:
    for cookies in ({}, {COOKIE: "hall-a." + "x" * 43}, {COOKIE: "hall-a"}, {COOKIE: "." + "x" * 43}):
        device = Device(served)
        device.cookies = cookies
        assert await closed_with(await device.socket("hall-a")) == LET_GO
        assert (await device.ask("GET", "/screen/hall-a"))[0] == 401


async def test_the_walls_own_machine_needs_none(served: Served) -> None:
    assert (await served.get("/screen/hall-a"))[0] == 200
    own = Device(served)
    own_head = {"origin": served.url}
    async with connect(
        served.url.replace("http", "ws") + "/ws/screen", additional_headers=own_head
    ) as socket:
        await socket.send('{"type":"hello","screen":"hall-a"}')
        assert await first_of(socket) == "hello"
    assert own.cookies == {}


async def test_where_pairing_is_not_wanted_everybody_may_look(store: Store, data_dir: Path) -> None:
    async with serving(store, data_dir, screen=ScreenSettings(pairing=False)) as served:
        device = Device(served)
        assert (await device.ask("GET", "/screen/hall-a"))[0] == 200
        assert await first_of(await device.socket("hall-a")) == "hello"
        status, body, _ = await device.ask("POST", "/api/v1/screen-pairings")
        assert (status, body["error"]["code"]) == (409, "not-needed")


async def test_the_desks_people_may_look_at_a_preview_until_they_sign_out(served: Served) -> None:
    head = await served.sign_in()
    desk = Device(served)
    name, _, value = head["cookie"].partition("=")
    desk.cookies[name] = value
    assert (await desk.ask("GET", "/screen/hall-a?as=preview"))[0] == 200
    assert (await desk.ask("GET", "/screen/hall-a"))[0] == 401  # a screen of the house is paired
    socket = await desk.socket("hall-a", role="preview")
    assert await first_of(socket) == "hello"
    await desk.ask("DELETE", "/api/v1/session", cookie=head["cookie"])
    assert await closed_with(socket) == LET_GO


async def test_what_the_desk_takes_back_is_over_within_a_second(served: Served) -> None:
    device = await paired(served)
    socket = await device.socket("hall-a")
    assert await first_of(socket) == "hello"
    at = time.monotonic()
    assert await delete(served, "hall-a/pairing") == 200
    assert await closed_with(socket) == LET_GO
    assert time.monotonic() - at < 1
    assert (await device.ask("GET", "/screen/hall-a"))[0] == 401
    assert await closed_with(await device.socket("hall-a")) == LET_GO
    assert await delete(served, "hall-a/pairing") == 404

    async def rows() -> Any:
        _, body = await served.get("/api/v1/screens", headers=served.admin)
        return [(row["id"], row["connected"]) for row in body["screens"]]

    assert await rows() == [("hall-a", False)]  # still in the list
    assert await delete(served, "hall-a") == 200
    assert await until(rows_are(rows, []))


def rows_are(rows: Callable[[], Any], wanted: Any) -> Callable[[], Any]:
    async def ask() -> bool:
        return bool(await rows() == wanted)

    return ask


async def test_forgetting_a_paired_screen_ends_it_too(served: Served) -> None:
    device = await paired(served)
    socket = await device.socket("hall-a")
    assert await first_of(socket) == "hello"
    assert await delete(served, "hall-a") == 200
    assert await closed_with(socket) == LET_GO

    async def is_gone() -> bool:
        _, body = await served.get("/api/v1/screens", headers=served.admin)
        return body["screens"] == [] and await served.services.store.redis.hlen(known) == 0

    known = served.services.store.keys.screens_known
    assert await until(is_gone)


async def test_a_yes_that_was_taken_back_before_it_was_fetched(served: Served) -> None:
    device = Device(served)
    await let_in(served, await device.code())
    assert await delete(served, "hall-a") == 200
    assert await device.look() == {"state": "over"}
    assert COOKIE not in device.cookies


async def test_five_wrong_tries_kill_a_code(served: Served) -> None:
    device = Device(served)
    code = await device.code()
    wrong = "A" if code[-1] != "A" else "B"
    for _ in range(TRIES):
        status, body = await let_in(served, code[:-1] + wrong)
        assert (status, body["error"]["code"]) == (401, "wrong-code")
    assert (await let_in(served, code))[0] == 401
    assert await device.look() == {"state": "over"}


async def test_twenty_wrong_tries_a_minute_and_no_more(served: Served) -> None:
    for n in range(20):
        assert (await let_in(served, f"AAAA-AA{ALPHABET[n]}A"))[0] == 401
    status, body = await let_in(served, await Device(served).code())
    assert (status, body["error"]["code"], body["retry_after_s"] > 0) == (429, "slow-down", True)


async def test_what_must_be_typed(served: Served) -> None:
    code = await Device(served).code()
    for typed, title, field in (("ABC", "Hall", "code"), (code, " \n ", "title")):
        status, body = await let_in(served, typed, title)
        assert (status, body["error"]["field"]) == (400, field)
    assert (await let_in(served, code))[0] == 201  # nothing of that was a try
    async with served.client.post(
        f"{served.url}/api/v1/screens", json={"code": code, "title": "x"}, headers={"x-forwarded-for": FAR}
    ) as reply:
        assert reply.status == 401
    _, _, reply = await Device(served).ask("POST", "/api/v1/screen-pairings", origin="http://evil.example")
    assert reply.status == 403


async def test_a_name_that_a_paired_screen_has_is_given_on_purpose_alone(served: Served) -> None:
    first = await paired(served)
    socket = await first.socket("hall-a")
    second = Device(served)
    code = await second.code()
    status, body = await let_in(served, code, "hall a")
    assert (status, body["error"]["code"], body["error"]["field"]) == (409, "name-taken", "title")
    assert (await let_in(served, code, "Hall A", instead=True))[1]["id"] == "hall-a"
    assert (await second.look())["screen"] == "hall-a"
    assert await closed_with(socket) == LET_GO
    assert (await paired(served, "大厅")).cookies[COOKIE].startswith("screen.")
    assert (await paired(served, "入口")).cookies[COOKIE].startswith("screen-2.")


async def test_a_device_has_one_code_and_a_fresh_one_ends_the_old(served: Served) -> None:
    device = Device(served)
    old = await device.code()
    fresh = await device.code()
    assert (await let_in(served, old))[0] == 401
    assert (await let_in(served, fresh))[0] == 201


async def test_nobody_fills_the_house_with_codes(served: Served) -> None:
    stranger = [await Device(served).ask("POST", "/api/v1/screen-pairings") for _ in range(21)]
    assert [status for status, _, _ in stranger] == [201] * 20 + [429]
    elsewhere = Device(served, address="198.51.100.7")
    assert (await elsewhere.ask("POST", "/api/v1/screen-pairings"))[0] in (201, 429)


async def test_a_code_is_over_after_five_minutes(store: Store) -> None:
    now = [1000.0]
    pairings = Pairings(store, Clock(lambda: now[0]))
    code = await pairings.add(name="Anna", role="viewer", user="u", gen="", by="b")
    now[0] += LIFE_S
    assert await pairings.look(code) is not None
    now[0] += 1
    assert await pairings.look(code) is None


async def test_a_token_turns_once_a_day(served: Served, store: Store) -> None:
    import msgspec

    device = await paired(served)
    old = device.cookies[COOKIE]
    await device.ask("GET", "/screen/hall-a")
    assert device.cookies[COOKIE] == old
    raw = await store.redis.hget(store.keys.screen_tokens, "hall-a")
    kept = msgspec.json.decode(raw or b"", type=Pass)
    long_ago = msgspec.structs.replace(
        kept.made, up=kept.made.up - TURN_S - 1, wall=kept.made.wall - TURN_S - 1
    )
    await store.redis.hset(
        store.keys.screen_tokens,
        "hall-a",
        msgspec.json.encode(msgspec.structs.replace(kept, made=long_ago)),
    )
    await device.ask("GET", "/screen/hall-a")
    fresh = device.cookies[COOKIE]
    assert fresh != old
    former = Device(served)
    former.cookies = {COOKIE: old}
    assert (await former.ask("GET", "/screen/hall-a"))[0] == 200  # until the new one is used
    socket = await device.socket("hall-a")
    assert await first_of(socket) == "hello"

    async def is_over() -> bool:
        stolen = Device(served)
        stolen.cookies = {COOKIE: old}
        return (await stolen.ask("GET", "/screen/hall-a"))[0] == 401

    assert await until(is_over)
    assert (await device.ask("GET", "/screen/hall-a"))[0] == 200


async def test_a_player_that_was_given_another_name_finds_its_own_page(served: Served) -> None:
    device = await paired(served)
    status, _, reply = await device.ask("GET", "/screen/lobby")
    assert (status, reply.headers["location"]) == (307, "/screen/hall-a")
