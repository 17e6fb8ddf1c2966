"""Feeds as their specifications and their readers' tests give them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingest.networks.feed import FeedOptions, SyndicationFeed
from ingest.syndication.document import read_document
from ingest.syndication.entry import FeedItem
from ingest.websub import is_signed, links_of
from tests.ingest.test_websub import signature
from wall.model import Post, Skip, plain

NETWORK = "feed"
OPTIONS = {"url": "https://blog.example/feed"}
HASHTAGS = ("wall2026",)
EXPECTED = {
    "atom_rfc4287_shape.xml": (
        "post urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a #wall2026 2 media edited",
    ),
    "granary_feed_with_authors.rss.xml": (
        "post 446e60c841fc080021de5c606edd8f2c",
        "post 069a652c402ec867d16485af7617e375",
    ),
    "granary_feed_with_note.rss.xml": ("post http://a/note 1 media",),
    "json_feed_1.1.json": ("post 2 #wall2026 1 media", "post 1"),
    "websub_exchange.json": (),
}


def raws(path: Path) -> list[Any]:
    if path.name == "websub_exchange.json":
        return []
    return list(read_document(path.read_bytes(), url=OPTIONS["url"]).entries)


def items(path: Path) -> list[FeedItem]:
    return [entry for entry in raws(path) if isinstance(entry, FeedItem)]


def check(folder: Path) -> None:
    _check_readers_tests(folder / "feedparser")
    authors = [item.author.name for item in items(folder / "granary_feed_with_authors.rss.xml")]
    assert authors == ["Stuff", "Ms Alice"]
    _check_atom(folder / "atom_rfc4287_shape.xml")
    _check_websub(folder)


def _check_readers_tests(folder: Path) -> None:
    """Small feeds, each for one element. They hold little to show, so the items are looked at."""

    def first(name: str) -> FeedItem:
        return items(folder / f"{name}.xml")[0]

    network = SyndicationFeed(FeedOptions(url=OPTIONS["url"]), source="test", hashtags=())
    for path in sorted(folder.iterdir()):
        for item in items(path):
            assert isinstance(network.normalise(item), (Post, Skip))

    assert first("atom10_entry_author_email").author.name == "Example author"
    assert first("atom10_entry_author_uri").author.url == "http://example.com/"
    assert first("atom10_entry_category_label").tags == ("atom10",)
    assert first("atom10_entry_category_term").tags == ("atom10",)
    both = first("atom10_entry_content_and_summary")
    assert (both.content.text, both.summary.text) == ("Example Atom", "Summary")
    for name in ("base64", "div_escaped_markup", "inline_markup"):
        content = first(f"atom10_entry_content_{name}").content
        assert (content.text, content.is_html) == ("Example <b>Atom</b>", True)
    brackets = first("atom10_entry_content_text_plain_brackets")
    post = network.normalise(brackets)
    assert isinstance(post, Post)
    assert plain(post.spans) == "History of the <blink> tag"
    ids = {n: first(f"atom10_entry_id_no_normalization_{n}").id for n in (1, 3, 5, 7)}
    assert ids == {
        1: "http://www.example.org/thing",
        3: "http://www.EXAMPLE.org/thing",
        5: "http://www.example.com/~bob",
        7: "http://www.example.com/%7Ebob",
    }
    assert first("atom10_entry_link_alternate_map_link").link == "http://www.example.com/"
    assert first("atom10_entry_link_alternate_map_link_3").link == "http://www.example.com/alternate"
    for name in ("length", "url"):
        (film,) = first(f"atom10_entry_link_rel_enclosure_map_enclosure_{name}").media
        assert (film.kind, film.url) == ("video", "http://www.example.com/movie.mp4")
    assert first("media-rss_item_media_category_multiple").tags == ("cat1", "cat2")
    assert first("media-rss_item_media_title1").title.text == "bar"
    assert first("media-rss_item_media_title3").title.text == "foo"
    group = first("media-rss_media_group")
    assert (group.summary.text, group.is_adult) == ("Test Description", True)
    (thumbnail,) = first("media-rss_media_thumbnail").media
    assert thumbnail.url == "http://example.com/thumbnail.jpg"


def _check_atom(path: Path) -> None:
    document = read_document(path.read_bytes(), url=OPTIONS["url"])
    assert (document.hub, document.topic) == ("https://hub.example/", "https://blog.example/feed.atom")
    (film, picture) = items(path)[0].media
    assert (film.kind, film.poster_url) == ("video", "https://blog.example/v.jpg")
    assert (picture.kind, picture.url) == ("image", "https://blog.example/a.jpg")


def _check_websub(folder: Path) -> None:
    told = json.loads((folder / "websub_exchange.json").read_text())
    links = links_of(told["discovery_headers"]["Link"])
    assert (links["hub"], links["self"]) == ("https://hub.example/", "https://blog.example/feed.atom")
    assert links_of(told["delivery_headers"]["Link"]) == links
    secret = told["subscribe_form"]["hub.secret"]
    body = (folder / "atom_rfc4287_shape.xml").read_bytes()
    assert is_signed(body, header=signature(body, secret=secret), secret=secret)
