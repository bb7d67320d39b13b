"""A workflow drawn: what authors and their colleagues look at, and screen readers read."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tiny import REGISTRY, compiled
from wizard.definitions.catalog import Catalog
from wizard.definitions.graph import END, describe, edges_of, mermaid, svg
from wizard.errors import DefinitionError
from wizard.model import Workflow

SVG = "{http://www.w3.org/2000/svg}"

TEXT = """
id: passport
title: Apply for a <passport> & more
nodes:
  - {id: applicant, type: ask, title: "About \\"you\\" #1 <b>", fields: [age]}
  - id: adult
    type: condition
    cases: [{when: applicant.age >= 18 and applicant.age < 99, goto: address}, {goto: guardian}]
  - {id: guardian, type: workflow, workflow: contact}
  - {id: address, type: ask}
  - {id: lookup, type: work, on_error: {goto: address}}
  - id: again
    type: condition
    cases: [{when: lookup.bad, goto: applicant}, {when: lookup.ok, goto: end}, {goto: people}]
  - {id: people, type: workflow, workflow: contact, repeat: {min: 1}}
  - {id: done, type: end, title: Thank you}
---
id: contact
title: Contact details
nodes: [{id: a, type: ask}]
"""
WORKFLOW = compiled(TEXT)


def drawn(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg(compiled(text)))


def words(root: ElementTree.Element) -> list[str]:
    """What stands in the drawing, that of several lines as one."""
    return [
        " ".join(filter(None, (text.text, *(line.text for line in text.iter(f"{SVG}tspan")))))
        for text in root.iter(f"{SVG}text")
    ]


def test_edges_say_when_they_are_taken() -> None:
    """A drawing without its conditions shows nothing of what a definition decides."""
    found = [(edge.source, edge.target.strip("\0"), edge.label, edge.error) for edge in edges_of(WORKFLOW)]
    assert ("adult", "address", "applicant.age >= 18 and applicant.age < 99", False) in found
    assert ("adult", "guardian", "otherwise", False) in found
    assert ("lookup", "address", "on error", True) in found
    assert ("again", "end", "lookup.ok", False) in found
    assert not [edge for edge in found if edge[0] == "done"]
    assert len(found) == 11


def test_mermaid_escapes_what_it_would_read_as_its_own() -> None:
    """A quote or bracket in a title breaks the whole drawing, and `end` is a word of the language."""
    text = mermaid(WORKFLOW)
    lines = text.splitlines()
    assert lines[0] == "flowchart TD"
    assert '    n0["About #34;you#34; #35;1 #60;b#62;<br>applicant: ask"]' in lines
    assert '    n1{"adult<br>adult: condition"}' in lines
    assert '    n2[["guardian<br>guardian: Contact details"]]' in lines
    assert '    n4[/"lookup<br>lookup: work"/]' in lines
    assert '    n6[["people<br>people: Contact details, repeated"]]' in lines
    assert '    n8(("End"))' in lines
    assert '    n4 -.->|"on error"| n3' in lines
    assert '    n1 -->|"applicant.age #62;= 18 and applicant.age #60; 99"| n3' in lines
    assert "    n0 --> n1" in lines
    assert lines[1] == "    accTitle: Apply for a #60;passport#62; #38; more"
    assert "end[" not in text


def test_a_workflow_that_ends_in_a_page_has_no_end_box() -> None:
    """A box that nothing leads to is a riddle."""
    workflow = compiled("id: w\nnodes: [{id: a, type: end}]")
    assert "End" not in mermaid(workflow)
    assert "End" not in words(ElementTree.fromstring(svg(workflow)))


def test_the_svg_can_be_read_aloud() -> None:
    """A title and a description in words: a drawing says nothing to somebody who can't see it."""
    root = ElementTree.fromstring(svg(WORKFLOW))
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert title.text == "Apply for a <passport> & more"
    assert title.get("id") == root.get("aria-labelledby")
    assert description.get("id") == root.get("aria-describedby")
    assert description.text == describe(WORKFLOW)
    assert (
        "adult (condition) leads to address (applicant.age >= 18 and applicant.age < 99), or guardian (otherwise)."
        in describe(WORKFLOW)
    )
    assert "done (end) is the last page." in describe(WORKFLOW)
    assert describe(WORKFLOW).startswith("Starts at applicant.")


