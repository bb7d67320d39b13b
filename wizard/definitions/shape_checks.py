"""What expressions and templates do with values that can't be as they need them (S17): parts of lists, names below the
items of repeats, and comparisons that never hold or always fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wizard.definitions.draft import Draft
from wizard.definitions.name_checks import place_in
from wizard.definitions.reading.complaints import did_you_mean, quoted
from wizard.definitions.shapes import Group, Items, Plain, Shape, Shapes, element_of, is_known, kind_of
from wizard.errors import Problem
from wizard.expressions.terms import (
    Call,
    Compare,
    Item,
    Listing,
    Literal,
    Loop,
    Name,
    Other,
    Part,
    Slice,
    Term,
    terms_of,
)
from wizard.expressions.terms import written as written_term

_ORDER = frozenset(("<", "<=", ">", ">="))
_LENGTHS = frozenset(("length", "count", "size", "len", "total", "number"))
_ORDINARY = frozenset(("a text", "a number", "true or false", "a date", "a time", "a moment", "a list"))
_MOST_NAMED = 8  # values of a choice, in a message

Own = Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class _Doubt:
    """What is wrong with a term, and how that begins as the author wrote it."""

    message: str
    text: str
    severity: str = "error"


def check_shapes(draft: Draft, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    """Everything of this kind in one definition."""
    shapes = Shapes(draft, drafts)
    reader = _Reader(shapes)
    for node in draft.nodes:
        named = shapes.own_of(node)
        for place, part, own in node.parts:
            if not part.chains:
                continue
            hidden = {name: named.get(name) for name in own}
            for inside, term in terms_of(part):
                where = (*place, *inside)
                for doubt in dict.fromkeys(reader.read(term, hidden)):
                    offset = place_in(draft, where, doubt.text)
                    yield draft.document.problem(where, doubt.message, severity=doubt.severity, offset=offset)


class _Reader:
    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def read(self, term: Term, own: Own) -> Iterator[_Doubt]:
        """What is wrong with a term and all inside it; `own` are the names that only it sees."""
        match term:
            case Part(of, name):
                yield from self.read(of, own)
                yield from self._part(term, of, name, own)
            case Item(of, key):
                yield from self._all((of, key), own)
                if isinstance(key, Literal) and isinstance(key.value, str):
                    yield from self._part(term, of, key.value, own)
            case Slice(of):
                yield from self.read(of, own)
            case Call(_, values):
                yield from self._all(values, own)
            case Listing(parts) | Other(parts):
                yield from self._all(parts, own)
            case Compare(first, rest):
                yield from self._all((first, *(term for _, term in rest)), own)
                left = first
                for sign, right in rest:
                    yield from self._comparison(left, sign, right, own)
                    left = right
            case Loop(name, source, inside, element):
                yield from self.read(source, own)
                item = element_of(self._shapes.of(source, own))
                bound = {**own, name: item} if element is not None else {**own, name: item, "loop": None}
                yield from self._all((*inside, *(() if element is None else (element,))), bound)

    def _all(self, terms: tuple[Term, ...], own: Own) -> Iterator[_Doubt]:
        for term in terms:
            yield from self.read(term, own)

    # -- parts

    def _part(self, term: Term, of: Term, name: str, own: Own) -> Iterator[_Doubt]:
        shape = self._shapes.of(of, own)
        text, whole = written_term(of), written_term(term)
        called = quoted(text) if text else "this"
        if isinstance(shape, Items):
            yield _Doubt(f"{called} is a list{_of_list(shape, text, name)}", whole)
        elif isinstance(shape, Plain) and shape.kind in _ORDINARY:
            yield _Doubt(f"{called} is {shape.kind}, which has no part {quoted(name)}", whole)
        elif isinstance(shape, Group) and not (is_known(shape, name) or self._is_checked_by_name(of, own)):
            yield _Doubt(f"{called}: {shape.called} has no value {quoted(name)}{_meant(shape, text, name)}", whole)

    def _is_checked_by_name(self, of: Term, own: Own) -> bool:
        """Whether it is a dotted name of the definition, which wizard.definitions.name_checks looks at."""
        while isinstance(of, Part):
            of = of.of
        return isinstance(of, Name) and of.name not in own

    # -- comparisons

    def _comparison(self, left: Term, sign: str, right: Term, own: Own) -> Iterator[_Doubt]:
        shapes = self._shapes.of(left, own), self._shapes.of(right, own)
        text = written_term(left) or written_term(right)
        if sign in _ORDER:
            yield from _of_order(sign, left, right, shapes, text)
        elif sign in ("==", "!="):
            yield from _of_equality(sign, left, right, shapes, text)
        elif isinstance(right, Listing):
            for item in right.items:
                yield from _of_equality("==", left, item, (shapes[0], self._shapes.of(item, own)), text)
        elif isinstance(shapes[1], Items):
            yield from _of_equality("==", right, left, (shapes[1].of, shapes[0]), text)


def _meant(shape: Group, text: str, name: str) -> str:
    """The end of a sentence about a name that a group hasn't: one like it, or one that is a node further below."""
    deeper = [group for group in shape.names or () if isinstance(below := shape.below(group), Group) and below.names]
    outer = next((group for group in deeper if is_known(shape.below(group), name)), None)
    if outer is None or not text:
        return did_you_mean(name, shape.names or ())
    return f"; did you mean `{text}.{outer}.{name}`?"


