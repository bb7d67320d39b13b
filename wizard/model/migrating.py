"""Live runs that move to another version of their workflow: what is asked for, what of the one version is what of the
other, and what becomes of each run.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Literal, NamedTuple

from wizard.model.run import NOTHING

MOST_RUNS = 1000  # of one page

NodePath = tuple[str, ...]  # the ids of a node and of those that embed its workflow, the outermost first


class Counterpart(NamedTuple):
    """The node of the new version that a node of the old one has become. `same` says that its definition asks and does
    the same, names apart. `fields` are those with other names, old to new; the answers of those that are `gone`, or are
    of another type now, go."""

    path: NodePath
    same: bool
    fields: Mapping[str, str] = NOTHING
    gone: frozenset[str] = frozenset()


class Renamed(NamedTuple):
    """A node ("household/name") or a field ("applicant.email") that has another name in the new version."""

    kind: Literal["node", "field"]
    before: str
    after: str
    guessed: bool


class Counterparts(NamedTuple):
    """Which nodes of an old version are in a new one. `unknown` are given names that the old one hasn't,
    or of what can't become what it is said to be."""

    nodes: Mapping[NodePath, Counterpart]
    renamed: tuple[Renamed, ...] = ()
    unknown: frozenset[str] = frozenset()


class Names(NamedTuple):
    """What whoever migrates says of names, old to new: of nodes by their paths, of fields as "node.field"."""

    nodes: Mapping[str, str] = NOTHING
    fields: Mapping[str, str] = NOTHING


NO_NAMES = Names()


class Result(StrEnum):
    """What becomes of a run."""

    CONTINUE = "continue"  # it stands where it stood, and nobody notices
    ASK = "ask"  # it stands at a step that needs an answer, and all that is known is kept
    STUCK = "stuck"  # it stays on its version
    MOVED = "moved"  # somebody moved it meanwhile: it stays as it is, and can be tried again


class Verdict(NamedTuple):
    """What becomes, or became, of a run. `at` is the step at which it stands ("" before the first), `then` the one at
    which it will, None where it stays; `why` is "" where it continues."""

    run: str
    at: str
    then: str | None
    result: Result
    why: str = ""


class Order(NamedTuple):
    """What is asked for: `to` is a version's number, None for the one that is deployed. With `back`, runs go back to
    where they were before they were migrated. `before` is where the page begins: what the page before it named."""

    workflow: str
    to: int | None = None
    dry_run: bool = True
    back: bool = False
    names: Names = NO_NAMES
    before: str | None = None
    limit: int = MOST_RUNS
    by: str = ""
    note: str = ""


class Page(NamedTuple):
    """What becomes of some of the live runs, the newest first. `number` and `version` are what they are moved to (None
    and "" with `back`: each to its own), `following` is where the next page begins, None where there is none."""

    number: int | None
    version: str
    verdicts: tuple[Verdict, ...]
    renamed: tuple[Renamed, ...] = ()
    following: str | None = None

    def count(self, result: Result) -> int:
        return sum(verdict.result is result for verdict in self.verdicts)


Migrate = Callable[[Order], Awaitable[Page]]
