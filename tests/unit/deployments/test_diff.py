"""What is different between two definitions, as somebody reads it before they deploy one."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wizard.definitions.reading import source
from wizard.deployments.diff import Change, diff, lines
from wizard.model.values import write_json

PASSPORT = """\
id: passport
title: Passport
nodes:
  - id: who
    type: form
    fields:
      - {name: name, type: text, label: Name}
      - {name: age, type: integer, label: Age}
  - id: grown_up
    type: condition
    cases:
      - {when: who.age >= 18, goto: pay}
      - {goto: parents}
  - {id: parents, type: form, fields: [{name: agree, type: boolean, label: Do they agree?}]}
  - {id: pay, type: message, text: Pay at the counter.}
  - {id: done, type: end}
"""


def changes(before: str, after: str) -> list[Change]:
    """Between two definitions as text."""
    (old,), (new,) = source.read(before, "before"), source.read(after, "after")
    return list(diff(old.data, new.data))


def told(*replaced: tuple[str, str], passport: str = PASSPORT) -> list[str]:
    """The lines about the passport where these pieces of it are replaced."""
    after = passport
    for old, new in replaced:
        assert old in after
        after = after.replace(old, new)
    return list(lines(changes(passport, after)))


def test_what_starts_a_workflow_is_told_by_the_event() -> None:
    """A deployer reads by what runs begin from now on; the order of entries says nothing."""
    starts = "title: Passport\non:\n  - {event: sent, when: event.properties.n > 1}\n  - {event: lost}\n"
    assert told(("title: Passport\n", starts)) == [
        '+ on: [{"event": "sent", "when": "event.properties.n > 1"}, {"event": "lost"}]'
    ]
    passport = PASSPORT.replace("title: Passport\n", starts)
    assert told(("n > 1}\n  - {event: lost}", "n > 2}"), passport=passport) == [
        '- on.lost: {"event": "lost"}',
        '~ on.sent.when: "event.properties.n > 1" -> "event.properties.n > 2"',
    ]


def test_a_key_is_told_at_the_deepest_place() -> None:
    """Who reads “the form is different” has to compare it themselves."""
    before, after = PASSPORT, PASSPORT.replace("label: Name", "label: Your name, hint: As on your card")
    assert changes(before, after) == [
        Change("who", ("fields", "name", "label"), "changed", "Name", "Your name"),
        Change("who", ("fields", "name", "hint"), "added", None, "As on your card"),
    ]
    assert told(("title: Passport", "title: Your passport"), (", text: Pay at the counter.", "")) == [
        '~ title: "Passport" -> "Your passport"',
        '- node pay, text: "Pay at the counter."',
    ]


def test_true_is_not_one_and_a_number_is_no_text() -> None:
    """Python takes them for equal; a run doesn't."""
    assert diff({"a": True}, {"a": 1}) == (Change("", ("a",), "changed", True, 1),)
    assert diff({"a": 1}, {"a": "1"}) == (Change("", ("a",), "changed", 1, "1"),)
    assert diff({"a": None}, {}) == (Change("", ("a",), "removed", None, None),)


def test_comments_blanks_and_the_order_of_keys_are_no_difference() -> None:
    """They make no other version either."""
    assert told(("type: integer, label: Age", "label: Age,   type: integer"), ("title:", "# Ann's\ntitle:")) == []


def test_nodes_are_added_and_removed() -> None:
    """The nodes around them are as they were, and nothing is said of these."""
    added = "  - {id: done, type: end}", "  - {id: thanks, type: message, text: Thank you}\n  - {id: done, type: end}"
    assert told(added) == ['+ node thanks: {"id": "thanks", "type": "message", "text": "Thank you"}']
    assert told(("  - {id: pay, type: message, text: Pay at the counter.}\n", "")) == [
        '- node pay: {"id": "pay", "type": "message", "text": "Pay at the counter."}'
    ]


def test_a_node_with_another_id_is_guessed_and_said_so() -> None:
    """Renaming a node parks what people answered there: it must not be read as one that went and one that came."""
    assert told(("id: parents", "id: guardians"), ("goto: parents", "goto: guardians")) == [
        '~ node grown_up, cases #2.goto: "parents" -> "guardians"',
        "~ node guardians: called parents before (a guess: all else in it is the same)",
    ]


def test_a_node_that_was_moved_is_told_once() -> None:
    """One node was taken to another place: the four others stay where they are."""
    pay, done = "  - {id: pay, type: message, text: Pay at the counter.}\n", "  - {id: done, type: end}\n"
    assert told((pay + done, done + pay)) == ["~ node done: moved, now below parents"]
    last_first = PASSPORT.replace(done, "").replace("nodes:\n", f"nodes:\n{done}")
    assert changes(PASSPORT, last_first) == [Change("done", (), "moved", "pay", None)]
    assert list(lines(changes(PASSPORT, last_first))) == ["~ node done: moved, now at the top"]


