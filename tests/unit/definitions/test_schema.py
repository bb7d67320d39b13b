"""The JSON Schema that editors complete from agrees with the loader about what a definition is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from tests.schemas import is_a_schema
from tests.unit.tiny import REGISTRY, Part
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading.source import read
from wizard.definitions.schema import known_keys, schema
from wizard.errors import DefinitionError
from wizard.model import Outcome, Proceed
from wizard.node import Background, NodeConfig, Registry, Visit

SCHEMA = schema(REGISTRY)

PASSPORT = """
id: passport
title: Apply for a passport
input: {country: {type: text, default: CH}}       # what a caller may hand in
expires_after: 28d
nodes:
  - id: applicant
    type: form
    title: About you
    fields:
      - {name: full_name, type: text, label: Full name, max_length: 100}
      - {name: birth_date, type: date, label: Date of birth, hint: For example 27 3 1985}
      - {name: email, type: email, label: Email address, required: false}
      - {name: reason, type: choice, label: Why do you need it?, choices: [new, lost, {value: old, label: It ran out}]}
      - {name: lost_where, type: text, label: Where did you lose it?, show_if: reason == "lost"}
    validate:
      - {check: birth_date <= today(), message: Your date of birth must be in the past, field: birth_date}
  - id: adult
    type: condition
    cases:
      - {when: years_between(applicant.birth_date, today()) >= 18, goto: address}
      - {goto: guardian}                          # no `when`: otherwise
  - id: guardian
    type: workflow
    workflow: contact                             # another definition
    with: {heading: Your parent or guardian}      # its `input`
  - id: address
    type: form
    title: Where do you live, {{ applicant.full_name }}?
    fields: [{name: postcode, type: text, label: Postcode}]
  - id: lookup
    type: http
    url: https://addresses.example/{{ address.postcode }}
    retry: {attempts: 3, backoff: 2s}
    on_error: back
  - id: check
    type: review
    title: Check your answers
  - id: done
    type: end
    title: Application complete
    text: Thank you, {{ applicant.full_name }}.
---
id: contact
input: {heading: {type: text}}
nodes:
  - id: contact
    type: form
    title: "{{ input.heading }}"
    fields: [{name: email, type: email, label: Email}]
"""


def objections(data: Any, against: dict[str, Any] = SCHEMA) -> list[str]:
    return [error.message for error in Draft202012Validator(against).iter_errors(data)]


def loads(data: Any) -> bool:
    try:
        Catalog.from_documents([data], REGISTRY)
    except DefinitionError:
        return False
    return True


def test_it_is_a_schema() -> None:
    """An editor that can't read it offers nothing; `json.dumps` is how `wizard schema` prints it."""
    is_a_schema(json.loads(json.dumps(SCHEMA)))
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"]


def test_the_example_of_the_documentation_passes() -> None:
    """With the node types that come with the engine: the first thing that anybody tries."""
    installed = Registry.installed()
    whole = schema(installed)
    is_a_schema(whole)
    documents = [document.data for document in read(PASSPORT, "passport.yaml")]
    assert [objections(data, whole) for data in documents] == [[], []]
    catalog = Catalog.from_documents(documents, installed)
    assert catalog.warnings == []
    case = catalog.get("passport").nodes["adult"].config.cases[0]
    assert case.when.source == "years_between(applicant.birth_date, today()) >= 18"


def node(**keys: Any) -> dict[str, Any]:
    return {"id": "w", "nodes": [{"id": "a", "type": "ask", **keys}]}


