"""The terminal channel as a person sees it: pages, commands, leaving and coming back."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from tests.unit.channels.typed import ANN, PASSPORT, Script, form, talk
from wizard.channels.terminal.console import Style
from wizard.channels.terminal.terminal import Conversation, Ending
from wizard.engine.view import RunView
from wizard.errors import NodeFailed
from wizard.model import Prompt, PromptField, RunStatus
from wizard.testing import MovableClock, make_test_engine

# -- a whole conversation --------------------------------------------------------------------------


async def test_a_person_goes_from_the_first_question_to_the_end() -> None:
    """The whole point: a definition is a conversation that ends with its last page."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", *ANN, "2", "On the train", "")
    assert held.ending is Ending.COMPLETED
    assert held.view.answers["reason"] == {"why": "lost", "where": "On the train"}
    assert held.script.titles == [
        "About you", "Why do you need it, Ann?", "Check your answers", "Application complete",
    ]  # fmt: skip
    assert held.script.written[-1] == "Thank you, Ann."
    assert held.script.written[1] == "It takes five minutes."


async def test_a_question_is_put_with_its_hint_and_its_numbered_choices() -> None:
    """Nobody could answer a choice whose values they don't see."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", *ANN)
    assert "Date of birth\nFor example 27 3 1985\n> 27 3 1985" in held.script.text
    assert "Email address (optional)" in held.script.text
    assert "Reason\n  1  new\n  2  lost\n  3  It ran out\n> " in held.script.text
    assert "Step 2 of 4" in held.script.text


@pytest.mark.parametrize("typed", ["3", "3.", " 3 ", "old", "It ran out", "IT RAN OUT"])
async def test_a_choice_is_taken_by_number_value_or_label(typed: str) -> None:
    """People type whichever of the three is nearest."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", *ANN, typed, "")
    assert held.view.answers["reason"] == {"why": "old"}


async def test_a_field_that_isnt_shown_isnt_asked() -> None:
    """Whoever needs a new passport can't say where it was lost."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", *ANN, "1", "")
    assert "Where did you lose it?" not in held.script.asked
    assert held.ending is Ending.COMPLETED


async def test_an_error_stands_at_its_question_which_is_asked_again() -> None:
    """31 February is a slip: the person types the date again, and nothing else."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", "", "Ann", "31 2 1985", "27 3 1985", "not an address", "", "1", "")
    assert held.script.wrong == [
        "Answer “Full name”",
        "Your answer to “Date of birth” must be a real date, like 27 3 1985",
        held.script.wrong[2],
    ]
    assert held.ending is Ending.COMPLETED
    assert held.script.asked.count("Date of birth") == 1


async def test_the_end_without_an_end_page_says_that_it_is_done() -> None:
    """Somebody would wait for a next question."""
    engine = await make_test_engine(form("{name: colour, type: text}"))
    held = await talk(engine, "one", "blue")
    assert held.ending is Ending.COMPLETED
    assert held.script.written[-1] == "Done: One form."


# -- leaving and going on ----------------------------------------------------------------------------


@pytest.mark.parametrize("leave", [(":quit",), ()], ids=["quit", "end of the input"])
async def test_a_run_is_left_in_the_middle_of_a_form_and_goes_on_there(leave: tuple[str, ...]) -> None:
    """What was answered is kept: the next question comes first, and nothing is asked twice."""
    engine = await make_test_engine(PASSPORT)
    left = await talk(engine, "passport", "Ann", *leave)
    assert left.ending is Ending.LEFT
    again = await talk(engine, await engine.load(left.view.id), "27 3 1985", "", "1", "")
    assert again.ending is Ending.COMPLETED
    assert "Full name" not in again.script.asked
    assert again.view.answers["applicant"]["full_name"] == "Ann"


