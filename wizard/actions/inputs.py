"""Which field of a form asks for which key of a configuration, and how the key's value stands in it.

It is read of the JSON Schema alone. A key becomes the input that fits it: a checkbox, a choice, a number, a text. A
mapping with keys of its own becomes its keys; whether it is there is asked where it may be missing. What no input fits
(lists of mappings, names that anybody chooses, several kinds of values) is a text in YAML or JSON, one value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from wizard.actions.schema import Shape, branches, followed
from wizard.expressions.template import Dynamic
from wizard.forms.form import default_label
from wizard.forms.parsing import MAX_TEXT
from wizard.forms.setting_types import FieldName
from wizard.model.workflow import Path
from wizard.node.form_hint import KEYWORD

MAX_NESTED = 3  # mappings within each other that are asked key by key
MOST_CHOICES = 200
ROWS = 5  # items of a list that have fields of their own
MOST_COLUMNS = 8  # keys of such an item
LARGEST = 10**30
BETWEEN = "__"  # the keys of a nested one in a field's name
REST = "other_keys"

ANY_VALUE = str(TypeAdapter(Dynamic).json_schema()["description"])
MISSING: Any = object()  # what a key has that stands nowhere


class Holds(Enum):
    """How a field holds the value of a key."""

    VALUE = "value"  # as it is: a choice, a whole number, yes or no
    NUMBER = "number"
    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - a text as it is, which is never shown again
    EXPRESSION = "expression"
    LINES = "lines"  # a list of texts or whole numbers, one a line
    DATA = "data"  # a text, or anything else as JSON
    STRUCTURE = "structure"  # YAML or JSON
    PRESENCE = "presence"  # whether a mapping is there, whose keys are asked below
    ROW = "row"  # whether an item of a list of mappings is there, whose keys are asked below
    MORE = "more"  # the items of such a list that have no fields of their own, in YAML
    REST = "rest"  # the keys that the schema doesn't name


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a configuration form. `path` is where the value stands, `default` what counts where it stands nowhere,
    MISSING where that can't be told. `field` is what a definition writes of the field, beside its name; it is empty
    where nothing is asked, for a mapping that is always there. `within` is the nearest mapping around it of which it is
    asked whether it is there."""

    name: str
    path: Path
    holds: Holds
    field: Mapping[str, Any]
    group: str = ""
    default: Any = MISSING
    within: Path = ()
    show_if: str = ""
    items: str = ""  # of a list: the type of what is in it
    keys: frozenset[str] = frozenset()  # of the rest: the keys that have inputs of their own


class Asked(Protocol):
    """What a form asks: something with a title, by these inputs."""

    @property
    def title(self) -> str: ...
    @property
    def inputs(self) -> tuple[Input, ...]: ...


def inputs_of(schema: Shape) -> tuple[Input, ...]:
    """The inputs of a configuration with this schema, in the order of its keys."""
    return tuple(_named(_Reader(schema).keys(schema, Input("", (), Holds.PRESENCE, {}))))


def _named(inputs: Iterator[Input]) -> Iterator[Input]:
    """Each with a name of its own that a field can have."""
    names: dict[Path, str] = {}
    for made in inputs:
        wanted = BETWEEN.join(str(key) for key in made.path) or REST
        name = "".join(c if c.isascii() and c.isalnum() else "_" for c in wanted)[:50] or "key"
        while name in names.values() or not _is_name(name):
            name = f"{name}_" if name[:1].isalpha() else f"key_{name}"
        names[made.path] = name
        yield replace(made, name=name)


_FIELD_NAME: TypeAdapter[str] = TypeAdapter(FieldName)


