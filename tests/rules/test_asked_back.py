"""What is asked back in a conversation, and what is said to it: it is never the answer to another question."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chatting import Chat

DRINK = {"name": "drink", "type": "choice", "label": "Which drink?", "choices": ["green tea", "black tea", "milk"]}
NAMES = ({"name": "own", "label": "Your name"}, {"name": "other", "label": "Doctor’s name"})
SURE = {"name": "sure", "type": "boolean", "label": "Are you sure?"}
COUNT = {"name": "count", "type": "integer", "label": "How many?"}


def form(*fields: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"id": "main", "nodes": [{"id": "ask", "type": "form", "fields": list(fields)}], **keys}


async def typed(chat: Chat) -> dict[str, Any]:
    """What the open page has so far."""
    return {field.name: field.value for field in (await chat.view()).current.fields if field.answered}


@pytest.mark.parametrize(("open_question", "said"), [(DRINK, "3"), (DRINK, "the third"), (SURE, "yes")])
async def test_a_number_that_is_no_answer_to_which_answers_nothing_else(
    open_question: dict[str, Any], said: str
) -> None:
    """“3” of two was the third choice of a question further up, and “yes” its yes, without a word."""
    chat = await Chat.of(form(*NAMES, open_question, COUNT))
    for text in ("Ann", "Dr Bell", "change name to Anna", said):
        await chat.says(text)
    assert chat.texts == ["I don’t know which answer you mean.", open_question["label"]]
    assert open_question["name"] not in await typed(chat)
    assert (await chat.says(said)).asked == "ask.count"


@pytest.mark.parametrize("said", ["3", "the third one", "#3"])
async def test_a_number_that_is_none_of_those_offered_has_them_offered_again(said: str) -> None:
    """Two were shown, and the third of all was taken."""
    chat = await Chat.of(form(DRINK, COUNT))
    await chat.says("tea")
    await chat.says(said)
    assert (chat.text, chat.labels) == ("Which one do you mean?", ["green tea", "black tea"])
    assert (await chat.says("milk, please")).asked == "ask.count"


@pytest.mark.parametrize("said", ["no", "None of them.", "neither", "keins davon", "Weder noch"])
async def test_who_means_none_of_them_is_asked_anew_and_told_of_no_mistake(said: str) -> None:
    """They answered what they were asked; three of these led out of the question, as three wrong answers do. What may
    be left out isn't left out by that."""
    chat = await Chat.of(form({**DRINK, "required": False}, COUNT, language="de"))
    await chat.says("tea")
    await chat.says(said)
    assert (chat.asked, chat.labels[:3]) == ("ask.drink", DRINK["choices"])
    assert chat.text.startswith("Which drink?")
    assert not await typed(chat)
    chat = await Chat.of(form(*NAMES, COUNT, language="de"))
    for text in ("Ann", "Dr Bell", "change name to Anna", said):
        await chat.says(text)
    assert chat.texts == ["How many?"]


async def test_a_choice_that_is_called_none_is_that() -> None:
    """It is on the list."""
    choices = ["oat milk", "cow milk", "None"]
    chat = await Chat.of(form({"name": "milk", "type": "choice", "label": "Milk?", "choices": choices}, COUNT))
    await chat.says("milk")
    await chat.says("none")
    assert await typed(chat) == {"milk": "None"}


@pytest.mark.parametrize(
    ("said", "pressed"), [("tea", "green tea"), ("change name to Eve", "Your name"), ("cancel", "No")]
)
async def test_what_is_asked_back_stays_open_while_another_answer_of_the_page_comes_from_elsewhere(
    said: str, pressed: str
) -> None:
    """Nothing was said of it, and the button that they saw last belonged to an earlier question; “yes” was an
    answer."""
    chat = await Chat.of(form(*NAMES, DRINK, COUNT))
    for text in ("Ann", "Dr Bell", said):
        await chat.says(text)
    button = chat.button(pressed)
    await chat.engine.next(chat.id, {"count": 4}, step="ask", partial=True)
    assert "earlier" not in (await chat.says(choice=button)).text
    if said == "tea":
        assert (await typed(chat))["drink"] == "green tea"


async def test_what_two_questions_are_called_in_a_definition_is_no_reason_to_take_the_latest() -> None:
    """Nobody sees what a field is called there: the other address was changed as often as not."""
    mail = {"name": "email", "type": "email"}
    nodes = [
        *form({**mail, "label": "Email address"})["nodes"],
        {"id": "more", "type": "form", "fields": [{**mail, "label": "Your second email"}, COUNT]},
    ]
    chat = await Chat.of({"id": "main", "nodes": nodes})
    for text in ("a@example.org", "b@example.org", "change email to c@example.org"):
        await chat.says(text)
    assert chat.labels == ["Your second email", "Email address"]
    assert (await chat.says("2, please")).texts[0] == "Changed – Email address: c@example.org"
    assert (await chat.says("change email address to d@example.org")).texts[0].endswith("d@example.org")


@pytest.mark.parametrize("said", ["change drink to coal", "change drink"])
async def test_an_answer_that_is_kept_after_a_refused_one_is_offered_still(said: str) -> None:
    """Who finds nothing better wants back what they had, and saw no way to it."""
    chat = await Chat.of(form(DRINK, COUNT))
    for text in ("milk", said, "coal"):
        await chat.says(text)
    assert "So far: milk" in chat.text
    await chat.presses("Keep it")
    assert (await typed(chat), chat.asked) == ({"drink": "milk"}, "ask.count")


async def test_what_a_review_lists_can_be_changed_by_its_name() -> None:
    """They were taken back to a page, and nobody knew the answer that the review gives a number."""
    then = {"id": "then", "type": "form", "fields": [{"name": "note", "label": "A note?"}]}
    chat = await Chat.of({"id": "main", "nodes": [*form(NAMES[0], DRINK, COUNT)["nodes"], then]})
    for text in ("Ann", "milk", "4"):
        await chat.says(text)
    await chat.engine.previous(chat.id)
    assert "Which drink? milk" in (await chat.says("review")).text
    assert (await chat.says("change drink to green tea")).texts[0] == "Changed – Which drink? green tea"


async def test_a_name_of_one_letter_is_not_any_word_that_has_it() -> None:
    """“n” was every question with an n."""
    chat = await Chat.of(form({**COUNT, "name": "n"}, NAMES[0], DRINK))
    for text in ("4", "Ann", "change n to 5"):
        await chat.says(text)
    assert chat.texts[0] == "Changed – How many? 5"
