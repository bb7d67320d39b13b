"""The expressions and templates of a node, the dotted names that they read, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel

from wizard.definitions.internal import ITEM, RepeatConfig
from wizard.expressions.expression import Expression
from wizard.expressions.template import Dynamic, Template
from wizard.model import Chain
from wizard.model.workflow import Path
from wizard.node.keys import EventFormat

if TYPE_CHECKING:
    from wizard.definitions.draft import NodeDraft

_NOTHING: frozenset[str] = frozenset()
_DATA = frozenset({"data"})  # what the condition of an event sees besides
_ITEM = frozenset({ITEM})  # what `key` and `item` see


# An expression or a template, where it stands, and the names that are its own there.
Part = tuple[Path, Expression | Template | Dynamic, frozenset[str]]


def chains_of(node: NodeDraft) -> Iterator[tuple[Path, Chain, frozenset[str]]]:
    """The dotted names that a node reads, where, and the names that are its own there."""
    for index, chain in enumerate(node.common.depends_on):
        yield (*node.place, "depends_on", index), chain, _NOTHING
    for where, part, own in node.parts:
        for chain in sorted(part.chains):
            yield where, chain, own


def parts_of(node: NodeDraft) -> Iterator[Part]:
    """What a node evaluates: `NodeDraft.parts` keeps it."""
    if node.common.remind_after is not None and node.common.remind_after.message is not None:
        yield from _read(node.common.remind_after.message, (*node.place, "remind_after", "message"), _NOTHING)
    if node.common.title is not None:
        yield from _read(node.common.title, (*node.place, "title"), _NOTHING)
    for event in node.common.event:
        yield from _read(event, (*node.place, "event"), _NOTHING)
    if node.written is not None:
        own = node.handler.own_names(node.written)
        if node.partial is not None and own:
            own |= node.partial.names
        for where, part, more in computed_in(node.written, ()):
            yield node.written_at(where), part, own | more


def _read(value: object, place: Path, own: frozenset[str]) -> Iterator[Part]:
    for where, part, more in computed_in(value, place):
        yield where, part, own | more


def computed_in(value: object, place: Path) -> Iterator[Part]:
    """The expressions and templates inside a configuration, where they stand, and the names that are their own."""
    match value:
        case Expression() | Template() | Dynamic():
            yield place, value, _NOTHING
        case EventFormat():
            for name in type(value).model_fields:
                for where, part, _ in computed_in(getattr(value, name), place):
                    yield where, part, _DATA
        case RepeatConfig(key=Expression() as key):
            yield (*place, "key"), key, _ITEM
            yield from computed_in(value.model_copy(update={"key": None}), place)
        case RepeatConfig(for_each=Expression(), item=Template() as item):
            yield (*place, "item"), item, _ITEM
            yield from computed_in(value.model_copy(update={"item": None}), place)
        case BaseModel():
            for name, info in type(value).model_fields.items():
                yield from computed_in(getattr(value, name), (*place, info.alias or name))
        case Mapping():
            for key, item in value.items():
                yield from computed_in(item, (*place, key))
        case list() | tuple():
            for index, item in enumerate(value):
                yield from computed_in(item, place if isinstance(item, EventFormat) else (*place, index))
