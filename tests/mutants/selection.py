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


RULES = ("tests/rules/test_s11_own_values.py", "tests/rules/test_what_is_told.py")
MOVING = Group(
    (
        "back", "deadlines", "documents", "interventions", "lifecycle", "machine", "places", "removal", "revisits",
        "scope", "state", "turn", "undoing", "visits", "walk",
    ),
    (
        *_units(
            "machine", "lifecycle", "places", "keeping", "walk", "scope", "revisits", "removal", "turn", "state",
            "handed", "deadlines", "undoing", "interventions", "visits",
        ),
        "tests/unit/nodes/test_review.py",
        *RULES,
    ),
    ("tests/unit/test_machine_properties.py", "tests/conformance/test_vectors.py"),
)  # fmt: skip
GROUPS = (
    MOVING,
    Group(
        ("asks", "driver", "jobs", "leases", "pauses", "performing", "saving", "turns", "unsaved"),
        (
            *_units(
                "asks", "engine", "saving", "turns", "undoing", "performing", "retrying", "worker", "interventions"
            ),
            "tests/unit/channels/test_dedupe.py",
            "tests/rules",
        ),
    ),
    Group(
        ("checks", "format", "graph", "inputs", "ways"),
        ("tests/unit/reading", *_units("definition", "checks", "format", "graph", "births", "schema")),
        rooms=("wizard/reading",),
    ),
    Group(
        ("expressions", "templates"),
        (*_units("expressions", "templates"), "tests/unit/language"),
        rooms=("wizard/language",),
    ),
    Group((), ("tests/unit/forms",), rooms=("forms",)),
    Group(("codec", "stateful"), _units("codec", "stateful")),
)


def modules(root: Path, group: Group) -> list[str]:
    """The group's modules, as paths below the root of the tree."""
    inside = (each for room in group.rooms for each in sorted((root / room).glob("*.py")))
    found = [each.relative_to(root).as_posix() for each in inside if each.name != "__init__.py"]
    return [*(f"wizard/{name}.py" for name in group.modules), *found]
