"""Workflows that are tried, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.workflows import START
from wizard.app import services_of
from wizard.debugging.playing import Tried, play
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading import source
from wizard.model.trial import Line, Report, Trial
from wizard.node import NodeType, Registry
from wizard.profiles.schema import ProfileSchema
from wizard.settings import Settings


async def tried(
    *texts: str,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    node_types: tuple[type[NodeType[Any]], ...] = (),
    settings: Settings | None = None,
    profiles: ProfileSchema | None = None,
    seconds: float = 10.0,
    **trial: Any,
) -> Report:
    """The report of a trial of the first definition."""
    registry = Registry.installed()
    for node_type in node_types:
        registry.add(node_type)
    documents = [source.read(text.encode(), "definition.yaml")[0] for text in texts]
    catalog = Catalog.from_read(documents, registry)
    workflow = next(iter(catalog.all_workflows()))
    services = services_of(settings or Settings(), functions)
    what = Tried(workflow, catalog.bundle(workflow.id))
    return await play(what, Trial(**trial), services, START, profiles=profiles, seconds=seconds)


def line(report: Report, step: str) -> Line:
    """The one line of a step."""
    (only,) = (line for line in report.trace if line.step == step)
    return only


def taken(report: Report) -> set[tuple[str, str, str | None]]:
    """The edges that were taken."""
    return {way[:3] for way in report.edges if way.taken}
