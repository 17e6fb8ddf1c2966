"""Departments to pass posts on to: a web service on a free port, and a mail server on another. Both are real."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec
import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.stack import free_port

WAIT_S = 30.0


class Delivered(NamedTuple):
    """One request: its headers in lower case, and its body as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        return msgspec.json.decode(self.body)


class Department:
    """Answers with the statuses of `answers` one after the other, then with 200. `hold` keeps it from answering."""

    def __init__(self, *answers: int, port: int | None = None) -> None:
        self.answers = list(answers)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}/parvis/t0p-secret-path"
        self.got: list[Delivered] = []
        self.elsewhere = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(
            [web.post("/parvis/t0p-secret-path", self._take), web.route("*", "/moved", self._moved)]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        self.hold.set()
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append(Delivered(headers, await request.read()))
        async with self._changed:
            self._changed.notify_all()
        await self.hold.wait()
        status = self.answers.pop(0) if self.answers else 200
        return web.Response(status=status, headers={"Location": "/moved"}, text="thank you " * 10)

    async def _moved(self, _: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response()

    async def until(self, count: int) -> list[Delivered]:
        async with asyncio.timeout(WAIT_S), self._changed:
            await self._changed.wait_for(lambda: len(self.got) >= count)
        return self.got


class Mailbox:
    """What the mail server has taken: each mail as it was read, and whom it was for."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage, bytes]] = []
        self.refuse: dict[str, str] = {}
        self.logins: list[tuple[bytes, bytes]] = []
        self.port = 0

    async def handle_RCPT(  # noqa: N802  # aiosmtpd names it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd names it so
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((list(envelope.rcpt_tos), mail, envelope.content))
        return "250 OK"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"correct horse", handled=False)

    async def until(self, count: int) -> None:
        await until(lambda: len(self.mails) >= count)


@asynccontextmanager
async def mail_server(
    *, tls: ssl.SSLContext | None = None, is_strict: bool = False
) -> AsyncIterator[Mailbox]:
    """`tls` offers STARTTLS; `is_strict` wants a user and a password first."""
    box = Mailbox()
    box.port = free_port()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=box.port,
        tls_context=tls,
        authenticator=box.authenticate,
        auth_required=is_strict,
        auth_require_tls=tls is not None,
    )
    await asyncio.to_thread(controller.start)
    try:
        yield box
    finally:
        await asyncio.to_thread(controller.stop)


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context for "localhost", and the certificate that somebody may choose to trust."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context, cert


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():
            await asyncio.sleep(0.01)
