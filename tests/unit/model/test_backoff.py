"""How long what failed is left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wizard.model.backoff import growing, pause_after


@pytest.mark.parametrize(("tries", "seconds"), [(0, 5), (1, 5), (2, 10), (4, 40), (11, 3600), (10_000, 3600)])
def test_a_job_is_left_alone_longer_each_time(tries: int, seconds: int) -> None:
    """A service that is down isn't hammered, and is tried again within the hour, however often that was."""
    assert pause_after(tries, 1) == timedelta(seconds=seconds)
    assert pause_after(tries, 0) == timedelta(seconds=seconds) / 2


def test_many_dont_come_back_at_once() -> None:
    """A thousand runs that failed together are spread over half of the pause."""
    assert [growing(2.0, 2, 60.0, jitter) for jitter in (0, 0.5, 1)] == [2.0, 3.0, 4.0]