def test_the_svg_says_what_every_box_and_case_is() -> None:
    """Names, types and conditions; what is cut short can be read in full as its title."""
    root = ElementTree.fromstring(svg(WORKFLOW))
    text = words(root)
    for name in (
        'About "you" #1 <b>',
        "guardian: Contact details",
        "lookup: work",
        "Thank you",
        "End",
        "otherwise → guardian",
    ):
        assert name in text
    assert "on error → address" in text
    assert "lookup.ok → end" in text
    full = [element.text for element in root.iter(f"{SVG}title")]
    assert "applicant.age >= 18 and applicant.age < 99" in full


def test_a_long_title_is_wrapped() -> None:
    """Text that runs out of its box can't be read beside its neighbours."""
    title = (
        "Where have you lived during the last five years, and with whom, and why did you leave each of these places?"
    )
    text = words(drawn(f"id: w\ntitle: {title}\nnodes: [{{id: a, type: ask, title: '{title}'}}]"))
    assert "Where have you lived during" in text
    assert max(map(len, text[1:])) <= 34


def boxes(root: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    found = []
    for group in root.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        found.append(tuple(float(rect.get(name, "0")) for name in ("x", "y", "width", "height")))
    return found  # type: ignore[return-value]


EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=14)


def winding(edges: list[tuple[int, int]]) -> Workflow:
    """Eight pages, each followed by a condition that leads to the next one, or along these edges."""
    cases = [[{"when": "session.x", "goto": f"n{to}"} for source, to in edges if source == n] for n in range(8)]
    nodes: list[dict[str, object]] = []
    for n in range(8):
        nodes.append({"id": f"n{n}", "type": "ask"})
        nodes.append(
            {"id": f"c{n}", "type": "condition", "cases": [*cases[n], {"goto": f"n{n + 1}" if n < 7 else "end"}]}
        )
    return Catalog.from_documents([{"id": "w", "nodes": nodes}], REGISTRY).get("w")


@given(EDGES)
def test_no_two_boxes_touch_whatever_leads_where(edges: list[tuple[int, int]]) -> None:
    """A box that hides another hides a part of the process."""
    workflow = winding(edges)
    root = ElementTree.fromstring(svg(workflow))
    found = boxes(root)
    assert len(found) == 17
    for (x1, y1, w1, h1), (x2, y2, w2, h2) in combinations(found, 2):
        assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1
    left, top, width, height = map(float, str(root.get("viewBox")).split())
    numbers = [
        float(each) for path in root.iter(f"{SVG}path") for each in re.findall(r"H(-?[\d.]+)", str(path.get("d")))
    ]
    assert all(left <= x <= left + width for x in numbers)
    assert all(left <= x and x + w <= left + width and top <= y and y + h <= top + height for x, y, w, h in found)


Point = tuple[float, float]


def named_boxes(root: ElementTree.Element) -> dict[str, tuple[float, float, float, float]]:
    """The boxes by what their last line begins with: the name of the node."""
    last = [list(group.iter(f"{SVG}text"))[-1].text or "" for group in root.iter(f"{SVG}g")]
    return dict(zip([each.partition(":")[0] for each in last], boxes(root), strict=True))


def drawn_lines(root: ElementTree.Element) -> list[list[Point]]:
    """The points that each edge's line goes through, or swings between."""
    found = []
    for path in (each for each in root.iter(f"{SVG}path") if each.get("fill") == "none"):
        x = y = 0.0
        points = []
        for sign, rest in re.findall(r"([MCVH])([^MCVH]*)", str(path.get("d"))):
            for first, _, second in (each.partition(",") for each in rest.split()):
                x = x if sign == "V" else float(first)
                y = float(first) if sign == "V" else float(second) if second else y
                points.append((x, y))
        found.append(points)
    return found


