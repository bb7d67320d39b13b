"""A live run on another version of its workflow: its answers are gone through anew, by the rules of every other move.

All of its steps become kept ones, and the run goes forward from its start as after a change (S8, S10, S11): over
answers that still hold and work whose inputs and configuration are the same, to the step at which it stands, or to one
that needs an answer. Nothing outside happens: where something would have to be done, undone or given up for that, the
run is stuck, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

from immutables import Map

from wizard.errors import NotAStep
from wizard.machine.back import has_final
from wizard.machine.background import pass_background, renew
from wizard.machine.items import is_numbers_entry
from wizard.machine.kept import come_to
from wizard.machine.protocol import Execute, Look, Request, Result
from wizard.machine.showing import wait_at
from wizard.machine.stack import Turn
from wizard.machine.walk import walk_from
from wizard.model import (
    BY_TIMER,
    BY_TRIES,
    TAKEN_FILES,
    Call,
    Fault,
    Kind,
    Node,
    Proceed,
    Run,
    RunStatus,
    Step,
    StepStatus,
    Value,
    Workflow,
    count_answered,
)
from wizard.model.migrating import Counterpart, Counterparts
from wizard.model.migrating import Result as Ending
from wizard.model.path import locate
from wizard.state.patches import setters_of


class Stuck(Exception):
    """The run can't go to the other version; the message says why, for whoever migrates."""


@dataclass(frozen=True, slots=True)
class Carry:
    """Say what the step's answer comes to in this version: the Result's step has it as its output, or is None where it
    has to be asked again."""

    step: Step


class Landing(NamedTuple):
    """Where a replay ends, and why it asks there."""

    ending: Ending
    why: str = ""


Replay = Generator[Request | Carry, Result, Landing]


# -- what comes along --------------------------------------------------------------------------------


class Carried(NamedTuple):
    """A run as the new version names it. `unchanged` are the paths of steps whose nodes are as they were, `final` those
    of what is done on its path for good (S7)."""

    run: Run
    unchanged: Set[str]
    final: Set[str]


def carry(old: Workflow, new: Workflow, counterparts: Counterparts, run: Run) -> Carried:
    """The run with its steps and all that is kept by their paths. Raises Stuck where it can't come along."""
    _check_at_rest(run)
    names = _Names(old, new, counterparts)
    steps: list[Step] = []
    unchanged: set[str] = set()
    final: set[str] = set()
    cursor = -1
    for position, step in enumerate(run.steps):
        known = names.step(step)
        if known is None:
            _check_left(old, run, step, position)
            continue
        carried, same = known
        steps.append(carried)
        if same:
            unchanged.add(carried.path)
        if position == run.cursor:
            cursor = len(steps) - 1
        if position <= run.cursor and step.is_done and _is_final(old, step.path, new, carried.path):
            final.add(carried.path)
    stack = tuple(steps)
    carried_run = run._replace(
        version=new.version,
        steps=stack,
        cursor=cursor,
        by_path=Map({step.path: step for step in stack}),
        answered=count_answered(stack),
        setters=setters_of(stack),
        parked=names.parked(run.parked),
        returning=None if run.returning is None else names.path(run.returning),
        removed=frozenset(path for item in run.removed if (path := names.path(item)) is not None),
        fault=names.fault(run.fault),
    )
    return Carried(carried_run, unchanged, final)


def _is_final(old: Workflow, path: str, new: Workflow, carried: str) -> bool:
    return (has_final(old) and locate(old, path).node.final) or (has_final(new) and locate(new, carried).node.final)


def _check_left(old: Workflow, run: Run, step: Step, position: int) -> None:
    """Raises Stuck where the new version has no place for a step that the run can't do without."""
    if position == run.cursor:
        raise Stuck(f"It stands at `{step.path}`, which the new version hasn't, or has as another type.")
    node = locate(old, step.path).node
    if node.final and step.is_done and position < run.cursor:
        raise Stuck(f"It has passed `{step.path}`, which is final, and the new version hasn't it.")
    _check_droppable(node, step)


def _check_droppable(node: Node, step: Step) -> None:
    """Raises Stuck where something of the step would have to be undone, or closed, outside."""
    begun = step.is_done or step.status is StepStatus.FAILED or step.begun > 0
    if begun and node.handler.undoes and node.handler.undoes_with(node.config):
        raise Stuck(f"What `{step.path}` did would have to be undone, which a migration doesn't.")
    if node.handler.closes:
        raise Stuck(f"What `{step.path}` has opened outside would have to be closed, which a migration doesn't.")


def _check_at_rest(run: Run) -> None:
    """Raises Stuck where work goes on that belongs to the version that the run is on."""
    current = run.current
    if run.undos:
        raise Stuck("What left its path is still to be undone. Try again when that is done.")
    if run.positional:
        raise Stuck("An earlier version of the program stored it. Try again when it has been moved once.")
    if run.status is RunStatus.WORKING and (
        current is None or current.claim or current.is_done or current.is_foreground
    ):
        raise Stuck("Work is under way. Try again when it is done.")