async def test_ctrl_c_at_a_question_leaves_with_everything_saved() -> None:
    """Ctrl-C is how people leave a terminal."""

    def press() -> str:
        raise KeyboardInterrupt

    engine = await make_test_engine(PASSPORT)
    left = await talk(engine, "passport", "Ann", press)
    assert left.ending is Ending.LEFT
    assert (await engine.load(left.view.id)).current.fields[0].value == "Ann"


async def test_a_run_that_was_only_created_is_entered() -> None:
    """A host creates a run beforehand and hands out its id."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, await engine.create("passport"), ":quit")
    assert held.script.titles == ["About you"]


async def test_an_expired_run_says_so_and_ends() -> None:
    """An application of last month can't be gone on with; asking its questions would be a trap."""
    clock = MovableClock()
    engine = await make_test_engine({**form("{name: colour, type: text}"), "expires_after": "1h"}, clock=clock)

    def wait_too_long() -> str:
        clock.move(hours=2)
        return "blue"

    held = await talk(engine, "one", wait_too_long)
    assert held.ending is Ending.OVER
    assert "expired" in held.script.wrong[0]
    again = await talk(engine, await engine.load(held.view.id), "blue")
    assert again.ending is Ending.OVER
    assert again.script.prompts == []


async def test_a_run_that_moved_on_elsewhere_is_shown_as_it_is_now() -> None:
    """The same run is open in a browser: the answer typed here is for a page that is over."""
    engine = await make_test_engine(PASSPORT)
    view = await engine.start("passport")
    other = await make_test_engine(PASSPORT, store=engine.store)

    class Busy(Script):
        def read(self, prompt: str, *, secret: bool = False) -> str | None:
            return super().read(prompt, secret=secret)

    script = Busy("Ann")
    conversation = Conversation(engine, script)
    original = engine.next

    async def overtaken(*arguments: Any, **more: Any) -> RunView:
        engine.next = original  # type: ignore[method-assign]
        await other.next(view.id, {"full_name": "Bea", "birth_date": "1 1 1980"}, step="applicant")
        return await original(*arguments, **more)

    engine.next = overtaken  # type: ignore[method-assign]
    assert await conversation.hold(view) is Ending.LEFT
    assert "moved on" in script.wrong[0]
    assert script.titles[-1] == "Why do you need it, Bea?"


# -- answers that are kept -----------------------------------------------------------------------------


async def test_back_shows_the_kept_answers_and_enter_takes_them() -> None:
    """Back never costs an answer, here as everywhere."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", *ANN, ":back", "", "", "", "1", "")
    assert "[Ann] > " in held.script.prompts
    assert "[27 March 1985] > " in held.script.prompts
    assert held.ending is Ending.COMPLETED
    assert held.view.answers["applicant"]["full_name"] == "Ann"


async def test_back_keeps_what_was_typed_on_the_page_that_is_left() -> None:
    """Half a page is typed, then the person looks at the page before."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", *ANN, "lost", ":back", "", "", "", "On a bus", "")
    assert held.view.answers["reason"] == {"why": "lost", "where": "On a bus"}


async def test_back_on_the_first_page_says_that_nothing_is_before_it() -> None:
    """A command that does nothing without a word looks broken."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", ":back", ":quit")
    assert held.script.wrong == ["This is the first page; there is nothing before it."]


async def test_change_lists_pages_opens_one_and_comes_back() -> None:
    """A name is wrong on the review: it is changed, and the review is shown again."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", *ANN, "1", ":change", ":change 1", "Bea", "", "", "")
    assert "1  About you" in held.script.written
    assert held.ending is Ending.COMPLETED
    assert held.view.answers["applicant"]["full_name"] == "Bea"
    assert held.script.titles[-3:] == ["About you", "Check your answers", "Application complete"]


