"""Commas inside parentheses: in `{when: years_between(born, today()) >= 18, goto: adult}` YAML ends a
value at the first comma, but to whoever writes definitions the call is one value.

The parser's events are put together again where a plain value in braces or brackets leaves a
parenthesis open; arguments in quotes may stand between. Values in quotes stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


@dataclass(slots=True)
class _Collection:
    """An open mapping or list; `key_due` is only meaningful for a mapping."""

    is_mapping: bool
    is_flow: bool
    key_due: bool = True


def rejoined(events: Iterable[Any], text: str) -> Iterator[Any]:
    """The events of `text`, with split values whole."""
    source = _Source(events)
    collections: list[_Collection] = []
    for event in source:
        if isinstance(event, yaml.CollectionEndEvent):
            collections.pop()
        top = collections[-1] if collections else None
        at_value = top is not None and not (top.is_mapping and top.key_due)
        if top is not None and top.is_flow and at_value and _is_plain(event):
            event = _whole(event, source, text, top)  # noqa: PLW2901
        if top is not None and top.is_mapping and isinstance(event, yaml.NodeEvent):
            top.key_due = not top.key_due
        if isinstance(event, yaml.CollectionStartEvent):
            collections.append(_Collection(isinstance(event, yaml.MappingStartEvent), bool(event.flow_style)))
        yield event


def _whole(event: Any, source: _Source, text: str, within: _Collection) -> Any:
    while _left_open(event.value) and _is_scalar(source.peek()):
        more = next(source)
        if within.is_mapping:
            # What follows the comma was taken for a key; a real key has a value of its own.
            empty = source.peek()
            if not (_is_plain(empty) and empty.value == "" and empty.end_mark.index == more.end_mark.index):
                source.put_back(more)
                break
            next(source)
        value = " ".join(text[event.start_mark.index : more.end_mark.index].split())
        event = yaml.ScalarEvent(None, None, event.implicit, value, event.start_mark, more.end_mark)
    return event


def _left_open(value: str) -> bool:
    value = _QUOTED.sub("", value)
    return value.count("(") > value.count(")")


def _is_scalar(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent) and event.tag is None and event.anchor is None


def _is_plain(event: Any) -> bool:
    return _is_scalar(event) and event.style in (None, "")


class _Source(Iterator[Any]):
    """An iterator that can be looked into."""

    def __init__(self, events: Iterable[Any]) -> None:
        self._events = iter(events)
        self._ahead: list[Any] = []

    def __next__(self) -> Any:
        return self._ahead.pop() if self._ahead else next(self._events)

    def peek(self) -> Any:
        """The next event; inside a collection there is one, its end at the latest."""
        event = next(self)
        self._ahead.append(event)
        return event

    def put_back(self, event: Any) -> None:
        self._ahead.append(event)
