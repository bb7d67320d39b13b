"""Which modules are tried, and which tests are to notice: first the quick ones that mirror them, then, for what those
let pass, those that go through whole runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Group:
    """Modules that the same tests say most of. `rooms` are folders of which every module belongs to it."""

    modules: tuple[str, ...]
    first: tuple[str, ...]
    then: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()


def _units(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/unit/test_{name}.py" for name in names)


def _rules(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/rules/test_{name}.py" for name in names)


FORMS = (
    "checking", "choices", "contact", "dates", "fields", "files", "numbers", "parsing", "patterns", "places", "prompts",
    "readable", "refusals", "rendering", "reveals", "text", "typed", "validation",
)  # fmt: skip
WHOLE_RUNS = ("tests/unit/test_machine_properties.py", "tests/conformance/test_vectors.py")
GROUPS = (
    Group(
        (
            "back", "background", "lifecycle", "machine", "places", "removal", "revisits", "scope", "showing", "turn",
            "walk",
        ),
        (
            *_units("machine", "lifecycle", "places", "keeping", "walk", "scope", "revisits", "removal", "turn"),
            "tests/unit/test_visits.py",
            "tests/unit/nodes/test_review.py",
            *_rules("s11_own_values", "what_is_told"),
        ),
        (*WHOLE_RUNS, *_units("handed", "interventions", "state", "undoing", "engine", "turns"), "tests/rules"),
    ),
    Group(
        ("arrivals", "closing", "deadlines", "instants", "interventions", "undoing"),
        (
            *_units("deadlines", "instants", "undoing"),
            "tests/unit/nodes/test_wait.py",
            *_rules("recurring_reminders", "s24_events", "s24_first_of_several"),
            *_rules("s25_deadlines", "s25_instants", "s25_twice_a_year"),
        ),
        (*_units("interventions", "removal", "machine"), "tests/rules", *WHOLE_RUNS),
    ),
    Group(
        ("births", "documents", "handed", "inputs", "state", "visits"),
        _units("births", "handed", "state", "visits"),
        (
            *_units("places", "definition", "schema", "engine"), "tests/unit/channels/html/test_web.py",
            "tests/rules", "tests/unit/nodes", *WHOLE_RUNS,
        ),
    ),
    Group(
        ("asks", "driver", "dropped", "jobs", "leases", "outcomes", "reentry", "saving", "turns", "unsaved"),
        (*_units("asks", "engine", "leases", "saving", "turns"), "tests/unit/channels/test_dedupe.py"),
        (*_units("interventions", "undoing", "performing", "retrying", "worker", "handed"), "tests/rules", *WHOLE_RUNS),
    ),
    Group(
        ("pacing", "pauses", "performing", "retrying"),
        (
            *_units("pacing", "pauses", "performing", "retrying", "undoing"),
            *_rules("long_retries", "loops_that_wait", "recurring_reminders"),
        ),
        (*_units("worker", "turns"), "tests/rules"),
    ),
    Group(
        ("exporting", "metrics", "outlines", "tracing", "watching"),
        _units("exporting", "metrics", "outlines", "tracing", "watching"),
        (*_units("plugins", "interventions", "worker"), "tests/rules"),
    ),
    Group(
        ("build", "chains", "checks", "contract", "definition", "format", "graph", "ways"),
        ("tests/unit/reading", *_units("definition", "checks", "contract", "format", "graph")),
        (*_units("births", "handed", "schema", "walk", "state", "revisits", "places"), "tests/rules", *WHOLE_RUNS),
        rooms=("wizard/reading",),
    ),
    Group(
        ("expressions", "templates"),
        (*_units("expressions", "templates"), "tests/unit/language/test_functions.py"),
        ("tests/unit/language/test_attacks.py", *_units("definition"), *_rules("not_a_number", "s11_own_values")),
        rooms=("wizard/language",),
    ),
    Group(
        (),
        tuple(f"tests/unit/forms/test_{name}.py" for name in FORMS),
        (
            "tests/unit/forms/test_any_input.py", "tests/unit/nodes/test_form.py", *_rules("not_a_number"),
            "tests/unit/channels/test_questions.py", "tests/unit/channels/test_terminal_fields.py",
            *_units("definition", "schema", "births"),
        ),
        rooms=("wizard/forms",),
    ),
    Group(("codec", "stateful"), _units("codec", "stateful"), (*_units("model", "outlines"), *WHOLE_RUNS)),
)  # fmt: skip


def modules(root: Path, group: Group) -> list[str]:
    """The group's modules, as paths below the root of the tree."""
    inside = (each for room in group.rooms for each in sorted((root / room).glob("*.py")))
    found = [each.relative_to(root).as_posix() for each in inside if each.name != "__init__.py"]
    return [*(f"wizard/{name}.py" for name in group.modules), *found]
