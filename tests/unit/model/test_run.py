"""What the data can say about itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.model import Prompt, PromptField, Repeat, Retry, Run, RunStatus


def test_a_prompt_knows_whether_anything_is_wrong() -> None:
    """Channels put the summary of errors on the page, or don't."""
    good = PromptField("a", "text", "A")
    bad = PromptField("b", "text", "B", error="Enter something")
    assert not Prompt("s", "form", fields=(good,)).has_errors
    assert Prompt("s", "form", fields=(good, bad)).has_errors
    assert Prompt("s", "form", error="Wrong").has_errors


SPANS = st.timedeltas(timedelta(milliseconds=1), timedelta(hours=2))


@given(st.integers(1, 1000), st.floats(0, 1), SPANS, SPANS)
def test_waiting_before_another_try_is_bounded(tried: int, jitter: float, backoff: timedelta, most: timedelta) -> None:
    """S16: a failing service is asked less and less often, and nobody waits longer than `max_backoff`, a minute unless
    given."""
    wait = Retry(3, backoff, most).wait(tried, jitter)
    assert 0 < wait <= most.total_seconds()
    assert wait <= backoff.total_seconds() * 2 ** (tried - 1)
    assert Retry(3, backoff).wait(tried, jitter) <= 60


def test_waiting_doubles() -> None:
    """S16: as the definition's `backoff` says."""
    retry = Retry(5, timedelta(seconds=2))
    assert [retry.wait(tried, 1) for tried in (1, 2, 3, 9)] == [2, 4, 8, 60]
    assert retry.wait(1, 0) == 1


@pytest.mark.parametrize(("repeat", "asks"), [(Repeat(), True), (Repeat(times=1), False), (Repeat(for_each=1), False)])
def test_a_repeat_asks_unless_it_is_told_how_often(repeat: Repeat, asks: bool) -> None:
    """The list page comes only where a person decides."""
    assert repeat.asks is asks


def test_a_run_that_was_never_entered_has_no_current_step() -> None:
    """S1: the cursor stands before the first step."""
    from tests.workflows import START

    run = Run("r", "w", "v", 1, RunStatus.CREATED, START, START)
    assert (run.current, run.path, run.kept) == (None, (), ())
