"""The mistakes that `make mutants` makes, and whom it asks about them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.mutants import selection
from tests.mutants.mistakes import described, mistakes

ROOT = Path(__file__).parent.parent.parent

SOURCE = b'''\
"""Words."""

def find(names: list[str | None], least: int = 1) -> str:
    """More words."""
    log.info("looking for %s", least)
    for name in names:
        if name is not None and len(name) > least:
            return name
    names.clear()
    raise LookupError("There is none.")
'''


def test_each_mistake_is_one_small_change_that_can_be_run() -> None:
    """A mutant that doesn't compile is noticed by every test, and one in a message by none: both say nothing."""
    made = [" ".join(described(SOURCE, each)) for each in mistakes(SOURCE)]
    assert sorted(made) == sorted(set(made))
    for mistake in (
        "- if name is not None and len(name) > least: + if (name is None) and len(name) > least:",
        "- if name is not None and len(name) > least: + if (name is not None or len(name) > least):",
        "- if name is not None and len(name) > least: + if (len(name) > least):",
        "- return name + return None",
        "- names.clear() + pass",
        '- raise LookupError("There is none.") + pass',
    ):
        assert mistake in made
    assert not [each for each in made if "ords" in each or "looking" in each]
    for each in mistakes(SOURCE):
        compile(each.made_in(SOURCE), "mutant", "exec")


def test_every_module_is_there_and_has_tests_to_ask() -> None:
    """A module or a test that was renamed must not drop out of the sample in silence."""
    for group in selection.GROUPS:
        found = selection.modules(ROOT, group)
        assert len(found) > len(group.modules) or not group.rooms
        assert [each for each in (*found, *group.first, *group.then) if not (ROOT / each).exists()] == []


def test_every_module_is_named_by_the_path_that_it_is_imported_from() -> None:
    """A mistake made at another path (forms/ instead of wizard/forms/) would be made in nothing that runs."""
    for group in selection.GROUPS:
        for path in selection.modules(ROOT, group):
            assert import_module(path.removesuffix(".py").replace("/", ".")).__file__ == str(ROOT / path)
