"""`changed`, `once` and `limit`: what earlier runs of the same person have left in the profile or session decides by
which way this one goes on.

Each keeps one field, whose name begins with the type's: `once` named `welcome` keeps `profile.once_welcome`. It is a
change of the internal state as any other: taken back when the step leaves the path, and saved when the run ends, or
with its step where the workflow says `save: step`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import Field

from wizard.errors import Excuse, InvalidInput, NodeFailed
from wizard.expressions.arithmetic import Budget, same
from wizard.expressions.expression import Expression
from wizard.model import Outcome, Proceed, Value
from wizard.model.copies import copied
from wizard.model.values import check_value, pack
from wizard.node import Background, NodeConfig, Visit
from wizard.node.types import Identifier, LongerThanNothing
from wizard.nodes.given import Given

LARGEST = 10_000  # bytes of a value that is compared with the last one
STEPS = 100_000


class RememberingConfig(NodeConfig):
    """Where something is remembered, and by which name."""

    name: Identifier = Field(
        description="What it is remembered as. Nodes with the same name, in other workflows as well, share it."
    )
    of: Literal["profile", "session"] = Field("profile", description="Whose it is: the person's, or this session's.")


C = TypeVar("C", bound=RememberingConfig)


class Remembers(Background[C]):
    """A node type that keeps one field of the profile or session."""

    group = "flow"
    pure = True
    always_ports = True
    own_retries = True

    def remembered(self, visit: Visit[C]) -> Value:
        return visit.read(f"{visit.config.of}.{self._field(visit)}")

    def remember(self, visit: Visit[C], value: Value) -> None:
        visit.set(visit.config.of, self._field(visit), value)

    def _field(self, visit: Visit[C]) -> str:
        return f"{self.type}_{visit.config.name}"


class ChangedConfig(RememberingConfig):
    """What is compared with the last time."""

    value: Expression = Field(description="What is compared, like `profile.address`.")


class ChangedNode(Remembers[ChangedConfig]):
    """Goes one way if a value is another than the last time, and another if it is the same.

    The last time is the last run of the same person (or session) that came by a node with this `name`; the value is
    kept in `profile.changed_NAME`. The first time it has changed, unless there is no value. The value before is the
    output `before`.

    A list has changed if its order has; 1 and 1.0 are the same. A value may be up to 10,000 bytes large. What is kept
    is saved when the run ends: a run that is left, or another that is under way at the same time, doesn't count.
    """

    type = "changed"
    title = "Changed since the last time"
    icon = "branch"
    ports = ("changed", "same")
    example: ClassVar[Mapping[str, Any]] = {"name": "address", "value": "profile.address"}
    Config = ChangedConfig

    def outputs(self, config: ChangedConfig) -> frozenset[str]:
        return frozenset({"changed", "before"})

    async def execute(self, visit: Visit[ChangedConfig]) -> Outcome:
        value, before, budget = copied(visit.config.value.evaluate(visit.names)), self.remembered(visit), Budget()
        budget.left = STEPS
        if same(budget, value, before):
            return Proceed({"changed": False, "before": before}, port="same")
        try:
            check_value(value, "`value`")
        except InvalidInput as error:
            raise NodeFailed(error.message, people=Excuse.CHECK, lasting=True) from error
        if len(pack(value)) > LARGEST:
            raise Given("value", None, visit).wrong(f"has more than {LARGEST:,} bytes. Compare a part of it")
        self.remember(visit, value)
        return Proceed({"changed": True, "before": before}, port="changed")


class OnceConfig(RememberingConfig):
    """How often is the first time."""

    period: LongerThanNothing | None = Field(
        None, description="After how long it counts as the first time again, like `30d`; never, without it."
    )


class OnceNode(Remembers[OnceConfig]):
    """Goes one way the first time, and another each time after it.

    It counts runs of the same person (or session) that came by a node with this `name`. With `period`, the first one
    after that time goes the first way again; runs between don't put that off. When it was is kept in
    `profile.once_NAME`.

    It is saved when the run ends: of two runs that are under way at the same time, both may be the first, unless their
    workflow says `save: step`. Who goes back and on again in one run goes the same way.
    """

    type = "once"
    title = "Once for each person"
    icon = "branch"
    ports = ("first", "again")
    example: ClassVar[Mapping[str, Any]] = {"name": "welcome", "period": "30d"}
    Config = OnceConfig

    def outputs(self, config: OnceConfig) -> frozenset[str]:
        return frozenset({"first", "last"})

    async def execute(self, visit: Visit[OnceConfig]) -> Outcome:
        last = _moment(self.remembered(visit))
        if last is not None and not _is_over(last, visit.config.period, visit.now):
            return Proceed({"first": False, "last": last}, port="again")
        self.remember(visit, visit.now)
        return Proceed({"first": True, "last": last}, port="first")


class LimitConfig(RememberingConfig):
    """How often, and in which time."""

    most: int = Field(ge=1, le=1_000_000, strict=True, description="How often at most.")
    period: LongerThanNothing = Field(description="In which time, like `1d`. It begins with the first one in it.")


class LimitNode(Remembers[LimitConfig]):
    """Goes one way up to so many times in a period, and another beyond that.

    It counts runs of the same person (or session) that came by a node with this `name` and were within the limit. The
    period begins with the first of them, and the first one after it begins the next. Both are kept in
    `profile.limit_NAME`.

    Outputs: `count`, how many there have been in the period, this one included; `left`, how many more there can be;
    `until`, when the period ends.

    It is saved when the run ends: runs that are under way at the same time don't see each other, unless their workflow
    says `save: step`. Who goes back and on again in one run isn't counted twice.
    """

    type = "limit"
    title = "At most so often"
    icon = "branch"
    ports = ("within", "over")
    example: ClassVar[Mapping[str, Any]] = {"name": "reminders", "most": 3, "period": "7d"}
    Config = LimitConfig

    def outputs(self, config: LimitConfig) -> frozenset[str]:
        return frozenset({"count", "left", "until"})

    async def execute(self, visit: Visit[LimitConfig]) -> Outcome:
        config = visit.config
        since, count = _counted(self.remembered(visit))
        if since is None or _is_over(since, config.period, visit.now):
            since, count = visit.now, 0
        within = count < config.most
        if within:
            count += 1
            self.remember(visit, {"since": since, "count": count})
        output = {"count": count, "left": max(config.most - count, 0), "until": _end(since, config.period)}
        return Proceed(output, port="within" if within else "over")


def _counted(kept: Value) -> tuple[datetime | None, int]:
    """What a limit has kept; nothing where somebody else has put something else there."""
    if not isinstance(kept, Mapping):
        return None, 0
    count = kept.get("count")
    return _moment(kept.get("since")), count if type(count) is int and count >= 0 else 0


def _moment(kept: Value) -> datetime | None:
    """A moment that was kept, as a document of JSON gives it back as well; None for anything else."""
    if isinstance(kept, str):
        try:
            kept = datetime.fromisoformat(kept)
        except ValueError:
            return None
    return kept if isinstance(kept, datetime) and kept.utcoffset() is not None else None


def _is_over(since: datetime, period: timedelta | None, now: datetime) -> bool:
    return period is not None and now - since >= period


def _end(since: datetime, period: timedelta) -> datetime:
    try:
        return since + period
    except OverflowError:
        return datetime.max.replace(tzinfo=since.tzinfo)
