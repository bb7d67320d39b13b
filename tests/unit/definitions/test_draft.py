"""A document becomes a workflow: what each key does, and what authors read when one is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.drawing import examples
from tests.unit.tiny import REGISTRY, compiled, load, refused
from wizard.definitions.catalog import Catalog
from wizard.definitions.drafting import draft
from wizard.definitions.reading.source import read
from wizard.definitions.refused_nodes import unknown_type
from wizard.errors import DefinitionError, NodeContractError
from wizard.model import Branches, Call, OnError, Remaining, Retry
from wizard.node import Registry
from wizard.node.types import parse_duration


def complaints(text: str) -> list[tuple[int, int, str]]:
    """Line, column and message of what is wrong with a definition's keys."""
    (document,) = read(text, "a.yaml")
    return [(each.line, each.column, each.message) for each in sorted(draft(document, REGISTRY)[1])]


def node(text: str) -> list[str]:
    """What is wrong with the keys of one node."""
    return [message for _, _, message in complaints(f"id: w\nnodes:\n  - {{id: a, {text}}}")]


# -- what a definition says ------------------------------------------------------------------------


def test_a_definition_says_what_a_run_needs() -> None:
    """The engine reads nothing but these; a key that got lost would change what people are asked."""
    workflow = compiled(
        """
        id: passport-2
        title: Apply
        text: What you need
        language: de-CH
        input: {country: {type: text, default: CH}, age: {type: integer, required: false}}
        reopen: true
        expires_after: 28d
        nodes:
          - {id: one, type: ask, title: Hello, fields: [a], depends_on: [input.country]}
          - id: two
            type: work
            final: true
            retry: {attempts: 3, backoff: 2s}
            timeout: 1m
            on_error: {goto: four}
          - {id: three, type: ask, next: one}
          - {id: four, type: end}
        """
    )
    assert (workflow.id, workflow.title, workflow.text, workflow.language) == (
        "passport-2",
        "Apply",
        "What you need",
        "de-CH",
    )
    assert [(field.name, field.default) for field in workflow.input] == [("country", "CH"), ("age", None)]
    assert workflow.reopen
    assert (workflow.save, workflow.saves_steps) == (True, False)
    assert workflow.expires_after == timedelta(days=28)
    assert workflow.start == "one"
    one, two, three, four = workflow.nodes.values()
    assert one.depends_on == (("input", "country"),)
    assert one.title.source == "Hello"
    assert two.final
    assert two.retry == Retry(3, timedelta(seconds=2))
    assert two.timeout == timedelta(minutes=1)
    assert two.on_error == OnError("goto", "four")
    assert [each.next for each in (one, two, three, four)] == ["two", "three", "one", None]
    assert two.targets == ("three", "four")
    assert four.targets == ()


def test_what_is_left_out_has_its_default() -> None:
    """A short definition is a whole one."""
    workflow = compiled("id: w\nnodes: [{id: a, type: work, retry: {}, on_error: back}, {id: b, type: ask, next: end}]")
    a, b = workflow.nodes.values()
    assert (workflow.title, workflow.reopen, workflow.expires_after, workflow.input) == ("w", False, None, ())
    assert a.retry == Retry(3, timedelta(seconds=1))
    assert a.on_error == OnError("back")
    assert (b.retry, b.on_error, b.timeout, b.title, b.next) == (Retry(), OnError(), None, None, None)


def test_a_condition_becomes_branches() -> None:
    """The engine takes the first case that holds; `end` is the end, not a node."""
    workflow = compiled(
        """
        id: w
        nodes:
          - {id: a, type: ask, fields: [x]}
          - {id: c, type: condition, cases: [{when: a.x == 1, goto: a}, {when: true, goto: b}, {goto: end}]}
          - {id: b, type: ask}
        """
    )
    condition = workflow.nodes["c"]
    assert isinstance(condition.config, Branches)
    assert [(case.when and case.when.source, case.goto) for case in condition.config.cases] == [
        ("a.x == 1", "a"),
        ("true", "b"),
        (None, None),
    ]
    assert condition.next is None
    assert condition.targets == ("a", "b")


