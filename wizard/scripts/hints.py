"""What a workflow's expressions compare answers with: values at which it may go another way.

`applicant.age >= 18` makes 17, 18 and 19 worth trying, `reason == "lost"` the text, `years_between(birth, today()) >=
18` the days around the birthday. Expressions are read as syntax; nothing is computed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from wizard.definitions.chains import computed_in
from wizard.expressions.expression import Expression
from wizard.model import Branches, Call, Chain, Workflow
from wizard.scripts.coverage import embedded, form_of

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
            for name in compared(source):
                hint = hints.setdefault(_resolved(each, name.chain, node), Hint())
                hint.measured |= name.measured
                if name.is_held:
                    hint.held += [constant for constant in name.constants if constant not in hint.held]
                    continue
                for constant in name.constants:
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
                parts = (part for _, part, _ in computed_in(node.config, ()))
                yield from ((part.source, node.id) for part in parts if isinstance(part, Expression))


class Compared(NamedTuple):
    """A name in an expression, and what it is compared with: `constants`, and the `others` that are names; nothing
    where it is asked for as it is. `measured` says that a function of it is, `is_held` that they are looked for in
    it."""

    chain: Chain
    constants: list[Any]
    others: list[Chain]
    measured: bool = False
    is_held: bool = False


def compared(source: str) -> Iterator[Compared]:
    """Each name of an expression, as often as it stands there."""
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            parts = (node.left, *node.comparators)
            constants = [value for part in parts for value in _constants(part)]
            names = [(part, chain, measured) for part in parts for chain, measured in _chains(part, inside=False)]
            looks_in = isinstance(node.ops[0], ast.In | ast.NotIn)
            for part, chain, measured in names:
                others = [other for _, other, _ in names if other != chain]
                yield Compared(chain, constants, others, measured, looks_in and part is not node.left)
    yield from (Compared(chain, [], [], measured) for chain, measured in _chains(tree.body, inside=False))


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
