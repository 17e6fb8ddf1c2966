"""A post of Bluesky, read as data that anybody may have sent: `app.bsky.feed.post` and what surrounds it.

Raw items are `{"event": …, "profile": …, "tags": […]}`: an event in the shape of Jetstream's v1, its author as
getProfiles tells (None: nobody could tell), and the tags that the source looks for. `"is_missing": true` says that
the author is not known to the network any more. A removal found by looking has `"reason"` and `"is_final"`.

Nothing here raises: a wrong shape is a missing value, and what cannot do without it is a `Skip` with its reason.
Documented at https://docs.bsky.app and in the lexicons of https://github.com/bluesky-social/atproto.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

from ingest.atproto.options import BlueskyOptions
from ingest.atproto.richtext import spans_of
from ingest.atproto.sieve import any_of, tags_in
from ingest.jetstream import POSTS, moment
from ingest.values import Table, address_of, count_at, rows_at, table_at, text_at
from wall.model import Attachment, Author, MediaKind, Post, Removal, Skip
from wall.text import clean, clean_name, fold_tag

INSTANCE: Final = "bsky"
PICTURES_MAX: Final = 4
TAGS_MAX: Final = 50
DID_SHOWN: Final = 17
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(minutes=5)  # a phone's clock may be that wrong

BARRED: Final = frozenset(
    {"porn", "sexual", "nudity", "graphic-media", "!hide", "!warn", "!takedown", "!no-unauthenticated"}
)
FINAL: Final = frozenset({"deleted", "takendown", "suspended"})

_DID = re.compile(r"did:[a-z]{1,20}:[A-Za-z0-9._:%-]{1,220}\Z")
_RKEY = re.compile(r"[A-Za-z0-9._:~-]{1,512}\Z")
_CID = re.compile(r"[A-Za-z0-9]{8,200}\Z")
_HANDLE = re.compile(r"(?=.{3,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+\Z")
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\Z")


class Reader:
    """Turns raw items into outcomes, for one source."""

    def __init__(
        self, options: BlueskyOptions, *, network: str, source: str, hashtags: tuple[str, ...]
    ) -> None:
        self._options = options
        self._hashtags = hashtags
        self._network = network
        self._source = source

    def outcome(self, raw: Any) -> Post | Removal | Skip:
        if not isinstance(raw, dict):
            return Skip("not-an-event")
        event = table_at(raw, "event")
        did = did_of(event)
        if not did:
            return Skip("not-an-event")
        if event.get("kind") == "account":
            return self._account(did, table_at(event, "account"))
        if event.get("kind") != "commit":
            return Skip("not-a-post")
        commit = table_at(event, "commit")
        uri = uri_of(did, commit)
        if not uri:
            return Skip("not-a-post")
        if commit.get("operation") == "delete":
            return self._removal(
                native_id=uri,
                reason=text_at(raw, "reason") or "deleted",
                is_final=raw.get("is_final") is not False,
            )
        if commit.get("operation") not in ("create", "update"):
            return Skip("not-a-post")
        outcome = self._post(raw, event, uri=uri, did=did)
        if isinstance(outcome, Skip) and commit["operation"] == "update":
            # What it was may be on a screen: an edit that does not fit takes it down.
            return self._removal(native_id=uri, reason=outcome.reason, is_final=False)
        return outcome

    def _account(self, did: str, account: Table) -> Removal | Skip:
        """A closed account takes its posts along; a reopened one leaves them to the moderators."""
        if account.get("active") is not False:
            return Skip("account-active")
        status = text_at(account, "status")
        known = status if re.fullmatch(r"[a-z]{1,30}", status) else "inactive"
        return self._removal(author_id=did, reason=f"account-{known}", is_final=known in FINAL)

    def _post(self, raw: Table, event: Table, *, uri: str, did: str) -> Post | Skip:
        commit = table_at(event, "commit")
        record, profile = table_at(commit, "record"), table_at(raw, "profile")
        if record.get("$type", POSTS) != POSTS or not isinstance(record.get("text", ""), str):
            return Skip("not-a-post")
        tags = tags_in(record, in_text=self._options.plain_tags)
        given = raw.get("tags")
        wanted = [tag for tag in given if isinstance(tag, str)] if isinstance(given, list) else self._hashtags
        if not any_of(wanted, tags):
            return Skip("no-tag")
        reason = self._unfit(record) or barred(profile.get("labels"))
        if reason is not None:
            return Skip(reason)
        if raw.get("is_missing") is True:
            return Skip("author-gone")
        spans = spans_of(text_at(record, "text"), record.get("facets"), web_url=self._options.web_url)
        attachments = tuple(self._attachments(table_at(record, "embed"), did=did))
        if not spans and not attachments:
            return Skip("empty")
        at = moment(event.get("time_us"))
        author = self._author(profile, did=did)
        return Post(
            network=self._network,
            source=self._source,
            instance=INSTANCE,
            native_id=uri,
            author=author,
            spans=spans,
            attachments=attachments,
            url=f"{author.url}/post/{uri.rpartition('/')[2]}",
            lang=next(iter(_langs(record)), None),
            created_at=time_of(record.get("createdAt"), seen_at=at),
            edited_at=at if commit.get("operation") == "update" else None,
            tags=_shown_tags(tags),
            is_reply=isinstance(record.get("reply"), dict),
        )

    def _unfit(self, record: Table) -> str | None:
        if reason := barred(table_at(record, "labels").get("values")):
            return reason
        if isinstance(record.get("reply"), dict) and not self._options.replies:
            return "reply"
        spoken = {lang.split("-")[0].lower() for lang in _langs(record)}
        if self._options.langs and spoken and spoken.isdisjoint(self._options.langs):
            return "language"
        return None

    def _author(self, profile: Table, *, did: str) -> Author:
        handle = handle_of(profile)
        return Author(
            id=did,
            name=clean_name(text_at(profile, "displayName")) or handle or clean_name(did, limit=DID_SHOWN),
            handle=f"@{handle}" if handle else "",
            url=f"{self._options.web_url}/profile/{handle or did}",
            avatar_url=_face(profile.get("avatar")),
            followers=count_at(profile, "followersCount"),
            following=count_at(profile, "followsCount"),
            created_at=time_of(profile.get("createdAt"), seen_at=None),
        )

    def _attachments(self, embed: Table, *, did: str) -> list[Attachment]:
        """The pictures of any kind of embed; of a film its still, of a link its preview, of a quote nothing."""
        if isinstance(embed.get("media"), dict):  # recordWithMedia
            embed = table_at(embed, "media")
        rows = rows_at(embed, "images") or rows_at(embed, "items")
        found = [self._image(row, cid_of(row.get("image")), did=did) for row in rows]
        film = cid_of(embed.get("video"))
        if film:
            still = f"{self._options.video_url}/watch/{quote(did, safe='')}/{film}"
            found.append(
                self._sized(
                    embed, f"{still}/playlist.m3u8", kind=MediaKind.VIDEO, poster=f"{still}/thumbnail.jpg"
                )
            )
        link = table_at(embed, "external")
        if thumb := cid_of(link.get("thumb")):
            found.append(self._image({"alt": link.get("title")}, thumb, did=did))
        return [attachment for attachment in found if attachment is not None][:PICTURES_MAX]

    def _image(self, row: Table, cid: str, *, did: str) -> Attachment | None:
        # Without "@jpeg" the server chooses the format, and may change its mind.
        address = f"{self._options.cdn_url}/img/feed_fullsize/plain/{did}/{cid}@jpeg"
        return self._sized(row, address) if cid else None

    def _sized(
        self, row: Table, url: str, *, kind: MediaKind = MediaKind.IMAGE, poster: str | None = None
    ) -> Attachment:
        ratio = table_at(row, "aspectRatio")
        return Attachment(
            url=url,
            kind=kind,
            alt=clean(text_at(row, "alt"), limit=300),
            poster_url=poster,
            width_px=count_at(ratio, "width") or None,
            height_px=count_at(ratio, "height") or None,
        )

    def _removal(
        self, *, native_id: str | None = None, author_id: str | None = None, reason: str, is_final: bool
    ) -> Removal:
        return Removal(
            network=self._network,
            source=self._source,
            instance=INSTANCE,
            native_id=native_id,
            author_id=author_id,
            reason=reason,
            is_final=is_final,
        )


# --- one value at a time ----------------------------------------------------------------------------------


def did_of(event: Table) -> str:
    did = event.get("did")
    return did if isinstance(did, str) and _DID.match(did) else ""


def uri_of(did: str, commit: Table) -> str:
    """The at:// address of the post that a commit is about; "" when it is about something else."""
    rkey = commit.get("rkey")
    is_post = commit.get("collection") == POSTS and isinstance(rkey, str) and _RKEY.match(rkey)
    return f"at://{did}/{POSTS}/{rkey}" if is_post else ""


