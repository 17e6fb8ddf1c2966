"""Feeds: what their documents mean, and how they are followed. The site and the hub are real servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract import Link, RateLimited, SourceLost, SourceOff
from ingest.networks.feed import FeedOptions, SyndicationFeed
from ingest.syndication.document import read_document
from ingest.syndication.entry import FeedItem, NotAFeed, Words
from ingest.syndication.memory import Memory
from ingest.transport import Reply, Transport
from tests.fakes.feed import FakeFeed, item, rss
from tests.ingest.feedkit import RecordingFeed, running
from tests.ingest.test_fixtures import assert_showable, told
from wall.model import Post, Removal, Skip, plain

FIXTURES = Path(__file__).parent.parent / "fixtures" / "feed"
ADDRESS = "https://carnet.example.org/feed"
DOCUMENTS = sorted(path for path in FIXTURES.iterdir() if not path.name.endswith(".out.json"))


def network(*, hashtags: tuple[str, ...] = (), **options: Any) -> SyndicationFeed:
    given = FeedOptions(**{"url": ADDRESS, "poll_s": 0.02, **options})
    return SyndicationFeed(given, source="test", hashtags=hashtags)


def outcomes_of(path: Path) -> list[dict[str, Any]]:
    """What each entry of a document becomes, as its fixture says it."""
    return [
        told(network().normalise(entry)) for entry in read_document(path.read_bytes(), url=ADDRESS).entries
    ]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_means_what_its_fixture_says(path: Path) -> None:
    expected = path.with_name(path.name.rsplit(".", 1)[0] + ".out.json")
    for entry in read_document(path.read_bytes(), url=ADDRESS).entries:
        outcome = network().normalise(entry)
        if isinstance(outcome, Post):
            assert_showable(outcome)
    assert outcomes_of(path) == msgspec.json.decode(expected.read_bytes())


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"/>', "document type"),
        (b'<!ENTITY a "b"><rss version="2.0"><channel/></rss>', "document type"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE rss><rss/>'.encode("utf-16"), "document type"),
        (b'<?xml version="1.0" encoding="utf-7"?><rss version="2.0"/>', "encoding"),
        (b"<!doctype html><html><body>Are you a robot?</body></html>", "web page"),
        (
            b'<html><head><link rel="alternate" type="application/rss+xml" href="/f.xml"></head></html>',
            "its feed is https://carnet.example.org/f.xml",
        ),
        (b'{"statuses": []}', "no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": {}}', "no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [', "broken"),
        (b"{" + b'"a":{' * 100_000, "broken"),
        (b"", "neither"),
        (b"\x89PNG\r\n", "neither"),
        (b"<svg><g/></svg>", "neither"),
        (b'<rss version="2.0"><channel>' + b"<a>" * 300_000, "nested"),
        (b'<rss version="2.0"><channel>&' + b"<a>" * 300_000, "too large"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, word: str) -> None:
    with pytest.raises(NotAFeed, match=word):
        read_document(body, url=ADDRESS)


def test_an_article_may_speak_of_document_types() -> None:
    body = rss(item("1", "HTML", "Commencez par <!DOCTYPE html>, puis <!ENTITY rien.")).replace(
        b"<description>Commencez par &lt;!DOCTYPE html&gt;", b"<description><![CDATA[<!DOCTYPE html>]]>"
    )
    assert len(read_document(body, url=ADDRESS).entries) == 1


async def test_a_body_that_is_an_address_is_not_fetched() -> None:
    async with FakeFeed() as site:
        with pytest.raises(NotAFeed):
            read_document(site.address.encode(), url=ADDRESS)
        assert site.requests == []


def test_a_feed_that_is_not_well_formed_is_read_all_the_same() -> None:
    body = rss(item("1", "Avant"), item("2", "Après")).replace(b"Avant", b"Avant & pendant <br>")
    titles = [
        entry.title.text for entry in read_document(body, url=ADDRESS).entries if isinstance(entry, FeedItem)
    ]
    assert len(titles) == 2
    assert titles[0].startswith("Avant")


def test_half_a_surrogate_pair_can_be_stored() -> None:
    body = rss(item("x&#55357;", "a")).replace(b"&amp;#55357;", b"&#55357;") + b"<"
    (entry,) = read_document(body, url=ADDRESS).entries
    outcome = network().normalise(entry)
    assert isinstance(outcome, Post)
    msgspec.json.encode(outcome)


@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.tuples(st.text(max_size=40), st.text(max_size=200), st.text(max_size=40)), max_size=3),
    st.sampled_from(["utf-8", "utf-16", "latin-1"]),
)
def test_any_text_in_a_feed_ends_as_an_outcome(items: list[tuple[str, str, str]], encoding: str) -> None:
    body = rss(*(item(guid, title, text) for guid, title, text in items)).decode()
    body = body.replace('encoding="utf-8"', f'encoding="{encoding}"')
    try:
        document = read_document(body.encode(encoding, "replace"), url=ADDRESS)
    except NotAFeed:
        return
    for entry in document.entries:
        outcome = network().normalise(entry)
        assert isinstance(outcome, Post | Skip)
        if isinstance(outcome, Post):
            assert_showable(outcome)


@settings(deadline=None, max_examples=80)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "url",
                        "title",
                        "content_html",
                        "content_text",
                        "image",
                        "authors",
                        "name",
                        "tags",
                        "attachments",
                        "mime_type",
                        "date_published",
                        "date_modified",
                        "language",
                        "summary",
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_in_a_feed_ends_as_an_outcome(raw: Any) -> None:
    body = msgspec.json.encode({"version": "https://jsonfeed.org/version/1", "items": [raw]})
    for entry in read_document(body, url=ADDRESS).entries:
        outcome = network().normalise(entry)
        assert isinstance(outcome, Post | Skip)
        if isinstance(outcome, Post):
            assert_showable(outcome)


@pytest.mark.parametrize("raw", [None, 1, "x", [], {}, {"id": "1"}, b"<rss/>"])
def test_what_no_feed_yields_is_skipped(raw: Any) -> None:
    assert network().normalise(raw) == Skip("not-an-item")


@pytest.mark.parametrize(
    ("entry", "is_taken"),
    [
        (FeedItem(id="1", title=Words("A"), tags=("nuitvauclair",)), True),
        (FeedItem(id="1", title=Words("A"), tags=("#NuitVauclair",)), True),
        (FeedItem(id="1", title=Words("Ce soir, #ＮｕｉｔＶａｕｃｌａｉｒ")), True),
        (
            FeedItem(
                id="1", title=Words("A"), content=Words("mot " * 400 + "<b>#NuitVauclair</b>", is_html=True)
            ),
            True,
        ),
        (FeedItem(id="1", title=Words("La NuitVauclair")), False),
        (FeedItem(id="1", title=Words("A"), tags=("nuit",)), False),
    ],
)
def test_a_filter_wants_one_of_the_hashtags(entry: FeedItem, is_taken: bool) -> None:
    outcome = network(hashtags=("NuitVauclair",), filter=True).normalise(entry)
    assert isinstance(outcome, Post) if is_taken else outcome == Skip("no-tag")
    assert isinstance(network(hashtags=("NuitVauclair",)).normalise(entry), Post)


def test_a_long_article_is_a_title_and_a_teaser() -> None:
    entry = FeedItem(id="1", title=Words("T " * 300), content=Words("mot " * 2000), home=ADDRESS)
    outcome = network().normalise(entry)
    assert isinstance(outcome, Post)
    assert len(plain(outcome.spans)) < 500


@pytest.mark.parametrize(
    ("more", "headers", "pause_s"),
    [
        ("", {}, 120),
        ("<ttl>5</ttl>", {}, 300),
        ("<ttl>1</ttl>", {}, 120),
        ("<ttl>6000</ttl>", {}, 900),
        ("<ttl>soon</ttl>", {}, 120),
        ("", {"cache-control": "public, max-age=600"}, 600),
        ("", {"cache-control": "max-age=99999999999999"}, 900),
        ("", {"cache-control": "max-age=soon"}, 120),
        ("", {"cache-control": "s-maxage=600"}, 120),
        ("<ttl>5</ttl>", {"cache-control": "max-age=600"}, 600),
    ],
)
def test_a_server_may_ask_for_patience(more: str, headers: dict[str, str], pause_s: float) -> None:
    memory = Memory(address=ADDRESS)
    memory.learn(read_document(rss(more=more), url=ADDRESS))
    reply = Reply(200, headers, b"", ADDRESS)
    assert network(poll_s=120).patience_s(reply, memory) == pause_s


# --- following ------------------------------------------------------------------------------------------------


def dated(number: int, title: str = "") -> str:
    return item(str(number), title or f"Note {number}", date=f"Tue, 24 Nov 2026 18:{number:02}:00 GMT")


async def test_the_first_look_takes_the_newest_and_later_ones_what_is_new(transport: Transport) -> None:
    feed = RecordingFeed(transport)
    async with FakeFeed() as site:
        site.body = rss(*(dated(number) for number in (3, 1, 5, 2, 4)))
        async with running(network(url=site.address, first=2), feed) as source:
            assert (await source.next(Post)).native_id == "4"
            assert (await source.next(Post)).native_id == "5"
            await feed.reported(Link.POLLING)
            await site.answered(304, times=2)
            # Entry 1 was there before us: neither now nor changed does it go up.
            site.body = rss(*(dated(number) for number in (6, 7, 3, 5, 4)), dated(1, "Changé"))
            assert [(await source.next(Post)).native_id for _ in "67"] == ["6", "7"]
            await site.answered(304, times=4)
        assert len(source.arrivals) == 4
    assert site.requests[0].get("if-none-match") is None
    assert all("if-none-match" in request for request in site.requests[1:])


async def test_an_entry_that_reads_differently_comes_again_and_a_vanished_one_stays(
    transport: Transport,
) -> None:
    async with FakeFeed() as site:
        site.body = rss(dated(1), dated(2))
        async with running(network(url=site.address), RecordingFeed(transport)) as source:
            await source.next(Post)
            await source.next(Post)
            site.body = rss(dated(2, "Note 2, corrigée"))
            edited = await source.next(Post)
            assert (edited.native_id, plain(edited.spans)) == ("2", "Note 2, corrigée")
            site.body = rss(dated(3))
            assert (await source.next(Post)).native_id == "3"
        assert not [outcome for outcome in source.outcomes if isinstance(outcome, Removal)]


async def test_a_tombstone_in_the_feed_takes_the_entry_back_once(transport: Transport) -> None:
    async with FakeFeed() as site:
        site.body = rss(dated(1))
        async with running(network(url=site.address), RecordingFeed(transport)) as source:
            await source.next(Post)
            site.body = rss(more='<at:deleted-entry ref="1" when="2026-11-24T19:00:00Z"/>')
            removal = await source.next(Removal)
            assert (removal.native_id, removal.instance) == ("1", site.address)
            site.body = rss(dated(2), more='<at:deleted-entry ref="1" when="2026-11-24T19:00:00Z"/>')
            await source.next(Post)
        assert len(source.outcomes) == 3


async def test_a_restart_repeats_nothing_and_misses_nothing(transport: Transport) -> None:
    memory: dict[str, str] = {}
    async with FakeFeed() as site:
        site.body = rss(*(dated(number) for number in range(4)))
        feed = RecordingFeed(transport, memory=memory)
        async with running(network(url=site.address, first=2), feed) as source:
            await site.answered(304)
        site.body = rss(*(dated(number) for number in range(9)))
        async with running(
            network(url=site.address, first=2), RecordingFeed(transport, memory=memory)
        ) as source:
            assert [(await source.next(Post)).native_id for _ in range(5)] == ["4", "5", "6", "7", "8"]
            await site.answered(304, times=2)
            assert len(source.arrivals) == 5


async def test_what_was_yielded_is_known_only_once_it_was_stored(transport: Transport) -> None:
    memory: dict[str, str] = {}
    async with FakeFeed() as site:
        site.body = rss(dated(1), dated(2))
        arrivals = network(url=site.address).follow(RecordingFeed(transport, memory=memory), None)
        await anext(arrivals)  # taken, but the process ends before the gate has answered
        async with running(network(url=site.address), RecordingFeed(transport, memory=memory)) as source:
            assert [(await source.next(Post)).native_id for _ in "12"] == ["1", "2"]


async def test_another_address_starts_afresh(transport: Transport) -> None:
    memory: dict[str, str] = {}
    async with FakeFeed() as old, FakeFeed() as new:
        old.body = new.body = rss(dated(1))
        async with running(network(url=old.address), RecordingFeed(transport, memory=memory)) as source:
            await source.next(Post)
            await old.answered(304)
        async with running(network(url=new.address), RecordingFeed(transport, memory=memory)) as source:
            assert (await source.next(Post)).instance == new.address


async def test_a_feed_that_moved_for_good_is_asked_at_its_new_place(transport: Transport) -> None:
    async with FakeFeed() as old, FakeFeed() as new:
        new.body = rss(dated(1))
        old.moved = (301, new.address.replace("127.0.0.1", "localhost"))
        async with running(network(url=old.address), RecordingFeed(transport)) as source:
            assert (await source.next(Post)).instance == old.address
            await new.answered(304)
            asked = len(old.requests)
            await new.answered(304, times=3)
        assert len(old.requests) == asked == 2


async def test_a_feed_that_only_points_elsewhere_is_asked_at_its_old_place(transport: Transport) -> None:
    async with FakeFeed() as old, FakeFeed() as new:
        new.body = rss(dated(1))
        old.moved = (302, new.address.replace("127.0.0.1", "localhost"))
        async with running(network(url=old.address), RecordingFeed(transport)) as source:
            await source.next(Post)
            await new.answered(304, times=2)
            await old.answered(302, times=4)


@pytest.mark.parametrize(
    ("status", "headers", "error", "word"),
    [
        (410, {}, SourceOff, "gone for good"),
        (403, {}, SourceOff, "403"),
        (404, {}, SourceLost, "404"),
        (500, {}, SourceLost, "500"),
        (429, {"Retry-After": "7"}, RateLimited, "rate limit"),
        (429, {"Retry-After": "99999999"}, RateLimited, "rate limit"),
        (429, {}, RateLimited, "rate limit"),
    ],
)
async def test_a_refusal_is_handed_to_the_supervisor(
    transport: Transport, status: int, headers: dict[str, str], error: type[Exception], word: str
) -> None:
    async with FakeFeed() as site:
        site.status, site.headers = status, headers
        async with running(network(url=site.address), RecordingFeed(transport)) as source:
            raised = await source.ended()
    assert type(raised) is error
    assert word in str(raised)


async def test_a_captcha_page_queues_nothing(transport: Transport) -> None:
    async with FakeFeed() as site:
        site.body, site.content_type = b"<!DOCTYPE html><html>Are you a robot?</html>", "text/html"
        async with running(network(url=site.address), RecordingFeed(transport)) as source:
            raised = await source.ended()
        assert isinstance(raised, SourceLost)
        assert "web page" in str(raised)
        assert source.arrivals == []
