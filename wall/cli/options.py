"""The options that most commands share, and the settings they lead to."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from wall.settings import Settings, SettingsError, load, locate

CONFIG = click.option("--config", type=click.Path(path_type=Path), help="The settings file (parvis.toml).")
DATA = click.option("--data", help="The data folder (parvis-data beside the settings file).")


def settings_for(config: Path | None, data: str | None = None) -> Settings:
    """The settings, or every mistake and exit code 78."""
    try:
        return load(config or locate(os.environ), flags={"data_dir": data}, env=os.environ)
    except SettingsError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        sys.exit(os.EX_CONFIG)
