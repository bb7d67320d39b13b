"""Secrets for signatures, as they are written."""

from __future__ import annotations

import pytest

from wizard.model.signing_secret import secret_of


@pytest.mark.parametrize("written", ["", "hidden", "whsec_c2hvcnQ=", "whsec_" + "A" * 200, "whsec_" + "!" * 40])
def test_a_secret_that_is_none_is_refused_and_not_told(written: str) -> None:
    """A secret with a slip in it would never fit the other side's; in a message, others would read it."""
    with pytest.raises(ValueError, match="24 to 64 random bytes") as refused:
        secret_of(written)
    assert written == "" or written not in str(refused.value)