class _Names:
    """Translates what a run has by the names of one version."""

    def __init__(self, old: Workflow, new: Workflow, counterparts: Counterparts) -> None:
        self._old = old
        self._new = new
        self._nodes = counterparts.nodes

    def step(self, step: Step) -> tuple[Step, bool] | None:
        """The step, and whether it asks or does the same; None where the new version has no such place."""
        found = self._follow(step.path)
        if found is None:
            return None
        path, counterpart, same, inside = found
        try:
            place = locate(self._new, path)
        except NotAStep:
            return None
        if place.node.type != step.type or (place.node.kind is Kind.BACKGROUND) != (step.kind is Kind.BACKGROUND):
            return None
        reads = {self._read(inside, name): known for name, known in step.reads.items()}
        carried = step._replace(path=path, node=place.node.id, reads=reads)
        if carried.is_foreground and (counterpart.fields or counterpart.gone):
            files = (carried.state or {}).get(TAKEN_FILES)
            state = carried.state
            if isinstance(files, Mapping):
                state = {**(state or {}), TAKEN_FILES: _answers(counterpart, files)}
            carried = carried._replace(
                output=_answers(counterpart, carried.output), draft=_answers(counterpart, carried.draft), state=state
            )
        # What work reads of what it is handed, its reads tell; what a person was asked there, they don't.
        return carried, same if carried.is_foreground else counterpart.same

    def path(self, path: str) -> str | None:
        found = self._follow(path)
        return None if found is None else found[0]

    def fault(self, fault: Fault | None) -> Fault | None:
        if fault is None:
            return None
        return Fault(fault.message, self.path(fault.node) or fault.node, fault.kind, fault.people, fault.reference)

    def parked(self, parked: Map[str, Mapping[str, Value]]) -> Map[str, Mapping[str, Value]]:
        """Answers of steps that left the path, and the numbers of lists."""
        carried: dict[str, Mapping[str, Value]] = {}
        for path, answers in parked.items():
            numbers = is_numbers_entry(path)
            found = self._follow(path.removesuffix("/") if numbers else path)
            if found is None:
                continue
            there, counterpart, _, _ = found
            carried[f"{there}/" if numbers else there] = answers if numbers else _answers(counterpart, answers) or {}
        return Map(carried)

    def _follow(self, path: str) -> tuple[str, Counterpart, bool, tuple[str, ...]] | None:
        """The new path, the counterpart of the last node in it, whether all nodes in it are unchanged, and the nodes
        that embed the last one's workflow."""
        segments: list[str] = []
        here: Workflow | None = self._old
        at: tuple[str, ...] = ()
        counterpart: Counterpart | None = None
        same = True
        parts = iter(path.split("/"))
        for segment in parts:
            name, tilde, visit = segment.partition("~")
            node = None if here is None else here.nodes.get(name)
            inside, at = at, (*at, name)
            counterpart = self._nodes.get(at)
            if node is None or counterpart is None:
                return None
            same = same and counterpart.same
            segments.append(f"{counterpart.path[-1]}{tilde}{visit}")
            here = None
            if isinstance(node.config, Call):
                here = node.config.workflow
                if node.config.repeat is not None and (item := next(parts, None)) is not None:
                    segments.append(item)
        return None if counterpart is None else ("/".join(segments), counterpart, same, inside)

    def _read(self, inside: tuple[str, ...], name: str) -> str:
        """A dotted name that a node read, as the new version has it: nodes, those that they embed, and a field."""
        chain, at, counterpart = name.split("."), inside, None
        for position, part in enumerate(chain):
            further = self._nodes.get((*at, part))
            if further is None:
                if counterpart is not None:
                    chain[position] = counterpart.fields.get(part, part)
                break
            chain[position], at, counterpart = further.path[-1], (*at, part), further
        return ".".join(chain)


def _answers(counterpart: Counterpart, answers: Mapping[str, Value] | None) -> Mapping[str, Value] | None:
    if answers is None:
        return None
    return {
        counterpart.fields.get(name, name): value for name, value in answers.items() if name not in counterpart.gone
    }


# -- going through it anew ---------------------------------------------------------------------------


def replay(turn: Turn, carried: Carried, *, same_input: bool = True) -> Replay:
    """Takes a turn on a carried run to where it stands in the new version. Raises Stuck, and RunError where the way
    can't be found."""
    was = carried.run
    landing = Landing(Ending.CONTINUE)
    if was.current is not None:
        turn.cursor = -1
        landing = yield from _Way(turn, carried, was.current, same_input=same_input).go()
    for step in was.steps:
        if step.path not in turn.by_path:
            _check_droppable(locate(turn.workflow, step.path).node, step)
    for step in turn.steps[turn.cursor + 1 :]:
        if not step.is_foreground and step.is_done and step.path not in carried.unchanged:
            turn.update(step._replace(status=StepStatus.PENDING))  # it isn't re-used: it would do something else now
    return landing


