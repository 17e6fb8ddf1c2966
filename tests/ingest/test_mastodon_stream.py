"""A Mastodon source that streams, against the fake server, and the fake server itself."""

from __future__ import annotations

import aiohttp
import pytest

from ingest.contract import Link
from ingest.transport import Transport
from tests.fakes.mastodon import FakeMastodon, account, status
from tests.ingest.mastodon_setup import Setup, streaming, texts
from wall.model import Post, Removal, Skip, plain
from wall.secret import Secret


@pytest.mark.parametrize("kind", ["websocket", "sse"])
async def test_a_stream_brings_posts_edits_and_deletes(
    mastodon: FakeMastodon, transport: Transport, kind: str
) -> None:
    setup = streaming(mastodon, transport, stream=kind, hashtags=("CaféParvis", "deux"))
    async with setup.running() as source:
        await mastodon.listening(2)
        await setup.feed.reported(Link.LIVE)
        new = mastodon.publish(status("Bonsoir #cafeparvis"))
        assert plain((await source.next(Post)).spans) == "Bonsoir #cafeparvis"
        mastodon.publish(status("Deux #deux", account=account("mina", host="far.example")))
        assert (await source.next(Post)).author.handle == "@mina@far.example"
        mastodon.edit(new["id"], "Bonsoir, corrigé #cafeparvis")
        edited = await source.next(Post)
        assert edited.native_id == new["id"]
        assert edited.edited_at is not None
        mastodon.delete(new["id"])
        assert (await source.next(Removal)).native_id == new["id"]
        mastodon.publish(status("Non listé #deux", visibility="unlisted"))
        mastodon.publish(status("Fin #deux"))
        assert plain((await source.next(Post)).spans) == "Fin #deux"
        assert {one.kind for one in mastodon.listeners} == {"ws" if kind == "websocket" else "sse"}
    assert sum(path.startswith("/api/v1/streaming") for path, _ in mastodon.requests) == (
        1 if kind == "websocket" else 2
    )


async def test_without_a_websocket_there_is_sse(mastodon: FakeMastodon, transport: Transport) -> None:
    mastodon.has_websocket = False
    setup = streaming(mastodon, transport)
    async with setup.running() as source:
        await mastodon.listening(1)
        assert mastodon.listeners[0].kind == "sse"
        await setup.feed.reported(Link.LIVE)
        mastodon.publish(status("Par SSE #parvis"))
        await source.next(Post)


