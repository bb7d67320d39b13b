"""Configurations that the engine itself walks through or the checker looks into: `condition`, `workflow`, `set`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field

from wizard.expressions.expression import Expression
from wizard.expressions.template import Dynamic, Template
from wizard.node import FormHint, NodeConfig


class CaseConfig(NodeConfig):
    """One way out of a condition."""

    when: Expression | None = Field(
        None, description="An expression; the case is taken where it is true. Without it: otherwise."
    )
    goto: str = Field(description="The node that follows, or `end`.")


class ConditionConfig(NodeConfig):
    """The cases of a condition."""

    cases: Annotated[tuple[CaseConfig, ...], FormHint(rows=8)] = Field(
        min_length=1, max_length=200, description="Tried in order; the first one that holds is taken."
    )


MAX_ITEMS = 1000


ITEM = "item"  # what `key` calls the element


class RepeatConfig(NodeConfig):
    """How often the embedded workflow is gone through: `times`, or `for_each`, or as often as the
    person says (the other keys)."""

    times: Expression | None = Field(None, description="An expression: how often.")
    for_each: Expression | None = Field(
        None, description="An expression that gives a list; each element is `input.item` in its turn."
    )
    key: Expression | None = Field(
        None,
        description="What an element of `for_each` is known by: an expression that sees it as `item`, like `item.id`.",
    )
    min: int | None = Field(None, ge=0, le=MAX_ITEMS, strict=True, description="The fewest items; 1 unless given.")
    max: int | None = Field(None, ge=1, le=MAX_ITEMS, strict=True, description="The most items; 100 unless given.")
    add_another: Template | None = Field(None, description="The question after each item.")
    item: Template | None = Field(
        None, description="What one item is called; of `for_each`, a text that sees the element as `item`."
    )

    @property
    def asks(self) -> bool:
        return self.times is None and self.for_each is None


class WorkflowConfig(NodeConfig):
    """Which definition is embedded, what it is handed, and how often."""

    workflow: str = Field(description="The id of the definition to embed.")
    with_: Mapping[str, Dynamic] = Field(
        default_factory=dict, alias="with", description="What it is handed as its `input`."
    )
    repeat: RepeatConfig | None = Field(None, description="Gone through several times; its answers are a list.")


def check_repeat(repeat: RepeatConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """Exactly one kind of repeat, and bounds that can be kept."""
    if repeat.times is not None and repeat.for_each is not None:
        yield ("repeat", "for_each"), "a repeat has either `times` or `for_each`; remove one"
    if repeat.key is not None:
        yield from _check_key(repeat)
    if not repeat.asks:
        kind = "times" if repeat.times is not None else "for_each"
        for name in ("min", "max", "add_another", "item"):
            if getattr(repeat, name) is not None and not (name == "item" and repeat.for_each is not None):
                yield ("repeat", name), f"`{name}` is for repeats that ask for more; this one has `{kind}`"
    if repeat.max is not None and (1 if repeat.min is None else repeat.min) > repeat.max:
        yield ("repeat", "max"), "`max` is less than `min`; there would be no number of items to give"


def _check_key(repeat: RepeatConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
    assert repeat.key is not None
    if repeat.for_each is None:
        yield ("repeat", "key"), "`key` tells the elements of a `for_each` apart; this repeat has none"
    elif repeat.key.names != {ITEM}:
        yield (
            ("repeat", "key"),
            f"`key` is computed of the element alone, which is called `{ITEM}` here: key: {ITEM}.id",
        )


class SetConfig(NodeConfig):
    """What is computed."""

    values: Annotated[dict[str, Dynamic], FormHint(rows=8)] = Field(
        min_length=1,
        max_length=200,
        description="Values by name. `profile.NAME`, `session.NAME` and `event.NAME` set a field of these documents.",
    )
