"""All errors of the engine, in one tree.

WizardError
├── DefinitionError             the author's: a workflow definition is wrong
├── SettingsError               the host's: an environment variable can't be used
├── HostError                   the host's: what its own function gave can't be used
├── DoorMisused                 the host's: the synchronous door is used where it can't be
├── DoorCutOff                  a call through that door was cancelled by a function on its event loop
├── DoorTimeout                 a call through that door took longer than it may
├── PlugInRefused               the operator's: a plug-in can't be installed, found, removed or written
├── PageFailed                  the host's or ours: a template failed while it made a page
├── CallerError                 the caller's: the move asked for can't be made; nothing changed
│   ├── RunNotFound
│   ├── NotYours                the token is missing or another run's
│   │   └── NotYourProfile      the run, or the profile that one is to work on, is another person's
│   ├── WorkflowNotFound
│   ├── StaleInput              the run has moved on meanwhile (S19)
│   │   └── StaleRevision       the store's view of the same: a compare-and-swap lost
│   ├── RunBusy                 so many move the run at once that the turn's turn didn't come
│   ├── RunCompleted            Previous or change on a completed run (S5)
│   ├── RunExpired
│   ├── RunCancelled
│   ├── PointOfNoReturn         Previous or change below a final step (S7)
│   ├── NotAStep                the step named can't be moved to
│   ├── InvalidInput            what was handed in breaks a limit or has the wrong shape
│   │   └── FieldsRefused       the schema of profiles doesn't take what is to be stored
│   ├── ConfigurationRefused    a node's configuration, or a form of it, is wrong
│   ├── TooManyEvents           the run holds as many events as it may
│   ├── TooManyRuns             an event would start or reach more runs than one event may
│   ├── DraftNotFound           the workflow has no draft
│   ├── StaleDraft              somebody else has saved the draft meanwhile
│   ├── StaleSharing            somebody else has changed who works on the workflow meanwhile
│   ├── BundleRefused           something is missing for a bundle, or would be overwritten by it
│   ├── VersionNotFound         the workflow has no such version
│   ├── StaleDeployment         another version was deployed or revoked meanwhile
│   ├── NothingDeployed         nothing of the workflow is deployed
│   ├── NothingBefore           there is nothing that revoking could go back to
│   ├── DocumentNotFound        nothing is stored under this id of a profile or session
│   ├── ResourceNotFound        there is no resource of this name
│   ├── ResourceRefused         a resource can't be stored as it is
│   ├── StaleResource           somebody else has changed the resource meanwhile
│   ├── StaleDocument           somebody else has saved the profile or session meanwhile
│   ├── RemoteNodeNotFound      no service offers this node type
│   ├── RemoteNodeRefused       a service can't be registered, or has it that it isn't right
│   ├── StaleRemoteNode         somebody else has registered or removed the service meanwhile
│   ├── SaveNotFound            the history has no such save, or not any more
│   ├── UndoConflict            fields were set by others since the save that is to be undone
│   └── KeyReused               an idempotency key came again with another request
└── RunError                    the run's own: a turn was stopped, the run stays where it was
    ├── ExpressionError         an expression or template failed or went over a bound
    ├── NoCaseMatched           a condition had no case for the data (S17)
    ├── TurnTooLong             a turn executed 1,000 nodes (S17)
    ├── NodeFailed              a node failed after its retries (S16)
    │   └── ResourceUnusable    a resource that it names isn't there, or is of another kind
    ├── NodeContractError       a node broke its contract (S15)
    │   └── MoveFromWithin      it moves the run that it is called for
    ├── WorkflowUnavailable     the version that the run is pinned to can't be used here (S22)
    ├── MessageNotSent          the host's function that sends messages failed
    ├── IllegalMove             a run or step was to change into a status that doesn't follow
    └── StoreError              stored data can't be read or written
        └── DataUnreadable      it is there and was read, and makes no sense: damaged, newer, another key
            └── NotGenuine      it isn't what was sealed there: changed, moved, put back, or never sealed

Every message says what happened and what to do; `workflow`, `node` and `run` name the place where
they are known. A CallerError's is for people as well: `people` is the same as a sentence, to be said in their language,
and the message is its English. The message of a RunError is for whoever runs the service, or writes for it; `people` is
what a person reads instead, and `private` says that the message may quote what somebody answered, so that it isn't
logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from wizard.locale.sentences import Sentence, sentence


class Excuse:
    """What people read of a failure that nobody has written words for: what happened, what they can do, whom to
    tell."""

    BROKEN: Final = sentence(
        "Something went wrong here. Try again; if this keeps happening, tell whoever runs this service, and "
        "give the reference {reference}."
    )
    CHECK: Final = sentence(
        "This can't continue with these answers. Check your answers and try again; if this keeps happening, "
        "tell whoever runs this service, and give the reference {reference}."
    )
    NOT_SHOWN: Final = sentence(
        "This page can't be shown at the moment. Try again, or go back and check your answers; if this keeps "
        "happening, tell whoever runs this service, and give the reference {reference}."
    )
    TOO_LONG: Final = sentence(
        "This took too long and was stopped. Try again in a few minutes; if this keeps happening, tell whoever "
        "runs this service, and give the reference {reference}."
    )
    SERVICE: Final = sentence(
        "Another service that is needed here isn't answering as it should. Try again in a few minutes; if this "
        "keeps happening, tell whoever runs this service, and give the reference {reference}."
    )
    BUSY: Final = sentence(
        "This service is too busy at the moment. Try again in a few minutes; if this keeps happening, tell "
        "whoever runs this service, and give the reference {reference}."
    )
    EARLIER: Final = sentence(
        "Something went wrong here. Try again; if this keeps happening, tell whoever runs this service."
    )


class WizardError(Exception):
    """Something went wrong in the engine."""

    people: str | Sentence = Excuse.BROKEN
    private: bool = True
    origin: BaseException | None = None  # what this one stands for, where it only puts it into the run's terms

    def __init__(self, message: str | None = None, *, workflow: str = "", node: str = "", run: str = "") -> None:
        self.message = message or (self.__doc__ or "").strip().partition("\n")[0]
        self.workflow = workflow
        self.node = node
        self.run = run
        super().__init__(self.message)

    def __str__(self) -> str:
        known = (("workflow", self.workflow), ("node", self.node), ("run", self.run))
        place = ", ".join(f"{name} {value}" for name, value in known if value)
        return f"{self.message} ({place})" if place else self.message


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a definition, where it is (1-based line and column) and how bad."""

    file: str
    line: int
    column: int
    message: str
    severity: str = "error"  # or "warning"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}"


