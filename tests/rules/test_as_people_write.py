"""Conversations as people have them: what they write isn't taken for something else without a word."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.chatting import Chat
from wizard.channels.conversation.message_json import message_json
from wizard.channels.outside.contract import Limits
from wizard.channels.outside.rendering import rendered
from wizard.model import RunStatus
from wizard.testing import MovableClock

Field = dict[str, Any]


def form(*fields: Field, **keys: Any) -> dict[str, Any]:
    return {"id": "main", "nodes": [{"id": "ask", "type": "form", "fields": list(fields)}], **keys}


async def test_a_country_that_people_call_otherwise_is_no_other_one_misspelt() -> None:
    """England is nearly Greenland, and Holland nearly Poland: such a claim is paid to somebody else."""
    for said, code in (("england", "GB"), ("Holland", "NL"), ("Switserland", "CH")):
        chat = await Chat.of(form({"name": "country", "type": "country", "label": "Country"}))
        await chat.says(said)
        assert (await chat.view()).answers["ask"] == {"country": code}, said


@pytest.mark.parametrize(("said", "answer"), [("yes", "coffee"), ("no", None)])
async def test_what_is_nearly_a_choice_but_begins_otherwise_is_asked_back(said: str, answer: str | None) -> None:
    """“No coffee” is four letters of ten away from coffee, and means none."""
    chat = await Chat.of(form({"name": "drink", "type": "choice", "label": "Drink", "choices": ["coffee", "tea"]}))
    await chat.says("no coffee")
    assert (chat.text, chat.labels) == ("Do you mean “coffee”?", ["Yes", "No"])
    await (chat.presses("No") if answer is None else chat.says(said))
    assert (await chat.view()).answers.get("ask") == (None if answer is None else {"drink": answer})
    if answer is None:
        assert (chat.asked, chat.labels) == ("ask.drink", ["coffee", "tea"])


ABOUT: list[Field] = [
    {"name": "full_name", "label": "What is your name?"},
    {"name": "email", "type": "email", "label": "Email address"},
    {"name": "phone", "type": "phone", "label": "Telephone", "region": "GB", "required": False},
    {"name": "sure", "type": "boolean", "label": "Are you sure?"},
]
PERSON: list[Field] = [
    {"name": "full_name", "label": "Wie heißen Sie?"},
    {"name": "email", "type": "email", "label": "Ihre E-Mail-Adresse"},
    {"name": "sure", "type": "boolean", "label": "Sind Sie sicher?"},
]


async def test_what_is_changed_is_said_and_the_present_page_counts() -> None:
    """A correction that is only obeyed looks like one that was passed over; an answer that isn't listed, lost."""
    chat = await Chat.of(form(*ABOUT))
    await chat.says("I’m Ann.")
    assert chat.texts[0] == "Understood: Ann"
    await chat.says("ann@example.org")
    await chat.says("review")
    assert chat.texts[0] == "1. What is your name? Ann\n2. Email address: ann@example.org"
    for said, told in (
        ("no, my name is Anna", "Changed – What is your name? Anna"),
        ("please change my email to anna@example.org", "Changed – Email address: anna@example.org"),
        ("change 1 to Anne", "Changed – What is your name? Anne"),
        ("Oops, my name is Ann", "Changed – What is your name? Ann"),
    ):
        await chat.says(said)
        assert (chat.texts[0], chat.asked) == (told, "ask.phone")


TWO_PAGES: dict[str, Any] = {
    "id": "main",
    "nodes": [
        {
            "id": "you",
            "type": "form",
            "fields": [{"name": "full_name", "label": "Name"}, {"name": "town", "label": "Town", "prefill": "'Bern'"}],
        },
        {"id": "more", "type": "form", "fields": [{"name": "street", "label": "Street"}, {"name": "no"}]},
    ],
}


