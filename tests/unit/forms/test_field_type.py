"""One type of field: what is left out is as with a line of text, and what can't be one is told where it is made."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from tests.unit.forms.asking import Around
from wizard.errors import NodeContractError
from wizard.forms.field_type import BaseField, FieldType
from wizard.forms.fields import BUILT_IN, Field, FieldTypes, may_be_draft, type_of
from wizard.forms.form import Form
from wizard.forms.parsing import Context, Parser
from wizard.forms.prompts import prompt_fields, summary_items
from wizard.forms.rendering import error_lines, widget
from wizard.forms.types.text import TextField, line
from wizard.forms.validation import Accepted, Rejected, validate
from wizard.model import Prompt, PromptField, Value
from wizard.model.copies import copied_prompt


class ColourField(BaseField):
    """A colour, in two inputs."""

    type: Literal["colour"]
    shades: int = 3


def parser(field: ColourField) -> Parser:
    def parse(raw: object, context: Context) -> Value:
        if isinstance(raw, dict):
            raw = " ".join(str(part) for part in raw.values() if part)
        return line(raw)

    return parse


COLOUR = FieldType(model=ColourField, parser=parser, options=("shades",), parts=("name", "shade"))
KNOWN = FieldTypes((*BUILT_IN.values(), COLOUR))
FIELDS: TypeAdapter[tuple[Any, ...]] = TypeAdapter(tuple[Field, ...])


def form(**written: Any) -> Form:
    return Form(FIELDS.validate_python([{"name": "it", "type": "colour", **written}], context=KNOWN))


def asked(form: Form, **known: Any) -> PromptField:
    (field,) = prompt_fields(form, Around(), **known)
    return field


def test_what_is_left_out_is_as_with_a_line_of_text() -> None:
    """An author of a type writes what is special, and nothing else."""
    named = asked(form(label="Colour"))
    assert (named.type, named.options, named.field_type) == ("colour", {"shades": 3}, COLOUR)
    result = validate(form(), {"it": " red "}, Around())
    assert isinstance(result, Accepted)
    assert result.output == {"it": "red"}
    missing = validate(form(label="Colour"), {}, Around())
    assert isinstance(missing, Rejected)
    assert missing.errors == {"it": "Answer “Colour”"}
    assert [item.value for item in summary_items(form(), Around(), {"it": "red"}, "s")] == ["red"]
    assert validate(form(required=False), {}, Around()) == Accepted({"it": None})
    assert may_be_draft(named)


def test_its_inputs_have_names_and_what_was_typed() -> None:
    """A field in several inputs is there again as it was typed, and its error leads to the first."""
    field = asked(form(), draft={"it": {"name": "red", "shade": None}}, errors={"it": "Wrong"})
    assert [(part.name, part.value) for part in widget(field).parts] == [("it-name", "red"), ("it-shade", "")]
    assert error_lines(Prompt("s", "form", fields=(field,))) == (("#it-name", "Wrong"),)
    field = asked(form(), draft={"it": {"name": 3, "shade": "x" * 300_000}})
    assert [len(part.value) for part in widget(field).parts] == [1, 100_000], "what can't be taken is there in part"


def test_a_prompt_that_is_copied_keeps_its_types() -> None:
    """A channel gets a copy, and would draw a plug-in's field as text."""
    prompt = Prompt("s", "form", fields=(asked(form()),))
    assert type_of(copied_prompt(prompt).fields[0]) is COLOUR


def test_who_wasn_t_handed_a_type_doesn_t_know_it() -> None:
    """What one application adds is none of another's."""
    with pytest.raises(ValidationError, match="there is no such field type"):
        FIELDS.validate_python([{"name": "it", "type": "colour"}])
    assert FIELDS.validate_python([{"name": "it"}], context=KNOWN)[0].field_type is BUILT_IN["text"]
    assert type_of(PromptField("it", "text", "It")) is BUILT_IN["text"]
    assert type_of(PromptField("it", "colour", "It")).name == "?"


def test_each_type_has_a_model_and_a_name_of_its_own() -> None:
    """Two types of one model couldn't be told apart by their fields."""

    class Nameless(BaseField):
        pass

    class Several(BaseField):
        type: Literal["a", "b"]

    class Other(BaseModel):
        type: Literal["other"]

    for model in (Nameless, Several):
        with pytest.raises(NodeContractError, match="names no field type"):
            FieldType(model=model, parser=parser)
    with pytest.raises(NodeContractError, match=r"is a subclass of BaseField, and .*: derive it"):
        FieldType(model=Other, parser=parser)  # type: ignore[arg-type]
    with pytest.raises(NodeContractError, match="TextField is the model of a field type already: give each"):
        FieldType(model=TextField, parser=parser)


def test_types_are_told_apart_by_who_they_are() -> None:
    """What is compiled for one set of types is kept for it alone."""
    assert KNOWN == KNOWN
    assert FieldTypes(KNOWN.values()) != KNOWN
    assert len({KNOWN, FieldTypes(KNOWN.values())}) == 2
    assert len(KNOWN) == len(BUILT_IN) + 1
