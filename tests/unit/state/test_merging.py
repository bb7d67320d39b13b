"""Profiles and sessions: what runs leave in them is merged."""

from __future__ import annotations

import pytest

from wizard.errors import InvalidInput
from wizard.model import DocumentSave
from wizard.model.values import MAX_VALUE_BYTES
from wizard.state.merging import Document, merge


def test_a_document_is_merged_into_what_is_stored() -> None:
    """The other run's fields stay, one's own win, and the revision tells that it changed."""
    merged = merge(Document(4, {"a": 1, "b": 1}), DocumentSave("profile", "p", {"b": 2}))
    assert merged == Document(5, {"a": 1, "b": 2})


def test_a_document_has_a_bound() -> None:
    """Every save may be small, and the sum too large to be handed to nodes."""
    half = "x" * (MAX_VALUE_BYTES * 2 // 3)
    with pytest.raises(InvalidInput, match="profile would be larger"):
        merge(Document(1, {"a": half}), DocumentSave("profile", "p", {"b": half}))