async def test_who_went_back_is_told_what_they_answered() -> None:
    """“You haven't answered anything yet” to somebody who has answered a page frightens; a suggestion isn't theirs."""
    chat = await Chat.of(TWO_PAGES)
    assert (await chat.says("review")).texts[0] == "You haven't answered anything yet."
    for said in ("Ann", "Basel", "High Street", "back", "back"):
        await chat.says(said)
    answers = "1. Name: Ann\n2. Town: Basel"
    assert (await chat.says("review")).texts[0] == answers
    await chat.says("back")
    assert chat.asked == "you.full_name"
    assert (await chat.says("my answers")).texts[0] == answers
    await chat.says("change 2")
    assert chat.asked == "you.town"
    await chat.says("change 1 to Anna")
    assert (await chat.says("review")).texts[0] == "1. Name: Anna\n2. Town: Basel"


async def test_answers_ahead_are_mentioned_to_who_went_back() -> None:
    """Who reads a list without them takes them for lost."""
    chat = await Chat.of({**TWO_PAGES, "nodes": [*TWO_PAGES["nodes"], {"id": "check", "type": "review"}]})
    for said in ("Ann", "Basel", "High Street", "7", "change 1"):
        await chat.says(said)
    assert (await chat.says("review")).texts[0] == (
        "1. Name: Ann\n2. Town: Basel\nYour answers to later questions are kept."
    )


async def test_what_stopped_the_run_is_told_once() -> None:
    """Read again with each question, it seems to be wrong with what was written last."""
    numbers = [{"name": name, "type": "integer", "label": name.upper()} for name in ("a", "b", "c")]
    ratio = {"id": "ratio", "type": "condition", "cases": [{"when": "ask.a / ask.b > 1", "goto": "e"}, {"goto": "e"}]}
    nodes = [*form(*numbers)["nodes"], ratio, {"id": "e", "type": "end"}]
    chat = await Chat.of({"id": "main", "nodes": nodes})
    for said in ("1", "0", "2"):
        await chat.says(said)
    assert (chat.text.startswith("This can't continue with these answers."), chat.asked) == (True, "ask.a")
    for said, asked in (("review", "ask.a"), ("say it again", "ask.a"), ("2", "ask.b"), ("back", "ask.a")):
        await chat.says(said)
        assert ("can't continue" in chat.text, chat.asked) == (False, asked)
    for said in ("keep", "0", "2"):
        await chat.says(said)
    assert "can't continue" in chat.text
    assert [said for said in await chat.talks.join(chat.id) if "can't continue" in said.text]


async def test_people_say_it_in_their_language() -> None:
    """German has its own ways, and not those that a word-for-word translation gives it."""
    chat = await Chat.of(form(*PERSON, language="de"))
    await chat.says("Ich heiße Änne")
    assert chat.texts[0] == "Verstanden: Änne"
    await chat.says("nein, ich heiße Anna")
    assert (chat.texts[0], chat.asked) == ("Geändert – Wie heißen Sie? Anna", "ask.email")
    await chat.says("a@example.org")
    await chat.says("ändere meine E-Mail auf b@example.org")
    assert chat.texts[0] == "Geändert – Ihre E-Mail-Adresse: b@example.org"
    await chat.says("Bitte zurück")
    assert chat.asked == "ask.email"
    await chat.says("behalten, bitte")
    await chat.says("ja, klar!")
    assert (await chat.view()).answers["ask"] == {"full_name": "Anna", "email": "b@example.org", "sure": True}


@pytest.mark.parametrize("said", ["Wait, go back", "back please", "ok, please go back!", "Sorry, back"])
async def test_manners_around_a_command_are_no_answer(said: str) -> None:
    """Where the question takes any text, a command that isn't understood is stored as the answer."""
    chat = await Chat.of(form(ABOUT[0], {"name": "street", "label": "Street"}))
    await chat.says("Ann")
    await chat.says(said)
    assert (chat.asked, "So far: Ann" in chat.text) == ("ask.full_name", True)