@given(EDGES)
def test_lines_lead_from_box_to_box_and_run_beside_all_others(edges: list[tuple[int, int]]) -> None:
    """Of two lines on top of each other nobody can tell which leads where; one across a box hides its words."""
    workflow = winding(edges)
    root = ElementTree.fromstring(svg(workflow))
    found = named_boxes(root)
    left, right = min(x for x, *_ in found.values()), max(x + w for x, _, w, _ in found.values())
    lanes: list[tuple[float, float, float]] = []
    for edge, points in zip(edges_of(workflow), drawn_lines(root), strict=True):
        (x, y, w, h), target = found[edge.source], found[edge.target.replace(END, "End")]
        assert (points[0], points[-1]) == ((x + w / 2, y + h), (target[0] + target[2] / 2, target[1]))
        if len(points) == 4:  # a curve, straight into the layer below
            between = {each[1] for each in points[1:3]}
            assert len(between) == 1
            assert y + h < between.pop() < target[1]
            assert not [each for each in found.values() if y + h <= each[1] < target[1]]
            continue
        _, (_, out), (lane, _), (_, into), (_, _), _ = points
        assert y + h < out
        assert into < target[1]
        assert lane < left if target[1] <= y else lane > right
        lanes.append((lane, min(out, into), max(out, into)))
    for (lane, top, bottom), (other, high, low) in combinations(lanes, 2):
        assert lane != other or bottom < high or low < top


@given(EDGES)
def test_every_line_of_a_workflow_without_loops_leads_down(edges: list[tuple[int, int]]) -> None:
    """A drawing is read from the top: what stands below comes later."""
    root = ElementTree.fromstring(svg(winding([(source, to) for source, to in edges if source < to])))
    assert all(points[0][1] < points[-1][1] for points in drawn_lines(root))


@given(EDGES)
def test_words_stand_in_their_box_and_cases_below_theirs(edges: list[tuple[int, int]]) -> None:
    """Words on top of a line, a box or each other can't be read."""
    workflow = winding(edges)
    root = ElementTree.fromstring(svg(workflow))
    found = named_boxes(root)
    for group, (x, y, w, h) in zip(root.iter(f"{SVG}g"), found.values(), strict=True):
        written = [(float(text.get("x", "0")), float(text.get("y", "0"))) for text in group.iter(f"{SVG}text")]
        assert {at for at, _ in written} == {x + w / 2}
        assert y + 11 <= written[0][1]
        assert written[-1][1] <= y + h - 4
        assert all(second[1] - first[1] == 16 for first, second in pairwise(written))
    cases = [text for text in root.iter(f"{SVG}text") if text.find(f"{SVG}title") is not None]
    said = [edge for edge in edges_of(workflow) if edge.label]
    before: dict[str, float] = {}
    for edge, text in zip(said, cases, strict=True):
        x, y, w, h = found[edge.source]
        for line in text.iter(f"{SVG}tspan"):
            at = float(line.get("y", "0"))
            assert float(line.get("x", "0")) > x + w / 2
            assert at >= before.get(edge.source, y + h) + 16
            assert not [each for each in found.values() if y + h <= each[1] < at]
            before[edge.source] = at


def test_a_long_condition_can_be_read_whole() -> None:
    """On paper nothing has a title to point at: what is cut off there is lost."""
    when = 'a.x == "something that goes on" and a.y > 100 and contains(a.x, "more than one line holds")'
    workflow = compiled(f"""
    id: w
    nodes:
      - {{id: a, type: ask, fields: [x, y]}}
      - {{id: c, type: condition, cases: [{{when: '{when}', goto: b}}, {{goto: end}}]}}
      - {{id: b, type: ask}}
    """)
    root = ElementTree.fromstring(svg(workflow))
    lines = [[line.text or "" for line in text.iter(f"{SVG}tspan")] for text in root.iter(f"{SVG}text")]
    assert f"{when} → b" in [" ".join(each) for each in lines]
    assert max(len(line) for each in lines for line in each) <= 28
    assert float(root.get("width", "0")) >= 28 * 6.5


