"""Conversations with people who press, reply and go where nobody would think of it: nothing is taken for another
answer, and nothing that is said is untrue."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chatting import Chat
from wizard.errors import NodeFailed

NAME = {"name": "full_name", "label": "Your name"}


def form(*fields: dict[str, Any], step: str = "ask", **keys: Any) -> dict[str, Any]:
    return {"id": step, "type": "form", "fields": list(fields), **keys}


def flow(*nodes: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"id": "main", "nodes": list(nodes), **keys}


# -- buttons and messages of others ----------------------------------------------------------------


async def test_a_button_of_a_question_that_offers_something_else_by_now_picks_nothing() -> None:
    """Who changes the day and then presses nine o'clock of the day before would have three in the afternoon."""
    times = {"from": "['14:00', '15:00'] if day == 'Tuesday' else ['09:00', '10:00']"}
    day = {"name": "day", "type": "choice", "label": "Day", "choices": ["Monday", "Tuesday"]}
    hour = {"name": "hour", "type": "choice", "label": "Hour", "choices": times}
    chat = await Chat.of(flow(form(day, hour, NAME)))
    await chat.says("Monday")
    nine = chat.button("09:00")
    await chat.says("change day to Tuesday")
    assert chat.labels == ["14:00", "15:00"]
    await chat.says(choice=nine)
    assert chat.texts[0] == "This button belongs to an earlier question."
    await chat.presses("15:00")
    assert (chat.asked, (await chat.view()).current.fields[1].value) == ("ask.full_name", "15:00")


async def test_a_button_of_another_run_picks_nothing() -> None:
    """In a messenger, what somebody asked for last week stands above what they ask for today."""
    drink = {"name": "drink", "type": "choice", "label": "Drink", "choices": ["tea", "coffee"]}
    chat = await Chat.of(flow(form(drink, NAME)))
    other = await Chat.begins(chat.engine)
    await other.says(choice=chat.button("tea"))
    assert (other.texts[0], other.asked) == ("This button belongs to an earlier question.", "ask.drink")
    await chat.presses("tea")
    assert chat.asked == "ask.full_name"


async def test_what_the_engine_said_is_nobodys_answer_to_correct() -> None:
    """A client that names the question in the place of the answer would change what it didn't mean."""
    chat = await Chat.of(flow(form(NAME, {"name": "town", "label": "Town"})))
    question = chat.heard[-1].id
    await chat.says("Ann")
    await chat.says("Bern", edits=question)
    assert chat.texts[0] == "I don’t know which answer this corrects. Nothing was changed."


# -- back, and where there is none -------------------------------------------------------------------


async def test_a_form_that_was_never_answered_is_asked_from_its_beginning() -> None:
    """Who was led on by a deadline and comes back was asked the last question, and told that the first is missing."""
    asked = form(NAME, {"name": "town", "label": "Town"}, remind_after={"after": "1h", "goto": "then"})
    chat = await Chat.of(flow(asked, form({"name": "why", "label": "Why?"}, step="then")))
    await chat.waits(hours=2)
    assert chat.asked == "then.why"
    await chat.says("back")
    assert chat.asked == "ask.full_name"
    assert "no longer fits" not in chat.text  # nothing was answered that could fit


async def test_back_with_nothing_but_a_text_before_says_that_this_is_the_first_question() -> None:
    """Else it is asked again without a word, as if “back” hadn't been read."""
    chat = await Chat.of(flow({"id": "hello", "type": "message", "title": "Welcome"}, form(NAME)))
    assert "This is the first question." in (await chat.says("back")).texts


async def test_what_is_final_is_told_as_such_where_somebody_goes_back_or_begins_again() -> None:
    """“This is the first question” is untrue at the second, and “Are you sure?” a question too much."""
    chat = await Chat.of(flow(form(NAME, final=True), form({"name": "why", "label": "Why?"}, step="then")))
    await chat.says("Ann")
    await chat.says("back")
    assert chat.texts[0] == "You can’t go back from here: what comes before is final."
    await chat.says("restart")
    assert (chat.texts[0], chat.asked) == ("Something is final already, so this can’t begin again.", "then.why")


