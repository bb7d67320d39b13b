"""A trial is played by the engine itself, and its trace tells what happened at every node."""

from __future__ import annotations

from tests.unit.debugging.trials import line, taken, tried

PASSPORT = """\
id: passport
nodes:
  - id: who
    type: form
    title: About you
    fields: [{name: name, label: Name}, {name: age, type: integer, label: Age}]
  - {id: note, type: set, values: {session.name: "{{ who.name }}"}}
  - id: adult
    type: condition
    cases:
      - {when: who.age >= 18, goto: lookup}
      - {goto: guardian}
  - {id: guardian, type: workflow, workflow: contact, with: {child: "{{ who.name }}"}}
  - {id: lookup, type: http, url: "https://towns.example/{{ who.name }}", example: {body: {town: Bern}}}
  - {id: done, type: end, title: "{{ lookup.body.town }}"}
"""
CONTACT = """\
id: contact
input: {child: {type: text}}
nodes:
  - {id: ask, type: form, fields: [{name: phone, label: "Who looks after {{ input.child }}?"}]}
"""


async def test_every_node_and_edge_is_told() -> None:
    """An author sees where a run went, and with what: also through conditions, and in and out of what is embedded."""
    answers = {"who": {"name": "Ann", "age": 9}, "guardian/ask": {"phone": "117"}}
    report = await tried(PASSPORT, CONTACT, answers=answers)
    assert (report.status, report.stopped) == ("completed", None)
    assert report.current is not None
    assert report.current.title == "Bern"
    steps = [(line.step, line.type, line.port) for line in report.trace]
    assert steps == [
        ("who", "form", None),
        ("note", "set", None),
        ("adult", "condition", "otherwise"),
        ("guardian", "workflow", None),
        ("guardian/ask", "form", None),
        ("lookup", "http", None),
        ("done", "end", None),
    ]
    assert line(report, "who").input == {"name": "Ann", "age": 9}
    assert line(report, "adult").input == {"who.age": 9}
    assert line(report, "guardian").input == {"child": "Ann"}
    asked = line(report, "guardian/ask")
    assert isinstance(asked.config, dict)
    assert asked.config["fields"][0]["label"] == "Who looks after Ann?"
    assert asked.output == {"phone": "117"}
    note = line(report, "note")
    assert note.state_before == {"event": {}, "profile": {}, "session": {}}
    assert note.state_after == {"event": {}, "profile": {}, "session": {"name": "Ann"}}
    assert taken(report) == {
        ("who", "note", None),
        ("note", "adult", None),
        ("adult", "guardian", "otherwise"),
        ("guardian", "lookup", None),
        ("guardian/ask", "end", None),
        ("lookup", "done", None),
    }
    assert ("adult", "lookup", "who.age >= 18", False) in report.edges