def test_boxes_stand_below_those_that_lead_to_them() -> None:
    """Lines that cross where they needn't are a tangle."""
    text = """
    id: w
    nodes:
      - {id: c, type: condition, cases: [{when: session.x, goto: a}, {goto: b}]}
      - {id: a, type: ask, next: under_a}
      - {id: b, type: ask, next: under_b}
      - {id: under_b, type: ask, next: end}
      - {id: under_a, type: ask, next: end}
    """
    at = {name: x + w / 2 for name, (x, _, w, _) in named_boxes(drawn(text)).items()}
    assert at["a"] == at["under_a"] < at["c"] == at["End"] == 0 < at["b"] == at["under_b"]


@given(st.text(min_size=1, max_size=200), st.text(max_size=200))
def test_any_text_can_be_drawn(title: str, label: str) -> None:
    """An author's text is shown, never obeyed: no markup, no broken file."""
    condition = {
        "id": "c",
        "type": "condition",
        "cases": [{"when": f"session.x == {label!r}", "goto": "a"}, {"goto": "end"}],
    }
    try:
        catalog = Catalog.from_documents(
            [{"id": "w", "title": title, "nodes": [{"id": "a", "type": "ask"}, condition]}], REGISTRY
        )
    except DefinitionError:
        return  # a character that no definition can hold
    ElementTree.fromstring(svg(catalog.get("w")))
    body = mermaid(catalog.get("w")).splitlines()
    assert all(re.fullmatch(r"    n\d .*|    n\d\W.*|    acc\w+: .*|flowchart TD", line) for line in body)
    assert len(body) == 3 + 3 + 3


@pytest.mark.parametrize(
    "nodes",
    ["[{id: a, type: ask, next: a}]", "[{id: a, type: ask, next: b}, {id: b, type: ask, next: a}, {id: c, type: ask}]"],
)
def test_loops_and_lost_nodes_are_drawn(nodes: str) -> None:
    """Just those are what somebody looks for in a drawing."""
    assert boxes(drawn(f"id: w\nnodes: {nodes}"))


def test_a_reminder_that_leads_on_is_an_edge_and_one_that_is_sent_is_none() -> None:
    """Where people go who don't answer is part of the way; a message leaves them where they are."""
    text = """
    id: w
    nodes:
      - {id: a, type: ask, remind_after: {after: 3d, goto: late}}
      - {id: b, type: ask, remind_after: {after: 3d, goto: end}}
      - {id: c, type: ask, remind_after: {after: 1d, message: {send: mail, to: x, subject: y, text: z}}, next: end}
      - {id: late, type: ask}
    """
    unanswered = [edge for edge in edges_of(compiled(text)) if edge.label == "no answer"]
    assert [(edge.source, edge.target.strip("\0"), edge.error) for edge in unanswered] == [
        ("a", "late", True),
        ("b", "end", True),
    ]
    assert mermaid(compiled(text)).count('-.->|"no answer"|') == 2
    assert [word for word in words(drawn(text)) if "no answer" in word] == ["no answer → late", "no answer → end"]
    assert "b (ask) leads to c, or the end (no answer)." in describe(compiled(text))


def test_an_event_that_leads_elsewhere_is_an_edge_of_its_own() -> None:
    """Where a form goes that is closed before it was answered is part of the way."""
    text = """
    id: w
    nodes:
      - {id: a, type: ask, event: [{name: paid, goto: late}, {name: withdrawn, goto: end}, seen]}
      - {id: b, type: ask, next: end}
      - {id: late, type: ask}
    """
    found = [(each.target.strip("\0"), each.label) for each in edges_of(compiled(text)) if each.source == "a"]
    assert found == [("b", ""), ("late", "event paid"), ("end", "event withdrawn")]
    assert [word for word in words(drawn(text)) if "event" in word] == ["event paid → late", "event withdrawn → end"]