def test_a_workflow_node_becomes_a_call() -> None:
    """What is handed over and how often must arrive compiled, and both calls share one workflow."""
    catalog = load(
        """
        id: outer
        nodes:
          - {id: a, type: ask, fields: [x, many]}
          - {id: b, type: workflow, workflow: inner, with: {heading: "For {{ a.x }}"}}
          - id: c
            type: workflow
            workflow: inner
            repeat: {min: 0, max: 4, add_another: Another?, item: Person}
          - {id: d, type: workflow, workflow: inner, repeat: {for_each: a.many}}
          - {id: e, type: workflow, workflow: inner, repeat: {times: 3}}
          - {id: f, type: workflow, workflow: inner, repeat: {}}
        ---
        id: inner
        nodes: [{id: name, type: ask, title: "{{ input.heading }}"}]
        """
    )
    calls = [each.config for each in catalog.get("outer").nodes.values() if isinstance(each.config, Call)]
    b, c, d, e, f = calls
    assert all(call.workflow is catalog.get("inner") for call in calls)
    assert b.input["heading"].chains == {("a", "x")}
    assert b.repeat is None
    assert c.repeat is not None
    assert (c.repeat.min, c.repeat.max, c.repeat.add_another.source, c.repeat.item.source) == (
        0,
        4,
        "Another?",
        "Person",
    )
    assert d.repeat is not None
    assert d.repeat.for_each.source == "a.many"
    assert e.repeat is not None
    assert e.repeat.times.source == "3"
    assert f.repeat is not None
    assert (f.repeat.min, f.repeat.max, f.repeat.asks) == (1, None, True)


def test_reach_follows_every_edge() -> None:
    """A kept answer that no way leads to any more must go (S8); over which edge doesn't matter."""
    workflow = compiled(
        """
        id: w
        nodes:
          - {id: a, type: work, on_error: {goto: d}}
          - {id: b, type: ask, fields: [x]}
          - {id: c, type: condition, cases: [{when: b.x, goto: b}, {goto: end}]}
          - {id: d, type: ask}
        """
    )
    assert {name: set(nodes) for name, nodes in workflow.reach.items()} == {
        "a": {"b", "c", "d"},
        "b": {"b", "c"},
        "c": {"b", "c"},
        "d": set(),
    }
    assert "nothing" not in workflow.reach["a"]
    assert len(workflow.reach["a"]) == 3
    assert workflow.reach["a"] & {"b", "x"} == {"b"}
    assert repr(workflow.reach["b"]) == "NodeSet(['b', 'c'])"


@pytest.mark.parametrize(
    ("nodes", "remaining"),
    [
        ("[{id: a, type: ask}, {id: b, type: work}, {id: c, type: end}]", Remaining(2, 2)),
        (
            "[{id: a, type: condition, cases: [{when: input.x, goto: d}, {goto: b}]}, {id: b, type: ask},"
            " {id: c, type: ask}, {id: d, type: ask}]",
            Remaining(1, 3),
        ),
        (
            "[{id: a, type: ask, fields: [x]}, {id: b, type: condition, cases: [{when: a.x, goto: a}, {goto: end}]}]",
            Remaining(1, None),
        ),
        ("[{id: a, type: ask, next: b}, {id: b, type: ask, next: a}]", Remaining(1, None)),
        ("[{id: a, type: work, on_error: {goto: c}}, {id: b, type: ask}, {id: c, type: ask}]", Remaining(2, 2)),
        ("[{id: a, type: workflow, workflow: two}, {id: b, type: ask}]", Remaining(3, 3)),
        ("[{id: a, type: workflow, workflow: two, repeat: {times: 4}}]", Remaining(0, None)),
        ("[{id: a, type: workflow, workflow: none, repeat: {times: 4}}]", Remaining(0, 0)),
        ("[{id: a, type: workflow, workflow: two, repeat: {min: 2, max: 3}}]", Remaining(5, 8)),
        ("[{id: a, type: workflow, workflow: two, repeat: {min: 0}}]", Remaining(1, None)),
        ("[{id: a, type: workflow, workflow: loop, repeat: {max: 2}}]", Remaining(2, None)),
        ("[{id: a, type: workflow, workflow: loop}]", Remaining(1, None)),
    ],
)
def test_remaining_counts_the_pages_to_come(nodes: str, remaining: Remaining) -> None:
    """People are told how far they are; a wrong count is a broken promise."""
    inner = """
---
id: two
nodes: [{id: a, type: ask}, {id: b, type: ask}]
---
id: none
nodes: [{id: a, type: work}]
---
id: loop
nodes: [{id: a, type: ask, fields: [x]}, {id: b, type: condition, cases: [{when: a.x, goto: a}, {goto: end}]}]
"""
    workflow = compiled(f"id: w\nnodes: {nodes}\n{inner}")
    assert workflow.remaining[workflow.start] == remaining