def parts_of(uri: str) -> tuple[str, str] | None:
    """The did and the record key of a post's at:// address."""
    did, _, rest = uri.removeprefix("at://").partition("/")
    collection, _, rkey = rest.partition("/")
    is_post = uri.startswith("at://") and collection == POSTS and _DID.match(did) and _RKEY.match(rkey)
    return (did, rkey) if is_post else None


def barred(labels: Any) -> str | None:
    """Why labels (`com.atproto.label.defs#label` or #selfLabel) keep a post from a public screen, or None."""
    given = {
        label["val"]
        for label in (labels if isinstance(labels, list) else ())
        if isinstance(label, dict) and isinstance(label.get("val"), str) and label.get("neg") is not True
    }
    found = min(given & BARRED, default=None)
    if found is None:
        return None
    return "signed-in-only" if found == "!no-unauthenticated" else f"label-{found.lstrip('!')}"


def handle_of(profile: Table) -> str:
    """The handle without its sign; "" where it is unknown or does not lead back to its account."""
    handle = text_at(profile, "handle").lower()
    return handle if _HANDLE.match(handle) and handle != "handle.invalid" else ""


def cid_of(blob: Any) -> str:
    """The content id of a blob, in its present form and in the one before; "" when there is none."""
    if not isinstance(blob, dict):
        return ""
    cid = table_at(blob, "ref").get("$link") or blob.get("cid")
    return cid if isinstance(cid, str) and _CID.match(cid) else ""


def time_of(value: Any, *, seen_at: datetime | None) -> datetime | None:
    """What the author's app claims, in UTC; None for what is no time, or lies after the server saw the post."""
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
        when = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
        is_possible = when >= EARLIEST and (seen_at is None or when <= seen_at + AHEAD)
    except (ValueError, OverflowError):
        return None
    return when if is_possible else None


def _langs(record: Table) -> list[str]:
    langs = record.get("langs")
    return [
        lang
        for lang in (langs[:10] if isinstance(langs, list) else ())
        if isinstance(lang, str) and _LANG.match(lang)
    ]


def _shown_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Each once, compared folded, as the author wrote it first."""
    named: dict[str, str] = {}
    for tag in tags:
        shown = clean_name(tag, limit=100).lstrip("#＃")
        if shown and len(named) < TAGS_MAX:
            named.setdefault(fold_tag(shown), shown)
    return tuple(named.values())


def _face(value: Any) -> str | None:
    """The address of an avatar; of Bluesky's own server, as JPEG."""
    address = address_of(value)
    if address is None:
        return None
    path = urlsplit(address).path
    return (
        f"{address}@jpeg"
        if path.startswith("/img/") and address.endswith(path) and "@" not in path
        else address
    )