async def test_a_question_back_is_no_answer_and_neither_is_a_no_to_what_may_be_left_out() -> None:
    """“What?” as a name is nobody's; “no, thanks” to an optional question leaves it out, and says so."""
    chat = await Chat.of(form(*ABOUT))
    await chat.says("What?")
    assert (chat.texts, chat.asked) == (["What is your name?"], "ask.full_name")
    await chat.says("“What?”")
    await chat.says("a@example.org")
    await chat.says("No, thanks")
    assert (chat.texts[0], chat.asked) == ("Understood: no answer", "ask.sure")
    await chat.says("yes please")
    assert (await chat.view()).answers["ask"] | {"email": ""} == {
        "full_name": "What?",
        "email": "",
        "phone": None,
        "sure": True,
    }


async def test_a_choice_that_was_guessed_is_said() -> None:
    """Who mistyped sees what it was taken for, while it can be put right."""
    chat = await Chat.of(form({"name": "drink", "type": "choice", "choices": ["coffee", "tea"]}, ABOUT[3]))
    await chat.says("cofee")
    assert chat.texts[0] == "Understood: coffee"
    await chat.says("change drink to Tea")
    assert chat.texts[0] == "Changed – Drink: tea"


WHEN: list[Field] = [
    {"name": "day", "type": "date", "label": "Which day?", "min": "today()"},
    {"name": "at", "type": "time", "label": "What time?", "min": "09:00", "max": "17:00"},
    {"name": "people", "type": "integer", "label": "How many?", "min": 1, "max": 5},
]


async def test_days_and_times_in_words_are_understood_and_said() -> None:
    """People don't look into a calendar to write what it says there; who reads the day can put it right."""
    chat = await Chat.of(form(*WHEN), clock=MovableClock(datetime(2026, 3, 27, 10, tzinfo=UTC)))
    await chat.says("next Tuesday")
    assert (chat.text, chat.labels) == ("Which one do you mean?", ["31 March 2026", "7 April 2026"])
    await chat.says("the second one")
    assert chat.texts == ["Understood: 7 April 2026", "What time?"]
    await chat.says("change day to tomorrow")
    assert chat.texts[0] == "Changed – Which day? 28 March 2026"
    await chat.says("half past two, please")
    assert chat.texts[0] == "Understood: 14:30"
    await chat.says("three")
    assert (await chat.view()).answers["ask"]["people"] == 3


async def test_two_readings_are_buttons() -> None:
    """“Write 12 March 1926 or 12 March 2026” makes a person copy what could be pressed."""
    chat = await Chat.of(form({"name": "day", "type": "date", "label": "When?"}, *ABOUT[:1], language="en-GB"))
    await chat.says("12.3.26")
    assert (chat.text, chat.labels) == ("Which one do you mean?", ["12 March 1926", "12 March 2026"])
    await chat.says("nonsense")
    assert "must be a date" in chat.text
    assert chat.labels == []
    await chat.says("12.3.26")
    await chat.presses("12 March 2026")
    assert chat.asked == "ask.full_name"
    await chat.says("review")
    assert chat.texts[0] == "1. When? 12 March 2026"


async def test_a_topic_within_a_question_is_the_topic() -> None:
    """“What are your opening hours?” is no name, though only “opening hours” is listed."""
    topics = [{"ask": "opening hours", "answer": "9 to 5."}, {"ask": "free", "answer": "Yes."}]
    chat = await Chat.of(form(*ABOUT[:1], help=topics))
    await chat.says("What are your opening hours on Monday?")
    assert (chat.texts[0], chat.asked) == ("9 to 5.", "ask.full_name")


async def test_examples_are_answers() -> None:
    """An example that isn't taken sends people round in a circle."""
    chat = await Chat.of(form(*WHEN), clock=MovableClock(datetime(2026, 3, 27, 10, tzinfo=UTC)))
    for example in ("27 March 2026", "14:30", "5"):
        await chat.says("nonsense")
        await chat.says("nonsense")
        assert f"For example: {example}\n" in chat.text
        await chat.says(example)
    assert (await chat.view()).status is RunStatus.COMPLETED


