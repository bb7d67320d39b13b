"""Which modules are tried, and which tests are to notice: first the quick ones that mirror the module, then, for what
they let pass, those that go through whole runs."""

from __future__ import annotations

from pathlib import Path

RUNS = ("tests/unit/test_machine_properties.py", "tests/conformance/test_vectors.py")
RULES = ("tests/rules/test_s11_own_values.py", "tests/rules/test_what_is_told.py")
_MOVING = (
    "machine", "keeping", "walk", "scope", "turn", "back", "removal", "revisits", "undoing", "deadlines",
    "interventions", "births", "state",
)  # fmt: skip
_FORMS = "tests/unit/forms"
_EXPRESSIONS = ("tests/unit/test_expressions.py", "tests/unit/test_templates.py", "tests/unit/language")
_READING = ("tests/unit/reading", "tests/unit/test_definition.py")

# Modules without a test of their own, or with others that say as much of them.
_ALSO: dict[str, tuple[str, ...]] = {
    "documents": ("tests/unit/test_scope.py", "tests/unit/test_handed.py", "tests/unit/test_births.py"),
    "inputs": ("tests/unit/test_births.py", "tests/unit/test_engine.py"),
    "ways": ("tests/unit/test_checks.py", "tests/unit/test_graph.py"),
    "graph": ("tests/unit/test_checks.py", "tests/unit/test_keeping.py"),
    "asks": ("tests/unit/test_engine.py", "tests/unit/test_revisits.py", "tests/unit/test_saving.py"),
    "jobs": ("tests/unit/test_worker.py", "tests/unit/test_turns.py"),
    "leases": ("tests/unit/test_turns.py", "tests/unit/test_worker.py"),
    "driver": ("tests/unit/test_engine.py", "tests/unit/test_turns.py", "tests/unit/test_undoing.py"),
    "turns": ("tests/unit/test_saving.py", "tests/unit/test_engine.py"),
    "unsaved": ("tests/unit/test_saving.py", "tests/unit/test_turns.py"),
    "saving": ("tests/unit/test_turns.py", "tests/unit/test_undoing.py", "tests/unit/channels/test_dedupe.py"),
    "performing": ("tests/unit/test_undoing.py", "tests/unit/test_interventions.py", "tests/unit/test_turns.py"),
    "pauses": ("tests/unit/test_retrying.py",),
    "visits": ("tests/unit/test_state.py", "tests/unit/nodes/test_review.py", "tests/unit/test_revisits.py"),
    "places": ("tests/unit/test_keeping.py", "tests/unit/test_walk.py"),
    "scope": ("tests/unit/test_walk.py", "tests/unit/test_removal.py"),
    "lifecycle": ("tests/unit/test_machine.py",),
}
PURE = (
    "asks", "back", "checks", "codec", "deadlines", "documents", "expressions", "format", "graph", "inputs",
    "interventions", "jobs", "lifecycle", "machine", "pauses", "places", "removal", "revisits", "scope", "state",
    "stateful", "templates", "turn", "undoing", "visits", "walk", "ways",
)  # fmt: skip
SHELL = ("driver", "leases", "performing", "saving", "turns", "unsaved")


def modules(root: Path) -> list[str]:
    """The modules that are tried, as paths below the root of the tree."""
    rooms = ("wizard/language", "forms", "wizard/reading")
    inside = [each.relative_to(root).as_posix() for room in rooms for each in sorted((root / room).glob("*.py"))]
    own = [f"wizard/{name}.py" for name in (*PURE, *SHELL) if (root / f"wizard/{name}.py").exists()]
    return own + [each for each in inside if not each.endswith("__init__.py")]


def tests_of(root: Path, module: str) -> tuple[list[str], list[str]]:
    """The tests to ask first, and those to ask then."""
    room, _, name = module.removesuffix(".py").rpartition("/")
    match room:
        case "forms":
            first = (f"{_FORMS}/test_{name}.py", _FORMS)
        case "wizard/language":
            first = _EXPRESSIONS
        case "wizard/reading":
            first = _READING
        case _:
            first = (f"tests/unit/test_{name}.py", *_ALSO.get(name, ()))
            if name in _MOVING:
                first += tuple(f"tests/unit/test_{each}.py" for each in _MOVING)
            if name in (*_MOVING, *SHELL):
                first += RULES
    then = RUNS if name in (*_MOVING, "documents", "places", "lifecycle", "visits") and room == "wizard" else ()
    return [each for each in dict.fromkeys(first) if (root / each).exists()], list(then)
