"""Which steps set which fields of the documents: an index of their patches, in the order of the steps, so that a field
is found without going through all of a long run. It is derived from the steps, as Run.by_path is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from immutables import Map

from wizard.model import Step, Value
from wizard.model.run import Field, Setters, Setting, Visible

_seq_of = itemgetter(0)


def setters_of(steps: Iterable[Step]) -> Setters:
    """The index of these steps, whatever their order."""
    setters: dict[Field, list[Setting]] = {}
    for step in steps:
        for place, field in enumerate(step.patch):
            setters.setdefault(field, []).append((step.seq, place, step.path))
    return Map({field: tuple(sorted(settings)) for field, settings in setters.items()})


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
    for field, settings in run.setters.items():
        if field[0] == document:
            counting = [setting for setting in settings[: _up_to_here(run, settings)] if _counts(run, setting)]
            if counting:
                firsts.append((counting[0], field, counting[-1]))
    for _, field, (_, _, path) in sorted(firsts):
        yield field[1], run.by_path[path].patch[field]


def last_set(run: Visible, field: Field) -> Step | None:
    """The step of the path that set the field last, None where none did."""
    settings = run.setters.get(field, ())
    for at in range(_up_to_here(run, settings) - 1, -1, -1):
        if _counts(run, settings[at]):
            return run.by_path[settings[at][2]]
    return None


def _counts(run: Visible, setting: Setting) -> bool:
    return run.by_path[setting[2]].is_done


def _up_to_here(run: Visible, settings: Sequence[Setting]) -> int:
    """How many of what set a field aren't above the cursor."""
    if not settings or run.cursor < 0:
        return 0
    return bisect_right(settings, run.steps[run.cursor].seq, key=_seq_of)
