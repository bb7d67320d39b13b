"""An office for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.channels.admin.office import Office, working


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with working() as office:
        yield office
