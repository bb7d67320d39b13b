"""Who is signed in, as the host application knows it: `wizard_app` takes a function that is asked with each request."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wizard.errors import HostError
from wizard.machine.arguments import id_problem, kind_of, unwritable
from wizard.node import Services
from wizard.process.isolation import Whose
from wizard.settings import Settings

if TYPE_CHECKING:
    from aiohttp import web


@dataclass(frozen=True, slots=True)
class Identity:
    """A person who is signed in. New runs of theirs work on `profile_id` and `session_id`; a run with a
    profile opens only for whoever has the same. `name` stands in the header of their pages. Raises HostError for
    members that are no texts, and ids that are empty or longer than 500 characters."""

    profile_id: str | None = None
    session_id: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        for member in ("profile_id", "session_id"):
            value = getattr(self, member)
            if value is not None and (problem := id_problem(value) or unwritable(value)):
                raise HostError(f"The `{member}` of an Identity {problem}.")
        if self.name is not None and (problem := unwritable(self.name)):
            raise HostError(f"The `name` of an Identity {problem}.")

    @property
    def key(self) -> str:
        """Tells one person from another: by the profile, which is theirs in every browser, else by the session. ""
        where neither is known."""
        known = {"profile": self.profile_id, "session": self.session_id}
        return next((f"{kind}/{each}" for kind, each in known.items() if each is not None), "")


# None: nobody is signed in. To send people to a log-in page, raise aiohttp.web.HTTPFound.
Identify = Callable[["web.Request"], Identity | Awaitable[Identity | None] | None]

NOBODY = Identity()


async def identity_of(identify: Identify | None, request: web.Request, services: Services) -> Identity:
    """NOBODY where nobody is signed in, or the host doesn't sign people in. Raises what the host's function raises,
    NodeFailed where it takes longer than the setting `step_timeout`, HostError where it gives something else."""
    if identify is None:
        return NOBODY

    async def ask() -> object:
        answer: object = identify(request)
        return await answer if inspect.isawaitable(answer) else answer

    settings: Settings = services.settings or Settings()
    identity = await services.calls.within(settings.step_timeout, ask, Whose("identify", kind="identify"))
    if identity is not None and not isinstance(identity, Identity):
        raise HostError(f"`identify` gave {kind_of(identity)}. It gives an Identity, or None for nobody.")
    return identity or NOBODY
