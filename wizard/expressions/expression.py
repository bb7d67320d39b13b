"""Conditions and computed values: a small safe subset of Python's expression syntax.

A source is looked over (wizard.expressions.scanner), parsed by `ast`, checked node by node and put together as
closures (wizard.expressions.closures) once, when a definition is loaded; no author's text is ever run by Python.
What there is: literals, lists, dicts with text keys, dotted names, index and slice, and/or/not,
comparison, + - * / // % **, `a if b else c`, calls of the functions in wizard.expressions.functions, and list
comprehensions. Everything else is refused at load. What operators mean: wizard.expressions.arithmetic.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from wizard.errors import ExpressionError
from wizard.expressions import closures
from wizard.expressions.arithmetic import ARITHMETIC, bounded, negative
from wizard.expressions.closures import Compute, Names, Plan, Scope, Side
from wizard.expressions.functions import FUNCTIONS
from wizard.expressions.library import suggest
from wizard.expressions.remembered import remembered
from wizard.expressions.scanner import MAX_SOURCE, scan
from wizard.model import Chain, Value
from wizard.model.decimals import LARGEST, read_decimal, written

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core.core_schema import CoreSchema

__all__ = ["Expression", "Names", "parse"]

STEPS: Final = 10_000  # of one evaluation
MAX_DEPTH: Final = 100  # of operators inside operators
LITERALS: Final[Mapping[str, Value]] = {"true": True, "false": False, "null": None}

# What can go wrong where the data is not what wizard.model.run says a Value is.
ORDINARY_ERRORS: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. As a field of a pydantic model it is given as its source; true, false
    and numbers stand for themselves.

    `names` are the root names it reads, `chains` the dotted names, `functions` those it calls.
    """

    source: str
    names: frozenset[str] = field(compare=False)
    chains: frozenset[Chain] = field(compare=False)
    functions: frozenset[str] = field(compare=False)
    compute: Compute = field(compare=False, repr=False)
    slots: int = field(compare=False, repr=False)
    computes: bool = field(compare=False, repr=False)  # more than reading one dotted name

    def evaluate(self, names: Names) -> Value:
        """The value. Raises ExpressionError, and nothing else."""
        return self.within(Scope(names, STEPS, self.slots))

    def within(self, scope: Scope) -> Value:
        """The value, computed with what the scope has left."""
        try:
            value = self.compute(scope)
            return bounded(value) if self.computes and isinstance(value, list | dict) else value
        except ORDINARY_ERRORS as error:
            what = type(error).__name__
            raise ExpressionError(f"{self.source!r} can't be computed from this data ({what}).") from error

    def holds(self, names: Names) -> bool:
        """Whether the value counts as true: it isn't null, false, 0 or empty."""
        return bool(self.evaluate(names))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return field_schema(_given)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": ["string", "boolean", "number"], "maxLength": MAX_SOURCE, "format": "expression"}


def field_schema(read: Callable[[Any], Any]) -> CoreSchema:
    """The pydantic schema of a type that `read` makes of what an author wrote, and whose `source`
    is that again. An ExpressionError becomes a validation error of the type "expression", with
    `offset` in its context where it is known."""
    from pydantic_core import PydanticCustomError, core_schema

    def validate(value: Any) -> Any:
        try:
            return read(value)
        except ExpressionError as error:
            offset = {} if error.offset is None else {"offset": error.offset}
            raise PydanticCustomError("expression", "{problem}", {"problem": error.message, **offset}) from error

    written = core_schema.plain_serializer_function_ser_schema(lambda made: made.source)
    return core_schema.no_info_plain_validator_function(validate, serialization=written)


def _given(value: Any) -> Expression:
    match value:
        case Expression():
            return value
        case str():
            return parse(value)
        case bool():
            return parse("true" if value else "false")
        case int() if -LARGEST <= value <= LARGEST:
            return parse(str(value))
        case float() if math.isfinite(value):
            return parse(repr(value))
        case Decimal() if value.is_finite():
            return parse(written(value))
    raise ExpressionError("An expression is written as a text, a number, true or false.")


@remembered
def parse(source: str) -> Expression:
    """Checks and compiles. Raises ExpressionError with the offset where it is known."""
    plan = Plan()
    tree, compute = _compiled(source, plan)
    return Expression(
        source,
        plan.names,
        frozenset(plan.chains),
        frozenset(plan.functions),
        compute,
        plan.slots,
        computes=not isinstance(tree, ast.Name | ast.Attribute),
    )


def compile_within(source: str, plan: Plan) -> Compute:
    """The expression as a part of something larger, whose loop variables it sees. Raises ExpressionError."""
    return _compiled(source, plan)[1]


