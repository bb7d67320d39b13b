"""Which modules are tried, and which tests are to notice: first the quick ones that mirror them, then, for what those
let pass, those that go through whole runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Group:
    """Modules that the same tests say most of. `rooms` are folders of which every module belongs to it."""

    modules: tuple[str, ...]
    first: tuple[str, ...]
    then: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()


def _units(*names: str) -> tuple[str, ...]:
    """The tests of modules, which are named as those are: `machine/walk`."""
    paths = (PurePosixPath("tests/unit", name) for name in names)
    return tuple(str(path.with_name(f"test_{path.name}.py")) for path in paths)


def _rules(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/rules/test_{name}.py" for name in names)


FORMS = (
    "checking", "field_type", "fields", "input_attributes", "options", "parsing", "prompts", "readable", "refusals",
    "rendering", "setting_types", "show_if", "typed", "validation",
    *(f"types/{name}" for name in ("choices", "contact", "date_inputs", "dates", "files", "numbers", "patterns",
        "places", "text")),
)  # fmt: skip
WHOLE_RUNS = ("tests/unit/machine/test_properties.py", "tests/conformance/test_vectors.py")
GROUPS = (
    Group(
        (
            "machine/back", "machine/background", "machine/kept", "machine/lifecycle", "machine/machine",
            "machine/parked", "machine/repeats", "machine/earlier", "machine/scope", "machine/showing",
            "machine/stack", "machine/walk", "model/path",
        ),
        (
            *_units("machine/machine", "machine/lifecycle", "model/path", "machine/kept", "machine/walk",
                "machine/scope", "machine/earlier", "machine/parked", "machine/repeats", "machine/stack"),
            "tests/unit/engine/test_visits.py",
            "tests/unit/nodes/ask/test_review.py",
            *_rules("s11_own_values", "what_is_told"),
        ),
        (*WHOLE_RUNS, *_units("definitions/inputs", "machine/interventions", "engine/view", "machine/undo",
            "engine/engine", "engine/turns"), "tests/rules"),
    ),
    Group(
        (
            "machine/events", "machine/closing", "machine/deadlines", "machine/drafts", "machine/expiry",
            "model/instants", "machine/interventions", "machine/undo",
        ),
        (
            *_units("machine/deadlines", "model/instants", "machine/undo"),
            "tests/unit/nodes/flow/test_wait.py",
            *_rules("recurring_reminders", "s24_events", "s24_first_of_several"),
            *_rules("s25_deadlines", "s25_instants", "s25_twice_a_year"),
        ),
        (*_units("machine/interventions", "machine/repeats", "machine/machine"), "tests/rules", *WHOLE_RUNS),
    ),
    Group(
        ("engine/starting", "state/documents", "definitions/inputs", "engine/inputs", "engine/view", "engine/visits"),
        _units("engine/starting", "definitions/inputs", "engine/view", "engine/visits"),
        (
            *_units("model/path", "definitions/draft", "definitions/schema", "engine/engine"),
                "tests/unit/channels/web/test_web.py",
            "tests/rules", "tests/unit/nodes", *WHOLE_RUNS,
        ),
    ),
    Group(
        (
            "machine/conflicts", "engine/driver", "engine/dropped", "model/job", "engine/lasting", "engine/leases",
            "engine/outcomes", "engine/reentry", "engine/commits", "engine/turns", "engine/unsaved",
        ),
        (*_units("machine/conflicts", "engine/engine", "engine/leases", "engine/commits", "engine/turns"),
            "tests/unit/channels/api/test_idempotency.py"),
        (*_units("machine/interventions", "machine/undo", "engine/jobs", "node/retry", "engine/worker",
            "definitions/inputs"), "tests/rules", *WHOLE_RUNS),
    ),
    Group(
        ("machine/pacing", "model/backoff", "engine/jobs", "node/retry"),
        (
            *_units("machine/pacing", "model/backoff", "engine/jobs", "node/retry", "machine/undo"),
            *_rules("long_retries", "loops_that_wait", "recurring_reminders"),
        ),
        (*_units("engine/worker", "engine/turns"), "tests/rules"),
    ),
    Group(
        ("engine/exporting", "telemetry/metrics", "definitions/outlines", "telemetry/tracing", "telemetry/watching"),
        _units("engine/exporting", "telemetry/metrics", "definitions/outlines", "telemetry/tracing",
            "telemetry/watching"),
        (*_units("node/plugins", "machine/interventions", "engine/worker"), "tests/rules"),
    ),
    Group(
        (
            "definitions/build", "definitions/chains", "definitions/checks", "node/declared",
            "definitions/draft", "definitions/format", "definitions/graph", "definitions/edges",
        ),
        ("tests/unit/definitions/reading", *_units("definitions/draft", "definitions/checks", "node/declared",
            "definitions/format", "definitions/graph")),
        (*_units("engine/starting", "definitions/inputs", "definitions/schema", "machine/walk", "engine/view",
            "machine/earlier", "model/path"), "tests/rules", *WHOLE_RUNS),
        rooms=("wizard/definitions/reading",),
    ),
    Group(
        (),
        (*_units("expressions/expression", "expressions/template"), "tests/unit/expressions/test_functions.py"),
        ("tests/unit/expressions/test_attacks.py", *_units("definitions/draft"), *_rules("not_a_number",
            "s11_own_values")),
        rooms=("wizard/expressions",),
    ),
    Group(
        (),
        _units(*(f"forms/{name}" for name in FORMS)),
        (
            "tests/unit/forms/test_any_input.py", "tests/unit/nodes/ask/test_form.py", *_rules("not_a_number"),
            "tests/unit/channels/conversation/test_questions.py", "tests/unit/channels/terminal/test_fields.py",
            *_units("definitions/draft", "definitions/schema", "engine/starting"),
        ),
        rooms=("wizard/forms", "wizard/forms/types"),
    ),
    Group(("channels/web/field_html",), _units("channels/web/field_html", "channels/web/page_fields"),
        ("tests/acceptance/test_field_type.py",)),
    Group(("model/values", "node/stateful"), _units("model/values", "node/stateful"), (*_units("model/run",
        "definitions/outlines"), *WHOLE_RUNS)),
)  # fmt: skip


def modules(root: Path, group: Group) -> list[str]:
    """The group's modules, as paths below the root of the tree."""
    inside = (each for room in group.rooms for each in sorted((root / room).glob("*.py")))
    found = [each.relative_to(root).as_posix() for each in inside if each.name != "__init__.py"]
    return [*(f"wizard/{name}.py" for name in group.modules), *found]
