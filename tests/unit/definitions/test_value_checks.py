"""What is written as a text where a truth value or a number is meant."""

from __future__ import annotations

import pytest

from wizard.definitions.catalog import Catalog
from wizard.definitions.reading.source import read
from wizard.errors import DefinitionError
from wizard.node import Registry


def wrong(text: str) -> list[str]:
    documents = [document.data for document in read(text.encode(), "a.yaml")]
    try:
        Catalog.from_documents(documents, Registry.installed())
    except DefinitionError as error:
        return [problem.message.partition(": ")[2] for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("type: boolean, checkbox: yes", "`checkbox` must be true or false; write `checkbox: true`"),
        ("required: no", "`required` must be true or false; write `required: false`"),
        ('required: "no"', "`required` must be true or false; write `required: false`"),
        ('required: "true"', "`required` must be true or false; write `required: true`"),
        ("required: 0", "`required` must be true or false; write `required: false`"),
        ("required: ja", "`required` must be true or false"),
        ("type: hidden, required: on", "`required` must be true or false; write `required: true`"),
        ('max_length: "10"', "`max_length` must be a whole number; write `max_length: 10`"),
        ('type: decimal, places: "2"', "`places` must be a whole number; write `places: 2`"),
    ],
)
def test_a_text_is_no_truth_value_and_no_number(settings: str, told: str) -> None:
    """In YAML of other programs `no` is false, and "no" is true in Python: one of the two meant something else. In
    nodes they were told, in fields and inputs read in silence."""
    field = f"{{name: a, {settings}}}"
    assert wrong(f"id: p\nnodes: [{{id: f, type: form, fields: [{field}]}}]") == [told]
    given = f"{{{settings}}}"
    assert wrong(f"id: p\ninput: {{a: {given}}}\nnodes: [{{id: f, type: message}}]") == [told]


@pytest.mark.parametrize("settings", ["required: false", "type: integer, max: '10'", "type: boolean, default: yes", ""])
def test_what_may_be_a_text_may_be_one(settings: str) -> None:
    """A limit can be an expression, and a default is read as an answer is."""
    assert wrong(f"id: p\nnodes: [{{id: f, type: form, fields: [{{name: a, {settings}}}]}}]") == []


def test_what_was_stored_is_used_as_it_was_meant_then() -> None:
    """Runs that were begun before would come to a halt."""
    document = {"id": "p", "nodes": [{"id": "f", "type": "form", "fields": [{"name": "a", "required": "no"}]}]}
    (workflow,) = Catalog.from_documents([document], Registry.installed(), stored=True).all_workflows()
    assert workflow.nodes["f"].config.fields[0].required is False
