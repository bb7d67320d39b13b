"""Compiles templates: Jinja reads them, and closures compute them.

Jinja's sandbox gives the syntax: its lexer and parser make a tree. What Jinja would do next, turn
the tree into Python source and run it, is not done; so nothing is folded at load, no generated code
ever runs, and a template obeys the same rules and bounds as an expression (wizard.expressions.closures). Of the
tree, only what HANDLERS and WRITERS name is accepted: output, if, for (two deep), and expressions of
literals, dotted names, operators, the filters and tests of wizard.expressions.filters and the functions of
wizard.expressions.functions; an expression with a comprehension is read by wizard.expressions.comprehensions instead.
A `for` has `loop.index`, `index0`, `first`, `last` and `length`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, cast

from jinja2 import TemplateSyntaxError, nodes
from jinja2.lexer import Lexer, Token
from jinja2.sandbox import ImmutableSandboxedEnvironment

from wizard.errors import ExpressionError
from wizard.expressions import closures
from wizard.expressions.arithmetic import ARITHMETIC, fits, negative
from wizard.expressions.closures import Compute, Function, Plan, Scope, Side
from wizard.expressions.comprehensions import cut_out
from wizard.expressions.expression import ORDINARY_ERRORS, check_literal, check_unicode, compile_within
from wizard.expressions.filters import FILTERS, TESTS
from wizard.expressions.functions import FUNCTIONS
from wizard.expressions.library import suggest
from wizard.expressions.markdown import may_be_markup
from wizard.expressions.page import Page, Write, repeated, sequence
from wizard.expressions.scanner import ESCAPES
from wizard.expressions.wording import show
from wizard.model import Value
from wizard.model.decimals import read_decimal

MAX_SOURCE: Final = 20_000  # characters
MAX_DEPTH: Final = 50  # of operators and blocks inside each other
MAX_BRACKETS: Final = 20
MAX_OPERATORS: Final = 250  # in one {{ }} or {% %}
MAX_BLOCKS: Final = 20  # of if and for inside each other
MAX_TOKENS: Final = 2_000  # in all {{ }} and {% %} together
MAX_LOOPS: Final = 2  # inside each other
MAX_MESSAGE: Final = 500  # characters; Jinja's messages quote the source
LITERALS: Final[Mapping[str, Value]] = {"null": None}


class _ExactLexer(Lexer):
    """Numbers with a point are what the author wrote, and not the nearest binary fractions (S27)."""

    def wrap(
        self, stream: Iterable[tuple[int, str, str]], name: str | None = None, filename: str | None = None
    ) -> Iterator[Token]:
        text = ""

        def noted() -> Iterator[tuple[int, str, str]]:
            nonlocal text
            for token in stream:
                text = token[2]
                yield token

        for token in super().wrap(noted(), name, filename):
            exact = token.type == "float" and math.isfinite(cast("float", token.value))
            yield Token(token.lineno, token.type, read_decimal(text)) if exact else token  # type: ignore[arg-type]


class _Environment(ImmutableSandboxedEnvironment):
    @cached_property
    def lexer(self) -> Lexer:
        return _ExactLexer(self)


_ENVIRONMENT: Final = _Environment(optimized=False, autoescape=False, keep_trailing_newline=True)
OPENS: Final = re.compile(r"\{[{%#]")  # what isn't words
_LINE_ENDS: Final = re.compile(r"\r\n?")
_OPERATORS: Final = frozenset(("not", "if", "-", "+", "*", "/", "//", "%", "**", "~", ".", "[", "(", "{", "|", "is"))
_BLOCKS: Final[Mapping[str, int]] = {"if": 1, "for": 1, "endif": -1, "endfor": -1}
_FORM: Final = "each `{{` needs an expression and its `}}`, each `{%` its `%}`, and what is opened its end"
ONE_EXPRESSION: Final = re.compile(r"\s*\{\{(?![-+])((?:(?!\{\{|\}\}|\{%|\{#).)*)(?<![-+])\}\}\s*", re.DOTALL)
_GOOD_TEXT: Final = re.compile(rf"""(?:[^\\]|{ESCAPES})*""")


def compile_template(source: str) -> tuple[Write, Plan]:
    """Checks and compiles. Raises ExpressionError; its offset is the start of the line."""
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"A template can have up to {MAX_SOURCE:,} characters; this has {len(source):,}.")
    check_unicode(source)
    if not OPENS.search(source):
        return _words(source)
    compiler = _Compiler(source)
    try:
        _scan(source, compiler)
        body = _ENVIRONMENT.parse(compiler.cut(source)).body
        return compiler.block(body), compiler.plan
    except TemplateSyntaxError as error:
        raise compiler.refusal(error.lineno, f"This isn't a template: {_FORM} (Jinja says: {error.message})") from error
    except ORDINARY_ERRORS as error:
        raise ExpressionError("This template is too large, or nested too deeply. Make it simpler.") from error


def _words(source: str) -> tuple[Write, Plan]:
    """What is made of a text that has nothing but words, as most have. Jinja takes ten times as long to say so."""
    text, plan = _LINE_ENDS.sub("\n", source), Plan()
    plan.has_markup = may_be_markup(text)
    return lambda page: page.write(text), plan


def parsed(source: str) -> tuple[Sequence[nodes.Node], Mapping[str, tuple[int, str]]]:
    """Jinja's tree of a template that compiles, and the comprehensions in it by the names that stand for them."""
    compiler = _Compiler(source)
    return _ENVIRONMENT.parse(compiler.cut(source)).body, compiler.comprehensions


def _scan(source: str, compiler: _Compiler) -> None:
    """Refuses what Jinja's parser, which is recursive, shouldn't see."""
    before = ""
    brackets = operators = tokens = blocks = 0
    for line, kind, piece in _ENVIRONMENT.lexer.tokeniter(source, None):
        if kind == "string" and not _GOOD_TEXT.fullmatch(piece):
            raise compiler.refusal(line, "A backslash stands only in \\n \\t \\r \\\\ \\\" \\' \\xNN and \\uNNNN.")
        if kind == "operator":
            brackets += (piece in "([{") - (piece in ")]}")
        operators = 0 if kind.endswith("_end") else operators + (piece in _OPERATORS)
        tokens += kind not in ("data", "whitespace")
        blocks += _BLOCKS.get(piece, 0) if before == "block_begin" else 0
        if kind != "whitespace":
            before = kind
        if brackets > MAX_BRACKETS or operators > MAX_OPERATORS or blocks > MAX_BLOCKS:
            raise compiler.refusal(line, "This is nested too deeply. Split it, or make it simpler.")
        if tokens > MAX_TOKENS:
            raise compiler.refusal(line, "This template is too long. Split it, or make it simpler.")


SIGNS: Final[Mapping[str, str]] = {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "lteq": "<=",
    "gt": ">",
    "gteq": ">=",
    "in": "in",
    "notin": "not in",
}


