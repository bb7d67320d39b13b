"""Who works on workflows: whoever brings the admin key, and those whom the host maps to roles.

An editor may do what a viewer may, a deployer what an editor may; an operator is a viewer who watches over it all. An
admin may do what all of them may, and sets resources: passwords for services of others. The admin key has every role.
Somebody who doesn't work everywhere may do so with the workflows that they own, and with those that are shared with
them, in the role in which they are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from wizard.definitions.reading.document import is_text
from wizard.errors import HostError
from wizard.model.staging import Sharing

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["Admin", "Person", "Role"]

MAX_NAME = 200


class Role(StrEnum):
    """What somebody may do."""

    VIEWER = "viewer"  # look at workflows, and at which events came
    EDITOR = "editor"  # save drafts
    DEPLOYER = "deployer"  # deploy and revoke
    OPERATOR = (
        "operator"  # read who did what; look at live runs; look at, change, export and delete what is stored of people
    )
    ADMIN = "admin"  # set, try and remove resources, and all that the others may


SHARED_ROLES = (Role.VIEWER, Role.EDITOR, Role.DEPLOYER, Role.OPERATOR)  # that there are in one workflow
_INCLUDED = {
    Role.VIEWER: {Role.VIEWER},
    Role.EDITOR: {Role.VIEWER, Role.EDITOR},
    Role.DEPLOYER: {Role.VIEWER, Role.EDITOR, Role.DEPLOYER},
    Role.OPERATOR: {Role.VIEWER, Role.OPERATOR},
    Role.ADMIN: {*Role},
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works on workflows. What they do is told under their `name`. `everywhere` says that their roles are
    for every workflow; without it, they are the most that they have in workflows of their own and in those that are
    shared with them. Raises HostError for a name that can't be stored and for roles that there aren't."""

    name: str
    roles: Collection[str] = ()
    everywhere: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not 0 < len(self.name) <= MAX_NAME or not is_text(self.name):
            raise HostError(f"The `name` of a Person is a text of 1 to {MAX_NAME} characters.")
        if isinstance(self.roles, str) or not isinstance(self.roles, Collection):
            raise HostError('The `roles` of a Person are a list, as ["editor"] is.')
        if not all(role in [*Role] for role in self.roles):
            raise HostError(f"The `roles` of a Person are of {', '.join(Role)}.")
        if not isinstance(self.everywhere, bool):
            raise HostError("`everywhere` of a Person is True or False.")

    def has(self, role: Role) -> bool:
        """Whether they have the role, or one that includes it."""
        return any(role in _INCLUDED[Role(own)] for own in self.roles)

    def may(self, role: Role, sharing: Sharing | None) -> bool:
        """Whether they have the role in a workflow. One that isn't in the store (None) is everybody's to begin, and no
        more: it may have been somebody else's before, and it may have runs, from files."""
        if not self.has(role):
            return False
        if self.everywhere:
            return True
        if sharing is None:
            return role is not Role.OPERATOR
        if sharing.owner == self.name:
            return True
        shared = sharing.shared.get(self.name)
        return shared is not None and role in _INCLUDED[Role(shared)]

    def may_share(self, sharing: Sharing) -> bool:
        """Whether they say who works on a workflow: its owner does, and whoever watches over all."""
        return self.name == sharing.owner or (self.everywhere and self.has(Role.OPERATOR))


KEY = Person("admin key", (*Role,))  # whoever brings it

# None: nobody who works on workflows. To send people to a log-in page, raise aiohttp.web.HTTPFound.
Admin = Callable[["web.Request"], Person | Awaitable[Person | None] | None]


def person_said(answer: object) -> Person | None:
    """What the host answers, who is asked who somebody is. Raises HostError for anything else than a Person or None,
    and for a person who is called as the key is: nobody could tell afterwards who it was."""
    if answer is None or (isinstance(answer, Person) and answer.name != KEY.name):
        return answer
    if isinstance(answer, Person):
        raise HostError(f"Nobody may be called {KEY.name!r}: that is how what was done with the key is told.")
    raise HostError(f"`admin` gave a value of type {type(answer).__name__}. It gives a Person, or None for nobody.")
