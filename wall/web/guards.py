"""What stands before every request: size and time of bodies, security headers, who may change something from where."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wall.web.answers import ApiError
from wall.web.auth import Person

BODY_DEADLINE_S = 30.0
JSON_LIMIT = 1_000_000


def page_policy(nonce: str, *, ancestors: str = "'none'") -> str:
    """The content security policy of our pages: our own scripts, styles, pictures and sockets, nothing else.

    The one trusted type makes the address of a page's own service worker. `ancestors` may put the page into a frame.
    A page without a nonce has no script inside it, and is the same for everybody: it can be kept.
    """
    return "; ".join((
        "default-src 'none'",
        f"script-src 'nonce-{nonce}' 'self'" if nonce else "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-src 'self'",
        f"frame-ancestors {ancestors}",
        "require-trusted-types-for 'script'",
        "trusted-types parvis-worker",
    ))  # fmt: skip


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
)
SECURE_HEADERS = ((b"cross-origin-opener-policy", b"same-origin"),)  # browsers ignore it on plain http, aloud
API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class Headers:
    """Adds the security headers to every answer that does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                there = {name.lower() for name, _ in headers}
                wanted = (*HEADERS, API_POLICY, *(SECURE_HEADERS if scope["scheme"] == "https" else ()))
                headers += [(name, value) for name, value in wanted if name not in there]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, with_headers)


class HostGuard:
    """Answers only to names that are ours: addresses, this machine's own names, and the public address.

    A page of a stranger whose name was pointed at this machine (DNS rebinding) speaks to another host name.
    """

    def __init__(self, app: ASGIApp, *, public_url: str | None = None) -> None:
        self.app = app
        machine = socket.gethostname().lower()
        self._names = {
            "localhost",
            machine,
            f"{machine}.local",
            (urlsplit(public_url or "").hostname or "localhost"),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not self._is_ours(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await _refuse(
                    send, 421, "unknown-host", "this name is not known here: set web.public_url to it"
                )
            return
        await self.app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return False
        try:
            name = urlsplit(f"//{hosts[0].decode('ascii')}").hostname or ""
        except ValueError:
            return False
        return name.rstrip(".") in self._names or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class BodyLimit:
    """Refuses a body that is too large while it is read (413) or that does not end in time (408).

    `limits` are (path prefix, bytes, seconds); everything else may send `JSON_LIMIT` within `deadline_s`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Iterable[tuple[str, int, float]] = (),
        deadline_s: float = BODY_DEADLINE_S,
    ) -> None:
        self.app = app
        self.limits = tuple(limits)
        self.deadline_s = deadline_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        usual = ("", JSON_LIMIT, self.deadline_s)
        _, limit, within_s = next((one for one in self.limits if scope["path"].startswith(one[0])), usual)
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > limit:
            await _refuse(send, 413, "too-large", f"the limit here is {limit} bytes")
            return
        taken = 0
        is_whole = False
        is_started = False
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s

        async def limited() -> Message:
            nonlocal taken, is_whole
            if is_whole:
                return await receive()  # nothing but the client's leaving is still to come
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise ApiError(408, "too-slow", "the body did not arrive in time") from None
            is_whole = not message.get("more_body", False)
            taken += len(message.get("body", b""))
            if taken > limit:
                raise ApiError(413, "too-large", f"the limit here is {limit} bytes")
            return message

        async def started(message: Message) -> None:
            nonlocal is_started
            is_started = True
            await send(message)

        try:
            await self.app(scope, limited, started)
        except ApiError as error:
            if is_started:
                raise
            await _refuse(send, error.status, error.code, error.message)


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    body = b'{"error":{"code":"%s","message":"%s"}}' % (code.encode(), message.encode())
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def is_same_origin(connection: HTTPConnection) -> bool:
    """Whether the Origin header names the host this request was sent to. A missing or "null" origin is foreign.

    The scheme is not compared: behind a proxy that ends TLS it differs, and the host guard has seen the name.
    """
    try:
        origin = urlsplit(connection.headers.get("origin", ""))
    except ValueError:
        return False
    is_web = origin.scheme in ("http", "https") and bool(origin.netloc)
    return is_web and origin.netloc == connection.headers.get("host")


def is_host(connection: HTTPConnection) -> bool:
    """Whether somebody at this very machine asks: a loopback address, by a loopback name, through no proxy."""
    if connection.client is None or connection.client.host not in ("127.0.0.1", "::1"):
        return False
    if any(name in connection.headers for name in ("forwarded", "x-forwarded-for", "via")):
        return False
    try:
        name = urlsplit(f"//{connection.headers.get('host', '')}").hostname
    except ValueError:
        return False
    return name in ("localhost", "127.0.0.1", "::1")


def need_same_origin(connection: HTTPConnection, person: Person) -> None:
    """A cookie travels by itself, so whoever signed in with one must come from our own pages (403 otherwise)."""
    if not person.by_cookie:
        return
    site = connection.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise ApiError(403, "foreign-origin", "this can be done from our own pages alone")
    if not is_same_origin(connection):
        raise ApiError(403, "foreign-origin", "this can be done from our own pages alone")
