"""What a script expects beside what there is: differences, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from wizard.engine.view import RunView
from wizard.model import RunStatus
from wizard.model.values import to_json
from wizard.scripts.person import Seen
from wizard.scripts.script import Completed, Sees

Difference = tuple[str, tuple[str | int, ...]]  # what is different, and the place of what was expected
_VISITS = re.compile(r"~[0-9]+")
LONGEST = 300  # characters of a text in a message


def differences(expected: Sees, seen: Seen, view: RunView) -> Iterator[Difference]:
    """What isn't shown as it is expected."""
    if expected.step is not None and not any(is_step(expected.step, step) for step in (seen.step, *seen.shown)):
        yield f"the step is {seen.step}, not {expected.step}", ("step",)
    if expected.status is not None and view.status != expected.status:
        yield f"the run is {view.status.value}, not {expected.status}", ("status",)
    if expected.title is not None and seen.title is None:
        yield from ((what, ("title",)) for what, _ in _texts((expected.title,), seen.text))
    elif expected.title is not None and plain(expected.title) != plain(seen.title or ""):
        yield f"the title is {quoted(seen.title)}, not {quoted(expected.title)}", ("title",)
    yield from _texts(expected.text, seen.text)
    for text in expected.hides or ():
        if plain(text) in plain(seen.text):
            yield f"{quoted(text)} is shown, which was to be hidden", ("hides",)
    yield from _errors(expected.error, seen.error)
    yield from _lists("fields", expected.fields, seen.fields)
    if seen.choices is None:
        yield from ((what, ("choices",)) for what, _ in _texts(expected.choices, seen.text))
    yield from _lists("choices", expected.choices, seen.choices)
    if expected.values is not None and seen.values is not None:
        yield from _parts(expected.values, seen.values, ("values",))


def unfinished(expected: Completed, seen: Seen, view: RunView) -> Iterator[Difference]:
    """What isn't as it is expected of a run that is completed."""
    if view.status is not RunStatus.COMPLETED:
        yield f"the run isn't completed: it is {view.status.value} at {view.step}{_because(view)}", ()
        return
    if expected.step is not None and not is_step(expected.step, view.step):
        yield f"the run is completed at {view.step}, not at {expected.step}", ("step",)
    yield from _texts(expected.text, seen.text)
    if expected.answers is not None:
        yield from _parts(expected.answers, view.shown_answers_of(view.run.path), ("answers",))


def is_step(expected: str, step: str) -> bool:
    """Whether a step is the expected one; without a visit (`wish~2`) any visit of it is."""
    return expected in (step, _VISITS.sub("", step))


def _because(view: RunView) -> str:
    return "" if view.fault is None else f" ({view.fault.message})"


def _texts(expected: Iterable[str] | None, there: str) -> Iterator[Difference]:
    for text in expected or ():
        if plain(text) not in plain(there):
            yield f"{quoted(text)} isn't there; there is {quoted(there)}", ("text",)


def _errors(expected: str | bool | None, there: str) -> Iterator[Difference]:
    match expected:
        case None:
            return
        case True if not there:
            yield "nothing is wrong here, and something was to be", ("error",)
        case False if there:
            yield f"the error is {quoted(there)}, and there was to be none", ("error",)
        case str() if not there:
            yield f"nothing is wrong here; {quoted(expected)} was expected", ("error",)
        case str() if plain(expected) not in plain(there):
            yield f"the error is {quoted(there)}; {quoted(expected)} isn't in it", ("error",)


def _lists(what: str, expected: tuple[str, ...] | None, there: tuple[str, ...] | None) -> Iterator[Difference]:
    if expected is not None and there is not None and [*map(plain, expected)] != [*map(plain, there)]:
        yield f"the {what} are {', '.join(there) or 'none'}, not {', '.join(expected) or 'none'}", (what,)


def _parts(expected: Any, there: Any, place: tuple[str | int, ...]) -> Iterator[Difference]:
    """Of mappings what is named counts, of all else everything."""
    if isinstance(expected, Mapping) and isinstance(there, Mapping):
        for name, value in expected.items():
            if name not in there and value is not None:
                yield f"there is no {'.'.join(map(str, (*place[1:], name)))}; there is {_names(there)}", (*place, name)
            else:
                yield from _parts(value, there.get(name), (*place, name))
    elif not same(expected, there):
        name = ".".join(map(str, place[1:]))
        yield f"{name} is {quoted(there)}, not {quoted(expected)}", place


def _names(there: Mapping[str, Any]) -> str:
    return ", ".join(map(str, there)) or "nothing"


def same(expected: Any, there: Any) -> bool:
    """Whether two values are the same to an author: a date and its text are, and a number and its digits."""
    expected, there = _written(expected), _written(there)
    if isinstance(expected, list) and isinstance(there, list):
        return len(expected) == len(there) and all(map(same, expected, there))
    if isinstance(expected, Mapping) and isinstance(there, Mapping):
        return expected.keys() == there.keys() and all(same(expected[name], there[name]) for name in expected)
    if isinstance(expected, bool) or isinstance(there, bool) or expected is None or there is None:
        return expected is there
    return expected == there or str(expected) == str(there)


def _written(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, bool | int | str | list | Mapping) else to_json(value)


def plain(text: str) -> str:
    """What two texts share that say the same, whatever their case and line breaks."""
    return " ".join(text.split()).casefold()


def quoted(value: Any) -> str:
    """A value in a message, in one line and not too long."""
    match value:
        case str():
            text = " ".join(value.split())
        case date() | datetime() | time():
            text = value.isoformat()
        case _:
            text = str(_written(value))
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return f"“{text}”" if isinstance(value, str) else text
