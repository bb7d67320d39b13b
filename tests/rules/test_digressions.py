"""A workflow that helps aside in a conversation, and returns to the question that was asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chatting import Chat
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.engine.narration import Said
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.errors import DefinitionError
from wizard.model import RunStatus
from wizard.testing import make_test_engine

FAQ: dict[str, Any] = {
    "id": "faq",
    "title": "Questions",
    "help": [{"ask": "Who wrote this?", "answer": "We did."}],
    "nodes": [
        {
            "id": "topic",
            "type": "form",
            "fields": [{"name": "topic", "type": "choice", "label": "What about?", "choices": ["hours", "prices"]}],
        },
        {
            "id": "which",
            "type": "form",
            "fields": [{"name": "day", "label": "Which day?"}, {"name": "pin", "type": "password", "label": "PIN"}],
        },
        {"id": "told", "type": "end", "title": "Open on {{ which.day }} from 9 to 5"},
    ],
}
VISIT: dict[str, Any] = {
    "id": "main",
    "help": {"workflow": "faq"},
    "agent": True,
    "nodes": [
        {"id": "you", "type": "form", "fields": [{"name": "name", "label": "Your name"}]},
        {
            "id": "drink",
            "type": "form",
            "fields": [{"name": "drink", "type": "choice", "label": "A drink?", "choices": ["tea", "milk"]}],
        },
        {"id": "done", "type": "end", "title": "Thank you, {{ you.name }}"},
    ],
}


async def aside() -> Chat:
    """At the second question, where help was asked for."""
    chat = await Chat.of(VISIT, FAQ)
    await chat.says("Ann")
    await chat.says("help")
    assert (chat.texts, chat.asked, chat.labels) == (["What about?"], "topic.topic", ["hours", "prices"])
    return chat


async def test_help_runs_aside_and_returns_to_the_question_asked_once() -> None:
    """Who asks for help and loses their place, or finds its answers among their own, doesn't ask again."""
    chat = await aside()
    before = await chat.view()
    await chat.presses("hours")
    assert chat.texts == ["Which day?"]
    await chat.says("Monday")
    await chat.says("4711")
    assert (chat.texts, chat.asked) == (["Open on Monday from 9 to 5", "A drink?"], "drink.drink")
    view = await chat.view()
    assert (view.answers, view.run.steps, view.step) == (before.answers, before.run.steps, "drink")
    assert "4711" not in "".join(one.text for one in await chat.engine.said(chat.id))
    await chat.presses("milk")
    assert chat.texts == ["Thank you, Ann"]


@pytest.mark.parametrize("said", ["back", "Cancel", "zurück"])
async def test_back_leaves_it_from_anywhere(said: str) -> None:
    """Back from help means one's own question, which doesn't move and isn't ended by it."""
    chat = await Chat.of({**VISIT, "language": "de"}, FAQ)
    for text in ("Ann", "help", "hours"):
        await chat.says(text)
    await chat.says(said)
    assert (chat.asked, len(chat.texts)) == ("drink.drink", 1)
    await chat.says("back")
    assert chat.asked == "you.name"
    assert (await chat.view()).status is RunStatus.WAITING


async def test_its_own_help_tells_what_can_be_said_there_and_no_help_is_within_help() -> None:
    """Help about help that never ends is a trap; its own short answers still serve."""
    chat = await Chat.of(VISIT, {**FAQ, "help": [*FAQ["help"], {"workflow": "other"}]}, {**FAQ, "id": "other"})
    await chat.says("Ann")
    await chat.says("help")
    await chat.says("help")
    assert "back – return to your question" in chat.text
    assert "restart" not in chat.text
    assert chat.asked == "topic.topic"
    assert (await chat.says("Who wrote this?")).texts == ["We did.", "What about?"]


async def test_what_is_said_of_the_conversation_outside_reaches_it() -> None:
    """A person, a new beginning, a button of the question that is still to be seen: none is an answer to help."""
    chat = await aside()
    await chat.says("agent")
    assert chat.asked == "drink.drink"
    tea = chat.button("tea")
    await chat.says("help")
    stale = chat.button("hours")
    await chat.says(choice=tea)
    assert chat.texts == ["Thank you, Ann"]
    await chat.says(choice=stale)
    assert "earlier question" in chat.text


