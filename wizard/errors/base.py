"""The root of all errors, and what people read of a failure that nobody has written words for."""

from __future__ import annotations

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
