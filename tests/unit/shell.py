"""A folder with definitions in which commands are typed."""

from __future__ import annotations

import io
import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest

from wizard.cli import main as cli

PASSPORT = """
id: passport
title: Apply for a passport
input: {country: {type: text, default: CH}}
nodes:
  - id: applicant
    type: form
    title: About you in {{ input.country }}
    fields:
      - {name: full_name, type: text, label: Full name}
      - {name: secret, type: password, label: Secret}
  - {id: note, type: set, values: {greeting: "Hello {{ applicant.full_name }}"}}
  - {id: done, type: end, title: Done, text: "{{ note.greeting }}"}
"""
WARNED = """
id: warned
nodes:
  - {id: ask, type: form, fields: [{name: colour, type: text}], next: end}
  - {id: never, type: message}
"""
BROKEN = "id: broken\nnodes:\n  - {id: ask, type: fomr}\n  - {id: go, type: condition, cases: [{goto: nowhere}]}\n"
EMBEDDING = "id: outer\nnodes: [{id: inside, type: workflow, workflow: passport}]\n"


class Shell:
    """A folder in which commands are typed. `err` and `out` are of the last one."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.out = self.err = ""
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        monkeypatch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("WIZARD_")]:
            monkeypatch.delenv(name)
        self.file("passport.yaml", PASSPORT)

    def file(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def types(self, command: str, piped: str = "") -> int:
        """The exit code."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(piped))
        code = cli.execute(shlex.split(command))
        self.out, self.err = self._capsys.readouterr()
        return code

    @property
    def json(self) -> Any:
        return json.loads(self.out)
