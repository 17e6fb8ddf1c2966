"""A mosaic in its visitor's hands: who may see it, what may be agreed to, and how all of it goes again."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import msgspec
import pytest
from aiohttp import WSServerHandshakeError

from kiosk.delivery import post_of
from kiosk.record import Portrait, Portraits, State, id_of, now_ms
from kiosk.shelf import ORPHAN_S
from tests.browser.hall import until
from tests.kiosk.stand import Stand, stand
from wall.model import PostId
from wall.model import State as PostState
from wall.store.client import Store
from wall.web.auth import VISIT_COOKIE

SEEDS = range(1, 31)


async def test_delete_reaches_everything_and_holds(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        await house.hang(*SEEDS)
        async with house.working():
            token = await house.asked()
            await house.ready(token)
            await house.wish(token, show=True, **house.words)
            await until(lambda: store.redis.hlen(store.keys.inbox), "its post")
            assert (await house.delete(token))[0] == 200
            assert house.files() == []
            assert (await house.call("GET", f"/m/{token}/mosaic.jpg"))[0] == 410
            assert (await house.call("GET", f"/m/{token}"))[0] == 410
            raw = await store.redis.hget(store.keys.portrait(id_of(token)), "record")
            assert raw is not None
            assert b"main" not in raw
            assert (await house.delete(token))[0] == 200  # again: it is as gone as before
            (record,) = await house.hall.hands.ledger.records([await post_of_token(house, token)])
            assert record.state is PostState.WITHDRAWN


async def test_what_is_deleted_while_it_is_drawn_does_not_come_back(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        await house.hang(*SEEDS)
        for pause_s in (0, 0.02, 0.1, 0.2, 0.3):
            async with house.working():
                token = await house.asked()
                await asyncio.sleep(pause_s)
                await house.delete(token)
                await asyncio.sleep(0.6)
                assert (await house.state(token))["error"]["code"] == "deleted"
                assert await until(lambda: _nothing(house), "an empty shelf")
                await until(lambda: _is_idle(store), "no job left")


async def _is_idle(store: Store) -> bool:
    return await Portraits(store).jobs() == []


async def _nothing(house: Stand) -> bool:
    return house.files() == []


async def test_a_key_that_was_deleted_is_refused_when_its_photo_comes_late(
    store: Store, data_dir: Path
) -> None:
    async with stand(store, data_dir) as house:
        key = "b" * 32
        path = f"/api/v1/mosaics/key/{key}"
        assert (await house.call("DELETE", path, headers=house.hall.served.admin))[0] == 200
        status, body = await house.send(key=key)
        assert (status, body["error"]["code"]) == (410, "deleted")


async def post_of_token(house: Stand, token: str) -> PostId:
    portrait = await Portraits(house.store).get(id_of(token))
    assert portrait is not None
    return post_of(house.settings, portrait)


async def test_who_agrees_again_is_shown_again(store: Store, data_dir: Path) -> None:
    """A post that was taken back stays away: each agreement is a post of its own."""
    async with stand(store, data_dir) as house:
        await house.hang(*SEEDS)
        async with house.working():
            token = await house.asked()
            await house.ready(token)
            await house.wish(token, show=True, **house.words)
            await until(lambda: store.redis.hlen(store.keys.inbox), "its post")
            first = await post_of_token(house, token)
            await house.wish(token, show=False)
            (record,) = await house.hall.hands.ledger.records([first])
            assert record.state is PostState.WITHDRAWN
            await house.wish(token, show=True, **house.words)
            second = await post_of_token(house, token)
            assert second != first

            async def is_before_the_moderators() -> bool:
                records = await house.hall.hands.ledger.records([second])
                return [one.state for one in records] == [PostState.QUEUED]

            await until(is_before_the_moderators, "its second post")


async def test_while_it_is_made_anew_the_former_one_is_not_given_out(store: Store, data_dir: Path) -> None:
    """A photo that is withdrawn in between would still stand in it."""
    async with stand(store, data_dir) as house:
        await house.hang(*SEEDS)
        async with house.working():
            token = await house.asked()
            await house.ready(token)
        assert (await house.wish(token, style="bold"))[0] == 200
        for path in (f"/m/{token}/mosaic.jpg", f"/api/v1/mosaics/{token}/cells"):
            assert (await house.call("GET", path))[0] == 409


async def test_its_time_is_over(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        await house.hang(*SEEDS)
        portraits = Portraits(store)
        async with house.working():
            token = await house.asked()
            state = await house.ready(token)
            assert state["until"] - now_ms() < 31 * 60_000
            _, state = await house.wish(token, keep=True, **house.words)
            assert state["until"] - now_ms() > 23 * 3_600_000
            _, state = await house.wish(token, keep=False)
            assert state["until"] - now_ms() < 31 * 60_000
            await until(lambda: house.has("photo.webp"), "the photo")
            await house.wish(token, finished=True)
            await until(lambda: _is_without_photo(house), "no photo")
            assert (await house.wish(token, style="bold"))[0] == 409
            await portraits.change(id_of(token), _over)
            await until(lambda: _nothing(house), "an empty shelf")
            found = await portraits.get(id_of(token))
            assert found is not None
            assert found.state is State.GONE


def _over(one: Portrait) -> Portrait:
    return msgspec.structs.replace(one, until_ms=now_ms() - 1)


async def _is_without_photo(house: Stand) -> bool:
    return not await house.has("photo.webp")


async def test_a_mosaic_on_the_wall_goes_with_its_time(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        await house.hang(*SEEDS)
        async with house.working():
            token = await house.asked()
            await house.ready(token)
            _, state = await house.wish(token, show=True, **house.words)
            assert state["until"] - now_ms() > 23 * 3_600_000  # as long as it hangs there
            await until(lambda: store.redis.hlen(store.keys.inbox), "its post")
            await Portraits(store).change(id_of(token), _over)

            async def is_withdrawn() -> bool:
                (record,) = await house.hall.hands.ledger.records([await post_of_token(house, token)])
                return record.state is PostState.WITHDRAWN

            await until(is_withdrawn, "no post of it")


async def test_a_mosaic_that_nobody_showed_leaves_no_trace_in_the_audit(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house, house.working():
        token = await house.asked()
        await house.ready(token)
        await house.delete(token)
        assert await store.redis.xlen(store.keys.audit) == 0


async def test_only_kiosks_of_this_wall_may_send_and_listen(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        auth = house.hall.served.services.auth
        phone = {"cookie": f"{VISIT_COOKIE}={await auth.new_visit()}", "origin": house.url}
        kiosk = {"cookie": f"{VISIT_COOKIE}={await auth.new_visit(is_shared=True)}", "origin": house.url}
        body = {"key": "d" * 32}
        client = house.hall.served.client
        for headers, status in ((phone, 403), (kiosk, 200)):
            assert (await house.call("POST", "/api/v1/mosaics/handover", json=body, headers=headers))[
                0
            ] == status
        async with client.ws_connect(f"{house.url}/ws/kiosk", headers=kiosk) as line:
            assert (await line.receive_json())["type"] == "studio"
        for headers in (phone, {**kiosk, "origin": "http://elsewhere.example"}, {}):
            with pytest.raises(WSServerHandshakeError):
                await client.ws_connect(f"{house.url}/ws/kiosk", headers=headers)


async def test_files_without_a_record_are_swept(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        house.shelf.put("a" * 26, "upload", b"nobody's")
        old = time.time() - ORPHAN_S - 5
        os.utime(house.data / "portraits" / "aa" / ("a" * 26), (old, old))
        house.shelf.put("b" * 26, "upload", b"on its way")
        async with house.working():
            await until(lambda: _count(house, 1), "one file")


async def _count(house: Stand, count: int) -> bool:
    return len(house.files()) == count


async def test_what_the_api_refuses(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        assert (await house.send(consent="0"))[1]["error"]["code"] == "no-consent"
        assert (await house.send(text="other"))[1]["error"]["code"] == "other-words"
        assert (await house.send(key="short"))[1]["error"]["code"] == "no-key"
        assert (await house.call("POST", "/api/v1/mosaics", data={"key": "c" * 32}))[0] == 403
        for token in ("x" * 27, "a" * 500, "x"):
            assert (await house.call("GET", f"/api/v1/mosaics/{token}"))[0] == 404
            assert (await house.call("GET", f"/m/{token}"))[0] == 404
        assert (await house.send(handover="1.2"))[1]["error"]["code"] == "no-code"
        await house.hall.hands.gate.panic(on=True, by="Anna")
        assert (await house.send())[1]["error"]["code"] == "paused"


async def test_a_page_that_nobody_should_list(store: Store, data_dir: Path) -> None:
    async with stand(store, data_dir) as house:
        token = await house.asked()
        async with house.hall.served.client.get(f"{house.url}/m/{token}") as reply:
            assert reply.status == 200
            assert reply.headers["x-robots-tag"] == "noindex, nofollow"
            assert reply.headers["cache-control"] == "no-store"
        assert token not in str(await store.redis.hgetall(store.keys.portrait(id_of(token))))
        assert token not in " ".join(str(path) for path in house.data.rglob("*"))
