"""`validate_schema` nodes: whether a value is what a JSON Schema (2020-12) says, by `jsonschema`.

A schema is the author's, a value anybody's. Nothing is fetched: references lead within the schema, to what is checked
as a schema there, and the validator knows no others, whatever it comes upon. Patterns are those of RE2, equal items are
looked up, and all keywords of one validation have a budget together, so that neither a schema that refers to itself
over and over nor a large value keeps a server busy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Annotated, Any, ClassVar, Final, TypeAlias
from urllib.parse import unquote

from pydantic import Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Dynamic
from wizard.model import Proceed, Value
from wizard.model.decimals import is_multiple
from wizard.model.nesting import load_json
from wizard.model.values import MAX_DEPTH, write_json
from wizard.node import FormHint, NodeConfig, Visit
from wizard.nodes.computing import Computes
from wizard.nodes.given import MAX_ITEMS, Given
from wizard.nodes.items import identity
from wizard.nodes.linear import compiled

MAX_SCHEMA: Final = 100_000  # characters of it as JSON
MAX_VALUE: Final = 1_000_000  # of the value
STEPS: Final = 100_000  # keywords that are looked at
OF_A_REFERENCE: Final = 10  # of these steps: it takes as much longer to follow one
MOST_PROBLEMS: Final = 50
MAX_MESSAGE: Final = 200  # characters
FORMATS: Final = ("date", "email", "ipv4", "ipv6", "uuid")

Place: TypeAlias = tuple[str | int, ...]  # of a part of a schema

_REFERENCES = ("$ref", "$dynamicRef")
_ANCHORS = ("$anchor", "$dynamicAnchor")
_BY_NAME = (
    "properties",
    "patternProperties",
    "dependentSchemas",
    "$defs",
    "definitions",
)  # schemas by names, which are no keywords
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = (
    *("items", "contains", "additionalProperties", "propertyNames", "unevaluatedItems", "unevaluatedProperties"),
    *("not", "if", "then", "else", "contentSchema"),
)


class TooMuchError(Exception):
    """The budget is used up."""


class ValidateSchemaConfig(NodeConfig):
    """What is validated, and against what."""

    value: Annotated[Dynamic, FormHint(rows=2)] = Field(description="What is validated, like `{{ order.body }}`.")
    schema_: Annotated[dict[str, Any], FormHint(label="Schema", rows=10)] = Field(
        alias="schema", description="A JSON Schema (2020-12). What is in it isn't a template."
    )


class ValidateSchemaNode(Computes[ValidateSchemaConfig]):
    """Finds out whether a value is as a JSON Schema says.

    Ways out: `valid` and `invalid`. Output: `problems`, a list of groups, up to 50: `path`, where in the value it is,
    like `items.0.price`, and `message`, what is wrong there, in English and for programmers; ask people by a form.

    Dates and times are compared as the texts that JSON has for them, numbers exactly. Nothing (null) is validated like
    any other value. `format` is checked of `date`, `email`, `ipv4`, `ipv6` and `uuid`.

    References lead within the schema (`#/$defs/address`): nothing is fetched. Patterns are those of `find`. A value has
    up to 1,000,000 characters as JSON, and its lists 5,000 items; a validation that takes too many steps fails.
    """

    type = "validate_schema"
    title = "Validate by a schema"
    group = "data"
    icon = "braces"
    ports = ("valid", "invalid")
    always_ports = True
    gives = ("problems",)
    subject = "value"
    takes_nothing = True
    takes_long = True
    example: ClassVar[Mapping[str, Any]] = {
        "value": {"name": "Ann", "count": 2},
        "schema": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "minLength": 1}, "count": {"type": "integer", "minimum": 1}},
        },
    }
    Config = ValidateSchemaConfig

    def check(self, config: ValidateSchemaConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        yield from ((("schema", *place), why) for place, why in islice(_mistakes(config.schema_), 20))

    def compute(self, visit: Visit[ValidateSchemaConfig], subject: Given) -> Proceed:
        text = write_json(subject.value)
        if len(text) > MAX_VALUE:
            raise subject.wrong(f"has {len(text):,} characters as JSON; up to {MAX_VALUE:,} are validated")
        value, schema = load_json(text.encode(), MAX_DEPTH), load_json(write_json(visit.config.schema_).encode(), 100)
        problems: list[Value] = []
        try:
            for problem in map(_told, _errors(schema, value)):
                if problem not in problems:
                    problems.append(problem)
                if len(problems) == MOST_PROBLEMS:
                    break
        except (TooMuchError, RecursionError) as error:
            what = "The validation takes too many steps. Does the schema refer to itself, or is the value too large?"
            raise NodeFailed(what, people=Excuse.CHECK, lasting=True) from error
        return Proceed({"problems": problems}, port="invalid" if problems else "valid")


def _told(problem: Any) -> Value:
    message = problem.message if len(problem.message) <= MAX_MESSAGE else f"{problem.message[:MAX_MESSAGE]}…"
    return {"path": ".".join(map(str, problem.absolute_path)), "message": message}


# -- what a schema may be ---------------------------------------------------------------------------


def _mistakes(schema: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    from jsonschema import Draft202012Validator

    if len(write_json(schema)) > MAX_SCHEMA:
        yield (), f"a schema has up to {MAX_SCHEMA:,} characters"
        return
    if schema.get("$schema", _dialect()) != _dialect():
        yield ("$schema",), f"schemas are of JSON Schema 2020-12 here: {_dialect()}"
    try:
        wrong = list(islice(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema), 20))
    except RecursionError:
        yield (), "this schema is nested too deeply"
        return
    for problem in wrong:
        yield tuple(problem.absolute_path), f"this is no JSON Schema: {problem.message[:MAX_MESSAGE]}"
    if not wrong:
        yield from _refused(schema)


def _dialect() -> str:
    return "https://json-schema.org/draft/2020-12/schema"


def _refused(root: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What a schema can't have here, although JSON Schema knows it."""
    schemas = dict(_parts(root, ()))
    anchors = {part[key] for part in schemas.values() if isinstance(part, dict) for key in _ANCHORS if key in part}
    targets = {f"#{name}" for name in anchors} | {"#"} | {_pointer(place) for place in schemas}
    for place, part in schemas.items():
        if isinstance(part, dict):
            yield from _refused_in(part, place, targets, whole=root)


