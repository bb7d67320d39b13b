"""What holds of every conversation, whatever the channel: written as conversations."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.chatting import Chat
from tests.patience import LONG
from wizard.channels.conversation.attention import Attention
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.definitions.graph import mermaid
from wizard.engine.worker import Worker
from wizard.errors import (
    DefinitionError,
    InvalidInput,
    NodeFailed,
    NotAConversation,
    RunCancelled,
    RunCompleted,
    RunNotFound,
)
from wizard.forms.types.text import DOTS
from wizard.model import Outcome, Proceed, Prompt, PromptField, RunStatus
from wizard.model.talk import Speaker
from wizard.node import Background, Foreground, NodeConfig, Visit
from wizard.settings import Settings
from wizard.testing import MovableClock, make_test_engine

TRIP: dict[str, Any] = {
    "id": "main",
    "title": "A trip",
    "help": [
        {"ask": ["When are you open?", "opening hours"], "answer": "From **9** to 5."},
        {"ask": "What does it cost?", "answer": "Nothing."},
    ],
    "nodes": [
        {"id": "hello", "type": "message", "title": "Welcome", "text": "A few questions."},
        {
            "id": "you",
            "type": "form",
            "title": "About you",
            "fields": [
                {"name": "full_name", "label": "Full name"},
                {"name": "email", "type": "email", "label": "Email address", "required": False},
                {"name": "birth_date", "type": "date", "label": "Date of birth", "hint": "For example 27 3 1985"},
            ],
        },
        {
            "id": "drink",
            "type": "form",
            "fields": [
                {
                    "name": "kind",
                    "type": "choice",
                    "label": "What do you drink?",
                    "choices": [
                        "coffee",
                        {"value": "green", "label": "Green tea"},
                        {"value": "mint", "label": "Mint tea"},
                    ],
                },
                {"name": "sugar", "type": "boolean", "label": "Sugar?", "show_if": "kind == 'coffee'"},
            ],
        },
        {"id": "check", "type": "review", "title": "Check your answers"},
        {"id": "done", "type": "end", "title": "Thank you, {{ you.full_name }}"},
    ],
}


async def at_review(**given: Any) -> Chat:
    chat = await Chat.of(TRIP, **given)
    for said in ("Ann", "ann@example.org", "27 3 1985", "tea"):
        await chat.says(said)
    assert chat.asked == "drink.kind"  # two are close
    await chat.presses("Green tea")
    assert chat.asked == "check"
    return chat


# -- asking and answering ------------------------------------------------------------------------


async def test_a_message_doesnt_wait_and_a_form_is_asked_field_by_field() -> None:
    """A chat that waits at a text for a button, or asks three things at once, is a form in disguise."""
    chat = await Chat.of(TRIP)
    assert chat.texts[:2] == ["Welcome\n\nA few questions.", "About you"]
    assert [(await chat.says(said)).asked for said in ("Ann", "skip", "1 May 1990")] == [
        "you.email",
        "you.birth_date",
        "drink.kind",
    ]
    assert (await chat.view()).answers["you"]["email"] is None


async def test_choices_are_pressed_numbered_named_or_misspelt() -> None:
    """People type what they read on a button, or nearly so; a guess between two is a wrong answer half of the time."""
    for said in ("1", "coffee", "COFFEE", "cofee"):
        chat = await Chat.of(TRIP)
        for before in ("Ann", "skip", "27 3 1985"):
            await chat.says(before)
        await chat.says(said)
        assert chat.asked == "drink.sugar", said
    await chat.says("back")
    await chat.says("Gren tea")
    assert chat.asked == "check"


async def test_two_that_are_close_are_asked_back() -> None:
    """The person decides, by number, name or button; the answer is what they say then."""
    chat = await Chat.of(
        {
            "id": "main",
            "nodes": [
                {
                    "id": "town",
                    "type": "form",
                    "fields": [{"name": "town", "type": "choice", "choices": ["Baden", "Basel", "Bern", "Badem"]}],
                }
            ],
        }
    )
    await chat.says("Bade")
    assert (chat.text, chat.labels) == ("Which one do you mean?", ["Baden", "Badem"])
    await chat.says("2")
    assert (await chat.view()).answers == {"town": {"town": "Badem"}}


async def test_an_answer_in_quotation_marks_is_no_command() -> None:
    """Whoever is called Back can say so."""
    chat = await Chat.of(TRIP)
    await chat.says("“back”")
    assert chat.asked == "you.email"
    await chat.says("skip")
    await chat.says("27 3 1985")
    await chat.says("coffee")
    await chat.says("yes")
    assert (await chat.view()).answers["you"]["full_name"] == "back"


# -- going back and changing ---------------------------------------------------------------------


async def test_back_restores_and_asks_again_with_the_old_value() -> None:
    """Back never costs an answer: each question comes again as it was left, and Keep is enough to go on."""
    chat = await at_review()
    await chat.says("back")
    assert (chat.asked, "So far: Green tea" in chat.text) == ("drink.kind", True)
    await chat.says("back")
    assert (chat.asked, "So far: 27 March 1985" in chat.text) == ("you.birth_date", True)
    await chat.says("back")
    assert chat.asked == "you.email"
    await chat.says("keep")
    await chat.presses("Keep it")
    assert chat.asked == "drink.kind"
    await chat.presses("Keep it")
    assert chat.asked == "check"
    assert (await chat.view()).answers["you"]["email"] == "ann@example.org"
    await chat.says("continue")
    assert chat.text == "Thank you, Ann"


async def test_back_past_a_text_goes_to_the_question_before_it() -> None:
    """A text that nobody stopped at can't be gone back to; at the first question Back says so."""
    chat = await Chat.of(TRIP)
    await chat.says("back")
    assert chat.asked == "you.full_name"
    assert (await chat.view()).step == "you"


