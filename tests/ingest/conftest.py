from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ingest.transport import Transport
from tests.fakes.mastodon import FakeMastodon


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    async with Transport() as opened:
        yield opened


@pytest.fixture
async def mastodon() -> AsyncIterator[FakeMastodon]:
    async with FakeMastodon() as started:
        yield started
