"""Whether a node type, a field type or a channel keeps its contract: its documentation, its schema, its form, its JSON,
and its example, which is run. It is called in a process of its own (wizard.plugins.inspection): what others wrote may
do anything.

An example is run as a debug run is: without effects a type that has some isn't called itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from wizard.actions.action import Action
from wizard.actions.asking import workflow_of
from wizard.actions.configuration_form import config_of, form_values, normalised
from wizard.actions.described import in_full
from wizard.actions.documentation import documentation, outputs
from wizard.actions.example import ID, definition
from wizard.actions.validation import by_name, validate
from wizard.debugging.playing import Tried, play
from wizard.definitions.catalog import Catalog
from wizard.definitions.reference import keys_in
from wizard.errors import ConfigurationRefused, WizardError
from wizard.forms.field_type import BaseField, FieldType
from wizard.model import Kind
from wizard.model.copies import copied
from wizard.model.trial import Trial
from wizard.model.values import write_json
from wizard.node import NodeType, Registry, Services
from wizard.node.plugins import reason_of
from wizard.plugins.report import Finding
from wizard.process.isolation import contained
from wizard.settings import Settings

PATIENCE = 10.0  # seconds for an example, where it awaits

Stage = Callable[[str], None]
"""Is told what is looked at next, so that whoever waits knows where it hangs."""


def of_node(node_type: NodeType[Any], registry: Registry, stage: Stage, *, effects: bool = False) -> Iterator[Finding]:
    """What is wrong with a node type of a registry."""
    subject = f"node type {node_type.type}"
    action = Action(node_type, registry.fields)
    handed = None if node_type.example is None else copied(dict(node_type.example))
    views: tuple[tuple[str, Callable[[Action, Registry], Iterator[tuple[bool, str]]]], ...] = (
        ("documentation", _documentation),
        ("schema", _schema),
        ("form", _form),
        ("example", _example),
    )
    for name, look in views:
        stage(f"the {name} of the {subject}")
        yield from _found(subject, name, lambda look=look: look(action, registry))  # type: ignore[misc]
    if handed is not None and node_type.kind is not Kind.INTERNAL:
        stage(f"the example of the {subject}, which is run")
        yield from _found(subject, "example run", lambda: _run(action, registry, effects=effects))
    if handed is not None and dict(node_type.example or {}) != handed:
        yield Finding("error", subject, "it changes its configuration: what it is handed belongs to the definition")


def of_field(field_type: FieldType, registry: Registry, stage: Stage) -> Iterator[Finding]:
    """What is wrong with a field type of a registry."""
    subject = f"field type {field_type.name}"
    stage(f"the {subject}, which is asked")
    yield from _found(subject, "question", lambda: _asked(field_type, registry))


def of_channel(subject: str, make: Callable[..., Any], stage: Stage) -> Iterator[Finding]:
    """What is wrong with a channel."""
    from wizard.plugins.channel_check import made_and_started  # only few plug-ins need aiohttp

    stage(f"the {subject}, which is made and started")
    yield from _found(subject, "application", lambda: made_and_started(make))


def _found(subject: str, what: str, look: Callable[[], Iterator[tuple[bool, str]]]) -> Iterator[Finding]:
    """What looking finds, and what it raises."""
    try:
        for is_wrong, message in look():
            yield Finding("error" if is_wrong else "warning", subject, message)
    except BaseException as raised:
        failure = contained(raised)
        told = str(failure) if isinstance(failure, WizardError) else reason_of(failure)
        yield Finding("error", subject, f"its {what} can't be made: {told}")


# -- node types --------------------------------------------------------------------------------------


def _documentation(action: Action, registry: Registry) -> Iterator[tuple[bool, str]]:
    if not (type(action.node_type).__dict__.get("__doc__") or "").strip():
        yield True, "it has no docstring: its first line is what people find the type by"
    elif not action.summary.rstrip().endswith((".", "!", "?")):
        yield False, f"the first line of its docstring is no sentence: {action.summary[:80]!r}"
    documentation(action)
    for key in keys_in(action.schema):
        if not key.description:
            yield False, f"its key `{key.name}` says nothing of itself: give the field a `description`"
    if action.group == "other":
        yield False, "it has no `group`: in the catalogue it stands among what has none"


def _schema(action: Action, registry: Registry) -> Iterator[tuple[bool, str]]:
    if json.loads(json.dumps(action.schema)) != action.schema:
        yield True, "its JSON Schema isn't plain JSON: its keys and defaults have to be"
    write_json(in_full(action))


def _form(action: Action, registry: Registry) -> Iterator[tuple[bool, str]]:
    for config in ({}, action.example or {}):
        Catalog.from_documents([workflow_of(action, form_values(action, config))], registry)
    yield from ()


def _example(action: Action, registry: Registry) -> Iterator[tuple[bool, str]]:
    if action.example is None:
        yield True, "it has no `example`: give the class one, a configuration that runs"
        return
    given = action.example
    before = copied(given)
    try:
        config = validate(action, given)
    except ConfigurationRefused as refused:
        for key, message in by_name(refused.errors).items():
            yield True, f"its example is wrong: {f'{key}: ' if key else ''}{message}"
        return
    if given != before:
        yield True, "it changes the configuration that it is handed: that belongs to the definition"
    if config_of(action, form_values(action, config)) != normalised(action, config):
        yield True, "its form says something else than the JSON that it was filled in with"
    _check_outputs(action, config)


def _check_outputs(action: Action, config: Mapping[str, Any]) -> None:
    """Raises whatever `outputs` raises: the page only leaves it out."""
    node_type = action.node_type
    names = node_type.outputs(node_type.Config.model_validate(config, context=action.fields))
    if names is not None and not all(isinstance(name, str) for name in names):
        raise TypeError("`outputs` gives names, or None")


def _run(action: Action, registry: Registry, *, effects: bool) -> Iterator[tuple[bool, str]]:
    document = definition(action)
    assert document is not None
    catalog = Catalog.from_documents([document], registry)
    tried = Tried(catalog.get(ID), catalog.bundle(ID))
    node = tried.workflow.nodes[ID]
    results: dict[str, Any] = {}
    stands_for_it = action.node_type.kind is Kind.BACKGROUND and not (effects or action.node_type.pure)
    if stands_for_it and action.node_type.example_output(node.config) is None:
        results[ID] = dict.fromkeys(outputs(action) or (), "example")
    trial = Trial(results=results, effects=effects)
    services = Services(settings=Settings())
    report = asyncio.run(play(tried, trial, services, datetime.now(UTC), seconds=PATIENCE))
    errors = list(dict.fromkeys(line.error for line in report.trace if line.error))
    if report.status == "failed" and not errors:
        errors = [report.stopped or "the run failed"]
    for error in errors:
        yield True, f"its example doesn't run: {error}"
    if report.stopped and not errors:
        yield False, f"its example runs, but {report.stopped[:1].lower()}{report.stopped[1:]}"


# -- field types -------------------------------------------------------------------------------------


def _asked(field_type: FieldType, registry: Registry) -> Iterator[tuple[bool, str]]:
    """A form that asks it. A type that needs settings of its own can't be asked without: that is its author's test."""
    needed = [name for name, known in field_type.model.model_fields.items() if known.is_required()]
    if not (field_type.model.__doc__ or "").strip() or field_type.model.__doc__ == BaseField.__doc__:
        yield False, "its model has no docstring: it is what authors read of it"
    if beyond := sorted(set(needed) - {"name", "type"}):
        yield False, f"it wasn't asked: it needs {', '.join(f'`{name}`' for name in beyond)}"
        return
    asked = {"name": "answer", "type": field_type.name}
    catalog = Catalog.from_documents(
        [{"id": ID, "nodes": [{"id": "ask", "type": "form", "fields": [asked]}]}], registry
    )
    tried = Tried(catalog.get(ID), catalog.bundle(ID))
    report = asyncio.run(play(tried, Trial(), Services(settings=Settings()), datetime.now(UTC), seconds=PATIENCE))
    if report.current is None or [each.name for each in report.current.fields] != ["answer"]:
        yield True, f"it can't be asked: {report.stopped or report.status}"