async def test_a_correction_in_words_is_a_change_and_comes_back() -> None:
    """People say what is wrong when they notice it, and not where it was asked."""
    chat = await at_review()
    for said, name in (
        ("change email to ann@example.com", "Ann"),
        ("no, my full name is Anna", "Anna"),
        ("change 2 to anna@example.com", "Anna"),
    ):
        await chat.says(said)
        assert chat.asked == "check", said
        assert f"1. Full name: {name}" in chat.text
    assert (await chat.view()).answers["you"]["email"] == "anna@example.com"
    await chat.says("change 3")
    assert chat.asked == "you.birth_date"
    await chat.says("28 3 1985")
    assert chat.asked == "check"
    await chat.says("change email to nonsense")
    assert "email" in chat.texts[0]
    assert (await chat.view()).answers["you"]["email"] == "anna@example.com"


async def test_a_changed_branch_drops_one_answer_and_keeps_the_rest() -> None:
    """Only what doesn't apply any more goes."""
    chat = await at_review()
    await chat.says("change what do you drink? to coffee")
    assert chat.asked == "drink.sugar"
    await chat.says("no")
    assert chat.asked == "check"
    await chat.says("change drink")
    assert chat.asked == "drink.kind"
    await chat.says("mint tea")
    view = await chat.view()
    assert (view.step, view.answers["drink"], view.answers["you"]["full_name"]) == ("check", {"kind": "mint"}, "Ann")


async def test_an_edited_message_is_a_correction() -> None:
    """Somebody edits what they wrote: the answer that it was is what they mean to change."""
    chat = await at_review()
    await chat.says("Anna", edits="m-1")
    assert (await chat.view()).answers["you"]["full_name"] == "Anna"
    assert chat.asked == "check"
    await chat.says("whatever", edits="m-99")
    assert "Nothing was changed" in chat.text


async def test_a_message_answers_the_question_that_it_was_written_to() -> None:
    """What was typed to one question and comes when another is asked is no answer to that: on a page somebody answered
    meanwhile, and of two answers the second one was faster."""
    pair = {
        "id": "main",
        "nodes": [
            {
                "id": "you",
                "type": "form",
                "fields": [{"name": "name", "label": "Name"}, {"name": "town", "label": "Town"}],
            },
            {"id": "why", "type": "form", "fields": [{"name": "why", "label": "Why?"}]},
            {"id": "check", "type": "review", "title": "Right?"},
        ],
    }
    chat = await Chat.of(pair)
    first = chat.heard[-1].id
    await chat.engine.next(chat.id, {"name": "Anna"}, partial=True)
    second = (await chat.engine.said(chat.id))[-1].id
    await chat.says("Bern", replies=second)
    assert chat.asked == "why.why"
    await chat.says("Ann", replies=first)
    assert (chat.asked, (await chat.view()).answers["you"]) == ("why.why", {"name": "Ann", "town": "Bern"})
    await chat.says("back", replies=first)
    assert chat.asked == "you.town"
    await chat.says("Bea", replies=first)
    assert (chat.asked, (await chat.view()).current.fields[0].value) == ("you.town", "Bea")
    await chat.says("Basel", replies="w-99")
    assert chat.asked == "why.why"
    assert (await chat.view()).answers["you"] == {"name": "Bea", "town": "Basel"}
    assert [said.details for said in await chat.engine.said(chat.id) if said.id == "m-1"] == [{"replies": second}]


async def test_a_file_answers_the_question_that_it_was_sent_to() -> None:
    """Somebody picks a file while the question is answered from another device: it takes the place of that answer."""
    scans = [{"name": name, "label": name, "type": "file", "required": False} for name in ("front", "rear")]
    chat = await Chat.of({"id": "main", "nodes": [{"id": "you", "type": "form", "fields": scans}]})
    first = chat.heard[-1].id
    await chat.says("skip")
    file = {"name": "a.txt", "type": "text/plain", "content": "SGVsbG8="}
    await chat.says(files=(file,), replies=first)
    assert chat.asked == "you.rear"
    assert (await chat.view()).current.fields[0].value["name"] == "a.txt"


# -- wrong answers ---------------------------------------------------------------------------------


async def test_a_wrong_answer_is_told_then_explained_then_led_out_of() -> None:
    """The same error for ever is a wall; each time says more."""
    chat = await Chat.of(TRIP)
    await chat.says("Ann")
    await chat.says("nonsense")
    once = chat.text
    await chat.says("nonsense")
    await chat.says("nonsense")
    assert "type “skip”" not in once
    assert "type “skip”" in chat.text
    await chat.says("skip")
    await chat.says("soon")
    assert "27 March 1985" not in chat.text
    await chat.says("later")
    assert "For example: 27 March 1985" in chat.text


async def test_after_so_many_tries_the_definition_leads_on() -> None:
    """A person who isn't understood isn't kept: the run goes where its author says, with one answer to the message."""
    nodes = [
        {
            "id": "age",
            "type": "form",
            "after_tries": {"tries": 2, "goto": "call"},
            "fields": [{"name": "age", "type": "integer", "label": "How old are you?"}],
        },
        {"id": "done", "type": "end", "title": "Done"},
        {"id": "call", "type": "end", "title": "We will call you"},
    ]
    chat = await Chat.of({"id": "main", "nodes": nodes})
    await chat.says("old")
    assert chat.asked == "age.age"
    await chat.says("very old")
    assert chat.texts[-1] == "We will call you"
    assert (await chat.view()).status is RunStatus.COMPLETED


