"""What a node can rely on, and what others can rely on where it breaks its word (S14-S16, S21 keys)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from tests.conversations import Conversation, talk
from tests.workflows import AskConfig, AskNode, Book, Document, ask, branch, embed, flow, work
from wizard.model import Item, Prompt, RunStatus, StepStatus
from wizard.node import Visit
from wizard.testing import make_test_engine


def rude(node: str, kind: str, does: str, **keys: Any) -> Document:
    return {"id": node, "type": kind, "does": does, **keys}


class Recall(AskNode):
    """A page that lists what was answered; outside a repeat there are no items to list."""

    type: ClassVar[str] = "recall"

    def prompt(self, visit: Visit[AskConfig]) -> Prompt:
        return Prompt(visit.step, self.type, items=(*visit.review(), *visit.items()))


def life(person: Conversation, step: str) -> list[str]:
    """What was called at a step, oldest first."""
    return [each.what for each in person.book.calls if each.step == step]


# -- S14 -------------------------------------------------------------------------------------------


async def test_s14_each_visit_is_executed_then_closed() -> None:
    """S14: a node that opened something for a visit is told when nothing more will come."""
    person = await talk(ask("a", refuses=["bad"]), work("t"), ask("b"))
    await person.says("bad")
    await person.says("1")
    await person.says("2")
    assert life(person, "a") == ["execute", "execute", "execute", "close"]
    assert life(person, "t") == ["execute", "close"]


async def test_s14_a_step_that_leaves_the_path_is_removed_and_closed() -> None:
    """S14: remove comes once, close after it, and then nothing."""
    person = await talk(ask("a"), branch("c", ("a.x == '1'", "t"), "b"), work("t"), ask("b"))
    await person.says("1")
    await person.changes("a", "2")
    await person.says("b")
    assert life(person, "t") == ["execute", "remove", "close"]


async def test_s14_a_run_that_can_be_reopened_closes_nothing_at_its_end() -> None:
    """S14: its visits can go on after a Previous; close would not have been their last call."""
    person = await talk(ask("a"), work("t", "a.x"), ask("b"), reopen=True)
    await person.says("1")
    await person.says("2")
    await person.changes("a", "2")
    await person.says("3")
    assert life(person, "a") == ["execute", "execute", "execute"]
    assert life(person, "t") == ["execute", "remove", "close", "execute"]
    assert all(calls[-1] == "close" or "close" not in calls for calls in person.book.lives().values())


async def test_s14_the_state_of_a_waiting_node_is_kept_between_its_calls() -> None:
    """S14: any process can go on with a node that is in the middle of something."""
    person = await talk(ask("a", refuses=["bad"]), ask("b"))
    for _ in range(3):
        await person.says("bad")
        person.engine.forget(person.run.id)
    assert person.run.run.by_path["a"].state == {"executed": 4}


async def test_a_form_answered_piece_by_piece_keeps_the_pieces() -> None:
    """A chat asks for one field after another; what was said is kept, and is no answer yet."""
    person = await talk(ask("a"), ask("b"))
    await person.engine.next(person.run, {"x": "1"}, partial=True)
    await person.engine.next(person.run, {"y": "2"}, partial=True)
    assert (person.at, person.shown, person.run.answers) == ("a", {"x": "1", "y": "2"}, {})
    assert person.run.rejected is None
    await person.says("1", y="2")
    assert person.at == "b"


# -- S15 -------------------------------------------------------------------------------------------


async def test_s15_a_background_node_that_waits_is_named() -> None:
    """S15: the author of the node learns which one it is; the person isn't left with an empty page."""
    person = await talk(ask("a"), rude("t", "rude_task", "wait"), ask("b"))
    await person.says("1")
    assert (person.stack, person.run.status) == ("a t", RunStatus.FAILED)
    fault = person.run.fault
    assert fault is not None
    assert (fault.kind, fault.node) == ("NodeContractError", "t")
    assert "rude_task" in fault.message
    assert "Wait" in fault.message
    await person.goes_back()
    assert person.at == "a"