def _compiled(source: str, plan: Plan) -> tuple[ast.expr, Compute]:
    if not source.isascii():
        check_unicode(source)
    ready = scan(source)
    shift = len(ready) - len(ready.lstrip())
    body = ready[shift:]
    if not body:
        raise ExpressionError("An expression is empty.")
    try:
        tree = ast.parse(body, mode="eval").body
        return tree, _Compiler(source, shift, plan).compile(tree)
    except SyntaxError as error:
        at = error.offset - 1 if error.offset else len(body)  # it has none at the end
        raise ExpressionError(f"This isn't an expression: {_misread(body[at:])}.", offset=shift + at) from error
    except (MemoryError, RecursionError, ValueError) as error:
        raise ExpressionError("This expression is too large, or nested too deeply. Make it simpler.") from error


def _misread(rest: str) -> str:
    """What is wrong where `rest` begins. Python's words change with its releases, and tell of what isn't in here."""
    if not rest.strip():
        return "something is missing at its end, a value or a `)`"
    hint = "; two values are compared with `==`" if re.match(r"=(?!=)", rest) else ""
    if word := re.match(r"(AND|OR|NOT|IN|IF|ELSE)\b", rest):
        hint = f"; `{word[0].lower()}` is written in small letters"
    return f"it can't be read from `{rest.strip()[:20]}` on{hint}"


def check_unicode(text: str, offset: int | None = None) -> None:
    """Raises ExpressionError where the text holds half a character (a lone surrogate)."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        at = error.start if offset is None else offset
        raise ExpressionError("This text isn't valid Unicode.", offset=at) from error


def check_literal(value: Value, offset: int | None) -> Value:
    """A literal's value, where it is of a kind and size that expressions and templates have."""
    match value:
        case None | bool():
            return value
        case str():
            check_unicode(value, offset)
            return value
        case int() if value <= LARGEST:
            return value
        case float() | Decimal() if math.isfinite(value):
            return value
        case int() | float() | Decimal():
            raise ExpressionError("This number is too large.", offset=offset)
    raise ExpressionError("Only texts, numbers, true, false and null can be written here.", offset=offset)


