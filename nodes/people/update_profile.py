"""`update_profile` nodes: set fields of the profile by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Outcome, Proceed
from wizard.model.values import digest
from wizard.node import NodeConfig, Visit
from wizard.nodes.people.profile import FieldName, OnProfile, own_id


class UpdateProfileConfig(NodeConfig):
    """Which fields become what."""

    fields: dict[FieldName, Dynamic] = Field(
        min_length=1, max_length=200, description="The profile's fields by name, and what they become."
    )
    keep_known: bool = Field(False, description="Leave fields as they are that hold something already.")
    empty: bool = Field(False, description="Also empty fields whose new value is nothing.")


class UpdateProfileNode(OnProfile[UpdateProfileConfig]):
    """Sets fields of the profile.

    Each field is a name and its new value; strings are templates, and one that is exactly one `{{ expression }}` keeps
    the type of what it gives. All values are computed from what was known before: none of them sees another.

    A value that is nothing (an answer that wasn't given) leaves its field as it was. Say `empty: true` where it is to
    empty the field. With `keep_known: true`, a field that holds something already isn't touched.

    The profile is saved when the run ends, or with each step where the workflow says `save: step`. Going back takes the
    change back. A run without a profile sees the fields too, and saves nothing.

    Outputs: `changed`, the names of the fields that hold something else now.
    """

    type = "update_profile"
    title = "Update the profile"
    icon = "user-pen"
    example: ClassVar[Mapping[str, Any]] = {"fields": {"language": "{{ run.language }}", "last_visit": "{{ today() }}"}}
    Config = UpdateProfileConfig

    def outputs(self, config: UpdateProfileConfig) -> frozenset[str]:
        return frozenset({"changed"})

    def check(self, config: UpdateProfileConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        for name in config.fields:
            yield from own_id(name, "fields", name)

    async def execute(self, visit: Visit[UpdateProfileConfig]) -> Outcome:
        config = visit.config
        values = {name: value.evaluate(visit.names) for name, value in config.fields.items()}
        changed: list[str] = []
        for name, value in values.items():
            before = visit.read(f"profile.{name}")
            if (value is None and not config.empty) or (before is not None and config.keep_known):
                continue
            if digest(before) != digest(value):
                visit.set("profile", name, value)
                changed.append(name)
        return Proceed({"changed": changed})
