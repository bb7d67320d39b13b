"""What docstrings and documentation name is where they say: rules, files and Python names."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from pkgutil import resolve_name

import pytest

from tests.floors import statements
from tests.pages import DOCS, ROOT

SOURCES = sorted(
    path for folder in ("wizard", "nodes", "forms") for path in (ROOT / folder).rglob("*.py") if path.is_file()
)
RULE = re.compile(r"\bS\d{1,2}\b")
FILE = re.compile(r"(?<![\w/.-])(?:wizard|nodes|forms|tests)/[\w/]+\.py\b")
NAME = re.compile(r"(?<![\w/.-])wizard(?:\.[a-z]\w*){2,}\b")  # with one dot it may be a logger or a table


@cache
def texts(path: Path) -> tuple[str, ...]:
    """What a file says to its readers: a page as a whole, of code the docstrings and comments."""
    text = path.read_text()
    if path.suffix != ".py":
        return (text,)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = (ast.get_docstring(node) for node in statements(text) if isinstance(node, documented))
    return (*re.findall(r"#.*", text), *filter(None, docstrings))


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return name.endswith(".json")  # the name of a file
    return True


def test_every_rule_that_code_names_is_written_down_and_every_one_is_implemented() -> None:
    """Who reads S13 in a docstring looks it up; who reads it in the list of rules finds the code."""
    listed = re.findall(r"^- \*\*(S\d+)\*\*", (DOCS / "rules.md").read_text(), re.MULTILINE)
    named = {rule for path in SOURCES for text in texts(path) for rule in RULE.findall(text)}
    assert listed == [f"S{number}" for number in range(1, len(listed) + 1)]
    assert named == set(listed)


@pytest.mark.parametrize("folder", ["wizard", "nodes", "forms", "tests", "docs"])
def test_files_and_names_that_texts_name_exist(folder: str) -> None:
    """A file that was moved is looked for where it isn't any more, and an example's import fails."""
    paths = [path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".py", ".md")]
    paths += [ROOT / "README.md", ROOT / "CONTRIBUTING.md"] if folder == "docs" else []
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in paths
        for text in texts(path)
        for name in [
            *(name for name in FILE.findall(text) if not (ROOT / name).exists()),
            *(name for name in NAME.findall(text) if not is_there(name)),
        ]
    ]
    assert missing == []
