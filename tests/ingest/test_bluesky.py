"""Bluesky against a small Bluesky of our own: posts, their authors, deletions, what may be shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ingest.atproto.appview import Profiles
from ingest.atproto.memory import Known, Recent
from ingest.atproto.options import BlueskyOptions
from ingest.contract import Link
from ingest.networks import check_options, load
from ingest.transport import Transport
from tests.fakes.bluesky import FakeBluesky
from tests.fakes.bluesky_record import POSTS
from tests.ingest.blueskykit import TAG, Wire, both_wires, source_on
from tests.ingest.feedkit import RecordingFeed, running
from wall.model import Post, Removal, Skip, plain


@pytest.fixture
async def network() -> AsyncIterator[FakeBluesky]:
    async with FakeBluesky() as fake:
        yield fake


@pytest.fixture
def feed(transport: Transport) -> RecordingFeed:
    return RecordingFeed(transport, hashtags=(TAG,))


# --- posts --------------------------------------------------------------------------------------------------------


@both_wires
async def test_a_post_comes_with_its_author(network: FakeBluesky, feed: RecordingFeed, wire: Wire) -> None:
    did = network.join(
        "alice.example.org",
        displayName="Alice",
        avatar=f"{network.base_url}/img/avatar/plain/did/bafkaaaa",
        followersCount=12,
        followsCount=0,
    )
    async with running(source_on(network, ws_url=wire(network)), feed) as source:
        await network.listening()
        network.post(did, "nothing of ours #other")
        uri = network.post(did, f"Bonsoir #{TAG}")
        post = await source.next(Post)
    assert (post.native_id, post.instance, post.network) == (uri, "bsky", "bluesky")
    assert plain(post.spans) == f"Bonsoir #{TAG}"
    assert (post.author.id, post.author.name, post.author.handle) == (did, "Alice", "@alice.example.org")
    assert (post.author.followers, post.author.following) == (12, 0)
    assert post.author.avatar_url == f"{network.base_url}/img/avatar/plain/did/bafkaaaa@jpeg"
    assert post.url == f"https://bsky.app/profile/alice.example.org/post/{uri.rpartition('/')[2]}"
    assert Link.LIVE in dict(feed.reports)
    assert "Sec-WebSocket-Extensions" not in network.handshakes[0]  # deflate beside zstd is refused


async def test_only_posts_are_asked_for(network: FakeBluesky, feed: RecordingFeed) -> None:
    async with running(source_on(network), feed):
        assert await network.asked("/subscribe") == [("wantedCollections", POSTS)]
    async with running(source_on(network, ws_url=network.v2_url), feed):
        query = await network.asked("subscribeEvents")
    assert ("collections", POSTS) in query
    assert [kind for name, kind in query if name == "kinds"] == ["commit", "identity", "account", "sync"]


async def test_authors_are_asked_for_together_and_remembered(
    network: FakeBluesky, feed: RecordingFeed
) -> None:
    dids = [network.join(f"a{number}.example.org") for number in range(30)]
    async with running(source_on(network), feed) as source:
        await network.listening()
        for did in dids:
            network.post(did, f"#{TAG}")
        names = {(await source.next(Post)).author.id for _ in dids}
        asked = [len(query) for path, query in network.requests if path.endswith("getProfiles")]
        assert names == set(dids)
        assert max(asked) <= 25
        assert sum(asked) == 30
        network.post(dids[0], f"again #{TAG}")
        await source.next(Post)
    assert len([path for path, _ in network.requests if path.endswith("getProfiles")]) == len(asked)


async def test_a_new_handle_is_known_at_once(network: FakeBluesky, feed: RecordingFeed) -> None:
    did = network.join("alice.example.org")
    async with running(source_on(network), feed) as source:
        await network.listening()
        network.post(did, f"#{TAG}")
        await source.next(Post)
        network.rename(did, "bella.example.org")
        network.post(did, f"#{TAG}")
        assert (await source.next(Post)).author.handle == "@bella.example.org"
        network.profiles[did]["handle"] = "clara.example.org"
        network.rename(did, None)  # often the event does not say the new one
        network.post(did, f"#{TAG}")
        assert (await source.next(Post)).author.handle == "@clara.example.org"


async def test_without_names_posts_come_late_but_come(network: FakeBluesky, feed: RecordingFeed) -> None:
    network.api_status = 500
    did = network.join("alice.example.org")
    async with running(source_on(network), feed) as source:
        await network.listening()
        network.post(did, f"#{TAG}")
        post = await source.next(Post)
        assert (post.author.name, post.author.handle) == (f"{did[:16]}…", "")
        assert len([path for path, _ in network.requests if path.endswith("getProfiles")]) == 3
        await feed.reported(Link.LIVE, "authors cannot be looked up")
        feed.reports.clear()
        network.api_status = 200
        network.post(did, f"#{TAG}")
        assert (await source.next(Post)).author.handle == "@alice.example.org"
        assert await feed.reported(Link.LIVE) == ""


async def test_a_rate_limit_is_kept(network: FakeBluesky, feed: RecordingFeed) -> None:
    network.api_status, network.api_headers = 429, {"Retry-After": "600"}
    did = network.join("alice.example.org")
    feed.shown = (f"at://{did}/{POSTS}/3kold",)
    async with running(source_on(network, recheck_s=0.1), feed) as source:
        await network.listening()
        await feed.reported(Link.LIVE, "deletions cannot be looked for: rate limit")
        network.post(did, f"#{TAG}")
        assert (await source.next(Post)).author.handle == ""  # its three chances passed without asking again
    assert sorted(path.rpartition(".")[2] for path, _ in network.requests if "app.bsky" in path) == [
        "getPosts",
        "getProfiles",
    ]


async def test_an_author_the_network_does_not_know_any_more_is_left_out(
    network: FakeBluesky, feed: RecordingFeed
) -> None:
    async with running(source_on(network), feed) as source:
        await network.listening()
        network.post("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", f"#{TAG}")
        assert await source.next(Skip) == Skip("author-gone")


async def test_an_author_that_is_indexed_late_is_waited_for(
    network: FakeBluesky, feed: RecordingFeed
) -> None:
    did = network.join("alice.example.org")
    profile = network.profiles.pop(did)
    async with running(source_on(network), feed) as source:
        await network.listening()
        network.post(did, f"#{TAG}")
        await network.asked("getProfiles")
        network.profiles[did] = profile
        assert (await source.next(Post)).author.handle == "@alice.example.org"


@pytest.mark.parametrize(
    ("label", "reason"),
    [("!no-unauthenticated", "signed-in-only"), ("porn", "label-porn"), ("!hide", "label-hide")],
)
async def test_authors_who_must_not_be_shown_are_left_out(
    network: FakeBluesky, feed: RecordingFeed, label: str, reason: str
) -> None:
    did = network.join("alice.example.org", labels=[{"val": label}])
    async with running(source_on(network), feed) as source:
        await network.listening()
        network.post(did, f"#{TAG}")
        assert await source.next(Skip) == Skip(reason)


async def test_plain_tags_count_when_asked_for(network: FakeBluesky, feed: RecordingFeed) -> None:
    did = network.join("alice.example.org")
    async with running(source_on(network, plain_tags=True), feed) as source:
        await network.listening()
        uri = network.post(did, f"from a bridge #{TAG}", tags_in_text=False)
        assert (await source.next(Post)).native_id == uri


# --- what is taken back ---------------------------------------------------------------------------------------------


@both_wires
async def test_an_edit_keeps_the_address_and_a_lost_tag_takes_down(
    network: FakeBluesky, feed: RecordingFeed, wire: Wire
) -> None:
    did = network.join("alice.example.org")
    async with running(source_on(network, ws_url=wire(network)), feed) as source:
        await network.listening()
        uri = network.post(did, f"one #{TAG}")
        first = await source.next(Post)
        assert first.edited_at is None
        network.edit(uri, f"two #{TAG}")
        second = await source.next(Post)
        assert (second.native_id, plain(second.spans)) == (uri, f"two #{TAG}")
        assert second.edited_at is not None
        network.edit(uri, "three")
        removal = await source.next(Removal)
        assert (removal.native_id, removal.reason, removal.is_final) == (uri, "no-tag", False)


@both_wires
async def test_deletions_are_sent_on_only_for_posts_we_know(
    network: FakeBluesky, feed: RecordingFeed, wire: Wire
) -> None:
    did = network.join("alice.example.org")
    feed.shown = (f"at://{did}/{POSTS}/3kold",)
    async with running(source_on(network, ws_url=wire(network)), feed) as source:
        await network.listening()
        network.delete(network.post(did, "not ours"))
        uri = network.post(did, f"#{TAG}")
        await source.next(Post)
        network.delete(uri)
        assert (await source.next(Removal)).native_id == uri
        network.delete(uri)
        network.delete(feed.shown[0])
        removal = await source.next(Removal)
        assert (removal.native_id, removal.is_final) == (feed.shown[0], True)


async def test_a_post_deleted_before_its_author_was_known_never_comes(
    network: FakeBluesky, feed: RecordingFeed
) -> None:
    network.api_status = 500
    did = network.join("alice.example.org")
    async with running(source_on(network), feed) as source:
        await network.listening()
        uri = network.post(did, f"#{TAG}")
        await network.asked("getProfiles")
        network.delete(uri)
        assert (await source.next(Removal)).native_id == uri
        network.api_status = 200
        network.post(did, f"another #{TAG}")
        assert plain((await source.next(Post)).spans) == f"another #{TAG}"


@pytest.mark.parametrize(
    ("status", "is_final"),
    [("deleted", True), ("takendown", True), ("suspended", True), ("deactivated", False), (None, False)],
)
async def test_a_closed_account_takes_its_posts_along(
    network: FakeBluesky, feed: RecordingFeed, status: str | None, is_final: bool
) -> None:
    did, stranger = network.join("alice.example.org"), network.join("bob.example.org")
    async with running(source_on(network), feed) as source:
        await network.listening()
        network.post(did, f"#{TAG}")
        await source.next(Post)
        network.account(stranger, active=False, status="deleted")
        network.account(did, active=True)
        network.account(did, active=False, status=status)
        removal = await source.next(Removal)
    assert (removal.native_id, removal.author_id, removal.is_final) == (None, did, is_final)
    assert removal.reason == f"account-{status or 'inactive'}"


async def test_what_vanished_without_a_word_is_noticed(network: FakeBluesky, feed: RecordingFeed) -> None:
    alice, bob = network.join("alice.example.org"), network.join("bob.example.org")
    deleted, closed, stays = (network.post(did, f"#{TAG}") for did in (alice, bob, alice))
    labelled = network.post(alice, f"#{TAG}")
    network.vanish(deleted)
    network.vanish(closed)
    del network.profiles[bob]
    network.posts[labelled]["labels"] = [{"val": "nudity"}]
    feed.shown = (deleted, closed, stays, labelled)
    async with running(source_on(network, recheck_s=0.1), feed) as source:
        removals = [await source.next(Removal) for _ in range(3)]
        await network.asked("getPosts", count=6)
    assert {(one.native_id or one.author_id, one.reason, one.is_final) for one in removals} == {
        (labelled, "label-nudity", False),
        (deleted, "deleted", True),
        (bob, "account-inactive", False),
    }
    assert len(source.outcomes) == 3  # it is said once: a moderator may know better


async def test_an_index_that_is_behind_takes_nothing_down(network: FakeBluesky, feed: RecordingFeed) -> None:
    feed.shown = (network.post(network.join("alice.example.org"), f"#{TAG}"),)
    network.behind = 1
    async with running(source_on(network, recheck_s=0.1), feed) as source:
        await network.asked("getPosts", count=3)
    assert source.outcomes == []


async def test_an_index_that_knows_nobody_takes_nothing_down(
    network: FakeBluesky, feed: RecordingFeed
) -> None:
    feed.shown = tuple(
        network.post(network.join(f"a{number}.example.org"), f"#{TAG}") for number in range(30)
    )
    network.is_blank = True
    async with running(source_on(network, recheck_s=0.1), feed) as source:
        await feed.reported(Link.LIVE, "is base_url right?")
        network.is_blank, network.is_captcha = False, True
        await feed.reported(Link.LIVE, "web page")
        network.is_captcha, network.api_status = False, 403
        await feed.reported(Link.LIVE, "refuses (403)")
        feed.reports.clear()
        network.api_status = 200
        assert await feed.reported(Link.LIVE) == ""
    assert source.outcomes == []


async def test_a_broken_repository_is_looked_at_again(network: FakeBluesky, feed: RecordingFeed) -> None:
    did = network.join("alice.example.org")
    async with running(source_on(network, ws_url=network.v2_url), feed) as source:
        await network.listening()
        network.post(did, f"#{TAG}")
        feed.shown = ((await source.next(Post)).native_id,)
        network.send(did, "sync", sync={"did": did, "rev": "3k"})
        await network.asked("getPosts")  # without it, not before two minutes


# --- memory and settings ----------------------------------------------------------------------------------------


def test_what_is_kept_in_mind_is_bounded() -> None:
    known, recent, profiles = Known(2), Recent(2), Profiles(life_s=10, most=2)
    for did in ("did:plc:a", "did:plc:b", "did:plc:c"):
        known.add(f"at://{did}/{POSTS}/1")
        recent.add((did, ""))
        profiles.put(did, {"did": did}, now=0)
    assert [known.wrote(did) for did in ("did:plc:a", "did:plc:b", "did:plc:c")] == [False, True, True]
    assert [(did, "") in recent for did in ("did:plc:a", "did:plc:c")] == [False, True]
    assert (profiles.get("did:plc:a", now=0), profiles.get("did:plc:c", now=9)) == (
        None,
        {"did": "did:plc:c"},
    )
    assert profiles.get("did:plc:c", now=10) is None
    known.add("at://nonsense")
    known.discard(f"at://did:plc:c/{POSTS}/1")
    known.discard(f"at://did:plc:c/{POSTS}/1")
    assert not known.wrote("did:plc:c")


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ({"ws_url": "https://jetstream.example.org"}, "wss://"),
        ({"base_url": "public.api.bsky.app"}, "https://public.api.bsky.app"),
        ({"wire": "v3"}, "v1"),
        ({"langs": ["klingon!"]}, "language"),
        ({"compres": True}, "compress"),
    ],
)
def test_mistakes_in_the_settings_are_named(raw: dict[str, Any], word: str) -> None:
    problems = check_options(load("bluesky"), raw)
    assert isinstance(problems, tuple)
    assert word in problems[0]


def test_settings_take_their_one_spelling() -> None:
    options = check_options(
        load("bluesky"), {"langs": ["fr-FR", "EN"], "web_url": "https://bsky.example.org/"}
    )
    assert isinstance(options, BlueskyOptions)
    assert (options.langs, options.web_url) == (("fr", "en"), "https://bsky.example.org")
