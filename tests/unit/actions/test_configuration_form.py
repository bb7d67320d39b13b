"""The form of a configuration: which input asks what, and that it and the configuration say the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import ConfigDict, Field

from wizard.actions.action import Action
from wizard.actions.asking import workflow_of
from wizard.actions.configuration_form import asked, config_of, fields, form_values, normalised
from wizard.actions.inputs import ROWS
from wizard.actions.validation import by_field, by_name, validate
from wizard.errors import ConfigurationRefused, ExpressionError
from wizard.forms.fields import BUILT_IN
from wizard.node import Background, Dynamic, Expression, FormHint, NodeConfig, Outcome, Proceed, Template, Visit


class Retries(NodeConfig):
    """How it is tried again."""

    attempts: int = Field(3, ge=1)
    inner: RetriesInner | None = None


class RetriesInner(NodeConfig):
    why: Template | None = None


class Address(NodeConfig):
    town: str = ""


class Many(NodeConfig):
    """Keys of every kind."""

    name: Template
    count: int | Expression = 1
    ratio: float = 0.5
    on: bool = True
    off: bool = False
    maybe: bool | None = None
    kind: Literal["a", "b"] = "a"
    words: tuple[str, ...] = ()
    numbers: tuple[int, ...] | None = None
    limit: int | None = 5
    values: Dynamic = Field(None, validate_default=True)
    retries: Annotated[Retries | None, FormHint(group="Trouble")] = None
    address: Address = Address()
    secret: Annotated[Template | None, FormHint(label="Secret word", show_if="on", rows=3)] = None
    class_: str = Field("", alias="class")


class ManyNode(Background[Many]):
    """Takes everything."""

    type = "many"
    Config = Many

    async def execute(self, visit: Visit[Many]) -> Outcome:
        return Proceed({})


class Open(NodeConfig):
    model_config = ConfigDict(extra="allow", frozen=True, arbitrary_types_allowed=True)
    name: str = ""


class OpenNode(Background[Open]):
    """Takes keys that it doesn't name."""

    type = "open"
    Config = Open

    async def execute(self, visit: Visit[Open]) -> Outcome:
        return Proceed({})


Retries.model_rebuild()
MANY = Action(ManyNode(), BUILT_IN)
OPEN = Action(OpenNode(), BUILT_IN)


def test_each_key_has_the_input_that_fits_it() -> None:
    """A number that is typed as a text, or a choice that isn't offered, would have people guess."""
    assert {field["name"]: field["type"] for field in fields(MANY)} == {
        "name": "text",
        "count": "text",
        "ratio": "decimal",
        "on": "boolean",
        "off": "boolean",
        "maybe": "boolean",
        "kind": "choice",
        "words": "textarea",
        "numbers": "textarea",
        "limit": "textarea",
        "values": "text",
        "retries": "boolean",
        "retries__attempts": "integer",
        "retries__inner": "boolean",
        "retries__inner__why": "text",
        "address__town": "text",
        "secret": "textarea",
        "class_": "text",
    }


def test_hints_of_the_class_are_the_forms() -> None:
    """Groups, labels and what is asked when are the type's, and come out in its schema as well."""
    by_field = {made.name: (made.group, field.label, show_if) for made, field, show_if in asked(MANY)}
    assert by_field["retries"] == ("Trouble", "Retries", "")
    assert by_field["retries__attempts"] == ("Trouble", "Attempts", "(retries)")
    assert by_field["retries__inner__why"] == ("Trouble", "Why", "(retries__inner)")
    assert by_field["secret"] == ("", "Secret word", "(on)")
    assert MANY.schema["properties"]["secret"]["x-form"] == {"label": "Secret word", "show_if": "on", "rows": 3}


