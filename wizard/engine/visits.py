"""Visits: a node is handed its configuration, the data it can see and its own state, and nothing else.

Everything here is without side effects: what a step asks, and what its answers read like.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from hashlib import blake2b
from itertools import takewhile
from typing import Any

from wizard.errors import Excuse, NodeFailed, RunError, WizardError
from wizard.expressions.expression import Names
from wizard.expressions.template import Template
from wizard.forms.readable import plain
from wizard.locale.sentences import sentence
from wizard.machine.items import Element
from wizard.machine.scope import Scope, element_of, item_position
from wizard.machine.stack import as_undone
from wizard.model import Item, Node, Prompt, Repeat, Run, Step, Workflow
from wizard.model.copies import copied, copied_config
from wizard.model.instants import instant
from wizard.model.path import AFTER, Frame, Place, call_of, count_items, locate
from wizard.model.run import Visible
from wizard.node import NodeType, Services, Visit
from wizard.node.prompt_checks import checked_items, checked_prompt
from wizard.process.isolation import computed
from wizard.telemetry.logs import broke

log = logging.getLogger("wizard.nodes")

NOBODY = Services()
UNLISTED = sentence("(can't be shown)")
ADDED = sentence("Number of entries")  # what a list is called whose author gave it no name


def idempotency_key(run_id: str, step: Step) -> str:
    """S21: the same for every try of one visit, which has the same inputs throughout; another for
    every other visit. 32 hexadecimal digits."""
    return blake2b(f"{run_id}/{step.visit}".encode(), digest_size=16).hexdigest()


def make_visit(
    workflow: Workflow, run: Visible, step: Step, now: datetime, services: Services = NOBODY, *, record: bool = False
) -> Visit[Any]:
    """What the node of `step` is handed; with `record`, its scope notes what is read. `now` is the wall clock: the
    node's own is the instant (S25)."""
    place = locate(workflow, step.path)
    node = place.node
    config = copied_config(node.config) if node.changeable else node.config
    return Visit(
        config=config,
        node=node if config is node.config else replace(node, config=config),
        step=step.path,
        run=run.id,
        names=Scope(run, place.frame, now, record=record, lending=True),
        services=services,
        now=instant(now),
        key=idempotency_key(run.id, step),
        output=copied(step.output),
        draft=copied(step.draft),
        state=copied(step.state) if step.state else {},
        tried=0 if step.put_off is None else step.put_off.tried,
        review=lambda: summarise(workflow, run, now, before=step),
        items=tuple if place.after is None else cache(lambda: _items(workflow, run, place, step, now)),
        item_count=lambda: _item_count(run, place, step),
    )


def look(workflow: Workflow, run: Run, step: Step, now: datetime) -> Prompt:
    """What a step asks, as it is kept, and as it would ask it if the run went back to it: what is shown is what an
    answer is judged by. Raises WizardError where it can't be computed."""
    return prompt_of(make_visit(workflow, _seen_from(run, step), step, now))


def _seen_from(run: Run, step: Step) -> Run:
    """The run as the step finds it at a first visit; see Turn.seen_from."""
    if step.path == run.steps[run.cursor].path and not step.is_done:
        return run
    position = bisect_left(run.steps, step.seq, key=lambda other: other.seq)
    undone = as_undone(step)
    steps = (*run.steps[:position], undone)
    return run._replace(steps=steps, cursor=position, by_path=run.by_path.set(step.path, undone))


def prompt_of(visit: Visit[Any]) -> Prompt:
    """What a node asks. Raises RunError where that can't be computed."""
    handler: NodeType[Any] = visit.node.handler
    try:
        return checked_prompt(computed(handler.prompt, visit, Prompt, visit), visit)
    except RunError:
        raise
    except Exception as error:
        what = f"{type(error).__name__} was raised where its prompt is made."
        failure = NodeFailed(what, people=Excuse.NOT_SHOWN, node=visit.step, run=visit.run)
        failure.origin = error
        raise failure from error


def still_holds(visit: Visit[Any]) -> bool:
    """Whether the step's node takes the answer that it has, as things are now (`accepts`). Raises what `computed`
    does."""
    return bool(computed(visit.node.handler.accepts, visit, object, visit))


def summarise(workflow: Workflow, run: Visible, now: datetime, before: Step | None = None) -> tuple[Item, ...]:
    """The lines a review shows: what each decided foreground step below `before` answered."""
    lines: list[Item] = []
    answered = list(takewhile(lambda step: before is None or step.seq < before.seq, run.steps[: run.cursor + 1]))
    for step in latest_visits(answered):
        if step.is_answered and not step.is_closed:
            lines += _lines(workflow, run, step, now)
    return tuple(lines)


def _lines(workflow: Workflow, run: Visible, step: Step, now: datetime) -> Iterator[Item]:
    """What a step answered, below what its page and the parts of the form around it are called."""
    place = locate(workflow, step.path)
    items = _summary(workflow, run, step, now) if place.after is None else _list(run, place, step, now)
    if items:
        group = _group(run, place, now) if "/" in step.path else ""
        page = _rendered(place.node, Scope(run, place.frame, now))
        for item in items:
            yield replace(item, group=item.group or group, page=item.page or page)


