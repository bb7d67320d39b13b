"""A bundle: one file with the text of a workflow, those of all that it embeds, and the names of what they need.

It is JSON that people can read and compare: a text stands there line by line, and comes out byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wizard.definitions.draft import draft
from wizard.definitions.function_checks import calls_of
from wizard.definitions.reading.source import MAX_BYTES
from wizard.deployments.resources import named_in_texts
from wizard.deployments.texts import ID_PATTERN, read_text
from wizard.errors import DefinitionError, Problem
from wizard.model import NOTHING
from wizard.model.nesting import TooDeepError, load_json
from wizard.node import Registry

FORMAT = 1
UNSAID = "text"  # a field's type where it says none
FILE = "bundle"  # what problems of a bundle name as the file
MOST_PARTS = 1000
MAX_BUNDLE = 20_000_000  # bytes
MAX_DEPTH = 10


class Part(NamedTuple):
    """A text. `stage` says what it was where it was exported: `draft 3`, `version 2`."""

    workflow: str
    stage: str
    text: str


class Needs(NamedTuple):
    """What the texts need where they are used: types of nodes and fields, each with the package that it came from
    (empty for one of the program's own), and functions of the application."""

    node_types: Mapping[str, str]
    field_types: Mapping[str, str]
    functions: tuple[str, ...]
    resources: Mapping[str, str] = NOTHING  # the kind that each has to be of, by name; never what is in one


class Bundle(NamedTuple):
    """`parts` has the text of the workflow first, then those that it embeds, by name."""

    workflow: str
    parts: tuple[Part, ...]
    needs: Needs


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


_Id = Annotated[str, Field(pattern=ID_PATTERN)]
_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Package = Annotated[str, Field(max_length=500)]


class _NeedsFormat(_Strict):
    node_types: dict[_Name, _Package] = Field(max_length=1000)
    field_types: dict[_Name, _Package] = Field(max_length=1000)
    functions: list[_Name] = Field(max_length=10_000)
    resources: dict[_Name, _Name] = Field(default_factory=dict, max_length=1000)


class _TextFormat(_Strict):
    stage: _Name
    lines: list[str] = Field(max_length=MAX_BYTES)


class _BundleFormat(_Strict):
    format: Literal[1]
    workflow: _Id
    needs: _NeedsFormat
    texts: dict[_Id, _TextFormat] = Field(min_length=1, max_length=MOST_PARTS)


def as_data(bundle: Bundle) -> dict[str, Any]:
    """The bundle as JSON has it."""
    needs = bundle.needs
    return {
        "format": FORMAT,
        "workflow": bundle.workflow,
        "needs": {
            "node_types": dict(sorted(needs.node_types.items())),
            "field_types": dict(sorted(needs.field_types.items())),
            "functions": sorted(needs.functions),
            **({"resources": dict(sorted(needs.resources.items()))} if needs.resources else {}),
        },
        "texts": {part.workflow: {"stage": part.stage, "lines": part.text.split("\n")} for part in bundle.parts},
    }


def write_bundle(bundle: Bundle) -> bytes:
    return json.dumps(as_data(bundle), ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass") + b"\n"


def read_bundle(content: bytes) -> Bundle:
    """The bundle in a file. Raises DefinitionError."""
    if len(content) > MAX_BUNDLE:
        raise _refusal(f"this is larger than {MAX_BUNDLE:,} bytes, which no bundle is")
    try:
        data = load_json(content, MAX_DEPTH)
    except (TooDeepError, ValueError, RecursionError) as error:
        raise _refusal("this isn't JSON as `wizard drafts export` writes it") from error
    return from_data(data)


def from_data(data: Any) -> Bundle:
    """The same of what JSON has. Raises DefinitionError."""
    if isinstance(data, Mapping) and isinstance(data.get("format"), int) and data["format"] > FORMAT:
        raise _refusal("this bundle was written by a later version of the program; import it with that")
    try:
        read = _BundleFormat.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        why = "must be an object" if first["type"] == "model_type" else first["msg"][:200]
        raise _refusal(f"this is no bundle: {where}: {why}") from None
    parts = [Part(name, text.stage, "\n".join(text.lines)) for name, text in read.texts.items()]
    if read.workflow not in read.texts:
        raise _refusal(f"the text of `{read.workflow}` itself is missing")
    problems = [problem for part in parts for problem in _problems_of(part)]
    if problems:
        raise DefinitionError(problems)
    parts.sort(key=lambda part: (part.workflow != read.workflow, part.workflow))
    needs = Needs(read.needs.node_types, read.needs.field_types, tuple(read.needs.functions), read.needs.resources)
    return Bundle(read.workflow, tuple(parts), needs)


def _problems_of(part: Part) -> Iterator[Problem]:
    """What keeps a text from being saved as a draft: mistakes in it don't."""
    try:
        if len(part.text.encode()) > MAX_BYTES:
            yield Problem(part.workflow, 1, 1, f"this is larger than {MAX_BYTES:,} bytes; divide it")
        elif "\0" in part.text:
            yield Problem(part.workflow, 1, 1, "this holds the character U+0000; leave it out")
        else:
            read_text(part.text, part.workflow)
    except UnicodeEncodeError:
        yield Problem(part.workflow, 1, 1, "this holds half a character")
    except DefinitionError as error:
        yield from error.problems


def _refusal(message: str) -> DefinitionError:
    return DefinitionError([Problem(FILE, 1, 1, message)])


# -- what texts need -----------------------------------------------------------------------------------


def needs_of(texts: Iterable[str], registry: Registry) -> Needs:
    """What is named in these texts, as far as they can be read."""
    texts = list(texts)
    nodes: set[str] = set()
    fields: set[str] = set()
    functions: set[str] = set()
    for text in texts:
        try:
            document = read_text(text)
        except DefinitionError:
            continue
        nodes.update(_node_types(document.data))
        fields.update(_field_types(document.data))
        made, _ = draft(document, registry)
        functions.update(call.function for node in (() if made is None else made.nodes) for call in calls_of(node))
    return Needs(
        {name: registry.package(name) for name in nodes},
        {name: registry.field_package(name) for name in fields},
        tuple(sorted(functions)),
        named_in_texts(texts, registry),
    )


def _nodes(data: Any) -> Iterator[Mapping[str, Any]]:
    nodes = data.get("nodes") if isinstance(data, Mapping) else None
    yield from (node for node in (nodes if isinstance(nodes, list) else ()) if isinstance(node, Mapping))


def _node_types(data: Any) -> Iterator[str]:
    yield from (node["type"] for node in _nodes(data) if isinstance(node.get("type"), str))


def _field_types(data: Any) -> Iterator[str]:
    asked = data.get("input") if isinstance(data, Mapping) else None
    fields: list[Any] = [*asked.values()] if isinstance(asked, Mapping) else []
    for node in _nodes(data):
        listed = node.get("fields")
        fields += listed if isinstance(listed, list) else []
    for field in fields:
        if isinstance(field, Mapping) and isinstance(name := field.get("type", UNSAID), str):
            yield name
