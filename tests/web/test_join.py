"""Visitors' submissions: what a phone may send, and what becomes of it."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.media.pictures import jpeg
from tests.server import Served, serving
from wall.model import State
from wall.settings import JoinSettings
from wall.store.client import Store
from wall.web.auth import VISIT_COOKIE


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


async def visit(served: Served) -> dict[str, str]:
    """Scan the QR code: the phone's headers afterwards."""
    code = await served.services.auth.join_code()
    async with served.client.get(f"{served.url}/join?k={code}", allow_redirects=False) as reply:
        assert reply.status == 303
        return {"cookie": f"{VISIT_COOKIE}={reply.cookies[VISIT_COOKIE].value}"}


def form(photo: bytes | None = None, **fields: str) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in {"text": "Bonsoir", "consent": "1", "key": str(uuid.uuid4()), **fields}.items():
        data.add_field(name, value)
    if photo is not None:
        data.add_field("photo", photo, filename="p.jpg", content_type="image/jpeg")
    return data


async def send(served: Served, head: dict[str, str], data: Any) -> tuple[int, Any]:
    return await served.post("/api/v1/submissions", data=data, headers=head)


async def test_words_and_a_photo_are_received_and_their_state_can_be_asked(served: Served) -> None:
    head = await visit(served)
    status, body = await send(served, head, form(jpeg(), text="Quelle nuit ! 🎆", name="Inès", lang="fr"))
    assert status == 202
    status, state = await served.get(f"/api/v1/submissions/{body['receipt']}")
    assert (status, state["state"], state["shown"]) == (200, "received", False)
    store = served.services.store
    (raw,) = await store.redis.hvals(store.keys.inbox)
    post = msgspec.json.decode(raw)
    assert post["attachments"][0]["spool"].startswith("uploads/")
    assert "filename" not in str(post)


async def test_the_same_key_twice_is_one_post(served: Served) -> None:
    head = await visit(served)
    key = str(uuid.uuid4())
    answers = await _together(
        send(served, head, form(jpeg(), key=key)), send(served, head, form(jpeg(), key=key))
    )
    assert {status for status, _ in answers} == {202}
    assert len({body["id"] for _, body in answers}) == 1
    store = served.services.store
    assert await store.redis.hlen(store.keys.inbox) == 1
    assert len(list((served.services.settings.data_dir / "uploads").iterdir())) == 1


async def _together(*calls: Any) -> list[Any]:
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(call) for call in calls]
    return [task.result() for task in running]


async def test_taking_it_back(served: Served) -> None:
    head = await visit(served)
    _, body = await send(served, head, form())
    status, state = await served.post(f"/api/v1/submissions/{body['receipt']}/withdraw")
    assert (status, state["state"]) == (200, State.WITHDRAWN)
    _, state = await served.get(f"/api/v1/submissions/{body['receipt']}")
    assert state["state"] == State.WITHDRAWN


@pytest.mark.parametrize("receipt", ["x", "x.y", f"{'a' * 26}.AAAAAAAAAAAAAAAA", "é.é"])
async def test_a_receipt_cannot_be_guessed(served: Served, receipt: str) -> None:
    assert (await served.get(f"/api/v1/submissions/{receipt}"))[0] == 404
    assert (await served.post(f"/api/v1/submissions/{receipt}/withdraw"))[0] == 404


