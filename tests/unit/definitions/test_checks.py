"""The rules between the parts of a definition (S17): what can be refused before a run starts, is."""

from __future__ import annotations

from textwrap import dedent

import pytest
from pydantic import BaseModel, field_validator

from tests.unit.tiny import REGISTRY, refused
from wizard.definitions.catalog import Catalog
from wizard.definitions.checks import check
from wizard.definitions.drafting import draft
from wizard.definitions.reading.source import read
from wizard.errors import Problem
from wizard.expressions.template import Template
from wizard.model import Outcome, Proceed
from wizard.node import Background, NodeConfig, Registry, Visit


def problems(text: str) -> list[Problem]:
    drafts = {}
    for document in read(dedent(text), "a.yaml"):
        found, wrong = draft(document, REGISTRY)
        assert found is not None
        assert wrong == []
        drafts[found.id] = found
    return sorted(check(drafts))


def errors(text: str) -> list[tuple[int, str]]:
    return [(each.line, each.message) for each in problems(text) if each.severity == "error"]


def warnings(text: str) -> list[tuple[int, str]]:
    found = problems(text)
    assert all(each.severity == "warning" for each in found)
    return [(each.line, each.message) for each in found]


def test_a_target_that_is_not_there() -> None:
    """A typing mistake in a target would stop somebody's application in the middle."""
    assert errors(
        """\
        id: w
        nodes:
          - {id: start, type: ask, next: secnd}
          - {id: c, type: condition, cases: [{when: true, goto: start}, {goto: nowhere}]}
          - {id: second, type: work, on_error: {goto: strt}}
          - {id: fourth, type: work, on_error: {goto: end}, next: ende}
        """
    ) == [
        (3, "there is no node `secnd` to go to; did you mean `second`?"),
        (4, "there is no node `nowhere` to go to"),
        (5, "there is no node `strt` to go to; did you mean `start`?"),
        (6, "there is no node `ende` to go to; did you mean `end`?"),
    ]


def test_a_problem_names_the_very_place() -> None:
    """Line and column lead an editor there."""
    (found,) = problems("id: w\nnodes:\n  - {id: a, type: ask, title: 'Hello {{ nobody.name }}'}")
    assert (found.line, found.column) == (3, 41)


def test_names_that_nothing_has() -> None:
    """A misspelt name is null for ever: the condition silently takes the wrong way."""
    assert errors(
        """\
        id: w
        input: {country: {type: text, default: CH}}
        nodes:
          - {id: person, type: ask, fields: [name], title: "{{ nme }} {{ input.contry }} {{ input.country }}"}
          - {id: c, type: condition, cases: [{when: persn.name, goto: end}, {when: person.nam, goto: end}, {goto: job}]}
          - {id: job, type: work, using: c.x, more: {a: "{{ person.nme }}"}}
          - {id: done, type: end, depends_on: [person.name, person.age, jb.x], text: "{{ job.anything }}"}
          - {id: never, type: work, using: done.x}
        """
    ) == [
        (4, "there is nothing called `nme` here"),
        (4, "`w` declares no input `contry`; did you mean `country`?"),
        (5, "there is nothing called `persn` here; did you mean `person`?"),
        (5, "`person` has no value `nam`; did you mean `name`?"),
        (6, "`c` is a condition, which has no values"),
        (6, "`person` has no value `nme`; did you mean `name`?"),
        (7, "`person` has no value `age`; it has `name`"),
        (7, "there is nothing called `jb` here; did you mean `job`?"),
        (8, "`done` has no value `x`"),
    ]


def test_names_that_are_known() -> None:
    """What the engine hands out can be read: documents, inputs, a node's own fields, whole nodes."""
    assert (
        problems(
            """\
            id: w
            nodes:
              - id: person
                type: ask
                fields: [age, friends]
                title: "{{ input.anything }} {{ event.kind }} {{ profile.name }} {{ session.x.y.z }} {{ run.id }}"
                parts: [{label: a, show_if: age > 18}]
              - {id: job, type: work, using: person, more: {a: "{{ person.friends }}"}}
              - {id: more, type: work, using: "[f.name for f in person.friends]"}
            """
        )
        == []
    )