SIGNS: Final[Mapping[type, str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}

_REFUSED: Final[Mapping[type, str]] = {
    ast.Is: "There is no `is`; write == or !=.",
    ast.IsNot: "There is no `is not`; write !=.",
    ast.UAdd: "There is no + before a value.",
    ast.Lambda: "An expression has no lambda; only the functions that there are can be called.",
    ast.Set: "There are no sets; write a list in [ ].",
    ast.SetComp: "There are no sets; write a list in [ ].",
    ast.DictComp: "There are only list comprehensions, in [ ].",
    ast.Starred: "There is no * before a value.",
    ast.NamedExpr: "An expression can't set names.",
}


class _Compiler:
    """Turns Python's syntax tree into closures."""

    def __init__(self, source: str, shift: int, plan: Plan) -> None:
        self.plan = plan
        self._source = source
        self._shift = shift
        self._depth = 0

    def compile(self, node: ast.expr) -> Compute:
        self._depth += 1
        self.plan.weight += 1
        if self._depth > MAX_DEPTH:
            raise self._refuse(node, "This expression is nested too deeply. Split it, or make it simpler.")
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise self._refuse(node, _REFUSED.get(type(node), "This isn't part of the expression language."))
        compute = handler(self, node)
        self._depth -= 1
        return compute

    def _offset(self, node: ast.expr) -> int:
        in_bytes = self._source[self._shift :].encode()[: node.col_offset]
        return self._shift + len(in_bytes.decode(errors="ignore"))

    def _refuse(self, node: ast.expr, message: str) -> ExpressionError:
        return ExpressionError(message, offset=self._offset(node))

    def _all(self, nodes: Sequence[ast.expr]) -> list[Compute]:
        return [self.compile(node) for node in nodes]

    def _sign(self, operator: ast.AST, node: ast.expr) -> str:
        if sign := SIGNS.get(type(operator)):
            return sign
        raise self._refuse(node, _REFUSED.get(type(operator), "There is no such operator."))

    def literal(self, node: ast.Constant) -> Compute:
        value = check_literal(node.value, self._offset(node))
        return closures.constant(read_decimal(self._text_of(node)) if isinstance(value, float) else value)

    def _text_of(self, node: ast.expr) -> str:
        """What the author wrote: a number with a point is that, and not the nearest binary fraction (S27)."""
        in_bytes = self._source[self._shift :].encode()[node.col_offset : node.end_col_offset]
        return in_bytes.decode()

    def name(self, node: ast.Name | ast.Attribute) -> Compute:
        parts: list[str] = []
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            parts.insert(0, self._public(base.attr, base))
            base = base.value
        if not isinstance(base, ast.Name):
            return closures.attributes(self.compile(base), parts)
        if base.id in LITERALS:
            return closures.attributes(closures.constant(LITERALS[base.id]), parts)
        return self.plan.name((self._public(base.id, base), *parts))

    def _public(self, name: str, node: ast.expr) -> str:
        if name.startswith("_"):
            raise self._refuse(node, f"The name {name!r} can't be used: no name begins with _.")
        return name

    def subscript(self, node: ast.Subscript) -> Compute:
        of, key = self.compile(node.value), node.slice
        if not isinstance(key, ast.Slice):
            return closures.index(of, self.compile(key))
        given = (key.lower, key.upper, key.step)
        bounds = (self.compile(bound) if bound else closures.constant(None) for bound in given)
        return closures.part(of, *bounds)

    def binary(self, node: ast.BinOp) -> Compute:
        operate = ARITHMETIC[self._sign(node.op, node)]
        return closures.binary(operate, self.compile(node.left), self.compile(node.right))

    def unary(self, node: ast.UnaryOp) -> Compute:
        if isinstance(node.op, ast.Not):
            return closures.opposite(self.compile(node.operand))
        if not isinstance(node.op, ast.USub):
            self._sign(node.op, node)
        of = self.compile(node.operand)
        return lambda scope: negative(scope, of(scope))

    def logic(self, node: ast.BoolOp) -> Compute:
        return (closures.every if isinstance(node.op, ast.And) else closures.either)(self._all(node.values))

    def compare(self, node: ast.Compare) -> Compute:
        rest = zip(node.ops, node.comparators, strict=True)
        return closures.compare(self._side(node.left), [(self._sign(op, node), self._side(side)) for op, side in rest])

    def _side(self, node: ast.expr) -> Side:
        match node:
            case ast.Constant(value=None) | ast.Name(id="null"):
                return Side(self.compile(node), is_null=True)
            case ast.Constant(value=str(text)):
                return Side(self.compile(node), text=text)
        return Side(self.compile(node))

    def conditional(self, node: ast.IfExp) -> Compute:
        return closures.choose(self.compile(node.test), self.compile(node.body), self.compile(node.orelse))

    def listing(self, node: ast.List | ast.Tuple) -> Compute:
        return closures.listing(self._all(node.elts))

    def mapping(self, node: ast.Dict) -> Compute:
        names = []
        for key in node.keys:
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                raise self._refuse(key or node, "The keys in { } are texts in quotes.")
            names.append(check_literal(key.value, self._offset(key)))
        return closures.mapping(names, self._all(node.values))

    def call(self, node: ast.Call) -> Compute:
        if not isinstance(node.func, ast.Name):
            raise self._refuse(node, "Only functions can be called, by their name: write upper(x), not x.upper().")
        name = node.func.id
        function = FUNCTIONS.get(name)
        if function is None:
            raise self._refuse(node, f"There is no function {name!r}.{suggest(name, FUNCTIONS)}")
        keywords = [keyword.arg or "**" for keyword in node.keywords]
        if problem := function.misfit(len(node.args), keywords):
            raise self._refuse(node, f"{problem}.")
        self.plan.functions.add(name)
        named = {keyword.arg or "": self.compile(keyword.value) for keyword in node.keywords}
        return closures.call(function, self._all(node.args), named)

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp) -> Compute:
        return closures.comprehension(self._loops(node, list(node.generators)))

    def _loops(self, node: ast.ListComp | ast.GeneratorExp, generators: list[ast.comprehension]) -> closures.Collect:
        if not generators:
            return closures.collector(self.compile(node.elt))
        first, *rest = generators
        if first.is_async or not isinstance(first.target, ast.Name) or first.target.id in LITERALS:
            raise self._refuse(first.target, "A comprehension has one name: [p.age for p in people].")
        source = self.compile(first.iter)
        slot = self.plan.bind(self._public(first.target.id, first.target))
        before = self.plan.weight
        conditions = self._all(first.ifs)
        inside = self._loops(node, rest)
        self.plan.unbind()
        return closures.loop(slot, source, conditions, inside, self.plan.weight - before)


_HANDLERS: Final[Mapping[type, Callable[[_Compiler, Any], Compute]]] = {
    ast.Constant: _Compiler.literal,
    ast.Name: _Compiler.name,
    ast.Attribute: _Compiler.name,
    ast.Subscript: _Compiler.subscript,
    ast.BinOp: _Compiler.binary,
    ast.UnaryOp: _Compiler.unary,
    ast.BoolOp: _Compiler.logic,
    ast.Compare: _Compiler.compare,
    ast.IfExp: _Compiler.conditional,
    ast.List: _Compiler.listing,
    ast.Tuple: _Compiler.listing,
    ast.Dict: _Compiler.mapping,
    ast.Call: _Compiler.call,
    ast.ListComp: _Compiler.comprehension,
    ast.GeneratorExp: _Compiler.comprehension,
}
