"""What a `for_each` goes through, as far as the definition tells: values that are known by themselves, items of a
repeat, or records, which need a `key` (S13)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

from wizard.errors import ExpressionError
from wizard.expressions.scanner import scan
from wizard.model import Chain

PASSING: Final = frozenset(("reversed", "unique", "default", "coalesce", "sorted"))  # give what they are given

# Whether the value of a dotted name is a list of records, whether it is a repeat, and whether a dotted name below the
# items of a repeat is a group of values.
Knows = Callable[[Chain], bool]


class Elements:
    """Reads expressions that give lists."""

    def __init__(self, holds_records: Knows, repeats: Knows, is_group: Callable[[Chain, Chain], bool]) -> None:
        self._holds_records = holds_records
        self._repeats = repeats
        self._is_group = is_group

    def are_records(self, source: str, *, stored: bool = False) -> bool:
        """Whether the list that an expression gives is known to hold records. `stored` says that it is kept as a value
        of its own: then nobody knows any more which items of a repeat they were."""
        try:
            tree = ast.parse(scan(source).strip(), mode="eval").body
        except (ExpressionError, SyntaxError):
            return False
        return self._are(tree, {}, stored=stored)

    def _are(self, tree: ast.expr, loops: Mapping[str, ast.expr], *, stored: bool) -> bool:
        match tree:
            case ast.List(elts) | ast.Tuple(elts):
                return any(self._is(element, loops, stored=stored) for element in elts)
            case ast.ListComp(elt, generators) | ast.GeneratorExp(elt, generators):
                inside = {
                    **loops,
                    **{
                        generator.target.id: generator.iter
                        for generator in generators
                        if isinstance(generator.target, ast.Name)
                    },
                }
                return self._is(elt, inside, stored=stored)
            case ast.BinOp(left, ast.Add(), right):
                return self._are(left, loops, stored=stored) or self._are(right, loops, stored=stored)
            case ast.Subscript(of, ast.Slice()):
                return self._are(of, loops, stored=stored)
            case ast.Call(ast.Name(name), [first, *_]) if name in PASSING:
                return self._are(first, loops, stored=stored)
        chain = _chain(tree)
        return bool(chain) and (self._holds_records(chain) or (stored and self._repeats(chain)))

    def _is(self, element: ast.expr, loops: Mapping[str, ast.expr], *, stored: bool) -> bool:
        """Whether one element is a record."""
        match element:
            case ast.Dict():
                return True
            case ast.Name(name) if name in loops:
                return self._are(loops[name], {}, stored=stored)
        chain = _chain(element)
        over = _chain(loops[chain[0]]) if chain and chain[0] in loops else ()
        return bool(over) and self._repeats(over) and self._is_group(over, chain[1:])


def _chain(tree: Any) -> Chain:
    """A dotted name in parts, () where the tree is something else."""
    parts: list[str] = []
    while isinstance(tree, ast.Attribute):
        parts.insert(0, tree.attr)
        tree = tree.value
    return (tree.id, *parts) if isinstance(tree, ast.Name) else ()
