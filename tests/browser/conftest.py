"""One browser a test; the pages are the product's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.chromium import chromium

expect.set_options(timeout=15_000)  # as `PATIENCE_S`: two workers share two cores


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser
