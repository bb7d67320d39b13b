"""Texts with values in them: Template, and Dynamic, any JSON-like value whose texts are templates.

Both are made when a definition is loaded and are fields of pydantic models. The result is plain
text: nothing is escaped here, a channel escapes for where it shows it. What people read at length (Template.prose)
is Markdown: the author's own words are, the values in them never (wizard.expressions.prose). What templates are made
of: wizard.expressions.jinja; how values print in them: wizard.expressions.wording.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final

from wizard.errors import ExpressionError
from wizard.expressions.arithmetic import bounded
from wizard.expressions.closures import Names
from wizard.expressions.expression import ORDINARY_ERRORS, Expression, check_literal, check_unicode, field_schema
from wizard.expressions.expression import parse as parse_expression
from wizard.expressions.jinja import MAX_SOURCE, ONE_EXPRESSION, OPENS, compile_template
from wizard.expressions.page import Page, ProsePage, Write
from wizard.expressions.prose import Prose, plain, prose
from wizard.expressions.remembered import remembered
from wizard.model import Chain, Value
from wizard.model.copies import copied

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core.core_schema import CoreSchema

__all__ = ["Dynamic", "Template", "dynamic", "parse"]

MAX_NODES: Final = 1_000  # values in a Dynamic
MAX_NESTING: Final = 20
MAX_CHARACTERS: Final = 100_000  # of all texts in a Dynamic


@dataclass(frozen=True, slots=True)
class Template:
    """A text with `{{ expressions }}`, `{% if %}` and `{% for %}`; `constant` where it has none.

    `names` are the root names it reads, `chains` the dotted names, `functions` those it calls.
    """

    source: str
    constant: bool = field(compare=False)
    names: frozenset[str] = field(compare=False)
    chains: frozenset[Chain] = field(compare=False)
    functions: frozenset[str] = field(compare=False)
    fill: Write = field(compare=False, repr=False)
    slots: int = field(compare=False, repr=False)
    has_markup: bool = field(compare=False, repr=False)

    def render(self, names: Names) -> str:
        """The text. Raises ExpressionError, and nothing else."""
        return self.source if self.constant else self.print(Page(names, self.slots))

    def prose(self, names: Names) -> str:
        """The text where people read it at length: a Prose, unless there is nothing that has looks. As a text it is the
        words alone. Raises ExpressionError, and nothing else."""
        if self.constant:
            return prose(self.source) if self.has_markup else self.source
        page = ProsePage(names, self.slots)
        self._fill(page)
        if self.has_markup or any(map(_breaks_lines, [page.pieces[at] for at in page.given])):
            return Prose.of(page.pieces, page.given)
        return "".join(page.pieces)

    def words(self, names: Names) -> str:
        """The words of such a text alone, for what is stored or sent. Raises ExpressionError, and nothing else."""
        return plain(self.prose(names))

    def html(self, names: Names) -> str:
        """The text where it is HTML: the author's words are, the values in them never. Raises ExpressionError, and
        nothing else."""
        page = ProsePage(names, self.slots)
        self._fill(page)
        given = frozenset(page.given)
        return "".join(escape(piece) if place in given else piece for place, piece in enumerate(page.pieces))

    def print(self, page: Page) -> str:
        """The text, made within what the page has left."""
        self._fill(page)
        return "".join(page.pieces)

    def _fill(self, page: Page) -> None:
        try:
            self.fill(page)
        except ORDINARY_ERRORS as error:
            what = type(error).__name__
            raise ExpressionError(f"A template can't be filled in from this data ({what}).") from error

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return field_schema(_given)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "maxLength": MAX_SOURCE, "format": "template"}


def _breaks_lines(value: str) -> bool:
    """Whether a value would be read as more than words, in a text that has no markup of its own."""
    return "\n" in value or "\r" in value or value[:1] == "-"


def _given(value: Any) -> Template:
    if isinstance(value, Template):
        return value
    if isinstance(value, str):
        return parse(value)
    raise ExpressionError("A text is needed here. Put it in quotes.")


@remembered
def parse(source: str) -> Template:
    """Checks and compiles. Raises ExpressionError; its offset is the start of the line."""
    write, plan = compile_template(source)
    return Template(
        source,
        OPENS.search(source) is None,
        plan.names,
        frozenset(plan.chains),
        frozenset(plan.functions),
        write,
        plan.slots,
        plan.has_markup,
    )


# -- values with templates in them ---------------------------------------------------------------


Build = Callable[[Page], Value]


@dataclass(frozen=True, slots=True)
class Dynamic:
    """Any value of JSON whose texts are templates. A text that is exactly one `{{ expression }}`,
    without a filter, gives the expression's value with its type; other texts give texts.

    The names of groups are no templates. `constant` where there is nothing to compute.
    """

    source: Any
    constant: bool = field(compare=False)
    names: frozenset[str] = field(compare=False)
    chains: frozenset[Chain] = field(compare=False)
    functions: frozenset[str] = field(compare=False)
    build: Build = field(compare=False, repr=False)

    def evaluate(self, names: Names) -> Value:
        """The value. Raises ExpressionError, and nothing else."""
        if self.constant:
            return copied(self.source)  # the definition's own lists and mappings stay its own (S26)
        value = self.build(Page(names, 0))
        return value if isinstance(self.source, str) else bounded(value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return field_schema(dynamic)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"description": "Any value; the texts in it are templates."}


def dynamic(source: Any) -> Dynamic:
    """Checks and compiles. Raises ExpressionError."""
    if isinstance(source, Dynamic):
        return source
    walk = _Walk()
    build = walk.build(source, 0)
    names = frozenset(chain[0] for chain in walk.chains)
    return Dynamic(
        source, build is None, names, frozenset(walk.chains), frozenset(walk.functions), build or (lambda page: source)
    )


class _Walk:
    """Compiles what is in a value; what is constant gives None."""

    def __init__(self) -> None:
        self.chains: set[Chain] = set()
        self.functions: set[str] = set()
        self._nodes = 0
        self._characters = 0

    def build(self, source: Any, depth: int) -> Build | None:
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_NESTING:
            raise ExpressionError(
                f"A value can have up to {MAX_NODES:,} parts, {MAX_NESTING} deep. Make this one smaller."
            )
        match source:
            case str():
                return self._text(source)
            case list() | tuple():
                return _list(source, [self.build(item, depth + 1) for item in source])
            case Mapping():
                return _group(source, {self._key(name): self.build(item, depth + 1) for name, item in source.items()})
        check_literal(source, None)
        return None

    def _key(self, name: Any) -> str:
        if not isinstance(name, str):
            raise ExpressionError("The names in a group of values are texts. Put them in quotes.")
        self._measure(name)
        return name

    def _measure(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            raise ExpressionError(f"The texts in a value can have up to {MAX_CHARACTERS:,} characters.")
        check_unicode(text)

    def _text(self, source: str) -> Build | None:
        self._measure(source)
        part = _expression(source) or parse(source)
        if isinstance(part, Template) and part.constant:
            return None
        self.chains |= part.chains
        self.functions |= part.functions
        return _value(part) if isinstance(part, Expression) else _rendering(part)


def _expression(source: str) -> Expression | None:
    """The one expression that the text is, if it is one."""
    match = ONE_EXPRESSION.fullmatch(source)
    if match is None:
        return None
    try:
        return parse_expression(match[1])
    except ExpressionError:
        return None  # Jinja may know what it means, or say better what is wrong


def _value(expression: Expression) -> Build:
    def build(page: Page) -> Value:
        page.begin(expression.slots)
        return expression.within(page)

    return build


def _rendering(template: Template) -> Build:
    def build(page: Page) -> Value:
        page.begin(template.slots)
        return template.print(page)

    return build


def _list(source: Sequence[Any], parts: Sequence[Build | None]) -> Build | None:
    if not any(parts):
        return None
    made = [(item, part) for item, part in zip(source, parts, strict=True)]
    return lambda page: [part(page) if part else copied(item) for item, part in made]


def _group(source: Mapping[str, Any], parts: Mapping[str, Build | None]) -> Build | None:
    if not any(parts.values()):
        return None
    made = [(name, source[name], part) for name, part in parts.items()]
    return lambda page: {name: part(page) if part else copied(item) for name, item, part in made}
