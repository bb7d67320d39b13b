"""The names that a form's own expressions see."""

from __future__ import annotations

import pytest

from tests.unit.forms.asking import NOW, Around
from wizard.errors import ExpressionError
from wizard.forms.parsing import NoNames, OwnNames


def test_own_fields_stand_in_front_of_the_node_s_names() -> None:
    """A form with a field called like an earlier node means its field."""
    names = OwnNames({"city", "photo"}, Around(city="Bern", other={"x": 1}), {"photo": {"name": "me.png"}})
    assert names.now is NOW
    assert names.read(("city",)) is None
    assert names.read(("city", "name")) is None
    assert names.read(("photo", "name")) == "me.png"
    assert names.read(("other", "x")) == 1


def test_at_load_there_is_nothing_to_read() -> None:
    """A default that needs a run is left to the run, not judged by made-up data."""
    with pytest.raises(ExpressionError):
        NoNames().read(("a",))
    with pytest.raises(ExpressionError):
        _ = NoNames().now
