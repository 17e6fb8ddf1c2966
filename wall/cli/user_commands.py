"""The commands below `parvis user`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wall.cli.options import CONFIG, DATA, settings_for

ROLE = click.Choice(["viewer", "moderator", "admin"])
GENERATE = click.option(
    "--generate", is_flag=True, help="Make a password and print it; it is shown only now."
)


@click.group()
def user() -> None:
    """People who sign in with a password of their own."""


@user.command("add")
@CONFIG
@DATA
@click.argument("name")
@click.option("--role", type=ROLE, default="moderator", show_default=True)
@GENERATE
def user_add(config: Path | None, data: str | None, name: str, role: Any, *, generate: bool) -> None:
    """Add somebody; the password is asked for."""
    from wall.cli.user import add

    made = add(settings_for(config, data), name, role=role, generate=generate)
    click.echo(made or f"{name} may sign in as {role}")


@user.command("list")
@CONFIG
@DATA
def user_list(config: Path | None, data: str | None) -> None:
    """Print everybody's role, name and number of devices."""
    from wall.cli.user import listing

    for row in listing(settings_for(config, data)):
        click.echo("  ".join(filter(None, row)))


@user.command("role")
@CONFIG
@DATA
@click.argument("name")
@click.argument("role", type=ROLE)
def user_role(config: Path | None, data: str | None, name: str, role: Any) -> None:
    """Change what somebody may do, at once."""
    from wall.cli.user import set_role

    click.echo(f"{set_role(settings_for(config, data), name, role).name} is {role} now")


@user.command("password")
@CONFIG
@DATA
@click.argument("name")
@GENERATE
def user_password(config: Path | None, data: str | None, name: str, *, generate: bool) -> None:
    """Give somebody a new password; every login of theirs is over."""
    from wall.cli.user import set_password

    made = set_password(settings_for(config, data), name, generate=generate)
    click.echo(made or f"{name} has a new password; every login of before is over")


@user.command("remove")
@CONFIG
@DATA
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def user_remove(config: Path | None, data: str | None, name: str, *, yes: bool) -> None:
    """Remove somebody; every login of theirs is over."""
    from wall.cli.user import remove

    if not yes:
        click.confirm(f"Remove {name}?", abort=True)
    click.echo(f"{remove(settings_for(config, data), name).name} is removed")


@user.command("sessions")
@CONFIG
@DATA
@click.option("--revoke", metavar="ID", help='End this login, or "all" of them.')
def user_sessions(config: Path | None, data: str | None, revoke: str | None) -> None:
    """Print every login: id, role, since when, address, device, name."""
    from wall.cli.user import revoke as end
    from wall.cli.user import sessions

    settings = settings_for(config, data)
    if revoke is None:
        for row in sessions(settings):
            click.echo("  ".join(row))
        return
    count = end(settings, revoke)
    if not count and revoke != "all":
        raise click.ClickException(f"there is no login {revoke}; parvis user sessions prints them")
    click.echo(f"{count} login{'' if count == 1 else 's'} ended")
