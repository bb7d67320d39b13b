"""Trying workflows out. What does so is handed in: this interface knows no engine."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from aiohttp import web

from wizard.channels.admin import debug_responses as responses
from wizard.channels.admin.admission import Admission, check_role, check_unconditional
from wizard.channels.admin.parameters import workflow_of
from wizard.channels.admin.people import Person, Role
from wizard.channels.admin.requests import DEBUG, DebugRun
from wizard.channels.admin.workflows import refused
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.problems import unreadable
from wizard.channels.http.prompt_json import prompt_json
from wizard.channels.http.run_ids import run_id_of
from wizard.errors import DefinitionError
from wizard.model.instants import instant
from wizard.model.trial import Line, Report, Trial, Way

log = logging.getLogger("wizard.deployments")

_OF_THE_RUN = ("stage", "input", "event", "profile", "session")


class Debugger(Protocol):
    """Tries out what a store has (wizard.debugging.debugger)."""

    async def debug(self, workflow: str, stage: str, trial: Trial) -> Report: ...

    async def fork(self, run_id: str, step: str, trial: Trial, workflow: str) -> Report: ...

    async def look(self, run_id: str) -> Report: ...


class Debugging:
    """The handlers."""

    def __init__(self, debugger: Callable[[], Debugger], admission: Admission) -> None:
        self._debugger = debugger
        self._admission = admission

    async def debug(self, request: web.Request, person: Person) -> web.Response:
        workflow = workflow_of(request)
        check_unconditional(request)
        body = await self._admission.body(request, person, DEBUG)
        trial, fork = _trial(body), body.get("fork")
        if trial.effects:  # who may act by a text that isn't deployed may as well deploy it
            check_role(person, Role.DEPLOYER)
            await self._admission.check_shared(person, Role.DEPLOYER, workflow)
            log.warning("workflow %s is tried with effects, by %s", workflow, person.name)
        if fork is not None:
            check_role(person, Role.OPERATOR)  # people's answers are shown
            await self._admission.check_shared(person, Role.OPERATOR, workflow)
            if unused := [name for name in _OF_THE_RUN if name in body]:
                raise unreadable(f"Leave out `{unused[0]}`: a run that is forked has its own.")
            report = await self._debugger().fork(fork["run"], fork["step"], trial, workflow)
            return as_json(200, encode(told(report)))
        try:
            report = await self._debugger().debug(workflow, str(body.get("stage", "draft")), trial)
        except DefinitionError as error:
            raise refused(error, "A definition with errors can't be tried. Correct what `problems` names.") from None
        return as_json(200, encode(told(report)))

    async def look(self, request: web.Request, person: Person) -> web.Response:
        return as_json(200, encode(told(await self._debugger().look(run_id_of(request, "run")))))


def _trial(body: DebugRun) -> Trial:
    """Raises Refused (400) for what is no time."""
    return Trial(
        input=body.get("input", {}),
        event=body.get("event", {}),
        profile=body.get("profile", {}),
        session=body.get("session", {}),
        answers=body.get("answers", {}),
        results=body.get("results", {}),
        takes=body.get("takes", {}),
        effects=body.get("effects", False),
        at=_instant(body["at"]) if "at" in body else None,
    )


def _instant(text: str) -> datetime:
    try:
        return instant(datetime.fromisoformat(text))
    except ValueError:
        raise unreadable("`at` must be a time with its offset, as 2026-03-27T10:00:00Z.") from None


def told(report: Report) -> responses.Debugged:
    """A report, as it is answered."""
    answer: responses.Debugged = {
        "status": report.status,
        "current": None if report.current is None else prompt_json(report.current),
        "trace": [_line(line) for line in report.trace],
        "edges": [_edge(way) for way in report.edges],
    }
    if report.stopped is not None:
        answer["stopped"] = report.stopped
    if report.unrecorded:
        answer["unrecorded"] = report.unrecorded
    return answer


def _line(line: Line) -> responses.DebugLine:
    return {
        "step": line.step,
        "node": line.node,
        "type": line.type,
        "port": line.port,
        "input": line.input,
        "config": line.config,
        "output": line.output,
        "state_before": line.state_before,
        "state_after": line.state_after,
        "ms": line.ms,
        "error": line.error,
        "log": line.log,
    }


def _edge(way: Way) -> responses.DebugEdge:
    return {"from": way.source, "to": way.target, "port": way.port, "taken": way.taken}
