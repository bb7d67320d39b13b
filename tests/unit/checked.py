"""What `wizard check` says of a definition that is written in a test, with the node types that are built in."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

from wizard.definitions.checks import check
from wizard.definitions.draft import Draft
from wizard.definitions.drafting import draft
from wizard.definitions.reading.source import read
from wizard.node import Registry

REGISTRY = Registry.installed()


def told(text: str, functions: Mapping[str, Any] | None = None) -> list[str]:
    """All problems, like `3 error: message`, by line."""
    drafts: dict[str, Draft] = {}
    problems = []
    for document in read(dedent(text), "a.yaml"):
        found, wrong = draft(document, REGISTRY)
        assert found is not None
        drafts[found.id] = found
        problems += wrong
    problems += check(drafts, functions=functions)
    return [f"{each.line} {each.severity}: {each.message}" for each in sorted(problems)]
