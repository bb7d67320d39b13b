"""A forked command is a command: what tests see of it is what they would see of a new interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.forkserver import ANEW, command

SERVE = ("serve", "none.yaml", "--store", "memory:", "--port", "0")


def ran(start: list[str], folder: Path, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    environment = {**os.environ, "WIZARD_STOER": "x"}
    done = subprocess.run(
        [*start, *arguments], cwd=folder, input=typed, capture_output=True, text=True, env=environment, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "none.yaml").write_text("id: none\nnodes: [{id: a, type: form, fields: [{name: x}]}]\n")
    return tmp_path


@pytest.mark.parametrize("arguments", [("check", "none.yaml"), ("run", "none.yaml", "--store", "memory:"), ("é",)])
def test_it_says_and_ends_as_a_new_interpreter_does(folder: Path, arguments: tuple[str, ...]) -> None:
    """Its arguments, folder, environment, pipes and exit code are those that it was started with."""
    forked = ran(command(), folder, *arguments, typed="é\n")
    assert forked == ran(ANEW, folder, *arguments, typed="é\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, -9)])
def test_signals_reach_it_and_none_is_left_behind(folder: Path, number: signal.Signals, code: int) -> None:
    """A server that goes on after its test would keep files and ports from others: its output ends when it does."""
    with subprocess.Popen([*command(), *SERVE], cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"http://" in process.stdout.readline()
        process.send_signal(number)
        process.stdout.read()
        assert process.wait() == code
