"""`parvis audit`: who did what, verified, read and kept. None of its commands changes an entry."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from wall.cli.options import CONFIG, DATA, settings_for


@click.group()
def audit() -> None:
    """Who did what: verify it, read it, keep a copy."""


@audit.command("verify")
@CONFIG
@DATA
@click.option("--head", "heads", multiple=True, metavar="LINE", help="A head that was printed before.")
def verify(config: Path | None, data: str | None, heads: tuple[str, ...]) -> None:
    """Walk the whole chain; exit code 1 and the first wrong entry when it is broken."""
    from wall.chain import Head
    from wall.cli.audit import verdict_lines
    from wall.cli.audit import verify as walk

    try:
        known = [Head.read(line) for line in heads]
    except ValueError as error:
        message = f"{str(error)!r} is no line of parvis audit head"
        raise click.BadParameter(message, param_hint="--head") from None
    found = walk(settings_for(config, data), known)
    for line in verdict_lines(found):
        click.echo(line)
    sys.exit(0 if found.wrong is None else 1)


@audit.command("head")
@CONFIG
@DATA
def head(config: Path | None, data: str | None) -> None:
    """Print the newest entry's number, hash and time, to be kept away from the wall's machine."""
    from wall.cli.audit import head as newest_head

    newest = newest_head(settings_for(config, data))
    if not newest.n:
        raise click.ClickException("the audit is still empty")
    click.echo(newest)


@audit.command("show")
@CONFIG
@DATA
@click.option("--post", default="", metavar="ID", help="About this post alone.")
@click.option("--by", default="", metavar="NAME", help="By this person, source or part of Parvis alone.")
@click.option(
    "--since", default="", metavar="TIME", help="2h, 30m, 3d, 2026-11-24 or 2026-11-24T18:30 (UTC)."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def show(config: Path | None, data: str | None, post: str, by: str, since: str, *, as_json: bool) -> None:
    """Print entries, oldest first."""
    from wall.cli.audit import entry_json, entry_line, moment, shown

    try:
        start = moment(since, now=datetime.now(UTC)) if since else None
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{since!r} is no time", param_hint="--since") from None
    settings = settings_for(config, data)

    async def all_of_them() -> None:
        async for entry in shown(settings, pid=post, by=by, since=start):
            click.echo(entry_json(entry) if as_json else entry_line(entry))

    asyncio.run(all_of_them())


@audit.command("export")
@CONFIG
@DATA
@click.argument("file", type=click.Path(path_type=Path))
def export(config: Path | None, data: str | None, file: Path) -> None:
    """Write every entry to FILE, one JSON object a line; its sha256sum is the one that verify prints."""
    from wall.cli.audit import export as walk
    from wall.cli.audit import verdict_lines

    settings = settings_for(config, data)
    try:
        new = file.open("xb")
    except FileExistsError:
        raise click.ClickException(f"{file} exists; it is left as it is") from None
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    try:
        with new:
            found = walk(settings, new.write)
    except BaseException as error:
        file.unlink()
        if isinstance(error, OSError):
            raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
        raise
    for line in verdict_lines(found):
        click.echo(line)
    sys.exit(0 if found.wrong is None else 1)
