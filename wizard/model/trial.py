"""A debug run: what somebody tries a workflow with, and what is told of it (docs/debugging.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from wizard.model.prompt import Prompt, Value


@dataclass(frozen=True, slots=True)
class Trial:
    """What a workflow is tried with.

    `answers` are what people say, by step, and `results` what comes of nodes, by step: an output, or `{"error": text}`
    for a failure; a list of these has one for each try. Without `effects` no node is called that acts outside of the
    run. `takes` says how long people take for a step before they answer it (`3d`), no time unless given; `at` is when
    the trial begins, now unless given.
    """

    input: Mapping[str, Value] = field(default_factory=dict)
    event: Mapping[str, Value] = field(default_factory=dict)
    profile: Mapping[str, Value] = field(default_factory=dict)
    session: Mapping[str, Value] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    results: Mapping[str, Value] = field(default_factory=dict)
    takes: Mapping[str, str] = field(default_factory=dict)
    effects: bool = False
    at: datetime | None = None


@dataclass(slots=True)
class Line:
    """What happened at one visit of a node. `port` is the way out that was taken, where it has a name; `input` what the
    node read, or what a person sent; `config` its configuration with every expression computed; `log` what was logged
    meanwhile, and what isn't as it would be in a live run. A secret is never in it."""

    step: str
    node: str
    type: str
    port: str | None = None
    input: Value = None
    config: Value = None
    output: Value = None
    state_before: Value = None
    state_after: Value = None
    ms: float | None = None
    error: str | None = None
    log: list[str] = field(default_factory=list)


class Way(NamedTuple):
    """An edge of a workflow. `source` is a node's path, `target` one as well, or `end`; `port` says when the edge is
    taken, None for the ordinary way on."""

    source: str
    target: str
    port: str | None
    taken: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a trial, or of a live run. `stopped` says why a trial wasn't gone on with although it could have
    been; `unrecorded` are the members of lines of which a live run keeps nothing."""

    status: str
    current: Prompt | None
    trace: tuple[Line, ...]
    edges: tuple[Way, ...]
    stopped: str | None = None
    unrecorded: tuple[str, ...] = ()