class DefinitionError(WizardError):
    """A workflow definition is wrong. `problems` lists everything that was found, in file order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SettingsError(WizardError):
    """An environment variable has a value that can't be used."""


class HostError(WizardError, TypeError):
    """A function of the application that the engine is built into gave what can't be used."""

    private = False  # types are named, and no values


class DoorMisused(WizardError):
    """The door can't be used here."""


class DoorCutOff(WizardError):
    """A function or node type cancelled what was under way, this call as well. What was stored stays: send it again."""


class DoorTimeout(WizardError, TimeoutError):
    """The call took longer than it may, and was stopped. What was stored stays: send it again."""


class PlugInRefused(WizardError):
    """The plug-in can't be installed, found, removed or written."""


class PageFailed(WizardError):
    """The page can't be shown: its template failed. The message quotes nothing that people answered."""

    private = False


class CallerError(WizardError):
    """The move can't be made. A message that is a Sentence is said to people in their
    language; `people` is what they read where none is given."""

    people: str | Sentence = sentence("The move can't be made.")

    def __init__(
        self, message: str | Sentence | None = None, *, workflow: str = "", node: str = "", run: str = ""
    ) -> None:
        if message is not None:
            self.people = message
        super().__init__(str(self.people), workflow=workflow, node=node, run=run)


class RunNotFound(CallerError):
    people = sentence("There is no such run. Check its id, or start a new run.")


class NotYours(CallerError):
    people = sentence("The token isn't valid for this run. Use the token that you got when the run was started.")


class CodeUnknown(NotYours):
    """The code isn't valid, was used, or has run out."""

    people = sentence("This code isn't valid, or not any more. Get a new one where you come from.")


class NotYourProfile(NotYours):
    people = sentence("Sign in as the person whose run this is.")


class WorkflowNotFound(CallerError):
    people = sentence("There is no such workflow. `wizard check` lists the workflows in a folder.")


class StaleInput(CallerError):
    people = sentence("The run has moved on since this was asked. Look at its current step and answer that.")


class StaleRevision(StaleInput):
    people = sentence("The run was changed by somebody else at the same time. Load it again.")


class DraftNotFound(CallerError):
    """What is said to editors and deployers is in English, as all that authors read."""

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


class RunBusy(CallerError):
    people = sentence(
        "Too many requests are changing this run at the same time. Nothing was changed by this one: send it again."
    )


class RunCompleted(CallerError):
    people = sentence("The run is completed. It can't be changed any more; start a new one.")


class RunExpired(CallerError):
    people = sentence("The run has expired. Start a new one.")


class RunCancelled(CallerError):
    people = sentence("The run was cancelled. Start a new one.")


class PointOfNoReturn(CallerError):
    people = sentence("What comes before this step is final and can't be changed any more.")


class NotAStep(CallerError):
    people = sentence("There is no such step on the run's path. Use one that its path lists.")


class InvalidInput(CallerError):
    people = sentence("The input can't be accepted.")


class FieldsRefused(InvalidInput):
    """`errors` says what is wrong, by field."""

    def __init__(self, errors: Mapping[str, str] | None = None) -> None:
        self.errors = errors or {}
        told = "; ".join(f"{name}: {message}" for name, message in self.errors.items())
        super().__init__(f"The schema of profiles doesn't take this. {told}".strip())