async def test_a_page_that_comes_for_the_first_time_isnt_blamed_on_a_change_that_is_done() -> None:
    """“You changed an earlier answer, so you need to answer this page as well” is untrue then."""
    many = {"name": "many", "type": "integer", "label": "How many?"}
    wait = {"id": "pay", "type": "wait", "title": "Waiting", "event": "paid"}
    chat = await Chat.of(flow(form(many), wait, form(NAME, step="then")))
    for said in ("3", "change how many to 4"):
        await chat.says(said)
    assert (await chat.view()).step == "pay"
    await chat.engine.event(chat.id, "paid")
    view = await chat.view()
    assert (view.step, view.current.again) == ("then", "")


# -- commands where there is nothing for them ------------------------------------------------------


async def test_keep_is_no_answer_where_there_is_none_to_keep() -> None:
    """Somebody who goes through their answers again would be called “keep”."""
    chat = await Chat.of(
        flow(form(NAME, {"name": "nick", "label": "Nickname", "required": False}, NAME | {"name": "z"}))
    )
    await chat.says("keep")
    assert (chat.texts[0], chat.asked) == ("There is no answer to keep here.", "ask.full_name")
    for said in ("Ann", "skip", "back", "keep"):
        await chat.says(said)
    assert chat.asked == "ask.z"  # what was left out stays out
    for said in ("“keep”", "yes"):
        await chat.says(said)
    assert (await chat.view()).answers["ask"] == {"full_name": "Ann", "nick": None, "z": "keep"}


async def test_remove_with_a_number_is_no_answer_where_there_is_no_list() -> None:
    """It is what the help tells people to write; “delete my account” is an answer all the same."""
    chat = await Chat.of(flow(form(NAME, {"name": "wish", "label": "What can we do?"})))
    await chat.says("remove 1")
    assert (chat.texts[0], chat.asked) == ("There is no list here to take anything out of.", "ask.full_name")
    for said in ("Ann", "delete my account"):
        await chat.says(said)
    assert (await chat.view()).answers["ask"]["wish"] == "delete my account"


async def test_change_without_answers_says_so_and_asks_for_none() -> None:
    """“Which answer do you mean?” of none has no answer."""
    chat = await Chat.of(flow(form(NAME)))
    assert (await chat.says("change")).texts == ["You haven't answered anything yet.", "Your name"]


async def test_a_review_is_reviewed_once() -> None:
    """Twenty lines twice in a row look as if something had gone wrong."""
    chat = await Chat.of(flow(form(NAME), {"id": "check", "type": "review"}))
    await chat.says("Ann")
    await chat.says("review")
    assert (len(chat.heard), chat.asked) == (1, "check")


async def test_help_after_the_end_lists_nothing_that_is_refused() -> None:
    """Who reads “restart – begin again” and is told that it can't be has been sent around in a circle."""
    chat = await Chat.of(flow(form(NAME)))
    await chat.says("Ann")
    assert (await chat.says("help")).texts == ["This is complete. To begin again, start a new conversation."]


async def test_what_ended_is_told_in_words_of_a_conversation() -> None:
    """Nobody who chats knows what a run is."""
    for command, told in (("cancel", "This was cancelled. To begin again, start a new conversation."),):
        chat = await Chat.of(flow(form(NAME)))
        await chat.says(command)
        await chat.says("yes")
        assert chat.texts == [told]
    chat = await Chat.of(flow(form(NAME), expires_after="1h"))
    await chat.waits(hours=2)
    assert chat.texts == ["The time for this is over. To begin again, start a new conversation."]


# -- what was understood -----------------------------------------------------------------------------


