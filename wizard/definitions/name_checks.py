"""Names in expressions and templates that nothing has, or that have no value yet where they are read (S17)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from wizard.definitions.chains import chains_of
from wizard.definitions.draft import Draft, NodeDraft
from wizard.definitions.edges import closure
from wizard.definitions.inputs import ITEM_NAMES
from wizard.definitions.internal import ConditionConfig, WorkflowConfig
from wizard.definitions.reading.complaints import did_you_mean, quoted
from wizard.errors import Problem
from wizard.model import Chain
from wizard.model.workflow import Path
from wizard.node.types import DOCUMENTS

Drafts = Mapping[str, Draft]
FEW = 6  # names that are told where one isn't among them


def check_names(draft: Draft, drafts: Drafts) -> Iterator[Problem]:
    """What is wrong, or doubtful, with the dotted names of one definition."""
    follows = closure({node.id: node.successors for node in draft.nodes}) if is_connected(draft) else None
    nodes = {node.id: node for node in draft.nodes}
    for node in draft.nodes:
        for place, chain, own in chains_of(node):
            if chain[0] in own:
                continue
            mine = frozenset() if node.written is None else node.handler.own_names(node.written) & own
            problem = _unknown(chain, draft, nodes, drafts, mine)
            if problem is not None:
                yield draft.document.problem(place, problem, offset=place_in(draft, place, ".".join(chain)))
            elif chain[0] == node.id and _is_repeated(node):
                continue  # its list page and what its items are handed see the items before
            elif follows is not None and chain[0] in nodes and node.id not in follows[chain[0]]:
                dotted = quoted(".".join(chain))
                message = f"`{chain[0]}` is never visited before `{node.id}`, so {dotted} is always null here"
                yield draft.document.problem(
                    place, message, severity="warning", offset=place_in(draft, place, ".".join(chain))
                )


def _is_repeated(node: NodeDraft) -> bool:
    return isinstance(node.config, WorkflowConfig) and node.config.repeat is not None


def check_item_names(draft: Draft, drafts: Drafts) -> Iterator[Problem]:
    """`input.index` and `input.item` where a node is repeated, and not inside what it repeats."""
    if any(
        _is_repeated(node) and config.workflow == draft.id for host in drafts.values() for node, config in host.calls
    ):
        return
    declared = {field.name for field in draft.input}
    for node, config in draft.calls:
        if config.repeat is None:
            continue
        for place, chain, own in chains_of(node):
            if chain[0] == "input" and len(chain) > 1 and chain[1] in ITEM_NAMES - declared and "input" not in own:
                dotted = ".".join(chain[:2])
                message = (
                    f"`{dotted}` is null here, where `input` is what `{draft.id}` itself is handed; each item gets its "
                    f"own, so read `{dotted}` inside `{config.workflow}`"
                )
                yield draft.document.problem(place, message, severity="warning", offset=place_in(draft, place, dotted))


def is_connected(draft: Draft) -> bool:
    """Whether it is known where each node leads."""
    known = {node.id for node in draft.nodes}
    return draft.whole and all(target in known for node in draft.nodes for target in node.successors)


def _unknown(
    chain: Chain, draft: Draft, nodes: Mapping[str, NodeDraft], drafts: Drafts, own: frozenset[str]
) -> str | None:
    """What is wrong with a dotted name, as seen inside `draft`, where the names `own` may have been meant as well."""
    root = chain[0]
    if root == "input":
        return _unknown_input(chain, draft)
    if root in DOCUMENTS:
        return None
    node = nodes.get(root)
    if node is None:
        if root in draft.ids:
            return None
        known = {*own, *DOCUMENTS, *draft.valued}
        return f"there is nothing called {quoted(root)} here{did_you_mean(root, known)}"
    if isinstance(node.config, ConditionConfig):
        return f"{quoted(root)} is a condition, which has no values"
    return _unknown_below(chain, 1, node, drafts)


def _unknown_input(chain: Chain, draft: Draft) -> str | None:
    declared = {*draft.document.data.get("input", ()), *(field.name for field in draft.input)} if draft.input else set()
    if not declared or len(chain) == 1 or chain[1] in declared or chain[1] in ITEM_NAMES:
        return None
    return f"`{draft.id}` declares no input {quoted(chain[1])}{did_you_mean(chain[1], declared)}"


def _instead(name: str, outputs: Collection[str]) -> str:
    """The end of a sentence: what a name may be meant for, or else all that there are where they are few."""
    if meant := did_you_mean(name, outputs):
        return meant
    return f"; it has {', '.join(map(quoted, sorted(outputs)))}" if 0 < len(outputs) <= FEW else ""


def _unknown_below(chain: Chain, depth: int, node: NodeDraft, drafts: Drafts) -> str | None:
    while depth < len(chain) and (config := node.written) is not None:
        name = chain[depth]
        if not isinstance(config, WorkflowConfig):
            outputs = node.outputs
            if outputs is None or name in outputs:
                return None
            return f"{quoted('.'.join(chain[:depth]))} has no value {quoted(name)}{_instead(name, outputs)}"
        inner = drafts.get(config.workflow)
        if config.repeat is not None or inner is None:
            return None
        visible = inner.valued
        if name not in visible:
            if name in inner.ids - {node.id for node in inner.nodes}:
                return None
            where = f"`{inner.id}`, which {quoted('.'.join(chain[:depth]))} embeds,"
            return f"{where} has no node {quoted(name)} with values{did_you_mean(name, visible)}"
        node = visible[name]
        depth += 1
    return None


def place_in(draft: Draft, place: Path, text: str) -> int | None:
    """Where in the text at `place` this one stands, if it says it as it is."""
    value = draft.document.data
    for part in place:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    at = value.find(text) if text and isinstance(value, str) else -1
    return at if at >= 0 else None