class ConfigurationRefused(CallerError):
    """A configuration can't be used. `errors` says by place in it, as keys and indices, what is wrong there."""

    people = "The configuration is wrong. Correct what is named and try again."

    def __init__(self, errors: Mapping[tuple[str | int, ...], str] | None = None) -> None:
        self.errors = errors or {}
        told = "; ".join(f"{'.'.join(map(str, path))}: {why}" if path else why for path, why in self.errors.items())
        super().__init__(f"The configuration is wrong: {told}" if told else type(self).people)


class TooManyEvents(CallerError):
    people = sentence("The run can't hold more events. Send this one again when the run has moved on.")


class TooManyRuns(CallerError):
    people = sentence(
        "This event would start or reach more runs than one event may. Nothing was done: let fewer workflows start by"
        " it, or end runs that wait for it."
    )


class KeyReused(CallerError):
    people = sentence("This idempotency key was already used for another request. Use a new key for a new request.")


class RunError(WizardError):
    """The run was stopped."""


class ExpressionError(RunError):
    """An expression can't be computed.

    `offset` is the 0-based character of the source that it is about, where that is known. `private` says that the
    message quotes a value.
    """

    people = Excuse.CHECK

    def __init__(
        self,
        message: str | None = None,
        *,
        offset: int | None = None,
        private: bool = False,
        workflow: str = "",
        node: str = "",
        run: str = "",
    ) -> None:
        self.offset = offset
        self.private = private
        super().__init__(message, workflow=workflow, node=node, run=run)


class NoCaseMatched(RunError):
    """No case of the condition matches, and it has no case without `when`. Add one to the definition."""

    people = Excuse.CHECK
    private = False


class TurnTooLong(RunError):
    """The turn executed 1,000 nodes without coming to a question. Look for a loop in the definition."""

    private = False


class NodeFailed(RunError):
    """A node failed.

    The message is what the person reads. With `people`, that is; then the message is for whoever runs the service, in
    the log and the trace: leave out what people answered, or say `private`, and the log doesn't have it. `lasting` says
    that it would fail again in the same way, so that no retry is made (S16).
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        people: str | Sentence | None = None,
        private: bool = False,
        lasting: bool = False,
        workflow: str = "",
        node: str = "",
        run: str = "",
    ) -> None:
        super().__init__(message, workflow=workflow, node=node, run=run)
        self.lasting = lasting
        self.people = self.message if people is None else people
        self.private = private or people is None


class ResourceUnusable(NodeFailed):
    """A node names a resource that isn't there, or is of another kind."""

    def __init__(self, message: str | None = None, *, node: str = "", run: str = "") -> None:
        super().__init__(message, people=Excuse.BROKEN, lasting=True, node=node, run=run)


class NodeContractError(RunError):
    """A node type is wrongly written."""

    private = False


class MoveFromWithin(NodeContractError):
    """A node's code moves the run that it is called for. Return from it, and let the definition say where to go on."""


class WorkflowUnavailable(RunError):
    """The version of its workflow that the run is pinned to can't be used here, so the run can't go on.

    Nothing of the run is lost, and it goes on as soon as what is missing is there again. `type` and `package` are the
    node type that it is about and the package that brings it, `reason` what is wrong; each "" where it isn't known.
    """

    private = False

    def __init__(
        self,
        message: str | None = None,
        *,
        type: str = "",  # noqa: A002 - the word of the definition format
        package: str = "",
        reason: str = "",
        version: str = "",
        workflow: str = "",
        node: str = "",
        run: str = "",
    ) -> None:
        self.type = type
        self.package = package
        self.reason = reason
        self.version = version
        super().__init__(message, workflow=workflow, node=node, run=run)


class MessageNotSent(RunError):
    """A message of a run can't be sent. Mend the function that sends it."""

    private = False


class ChannelRefused(MessageNotSent):
    """A channel takes no more messages for this conversation: the person has blocked it, or isn't there any more. What
    is to be said waits until they write again, or an operator has it delivered."""


class ChannelBusy(MessageNotSent):
    """A channel takes the message later, after so many `seconds` where it says so, as with a 429 and Retry-After."""

    def __init__(self, message: str | None = None, *, seconds: float = 0.0, run: str = "") -> None:
        self.seconds = seconds
        super().__init__(message, run=run)


class IllegalMove(RunError):
    """A run or step can't change into this status from the one it has."""


class StoreError(RunError):
    """Stored data can't be read or written."""

    private = False


class DataUnreadable(StoreError):
    """Stored data is there, and can't be read: it was damaged, or is of a newer version or under another key."""


class NotGenuine(DataUnreadable):
    """Stored data isn't what was sealed in its place. Restore it from a backup, and find out who can write to it."""