@pytest.mark.parametrize("how", ["restart", "agent", "operator", "join", "tea", "page", "cancelled"])
async def test_help_that_is_left_for_good_ends(how: str) -> None:
    """Nobody comes back to it, and it would be counted and kept as a run that somebody is in the middle of."""
    chat = await Chat.of(VISIT, FAQ)
    await chat.says("Ann")
    tea = chat.button("tea")
    await chat.says("help")
    aside = str((await chat.view()).run.conversation["digression"])
    match how:
        case "operator":
            await chat.talks.take_over(chat.id, "olga")
        case "join":
            await chat.talks.join(chat.id)
        case "page":
            await chat.engine.next(chat.id, {"drink": "tea"})
            await Worker(chat.engine).perform_due()
        case "cancelled":
            await chat.engine.cancel(chat.id)
            await Worker(chat.engine).perform_due()
        case "tea":
            await chat.says(choice=tea)
        case "restart":
            await chat.says("restart")
            await chat.says("yes")
            assert chat.asked == "you.name"
        case _:
            await chat.says(how)
    assert (await chat.engine.load(aside)).status is RunStatus.CANCELLED


async def test_an_edited_message_corrects_what_it_was_an_answer_to() -> None:
    """Within help it is an answer there; before it, the answer to one's own question."""
    chat = await aside()
    await chat.says("hours")
    await chat.says("prices", edits="m-3")
    assert chat.asked == "which.day"
    await chat.says("Bea", edits="m-1")
    assert ((await chat.view()).answers["you"], chat.asked) == ({"name": "Bea"}, "drink.drink")


async def test_a_topic_of_the_list_may_be_a_workflow() -> None:
    """Where help lists several things, one may need a question of its own."""
    topics = [{"ask": "Who are you?", "answer": "A club."}, {"ask": ["hours", "opening hours"], "workflow": "faq"}]
    chat = await Chat.of({**VISIT, "help": topics}, FAQ)
    await chat.says("help")
    assert "• Who are you?\n• hours" in chat.text
    await chat.says("opening hours")
    assert chat.asked == "topic.topic"
    await chat.says("back")
    assert (await chat.says("help hours")).asked == "topic.topic"


ASKED = [
    {"ask": "Who are you?", "answer": "A club."},
    {"ask": "hours", "answer": "9 to 5."},
    {"ask": "Where?", "workflow": "map"},
    {"workflow": "faq"},
]
MAP = {"id": "map", "nodes": [{"id": "town", "type": "form", "fields": [{"name": "town", "label": "Which town?"}]}]}


async def test_a_topic_around_help_is_told_there_and_is_no_answer_to_it() -> None:
    """“Who are you?” became the day that help asked for, though it is never an answer anywhere else."""
    chat = await Chat.of({**VISIT, "help": ASKED}, FAQ, MAP)
    await chat.says("Ann")
    await chat.says("help")
    assert (await chat.says("Who are you?")).texts == ["A club.", "What about?"]
    assert (await chat.says("hours")).texts == ["Which day?"]  # what help asks has that choice
    heard = (await chat.says("who are you")).heard
    assert (chat.texts, chat.asked) == (["A club.", "Which day?"], "which.day")
    assert await chat.talks.hear(chat.id, Incoming(f"m-{chat.count}", "who are you")) == heard
    await chat.says('"Who are you?"')
    await chat.says("4711")
    assert chat.texts == ["Open on Who are you? from 9 to 5", "A drink?"]


async def test_a_topic_around_help_may_be_a_workflow_that_takes_its_place() -> None:
    """Help within help has no end: the one that was open is over, and both return to the same question."""
    chat = await Chat.of({**VISIT, "help": ASKED}, FAQ, MAP)
    await chat.says("Ann")
    await chat.says("help")
    await chat.says("hours")
    before = str((await chat.view()).run.conversation["digression"])
    loaded: list[str] = []
    load = chat.engine.load

    async def loads(run: str | RunView) -> RunView:
        loaded.append(run if isinstance(run, str) else run.id)
        return await load(run)

    chat.engine.load = loads  # type: ignore[method-assign]
    assert (await chat.says("Where?")).texts == ["Which town?"]
    assert loaded.count(before) == 1  # a large run takes a moment
    assert (await chat.engine.load(before)).status is RunStatus.CANCELLED
    assert (await chat.says("back")).asked == "drink.drink"


