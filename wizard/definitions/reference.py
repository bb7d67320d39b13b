"""What node types can be configured with, for `wizard nodes`: out of the same JSON Schema that editors
complete from, so that it can't say anything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from inspect import cleandoc
from textwrap import wrap
from typing import Any

from pydantic import TypeAdapter

from wizard.definitions.schema import schema
from wizard.expressions.expression import Expression
from wizard.expressions.template import Template
from wizard.node import NodeType, Registry
from wizard.node.plugins import Unusable

Schema = Mapping[str, Any]

MANY = 5  # shapes of one key; where there are more, they are listed by what tells them apart


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a configuration. `default` is as it would be written, "" where there is none to write."""

    name: str
    type: str
    required: bool
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class Section:
    """A shape that keys have: a mapping with keys of its own."""

    name: str
    summary: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class TypeReference:
    """A node type: `keys` are its own, `common` those that it shares with others, `sections` the shapes
    that its keys lead to."""

    type: str
    kind: str
    text: str
    keys: tuple[Key, ...]
    common: tuple[Key, ...]
    sections: tuple[Section, ...]

    @property
    def summary(self) -> str:
        return self.text.partition("\n")[0]


def references(registry: Registry) -> list[TypeReference]:
    """Every node type of the registry, by name."""
    definitions = schema(registry)["$defs"]
    shared = definitions["NodeFormat"]["properties"].keys()
    return [_reference(node_type, definitions, frozenset(shared)) for node_type in registry]


def _reference(node_type: NodeType[Any], definitions: Schema, shared: frozenset[str]) -> TypeReference:
    node = definitions[f"node.{node_type.type}"]
    own = node_type.Config.model_fields.values()
    mine = {field.alias or field.serialization_alias for field in own} | set(node_type.Config.model_fields)
    keys = [key for key in keys_in(node) if key.name != "type"]
    of_its_own = tuple(key for key in keys if key.name in mine or key.name not in shared)
    return TypeReference(
        type=node_type.type,
        kind=node_type.kind.value,
        text=cleandoc(type(node_type).__doc__ or ""),
        keys=of_its_own,
        common=tuple(key for key in keys if key not in of_its_own),
        sections=tuple(sections_in({key.name: node["properties"][key.name] for key in of_its_own}, definitions)),
    )


def keys_in(shape: Schema) -> tuple[Key, ...]:
    """The keys of a mapping with this schema."""
    required = shape.get("required", ())
    return tuple(_key(name, member, name in required) for name, member in shape.get("properties", {}).items())


def _key(name: str, shape: Schema, required: bool) -> Key:
    default = shape.get("default")
    written = "" if default in (None, [], {}, "") or isinstance(default, dict) else json.dumps(default)
    text = " ".join(str(shape.get("description", "")).split())
    return Key(name, type_name(shape), required, written.strip('"'), text)


def type_name(shape: Schema) -> str:
    """What a schema's values are called in a reference."""
    match shape:
        case {"x-resource": str(kind)}:
            return f"resource ({kind})"
        case _ if (name := _named(shape)) is not None:
            return name
        case {"const": value}:
            return json.dumps(value).strip('"')
        case {"enum": values}:
            return " | ".join(json.dumps(value).strip('"') for value in values)
        case {"$ref": str(reference)}:
            return _short(reference)
        case {"anyOf": branches} | {"oneOf": branches}:
            return _either([branch for branch in branches if branch != {"type": "null"}])
        case {"type": "array"}:
            items = type_name(shape.get("items", {}))
            return f"list of ({items})" if " | " in items else f"list of {items}"
        case {"type": "object", "properties": properties}:
            return "{" + ", ".join(f"{name}: {type_name(member)}" for name, member in properties.items()) + "}"
        case {"type": "object"}:
            inner = shape.get("additionalProperties")
            return f"mapping of {type_name(inner)}" if isinstance(inner, Mapping) and inner else "mapping"
        case {"type": list(types)}:
            return " | ".join(_TYPES.get(str(name), str(name)) for name in types)
        case {"type": str(name)}:
            return _TYPES.get(name, name)
    return "anything"


def _named(shape: Schema) -> str | None:
    """Texts that are more than texts."""
    bare = {key: value for key, value in shape.items() if key in ("type", "maxLength", "format")}
    return next((name for name, known in _shapes().items() if bare == known), None)