async def test_change_takes_a_steps_name_and_refuses_what_isnt_there() -> None:
    """Numbers are for people who saw the list; scripts name the step."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", *ANN, ":change 7", ":change nothing", ":change applicant", ":quit")
    assert len(held.script.wrong) == 2
    assert held.script.titles[-1] == "About you"


async def test_change_before_a_point_of_no_return_is_refused_in_words() -> None:
    """The application is sent: what is above the wall can't be changed, and the question stays."""
    document = form("{name: colour, type: text}", final=True)
    document["nodes"].append({"id": "more", "type": "form", "fields": [{"name": "size", "type": "text"}]})
    engine = await make_test_engine(document)
    held = await talk(engine, "one", "blue", ":change 1", ":back", "big")
    assert all("final" in message for message in held.script.wrong)
    assert len(held.script.wrong) == 2
    assert held.ending is Ending.COMPLETED


async def test_review_lists_the_answers_so_far() -> None:
    """People forget what they typed three pages ago."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", ":review", *ANN, ":review", ":quit")
    assert "You haven't answered anything yet." in held.script.written
    assert "  Full name:     Ann" in held.script.written
    held = await talk(engine, "passport", *ANN, ":back", ":review", ":restart", "no", ":quit")
    assert "You haven't answered anything yet." not in held.script.written
    assert "  Full name:     Ann" in held.script.written
    assert "Your answers are still there." in held.script.written


async def test_a_page_of_one_question_is_listed_by_its_question() -> None:
    """What a definition calls a page without a title is nothing that a person has read."""
    document = form("{name: colour, type: text, label: Your favourite colour}")
    document["nodes"][0].pop("title", None)
    document["nodes"].append({"id": "sure", "type": "message", "title": "Sure?"})
    engine = await make_test_engine(document)
    held = await talk(engine, "one", "blue", ":change", ":quit")
    assert "1  Your favourite colour" in held.script.written


async def test_again_starts_a_page_from_its_first_question() -> None:
    """A typo is seen one question too late."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", "An", ":again", "Ann", "27 3 1985", "", "1", "")
    assert held.view.answers["applicant"]["full_name"] == "Ann"


async def test_clear_empties_an_answer_that_is_optional() -> None:
    """Enter keeps the old address, so there must be another way to take it away."""
    engine = await make_test_engine(PASSPORT)
    ann = ("Ann", "27 3 1985", "ann@example.com")
    held = await talk(engine, "passport", *ann, ":back", "", "", ":clear", "1", "")
    assert held.view.answers["applicant"]["email"] is None
    refused = await talk(engine, "passport", ":clear", ":quit")
    assert refused.script.wrong == ["Answer “Full name”"]


@pytest.mark.parametrize("typed", [":what", ":Back2", ":10"])
async def test_an_unknown_command_says_how_a_colon_is_typed(typed: str) -> None:
    """Somebody whose answer begins with a colon would be stuck."""
    engine = await make_test_engine(form("{name: colour, type: text}"))
    held = await talk(engine, "one", typed, "::blue")
    assert f"There is no command {typed.lower()}" in held.script.wrong[0]
    assert held.view.answers["ask"] == {"colour": ":blue"}


async def test_help_lists_every_command() -> None:
    """It is the only place that names them."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", ":help", ":quit")
    for name in ("back", "change", "review", "remove", "again", "clear", "list", "quit", "help"):
        assert any(line.strip().startswith(f":{name}") for line in held.script.written)


async def test_commands_that_have_nothing_to_do_here_say_so() -> None:
    """At a text question there is nothing to list, and nothing to take out."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", ":list", ":remove 1", *ANN, "1", ":clear", ":quit")
    assert held.script.wrong == [
        "There are no choices to list here.",
        "There is nothing to remove here.",
        "There is no answer to clear here.",
    ]


# -- forms as a whole ---------------------------------------------------------------------------------


async def test_an_error_of_the_whole_form_asks_all_again_with_what_was_typed() -> None:
    """Which of two dates is wrong only the person knows."""
    document = form(
        "{name: first, type: integer, label: From}",
        "{name: last, type: integer, label: To}",
        validate=[{"check": "first <= last", "message": "The first is above the last"}],
    )
    held = await talk(await make_test_engine(document), "one", "5", "3", "", "8")
    assert held.script.wrong == ["The first is above the last"]
    assert "[5] > " in held.script.prompts
    assert held.view.answers["ask"] == {"first": 5, "last": 8}