@pytest.mark.parametrize(
    "more",
    [
        {"count": 12},
        {"count": "a.b * 2"},
        {"limit": None},
        {"limit": 7},
        {"numbers": []},
        {"numbers": [1, 2]},
        {"words": ["a", " b ", "two\nlines", '"q"', "12"]},
        {"values": {"a": ["{{ x }}", 1, None]}},
        {"values": "12"},
        {"values": 12},
        {"on": False},
        {"off": True},
        {"maybe": False},
        {"ratio": 0.25},
        {"retries": {}},
        {"retries": {"attempts": 5}},
        {"retries": {"inner": {}}},
        {"retries": {"inner": {"why": " x"}}},
        {"address": {"town": "Bern"}},
        {"on": False, "secret": "s"},
        {"class": "x"},
    ],
    ids=str,
)
def test_the_form_loses_nothing(more: dict[str, Any]) -> None:
    """Somebody else wrote it as JSON; whoever saves the form unchanged must leave it so."""
    config = {"name": "n", **more}
    normal = validate(MANY, config)
    assert normal == config
    assert config_of(MANY, form_values(MANY, normal)) == normal


def test_what_counts_anyway_is_left_out() -> None:
    """Two configurations that say the same are written the same, so that a diff shows only what changed."""
    config = {
        "kind": "a",
        "on": True,
        "limit": 5,
        "name": "n",
        "retries": None,
        "words": [],
        "address": {},
        "maybe": None,
    }
    assert normalised(MANY, config) == {"name": "n"}


def test_a_key_that_is_filled_in_is_never_hidden() -> None:
    """`show_if` would have a form drop it without a word."""
    hidden = {field["name"]: field.get("show_if") for field in fields(MANY, {"name": "n", "on": False})}
    shown = {field["name"]: field.get("show_if") for field in fields(MANY, {"name": "n", "on": False, "secret": "s"})}
    assert (hidden["secret"], shown["secret"]) == ("(on)", None)


def test_keys_that_the_type_does_not_name_have_a_field_together() -> None:
    """A type of others may take any keys."""
    config = {"name": "n", "x": 1, "y": {"z": ["on"]}}
    assert config_of(OPEN, form_values(OPEN, config)) == config
    for wrong in ("- a", "name: other"):
        with pytest.raises(ConfigurationRefused):
            config_of(OPEN, {"name": "n", "other_keys": wrong})


def test_all_that_cannot_be_read_is_told_at_once() -> None:
    """Each by its key, and by the field that asks it."""
    with pytest.raises(ConfigurationRefused) as caught:
        config_of(MANY, {"name": "n", "values": "[1", "limit": "a: 1\na: 2"})
    assert by_name(caught.value.errors).keys() == {"values", "limit"}
    told, others = by_field(MANY, {("retries", "attempts"): "must be 1", ("address", "town", 0): "odd", (): "all"})
    assert told == {
        "retries__attempts": "must be 1",
        "address__town": "0: odd",
    }
    assert others == ["all"]


def test_values_of_no_kind_that_a_field_holds_are_told() -> None:
    """A list in the place of a text would become the text of it, and a mistyped yes would drop what is below."""
    wrong = {"name": ["n"], "retries": "perhaps", "nobody": 1}
    with pytest.raises(ConfigurationRefused) as caught:
        config_of(MANY, wrong)
    assert by_name(caught.value.errors) == {
        "name": "the field `name` holds a text",
        "retries": "the field `retries` holds true or false",
        "nobody": "the form has no field `nobody`",
    }


def test_numbers_and_truths_may_come_as_texts() -> None:
    """As pages send them."""
    values = {"name": "n", "retries": "true", "retries__attempts": "5", "ratio": "0.25", "off": "yes"}
    assert config_of(MANY, values) == {"name": "n", "retries": {"attempts": 5}, "ratio": Decimal("0.25"), "off": True}


class Stop(NodeConfig):
    """Where it stops."""

    town: Template
    minutes: int = 2


class Line(NodeConfig):
    stops: tuple[Stop, ...] = ()


class LineNode(Background[Line]):
    """Stops."""

    type = "line"
    Config = Line

    async def execute(self, visit: Visit[Line]) -> Outcome:
        return Proceed({})


