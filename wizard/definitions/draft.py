"""A draft: a definition as far as it could be read (wizard.definitions.drafting), with what can be told of it before it
is compiled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from wizard.definitions.chains import Part, chains_of, parts_of
from wizard.definitions.format import WorkflowFormat
from wizard.definitions.internal import ConditionConfig, WorkflowConfig
from wizard.definitions.reading.document import Document
from wizard.definitions.salvage import Partial
from wizard.forms.field_type import BaseField
from wizard.model import Chain, Kind
from wizard.model.workflow import Path
from wizard.node import NodeConfig, NodeType
from wizard.node.keys import EventFormat, NodeFormat
from wizard.node.types import END


@dataclass(frozen=True)
class NodeDraft:
    """A node whose common keys are read. `config` is None where the configuration is wrong, and `partial` what is left
    of it then; `secrets` are the names below its id that are never shown again, `files` those of uploaded files."""

    place: Path
    common: NodeFormat
    handler: NodeType[Any]
    config: NodeConfig | None
    below: str | None  # the node that is written below
    secrets: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    partial: Partial | None = None

    @property
    def id(self) -> str:
        return self.common.id

    @property
    def written(self) -> NodeConfig | None:
        """The configuration, or what is left of a wrong one."""
        return self.config if self.partial is None else self.partial.config

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Its expressions and templates; several checks go through them."""
        return tuple(parts_of(self))

    @cached_property
    def names(self) -> frozenset[Chain]:
        """The dotted names that it reads, without its own."""
        return frozenset(chain for _, chain, own in chains_of(self) if chain[0] not in own)

    def written_at(self, path: Path) -> Path:
        """Where what stands at `path` in `written` stands in the document."""
        return (*self.place, *(path if self.partial is None else self.partial.place(path)))

    @property
    def named(self) -> tuple[tuple[Path, str], ...]:
        """The targets that the author wrote, with their places."""
        targets: list[tuple[Path, str]] = []
        match self.common.next:
            case str(target):
                targets.append(((*self.place, "next"), target))
            case dict(ports):
                targets += (((*self.place, "next", port), target) for port, target in ports.items())
        written = self.written
        if isinstance(written, ConditionConfig):
            places = (self.written_at(("cases", index, "goto")) for index in range(len(written.cases)))
            targets += zip(places, (case.goto for case in written.cases), strict=True)
        if self.common.on_error.goto is not None:
            targets.append(((*self.place, "on_error", "goto"), self.common.on_error.goto))
        if self.unanswered is not None:
            targets.append(((*self.place, "remind_after", "goto"), self.unanswered))
        if self.given_up is not None:
            targets.append(((*self.place, "after_tries", "goto"), self.given_up))
        targets += [((*self.place, "event"), event.goto) for event in self.events if event.goto is not None]
        return tuple(targets)

    @property
    def next(self) -> str | None:
        """The node that follows on the ordinary way; None for the end, and for conditions, whose cases say."""
        if self.handler.ends or isinstance(self.config, ConditionConfig):
            return None
        return target_of(self.common.next) if isinstance(self.common.next, str) else self.below

    @property
    def port_names(self) -> tuple[str, ...]:
        """The ways out that a node of this type and configuration has, besides the ordinary one."""
        return self.handler.ports if self.config is None else tuple(self.handler.ports_of(self.config))

    @property
    def ports(self) -> dict[str, str | None]:
        """Where the ways out lead that the type names, as far as the definition says."""
        named = self.common.next if isinstance(self.common.next, dict) else {}
        return {port: target_of(target) for port, target in named.items()}

    @property
    def exits(self) -> tuple[str | None, ...]:
        """Where the node leads when nothing fails; None is the end."""
        if isinstance(self.config, ConditionConfig):
            return tuple(dict.fromkeys(target_of(case.goto) for case in self.config.cases))
        ways = [*self.ports.values()]
        if not self.handler.always_ports or self.ports.keys() < {*self.port_names}:
            ways.insert(0, self.next)
        if self.handler.kind is Kind.BACKGROUND:
            ways += (target_of(event.goto) for event in self.events if event.goto is not None)
        return tuple(dict.fromkeys(ways))

    @property
    def events(self) -> tuple[EventFormat, ...]:
        """The events that the node takes."""
        own = () if self.config is None else self.handler.events(self.config)
        return (*self.common.event, *own)

    @property
    def own_outputs(self) -> frozenset[str] | None:
        """The names below the node's id that its type gives, or may give if its configuration is wrong; None where they
        can't be known."""
        if self.written is None:
            return None
        names = self.handler.outputs(self.written)
        return names if names is None or self.partial is None else names | self.partial.names

    @property
    def outputs(self) -> frozenset[str] | None:
        """The names below the node's id that later nodes can read; None where they can't be known."""
        own = self.own_outputs
        return own if own is None or not self.common.event else own | {"event", "data"}

    @property
    def unanswered(self) -> str | None:
        """Where a form leads that isn't answered in time, as the author wrote it."""
        reminder = self.common.remind_after
        return None if reminder is None else reminder.goto

    @property
    def given_up(self) -> str | None:
        """Where a conversation leads that isn't understood, as the author wrote it."""
        tries = self.common.after_tries
        return None if tries is None else tries.goto

    @property
    def successors(self) -> tuple[str, ...]:
        """Every node that an edge leads to."""
        closing = [event.goto for event in self.common.event]
        others = (self.common.on_error.goto, self.unanswered, self.given_up, *closing)
        every = [*self.exits, *(target_of(goto) for goto in others if goto is not None)]
        return tuple(dict.fromkeys(target for target in every if target is not None))


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition whose keys are read. `ids` holds every node id that is written in it, and
    `whole` says that all its nodes are right as far as they can be read alone."""

    document: Document
    head: WorkflowFormat
    input: tuple[BaseField, ...]
    nodes: tuple[NodeDraft, ...]
    ids: frozenset[str]
    whole: bool

    @property
    def id(self) -> str:
        return self.head.id

    @property
    def valued(self) -> dict[str, NodeDraft]:
        """The nodes that can have values, by id."""
        return {node.id: node for node in self.nodes if not isinstance(node.config, ConditionConfig)}

    @property
    def calls(self) -> tuple[tuple[NodeDraft, WorkflowConfig], ...]:
        """The nodes that embed another definition."""
        return tuple((node, node.config) for node in self.nodes if isinstance(node.config, WorkflowConfig))


def target_of(name: str) -> str | None:
    """The node that an author names, None for the end."""
    return None if name == END else name
