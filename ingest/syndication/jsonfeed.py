"""JSON Feed 1.0 and 1.1 (jsonfeed.org) into entries. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ingest.syndication.entry import (
    ENTRIES_MAX,
    Document,
    Entry,
    FeedAuthor,
    FeedItem,
    FeedMedia,
    NotAFeed,
    Words,
    dict_of,
    dicts_of,
    distinct,
    first_picture,
    language,
    list_of,
    made_id,
    medium_of,
    moment,
    text_of,
    web_url,
)
from wall.model import Skip


def read_json(body: bytes, *, url: str) -> Document:
    """Raises `NotAFeed`."""
    try:
        raw = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NotAFeed("the JSON is broken") from None
    about = dict_of(raw)
    if "jsonfeed.org" not in text_of(about.get("version")) or not isinstance(about.get("items"), list):
        raise NotAFeed("this is JSON, but no JSON Feed")
    hubs = [one for one in dicts_of(about.get("hubs")) if text_of(one.get("type")).lower() == "websub"]
    return Document(
        title=text_of(about.get("title")),
        entries=tuple(_json_item(one, about, url=url) for one in about["items"][:ENTRIES_MAX]),
        hub=next((address for one in hubs if (address := web_url(one.get("url")))), None),
        topic=web_url(about.get("feed_url")),
    )


def _json_item(raw: Any, about: Mapping[str, Any], *, url: str) -> Entry:
    if not isinstance(raw, dict):
        return Skip("not-an-item")
    html, text = text_of(raw.get("content_html")), text_of(raw.get("content_text"))
    content = Words(html, is_html=True, base_url=url) if html else Words(text)
    title = Words(text_of(raw.get("title")).strip())
    link = web_url(raw.get("url"), base=url) or web_url(raw.get("external_url"), base=url)
    date = text_of(raw.get("date_published"))
    native = raw.get("id")
    given = str(native) if isinstance(native, (str, int, float)) and not isinstance(native, bool) else ""
    return FeedItem(
        id=given or link or made_id(title.text, date, content.text),
        title=title,
        content=content,
        summary=Words(text_of(raw.get("summary"))),
        link=link,
        author=_json_author(raw, about, url=url),
        published=moment(date),
        updated=moment(text_of(raw.get("date_modified"))),
        tags=tuple(tag for tag in list_of(raw.get("tags")) if isinstance(tag, str)),
        media=distinct(_json_media(raw, content, url=url)),
        lang=language(raw.get("language"), about.get("language")),
        home=url,
    )


def _json_author(raw: Mapping[str, Any], about: Mapping[str, Any], *, url: str) -> FeedAuthor:
    icon = web_url(about.get("icon"), base=url) or web_url(about.get("favicon"), base=url)
    for source in (raw, about):
        # Version 1.0 has one author, 1.1 a list.
        for one in (*dicts_of(source.get("authors")), dict_of(source.get("author"))):
            if name := text_of(one.get("name")).strip():
                avatar = web_url(one.get("avatar"), base=url) or icon
                return FeedAuthor(name=name, url=web_url(one.get("url"), base=url), avatar_url=avatar)
    return FeedAuthor(
        name=text_of(about.get("title")), url=web_url(about.get("home_page_url")), avatar_url=icon
    )


def _json_media(raw: Mapping[str, Any], content: Words, *, url: str) -> Iterator[FeedMedia]:
    picture = medium_of(raw.get("image"), "image", base=url) or medium_of(
        raw.get("banner_image"), "image", base=url
    )
    films = [
        medium
        for one in dicts_of(raw.get("attachments"))
        if (medium := medium_of(one.get("url"), text_of(one.get("mime_type")), base=url)) is not None
    ]
    still = None if picture is None else picture.url
    for medium in films:
        yield msgspec.structs.replace(medium, poster_url=still) if medium.kind == "video" else medium
    if picture is not None and not any(medium.kind == "video" for medium in films):
        yield picture
    elif not films and (first := first_picture(content)):
        yield first