async def test_posts_come_once_by_stream_and_poll_together(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    setup = streaming(mastodon, transport, reconcile_s=0.1)
    async with setup.running() as source:
        await setup.feed.reported(Link.LIVE)
        mastodon.publish(status("Une fois #parvis"))
        await source.next(Post)
        asked = len(mastodon.requests)
        await mastodon.asked("timelines", asked + 3)
    assert texts(source) == ["Une fois #parvis"]


async def test_136i_what_a_silent_stream_keeps_back_is_polled(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    mastodon.is_silent = True
    setup = streaming(mastodon, transport, reconcile_s=0.1)
    async with setup.running() as source:
        await mastodon.listening(1)
        mastodon.publish(status("Silence #parvis"))
        await source.next(Post)


@pytest.mark.parametrize("kind", ["websocket", "sse"])
async def test_a_broken_stream_comes_back_and_the_gap_is_filled(
    mastodon: FakeMastodon, transport: Transport, kind: str
) -> None:
    setup = streaming(mastodon, transport, stream=kind)
    async with setup.running() as source:
        await setup.feed.reported(Link.LIVE)
        mastodon.publish(status("Avant #parvis"))
        await source.next(Post)
        mastodon.drop()
        mastodon.federate_late(status("Pendant #parvis"))
        assert plain((await source.next(Post)).spans) == "Pendant #parvis"
        await setup.feed.reported(Link.RECONNECTING)
        await mastodon.asked("streaming", 2)
        await mastodon.listening(1)
        mastodon.publish(status("Ensuite #parvis"))
        assert plain((await source.next(Post)).spans) == "Ensuite #parvis"


async def test_a_lost_stream_is_polled_for_at_once(mastodon: FakeMastodon, transport: Transport) -> None:
    setup = streaming(mastodon, transport)
    async with setup.running():
        await setup.feed.reported(Link.LIVE)
        await mastodon.asked("timelines", 2)
        mastodon.has_websocket = mastodon.has_sse = False
        mastodon.drop()
        await mastodon.asked("timelines", 3)
        await setup.feed.reported(Link.POLLING, "stream lost")


async def test_136i_half_an_event_is_dropped(mastodon: FakeMastodon, transport: Transport) -> None:
    setup = streaming(mastodon, transport, stream="sse")
    async with setup.running() as source:
        await setup.feed.reported(Link.LIVE)
        mastodon.send_raw(b'event: update\ndata: {"id": "1", "cont')
        mastodon.send_raw(b'ent": "half')
        mastodon.drop()
        await setup.feed.reported(Link.RECONNECTING)
        mastodon.publish(status("Entier #parvis"))
        await source.next(Post)
    assert texts(source) == ["Entier #parvis"]


async def test_136i_a_line_of_ten_megabytes_ends_the_stream(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    setup = streaming(mastodon, transport, stream="sse")
    async with setup.running():
        await setup.feed.reported(Link.LIVE)
        mastodon.send_raw(b"data: " + b"x" * 10_000_000)
        await setup.feed.reported(Link.RECONNECTING, "a line over")


async def test_broken_frames_are_counted_and_passed_over(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    setup = streaming(mastodon, transport)
    async with setup.running() as source:
        await setup.feed.reported(Link.LIVE)
        for raw in (b"{", b"[]", b'{"event":"update","payload":"{"}', b'{"event":"filters_changed"}'):
            mastodon.send_raw(raw)
        mastodon.publish(status("Encore là #parvis"))
        await source.next(Post)
    skips = [outcome.reason for outcome in source.outcomes if isinstance(outcome, Skip)]
    assert skips == ["not-a-post", "not-a-post", "not-a-status", "not-a-post"]


async def test_a_token_without_the_scope_falls_back_to_polling(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    mastodon.has_wrong_scope = True
    setup = streaming(mastodon, transport, poll_s=0.1, hashtags=("parvis", "deux"))
    async with setup.running() as source:
        await setup.feed.reported(Link.POLLING, "required scopes (401)")
        mastodon.publish(status("Sondé #parvis"))
        await source.next(Post)


async def test_an_app_token_falls_back_to_polling(mastodon: FakeMastodon, transport: Transport) -> None:
    setup = Setup(mastodon, transport, token=Secret(mastodon.app_token))
    async with setup.running() as source:
        await setup.feed.reported(Link.POLLING, "Invalid access token")
        mastodon.publish(status("Sondé #parvis"))
        await source.next(Post)


async def test_a_refused_subscription_is_told(mastodon: FakeMastodon, transport: Transport) -> None:
    setup = streaming(mastodon, transport, hashtags=("un", "deux"), poll_s=0.1)
    async with setup.running() as source:
        await mastodon.listening(2)
        mastodon.send_raw(b'{"error":"Missing tag name parameter","status":400}')
        await setup.feed.reported(Link.LIVE, "one tag is not streamed")
        mastodon.send_raw(b'{"error":"Missing tag name parameter","status":400}')
        await setup.feed.reported(Link.POLLING, "Missing tag name parameter (400)")
        mastodon.publish(status("Sondé #deux"))
        await source.next(Post)
    assert Skip("error-frame") in source.outcomes


async def test_the_streaming_address_can_be_set(mastodon: FakeMastodon, transport: Transport) -> None:
    mastodon.announces_streaming = False
    setup = streaming(mastodon, transport, ws_url=mastodon.base_url.replace("http", "ws"))
    async with setup.running():
        await setup.feed.reported(Link.LIVE)


async def test_gotosocial_is_followed_by_its_public_stream(
    mastodon: FakeMastodon, transport: Transport
) -> None:
    mastodon.version = "0.20.0 gotosocial"
    setup = streaming(mastodon, transport)
    async with setup.running() as source:
        await mastodon.listening(1)
        assert mastodon.listeners[0].subscriptions == [["public"]]
        mastodon.publish(status("Autre chose #autre"))
        mastodon.publish(status("Le nôtre #parvis"))
        assert plain((await source.next(Post)).spans) == "Le nôtre #parvis"
    assert Skip("no-tag") in source.outcomes


# --- the fake itself --------------------------------------------------------------------------------------


async def test_a_real_client_can_post_to_the_fake(mastodon: FakeMastodon, transport: Transport) -> None:
    setup = streaming(mastodon, transport)
    headers = {"Authorization": f"Bearer {mastodon.token}"}
    async with setup.running() as source, aiohttp.ClientSession(mastodon.base_url, headers=headers) as client:
        await setup.feed.reported(Link.LIVE)
        form = aiohttp.FormData({"description": "Une image"})
        form.add_field("file", b"\x89PNG", filename="a.png", content_type="image/png")
        async with client.post("/api/v2/media", data=form) as reply:
            media = await reply.json()
        fields = {"status": "Avec <image> #parvis https://example.org/x", "media_ids[]": media["id"]}
        async with client.post("/api/v1/statuses", data=fields) as reply:
            posted = await reply.json()
        post = await source.next(Post)
        assert plain(post.spans) == "Avec <image> #parvis example.org/x"
        assert (await transport.get(post.attachments[0].url)).body == b"\x89PNG"
        assert post.attachments[0].alt == "Une image"
        async with client.post(
            "/api/v1/statuses", json={"status": "JSON #parvis", "visibility": "public"}
        ) as reply:
            assert reply.status == 200
        await source.next(Post)
        async with client.delete(f"/api/v1/statuses/{posted['id']}") as reply:
            assert "content" not in await reply.json()
        assert (await source.next(Removal)).native_id == posted["id"]
    async with (
        aiohttp.ClientSession(mastodon.base_url) as stranger,
        stranger.post("/api/v1/statuses", data={"status": "x"}) as reply,
    ):
        assert reply.status == 401


async def test_leaving_closes_everything(mastodon: FakeMastodon, transport: Transport) -> None:
    setup = streaming(mastodon, transport, shown=("1", "2"), recheck_s=0.1, reconcile_s=0.1)
    async with setup.running():
        await setup.feed.reported(Link.LIVE)
    await mastodon.left()