@pytest.mark.parametrize(
    ("fields", "photo", "field"),
    [
        ({"text": ""}, None, "text"),
        ({"text": " \u200b\u2800 "}, None, "text"),
        ({"consent": "0"}, None, "consent"),
        ({"key": "short"}, None, "key"),
        ({"key": "a" * 65}, None, "key"),
        ({}, b"", "photo"),
        ({}, b"<html><script>alert(1)</script>", "photo"),
        ({}, b"\x00\x00\x00\x18ftypheic" + b"\0" * 100, "photo"),
        ({}, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo"),
    ],
)
async def test_what_is_not_a_submission_says_which_field(
    served: Served, fields: dict[str, str], photo: bytes | None, field: str
) -> None:
    head = await visit(served)
    status, body = await send(served, head, form(photo, **fields))
    assert (status, body["error"]["field"]) == (400, field)
    store = served.services.store
    assert await store.redis.hlen(store.keys.inbox) == 0


async def test_a_picture_is_judged_by_its_bytes_not_by_its_name(served: Served) -> None:
    head = await visit(served)
    data = form()
    data.add_field("photo", jpeg(), filename="../../evil.html", content_type="text/html")
    assert (await send(served, head, data))[0] == 202
    (upload,) = (served.services.settings.data_dir / "uploads").iterdir()
    assert re.fullmatch(r"[0-9a-f]{32}", upload.name)


@pytest.mark.parametrize("cookie", ["", "forged", "a.b.c", "é"])
async def test_without_the_qr_code_there_is_no_way_in(served: Served, cookie: str) -> None:
    head = {"cookie": f"{VISIT_COOKIE}={cookie}".encode().decode("latin-1")} if cookie else {}
    status, body = await send(served, head, form())
    assert (status, body["error"]["code"]) == (403, "no-code")


async def test_a_venue_may_open_the_door(store: Store, data_dir: Path) -> None:
    async with serving(store, data_dir, join=JoinSettings(code_required=False)) as served:
        async with served.client.get(f"{served.url}/join") as reply:
            assert reply.status == 200
            head = {"cookie": f"{VISIT_COOKIE}={reply.cookies[VISIT_COOKIE].value}"}
        assert (await send(served, head, form()))[0] == 202


async def test_a_phone_is_slowed_down_and_told_how_long(served: Served) -> None:
    head = await visit(served)
    answers = [await send(served, head, form()) for _ in range(4)]
    assert [status for status, _ in answers] == [202, 202, 202, 429]
    assert answers[-1][1]["retry_after_s"] > 0


async def test_sixty_phones_behind_one_address_are_welcome(served: Served) -> None:
    for _ in range(60):
        assert (await send(served, await visit(served), form()))[0] == 202


async def test_a_flood_is_refused_while_it_is_read(served: Served) -> None:
    head = await visit(served)
    status, body = await send(served, head, form(b"\xff\xd8\xff" + b"x" * 20_300_000))
    assert (status, body["error"]["code"]) == (413, "too-large")


async def test_forms_with_too_many_parts_are_refused(served: Served) -> None:
    head = await visit(served)
    data = form()
    for n in range(100):
        data.add_field(f"f{n}", "x")
    assert (await send(served, head, data))[0] == 400


async def test_the_qr_code_leads_to_the_join_page(served: Served) -> None:
    status, svg = await served.get("/join/qr.svg")
    assert status == 200
    assert svg.startswith(b"<svg")


async def test_names_and_words_are_cleaned(served: Served) -> None:
    head = await visit(served)
    await send(
        served,
        head,
        form(text="zal\u0301\u0301\u0301\u0301\u0301go\u202e\x00", name="Zo\u00e9 ✔\n" + "x" * 5000),
    )
    store = served.services.store
    (raw,) = await store.redis.hvals(store.keys.inbox)
    post = msgspec.json.decode(raw)
    assert "\u202e" not in post["spans"][0]["text"]
    assert len(post["author"]["name"]) <= 61
    assert "✔" not in post["author"]["name"]


async def author_of(served: Served, store: Store, head: dict[str, str]) -> str:
    status, body = await send(served, head, form(text="Bonsoir", consent="1", key=str(uuid.uuid4())))
    assert status == 202
    return (await store.redis.hget(store.keys.post(body["id"]), "author") or b"").decode()


async def test_a_phone_is_one_author_also_after_scanning_again(served: Served, store: Store) -> None:
    head = await visit(served)
    first = await author_of(served, store, head)
    code = await served.services.auth.join_code()
    async with served.client.get(f"{served.url}/join?k={code}", headers=head, allow_redirects=False) as reply:
        again = {**head, "cookie": f"{VISIT_COOKIE}={reply.cookies[VISIT_COOKIE].value}"}
    assert await author_of(served, store, again) == first
    assert await author_of(served, store, await visit(served)) != first


async def test_a_kiosk_is_not_one_author(served: Served, store: Store) -> None:
    pass_ = await served.services.auth.new_visit(is_shared=True)
    head = {"cookie": f"{VISIT_COOKIE}={pass_}", "origin": served.url}
    assert await author_of(served, store, head) != await author_of(served, store, head)
