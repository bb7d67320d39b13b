"""Events to send to a step that waits for them: with data that its `when` holds for, and with what the workflow
compares that data with once it has come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from itertools import islice, product
from typing import Any

from wizard.errors import WizardError
from wizard.expressions.expression import Expression, Names
from wizard.machine.events import DataNames
from wizard.model import Awaited, Chain, Value
from wizard.model.values import to_json
from wizard.scripts.hints import Hint, compared

OTHERWISE: tuple[Any, ...] = ("Ann", 1, True)  # what nothing is known of
MOST_COMBINED, MOST_EVENTS = 5_000, 12


def events_for(event: Awaited, outputs: Mapping[Chain, Hint], names: Names) -> Iterator[dict[str, Value]]:
    """What is sent: data that is taken; where none is found, the likeliest, whose refusal says what is missing."""
    values = _values(event.when, outputs, names)
    if not values:
        yield {"name": event.name}
        return
    combined = (_document(zip(values, chosen, strict=True)) for chosen in product(*values.values()))
    every = list(islice(combined, MOST_COMBINED))
    taken = [data for data in every if _holds(event.when, data, names)]
    yield from ({"name": event.name, "data": data} for data in (taken or every[:1])[:MOST_EVENTS])


def _values(when: Expression | None, outputs: Mapping[Chain, Hint], names: Names) -> dict[Chain, list[Any]]:
    """Values to try, by their names in the data; () is the data itself."""
    found: dict[Chain, list[Any]] = {}
    for name in () if when is None else compared(when.source):
        if name.chain[0] == "data":
            known = [value for other in name.others if (value := _read(other, names)) is not None]
            found.setdefault(name.chain[1:], []).extend([*known, *name.constants])
    for below, hint in outputs.items():
        found.setdefault(below, []).extend([*hint.constants, *hint.held])
    deepest = {
        chain: of for chain, of in found.items() if not any(chain == more[: len(chain)] != more for more in found)
    }
    return {chain: _around(of) for chain, of in deepest.items()}


def _around(constants: list[Any]) -> list[Any]:
    """The constants and what is beside them, each once."""
    every: list[Any] = []
    for value in (value for value in constants if value is not None):
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        for each in (value, value + 1, value - 1) if is_number else (value,):
            if not any(type(each) is type(one) and each == one for one in every):
                every.append(each)
    return [*every, *OTHERWISE]


def _document(pairs: Iterator[tuple[Chain, Any]]) -> Any:
    document: dict[str, Any] = {}
    for chain, value in pairs:
        written = _written(value)
        if not chain:
            return written
        inner = document
        for name in chain[:-1]:
            inner = inner.setdefault(name, {})
        inner[chain[-1]] = written
    return document


def _written(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return to_json(value) if isinstance(value, date) else value


def _holds(when: Expression | None, data: Any, names: Names) -> bool:
    with suppress(WizardError):
        return when is None or bool(when.holds(DataNames(data, names)))
    return False


def _read(chain: Chain, names: Names) -> Any:
    with suppress(WizardError):
        return names.read(chain)
    return None