async def test_an_error_at_one_field_asks_that_field_again() -> None:
    """The other answers were right."""
    document = form(
        "{name: first, type: integer, label: From}",
        "{name: last, type: integer, label: To}",
        validate=[{"check": "first <= last", "message": "It begins too late", "field": "first"}],
    )
    held = await talk(await make_test_engine(document), "one", "5", "3", "2")
    assert held.script.wrong == ["It begins too late"]
    assert held.script.asked == ["From", "To", "From"]
    assert held.view.answers["ask"] == {"first": 2, "last": 3}


async def test_a_condition_that_fits_nothing_leaves_the_person_at_their_page() -> None:
    """S17: they read what they can do, and can answer something else."""
    document = form("{name: colour, type: text, label: Colour}", title="Colours")
    document["nodes"].append(
        {"id": "which", "type": "condition", "cases": [{"when": "ask.colour == 'blue'", "goto": "end"}]}
    )
    held = await talk(await make_test_engine(document), "one", "red", "blue")
    assert held.script.wrong[0].startswith("This can't continue with these answers. Check your answers and try again;")
    assert held.script.prompts == ["> ", "[red] > "]
    assert held.ending is Ending.COMPLETED


# -- pages without questions ----------------------------------------------------------------------------


async def test_a_message_waits_for_enter() -> None:
    """It is there to be read; what is typed at it isn't lost as an answer to something else."""
    document = form("{name: colour, type: text}")
    document["nodes"].insert(0, {"id": "hello", "type": "message", "title": "Hello", "submit": "Begin"})
    held = await talk(await make_test_engine(document), "one", "what", ":help", "", "blue")
    assert held.script.wrong == ["There is nothing to answer here. Press Enter, or type :help."]
    assert "Press Enter to go on (Begin)" in held.script.written
    assert held.ending is Ending.COMPLETED


async def test_a_failed_background_step_can_be_tried_again_or_gone_back_from() -> None:
    """S16: a service is down. The person isn't stuck, and nothing typed is lost."""
    tries = []

    def look_up() -> dict[str, str]:
        tries.append(1)
        if len(tries) < 3:
            raise NodeFailed("The register doesn't answer.")
        return {"found": "yes"}

    document = form("{name: colour, type: text}")
    document["nodes"].append({"id": "lookup", "type": "python", "function": "look_up"})
    engine = await make_test_engine(document, functions={"look_up": look_up})
    held = await talk(engine, "one", "blue", "", ":back", "", "")
    assert held.script.wrong.count("The register doesn't answer.") == 2
    assert "lookup" not in held.script.titles, "what the definition calls the node"
    assert "Press Enter to try again, or type :back" in held.script.written
    assert held.ending is Ending.COMPLETED
    assert len(tries) == 3


async def test_work_that_was_cut_off_is_done_when_the_run_is_opened_again() -> None:
    """The power went while a service was called: whoever comes back isn't left at a half-done step."""
    begun, power = asyncio.Event(), asyncio.Event()

    async def pay() -> dict[str, str]:
        begun.set()
        await power.wait()
        return {}

    document = form("{name: colour, type: text}")
    document["nodes"].append({"id": "pay", "type": "python", "function": "pay"})
    engine = await make_test_engine(document, functions={"pay": pay})
    view = await engine.start("one")
    held = asyncio.ensure_future(talk(engine, view, "blue"))
    await begun.wait()
    held.cancel()
    await asyncio.wait({held})
    power.set()
    view = await engine.load(view.id)
    assert view.status is RunStatus.WORKING
    assert (await talk(engine, view)).ending is Ending.COMPLETED


