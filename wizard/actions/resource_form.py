"""The form that asks what a resource holds, of its class alone. What is secret is a password, and is shown to nobody
again: where it is set already, it may be left out and stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from inspect import cleandoc
from typing import Any

from wizard.actions.described import form_of
from wizard.actions.inputs import Holds, Input, inputs_of
from wizard.actions.schema import DIALECT, Shape, branches, followed
from wizard.resources.keeping import IS_SET, shown
from wizard.resources.kinds import Resource


@dataclass(frozen=True)
class ResourceForm:
    """The form of a kind; `stored` is what is set already."""

    kind: type[Resource]
    stored: Resource | None = None

    @property
    def title(self) -> str:
        return self.kind.title

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of what such a resource holds."""
        return {"$schema": DIALECT, **self.kind.model_json_schema(), "title": self.kind.kind}

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """All but what has any number of secrets by name: that is given as JSON."""
        asked = {name: shape for name, shape in self.schema["properties"].items() if not _has_secrets(shape)}
        inputs = inputs_of({**self.schema, "properties": asked})
        return tuple(map(self._kept, inputs))

    def _kept(self, made: Input) -> Input:
        if made.holds is not Holds.SECRET or not self._is_set(made):
            return made
        hint = f"{made.field['hint']} It is set: leave it empty to keep it."
        return replace(made, field={**made.field, "required": False, "hint": hint})

    def _is_set(self, made: Input) -> bool:
        value: Any = None if self.stored is None else shown(self.stored)
        for key in made.path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return bool(value == IS_SET)

    @property
    def values(self) -> dict[str, Any]:
        """What is set already, without what is secret."""
        return {} if self.stored is None else _plain(shown(self.stored))


def described(kind: type[Resource]) -> dict[str, Any]:
    """A kind as programs and editors read it."""
    form = ResourceForm(kind)
    return {
        "kind": kind.kind,
        "title": kind.title,
        "summary": " ".join(cleandoc(kind.__doc__ or "").split()),
        "schema": form.schema,
        "form": form_of(form, None),
        "example": dict(kind.example),
    }


def _has_secrets(shape: Shape) -> bool:
    """Whether it maps names to secrets."""
    kinds, _ = branches({}, followed({}, shape))
    inner = [kind.get("additionalProperties") for kind in kinds]
    return any(isinstance(each, Mapping) and bool(each.get("writeOnly")) for each in inner)


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(value) if isinstance(value, Mapping) else value for name, value in data.items() if value != IS_SET
    }