def test_own_fields_are_known_inside_their_node_only() -> None:
    """A form's title is computed before there are answers; another node must name the form."""
    found = errors(
        """\
        id: w
        nodes:
          - {id: person, type: ask, fields: [age], title: "{{ age }}"}
          - {id: job, type: work, using: age > 18}
        """
    )
    assert found == [(3, "there is nothing called `age` here"), (4, "there is nothing called `age` here")]


INNER = """
---
id: inner
input: {heading: {type: text}, note: {type: text, required: false}, kind: {type: text, default: x}}
nodes:
  - {id: name, type: ask, fields: [first], title: "{{ input.heading }} {{ input.item }} {{ input.index }}"}
  - {id: c, type: condition, cases: [{goto: deeper}]}
  - {id: deeper, type: workflow, workflow: innermost}
---
id: innermost
nodes: [{id: email, type: ask, fields: [address]}]
"""


def outer(nodes: str) -> list[tuple[int, str]]:
    return errors(f"id: outer\nnodes:\n{nodes}{INNER}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sub.name.first", None),
        ("sub.deeper.email.address", None),
        ("sub.deeper", None),
        ("sub.nme", "`inner`, which `sub` embeds, has no node `nme` with values; did you mean `name`?"),
        ("sub.c", "`inner`, which `sub` embeds, has no node `c` with values"),
        ("sub.name.last", "`sub.name` has no value `last`; it has `first`"),
        (
            "sub.deeper.mail",
            "`innermost`, which `sub.deeper` embeds, has no node `mail` with values; did you mean `email`?",
        ),
        ("sub.deeper.email.adress", "`sub.deeper.email` has no value `adress`; did you mean `address`?"),
    ],
)
def test_names_below_a_workflow_node(name: str, message: str | None) -> None:
    """`guardian.contact.email` is as easily misspelt as any other, three levels down."""
    nodes = "  - {id: sub, type: workflow, workflow: inner, with: {heading: x}}\n"
    assert outer(f"{nodes}  - {{id: job, type: work, using: {name}}}") == ([(4, message)] if message else [])


def test_a_repeats_answers_are_a_list() -> None:
    """A name read straight off the list would be null for ever, and a condition on it silently never hold."""
    nodes = "  - {id: sub, type: workflow, workflow: inner, with: {heading: x}, repeat: {times: 2}}\n"
    assert outer(nodes + "  - {id: job, type: work, using: sub.name}") == [
        (
            4,
            "`sub` is a list, since its node is repeated; read one of its items, `sub[0].name`, or all of them, "
            "`[s.name for s in sub]`",
        )
    ]
    assert outer(nodes + "  - {id: job, type: work, using: 'sub[0].name.first'}") == []


def test_what_a_workflow_is_handed() -> None:
    """A sub-workflow that lacks its input shows people a page with a hole in it."""
    assert outer("  - {id: sub, type: workflow, workflow: inner}") == [
        (3, "`inner` needs the input `heading`; hand it over in `with`")
    ]
    assert outer("  - {id: sub, type: workflow, workflow: inner, with: {heading: x, nots: y}}") == [
        (3, "`inner` has no input `nots`; did you mean `note`?")
    ]
    assert outer("  - {id: sub, type: workflow, workflow: innermost, with: {anything: x}}") == []


def test_a_repeat_hands_over_the_item_itself() -> None:
    """A definition that declares `item` is made for repeats; it needn't be handed twice."""
    text = """\
        id: outer
        nodes: [{{id: a, type: workflow, workflow: inner{repeat}}}]
        ---
        id: inner
        input: {{item: {{type: text}}}}
        nodes: [{{id: b, type: ask, title: "{{{{ input.item }}}}"}}]
        """
    assert errors(text.format(repeat=", repeat: {times: 2}")) == []
    assert errors(text.format(repeat="")) == [(2, "`inner` needs the input `item`; hand it over in `with`")]