def _list(run: Visible, place: Place, step: Step, now: datetime) -> tuple[Item, ...]:
    """The line of a list page: how many items there are, and where one is added or taken out. Only the last one of
    a repeat has a line."""
    if (step.output or {}).get("add_another"):
        return ()
    called = _called(call_of(place.node).repeat, Scope(run, place.frame, now))
    scope = Scope(run, place.frame, now)
    label = _rendered(place.node, scope) or called or ADDED.in_language(scope.language)
    return (Item(label, str(_item_count(run, place, step)), step.path),)


def latest_visits(steps: Sequence[Step]) -> list[Step]:
    """The steps without those that a later visit of the same place in a loop has taken the place of."""
    if not any("~" in step.path for step in steps):
        return list(steps)
    latest: dict[str, int] = {}
    for step in steps:
        for place, visit in _visits(step.path):
            if step.is_done or "/" in step.path[len(place) :]:
                latest[place] = max(visit, latest.get(place, 1))
    return [step for step in steps if all(visit == latest.get(place, visit) for place, visit in _visits(step.path))]


def _visits(path: str) -> Iterator[tuple[str, int]]:
    """Each place that a path goes through in its nesting, without its visit there, and the number of that visit."""
    above = ""
    for segment in path.split("/"):
        node, _, visit = segment.partition("~")
        yield above + node, int(visit or 1)
        above += f"{segment}/"


def _group(run: Visible, place: Place, now: datetime) -> str:
    """What the items and embedded workflows are called that the step belongs to, the outermost first ("Your household,
    Person 2"), so that equal questions can be told apart; "" where none has a name."""
    names: list[str] = []
    frame = place.frame
    while frame.parent is not None and frame.call is not None:
        outside = Scope(run, frame.parent, now)
        called = _rendered(frame.call, outside) if frame.item is None else _item_name(run, frame, outside)
        names.insert(0, called)
        frame = frame.parent
    return ", ".join(name for name in names if name)


def _item_name(run: Visible, frame: Frame, outside: Scope) -> str:
    """What one item of a repeat is called: by the element of a list where that is a value by itself, else by number."""
    assert frame.call is not None
    repeat = call_of(frame.call).repeat
    assert repeat is not None
    title = _rendered(frame.call, outside)
    if repeat.for_each is None:
        return f"{_called(repeat, outside) or title} {item_position(run, frame, outside.now) or ''}".strip()
    element = element_of(run, frame, outside.now)
    if repeat.item is not None:
        return _text(repeat.item, Element(element, outside.now, outside))
    if isinstance(element, Mapping | list | tuple | None):
        return f"{title} {item_position(run, frame, outside.now) or ''}".strip()
    return ": ".join(name for name in (title, plain(element, outside.language)) if name)


def _called(repeat: Repeat | None, outside: Scope) -> str:
    return "" if repeat is None or repeat.item is None else _text(repeat.item, outside)


def _rendered(node: Node, names: Names) -> str:
    """A node's title as it reads now, "" where it has none."""
    return "" if node.title is None else _text(node.title, names)


def _text(template: Template, names: Names) -> str:
    """The text, "" where it can't be made: a list of answers is shown even so."""
    try:
        return template.render(names)
    except WizardError:
        return ""


def _item_count(run: Visible, place: Place, step: Step) -> int:
    return 0 if place.after is None else count_items(run.removed, step.path.rpartition("/")[0], place.after)


def _items(workflow: Workflow, run: Visible, place: Place, step: Step, now: datetime) -> tuple[Item, ...]:
    """The items of the repeat whose list page `step` is: each with its first answers, the step to
    change it at, and its path to take it out."""
    assert place.after is not None
    base = step.path.rpartition("/")[0]
    numbers = (number for number in range(1, place.after + 1) if f"{base}/{number}" not in run.removed)
    by_number: dict[int, list[Step]] = {number: [] for number in numbers}
    for other in run.steps[: run.cursor + 1]:
        if other.is_answered and other.path.startswith(base + "/") and other.seq < step.seq:
            segment = other.path[len(base) + 1 :].partition("/")[0]
            if not segment.startswith(AFTER):
                by_number[int(segment)].append(other)
    called = _called(call_of(place.node).repeat, Scope(run, place.frame, now))
    items: list[Item] = []
    for position, (number, steps) in enumerate(by_number.items(), start=1):
        lines = [line.value for step in steps for line in _summary(workflow, run, step, now) if line.value]
        label = f"{called} {position}".strip()
        first = steps[0].path if steps else None
        items.append(Item(label, ", ".join(lines[:2]), step=first, remove=f"{base}/{number}"))
    return tuple(items)


def _summary(workflow: Workflow, run: Visible, step: Step, now: datetime) -> tuple[Item, ...]:
    visit = make_visit(workflow, run, step, now)
    handler: NodeType[Any] = visit.node.handler

    def summary(visit: Visit[Any]) -> object:
        items: object = handler.summary(visit)
        return tuple(items) if isinstance(items, Iterable) else items

    try:
        return checked_items(computed(summary, visit, tuple, visit), visit)
    except Exception as error:  # it is the step's own failure, not that of the page that lists it
        broke(log, error, "the answers of step %s of run %s can't be listed", visit.step, visit.run)
        return (Item(visit.node.id, UNLISTED.in_language(visit.language), step.path),)
