"""Every command of `parvis`, thin: options in, one call. What a command needs is imported when it runs."""

from __future__ import annotations

import os
import shlex
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from wall.cli.audit_commands import audit
from wall.cli.options import CONFIG, DATA, settings_for
from wall.cli.roles import ROLES, run_role
from wall.cli.user_commands import user
from wall.settings import CONFIG_NAME, locate

HOST = click.option("--host", help='The address to listen on; "0.0.0.0" lets phones and screens in.')
PORT = click.option("--port", help="The port to listen on (8000).")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("parvis"), prog_name="parvis")
def parvis() -> None:
    """Parvis, a real-time social wall for physical venues."""


@parvis.command()
@CONFIG
@DATA
@HOST
@PORT
def up(config: Path | None, data: str | None, host: str | None, port: str | None) -> None:
    """Run the whole wall; Ctrl-C stops it."""
    from wall.cli.up import up as run

    flags = {"data_dir": data, "web.host": host, "web.port": port}
    sys.exit(run(config or locate(os.environ), flags=flags, env=os.environ))


@parvis.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@CONFIG
@DATA
@HOST
@PORT
def replay(file: Path, config: Path | None, data: str | None, host: str | None, port: str | None) -> None:
    """Run the wall on recorded posts (JSON lines) alone."""
    from wall.cli.up import up as run

    flags = {"data_dir": data, "web.host": host, "web.port": port}
    env = {**os.environ, "PARVIS_REPLAY": str(file.absolute())}
    sys.exit(run(config or locate(os.environ), flags=flags, env=env))


def _add_role(name: str, text: str) -> None:
    @parvis.command(name=name, help=text)
    @CONFIG
    @DATA
    @HOST
    @PORT
    def role(config: Path | None, data: str | None, host: str | None, port: str | None) -> None:
        given = {"PARVIS_CONFIG": config, "PARVIS_DATA": data, "PARVIS_HOST": host, "PARVIS_PORT": port}
        os.environ.update({key: str(value) for key, value in given.items() if value is not None})
        run_role(name)


for _role in ROLES:
    _add_role(_role.name, f"Run the role {_role.name} alone (`parvis up` runs them all).")


@parvis.command()
@CONFIG
@click.option("--quiet", is_flag=True, help="Say nothing when all is well.")
def check(config: Path | None, *, quiet: bool) -> None:
    """Name every mistake in the settings, the sources' own among them."""
    from wall.cli.check import check_all

    path = config or locate(os.environ)
    problems, warnings, sources = check_all(path, env=os.environ)
    for line in (*problems, *warnings):
        click.echo(line, err=True)
    if problems:
        sys.exit(os.EX_CONFIG)
    if not quiet:
        count = f"{sources} source{'' if sources == 1 else 's'}"
        click.echo(f"{path or 'the built-in sample'}: the settings are right, {count}")


@parvis.command()
@click.argument("file", default=CONFIG_NAME, type=click.Path(path_type=Path))
def init(file: Path) -> None:
    """Write a settings file to start from, every key explained."""
    from wall.cli.example import example

    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(example())
    except FileExistsError:
        raise click.ClickException(f"{file} exists; it is left as it is") from None
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    file.chmod(0o600)
    click.echo(f"{file} is written. Change it, then: parvis check, and: parvis up")


@parvis.command()
@CONFIG
@DATA
@HOST
@PORT
def doctor(config: Path | None, data: str | None, host: str | None, port: str | None) -> None:
    """Look at everything a wall needs, and say what is missing."""
    from wall.cli.doctor import examine

    flags = {"data_dir": data, "web.host": host, "web.port": port}
    is_well = True
    for finding in examine(config or locate(os.environ), flags=flags, env=os.environ):
        is_well &= finding.mark != "bad"
        colour = {"good": "green", "doubt": "yellow", "bad": "red"}[finding.mark]
        click.echo(f"{click.style(f'{finding.mark:<6}', fg=colour)} {finding.text}")
    sys.exit(0 if is_well else 1)


@parvis.command()
@click.argument("screen", default="main")
@click.option("--url", help="Where the wall is, like http://192.0.2.7:8000; this machine's own otherwise.")
@click.option("--browser", help="The Chromium to use, when it is not on the PATH.")
@click.option(
    "--profile", type=click.Path(path_type=Path), help="The folder where the browser keeps its things."
)
@click.option("--position", default="", metavar="X,Y", help="The display to use, by its corner, like 1920,0.")
@click.option("--size", default="", metavar="W,H", help="The size of the window, like 1920,1080.")
@click.option("--unit", is_flag=True, help="Print the systemd unit for a mini PC instead.")
@click.option("--print", "prints", is_flag=True, help="Print the browser's command line instead.")
@CONFIG
@DATA
def screen(
    screen: str,
    config: Path | None,
    data: str | None,
    url: str | None,
    browser: str | None,
    profile: Path | None,
    position: str,
    size: str,
    *,
    unit: bool,
    prints: bool,
) -> None:
    """Show the public SCREEN (main) in a Chromium without a frame, and keep it alive."""
    from wall.cli import player
    from wall.cli import screen as screens

    settings = settings_for(config, data)
    where = screens.address(settings, screen, url)
    folder = (profile or settings.data_dir / "browser" / screen).absolute()
    words = player.command(
        screens.browser_or_leave(browser), where, profile=folder, position=position, size=size
    )
    if unit:
        click.echo(screens.unit(screen, where, folder, position=position, size=size), nl=False)
    elif prints:
        click.echo(shlex.join(words))
    else:
        folder.mkdir(parents=True, exist_ok=True)
        screens.play(words)


