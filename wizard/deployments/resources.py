"""Resources that definitions name, held against those that there are: a node that finds none fails in front of people,
so it is said before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wizard.definitions.draft import draft
from wizard.deployments.texts import read_text
from wizard.errors import DefinitionError, StoreError
from wizard.model import Workflow
from wizard.node import Registry
from wizard.resources.handing import Resources, Use
from wizard.resources.naming import Named, resources_in

Names = Mapping[str, str]  # the kind that each has to be of, by name


def named_in_texts(texts: Iterable[str], registry: Registry) -> Names:
    """What these texts name, as far as they can be read."""
    named: list[Named] = []
    for text in texts:
        try:
            document = read_text(text)
        except DefinitionError:
            continue
        made, _ = draft(document, registry)
        for node in () if made is None else made.nodes:
            named += () if node.config is None else resources_in(node.config)
    return {each.name: each.kind for each in named}


def named_in(workflows: Iterable[Workflow]) -> Names:
    """What the nodes of these name."""
    nodes = (node for workflow in workflows for node in workflow.nodes.values())
    return {named.name: named.kind for node in nodes for named in resources_in(node.config)}


async def lacking(names: Names, resources: Resources) -> tuple[str, ...]:
    """What is missing of these, a sentence each."""
    told = [(name, await _lack(name, kind, resources)) for name, kind in sorted(names.items())]
    return tuple(sentence for _, sentence in told if sentence is not None)


async def _lack(name: str, kind: str, resources: Resources) -> str | None:
    try:
        values = await resources.find(name)
    except StoreError as error:
        return f"The resource {name} can't be read: {error.message}"
    if values is None:
        return f"There is no resource {name} (of the kind {kind}). Set it: wizard resources set {name} --kind {kind}"
    value = values.of(Use.PRODUCTION)
    if value is None:
        return f"The resource {name} has no production value. Set it: wizard resources set {name}"
    if value.kind != kind:
        return f"The resource {name} is of the kind {value.kind}, and has to be of the kind {kind}."
    return None
