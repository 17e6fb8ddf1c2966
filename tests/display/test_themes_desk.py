"""Themes over HTTP: judged, saved by one, never overwritten by another, worn by everybody's address."""

from __future__ import annotations

import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from display.colours import parse
from tests.server import Served, serving
from tests.web.peoplekit import add, call, enter
from wall.settings import ScreenSettings
from wall.store.client import Store
from wall.web.person import Role


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    (data_dir.parent / "parvis.toml").write_text("", encoding="utf-8")
    async with serving(store, data_dir, path=data_dir.parent / "parvis.toml") as served:
        yield served


async def api(served: Served, method: str, path: str, body: Any = None, **head: str) -> tuple[int, Any]:
    return await call(served, method, path, head or served.admin, body)


GOOD = {"title": "Foire", "night": {"accent": "#9fe3c1"}}


async def test_saving_deleting_and_two_at_once(served: Served) -> None:
    status, body = await api(served, "PUT", "/themes/foire", {"rev": 0, "theme": GOOD})
    assert status == 200, body
    assert body["theme"]["theme"]["night"] == {"accent": "#9fe3c1"}
    assert (body["theme"]["origin"], body["theme"]["rev"]) == ("desk", 1)
    assert "foire" in [one["name"] for one in body["themes"]]
    status, body = await api(served, "PUT", "/themes/foire", {"rev": 0, "theme": GOOD})
    assert (status, body["error"]["code"]) == (409, "stale")
    status, raw = await served.get("/api/v1/themes/foire/toml", headers=served.admin)
    assert status == 200
    assert tomllib.loads(raw.decode())["night"] == {"accent": "#9fe3c1"}
    assert (await api(served, "DELETE", "/themes/foire?rev=1"))[0] == 200
    assert (await api(served, "GET", "/themes/foire"))[0] == 404
    assert (await api(served, "DELETE", "/themes/fjord"))[1]["error"]["code"] == "of-file"


async def test_what_stands_for_ever_is_refused_and_a_saved_one_covers_ours(served: Served) -> None:
    assert (await api(served, "PUT", "/themes/night", {"rev": 0, "theme": GOOD}))[0] == 409
    assert (await api(served, "PUT", "/themes/Nope", {"rev": 0, "theme": GOOD}))[0] == 400
    assert (await api(served, "PUT", "/themes/fjord", {"rev": 0, "theme": GOOD}))[0] == 200
    _, body = await api(served, "DELETE", "/themes/fjord")
    assert next(one for one in body["themes"] if one["name"] == "fjord")["origin"] == "house"


async def test_a_draft_is_told_every_mistake_and_every_ratio(served: Served) -> None:
    draft = {"night": {"ink": "#333333", "acent": "#fff"}, "radius": 7}
    status, body = await api(served, "POST", "/themes", {"theme": draft})
    assert status == 200
    assert [(row["side"], row["field"]) for row in body["problems"]] == [(None, "radius"), ("night", "acent")]
    _, body = await api(served, "POST", "/themes", {"theme": {"night": {"ink": "#333333"}}})
    bad = [pair for pair in body["pairs"] if not pair["is_good"]]
    assert bad[0]["name"] == "ink/ground"
    assert bad[0]["better"].startswith("#")
    assert body["tried"]["properties"]["night"]["--ink"] == parse("#333333").css
    status, body = await api(served, "PUT", "/themes/x", {"rev": 0, "theme": {"night": {"ink": "#333333"}}})
    assert status == 400
    assert "ink on ground has a contrast of" in body["error"]["message"]
    assert (await api(served, "POST", "/themes", {"toml": "a = "}))[1]["error"]["code"] == "not-toml"
    _, body = await api(served, "POST", "/themes", {"toml": 'name = "x"\nradius = 1.5\n'})
    assert body["table"] == {"name": "x", "radius": 1.5}


async def test_style_sheets_are_for_ever_and_for_everybody(store: Store, data_dir: Path) -> None:
    async with serving(store, data_dir, screen=ScreenSettings(theme="encre")) as served:
        async with served.client.get(f"{served.url}/screen/main") as page:
            href = re.search(r'href="(/theme/encre-[0-9a-f]{12}\.css)"', await page.text())
        assert href
        async with served.client.get(served.url + href[1]) as found:
            assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert found.content_type == "text/css"
            assert "@layer tokens" in await found.text()
        assert (await served.get("/theme/encre-0123456789ab.css"))[0] == 404
        assert (await served.get("/theme/..%2f..%2fetc%2fpasswd"))[0] == 404


async def test_who_may_do_what(served: Served) -> None:
    people = {}
    roles: tuple[tuple[str, Role], ...] = (("Anna", "admin"), ("Mo", "moderator"), ("Vera", "viewer"))
    for name, role in roles:
        await add(served, name, role)
        people[name] = await enter(served, name)
    body = {"rev": 0, "theme": GOOD}
    for name, reads, writes in (("Vera", 403, 403), ("Mo", 200, 403), ("Anna", 200, 200)):
        assert (await call(served, "GET", "/themes", people[name]))[0] == reads, name
        assert (await call(served, "PUT", "/themes/foire", people[name], body))[0] == writes, name
    foreign = {**people["Anna"], "origin": "https://elsewhere.example"}
    assert (await call(served, "DELETE", "/themes/foire", foreign))[0] == 403
    assert (await served.get("/api/v1/themes"))[0] == 401
