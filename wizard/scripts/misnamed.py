"""Steps that a script names and its workflow hasn't got: they are told at their place before anything is played."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.debugging.playing import unusable
from wizard.debugging.ways import place_at
from wizard.definitions.reading.complaints import did_you_mean
from wizard.errors import Problem
from wizard.model import Workflow
from wizard.scripts.script import Changes, Completed, Script, Sees, Step


def misnamed(script: Script, workflow: Workflow) -> Iterator[Problem]:
    """A problem for each step that there can't be, and for each result that can't be given."""
    for step in script.written.results:
        if why := unusable(workflow, "results", step):
            place = ("results", step)
            yield script.document.problem(place, f"`results` has {step[:100]!r}, and {why}", key=True)
    for number, said in enumerate(script.steps):
        named, *below = _named(said)
        if named and place_at(workflow, named) is None:
            yield script.problem(number, f"there is no step {named!r} in {workflow.id}{_hint(workflow, named)}", *below)


def _named(step: Step) -> tuple[str, ...]:
    """The step that a script's step names, "" for none, and where it stands below the word."""
    match step.said:
        case Sees(step=str(named)) | Completed(step=str(named)) | Changes(step=str(named)):
            return named, "step"
        case str(named) if step.word == "goes_back":
            return (named,)
    return ("",)


def _hint(workflow: Workflow, named: str) -> str:
    return did_you_mean(named, workflow.nodes) or f"; there are {', '.join(workflow.nodes)}"
