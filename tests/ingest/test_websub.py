"""What a subscriber answers to a hub, and when it asks one. Pure parts; test_room.py runs them against servers."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ingest.hook import Call, HookAnswer
from ingest.transport import Transport
from ingest.websub import (
    ASKED,
    GRANTED,
    Lease,
    Subscriber,
    Subscription,
    WebSubHook,
    is_fit_hub,
    is_signed,
    links_of,
)
from tests.fakes.feed import FakeHub
from tests.ingest.feedkit import RecordingFeed

NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
TOPIC = "https://carnet.example.org/feed"
ASKED_FOR = Subscription(
    hub="https://hub.example.org/", topic=TOPIC, key="k" * 24, secret="s" * 48, asked_at=NOW.timestamp()
)
MEMORY = {ASKED: msgspec.json.encode(ASKED_FOR).decode()}


def answer(call: Call, memory: dict[str, str] = MEMORY) -> HookAnswer:
    return WebSubHook().answer(call, options=None, memory=memory, now=NOW)


def check(key: str = ASKED_FOR.key, **query: str) -> HookAnswer:
    given = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "abc", "hub.lease_seconds": "600"}
    query = {name.replace("_", ".", 1): value for name, value in query.items()}
    return answer(Call("GET", key=key, query={**given, **query}))


def signature(body: bytes, *, algorithm: str = "sha256", secret: str = ASKED_FOR.secret) -> str:
    return f"{algorithm}={hmac.new(secret.encode(), body, algorithm).hexdigest()}"


def delivery(header: str | None, body: bytes = b"<rss/>", *, key: str = ASKED_FOR.key) -> HookAnswer:
    headers = {} if header is None else {"x-hub-signature": header}
    return answer(Call("POST", key=key, headers=headers, body=body))


def test_a_challenge_for_what_was_asked_is_echoed_and_the_lease_is_noted() -> None:
    told = check()
    assert (told.status, told.text, told.is_delivery) == (200, "abc", False)
    lease = msgspec.json.decode(told.remember[GRANTED], type=Lease)
    assert lease == Lease(key=ASKED_FOR.key, since=NOW.timestamp(), until=NOW.timestamp() + 600)


@pytest.mark.parametrize(
    "query",
    [
        {"hub_topic": "https://elsewhere.example.org/feed"},
        {"hub_topic": ""},
        {"hub_mode": "unsubscribe"},
        {"hub_mode": "publish"},
        {"hub_challenge": ""},
        {"hub_challenge": "<script>alert(1)</script>"},
        {"hub_challenge": "a\r\nX-Injected: 1"},
        {"hub_challenge": "a" * 129},
        {"hub_challenge": "é"},
        {"key": "k" * 23},
        {"key": ""},
        {"key": "é" * 24},
    ],
)
def test_any_other_challenge_is_not_echoed(query: dict[str, str]) -> None:
    told = check(**query)
    assert (told.status, told.text, dict(told.remember)) == (404, "", {})


@pytest.mark.parametrize("lease", ["", "-1", "nan", "9" * 40, "١٠"])
def test_a_lease_that_is_no_number_is_the_one_we_asked_for(lease: str) -> None:
    granted = msgspec.json.decode(check(hub_lease_seconds=lease).remember[GRANTED], type=Lease)
    assert granted.until - granted.since == 864_000


def test_a_denial_is_remembered_for_an_hour() -> None:
    lease = msgspec.json.decode(check(hub_mode="denied").remember[GRANTED], type=Lease)
    assert lease.is_denied
    assert lease.until - lease.since == 3600


@pytest.mark.parametrize("memory", [{}, {ASKED: "{"}, {ASKED: "{}"}])
def test_nothing_is_accepted_before_anything_was_asked(memory: dict[str, str]) -> None:
    assert answer(Call("GET", key="", query={"hub.challenge": "abc"}), memory).status == 404
    assert answer(Call("POST", key="", body=b"x"), memory) == HookAnswer(410)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signed_delivery_is_taken(algorithm: str) -> None:
    assert delivery(signature(b"<rss/>", algorithm=algorithm)) == HookAnswer(202, is_delivery=True)
    assert delivery(signature(b"<rss/>", algorithm=algorithm).upper()) == HookAnswer(202, is_delivery=True)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        signature(b"<rss/>", secret="t" * 48),
        signature(b"<rss />"),
        signature(b"<rss/>").removeprefix("sha256="),
        signature(b"<rss/>").replace("sha256", "sha512"),
        signature(b"<rss/>", algorithm="md5"),
        "sha256=é" + "0" * 63,
        f"{signature(b'<rss/>')}, {signature(b'<rss/>')}",
        "sha256=\ud800",
    ],
)
def test_a_wrong_signature_is_answered_like_a_right_one_and_dropped(header: str | None) -> None:
    assert delivery(header) == HookAnswer(202)


def test_a_delivery_to_another_key_is_gone() -> None:
    assert delivery(signature(b"<rss/>"), key="x") == HookAnswer(410)


def test_the_signature_is_that_of_the_raw_bytes() -> None:
    body = "<rss>é</rss>".encode("latin-1")
    header = "sha1=" + hmac.new(b"secret", body, hashlib.sha1).hexdigest()
    assert is_signed(body, header=header, secret="secret")
    assert not is_signed(body.decode("latin-1").encode(), header=header, secret="secret")


@pytest.mark.parametrize(
    ("header", "links"),
    [
        ('<https://h.example.org/>; rel="hub", <https://a.example.org/f>; rel="self"',
         {"hub": "https://h.example.org/", "self": "https://a.example.org/f"}),
        ("</hub>; rel=hub", {"hub": "/hub"}),
        ('<a>; rel="self alternate"; type=x, <b>; REL="hub", <c>; rel=hub', {"self": "a", "alternate": "a", "hub": "b"}),
        ("nonsense", {}),
        ("", {}),
        ("<" * 5000, {}),
    ],
)  # fmt: skip
def test_links_of_a_header(header: str, links: dict[str, str]) -> None:
    assert links_of(header) == links


@pytest.mark.parametrize(
    ("hub", "is_fit"),
    [
        ("https://hub.example.org/", True),
        ("https://carnet.example.org/hub", True),
        ("http://hub.example.org/", False),
        ("https://127.0.0.1/", False),
        ("https://169.254.169.254/", False),
        ("https://[::1]/", False),
        ("https://localhost/", False),
        ("https://2130706433/", False),
        ("file:///etc/passwd", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_a_feed_cannot_send_us_into_the_house(hub: str, is_fit: bool) -> None:
    assert is_fit_hub(hub, feed_url=TOPIC) is is_fit


def test_the_feeds_own_host_may_be_its_hub() -> None:
    assert is_fit_hub("http://127.0.0.1:9/hub", feed_url="http://127.0.0.1:9/feed")
    assert not is_fit_hub("http://127.0.0.1:6379/", feed_url="http://127.0.0.1:9/feed")


# --- asking ---------------------------------------------------------------------------------------------------


def lease(*, since_s: float, until_s: float, **more: Any) -> str:
    """A lease that began `since_s` ago and ends in `until_s`."""
    now = datetime.now(UTC).timestamp()
    return msgspec.json.encode(Lease(key="k", since=now - since_s, until=now + until_s, **more)).decode()


@pytest.mark.parametrize(
    ("asked_ago_s", "granted", "asks", "is_served"),
    [
        (10_000, {"since_s": 70, "until_s": 30}, False, True),
        (10_000, {"since_s": 85, "until_s": 15}, True, True),  # past 80 % of the lease
        (30, {"since_s": 85, "until_s": 15}, False, True),  # asked a moment ago: the hub may still be at it
        (10_000, {"since_s": 99, "until_s": -1}, True, False),
        (10_000, None, True, False),
        (30, None, False, False),
        (10_000, {"since_s": 3500, "until_s": 100, "is_denied": True}, False, False),
        (10_000, {"since_s": 3700, "until_s": -100, "is_denied": True}, True, False),
    ],
)
async def test_a_subscription_is_renewed_in_time(
    transport: Transport, asked_ago_s: float, granted: dict[str, Any] | None, asks: bool, is_served: bool
) -> None:
    async with FakeHub() as hub:
        address, topic = f"{hub.url}/hub", f"{hub.url}/feed"
        now = datetime.now(UTC).timestamp()
        asked = Subscription(hub=address, topic=topic, key="k", secret="s", asked_at=now - asked_ago_s)
        memory = {ASKED: msgspec.json.encode(asked).decode()}
        if granted is not None:
            memory[GRANTED] = lease(**granted)
        feed = RecordingFeed(transport, memory=memory, callback_url=hub.url)
        assert await Subscriber(feed).keep(hub=address, topic=topic, feed_url=topic) is is_served
        assert len(hub.requests) == asks
        if asks:
            assert hub.requests[0]["hub.callback"] == f"{hub.url}/k"


async def test_a_new_topic_gets_a_new_key_and_a_new_secret(transport: Transport) -> None:
    async with FakeHub() as hub:
        feed = RecordingFeed(transport, callback_url=f"{hub.url}/hooks/test")
        for topic in ("/feed", "/other"):
            at = hub.url + topic
            assert not await Subscriber(feed).keep(hub=f"{hub.url}/hub", topic=at, feed_url=at)
        first, second = hub.requests
        assert first["hub.secret"] != second["hub.secret"]
        assert first["hub.callback"] != second["hub.callback"]
        assert len(first["hub.callback"].rsplit("/", 1)[1]) >= 24
        assert len(first["hub.secret"].encode()) < 200


async def test_a_hub_that_fails_costs_nothing_but_its_speed(transport: Transport) -> None:
    async with FakeHub() as hub:
        feed = RecordingFeed(transport, callback_url=f"{hub.url}/hooks/test")
        subscriber = Subscriber(feed)
        topic = f"{hub.url}/feed"
        assert not await subscriber.keep(hub=f"{hub.url}/nowhere", topic=topic, feed_url=topic)
    gone = hub.url
    assert not await subscriber.keep(hub=f"{gone}/hub", topic=f"{gone}/feed", feed_url=f"{gone}/feed")


async def test_without_an_address_for_callbacks_no_hub_is_asked(transport: Transport) -> None:
    async with FakeHub() as hub:
        topic = f"{hub.url}/feed"
        feed = RecordingFeed(transport)
        assert not await Subscriber(feed).keep(hub=f"{hub.url}/hub", topic=topic, feed_url=topic)
        assert hub.requests == []
