"""What is kept of a workflow on its way from its author to people: one draft, numbered versions that never change, and
who did what.

A workflow has one draft, which is edited; deploying makes a version of it, and that is the one that runs are started
from until another one is deployed or it is revoked. Each version knows which one was deployed before it, so revoking
goes back from version to version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from wizard.model.prompt import Value

FROM_ONE: Mapping[str, int] = MappingProxyType({})  # of every workflow, the revision that begins a draft is 1


class Draft(NamedTuple):
    """The text of a workflow as its author wrote it, byte for byte. `revision` counts how often it was saved: from 1,
    or on from the draft that was deleted before it, so that no two drafts that people have seen go by one number."""

    workflow: str
    revision: int
    text: str
    saved_at: datetime
    saved_by: str


class Version(NamedTuple):
    """A text that was deployed. `number` counts from 1; `version` is the hash of it and of all that it embeds, under
    which the store keeps what runs go by; `before` is the number that was deployed when this one was, None for none."""

    workflow: str
    number: int
    version: str
    text: str
    at: datetime
    by: str
    note: str
    before: int | None


class Deployed(NamedTuple):
    """Which version of a workflow runs are started from."""

    workflow: str
    number: int
    version: str


class Sharing(NamedTuple):
    """Whose a workflow is, and who else works on it: roles by name. `owner` is whoever saved it first, None where that
    isn't known or where it is nobody's. `revision` counts from 1 how often that was changed."""

    workflow: str
    revision: int
    owner: str | None
    shared: Mapping[str, str]


class Deed(NamedTuple):
    """What somebody did with a workflow. `number` counts from 1 over all workflows; it is 0 before it is stored."""

    number: int
    at: datetime
    by: str
    action: str
    workflow: str
    details: Mapping[str, Value]
    note: str


class Stages(Protocol):
    """Keeps drafts, versions and deeds; every method may be called concurrently, from any process."""

    async def draft(self, workflow: str) -> Draft | None: ...

    async def drafts(self) -> tuple[Draft, ...]:
        """All of them, by workflow."""

    async def save_draft(self, draft: Draft, first: int = 1) -> None:
        """In the place of the revision before it. Nothing else of the old one stays. The revision `first` begins a
        draft. A workflow that there wasn't before is owned by whoever saved it.

        Raises StaleDraft where the revision before isn't the one that is stored (for the first: where there is one).
        """

    async def save_drafts(self, drafts: Sequence[Draft], first: Mapping[str, int] = FROM_ONE) -> None:
        """`save_draft` of several workflows, with the first revision of each that isn't 1: all of them, or none.
        Raises StaleDraft."""

    async def delete_draft(self, workflow: str, revision: int, deed: Deed) -> None:
        """Where there is no version of the workflow, nothing stays of it but the deed, and it is nobody's.

        Raises StaleDraft where another revision is stored.
        """

    async def sharing(self, workflow: str) -> Sharing | None:
        """None where there is no such workflow."""

    async def sharings(self) -> tuple[Sharing, ...]:
        """Of all workflows, by workflow."""

    async def save_sharing(self, sharing: Sharing, deed: Deed) -> None:
        """In the place of the revision before it. Raises StaleSharing where that isn't the one that is stored."""

    async def versions(self, workflow: str, limit: int = 100, below: int | None = None) -> tuple[Version, ...]:
        """Newest first; with `below`, those with a lower number."""

    async def version(self, workflow: str, number: int) -> Version | None: ...

    async def deployed(self) -> tuple[Deployed, ...]:
        """What runs are started from now, by workflow."""

    async def add_version(self, version: Version, body: bytes, deed: Deed) -> None:
        """Keeps the version, keeps `body` as its definition (Store.save_definition), and deploys it: all or nothing.

        Raises StaleDeployment where `version.before` isn't deployed, or a version has that number.
        """

    async def deploy(self, workflow: str, number: int | None, instead_of: int, deed: Deed) -> None:
        """Puts a version that there is in the place of another one; None for none.

        Raises StaleDeployment where `instead_of` isn't deployed.
        """

    async def stamp(self) -> int:
        """Another number whenever something else is deployed, or a remote node is registered or removed: cheap enough
        to be asked several times a second."""

    async def note(self, deed: Deed) -> None:
        """Keeps what somebody did with a workflow that changes none of the others here."""

    async def deeds(self, workflow: str | None = None, limit: int = 100, below: int | None = None) -> tuple[Deed, ...]:
        """Newest first; with `below`, those with a lower number."""
