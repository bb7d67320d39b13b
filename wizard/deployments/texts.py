"""The text of a draft, read and checked: alone, and with all that it embeds as that is deployed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from wizard.definitions.catalog import Catalog
from wizard.definitions.reading import source
from wizard.definitions.reading.document import Document
from wizard.errors import DefinitionError, Problem
from wizard.node import Registry
from wizard.node.types import WORKFLOW_ID

ID_PATTERN = f"^{WORKFLOW_ID}$"
NO_ID = "`id` must be a name of at most 64 letters (a to z), digits, _ and - that begins with a letter"


def is_workflow_id(text: str) -> bool:
    """Whether a workflow can be called so."""
    return re.fullmatch(WORKFLOW_ID, text) is not None


def read_text(text: str, workflow: str | None = None) -> Document:
    """The definition in a draft's text, of this workflow where one is named. Raises DefinitionError."""
    file = workflow or "draft"
    documents = source.read(text, f"{file}.json" if text.lstrip("\ufeff \t\r\n").startswith("{") else file)
    if len(documents) > 1:
        raise DefinitionError([Problem(file, 1, 1, "a draft holds one workflow; save each as a draft of its own")])
    (document,) = documents
    name = document.data.get("id") if isinstance(document.data, Mapping) else None
    if name is None:
        raise DefinitionError([document.problem((), "the workflow has no `id`")])
    if not isinstance(name, str):
        raise DefinitionError([document.problem(("id",), NO_ID)])
    if workflow not in (None, name):
        raise DefinitionError([document.problem(("id",), f"this is the workflow `{name}`, not `{workflow}`")])
    return document


def id_of(text: str) -> str:
    """Which workflow a text is of. Raises DefinitionError, also for an id that no workflow can have."""
    document = read_text(text)
    name: str = document.data["id"]
    if not is_workflow_id(name):
        raise DefinitionError([document.problem(("id",), NO_ID)])
    return name


def embedded_in(data: Any) -> frozenset[str]:
    """The workflows that a definition embeds itself, whatever else is wrong with it."""
    nodes = data.get("nodes") if isinstance(data, Mapping) else None
    named = (
        node.get("workflow")
        for node in (nodes if isinstance(nodes, Sequence) else ())
        if isinstance(node, Mapping) and node.get("type") == "workflow"
    )
    return frozenset(name for name in named if isinstance(name, str))


def compiled(
    document: Document, embedded: Iterable[Document], registry: Registry, deployed: Collection[str]
) -> Catalog:
    """The workflow and all that it embeds; it may start what is deployed. Raises DefinitionError with every problem of
    it."""
    return Catalog.from_read([document, *embedded], registry, deployed)