async def test_steps_that_ask_in_their_own_way_are_talked_through() -> None:
    """Confirming an address: the code is asked, a wrong one is refused, and the button for another
    code, which other channels show beside it, isn't a question here."""
    sent: list[str] = []

    def send(email: str, code: str) -> None:
        sent.append(code)

    document = {"id": "one", "title": "One", "nodes": [{"id": "mail", "type": "confirm_email", "send": "send"}]}
    engine = await make_test_engine(document, functions={"send": send})
    wrong = "123"
    held = await talk(engine, "one", "nobody", "ann@example.com", wrong, "resend", lambda: sent[-1])
    assert held.ending is Ending.COMPLETED
    assert len(sent) == 2
    assert len(held.script.wrong) == 2
    assert "Send me a new code" not in held.script.text
    assert held.script.text.count("You can use it for 15 minutes") == 2


async def test_back_out_of_such_a_step_keeps_what_was_typed_but_no_secrets() -> None:
    """These steps take all their answers at once; until then the terminal holds them."""
    from wizard.model import Outcome, Proceed
    from wizard.node import Foreground, NodeConfig, Visit

    drafts: list[Any] = []

    class Login(Foreground[NodeConfig]):
        """Two fields at once."""

        type = "login"
        Config = NodeConfig

        def prompt(self, visit: Visit[NodeConfig]) -> Prompt:
            drafts.append(visit.draft)
            fields = (
                PromptField("pin", "password", "PIN"),
                PromptField("name", "text", "Name"),
                PromptField("x", "text", "X"),
            )
            return Prompt(visit.step, self.type, "Login", fields=fields)

        async def submit(self, visit: Visit[NodeConfig]) -> Outcome:
            return Proceed(dict(visit.input or {}))

    document = form("{name: colour, type: text}")
    document["nodes"].append({"id": "login", "type": "login"})
    engine = await make_test_engine(document, node_types=[Login])
    held = await talk(engine, "one", "blue", "1234", "Ann", ":back", "", "5", "Bea", "y")
    assert {"name": "Ann"} in drafts
    assert held.view.answers["login"] == {"pin": "5", "name": "Bea", "x": "y"}


# -- repeats ----------------------------------------------------------------------------------------------

HOUSEHOLD = """
id: household
title: Your household
nodes:
  - id: members
    type: workflow
    workflow: member
    title: Members
    repeat: {min: 1, max: 3, add_another: One more?, item: Member}
---
id: member
nodes:
  - {id: person, type: form, title: A person, fields: [{name: name, type: text, label: Name}]}
"""


async def test_a_list_is_filled_changed_and_shortened() -> None:
    """Three people live there, one moves out, one is misspelt."""
    engine = await make_test_engine(HOUSEHOLD)
    held = await talk(
        engine, "household", "Ann", "yes", "Bob", ":remove 9", ":remove x", ":remove 1", ":change 1", "Bert", "no"
    )
    assert held.ending is Ending.COMPLETED
    assert held.view.answers == {"members": {"2": {"person": {"name": "Bert"}}, "after-2": {"add_another": False}}}
    assert "  2  Member 2: Bob" in held.script.written
    assert held.script.wrong[0] == "Type the number of the item to remove, 1 to 2, as in :remove 1"


# -- a completed run ---------------------------------------------------------------------------------------


async def test_a_completed_run_shows_its_last_page() -> None:
    """Somebody looks up the reference number of last week."""
    engine = await make_test_engine(PASSPORT)
    done = await talk(engine, "passport", *ANN, "1", "")
    again = await talk(engine, done.view)
    assert again.ending is Ending.COMPLETED
    assert again.script.titles == ["Application complete"]


async def test_a_completed_run_that_may_be_reopened_can_be_changed() -> None:
    """`reopen: true`: an address changes after the application went in."""
    engine = await make_test_engine(PASSPORT.replace("text: It takes", "reopen: true\ntext: It takes"))
    done = await talk(engine, "passport", *ANN, "1", "")
    looked = await talk(engine, await engine.load(done.view.id), "")
    assert looked.ending is Ending.COMPLETED
    changed = await talk(engine, await engine.load(done.view.id), ":review", ":change 1", "Bea", "", "", "")
    assert changed.ending is Ending.COMPLETED
    assert changed.view.answers["applicant"]["full_name"] == "Bea"


