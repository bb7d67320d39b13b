"""What came of a call of a node: what it reported and left behind, checked, and what it raised, as a failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from wizard.errors import (
    Excuse,
    ExpressionError,
    FieldsRefused,
    InvalidInput,
    NodeContractError,
    NodeFailed,
    RunError,
    WizardError,
)
from wizard.locale.sentences import Sentence
from wizard.machine.scope import Scope
from wizard.model import Kind, Later, Outcome, Proceed, Prompt, Step, Wait
from wizard.model.copies import copied
from wizard.model.instants import instant
from wizard.model.values import check_value
from wizard.node import Visit
from wizard.node.prompt_checks import checked_prompt, only_computes
from wizard.process.isolation import dismiss
from wizard.profiles.schema import ProfileSchema
from wizard.telemetry.logs import is_outspoken

LONGEST_MESSAGE = 2000  # characters that a function says
SEE_LOG = "The log says where, under the same reference."


def due_at(at: datetime, node_type: str) -> datetime:
    """What a node is put off to, as an instant. Raises NodeContractError or NodeFailed for what can't be one."""
    if not isinstance(at, datetime):
        kind = type(at).__name__
        raise NodeContractError(f"later of node type {node_type} gave Later of a {kind}. Take `visit.now` plus that.")
    if at.utcoffset() is None:
        raise NodeContractError(f"node type {node_type} is due at a time without a time zone. Take `visit.now` plus …")
    try:
        return instant(at)
    except ValueError as error:
        what = f"later of node type {node_type} gave a time that can't be waited for: {error}. Take an earlier one."
        raise NodeFailed(what, people=Excuse.CHECK, private=True, lasting=True) from error


def failure_of(error: Exception, step: Step) -> RunError:
    """The run's own failure: an error that functions keep and raise again and again is nobody's but theirs. What they
    raise that isn't one of ours says nothing to anybody; its kind and its place are for the log."""
    message = getattr(error, "message", None) if isinstance(error, WizardError) else None
    if isinstance(message, str):
        kinds: tuple[type[RunError], ...] = (NodeFailed, ExpressionError, NodeContractError)
        kind = next((kind for kind in kinds if isinstance(error, kind)), RunError)
        failure = kind(_encodable(message), node=getattr(error, "node", "") or step.path)
        if isinstance(failure, NodeFailed):
            failure.people = _people_of(error)
            failure.lasting = getattr(error, "lasting", False) is True
        failure.private = not is_outspoken(error)
    else:
        failure = NodeFailed(f"{type(error).__name__} was raised. {SEE_LOG}", people=Excuse.BROKEN, node=step.path)
    failure.__cause__ = failure.origin = error
    return failure


def _people_of(error: Exception) -> str | Sentence:
    people: object = getattr(error, "people", None)
    if isinstance(people, Sentence):
        return people
    return _encodable(people) if isinstance(people, str) else Excuse.BROKEN


def _encodable(text: str) -> str:
    """As much of it as is stored, as a plain text: what somebody's own class of texts does is theirs."""
    return str.__str__(text)[:LONGEST_MESSAGE].encode(errors="replace").decode()


def checked(outcome: object, visit: Visit[Any]) -> Outcome:
    """What a node reported, if it can be taken, and what it left can be stored. Raises NodeContractError
    or NodeFailed."""
    name = visit.node.type
    if isinstance(outcome, Later) and visit.node.handler.pauses and visit.node.kind is Kind.BACKGROUND:
        outcome = Later(None if outcome.at is None else due_at(outcome.at, name))
    elif not isinstance(outcome, Proceed | Wait):
        dismiss(outcome)
        raise NodeContractError(f"node type {name} reported {type(outcome).__name__}. Return Proceed or Wait.")
    try:
        if isinstance(outcome, Proceed):
            if not isinstance(outcome.output, Mapping):
                what = type(outcome.output).__name__
                raise NodeContractError(f"node type {name} proceeds with {what}. Its output must map names to values.")
            check_value(outcome.output, f"The output of node {visit.step}")
            _check_port(outcome.port, visit)
        if visit.changes:
            check_value(list(visit.changes.values()), f"What node {visit.step} sets")
        if visit.state:
            check_value(visit.state, f"The state of node {visit.step}")
    except InvalidInput as error:
        raise NodeFailed(error.message, people=Excuse.BROKEN) from error
    if isinstance(outcome, Wait):
        if not isinstance(outcome.prompt, Prompt):
            dismiss(outcome.prompt)
            what = type(outcome.prompt).__name__
            raise NodeContractError(f"node type {name} waits with {what}. Return Wait(prompt), a Prompt.")
        prompt = checked_prompt(outcome.prompt, visit)
        return outcome if prompt is outcome.prompt else Wait(prompt, rejected=bool(outcome.rejected))
    if isinstance(outcome, Later) or only_computes(visit):
        return outcome  # made for this visit: nobody else has it in hand
    return replace(outcome, output=copied(outcome.output))


def _check_port(port: object, visit: Visit[Any]) -> None:
    """Raises NodeContractError for a way out that the node's type doesn't name."""
    ports = visit.node.port_names
    if port is None and not visit.node.handler.always_ports:
        return
    if not isinstance(port, str) or port not in ports:
        named = ", ".join(ports) or "none"
        said = "without a port" if port is None else f"by the port {str(port)[:80]!r}"
        raise NodeContractError(f"node type {visit.node.type} proceeds {said}. Take one of its `ports` ({named}).")


def check_profile(visit: Visit[Any], schema: ProfileSchema, now: datetime) -> None:
    """Has what a node sets in the profile in the types of the schema. Raises NodeFailed naming node and fields where
    the schema doesn't take it: at the step that sets it, and not at the end, where nobody could mend it."""
    fields = {name: value for (document, name), value in visit.changes.items() if document == "profile"}
    try:
        taken = schema.checked(fields, now, language=visit.language)
    except FieldsRefused as error:
        told = "; ".join(f"profile.{name}: {message}" for name, message in error.errors.items())
        what = f"It sets what the schema of profiles doesn't take. {told}"
        raise NodeFailed(what, people=Excuse.CHECK, private=True, lasting=True, node=visit.step) from error
    visit.changes.update({("profile", name): value for name, value in taken.items()})


def _can_be_stored(value: object, what: str) -> bool:
    """What a call that failed left may be anything."""
    try:
        check_value(value, what)
    except InvalidInput:
        return False
    return True


def with_traces(step: Step, visit: Visit[Any], *, proceeds: bool) -> Step:
    """The step with what the call left: the node's state, the draft, what was read, and, if it is done, set."""
    scope = visit.names
    reads = scope.digests() if isinstance(scope, Scope) and scope.reads else step.reads
    if (
        not visit.state
        and not step.state
        and visit.draft == step.draft
        and reads is step.reads
        and not (proceeds and (visit.changes or step.patch or visit.arrival))
    ):
        return step
    patch = copied(visit.changes) if proceeds else step.patch
    state, draft = step.state, step.draft
    if visit.draft is None or _can_be_stored(visit.draft, f"The draft of node {visit.step}"):
        draft = copied(visit.draft)
    if _can_be_stored(visit.state, f"The state of node {visit.step}"):
        state = copied(visit.state) or None
    took = visit.arrival if proceeds else None
    return step._replace(state=state, draft=draft, reads=reads, patch=patch, took=took)