def test_a_workflow_that_is_not_there() -> None:
    """It would fail at the node, for everybody who comes that far."""
    assert outer("  - {id: sub, type: workflow, workflow: iner}") == [
        (3, "there is no workflow `iner`; did you mean `inner`?")
    ]
    assert outer("  - {id: sub, type: workflow, workflow: zzz}\n  - {id: job, type: work, using: sub.x.y}") == [
        (3, "there is no workflow `zzz`; load its file as well")
    ]


def test_definitions_that_embed_themselves() -> None:
    """Such a run has no end, and building it would have none either."""
    found = errors(
        """\
        id: a
        nodes: [{id: x, type: workflow, workflow: b}, {id: z, type: work, using: x.y.x.y}]
        ---
        id: b
        nodes: [{id: y, type: workflow, workflow: a}]
        ---
        id: c
        nodes: [{id: z, type: workflow, workflow: c}]
        """
    )
    assert found == [
        (2, "`a` embeds itself by way of `b`; a run of it would never end"),
        (5, "`b` embeds itself by way of `a`; a run of it would never end"),
        (8, "`c` embeds itself; a run of it would never end"),
    ]


def test_embedding_has_a_bound() -> None:
    """Paths of steps grow with it; nobody means forty levels."""
    chain = [{"id": f"w{n}", "nodes": [{"id": "a", "type": "workflow", "workflow": f"w{n + 1}"}]} for n in range(40)]
    last = {"id": "w40", "nodes": [{"id": "a", "type": "ask"}]}
    assert refused(*chain, last) == ["id: definitions are embedded more than 32 deep here"]
    assert Catalog.from_documents([*chain[-31:], last], REGISTRY).get("w9")
    assert refused(*chain[-32:], last) == ["id: definitions are embedded more than 32 deep here"]
    doubled = [
        {"id": f"w{n}", "nodes": [{"id": i, "type": "workflow", "workflow": f"w{n + 1}"} for i in "ab"]}
        for n in range(30)
    ]
    catalog = Catalog.from_documents([*doubled, {"id": "w30", "nodes": [{"id": "a", "type": "work"}]}], REGISTRY)
    assert catalog.get("w0").remaining["a"].max == 0


def test_loops_that_ask_nobody() -> None:
    """The run would go round until it is stopped, every time."""
    text = """\
        id: w
        nodes:
          - {{id: a, type: {first}}}
          - {{id: b, type: condition, cases: [{{when: session.x, goto: a}}, {{goto: c}}]}}
          - {{id: c, type: work, on_error: {{goto: c}}}}
        ---
        id: asks
        nodes: [{{id: a, type: workflow, workflow: indeed}}]
        ---
        id: indeed
        nodes: [{{id: a, type: ask}}]
        ---
        id: silent
        nodes: [{{id: a, type: work}}]
        """
    end = "would go round for ever: nobody is asked anything in this loop"
    assert errors(text.format(first="work")) == [(3, f"`a`, `b` {end}"), (5, f"`c` {end}")]
    assert errors(text.format(first="ask")) == [(5, f"`c` {end}")]
    assert errors(text.format(first="workflow, workflow: asks")) == [(5, f"`c` {end}")]
    assert errors(text.format(first="workflow, workflow: silent, repeat: {}")) == [(5, f"`c` {end}")]
    assert errors(text.format(first="workflow, workflow: silent")) == [(3, f"`a`, `b` {end}"), (5, f"`c` {end}")]


def test_what_is_never_reached_is_warned_of() -> None:
    """A page that nobody ever sees is most often a forgotten target."""
    found = warnings(
        """\
        id: w
        nodes:
          - {id: a, type: ask, next: c}
          - {id: b, type: ask}
          - {id: c, type: ask}
        """
    )
    assert found == [(4, "`b` can't be reached: no way from `a` leads to it")]
    found = warnings("id: w\nnodes:\n  - {id: a, type: ask, next: end}\n  - {id: b, type: ask, next: b}")
    assert found == [(4, "`b` can't be reached: no way from `a` leads to it")]


