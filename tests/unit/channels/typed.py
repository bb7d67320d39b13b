"""Typed conversations: a console whose lines are given beforehand, and a definition to talk about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from wizard.channels.terminal.console import Style
from wizard.channels.terminal.terminal import Conversation, Ending
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.testing import make_test_engine

PASSPORT = """
id: passport
title: Apply for a passport
text: It takes five minutes.
nodes:
  - id: applicant
    type: form
    title: About you
    fields:
      - {name: full_name, type: text, label: Full name, max_length: 20}
      - {name: birth_date, type: date, label: Date of birth, hint: For example 27 3 1985}
      - {name: email, type: email, label: Email address, required: false}
  - id: reason
    type: form
    title: Why do you need it, {{ applicant.full_name }}?
    fields:
      - {name: why, type: choice, label: Reason, choices: [new, lost, {value: old, label: It ran out}]}
      - {name: where, type: text, label: Where did you lose it?, show_if: why == "lost"}
  - id: check
    type: review
    title: Check your answers
  - id: done
    type: end
    title: Application complete
    text: Thank you, {{ applicant.full_name }}.
"""
ANN = ("Ann", "27 3 1985", "")


class Script:
    """A console whose lines are given beforehand; a callable among them is called for its line."""

    width = 200

    def __init__(self, *lines: str | Callable[[], str]) -> None:
        self._lines = list(lines)
        self.written: list[str] = []
        self.styles: list[tuple[Style, str]] = []
        self.prompts: list[str] = []
        self.secrets: list[bool] = []

    def write(self, text: str = "", style: Style = Style.PLAIN) -> None:
        self.written.append(text)
        self.styles.append((style, text))

    def read(self, prompt: str, *, secret: bool = False) -> str | None:
        self.prompts.append(prompt)
        self.secrets.append(secret)
        line = self._lines.pop(0) if self._lines else None
        line = line() if callable(line) else line
        self.written.append(prompt + ("" if line is None else line))
        return line

    def has_typed(self) -> bool:
        return False

    def ahead(self) -> tuple[str | None] | None:
        return None

    @property
    def text(self) -> str:
        return "\n".join(self.written)

    @property
    def wrong(self) -> list[str]:
        return [text.removeprefix("! ") for style, text in self.styles if style is Style.WRONG]

    @property
    def titles(self) -> list[str]:
        return [text for style, text in self.styles if style is Style.TITLE]

    @property
    def asked(self) -> list[str]:
        return [text for style, text in self.styles if style is Style.STRONG][1:]


class Talk:
    """A held conversation: how it ended, what was printed, where the run stands."""

    def __init__(self, ending: Ending, script: Script, view: RunView) -> None:
        self.ending = ending
        self.script = script
        self.view = view


async def talk(engine: Engine, run: str | RunView, *lines: str | Callable[[], str], token: str | None = None) -> Talk:
    """Starts the workflow called `run`, or goes on with a run, and types the lines."""
    view = await engine.start(run) if isinstance(run, str) else run
    script = Script(*lines)
    ending = await Conversation(engine, script, token=token).hold(view)
    return Talk(ending, script, view)


def form(*fields: str, **more: Any) -> dict[str, Any]:
    """A workflow of one form."""
    return {
        "id": "one",
        "title": "One form",
        "nodes": [{"id": "ask", "type": "form", "fields": [yaml.safe_load(each) for each in fields], **more}],
    }


async def ask_one(field: str, *lines: str) -> Talk:
    """The conversation of a form with this one field."""
    return await talk(await make_test_engine(form(field)), "one", *lines)
