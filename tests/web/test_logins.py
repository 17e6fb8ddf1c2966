"""Logins by clocks that jump, and the way guessing is slowed, with time passed in."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from wall.store.client import Store
from wall.web.auth import Auth, new_code
from wall.web.backoff import FORGOTTEN_S, Backoff, place_of
from wall.web.codes import CODE_LIFE_S
from wall.web.device import device_name
from wall.web.logins import IDLE_S, LIFE_S
from wall.web.moment import Clock, Moment, passed_s, this_boot, uptime_s

DAY_S = 86_400.0
HOUR_S = 3600.0


class Hands:
    """A wall clock and a stopwatch, each to be moved alone."""

    def __init__(self) -> None:
        self.wall = 1_900_000_000.0
        self.up = 500.0

    def pass_s(self, seconds: float) -> None:
        self.wall += seconds
        self.up += seconds

    def auth(self, store: Store) -> Auth:
        return Auth(store, clock=lambda: self.wall, up=lambda: self.up)


@pytest.fixture
def hands() -> Hands:
    return Hands()


async def login(store: Store, auth: Auth, hands: Hands) -> str:
    return await auth.sign_in(await new_code(store, now=hands.wall), "Anna")


@pytest.mark.parametrize("jump_s", [-DAY_S, 2 * HOUR_S, 3 * DAY_S, -40 * 365 * DAY_S])
async def test_a_clock_that_is_set_ends_no_login_and_prolongs_none(
    store: Store, hands: Hands, jump_s: float
) -> None:
    auth = hands.auth(store)
    session = await login(store, auth, hands)
    hands.wall += jump_s
    assert await auth.is_alive(session)
    hands.pass_s(IDLE_S - 10)
    assert await auth.is_alive(session)
    hands.wall -= jump_s
    hands.pass_s(LIFE_S - IDLE_S)
    assert await auth.is_alive(session)
    hands.wall += jump_s
    hands.pass_s(20)
    assert not await auth.is_alive(session)


async def test_idle_for_half_a_day_is_over_whatever_the_wall_clock_says(store: Store, hands: Hands) -> None:
    auth = hands.auth(store)
    session = await login(store, auth, hands)
    hands.pass_s(IDLE_S + 1)
    hands.wall -= DAY_S
    assert not await auth.is_alive(session)
    hands.wall += 2 * DAY_S
    assert not await auth.is_alive(session)
    assert await store.redis.hlen(store.keys.sessions) == 0


async def test_a_login_in_use_is_over_after_a_day(store: Store, hands: Hands) -> None:
    auth = hands.auth(store)
    session = await login(store, auth, hands)
    for _ in range(int(LIFE_S / HOUR_S)):
        assert await auth.is_alive(session)
        hands.pass_s(HOUR_S)
    assert await auth.is_alive(session)
    hands.pass_s(1)
    assert not await auth.is_alive(session)


async def test_after_a_boot_the_wall_clock_counts_and_what_was_used_stays_used(
    store: Store, hands: Hands
) -> None:
    auth = hands.auth(store)
    session = await login(store, auth, hands)
    hands.pass_s(10 * HOUR_S)
    assert await auth.is_alive(session)
    booted = Auth(store, clock=lambda: hands.wall)  # another boot: the stopwatches cannot be compared
    hands.wall -= DAY_S  # its clock had lost the date
    assert await booted.is_alive(session)
    hands.wall += DAY_S + 11 * HOUR_S
    assert await booted.is_alive(session)
    hands.wall += 3 * HOUR_S + 1
    assert not await booted.is_alive(session)


async def test_a_login_that_is_ended_while_it_is_renewed_stays_ended(store: Store, hands: Hands) -> None:
    auth = hands.auth(store)
    session = await login(store, auth, hands)
    hands.pass_s(HOUR_S)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(auth.is_alive(session))
        tasks.create_task(auth.sign_out(session))
    assert not await auth.is_alive(session)
    assert await store.redis.hlen(store.keys.sessions) == 0


async def test_a_record_of_another_version_is_nobody(store: Store, hands: Hands) -> None:
    auth = hands.auth(store)
    session = await login(store, auth, hands)
    (key,) = await store.redis.hkeys(store.keys.sessions)
    old = {"name": "Anna", "role": "admin", "created": hands.wall, "seen": hands.wall}
    await store.redis.hset(store.keys.sessions, key, msgspec.json.encode(old))
    assert not await auth.is_alive(session)
    (code,) = [await new_code(store)]
    (key,) = await store.redis.hkeys(store.keys.codes)
    await store.redis.hset(store.keys.codes, key, msgspec.json.encode({"role": "admin", "created": 1.0}))
    with pytest.raises(Exception, match="not valid"):
        await auth.sign_in(code, "Anna")


async def test_a_code_lives_half_a_day_of_real_time(store: Store) -> None:
    """A code of the terminal counts by this boot, so that setting the clock costs nobody the way in."""
    wall = [2_000_000_000.0]
    auth = Auth(store, clock=lambda: wall[0], up=uptime_s)
    auth.time._boot = this_boot()
    code = await new_code(store)
    wall[0] += 10 * CODE_LIFE_S
    assert await auth.sign_in(code, "Anna")


def test_moments() -> None:
    assert passed_s(Moment(100.0, 5.0, "a"), Moment(50.0, 9.0, "a")) == 4.0
    assert passed_s(Moment(100.0, 5.0, "a"), Moment(150.0, 9.0, "b")) == 50.0
    assert passed_s(Moment(100.0, 5.0, ""), Moment(150.0, 9.0, "")) == 50.0
    assert passed_s(Moment(100.0, 5.0, "a"), Moment(50.0, 9.0, "b")) == 0.0
    assert Clock().now().boot == this_boot() == Clock().now().boot
    assert Clock(lambda: 7.0).now() == Moment(7.0)


# -- guessing -------------------------------------------------------------------------------------------------------


def test_each_wrong_try_doubles_the_wait_up_to_a_minute() -> None:
    now = [0.0]
    backoff = Backoff(clock=lambda: now[0])
    assert backoff.wait_s("anna", "10.0.0.9") == 0
    waits = []
    for _ in range(9):
        backoff.was_wrong("anna", "10.0.0.9")
        waits.append(backoff.wait_s("anna", "10.0.0.9"))
        now[0] += waits[-1]
        assert backoff.wait_s("anna", "10.0.0.9") == 0
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    now[0] += FORGOTTEN_S
    backoff.was_wrong("anna", "10.0.0.9")
    assert backoff.wait_s("anna", "10.0.0.9") == 1


def test_an_address_waits_for_every_account_and_an_account_for_every_address_that_was_wrong() -> None:
    now = [0.0]
    backoff = Backoff(clock=lambda: now[0])
    for _ in range(6):
        backoff.was_wrong("anna", "10.0.0.9")
    assert backoff.wait_s("bruno", "10.0.0.9") == 32  # the same address, another name
    assert backoff.wait_s("anna", "10.0.0.7") == 0  # who comes from elsewhere may try
    backoff.was_wrong("anna", "10.0.0.7")
    assert backoff.wait_s("anna", "10.0.0.7") == 60  # and waits with the others once he was wrong
    assert backoff.wait_s("bruno", "10.0.0.7") == 1


def test_who_guesses_cannot_start_afresh_with_an_account_of_his_own() -> None:
    now = [0.0]
    backoff = Backoff(clock=lambda: now[0])
    for _ in range(4):
        backoff.was_wrong("anna", "10.0.0.9")
    backoff.was_right("mallory")
    assert backoff.wait_s("anna", "10.0.0.9") == 8
    backoff.was_right("anna")
    assert backoff.wait_s("anna", "10.0.0.9") == 8  # the address still


def test_the_memory_of_wrong_tries_is_bounded() -> None:
    backoff = Backoff(clock=lambda: 0.0, most=50)
    for n in range(500):
        backoff.was_wrong(f"name {n}", f"10.1.{n // 250}.{n % 250}")
    assert len(backoff._addresses._wrong) == len(backoff._accounts._wrong) == 50


def test_an_address_is_what_one_house_commands() -> None:
    assert place_of("2001:db8:1:2:3::4") == place_of("2001:db8:1:2:ffff::1") != place_of("2001:db8:1:3::4")
    assert place_of("::ffff:10.0.0.9") == place_of("10.0.0.9")
    assert place_of("fe80::1%eth0") == place_of("fe80::2")
    assert place_of("") == ""
    assert place_of("testclient") == "testclient"


# -- devices --------------------------------------------------------------------------------------------------------

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) {WEBKIT} Version/18.1 Safari/604.1", "Safari, iPad"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1) {WEBKIT} CriOS/131.0 Safari/604.1", "Chrome, iPhone"),
        (f"Mozilla/5.0 (Linux; Android 14; SM-X200) {CHROMIUM} Safari/537.36", "Chrome, Android"),
        (
            f"Mozilla/5.0 (Linux; Android 14) SamsungBrowser/26 {CHROMIUM} Safari/537.36",
            "Samsung Internet, Android",
        ),
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROMIUM} Safari/537.36 Edg/131.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox, Linux"),
        (f"Mozilla/5.0 (X11; CrOS x86_64) {CHROMIUM} Safari/537.36", "Chrome, Chromebook"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18 Safari/605", "Safari, Mac"),
        ("curl/8.5.0", ""),
        ("", ""),
        ("\x1b[2J" * 200 + "Firefox/133.0", ""),
    ],
)
def test_a_device_in_two_words(agent: str, words: str) -> None:
    assert device_name(agent) == words


def test_an_ipad_that_says_it_is_a_mac() -> None:
    mac = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18 Safari/605"
    assert device_name(mac, has_touch=True) == "Safari, iPad"
