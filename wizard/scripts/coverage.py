"""What scripts have come to of the workflows that they test: nodes, edges, fields, and what is said of wrong answers.

A workflow counts once, wherever it is embedded. An edge is one of its drawing (wizard.definitions.graph), so that each
case of a condition, port and error has its own; a message is what a field, or a check, can say of an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wizard.debugging.clock import DebugClock
from wizard.debugging.observing import Observer
from wizard.debugging.outcomes import Outcomes
from wizard.debugging.recording import Recorder
from wizard.debugging.ways import place_at, ways
from wizard.definitions.graph import END, edges_of
from wizard.forms.form import TIMELESS_CONTEXT, Form, Question
from wizard.forms.parsing import Context, OwnNames
from wizard.forms.refusals import Refusal
from wizard.machine.scope import Scope
from wizard.model import Call, Entry, Kind, Node, Outcome, Run, Wait, Workflow
from wizard.model.path import locate
from wizard.node import Visit
from wizard.scripts.nameless import Nameless, nameless_texts

LIMITS = ("min", "max", "min_length", "max_length", "pattern", "accept", "max_size", "places")
NOBODY_TYPES = "\u2603"  # a snowman: what a type takes that takes this has no form that an answer could lack
_VALUE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


class Part(NamedTuple):
    """One thing that can be tested. `kind` is node, edge, field or message; `name` tells it apart from the others of
    its workflow."""

    workflow: str
    kind: str
    name: str


KINDS = ("node", "edge", "field", "message")


@dataclass(slots=True)
class Covered:
    """What was come to."""

    parts: set[Part] = field(default_factory=set)

    def add(self, workflow: Workflow, kind: str, name: str) -> None:
        self.parts.add(Part(workflow.id, kind, name))


def embedded(workflow: Workflow) -> Mapping[str, Workflow]:
    """The workflow and all that it embeds, by id."""
    known = {workflow.id: workflow}
    waiting = [workflow]
    for each in waiting:
        for node in each.nodes.values():
            if isinstance(node.config, Call) and node.config.workflow.id not in known:
                known[node.config.workflow.id] = node.config.workflow
                waiting.append(node.config.workflow)
    return known


def parts_of(workflow: Workflow) -> Iterator[Part]:
    """All that there is to test in a workflow, without what it embeds."""
    for node in workflow.nodes.values():
        yield Part(workflow.id, "node", node.id)
    for edge in edges_of(workflow):
        yield Part(workflow.id, "edge", edge_name(edge.source, edge.target, edge.label))
    for node in workflow.nodes.values():
        if (form := form_of(node)) is not None:
            yield from (Part(workflow.id, "field", f"{node.id}.{question.name}") for question in form.questions)
            yield from (Part(workflow.id, "message", name) for name in _messages(node, form))


def edge_name(source: str, target: str, label: str) -> str:
    """An edge in words."""
    to = "end" if target == END else target
    return f"{source} → {to} ({label})" if label else f"{source} → {to}"


def form_of(node: Node) -> Form | None:
    """The form that a node asks, None where it asks none."""
    form = getattr(node.config, "form", None)
    return form if isinstance(form, Form) else None


def _messages(node: Node, form: Form) -> Iterator[str]:
    for question in form.questions:
        if question.required:
            yield f"{node.id}.{question.name}: required"
        if _has_a_shape(question):
            yield f"{node.id}.{question.name}: invalid"
        for key in LIMITS:
            if key in question.field.model_fields_set and getattr(question.field, key) not in (None, ()):
                yield f"{node.id}.{question.name}: {key}"
    for number in range(len(form.rules)):
        yield _check_name(node, form, number)


def _check_name(node: Node, form: Form, number: int) -> str:
    return f"{node.id}: check {form.rules[number].check.check.source}"


def _has_a_shape(question: Question) -> bool:
    """Whether people can type what is no answer to it at all."""
    of = question.type
    if of.holds_files or of.is_yes_or_no or of.picks_one or of.is_list or not of.is_seen:
        return False
    try:
        question.parse(NOBODY_TYPES, TIMELESS_CONTEXT)
    except Refusal as refusal:
        return refusal.code == "invalid"
    except Exception:  # what can't be told without a run
        return False
    return False


class Witness(Observer):
    """An observer that notes what is covered, which texts name nothing, and which nodes would act outside of the run,
    by their paths."""

    covered: Covered | None = None

    def __init__(self, recorder: Recorder, outcomes: Outcomes, clock: DebugClock) -> None:
        super().__init__(recorder, outcomes, clock)
        self.nameless: dict[Nameless, str] = {}  # with the step at which it was shown
        self.services: dict[str, Node] = {}

    def note_visit(self, node: Node, visit: Visit[Any], outcome: Outcome) -> None:
        scope = visit.names
        if self.covered is None or not isinstance(scope, Scope):
            return
        for text in nameless_texts(node, scope):
            self.nameless.setdefault(text, visit.step)
        if node.kind is Kind.BACKGROUND and not node.handler.pure:
            self.services.setdefault(visit.step, node)
        form = form_of(node)
        if form is None or not isinstance(outcome, Wait) or not outcome.rejected:
            return
        workflow = scope.frame.workflow
        for asked in outcome.prompt.fields:
            if asked.error is not None:
                for name in _said(node, form, visit, asked.name, asked.error):
                    self.covered.add(workflow, "message", name)
        for number, rule in enumerate(form.rules):
            if rule.check.field is None and _says(rule.check.message.source, outcome.prompt.error or ""):
                self.covered.add(workflow, "message", _check_name(node, form, number))


def _said(node: Node, form: Form, visit: Visit[Any], name: str, error: str) -> Iterator[str]:
    for number, rule in enumerate(form.rules):
        if rule.check.field == name and _says(rule.check.message.source, error):
            yield _check_name(node, form, number)
            return
    question = form.by_name.get(name)
    if question is not None:
        yield f"{node.id}.{name}: {_code(form, question, visit)}"


def _says(source: str, error: str) -> bool:
    """Whether an error is what a message says, whatever values are in it."""
    pattern = ".*".join(re.escape(part.strip()) for part in _VALUE.split(source))
    return bool(error.strip()) and re.search(pattern, error, re.DOTALL) is not None


def _code(form: Form, question: Question, visit: Visit[Any]) -> str:
    """Which of its messages a field said: the answer is read once more."""
    given = visit.input or {}
    raw = given.get(question.name, (visit.draft or {}).get(question.name))
    if raw in (None, "", []):
        return "required"
    own = OwnNames(form.own, visit.names)
    own.values.update(given)
    try:
        question.parse(raw, Context(own, {}, None))
    except Refusal as refusal:
        return refusal.code
    except Exception:  # what reads other answers, which aren't read yet
        return "invalid"
    return "required"


def note_run(
    covered: Covered, workflow: Workflow, run: Run, entries: Iterable[Entry], cases: Iterable[tuple[str, str]]
) -> None:
    """Adds what a run has come to so far."""
    entries = list(entries)
    for entry in entries:
        placed = None
        if entry.kind in ("entered", "re-used", "opened", "branched") and entry.step:
            placed = place_at(workflow, entry.step)
        if placed is not None:
            covered.add(placed[0].workflow, "node", placed[1].id)
    for way in ways(workflow, run, entries, cases):
        if way.taken:
            within, source = _within(workflow, way.source)
            target = END if way.target == "end" else way.target.rpartition("/")[2]
            covered.add(within, "edge", edge_name(source, target, way.port or ""))
    for step in run.steps:
        if step.answer and step.is_foreground:
            place = locate(workflow, step.path)
            for name, value in step.answer.items():
                if value is not None:
                    covered.add(place.frame.workflow, "field", f"{place.node.id}.{name}")


def _within(workflow: Workflow, source: str) -> tuple[Workflow, str]:
    """The workflow that the node at the end of a way's path is in."""
    *outer, last = source.split("/")
    for name in outer:
        workflow = workflow.nodes[name].config.workflow
    return workflow, last


