"""What is wrong with a node whose type there isn't, or whose type doesn't go with a key that all nodes may have."""

from __future__ import annotations

from typing import Any

from wizard.definitions.reading.complaints import did_you_mean, quoted
from wizard.model import Kind
from wizard.node import NodeType, Registry

MOST_LISTED = 20  # node types in a message: nobody finds theirs among more
NOT_INSTALLED = (
    "wizard runs from its source here and isn't installed, so that nothing announces them; "
    "install it (`pip install -e .`)"
)


def unknown_type(name: str, registry: Registry) -> str:
    """What is wrong with a node type that there isn't: it can't be used, or nobody has announced it."""
    if whys := registry.why_unusable(name):
        return f"the node type {quoted(name)} can't be used: {'; '.join(map(str, whys))}"
    known = [node_type.type for node_type in registry]
    if not known:
        return f"there is no node type {quoted(name)}, nor any other: {NOT_INSTALLED}"
    listed = (
        f"known are {', '.join(known)}" if len(known) <= MOST_LISTED else "`wizard nodes` lists those that there are"
    )
    meant = did_you_mean(name, [*known, *(unusable.type for unusable in registry.unusable)])
    hint = meant or f"; {listed}"
    broken = "; ".join(f"{unusable.type}: {unusable}" for unusable in registry.unusable)
    unusable = f"{'. These' if not meant else ' These'} can't be used: {broken}" if broken else ""
    return f"there is no node type {quoted(name)}{hint}{unusable}"


def why_not(key: str, handler: NodeType[Any]) -> str:
    """Why a node of this type can't have a key that others have."""
    match key:
        case "next" if handler.ends:
            return f"{quoted(handler.type)} nodes have no `next`: they are pages without a way on"
        case "next":
            return "a condition has no `next`: its cases say where it goes"
        case "final":
            return f"a {handler.type} node can't be `final`: nobody answers it and nothing is done in it"
        case "depends_on" if handler.kind is Kind.BACKGROUND:
            return "a background node needs no `depends_on`: it runs again when a value that it read changes"
        case "depends_on":
            return f"a {handler.type} node can't have `depends_on`: it asks nothing; put it on the nodes that ask"
        case "remind_after" | "expires_after" | "event":
            return f"`{key}` is for nodes that wait for a person's answer; {quoted(handler.type)} doesn't"
    return f"`{key}` is for background nodes; {quoted(handler.type)} is none"