LINE = Action(LineNode(), BUILT_IN)


@pytest.mark.parametrize("count", range(ROWS + 3))
def test_items_of_a_list_are_asked_one_by_one(count: int) -> None:
    """The first ones have fields of their own; however many there are, none is lost."""
    config = {"stops": [{"town": f"T{number}", "minutes": number} for number in range(count) if number != 2]}
    values = form_values(LINE, config)
    normal = validate(LINE, config)
    assert config_of(LINE, values) == normal
    assert validate(LINE, normal) == normal
    assert model(normal) == model(config)


def model(config: dict[str, Any]) -> Line:
    return Line.model_validate(config)


def test_an_item_is_left_out_by_its_box() -> None:
    """Those after it move up; the box of the next one is there as soon as the one before is ticked."""
    config = {"stops": [{"town": "A"}, {"town": "B"}, {"town": "C"}]}
    values = {**form_values(LINE, config), "stops__1": False}
    assert config_of(LINE, values) == {"stops": [{"town": "A"}, {"town": "C"}]}
    shown = {field["name"]: field.get("show_if") for field in fields(LINE, config)}
    assert [shown[f"stops__{number}"] for number in range(5)] == [None, None, None, "(stops__2)", "(stops__3)"]


def test_what_is_no_list_of_mappings_is_shown_as_it_is() -> None:
    """Somebody wrote it by hand, and can correct it there."""
    values = form_values(LINE, {"stops": ["A", {"town": "B"}]})
    assert values["stops"] == "- A\n- town: B"
    assert values["stops__0"] is False
    with pytest.raises(ConfigurationRefused, match="must be a list"):
        config_of(LINE, {"stops": "a: 1"})


class Tree(NodeConfig):
    """One that holds others of its kind."""

    name: str = ""
    left: Tree | None = None


class TreeNode(Background[Tree]):
    """Climbs."""

    type = "tree"
    Config = Tree

    async def execute(self, visit: Visit[Tree]) -> Outcome:
        return Proceed({})


def test_what_holds_itself_is_asked_to_some_depth() -> None:
    """A form has an end; what lies deeper is one text, and not lost."""
    action = Action(TreeNode(), BUILT_IN)
    config = {"left": {"left": {"left": {"left": {"left": {"name": "deep"}}}}}}
    assert config_of(action, form_values(action, config)) == config
    assert len(fields(action)) < 10


def test_pages_of_a_run_hold_what_belongs_together() -> None:
    """What is asked only where a mapping is there stands on its page, whatever its own group."""
    document = workflow_of(MANY, form_values(MANY, {}))
    asked = {node["title"]: [field["name"] for field in node["fields"]] for node in document["nodes"]}
    assert asked["Trouble"] == ["retries", "retries__attempts", "retries__inner", "retries__inner__why"]
    assert len(asked) == 3  # and that of the address, which is always there


def test_a_hint_that_can_not_be_used_is_refused_where_it_is_written() -> None:
    """The package's author sees it, and no editor of a workflow."""
    with pytest.raises(ExpressionError):
        FormHint(show_if="a ==")
    with pytest.raises(TypeError, match="`rows` must be int"):
        FormHint(rows="3")  # type: ignore[arg-type]


def test_a_node_key_in_a_configuration_is_told() -> None:
    """`retry` stands beside the configuration, in the node."""
    with pytest.raises(ConfigurationRefused, match="stands beside it"):
        validate(MANY, {"name": "n", "timeout": "5s"})


class BrokenNode(ManyNode):
    """Fails at its own checks."""

    type = "broken"

    def check(self, config: Many) -> Any:
        raise SystemExit(3)


def test_a_type_that_fails_is_named() -> None:
    """A package of others must not end a server that checks a configuration."""
    with pytest.raises(ConfigurationRefused, match="`broken` can't say"):
        validate(Action(BrokenNode(), BUILT_IN), {"name": "n"})