def test_a_diamond_takes_its_longest_and_its_shortest_way() -> None:
    """Reaching a node again over a longer way must not change the shortest."""
    cases = "cases: [{when: input.x, goto: d}, {when: input.y, goto: c}, {goto: b}]"
    workflow = compiled(
        f"id: w\nnodes: [{{id: a, type: condition, {cases}}}, {{id: b, type: ask}}, {{id: c, type: ask}},"
        " {id: d, type: ask, next: e}, {id: e, type: ask}]"
    )
    assert workflow.remaining["a"] == Remaining(2, 4)


# -- durations -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("28d", timedelta(days=28)),
        ("2h", timedelta(hours=2)),
        ("30m", timedelta(minutes=30)),
        ("10s", timedelta(seconds=10)),
        ("2w", timedelta(weeks=2)),
        ("1d 12h", timedelta(days=1, hours=12)),
        (" 1h30m ", timedelta(minutes=90)),
        ("P28D", timedelta(days=28)),
        ("P2W", timedelta(weeks=2)),
        ("P1DT12H30M5S", timedelta(days=1, hours=12, minutes=30, seconds=5)),
        ("0s", timedelta()),
    ],
)
def test_durations(text: str, duration: timedelta) -> None:
    """A run that expires at the wrong time takes somebody's answers with it."""
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "28", "d", "12h 1d", "1.5h", "P1M", "P1Y", "-1d", 28, None, "9" * 20 + "d"]
)
def test_what_is_no_duration(text: object) -> None:
    """A guess would be wrong by a factor of sixty."""
    with pytest.raises(ValueError, match="28d"):
        parse_duration(text)


def test_durations_are_bounded() -> None:
    """Larger ones overflow date arithmetic later, in the middle of a run."""
    with pytest.raises(ValueError, match="100 years"):
        parse_duration("999999999w")


# -- what is wrong with a definition ---------------------------------------------------------------


def test_all_problems_come_at_once_each_at_its_place() -> None:
    """The author repairs a definition in one go, without hunting for lines."""
    text = """\
id: 1st
titel: Apply
expires_after: soon
input:
  country: {type: txt}
  age: {type: integer, min: [], name: age}
nodes:
  - id: a
    type: ask
    parts:
      - {lable: x}
      - label: y
        max_length: lots
        show_if: nofunction(1)
  - id: b
    type: aks
    final: perhaps
"""
    assert [(line, column, message.partition(":")[0]) for line, column, message in complaints(text)] == [
        (1, 5, "`id` must be a name of at most 64 letters (a to z), digits, _ and - that begins with a letter"),
        (2, 1, "there is no key `titel` here; did you mean `title`?"),
        (3, 16, "`expires_after` must be a duration such as 28d, 2h, 30m, 10s or 1d 12h"),
        (5, 19, "there is no field type `txt`; did you mean `text`?"),
        (6, 33, "the key is the name of an input; remove `name`"),
        (11, 9, "`label` is missing"),
        (11, 10, "there is no key `lable` here; did you mean `label`?"),
        (13, 21, "`max_length` must be a whole number"),
        (14, 18, "There is no function 'nofunction'. There are"),
        (16, 11, "there is no node type `aks`; did you mean `ask`?"),
        (17, 12, "`final` must be true or false"),
    ]


@pytest.mark.parametrize(
    ("said", "pages", "steps"), [("true", True, False), ("false", False, False), ("step", True, True)]
)
def test_save_says_what_pages_offer_and_when_documents_are_saved(said: str, pages: bool, steps: bool) -> None:
    """With `step` people can come back later as well: what they said so far is in their profile."""
    (document,) = read(f"id: w\nsave: {said}\nnodes: [{{id: a, type: ask, parts: [{{label: A}}]}}]", "w.yaml")
    workflow = Catalog.from_documents([document.data], REGISTRY).get("w")
    assert (workflow.save, workflow.saves_steps) == (pages, steps)


