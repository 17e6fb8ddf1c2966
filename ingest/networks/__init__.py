"""The networks: one line each. A network's file is read only when a source of its kind is configured."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import msgspec

from ingest.contract import Network
from wall.settings_build import build
from wall.settings_file import Notes

NETWORKS: dict[str, str] = {
    "bluesky": "ingest.networks.bluesky:Bluesky",
    "feed": "ingest.networks.feed:SyndicationFeed",
    "mastodon": "ingest.networks.mastodon:Mastodon",
    "replay": "ingest.networks.replay:Replay",
}


class UnknownNetwork(Exception):
    """There is no network of that name; the message says which name was probably meant."""

    def __init__(self, name: str) -> None:
        close = difflib.get_close_matches(name.lower(), NETWORKS, n=1, cutoff=0.5)
        cure = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(NETWORKS))}"
        super().__init__(f"{name!r} is not a network; {cure}")
        self.name = name


def load(name: str) -> type[Network]:
    """The class of a network. Raises `UnknownNetwork`."""
    try:
        path, _, noun = NETWORKS[name].partition(":")
    except KeyError:
        raise UnknownNetwork(name) from None
    return cast("type[Network]", getattr(import_module(path), noun))


def check_options(
    network: type[Network], raw: Mapping[str, Any], *, where: str = "source"
) -> msgspec.Struct | tuple[str, ...]:
    """A source's options in the network's own shape, or every mistake in them, one sentence each.

    `raw` comes from the settings, with secrets as `Secret`; `where` ("source[2]") begins each sentence. An
    `Options.__post_init__` may raise `ValueError` with what stands after it (".url is missing; …").
    """
    notes = Notes()
    shape = network.Options
    try:
        options = build(shape, dict(raw), where=where, notes=notes, known={where: shape.__struct_fields__})
    except ValueError as error:
        return (f"{where}{error}",)
    return tuple(notes.problems) if options is None else options
