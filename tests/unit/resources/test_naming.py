"""Keys of configurations that name a resource."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from wizard.definitions.reference import type_name
from wizard.node import HttpResource, NodeConfig, ResourceOf, SmtpResource
from wizard.resources.naming import Named, resources_in


class Inner(NodeConfig):
    service: Annotated[str, ResourceOf(HttpResource)]


class Config(NodeConfig):
    server: Annotated[str | None, ResourceOf(SmtpResource)] = Field(None, alias="from", description="The server.")
    several: tuple[Inner, ...] = ()


@pytest.mark.parametrize("name", ["", "1st", "a b", "../x", "ä", "x" * 65, "{{ name }}"])
def test_a_name_has_the_form_of_a_name(name: str) -> None:
    """An author who writes an expression, or an address, in the place of a name is told so when it is loaded."""
    with pytest.raises(ValidationError, match="at most 64 letters"):
        Config.model_validate({"from": name})


def test_what_a_configuration_names_is_found_in_all_of_it() -> None:
    """Whoever deploys is told what is missing, also where it is named inside of something."""
    config = Config.model_validate({"from": "mail", "several": [{"service": "crm"}]})
    assert list(resources_in(config)) == [
        Named(("from",), "mail", "smtp"),
        Named(("several", 0, "service"), "crm", "http"),
    ]
    assert list(resources_in(Config())) == []


def test_the_schema_says_what_kind_it_names() -> None:
    """An editor offers the resources of that kind, and the documentation says which it takes."""
    shape = TypeAdapter(Config).json_schema()["properties"]["from"]
    assert (shape["x-resource"], type_name(shape)) == ("smtp", "resource (smtp)")
