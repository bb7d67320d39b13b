"""What editors, deployers and operators asked for can't be done; nothing has changed. All that they are told is in
English, as is all that authors read."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.errors.callers import CallerError


class DraftNotFound(CallerError):
    people = "This workflow has no draft. Save one first: `wizard drafts put FILE`."


class StaleDraft(CallerError):
    people = "Somebody else has saved this draft meanwhile. Look at theirs, then save yours over it, or join the two."


class StaleSharing(CallerError):
    people = "Somebody else has changed who works on this workflow meanwhile. Look at what they say, then try again."


class BundleRefused(CallerError):
    """A bundle can't be imported as it is. `hindrances` says what is missing, and what it would take the place of."""

    people = "This bundle can't be imported. Nothing was changed."

    def __init__(self, hindrances: tuple[str, ...] = ()) -> None:
        self.hindrances = hindrances
        super().__init__(" ".join([type(self).people, *hindrances]))


class StaleDeployment(CallerError):
    people = "Another version was deployed or revoked meanwhile. Look at what is deployed now, then try again."


class NothingDeployed(CallerError):
    people = "Nothing of this workflow is deployed. `wizard deploy ID` deploys its draft."


class VersionNotFound(CallerError):
    people = "There is no such version of this workflow. `wizard versions ID` lists those that there are."


class NothingBefore(CallerError):
    people = "No version was deployed before this one, so there is none to go back to."


class DocumentNotFound(CallerError):
    people = "Nothing is stored under this id. `wizard profiles list` and `wizard sessions list` tell what there is."


class StaleDocument(CallerError):
    people = "Somebody else has saved this meanwhile. Look at it as it is now, and save your changes over that."


class ResourceNotFound(CallerError):
    people = "There is no resource of this name. `wizard resources list` tells which there are."


class ResourceRefused(CallerError):
    """`errors` says what is wrong, by place in the value; none of them shows a secret."""

    people = "This resource can't be stored."

    def __init__(self, message: str = "", errors: Mapping[str, str] | None = None) -> None:
        self.errors = errors or {}
        told = "; ".join(f"{place}: {why}" if place else why for place, why in self.errors.items())
        super().__init__(message or (f"The resource can't be stored: {told}" if told else type(self).people))


class StaleResource(CallerError):
    people = "Somebody else has changed this resource meanwhile. Look at it again, and save your changes over that."


class RemoteNodeNotFound(CallerError):
    people = "No service offers this node type. `wizard remote-nodes list` tells which there are."


class RemoteNodeRefused(CallerError):
    """A service can't be registered as it is. `problems` say what is wrong with it, by the place in what it says."""

    people = "This service can't be registered. Correct what is named and try again."

    def __init__(self, message: str = "", problems: Mapping[str, str] | None = None) -> None:
        super().__init__(message or type(self).people)
        self.problems = dict(problems or {})


class StaleRemoteNode(CallerError):
    people = (
        "Somebody else has registered or removed this remote node meanwhile. Look at what is there, then try again."
    )


class SaveNotFound(CallerError):
    people = "The history has no such save, or not any more. Take a `revision` that it lists."


class UndoConflict(CallerError):
    """`fields` names those that were set by others since."""

    def __init__(self, fields: tuple[str, ...] = ()) -> None:
        self.fields = fields
        told = f"These fields were changed since that save: {', '.join(fields)}." if fields else "Fields were changed."
        super().__init__(f"{told} Undo the others alone, or all of them by force.")


class NotTakenOver(CallerError):
    people = "You can't write here before you have taken the conversation over."


class NotAConversation(CallerError):
    people = "This run is no conversation, so nobody would read what you write. It is one as soon as somebody chats."