def _of_list(shape: Items, text: str, name: str) -> str:
    """The end of a sentence about a part that is read of a list."""
    if name in _LENGTHS:
        return f"; how many are in it is `len({text or '…'})`"
    why = ", since its node is repeated" if shape.repeat else ""
    if not text:
        return f"{why}; a part is read of one of its items"
    one = text.rpartition(".")[2][:1] or "p"
    return f"{why}; read one of its items, `{text}[0].{name}`, or all of them, `[{one}.{name} for {one} in {text}]`"


def _of_order(sign: str, left: Term, right: Term, shapes: tuple[Shape, Shape], text: str) -> Iterator[_Doubt]:
    kinds = [kind_of(shape) for shape in shapes]
    if None in kinds:
        return
    unordered = next((kind for kind in kinds if kind in ("true or false", "a list", "a group of values")), None)
    if kinds[0] == kinds[1] and unordered is None:
        return
    both = _both((left, right), kinds)
    yield _Doubt(f"{sign} can't order {both}, which stops the run here{_hint((left, right), kinds)}", text)


def _of_equality(sign: str, left: Term, right: Term, shapes: tuple[Shape, Shape], text: str) -> Iterator[_Doubt]:
    kinds = [kind_of(shape) for shape in shapes]
    never = "never holds" if sign == "==" else "always holds where there is a value"
    if None not in kinds and kinds[0] != kinds[1]:
        both = _both((left, right), kinds)
        message = f"this {never}: {both} are never equal{_hint((left, right), kinds)}"
        yield _Doubt(message, text, "warning")
        return
    for (term, shape), other in (((left, shapes[0]), right), ((right, shapes[1]), left)):
        if not isinstance(shape, Plain) or shape.values is None or isinstance(term, Literal):
            continue
        if isinstance(other, Literal) and isinstance(other.value, str) and other.value not in shape.values:
            name = written_term(term)
            hint = did_you_mean(other.value, shape.values) or _there_are(shape.values)
            message = (
                f"this {never}: {quoted(name) if name else 'what is compared'} is never {quoted(other.value)}{hint}"
            )
            yield _Doubt(message, name, "warning")


def _there_are(values: frozenset[str]) -> str:
    if len(values) > _MOST_NAMED:
        return ""
    return f"; it can be {', '.join(quoted(value) for value in sorted(values))}"


def _both(terms: tuple[Term, Term], kinds: list[str | None]) -> str:
    return " and ".join(_named(term, kind) for term, kind in zip(terms, kinds, strict=True))


def _named(term: Term, kind: str | None) -> str:
    """A term and its kind, as a sentence has them."""
    name = written_term(term)
    if isinstance(term, Literal):
        return f"{kind} ({term.value!r})"
    return f"{kind} ({quoted(name)})" if name else str(kind)


def _hint(terms: tuple[Term, Term], kinds: list[str | None]) -> str:
    """What may be meant, by the two kinds."""
    literal = next((term.value for term in terms if isinstance(term, Literal)), None)
    if "a list" in kinds and "a number" in kinds:
        return "; how many are in a list is `len(…)`"
    if "a date" in kinds and "a text" in kinds:
        return f"; write date({literal!r})" if isinstance(literal, str) else "; make it a date with date(…)"
    if "a date" in kinds and "a moment" in kinds:
        return "; the day of now() is today()"
    if "true or false" in kinds and literal in ("yes", "true", "no", "false", 1, 0):
        return f"; write {'true' if literal in ('yes', 'true', 1) else 'false'}"
    if kinds.count("a text") == 1 and "a number" in kinds and literal is not None:
        return f"; write {str(literal)!r}" if not isinstance(literal, str) else f"; write {literal} without quotes"
    return ""
