"""A trial is played by the engine itself, and its trace tells what happened at every node."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from threading import Event
from typing import Any

import pytest

from tests.unit.debugging.trials import line, taken, tried
from wizard.debugging import recording
from wizard.errors import InvalidInput
from wizard.model import Outcome, Proceed
from wizard.node import Background, NodeConfig, Registry, Visit
from wizard.profiles.schema import ProfileSchema

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


# -- what comes of nodes -------------------------------------------------------------------------------

CALLED: list[str] = []


def announce(text: str) -> dict[str, str]:
    CALLED.append(text)
    logging.getLogger("shop").warning("said %s", text)
    return {"said": text}


ACTING = """\
id: acting
nodes:
  - {id: who, type: form, fields: [{name: name, label: Name}]}
  - {id: say, type: python, function: announce, arguments: {text: "Hello {{ who.name }}"}%s}
  - {id: done, type: end, title: "{{ say.said }}"}
"""
ANN = {"who": {"name": "Ann"}}


async def test_without_effects_no_function_is_called() -> None:
    """Who tries a draft doesn't send its messages; where nothing stands for the node, the trace says what to do."""
    CALLED.clear()
    report = await tried(ACTING % "", functions={"announce": announce}, answers=ANN)
    assert CALLED == []
    assert report.status == "failed"
    assert "Give its result, write an `example`" in (line(report, "say").error or "")
    assert line(report, "say").config == {"function": "announce", "arguments": {"text": "Hello Ann"}}
    report = await tried(ACTING % ", example: {said: Hi}", functions={"announce": announce}, answers=ANN)
    assert (CALLED, report.status, line(report, "say").output) == ([], "completed", {"said": "Hi"})
    assert "its example stands for it" in line(report, "say").log[0]


async def test_with_effects_it_is_and_what_it_logs_is_told() -> None:
    """Who asks for effects sees what the function itself gave and said."""
    CALLED.clear()
    report = await tried(ACTING % "", functions={"announce": announce}, answers=ANN, effects=True)
    assert (CALLED, line(report, "say").output) == (["Hello Ann"], {"said": "Hello Ann"})
    assert line(report, "say").log == ["warning: said Hello Ann"]


async def test_given_results_are_taken_try_by_try() -> None:
    """How a workflow copes with a service that is down is tried without one, and without waiting for the pauses."""
    text = ACTING % ", retry: {attempts: 3, backoff: 4s}"
    results = {"say": [{"error": "It is closed."}, {"said": "Hi"}]}
    report = await tried(text, answers=ANN, results=results)
    said = line(report, "say")
    assert (said.output, said.error, report.status) == ({"said": "Hi"}, None, "completed")
    assert any("Try 1 failed (It is closed)" in text and "4 s" in text for text in said.log)
    report = await tried(text, answers=ANN, results={"say": {"error": "It is closed."}})
    assert (report.status, line(report, "say").error) == ("failed", "It is closed.")


class LookUp(Background[NodeConfig]):
    """Says by its ports whether somebody is known."""

    type = "look_up"
    ports = ("found", "not_found")
    always_ports = True
    Config = NodeConfig

    async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
        return Proceed({"town": "Bern"}, port="found")


LOOKING = """
id: looking
nodes:
  - {id: look, type: look_up, next: {found: known}}
  - {id: unknown, type: message, title: Who is it?}
  - {id: known, type: end}
"""


@pytest.mark.parametrize(
    ("trial", "port", "edge"),
    [
        ({"effects": True}, "found", ("look", "known", "found")),
        ({"results": {"look": {"port": "found", "output": {"town": "Chur"}}}}, "found", ("look", "known", "found")),
        ({"results": {"look": {"port": "not_found"}}}, "not_found", ("look", "unknown", "not_found")),
    ],
)
async def test_the_port_by_which_a_node_is_left_is_told(
    trial: dict[str, Any], port: str, edge: tuple[str, str, str]
) -> None:
    """An author sees which way out was taken, and tries each; a port without a way of its own leads on below."""
    report = await tried(LOOKING, node_types=(LookUp,), **trial)
    assert line(report, "look").port == port
    assert taken(report) >= {edge}
    assert {way[:3] for way in report.edges if way.taken and way.source == "look"} == {edge}


async def test_a_node_that_always_takes_a_port_needs_to_be_told_which() -> None:
    """An example has no port; the author is told what to write, and not that somebody's node type is wrong."""
    text = LOOKING.replace("next:", "example: {town: Bern}, next:")
    report = await tried(text, node_types=(LookUp,))
    assert "Give its result with a `port`, or allow effects." in (line(report, "look").error or "")
    report = await tried(text, node_types=(LookUp,), results={"look": {"port": "elsewhere"}})
    assert (report.status, "by the port 'elsewhere'" in (report.stopped or "")) == ("failed", True)


