"""Conversations as people have them: what they write isn't taken for something else without a word."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chatting import Chat

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
    ):
        await chat.says(said)
        assert (chat.texts[0], chat.asked) == (told, "ask.phone")


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