async def test_a_country_has_no_number_where_none_was_shown() -> None:
    """41 is Switzerland's code for telephones, and the 41st of a list that nobody has seen is Cape Verde."""
    chat = await Chat.of(flow(form({"name": "country", "type": "country", "label": "Country"})))
    await chat.says("41")
    assert chat.asked == "ask.country"
    assert (await chat.view()).current.fields[0].value is None


async def test_who_is_led_out_isnt_told_that_they_said_nothing() -> None:
    """“Understood: no answer” to somebody who has tried three times is untrue; and they read why it goes on, at each
    visit."""
    many = {"name": "many", "type": "integer", "label": "How many?", "max": 9}
    asked = form(many, after_tries={"tries": 1, "goto": "call"})
    end = {"id": "call", "type": "end", "title": "We will call you"}
    chat = await Chat.of(flow(asked, form(NAME, step="then", next="end"), end))
    await chat.says("ten")
    assert chat.texts == ["I didn’t understand that. Let’s try another way.", "We will call you"]
    chat = await Chat.begins(chat.engine)
    for said in ("3", "back", "ten"):
        await chat.says(said)
    assert chat.texts == ["I didn’t understand that. Let’s try another way.", "We will call you"]


async def answered(said: str, language: str = "en", **field: Any) -> Any:
    """What one question has for an answer after that was said; None where it was asked again or asked back."""
    chat = await Chat.of(flow(form({"name": "x", **field}, NAME), language=language))
    await chat.says(said)
    return (await chat.view()).current.fields[0].value


async def test_a_name_in_a_sentence_is_the_name_after_a_greeting_as_well() -> None:
    """“Hi, my name is Ann” is how chats begin, and a letter to “Hi, my name is Ann” goes to nobody."""
    for said in ("Hi, my name is Ann", "Hello I'm Ann!", "good morning. call me Ann"):
        assert await answered(said, label="Your name") == "Ann"
    assert await answered("Hi Ann", label="Your name") == "Hi Ann"


async def test_what_stands_around_a_number_a_time_or_an_address_is_left_aside() -> None:
    """“5 people” is the plainest answer to “How many people?”, and was refused as no whole number."""
    many = {"label": "How many people?", "type": "integer"}
    for said, count in (("5 people", 5), ("five people", 5), ("5 please!", 5), ("it’s 5", 5), ("my dog is 5", None)):
        assert await answered(said, **many) == count, said
    assert str(await answered("1,5 bitte", label="Menge", type="decimal", language="de")) == "1.5"  # not fifteen
    assert await answered("4 5", label="How was it, 1 to 5?", type="integer") is None
    for said, at in (("at 17:30", "17:30:00"), ("five pm", "17:00:00"), ("5pm please", "17:00:00"), ("at 5", None)):
        assert str(await answered(said, label="When?", type="time")) == str(at), said
    for said in (
        "ann@example.org.",
        "<ann@example.org>",
        "my email is ann@example.org",
        "it's ann@example.org, thanks",
    ):
        assert await answered(said, label="Email", type="email") in ("ann@example.org", None), said
    assert await answered("not ann@example.org", label="Email", type="email") is None


async def test_choices_are_named_as_people_name_them() -> None:
    """Umlauts that are written out, an “and”, a comma within a name, “the green one”: each was refused or misread."""
    colours = {"type": "choice", "label": "Farbe", "choices": ["grün", "hellblau", "Öl"]}
    for said, colour in (
        ("gruen", "grün"),
        ("oel", "Öl"),
        ("die zweite", "hellblau"),
        ("Nummer 3", "Öl"),
        ("#1", "grün"),
    ):
        assert await answered(said, **colours, language="de") == colour, said
    drink = {"type": "choice", "label": "Drink", "choices": ["tea", "coffee"]}
    for said, value in (("the coffee one", "coffee"), ("option 2", "coffee"), ("it’s tea", "tea"), ("two", "coffee")):
        assert await answered(said, **drink) == value, said
    extras = {"type": "choices", "label": "Extras", "choices": ["Salt, pepper", "Salt", "Oil", "Bread and butter"]}
    several = {
        "Salt, pepper, Oil": ["Salt, pepper", "Oil"],
        "salt and oil": ["Salt", "Oil"],
        "1 and 3": ["Salt, pepper", "Oil"],
        "bread and butter; oil": ["Oil", "Bread and butter"],
        "all of them": ["Salt, pepper", "Salt", "Oil", "Bread and butter"],
        "salt and wine": None,
    }
    for said, picked in several.items():
        assert await answered(said, **extras) == picked, said


