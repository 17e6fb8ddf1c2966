"""A Mastodon source that polls, against the fake server: what comes, what heals, what it says of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aiohttp import web

from ingest.contract import Link, SourceLost, SourceOff
from ingest.fediverse.options import FediverseOptions
from ingest.networks.mastodon import Mastodon
from ingest.transport import Transport
from tests.fakes.mastodon import FakeMastodon, account, picture, status
from tests.ingest.feedkit import RecordingFeed, running
from tests.ingest.mastodon_setup import NEVER_S, Setup, streaming, texts
from tests.ingest.servers import serving
from wall.model import Post, Removal, Skip, plain
from wall.secret import Secret


async def test_posts_are_polled_without_a_token(mastodon: FakeMastodon, transport: Transport) -> None:
    mastodon.publish(status("Avant #parvis"))
    setup = Setup(mastodon, transport)
    async with setup.running() as source:
        assert plain((await source.next(Post)).spans) == "Avant #parvis"
        await setup.feed.reported(Link.POLLING)
        picture_url = mastodon.add_picture("a.png", b"\x89PNG")
        mastodon.publish(status("Après #Parvis", media_attachments=[picture(picture_url)]))
        post = await source.next(Post)
        assert post.attachments[0].url == picture_url
        assert post.instance == mastodon.base_url.removeprefix("http://")
        assert setup.feed.reports[0][0] is Link.STARTING
    assert not mastodon.listeners


async def test_a_post_that_federates_late_is_found_below_the_cursor(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    mastodon.publish(status("Maintenant #parvis"))
    setup = Setup(mastodon, transport)
    async with setup.running() as source:
        await source.next(Post)
        written = datetime.now(UTC) - timedelta(minutes=10)
        mastodon.federate_late(
            status("Tardif #parvis", at=written, account=account("mina", host="far.example"))
        )
        assert plain((await source.next(Post)).spans) == "Tardif #parvis"


async def test_the_same_state_comes_once_and_new_counts_again(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    first = mastodon.publish(status("Une fois #parvis"))
    setup = Setup(mastodon, transport)
    async with setup.running() as source:
        await source.next(Post)
        await mastodon.asked("timelines", 4)
        mastodon.statuses[first["id"]] = {**first, "favourites_count": 7}
        assert (await source.next(Post)).counts.likes == 7
        assert len(texts(source)) == 2


async def test_pages_are_walked_forward_from_the_cursor(mastodon: FakeMastodon, transport: Transport) -> None:
    start = datetime.now(UTC) - timedelta(minutes=30)
    posted = [mastodon.publish(status(f"{n} #parvis", at=start + timedelta(seconds=n))) for n in range(130)]
    setup = Setup(mastodon, transport)
    async with setup.running(cursor=posted[0]["id"]) as source:
        while len(texts(source)) < 130:
            await source.next(Post)
        cursors = [arrival.cursor for arrival in source.arrivals if arrival.cursor]
    assert texts(source) == [f"{n} #parvis" for n in range(130)]
    assert cursors[-1] == posted[-1]["id"]
    assert source.arrivals[-1].raw is None, "the cursor comes after all that it covers"


async def test_without_a_cursor_the_newest_page_is_taken(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    start = datetime.now(UTC) - timedelta(days=3)
    for n in range(60):
        mastodon.publish(status(f"{n} #parvis", at=start + timedelta(seconds=n)))
    setup = Setup(mastodon, transport, poll_s=NEVER_S)
    async with setup.running() as source:
        await setup.feed.reported(Link.POLLING)
    assert texts(source) == [f"{n} #parvis" for n in range(20, 60)]


async def test_136h_a_page_that_repeats_is_left(mastodon: FakeMastodon, transport: Transport) -> None:
    mastodon.repeats_its_page = True
    start = datetime.now(UTC)
    posted = [status(f"{n} #parvis", at=start + timedelta(milliseconds=n)) for n in range(40)]
    for new in posted:
        mastodon.publish(new)
    setup = Setup(mastodon, transport, poll_s=NEVER_S)
    async with setup.running(cursor=posted[0]["id"]) as source:
        await setup.feed.reported(Link.POLLING)
    assert len(texts(source)) == 40
    assert sum("timelines" in path for path, _ in mastodon.requests) == 2


async def test_a_cursor_from_the_future_hides_nothing(mastodon: FakeMastodon, transport: Transport) -> None:
    new = mastodon.publish(status("Maintenant #parvis"))
    setup = Setup(mastodon, transport)
    async with setup.running(cursor=str(int(new["id"]) + (3_600_000 << 16))) as source:
        await source.next(Post)


async def test_several_tags_and_their_spellings(mastodon: FakeMastodon, transport: Transport) -> None:
    mastodon.publish(status("un #cafe"))
    mastodon.publish(status("deux #Nuit2026"))
    mastodon.publish(status("trois #autre"))
    setup = Setup(mastodon, transport, hashtags=("Café", "nuit2026"), poll_s=NEVER_S)
    async with setup.running() as source:
        await setup.feed.reported(Link.POLLING)
    assert sorted(texts(source)) == ["deux #Nuit2026", "un #cafe"]


async def test_all_and_none_are_checked_here(mastodon: FakeMastodon, transport: Transport) -> None:
    for text in ("a #parvis", "b #parvis #été", "c #parvis #ete #pub"):
        mastodon.publish(status(text))
    setup = Setup(mastodon, transport, poll_s=NEVER_S, all_tags=("Ete",), none_tags=("pub",))
    async with setup.running() as source:
        await setup.feed.reported(Link.POLLING)
    assert texts(source) == ["b #parvis #été"]
    assert {o.reason for o in source.outcomes if isinstance(o, Skip)} == {"no-tag", "excluded-tag"}


# --- refusals ---------------------------------------------------------------------------------------------


async def test_a_server_that_refuses_others_posts_gives_its_own(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    mastodon.hashtag_feeds = {"local": "public", "remote": "disabled"}
    mastodon.publish(status("d'ici #parvis"))
    mastodon.publish(status("d'ailleurs #parvis", account=account("mina", host="far.example")))
    setup = Setup(mastodon, transport)
    async with setup.running() as source:
        assert plain((await source.next(Post)).spans) == "d'ici #parvis"
        reason = await setup.feed.reported(Link.POLLING, "only posts of this server")
        assert "of others not given out" in reason
    assert texts(source) == ["d'ici #parvis"]


async def test_a_server_that_wants_a_token_says_so(mastodon: FakeMastodon, transport: Transport) -> None:
    mastodon.needs_token = True
    async with Setup(mastodon, transport).running() as source:
        error = await source.ended()
    assert isinstance(error, SourceOff)
    assert "Missing access token" in str(error)
    assert "set a user token" in str(error)


async def test_136j_a_token_revoked_in_the_middle_turns_the_source_off(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    mastodon.needs_token = True
    setup = Setup(mastodon, transport, token=Secret(mastodon.token))
    async with setup.running() as source:
        await setup.feed.reported(Link.LIVE)
        mastodon.token = "another"
        mastodon.drop()
        error = await source.ended()
    assert isinstance(error, SourceOff)
    assert "Invalid access token" in str(error)


async def test_136f_a_rate_limit_is_waited_for(mastodon: FakeMastodon, transport: Transport) -> None:
    setup = Setup(mastodon, transport)
    async with setup.running() as source:
        await setup.feed.reported(Link.POLLING)
        mastodon.quiet = {"Retry-After": "1"}
        await setup.feed.reported(Link.LIMITED, "rate limit until")
        mastodon.quiet = None
        mastodon.publish(status("Enfin #parvis"))
        await source.next(Post)


async def test_136g_a_captcha_page_is_a_lost_source(mastodon: FakeMastodon, transport: Transport) -> None:
    setup = Setup(mastodon, transport)
    async with setup.running() as source:
        await setup.feed.reported(Link.POLLING)
        mastodon.is_captcha = True
        error = await source.ended()
    assert isinstance(error, SourceLost)
    assert "a web page where JSON was due" in str(error)
    assert source.outcomes == []


async def test_an_address_without_the_api_is_told(transport: Transport) -> None:
    async def website(request: web.Request) -> web.Response:
        return web.Response(status=404, text="<html>not here</html>", content_type="text/html")

    async with serving(website) as url:
        network = Mastodon(FediverseOptions(base_url=url), source="test", hashtags=("parvis",))
        async with running(network, RecordingFeed(transport)) as source:
            assert "a web page where JSON was due" in str(await source.ended())


async def test_without_hashtags_there_is_nothing_to_do(mastodon: FakeMastodon, transport: Transport) -> None:
    async with Setup(mastodon, transport, hashtags=()).running() as source:
        error = await source.ended()
    assert isinstance(error, SourceOff)
    assert "hashtags" in str(error)


# --- what is shown is asked for again ---------------------------------------------------------------------


async def test_a_shown_post_that_vanished_without_a_word_is_removed(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    kept, lost = mastodon.publish(status("Reste #parvis")), mastodon.publish(status("Part #parvis"))
    setup = Setup(mastodon, transport, shown=(kept["id"], lost["id"]), recheck_s=0.1, poll_s=NEVER_S)
    async with setup.running() as source:
        await mastodon.asked(kept["id"], 2)
        mastodon.vanish(lost["id"])
        removal = await source.next(Removal)
    assert (removal.native_id, removal.is_final) == (lost["id"], True)


async def test_a_shown_post_that_lost_its_tag_is_held(mastodon: FakeMastodon, transport: Transport) -> None:
    shown = mastodon.publish(status("Bonsoir #parvis"))
    setup = streaming(mastodon, transport, shown=(shown["id"],), recheck_s=0.1)
    async with setup.running() as source:
        await setup.feed.reported(Link.LIVE)
        mastodon.edit(shown["id"], "Bonsoir sans rien")
        removal = await source.next(Removal)
    assert (removal.native_id, removal.reason, removal.is_final) == (shown["id"], "no-tag", False)


async def test_an_edit_that_no_stream_told_is_found(mastodon: FakeMastodon, transport: Transport) -> None:
    written = datetime.now(UTC) - timedelta(days=1)
    shown = mastodon.publish(status("Hier #parvis", at=written))
    setup = Setup(mastodon, transport, shown=(shown["id"],), recheck_s=0.1, poll_s=NEVER_S)
    async with setup.running() as source:
        await source.next(Post)
        mastodon.edit(shown["id"], "Hier, corrigé #parvis")
        assert plain((await source.next(Post)).spans) == "Hier, corrigé #parvis"


async def test_a_page_of_some_proxy_removes_nothing(mastodon: FakeMastodon, transport: Transport) -> None:
    shown = mastodon.publish(status("Reste #parvis"))
    setup = streaming(mastodon, transport, shown=(shown["id"],), recheck_s=0.1)
    async with setup.running() as source:
        await setup.feed.reported(Link.LIVE)
        mastodon.is_captcha = True
        await mastodon.asked(shown["id"], 3)
    assert not any(isinstance(outcome, Removal) for outcome in source.outcomes)
