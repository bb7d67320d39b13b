"""Expressions and templates as terms: what the checker reads of them, whichever of the two languages they are in.

A term keeps what says something about values: names and their parts, items, calls, comparisons, loops. Of everything
else it keeps what is inside, as Other. Terms are made of sources that were compiled before, and never computed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import nodes

from wizard.errors import ExpressionError
from wizard.expressions.expression import LITERALS, SIGNS, Expression
from wizard.expressions.filters import FILTERS
from wizard.expressions.jinja import ONE_EXPRESSION, parsed
from wizard.expressions.jinja import SIGNS as JINJA_SIGNS
from wizard.expressions.remembered import remembered
from wizard.expressions.scanner import scan
from wizard.model import Value
from wizard.model.workflow import Path

if TYPE_CHECKING:
    from wizard.expressions.template import Dynamic, Template


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value


@dataclass(frozen=True, slots=True)
class Part:
    """`of.name`"""

    of: Term
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """`of[key]`"""

    of: Term
    key: Term


@dataclass(frozen=True, slots=True)
class Slice:
    """`of[from:to]`"""

    of: Term


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    values: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    first: Term
    rest: tuple[tuple[str, Term], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A `for`: of a comprehension, whose `element` is what it collects, or of a template, which has none. In `inside`
    and `element` the name is an item of the source."""

    name: str
    source: Term
    inside: tuple[Term, ...]
    element: Term | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """What has values inside, of which nothing is known for the whole."""

    parts: tuple[Term, ...] = ()


Term = Name | Literal | Part | Item | Slice | Call | Compare | Listing | Loop | Other


def written(term: Term) -> str:
    """A name with its parts as an author writes it, "" for other terms."""
    match term:
        case Name(name):
            return name
        case Part(of, name) if before := written(of):
            return f"{before}.{name}"
        case Item(of, Literal(int() | str() as key)) if before := written(of):
            return f"{before}[{key!r}]"
        case Item(of, Name(key)) if before := written(of):
            return f"{before}[{key}]"
        case Call("first" | "last" as function, (of, *_)) if inside := written(of):
            return f"{function}({inside})"
    return ""


def terms_of(part: Expression | Template | Dynamic) -> Iterator[tuple[Path, Term]]:
    """The terms of what an author wrote, with their places inside it."""
    if isinstance(part, Expression):
        yield (), of_expression(part.source)
    elif not part.constant:
        for place, text in texts_in(part.source, ()):
            yield place, of_text(text)


def texts_in(source: Any, place: Path) -> Iterator[tuple[Path, str]]:
    """The texts inside JSON-like data that stands at `place`, and where they stand."""
    match source:
        case str():
            yield place, source
        case Mapping():
            for key, value in source.items():
                yield from texts_in(value, (*place, key))
        case list() | tuple():
            for index, value in enumerate(source):
                yield from texts_in(value, (*place, index))


@remembered
def of_text(source: str) -> Term:
    """The term of a text with templates in it: of its one expression, where it is nothing else."""
    if "{{" not in source and "{%" not in source:
        return Literal(source)
    if one := ONE_EXPRESSION.fullmatch(source):
        try:
            return _python(ast.parse(scan(one[1]).strip(), mode="eval").body)
        except (ExpressionError, SyntaxError):
            pass
    body, comprehensions = parsed(source)
    return Other(tuple(_jinja(node, comprehensions) for node in body))


@remembered
def of_expression(source: str) -> Term:
    """The term of an expression that compiles."""
    return _python(ast.parse(scan(source).strip(), mode="eval").body)


# -- Python's syntax -------------------------------------------------------------------------------


def _python(node: Any) -> Term:
    match node:
        case ast.Name(id=name):
            return Literal(LITERALS[name]) if name in LITERALS else Name(name)
        case ast.Constant(value=value):
            return Literal(value)
        case ast.Attribute(value=of, attr=name):
            return Part(_python(of), name)
        case ast.Subscript(value=of, slice=ast.Slice()):
            return Slice(_python(of))
        case ast.Subscript(value=of, slice=key):
            return Item(_python(of), _python(key))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            return Call(
                name, tuple(_python(argument) for argument in (*args, *(keyword.value for keyword in keywords)))
            )
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            rest = ((SIGNS[type(op)], _python(side)) for op, side in zip(ops, comparators, strict=True))
            return Compare(_python(left), tuple(rest))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return Listing(tuple(map(_python, items)))
        case ast.ListComp(elt=element, generators=generators) | ast.GeneratorExp(elt=element, generators=generators):
            return _loops(element, list(generators))
    return Other(tuple(_python(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)))


def _loops(element: ast.expr, generators: list[ast.comprehension]) -> Term:
    """Of several loops only the outermost is one that is known to collect something."""
    first, *rest = generators
    assert isinstance(first.target, ast.Name)
    conditions = tuple(map(_python, first.ifs))
    if rest:
        return Loop(first.target.id, _python(first.iter), (*conditions, _loops(element, rest)))
    return Loop(first.target.id, _python(first.iter), conditions, _python(element))


# -- Jinja's syntax --------------------------------------------------------------------------------


def _jinja(node: nodes.Node, comprehensions: Mapping[str, tuple[int, str]]) -> Term:
    def made(inner: nodes.Node) -> Term:
        return _jinja(inner, comprehensions)

    match node:
        case nodes.Name() if node.name in comprehensions:
            return of_expression(comprehensions[node.name][1])
        case nodes.Name():
            return Literal(None) if node.name in LITERALS else Name(node.name)
        case nodes.Const():
            return Literal(node.value)
        case nodes.Getattr():
            return Part(made(node.node), node.attr)
        case nodes.Getitem() if isinstance(node.arg, nodes.Slice):
            return Slice(made(node.node))
        case nodes.Getitem():
            return Item(made(node.node), made(node.arg))
        case nodes.Call() if isinstance(node.node, nodes.Name):
            return Call(node.node.name, tuple(map(made, (*node.args, *(argument.value for argument in node.kwargs)))))
        case nodes.Filter() if node.name in FILTERS and node.node is not None:
            return Call(FILTERS[node.name].name, tuple(map(made, (node.node, *node.args))))
        case nodes.Compare():
            return Compare(
                made(node.expr), tuple((JINJA_SIGNS[operand.op], made(operand.expr)) for operand in node.ops)
            )
        case nodes.List() | nodes.Tuple():
            return Listing(tuple(map(made, node.items)))
        case nodes.For() if isinstance(node.target, nodes.Name):
            inside = [*([node.test] if node.test else []), *node.body]
            return Other(
                (Loop(node.target.name, made(node.iter), tuple(map(made, inside))), *map(made, node.else_)),
            )
    return Other(tuple(made(child) for child in node.iter_child_nodes()))
