"""`parvis screen`: the browser of a public screen, started right and kept alive; or the unit file that does so."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click

from wall.address import base_url
from wall.cli.player import Player, find_browser
from wall.loop import run
from wall.settings import Settings

UNIT = """\
# ~/.config/systemd/user/parvis-screen.service
# then: systemctl --user enable --now parvis-screen; and: loginctl enable-linger $USER
[Unit]
Description=Parvis screen {screen}
After=graphical-session.target
StartLimitIntervalSec=0

[Service]
ExecStart={command}
Restart=always
RestartSec=1
KillMode=mixed
TimeoutStopSec=10
MemoryMax=75%
OOMPolicy=stop

[Install]
WantedBy=default.target
"""


def address(settings: Settings, screen: str, url: str | None) -> str:
    """The page to open. Raises `click.BadParameter` for what is no web address."""
    base = url or base_url(settings)
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.BadParameter(
            f"{base!r} is no web address; write it like http://192.0.2.7:8000", param_hint="--url"
        )
    return f"{parts.scheme}://{parts.netloc}/screen/{screen}"


def unit(screen: str, page: str, profile: Path, *, position: str, size: str) -> str:
    """A systemd unit of the user who owns the display."""
    parts = urlsplit(page)
    words = [
        str(Path(shutil.which(sys.argv[0]) or "parvis").absolute()),
        "screen",
        screen,
        "--url",
        f"{parts.scheme}://{parts.netloc}",
        "--profile",
        str(profile),
    ]
    words += [*(["--position", position] if position else []), *(["--size", size] if size else [])]
    return UNIT.format(screen=screen, command=shlex.join(words).replace("%", "%%"))


def browser_or_leave(wanted: str | None) -> str:
    browser = wanted or find_browser()
    if browser is None:
        raise click.ClickException(
            "no Chromium is installed here. On Debian: apt install chromium. Or name one: --browser PATH"
        )
    return browser


def play(words: list[str]) -> None:
    """Until Ctrl-C or SIGTERM."""
    try:
        run(Player(words, told=lambda line: click.echo(line, err=True)).run())
    except OSError as error:
        raise click.ClickException(f"{words[0]} cannot be started: {error.strerror}") from None
