"""What nodes are handed resources by: those of the host application first, then those that are stored.

Each has a production and a test value. A real run takes the former and a debug run the latter, and none ever the other
one in its place.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple, TypeAlias, TypeVar

from wizard.errors import ResourceUnusable
from wizard.resources.kinds import Resource

R = TypeVar("R", bound=Resource)


class Use(Enum):
    """What a value of a resource is for."""

    PRODUCTION = "production"
    TEST = "test"

    @property
    def option(self) -> str:
        return f"--{self.value}"


class Values(NamedTuple):
    """A resource: what it is in production, and what it is in a debug run."""

    production: Resource | None = None
    test: Resource | None = None

    def of(self, use: Use) -> Resource | None:
        return self.production if use is Use.PRODUCTION else self.test


Find: TypeAlias = Callable[[str], Awaitable[Values | None] | Values | None]  # of a name; None where there is none
Given: TypeAlias = Mapping[str, Resource | Values] | Find  # a Resource by itself is for production


@dataclass(frozen=True, slots=True)
class Resources:
    """Finds resources by name, in the first of its sources that has one of that name, for one use."""

    sources: tuple[Find, ...] = ()
    use: Use = Use.PRODUCTION

    def for_tests(self) -> Resources:
        """The same, which only gives what is for debug runs."""
        return replace(self, use=Use.TEST)

    async def find(self, name: str) -> Values | None:
        """All values of a name; None where there is no such resource."""
        for source in self.sources:
            found = source(name)
            values = await found if inspect.isawaitable(found) else found
            if values is not None:
                return values
        return None

    async def get(self, name: str, kind: type[R]) -> R:
        """The value of a resource for this use. Raises ResourceUnusable where there is none, or one of another kind."""
        values = await self.find(name)
        if values is None:
            raise ResourceUnusable(
                f"There is no resource {name!r}, which has to be of the kind {kind.kind}. Whoever runs this service has"
                f" to set it: wizard resources set {name} --kind {kind.kind} {self.use.option}"
            )
        value = values.of(self.use)
        if value is None:
            taker = "a debug run" if self.use is Use.TEST else "a real run"
            raise ResourceUnusable(
                f"The resource {name!r} has no {self.use.value} value, which is what {taker} takes. Whoever runs this "
                f"service has to set it: wizard resources set {name} {self.use.option}"
            )
        if not isinstance(value, kind):
            raise ResourceUnusable(
                f"The resource {name!r} is of the kind {value.kind}, and has to be of the kind {kind.kind}. Name "
                f"another one, or set one of that kind: wizard resources set NAME --kind {kind.kind}"
            )
        return value


NONE = Resources()


def given(resources: Given) -> Find:
    """A source of what the host application gives: a mapping, or a function that finds values by name."""
    if not isinstance(resources, Mapping):
        return resources
    values = {name: each if isinstance(each, Values) else Values(each) for name, each in resources.items()}
    return values.get
