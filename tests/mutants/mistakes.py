"""The mistakes that can be made in a module: each is one expression or statement, in other words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from itertools import islice
from random import Random

_COMPARES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_SUMS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Add, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
# Statements that may be left out. Plain names are assigned for what follows: without them nothing runs at all.
_REMOVABLE = (ast.Expr, ast.AugAssign, ast.Raise, ast.Delete, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Mistake:
    """The bytes from `start` to `end` of a source, in other words. `line` is where that is, counted from 1; `inside`
    says that it is in the body of a function, so that it is made when that is called and not when it is imported."""

    line: int
    start: int
    end: int
    text: str
    inside: bool

    def made_in(self, source: bytes) -> bytes:
        return source[: self.start] + self.text.encode() + source[self.end :]


def mistakes(source: bytes, chance: Random | None = None, most: int | None = None) -> list[Mistake]:
    """All of them, in the order of the source, or `most` by chance. What people read (messages, log lines, docstrings),
    annotations and decorators are left alone."""
    finder = _Finder(source)
    finder.visit(ast.parse(source))
    if chance is not None:
        chance.shuffle(finder.found)
    whole = ast.dump(ast.parse(source))
    return list(islice((each for each in finder.found if _can_be_made(each.made_in(source), whole)), most))


def _can_be_made(source: bytes, whole: str) -> bool:
    try:
        return ast.dump(ast.parse(source)) != whole
    except SyntaxError:
        return False


class _Finder(ast.NodeVisitor):
    def __init__(self, source: bytes) -> None:
        self.found: list[Mistake] = []
        self._depth = 0  # of functions
        self._begins = [0]
        for line in source.splitlines(keepends=True):
            self._begins.append(self._begins[-1] + len(line))

    def _note(self, node: ast.expr | ast.stmt, text: str) -> None:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._begins[node.lineno - 1] + node.col_offset
        end = self._begins[node.end_lineno - 1] + node.end_col_offset
        self.found.append(Mistake(node.lineno, start, end, text, self._depth > 0))

    def _instead(self, node: ast.expr, *others: ast.expr) -> None:
        for each in others:
            self._note(node, f"({ast.unparse(each)})")

    # -- what is left alone --------------------------------------------------------------------------

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Text with values, for people; Python 3.11 doesn't know where its values stand."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arguments(self, node: ast.arguments) -> None:
        for each in (*node.defaults, *node.kw_defaults):
            if each is not None:
                self.visit(each)

    def _visit_definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        function = not isinstance(node, ast.ClassDef)
        if function:
            self.visit(node.args)
        self._depth += function
        for each in node.body:
            self.visit(each)
        self._depth -= function

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _visit_definition

    # -- statements ----------------------------------------------------------------------------------

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, _REMOVABLE):
            if isinstance(node, ast.Expr) and (isinstance(node.value, ast.Constant) or _logs(node.value)):
                return
            self._note(node, "pass")
            if isinstance(node, ast.Raise):
                return
        super().visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if all(isinstance(each, ast.Attribute | ast.Subscript) for each in node.targets):
            self._note(node, "pass")
        self.visit(node.value)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            if not isinstance(node.value, ast.Constant):
                self._note(node, "return None")
            self.visit(node.value)

    def _visit_choice(self, node: ast.If | ast.While | ast.IfExp) -> None:
        self._instead(node.test, ast.UnaryOp(ast.Not(), node.test))
        self.generic_visit(node)

    visit_If = visit_While = visit_IfExp = _visit_choice

    # -- expressions ---------------------------------------------------------------------------------

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for each in node.ifs:
            self._instead(each, ast.Constant(True))
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for place, operator in enumerate(node.ops):
            other = copy(node)
            other.ops = [*node.ops[:place], _COMPARES[type(operator)](), *node.ops[place + 1 :]]
            self._instead(node, other)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = copy(node)
        other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        shorter = [
            ast.BoolOp(node.op, [*node.values[:place], *node.values[place + 1 :]])
            if len(node.values) > 2
            else node.values[1 - place]
            for place in range(len(node.values))
        ]
        self._instead(node, other, *shorter)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not | ast.USub):
            self._instead(node, node.operand)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.BitOr):
            self._instead(node, node.left, node.right)
        elif type(node.op) in _SUMS and not isinstance(node.right, ast.JoinedStr):
            other = copy(node)
            other.op = _SUMS[type(node.op)]()
            self._instead(node, other)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._instead(node, ast.Constant(not node.value))
        elif isinstance(node.value, int):
            self._instead(node, ast.Constant(node.value + 1))


def _logs(node: ast.expr) -> bool:
    function = node.func if isinstance(node, ast.Call) else None
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "log"


def described(source: bytes, mistake: Mistake) -> Iterator[str]:
    """The lines that differ, as a diff shows them."""
    old, new = source.decode().splitlines(), mistake.made_in(source).decode().splitlines()
    same = next((n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), 0)
    more = next((n for n, (one, other) in enumerate(zip(old[::-1], new[::-1], strict=False)) if one != other), 0)
    yield from (f"- {line.strip()}" for line in old[same : len(old) - more])
    yield from (f"+ {line.strip()}" for line in new[same : len(new) - more])