async def test_a_digression_returns_to_the_same_question_asked_once() -> None:
    """A question back isn't an answer, and what was asked isn't forgotten over it."""
    chat = await Chat.of(TRIP)
    await chat.says("Ann")
    for said in ("opening hours", "When are you open", "When are yuo open?", "help opening hours"):
        await chat.says(said)
        assert chat.texts[0] == "From 9 to 5.", said
        assert [one.expects is not None for one in chat.heard] == [False, True]
        assert chat.asked == "you.email"
    await chat.says("help")
    assert "What does it cost?" in chat.texts[0]
    assert (await chat.view()).answers == {"hello": {}}


# -- deliveries --------------------------------------------------------------------------------------


async def test_a_message_is_taken_once_however_it_is_delivered() -> None:
    """At once, in parallel, and after ten minutes: the answer is the same, and the run hasn't moved."""
    clock = MovableClock()
    chat = await Chat.of(TRIP, clock=clock)
    twice = await asyncio.gather(*(chat.talks.hear(chat.id, Incoming("x", "Ann")) for _ in range(5)))
    assert all(answer == twice[0] for answer in twice)
    clock.move(minutes=10)
    await chat.says("skip")
    assert await chat.talks.hear(chat.id, Incoming("x", "something else")) == twice[0]
    assert chat.asked == "you.birth_date"
    said = await chat.engine.said(chat.id)
    assert [one.id for one in said if one.speaker is Speaker.PERSON] == ["x", "m-1"]
    assert [one.number for one in said] == list(range(1, len(said) + 1))


async def test_a_late_message_with_a_lower_id_is_taken_as_well() -> None:
    """Ids are a set: a high-water mark loses what comes late."""
    chat = await Chat.of(TRIP)
    await chat.talks.hear(chat.id, Incoming("9", "Ann"))
    heard = await chat.talks.hear(chat.id, Incoming("3", "skip"))
    assert heard[-1].expects is not None
    assert heard[-1].expects.name == "birth_date"


async def test_a_stale_button_says_so_and_asks_the_present_question() -> None:
    """Its answer belongs to another question."""
    chat = await Chat.of(TRIP)
    for said in ("Ann", "skip", "27 3 1985"):
        await chat.says(said)
    stale = chat.button("coffee")
    await chat.presses("Mint tea")
    await chat.says(choice=stale)
    assert chat.texts[0] == "This button belongs to an earlier question."
    assert chat.asked == "check"
    assert (await chat.view()).answers["drink"] == {"kind": "mint"}


async def test_ids_of_the_engines_own_are_nobody_elses() -> None:
    """A message that is called as an answer is would hide it."""
    chat = await Chat.of(TRIP)
    for wrong in ("", "w-2", "x" * 201, "a\nb"):
        with pytest.raises(InvalidInput):
            await chat.talks.hear(chat.id, Incoming(wrong, "Ann"))


# -- others who move the run -----------------------------------------------------------------------


async def test_what_is_answered_elsewhere_is_told_with_the_next_question() -> None:
    """Two channels of one run stay in step."""
    chat = await Chat.of(TRIP)
    given = {"full_name": "Ann", "birth_date": "1985-03-27"}
    await chat.engine.next(chat.id, given, step="you")
    said = await chat.engine.said(chat.id)
    assert said[-2].text == "This was answered elsewhere."
    assert said[-1].expects is not None
    assert said[-1].expects.step == "drink"
    await chat.engine.previous(chat.id)
    back = await chat.engine.said(chat.id, said[-1].number)
    assert back[0].text == "This was taken back to an earlier question elsewhere."
    assert back[-1].expects is not None
    assert back[-1].expects.step == "you"
    await chat.engine.next(chat.id, given, step="you")
    await chat.says("mint tea")
    assert chat.asked == "check"


@pytest.mark.parametrize("how", ["restart", "change", "other way"])
async def test_what_somebody_moved_elsewhere_is_not_said_to_be_answered(how: str) -> None:
    """“This was answered elsewhere” sent people to look for an answer that nobody had given."""
    nodes = [
        {"id": "age", "type": "form", "fields": [{"name": "age", "type": "integer", "label": "Age"}]},
        {"id": "way", "type": "condition", "cases": [{"when": "age.age < 18", "goto": "school"}, {"goto": "work"}]},
        {"id": "work", "type": "form", "fields": [{"name": "work", "label": "Work?"}]},
        {"id": "school", "type": "form", "fields": [{"name": "school", "label": "School?"}]},
    ]
    chat = await Chat.of({"id": "main", "nodes": nodes})
    await chat.says("40")
    last = chat.heard[-1].number
    match how:
        case "restart":
            await chat.engine.restart(chat.id)
        case "change":
            await chat.engine.change(chat.id, "age")
        case _:
            await chat.engine.change(chat.id, "age", {"age": 8})
    asked = ["School?"] if how == "other way" else ["This was taken back to an earlier question elsewhere.", "Age"]
    assert [one.text.split("\n")[0] for one in await chat.engine.said(chat.id, last)] == asked


async def test_a_run_of_a_page_becomes_a_conversation_at_any_step() -> None:
    """Who came by a page goes on in a chat with what they have said."""
    engine = await make_test_engine(TRIP, clock=MovableClock())
    talks, run = Conversations(engine), await engine.start("main")
    await engine.next(run)
    await engine.next(run, {"full_name": "Ann"}, partial=True)
    heard = await talks.join(run.id)
    assert heard[-1].expects is not None
    assert heard[-1].expects.name == "email"
    again = await talks.join(run.id)
    assert again[-1].expects == heard[-1].expects