@lru_cache(maxsize=1)
def _shapes() -> Mapping[str, Schema]:
    named: Mapping[str, Any] = {"template": Template, "expression": Expression}
    return {name: TypeAdapter(kind).json_schema() for name, kind in named.items()}


_TYPES = {"string": "text", "boolean": "true/false", "integer": "whole number", "null": "nothing"}


def _either(branches: Sequence[Schema]) -> str:
    names = list(dict.fromkeys(name for branch in branches for name in type_name(branch).split(" | ")))
    endings = {name.rpartition(" ")[2] for name in names}
    if len(names) > MANY and len(endings) == 1:
        return endings.pop()
    return " | ".join(names)


def _short(reference: str) -> str:
    """#/$defs/ChoiceField -> choice field. Of two classes of one name, pydantic writes their modules before it."""
    name = reference.rpartition("/")[2].rpartition("__")[2].removesuffix("Config").removesuffix("Format")
    return "".join(f" {char.lower()}" if char.isupper() else char for char in name).strip()


def sections_in(properties: Schema, definitions: Schema) -> Iterator[Section]:
    """The shapes that keys lead to, each once, nearest first."""
    seen: set[str] = set()
    waiting = list(_names(properties))
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        shape = definitions[name]
        keys = tuple(key for key in keys_in(shape) if key.name != "type")
        written = shape["properties"].get("type", {}).get("const") if "__" in name else None
        yield Section(
            f"{written} field" if written else _short(name), " ".join(str(shape.get("description", "")).split()), keys
        )
        waiting += _names(shape)


def _names(shape: Any) -> Iterator[str]:
    if isinstance(shape, Mapping):
        reference = shape.get("$ref")
        if isinstance(reference, str):
            yield reference.rpartition("/")[2]
        for part in shape.values():
            yield from _names(part)
    elif isinstance(shape, list):
        for part in shape:
            yield from _names(part)


# -- as text -------------------------------------------------------------------------------------


def in_full(reference: TypeReference, width: int) -> Iterator[str]:
    """One type: its documentation, its keys, and the shapes of these."""
    yield f"{reference.type}  ({reference.kind})"
    for paragraph in reference.text.split("\n\n"):
        yield ""
        yield from _wrapped(" ".join(paragraph.split()), width, "")
    yield from _titled("Keys", reference.keys, width)
    yield from _titled("Keys that it shares with other types", reference.common, width)
    shared = _shared(reference.sections)
    for section in reference.sections:
        yield from _titled(
            section.name.capitalize(), tuple(k for k in section.keys if k not in shared), width, section.summary
        )
    if shared:
        yield from _titled("All fields", shared, width)


def unusable(types: Sequence[Unusable], width: int, what: str = "Node types") -> Iterator[str]:
    """Types that packages announce and that can't be used, with the reasons."""
    if types:
        yield ""
        yield f"{what} that can't be used"
    for node_type in types:
        yield f"  {node_type.type}  (package {node_type.package or 'unknown'})"
        yield from _wrapped(node_type.reason, width, "    ")


def _shared(sections: Sequence[Section]) -> tuple[Key, ...]:
    """The keys that all field types have; they are listed once."""
    fields = [section.keys for section in sections if section.name.endswith(" field")]
    if len(fields) <= MANY:
        return ()
    return tuple(key for key in fields[0] if all(key in other for other in fields))


def _titled(title: str, keys: tuple[Key, ...], width: int, summary: str = "") -> Iterator[str]:
    if not keys and not summary:
        return
    yield ""
    yield title
    yield from _wrapped(summary, width, "  ")
    yield from _table(keys, width)


def _table(keys: Sequence[Key], width: int) -> Iterator[str]:
    longest = max((len(key.name) for key in keys), default=0)
    for key in keys:
        default = f", {key.default} unless given" if key.default else ""
        need = " (needed)" if key.required else ""
        text = f"{key.type}{need}{default}" + (f". {key.description}" if key.description else "")
        first, *more = wrap(text, max(width - longest - 6, 30))
        yield f"    {key.name:<{longest}}  {first}"
        yield from (f"    {'':<{longest}}  {line}" for line in more)


def _wrapped(text: str, width: int, indent: str) -> Iterator[str]:
    yield from wrap(text, width, initial_indent=indent, subsequent_indent=indent)
