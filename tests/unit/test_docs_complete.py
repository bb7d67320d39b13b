"""Whether the documentation names everything that there is: no key, type, function or setting is left out."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from pydantic import BaseModel

from tests.pages import DOCS, PAGES, page
from wizard.channels.web.assets import STATIC, STYLE
from wizard.channels.web.pages import Page, Site
from wizard.channels.web.templating import BUILT_IN
from wizard.definitions.format import WorkflowFormat
from wizard.definitions.internal import CaseConfig, RepeatConfig
from wizard.expressions.filters import FILTERS, TESTS
from wizard.expressions.functions import FUNCTIONS
from wizard.forms.field_type import BaseField
from wizard.forms.fields import BUILT_IN as FIELD_TYPES
from wizard.forms.fields import Check
from wizard.forms.messages import Errors, Messages
from wizard.forms.types.choices import ChoiceOption, ChoicesFrom
from wizard.node import Registry
from wizard.node.keys import NodeFormat, RetryFormat
from wizard.settings import Settings

REGISTRY = Registry.installed()
BELOW: dict[str, type[BaseModel]] = {"condition": CaseConfig, "workflow": RepeatConfig}  # inside a type's keys


def keys(*models: type[BaseModel]) -> list[str]:
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def missing(text: str, names: list[str]) -> list[str]:
    return [name for name in names if f"`{name}`" not in text]


def _with_below(model: type[BaseModel]) -> list[type[BaseModel]]:
    return [model, *(each for below in model.__subclasses__() for each in _with_below(below))]


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_every_field_type_is_documented(name: str) -> None:
    """An author finds each field type and each of its keys."""
    own = [key for key in keys(FIELD_TYPES[name].model) if key not in {*keys(BaseField), "type"}]
    assert missing(page("fields.md").section(f"`{name}`"), own) == []


def test_every_common_key_of_fields_is_documented() -> None:
    """An author finds what all fields have, and how choices, messages and checks are written."""
    fields = page("fields.md")
    assert missing(fields.section("What all fields have"), [*keys(BaseField), "type"]) == []
    assert missing(fields.section("Your own error messages"), [*keys(*_with_below(Errors)), *keys(Messages)]) == []
    assert missing(fields.section("`choice`"), keys(ChoiceOption, ChoicesFrom)) == []
    assert missing(fields.section("Checks across fields"), keys(Check)) == []


@pytest.mark.parametrize("name", [each.type for each in REGISTRY])
def test_every_node_type_is_documented(name: str) -> None:
    """An author finds each node type, its keys and its outputs: in a section, or on its own page, which is made of
    the class, by way of a table."""
    handler = REGISTRY.get(name)
    assert handler is not None
    told = page("nodes.md")
    if f"\n## `{name}`\n" not in told.prose:
        assert missing((DOCS / "nodes" / f"{name}.md").read_text(encoding="utf-8"), keys(handler.Config)) == []
        return
    text = told.section(f"`{name}`")
    models = [handler.Config, BELOW[name]] if name in BELOW else [handler.Config]
    assert missing(text, keys(*models)) == []
    assert "**Outputs:**" in text


def test_every_key_of_the_format_is_documented() -> None:
    """An author finds the keys of a workflow, and those that every node can have."""
    definitions = page("definitions.md")
    assert missing(definitions.section("Keys of a workflow"), keys(WorkflowFormat)) == []
    assert missing(definitions.section("Keys of every node"), keys(NodeFormat, RetryFormat)) == []


def test_the_functions_and_filters_are_as_documented() -> None:
    """An author finds each function as it is called and what it does, and none that there isn't."""
    functions = {f"| `{each}` | {each.summary} |".replace("\n", " ") for each in FUNCTIONS.values()}
    assert _table("Functions") == functions
    filters = {f"| `{name}` | {each.summary} |".replace("\n", " ") for name, each in FILTERS.items()}
    assert _table("Filters") == filters
    assert missing(page("expressions.md").section("Tests"), list(TESTS)) == []


def _table(heading: str) -> set[str]:
    text = page("expressions.md").section(heading).partition("### ")[0]
    return {line for line in text.splitlines() if line.startswith("| `")}


def test_every_setting_is_documented() -> None:
    """An operator finds each environment variable."""
    everything = "\n".join(each.prose for each in PAGES)
    assert [name for name in Settings.model_fields if f"`WIZARD_{name.upper()}`" not in everything] == []


def test_everything_that_a_designer_can_use_is_documented() -> None:
    """A designer finds each property of a theme, each template, and each value that templates get."""
    theming = page("theming.md")
    used = re.findall(r"var\((--wz-[\w-]+)\)", (STATIC / STYLE).read_text())
    assert missing(theming.section("A theme"), sorted({*used})) == []
    templates = theming.section("Templates")
    assert missing(templates, BUILT_IN.list_templates()) == []
    assert missing(templates, [field.name for kind in Page.__subclasses__() for field in fields(kind)]) == []
    assert missing(templates, [f"site.{field.name}" for field in fields(Site)]) == []


def test_the_index_names_every_page() -> None:
    """A page that the index doesn't name is never found."""
    named = {link.partition("#")[0] for link in page("README.md").links}
    assert {path.name for path in DOCS.glob("*.md")} - {"README.md"} <= named


def test_every_picture_is_shown_and_every_shown_one_is_there() -> None:
    """A picture that no page shows grows old unseen; one that isn't there is a broken page."""
    from tests.browser.pictures import IMAGES, shown

    assert {path.stem for path in IMAGES.glob("*.png")} == shown()