def test_fields_are_matched_by_name() -> None:
    """A field that is put in front of the others changes none of them."""
    name = "      - {name: name, type: text, label: Name}\n"
    assert told((name, f"      - {{name: title, type: text}}\n{name}")) == [
        '+ node who, fields.title: {"name": "title", "type": "text"}'
    ]
    age = "      - {name: age, type: integer, label: Age}\n"
    assert told((name + age, age + name)) == ["~ node who, fields.age: moved, now at the top"]


def test_cases_are_matched_by_what_is_in_them() -> None:
    """Cases have no names: the one with another condition is still the same case, wherever it stands."""
    case = "      - {when: who.age >= 18, goto: pay}\n"
    assert told((case, "      - {when: who.age < 3, goto: done}\n      - {when: who.age >= 16, goto: pay}\n")) == [
        '+ node grown_up, cases #1: {"when": "who.age < 3", "goto": "done"}',
        '~ node grown_up, cases #2.when: "who.age >= 18" -> "who.age >= 16"',
    ]
    assert told((case, "")) == ['- node grown_up, cases #1: {"when": "who.age >= 18", "goto": "pay"}']
    assert list(lines(diff({"a": [1, 2, 3]}, {"a": [3, 1, 2]}))) == ["~ a #1: moved, #3 before"]
    assert list(lines(diff({"a": [1, 2]}, {"a": [1, 4]}))) == ["- a #2: 2", "+ a #2: 4"]
    assert list(lines(diff({"a": [[1], {"b": 1}]}, {"a": [[1, 2], {"b": 1}]}))) == ["+ a #1 #2: 2"]


def test_choices_are_matched_by_value() -> None:
    """They have no `name`, and their value is what is stored of them."""
    before = {"choices": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}, {"value": "c"}]}
    after = {"choices": [{"value": "a", "label": "Ah"}, {"value": "B", "label": "B"}, {"value": "d"}]}
    assert list(lines(diff(before, after))) == [
        '- choices.c: {"value": "c"}',
        '~ choices.a.label: "A" -> "Ah"',
        "~ choices.B: called b before (a guess: all else in it is the same)",
        '+ choices.d: {"value": "d"}',
    ]


def test_of_a_long_text_the_piece_is_shown_that_differs() -> None:
    """A page of text with one other word in it: two lines that begin and end alike would tell nothing."""
    text = "Bring your card. " * 30
    first, before, after = lines(diff({"text": text + "Pay here."}, {"text": text + "Pay there. " + text}))
    assert first == "~ text:"
    assert before.startswith("    - …")
    assert before.endswith('Pay here."')
    assert "Pay there." in after
    assert len(after) < 120


def test_what_is_no_definition_is_compared_as_well() -> None:
    """A draft is saved whatever is in it, and its author wants to know what they did since."""
    for before, after in (([], {}), ({"nodes": {}}, {"nodes": []}), ({"nodes": 1}, {"nodes": [{"id": 2}, None]})):
        assert len(diff(before, after)) == 1
    broken = {"nodes": [{"id": "a", "x": 1}, {"id": "a", "x": 2}, "a", {"id": "b"}]}
    assert diff(broken, {"nodes": [{"id": "a", "x": 1}, {"id": "a", "x": 3}, {"id": "b"}, "b"]}) == (
        Change("", ("nodes", 2), "removed", "a", None),
        Change("a", ("x",), "changed", 2, 3),
        Change("", ("nodes", 3), "added", None, "b"),
    )


NAMES = st.sampled_from(["a", "b", "c", "name", "value", "id", "nodes"])
PLAIN = st.sampled_from([None, True, False, 0, 1, "a", "b", "", "1"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=20
)
ITEMS = st.builds(
    lambda more, key, name: {**more, key: name}, VALUES.filter(lambda it: isinstance(it, dict)), NAMES, PLAIN
)
DEFINITIONS = st.builds(
    lambda more, nodes: {**more, "nodes": nodes},
    st.dictionaries(NAMES, VALUES, max_size=3),
    st.lists(ITEMS | PLAIN, max_size=6),
)


@given(before=DEFINITIONS, after=DEFINITIONS, data=st.data())
def test_every_difference_is_told_and_no_other(before: Any, after: Any, data: st.DataObject) -> None:
    """Somebody deploys because the list of changes is empty, or because they agree with all that is on it."""
    assert diff(before, deepcopy(before)) == ()
    nodes = data.draw(st.permutations(before["nodes"]))
    for other in (after, {**before, "nodes": nodes}, {**before, "nodes": [*nodes, *nodes[:1]]}):
        found = diff(before, other)
        is_same = write_json(before, sort_keys=True) == write_json(other, sort_keys=True)
        assert (found == ()) == is_same
        assert len(list(lines(found))) >= len(found)