async def test_slow_work_says_that_it_works_and_then_what_is_asked() -> None:
    """Nobody sits in front of a silent chat, and what is done is named as on pages; the result is told though nobody
    writes."""
    called: list[int] = []

    async def print_it() -> dict[str, int]:
        called.append(1)
        if len(called) == 1:
            raise NodeFailed("Out of paper.")
        return {"pages": 3}

    nodes = [
        {"id": "name", "type": "form", "fields": [{"name": "name", "label": "Your name"}]},
        {"id": "work", "type": "python", "function": "print_it", "slow": True, "title": "Printing"},
        {"id": "so", "type": "message", "title": "Printed {{ work.pages }}"},
        {"id": "more", "type": "form", "fields": [{"name": "more", "label": "Anything else?"}]},
    ]
    chat = await Chat.of({"id": "main", "nodes": nodes}, functions={"print_it": print_it})
    await chat.says("Ann")
    assert chat.text == "Printing …"
    await chat.says("hello?")
    assert "goes on by itself" in chat.texts[0]
    await chat.waits(seconds=1)
    assert chat.labels == ["Try again", "Back"]
    await chat.presses("Try again")
    await chat.waits(seconds=1)
    assert chat.texts == ["Printed 3", "Anything else?"]


async def test_silence_reminder_and_time_out_are_messages() -> None:
    """Who doesn't answer is reminded where they were asked, and told when it is too late."""
    nodes = [
        {
            "id": "name",
            "type": "form",
            "remind_after": {"after": "1d", "every": "1d", "times": 2, "text": "Are you still there?"},
            "expires_after": "7d",
            "fields": [{"name": "name", "label": "Your name"}],
        }
    ]
    chat = await Chat.of({"id": "main", "nodes": nodes})
    await chat.waits(hours=23)
    assert chat.texts == []
    await chat.waits(hours=1)
    assert chat.texts == ["Are you still there?", "Your name"]
    await chat.waits(days=1)
    assert chat.texts == ["Are you still there?", "Your name"]
    await chat.waits(days=1)
    assert chat.texts == []
    await chat.waits(days=5)
    assert len(chat.texts) == 1
    await chat.says("Ann")
    assert (await chat.view()).status is RunStatus.EXPIRED
    assert len(chat.texts) == 1


async def test_an_agent_is_asked_for_takes_over_and_hands_back() -> None:
    """While a person writes, nothing that is said is taken for an answer; afterwards the question is asked again."""
    chat = await Chat.of({**TRIP, "agent": True})
    await chat.says("agent")
    assert chat.asked == "you.full_name"
    await chat.talks.take_over(chat.id)
    assert (await chat.says("I don't know my name")).heard == []
    passed = await chat.talks.pass_on(chat.id, Incoming("op-1", "It is Ann."))
    assert (passed.speaker, passed.text) == (Speaker.OPERATOR, "It is Ann.")
    assert await chat.talks.pass_on(chat.id, Incoming("op-1", "again")) == passed
    await chat.talks.hear(chat.id, Incoming("1", "Thank you"))
    with pytest.raises(InvalidInput, match="of another one"):  # it would be lost, as if it had come twice
        await chat.talks.pass_on(chat.id, Incoming("1", "Do you hear me?"))
    with pytest.raises(InvalidInput, match="of another one"):
        await chat.talks.hear(chat.id, Incoming("op-1", "Yes"))
    await chat.talks.release(chat.id)
    said = await chat.engine.said(chat.id)
    assert said[-1].expects is not None
    assert said[-1].expects.name == "full_name"
    assert (await chat.view()).answers == {"hello": {}}
    await chat.says("Ann")
    assert chat.asked == "you.email"


async def test_what_ends_a_run_or_removes_answers_is_confirmed() -> None:
    """A word that slips mustn't end an application, nor cost what was answered."""
    chat = await at_review()
    await chat.says("cancel")
    assert chat.labels == ["Yes", "No"]
    await chat.says("no")
    assert chat.asked == "check"
    await chat.says("restart")
    assert chat.labels == ["Yes", "No"]
    await chat.presses("No")
    assert (chat.asked, (await chat.view()).answers["you"]["full_name"]) == ("check", "Ann")
    await chat.says("cancel")
    await chat.presses("Yes")
    assert (await chat.view()).status is RunStatus.CANCELLED
    await chat.says("hello?")
    assert len(chat.texts) == 1


async def test_restart_is_as_if_nothing_had_been_answered() -> None:
    """Who begins again and finds old answers filled in hasn't begun again; nor has who gets another conversation."""
    chat = await at_review()
    await chat.says("start over")
    await chat.says("yes")
    assert chat.texts == ["Welcome\n\nA few questions.", "About you", "Full name"]
    view = await chat.view()
    assert (view.answers, view.summary(), view.run.kept, dict(view.run.parked)) == ({"hello": {}}, (), (), {})
    for said in ("Bea", "skip", "1 May 1990", "coffee", "yes"):
        await chat.says(said)
    assert (chat.asked, "So far" in chat.text) == ("check", False)
    await chat.says("restart")
    assert chat.labels == ["Yes", "No"]
    await chat.says("no")
    await chat.says("ok")
    await chat.says("restart")
    assert chat.texts == ["This is complete. To begin again, start a new conversation."]


async def test_restart_at_the_first_question_has_nothing_to_ask() -> None:
    """To confirm that nothing is removed is a question too much; within the first page something is."""
    chat = await Chat.of(TRIP)
    assert "This is the first question." in (await chat.says("restart")).texts
    await chat.says("Ann")
    await chat.says("restart")
    await chat.says("yes")
    assert chat.asked == "you.full_name"
    assert "Ann" not in chat.text
    chat = await at_review()
    while chat.asked != "you.full_name":
        await chat.says("back")
    assert "Ann" in chat.text
    await chat.says("restart")
    assert chat.labels == ["Yes", "No"]
    await chat.says("yes")
    assert (chat.asked, "Ann" in chat.text) == ("you.full_name", False)