async def test_what_a_profile_may_hold_is_the_same_as_in_a_live_run() -> None:
    """Otherwise a draft that works when it is tried fails for the first person."""
    schema = ProfileSchema.read("fields: {age: {type: integer}}", "profile.yaml", Registry.installed())
    text = "id: note\nnodes:\n  - {id: note, type: set, values: {profile.age: old}}\n  - {id: done, type: end}\n"
    assert (await tried(text)).status == "completed"
    report = await tried(text, profiles=schema)
    assert (report.status, "profile.age" in (report.stopped or "")) == ("failed", True)


async def test_the_way_on_after_an_error_has_its_name() -> None:
    """An author sees that the way for failures was taken."""
    report = await tried(ACTING % ", on_error: {goto: done}", answers=ANN, results={"say": {"error": "Closed"}})
    assert line(report, "say").port == "on error"
    assert ("say", "done", "on error") in taken(report)


class Faulty(Background[NodeConfig]):
    """A node that raises what says something."""

    type = "faulty"
    Config = NodeConfig

    async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
        raise ValueError("no such town")


async def test_an_exception_is_told_in_its_words() -> None:
    """The log of the process hides what an exception says; its author, who tries it, has to read that."""
    text = "id: a\nnodes:\n  - {id: bad, type: faulty}\n"
    report = await tried(text, node_types=(Faulty,), effects=True)
    assert (report.status, line(report, "bad").error) == ("failed", "ValueError: no such town")


# -- people --------------------------------------------------------------------------------------------


async def test_answers_that_are_refused_are_told_with_their_errors() -> None:
    """An author sees which answer a form doesn't take, and why."""
    report = await tried(PASSPORT, CONTACT, answers={"who": {"name": "Ann", "age": "old"}})
    assert report.status == "waiting"
    assert line(report, "who").error == "age: Your answer to “Age” must be a whole number, like 17"
    assert report.stopped == "The answers of who weren't accepted."
    assert report.current is not None
    assert report.current.fields[1].error == "Your answer to “Age” must be a whole number, like 17"


async def test_a_step_without_answers_is_where_it_stops() -> None:
    """Answers can be given step by step, each time with what is asked next in sight."""
    report = await tried(PASSPORT, CONTACT)
    assert (report.status, report.stopped) == ("waiting", None)
    assert report.current is not None
    assert report.current.step == "who"


async def test_no_password_is_told_wherever_it_goes() -> None:
    """Whoever may try a workflow hasn't to read what people type as passwords, nor what is made of them."""
    text = """\
id: login
nodes:
  - {id: who, type: form, fields: [{name: word, type: password, label: Password}]}
  - {id: copy, type: set, values: {kept: "<{{ who.word }}>", session.word: "{{ who.word }}"}}
  - {id: send, type: http, method: POST, url: "https://a.example/", body: {word: "{{ who.word }}"}, example: {}}
"""
    report = await tried(text, answers={"who": {"word": "correct horse"}})
    assert report.status == "completed"
    assert "correct horse" not in str(report)


# -- time and bounds -----------------------------------------------------------------------------------


async def test_waits_are_jumped_over() -> None:
    """A workflow that waits for two days is tried in milliseconds, and the trace says that time has passed."""
    text = """\
id: later
nodes:
  - {id: pause, type: wait, for: 2d}
  - {id: then, type: set, values: {day: "{{ today() }}"}}
"""
    report = await tried(text, at=datetime(2026, 3, 27, 12, tzinfo=UTC))
    assert report.status == "completed"
    assert line(report, "then").output == {"day": date(2026, 3, 29)}
    assert "moved on to 2026-03-29" in line(report, "pause").log[0]


async def test_a_wait_for_an_event_ends_by_its_result() -> None:
    """Nobody sends events to a debug run; what came of them can be said."""
    text = "id: paid\nnodes:\n  - {id: money, type: wait, event: paid}\n  - {id: done, type: end}\n"
    report = await tried(text)
    assert report.status == "working"
    assert "waits at money for an event" in (report.stopped or "")
    report = await tried(text, results={"money": {"event": "paid", "data": {"amount": 5}, "timed_out": False}})
    assert (report.status, line(report, "money").output) == (
        "completed",
        {"event": "paid", "data": {"amount": 5}, "timed_out": False},
    )


async def test_a_loop_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A draft that goes round for ever stops, and the trace stays readable."""
    text = """\
