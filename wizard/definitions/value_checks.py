"""What the checker knows of values before there are any: whether the elements of a list are records (S13), and how long
the texts can be that are joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wizard.definitions.draft import Draft, NodeDraft
from wizard.definitions.elements import Elements
from wizard.definitions.internal import SetConfig, WorkflowConfig
from wizard.errors import Problem
from wizard.expressions.arithmetic import MAX_TEXT
from wizard.expressions.expression import Expression
from wizard.expressions.template import Dynamic
from wizard.forms.field_type import BaseField
from wizard.model import Chain
from wizard.model.workflow import Path
from wizard.node.asking import AskingConfig

NEEDS_KEY = (
    "the elements of this list are groups of values, which may change and still be the same ones; "
    "say what each is known by, like `key: item.id`"
)


def check_lists(draft: Draft, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    """Lists of records whose elements nobody could know again."""
    known = _Known(draft, drafts)
    for node, config in draft.calls:
        repeat = config.repeat
        if repeat is None or repeat.for_each is None or repeat.key is not None:
            continue
        if known.elements.are_records(repeat.for_each.source):
            yield draft.document.problem((*node.place, "repeat", "for_each"), NEEDS_KEY)


def check_spelling(draft: Draft) -> Iterator[Problem]:
    """Texts where a field's setting is a truth value or a number: `yes` and "no" are texts in a definition, and nobody
    can tell what their author takes them for."""
    written: list[tuple[Path, BaseField]] = [(("input", field.name), field) for field in draft.input]
    for node in draft.nodes:
        if isinstance(node.config, AskingConfig):
            written += [((*node.place, "fields", at), field) for at, field in enumerate(node.config.fields)]
    for place, field in written:
        data = _at(draft.document.data, place)
        for name, setting in type(field).model_fields.items():
            text, value = data.get(name), getattr(field, name)
            if isinstance(value, bool) and not isinstance(text, bool | None):
                wanted = "true or false"
            elif type(value) is int and setting.annotation in (int, int | None) and isinstance(text, str):
                wanted = "a whole number"
            else:
                continue
            message = f"`{name}` must be {wanted}; write `{name}: {str(value).lower()}`"
            yield draft.document.problem((*place, name), message)


def _at(data: Any, place: Path) -> Mapping[str, Any]:
    for part in place:
        data = data[part]
    return data if isinstance(data, Mapping) else {}


class _Known:
    """What a definition says of the values that its expressions read."""

    def __init__(self, draft: Draft, drafts: Mapping[str, Draft]) -> None:
        self._nodes = {node.id: node for node in draft.nodes}
        self._drafts = drafts
        self._open: set[Chain] = set()
        self.elements = Elements(self._holds_records, self._repeats, self._is_group)

    def _repeats(self, chain: Chain) -> bool:
        config = self._config(chain[0])
        return len(chain) == 1 and isinstance(config, WorkflowConfig) and config.repeat is not None

    def _is_group(self, over: Chain, below: Chain) -> bool:
        """Whether what stands there in each item of a repeat is all that one node gave."""
        config = self._config(over[0])
        inner = self._drafts.get(config.workflow) if isinstance(config, WorkflowConfig) else None
        return inner is not None and len(below) == 1 and any(node.id == below[0] for node in inner.nodes)

    def _holds_records(self, chain: Chain) -> bool:
        config = self._config(chain[0])
        if not isinstance(config, SetConfig) or len(chain) != 2 or chain in self._open:
            return False
        value = config.values.get(chain[1])
        source = None if value is None else value.source
        if isinstance(source, list | tuple):
            return any(isinstance(item, Mapping) for item in source)
        written = source.strip() if isinstance(source, str) else ""
        if not (written.startswith("{{") and written.endswith("}}")):
            return False
        self._open.add(chain)
        records = self.elements.are_records(written[2:-2], stored=True)
        self._open.discard(chain)
        return records

    def _config(self, name: str) -> Any:
        node = self._nodes.get(name)
        return None if node is None else node.config


def check_joined(draft: Draft) -> Iterator[Problem]:
    """Texts that are made of answers which may be longer together than such a text may be: a run would stop there."""
    longest = dict(_longest(draft.nodes))
    for node in draft.nodes:
        for place, part, own in node.parts:
            if isinstance(part, Expression) and "+" not in part.source and "join" not in part.source:
                continue
            if isinstance(part, Dynamic) and not isinstance(part.source, str):
                continue
            chains = ((node.id, *chain) if chain[0] in own else chain for chain in part.chains)
            length = sum(longest.get(chain, 0) for chain in chains)
            if length > MAX_TEXT:
                message = (
                    f"the answers that this is made of can have {length:,} characters together, and a computed text "
                    f"{MAX_TEXT:,}: a run would stop here; give the fields a lower `max_length`"
                )
                yield draft.document.problem(place, message, severity="warning")


def _longest(nodes: Iterable[NodeDraft]) -> Iterator[tuple[Chain, int]]:
    """How long the answers can be that people type."""
    for node in nodes:
        if isinstance(node.written, AskingConfig):
            for field in node.written.fields:
                longest = getattr(field, "max_length", None)
                if isinstance(longest, int):
                    yield (node.id, field.name), longest