def test_a_wrong_head_does_not_hide_the_rest() -> None:
    """With a usable id, the other keys, inputs and nodes are still looked at."""
    assert [message for _, _, message in complaints("id: w\nsave: steps\nnodes: [{id: a, type: ask}]")] == [
        "`save` must be true, false or step"
    ]
    text = "id: w\nreopen: maybe\ninput: {for: {}}\nnodes: [{id: a}, 7]"
    assert [message for _, _, message in complaints(text)] == [
        "`reopen` must be true or false",
        "'for' has a meaning of its own. Give the field another name",
        "this node has no `type`",
        "item 2 of `nodes` must be a mapping of keys to values",
    ]
    text = "id: w\ninput: {a: {type: txt}, b: {name: b}, c: {lable: 1}}\nnodes: [{id: a, type: ask}]"
    assert [(column, message) for _, column, message in complaints(text)] == [
        (19, "there is no field type `txt`; did you mean `text`?"),
        (29, "the key is the name of an input; remove `name`"),
        (43, "there is no key `lable` here; did you mean `label`?"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("just text", "a definition is a mapping that has `id` and `nodes`"),
        ("id: w", "`nodes` is missing"),
        ("id: w\nnodes: []", "this workflow is empty; give it at least one node"),
        ("id: w\nnodes: {}", "`nodes` must be a list"),
        ("nodes: [{id: a, type: ask}]", "`id` is missing"),
        (
            "id: w\nlanguage: Deutsch!\nnodes: [{id: a, type: ask}]",
            "`language` must be the tag of a language such as en, de or de-CH",
        ),
        ("id: w\nexpires_after: 0s\nnodes: [{id: a, type: ask}]", "`expires_after` must be longer than nothing"),
        (
            "id: w\nnodes: [{id: a, type: ask}, {id: b, type: ask}, {id: a, type: ask}]",
            "there are two nodes called `a`; the first is in line 2",
        ),
    ],
)
def test_a_definition_that_is_none(text: str, message: str) -> None:
    """One plain sentence each."""
    assert [found for _, _, found in complaints(text)] == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type: ask, id2: 1", "there is no key `id2` here; did you mean `id`?"),
        ("type: ask, filds: [x]", "there is no key `filds` here; did you mean `fields`?"),
        ("type: ask, zzzzz: 1", "there is no key `zzzzz` here"),
        ("type: 5", "there is no node type `5`; known are ask, condition, end, work, workflow"),
        ("type: ask, retry: {}", "`retry` is for background nodes; `ask` is none"),
        ("type: ask, on_error: back", "`on_error` is for background nodes; `ask` is none"),
        ("type: ask, timeout: 1m", "`timeout` is for background nodes; `ask` is none"),
        (
            "type: work, depends_on: [a]",
            "a background node needs no `depends_on`: it runs again when a value that it read changes",
        ),
        ("type: end, next: a", "`end` nodes have no `next`: they are pages without a way on"),
        ("type: condition, cases: [{goto: end}], next: a", "a condition has no `next`: its cases say where it goes"),
        (
            "type: condition, cases: [{goto: end}], final: true",
            "a condition node can't be `final`: nobody answers it and nothing is done in it",
        ),
        (
            "type: condition, cases: [{goto: end}], depends_on: [a]",
            "a condition node can't have `depends_on`: it asks nothing; put it on the nodes that ask",
        ),
        ("type: condition, cases: []", "`cases` must not be empty"),
        ("type: condition, cases: [{when: a}]", "`goto` is missing"),
        ("type: work, on_error: explode", "`on_error` must be stop, back, continue, or `goto: NODE`"),
        ("type: work, on_error: {goto: a, x: 1}", "`on_error` must be stop, back, continue, or `goto: NODE`"),
        ("type: work, retry: {attempts: 101}", "`attempts` must be at most 100"),
        ("type: work, retry: {attempts: 0}", "`attempts` must be at least 1"),
        ("type: work, retry: {attempts: 2.5}", "`attempts` must be a whole number"),
        ("type: work, timeout: 0s", "`timeout` must be longer than nothing"),
        ("type: ask, depends_on: [5]", "item 1 of `depends_on` must be a dotted name such as applicant.country"),
        ("type: ask, depends_on: a", "`depends_on` must be a list"),
        ("type: ask, way: wide", "`way` must be 'short' or 'long'"),
        ("type: ask, fields: [forbidden]", "this field is forbidden"),
        ("type: ask, choices: [5]", "item 1 of `choices` must be text or a mapping of keys to values"),
        ("type: ask, choices: [{label: ''}]", "`label` must not be empty"),
        ("type: ask, parts: [{label: xxxxxxxxxxxxxxxxxxxxxxxxx}]", "`label` must have at most 20 characters"),
        ("type: ask, parts: [{label: a}, {label: a}, {label: a}, {label: a}]", "`parts` must have at most 3 items"),
        (
            "type: workflow, workflow: a, repeat: {times: 1, for_each: a}",
            "a repeat has either `times` or `for_each`; remove one",
        ),
        (
            "type: workflow, workflow: a, repeat: {times: 1, min: 1}",
            "`min` is for repeats that ask for more; this one has `times`",
        ),
        (
            "type: workflow, workflow: a, repeat: {times: 2, item: x}",
            "`item` is for repeats that ask for more; this one has `times`",
        ),
        (
            "type: workflow, workflow: a, repeat: {min: 3, max: 2}",
            "`max` is less than `min`; there would be no number of items to give",
        ),
    ],
)
def test_a_node_whose_keys_are_wrong(text: str, message: str) -> None:
    """Each sentence says what to do; none is the validation library's."""
    assert node(text) == [message]


