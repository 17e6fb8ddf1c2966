"""WebSub (W3C Recommendation, 2018): a hub sends a feed's news to our callback as soon as they are out.

`Subscriber` asks a hub and renews in time; `WebSubHook` answers the hub's checks and judges its deliveries. The
two meet in the source's memory: what was asked is written by the one, what the hub granted by the other.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from ingest.contract import Feed, RateLimited, SourceLost, SourceOff
from ingest.hook import Call, HookAnswer

log = logging.getLogger("parvis.ingest")

ASKED = "websub"
GRANTED = "websub.lease"
LEASE_S = 864_000
RENEW_AT = 0.8
ASK_AGAIN_S = 600.0
DENIED_S = 3600.0
CHALLENGE_MAX = 128

_ALGORITHMS = {"sha1", "sha256", "sha384", "sha512"}
_CHALLENGE = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]+")  # printable ASCII without "<" and ">"
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r"""rel\s*=\s*"?([^";,]*)""", re.IGNORECASE)


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """What we asked of a hub. `key` makes our callback unguessable; `asked_at` is Unix seconds."""

    hub: str
    topic: str
    key: str
    secret: str
    asked_at: float


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub said, Unix seconds. A denial holds until `until`, too: then we may ask again."""

    key: str
    since: float
    until: float
    is_denied: bool = False


S = TypeVar("S", Subscription, Lease)


def links_of(header: str) -> dict[str, str]:
    """The targets of a Link header (RFC 8288) by relation; the first of each."""
    found: dict[str, str] = {}
    for target, parameters in _LINK.findall(header):
        for rel in _REL.findall(parameters):
            for word in rel.lower().split():
                found.setdefault(word, target)
    return found


def is_fit_hub(hub: str, *, feed_url: str) -> bool:
    """A feed may name any address as its hub; we write to the feed's own host, or to a name over https."""
    try:
        there, here = urlsplit(hub), urlsplit(feed_url)
        is_own = (there.hostname, there.port) == (here.hostname, here.port)
    except ValueError:
        return False
    host = there.hostname or ""
    is_named = "." in host and not host.replace(".", "").isdigit() and ":" not in host
    return there.scheme in ("http", "https") and (is_own or (there.scheme == "https" and is_named))


class Subscriber:
    """Keeps one source subscribed, as long as its feed names a hub and we have an address for callbacks."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._is_refused = False

    async def keep(self, *, hub: str | None, topic: str, feed_url: str) -> bool:
        """Ask, or renew at 80 % of the lease; whether the hub delivers now. A failing hub only costs its speed."""
        callback = self._feed.callback_url
        if hub is None or callback is None or not is_fit_hub(hub, feed_url=feed_url):
            return False
        now = datetime.now(UTC).timestamp()
        asked = _read(await self._feed.recall(ASKED), Subscription)
        if asked is None or (asked.hub, asked.topic) != (hub, topic):
            key, secret = secrets.token_urlsafe(18), secrets.token_urlsafe(36)
            await self._ask(
                Subscription(hub=hub, topic=topic, key=key, secret=secret, asked_at=now), callback
            )
            return False
        lease = _read(await self._feed.recall(GRANTED), Lease)
        if lease is not None and (lease.key != asked.key or now >= lease.until):
            lease = None
        is_due = lease is None or (
            not lease.is_denied and now >= lease.since + RENEW_AT * (lease.until - lease.since)
        )
        if is_due and now - asked.asked_at >= ASK_AGAIN_S:
            await self._ask(msgspec.structs.replace(asked, asked_at=now), callback)
        return lease is not None and not lease.is_denied

    async def _ask(self, asked: Subscription, callback: str) -> None:
        # Remembered first: a hub may check our callback before it answers.
        await self._feed.remember(ASKED, msgspec.json.encode(asked).decode())
        fields = {
            "hub.mode": "subscribe",
            "hub.topic": asked.topic,
            "hub.callback": f"{callback}/{asked.key}",
            "hub.secret": asked.secret,
            "hub.lease_seconds": str(LEASE_S),
        }
        try:
            reply = await self._feed.transport.post_form(asked.hub, fields)
            reason = "" if 200 <= reply.status < 300 else f"it answered {reply.status}"
        except (SourceLost, SourceOff, RateLimited) as error:
            reason = str(error)
        if reason and not self._is_refused:
            log.info("source %s polls alone, its hub does not serve: %s", self._feed.name, reason)
        self._is_refused = bool(reason)


class WebSubHook(msgspec.Struct, frozen=True):
    """Answers a hub. Deliveries with a wrong signature are answered as the good ones are, and dropped (section 8)."""

    def answer(
        self,
        call: Call,
        *,
        options: Any,  # noqa: ARG002  # every hook is given them; here the hub's secret is in the memory
        memory: Mapping[str, str],
        now: datetime,
    ) -> HookAnswer:
        asked = _read(memory.get(ASKED), Subscription)
        if asked is None or not hmac.compare_digest(_bytes(asked.key), _bytes(call.key)):
            return HookAnswer(410 if call.method == "POST" else 404)
        if call.method == "GET":
            return _checked(call.query, asked, now=now.timestamp())
        if call.method == "POST":
            is_good = is_signed(
                call.body, header=call.headers.get("x-hub-signature", ""), secret=asked.secret
            )
            return HookAnswer(202, is_delivery=is_good)
        return HookAnswer(405)


def _checked(query: Mapping[str, str], asked: Subscription, *, now: float) -> HookAnswer:
    mode, challenge = query.get("hub.mode"), query.get("hub.challenge", "")
    if query.get("hub.topic") != asked.topic:
        return HookAnswer(404)
    if mode == "denied":
        denied = Lease(key=asked.key, since=now, until=now + DENIED_S, is_denied=True)
        return HookAnswer(200, remember={GRANTED: msgspec.json.encode(denied).decode()})
    if mode != "subscribe" or len(challenge) > CHALLENGE_MAX or not _CHALLENGE.fullmatch(challenge):
        return HookAnswer(404)
    given = query.get("hub.lease_seconds", "")
    lease_s = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else LEASE_S
    lease = Lease(key=asked.key, since=now, until=now + max(60, lease_s))
    return HookAnswer(200, challenge, remember={GRANTED: msgspec.json.encode(lease).decode()})


def is_signed(body: bytes, *, header: str, secret: str) -> bool:
    """Whether `header` ("sha256=hex", in either case) is the body's HMAC under `secret`. Constant time."""
    algorithm, _, given = header.strip().partition("=")
    if algorithm.lower() not in _ALGORITHMS:
        return False
    expected = hmac.new(_bytes(secret), body, getattr(hashlib, algorithm.lower())).hexdigest()
    return hmac.compare_digest(_bytes(given.lower()), _bytes(expected))


def _read(text: str | None, kind: type[S]) -> S | None:
    try:
        return None if text is None else msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError:
        return None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