async def test_yes_and_no_have_signs_and_places() -> None:
    """A thumb is the answer that chats have a key for."""
    for said, sure in (("👍", True), ("👍🏽", True), ("👎", False), ("2", False), ("1", True), ("yes of course", True)):
        assert await answered(said, label="Sure?", type="boolean") is sure, said
    assert await answered("👍 👎", label="Sure?", type="boolean") is None


@pytest.mark.parametrize("slow", [False, True])
async def test_what_is_told_before_work_is_told_whatever_the_work(slow: bool) -> None:
    """A text that an author wrote was never said where a service was called behind it, nor what was understood; and who
    was led out beyond work that hadn't ended read no reason."""

    def fare(many: int) -> int:
        return many * 2

    many = {"name": "many", "type": "integer", "label": "How many?", "max": 9}
    work = {"id": "work", "type": "python", "function": "fare", "arguments": {"many": "{{ ask.many }}"}, "slow": slow}
    read = {"id": "read", "type": "message", "title": "Listen"}
    asked = form(many, after_tries={"tries": 1, "goto": "call"})
    end = {"id": "call", "type": "end", "title": "We will call you"}
    chat = await Chat.of(flow(asked, read, work, form(NAME, step="then", next="end"), end), functions={"fare": fare})
    await chat.says("five")
    assert chat.texts[:2] == ["Understood: 5", "Listen"]
    if slow:
        await chat.says("back")
        await chat.says("ten")
        assert chat.texts == ["I didn’t understand that. Let’s try another way.", "We will call you"]
    else:
        assert chat.asked == "then.full_name"
        await chat.says("change how many to six")
        assert chat.texts[0] == "Changed – How many? 6"


async def test_a_conversation_that_begins_with_work_is_greeted() -> None:
    """The start page's text was never said where the first node calls a service."""
    work = {"id": "work", "type": "python", "function": "now"}
    chat = await Chat.of(flow(work, form(NAME), text="Welcome"), functions={"now": lambda: 1})
    assert chat.texts == ["Welcome", "Your name"]


async def test_a_number_in_words_is_told_as_it_was_understood() -> None:
    """Who is misunderstood without a word can't mend it."""
    chat = await Chat.of(flow(form({"name": "x", "type": "integer", "label": "How many?"}, NAME)))
    assert (await chat.says("twelve")).texts[0] == "Understood: 12"


async def test_who_corrects_their_name_isnt_asked_whether_they_mean_their_nickname() -> None:
    """“No, my name is Bea” was asked back, in words that no button answers."""
    chat = await Chat.of(
        flow(form({"name": "nick", "label": "Your nickname"}, NAME, {"name": "town", "label": "Town"}))
    )
    for said in ("Annie", "Ann", "no, my name is Bea"):
        await chat.says(said)
    assert chat.texts == ["Changed – Your name: Bea", "Town"]
    assert (await chat.says("change nick to B")).texts == ["Changed – Your nickname: B", "Town"]