@pytest.mark.parametrize(
    "data",
    [
        node(),
        node(title="Hello", fields=["a"], parts=[{"label": "x", "max_length": 3, "show_if": True}], way="long"),
        node(type="work", retry={"attempts": 2, "backoff": "PT3S"}, timeout="1d 12h", on_error={"goto": "end"}),
        node(type="work", on_error="continue", final=True, next="end"),
        node(type="end", text="Bye"),
        node(type="condition", cases=[{"when": "input.x > 1", "goto": "end"}, {"goto": "end"}]),
        node() | {"id": "w-1", "title": "t", "text": "x", "language": "de-CH", "reopen": True, "expires_after": "2w"},
        node() | {"save": "step"},
        node()
        | {"input": {"a": {}, "b": {"type": "integer", "default": 3}, "c": {"type": "choice", "choices": ["x"]}}},
    ],
)
def test_what_loads_passes(data: dict[str, Any]) -> None:
    """A red line under a right key would send the author looking for a mistake that isn't there."""
    assert objections(data) == []
    assert loads(data)


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"id": "w"},
        {"nodes": [{"id": "a", "type": "ask"}]},
        {"id": "1", "nodes": [{"id": "a", "type": "ask"}]},
        {"id": "w", "nodes": []},
        {"id": "w", "nodes": [5]},
        {"id": "w", "nodes": [{"id": "a"}]},
        {"id": "w", "titel": "x", "nodes": [{"id": "a", "type": "ask"}]},
        {"id": "w", "expires_after": "soon", "nodes": [{"id": "a", "type": "ask"}]},
        {"id": "w", "reopen": "yes", "nodes": [{"id": "a", "type": "ask"}]},
        {"id": "w", "save": "steps", "nodes": [{"id": "a", "type": "ask"}]},
        {"id": "w", "input": {"a": {"type": "txt"}}, "nodes": [{"id": "a", "type": "ask"}]},
        {"id": "w", "input": {"a": {"lable": "x"}}, "nodes": [{"id": "a", "type": "ask"}]},
        {"id": "w", "input": {"a": {"name": "a"}}, "nodes": [{"id": "a", "type": "ask"}]},
        {"id": "w", "input": {"_a": {}}, "nodes": [{"id": "a", "type": "ask"}]},
        node(type="aks"),
        node(id="a b"),
        node(lable="x"),
        node(retry={}),
        node(parts=[{}]),
        node(parts=[{"label": "x", "max_length": "y"}]),
        node(way="wide"),
        node(type="end", next="a"),
        node(type="condition", cases=[{"goto": "end"}], final=True),
        node(type="condition", cases=[{"when": "a"}]),
        node(type="work", on_error="explode"),
        node(type="work", retry={"attempts": 101}),
        node(type="work", timeout=5),
        node(type="workflow", workflow="w", repeat={"max": 0}),
    ],
)
def test_what_a_schema_can_see_is_refused_by_both(data: Any) -> None:
    """An editor finds it while it is typed, the loader at the latest."""
    assert objections(data)
    assert not loads(data)


def test_every_key_is_described() -> None:
    """The descriptions are what an editor shows; the keys of the format all have one."""
    undescribed = [key for key, value in SCHEMA["properties"].items() if "description" not in value]
    assert undescribed == []
    ask = SCHEMA["$defs"]["node.ask"]
    assert ask["description"] == "Asks for the fields that it names."
    assert ask["properties"]["depends_on"]["description"]
    assert "retry" not in ask["properties"]
    assert "retry" in SCHEMA["$defs"]["node.work"]["properties"]
    named = SCHEMA["properties"]["nodes"]["items"]["properties"]["type"]["oneOf"]
    assert {"const": "work", "description": "Works, with outputs that nobody can know."} in named


class Odd:
    """Something that JSON Schema knows nothing of."""


class OddConfig(NodeConfig):
    odd: Odd | None = None
    listed: list[list[Part]] = Field(default_factory=list)
    named: dict[str, Part] = Field(default_factory=dict)


class OddNode(Background[OddConfig]):
    type = "odd"
    Config = OddConfig

    async def execute(self, visit: Visit[OddConfig]) -> Outcome:
        return Proceed()


def test_a_third_partys_own_types_are_taken_for_anything() -> None:
    """One undescribable type in somebody's package must not take the whole schema away."""
    odd = schema(Registry([OddNode]))
    is_a_schema(odd)
    assert objections(node(type="odd", odd=5), odd) == []
    assert objections(node(type="odd", listed=[5]), odd)


class Circle(BaseModel):
    kind: str
    inner: list[Circle] = []


def test_known_keys_are_found_at_any_place() -> None:
    """They are what "did you mean" is chosen from; a model may hold itself."""
    assert known_keys(OddConfig) == {"odd", "listed", "named"}
    assert known_keys(OddConfig, ("listed", 0, 3)) == {"label", "max_length", "show_if"}
    assert known_keys(OddConfig, ("named", "x")) == {"label", "max_length", "show_if"}
    assert known_keys(OddConfig, ("odd", "deeper")) == frozenset()
    assert known_keys(Circle, ("inner", 0, "inner", 5)) == {"kind", "inner"}


class Renamed(BaseModel):
    kind: str = Field(alias="type")


@pytest.mark.parametrize("model", [*(each.Config for each in Registry.installed()), Renamed])
def test_known_keys_are_those_of_the_schema(model: type[BaseModel]) -> None:
    """Where they are told without making a schema, "did you mean" would choose from others than an editor does."""
    assert known_keys(model) == set(model.model_json_schema().get("properties", ()))