async def test_what_is_answered_elsewhere_meanwhile_ends_it() -> None:
    """Answers that go to help while the page asks something else would be lost."""
    chat = await aside()
    await chat.engine.next(chat.id, {"drink": "tea"})
    assert (await chat.says("hours")).texts == ["This is complete. To begin again, start a new conversation."]


class Dies(Exception):
    """The process, between the two turns of one message."""


@pytest.mark.parametrize("texts", [["help"], ["help", "hours"], ["help", "hours", "Monday", "4711"], ["help", "back"]])
async def test_a_message_is_taken_once_though_the_process_dies_between_its_two_turns(texts: list[str]) -> None:
    """What help took and the conversation doesn't know would be answered twice, or never."""
    engine = await make_test_engine(VISIT, FAQ)
    chat = await Chat.begins(engine)
    await chat.says("Ann")
    for text in texts[:-1]:
        await chat.says(text)
    say = engine.say

    async def dies(run: str | RunView, said: Said, **more: Any) -> RunView:
        raise Dies

    engine.say = dies  # type: ignore[method-assign]
    with pytest.raises(Dies):
        await chat.says(texts[-1])
    engine.say = say  # type: ignore[method-assign]
    again = Conversations(engine)
    heard = await again.hear(chat.id, Incoming(f"m-{chat.count}", texts[-1]))
    assert await again.hear(chat.id, Incoming(f"m-{chat.count}", texts[-1])) == heard
    told = [one.text for one in heard]
    asked = {1: ["What about?"], 4: ["Open on Monday from 9 to 5", "A drink?"]}
    assert told == (["A drink?"] if texts[-1] == "back" else asked.get(len(texts), ["Which day?"]))


@pytest.mark.parametrize("last", ["Where?", "hours", "Who are you?"])
async def test_a_topic_is_told_once_though_the_process_dies_between_its_two_turns(last: str) -> None:
    """“hours” was a choice when it came first: heard again it would be told as a topic, and the answer not be said."""
    where = {"ask": "hours", "workflow": "map"}
    chat = await Chat.of({**VISIT, "help": [ASKED[0], where, *ASKED[2:]]}, FAQ, MAP)
    await chat.says("Ann")
    await chat.says("help")
    say = chat.engine.say

    async def dies(run: str | RunView, said: Said, **more: Any) -> RunView:
        if str(getattr(run, "id", run)) == chat.id:
            raise Dies
        return await say(run, said, **more)

    chat.engine.say = dies  # type: ignore[method-assign]
    with pytest.raises(Dies):
        await chat.says(last)
    chat.engine.say = say  # type: ignore[method-assign]
    heard = await Conversations(chat.engine).hear(chat.id, Incoming(f"m-{chat.count}", last))
    told = {"Where?": ["Which town?"], "hours": ["Which day?"], "Who are you?": ["A club.", "What about?"]}
    assert [one.text for one in heard] == told[last]


async def test_help_that_isnt_there_any_more_is_no_dead_end() -> None:
    """What was deleted while somebody read it leaves them at their question."""
    chat = await aside()
    await chat.engine.delete(str((await chat.view()).run.conversation["digression"]))
    assert (await chat.says("milk")).texts == ["Thank you, Ann"]


@pytest.mark.parametrize(
    ("help_", "faq", "told"),
    [
        ({"workflow": "fag"}, FAQ, "no workflow `fag` to help; did you mean `faq`?"),
        ({"workflow": "main"}, FAQ, "`main` can't be its own help"),
        ({"workflow": "faq", "answer": "Yes"}, FAQ, "either `answer` or `workflow`"),
        ({"answer": "Yes"}, FAQ, "say `ask`"),
        ([{"workflow": "faq"}, {"workflow": "faq"}], FAQ, "only one workflow"),
        ({"workflow": "faq"}, {**FAQ, "input": {"name": {"type": "text"}}}, "its input `name` has no default"),
        (
            {"workflow": "faq"},
            {**FAQ, "nodes": [{"id": "later", "type": "wait", "for": "1h"}, *FAQ["nodes"]]},
            "its node `later` (wait) lets people wait",
        ),
    ],
)
async def test_what_cant_help_is_told_when_it_is_loaded(help_: Any, faq: Any, told: str) -> None:
    """An author who learns of it from a person in the chat learns too late."""
    with pytest.raises(DefinitionError) as refused:
        await make_test_engine({**VISIT, "help": help_}, faq)
    assert told in str(refused.value)