class _Compiler:
    """Turns Jinja's syntax tree into closures."""

    def __init__(self, source: str) -> None:
        self.plan = Plan()
        self._source = source
        self._depth = 0
        self._loops = 0
        self.comprehensions: dict[str, tuple[int, str]] = {}

    def cut(self, source: str) -> str:
        """The source as Jinja can read it: names stand for the comprehensions."""
        if "for" in source:
            source, self.comprehensions = cut_out(_ENVIRONMENT.lexer.tokeniter(source, None))
        return source

    def refusal(self, line: int | None, message: str) -> ExpressionError:
        at = 0
        for _ in range((line or 1) - 1):
            at = self._source.find("\n", at) + 1
        return ExpressionError(message[:MAX_MESSAGE], offset=at)

    def _refuse(self, node: nodes.Node, message: str) -> ExpressionError:
        return self.refusal(node.lineno, message)

    def _enter(self, node: nodes.Node) -> None:
        self._depth += 1
        self.plan.weight += 1
        if self._depth > MAX_DEPTH:
            raise self._refuse(node, "This is nested too deeply. Split it, or make it simpler.")

    # -- what writes

    def block(self, body: Sequence[nodes.Node]) -> Write:
        writers: list[Write] = []
        for node in body:
            self._enter(node)
            handler = _WRITERS.get(type(node))
            if handler is None:
                raise self._refuse(
                    node, f"A template has {{% if %}} and {{% for %}}, no {type(node).__name__.lower()}."
                )
            writers.append(handler(self, node))
            self._depth -= 1
        return sequence(writers)

    def output(self, node: nodes.Output) -> Write:
        parts = [part.data if isinstance(part, nodes.TemplateData) else self.compile(part) for part in node.nodes]
        self.plan.has_markup |= any(isinstance(part, str) and may_be_markup(part) for part in parts)

        def write(page: Page) -> None:
            for part in parts:
                if isinstance(part, str):
                    page.write(part)
                else:
                    page.put(show(page, part(page)))

        return write

    def branch(self, node: nodes.If) -> Write:
        tests = [(self.compile(branch.test), self.block(branch.body)) for branch in (node, *node.elif_)]
        otherwise = self.block(node.else_)

        def write(page: Page) -> None:
            for test, body in tests:
                if test(page):
                    return body(page)
            return otherwise(page)

        return write

    def loop(self, node: nodes.For) -> Write:
        if node.recursive or not isinstance(node.target, nodes.Name) or node.target.name in ("loop", *LITERALS):
            raise self._refuse(node, "A loop is written with one name: {% for person in people %}.")
        self._loops += 1
        if self._loops > MAX_LOOPS:
            raise self._refuse(node, f"Loops can be {MAX_LOOPS} inside each other.")
        source = self.compile(node.iter)
        before = self.plan.weight
        slot = self.plan.bind(self._public(node.target.name, node))
        test = self.compile(node.test) if node.test else None
        place = self.plan.bind("loop")
        body = self.block(node.body)
        self.plan.unbind()
        self.plan.unbind()
        self._loops -= 1
        return repeated(
            source, test, body, self.block(node.else_), slots=(slot, place), weight=self.plan.weight - before
        )

    # -- what computes

    def compile(self, node: nodes.Node) -> Compute:
        self._enter(node)
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise self._refuse(node, f"A template can't have this here ({type(node).__name__}).")
        compute = handler(self, node)
        self._depth -= 1
        return compute

    def _all(self, parts: Sequence[nodes.Node]) -> list[Compute]:
        return [self.compile(part) for part in parts]

    def _public(self, name: str, node: nodes.Node) -> str:
        if name.startswith("_"):
            raise self._refuse(node, f"The name {name!r} can't be used: no name begins with _.")
        return name

    def literal(self, node: nodes.Const) -> Compute:
        return closures.constant(check_literal(node.value, self.refusal(node.lineno, "").offset))

    def name(self, node: nodes.Name | nodes.Getattr) -> Compute:
        parts: list[str] = []
        base: nodes.Node = node
        while isinstance(base, nodes.Getattr):
            parts.insert(0, self._public(base.attr, base))
            base = base.node
        if not isinstance(base, nodes.Name):
            return closures.attributes(self.compile(base), parts)
        if base.name in LITERALS:
            return closures.attributes(closures.constant(LITERALS[base.name]), parts)
        if base.name in self.comprehensions:
            return self.comprehension(*self.comprehensions[base.name])
        return self.plan.name((self._public(base.name, base), *parts))

    def comprehension(self, line: int, source: str) -> Compute:
        try:
            return compile_within(source, self.plan)
        except ExpressionError as error:
            raise self.refusal(line, error.message) from error

    def item(self, node: nodes.Getitem) -> Compute:
        of, key = self.compile(node.node), node.arg
        if not isinstance(key, nodes.Slice):
            return closures.index(of, self.compile(key))
        given = (key.start, key.stop, key.step)
        start, stop, step = (self.compile(bound) if bound else closures.constant(None) for bound in given)
        return closures.part(of, start, stop, step)

    def binary(self, node: nodes.BinExpr) -> Compute:
        return closures.binary(ARITHMETIC[node.operator], self.compile(node.left), self.compile(node.right))

    def negate(self, node: nodes.Neg) -> Compute:
        of = self.compile(node.node)
        return lambda scope: negative(scope, of(scope))

    def opposite(self, node: nodes.Not) -> Compute:
        return closures.opposite(self.compile(node.node))

    def logic(self, node: nodes.And | nodes.Or) -> Compute:
        parts: list[nodes.Node] = []
        left: nodes.Node = node
        while isinstance(left, type(node)):
            parts.insert(0, left.right)
            left = left.left
        combine = closures.every if isinstance(node, nodes.And) else closures.either
        return combine(self._all([left, *parts]))

    def compare(self, node: nodes.Compare) -> Compute:
        return closures.compare(
            self._side(node.expr), [(SIGNS[operand.op], self._side(operand.expr)) for operand in node.ops]
        )

    def _side(self, node: nodes.Node) -> Side:
        is_null = (isinstance(node, nodes.Const) and node.value is None) or (
            isinstance(node, nodes.Name) and node.name in LITERALS
        )
        text = node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None
        return Side(self.compile(node), is_null=is_null, text=text)

    def concatenation(self, node: nodes.Concat) -> Compute:
        parts = self._all(node.nodes)

        def compute(scope: Scope) -> Value:
            pieces: list[str] = []
            for part in parts:
                pieces.append(show(scope, part(scope)))
                fits(scope, sum(map(len, pieces)))
            return "".join(pieces)

        return compute

    def conditional(self, node: nodes.CondExpr) -> Compute:
        otherwise = self.compile(node.expr2) if node.expr2 else closures.constant(None)
        return closures.choose(self.compile(node.test), self.compile(node.expr1), otherwise)

    def listing(self, node: nodes.List | nodes.Tuple) -> Compute:
        return closures.listing(self._all(node.items))

    def mapping(self, node: nodes.Dict) -> Compute:
        names: list[str] = []
        for pair in node.items:
            if not isinstance(pair.key, nodes.Const) or not isinstance(pair.key.value, str):
                raise self._refuse(pair, "The keys in { } are texts in quotes.")
            names.append(check_literal(pair.key.value, self.refusal(pair.lineno, "").offset))
        return closures.mapping(names, self._all([pair.value for pair in node.items]))

    def test(self, node: nodes.Test) -> Compute:
        if node.name not in TESTS:
            raise self._refuse(node, f"There is no test {node.name!r}.{suggest(node.name, TESTS)}")
        if node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise self._refuse(node, f"The test {node.name!r} takes no values.")
        test, of = TESTS[node.name], self.compile(node.node)
        return lambda scope: test(of(scope))

    def filter(self, node: nodes.Filter) -> Compute:
        function = FILTERS.get(node.name)
        if function is None:
            raise self._refuse(node, f"There is no filter {node.name!r}.{suggest(node.name, FILTERS)}")
        return self._call(node, function, [*([node.node] if node.node else []), *node.args])

    def call(self, node: nodes.Call) -> Compute:
        if not isinstance(node.node, nodes.Name):
            raise self._refuse(node, "Only functions can be called, by their name: write upper(x), not x.upper().")
        name = node.node.name
        function = FUNCTIONS.get(name)
        if function is None:
            raise self._refuse(node, f"There is no function {name!r}.{suggest(name, FUNCTIONS)}")
        self.plan.functions.add(name)
        return self._call(node, function, node.args)

    def _call(self, node: nodes.Call | nodes.Filter, function: Function, values: Sequence[nodes.Node]) -> Compute:
        if node.dyn_args or node.dyn_kwargs:
            raise self._refuse(node, "There is no * before a value.")
        if problem := function.misfit(len(values), [str(keyword.key) for keyword in node.kwargs]):
            raise self._refuse(node, f"{problem}.")
        named = {str(keyword.key): self.compile(keyword.value) for keyword in node.kwargs}
        return closures.call(function, self._all(values), named)


_WRITERS: Final[Mapping[type, Callable[[_Compiler, Any], Write]]] = {
    nodes.Output: _Compiler.output,
    nodes.If: _Compiler.branch,
    nodes.For: _Compiler.loop,
}

_HANDLERS: Final[Mapping[type, Callable[[_Compiler, Any], Compute]]] = {
    nodes.Const: _Compiler.literal,
    nodes.Name: _Compiler.name,
    nodes.Getattr: _Compiler.name,
    nodes.Getitem: _Compiler.item,
    **dict.fromkeys(
        (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow), _Compiler.binary
    ),
    nodes.Neg: _Compiler.negate,
    nodes.Not: _Compiler.opposite,
    nodes.And: _Compiler.logic,
    nodes.Or: _Compiler.logic,
    nodes.Compare: _Compiler.compare,
    nodes.Concat: _Compiler.concatenation,
    nodes.CondExpr: _Compiler.conditional,
    nodes.List: _Compiler.listing,
    nodes.Tuple: _Compiler.listing,
    nodes.Dict: _Compiler.mapping,
    nodes.Test: _Compiler.test,
    nodes.Filter: _Compiler.filter,
    nodes.Call: _Compiler.call,
}
