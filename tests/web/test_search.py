"""Finding over HTTP: what is asked, what is refused, and the audit that moderators read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.makers import Hands, card, post
from tests.server import Served, serving
from wall.gate import Reason, Ruling, Verdict
from wall.model import Author
from wall.store.client import Store
from wall.web.auth import new_token


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


async def get(served: Served, path: str) -> Any:
    status, body = await served.get(f"/api/v1/{path}", headers=served.admin)
    assert status == 200, body
    return body


async def ids(served: Served, query: str, *, count: int) -> list[str]:
    """The ids that a query gives, once the index has heard of so many."""
    async with asyncio.timeout(20):
        while True:
            body = await get(served, f"posts?{query}")
            found = [one["id"] for one in body["posts"]]
            if "building" not in body and len(found) == body["total"] == count:
                return found
            await asyncio.sleep(0.01)


async def test_posts_are_found_by_their_words_and_what_they_share(served: Served, hands: Hands) -> None:
    french = post("1", "Les lumières de la nuit", author=Author(id="1", name="Inès"))
    chinese = post("2", "今夜的灯光真美", network="bluesky", source="b", author=Author(id="2", name="Li"))
    await hands.gate.accept(french)
    await hands.gate.offer(
        await hands.claim(french.pid),
        card(french),
        ruling=Ruling.NOTE,
        reasons=[Reason("links", "a.example")],
    )
    await hands.arrive(chinese)
    assert await ids(served, "q=LUMIERE", count=1) == [french.pid]
    assert await ids(served, f"q={quote('灯光')}", count=1) == [chinese.pid]
    assert await ids(served, "network=bluesky", count=1) == [chinese.pid]
    assert await ids(served, "source=b&lang=zh", count=1) == [chinese.pid]
    assert await ids(served, "rule=links&q=-demain", count=1) == [french.pid]
    assert await ids(served, f"author={chinese.author_key}", count=1) == [chinese.pid]
    assert await ids(served, "label=press", count=0) == []
    await hands.gate.set_labels(french.pid, ["press"], by="Anna")
    assert await ids(served, "label=press&network=mastodon", count=1) == [french.pid]
    facets = await get(served, "facets?network=mastodon")
    assert facets["network"] == [["bluesky", 1], ["mastodon", 1]]
    assert (facets["total"], facets["label"], facets["rule"]) == (1, [["press", 1]], [["links", 1]])
    assert facets["author"] == [[french.author_key, "Inès", 1]]
    await hands.gate.withdraw(french.pid, why="deleted", by="x", source="mastodon")
    assert await ids(served, "q=lumieres", count=0) == []


async def test_a_list_without_filters_is_the_ledgers_own(served: Served, hands: Hands) -> None:
    for n in range(3):
        await hands.arrive(post(str(n)))
    body = await get(served, "posts?q=&network=&limit=2")
    assert (len(body["posts"]), body["total"]) == (2, 3)
    assert "building" not in body
    body = await get(served, f"posts?q={quote('!!')}&cursor={body['cursor']}")
    assert (len(body["posts"]), body["total"], body["cursor"]) == (1, 3, None)


async def test_pages_of_what_was_found(served: Served, hands: Hands) -> None:
    for n in range(5):
        await hands.arrive(post(str(n), "foule", author=Author(id=str(n), name="A")))
    await ids(served, "q=foule", count=5)
    seen: list[str] = []
    cursor = ""
    while True:
        body = await get(served, f"posts?q=foule&limit=2&cursor={cursor}")
        seen += [one["id"] for one in body["posts"]]
        if body["cursor"] is None:
            break
        cursor = body["cursor"]
    listed = await get(served, "posts")
    assert seen == [one["id"] for one in listed["posts"]]
    for n in (0, 1, 2):
        await hands.decide(post(str(n)), Verdict.REJECT)
    newest = [post(str(n)).pid for n in (2, 1, 0)]
    assert await ids(served, "state=rejected&q=foule", count=3) == newest


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("q=" + "x" * 201, "q"),
        ("network=" + "x" * 101, "network"),
        ("source=a%00b", "source"),
        ("rule=a%0Ab", "rule"),
        ("label=%1B%5B2J", "label"),
        ("lang=fr-FR", "lang"),
        ("lang=f'", "lang"),
        ("author=anna", "author"),
        ("author=" + "A" * 26, "author"),
        ("state=withdrawn", "state"),
        ("q=x&cursor=$(x)", "cursor"),
        ("q=x&cursor=-1", "cursor"),
        ("q=x&cursor=" + "9" * 16, "cursor"),
        (f"q=x&cursor={quote('٣')}", "cursor"),
        ("q=x&limit=1e3", "limit"),
        ("q=x&limit=1000000000", "limit"),
    ],
)
async def test_questions_out_of_bounds(served: Served, query: str, field: str) -> None:
    paths = ["posts"] if field in ("cursor", "limit") else ["posts", "facets"]
    for path in paths:
        status, body = await served.get(f"/api/v1/{path}?{query}", headers=served.admin)
        assert (status, body["error"]["code"], body["error"]["field"]) == (400, "invalid", field)


@pytest.mark.parametrize(
    "text",
    [
        "' OR 1=1 --",
        '"',
        "a* OR b",
        "NEAR(a b)",
        "{w:x}:queue",
        "*[^?]",
        "<script>alert(1)</script>",
        "%00",
        "\\",
    ],
)
async def test_signs_of_other_languages_are_plain_text(served: Served, hands: Hands, text: str) -> None:
    await hands.arrive(post(text="Bonjour"))
    await ids(served, "q=bonjour", count=1)
    for name in ("q", "network", "rule", "label", "source"):
        if name == "q" and text == "*[^?]":
            continue  # holds no word: asks nothing
        status, body = await served.get(
            f"/api/v1/posts?{name}={quote(text)}&network=none", headers=served.admin
        )
        assert (status, body["posts"]) == (200, [])


async def test_who_may_look(served: Served, store: Store) -> None:
    viewer = {"authorization": f"Bearer {await new_token(store, 'v', 'viewer')}"}
    assert (await served.get("/api/v1/posts?q=x", headers=viewer))[0] == 200
    assert (await served.get("/api/v1/facets", headers=viewer))[0] == 200
    assert (await served.get("/api/v1/audit", headers=viewer))[0] == 403
    for path in ("posts?q=x", "facets", "audit"):
        assert (await served.get(f"/api/v1/{path}"))[0] == 401


# -- the audit -----------------------------------------------------------------------------------------------------


async def test_the_audit_is_read_newest_first(served: Served, hands: Hands) -> None:
    one, two = post("1", "Bonjour"), post("2", "Bonsoir", author=Author(id="8", name="Zoé"))
    await hands.arrive(one)
    await hands.arrive(two)
    await hands.decide(one, Verdict.APPROVE, by="Anna")
    await hands.gate.withdraw(two.pid, why="deleted", by="mastodon", source="mastodon")
    await hands.gate.panic(on=True, by="Bo")
    body = await get(served, "audit")
    assert [entry["n"] for entry in body["entries"]] == [7, 6, 5, 4, 3, 2, 1]
    assert body["before"] is None
    panic, gone, up = body["entries"][:3]
    assert (panic["id"], panic["to"], panic["by"], panic["rev"]) == ("panic", "panic", "Bo", None)
    assert (gone["id"], gone["from"], gone["to"], gone["why"]) == (two.pid, "queued", "withdrawn", "deleted")
    assert "name" not in gone  # nothing that a person wrote outlives its withdrawal
    assert (up["id"], up["why"], up["by"], up["name"], up["seq"]) == (one.pid, "approve", "Anna", "Inès", 1)
    assert (up["from"], up["to"], up["rev"], up["mrev"]) == ("queued", "approved", 1, 2)
    assert up["at"].endswith("+00:00")


async def test_the_audit_in_pages_and_narrowed_down(served: Served, hands: Hands) -> None:
    for n in range(3):
        await hands.arrive(post(str(n)))
    await hands.decide(post("1"), Verdict.APPROVE, by="Anna")
    seen: list[int] = []
    before = ""
    while True:
        body = await get(served, f"audit?limit=2{before}")
        seen += [entry["n"] for entry in body["entries"]]
        if body["before"] is None:
            break
        before = f"&before={body['before']}"
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert [entry["n"] for entry in (await get(served, "audit?by=Anna"))["entries"]] == [7]
    told = (await get(served, f"audit?id={post('1').pid}"))["entries"]
    assert [entry["why"] for entry in told] == ["approve", "rules", "arrived"]
    assert [entry["n"] for entry in (await get(served, "audit?why=approve,reject"))["entries"]] == [7]
    assert (await get(served, "audit?by=An"))["entries"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=%205", "limit"),
        ("before=-1", "before"),
        ("before=1e3", "before"),
        ("before=" + "9" * 16, "before"),
        (f"before={quote('٣')}", "before"),
        ("by=a%00", "by"),
        ("by=" + "x" * 101, "by"),
        ("why=a;b", "why"),
        ("id=*", "id"),
        ("id={w:x}", "id"),
    ],
)
async def test_questions_to_the_audit_out_of_bounds(served: Served, query: str, field: str) -> None:
    status, body = await served.get(f"/api/v1/audit?{query}", headers=served.admin)
    assert (status, body["error"]["code"], body["error"]["field"]) == (400, "invalid", field)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_no_address_changes_the_audit(served: Served, hands: Hands, method: str) -> None:
    await hands.arrive(post())
    for path in ("audit", "audit/1"):
        async with served.client.request(
            method, f"{served.url}/api/v1/{path}", headers=served.admin, json={}
        ) as reply:
            assert reply.status in (404, 405)
    assert await hands.ledger.verify_audit() == (2, None)


async def test_the_description_names_what_is_here(served: Served) -> None:
    described = await get(served, "openapi.json")
    for path in ("/posts", "/facets"):
        names = {one["name"] for one in described["paths"][path]["get"]["parameters"]}
        assert names >= {"state", "q", "network", "source", "rule", "lang", "author", "label"}
    assert {one["name"] for one in described["paths"]["/audit"]["get"]["parameters"]} == {
        "limit", "before", "by", "id", "why",
    }  # fmt: skip
