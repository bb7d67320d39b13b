"""A run as the JSON interface shows it: the members, their names and their order.

The dicts made here hold the engine's typed values; they become JSON's own on the way out
(wizard.channels.http.json_answers), so that a state is walked once.
"""

from __future__ import annotations

from typing import NamedTuple

from wizard.channels.api import responses
from wizard.channels.api.responses import SHOWN
from wizard.channels.http.prompt_json import prompt_json
from wizard.engine.own_runs import RunLine
from wizard.engine.view import RunView
from wizard.engine.work import work_of
from wizard.model import Prompt, Run, Step


class Window(NamedTuple):
    """Which steps of the stack a state shows: those from position `first` up to `end`."""

    first: int
    end: int


def around(run: Run) -> Window:
    """The steps on both sides of the cursor: all, unless they are many."""
    return Window(max(0, run.cursor + 1 - SHOWN), min(len(run.steps), run.cursor + 1 + SHOWN))


def before(run: Run, step: Step) -> Window:
    """The steps below one of the stack."""
    at = run.steps.index(step)
    return Window(max(0, at - SHOWN), at)


def after(run: Run, step: Step) -> Window:
    """The steps above one of the stack."""
    at = run.steps.index(step) + 1
    return Window(at, min(len(run.steps), at + SHOWN))


def run_state(view: RunView, window: Window | None = None) -> responses.Run:
    """The run state, with all steps or those of the window: `steps`, which is there only where some are left out, says
    how many there are. It has `work` only while the run is working."""
    run = view.run
    first, end = window or (0, len(run.steps))
    above = run.cursor + 1
    path, kept = run.steps[first : min(end, above)], run.steps[max(first, above) : end]
    return {
        **_head(view),
        "path": [_line(view, step) for step in path],
        "kept": [_line(view, step) for step in kept],
        **_ways(view),
        "answers": view.shown_answers_of(path),
        **_how_far(view),
        **_shortened(run, first, end),
    }


def _shortened(run: Run, first: int, end: int) -> responses.Shortened:
    if first == 0 and end == len(run.steps):
        return {}
    above = run.cursor + 1
    return {
        "steps": {
            "path": above,
            "kept": len(run.steps) - above,
            "before": run.steps[first].path if 0 < first < len(run.steps) else None,
            "after": run.steps[end - 1].path if 0 < end < len(run.steps) else None,
        }
    }


def bounded_state(view: RunView) -> responses.Run:
    """The run state as it is answered: a long run's has no more in it than one of some hundred steps."""
    return run_state(view, around(view.run))


def minimal_state(view: RunView) -> responses.MinimalRun:
    """The run state without what grows with the run: path, kept and answers."""
    return {**_head(view), **_ways(view), **_how_far(view)}


def _head(view: RunView) -> responses.Head:
    return {
        "id": view.id,
        "workflow": view.run.workflow,
        "version": view.run.version,
        "revision": view.revision,
        "status": view.status.value,
        "current": prompt_json(view.current),
    }


def _ways(view: RunView) -> responses.Ways:
    return {"has_next": view.has_next, "has_previous": view.has_previous}


def _how_far(view: RunView) -> responses.HowFar:
    progress = view.progress
    made: responses.HowFar = {"progress": {"done": progress.done, "min": progress.min, "max": progress.max}}
    if (work := work_of(view)) is not None:
        made["work"] = {"percent": work.percent, "text": work.text}
    return made


def line_json(line: RunLine) -> responses.RunLine:
    """A line of a person's runs."""
    return {
        "id": line.id,
        "workflow": line.workflow,
        "title": line.title,
        "status": line.status.value,
        "created_at": line.created_at,
        "updated_at": line.updated_at,
    }


def field_errors(prompt: Prompt) -> dict[str, str]:
    """`errors` of a problem: why answers weren't taken, by field."""
    return {field.name: field.error for field in prompt.fields if field.error is not None}


def _line(view: RunView, step: Step) -> responses.StepLine:
    """A line of `path` or `kept`."""
    return {"step": step.path, "type": step.type, "title": view.title_of(step)}
