"""The API over HTTP, as its callers see it, with the bad inputs of the catalogue."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.makers import NOW, Hands, post
from tests.server import Served, serving
from tests.stack import ADMIN
from wall.gate import Ruling
from wall.store.beat import SILENT_S, Beats, beat_name
from wall.store.client import Store
from wall.web.auth import COOKIE, Auth, new_code, new_token, normal_code, revoke_token, tokens


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


async def say(
    served: Served, pid: str, headers: dict[str, str] | None = None, **body: Any
) -> tuple[int, Any]:
    head = {"idempotency-key": str(uuid.uuid4()), **(served.admin if headers is None else headers)}
    return await served.post(f"/api/v1/posts/{pid}/decision", json=body, headers=head)


async def test_a_post_goes_from_the_queue_to_the_wall(served: Served, hands: Hands) -> None:
    await hands.arrive(post())
    _, body = await served.get("/api/v1/posts?state=queued", headers=served.admin)
    (card,) = body["posts"]
    assert card["card"]["spans"] == [{"text": "Bonjour"}]
    status, done = await say(served, card["id"], verdict="approve", rev=card["rev"], mrev=card["mrev"])
    assert (status, done["answer"], done["post"]["state"], done["by"]) == (200, "OK", "approved", "api")
    _, wall = await served.get("/api/v1/wall")
    assert [(item["id"], item["rev"]) for item in wall["items"]] == [(post().pid, 1)]


async def test_an_approval_of_something_else_gets_the_fresh_card(served: Served, hands: Hands) -> None:
    await hands.arrive(post())
    await hands.gate.accept(post(text="Changé", edited_at=NOW))
    await hands.offer(post(text="Changé"))
    status, body = await say(served, post().pid, verdict="approve", rev=1, mrev=1)
    assert (status, body["error"]["code"]) == (409, "stale")
    assert body["post"]["card"]["spans"] == [{"text": "Changé"}]


async def test_answers_for_what_cannot_be_done(served: Served, hands: Hands) -> None:
    await hands.arrive(post())
    assert (await say(served, "a" * 26, verdict="approve"))[0] == 404
    assert (await say(served, "../../etc/passwd", verdict="approve"))[0] == 404
    status, body = await say(served, post().pid, verdict="release", rev=1, mrev=1)
    assert (status, body["answer"]) == (200, "SAME")
    status, body = await say(served, post().pid, verdict="pin", rev=1, mrev=1)
    assert (status, body["error"]["code"]) == (409, "illegal")
    await hands.gate.withdraw(post().pid, why="deleted", by="x", source="mastodon")
    assert (await say(served, post().pid, verdict="approve", rev=1, mrev=1))[0] == 410


async def test_one_key_one_effect(served: Served, hands: Hands) -> None:
    await hands.arrive(post())
    head = {**served.admin, "idempotency-key": "press-0001"}
    path = f"/api/v1/posts/{post().pid}/decision"
    body = {"verdict": "approve", "rev": 1, "mrev": 1}
    first = await served.post(path, json=body, headers=head)
    again = await served.post(path, json=body, headers=head)
    other = await served.post(path, json={**body, "verdict": "reject"}, headers=head)
    assert (first[1]["answer"], again[1]["answer"]) == ("OK", "REPLAY")
    assert (other[0], other[1]["error"]["code"]) == (409, "conflict")
    assert (await hands.wall.head())[1] == 1


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"verdict":"approve","rev":1,"mrev":0}', "text/plain", 415),
        (b"{", "application/json", 400),
        (b'{"verdict":"explode"}', "application/json", 400),
        (b'{"verdict":"approve","rev":"1"}', "application/json", 400),
        (b'{"verdict":"approve","surprise":1}', "application/json", 400),
        (b"\xff\xfe{}", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"x" * 1_000_001, "application/json", 413),
    ],
)
async def test_bodies_that_are_not_a_decision(served: Served, body: bytes, kind: str, status: int) -> None:
    head = {**served.admin, "idempotency-key": "press-0002", "content-type": kind}
    answer = await served.post(f"/api/v1/posts/{'a' * 26}/decision", data=body, headers=head)
    assert answer[0] == status
    assert set(answer[1]["error"]) >= {"code", "message"}


@pytest.mark.parametrize(
    "query",
    ["limit=-1", "limit=1e3", "limit=%205", "limit=٣", "limit=1000000000", "state=withdrawn", "cursor=$(x)"],
)
async def test_queries_out_of_bounds(served: Served, query: str) -> None:
    status, body = await served.get(f"/api/v1/posts?{query}", headers=served.admin)
    assert (status, body["error"]["code"]) == (400, "invalid")


async def test_pages_of_the_queue(served: Served, hands: Hands) -> None:
    for n in range(5):
        await hands.arrive(post(str(n)))
    _, one = await served.get("/api/v1/posts?limit=3", headers=served.admin)
    _, two = await served.get(f"/api/v1/posts?limit=3&cursor={one['cursor']}", headers=served.admin)
    assert len({card["id"] for card in one["posts"] + two["posts"]}) == 5
    assert two["cursor"] is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/posts"),
        ("GET", "/api/v1/sources"),
        ("GET", "/api/v1/screens"),
        ("POST", "/api/v1/panic"),
        ("POST", f"/api/v1/posts/{'a' * 26}/decision"),
        ("POST", "/api/v1/screens/main/command"),
    ],
)
@pytest.mark.parametrize("head", [{}, {"authorization": "Bearer wrong"}, {"cookie": f"{COOKIE}={'x' * 43}"}])
async def test_strangers_are_turned_away(
    served: Served, method: str, path: str, head: dict[str, str]
) -> None:
    async with served.client.request(method, served.url + path, headers=head, json={"on": True}) as reply:
        assert reply.status == 401


async def test_tokens_are_made_listed_and_revoked(served: Served, store: Store) -> None:
    token = await new_token(store, "display company", role="viewer")
    head = {"authorization": f"Bearer {token}"}
    assert (await served.get("/api/v1/posts", headers=head))[0] == 200
    assert (await served.post("/api/v1/panic", json={"on": True}, headers=head))[0] == 403
    ((token_id, name, role, _),) = await tokens(store)
    assert (name, role) == ("display company", "viewer")
    assert await revoke_token(store, token_id)
    assert (await served.get("/api/v1/posts", headers=head))[0] == 401


async def test_a_session_from_our_own_pages_and_from_nowhere_else(served: Served) -> None:
    head = await served.sign_in("Anna")
    assert (await served.post("/api/v1/panic", json={"on": True}, headers=head))[0] == 200
    for origin in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        assert (await served.post("/api/v1/panic", json={"on": False}, headers={**head, **origin}))[0] == 403
    without = {key: value for key, value in head.items() if key != "origin"}
    assert (await served.post("/api/v1/panic", json={"on": False}, headers=without))[0] == 403


async def test_signing_out_ends_the_session(served: Served) -> None:
    head = await served.sign_in()
    async with served.client.delete(f"{served.url}/api/v1/session", headers=head) as reply:
        assert reply.status == 200
    assert (await served.get("/api/v1/posts", headers=head))[0] == 401


async def test_a_code_works_once_however_it_is_typed(served: Served, store: Store) -> None:
    code = await new_code(store)
    typed = f" {code.lower().replace('-', ' ')} "
    head = {"origin": served.url}
    assert (await served.post("/api/v1/session", json={"code": typed, "name": "Bo"}, headers=head))[0] == 204
    status, body = await served.post("/api/v1/session", json={"code": code, "name": "Bo"}, headers=head)
    assert (status, body["error"]["field"]) == (401, "code")
    assert normal_code("ab cd-ef gh") == "ABCDEFGH"


async def test_guessing_codes_is_slowed_down(served: Served) -> None:
    head = {"origin": served.url}
    answers = [
        (await served.post("/api/v1/session", json={"code": f"AAAA-{n:04}", "name": "x"}, headers=head))[0]
        for n in range(22)
    ]
    assert answers[:20] == [401] * 20
    assert answers[20:] == [429, 429]


async def test_logins_survive_a_jumping_clock_and_end_when_idle(store: Store) -> None:
    now = [1_000_000.0]
    auth = Auth(store, clock=lambda: now[0])
    session = await auth.sign_in(await new_code(store, now=now[0]), "Anna")
    for jump, alive in ((-86_400, True), (7_200, True), (7_200 + 12 * 3600 + 1, False)):
        now[0] = 1_000_000.0 + jump
        assert await auth.is_alive(session) is alive


async def test_join_codes_are_good_for_minutes_on_screens_and_a_day_for_the_host(store: Store) -> None:
    now = [3_000_000.0]
    auth = Auth(store, clock=lambda: now[0])
    screen, host = await auth.join_code(), await auth.join_code(for_host=True)
    now[0] += 600
    assert await auth.is_join_code(screen)
    now[0] += 301
    assert not await auth.is_join_code(screen)
    assert await auth.is_join_code(host)
    for forged in ("", "s1.x", "h", "s.", f"s{screen[1:-1]}A", "é.é", "sffffffffffff.x"):
        assert not await auth.is_join_code(forged)


async def test_health_and_metrics(served: Served, hands: Hands, store: Store) -> None:
    assert (await served.get("/healthz"))[0] == 200
    status, body = await served.get("/readyz")
    assert (status, body) == (503, {"store": True, "ingest": False, "worker": False})
    for role in ("ingest", "worker"):
        await Beats(store).beat(beat_name(role))
    assert (await served.get("/readyz"))[0] == 200
    await hands.arrive(post(), ruling=Ruling.APPROVE)
    _, text = await served.get("/metrics")
    assert b'parvis_posts{state="approved"} 1.0' in text


async def test_the_description_names_every_route(served: Served) -> None:
    _, described = await served.get("/api/v1/openapi.json")
    assert described["openapi"].startswith("3.1")
    served_paths = set()
    for path in described["paths"]:
        concrete = f"/api/v1{path}".replace("{id}", "main").replace("{receipt}", "x.y")
        async with served.client.request("TRACE", served.url + concrete) as reply:
            assert reply.status == 405, path
        served_paths.add(path)
    assert {
        "/wall",
        "/posts",
        "/posts/{id}/decision",
        "/submissions",
        "/sources",
        "/screens",
        "/panic",
    } <= served_paths


@pytest.mark.parametrize(
    "path", ["/nothing", "//", "/%2e%2e/etc/passwd", "/static/x/..%2f..%2fpyproject.toml", "/media/x/y"]
)
async def test_paths_that_lead_nowhere(served: Served, path: str) -> None:
    async with served.client.get(served.url + path) as reply:
        assert reply.status in (400, 404)
        assert b"Traceback" not in await reply.read()


async def test_every_answer_carries_the_guards(served: Served) -> None:
    async with served.client.get(f"{served.url}/healthz") as reply:
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in reply.headers["content-security-policy"]


async def test_when_the_store_is_away_the_answer_says_so(data_dir: Path) -> None:
    async with (
        Store(f"unix://{data_dir}/nobody.sock", event="x", name="x") as store,
        serving(store, data_dir) as served,
    ):
        async with asyncio.timeout(10):
            status, body = await served.get("/api/v1/wall")
        assert (status, body["error"]["code"]) == (503, "store-away")
        assert (await served.get("/healthz"))[0] == 200
        assert (await served.get("/readyz"))[0] == 503


async def test_the_admin_token_is_not_the_only_one_and_is_compared_whole(served: Served) -> None:
    for wrong in (ADMIN[:-1], ADMIN + "x", "", "é"):
        head = {"authorization": f"Bearer {wrong}".encode().decode("latin-1")}
        assert (await served.get("/api/v1/posts", headers=head))[0] == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost", 200),
        ("[::1]:8000", 200),
        ("", 421),
        ("a@b", 421),
    ],
)
async def test_a_name_that_is_not_ours_is_not_answered(served: Served, host: str, status: int) -> None:
    async with served.client.get(f"{served.url}/healthz", headers={"host": host}) as reply:
        assert reply.status == status


async def test_a_process_whose_counter_stands_still_is_not_alive(store: Store) -> None:
    now = [0.0]
    watcher, worker = Beats(store, clock=lambda: now[0]), Beats(store)
    assert not await watcher.is_alive("worker")
    await worker.beat(beat_name("worker"))
    assert await watcher.is_alive("worker")
    now[0] = SILENT_S
    assert not await watcher.is_alive("worker")
    await worker.beat(beat_name("worker"))
    assert await watcher.is_alive("worker")
    await watcher.forget(beat_name("worker"))
    assert not await watcher.is_alive("worker")
