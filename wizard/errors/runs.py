"""A turn was stopped, and the run stays where it was."""

from __future__ import annotations

from wizard.errors.base import Excuse, WizardError
from wizard.locale.sentences import Sentence


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
    """A channel takes no more messages for this conversation.

    The person has blocked it, or isn't there any more. What is to be said waits until they write again, or an operator
    has it delivered."""


class ChannelBusy(MessageNotSent):
    """A channel takes the message later.

    After so many `seconds` where it says so, as with a 429 and Retry-After."""

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
