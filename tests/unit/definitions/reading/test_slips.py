"""Slips in YAML that a parser stops at a line or two behind: told as what they are, and where they are."""

from __future__ import annotations

import pytest

from wizard.definitions.reading.source import read
from wizard.errors import DefinitionError

FORM = """\
id: x
nodes:
  - id: a
    type: form
    fields:
      - name: b
        label: B
"""


def said(text: str) -> str:
    with pytest.raises(DefinitionError) as refused:
        read(text, "a.yaml")
    (problem,) = refused.value.problems
    message = problem.message.removeprefix("this isn't valid YAML: ")
    return f"{problem.line}:{problem.column} {message}"


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("    type: form", "    type form", "4:5 a colon is missing; write `type: form`"),
        ("id: x", "id: x\ntitle Hello", "2:1 a colon is missing; write `title: Hello`"),
        ("- name: b", "- name:b", "6:9 a space is missing behind the colon; write `name: b`"),
        (
            "        label: B",
            "        label:B\n        hint: C",
            "7:9 a space is missing behind the colon; write `label: B`",
        ),
        (
            "    fields",
            "     fields",
            "5:6 the indentation of this line is 5, and of the one above, which has a value already, 4; begin both in "
            "the same column",
        ),
        (
            "        label",
            "       label",
            "7:8 the indentation of this line is 7, where nothing above begins; did you mean 8?",
        ),
        (
            "    fields",
            "  fields",
            "5:3 the indentation of this line is 2, where nothing above begins; did you mean 4?",
        ),
        ("    type: form", "    title: Hi: there", "4:14 text that holds `: ` must stand in quotes"),
        ("    type: form", "    title: {{ input.name }}", "4:13 text that begins with {{ must stand in quotes"),
    ],
)
def test_a_slip_is_told_as_what_it_is(right: str, wrong: str, message: str) -> None:
    """“Text that holds `: ` must stand in quotes”, said of a line that is indented by one too many, sends its author
    looking for quotes."""
    assert right in FORM
    assert said(FORM.replace(right, wrong, 1)).startswith(message)


def test_comments_and_empty_lines_are_no_slips() -> None:
    """What stands between two lines doesn't hide that they don't fit together."""
    text = FORM.replace("    fields", "\n  # what is asked:\n\n     fields")
    assert said(text).startswith("8:6 the indentation of this line is 5, and of the one above")
