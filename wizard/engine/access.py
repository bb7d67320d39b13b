"""Who may open a run: one rule, whichever channel somebody comes by.

A run's token opens it. Where the host says who is signed in, a run that was created on somebody's profile is that
person's: a token of it is no use to anybody else, and where somebody's browser is known by their session, as it is to
pages, they need none. Everybody else's runs open to whoever holds their token.

Secrets are compared in a time that says nothing of how much of one was right.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wizard.engine.run_token import check_token
from wizard.errors import HostError, NotYourProfile
from wizard.locale.sentences import sentence
from wizard.machine.arguments import id_problem, kind_of, unwritable
from wizard.model import Run


@dataclass(frozen=True, slots=True)
class Identity:
    """A person who is signed in. New runs of theirs work on `profile_id` and `session_id`; a run with a
    profile opens only for whoever has the same. `name` stands in the header of their pages. Raises HostError for
    members that are no texts, and ids that are empty, longer than 500 characters or can't be shown."""

    profile_id: str | None = None
    session_id: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        for member in ("profile_id", "session_id"):
            value = getattr(self, member)
            if value is not None and (problem := id_problem(value)):
                raise HostError(f"The `{member}` of an Identity {problem}.")
        if self.name is not None and (problem := unwritable(self.name)):
            raise HostError(f"The `name` of an Identity {problem}.")

    @property
    def key(self) -> str:
        """Tells one person from another: by the profile, which is theirs in every browser, else by the session. ""
        where neither is known."""
        known = {"profile": self.profile_id, "session": self.session_id}
        return next((f"{kind}/{value}" for kind, value in known.items() if value is not None), "")


NOBODY = Identity()


def identity_said(answer: object) -> Identity:
    """What the host answers, who is asked who somebody is: NOBODY for None. Raises HostError for anything else than
    an Identity."""
    if answer is not None and not isinstance(answer, Identity):
        raise HostError(f"`identify` gave {kind_of(answer)}. It gives an Identity, or None for nobody.")
    return answer or NOBODY


@dataclass(frozen=True, slots=True)
class Caller:
    """Who wants to open a run: the token that they bring, "" for none, and who they are, which is asked only where it
    matters; None where the host signs nobody in. `needs_token` says that being that person isn't enough."""

    token: str = ""
    person: Callable[[], Awaitable[Identity]] | None = None
    needs_token: bool = True


async def check_access(run: Run, caller: Caller) -> None:
    """The rule of this module. Raises NotYours where the token isn't the run's, NotYourProfile where the run is another
    person's."""
    personal = is_personal(run, caller)
    if caller.needs_token or not personal:
        check_token(run, caller.token)
    if personal and (caller.person is None or (await caller.person()).profile_id != run.profile_id):
        raise NotYourProfile(run=run.id)


def is_personal(run: Run, caller: Caller) -> bool:
    """Whether the run opens to one person alone, as far as whoever signs this caller in can know."""
    return caller.person is not None and run.profile_id is not None


def check_own(person: Identity, *, profile_id: str | None, session_id: str | None) -> None:
    """Who is signed in starts runs on their own profile and session alone. Raises NotYourProfile where one that is
    named (None: none is) is another."""
    for name, named, own in (
        ("profile_id", profile_id, person.profile_id),
        ("session_id", session_id, person.session_id),
    ):
        if named is not None and named != own:
            raise NotYourProfile(
                sentence("`{name}` isn't yours. Leave it out: who you are is known already.", name=name)
            )