async def test_who_begins_with_a_greeting_isnt_called_so() -> None:
    """A chat invites to a greeting; it is no answer, unless one was given already."""
    chat = await Chat.of(form(*ABOUT[:1], {"name": "sign", "label": "What should it say?"}, ABOUT[1]))
    await chat.says("Hello!")
    assert (chat.texts, chat.asked) == (["What is your name?"], "ask.full_name")
    await chat.says("Ann")
    await chat.says("Hello")
    assert chat.asked == "ask.email"


async def test_a_correction_that_may_be_of_two_answers_is_asked_back() -> None:
    """The latest that holds the word is as often the wrong one."""
    chat = await Chat.of(
        form({"name": "own", "label": "Your name"}, {"name": "other", "label": "Doctor’s name"}, ABOUT[1])
    )
    await chat.says("Ann")
    await chat.says("Dr Bell")
    await chat.says("no, my name is Anna")
    assert (chat.texts, chat.labels) == (["Which answer do you mean?"], ["Your name", "Doctor’s name"])
    await chat.presses("Doctor’s name")
    assert (chat.texts[0], chat.asked) == ("Changed – Doctor’s name: Anna", "ask.email")
    await chat.says("no, my name is Bea")
    await chat.says("change your name to Anna")
    assert chat.texts[0] == "Changed – Your name: Anna"


NAMES = ({"name": "own", "label": "Your name"}, {"name": "other", "label": "Doctor’s name"})


@pytest.mark.parametrize("said", ["1", "the first one", "your name", "Yuor name"])
@pytest.mark.parametrize("is_left", [True, False])
async def test_which_of_two_answers_is_meant_can_be_said_as_well(said: str, *, is_left: bool) -> None:
    """Not every channel has buttons; and pages that were left are changed as the present one is."""
    one, two = form(*NAMES)["nodes"], {"id": "then", "type": "form", "fields": [ABOUT[1]]}
    chat = await Chat.of({"id": "main", "nodes": [*one, two]} if is_left else form(*NAMES, ABOUT[1]))
    await chat.says("Ann")
    await chat.says("Dr Bell")
    await chat.says("change name to Anna")
    await chat.says(said)
    assert (chat.texts[0], chat.asked.partition(".")[2]) == ("Changed – Your name: Anna", "email")
    await chat.says("change name")
    await chat.presses("Your name")
    assert chat.asked == "ask.own"


async def test_what_is_no_answer_to_which_is_taken_for_none() -> None:
    """It would be kept as the answer to a question further up, which nobody had in mind."""
    chat = await Chat.of(form(*NAMES, {"name": "note", "label": "A note?"}))
    await chat.says("Ann")
    await chat.says("Dr Bell")
    await chat.says("change name to Anna")
    button = chat.button("Your name")
    await chat.says("the nurse")
    assert chat.texts == ["I don’t know which answer you mean.", "A note?"]
    await chat.says(choice=button)
    assert chat.texts == ["This button belongs to an earlier question.", "A note?"]
    await chat.says("change name to Anna")
    assert (await chat.says("no")).texts == ["A note?"]


@pytest.mark.parametrize("said", ["2", "change 2", "Doctor’s name", "change doctor’s name", ""])
async def test_who_wants_to_change_something_gets_a_button_for_each_answer(said: str) -> None:
    """Numbers of a list are small on a telephone, and “2” was the answer to the question further up."""
    chat = await Chat.of(form(*NAMES, {"name": "note", "label": "A note?"}))
    await chat.says("Ann")
    await chat.says("Dr Bell")
    await chat.says("change")
    assert chat.texts == ["1. Your name: Ann\n2. Doctor’s name: Dr Bell", "Which answer do you mean?"]
    assert chat.labels == ["Your name", "Doctor’s name"]
    await (chat.says(said) if said else chat.presses("Doctor’s name"))
    assert chat.asked == "ask.other"
    await chat.says("Dr Cox")
    assert chat.asked == "ask.note"
    await chat.says("None")
    assert (await chat.view()).answers["ask"]["other"] == "Dr Cox"


