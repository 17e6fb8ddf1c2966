"""Programmes over HTTP: saved by one, seen by screens within a second, never overwritten by another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.browser.hall import until
from tests.server import Served, serving
from tests.web.peoplekit import add, call, enter
from wall.audit import Audit
from wall.gate import Gate
from wall.settings import ProgrammeSettings, SceneSettings, ScreenSettings
from wall.store.client import Store

DAY = ProgrammeSettings(
    name="day", scenes=(SceneSettings(layout="bento", seconds=90, hours="09:00-18:00", when={"posts": 2}),)
)


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir, programmes=(DAY,)) as served:
        yield served


async def api(served: Served, method: str, path: str, body: Any = None, **head: str) -> tuple[int, Any]:
    return await call(served, method, path, head or served.admin, body)


class Line:
    """A screen's own line to the server, and the programme that it was told last."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.programme: dict[str, Any] = {}

    async def read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            frame = msgspec.json.decode(message.data)
            if frame["type"] == "orders":
                self.programme = frame["programme"]

    async def follows(self, name: str) -> dict[str, Any]:
        async def told() -> bool:
            return bool(self.programme.get("name") == name)

        await until(told, f"{self.name} following {name} and not {self.programme}", within_s=6)
        return self.programme


@asynccontextmanager
async def screen_of(served: Served, name: str) -> AsyncIterator[Line]:
    line = Line(name)
    url = f"{served.url.replace('http', 'ws')}/ws/screen"
    async with served.client.ws_connect(url, headers={"origin": served.url}) as socket:
        await socket.send_str(msgspec.json.encode({"type": "hello", "screen": name}).decode())
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(line.read(socket))
            yield line
            reading.cancel()


async def test_layouts_say_what_they_may_be_told(served: Served) -> None:
    status, body = await api(served, "GET", "/layouts")
    assert status == 200
    bento = next(layout for layout in body["layouts"] if layout["name"] == "bento")
    assert bento["traits"] == {"posts": True, "evergreen": False, "frame": "rail"}
    assert bento["options"]["dwell_s"]["least"] == 1


async def test_a_saved_programme_reaches_its_screens_with_traits_and_every_option(served: Served) -> None:
    async with screen_of(served, "hall-a") as screen:
        told = await screen.follows("day")
        assert told["scenes"][0] == {
            "id": "s1",
            "layout": "bento",
            "seconds": 90,
            "options": {"dwell_s": 6, "rest_s": 12, "drift_s": 9, "motion": 1},
            "hours": "09:00-18:00",
            "when": {"posts": 2},
            "share": 0,
            "traits": {"posts": True, "evergreen": False, "frame": "rail"},
        }
        scenes = [{"layout": "bento", "seconds": 30, "options": {"dwell_s": 20}, "title": "Late"}]
        status, body = await api(
            served, "PUT", "/programmes/night", {"rev": 0, "scenes": scenes, "screens": ["hall-a"]}
        )
        assert (status, body["programme"]["rev"], body["programme"]["by"]) == (200, 1, "api")
        assert (await screen.follows("night"))["scenes"][0]["options"]["dwell_s"] == 20
        _, listed = await api(served, "GET", "/programmes")
        assert [(one["name"], one["origin"]) for one in listed["programmes"]] == [
            ("day", "settings"),
            ("night", "desk"),
        ]
        assert listed["screens"] == [
            {"screen": "hall-a", "connected": True, "programme": "night", "sent": False}
        ]
        assert listed["others"] == "day"
        assert (await api(served, "DELETE", "/programmes/night?rev=1"))[0] == 200
        await screen.follows("day")


async def test_the_desks_word_stands_above_the_settings_until_it_is_forgotten(served: Served) -> None:
    scenes = [{"layout": "bento", "seconds": 10, "id": "mine"}]
    status, _ = await api(served, "PUT", "/programmes/day", {"rev": 0, "scenes": scenes, "screens": ["*"]})
    assert status == 200
    _, body = await api(served, "GET", "/programmes/day")
    assert (body["programme"]["origin"], body["programme"]["scenes"][0]["id"]) == ("desk", "mine")
    assert (await api(served, "DELETE", "/programmes/day"))[0] == 200
    _, body = await api(served, "GET", "/programmes/day")
    assert (body["programme"]["origin"], body["programme"]["rev"]) == ("settings", 0)
    status, body = await api(served, "DELETE", "/programmes/day")
    assert (status, body["error"]["code"]) == (409, "of-settings")


