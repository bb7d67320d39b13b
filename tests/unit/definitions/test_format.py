"""The keys of the definition format: which nodes may have which, and what an author reads who writes another."""

from __future__ import annotations

import pytest

from tests.unit.tiny import REGISTRY, AskNode, PageNode, WorkNode
from wizard.definitions.draft import draft
from wizard.definitions.reading.source import read
from wizard.node import NodeType
from wizard.node.keys import COMMON, keys_of
from wizard.nodes.flow.condition import ConditionNode
from wizard.nodes.flow.workflow import WorkflowNode

WAITING = {"remind_after", "expires_after", "event", "after_tries"}
WORKING = {"on_error", "retry", "timeout", "slow", "concurrency"}


def complaints(node: str) -> list[str]:
    """What is wrong with the keys of a node."""
    (document,) = read(f"id: w\nnodes:\n  - {{id: a, {node}}}", "a.yaml")
    return [each.message for each in draft(document, REGISTRY)[1]]


@pytest.mark.parametrize(
    ("node_type", "without"),
    [
        (AskNode(), WORKING),
        (PageNode(), WORKING | WAITING | {"next", "example"}),
        (WorkNode(), WAITING | {"depends_on"}),
        (WorkflowNode(), WORKING | WAITING | {"depends_on", "final", "example"}),
        (ConditionNode(), WORKING | WAITING | {"depends_on", "final", "next", "example"}),
    ],
)
def test_a_node_has_the_keys_that_do_something(node_type: NodeType, without: set[str]) -> None:  # type: ignore[type-arg]
    """A key that is taken and does nothing is a promise that the author finds broken much later."""
    assert keys_of(node_type) == COMMON - without


@pytest.mark.parametrize("key", ["remind_after: {after: 1d, goto: end}", "expires_after: 1d"])
@pytest.mark.parametrize("kind", ["work", "end", "workflow, workflow: w", "condition, cases: [{goto: end}]"])
def test_a_deadline_is_for_whoever_waits_for_a_person(kind: str, key: str) -> None:
    """On a node that nobody answers, the author means another node, or another key."""
    name = key.partition(":")[0]
    (found,) = complaints(f"type: {kind}, {key}")
    assert found == f"`{name}` is for nodes that wait for a person's answer; `{kind.partition(',')[0]}` doesn't"


@pytest.mark.parametrize("key", ["on_error: fail", "retry: {attempts: 2}", "timeout: 1m", "slow: true"])
def test_work_keys_are_for_background_nodes(key: str) -> None:
    """A form can't be slow, nor tried again."""
    assert complaints(f"type: ask, {key}") == [f"`{key.partition(':')[0]}` is for background nodes; `ask` is none"]


MESSAGE = "message: {send: mail, to: a, subject: b, text: c}"
EITHER = "say either `goto`, or `message` or `text`: what happens after that time"


@pytest.mark.parametrize(
    ("reminder", "message"),
    [
        ("{after: 1d}", EITHER),
        (f"{{after: 1d, goto: end, {MESSAGE}}}", EITHER),
        ("{goto: end}", "say `after` or `every`: how long the form waits for its answer"),
        ("{after: 0s, goto: end}", "`after` must be longer than nothing"),
        ("{after: 1d, message: {send: mail, to: a, subject: b}}", "`text` is missing"),
        ("{after: 1d, goto: 7}", "`goto` must be"),
        (
            "{after: 1d, every: 1d, goto: end}",
            "`every` is for a `message` or `text`: with `goto` the run goes on, once",
        ),
        (
            f"{{after: 1d, times: 3, {MESSAGE}}}",
            "`times` needs `every`: how long after one message the next one is sent",
        ),
    ],
)
def test_a_reminder_says_when_and_what(reminder: str, message: str) -> None:
    """Half a reminder would be found out after three days, by somebody who isn't reminded."""
    (found,) = complaints(f"type: ask, remind_after: {reminder}")
    assert message in found


def test_whole_reminders_and_slow_work_are_taken() -> None:
    """Those of the docs."""
    for reminder in ("{after: 3d, goto: end}", f"{{after: 1d 12h, {MESSAGE}}}"):
        assert complaints(f"type: ask, expires_after: 10d, remind_after: {reminder}") == []
    assert complaints("type: work, slow: true") == []


@pytest.mark.parametrize("name", ["a b", "a.", ".a", "a..b", "a.1", "7", "a-b", ".".join("abcdefghijkl")])
def test_what_a_form_depends_on_is_a_dotted_name(name: str) -> None:
    """An expression there would be looked for as a name, and never change."""
    (found,) = complaints(f"type: ask, depends_on: ['{name}']")
    assert found == "item 1 of `depends_on` must be a dotted name such as applicant.country"