async def test_answers_that_are_called_the_same_have_buttons_of_their_own() -> None:
    """The first of two names was changed, whichever was meant: each says its answer, or which item it is of."""
    name = {"type": "form", "fields": [{"name": "name", "label": "Name"}]}
    pages = [{"id": "you", **name}, {"id": "boss", **name}]
    one = {"id": "one", "nodes": [{"id": "who", **name}]}
    guests = {"id": "guests", "type": "workflow", "workflow": "one", "repeat": {"times": 1}}
    chat = await Chat.of({"id": "main", "nodes": [*pages, guests, *form(ABOUT[1])["nodes"]]}, one)
    for said in ("Ann", "Bob", "Cid", "change"):
        await chat.says(said)
    assert chat.labels == ["Name: Ann", "Name: Bob", "1, Name"]
    await chat.presses("Name: Bob")
    assert chat.asked == "boss.name"


async def test_a_new_answer_that_is_refused_is_asked_for_and_not_which_one_again() -> None:
    """They said which one; to be asked that again leads round in a circle."""
    dates = [{"name": name, "type": "date", "label": f"The {name} date"} for name in ("first", "last")]
    chat = await Chat.of(form(*dates, ABOUT[1]))
    await chat.says("1 May 2026")
    await chat.says("2 May 2026")
    await chat.says("change date to soon")
    await chat.presses("The first date")
    assert chat.asked == "ask.first"


async def test_a_password_is_not_kept_until_it_is_said_which_one() -> None:
    """What the conversation remembers is stored with the run."""
    pins = [{"name": name, "type": "password", "label": f"{name} PIN"} for name in ("Old", "New")]
    chat = await Chat.of(form(*pins, ABOUT[1]))
    await chat.says("1234")
    await chat.says("5678")
    await chat.says("change PIN to 9999")
    assert "9999" not in str((await chat.view()).run.conversation)
    assert (await chat.presses("Old PIN")).asked == "ask.Old"


async def test_nobody_is_left_without_an_answer_at_the_end() -> None:
    """Silence looks like a broken chat."""
    chat = await Chat.of(form(*ABOUT[:1]))
    await chat.says("Ann")
    await chat.says("What?")
    assert "complete" in chat.text


async def test_a_button_is_pressed_with_manners_as_well() -> None:
    """“Send it, please” is what the button says."""
    nodes = [*form(*ABOUT[:1])["nodes"], {"id": "check", "type": "review", "submit": "Send it"}]
    chat = await Chat.of({"id": "main", "nodes": nodes})
    await chat.says("Ann")
    await chat.says("Ok, send it, please")
    assert (await chat.view()).status is RunStatus.COMPLETED


@pytest.mark.parametrize(("said", "sure"), [("ok sure, yes", True), ("No, nope, no", False), ("yes, no", None)])
async def test_yes_is_yes_however_often_it_is_said(said: str, sure: bool | None) -> None:
    """Who agrees twice was told that this is neither yes nor no."""
    chat = await Chat.of(form({"name": "sure", "type": "boolean", "label": "Are you sure?"}))
    await chat.says(said)
    assert (await chat.view()).answers.get("ask") == (None if sure is None else {"sure": sure})


async def test_the_question_that_is_open_is_answered_by_its_name() -> None:
    """Who says which question they mean, and means the present one, was told that nobody knows which that is."""
    colours: Field = {"name": "colour", "type": "choice", "label": "Which colour?", "choices": ["red", "blue"]}
    chat = await Chat.of(form(colours, {"name": "day", "type": "date", "label": "Which day?"}))
    await chat.says("change colour to blue")
    assert chat.asked == "ask.day"
    await chat.says("sorry, the colour is red")
    assert (chat.texts[0], chat.asked) == ("Changed – Which colour? red", "ask.day")


