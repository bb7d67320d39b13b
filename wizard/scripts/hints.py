"""What a workflow's expressions compare answers with: values at which it may go another way.

`applicant.age >= 18` makes 17, 18 and 19 worth trying, `reason == "lost"` the text, `years_between(birth, today()) >=
18` the days around the birthday. Expressions are read as syntax; nothing is computed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from wizard.expressions.expression import Expression
from wizard.model import Branches, Call, Workflow
from wizard.scripts.coverage import embedded, form_of

Chain = tuple[str, ...]
_NAMES = {"true": True, "false": False, "null": None}
MOST = 40  # constants of one name


@dataclass(slots=True)
class Hint:
    """What one name is compared with: `constants` are texts, numbers, yes and no; `measured` says that a function of it
    is compared, as its length or age is; `held` are what is looked for in it."""

    constants: list[Any] = field(default_factory=list)
    measured: bool = False
    held: list[Any] = field(default_factory=list)

    def add(self, value: Any) -> None:
        if value not in self.constants and len(self.constants) < MOST:
            self.constants.append(value)


Hints = Mapping[tuple[str, Chain], Hint]  # by the workflow's id and the name in it


def hints_of(workflow: Workflow) -> dict[tuple[str, Chain], Hint]:
    """The hints of a workflow and all that it embeds; names of an embedded one's answers count as its own. Fields of a
    form that its own expressions read are below its node's id."""
    hints: dict[tuple[str, Chain], Hint] = {}
    for each in embedded(workflow).values():
        for source, node in _sources(each):
            for chain, constants, measured, is_held in _comparisons(source):
                named = _resolved(each, chain, node)
                hint = hints.setdefault(named, Hint())
                hint.measured |= measured
                if is_held:
                    hint.held += [constant for constant in constants if constant not in hint.held]
                    continue
                for constant in constants:
                    hint.add(constant)
    return hints


def _resolved(workflow: Workflow, chain: Chain, node: str) -> tuple[str, Chain]:
    """A name as the innermost workflow that it is of has it."""
    own = form_of(workflow.nodes[node]) if node else None
    if own is not None and chain[0] in own.own:
        return workflow.id, (node, *chain)
    while len(chain) > 1 and chain[0] in workflow.nodes and isinstance(workflow.nodes[chain[0]].config, Call):
        workflow, chain = workflow.nodes[chain[0]].config.workflow, chain[1:]
    return workflow.id, chain


def _sources(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """The sources of all expressions, with the node whose own fields they see, "" for none."""
    for started in workflow.starts_on:
        if started.when is not None:
            yield str(started.when.source), ""
    for node in workflow.nodes.values():
        match node.config:
            case Branches(cases):
                yield from ((str(case.when.source), "") for case in cases if case.when is not None)
            case Call(_, _, repeat):
                asked = () if repeat is None else (repeat.times, repeat.for_each)
                yield from ((str(each.source), "") for each in asked if each is not None)
            case _:
                yield from ((source, node.id) for source in _within(node.config, 0))


def _within(value: Any, depth: int) -> Iterator[str]:
    match value:
        case Expression():
            yield value.source
        case BaseModel() if depth < 8:
            for name in type(value).model_fields:
                yield from _within(getattr(value, name), depth + 1)
        case list() | tuple() if depth < 8:
            for item in value:
                yield from _within(item, depth + 1)
        case Mapping() if depth < 8:
            for item in value.values():
                yield from _within(item, depth + 1)


def compared(source: str) -> Iterator[tuple[Chain, list[Any], list[Chain]]]:
    """Each name of an expression, with the constants and the other names that it is compared with."""
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            parts = (node.left, *node.comparators)
            constants = [value for part in parts for value in _constants(part)]
            names = [chain for part in parts for chain, _ in _chains(part, inside=False)]
            yield from ((chain, constants, [other for other in names if other != chain]) for chain in names)
    yield from ((chain, [], []) for chain, _ in _chains(tree.body, inside=False))


def _comparisons(source: str) -> Iterator[tuple[Chain, list[Any], bool, bool]]:
    """Each name that is compared, or asked for as it is, with the constants beside it; whether it is measured, and
    whether they are looked for in it."""
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            constants = [value for part in (node.left, *node.comparators) for value in _constants(part)]
            looks_in = isinstance(node.ops[0], ast.In | ast.NotIn)
            for part in (node.left, *node.comparators):
                for chain, measured in _chains(part, inside=False):
                    yield chain, constants, measured, looks_in and part is not node.left
    for chain, measured in _chains(tree.body, inside=False):
        yield chain, [], measured, False


def _constants(node: ast.AST) -> Iterator[Any]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str | int | float):
            yield Decimal(repr(each.value)) if isinstance(each.value, float) else each.value
        elif isinstance(each, ast.Name) and each.id in _NAMES:
            yield _NAMES[each.id]


def _chains(node: ast.AST, *, inside: bool) -> Iterator[tuple[Chain, bool]]:
    """The dotted names in an expression, and whether each stands in a call or a calculation."""
    chain = _dotted(node)
    if chain is not None:
        if chain[0] not in _NAMES:
            yield chain, inside
        return
    measured = inside or isinstance(node, ast.Call | ast.BinOp | ast.GeneratorExp | ast.ListComp)
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.Call) and child is node.func):
            yield from _chains(child, inside=measured)


def _dotted(node: ast.AST) -> Chain | None:
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return (node.id, *names) if isinstance(node, ast.Name) else None
