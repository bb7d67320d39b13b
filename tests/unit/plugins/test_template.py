"""The package that `wizard plugins new` writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.errors import PlugInRefused
from wizard.plugins.template import write, written


@pytest.mark.parametrize(
    "name", ["", "Railway", "../up", "form", "json", "wizard", "class", "1st", "a" * 41, "a b", "-a"]
)
def test_a_name_that_cant_be_a_package_and_a_type_is_refused(name: str) -> None:
    """It would hide a module of Python's, clash with a built-in type, or lie somewhere else."""
    with pytest.raises(PlugInRefused):
        written(name)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """Somebody's package of a week would be gone."""
    write("railway", tmp_path)
    before = {file: file.read_text() for file in tmp_path.rglob("*.*") if file.is_file()}
    with pytest.raises(PlugInRefused, match="is there already"):
        write("railway", tmp_path)
    assert {file: file.read_text() for file in tmp_path.rglob("*.*") if file.is_file()} == before