@pytest.mark.parametrize(
    ("field", "example"),
    [
        ({"type": "date", "min": "today()"}, "27 March 2026"),
        ({"type": "date", "max": "1950-12-31"}, "31 December 1950"),
        ({"type": "time", "min": "18:00"}, "18:00"),
        ({"type": "integer", "min": 18.5}, "19"),
        ({"type": "decimal", "max": 9.995, "places": 2}, "9.99"),
    ],
)
async def test_an_example_is_an_answer(field: Field, example: str) -> None:
    """Who types what the engine named, and is refused, leaves."""
    clock = MovableClock(datetime(2026, 3, 27, tzinfo=UTC))
    chat = await Chat.of(form({"name": "x", "label": "X", **field}), clock=clock)
    for said in ("whatever", "whatever"):
        await chat.says(said)
    assert f"For example: {example}" in chat.text
    assert " 1985" not in chat.text
    await chat.says(example)
    assert (await chat.view()).status is RunStatus.COMPLETED


async def test_what_was_chosen_is_marked_when_it_is_changed() -> None:
    """Who adds a third choice, and isn't shown the two, sends the third alone. One of a single choice is no box."""
    fruit = {"name": "fruit", "type": "choices", "label": "Fruit", "choices": ["apple", "pear", "plum"]}
    drink = {"name": "drink", "type": "choice", "label": "Drink", "choices": ["tea", "milk"]}
    chat = await Chat.of(form(fruit, drink, {"name": "x", "label": "X"}))
    assert chat.text == "Fruit\nYou can choose several. If you type them, put commas between them."
    for said in ("plum, apple", "tea", "back"):
        await chat.says(said)
    assert [offer.label for offer in chat.heard[-1].choices if offer.picked] == []
    await chat.says("back")
    asked = chat.heard[-1]
    assert [offer.label for offer in asked.choices if offer.picked] == ["apple", "plum"]
    assert [choice.get("picked") for choice in message_json(asked)["choices"]] == [True, None, True, None]
    [listed] = rendered(asked, "c-1", Limits(text=1_000, buttons=0))
    assert listed.text.endswith("\n1. apple ✓\n2. pear\n3. plum ✓\n• Keep it")


@pytest.mark.parametrize("said", ["I'm not sure", "I don’t know.", "Sorry, no idea", "Keine Ahnung!", "weiß nicht"])
async def test_who_doesnt_know_isnt_called_so(said: str) -> None:
    """“I'm not sure” became the name “not sure”, and stood on a letter."""
    chat = await Chat.of(form(PERSON[0], {"name": "note", "type": "textarea", "label": "Note"}, language="de"))
    await chat.says(said)
    asked = f"Ist „{said}“ Ihre Antwort?\nSchreiben Sie „hilfe“, um zu sehen, was Sie tun können, oder „zurück“."
    assert (chat.text, chat.labels) == (asked, ["Ja", "Nein"])
    assert (await chat.says("nein")).texts == ["Wie heißen Sie?"]
    await chat.says(said)
    assert (await chat.says("Änne")).asked == "ask.note"
    await chat.says(said)  # of a note that may well be one
    assert (await chat.view()).answers["ask"] == {"full_name": "Änne", "note": said}


async def test_who_is_sure_not_to_know_is_believed() -> None:
    """It may be the answer, and asking twice is no help; what may be left out can be skipped."""
    place = {"name": "place", "label": "Where did you lose it?"}
    chat = await Chat.of(form(place, {**place, "name": "when", "label": "When?", "required": False}))
    await chat.says("No idea")
    assert "Is “No idea” your answer?" in chat.text
    assert (await chat.presses("Yes")).asked == "ask.when"
    await chat.says("I don't know")
    assert chat.text == "Is “I don't know” your answer?\nYou can leave it out: type “skip”."
    await chat.says("I don't know")
    assert (await chat.view()).answers["ask"] == {"place": "No idea", "when": "I don't know"}
