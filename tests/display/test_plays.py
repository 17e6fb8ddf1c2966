"""What screens tell of what they showed, over real sockets, and who may read it how."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from tests.display.test_hub import dial, hear, say
from tests.makers import Hands, post
from tests.server import Served, serving
from tests.web.test_join import form, send, visit
from wall.gate import Ruling, Verdict
from wall.plays import Plays, day_of
from wall.store.client import Store

SPOOL = "spool-of-this-device"


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


async def greet(link: ClientConnection, name: str = "hall-a", **more: Any) -> None:
    await say(link, type="hello", screen=name, **more)
    await hear(link, "snapshot")


def now_ms(store: Store) -> int:
    return Plays(store)._clock_ms()


async def tell(link: ClientConnection, *plays: dict[str, Any], lost: int = 0) -> dict[str, Any]:
    await say(link, type="plays", spool=SPOOL, plays=list(plays), lost=lost)
    return await hear(link, "plays-kept")


def play(n: int, pid: str, at: int, **more: Any) -> dict[str, Any]:
    return {"n": n, "kind": "post", "id": pid, "at": at, "ms": 12_000, "scene": "s1", **more}


async def test_plays_are_kept_and_acknowledged_to_their_last(
    served: Served, hands: Hands, store: Store
) -> None:
    await hands.arrive(post(), ruling=Ruling.APPROVE)
    at = now_ms(store) - 20_000
    async with dial(served) as link:
        await greet(link)
        scene = {"n": 2, "kind": "scene", "id": "s1", "at": at, "ms": 15_000, "scene": ""}
        answer = await tell(link, play(1, post().pid, at), scene, lost=3)
        assert answer == {"type": "plays-kept", "spool": SPOOL, "upto": 2}
        assert (await tell(link, play(1, post().pid, at), scene, lost=3))["upto"] == 2
    _, body = await served.get(f"/api/v1/plays?post={post().pid}", headers=served.admin)
    assert (body["post"]["seconds"], body["post"]["plays"]) == (12.0, 1)
    assert body["post"]["screens"] == {"hall-a": {"seconds": 12.0, "plays": 1}}
    assert [(one["screen"], one["ms"]) for one in body["post"]["newest"]] == [("hall-a", 12_000)]
    assert body["scenes"] == [
        {"day": day_of(at), "screen": "hall-a", "scene": "s1", "seconds": 15.0, "times": 1}
    ]
    assert body["screens"] == {"hall-a": {"post": 1, "scene": 1, "ms": 12_000, "lost": 3}}
    _, body = await served.get(f"/api/v1/plays?post={post().pid}&screen=hall-b", headers=served.admin)
    assert (body["post"]["plays"], body["scenes"], body["screens"]) == (0, [], {})


@pytest.mark.parametrize("role", ["preview", "trial"])
async def test_what_only_we_look_at_is_no_showing(
    served: Served, hands: Hands, store: Store, role: str
) -> None:
    await hands.arrive(post(), ruling=Ruling.APPROVE)
    async with dial(served) as link:
        await greet(link, **{"as": role})
        await say(link, type="plays", spool=SPOOL, plays=[play(1, post().pid, now_ms(store))], lost=0)
        await say(link, type="resync")
        await hear(link, "snapshot")  # so the plays have been read
    assert (await Plays(store).of_post(post().pid)).plays == 0


async def test_a_spool_without_a_name_is_not_counted_and_the_screen_stays(
    served: Served, hands: Hands, store: Store
) -> None:
    await hands.arrive(post(), ruling=Ruling.APPROVE)
    async with dial(served) as link:
        await greet(link)
        await say(link, type="plays", spool="?", plays=[play(1, post().pid, now_ms(store))], lost=0)
        assert (await tell(link, play(1, post().pid, now_ms(store), id="nonsense")))["upto"] == 1
    assert (await Plays(store).screens())["hall-a"] == {"bad": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"plays": [{}] * 1},
        {"plays": [{"n": 1, "kind": "post", "id": "x", "at": -1, "ms": 1}]},
        {"plays": [{"n": 1, "kind": "post", "id": "x" * 61, "at": 1, "ms": 1}]},
        {"plays": [{"n": n, "kind": "post", "id": "x", "at": 1, "ms": 1} for n in range(51)]},
        {"spool": "x" * 41},
        {"lost": -1},
    ],
)
async def test_what_is_no_batch_closes_the_socket(served: Served, wrong: dict[str, Any]) -> None:
    async with dial(served) as link:
        await greet(link)
        await say(link, **{"type": "plays", "spool": SPOOL, "plays": [], "lost": 0, **wrong})
        await link.wait_closed()
        assert link.close_code == 1008


async def test_the_table_is_a_csv_of_the_days_asked_for(served: Served, hands: Hands, store: Store) -> None:
    await hands.arrive(post(), ruling=Ruling.APPROVE)
    at = now_ms(store) - 20_000
    async with dial(served) as link:
        await greet(link)
        doubtful = play(2, post().pid, at - 3 * 86_400_000)
        await tell(link, play(1, post().pid, at), doubtful, play(3, post().pid, at + 5000, ms=700))
    rows = await table(served)
    assert list(rows[0]) == ["at", "screen", "kind", "id", "scene", "seconds", "doubtful", "spool", "n"]
    assert [(row["n"], row["seconds"], row["doubtful"]) for row in rows] == [
        ("1", "12.0", ""),
        ("2", "12.0", "yes"),
        ("3", "0.7", ""),
    ]
    assert datetime.fromisoformat(rows[0]["at"]).timestamp() == pytest.approx(at / 1000)
    today, before = day_of(at), day_of(at - 3 * 86_400_000)
    assert [row["n"] for row in await table(served, f"?from={today}&to={day_of(at + 5000)}")] == ["1", "3"]
    assert [row["n"] for row in await table(served, f"?to={before}")] == ["2"]
    start = datetime.fromtimestamp((at + 1) / 1000).astimezone().isoformat()
    assert [row["n"] for row in await table(served, f"?from={start}")] == ["3"]
    for query in ("?from=yesterday", "?to=2026-13-01"):
        status, body = await served.get(f"/api/v1/plays.csv{query}", headers=served.admin)
        assert (status, body["error"]["field"]) == (400, query[1:].split("=")[0])


async def table(served: Served, query: str = "") -> list[dict[str, str]]:
    status, raw = await served.get(f"/api/v1/plays.csv{query}", headers=served.admin)
    assert status == 200
    return list(csv.DictReader(io.StringIO(raw.decode())))


async def test_a_receipt_shows_the_post_only_while_the_public_may_see_it(
    served: Served, hands: Hands, store: Store
) -> None:
    await hands.arrive(post("1", "Bonsoir"), ruling=Ruling.APPROVE)
    pid = post("1").pid
    at = now_ms(store) - 50_000
    status, link = await served.get(f"/api/v1/posts/{pid}/receipt", headers=served.admin)
    assert (status, link["plays"], link["screens"]) == (200, 0, [])
    assert (await shown(served, link["url"]))["state"] == "wall"
    async with dial(served) as screen:
        await greet(screen)
        await tell(screen, play(1, pid, at, ms=40_000), play(2, pid, at + 40_000, ms=4000))
        await say(screen, type="beat", seq=1, shown=[pid])
        await say(screen, type="resync")
        await hear(screen, "snapshot")
        found = await shown(served, link["url"])
        assert (found["post"]["spans"], found["now"], found["seconds"]) == (
            [{"text": "Bonsoir"}],
            ["hall-a"],
            44.0,
        )
        assert [(one["screen"], [t["ms"] for t in one["times"]]) for one in found["screens"]] == [
            ("hall-a", [44_000])
        ]
        await hands.gate.panic(on=True, by="Anna")
        found = await shown(served, link["url"])
        assert (found["state"], found["post"], found["now"]) == ("wall", None, [])
        await hands.gate.panic(on=False, by="Anna")
    for verdict, word in ((Verdict.UNAPPROVE, "away"), (Verdict.WITHDRAW, "gone")):
        await hands.decide(post("1"), verdict)
        found = await shown(served, link["url"])
        assert (found["state"], found["post"], found["seconds"]) == (word, None, 44.0)


async def shown(served: Served, url: str) -> dict[str, Any]:
    status, body = await served.get("/api/v1/shown/" + url.rpartition("/")[2])
    assert status == 200
    return dict(body)


async def test_a_receipt_before_anybody_said_yes(served: Served, hands: Hands) -> None:
    await hands.arrive(post())
    _, link = await served.get(f"/api/v1/posts/{post().pid}/receipt", headers=served.admin)
    found = await shown(served, link["url"])
    assert (found["state"], found["post"], found["screens"]) == ("waiting", None, [])
    await hands.decide(post(), Verdict.REJECT)
    assert (await shown(served, link["url"]))["state"] == "gone"


async def test_receipts_cannot_be_guessed_and_links_are_for_moderators(served: Served, hands: Hands) -> None:
    await hands.arrive(post(), ruling=Ruling.APPROVE)
    pid = post().pid
    visitors = await served.services.auth.receipt(pid)  # may take the post back: it is another
    for token in (pid, f"{pid}.", f"{pid}.AAAAAAAAAAAAAAAA", visitors, "é", "." * 130):
        status, _ = await served.get(f"/api/v1/shown/{token}")
        assert status == 404
        status, _ = await served.get(f"/shown/{token}")
        assert status == 404
    _, link = await served.get(f"/api/v1/posts/{pid}/receipt", headers=served.admin)
    token = link["url"].rpartition("/")[2]
    status, _ = await served.post(f"/api/v1/submissions/{token}/withdraw")
    assert status == 404
    assert (await served.get(f"/api/v1/posts/{pid}/receipt"))[0] == 401
    assert (await served.get(f"/api/v1/posts/{'a' * 26}/receipt", headers=served.admin))[0] == 404
    async with served.client.get(f"{served.url}/shown/{token}") as reply:
        assert reply.headers["x-robots-tag"] == "noindex, nofollow"
        assert reply.headers["cache-control"] == "no-store"
        assert 'name="robots" content="noindex, nofollow"' in await reply.text()


async def test_a_visitor_s_phone_gets_the_link_once_the_post_was_shown(served: Served, store: Store) -> None:
    head = await visit(served)
    _, sent = await send(served, head, form(text="Quelle nuit !"))
    status, state = await served.get(f"/api/v1/submissions/{sent['receipt']}")
    assert (status, state["receipt"]) == (200, None)
    await store.redis.hset(
        store.keys.post(sent["id"]), "state", "approved"
    )  # as if it had gone the whole way
    async with dial(served) as link:
        await greet(link)
        await tell(link, play(1, sent["id"], now_ms(store) - 5000, ms=5000))
    _, state = await served.get(f"/api/v1/submissions/{sent['receipt']}")
    assert state["receipt"].startswith(f"/shown/{sent['id']}.")
    assert (await served.get(state["receipt"]))[0] == 200