# -- what may be printed ------------------------------------------------------------------------------------


async def test_nothing_that_is_printed_can_command_the_terminal() -> None:
    """A definition or an answer with escape sequences could forge what a person reads."""
    evil = "\x1b]0;gone\x07\x1b[2J\u202eevil\r"
    document = form("{name: colour, type: text, label: 'C{{ input.evil }}', hint: '{{ input.evil }}'}")
    document["nodes"].append(
        {"id": "more", "type": "message", "title": "T{{ input.evil }}", "text": "{{ ask.colour }}"}
    )
    engine = await make_test_engine(document)
    view = await engine.start("one", {"evil": evil})
    held = await talk(engine, view, f"{evil}", "blue", ":review", ":change", ":\x1b[31m", "")
    printed = "".join(text for _, text in held.script.styles)
    assert not set(printed) & set("\x1b\x07\r\u202e\x00\x9b")


async def test_a_review_without_a_title_has_the_heading_that_pages_give_it() -> None:
    """A list of answers under nothing but a number: what it is for has to be guessed."""
    text = "id: a\nlanguage: de\nnodes: [{id: b, type: form, fields: [{name: c}]}, {id: d, type: review}]"
    held = await talk(await make_test_engine(text), "a", "x", ":ende")
    assert (Style.TITLE, "Prüfen Sie Ihre Angaben") in held.script.styles


# -- what chats have as well -----------------------------------------------------------------------


async def test_a_choice_that_is_nearly_named_is_taken_and_two_that_are_close_asked_back() -> None:
    """A slip of a finger costs no second try, and a guess between two is nobody's answer."""
    towns = form("{name: town, type: choice, choices: [Baden, Badem, Bern]}")
    held = await talk(await make_test_engine(towns), towns["id"], "Bade", "Berm")
    assert "Which one do you mean: Baden or Badem?" in held.script.text
    assert held.view.answers["ask"] == {"town": "Bern"}


async def test_a_change_that_may_be_of_two_answers_is_asked_back() -> None:
    """There was no page with “this number”, or what was to correct one of them was taken for no answer."""
    names = form("{name: own, label: Your name}", "{name: other, label: Doctor’s name}", "{name: n, type: integer}")
    typed = ("Ann", "Bell", ":change name to Eve", "no, my name is Eve", ":change doctor’s name to Eve", "5")
    held = await talk(await make_test_engine(names), names["id"], *typed)
    assert held.script.text.count("Which answer do you mean: Your name or Doctor’s name?") == 2
    assert held.view.answers["ask"] == {"own": "Ann", "other": "Eve", "n": 5}


