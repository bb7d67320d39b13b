"""Drafts of definitions, checked, become a compiled Workflow."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.definitions.draft import Draft, NodeDraft, target_of
from wizard.definitions.edges import closure, remaining
from wizard.definitions.format import STEP
from wizard.definitions.inputs import ITEM_NAMES, typed
from wizard.definitions.internal import ConditionConfig, RepeatConfig, WorkflowConfig
from wizard.expressions.prose import prose
from wizard.model import (
    AfterTries,
    Awaited,
    Branches,
    Call,
    Case,
    Kind,
    Message,
    Node,
    OnError,
    Remaining,
    Reminder,
    Repeat,
    Retry,
    StartsOn,
    Topic,
    Workflow,
)
from wizard.model.copies import changeable
from wizard.model.events import FIELDS
from wizard.node import NodeConfig
from wizard.node.keys import REMINDERS, EventFormat, ReminderFormat


def build(draft: Draft, embedded: Mapping[str, Workflow], version: str) -> Workflow:
    """The compiled workflow. The draft must be checked, and `embedded` hold every workflow it calls."""
    nodes = {node.id: _compiled(node, embedded) for node in draft.nodes}
    pages = {node.id: pages_of(node) for node in nodes.values()}
    head = draft.head
    return Workflow(
        id=head.id,
        version=version,
        title=head.title or head.id,
        text=prose(head.text),
        nodes=nodes,
        start=draft.nodes[0].id,
        reach=closure({node.id: node.successors for node in draft.nodes}),
        remaining=remaining({node.id: node.exits for node in draft.nodes}, pages),
        input=draft.input,
        reopen=head.reopen,
        save=head.save is not False,
        saves_steps=head.save == STEP,
        listed=head.listed,
        expires_after=head.expires_after,
        delete_after=head.delete_after,
        language=head.language,
        events=_known_events(draft, embedded),
        awaited=_awaited(draft, embedded),
        help=tuple(Topic(topic.ask, prose(topic.answer or ""), topic.workflow or "") for topic in head.help),
        agent=head.agent,
        starts_on=tuple(StartsOn(start.event, start.when) for start in head.on),
    )


def _awaited(draft: Draft, embedded: Mapping[str, Workflow]) -> frozenset[str]:
    """The names of the events that some node takes."""
    own = frozenset(event.name for node in draft.nodes for event in node.events)
    return own.union(*(embedded[config.workflow].awaited for _, config in draft.calls))


def _known_events(draft: Draft, embedded: Mapping[str, Workflow]) -> frozenset[str] | None:
    """The names of the events that the definition uses. None where it may use any: it reads the whole document, or
    names none and runs code that may read any."""
    chains = [chain for node in draft.nodes for chain in node.names if chain[0] == "event"]
    inner = [embedded[config.workflow].events for _, config in draft.calls]
    read = frozenset[str]().union(*(chain[1:2] for chain in chains), *(part for part in inner if part))
    known = _awaited(draft, embedded) | (read.difference(FIELDS) if draft.head.on else read)
    unsure = any(len(chain) == 1 for chain in chains) or None in inner
    unnamed = not known and any(node.handler.reads_events for node in draft.nodes)
    return None if unsure or unnamed else known


def _compiled(node: NodeDraft, embedded: Mapping[str, Workflow]) -> Node:
    common = node.common
    retry = common.retry
    error, tries = common.on_error, common.after_tries
    config = _config(node.config, embedded)
    return Node(
        id=node.id,
        type=node.handler.type,
        kind=node.handler.kind,
        config=config,
        handler=node.handler,
        next=node.next,
        targets=node.successors,
        title=common.title,
        final=common.final,
        depends_on=tuple(common.depends_on),
        on_error=OnError(error.action, target_of(error.goto) if error.goto is not None else None),
        retry=Retry(retry.attempts, retry.backoff, retry.max_backoff) if retry is not None else Retry(),
        timeout=common.timeout,
        slow=common.slow,
        concurrency=common.concurrency,
        example=common.example,
        remind=_reminder(common.remind_after),
        after_tries=None if tries is None else AfterTries(tries.tries, target_of(tries.goto)),
        expires_after=common.expires_after,
        changeable=changeable(config),
        events=tuple(_event(event) for event in node.events),
        ports=node.ports,
        port_names=node.port_names,
        names=node.names,
        secrets=node.secrets,
        files=node.files,
    )


def _event(event: EventFormat) -> Awaited:
    goto = None if event.goto is None else target_of(event.goto)
    return Awaited(event.name, event.when, event.goto is not None, goto, getattr(event, "text", None))


def _reminder(reminder: ReminderFormat | None) -> Reminder | None:
    if reminder is None:
        return None
    message = reminder.message
    sent = None if message is None else Message(message.send, message.to, message.subject, message.text)
    after = reminder.after or reminder.every
    assert after is not None
    times = 1 if reminder.every is None else reminder.times or REMINDERS
    goto = None if reminder.goto is None else target_of(reminder.goto)
    return Reminder(after, goto, sent, reminder.every, times, reminder.text)


def _config(config: NodeConfig | None, embedded: Mapping[str, Workflow]) -> object:
    match config:
        case ConditionConfig():
            return Branches(tuple(Case(case.when, target_of(case.goto)) for case in config.cases))
        case WorkflowConfig():
            inner = embedded[config.workflow]
            also = ITEM_NAMES if config.repeat is not None else frozenset()
            return Call(inner, typed(inner.id, inner.input, config.with_, also), _repeat(config.repeat))
    return config


def _repeat(config: RepeatConfig | None) -> Repeat | None:
    if config is None:
        return None
    return Repeat(
        times=config.times,
        for_each=config.for_each,
        key=config.key,
        min=1 if config.min is None else config.min,
        max=config.max,
        add_another=config.add_another,
        item=config.item,
    )


def pages_of(node: Node) -> Remaining:
    """How many foreground steps one visit of a node takes. A repeat that asks has a list page after
    each item from its `min` on, and before the first where `min` is 0."""
    if node.kind is Kind.FOREGROUND:
        return Remaining(1, 1)
    if not isinstance(node.config, Call):
        return Remaining(0, 0)
    inner = node.config.workflow.remaining[node.config.workflow.start]
    repeat = node.config.repeat
    if repeat is None:
        return inner
    if not repeat.asks:
        return Remaining(0, 0 if inner.max == 0 else None)
    least = repeat.min * inner.min + 1
    if repeat.max is None or inner.max is None:
        return Remaining(least, None)
    return Remaining(least, repeat.max * inner.max + repeat.max - repeat.min + 1)
