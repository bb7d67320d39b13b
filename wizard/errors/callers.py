"""The move that a caller asked for can't be made; nothing has changed. All of this is said to people."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.errors.base import WizardError
from wizard.locale.sentences import Sentence, sentence


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