@pytest.mark.parametrize(
    ("does", "kind", "says"),
    [
        ("none", "NodeContractError", "NoneType"),
        ("text", "NodeContractError", "str"),
        ("list", "NodeContractError", "list"),
        ("object", "NodeFailed", "object"),
        ("huge", "NodeFailed", "larger than 1,000,000 bytes"),
        ("fail", "NodeFailed", "It says that it failed"),
        ("refuse", "RunError|InvalidInput", "It doesn't like this"),
        ("crash", "NodeFailed", "was raised"),
        ("set", "NodeFailed", "What node r sets"),
        ("keep", "NodeFailed", "The state of node r"),
    ],
)
@pytest.mark.parametrize("way", ["background", "shown", "answered"])
async def test_s15_what_a_node_reports_is_checked(way: str, does: str, kind: str, says: str) -> None:
    """S15: nonsense from a node stops at its step, is never stored, and shows nobody a traceback."""
    if way == "background":
        person = await talk(ask("a"), rude("r", "rude_task", does), ask("b"))
        await person.says("1")
    else:
        person = await talk(ask("a"), rude("r", "rude_form", does, on="show" if way == "shown" else "answer"), ask("b"))
        await person.says("1")
        if way == "answered":
            await person.says("2")
    fault = person.run.fault
    assert fault is not None
    assert fault.kind in kind.split("|")
    assert fault.node == "r"
    assert says in fault.message
    assert "secret" not in fault.message
    assert person.error == fault.people
    assert (says in fault.people) is (does == "fail")
    assert person.at == {"background": "r", "shown": "a", "answered": "r"}[way]
    assert person.run.status is (RunStatus.FAILED if way == "background" else RunStatus.WAITING)
    assert [line.step for line in person.run.kept] == []
    await person.goes_back()
    assert person.at == "a"


async def test_a_node_that_fails_to_clean_up_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The person's answer counts; what couldn't be undone is in the log for whoever runs the service."""
    person = await talk(
        ask("a"), branch("c", ("a.x == '1'", "r"), "b"), rude("r", "rude_task", "fail", on_error="continue"), ask("b")
    )
    await person.says("1")
    with caplog.at_level(logging.CRITICAL):
        await person.changes("a", "2")
    assert person.stack == "a b"


# -- S16 -------------------------------------------------------------------------------------------


async def failing(**keys: Any) -> Conversation:
    person = await talk(ask("a"), ask("b"), work("t", "b.x", fails_on=["bad"], **keys), ask("c"), ask("d"))
    await person.says("1")
    person.did()
    await person.says("bad")
    return person


async def test_s16_a_failed_step_stops_the_run_with_its_error() -> None:
    """S16: the person learns what happened, can try again, or go back and correct the answer."""
    person = await failing()
    assert (person.stack, person.run.status) == ("a b t", RunStatus.FAILED)
    assert person.error == "What it read makes this fail"
    await person.says()
    assert (person.stack, person.did()) == ("a b t", ["accept b", "run t", "run t"])
    await person.goes_back()
    assert (person.stack, person.run.fault, person.run.status) == ("a b | t", None, RunStatus.WAITING)
    await person.says("good")
    assert (person.stack, person.run.fault) == ("a b t c", None)


async def test_s16_trying_again_can_succeed() -> None:
    """S16: what failed because another service was down works when it is back."""
    book = Book()
    book.failing["t"] = 2
    person = await talk(ask("a"), work("t"), ask("b"), book=book)
    await person.says("1")
    await person.says()
    assert person.stack == "a t"
    await person.says()
    assert (person.stack, person.run.status, person.run.fault) == ("a t b", RunStatus.WAITING, None)


async def test_s16_back_returns_to_the_last_question_with_the_error() -> None:
    """S16, on_error back: an address that can't be found is corrected where it was typed."""
    person = await failing(on_error="back")
    assert (person.stack, person.error, person.shown) == ("a b | t", "What it read makes this fail", {"x": "bad"})
    assert person.run.status is RunStatus.WAITING
    assert person.did() == ["accept b", "run t"]
    await person.says("good")
    assert (person.stack, person.error) == ("a b t c", None)
    assert person.did()[-2:] == ["remove t", "run t"], "with other inputs it is another visit"


async def test_s16_back_with_nowhere_to_go_stops() -> None:
    """S16 with S7: there is no question before it, or only ones that are final."""
    book = Book()
    book.failing.update({"t": 1, "u": 1})
    person = await talk(work("t", on_error="back"), ask("a", final=True), work("u", on_error="back"), book=book)
    assert (person.stack, person.run.status) == ("t", RunStatus.FAILED)
    await person.says()
    await person.says("1")
    assert (person.stack, person.run.status) == ("t a u", RunStatus.FAILED)
    await person.says()
    assert person.run.status is RunStatus.COMPLETED


