"""Errors: one tree, and messages that a person can act on."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest

from wizard import errors
from wizard.errors import CallerError, DefinitionError, ExpressionError, Problem, RunError, StaleInput, WizardError


def tree(kind: type[WizardError]) -> Iterator[type[WizardError]]:
    yield kind
    for each in kind.__subclasses__():
        if each.__module__.startswith(f"{errors.__name__}."):
            yield from tree(each)


ALL = [kind for kind in tree(WizardError) if kind is not DefinitionError]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_says_what_happened_without_being_told(kind: type[WizardError]) -> None:
    """Raised bare, an error still has a sentence to show; no "None" and no class name."""
    message = kind().message
    assert message == str(kind())
    assert message.endswith(".")
    assert kind.__name__ not in message
    assert "\n" not in message


def test_an_error_names_its_place() -> None:
    """Whoever reads the log finds the workflow, the node and the run."""
    error = RunError("It broke.", workflow="main", node="hh/1/t", run="r1")
    assert str(error) == "It broke. (workflow main, node hh/1/t, run r1)"
    assert str(RunError("It broke.", run="r1")) == "It broke. (run r1)"
    assert (error.message, error.workflow, error.node, error.run) == ("It broke.", "main", "hh/1/t", "r1")


def test_the_tree_is_the_one_in_the_docstring() -> None:
    """Hosts catch by these classes; the documentation of the module must not lie about them."""
    assert errors.__doc__ is not None
    for kind in tree(WizardError):
        assert kind.__name__ in errors.__doc__.split()
    for line in errors.__doc__.splitlines():
        name = line.strip("│├└─ ").split(" ")[0]
        if line.startswith(("│", "├", "└", "    ├", "    └")) and name[:1].isupper():
            assert isinstance(getattr(errors, name), type), name


def test_a_conflict_is_the_callers_and_a_stopped_turn_the_runs() -> None:
    """Channels answer the one with 4xx and show the other on the page."""
    assert issubclass(StaleInput, CallerError)
    assert not issubclass(StaleInput, RunError)
    assert not any(issubclass(kind, CallerError) and issubclass(kind, RunError) for kind in ALL)


def test_all_problems_of_a_definition_come_at_once_and_in_order() -> None:
    """An author fixes ten mistakes in one go, from the top of the file to its end."""
    late, early = Problem("f.yaml", 9, 1, "late"), Problem("f.yaml", 2, 5, "early", "warning")
    error = DefinitionError([late, early])
    assert error.problems == [early, late]
    assert str(error) == "f.yaml:2:5: warning: early\nf.yaml:9:1: error: late"


def test_an_expression_error_says_where() -> None:
    """Editors mark the character."""
    error = ExpressionError("no", offset=7, node="c")
    assert (error.offset, error.node, error.message) == (7, "c", "no")


def test_problems_are_plain_values() -> None:
    """Tools compare, sort and hand them on."""
    problem = Problem("f", 1, 1, "m")
    assert pickle.loads(pickle.dumps(problem)) == problem
    assert sorted([Problem("g", 1, 1, "a"), problem])[0] == problem
