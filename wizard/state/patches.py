"""Which steps set which fields of the documents: an index of their patches, in the order of the steps, so that a field
is found without going through all of a long run. It is derived from the steps, as Run.by_path is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator

from immutables import Map

from wizard.model import Step, Value
from wizard.model.run import Field, Setters, Setting, Visible

AFTER_ALL = 1 << 30  # behind every place in a patch


def setters_of(steps: Iterable[Step]) -> Setters:
    """The index of these steps, whatever their order."""
    found: dict[Field, list[Setting]] = {}
    for step in steps:
        for place, field in enumerate(step.patch):
            insort(found.setdefault(field, []), (step.seq, place, step.path))
    return Map({field: tuple(settings) for field, settings in found.items()})


def with_step(setters: Setters, before: Step | None, after: Step | None) -> Setters:
    """The index where `after` stands in the place of `before`; None is no step."""
    if before is not None:
        for place, field in enumerate(before.patch):
            settings = setters[field]
            at = bisect_left(settings, (before.seq, place, before.path))
            left = settings[:at] + settings[at + 1 :]
            setters = setters.set(field, left) if left else setters.delete(field)
    if after is not None:
        for place, field in enumerate(after.patch):
            settings = setters.get(field, ())
            setting = (after.seq, place, after.path)
            at = bisect_left(settings, setting)
            setters = setters.set(field, (*settings[:at], setting, *settings[at:]))
    return setters


def fields_set(run: Visible, document: str) -> Iterator[tuple[str, Value]]:
    """The fields that the path set in a document, in the order in which they were set first, as they were set last."""
    firsts = []
    for field in run.setters:
        if field[0] == document and (counting := list(_counting(run, field))):
            firsts.append((min(counting), field, max(counting)))
    for _, field, (_, _, path) in sorted(firsts):
        yield field[1], run.by_path[path].patch[field]


def last_set(run: Visible, field: Field) -> Step | None:
    """The step of the path that set the field last, None where none did."""
    for _, _, path in reversed(_up_to_here(run, field)):
        if (step := run.by_path[path]).is_done:
            return step
    return None


def _counting(run: Visible, field: Field) -> Iterator[Setting]:
    return (setting for setting in _up_to_here(run, field) if run.by_path[setting[2]].is_done)


def _up_to_here(run: Visible, field: Field) -> tuple[Setting, ...]:
    """What set the field, and isn't above the cursor."""
    settings = run.setters.get(field, ())
    if not settings or run.cursor < 0:
        return ()
    return settings[: bisect_right(settings, (run.steps[run.cursor].seq, AFTER_ALL, ""))]
