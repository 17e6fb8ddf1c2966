"""What `parvis up` shows once the wall can be opened: the addresses, the sign-in code, a QR code for phones."""

from __future__ import annotations

import io
import ipaddress
import socket
from urllib.parse import urlsplit

import msgspec

from wall.address import base_url
from wall.settings import Settings

NOTICE = "@parvis "
PROBE_TIMEOUT_S = 0.3


class Notice(msgspec.Struct, frozen=True):
    """What the web role says of itself on a line that starts with `NOTICE`."""

    join: str = ""
    code: str = ""


class Greeting:
    """Waits for the web role: hears its notices, asks whether it answers, and has its say once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._notice = Notice()
        self._is_given = False

    @property
    def is_due(self) -> bool:
        """The web role has introduced itself and the greeting has not been shown."""
        return bool(self._notice.join) and not self._is_given

    def hear(self, line: str) -> str | None:
        """The line to show for a line of the web role; None for a notice that the greeting will carry."""
        if not line.startswith(NOTICE):
            return line
        try:
            notice = msgspec.json.decode(line.removeprefix(NOTICE), type=Notice)
        except msgspec.DecodeError:
            return line
        old, self._notice = (
            self._notice,
            Notice(notice.join or self._notice.join, notice.code or self._notice.code),
        )
        if self._is_given and notice.code and notice.code != old.code:
            return f"desk sign-in code: {notice.code}"
        return None

    def give(self) -> str | None:
        """The greeting, once, as soon as the wall answers; None before and after."""
        if not self.is_due or not answers(self._settings.web.host, self._settings.web.port):
            return None
        self._is_given = True
        return greeting(self._settings, self._notice)


def greeting(settings: Settings, notice: Notice) -> str:
    base = base_url(settings)
    lines = [
        "",
        f"  {settings.event.name}: the wall is on.",
        "",
        f"  screen   {base}/screen",
        f"  desk     {base}/desk" + (f"   sign in with {notice.code}" if notice.code else ""),
        f"  kiosk    {base}/kiosk",
        f"  join     {notice.join}",
        "",
    ]
    lines += qr_lines(notice.join)
    if is_only_here(base):
        lines.append("  Only this machine can open these. For screens and phones: parvis up --host 0.0.0.0")
    lines += [f"  Ctrl-C stops the wall. Everything it keeps is in {settings.data_dir}", ""]
    return "\n".join(lines)


def is_only_here(base: str) -> bool:
    """Whether an address is of use on this machine alone."""
    host = urlsplit(base).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def answers(host: str, port: int) -> bool:
    """Whether `/healthz` says 200 right now."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not bound
    try:
        with socket.create_connection((near, port), timeout=PROBE_TIMEOUT_S) as link:
            link.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            return b" 200 " in link.recv(64)
    except OSError:
        return False


def qr_lines(text: str) -> list[str]:
    """A QR code in half blocks, two rows of modules a line."""
    import segno  # 40 ms and 5 MB, only when a code is shown

    drawn = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(drawn, border=2, compact=True)
    return [f"  {line}" for line in drawn.getvalue().splitlines()]
