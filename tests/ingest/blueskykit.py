"""Sources on the small Bluesky of `tests/fakes/bluesky.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest.atproto.options import BlueskyOptions
from ingest.networks.bluesky import Bluesky
from tests.fakes.bluesky import FakeBluesky

TAG = "parvis"

Wire = Callable[[FakeBluesky], str]

both_wires = pytest.mark.parametrize(
    "wire", [lambda network: network.v1_url, lambda network: network.v2_url], ids=["v1", "v2"]
)


def source_on(network: FakeBluesky, **options: Any) -> Bluesky:
    """A source that looks for `TAG`, and asks for authors faster than real ones."""
    usual: dict[str, Any] = {"base_url": network.base_url, "ws_url": network.v1_url, "authors_s": 0.1}
    return Bluesky(BlueskyOptions(**(usual | options)), source="test", hashtags=(TAG,))
