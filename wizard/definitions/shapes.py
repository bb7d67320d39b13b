"""What is known of a value before there is one: of which kind it is, which texts it can be, what is below it.

A shape is told from the definition alone: fields have types, repeats give lists. None stands for what can't be known,
and nothing is ever said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from wizard.definitions.draft import Draft, NodeDraft
from wizard.definitions.internal import ITEM, ConditionConfig, SetConfig, WorkflowConfig
from wizard.expressions.arithmetic import is_number
from wizard.expressions.terms import Call, Item, Listing, Literal, Loop, Name, Part, Slice, Term, of_expression, of_text
from wizard.forms.field_type import BaseField, FieldType
from wizard.forms.types.computed import ComputedField
from wizard.node.asking import AskingConfig


@dataclass(frozen=True, slots=True)
class Plain:
    """A value without parts. `kind` is what an error calls it; `values` are all texts that it can be, None where it can
    be others."""

    kind: str
    values: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Values by name; `names` is None where there may be others. `called` is what it is to an author."""

    names: Collection[str] | None
    below: Callable[[str], Shape]
    called: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list of such; `repeat` says that it is one since its node is repeated."""

    of: Shape
    repeat: bool = False


Shape = Plain | Group | Items | None

NUMBER, TEXT, TRUTH, DATE, TIME = map(Plain, ("a number", "a text", "true or false", "a date", "a time"))

_OF_TYPES: Mapping[type, Shape] = {int: NUMBER, Decimal: NUMBER, bool: TRUTH, date: DATE, time: TIME}
_RESULTS: Mapping[str, Shape] = {
    **dict.fromkeys(("len", "count", "floor", "ceil", "round", "int", "number", "decimal", "abs", "sum"), NUMBER),
    **dict.fromkeys(("years_between", "months_between", "days_between", "year", "month", "day"), NUMBER),
    **dict.fromkeys(("lower", "upper", "title", "strip", "replace", "join", "text"), TEXT),
    **dict.fromkeys(("format_date", "format_number"), TEXT),
    **dict.fromkeys(("contains", "starts_with", "ends_with", "any", "all"), TRUTH),
    "today": DATE,
    "now": Plain("a moment"),
    "split": Items(TEXT),
}
_ONE_OF = frozenset(("first", "last"))
_SAME = frozenset(("reversed", "unique", "sorted"))


class Shapes:
    """What the names of one definition hold. `own` are those that only one node sees, and of loops, by name."""

    def __init__(self, draft: Draft, drafts: Mapping[str, Draft]) -> None:
        self._draft = draft
        self._drafts = drafts
        self._nodes = {node.id: node for node in draft.nodes}
        self._asked: set[tuple[str, str]] = set()  # values of `set` nodes that are being looked at

    def of(self, term: Term, own: Mapping[str, Shape]) -> Shape:
        match term:
            case Name(name):
                return own[name] if name in own else self._root(name)
            case Literal(value):
                return shape_of(value)
            case Part(of, name):
                return below(self.of(of, own), name)
            case Item(of, Literal(str() as name)):
                return below(self.of(of, own), name)
            case Item(of, _):
                return element_of(self.of(of, own))
            case Slice(of):
                return self.of(of, own)
            case Call(function, (first, *_)) if function in _ONE_OF:
                return element_of(self.of(first, own))
            case Call(function, (first, *_)) if function in _SAME:
                shape = self.of(first, own)
                return Items(shape.of) if isinstance(shape, Items) else None
            case Call(function, _):
                return _RESULTS.get(function)
            case Listing(items):
                kinds = {shape for shape in (self.of(item, own) for item in items) if isinstance(shape, Plain)}
                return Items(Plain(kinds.pop().kind) if len(kinds) == 1 else None)
            case Loop(name, source, _, element) if element is not None:
                return Items(self.of(element, {**own, name: element_of(self.of(source, own))}))
        return None

    def own_of(self, node: NodeDraft) -> Mapping[str, Shape]:
        """The names that only this node sees, or that a part of it does."""
        if node.written is None:
            return {}
        if isinstance(node.written, WorkflowConfig):
            repeat = node.written.repeat
            if repeat is None or repeat.for_each is None:
                return {}
            return {ITEM: element_of(self.of(of_expression(repeat.for_each.source), {}))}
        names = dict.fromkeys(node.handler.own_names(node.written))
        return {name: self._output(node, name) for name in names}

    def _root(self, name: str) -> Shape:
        if name == "input":
            fields = {field.name: field for field in self._draft.input}
            return Group(None, lambda name: _declared(fields.get(name), name), "the input")
        node = self._nodes.get(name)
        return None if node is None else self._node(node)

    def _node(self, node: NodeDraft) -> Shape:
        config = node.written
        if config is None or isinstance(config, ConditionConfig):
            return None
        if not isinstance(config, WorkflowConfig):
            return Group(node.outputs, lambda name: self._output(node, name), f"`{node.id}`")
        inner = self._drafts.get(config.workflow)
        if inner is None or node.partial is not None:
            return None
        made = Shapes(inner, self._drafts)
        known = inner.valued if inner.ids == {node.id for node in inner.nodes} else None
        group = Group(known, made._root, f"`{inner.id}`, which `{node.id}` embeds,")
        return Items(group, repeat=True) if config.repeat is not None else group

    def _output(self, node: NodeDraft, name: str) -> Shape:
        match node.written:
            case AskingConfig(fields=fields):
                field = next((field for field in fields if field.name == name), None)
                if isinstance(field, ComputedField):
                    return self._once(node.id, name, of_expression(field.value.source), node)
                return _field(field) if node.partial is None else _without_values(_field(field))
            case SetConfig(values=values) if name in values:
                source = values[name].source
                if isinstance(source, str):
                    return self._once(node.id, name, of_text(source), node)
                return None if isinstance(source, Mapping | list) else shape_of(source)
        return None

    def _once(self, node: str, name: str, term: Term, of: NodeDraft) -> Shape:
        """Of a value that is computed; nothing is known of one that comes back to itself."""
        if (node, name) in self._asked:
            return None
        self._asked.add((node, name))
        own = self.own_of(of) if isinstance(of.written, AskingConfig) else {}
        shape = self.of(term, own)
        self._asked.discard((node, name))
        return shape


def shape_of(value: object) -> Shape:
    """Of a value that is written in the definition."""
    match value:
        case bool():
            return TRUTH
        case str():
            return Plain("a text", frozenset((value,)))
        case date():
            return DATE
        case time():
            return TIME
    return NUMBER if is_number(value) else None


def kind_of(shape: Shape) -> str | None:
    """What an error calls it."""
    match shape:
        case Plain(kind):
            return kind
        case Items():
            return "a list"
        case Group():
            return "a group of values"
    return None


def is_known(shape: Shape, name: str) -> bool:
    """Whether a group has, or may have, a part of this name."""
    return isinstance(shape, Group) and (shape.names is None or name in shape.names)


def below(shape: Shape, name: str) -> Shape:
    """Of a part, None where it can't be known or there is none."""
    return shape.below(name) if isinstance(shape, Group) and is_known(shape, name) else None


def element_of(shape: Shape) -> Shape:
    """What a loop's name holds."""
    return shape.of if isinstance(shape, Items) else None


def _declared(field: BaseField | None, name: str) -> Shape:
    if field is None:
        return NUMBER if name == "index" else None  # of an item
    return _field(field)


def _without_values(shape: Shape) -> Shape:
    """Of a field that may have had other choices besides."""
    match shape:
        case Plain(kind):
            return Plain(kind)
        case Items(of, repeat):
            return Items(_without_values(of), repeat)
    return shape


def _field(field: Any) -> Shape:
    if field is None:
        return None
    of: FieldType = field.field_type
    if of.is_list or of.value_type is str:
        text = Plain("a text", of.values(field))
        return Items(text) if of.is_list else text
    return None if of.value_type is None else _OF_TYPES.get(of.value_type)
