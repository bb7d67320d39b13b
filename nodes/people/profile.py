"""What the node types of people share: they read fields of the run's profile, and set them as the run's own change.

So Back takes a change back, a run that is left saves nothing, and the history tells which step it was. They compute and
call nobody: all of them may run again, and need no record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import Field

from wizard.node import Background, Visit
from wizard.node.contract import C
from wizard.nodes.given import Given

MAX_LIST = 200  # names that one list of a profile holds, such as its tags

FieldName = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_]{0,63}$")]
"""The name of a field of profiles, as expressions can read it."""


class OnProfile(Background[C]):
    """A node type that changes fields of the profile, or only reads them."""

    group: ClassVar[str] = "people"
    pure: ClassVar[bool] = True
    own_retries: ClassVar[bool] = True  # it waits for nothing, and another try would compute the same


def own_id(field: str, *place: str) -> Iterable[tuple[tuple[str, ...], str]]:
    """The complaint about a configuration that would set the profile's id, at its place there."""
    if field == "id":
        yield place, "a profile's id is what it is stored under, and can't be set; take another name"


def held(field: str, visit: Visit[C]) -> Given:
    """What a field of the profile holds."""
    return Given(f"profile.{field}", visit.read(f"profile.{field}"), visit)


def names_in(field: str, visit: Visit[C]) -> list[str]:
    """The names in a field of the profile, such as its tags. Raises NodeFailed where it holds something else."""
    names = held(field, visit)
    return [] if names.value is None else [name.text() for name in names.each()]


def set_names(field: str, names: list[str], visit: Visit[C]) -> None:
    """Sets that list. Raises NodeFailed where it is too long."""
    if len(names) > MAX_LIST:
        raise held(field, visit).wrong(f"would be more than {MAX_LIST} names. Remove some first")
    visit.set("profile", field, names)