async def test_restart_undoes_what_was_done_and_stops_at_what_is_final() -> None:
    """A booking whose answers are gone would stay booked; one that can't be taken back says so."""
    undone: list[str] = []

    class Book(Background[NodeConfig]):
        """Books."""

        type = "book"
        Config = NodeConfig

        async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
            return Proceed({"place": "3A"})

        async def remove(self, visit: Visit[NodeConfig]) -> None:
            undone.append(visit.step)

    ask = {"type": "form", "fields": [{"name": "name", "label": "Your name"}]}
    nodes = [{"id": "one", **ask}, {"id": "book", "type": "book"}, {"id": "two", **ask, "final": True}]
    nodes.append({"id": "three", **ask})
    chat = await Chat.of({"id": "main", "nodes": nodes}, node_types=[Book])
    await chat.says("Ann")
    await chat.says("restart")
    await chat.says("yes")
    assert (undone, chat.asked) == (["book"], "one.name")
    for said in ("Ann", "Ann", "restart"):
        await chat.says(said)
    assert (undone, chat.asked, (await chat.view()).answers["one"]) == (["book"], "three.name", {"name": "Ann"})


async def test_what_nobody_sees_is_asked_of_nobody() -> None:
    """A step of another type than a form has hidden fields as well: a chat that asks for them lets anybody overwrite
    what the page hands along."""
    submitted: list[dict[str, Any]] = []

    class Order(Foreground[NodeConfig]):
        type = "order"
        Config = NodeConfig

        def prompt(self, visit: Visit[NodeConfig]) -> Prompt:
            texts = (PromptField(name, "text", name) for name in ("size", "colour"))
            return Prompt(visit.step, self.type, fields=(PromptField("ref", "hidden", "Ref", value="r-1"), *texts))

        async def submit(self, visit: Visit[NodeConfig]) -> Outcome:
            submitted.append(dict(visit.input or {}))
            return Proceed()

    nodes = [{"id": "order", "type": "order"}, {"id": "check", "type": "review"}]
    chat = await Chat.of({"id": "main", "nodes": nodes}, node_types=[Order])
    asked = [chat.asked, (await chat.says("L")).asked, (await chat.says("red")).asked]
    assert asked == ["order.size", "order.colour", "check"]
    assert submitted == [{"ref": "r-1", "size": "L", "colour": "red"}]


# -- what is said and kept ---------------------------------------------------------------------------


async def test_a_password_isnt_in_what_was_said() -> None:
    """What was said is shown again on every channel, and to operators."""
    fields = [{"name": "pin", "type": "password", "label": "PIN"}, {"name": "name", "label": "Your name"}]
    chat = await Chat.of({"id": "main", "nodes": [{"id": "you", "type": "form", "fields": fields}]})
    await chat.says("open sesame")
    assert chat.asked == "you.name"
    assert "sesame" not in "".join(one.text for one in await chat.engine.said(chat.id))
    assert "sesame" not in str(dict((await chat.view()).run.conversation))


async def test_an_operator_reads_what_they_are_written_while_a_password_is_asked() -> None:
    """Whoever can't remember their password asks somebody for help, who would see nothing but dots."""
    nodes = [{"id": "you", "type": "form", "fields": [{"name": "pin", "type": "password", "label": "PIN"}]}]
    chat = await Chat.of({"id": "main", "agent": True, "nodes": nodes})
    await chat.talks.take_over(chat.id, "olga")
    await chat.says("I have forgotten it.")
    await chat.talks.release(chat.id, "olga")
    await chat.says("4711")
    said = [one.text for one in await chat.engine.said(chat.id) if one.speaker is Speaker.PERSON]
    assert said == ["I have forgotten it.", DOTS]


async def test_a_password_that_is_corrected_isnt_either() -> None:
    """Who corrects a password says it in a sentence, changes the message that it was, or has it refused; whatever is
    asked at the time, nobody is to read it afterwards. What is no password is kept as it was said."""
    fields = [
        {"name": "pin", "type": "password", "label": "PIN", "max_length": 20},
        {"name": "name", "label": "Your name"},
        {"name": "town", "label": "Town"},
    ]
    nodes = [{"id": "you", "type": "form", "fields": fields}, {"id": "check", "type": "review"}]
    chat = await Chat.of({"id": "main", "nodes": nodes})
    for said in ("secret-4711", "change PIN to 4712", "no, my PIN is 4713", "/edit PIN to 4714", "Ann", "Bern"):
        await chat.says(said)
    await chat.says("4715", edits="m-1")
    await chat.says("change PIN to 4716")
    await chat.says(f"change PIN to {'4717' * 10}")
    assert chat.texts[0].startswith("Your answer to “PIN” must be 20 characters")
    await chat.says("change town to 4800")
    said = [one.text for one in await chat.engine.said(chat.id) if one.speaker is Speaker.PERSON]
    assert [text for text in said if "471" in text] == []
    assert said[-1] == "change town to 4800"
    answers = (await chat.view()).answers["you"]
    assert answers == {"pin": "4716", "name": "Ann", "town": "4800"}
    german = await Chat.of({"id": "main", "language": "de", "nodes": nodes})
    await german.says("4711")
    await german.says("/ändern PIN in 4712")
    assert [one.text for one in await german.engine.said(german.id) if "471" in one.text] == []
    await chat.engine.cancel(chat.id)
    await chat.says("change PIN to 4718")
    assert "4718" not in (await chat.engine.utterance(chat.id, f"m-{chat.count}")).text


async def test_a_file_answers_where_one_is_asked() -> None:
    """A picture that is sent is the upload; anywhere else it is no answer."""
    nodes = [
        {"id": "paper", "type": "form", "fields": [{"name": "paper", "type": "file", "label": "Your paper"}]},
        {"id": "more", "type": "form", "fields": [{"name": "more", "label": "Anything else?"}]},
    ]
    chat = await Chat.of({"id": "main", "nodes": nodes})
    file = {"name": "a.txt", "type": "text/plain", "content": "SGVsbG8="}
    await chat.says("here it is")
    assert chat.asked == "paper.paper"
    await chat.says(files=(file,))
    assert chat.asked == "more.more"
    await chat.says(files=(file,))
    assert chat.texts[0] == "You don’t need to send a file here."