def _is_name(name: str) -> bool:
    try:
        _FIELD_NAME.validate_python(name)
    except ValidationError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the parts of one schema."""

    schema: Shape

    def keys(self, shape: Shape, around: Input) -> Iterator[Input]:
        """The inputs of a mapping."""
        properties, path = shape.get("properties", {}), around.path
        required = frozenset(shape.get("required", ()))
        for key, inner in properties.items():
            yield from self.key(inner, (*path, key), around, needed=key in required)
        if shape.get("additionalProperties", True) is not False and not path:
            hint = "Further keys, in YAML: one a line, as name: value."
            field = {"label": "Other keys", "hint": hint, "required": False, **_area_of({}, 4)}
            yield Input("", (), Holds.REST, field, default={}, keys=frozenset(properties))

    def key(self, shape: Shape, path: Path, around: Input, *, needed: bool) -> Iterator[Input]:
        """The input of a key, or those of the mapping that it holds."""
        whole = followed(self.schema, shape)
        kinds, nullable = branches(self.schema, whole)
        outer = {key: value for key, value in whole.items() if key not in ("anyOf", "oneOf")}
        one = {**kinds[0], **outer} if len(kinds) == 1 else outer
        said: Mapping[str, Any] = one.get(KEYWORD, {})
        default = one.get("default", None if nullable and not needed else MISSING)
        if _is_closed(one) and _says_nothing(one, default):
            default = {}
        label = said.get("label") or default_label(str(path[-1]))
        group, within = said.get("group", around.group), around.path if around.field else around.within
        made = Input("", path, Holds.STRUCTURE, {"label": label}, group, default, within, said.get("show_if", ""))
        may_be_asked = default is None or default is MISSING or default == {}
        if len(kinds) == 1 and len(path) <= MAX_NESTED and _is_closed(one) and may_be_asked:
            yield from self._nested(one, made, needed=needed and not nullable)
            return
        holds, field, items = self._held(one, kinds, said)
        counted = default == [] or (needed and one.get("minItems", 0) > 0)
        if len(kinds) == 1 and counted and not nullable and (item := self._item(one, path)):
            yield from self._rows(item, made, str(one.get("description", "")))
            return
        countable = holds is not Holds.LINES or counted
        if not countable or (nullable and (needed or default is not None)):  # else null, or nothing, would be lost
            holds, field = Holds.STRUCTURE, _area_of(said, 4)
        hint = _hint(str(one.get("description", "")), holds, one, kinds)
        yield replace(made, holds=holds, field={"label": label, "hint": hint, "required": needed, **field}, items=items)

    def _nested(self, shape: Shape, made: Input, *, needed: bool) -> Iterator[Input]:
        label = made.field["label"]
        asked = not needed and made.default != {}
        hint = _plain(str(shape.get("description", "")))
        field = {"type": "boolean", "checkbox": True, "label": label, "hint": hint, "required": False}
        made = replace(made, holds=Holds.PRESENCE, field=field if asked else {}, group=made.group or label)
        yield made
        yield from self.keys(shape, made)

    def _item(self, shape: Shape, path: Path) -> Shape | None:
        """What the items of a list are like, where they are mappings that can be asked key by key."""
        item = followed(self.schema, shape.get("items", {}))
        few = len(item.get("properties", ())) <= MOST_COLUMNS
        return item if shape.get("type") == "array" and _is_closed(item) and few and len(path) == 1 else None

    def _rows(self, item: Shape, made: Input, description: str) -> Iterator[Input]:
        label = made.field["label"]
        group = made.group or label
        for number in range(ROWS):
            hint = _plain(description if number == 0 else str(item.get("description", "")))
            field = {"type": "boolean", "checkbox": True, "label": f"{label}: {number + 1}", "hint": hint}
            row = replace(made, path=(*made.path, number), holds=Holds.ROW, group=group, default=MISSING)
            row = replace(row, field={**field, "required": False})
            yield row
            yield from self.keys(item, row)
        hint = f"Those after the first {ROWS}, as a list in YAML: each begins with a dash."
        field = {"label": f"{label}: more", "hint": hint, "required": False, **_area_of({}, 4)}
        yield replace(made, holds=Holds.MORE, group=group, field=field, default=[])

    def _held(
        self, one: Shape, kinds: list[dict[str, Any]], said: Mapping[str, Any]
    ) -> tuple[Holds, Mapping[str, Any], str]:
        """How a field holds it, what the field is like, and the type of what is in a list."""
        if len(kinds) != 1:
            if any(_takes_text(kind) for kind in kinds):
                return Holds.DATA, _text_of(said), ""
            return Holds.STRUCTURE, _area_of(said, 3), ""
        if _is_choice(one):
            return Holds.VALUE, {"type": "choice", "choices": one.get("enum") or [one["const"]]}, ""
        if one.get("format") == "expression":
            return Holds.EXPRESSION, _LINE, ""
        match one.get("type"):
            case "boolean" if isinstance(one.get("default"), bool):
                return Holds.VALUE, {"type": "boolean", "checkbox": True, "required": False}, ""
            case "boolean":
                return Holds.VALUE, {"type": "boolean"}, ""
            case "integer":
                return Holds.VALUE, {"type": "integer", **_limits(one)}, ""
            case "number":
                return Holds.NUMBER, {"type": "decimal", "places": 12, **_limits(one)}, ""
            case "string" if one.get("writeOnly"):
                return Holds.SECRET, {"type": "password", "max_length": one.get("maxLength", MAX_TEXT)}, ""
            case "string":
                return Holds.TEXT, _text_of(said), ""
            case "array" if (items := followed(self.schema, one.get("items", {}))).get("type") in ("string", "integer"):
                return Holds.LINES, _area_of(said, 4), str(items["type"])
            case None | list() if _takes_text(one):
                return Holds.DATA, _text_of(said), ""
        return Holds.STRUCTURE, _area_of(said, 4), ""


_LINE: Mapping[str, Any] = {"type": "text", "max_length": MAX_TEXT}


def _is_closed(shape: Shape) -> bool:
    """Whether it is a mapping whose keys are all known."""
    closed = shape.get("additionalProperties") is False
    return bool(shape.get("properties")) and closed and shape.get("type") == "object"


def _says_nothing(shape: Shape, default: Any) -> bool:
    """Whether what counts for a mapping is what counts for each of its keys anyway."""
    if not isinstance(default, dict):
        return False
    return all(shape["properties"].get(key, {}).get("default", MISSING) == value for key, value in default.items())


def _is_choice(shape: Shape) -> bool:
    values = shape.get("enum") or ([shape["const"]] if "const" in shape else [])
    texts = all(isinstance(value, str) and value and value == value.strip() and len(value) <= 200 for value in values)
    return 0 < len(values) <= MOST_CHOICES and texts


def _takes_text(shape: Shape) -> bool:
    kinds = shape.get("type")
    if kinds is None:
        return not {"enum", "const", "properties"} & shape.keys()
    return kinds == "string" or (isinstance(kinds, list) and "string" in kinds)


def _limits(shape: Shape) -> dict[str, Any]:
    least, most = shape.get("minimum"), shape.get("maximum")
    if shape.get("type") == "integer":
        least = shape["exclusiveMinimum"] + 1 if least is None and "exclusiveMinimum" in shape else least
        most = shape["exclusiveMaximum"] - 1 if most is None and "exclusiveMaximum" in shape else most
    bounds = {"min": least, "max": most}
    return {key: _bound(bound) for key, bound in bounds.items() if bound is not None and abs(bound) < LARGEST}


def _bound(bound: Any) -> Any:
    return bound if isinstance(bound, int) else Decimal(str(bound))


def _text_of(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """A field of one line, unless it is to have several."""
    rows = said.get("rows", 0)
    return _area_of(said, rows) if rows > 1 else _LINE


def _area_of(said: Mapping[str, Any], rows: int) -> dict[str, Any]:
    return {"type": "textarea", "rows": min(said.get("rows") or rows, 50), "max_length": MAX_TEXT}


# -- hints -----------------------------------------------------------------------------------------

_TEMPLATE = "{{ expressions }} in it are filled in."
_EXPRESSION = "An expression, like order.count > 3."
_NOTES = {
    Holds.EXPRESSION: _EXPRESSION,
    Holds.DATA: "A text, in which {{ expressions }} are filled in, or any other value as JSON.",
    Holds.LINES: "One a line.",
}


def _hint(description: str, holds: Holds, shape: Shape, kinds: list[dict[str, Any]]) -> str:
    note = _NOTES.get(holds, "")
    if description == ANY_VALUE:
        return note
    if isinstance(kind := shape.get("x-resource"), str):
        note = f"The name of a resource of the kind {kind}."
    elif holds is Holds.EXPRESSION and " like " in description:
        note = ""  # it has an example of its own
    elif holds is Holds.TEXT and shape.get("format") == "template":
        note = _TEMPLATE
    elif holds is Holds.STRUCTURE:
        kind = {kind.get("type") for kind in kinds}
        note = {
            "array": "A list, in YAML: each begins with a dash.",
            "object": "In YAML: one a line, as name: value.",
        }.get(str(next(iter(kind))) if len(kind) == 1 else "", "In YAML or JSON.")
    elif holds is Holds.DATA and any(kind.get("type") == "string" for kind in kinds):
        note = "A text, or any other value as JSON."
    return " ".join(filter(None, (_plain(description), note)))


def _plain(description: str) -> str:
    """In a form nothing is code."""
    return " ".join(description.split()).replace("`", "")
