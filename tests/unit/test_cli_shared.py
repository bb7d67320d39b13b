"""What the commands share: tables."""

from __future__ import annotations

import pytest

from wizard import cli_shared


def test_a_column_is_as_wide_as_its_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """Tables are read down."""
    cli_shared.print_table([("A", "B"), ("long\x1b[2J", "x\ny")])
    assert capsys.readouterr().out == "A         B\nlong\ufffd[2J  x y\n"