def test_a_workflow_without_an_end_is_warned_of() -> None:
    """Nobody could ever complete it; sometimes that is meant."""
    found = warnings("id: w\nnodes: [{id: a, type: ask}, {id: b, type: ask}, {id: c, type: ask, next: b}]")
    assert found == [(2, "from `a` on there is no way to the end of the workflow")]
    found = warnings("id: w\nnodes: [{id: a, type: work, on_error: {goto: end}}, {id: b, type: ask, next: b}]")
    assert found == [(2, "from `b` on there is no way to the end of the workflow")]


def test_a_node_called_like_a_function_is_warned_of() -> None:
    """It works, since a call has parentheses, but nobody reads `sum.sum > sum(x)` easily."""
    found = warnings("id: w\nnodes: [{id: sum, type: ask, fields: [x]}, {id: b, type: work, using: sum.x}]")
    assert found == [(2, "`sum` is also the name of a function; another name is easier to read in expressions")]


def test_cases_that_may_match_nothing_or_never() -> None:
    """The first stops a run (S17), the second is dead text."""
    found = warnings(
        """\
        id: w
        nodes:
          - {id: a, type: ask, fields: [x]}
          - id: b
            type: condition
            cases:
              - {when: a.x == 1, goto: c}
              - {when: a.x == 2, goto: end}
          - id: c
            type: condition
            cases:
              - {when: a.x == 1, goto: end}
              - {goto: end}
              - {when: a.x == 2, goto: end}
        """
    )
    assert found == [
        (8, "no case of this condition may match, which stops the run; end with a case without `when`"),
        (14, "this case is never reached: the one without `when` above it always matches"),
    ]


def test_reading_what_was_never_visited_is_warned_of() -> None:
    """The name is right, but the value can only be null there."""
    found = warnings(
        """\
        id: w
        nodes:
          - {id: a, type: ask, fields: [x], title: "{{ b.y }} {{ a.x }}"}
          - {id: b, type: ask, fields: [y], title: "{{ a.x }} {{ b.y }}"}
          - {id: c, type: condition, cases: [{when: b.y, goto: b}, {goto: end}]}
        """
    )
    assert found == [
        (3, "`b` is never visited before `a`, so `b.y` is always null here"),
        (3, "`a` is never visited before `a`, so `a.x` is always null here"),
    ]


def test_one_wrong_node_does_not_hide_the_others() -> None:
    """The names of a node that can't be read aren't complained of a second time."""
    text = "id: w\nnodes: [{id: a, type: nope}, {id: b, type: work, using: a.x + c, next: a}, {id: c, type: ask, z: 1}]"
    (document,) = read(text, "a.yaml")
    found, wrong = draft(document, REGISTRY)
    assert found is not None
    assert len(wrong) == 2
    assert check({"w": found}) == []
    inner = {"id": "inner", "nodes": [{"id": "a", "type": "nope"}, {"id": "b", "type": "ask"}]}
    outside = {
        "id": "w",
        "nodes": [
            {"id": "s", "type": "workflow", "workflow": "inner"},
            {"id": "t", "type": "work", "using": "s.a.x + s.c"},
        ],
    }
    assert sorted(refused(inner, outside)) == [
        "nodes.0.type: there is no node type `nope`; known are ask, condition, end, work, workflow",
        "nodes.1.using: `inner`, which `s` embeds, has no node `c` with values",
    ]


def test_a_last_page_inside_another_workflow() -> None:
    """Somebody's application would be over in the middle; alone, the same definition is right."""
    inner = """\
        id: inner
        nodes:
          - {id: ask, type: ask}
          - {id: done, type: end, title: Thank you}
        """
    outer = """\
        ---
        id: outer
        nodes: [{id: embedded, type: workflow, workflow: inner}, {id: more, type: ask}]
        """
    (found,) = warnings(dedent(inner) + dedent(outer))
    assert found[0] == 4
    assert "`inner` is embedded by another workflow, and this page completes the whole run there" in found[1]
    assert warnings(inner) == []


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("delete_after: 30d\n", [(2, "a run that nobody finishes never ends, and so is never deleted")]),
        ("delete_after: 30d\nexpires_after: 60d\n", []),
        ("expires_after: 60d\n", []),
    ],
)
def test_data_that_would_stay_for_ever_is_warned_of(head: str, found: list[tuple[int, str]]) -> None:
    """The author promised that data goes; what people left unfinished would stay."""
    said = warnings(f"id: w\n{head}nodes: [{{id: a, type: ask}}]")
    assert [(line, message.partition(";")[0]) for line, message in said] == found


