"""The process that servers are forked from, which takes a while to be there, is there once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.served import Nursery, nursery


@pytest.fixture(scope="session")
def nursery_of_all() -> Iterator[Nursery]:
    with nursery() as found:
        yield found


@pytest.fixture
def home(nursery_of_all: Nursery) -> Iterator[Nursery]:
    """Its servers are gone when the test is over."""
    yield nursery_of_all
    nursery_of_all.kill_all()