async def test_a_text_that_depends_on_a_changed_answer_is_said_anew() -> None:
    """Pages show it again, and the price of before was the last that the chat had said. What is the same isn't said."""
    told = {"id": "told", "type": "message", "depends_on": ["ask.n"], "title": "{{ 'Few' if ask.n < 5 else 'Many' }}"}
    why = form({"name": "why", "label": "Why?"}, step="reason")
    chat = await Chat.of(flow(form({"name": "n", "type": "integer", "label": "How many?"}), told, why))
    assert (await chat.says("3")).texts == ["Few", "Why?"]
    assert (await chat.says("change 1 to 4")).texts == ["Changed – How many? 4", "Why?"]
    assert (await chat.says("change 1 to 5")).texts == ["Changed – How many? 5", "Many", "Why?"]


async def test_who_comes_by_a_code_while_somebody_of_the_staff_speaks_is_told_with_whom_they_chat() -> None:
    """They were told to type “restart”, which nobody obeys meanwhile, and nothing of the person who reads them."""
    chat = await Chat.of(flow(form(NAME, {"name": "town", "label": "Town"}), agent=True))
    await chat.says("Ann")
    await chat.talks.take_over(chat.id, "olga")
    chat.heard = await chat.talks.join(chat.id)
    assert chat.texts == ["You’re now chatting with a person."]


async def test_back_is_offered_as_a_way_out_where_it_leads_somewhere() -> None:
    """The button told of a first question, and where there was one before on the same page there was no button."""
    hello = {"id": "hello", "type": "message", "title": "Welcome"}
    count, size = ({"name": name, "type": "integer", "label": name.title()} for name in ("count", "size"))
    chat = await Chat.of(flow(hello, form(count, size)))
    for said in ("x", "y", "z"):
        await chat.says(said)
    assert (chat.asked, chat.labels) == ("ask.count", [])
    for said in ("1", "x", "y", "z"):
        await chat.says(said)
    assert (chat.asked, chat.labels) == ("ask.size", ["Back"])
    assert (await chat.presses("Back")).asked == "ask.count"


async def test_a_file_that_takes_the_place_of_an_earlier_one_is_told() -> None:
    """Sent in reply, it was taken without a word, and the question that was open read like a refusal."""
    paper = {"name": "paper", "type": "file", "label": "Paper", "accept": [".txt"]}
    chat = await Chat.of(flow(form(paper, NAME)))
    question = chat.heard[-1].id
    for name in ("a.txt", "b.txt"):
        file = {"name": name, "type": "text/plain", "content": b"x"}
        await chat.says(files=(file,), replies=question)
    assert chat.texts == ["Changed – Paper: b.txt", "Your name"]


async def test_a_text_is_said_once_however_often_what_follows_is_tried() -> None:
    """Each “try again” said the text before the service once more; on a page that stopped there it was said twice."""
    calls: list[int] = []

    async def shop() -> dict[str, int]:
        calls.append(1)
        if len(calls) < 3:
            raise NodeFailed("Closed.")
        return {"price": 12}

    told = {"id": "told", "type": "message", "title": "{{ ask.full_name }}, one moment"}
    work = {"id": "work", "type": "python", "function": "shop", "on_error": "back"}
    town = form({"name": "town", "label": "Town"}, step="where")
    chat = await Chat.of(flow(form(NAME), told, work, town), functions={"shop": shop})
    assert (await chat.says("Ann")).texts == ["Ann, one moment", "Closed."]
    assert (await chat.says("try again")).texts == ["Closed."]
    assert (await chat.says("ok")).texts == ["Town"]
    other = await Chat.begins(chat.engine)
    await chat.engine.next(other.id, {"full_name": "Bea"})
    said = [one.text for one in await chat.engine.said(other.id)]
    assert said[1:] == ["This was answered elsewhere.", "Bea, one moment"]
    assert (await other.says("ok")).texts == ["Town"]


async def test_yes_is_written_alike_in_every_list_of_answers() -> None:
    """On the present page it was “yes”, and “Yes” once that was left: the same list looked like two people's."""
    sure = {"name": "sure", "type": "boolean", "label": "Sure?"}
    chat = await Chat.of(flow(form(sure, NAME), {"id": "check", "type": "review"}))
    await chat.says("yes")
    assert (await chat.says("review")).texts[0] == "1. Sure? Yes"
    assert (await chat.says("change 1 to no")).texts[0] == "Changed – Sure? No"
    assert "1. Sure? No" in (await chat.says("Ann")).text