def test_a_reminder_leads_somewhere_and_names_what_there_is() -> None:
    """A mistake there shows after three days only, to somebody who doesn't answer anyway."""
    assert errors(
        """\
        id: w
        nodes:
          - {id: start, type: ask, fields: [mail], remind_after: {after: 3d, goto: lat}}
          - id: late
            type: ask
            remind_after:
              after: 1d
              message: {send: mail, to: "{{ start.mial }}", subject: x, text: "{{ nobody.name }}"}
        """
    ) == [
        (3, "there is no node `lat` to go to; did you mean `late`?"),
        (8, "`start` has no value `mial`; did you mean `mail`?"),
        (8, "there is nothing called `nobody` here"),
    ]


class Letter(BaseModel):
    text: Template


class LetterConfig(NodeConfig):
    letter: Letter

    @field_validator("letter", mode="before")
    @classmethod
    def _in_short(cls, value: object) -> object:
        return {"text": value} if isinstance(value, str) else value


class LetterNode(Background[LetterConfig]):
    """Takes its text alone as well, as node types of others may."""

    type = "letter"
    Config = LetterConfig

    async def execute(self, visit: Visit[LetterConfig]) -> Outcome:
        return Proceed()


@pytest.mark.parametrize(
    ("written", "column"), [('{text: "Dear {{ nobody.name }}"}', 51), ('"Dear {{ nobody.name }}"', 35)]
)
def test_a_name_in_a_shorthand_is_shown_where_the_shorthand_begins(written: str, column: int) -> None:
    """Where the text isn't where the configuration has it, the nearest place is named, instead of a crash."""
    (document,) = read(f"id: w\nnodes:\n  - {{id: a, type: letter, letter: {written}}}", "a.yaml")
    found, wrong = draft(document, Registry([LetterNode]))
    assert found is not None
    assert wrong == []
    (problem,) = check({"w": found})
    assert (problem.message, problem.line) == ("there is nothing called `nobody` here", 3)
    assert problem.column == column


def test_a_server_that_strangers_choose() -> None:
    """What an author meant as a setting is everybody's input: the server calls what a visitor names."""
    document = read(
        dedent(
            """\
            id: w
            input:
              server: {type: text, default: "https://one.example"}
              place: {type: choice, choices: ["https://one.example", "https://two.example"]}
            nodes:
              - {id: a, type: http, url: "{{ input.server }}/days"}
              - {id: b, type: http, url: "{{ input.place }}/days/{{ input.server }}"}
              - {id: c, type: http, url: "https://one.example/{{ input.server }}"}
              - {id: d, type: http, url: "{{ a.body.next }}"}
            """
        ),
        "a.yaml",
    )[0]
    found, wrong = draft(document, Registry.installed())
    assert found is not None
    assert wrong == []
    (problem,) = check({found.id: found})
    assert (problem.line, problem.severity) == (6, "warning")
    assert "whoever starts a run says what `input.server` is, and so which server `a` calls" in problem.message


def test_choices_that_are_labelled_alike() -> None:
    """The person picks one of two that look the same, and nobody knows which was meant."""
    text = """\
        id: w
        nodes:
          - id: a
            type: form
            fields:
              - name: size
                type: choice
                choices:
                  - {value: s, label: Small}
                  - {value: m, label: Small}
        """
    drafts = {}
    for document in read(dedent(text), "a.yaml"):
        found, wrong = draft(document, Registry.installed())
        assert found is not None
        assert wrong == []
        drafts[found.id] = found
    (problem,) = check(drafts)
    assert (problem.line, problem.severity) == (10, "warning")
    assert "'s' and 'm' are both read as “Small”" in problem.message
