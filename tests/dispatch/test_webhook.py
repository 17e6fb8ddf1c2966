"""Posts passed on by webhook: a real receiver that fails, moves, hangs, dies and comes back."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from typing import Any

import msgspec
import pytest

from tests.dispatch.conftest import Office
from tests.dispatch.department import Department
from tests.makers import card, post
from wall.dispatch.courier import MOST_TRIES
from wall.dispatch.letter import as_json, delivery_id, write
from wall.dispatch.webhook import Poster, Webhook
from wall.gate import Ruling, Verdict
from wall.model import Digest, State
from wall.secret import Secret
from wall.settings import LabelSettings, WebSettings
from wall.store.beat import beat_name

SECRET = Secret("un secret bien gardé")


def press(place: Department, *, name: str = "press", **more: Any) -> LabelSettings:
    return LabelSettings(name=name, title="Press office", webhook=place.url, **more)


async def test_a_labelled_post_is_handed_over_whole_and_signed(office: Office) -> None:
    async with Department() as place:
        web = WebSettings(public_url="https://wall.example.org")
        office.set(press(place, secret=SECRET), web=web)
        said = post("1", "Je suis journaliste au Courrier")
        await office.hands.arrive(said, Digest("ab" * 32))
        await office.hands.gate.set_memo(said.pid, "appeler ce soir", by="Anna")
        await office.label(said)
        async with office.courier():
            (got,) = await place.until(1)
            await office.empty()
    assert got.told == {
        "event": "La Nuit des Lumières",
        "label": "press",
        "post": {
            "id": said.pid,
            "network": "mastodon",
            "url": None,
            "author": {"name": "Inès", "handle": "", "url": None},
            "text": "Je suis journaliste au Courrier",
            "pictures": [f"https://wall.example.org/media/{'ab' * 32}/large"],
            "at": "2026-11-24T12:00:00Z",
        },
        "memo": "appeler ce soir",
        "by": "mastodon",
        "state": "queued",
        "link": f"https://wall.example.org/desk?post={said.pid}",
    }
    assert got.headers["content-type"] == "application/json"
    assert got.headers["parvis-delivery"] == hashlib.sha256(f"{said.pid}|press|1".encode()).hexdigest()
    at, _, signature = got.headers["parvis-signature"].partition(",")
    body = at.removeprefix("t=").encode() + b"." + got.body
    expected = hmac.new(SECRET.reveal().encode(), body, hashlib.sha256).hexdigest()
    assert signature == f"v1={expected}"
    count = await office.count()
    assert (count.sent, count.failed, count.last_error) == (1, 0, "")
    assert count.last_at is not None


async def test_without_a_secret_or_a_public_address_both_are_left_out(office: Office) -> None:
    async with Department() as place:
        office.set(press(place))
        await office.hands.arrive(post(), Digest("ab" * 32))
        await office.label(post())
        async with office.courier():
            (got,) = await place.until(1)
    assert "parvis-signature" not in got.headers
    assert got.told["post"]["pictures"] == []


@pytest.mark.parametrize("answer", [500, 404, 302, 429])
async def test_any_other_answer_is_tried_again(office: Office, answer: int) -> None:
    async with Department(answer, answer) as place:
        office.set(press(place))
        await office.hands.arrive(post())
        await office.label(post())
        async with office.courier():
            got = await place.until(3)
            await office.empty()
        assert len({one.headers["parvis-delivery"] for one in got}) == 1
        assert place.elsewhere == 0, "a redirect is not followed"
    assert (await office.count()).sent == 1
    assert (await office.count()).last_error == ""


async def test_a_receiver_that_was_down_gets_its_post_later(office: Office) -> None:
    place = Department()
    office.set(press(place))
    await office.hands.arrive(post())
    await office.label(post())
    back = asyncio.Event()
    async with office.courier(pause=lambda _: 0.01 if back.is_set() else 0.3):
        async with asyncio.timeout(10):
            while not (await office.count()).last_error:
                await asyncio.sleep(0.01)
        assert (await office.count()).last_error == "127.0.0.1 cannot be reached"
        back.set()
        async with place:
            await place.until(1)
            await office.empty()
    assert (await office.count()).sent == 1


async def test_after_five_tries_it_is_given_up_and_kept(office: Office) -> None:
    pauses: list[int] = []
    async with Department(*[500] * 9) as place:
        office.set(press(place))
        await office.hands.arrive(post())
        await office.label(post())
        async with office.courier(pause=lambda n: pauses.append(n) or 0.0):  # type: ignore[func-returns-value]
            await office.empty()
        assert len(place.got) == MOST_TRIES
    assert pauses == [1, 2, 3, 4]
    assert (await office.count()).failed == 1
    ((_, kept),) = await office.store.redis.xrange(office.store.keys.label_dead)
    assert kept[b"id"].decode() == post().pid
    assert kept[b"why"] == b"127.0.0.1 answered 500"


async def test_gone_closes_the_way_until_the_next_start(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    async with Department(410) as place:
        office.set(press(place))
        for number in ("1", "2"):
            await office.hands.arrive(post(number))
            await office.label(post(number))
        async with office.courier():
            await office.empty()
        assert len(place.got) == 1
        assert (await office.count()).failed == 2
        assert caplog.text.count("nothing is sent there until Parvis starts again") == 1
        await office.hands.arrive(post("3"))
        await office.label(post("3"))
        async with office.courier():
            await place.until(2)


async def test_one_department_that_fails_holds_up_no_other(office: Office) -> None:
    async with Department() as place, Department() as stuck:
        stuck.hold.clear()
        office.set(press(place), press(stuck, name="tickets"))
        async with office.courier():
            for number in range(5):
                await office.hands.arrive(post(str(number)))
                await office.label(post(str(number)), "tickets")
                await office.label(post(str(number)), "tickets", "press")
            await place.until(5)
        assert len(stuck.got) == 1


async def test_one_post_that_fails_holds_up_no_other(office: Office) -> None:
    async with Department(500) as place:
        office.set(press(place))
        for number in ("1", "2", "3"):
            await office.hands.arrive(post(number))
            await office.label(post(number))
        async with office.courier(pause=lambda _: 60.0):
            got = await place.until(3)
            assert [one.told["post"]["id"] for one in got] == [post(n).pid for n in ("1", "2", "3")]
            await office.empty(but=1)


async def test_a_post_withdrawn_meanwhile_is_not_sent(office: Office) -> None:
    async with Department() as place:
        office.set(press(place))
        for number in ("1", "2"):
            await office.hands.arrive(post(number))
            await office.label(post(number))
        await office.hands.gate.withdraw(post("1").pid, why="deleted", by="mastodon", source="mastodon")
        async with office.courier():
            await office.empty()
        assert [one.told["post"]["id"] for one in place.got] == [post("2").pid]


async def test_a_post_withdrawn_between_two_tries_is_not_sent_again(office: Office) -> None:
    async with Department(500) as place:
        office.set(press(place))
        await office.hands.arrive(post())
        await office.label(post())
        gone = asyncio.Event()
        async with office.courier(pause=lambda _: 0.2):
            await place.until(1)
            await office.hands.gate.withdraw(post().pid, why="deleted", by="mastodon", source="mastodon")
            gone.set()
            await office.empty()
        assert len(place.got) == 1
    assert (await office.count()).failed == 0


async def test_a_label_that_was_taken_off_again_sends_nothing(office: Office) -> None:
    async with Department() as place:
        office.set(press(place))
        await office.hands.arrive(post())
        await office.label(post())
        await office.hands.gate.set_labels(post().pid, (), by="Anna")
        async with office.courier():
            await office.empty()
        assert place.got == []


async def test_the_same_label_again_is_sent_once_and_new_words_again(office: Office) -> None:
    async with Department() as place:
        office.set(press(place))
        await office.hands.arrive(post("1", "avant"))
        async with office.courier():
            for _ in range(3):
                await office.label(post())
                await place.until(1)
                await office.empty()
                await office.hands.gate.set_labels(post().pid, (), by="Anna")
            assert len(place.got) == 1
            await office.hands.arrive(post("1", "après", revision=2))
            await office.label(post())
            got = await place.until(2)
        assert got[1].told["post"]["text"] == "après"
        assert got[0].headers["parvis-delivery"] != got[1].headers["parvis-delivery"]


async def test_a_rejected_post_is_passed_on_all_the_same(office: Office) -> None:
    async with Department() as place:
        office.set(press(place))
        await office.hands.arrive(post(), ruling=Ruling.APPROVE)
        await office.hands.decide(post(), Verdict.REJECT)
        await office.label(post())
        async with office.courier():
            (got,) = await place.until(1)
    assert (got.told["state"], got.told["by"]) == ("rejected", "Anna")


# -- couriers die ----------------------------------------------------------------------------------------------


async def test_what_was_taken_is_not_sent_again_after_a_restart(office: Office) -> None:
    async with Department() as place:
        office.set(press(place))
        await office.hands.arrive(post())
        await office.label(post())
        async with office.courier():
            await place.until(1)
            await office.empty()
        async with office.courier():
            await office.hands.arrive(post("2"))
            await office.label(post("2"))
            got = await place.until(2)
        assert [one.told["post"]["id"] for one in got] == [post("1").pid, post("2").pid]


async def test_a_courier_killed_in_the_middle_is_followed_by_one_that_sends_the_same_delivery(
    office: Office,
) -> None:
    async with Department() as place:
        place.hold.clear()
        office.set(press(place))
        await office.hands.arrive(post())
        await office.label(post())
        async with office.courier():
            await place.until(1)
        place.hold.set()
        assert await office.waiting() == 1
        async with office.courier():
            got = await place.until(2)
            await office.empty()
        assert len({one.headers["parvis-delivery"] for one in got}) == 1
    assert (await office.count()).sent == 1


async def test_a_courier_killed_between_two_tries_leaves_the_post_to_the_next(office: Office) -> None:
    async with Department(500) as place:
        office.set(press(place))
        await office.hands.arrive(post())
        await office.label(post())
        async with office.courier(pause=lambda _: 60.0):
            await place.until(1)
        async with office.courier():
            await place.until(2)
            await office.empty()


async def test_a_courier_killed_before_it_acknowledged_does_not_send_again(office: Office) -> None:
    """Its note of what was taken stands, though the entry is still open."""
    async with Department() as place:
        office.set(press(place))
        await office.hands.arrive(post())
        await office.label(post())
        note = f"{delivery_id(post().pid, 'press', 1)} webhook"
        await office.store.redis.hset(office.store.keys.label_sent, note, 1)
        async with office.courier():
            await office.empty()
        assert place.got == []


async def test_the_posts_of_a_courier_that_is_silent_are_taken_over(office: Office) -> None:
    redis, keys = office.store.redis, office.store.keys
    async with Department() as place:
        office.set(press(place))
        await office.hands.arrive(post())
        await office.label(post())
        await redis.xgroup_create(keys.label_queue, "couriers", id="0", mkstream=True)
        await redis.xreadgroup("couriers", "courier@elsewhere", {keys.label_queue: ">"})
        await redis.hincrby(keys.beats, "courier@elsewhere")
        async with office.courier(beat_s=0.1, silent_s=0.05):
            await place.until(1)
            await office.empty()
        assert await redis.hget(keys.beats, "courier@elsewhere") is None
        assert await redis.hget(keys.beats, beat_name("courier")) is not None


async def test_more_than_fits_in_memory_waits_in_the_store(office: Office) -> None:
    async with Department() as place:
        office.set(press(place))
        for number in range(12):
            await office.hands.arrive(post(str(number)))
            await office.label(post(str(number)))
        async with office.courier(room=3):
            got = await place.until(12)
            await office.empty()
        assert {one.told["post"]["id"] for one in got} == {post(str(n)).pid for n in range(12)}
        assert len(got) == 12


async def test_a_label_without_a_place_is_a_mark_and_leaves_nothing_behind(office: Office) -> None:
    office.set(LabelSettings(name="press"))
    await office.hands.arrive(post())
    await office.label(post())
    async with office.courier():
        await office.empty()


# -- secrets ---------------------------------------------------------------------------------------------------


async def test_neither_secret_nor_address_nor_words_are_logged(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with Department(*[500] * 4, 410) as place:
        office.set(press(place, secret=SECRET))
        await office.hands.arrive(post("1", "confidentiel"))
        await office.label(post())
        async with office.courier():
            await office.empty()
    kept = msgspec.json.encode(
        [str(row) for row in await office.store.redis.xrange(office.store.keys.label_dead)]
    )
    for told in (caplog.text, (await office.count()).last_error, kept.decode()):
        for hidden in ("un secret", "t0p-secret", "confidentiel"):
            assert hidden not in told
    assert "label press" in caplog.text


async def test_a_receiver_that_says_nothing_is_given_ten_seconds(office: Office) -> None:
    async with Department() as place, Poster(limit_s=0.2) as poster:
        place.hold.clear()
        letter = write(office.settings, press(place), card(post()), rev=1, state=State.QUEUED)
        with pytest.raises(Exception, match=r"127\.0\.0\.1 did not answer in time"):
            await Webhook(place.url, secret=None, poster=poster).send(letter)


def test_a_letter_is_json_whatever_is_in_it(office: Office) -> None:
    odd = card(post("1", 'line\n"quote" \u2028 <script> 🇫🇷'))
    letter = write(office.settings, LabelSettings(name="press"), odd, rev=1, state=State.HELD)
    assert msgspec.json.decode(as_json(letter))["post"]["text"] == 'line\n"quote" \u2028 <script> 🇫🇷'
