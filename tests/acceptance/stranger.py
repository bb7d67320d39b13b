"""What schemathesis has to be told beside the OpenAPI document: it loads this module, in a process of its own.

Runs are opened by their tokens, which no document can name. It is told which runs there are, and sends the token of
the one that it calls; else it would see nothing but 401 and 404. A tenth of its calls are about a run that is new,
so that the steps which the document's examples name are there.
"""

from __future__ import annotations

import json
from collections import deque
from random import Random
from typing import Any
from urllib.request import Request, urlopen

import schemathesis
from schemathesis import Case, HookContext
from schemathesis.core.parameters import ParameterLocation

FRESH = 0.1  # of the calls
STARTS = ({"workflow": "passport"}, {"workflow": "order"}, {"workflow": "payment"})

_tokens: dict[str, str] = {}
_steps: dict[str, str] = {}  # the first of each run
_recent: deque[str] = deque(maxlen=20)
_dice = Random(0)


def _start(base: str) -> str:
    body = json.dumps(_dice.choice(STARTS)).encode()
    with urlopen(Request(f"{base}/runs", body, {"Content-Type": "application/json"})) as answer:
        run: dict[str, Any] = json.load(answer)
    _learn(run)
    _recent.append(run["id"])
    return str(run["id"])


def _learn(run: dict[str, Any]) -> None:
    """What is started as a conversation says nothing of steps."""
    _tokens[run["id"]] = run["token"]
    if "current" in run:
        _steps[run["id"]] = run["current"]["step"]


def _can_be_one(case: Case) -> bool:
    """Whether the id that was drawn could be a run's."""
    return "id" in case.path_parameters and not (case.meta and case.meta.is_negative_at(ParameterLocation.PATH))


@schemathesis.auth(refresh_interval=None)
class Token:
    """Calls a run that there is, with its token."""

    def get(self, case: Case, context: Any) -> str | None:
        """The run's id."""
        if case.path_parameters.get("id") in _tokens:
            return str(case.path_parameters["id"])
        if not _can_be_one(case):
            return None
        new = not _recent or _dice.random() < FRESH
        return _start(case.operation.base_url) if new else _dice.choice(_recent)

    def set(self, case: Case, run: str | None, context: Any) -> None:
        if run is not None:
            case.path_parameters["id"] = run
            case.headers["Authorization"] = f"Bearer {_tokens[run]}"


@schemathesis.hook
def map_case(context: HookContext, case: Case) -> Case:
    """OpenAPI can't say what two parameters mustn't say together, or that one names what is there."""
    if isinstance(case.body, dict) and "revision" in case.body:
        case.headers.pop("If-Match", None)
    if case.operation.label == "GET /runs/{id}" and not case.meta.is_negative_at(ParameterLocation.QUERY):
        first = _steps.get(str(case.path_parameters["id"]))
        drawn = [] if first is None else list(case.query)[:1]
        case.query.clear()
        case.query.update(dict.fromkeys(drawn, first))
    said = case.operation.label == "POST /conversations/{id}/messages"
    if said and not case.meta.is_negative_at(ParameterLocation.BODY):
        case.body.setdefault("id", str(_dice.random()))  # or an Idempotency-Key: one of the two is needed
    if case.operation.label == "POST /runs/{id}/events" and not case.meta.is_negative_at(ParameterLocation.BODY):
        case.body["name"] = _dice.choice(("paid", case.body["name"]))  # the only event that anything waits for
    return case


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Any) -> None:
    """Learns of a run that was started."""
    if response.status_code == 201 and "token" in (answer := response.json()):
        _learn(answer)