@pytest.mark.parametrize(
    "name",
    [
        "end",
        "input",
        "event",
        "profile",
        "session",
        "run",
        "true",
        "null",
        "None",
        "and",
        "_a",
        "1a",
        "a b",
        "ä",
        "a" * 65,
        "a-b",
    ],
)
def test_names_that_a_node_can_not_have(name: str) -> None:
    """An expression that reads such a node would read something else, or nothing."""
    (message,) = refused({"id": "w", "nodes": [{"id": name, "type": "ask"}]})
    assert message.startswith("nodes.0.id: `id` ")


def test_an_expression_error_is_placed_in_its_text() -> None:
    """The author sees the very character."""
    text = "id: w\nnodes:\n"
    text += "  - {id: a, type: work, using: 'nofunction(1)'}\n  - {id: b, type: work, using: 1 + nofunction(1)}"
    ((line, column, message), second) = complaints(text)
    assert (line, column) == (3, 33)
    assert "nofunction" in message
    assert second[:2] == (4, 36)


# -- nothing breaks it -----------------------------------------------------------------------------

KEYS = [
    "id",
    "type",
    "nodes",
    "title",
    "next",
    "cases",
    "when",
    "goto",
    "workflow",
    "with",
    "repeat",
    "min",
    "times",
    "input",
]
KEYS += [
    "on_error",
    "retry",
    "attempts",
    "backoff",
    "timeout",
    "fields",
    "parts",
    "label",
    "depends_on",
    "final",
    "max",
    "x",
]
WORDS = [
    "a",
    "b",
    "w",
    "end",
    "ask",
    "work",
    "condition",
    "workflow",
    "text",
    "a.b",
    "1 +",
    "{{ a }}",
    "{{",
    "1s",
    "P1D",
    "",
]
SCALARS = st.sampled_from(WORDS) | st.none() | st.booleans() | st.integers(-2, 20) | st.floats(0, 2)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=30,
)
NODE = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a", "b", "c", "end"]),
        "type": st.sampled_from(["ask", "work", "condition", "workflow", "end"]),
    },
    optional={
        key: st.sampled_from(["a", "b", "end"]) | DATA
        for key in ("next", "title", "on_error", "retry", "with", "fields", "final", "depends_on", "using", "x")
    }
    | {
        "workflow": st.sampled_from(["w", "v"]),
        "cases": st.lists(
            st.fixed_dictionaries({"goto": st.sampled_from(["a", "b", "end", "d"])}, optional={"when": DATA}),
            max_size=3,
        )
        | DATA,
        "repeat": st.dictionaries(st.sampled_from(["min", "max", "times", "for_each", "item"]), st.integers(0, 3))
        | DATA,
    },
)
DEFINITION = st.fixed_dictionaries(
    {"id": st.sampled_from(["w", "v"]), "nodes": st.lists(NODE, max_size=4)},
    optional={"input": st.dictionaries(st.sampled_from(["a", "end"]), DATA), "title": DATA, "expires_after": DATA},
)


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(DATA | DEFINITION, max_size=3))
def test_malformed_documents_are_refused_with_problems(documents: list[Any]) -> None:
    """Whatever is written, the author gets problems or a workflow, never a traceback."""
    try:
        catalog = Catalog.from_documents(documents, REGISTRY)
    except DefinitionError as error:
        messages = [problem.message for problem in error.problems]
    else:
        messages = [workflow.start for workflow in catalog.workflows.values()] or ["nothing"]
    assert all(messages)
    assert messages


async def test_a_condition_is_walked_through_and_never_executed() -> None:
    """An engine that executes one has lost its way; it must say so instead of going on."""
    condition = REGISTRY.get("condition")
    assert condition is not None
    assert condition.outputs(condition.Config.model_validate({"cases": [{"goto": "end"}]})) == frozenset()
    with pytest.raises(NodeContractError, match="walks through"):
        await condition.execute(Mock(step="c"))


def test_without_any_node_type_the_hint_is_that_wizard_is_not_installed() -> None:
    """Out of a bare checkout nothing announces the types: `known are` nobody helps nobody."""
    assert unknown_type("form", Registry()) == (
        "there is no node type `form`, nor any other: wizard runs from its source here and isn't installed, so that "
        "nothing announces them; install it (`pip install -e .`)"
    )