async def test_a_file_is_changed_by_the_message_that_it_came_with() -> None:
    """Another file takes its place, on the same page and from a later one; an edit without anything asks again, where
    the file can be kept or left out."""
    form = {
        "id": "you",
        "type": "form",
        "title": "You",
        "fields": [{"name": "paper", "type": "file", "required": False}],
    }
    later = {"id": "name", "type": "form", "title": "Name", "fields": [{"name": "full_name", "label": "Full name"}]}
    chat = await Chat.of({"id": "main", "nodes": [form, later, {"id": "check", "type": "review", "title": "Check"}]})

    def scan(name: str) -> dict[str, str]:
        return {"name": name, "type": "application/pdf", "content": "JVBERi0xLjQ="}

    async def kept() -> Any:
        paper = (await chat.view()).answers["you"]["paper"]
        return None if paper is None else paper["name"]

    await chat.says(files=(scan("a.pdf"),))
    assert chat.asked == "name.full_name"
    await chat.says(files=(scan("b.pdf"),), edits="m-1")
    assert (await kept(), chat.asked) == ("b.pdf", "name.full_name")
    await chat.says("Ann")
    await chat.says(edits="m-1")
    assert (chat.asked, chat.labels) == ("you.paper", ["Keep it", "Skip"])
    assert "So far: b.pdf" in chat.text
    await chat.presses("Skip")
    assert (await kept(), chat.asked) == (None, "check")
    await chat.says(files=(scan("c.pdf"),), edits="m-3")
    assert "You don’t need to send a file here." in chat.text


async def test_repeats_and_embedded_workflows_are_talked_through() -> None:
    """A list of people is a conversation as well: one after another, a line taken out, and on."""
    member = {"id": "member", "nodes": [{"id": "who", "type": "form", "fields": [{"name": "name", "label": "Name"}]}]}
    nodes = [
        {
            "id": "people",
            "type": "workflow",
            "workflow": "member",
            "title": "Your household",
            "repeat": {"min": 1, "max": 4, "add_another": "Another person?", "item": "Person"},
        },
        {"id": "check", "type": "review"},
    ]
    chat = await Chat.of({"id": "main", "nodes": nodes}, member)
    await chat.says("Ann")
    assert chat.asked == "people/after-1.add_another"
    await chat.says("yes")
    await chat.says("Bob")
    assert "2. Person 2: Bob" in chat.text
    await chat.says("remove 1")
    assert (chat.asked, "1. Person 1: Bob" in chat.text) == ("people/after-2.add_another", True)
    await chat.says("no")
    assert chat.asked == "check"


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_001,
        "👩‍👩‍👧‍👦" * 500,
        "\u202eevil\u202c مرحبا",
        "<script>alert(1)</script>",
        "{{ 7*7 }} ${7*7}",
        "/" * 1000,
        "/nonsense",
        "\x00\x01\ud800",
        "change " * 3000,
        "no, my " + "a " * 5000 + " is b",
    ],
    ids=lambda text: ascii(text[:12]),
)
async def test_hostile_text_is_answered_and_nothing_more(text: str) -> None:
    """Whatever somebody sends, they are answered, and the conversation goes on."""
    chat = await Chat.of(TRIP)
    await chat.says(text)
    assert chat.heard
    assert chat.asked.startswith("you.")
    await chat.says("Ann")
    assert chat.heard


async def test_a_conversation_is_held_in_the_words_of_its_language() -> None:
    """A German form is answered, gone back in and corrected in German; English commands go on working."""
    fields = [{"name": "name", "label": "Name"}, {"name": "betrag", "type": "decimal", "label": "Betrag"}]
    nodes = [{"id": "sie", "type": "form", "fields": fields}, {"id": "prüfung", "type": "review"}]
    nodes[1]["id"] = "check"
    chat = await Chat.of({"id": "main", "language": "de", "nodes": nodes})
    await chat.says("Anna")
    await chat.says("zurück")
    assert (chat.asked, "Bisher: Anna" in chat.text) == ("sie.name", True)
    await chat.presses("So lassen")
    await chat.says("1.234,50")
    assert (chat.asked, "Betrag: 1234,50" in chat.text) == ("check", True)
    await chat.says("nein, mein Name ist Änne")
    assert "Name: Änne" in chat.text
    await chat.says("ändern 2")
    assert chat.asked == "sie.betrag"
    await chat.says("viel")
    await chat.says("sehr viel")
    assert "Zum Beispiel: 12,5" in chat.text
    await chat.says("help")
    assert "zurück – die Frage davor" in chat.texts[0]


async def test_back_over_slow_work_wins_and_its_late_result_says_nothing() -> None:
    """Who goes back while something works is asked there, and isn't torn away when it is done."""
    nodes = [
        {"id": "name", "type": "form", "fields": [{"name": "name", "label": "Your name"}]},
        {"id": "work", "type": "python", "function": "work", "slow": True},
        {"id": "more", "type": "form", "fields": [{"name": "more", "label": "Anything else?"}]},
    ]
    going, may_end = asyncio.Event(), asyncio.Event()

    async def work() -> dict[str, int]:
        going.set()
        await may_end.wait()
        return {}

    chat = await Chat.of({"id": "main", "nodes": nodes}, functions={"work": work})
    await chat.says("Ann")
    job = asyncio.create_task(Worker(chat.engine).perform_due())
    await going.wait()
    await chat.says("back")
    assert (chat.asked, "So far: Ann" in chat.text) == ("name.name", True)
    said = len(await chat.engine.said(chat.id))
    may_end.set()
    await job
    assert len(await chat.engine.said(chat.id)) == said
    await chat.says("Anna")
    await chat.waits(seconds=1)
    assert chat.asked == "more.more"