class _Way:
    """The way of a run from its start to the step at which it stood, `target`."""

    def __init__(self, turn: Turn, carried: Carried, target: Step, *, same_input: bool) -> None:
        self._turn = turn
        self._was = carried.run
        self._unchanged = carried.unchanged
        self._final = carried.final
        self._target = target
        self._decided = {step.path for step in carried.run.path}
        self._alike = same_input  # as long as all is as it was, what was answered isn't judged again

    def go(self) -> Replay:
        turn = self._turn
        while True:
            destination = walk_from(turn, turn.current)
            if destination is None:
                raise Stuck("It would come to its end without an answer of its person's.")
            count = len(turn.steps)
            step, is_new = yield from come_to(turn, destination)
            turn.count_anew()
            self._alike = self._alike and step.path in self._unchanged and len(turn.steps) == count
            if step.path == self._target.path:
                return (yield from self._stand(step))
            if step.kind is Kind.BACKGROUND:
                yield from self._pass(step, is_new=is_new)
            elif is_new or step.path not in self._decided:
                return (yield from self._ask(step, f"`{step.path}` is to be answered first.", is_new=is_new))
            elif not (yield from self._holds(step)):
                why = f"The answer to `{step.path}` doesn't hold in the new version."
                return (yield from self._ask(step, why, is_new=False))

    def _holds(self, step: Step) -> Generator[Request | Carry, Result, bool]:
        """S11, of an answer that was given to another version."""
        turn = self._turn
        timed_out = step.given in (BY_TIMER, BY_TRIES) and step.path in self._unchanged
        if self._alike or step.is_closed or timed_out:
            return True
        goes_on = self._target.path in turn.by_path or turn.foreground_above()
        if not goes_on or not turn.reads_the_same(step):
            return False
        with turn.seen_from(turn.cursor) as undone:
            result = yield Carry(undone)
        if result.step is None:
            return False
        if result.step.output != step.output:
            turn.put(step._replace(output=result.step.output))
        return True

    def _pass(self, step: Step, *, is_new: bool) -> Generator[Request | Carry, Result, None]:
        """S10: what was done counts where it would be done in the same way; what only computes does so again."""
        turn = self._turn
        node = turn.place(step).node
        if not is_new and step.is_done and step.path in self._unchanged and turn.reads_the_same(step):
            return
        if node.handler.pauses:
            raise Stuck(f"It would have to wait at `{step.path}` first.")
        if not node.handler.pure:
            raise Stuck(f"What `{step.path}` does would have to be done{'' if is_new else ' again'} first.")
        if step.is_done:
            step = turn.put(step._replace(status=StepStatus.PENDING))
        if not (yield from pass_background(turn, step, is_new)):
            raise Stuck(f"What `{step.path}` computes can't be computed in the new version.")

    def _stand(self, step: Step) -> Replay:
        """The run is where it was."""
        turn, was = self._turn, self._was
        self._check_passed()
        turn.status, turn.fault = was.status, was.fault
        turn.returning = was.returning if was.returning in turn.by_path else None
        if step.is_foreground:
            yield Look(step)
        if not step.is_foreground and not step.is_done and step.path not in self._unchanged:
            if step.status is not StepStatus.FAILED:
                raise Stuck(f"It waits at `{step.path}`, which is another one in the new version.")
            _check_droppable(turn.place(step).node, step)
            yield from renew(turn, step)
        return Landing(Ending.CONTINUE)

    def _ask(self, step: Step, why: str, *, is_new: bool) -> Replay:
        """The run stands at a step that needs an answer; what is known of it is shown (S9), and the return to where it
        stood is pending (S11)."""
        turn, node = self._turn, self._turn.place(step).node
        self._check_passed()
        if node.handler.ends:
            raise Stuck("It would come to its end without an answer of its person's.")
        if is_new and not node.handler.pure and node.kind is not Kind.INTERNAL:  # of these, it is the page of a list
            raise Stuck(f"`{step.path}` begins something outside, which a migration doesn't.")
        turn.fault = None
        wait_at(turn, step)
        step = turn.steps[turn.cursor]
        if is_new:
            result = yield Execute(step)
            if result.failure is not None or isinstance(result.outcome, Proceed):
                raise Stuck(f"`{step.path}` can't be asked in the new version.")
            turn.put(result.step or step)
            turn.log("presented", step.path)
        else:
            yield Look(step)
        to = self._was.returning or (self._target.path if self._target.is_foreground else None)
        turn.returning = to if to in turn.by_path else None
        return Landing(Ending.ASK, why)

    def _check_passed(self) -> None:
        """Raises Stuck where the run would be before what is done for good (S7)."""
        gone = self._final - {step.path for step in self._turn.steps[: self._turn.cursor + 1]}
        if gone:
            raise Stuck(f"It has passed `{min(gone)}`, which is final: nobody comes back to before that.")
