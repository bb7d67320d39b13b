"""What the commands share: tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.shell import Shell
from wizard.cli import shared as cli_shared


def test_a_column_is_as_wide_as_its_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """Tables are read down."""
    cli_shared.print_table([("A", "B"), ("long\x1b[2J", "x\ny")])
    assert capsys.readouterr().out == "A         B\nlong\ufffd[2J  x y\n"


def test_what_is_said_at_the_start_is_json_where_the_log_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever collects the log reads JSON lines and nothing else: a misspelt setting would be lost, or stop it."""
    shell = Shell(tmp_path, capsys, monkeypatch)
    monkeypatch.setenv("WIZARD_LOG_FORMAT", "json")
    monkeypatch.setenv("WIZARD_STOER", "memory:")
    shell.types("run warned.yaml --workflow nowhere")
    lines = [json.loads(line) for line in shell.err.splitlines()]
    assert [line["level"] for line in lines] == ["warning", "error", "error"]
    assert lines[0]["message"].startswith("unknown setting WIZARD_STOER, ignored")