async def test_s16_continue_goes_on_without_an_output() -> None:
    """S16, on_error continue: a look-up that only adds comfort doesn't stop anybody."""
    person = await failing(on_error="continue")
    assert (person.stack, person.error, person.run.status) == ("a b t c", None, RunStatus.WAITING)
    assert person.output("t") == {"error": "What it read makes this fail"}
    await person.changes("b", "good")
    assert person.output("t") == {"v": "['good']"}


async def test_s10_what_failed_and_was_passed_over_is_tried_again_on_the_way_forward() -> None:
    """S10, S16: a service that was down for a moment would be missing from the run for good, since nothing that the
    work read has changed."""
    book = Book()
    book.failing["t"] = 1
    person = await talk(ask("a"), work("t", "a.x", on_error="continue"), ask("b"), book=book)
    await person.says("1")
    assert person.output("t") == {"error": "It was told to fail"}
    await person.goes_back()
    person.did()
    await person.says("1")
    assert (person.stack, person.output("t")) == ("a t b", {"v": "['1']"})
    assert person.did() == ["accept a", "run t"], "and it is the same visit, with the same key"
    assert len(set(book.keys("t"))) == 1


async def test_s16_goto_takes_another_way() -> None:
    """S16, on_error goto: a form to type by hand what the look-up didn't find."""
    person = await failing(on_error={"goto": "d"})
    assert person.stack == "a b t d"
    await person.goes_back()
    await person.says("good")
    assert person.stack == "a b t c | d"


async def test_s16_goto_end_completes_the_run() -> None:
    """S16, on_error goto end."""
    person = await failing(on_error={"goto": "end"})
    assert (person.stack, person.run.status) == ("a b t", RunStatus.COMPLETED)


async def test_what_a_failed_node_had_set_is_not_taken() -> None:
    """A node that failed half-way leaves nothing half-done in the internal state."""
    person = await talk(
        ask("a"),
        work("t", "a.x", counts="session.n", fails_on=["bad"], on_error="continue"),
        work("u", "session.n"),
        ask("b"),
    )
    await person.says("bad")
    assert person.output("u") == {"v": "[None]"}
    await person.changes("a", "good")
    assert person.output("u") == {"v": "[1]"}


# -- keys --------------------------------------------------------------------------------------------


async def test_s21_tries_of_one_visit_have_one_key_and_other_visits_another() -> None:
    """S21: a payment that is tried again is the same payment; one for another answer isn't."""
    book = Book()
    book.failing["t"] = 1
    person = await talk(ask("a"), work("t", "a.x"), ask("b"), book=book)
    await person.says("1")
    await person.says()
    await person.changes("a", "2")
    await person.changes("a", "1")
    first, again, second, third = book.keys("t")
    assert first == again
    assert len({first, second, third}) == 3
    assert book.keys("t", "remove") == [first, second]


async def test_s21_a_failed_step_with_other_inputs_is_another_visit() -> None:
    """S21: the service that is called would refuse other data under a key that it knows."""
    book = Book()
    book.failing["t"] = 2
    person = await talk(ask("a"), work("t", "session.k"), ask("b"), book=book, session={"k": "1"})
    await person.says("1")
    await person.says()
    await person.engine.amend(person.run, session={"k": "2"})
    await person.says()
    first, again, other = book.keys("t")
    assert first == again != other
    assert person.output("t") == {"v": "['2']"}
    assert life(person, "t") == ["execute", "execute", "remove", "close", "execute"]


async def test_keys_differ_between_runs() -> None:
    """Two people's payments are two payments."""
    book = Book()
    one = await talk(work("t"), ask("a"), book=book)
    await one.engine.start("main")
    assert len(set(book.keys("t"))) == 2


# -- what is shown -----------------------------------------------------------------------------------


async def test_a_page_that_cant_be_shown_again_doesnt_hold_anybody() -> None:
    """Back to a step whose page fails moves there, and says that something is wrong."""
    person = await talk({"id": "s", "type": "shy"}, ask("a"))
    await person.says("1")
    await person.goes_back()
    assert person.stack == "s | a"
    assert "This page can't be shown" in (person.error or "")
    assert "don't look" not in (person.error or "")


async def test_an_answer_that_cant_be_judged_is_asked_for_again() -> None:
    """S11: where a node's `accepts` fails, nobody is stuck, and nothing is taken over unseen."""
    person = await talk(ask("a"), {"id": "s", "type": "shy"}, ask("b"), ask("c"))
    for answer in "123":
        await person.says(answer)
    await person.changes("a", "4")
    assert person.stack == "a s | b c"