id: round
nodes:
  - {id: pause, type: wait, for: 1h}
  - {id: again, type: condition, cases: [{goto: pause}]}
"""
    monkeypatch.setattr(recording, "MOST_LINES", 40)
    report = await tried(text)
    assert "Is there a loop?" in (report.stopped or "")
    assert len(report.trace) == 40


async def test_people_have_their_turns_while_somebody_tries_a_draft() -> None:
    """A trial of many turns waits for nothing: without a pause between them the server would stand still for it."""
    text = """\
id: round
nodes:
  - {id: ask, type: form, fields: [{name: x, label: X}]}
  - {id: again, type: condition, cases: [{goto: ask}]}
"""
    turns = 0

    async def somebody_else() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.ensure_future(somebody_else())
    answers = {"ask" if number == 1 else f"ask~{number}": {"x": "1"} for number in range(1, 31)}
    report = await tried(text, answers=answers)
    other.cancel()
    assert (report.status, len(report.trace)) == ("waiting", 61)
    assert turns >= 30


async def hangs() -> None:
    await asyncio.Event().wait()


def hangs_in_a_thread() -> None:
    Event().wait(1.0)


@pytest.mark.parametrize("function", [hangs, hangs_in_a_thread])
async def test_a_node_that_hangs_is_stopped(function: Callable[[], Any]) -> None:
    """One that never comes back takes neither the debug run nor the server with it."""
    text = "id: hung\nnodes:\n  - {id: bad, type: python, function: f}\n  - {id: done, type: end}\n"
    report = await tried(text, functions={"f": function}, effects=True, seconds=0.05)
    assert report.stopped == "It took longer than 0.05 seconds, and was stopped."
    assert (report.status, line(report, "bad").error) == ("working", "It was stopped before it came to its end.")


async def test_large_values_are_told_by_their_size() -> None:
    """A report can be read, and sent, whatever a service answers."""
    report = await tried(ACTING % "", answers=ANN, results={"say": {"said": "x" * 100_000}})
    assert line(report, "say").output == "(100,012 bytes, too large to be shown here)"
    assert report.status == "completed"


ITEM = "id: item\nnodes:\n  - {id: ask, type: form, fields: [{name: phone, label: Phone}]}\n"


async def test_items_of_a_repeat_are_told_one_by_one() -> None:
    """Each item has lines of its own, below one of the node that repeats."""
    text = """\
id: several
nodes:
  - {id: each, type: workflow, workflow: item, repeat: {times: 2}}
  - {id: done, type: end}
"""
    report = await tried(text, ITEM, answers={"each/1/ask": {"phone": "1"}, "each/2/ask": {"phone": "2"}})
    assert [line.step for line in report.trace] == ["each", "each/1/ask", "each/2/ask", "done"]
    assert line(report, "each").output == [{"ask": {"phone": "1"}}, {"ask": {"phone": "2"}}]
    assert taken(report) == {("each", "done", None), ("each/ask", "end", None)}


async def test_the_list_page_of_a_repeat_is_answered() -> None:
    """Whoever adds people one by one is asked for more of them in a trial as in a live run, without effects."""
    family = """\
id: family
nodes:
  - {id: child, type: workflow, workflow: contact, repeat: {min: 1, max: 3}, with: {child: x}}
  - {id: done, type: end, title: Done}
"""
    answers = {
        "child/1/ask": {"phone": "1"},
        "child/after-1": {"add_another": True},
        "child/2/ask": {"phone": "2"},
        "child/after-2": {"add_another": False},
    }
    report = await tried(family, CONTACT, answers=answers)
    assert (report.status, report.stopped) == ("completed", None)


async def test_two_at_once_keep_their_lines_apart() -> None:
    """What is logged in one debug run is told in that one only."""
    calls = [
        tried(ACTING % "", functions={"announce": announce}, answers={"who": {"name": name}}, effects=True)
        for name in ("Ann", "Bob")
    ]
    for name, report in zip(("Ann", "Bob"), await asyncio.gather(*calls), strict=True):
        assert line(report, "say").log == [f"warning: said Hello {name}"]


async def test_http_and_confirmed_addresses_have_examples() -> None:
    """A first try needs neither a service nor a mailbox, and nothing is sent."""
    text = """\
id: a
nodes:
  - {id: mail, type: confirm_email, send: announce}
  - {id: call, type: http, url: "https://a.example/", expect: [201]}
