"""The organiser's files: what is taken, under which address, what nobody may do, and what the cure is for the rest."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image
from yarl import URL

from display.asset_kinds import CAPTIONS, Kind, Unfit, form_of
from display.assets import Assets, upload_name
from tests.server import Served, serving
from wall.settings import MediaSettings
from wall.store.client import Store
from wall.web.answers import ApiError
from wall.web.auth import new_token

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2"><script>alert(1)</script></svg>'
WEBM = (
    b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04"
    + bytes(range(200))
)
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 100
VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\nÀ ce soir\n".encode()
PATIENCE_S = 12.0


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), colour: str = "#2a6f97") -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", size, colour)
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    image.save(out, kind, exif=exif)
    return out.getvalue()


@pytest.fixture
def own(data_dir: Path) -> Path:
    """The folder beside the settings file."""
    folder = data_dir.parent / "assets"
    folder.mkdir()
    (data_dir.parent / "parvis.toml").write_text("", encoding="utf-8")
    return folder


@pytest.fixture
async def served(store: Store, data_dir: Path, own: Path) -> AsyncIterator[Served]:
    (own / "sponsors").mkdir()
    (own / "sponsors" / "nord.svg").write_bytes(DRAWING)
    (own / "intro.webm").write_bytes(WEBM)
    (own / "intro.vtt").write_bytes(VTT)
    async with serving(store, data_dir, path=data_dir.parent / "parvis.toml") as served:
        yield served


async def shelf(served: Served) -> dict[str, dict[str, Any]]:
    status, body = await served.get("/api/v1/assets", headers=served.admin)
    assert status == 200
    return {asset["name"]: asset for asset in body["assets"]}


async def until(
    found: Callable[[dict[str, dict[str, Any]]], Any], served: Served
) -> dict[str, dict[str, Any]]:
    async with asyncio.timeout(PATIENCE_S):
        while not found(there := await shelf(served)):
            await asyncio.sleep(0.05)
    return there


async def put(served: Served, name: str, data: bytes, **more: Any) -> tuple[int, Any]:
    headers = more.pop("headers", served.admin)
    return await served.post("/api/v1/assets", params={"name": name}, data=data, headers=headers)


async def fetch(served: Served, url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    async with served.client.get(served.url + url, headers=headers) as reply:
        return reply.status, {key.lower(): value for key, value in reply.headers.items()}, await reply.read()


# -- what a file is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "kind", "mime"),
    [
        (b"\xff\xd8\xff\xe0", Kind.PICTURE, "image/jpeg"),
        (picture(), Kind.PICTURE, "image/png"),
        (picture("WEBP"), Kind.PICTURE, "image/webp"),
        (DRAWING, Kind.PICTURE, "image/svg+xml"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x -->\n<svg/><svg >', Kind.PICTURE, "image/svg+xml"),
        (WEBM, Kind.FILM, "video/webm"),
        (MP4, Kind.FILM, "video/mp4"),
        (VTT, Kind.CAPTIONS, "text/vtt"),
        (b"WEBVTT", Kind.CAPTIONS, "text/vtt"),
        (b"wOF2\0\1\0\0", Kind.FONT, "font/woff2"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, kind: Kind, mime: str) -> None:
    form = form_of(head)
    assert (form.kind, form.mime) == (kind, mime)


@pytest.mark.parametrize(
    ("head", "cure"),
    [
        (b"", "is empty"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "save it as MP4"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "save it as JPEG"),
        (b"\x1aE\xdf\xa3\x93B\x82\x88matroska", "save it as WebM"),
        (b"RIFF\0\0\0\0AVI LIST", "save it as MP4"),
        (b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHi", "save them as WebVTT"),
        (b"%PDF-1.7", "export it as SVG or PNG"),
        (b"OTTO\0\x0b", "convert it to WOFF2"),
        (b"<!doctype html><script>1</script>", "nothing that a screen can show"),
        (b"WEBVTTX", "nothing that a screen can show"),
    ],
)
def test_what_cannot_be_used_says_what_to_do(head: bytes, cure: str) -> None:
    with pytest.raises(Unfit, match=cure):
        form_of(head)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("logo.png", "logo.png"),
        ("C:\\Users\\Anna\\Unser Logo (neu).png", "Unser-Logo-(neu).png"),
        ("../../etc/passwd", "passwd"),
        ("标志.png", "标志.png"),
        ("x" * 200 + ".webm", "x" * 72 + ".webm"),
    ],
)
def test_an_upload_gets_a_plain_name(asked: str, name: str) -> None:
    assert upload_name(asked) == name


@pytest.mark.parametrize("asked", ["", "..", ".hidden", "a\0b", "a/", "-x.png", "a\nb"])
def test_a_name_that_is_none_is_refused(asked: str) -> None:
    if asked == "a\nb":  # a break in a line is a blank
        assert upload_name(asked) == "a-b"
        return
    with pytest.raises(ApiError):
        upload_name(asked)


# -- the folder beside the settings ----------------------------------------------------------------------------------


async def test_the_organiser_s_files_have_addresses_made_of_what_is_in_them(served: Served) -> None:
    there = await shelf(served)
    assert set(there) == {"sponsors/nord.svg", "intro.webm", "intro.vtt"}
    film = there["intro.webm"]
    assert film["url"] == f"/asset/{hashlib.sha256(WEBM).hexdigest()}/intro.webm"
    status, headers, body = await fetch(served, film["url"])
    assert (status, body, headers["content-type"]) == (200, WEBM, "video/webm")
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    status, headers, body = await fetch(served, film["url"], **{"if-none-match": headers["etag"]})
    assert (status, body) == (304, b"")


async def test_parts_of_a_film_can_be_had(served: Served) -> None:
    url = (await shelf(served))["intro.webm"]["url"]
    status, headers, body = await fetch(served, url, range="bytes=10-19")
    assert (status, body) == (206, WEBM[10:20])
    assert headers["content-range"] == f"bytes 10-19/{len(WEBM)}"
    assert headers["accept-ranges"] == "bytes"
    status, _, body = await fetch(served, url, range="bytes=-5")
    assert (status, body) == (206, WEBM[-5:])
    status, headers, _ = await fetch(served, url, range="bytes=9999-")
    assert status == 416


async def test_a_drawing_may_not_run_anything(served: Served) -> None:
    status, headers, body = await fetch(served, (await shelf(served))["sponsors/nord.svg"]["url"])
    assert (status, body, headers["content-type"]) == (200, DRAWING, "image/svg+xml")
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "sandbox;" in policy


async def test_no_path_of_a_request_reaches_the_files(served: Served) -> None:
    digest = hashlib.sha256(WEBM).hexdigest()
    for path in (
        f"/asset/{digest}/other.webm",
        f"/asset/{digest}/..%2Fparvis.toml",
        "/asset/..%2F..%2Fparvis.toml/x",
        "/asset/%2Fetc/passwd",
        f"/asset/{digest[:12]}/intro.webm",
        f"/asset/{'0' * 64}/intro.webm",
        f"/asset/{digest}/intro.webm%00.png",
    ):
        async with served.client.get(URL(served.url + path, encoded=True)) as reply:
            assert (path, reply.status) == (path, 404)
            assert b"webm" not in await reply.read()


async def test_a_changed_file_gets_another_address_and_the_old_one_is_over(served: Served, own: Path) -> None:
    before = (await shelf(served))["intro.vtt"]["url"]
    (own / "intro.vtt").write_bytes(VTT + b"\n00:02.000 --> 00:03.000\nEncore\n")
    status, _, _ = await fetch(served, before)
    assert status == 404, "what an address says never changes"
    there = await until(lambda there: there["intro.vtt"]["url"] != before, served)
    status, _, body = await fetch(served, there["intro.vtt"]["url"])
    assert (status, body.endswith(b"Encore\n")) == (200, True)


async def test_every_bad_file_is_named_with_its_cure(store: Store, data_dir: Path, own: Path) -> None:
    (own / "intro.mov").write_bytes(b"\0\0\0\x14ftypqt  \0\0\0\0qt  ")
    (own / "old.vtt").write_bytes(b"WEBVTT\n\n00:00.000 --> 00:01.000\n\xe0 ce soir\n")
    (own / "README.txt").write_text("not looked at")
    (own / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (own / "gone.png").symlink_to(own / "nowhere.png")
    (own / "logo.png").write_bytes(picture())
    async with serving(store, data_dir, path=data_dir.parent / "parvis.toml") as served:
        _, body = await served.get("/api/v1/assets", headers=served.admin)
    assert [asset["name"] for asset in body["assets"]] == ["logo.png"]
    assert body["problems"] == [
        "assets/gone.png cannot be read: No such file or directory",
        "assets/intro.mov is a QuickTime film; save it as MP4 (H.264) or WebM",
        "assets/old.vtt is not written in UTF-8; save it again as UTF-8",
    ]


async def test_names_lead_to_addresses_and_a_missing_one_has_a_cure(served: Served, own: Path) -> None:
    services = served.services
    (own / "intro.mov").write_bytes(b"\0\0\0\x14ftypqt  \0\0\0\0qt  ")
    assets = Assets(services.settings, services.auth)
    told: list[int] = []
    assets.followers.append(lambda: told.append(1))
    await assets.look()
    assert assets.url("sponsors/nord.svg") == f"/asset/{hashlib.sha256(DRAWING).hexdigest()}/nord.svg"
    assert assets.kind("intro.vtt") == CAPTIONS.kind
    assert assets.url("nord.svg") is None
    assert "did you mean 'sponsors/nord.svg'?" in assets.missing("sponsor/nord.svg")
    assert "QuickTime" in assets.missing("intro.mov")
    assert told == [1]
    await assets.look()
    assert told == [1], "nothing has changed"
    (own / "intro.webm").unlink()
    await assets.look()
    assert assets.url("intro.webm") is None
    assert told == [1, 1]


async def test_without_a_settings_file_nothing_here_is_looked_at(served: Served) -> None:
    bare = msgspec.structs.replace(served.services.settings, path=None)
    assets = Assets(bare, served.services.auth)
    await assets.look()
    assert assets.url("intro.webm") is None
    assert assets.problems == ()


# -- uploads -------------------------------------------------------------------------------------------------------


async def test_a_picture_is_made_anew(served: Served, data_dir: Path) -> None:
    sent = picture("JPEG", (3000, 1000))
    assert b"where I live" in sent
    status, asset = await put(served, "Unsere Halle.jpg", sent)
    assert (status, asset["name"], asset["type"], asset["uploaded"]) == (
        201,
        "Unsere-Halle.webp",
        "image/webp",
        True,
    )
    _, headers, body = await fetch(served, asset["url"])
    assert headers["content-type"] == "image/webp"
    image = Image.open(io.BytesIO(body))
    assert (image.format, image.size) == ("WEBP", (1920, 640))
    assert b"where I live" not in body
    assert [path.name for path in (data_dir / "assets").iterdir()] == ["Unsere-Halle.webp"]


async def test_films_and_captions_stay_as_they_are(served: Served) -> None:
    for name, data, stored in (("a.webm", WEBM, "a.webm"), ("b", MP4, "b.mp4"), ("c.txt", VTT, "c.vtt")):
        status, asset = await put(served, name, data)
        assert (status, asset["name"]) == (201, stored)
        _, _, body = await fetch(served, asset["url"])
        assert body == data


async def test_the_same_name_again_takes_the_place_of_the_first(served: Served) -> None:
    _, first = await put(served, "hall.png", picture(colour="#101010"))
    _, second = await put(served, "hall.png", picture(colour="#e0e0e0"))
    assert first["name"] == second["name"]
    assert first["url"] != second["url"]
    assert (await fetch(served, first["url"]))[0] == 404


REFUSED = (
    ("logo.svg", DRAWING, 400, "svg"),
    ("page.png", b"<!doctype html><script>alert(1)</script>", 400, "unfit"),
    ("torn.png", picture()[:60], 400, "damaged"),
    ("empty.png", b"", 400, "unfit"),
    ("old.vtt", b"WEBVTT\n\n\xe0", 400, "unfit"),
    ("", WEBM, 400, "no-name"),
    ("intro.webm", WEBM, 409, "name-taken"),
)


async def test_what_is_not_taken_leaves_nothing_behind(served: Served, data_dir: Path) -> None:
    before = await shelf(served)
    for name, data, status, code in REFUSED:
        answered, body = await put(served, name, data)
        assert (name, answered, body["error"]["code"]) == (name, status, code)
    assert await shelf(served) == before
    assert list((data_dir / "assets").iterdir()) == []


async def test_a_picture_that_is_too_large_is_refused_while_it_comes(
    store: Store, data_dir: Path, own: Path
) -> None:
    async with serving(store, data_dir, media=MediaSettings(max_mb=1)) as served:
        assert own.is_dir()
        status, body = await put(served, "huge.png", picture()[:8] + bytes(1_100_000))
        assert (status, body["error"]["code"]) == (413, "too-large")
        assert list((data_dir / "assets").glob("*")) == []


async def test_only_an_admin_on_our_own_pages_may_change_something(served: Served, store: Store) -> None:
    assert (await put(served, "a.webm", WEBM, headers={}))[0] == 401
    moderator = {"authorization": f"Bearer {await new_token(store, 't', 'moderator')}"}
    assert (await put(served, "a.webm", WEBM, headers=moderator))[0] == 403
    assert (await served.get("/api/v1/assets"))[0] == 401
    assert (await served.get("/api/v1/assets", headers=moderator))[0] == 200
    admin = await served.sign_in()
    foreign = {**admin, "origin": "https://evil.example"}
    assert (await put(served, "a.webm", WEBM, headers=foreign))[0] == 403
    status, _ = await put(served, "a.webm", WEBM)
    assert status == 201
    async with served.client.delete(f"{served.url}/api/v1/assets/a.webm", headers=foreign) as reply:
        assert reply.status == 403


async def test_an_upload_can_be_deleted_and_a_file_of_the_folder_cannot(served: Served, own: Path) -> None:
    _, asset = await put(served, "hall.png", picture())

    async def delete(name: str) -> tuple[int, str]:
        async with served.client.delete(f"{served.url}/api/v1/assets/{name}", headers=served.admin) as reply:
            return reply.status, (await reply.json()).get("error", {}).get("code", "")

    assert await delete("hall.webp") == (200, "")
    assert (await fetch(served, asset["url"]))[0] == 404
    assert await delete("hall.webp") == (404, "no-asset")
    assert await delete("sponsors/nord.svg") == (409, "not-uploaded")
    assert await delete("../parvis.toml") in [(404, "no-asset"), (404, "not-found"), (405, "wrong-method")]
    assert (own / "sponsors" / "nord.svg").exists()


async def test_another_process_finds_what_was_just_uploaded(
    served: Served, store: Store, data_dir: Path
) -> None:
    async with serving(store, data_dir, path=data_dir.parent / "parvis.toml") as other:
        _, asset = await put(served, "hall.png", picture())
        async with asyncio.timeout(PATIENCE_S):
            while (await fetch(other, asset["url"]))[0] != 200:
                await asyncio.sleep(0.1)