@parvis.command()
@CONFIG
@DATA
@click.option(
    "--role", type=click.Choice(["viewer", "moderator", "admin"]), default="admin", show_default=True
)
def pair(config: Path | None, data: str | None, role: Any) -> None:
    """Print a fresh sign-in code for the desk, and in a terminal a QR code that carries it."""
    from wall.cli.access import pair as new
    from wall.cli.access import pair_lines

    settings = settings_for(config, data)
    code = new(settings, role=role)
    click.echo(code)
    if sys.stdout.isatty():
        click.echo("\n".join(pair_lines(settings, code)))


parvis.add_command(user)
parvis.add_command(audit)


@parvis.group()
def token() -> None:
    """Tokens for the API."""


@token.command("create")
@CONFIG
@DATA
@click.argument("name")
@click.option(
    "--role", type=click.Choice(["viewer", "moderator", "admin"]), default="moderator", show_default=True
)
def token_create(config: Path | None, data: str | None, name: str, role: Any) -> None:
    """Make a token and print it; it is shown only now."""
    from wall.cli.access import create_token

    click.echo(create_token(settings_for(config, data), name=name, role=role))


@token.command("list")
@CONFIG
@DATA
def token_list(config: Path | None, data: str | None) -> None:
    """Print the tokens' ids, names and roles."""
    from wall.cli.access import list_tokens

    for row in list_tokens(settings_for(config, data)):
        click.echo("  ".join(row))


@token.command("revoke")
@CONFIG
@DATA
@click.argument("token_id", metavar="ID")
def token_revoke(config: Path | None, data: str | None, token_id: str) -> None:
    """End a token's life; ID as `parvis token list` prints it."""
    from wall.cli.access import revoke

    if not revoke(settings_for(config, data), token_id):
        raise click.ClickException(f"there is no token {token_id}; parvis token list prints them")
    click.echo(f"token {token_id} is revoked")


@parvis.command()
def networks() -> None:
    """Print the networks that a source can be."""
    from wall.cli.networks import show

    show()


@parvis.group()
def rules() -> None:
    """The rules that posts pass before a moderator sees them."""


@rules.command("list")
@CONFIG
def rules_list(config: Path | None) -> None:
    """Print every rule and what it is set to."""
    from wall.cli.rules import show_rules

    show_rules(settings_for(config))


@rules.command("try")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@CONFIG
def rules_try(file: Path, config: Path | None) -> None:
    """Print what each rule says of the posts in FILE (JSON lines, as `parvis replay` takes them)."""
    from wall.cli.rules import show_tried

    if not show_tried(file, settings_for(config)):
        sys.exit(os.EX_DATAERR)


@parvis.group()
def labels() -> None:
    """The labels that pass posts on to departments."""


@labels.command("list")
@CONFIG
def labels_list(config: Path | None) -> None:
    """Print every label and where it leads."""
    from wall.cli.labels import list_labels

    for row in list_labels(settings_for(config)):
        click.echo("  ".join(row))


@labels.command("try")
@click.argument("name")
@CONFIG
def labels_try(name: str, config: Path | None) -> None:
    """Send a test message to the department of label NAME, and print what happened."""
    from wall.cli.labels import try_label

    try:
        lines, is_well = try_label(settings_for(config), name)
    except KeyError:
        raise click.ClickException(f"there is no label {name!r}; parvis labels list prints them") from None
    for line in lines:
        click.echo(line)
    if not is_well:
        sys.exit(1)


@parvis.command()
@CONFIG
@DATA
@click.option("--output", type=click.File("wb"), default="-", help="A file instead of the terminal.")
def export(config: Path | None, data: str | None, output: Any) -> None:
    """Print the approved posts, oldest first, one JSON object a line."""
    from wall.cli.export import approved

    for line in approved(settings_for(config, data)):
        output.write(line + b"\n")


@parvis.command()
@CONFIG
@DATA
@click.option("--yes", is_flag=True, help="Do not ask.")
def wipe(config: Path | None, data: str | None, *, yes: bool) -> None:
    """Delete everything kept of this event: posts, pictures, accounts."""
    from wall.cli.folder import Refused
    from wall.cli.wipe import wipe as delete

    settings = settings_for(config, data)
    if not yes:
        click.confirm(f"Delete everything of {settings.event.name} in {settings.data_dir}?", abort=True)
    try:
        count = delete(settings)
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(f"{settings.data_dir}: {count} entries deleted" if count else "nothing was kept")
