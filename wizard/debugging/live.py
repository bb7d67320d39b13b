"""A live run in the form of a trial: what is recorded of it, and the run as it was when it came to one of its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from wizard.debugging.bounds import MOST_ENTRIES, MOST_LINES
from wizard.debugging.observing import documents
from wizard.debugging.recording import Recorder, note
from wizard.debugging.ways import place_at, port_of, ways
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import NotAStep
from wizard.machine.stack import Turn
from wizard.model import Branches, Kind, Run, RunStatus, Step, StepStatus, StoredFile, Value, Workflow
from wizard.model.path import locate
from wizard.model.trial import Line, Report
from wizard.model.values import write_json
from wizard.stores.contract import TraceEntry

UNRECORDED = ("input", "config", "ms")
PAGE = 1000
CUT = f"Only the first {MOST_LINES:,} nodes are shown."


async def entries_of(engine: Engine, run_id: str) -> list[TraceEntry]:
    """What happened in a run, from its beginning, within bounds."""
    entries: list[TraceEntry] = []
    while len(entries) < MOST_ENTRIES:
        page = await engine.trace(run_id, after=entries[-1].number if entries else 0, limit=PAGE)
        if not page:
            break
        entries += page
    return entries


def report_of(view: RunView, entries: Sequence[TraceEntry]) -> Report:
    """What is recorded of a run."""
    recorder = recorded(view.workflow, view.run, entries)
    fault = view.run.fault
    stopped = None if fault is None else fault.message
    return Report(
        view.status.value,
        view.current,
        recorder.told(),
        tuple(ways(view.workflow, view.run, [each.entry for each in entries])),
        CUT if recorder.is_full else stopped,
        UNRECORDED,
    )


def recorded(workflow: Workflow, run: Run, entries: Sequence[TraceEntry]) -> Recorder:
    """A line for each visit of a node, in the order in which the run first came to them."""
    recorder = Recorder()
    lines: dict[str, Line] = {}
    for entry in entries:
        kind, path = entry.entry.kind, entry.entry.step
        placed = place_at(workflow, path) if path else None
        if recorder.is_full:
            break
        if placed is None:
            continue
        node = placed[1]
        if path not in lines or isinstance(node.config, Branches):
            line = _line(workflow, run, path, recorder)
            line.node, line.type = node.id, node.type
            lines[path] = recorder.add(line)
        if isinstance(node.config, Branches):
            to = entry.entry.detail.get("to")
            lines[path].port = _case_to(node.config, to if isinstance(to, str) else None)
        note(lines[path], _told(entry, kind))
    return recorder


def _case_to(branches: Branches, to: str | None) -> str | None:
    """The case that leads there, where only one does."""
    cases = [case for case in branches.cases if case.goto == to]
    if len(cases) != 1:
        return None
    return "otherwise" if cases[0].when is None else str(cases[0].when.source)


def _told(entry: TraceEntry, kind: str) -> str:
    detail = f" {write_json(dict(entry.entry.detail))}" if entry.entry.detail else ""
    return f"{entry.at.isoformat()} {kind}{detail}"


def _line(workflow: Workflow, run: Run, path: str, recorder: Recorder) -> Line:
    line, step = Line(path, "", ""), run.by_path.get(path)
    if step is None:
        return line
    node = locate(workflow, path).node
    recorder.secrets.learn(step.output, node.secrets)
    recorder.secrets.learn(step.draft, node.secrets)
    line.output = None if step.output is None else dict(step.output)
    line.port, line.error = port_of(node, step), step.error
    position = next((at for at, other in enumerate(run.steps) if other.path == path), None)
    if position is not None and position <= run.cursor:
        line.state_before = _state(run, position - 1, None)
        line.state_after = _state(run, position, step)
    return line


def _state(run: Run, cursor: int, step: Step | None) -> Mapping[str, Value]:
    own = {"node": dict(step.state)} if step is not None and step.state else {}
    return {**documents(run._replace(cursor=cursor)), **own}


# -- going on from a step ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fork:
    """A run as it was when it came to a step, and what is recorded up to there."""

    run: Run
    entries: tuple[TraceEntry, ...]
    files: tuple[StoredFile, ...]
    step: str

    @property
    def at(self) -> datetime:
        return self.run.updated_at


def forked(workflow: Workflow, run: Run, path: str, entries: Sequence[TraceEntry], files: Sequence[StoredFile]) -> Fork:
    """The run at that step of its path, which isn't answered or done yet; what a person answered there is its draft.
    Raises NotAStep."""
    position = next((at for at, step in enumerate(run.steps[: run.cursor + 1]) if step.path == path), None)
    if position is None:
        raise NotAStep(f"There is no step `{path[:100]}` on the path of this run. Name one that it has.", run=run.id)
    turn = Turn(workflow, run, run.updated_at)
    for step in run.steps[:position:-1]:
        turn.take_out(step, park=False)
    left = turn.steps[position]
    turn.cursor, turn.returning, turn.fault, turn.undos, turn.expires_at = position, None, None, (), None
    turn.release(left)
    turn.visits += 1
    status = StepStatus.WAITING if left.is_foreground else StepStatus.FAILED
    turn.put(
        Step(left.path, left.node, left.type, left.kind, left.seq, turn.visits, status, draft=left.answer or left.draft)
    )
    turn.status = RunStatus.WAITING if left.kind is Kind.FOREGROUND else RunStatus.FAILED
    came = max((at for at, each in enumerate(entries) if _comes_to(each, path)), default=len(entries) - 1)
    return Fork(turn.change().run, tuple(entries[: came + 1]), tuple(files), path)


def _comes_to(entry: TraceEntry, path: str) -> bool:
    return entry.entry.kind == "entered" and entry.entry.step == path