"""
    CALLED.clear()
    report = await tried(text, functions={"announce": announce}, answers={"mail": {"email": "ann@example.com"}})
    assert (report.status, CALLED) == ("completed", [])
    assert line(report, "mail").output == {"email": "someone@example.com", "confirmed": True}
    assert line(report, "call").output == {"status": 201, "body": None, "headers": {}}


REMINDED = """\
id: slow
nodes:
  - id: who
    type: form
    fields: [{name: name, label: Name}]
    remind_after: {after: 2d, %s}
    expires_after: 10d
  - {id: done, type: end}
  - {id: late, type: end, title: Too late}
"""


async def test_people_may_take_their_time() -> None:
    """An author sees what becomes of a form that is answered late, and no message leaves the process."""
    late = REMINDED % "goto: late"
    report = await tried(late, answers=ANN, takes={"who": "3d"})
    assert report.current is not None
    assert (report.status, report.current.step) == ("completed", "late")
    assert ("who", "late", "no answer") in taken(report)
    assert line(report, "who").port == "no answer"
    report = await tried(late, answers=ANN, takes={"who": "1d"})
    assert report.current is not None
    assert report.current.step == "done"
    report = await tried(late, answers=ANN, takes={"who": "20d"})
    assert report.status in ("expired", "completed")
    CALLED.clear()
    text = REMINDED % "message: {send: announce, to: a, subject: b, text: c}"
    report = await tried(text, answers=ANN, takes={"who": "3d"}, functions={"announce": announce})
    assert (report.status, CALLED) == ("completed", [])
    with pytest.raises(InvalidInput, match="How long people take for who"):
        await tried(text, takes={"who": "long"})


async def test_a_condition_without_a_case_is_told() -> None:
    """The person stays where they are; the author reads which condition it is."""
    text = """\
id: a
nodes:
  - {id: who, type: form, fields: [{name: age, type: integer, label: Age}]}
  - {id: old, type: condition, cases: [{when: who.age > 5, goto: end}]}
"""
    report = await tried(text, answers={"who": {"age": 3}})
    assert (report.status, line(report, "old").error) == ("waiting", "No case holds.")
    assert report.stopped
    assert taken(report) == set()


async def test_what_the_log_of_the_process_says_stays_of_real_runs(caplog: pytest.LogCaptureFixture) -> None:
    """An operator is called for failures of people's runs, and not for those that an author tries."""
    await tried(ACTING % "", answers=ANN, results={"say": {"error": "It is closed."}})
    assert [record for record in caplog.records if record.name.startswith("wizard")] == []


async def test_a_repeat_of_nothing_is_told() -> None:
    """An author sees that the list was empty, and not only that nothing was asked."""
    text = """\
id: several
nodes:
  - {id: before, type: set, values: {a: 1}}
  - {id: each, type: workflow, workflow: item, repeat: {times: 0}}
  - {id: done, type: end}
"""
    report = await tried(text, ITEM)
    assert [line.step for line in report.trace] == ["before", "each", "done"]
    assert line(report, "each").output in ([], None)
    assert taken(report) == {("before", "each", None), ("each", "done", None)}


@pytest.mark.parametrize("member", ["answers", "results", "takes"])
async def test_a_step_that_there_is_not_is_told(member: str) -> None:
    """Who mistypes a step would look for what became of its answers."""
    with pytest.raises(InvalidInput, match=f"`{member}` has 'whoo', and there is no such step"):
        await tried(PASSPORT, CONTACT, **{member: {"whoo": {}}})


@pytest.mark.parametrize(
    ("member", "step", "said"),
    [
        ("answers", "lookup", "a node of type http asks nobody anything; give what comes of it in `results`"),
        ("answers", "adult", "a node of type condition asks nobody anything."),
        ("answers", "guardian", "a node of type workflow asks nobody anything."),
        ("takes", "note", "a node of type set asks nobody anything"),
        ("results", "adult", "what comes of a node of type condition can't be given"),
        ("results", "guardian", "what comes of a node of type workflow can't be given"),
    ],
)
async def test_what_a_step_has_no_use_for_is_told(member: str, step: str, said: str) -> None:
    """It was left aside without a word, and its author looked for what became of it."""
    given = "1d" if member == "takes" else {"a": 1}
    with pytest.raises(InvalidInput, match=said):
        await tried(PASSPORT, CONTACT, **{member: {step: given}})


@pytest.mark.parametrize("result", [{"error": 404}, [{"body": {}}, {"error": None}]])
async def test_an_error_that_is_no_text_is_told(result: Any) -> None:
    """`error: 404` in YAML is a number: it was taken for an output, and the node didn't fail."""
    with pytest.raises(InvalidInput, match="`results` has 'lookup', and its `error` is no text"):
        await tried(PASSPORT, CONTACT, results={"lookup": result})