# -- after the end -------------------------------------------------------------------------------------


async def reopened(**keys: Any) -> Chat:
    """At the end of what can be gone back into."""
    end = {"id": "done", "type": "end", "title": "Thank you, {{ ask.full_name }}"}
    chat = await Chat.of(flow(form(NAME), end, reopen=True, agent=True, **keys))
    assert (await chat.says("Ann")).texts == ["Thank you, Ann"]
    return chat


async def test_what_can_be_reopened_is_begun_again_after_its_end() -> None:
    """“restart” was asked back without a word, and the “yes” of whoever guessed it was told that it is complete."""
    chat = await reopened()
    await chat.says("restart")
    assert (len(chat.heard), chat.labels) == (1, ["Yes", "No"])
    await chat.presses("No")
    assert chat.texts == ["Your answers are still there."]
    await chat.says("restart")
    await chat.presses("Yes")
    assert (chat.texts, chat.asked) == (["Your name"], "ask.full_name")


@pytest.mark.parametrize("said", ["repeat", "cancel", "agent", "skip", "ok"])
async def test_nothing_that_is_said_after_the_end_is_left_without_an_answer(said: str) -> None:
    """Who isn't answered thinks that it is broken, and who is promised a person waits for one that nobody called."""
    chat = await reopened()
    assert (await chat.says(said)).texts == ["This is complete. To begin again, start a new conversation."]
    commands = (await chat.says("help")).text
    assert f"{said} –" not in commands
    assert "restart –" in commands


async def test_the_end_that_a_change_leads_to_is_told() -> None:
    """They changed their name, and were thanked by the old one only. What isn't taken leads nowhere."""
    chat = await reopened()
    await chat.says("change name to Bea")
    assert chat.texts == ["Changed – Your name: Bea", "Thank you, Bea"]
    await chat.says("change name to " + "x" * 3000)
    assert len(chat.texts) == 1


@pytest.mark.parametrize("how", ["completed", "cancelled", "expired"])
async def test_who_comes_to_a_conversation_that_has_ended_is_told_so(how: str) -> None:
    """They typed their code elsewhere, and looked at an empty chat."""
    told = {"completed": "Thank you, Ann", "cancelled": "This was cancelled.", "expired": "The time for this is over."}
    chat = await Chat.of(flow(form(NAME), {"id": "done", "type": "end", "title": "Thank you, Ann"}, expires_after="1h"))
    if how == "expired":
        await chat.waits(hours=2)
    for said in {"completed": ["Ann"], "cancelled": ["cancel", "yes"]}.get(how, []):
        await chat.says(said)
    for _ in range(2):
        chat.heard = await chat.talks.join(chat.id)
        assert len(chat.heard) == 1
        assert chat.text.startswith(told[how])


@pytest.mark.parametrize("is_left_out", [True, False])
async def test_who_is_told_to_try_again_can_say_so(*, is_left_out: bool) -> None:
    """“Try again” was said by the chat, and was no email address when they said it."""
    called: list[str] = []

    def work() -> int:
        called.append("once")
        if len(called) == 1:
            raise ValueError("down")
        return 1

    node = {"id": "work", "type": "python", "function": "work", "on_error": "back", "retry": {"attempts": 1}}
    email = {"name": "email", "type": "email", "label": "Email address", "required": not is_left_out}
    chat = await Chat.of(
        flow(form(NAME, email), node, {"id": "z", "type": "end", "title": "Bye"}), functions={"work": work}
    )
    await chat.says("Ann")
    await chat.says("skip" if is_left_out else "a@example.org")
    assert "Try again" in chat.text
    await chat.says("try again, please")
    assert (chat.text, len(called)) == ("Bye", 2)
