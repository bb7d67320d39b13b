"""Conversations whose runs are moved to another version of their workflow, by nobody who talks: what is asked then is
asked in the conversation, once."""

from __future__ import annotations

import pytest

from tests.chatting import Chat
from tests.migrations import House
from wizard.model import RunStatus
from wizard.model.migrating import Result
from wizard.model.talk import Utterance
from wizard.stores.memory import MemoryStore

TRIP = """
id: trip
agent: true
nodes:
  - id: who
    type: form
    fields: [{name: name, label: Name}]
  - id: town
    type: form
    fields: [{name: town, type: choice, label: Which town?, choices: [Bern, Chur]}]
  - {id: done, type: end, title: "To {{ town.town }}"}
"""
SAME = TRIP.replace("label: Name}", "label: Your name}")
REWORDED = TRIP.replace("Which town?", "Where to?")
OTHER_CHOICES = TRIP.replace("[Bern, Chur]", "[Chur, Thun]")
EARLIER = TRIP.replace("label: Name}", "label: Name}, {name: age, type: integer, label: Your age}")


class Trip:
    """A conversation that asks for the town, and whoever moves its run about."""

    def __init__(self, house: House, chat: Chat) -> None:
        self.house, self.chat = house, chat

    @classmethod
    async def begins(cls) -> Trip:
        house = House(MemoryStore())
        await house.deploys(TRIP)
        chat = await Chat.begins(house.engine, "trip")
        await chat.says("Ann")
        return cls(house, chat)

    async def moves(self, text: str = "") -> list[Utterance]:
        """To the version that is deployed now, or back; what is said of it."""
        before = await self.chat.engine.said(self.chat.id)
        if text:
            await self.house.deploys(text)
        page = await self.house.migrates(back=not text)
        (verdict,) = page.verdicts
        assert verdict.result in (Result.CONTINUE, Result.ASK)
        self.chat.heard = await self.chat.engine.said(self.chat.id, before[-1].number)
        return self.chat.heard


@pytest.mark.parametrize(("text", "said"), [(SAME, []), (REWORDED, ["Where to?"]), (OTHER_CHOICES, ["Which town?"])])
async def test_what_is_asked_is_asked_anew_if_it_is_another_question(text: str, said: list[str]) -> None:
    """Somebody would answer a question that they never saw, or read the same one twice for no reason."""
    trip = await Trip.begins()
    assert [one.text for one in await trip.moves(text)] == said
    await trip.chat.says("Chur")
    assert trip.chat.texts == ["To Chur"]


async def test_a_button_of_the_version_before_picks_nothing_of_the_new_one() -> None:
    """“Bern” was the first choice, and the first one is Chur now: they would go to a place that they didn't press."""
    trip = await Trip.begins()
    bern = trip.chat.button("Bern")
    await trip.moves(OTHER_CHOICES)
    chur = trip.chat.button("Chur")
    await trip.chat.says(choice=bern)
    assert trip.chat.texts == ["This button belongs to an earlier question.", "Which town?"]
    assert (await trip.chat.says(choice=chur)).texts == ["To Chur"]


async def test_who_is_sent_back_to_an_earlier_page_is_told_why_and_asked_there() -> None:
    """Nothing was said, and their next answer was taken for no answer at all."""
    trip = await Trip.begins()
    await trip.moves(EARLIER)
    assert trip.chat.asked == "who.name"
    assert "asked again" in trip.chat.text
    await trip.chat.says("keep it")
    await trip.chat.says("41")
    assert (trip.chat.asked, trip.chat.text) == ("town.town", "Which town?")


