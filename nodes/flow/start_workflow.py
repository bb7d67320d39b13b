"""`start_workflow`: another workflow as a run of its own, once for each visit, with or without waiting for its end.

The visit is recorded before the run is started (S21), and the run's id follows from the visit: a try that is made again
finds the run that is there. What waits is put off; the commit that ends the other run has it woken, and once a day it
looks by itself, for a run that was deleted tells nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Dynamic, Template
from wizard.model import Later, Outcome, Proceed, Prompt, Value
from wizard.model.instants import after
from wizard.node import Background, FormHint, NodeConfig, Visit
from wizard.node.contract import ChildRun
from wizard.node.types import WorkflowId, parse_duration
from wizard.nodes.given import given_by

UNTIL: Final = "until"  # in the node's state
STARTED: Final = "started"
LOOKS_AGAIN: Final = timedelta(days=1)
COMPLETED, TIMED_OUT = "completed", "timed_out"
STOPPED: Final = ("cancelled", "expired", "failed")
MOST_INPUTS: Final = 200

_WAITING = "wait"


class StartWorkflowConfig(NodeConfig):
    """Which workflow, what it is handed, and whether its end is waited for."""

    workflow: WorkflowId = Field(description="The id of the workflow.")
    input: dict[str, Dynamic] = Field(
        default_factory=dict, max_length=MOST_INPUTS, description="What it is handed as its `input`, by name."
    )
    wait: bool = Field(False, description="Whether the run goes on only after the other one has ended.")
    duration: Annotated[Dynamic | None, FormHint(label="How long at most", show_if=_WAITING)] = Field(
        None, alias="for", description="How long it is waited at most, like `2d`; without it, as long as it takes."
    )
    text: Annotated[Template | None, FormHint(rows=3, show_if=_WAITING)] = Field(
        None, description="What people read while it is waited."
    )
    on_remove: Literal["keep", "cancel"] = Field(
        "keep", description="What becomes of the other run where somebody goes back and this step goes."
    )


class StartWorkflowNode(Background[StartWorkflowConfig]):
    """Starts another workflow, as a run of its own.

    It is the version that is deployed, or loaded, at that moment, and runs for the same person and session. It is
    started once, also where this step is tried again after a crash. To have people answer another definition as a part
    of this run, use `workflow`; to start workflows by what happened, send an event.

    Without `wait`, the run goes on at once. With `wait: true` it goes on when the other run has ended, and then
    `answers` has what its people answered, by step, without passwords: `order.answers.address.town`. A run that was
    completed leads on to the node below; `next: {failed: …}` says where another end leads: `cancelled`, `expired`,
    `failed` (it stopped at an error, even if somebody can try that again), and `timed_out`, where it took longer than
    `for`; it goes on by itself then. A way that isn't named leads to the node below as well: `status` says what it was.

    Outputs: `run`, the other run's id; `status`, how it stood when this run went on: one of the names above, or
    `waiting`, `working` and the like; `answers`.

    If somebody goes back and this step goes, or what it hands over changes, the other run stays unless `on_remove:
    cancel` ends it and undoes what its steps did; a changed one is started anew. Files stay with the run that they were
    uploaded in. The profile is read as it is stored: what this run has set is seen if its workflow says `save: step`.
    Runs may start runs ten deep.
    """

    type = "start_workflow"
    title = "Start a workflow"
    group = "flow"
    icon = "layers"
    pauses = True
    example: ClassVar[Mapping[str, Any]] = {
        "workflow": "welcome",
        "input": {"name": "{{ profile.name }}"},
        "wait": True,
        "for": "14d",
        "text": "We go on as soon as your answers are complete.",
        "on_remove": "cancel",
    }
    Config = StartWorkflowConfig

    def ports_of(self, config: StartWorkflowConfig) -> tuple[str, ...]:
        return (*STOPPED, TIMED_OUT) if config.wait else ()

    def outputs(self, config: StartWorkflowConfig) -> frozenset[str]:
        return frozenset({"run", "status", "answers"})

    def example_output(self, config: StartWorkflowConfig) -> Mapping[str, Value]:
        return {"run": "example", "status": COMPLETED if config.wait else "waiting", "answers": {}}

    def starts(self, config: StartWorkflowConfig) -> Iterable[tuple[tuple[str | int, ...], str, Mapping[str, Dynamic]]]:
        return ((("workflow",), config.workflow, config.input),)

    def check(self, config: StartWorkflowConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        for key, value in (("for", config.duration), ("text", config.text)):
            if value is not None and not config.wait:
                yield (key,), f"`{key}` is for `wait: true`; say that as well, or leave it out"
        if config.duration is not None and config.duration.constant:
            try:
                parse_duration(config.duration.source)
            except ValueError as error:
                yield ("for",), str(error)

    def waits(self, config: StartWorkflowConfig) -> bool:
        return config.wait

    def undoes_with(self, config: StartWorkflowConfig) -> bool:
        return config.on_remove == "cancel"

    def prompt(self, visit: Visit[StartWorkflowConfig]) -> Prompt:
        text = visit.config.text
        return Prompt(visit.step, self.type, visit.title, "" if text is None else text.prose(visit.names))

    async def execute(self, visit: Visit[StartWorkflowConfig]) -> Outcome:
        config, child = visit.config, _child(visit)
        if visit.state.get(STARTED):
            run = await child.look()
            if run is None:
                raise NodeFailed(
                    f"The run of {config.workflow} that was waited for isn't there any more: somebody has deleted it.",
                    people=Excuse.BROKEN,
                    lasting=True,
                )
        else:
            until = _until(visit)
            values = {name: value.evaluate(visit.names) for name, value in config.input.items()}
            run = await child.start(config.workflow, values, wakes=config.wait)
            visit.state.update({STARTED: True, UNTIL: until})
        output: dict[str, Value] = {"run": run.id, "status": run.status, "answers": dict(run.answers)}
        if not config.wait or run.status == COMPLETED:
            return Proceed(output)
        if run.status in STOPPED:
            return Proceed(output, port=run.status)
        until = visit.state[UNTIL]
        if until is not None and until <= visit.now:
            return Proceed({**output, "status": TIMED_OUT}, port=TIMED_OUT)
        again = after(visit.now, LOOKS_AGAIN)
        return Later(again if until is None else min(until, again))

    async def remove(self, visit: Visit[StartWorkflowConfig]) -> None:
        if visit.config.on_remove == "cancel":
            await _child(visit).cancel()


def _child(visit: Visit[Any]) -> ChildRun:
    if visit.child is None:
        raise NodeFailed("There is no engine that could start a run here.", people=Excuse.BROKEN, lasting=True)
    return visit.child


def _until(visit: Visit[StartWorkflowConfig]) -> datetime | None:
    """Until when it is waited at most. Raises NodeFailed for what is no duration."""
    most = given_by(visit, "for", visit.config.duration)
    if most.value is None:
        return None
    try:
        return after(visit.now, parse_duration(most.value))
    except ValueError as error:
        raise most.wrong(f"{error}") from error
