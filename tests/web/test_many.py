"""One word on many posts, on authors and on the alarm, over HTTP; what desks tell each other, over sockets."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect

from display.presence import Presence, Visitor
from tests.makers import Hands, post
from tests.server import Served, serving
from wall.gate import Ruling
from wall.model import Author, Post
from wall.settings import LabelSettings
from wall.store.client import Store
from wall.web.auth import new_token

LABELS = (LabelSettings(name="press", title="Presse"), LabelSettings(name="vip"))


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir, labels=LABELS) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


def by(author: str, n: int) -> Post:
    return post(f"{author}{n}", f"text {n}", author=Author(id=author, name=author))


async def say(served: Served, path: str, body: Any, head: dict[str, str] | None = None) -> tuple[int, Any]:
    key = {"idempotency-key": str(uuid.uuid4())}
    return await served.post(f"/api/v1/{path}", json=body, headers={**key, **(head or served.admin)})


@asynccontextmanager
async def desk(served: Served, head: dict[str, str]) -> AsyncIterator[ClientConnection]:
    extra = {name: value for name, value in head.items() if name != "origin"}
    async with connect(
        served.url.replace("http", "ws") + "/ws/desk",
        origin=served.url,  # type: ignore[arg-type]  # websockets' own NewType
        additional_headers=extra,
        max_size=None,
    ) as link:
        yield link


async def frame(link: ClientConnection, kind: str, is_it: Callable[[Any], bool] = lambda _: True) -> Any:
    async with asyncio.timeout(20):
        while True:
            found = json.loads(await link.recv())
            if found["type"] == kind and is_it(found):
                return found


async def test_a_flood_is_put_away_and_brought_back(served: Served, hands: Hands) -> None:
    posts = [by(f"f{n}", n) for n in range(4)]
    for one in posts:
        await hands.arrive(one, cluster=posts[0].pid)
    _, listed = await served.get("/api/v1/posts?state=queued", headers=served.admin)
    assert {(card["cluster"]["id"], card["cluster"]["size"]) for card in listed["posts"]} == {
        (posts[0].pid, 4)
    }
    status, body = await say(
        served, f"clusters/{posts[0].pid}/decision", {"verdict": "reject", "except": posts[2].pid}
    )
    assert (status, set(body["posts"])) == (200, {one.pid for one in posts} - {posts[2].pid})
    status, back = await say(served, "decisions", {"verdict": "reopen", "posts": body["posts"]})
    assert (status, set(back["answers"].values())) == (200, {"OK"})
    assert (await hands.ledger.counts())["queued"] == 4


async def test_a_ban_empties_the_wall_of_one_author(served: Served, hands: Hands) -> None:
    await hands.arrive(by("loud", 1), ruling=Ruling.APPROVE)
    await hands.arrive(by("calm", 1), ruling=Ruling.APPROVE)
    key = by("loud", 1).author_key
    status, body = await say(served, f"authors/{key}/standing", {"standing": "banned"})
    assert (status, body["gone"]) == (200, [by("loud", 1).pid])
    _, wall = await served.get("/api/v1/wall")
    assert [item["id"] for item in wall["items"]] == [by("calm", 1).pid]
    _, one = await served.get(f"/api/v1/posts/{by('loud', 1).pid}", headers=served.admin)
    assert one["post"]["author"]["standing"] == "banned"
    assert one["post"]["author"]["counts"]["rejected"] == 1
    status, body = await say(served, f"authors/{key}/standing", {"standing": "none"})
    assert (status, body["answer"], body["gone"]) == (200, "OK", [])


async def test_labels_and_a_memo_stand_on_the_card(served: Served, hands: Hands) -> None:
    await hands.arrive(by("a", 1))
    path = f"posts/{by('a', 1).pid}"
    status, body = await say(served, f"{path}/labels", {"labels": ["vip", "press"]})
    assert (status, body["post"]["labels"]) == (200, ["press", "vip"])
    status, body = await say(served, f"{path}/memo", {"text": "call\u202e her\x00 back "})
    assert (status, body["post"]["memo"]["text"], body["post"]["memo"]["by"]) == (200, "call her back", "api")
    _, body = await say(served, f"{path}/memo", {"text": ""})
    assert body["post"]["memo"] is None


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("clusters/{pid}/decision", {"verdict": "approve"}, 400, "invalid"),
        ("clusters/{pid}/decision", {"verdict": "withdraw"}, 400, "invalid"),
        ("clusters/../decision", {"verdict": "reject"}, 404, "not-found"),
        ("clusters/x/decision", {"verdict": "reject"}, 404, "no-cluster"),
        ("decisions", {"verdict": "approve", "posts": ["{pid}"]}, 400, "invalid"),
        ("decisions", {"verdict": "reject", "posts": []}, 400, "invalid"),
        ("decisions", {"verdict": "reject", "posts": ["x"]}, 400, "invalid"),
        ("decisions", {"verdict": "reject", "posts": ["{pid}", "{pid}"]}, 400, "invalid"),
        ("decisions", {"verdict": "reject", "posts": ["a" * 26] * 501}, 400, "invalid"),
        ("authors/x/standing", {"standing": "banned"}, 404, "no-author"),
        ("authors/{pid}/standing", {"standing": "hated"}, 400, "invalid"),
        ("authors/{pid}/standing", {"standing": None}, 400, "invalid"),
        ("posts/{pid}/labels", {"labels": ["nobody"]}, 400, "invalid"),
        ("posts/{pid}/labels", {"labels": "press"}, 400, "invalid"),
        ("posts/{none}/labels", {"labels": ["press"]}, 404, "no-post"),
        ("posts/{pid}/memo", {"text": "x" * 1001}, 400, "invalid"),
        ("posts/{none}/memo", {"text": "x"}, 404, "no-post"),
        ("alarm", {"on": "yes"}, 400, "invalid"),
    ],
)
async def test_what_cannot_be_is_refused_in_words(
    served: Served, hands: Hands, path: str, body: Any, status: int, code: str
) -> None:
    await hands.arrive(by("a", 1))
    names = {"pid": by("a", 1).pid, "none": "z" * 26}
    filled = json.loads(json.dumps(body).replace("{pid}", names["pid"]))
    found, answer = await say(served, path.format(**names), filled)
    assert (found, answer["error"]["code"]) == (status, code)
    assert answer["error"]["message"]
    assert (await hands.ledger.counts())["queued"] == 1


async def test_a_key_used_for_something_else_is_refused(served: Served, hands: Hands) -> None:
    await hands.arrive(by("a", 1))
    head = {**served.admin, "idempotency-key": "the-very-same-key"}
    path = f"/api/v1/authors/{by('a', 1).author_key}/standing"
    assert (await served.post(path, json={"standing": "trusted"}, headers=head))[0] == 200
    status, body = await served.post(path, json={"standing": "banned"}, headers=head)
    assert (status, body["error"]["code"]) == (409, "conflict")
    status, body = await served.post(path, json={"standing": "banned"}, headers=served.admin)
    assert (status, body["error"]["code"]) == (400, "no-key")


PATHS = (
    "clusters/{pid}/decision",
    "decisions",
    "authors/{pid}/standing",
    "posts/{pid}/labels",
    "posts/{pid}/memo",
    "alarm",
)


@pytest.mark.parametrize("path", PATHS)
async def test_viewers_look_and_strangers_do_not_even_that(served: Served, store: Store, path: str) -> None:
    where = path.format(pid=by("a", 1).pid)
    viewer = {"authorization": f"Bearer {await new_token(store, 'tv', role='viewer')}"}
    assert (await say(served, where, {}, viewer))[0] == 403
    assert (await say(served, where, {}, {"x-nobody": "1"}))[0] == 401
    foreign = {**await served.sign_in(), "origin": "http://evil.example"}
    assert (await say(served, where, {}, foreign))[0] == 403


async def test_two_people_over_http(served: Served, hands: Hands) -> None:
    await hands.arrive(by("a", 1), needs_two=True)
    anna, ben = await served.sign_in("Anna"), await served.sign_in("Ben")
    (record,) = await hands.ledger.records([by("a", 1).pid])
    seen = {"verdict": "approve", "rev": record.rev, "mrev": record.mrev}
    path = f"posts/{by('a', 1).pid}/decision"
    status, body = await say(served, path, seen, anna)
    assert (status, body["answer"], body["post"]["eyes"]) == (200, "SECOND", {"needed": 2, "by": ["Anna"]})
    assert (await say(served, path, seen, anna))[1]["answer"] == "SECOND"
    assert (await say(served, path, seen, ben))[1]["answer"] == "OK"
    assert await hands.on_wall() == [by("a", 1).pid]


async def test_the_alarm_by_hand_is_told_to_every_desk(served: Served) -> None:
    anna = await served.sign_in("Anna")
    async with desk(served, anna) as link:
        greeting = await frame(link, "queue")
        assert greeting["alarm"] is None
        assert greeting["labels"] == [{"name": "press", "title": "Presse"}, {"name": "vip", "title": "Vip"}]
        assert (await say(served, "alarm", {"on": True}, anna))[0] == 200
        told = await frame(link, "alarm", lambda found: found["alarm"] is not None)
        assert (told["alarm"]["by"], told["alarm"]["why"][0]["kind"]) == ("Anna", "hand")
        status, read = await served.get("/api/v1/alarm", headers=anna)
        assert (status, read["alarm"]["mode"]) == (200, "pre")
        await say(served, "alarm", {"on": False}, anna)
        await frame(link, "alarm", lambda found: found["alarm"] is None)


async def test_desks_see_each_other_and_what_each_looks_at(served: Served, hands: Hands) -> None:
    await hands.arrive(by("a", 1))
    anna, ben = await served.sign_in("Anna"), await served.sign_in("Ben")
    async with desk(served, anna) as first:
        me = (await frame(first, "queue"))["me"]
        assert (me["name"], me["role"]) == ("Anna", me["role"])
        async with desk(served, ben) as second:
            await frame(first, "people", lambda found: len(found["people"]) == 2)
            await second.send(json.dumps({"type": "looking", "id": by("a", 1).pid}))
            seen = await frame(
                first, "people", lambda found: any(one.get("looking") for one in found["people"])
            )
            assert {one["name"]: one.get("looking") for one in seen["people"]} == {
                "Anna": None,
                "Ben": by("a", 1).pid,
            }
            assert me["tablet"] in {one["tablet"] for one in seen["people"]}
            await second.send("nonsense")
            await second.send(json.dumps({"type": "looking", "id": None}))
            await frame(first, "people", lambda found: not any(one.get("looking") for one in found["people"]))
        await frame(first, "people", lambda found: len(found["people"]) == 1)


async def test_a_desk_learns_of_an_authors_standing(served: Served, hands: Hands) -> None:
    await hands.arrive(by("a", 1))
    async with desk(served, served.admin) as link:
        await frame(link, "queue")
        await say(served, f"authors/{by('a', 1).author_key}/standing", {"standing": "trusted"})
        told = await frame(link, "author")
        assert (told["author"]["key"], told["author"]["standing"]) == (by("a", 1).author_key, "trusted")


def test_a_visitor_says_no_more_than_needed() -> None:
    now = [0.0]
    presence = Presence(web="one", clock=lambda: now[0])
    presence.enter(Visitor("t1", "Anna", "moderator"))
    presence.look("t1", "p1")
    presence.look("unknown", "p1")
    other = Presence(web="two", clock=lambda: now[0])
    other.hear(presence.report())
    other.hear(b"nonsense")
    assert [(one.name, one.looking) for one in other.people()] == [("Anna", "p1")]
    now[0] = 5.9
    assert len(other.people()) == 1
    now[0] = 15.1
    assert [one.looking for one in presence.people()] == [None]
    assert other.people() == []
    assert msgspec.json.decode(presence.report())["web"] == "one"
