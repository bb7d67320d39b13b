"""pydantic's errors in plain sentences: whatever a node type's configuration is made of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import AnyUrl, BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from wizard.definitions.reading.complaints import complaints, quoted
from wizard.definitions.schema import known_keys
from wizard.forms.fields import FIELD_TYPES
from wizard.forms.fields import Field as FormField


class Cat(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["cat"]
    lives: int = Field(9, gt=0, lt=10)


class Dog(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["dog"]
    tricks: list[str] = Field(default_factory=list, min_length=2)


def _kind(value: Any) -> str | None:
    found = value.get("kind", "") if isinstance(value, dict) else None
    return "cat" if found in ("cat", "") else found


class Zoo(BaseModel):
    model_config = ConfigDict(extra="forbid")
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    guessed: Annotated[Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")], Discriminator(_kind)] | None = None
    either: int | list[Cat] | None = None
    day: date | None = None
    price: Decimal | None = Field(None, max_digits=3)
    step: int = Field(0, multiple_of=5)
    code: str = Field("aaa", min_length=3, pattern="^a+$")
    even: int = 0
    odd: int = 1
    site: AnyUrl | None = None
    own: int = 0
    asked: list[FormField] = Field(default_factory=list)

    @field_validator("even")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("must be even")
        return value

    @field_validator("own")
    @classmethod
    def _own(cls, value: int) -> int:
        raise PydanticCustomError("authors_own", "A sentence of its author")

    @field_validator("odd")
    @classmethod
    def _odd(cls, value: int) -> int:
        if not value % 2:
            raise ValueError("Odd numbers only; add one.")
        return value


def said(data: Any) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(ValidationError) as caught:
        Zoo.model_validate(data)
    found = complaints(caught.value, lambda loc: known_keys(Zoo, loc), data)
    return [(each.path, each.message) for each in found]


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ([], (), "this must be a mapping of keys to values"),
        ({"pet": {"kind": "dgo"}}, ("pet", "kind"), "there is no kind `dgo`; did you mean `dog`?"),
        ({"pet": {"kind": "whale"}}, ("pet", "kind"), "there is no kind `whale`; known are cat, dog"),
        ({"pet": {}}, ("pet",), "`kind` is missing"),
        ({"pet": {"kind": "cat", "live": 3}}, ("pet", "live"), "there is no key `live` here; did you mean `lives`?"),
        ({"pet": {"kind": "cat", "lives": 10}}, ("pet", "lives"), "`lives` must be less than 10"),
        ({"pet": {"kind": "cat", "lives": 0}}, ("pet", "lives"), "`lives` must be more than 0"),
        ({"pet": {"kind": "dog", "tricks": ["a"]}}, ("pet", "tricks"), "`tricks` must have at least 2 items"),
        ({"guessed": 5}, ("guessed",), "`type` is missing"),
        ({"guessed": {"kind": "cow"}}, ("guessed",), "there is no type `cow`; known are cat, dog"),
        ({"either": "x"}, ("either",), "`either` must be a whole number or a list"),
        ({"either": [{"kind": "cat", "lives": "x"}]}, ("either", 0, "lives"), "`lives` must be a whole number"),
        ({"day": "soon"}, ("day",), "`day` must be a date such as 2026-03-27"),
        ({"price": "1234"}, ("price",), "`price` must have at most 3 digits"),
        ({"site": "x"}, ("site",), "`site` can't be taken: url parsing"),
        ({"own": 1}, ("own",), "`own` can't be taken: a sentence of its author"),
        ({"step": 3}, ("step",), "`step` must be a multiple of 5"),
        ({"code": "a"}, ("code",), "`code` must have at least 3 characters"),
        ({"code": "abc"}, ("code",), "`code` must have the form that its description says"),
        ({"even": 3}, ("even",), "`even` must be even"),
        ({"odd": 2}, ("odd",), "Odd numbers only; add one."),
        (
            {"asked": [{"name": "a", "type": "txt"}]},
            ("asked", 0, "type"),
            "there is no field type `txt`; did you mean `text`?",
        ),
        (
            {"asked": [{"name": "a", "type": "hologram"}]},
            ("asked", 0, "type"),
            f"there is no field type `hologram`; there are {', '.join(FIELD_TYPES)}",
        ),
        (
            {"asked": [{"name": "a", "type": 5}]},
            ("asked", 0),
            f"there is no such field type; there are {', '.join(FIELD_TYPES)}",
        ),
    ],
)
def test_one_sentence_for_one_mistake(data: Any, path: tuple[str | int, ...], message: str) -> None:
    """An author reads what to do, not what a library thought of on the way."""
    assert said(data) == [(path, message)]


def test_parts_of_documents_are_cut_short() -> None:
    """A pasted page of text must not fill the screen again as a message."""
    assert quoted("x" * 100) == f"`{'x' * 57}...`"
    assert quoted(None) == "`None`"
