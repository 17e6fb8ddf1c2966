"""The processes of a wall: the one table behind `parvis up`, `parvis <role>` and the Procfile.

A role is imported by its name, only in its own process; the core does not know what stands behind `ingest`.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, NamedTuple

from wall.settings import locate


class Role(NamedTuple):
    """`target` is "module:function". A stopping wall tells the roles in the order of `stops_within_s`.

    The next role is told when those before it have ended, or when their time is up.
    """

    name: str
    target: str
    stops_within_s: float

    @property
    def command(self) -> tuple[str, ...]:
        return (sys.executable, "-m", "wall.cli.main", self.name)


ROLES = (
    Role("redis", "wall.store.embedded:main", stops_within_s=4.0),
    Role("web", "wall.web.serve:main", stops_within_s=3.0),
    Role("worker", "wall.intake:main", stops_within_s=2.0),
    Role("studio", "kiosk.studio:main", stops_within_s=1.5),
    Role("ingest", "ingest.service:main", stops_within_s=1.0),
)


def networks() -> Any:
    """The module that knows the networks: `NETWORKS`, `load(name)`, `check_options(network, raw, where=…)`."""
    return import_module("ingest.networks")


def programme() -> Any:
    """The module that knows the layouts: `problems(settings)` of what the settings tell them."""
    return import_module("display.programme")


def themes() -> Any:
    """The module that knows the themes: `problems(settings)` of their files, and of the names that settings give."""
    return import_module("display.themes")


def run_role(name: str) -> None:
    """Become the role `name`; returns when it ends."""
    if "PARVIS_CONFIG" not in os.environ:
        os.environ["PARVIS_CONFIG"] = str(locate(os.environ) or "")
    target = next(role.target for role in ROLES if role.name == name)
    module, _, function = target.partition(":")
    getattr(import_module(module), function)()