async def test_who_is_brought_back_is_asked_what_they_were() -> None:
    """And what is said there has numbers of its own: nothing of the conversation is overwritten."""
    trip = await Trip.begins()
    await trip.moves(REWORDED)
    assert [one.text for one in await trip.moves()] == ["Which town?"]
    numbers = [one.number for one in await trip.chat.engine.said(trip.chat.id)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert (await trip.chat.presses("Bern")).texts == ["To Bern"]


async def test_an_operator_keeps_the_conversation_and_hands_it_back_with_the_new_question() -> None:
    """A form that speaks between two people would be answered by what is meant for the operator."""
    trip = await Trip.begins()
    await trip.chat.talks.take_over(trip.chat.id, "olga")
    assert await trip.moves(REWORDED) == []
    assert (await trip.chat.says("Where is Bern?")).heard == []
    await trip.chat.talks.release(trip.chat.id, "olga")
    last = (await trip.chat.engine.said(trip.chat.id))[-1]
    assert (last.text, last.expects and last.expects.name) == ("Where to?", "town")
    await trip.chat.says("Bern")
    assert trip.chat.texts == ["To Bern"]


async def test_help_is_over_where_the_question_around_it_is_asked_anew() -> None:
    """They would answer the question that they see, and the help that they were in would take that."""
    helps = TRIP.replace("nodes:", "help:\n  - {ask: What is it like?, workflow: guide}\nnodes:", 1)
    house = House(MemoryStore())
    guide = "id: guide\nnodes: [{id: of, type: form, fields: [{name: of, label: Like what?}]}]"
    await house.deploys(guide, "guide")
    await house.deploys(helps)
    trip = Trip(house, await Chat.begins(house.engine, "trip"))
    await trip.chat.says("Ann")
    await trip.chat.says("What is it like?")
    assert trip.chat.asked == "of.of"
    aside = str((await trip.chat.view()).run.conversation["digression"])
    assert [one.text for one in await trip.moves(helps.replace("Which town?", "Where to?"))] == ["Where to?"]
    assert (await trip.chat.says("Chur")).texts == ["To Chur"]
    await house.works()
    assert (await house.engine.load(aside)).status is RunStatus.CANCELLED


async def test_a_choice_that_was_taken_away_is_not_offered_to_be_kept() -> None:
    """“So far: Bern”, with a button to keep it, and whoever pressed that was told that Bern can't be chosen."""
    sure = "  - {id: sure, type: form, fields: [{name: sure, label: Sure?}]}\n  - {id: done"
    house = House(MemoryStore())
    await house.deploys(TRIP.replace("  - {id: done", sure))
    chat = await Chat.begins(house.engine, "trip")
    await chat.says("Ann")
    await chat.says("Bern")
    said = await Trip(house, chat).moves(OTHER_CHOICES.replace("  - {id: done", sure))
    assert (chat.asked, chat.labels) == ("town.town", ["Chur", "Thun"])
    assert "Bern" not in said[-1].text
    assert (await chat.says("keep")).texts == ["There is no answer to keep here.", "Which town?"]
    await chat.says("Chur")
    await chat.says("back")
    assert (chat.labels, chat.texts) == (["Chur", "Thun", "Keep it"], ["Which town?\nSo far: Chur"])


async def test_what_a_page_refused_is_not_offered_to_be_kept() -> None:
    """A page keeps what was typed there, so that it can be put right; in the chat “Keep it” could only fail."""
    trip = await Trip.begins()
    await trip.chat.engine.keep(trip.chat.id, "town", {"town": "Rome"})
    await trip.chat.says("repeat")
    assert (trip.chat.labels, trip.chat.text) == (["Bern", "Chur"], "Which town?")


async def test_who_has_answered_the_rest_of_a_page_is_asked_only_what_was_taken_away() -> None:
    """The last question came again as well, though it was answered a moment ago."""
    field = "fields: [{name: town, type: choice, label: Which town?, choices: [Bern, Chur]}"
    text = TRIP.replace(field, f"{field}, {{name: day, label: Day}}, {{name: note, label: Note}}")
    house = House(MemoryStore())
    await house.deploys(text)
    trip = Trip(house, await Chat.begins(house.engine, "trip"))
    for said in ("Ann", "Bern"):
        await trip.chat.says(said)
    await trip.moves(text.replace("[Bern, Chur]", "[Chur, Thun]"))
    for said in ("Monday", "None", "Chur"):
        await trip.chat.says(said)
    assert trip.chat.texts == ["To Chur"]


async def test_nobody_is_told_that_they_changed_what_another_version_did() -> None:
    """They had changed nothing, and looked for what they had done wrong."""
    trip = await Trip.begins()
    await trip.moves(
        TRIP.replace(
            "  - id: town", "  - id: new\n    type: form\n    fields: [{name: x, label: New}]\n  - id: town", 1
        )
    )
    assert trip.chat.asked == "new.x"
    assert "as well" in trip.chat.text
    assert "changed" not in trip.chat.text
