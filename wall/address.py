"""Under which addresses people reach this wall."""

from __future__ import annotations

import socket

from wall.settings import Settings

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared, not bound


def lan_address() -> str:
    """This machine's address in its own network; no packet is sent to find it. Loopback when there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def base_url(settings: Settings) -> str:
    """The public address where one is set, else this machine's."""
    if settings.web.public_url:
        return settings.web.public_url.rstrip("/")
    host = lan_address() if settings.web.host in EVERYWHERE else settings.web.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.web.port}"