async def test_skip_restart_and_change_by_name() -> None:
    """The words of a chat are the terminal's as well, behind its colon."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", ANN[0], ":skip", *ANN[1:], "1", ":change full name", "Anna", "", "")
    assert "This question needs an answer." in held.script.text
    assert "Anna" in str(held.view.answers)
    held = await talk(engine, "passport", *ANN, "1", ":change full name to Anna", ":start over", "no", ":review")
    assert "Changed. Now back to your question." in held.script.text
    assert (held.view.answers["applicant"]["full_name"], held.view.step) == ("Anna", "check")
    held = await talk(engine, "passport", ":restart", "Ann", ":repeat", ":agent", ":restart", "yes")
    assert (held.view.answers, held.script.titles) == ({}, ["About you", "About you"])
    assert held.script.asked == ["Full name", "Full name", *["Date of birth"] * 3, "Full name"]
    assert "This is the first question." in held.script.text
    assert held.script.wrong == ["There’s nobody you can chat with here."]
    kept = await talk(engine, "passport", *ANN, "1", ":back", ":keep", ":next", "")
    assert (kept.script.wrong, kept.ending) == ([], Ending.COMPLETED)


async def test_a_german_changes_an_answer_in_german_words() -> None:
    """Who is told of :ändern says the rest as they would in a chat."""
    engine = await make_test_engine({**form("{name: name, label: Name}", "{name: town, label: Ort}"), "language": "de"})
    held = await talk(engine, "one", "Ann", ":ändern Name zu Anna", "Bern")
    assert held.view.answers["ask"] == {"name": "Anna", "town": "Bern"}


async def test_after_so_many_tries_the_terminal_goes_on_as_a_chat_does() -> None:
    """The second refusal says more, and the last one leads out."""
    age = form("{name: age, type: integer, label: Your age}", after_tries={"tries": 3, "goto": "call"})
    age["nodes"].append({"id": "call", "type": "end", "title": "We will call you"})
    held = await talk(await make_test_engine(age), age["id"], "old", "very", "no")
    assert "For example: 12" in held.script.text
    assert held.script.titles[-1] == "We will call you"
    assert held.ending is Ending.COMPLETED


async def test_an_earlier_answer_is_corrected_in_words_where_they_answer_nothing() -> None:
    """Who sees a mistake says so; at a question that takes any text it is the answer, as it is typed."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", *ANN, "no, my full name is Anna", "old", "")
    assert held.view.answers["applicant"]["full_name"] == "Anna"
    assert (held.view.answers["reason"]["why"], held.ending) == ("old", Ending.COMPLETED)
    assert "Changed. Now back to your question." in held.script.text
    held = await talk(engine, "passport", "Ann", "no, my full name is Bea", "27 3 1985", "", "old", "")
    assert (held.view.answers["applicant"]["full_name"], held.ending) == ("Bea", Ending.COMPLETED)
    held = await talk(engine, "passport", *ANN, "lost", "no, my full name is Anna", "")
    assert held.view.answers["reason"]["where"] == "no, my full name is Anna"
    held = await talk(engine, "passport", *ANN, "no, my date of birth is never", "no, my cat is Tom", "old", "")
    assert (len(held.script.wrong), held.view.answers["reason"]["why"], held.ending) == (2, "old", Ending.COMPLETED)


VISIT = {
    "id": "visit",
    "help": [{"workflow": "faq"}, {"ask": ["Is there a car park?", "parking"], "answer": "**Behind** the house."}],
    "nodes": [
        {
            "id": "you",
            "type": "form",
            "fields": [{"name": "name", "label": "Your name"}, {"name": "town", "label": "Town"}],
        },
        {"id": "done", "type": "end", "title": "Thank you, {{ you.name }}"},
    ],
}
FAQ = {
    "id": "faq",
    "help": [{"ask": "Who wrote this?", "answer": "We did."}],
    "nodes": [
        {"id": "topic", "type": "form", "fields": [{"name": "topic", "label": "What about?"}]},
        {"id": "told", "type": "end", "title": "{{ topic.topic }}: from 9 to 5"},
    ],
}


async def test_what_is_asked_beside_the_question_is_answered_and_the_question_comes_again() -> None:
    """Who asks for the car park isn't called so."""
    engine = await make_test_engine(VISIT, FAQ)
    held = await talk(engine, "visit", "Is there a car prak?", ":help parking", "Ann", "Bern")
    assert held.script.text.count(" the house.") == 2
    assert held.script.asked == ["Your name", "Your name", "Your name", "Town"]
    assert held.view.answers["you"] == {"name": "Ann", "town": "Bern"}


async def test_a_workflow_helps_aside_in_a_terminal() -> None:
    """Help with questions of its own returns to the one that was open, by its end, `:back` or `:cancel`."""
    engine = await make_test_engine(VISIT, FAQ)
    inside = (":help", "who wrote this?", ":help", "hours", ":help", ":back", ":help", ":cancel")
    held = await talk(engine, "visit", "Ann", *inside, "Bern")
    assert held.script.asked == ["Your name", "Town", *["What about?"] * 3, *["Town", "What about?"] * 2, "Town"]
    assert "hours: from 9 to 5" in held.script.titles
    assert any(line.strip() == "Is there a car park?" for line in held.script.written) is False
    assert (held.view.answers["you"], held.ending) == ({"name": "Ann", "town": "Bern"}, Ending.COMPLETED)


