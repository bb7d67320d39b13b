"""What is left of a configuration without what is wrong in it, so that one mistake doesn't hide the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from wizard.definitions.reading.complaints import path_in
from wizard.forms.fields import FieldTypes
from wizard.model.workflow import Path

MAX_ROUNDS = 20  # what is taken out can leave something incomplete, which is taken out next


class _Numbered(list[Any]):
    """A list that knows which of its items are left."""

    def __init__(self, items: list[Any]) -> None:
        super().__init__(items)
        self.numbers = list(range(len(items)))

    def __delitem__(self, index: Any) -> None:
        super().__delitem__(index)
        del self.numbers[index]


@dataclass(frozen=True, slots=True)
class Partial:
    """A configuration that lacks what was wrong, made of `data`. `names` are those that it may have had besides, and
    `whole` says that all its parts that have a `name` are there."""

    config: Any
    names: frozenset[str]
    whole: bool
    data: Any

    def place(self, path: Path) -> Path:
        """Where that stands in what the author wrote."""
        segments: list[str | int] = []
        value = self.data
        for part in path:
            known = isinstance(value, _Numbered) and isinstance(part, int) and part < len(value)
            segments.append(value.numbers[part] if known else part)
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                value = None
        return tuple(segments)


def salvaged(model: type[BaseModel], given: Mapping[str, Any], fields: FieldTypes) -> Partial | None:
    """What is left of data that the model refuses, whose fields are of these types; None where nothing is."""
    data = _copy(given)
    for _ in range(MAX_ROUNDS):
        try:
            made = model.model_validate(data, context=fields)
        except ValidationError as error:
            wrong = {path_in(detail["loc"], data) for detail in error.errors(include_url=False, include_input=False)}
            innermost = {path for path in wrong if not any(_is_below(other, path) for other in wrong)}
            if () in innermost:
                return None
            _take_out(data, innermost)
        else:
            names = frozenset(_named(given))
            return Partial(made, names.union(_keys(given)), names == frozenset(_named(data)), data)
    return None


def _is_below(path: Path, other: Path) -> bool:
    return len(path) > len(other) and path[: len(other)] == other


def _copy(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _copy(item) for key, item in value.items()}
        case list() | tuple():
            return _Numbered([_copy(item) for item in value])
    return value


def _take_out(data: Any, paths: set[Path]) -> None:
    """The last first, so that what is named by its number stays where it was."""
    for *outer, last in sorted(paths, key=lambda path: [(isinstance(part, int), part) for part in path], reverse=True):
        value = data
        for part in outer:
            value = value[part]
        del value[last]


def _named(value: Any) -> Iterator[str]:
    """What is called something in the data by its `name`."""
    if isinstance(value, Mapping) and isinstance(name := value.get("name"), str):
        yield name
    for item in _items(value):
        yield from _named(item)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (key for key in value if isinstance(key, str))
    for item in _items(value):
        yield from _keys(item)


def _items(value: Any) -> Iterable[Any]:
    match value:
        case Mapping():
            return value.values()
        case list() | tuple():
            return value
    return ()