def _pointer(place: Place) -> str:
    """As a reference has it, but for what it percent-encodes."""
    return "#" + "".join(f"/{str(name).replace('~', '~0').replace('/', '~1')}" for name in place)


def _parts(part: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    """All schemas within one, by their places, the one itself first. What is data, or a keyword that the standard
    doesn't know, is none."""
    yield place, part
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        if key in _BY_NAME:
            for name, each in value.items():
                yield from _parts(each, (*place, key, name))
        elif key in _LISTED:
            for number, each in enumerate(value):
                yield from _parts(each, (*place, key, number))
        elif key in _SINGLE:
            yield from _parts(value, (*place, key))


def _refused_in(
    part: Mapping[str, Any],
    place: Place,
    targets: Collection[str],
    *,
    whole: Mapping[str, Any],
) -> Iterator[tuple[Place, str]]:
    for key, value in part.items():
        if key in _REFERENCES and unquote(value) not in targets:
            yield (*place, key), f"there is no `{value}` in this schema; references lead within it, like `#/$defs/name`"
        elif key == "$id" and place:
            yield (*place, key), "a part of a schema has no `$id` here; refer to it by `#/…`"
        elif key == "pattern":
            yield from _pattern(value, (*place, key))
        elif key == "patternProperties":
            for pattern in value:
                yield from _pattern(pattern, (*place, key, pattern))
        elif key == "unevaluatedProperties" and "patternProperties" in write_json(whole):
            yield (*place, key), "this can't be told beside `patternProperties`; take `additionalProperties`"


def _pattern(pattern: str, place: Place) -> Iterator[tuple[Place, str]]:
    try:
        compiled(pattern)
    except ValueError as error:
        yield place, str(error)


# -- validating ----------------------------------------------------------------------------------------


def _errors(schema: Any, value: Any) -> Iterator[Any]:
    """The problems of a value, each found in turn. Raises TooMuchError."""
    from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators
    from referencing import Registry

    spent = 0

    def counted(check: Callable[..., Any], validator: Any, keyword: Any, instance: Any, part: Any) -> Iterator[Any]:
        nonlocal spent
        spent += OF_A_REFERENCE if check in references else 1
        spent += len(instance) >> 8 if isinstance(instance, str) else 0
        if spent > STEPS:
            raise TooMuchError
        if isinstance(instance, list) and len(instance) > MAX_ITEMS:
            yield ValidationError(f"has more than {MAX_ITEMS:,} items")
            return
        yield from check(validator, keyword, instance, part) or ()

    own = {
        "pattern": check_pattern,
        "patternProperties": _check_properties,
        "additionalProperties": _check_others,
        "uniqueItems": check_unique,
        "multipleOf": check_multiple,
    }
    keywords = {**Draft202012Validator.VALIDATORS, **own}
    references = {keywords[name] for name in _REFERENCES}
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
    made = validators.extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        {name: partial(counted, check) for name, check in keywords.items()},
        type_checker=types,
    )
    nothing_else: Any = Registry()  # without one, the library fetches what a schema refers to
    yield from made(schema, registry=nothing_else, format_checker=FormatChecker(FORMATS)).iter_errors(value)


def _is_integer(checker: Any, instance: Any) -> bool:
    if isinstance(instance, bool):
        return False
    return isinstance(instance, int) or (isinstance(instance, Decimal) and instance == instance.to_integral_value())


def check_pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    """The keyword `pattern`, for jsonschema: in a time that grows with the text."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and compiled(pattern).search(instance) is None:
        yield ValidationError(f"doesn't fit the pattern {pattern}")


def check_multiple(validator: Any, of: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if validator.is_type(instance, "number") and not is_multiple(instance, of):
        yield ValidationError(f"{instance} is not a multiple of {of}")


def _check_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, part in patterns.items():
            for name, value in instance.items():
                if compiled(pattern).search(name) is not None:
                    yield from validator.descend(value, part, path=name, schema_path=pattern)


def _check_others(validator: Any, part: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not isinstance(instance, dict):
        return
    patterns = [compiled(pattern) for pattern in schema.get("patternProperties", ())]
    known = schema.get("properties", {})
    for name, value in instance.items():
        if name in known or any(pattern.search(name) is not None for pattern in patterns):
            continue
        if part is False:
            yield ValidationError(f"has {name[:50]!r}, which isn't foreseen")
        else:
            yield from validator.descend(value, part, path=name)


def check_unique(validator: Any, unique: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """The keyword `uniqueItems`: jsonschema's own compares each item with each other."""
    from jsonschema import ValidationError

    if unique is True and isinstance(instance, list) and len({identity(item) for item in instance}) < len(instance):
        yield ValidationError("has the same item twice")