@dataclass(frozen=True, slots=True)
class Figure:
    """How much of one kind there is in a workflow, and what is missing."""

    covered: int
    all: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkflowCoverage:
    """One workflow's, by kind."""

    workflow: Workflow
    figures: Mapping[str, Figure]
    covered: frozenset[Part]

    @property
    def counts(self) -> tuple[int, int]:
        return sum(figure.covered for figure in self.figures.values()), sum(f.all for f in self.figures.values())


def coverage_of(workflows: Iterable[Workflow], covered: Covered) -> list[WorkflowCoverage]:
    """The coverage of these workflows and all that they embed."""
    known: dict[str, Workflow] = {}
    for workflow in workflows:
        known |= embedded(workflow)
    return [_coverage(workflow, covered) for workflow in known.values()]


def _coverage(workflow: Workflow, covered: Covered) -> WorkflowCoverage:
    parts = list(dict.fromkeys(parts_of(workflow)))
    figures = {}
    for kind in KINDS:
        of_kind = [part for part in parts if part.kind == kind]
        missing = tuple(part.name for part in of_kind if part not in covered.parts)
        figures[kind] = Figure(len(of_kind) - len(missing), len(of_kind), missing)
    return WorkflowCoverage(workflow, figures, frozenset(parts) & covered.parts)


def percent(coverages: Iterable[WorkflowCoverage]) -> float:
    """Of all parts, 100 where there are none."""
    counts = [coverage.counts for coverage in coverages]
    there = sum(all_ for _, all_ in counts)
    return 100.0 if not there else 100.0 * sum(covered for covered, _ in counts) / there
