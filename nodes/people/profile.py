"""What the node types of people share: they read fields of the run's profile, and set them as the run's own change.

So Back takes a change back, a run that is left saves nothing, and the history tells which step it was. They compute and
call nobody: all of them may run again, and need no record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.arithmetic import kind
from wizard.expressions.template import Template
from wizard.model import Value
from wizard.node import Background, Visit
from wizard.node.contract import C

MAX_LIST = 200  # names that one list of a profile holds, such as its tags
MAX_LINE = 200  # characters

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


def names_in(field: str, visit: Visit[C]) -> list[str]:
    """The names in a field of the profile, such as its tags. Raises NodeFailed where it holds something else."""
    held = visit.read(f"profile.{field}")
    if held is None:
        return []
    if isinstance(held, list | tuple) and all(isinstance(name, str) for name in held):
        return list(held)
    raise unfit(f"The profile's field {field} must hold a list of texts to work with. Correct it in the profile")


def set_names(field: str, names: list[str], visit: Visit[C]) -> None:
    """Sets that list. Raises NodeFailed where it is too long."""
    if len(names) > MAX_LIST:
        raise unfit(f"The profile's field {field} would hold more than {MAX_LIST} names. Remove some first")
    visit.set("profile", field, names)


def name_of(value: Value, key: str) -> str:
    """The name that a value is, blanks around it left out. Raises NodeFailed, naming the key."""
    if not isinstance(value, str):
        what = "nothing" if value is None else kind(value)
        raise unfit(f"`{key}` gives {what} where a text is needed. Correct the definition")
    line = value.strip()
    if not line or not line.isprintable() or len(line) > MAX_LINE:
        raise unfit(f"`{key}` must give one line of text, of 1 to {MAX_LINE} characters. Check what it is made of")
    return line


def line_of(template: Template, key: str, visit: Visit[C]) -> str:
    """The one line of text that a template gives. Raises NodeFailed, naming the key."""
    return name_of(template.render(visit.names), key)


def unfit(what: str) -> NodeFailed:
    """The failure of a node that can't work with what there is: trying again gives the same."""
    return NodeFailed(f"{what}.", people=Excuse.CHECK, lasting=True)
