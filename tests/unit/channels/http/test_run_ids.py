"""An address names a run only where it could be a run's id."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from wizard.channels.http.run_ids import is_id, run_id_of
from wizard.errors import RunNotFound


@pytest.mark.parametrize("text", ["a", "run-1", "x" * 200, "a/b~c"])
def test_what_a_host_may_call_a_run_is_an_id(text: str) -> None:
    """A host chooses the ids of its runs, and each of them is opened by its address."""
    assert is_id(text)
    assert run_id_of(make_mocked_request("GET", "/", match_info={"id": text})) == text


@pytest.mark.parametrize("text", ["", "a b", "x" * 201, "é", "a\n", "\x7f"])
def test_what_cannot_be_an_id_is_no_run(text: str) -> None:
    """A stranger's address is refused without a look into the store."""
    assert not is_id(text)
    with pytest.raises(RunNotFound):
        run_id_of(make_mocked_request("GET", "/", match_info={"id": text}))