async def test_what_was_set_stays_set_while_its_step_is_asked_again() -> None:
    """A step that is shown once more, and whose old answer is then taken over, still has set what it set."""
    person = await talk(
        ask("a"), ask("b", depends_on=["a.x"], sets="session.k"), ask("c"), work("t", "session.k"), ask("d")
    )
    for answer in ("1", "set", "c"):
        await person.says(answer)
    assert person.output("t") == {"v": "['set']"}
    await person.changes("a", "2")
    assert person.at == "b"
    await person.changes("a", "1")
    assert person.at == "d"
    assert person.output("t") == {"v": "['set']"}


async def test_the_list_page_shows_every_item() -> None:
    """Whoever adds people sees them, with a way to change each and to take it out; items in which
    nobody was asked anything count as well."""
    inner = flow("inner", branch("c", ("session.ask == 'yes'", "name"), "t"), ask("name", next="end"), work("t"))
    person = await talk(
        embed("people", "inner", repeat={"max": 2, "item": "Person"}), ask("z"), inside=(inner,), session={"ask": "yes"}
    )
    await person.says("Ada", town="Bern", age="36")
    (item,) = person.run.current.items
    assert (item.label, item.value, item.step, item.remove) == ("Person 1", "Ada, Bern", "people/1/name", "people/1")
    await person.engine.amend(person.run, session={"ask": "no"})
    await person.says(add_another=True)
    assert person.stack == "people/1/name people/after-1 people/2/t people/after-2"
    second = person.run.current.items[1]
    assert (second.label, second.value, second.step, second.remove) == ("Person 2", "", None, "people/2")
    assert person.run.current.fields == ()
    await person.goes_back(to="people/1/name")
    page = person.run.run.by_path["people/after-1"]
    assert page.status is StepStatus.DONE


async def test_the_review_leaves_out_what_isnt_decided() -> None:
    """A review lists the answers below it, and none that is kept or being given."""
    person = await talk(ask("a"), ask("b"), ask("c"))
    await person.says("1", y="2")
    await person.says("3")
    assert [(item.label, item.value, item.step) for item in person.run.summary()] == [
        ("x", "1", "a"),
        ("y", "2", "a"),
        ("x", "3", "b"),
    ]
    await person.goes_back()
    assert [item.step for item in person.run.summary()] == ["a", "a"]


async def test_a_review_node_sees_what_was_answered_before_it() -> None:
    """The page that shows all answers is shown again from above, and leaves out what came after it."""
    person = await talk(ask("a"), {"id": "r", "type": "recall"}, ask("b"), types=[Recall])
    await person.says("1")
    assert person.run.current.items == (Item("x", "1", step="a"),)
    await person.says()
    await person.says("2")
    assert person.run.prompt_at("r").items == (Item("x", "1", step="a"),)


def test_output_types_are_mappings() -> None:
    """`Proceed` without an output is one with an empty mapping, not with None."""
    from wizard.model import Proceed

    assert isinstance(Proceed().output, Mapping)


async def test_answers_of_a_repeat_are_told_apart_by_their_item() -> None:
    """Three people with a name each: "Full name" three times says nothing about whose."""
    engine = await make_test_engine(
        {
            "id": "main",
            "nodes": [
                {"id": "me", "type": "form", "fields": [{"name": "full_name"}]},
                {"id": "people", "type": "workflow", "workflow": "one", "repeat": {"item": "Person"}},
                {"id": "pets", "type": "workflow", "title": "Pet", "workflow": "one", "repeat": {"times": 1}},
                {"id": "home", "type": "workflow", "workflow": "one"},
                {"id": "check", "type": "review"},
            ],
        },
        {"id": "one", "nodes": [{"id": "who", "type": "form", "fields": [{"name": "full_name"}]}]},
    )
    run = await engine.start("main")
    for answers in ({"full_name": "Me"}, {"full_name": "A"}, {"add_another": True}, {"full_name": "B"}):
        await engine.next(run, answers)
    await engine.next(run, {"add_another": True})
    await engine.next(run, {"full_name": "C"})
    await engine.remove_item(run, "people/1")
    for answers in ({"add_another": False}, {"full_name": "Rex"}, {"full_name": "Home"}):
        await engine.next(run, answers)
    assert [(item.value, item.group) for item in run.current.items] == [
        ("Me", ""),
        ("B", "Person 1"),
        ("C", "Person 2"),
        ("2", ""),
        ("Rex", "Pet 1"),
        ("Home", ""),
    ]
