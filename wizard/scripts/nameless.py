"""Texts that name what isn't there on the way that a run has taken: “Call  to confirm” instead of a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from wizard.definitions.chains import computed_in
from wizard.errors import WizardError
from wizard.expressions.template import Template
from wizard.machine.scope import Scope
from wizard.model import Node

_NAME = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.\w+)+)\s*\}\}")


class Nameless(NamedTuple):
    """A text of a node that names a step that the run hasn't come to."""

    workflow: str
    node: str
    text: str
    name: str

    @property
    def meant(self) -> str:
        """The text with the name in the place of what it stands for, for a script that shows what is missing."""
        return _NAME.sub(lambda match: f"[{match[1]}]", self.text)


def nameless_texts(node: Node, scope: Scope) -> Iterator[Nameless]:
    """The texts of a node that name steps that aren't on the path. Texts that ask first (`{% if %}`) are left alone."""
    for source in _templates(node):
        yield from _missing(scope.frame.workflow.id, node, source, scope)


@lru_cache(maxsize=1000)
def _templates(node: Node) -> tuple[str, ...]:
    """The texts of its templates. Walks come to the same nodes again and again; each is looked through once."""
    parts = (part for value in (node.title, node.config) for _, part, _ in computed_in(value, ()))
    return tuple(part.source for part in parts if isinstance(part, Template))


def _missing(workflow: str, node: Node, source: str, scope: Scope) -> Iterator[Nameless]:
    if "{%" in source:
        return
    for name in _NAME.findall(source):
        root = name.partition(".")[0]
        if root in scope.frame.workflow.nodes and root != node.id and _is_missing(scope, root):
            yield Nameless(workflow, node.id, source, name)


def _is_missing(scope: Scope, root: str) -> bool:
    try:
        return scope.read((root,)) is None
    except WizardError:
        return False