async def test_two_people_do_not_overwrite_each_other(served: Served) -> None:
    def body(seconds: int, rev: int) -> dict[str, Any]:
        return {"rev": rev, "scenes": [{"layout": "bento", "seconds": seconds}]}

    assert (await api(served, "PUT", "/programmes/x", body(10, 0)))[0] == 200
    status, said = await api(served, "PUT", "/programmes/x", body(20, 0))
    assert (status, said["error"]["code"]) == (409, "stale")
    assert said["programme"]["scenes"][0]["seconds"] == 10
    assert (await api(served, "PUT", "/programmes/x", body(20, 1)))[0] == 200
    assert (await api(served, "DELETE", "/programmes/x?rev=1"))[0] == 409
    answers = [status for status, _ in await _at_once(served, body(30, 2), body(40, 2))]
    assert sorted(answers) == [200, 409]


async def _at_once(served: Served, *bodies: dict[str, Any]) -> list[tuple[int, Any]]:
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(api(served, "PUT", "/programmes/x", one)) for one in bodies]
    return [task.result() for task in running]


async def test_the_audit_says_who_saved_and_who_removed(served: Served, store: Store) -> None:
    body = {"rev": 0, "scenes": [{"layout": "bento"}]}
    assert (await api(served, "PUT", "/programmes/x", body))[0] == 200
    assert (await api(served, "PUT", "/programmes/x", body))[0] == 409  # and nothing is written
    assert (await api(served, "DELETE", "/programmes/x"))[0] == 200
    _, told = await api(served, "GET", "/audit?why=programme")
    assert [(one["why"], one["from"], one["to"], one["by"]) for one in told["entries"]] == [
        ("programme x", "saved", "none", "api"),
        ("programme x", "none", "saved", "api"),
    ]
    assert (await Audit(store).verify()).wrong is None
    gate = Gate(store)
    for seen, new, word in ((b"", b"{}", "OK"), (b"{}", b"{}", "SAME"), (b"", b"[]", "STALE")):
        said = await gate.arrange("theme", "y", new, before=seen, key=store.keys.themes, by="Anna")
        assert said.name == word


async def test_every_mistake_is_told_at_once_with_its_place(served: Served) -> None:
    scenes = [
        {"layout": "bento", "seconds": 1, "options": {"dwell_s": 0, "speed": 1}},
        {"layout": "bnto", "hours": "noon", "when": {"photo": 1}},
        {"layout": "bento", "share": 61},
    ]
    for method, path, body in (
        ("PUT", "/programmes/x", {"rev": 0, "scenes": scenes}),
        ("POST", "/programmes", {"scenes": scenes}),
    ):
        status, said = await api(served, method, path, body)
        assert (status, said["error"]["code"]) == (400, "invalid")
        assert {(row["scene"], row["field"]) for row in said["problems"]} == {
            (1, "seconds"),
            (1, "options.dwell_s"),
            (1, "options.speed"),
            (2, "layout"),
            (2, "hours"),
            (2, "when.photo"),
            (None, "scene"),
        }
        assert "did you mean 'bento'?" in " ".join(row["message"] for row in said["problems"])
    assert (await api(served, "GET", "/programmes/x"))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("PUT", "/programmes/Day", {"rev": 0, "scenes": [{"layout": "bento"}]}, "invalid"),
        ("PUT", "/programmes/x", {"rev": 0, "scenes": []}, "invalid"),
        ("PUT", "/programmes/x", {"rev": 0, "scenes": ["bento"]}, "invalid"),
        ("PUT", "/programmes/x", {"rev": -1, "scenes": [{"layout": "bento"}]}, "invalid"),
        ("PUT", "/programmes/x", {"scenes": [{"layout": "bento"}]}, "invalid"),
        ("PUT", "/programmes/x", {"rev": 0, "scenes": [{"layout": "bento"}], "colour": 1}, "invalid"),
        (
            "PUT",
            "/programmes/x",
            {"rev": 0, "scenes": [{"layout": "bento"}], "screens": ["Hall A"]},
            "invalid",
        ),
        (
            "PUT",
            "/programmes/x",
            {"rev": 0, "scenes": [{"layout": "bento", "id": "a"}, {"layout": "bento", "id": "a"}]},
            "invalid",
        ),
        ("DELETE", "/programmes/nowhere", None, "no-programme"),
        ("POST", "/screens/Hall A/trial", {"scenes": [{"layout": "bento"}]}, "no-screen"),
        ("POST", "/screens/a/trial", {"scenes": [{"layout": "bento"}], "minutes": 0}, "invalid"),
    ],
)
async def test_what_cannot_be_done_is_refused(
    served: Served, method: str, path: str, body: Any, code: str
) -> None:
    status, said = await api(served, method, path, body)
    assert (status in (400, 404), said["error"]["code"]) == (True, code)