async def test_topics_around_help_are_known_within_it() -> None:
    """“parking” became what help asked for, though it is an answer nowhere else; a topic that is a workflow takes the
    place of the help that is open, and both return to the question outside."""
    where = {"id": "where", "nodes": [{"id": "to", "type": "form", "fields": [{"name": "to", "label": "Which town?"}]}]}
    deeper = {**FAQ, "help": [*FAQ["help"], {"ask": "deeper", "workflow": "where"}]}
    asks_where = {"ask": "Where are you?", "workflow": "where"}
    engine = await make_test_engine({**VISIT, "help": [*VISIT["help"], asks_where]}, deeper, where)
    inside = (":help", "parking", ":help parking", "deeper", "Where are you?", "parking", ":back")
    held = await talk(engine, "visit", "Ann", *inside, "Bern")
    assert held.script.text.count(" the house.") == 3
    assert held.script.asked == ["Your name", "Town", *["What about?"] * 4, *["Which town?"] * 2, "Town"]
    assert (held.view.answers["you"], held.ending) == ({"name": "Ann", "town": "Bern"}, Ending.COMPLETED)


async def test_who_leaves_or_begins_anew_while_helped_does_so_where_they_came_from() -> None:
    """`:quit` in the help leaves it all, and `:restart` is about the questions outside."""
    engine = await make_test_engine(VISIT, FAQ)
    held = await talk(engine, "visit", "Ann", ":help", ":quit")
    assert (held.ending, held.view.step) == (Ending.LEFT, "you")
    held = await talk(engine, "visit", "Ann", ":help", ":restart", "yes", "Bea", "Bern")
    assert held.view.answers["you"] == {"name": "Bea", "town": "Bern"}
    lost = await talk(await make_test_engine({**VISIT, "help": VISIT["help"][1:]}), "visit", ":help", ":quit")
    assert any(line.strip() == "Is there a car park?" for line in lost.script.written)


async def test_days_times_and_places_may_be_said_as_in_a_chat() -> None:
    """“Tomorrow” was no date here and one in the chat of the same form; of two days nobody guesses."""
    engine = await make_test_engine(
        form(
            "{name: day, type: date, label: Day, min: today()}",
            "{name: at, type: time, label: Time}",
            "{name: people, type: integer, label: People}",
            "{name: seat, type: choice, label: Seat, choices: [window, aisle]}",
            "{name: sure, type: boolean, label: Sure}",
        ),
        clock=MovableClock(datetime(2026, 3, 27, tzinfo=UTC)),
    )
    typed = ("next Tuesday", "tomorrow", "half past two", "14:30", "three", "the second one", "yes please")
    held = await talk(engine, "one", *typed)
    assert held.script.wrong == [
        "Which one do you mean: 31 March 2026 or 7 April 2026?",
        "Which one do you mean: 02:30 or 14:30?",
    ]
    assert "Understood: 28 March 2026" in held.script.written
    answers = {"day": date(2026, 3, 28), "at": time(14, 30), "people": 3, "seat": "aisle", "sure": True}
    assert held.view.answers["ask"] == answers


async def test_a_title_that_form_and_workflow_share_is_printed_once() -> None:
    """Two headings that say the same look like two things; on the way back the page has its own."""
    document = form("{name: colour, type: text}", title="One form")
    document["nodes"].append({"id": "more", "type": "form", "title": "More", "fields": [{"name": "size"}]})
    engine = await make_test_engine(document)
    held = await talk(engine, "one", ":quit")
    assert held.script.written.count("One form") == 1
    held = await talk(engine, "one", "blue", ":back", ":quit")
    assert held.script.written.count("One form") == 2
