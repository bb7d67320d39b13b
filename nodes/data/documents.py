"""`copy` and `delete`: several fields of the event, profile or session at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wizard.expressions.expression import Expression
from wizard.model import Outcome, Proceed, Value
from wizard.node import Background, NodeConfig, Visit
from wizard.node.types import Identifier
from wizard.nodes.computing import Target, keep, storable
from wizard.nodes.given import given_by

MOST_FIELDS = 200


class CopyConfig(NodeConfig):
    """Which values go where."""

    source: Expression = Field(
        alias="from", description="What is copied out of: an expression that gives a group, like `applicant`."
    )
    fields: tuple[Identifier, ...] = Field(
        (), max_length=MOST_FIELDS, description="The names to copy; all that there are, without it."
    )
    to: Literal["profile", "session", "event"] = Field("profile", description="Where they are copied to.")
    empty: bool = Field(False, description="Whether a name without a value empties the field there.")


class CopyNode(Background[CopyConfig]):
    """Copies values into the profile, session or event, each below its own name.

    `{from: applicant, fields: [email, phone], to: profile}` sets `profile.email` and `profile.phone` to what the form
    `applicant` was answered with. To give a value another name, use `set`.

    A name that has no value is left out, so that what is known already stays; with `empty: true` it becomes null there.
    `id` is never copied. Where there is nothing to copy out of, nothing happens.

    Outputs: `value`, the values that were copied, by name; `count`, how many these are.
    """

    type = "copy"
    title = "Copy values"
    group = "data"
    icon = "braces"
    pure = True
    own_retries = True
    example: ClassVar[Mapping[str, Any]] = {"from": "profile", "fields": ["email", "phone"], "to": "session"}
    Config = CopyConfig

    def outputs(self, config: CopyConfig) -> frozenset[str]:
        return frozenset({"value", "count"})

    async def execute(self, visit: Visit[CopyConfig]) -> Outcome:
        config = visit.config
        given = given_by(visit, "from", config.source)
        source = {} if given.value is None else given.group()
        names = config.fields or tuple(name for name in source if name != "id")
        if len(names) > MOST_FIELDS:
            raise given.wrong(f"has more than {MOST_FIELDS} values. Name those to copy in `fields`")
        values: dict[str, Value] = {name: source.get(name) for name in names if name != "id"}
        if not config.empty:
            values = {name: value for name, value in values.items() if value is not None}
        output = storable({"value": values, "count": len(values)})
        for name, value in values.items():
            keep(visit, f"{config.to}.{name}", value)
        return Proceed(output)


class DeleteConfig(NodeConfig):
    """Which fields are emptied."""

    fields: Annotated[tuple[Target, ...], Field(min_length=1, max_length=MOST_FIELDS)] = Field(
        description="The fields to empty: `profile.NAME`, `session.NAME` or `event.NAME`."
    )


class DeleteNode(Background[DeleteConfig]):
    """Empties fields of the profile, session or event.

    An emptied field is null, as one that was never set. It is saved when the run ends, and what was there before stays
    in the history of the profile; to erase a person, whoever runs the service deletes the profile. If somebody goes
    back before this node, the values are there again.

    Outputs: `deleted`, the fields that held something.
    """

    type = "delete"
    title = "Empty fields"
    group = "data"
    icon = "braces"
    pure = True
    own_retries = True
    example: ClassVar[Mapping[str, Any]] = {"fields": ["session.basket", "profile.draft"]}
    Config = DeleteConfig

    def outputs(self, config: DeleteConfig) -> frozenset[str]:
        return frozenset({"deleted"})

    async def execute(self, visit: Visit[DeleteConfig]) -> Outcome:
        held = [field for field in dict.fromkeys(visit.config.fields) if visit.read(field) is not None]
        for field in held:
            keep(visit, field, None)
        return Proceed({"deleted": held})