@pytest.mark.parametrize("command", ["restart", "cancel"])
@pytest.mark.parametrize("fails", [False, True])
async def test_who_waits_for_work_may_begin_again_or_end_it(command: str, fails: bool) -> None:
    """They were never asked whether they are sure, and so could do neither until the work was done, if it ever was."""
    nodes = [
        {"id": "name", "type": "form", "fields": [{"name": "name", "label": "Your name"}]},
        {"id": "work", "type": "python", "function": "work", "slow": not fails, "retry": {"attempts": 1}},
        {"id": "more", "type": "form", "fields": [{"name": "more", "label": "Anything else?"}]},
    ]

    async def work() -> dict[str, int]:
        raise ValueError

    chat = await Chat.of({"id": "main", "nodes": nodes}, functions={"work": work})
    await chat.says("Ann")
    assert (await chat.view()).status is (RunStatus.FAILED if fails else RunStatus.WORKING)
    await chat.says(command)
    assert chat.text.endswith("Are you sure?")
    await chat.presses("No")
    assert (await chat.view()).answers == {"name": {"name": "Ann"}}
    await chat.says(command)
    await chat.says("yes")
    view = await chat.view()
    assert (view.status, chat.text) in (
        (RunStatus.CANCELLED, "This was cancelled. To begin again, start a new conversation."),
        (RunStatus.WAITING, "Your name"),
    )
    assert (view.status is RunStatus.CANCELLED) == (command == "cancel")


async def test_what_failed_behind_a_text_is_said_once() -> None:
    """The person is back at the text, which says what failed; they read it twice in one message."""

    async def work() -> dict[str, int]:
        raise ValueError

    nodes = [
        {"id": "name", "type": "form", "fields": [{"name": "name", "label": "Your name"}]},
        {"id": "noted", "type": "message", "title": "Noted"},
        {"id": "work", "type": "python", "function": "work", "on_error": "back", "retry": {"attempts": 1}},
        {"id": "done", "type": "end"},
    ]
    chat = await Chat.of({"id": "main", "nodes": nodes}, functions={"work": work})
    await chat.says("Ann")
    error = (await chat.view()).current.error
    assert error
    assert "\n".join(chat.texts).count(error) == 1


async def test_a_message_on_a_run_that_nobody_talked_about_yet_is_understood() -> None:
    """A channel that forgets to open the conversation loses nobody's answer."""
    engine = await make_test_engine(TRIP, clock=MovableClock())
    run = await engine.start("main")
    await engine.next(run)
    heard = await Conversations(engine).hear(run.id, Incoming("m-1", "Ann"))
    assert heard[-1].expects is not None
    assert heard[-1].expects.name == "email"


async def test_who_begins_reads_the_start_pages_text_and_who_comes_back_that_they_do() -> None:
    """A chat has no start page; who returns after days is told where they are, and may begin again."""
    chat = await Chat.of({**TRIP, "text": "It takes **two** minutes."})
    assert chat.texts[0] == "It takes two minutes."
    for said in ("Ann", "skip", "27 3 1985"):
        await chat.says(said)
    heard = await chat.talks.join(chat.id)
    assert "Type “restart” to begin again." in heard[0].text
    assert heard[-1].expects is not None
    assert heard[-1].expects.step == "drink"


async def test_what_a_change_undoes_is_no_answer_from_elsewhere() -> None:
    """A change that drops work which has to be undone commits twice: its answer must read as one."""
    nodes = [
        {"id": "want", "type": "form", "fields": [{"name": "want", "type": "boolean", "label": "Do you want it?"}]},
        {"id": "wanted", "type": "condition", "cases": [{"when": "want.want", "goto": "book"}, {"goto": "check"}]},
        {"id": "book", "type": "book"},
        {"id": "check", "type": "review"},
    ]

    class Book(Background[NodeConfig]):
        """Books, and can take it back."""

        type = "book"
        Config = NodeConfig

        async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
            return Proceed({})

        async def remove(self, visit: Visit[NodeConfig]) -> None:
            pass

    chat = await Chat.of({"id": "main", "nodes": nodes}, node_types=[Book])
    await chat.says("yes")
    assert chat.asked == "check"
    await chat.says("change 1")
    await chat.says("no")
    assert (chat.asked, "elsewhere" in chat.text) == ("check", False)
    assert await chat.talks.hear(chat.id, Incoming("m-3", "no")) == chat.heard


async def test_after_tries_is_checked_at_load_and_drawn() -> None:
    """A way out that leads nowhere is found when somebody needs it most."""
    ask = {"id": "ask", "type": "form", "fields": [{"name": "age", "type": "integer"}]}
    nodes = [{**ask, "after_tries": {"goto": "call"}}, {"id": "done", "type": "end"}, {"id": "call", "type": "end"}]
    engine = await make_test_engine({"id": "main", "nodes": nodes})
    assert "after tries" in mermaid(engine.definitions.get("main"))
    for wrong in ({"goto": "nowhere"}, {"tries": 0, "goto": "call"}, {"tries": 3}):
        with pytest.raises(DefinitionError):
            await make_test_engine({"id": "main", "nodes": [{**ask, "after_tries": wrong}, *nodes[1:]]})
    with pytest.raises(DefinitionError):
        await make_test_engine({"id": "main", "help": [{"ask": [], "answer": "So"}], "nodes": nodes})