async def test_who_may(served: Served) -> None:
    await add(served, "Vera", "viewer")
    await add(served, "Mo", "moderator")
    viewer, moderator = await enter(served, "Vera"), await enter(served, "Mo")
    body = {"rev": 0, "scenes": [{"layout": "bento"}]}
    assert (await call(served, "GET", "/programmes", {}))[0] == 401
    assert (await call(served, "GET", "/programmes", viewer))[0] == 200
    assert (await call(served, "POST", "/programmes", viewer, {"scenes": body["scenes"]}))[0] == 200
    assert (await call(served, "PUT", "/programmes/x", viewer, body))[0] == 403
    assert (await call(served, "PUT", "/programmes/x", moderator, body))[0] == 200
    foreign = {**moderator, "origin": "https://elsewhere.example.org"}
    assert (await call(served, "PUT", "/programmes/x", foreign, {**body, "rev": 1}))[0] == 403
    assert (await call(served, "DELETE", "/programmes/x", viewer))[0] == 403


async def test_a_trial_is_on_one_screen_alone_and_ends(served: Served) -> None:
    async with screen_of(served, "hall-a") as one, screen_of(served, "hall-b") as other:
        await one.follows("day")
        scenes = [{"layout": "bento", "seconds": 7}]
        status, body = await api(served, "POST", "/screens/hall-a/trial", {"scenes": scenes, "minutes": 5})
        assert (status, [trial["screen"] for trial in body["trials"]]) == (202, ["hall-a"])
        assert (await one.follows("~"))["scenes"][0]["seconds"] == 7
        await other.follows("day")
        assert [one["name"] for one in body["programmes"]] == ["day"]
        assert (await api(served, "DELETE", "/screens/hall-a/trial"))[1]["trials"] == []
        await one.follows("day")


async def test_a_trial_that_somebody_forgot_goes_away_by_itself(served: Served, store: Store) -> None:
    async with screen_of(served, "hall-a") as screen:
        scenes = [{"layout": "bento", "seconds": 7}]
        await api(served, "POST", "/screens/hall-a/trial", {"scenes": scenes, "minutes": 1})
        await screen.follows("~")
        kept = await store.redis.hget(store.keys.programmes, "~hall-a")
        assert kept is not None
        over = msgspec.json.encode({**msgspec.json.decode(kept), "until": 1.0})
        await Gate(store).arrange(
            "programme", "~hall-a", over, before=kept, key=store.keys.programmes, by="clock"
        )
        await screen.follows("day")

        async def is_gone() -> bool:
            return await store.redis.hget(store.keys.programmes, "~hall-a") is None

        await until(is_gone, "the end of the trial")


async def test_a_layout_of_the_settings_stays_alone(store: Store, data_dir: Path) -> None:
    only = ScreenSettings(layout="bento")
    async with serving(store, data_dir, screen=only) as served, screen_of(served, "hall-a") as screen:
        told = await screen.follows("parvis")
        assert [scene["layout"] for scene in told["scenes"]] == ["bento"]


async def test_a_fresh_wall_has_a_programme_of_its_own(store: Store, data_dir: Path) -> None:
    async with serving(store, data_dir) as served, screen_of(served, "hall-a") as screen:
        scenes = (await screen.follows("parvis"))["scenes"]
        shown = {scene["layout"]: 0 for scene in scenes}
        for scene in scenes:
            shown[scene["layout"]] += scene["seconds"]
        assert shown["bento"] > 0.8 * sum(shown.values())
        assert all(scene["when"] for scene in scenes if scene["layout"] != "bento")


async def test_the_description_names_every_address(served: Served) -> None:
    _, described = await served.get("/api/v1/openapi.json")
    paths = described["paths"]
    assert set(paths["/programmes/{name}"]) == {"get", "put", "delete"}
    assert {"/layouts", "/programmes", "/screens/{id}/trial"} <= set(paths)
    assert "SavedProgramme" in described["components"]["schemas"]