async def test_a_message_whose_process_dies_at_work_is_answered_all_the_same() -> None:
    """Killed between its two commits: the message is known again, its answer comes with the job, and comes once."""
    nodes = [
        {"id": "name", "type": "form", "fields": [{"name": "name", "label": "Your name"}]},
        {"id": "work", "type": "python", "function": "work"},
        {"id": "more", "type": "form", "fields": [{"name": "more", "label": "Anything else?"}]},
    ]
    going, called = asyncio.Event(), list[int]()

    async def work() -> dict[str, int]:
        called.append(1)
        if len(called) == 1:
            going.set()
            await asyncio.Event().wait()
        return {}

    chat = await Chat.of({"id": "main", "nodes": nodes}, functions={"work": work})
    dying = asyncio.create_task(chat.talks.hear(chat.id, Incoming("m-1", "Ann")))
    await going.wait()
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    assert await chat.talks.hear(chat.id, Incoming("m-1", "Ann")) == []
    await chat.waits(minutes=1)
    assert chat.asked == "more.more"
    assert [one.text for one in await chat.talks.hear(chat.id, Incoming("m-1", "Ann"))] == ["Anything else?"]
    assert len(called) == 2


async def test_who_speaks_for_a_moment_stays_in_nobodys_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator has a channel tried again a thousand times: each time, something would be told of every message from
    then on, for as long as the process lives."""
    chat = await Chat.of(TRIP)
    listening: list[Any] = []
    monkeypatch.setattr(chat.engine, "listen", listening.append)
    for _ in range(3):
        await Conversations(chat.engine).join(chat.id)
    assert listening == []
    talks = Conversations(chat.engine)
    for _ in range(2):
        await talks.said_within(chat.id, "", 0.01)
    assert len(listening) == 1


@pytest.mark.parametrize("is_taken_over", [False, True])
async def test_a_run_that_ends_gives_its_conversation_back(is_taken_over: bool) -> None:
    """An operator would come to somebody who was ready long ago; and who has finished would write to an operator who
    doesn't see them any more."""
    nodes = [{"id": "you", "type": "form", "fields": [{"name": "name", "label": "Your name"}]}]
    chat = await Chat.of({"id": "main", "agent": True, "nodes": nodes}, settings=Settings(agent_timeout=0))
    await chat.says("agent")
    if is_taken_over:
        await chat.talks.take_over(chat.id, "olga")
    await chat.waits(seconds=1)
    assert len(await Attention(chat.engine).listed(10)) == 1
    await chat.engine.next(chat.id, {"name": "Ann"}, step="you")
    await chat.waits(seconds=1)
    assert await Attention(chat.engine).listed(10) == []
    await chat.says("Thank you!")
    assert chat.text.startswith("This is complete.")


async def test_a_run_that_has_ended_or_that_nobody_chats_about_isnt_taken_over() -> None:
    """It isn't on the list of those that wait: an operator would never be reminded that the person writes there."""
    engine = await make_test_engine({**TRIP, "agent": True})
    on_pages = await engine.start("main")
    with pytest.raises(NotAConversation, match="no conversation"):
        await Conversations(engine).take_over(on_pages.id, "olga")
    chat = await Chat.begins(engine)
    await engine.cancel(chat.id)
    with pytest.raises(RunCancelled):
        await chat.talks.take_over(chat.id, "olga")
    chat = await Chat.of({"id": "main", "nodes": [{"id": "bye", "type": "end", "title": "Bye"}]})
    with pytest.raises(RunCompleted):
        await chat.talks.take_over(chat.id, "olga")
    assert await chat.engine.store.stages.deeds() == ()


async def test_who_waits_for_what_is_said_is_told_that_the_run_was_deleted() -> None:
    """A program would wait for the whole of its time, and take the answer for silence."""
    chat = await Chat.of(TRIP)
    last = chat.heard[-1].id
    waiting = asyncio.create_task(chat.talks.said_within(chat.id, last, 3600))
    while chat.id not in chat.talks._bells:
        await asyncio.sleep(0)
    await chat.engine.delete(chat.id)
    async with asyncio.timeout(LONG):
        with pytest.raises(RunNotFound):
            await waiting


async def test_who_writes_before_the_end_is_stored_reads_once_that_it_is_over() -> None:
    """Somebody answers a minute too late, and is told so; a minute after that they would be told as news."""
    asks: dict[str, Any] = {"id": "a", "type": "form", "fields": [{"name": "x", "label": "X?"}]}
    chat = await Chat.of({"id": "main", "expires_after": "3d", "nodes": [asks, {"id": "b", "type": "end"}]})
    clock = chat.engine.clock.source
    assert isinstance(clock, MovableClock)
    clock.move(days=4)
    for said in ("x", "hello?"):
        await chat.says(said)
        assert chat.texts == ["The time for this is over. To begin again, start a new conversation."]
    await chat.waits(days=1)
    assert (chat.texts, (await chat.view()).run.status) == ([], RunStatus.EXPIRED)


async def test_a_run_that_expires_while_nobody_works_says_so_once_and_reminds_nobody() -> None:
    """After a night without a server, people would read twice that their time is over, and be asked by mail to go on
    with what is gone."""
    mails: list[object] = []
    message = {"send": "mail", "to": "ann@example.org", "subject": "Open", "text": "Go on"}
    asks: dict[str, Any] = {"id": "a", "type": "form", "fields": [{"name": "x", "label": "X?"}]}
    asks["remind_after"] = {"after": "1h", "message": message}
    document = {"id": "main", "expires_after": "3d", "nodes": [asks, {"id": "b", "type": "end"}]}
    chat = await Chat.of(document, functions={"mail": lambda **given: mails.append(given)})
    await chat.waits(days=4)
    assert chat.texts == ["The time for this is over. To begin again, start a new conversation."]
    assert mails == []
    await chat.says("hello?")
    assert chat.texts == ["The time for this is over. To begin again, start a new conversation."]
