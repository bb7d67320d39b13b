"""What every channel from outside keeps, as tests for whoever writes one. The channel's author describes the service at
its other end (Counterpart), and has each promise tried against it:

    import pytest
    from wizard.testing.channels import PROMISES, Counterpart, Promise

    class Loft(Counterpart): ...

    @pytest.mark.parametrize("promise", PROMISES, ids=str)
    def test_pigeons_keep(promise: Promise) -> None:
        promise.check(Loft)

It needs no test library: `for promise in PROMISES: promise.check(Loft)` does the same. What isn't kept is an
AssertionError, which says what would come of it and what was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.channels.conversation.attention import Attention
from wizard.channels.conversation.codes import Codes
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.model import RunStatus
from wizard.stores.contract import Store
from wizard.testing.counterparts import Answer, Button, Counterpart, Posted, Sent, Verdict
from wizard.testing.place import Place, begins, expect, opened

__all__ = ["PROMISES", "Answer", "Button", "Counterpart", "Posted", "Promise", "Sent", "Verdict"]

ODD_TEXTS = (
    "x" * 100_000,
    "🦊\u200d🔥" * 50,
    "שלום\u202e",
    "<b>Ann</b> & *co* _x_ [y](http://z) `q` \\ {{ 7 * 7 }} <script>alert(1)</script>",
    "\x00",
)


@dataclass(frozen=True)
class Promise:
    """Something that each channel keeps. `otherwise` is what would come of it if one didn't."""

    name: str
    keep: Callable[[Place], Awaitable[None]] = field(repr=False)
    otherwise: str
    workflow: str = "questions"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def check(self, describe: Callable[[], Counterpart]) -> None:
        """Tries it with the service that `describe` makes (a class does), outside of an event loop. Raises
        AssertionError where it isn't kept."""
        asyncio.run(self.kept_by(describe))

    async def kept_by(self, describe: Callable[[], Counterpart], store: Store | None = None) -> None:
        """The same within an event loop, on a store in memory unless an opened one is given."""
        service = describe()
        try:
            async with opened(service, self.workflow, store, **self.settings) as place:
                await self.keep(place)
        except AssertionError as error:
            error.add_note(f"{self.name}. {self.otherwise}")
            error.add_note(f"What came to the service: {[sent.text[:80] for sent in service.tried]}")
            raise


_PROMISES: list[Promise] = []


def _promised(
    otherwise: str, workflow: str = "questions", **settings: Any
) -> Callable[[Callable[[Place], Awaitable[None]]], Callable[[Place], Awaitable[None]]]:
    """Has it be one of them, under its own name."""

    def promised(keep: Callable[[Place], Awaitable[None]]) -> Callable[[Place], Awaitable[None]]:
        name = keep.__name__.lstrip("_").replace("_", " ").capitalize()
        _PROMISES.append(Promise(name, keep, otherwise, workflow, settings))
        return keep

    return promised


# -- what comes in ---------------------------------------------------------------------------------------


@_promised("Nobody could answer anything there.")
async def _a_run_is_answered(place: Place) -> None:
    begins(await place.says("hello"), "Full name")
    begins(await place.says("Ann"), "Date of birth")
    begins(await place.says("27 3 1990"), "Which colour?")
    begins(await place.presses("grey"), "Thank you, Ann")
    expect((await place.run()).status is RunStatus.COMPLETED, "the run isn't completed")


@_promised("A service that sends an update again would start two runs, or answer two questions with one message.")
async def _what_comes_twice_is_taken_once(place: Place) -> None:
    """In parallel, at two processes, and after ten minutes."""
    for number, text in enumerate(("hello", "Ann"), 1):
        await asyncio.gather(*(place.sends(text, number, process=process) for process in (0, 1, 0, 1)))
    await asyncio.gather(place.delivers(0), place.delivers(1))
    begins(place.texts(), "Date of birth")
    told = len(place.service.got)
    place.clock.move(minutes=10)
    for number, text in ((2, "Ann"), (1, "hello")):
        expect(await place.says(text, number) == [], "a message that came late was answered again")
    await place.run()
    begins(await place.says("27 3 1990", 3), "Which colour?")
    if place.service.hands_on_ids:
        ids = [sent.id for sent in place.service.got]
        expect(len(ids) == len(set(ids)) > told and all(ids), f"messages don't have ids of their own: {ids}")


@_promised("Somebody who types faster than they are answered would have their answers mixed up.")
async def _a_burst_is_answered_in_order(place: Place) -> None:
    for text in ("hello", "Ann", "27 3 1990", "grey"):
        await place.sends(text)
    await asyncio.gather(place.delivers(0), place.delivers(1))
    asked = [text.split("\n")[0] for text in place.texts()]
    expect(asked == ["Full name", "Date of birth", "Which colour?", "Thank you, Ann"], f"{asked} was said")


@_promised("A message that was slow on its way would be lost, since a newer one is known already.")
async def _ids_need_no_order(place: Place) -> None:
    await place.says("hello", 9)
    begins(await place.says("Ann", 3), "Date of birth")
    begins(await place.says("27 3 1990", 7), "Which colour?")
    expect(await place.says("Ann", 3) == [], "an old message was taken again")


@_promised("What one person says would answer another one's questions.")
async def _people_are_apart(place: Place) -> None:
    await place.says("hello")
    await place.says("hello", to=place.bob)
    await place.says("Ann")
    begins(await place.says("Bob", to=place.bob), "Date of birth")
    expect(len(await place.engine.store.list_runs()) == 2, "two people have one run")
    expect(len(place.texts(place.bob)) == len(place.texts()) == 2, "answers went to somebody else")


@_promised("Anybody could speak in somebody else's name.")
async def _forged_requests_are_refused(place: Place) -> None:
    posted = place.service.posts(place.message("hello"))
    for wrong in place.service.forged(posted):
        status = await place.posts(wrong)
        expect(status == 403, f"a request with the headers {dict(wrong.headers)!r} was answered {status}, not 403")
    await place.has_no_run("its request was forged")
    expect(await place.posts(posted) == 200, "the request itself isn't taken")


@_promised("What somebody has recorded could be played to the server again.")
async def _recorded_requests_are_worth_nothing(place: Place) -> None:
    recorded = place.service.posts(place.message("hello"))
    if place.service.signs_time:
        old = place.service.posts(place.message("hello"), ago=600.0)
        expect(await place.posts(old) == 403, "a request of ten minutes ago is taken")
        await place.has_no_run("its request was recorded")
    expect([await place.posts(recorded) for _ in range(3)] == [200] * 3, "the same again isn't answered as the first")
    await place.delivers()
    expect(len(place.texts()) == 1, "a request that was played again was answered again")


@_promised("A service sends an event that is refused again for days, and stops sending anything then.")
async def _unknown_events_are_told_from_unreadable_ones(place: Place) -> None:
    for posted in place.service.unknown():
        status = await place.posts(posted)
        expect(status == 200, f"{posted.body[:80]!r} was answered {status}, not 200")
    for posted in place.service.unreadable():
        status = await place.posts(posted)
        expect(status == 400, f"{posted.body[:80]!r} was answered {status}, not 400")
    await place.has_no_run("there was no message")
    large = place.service.posts(place.message("x" * (place.engine.settings.body_limit + 1)))
    expect(await place.posts(large) == 413, "a body that is too large is taken")


@_promised("One message could end a conversation, or do something in the page of an operator.")
async def _any_text_is_a_text(place: Place) -> None:
    await place.says("hello")
    for text in ODD_TEXTS:
        told = await place.says(text)
        expect(told, f"nothing was said to {text[:40]!r}")
        longest = max(map(len, told))
        expect(longest <= place.service.longest, f"a message of {longest:,} characters was sent")
        await place.says("back")
    await place.says("change full name to Ann")
    begins(await place.says("repeat"), "Date of birth")


@_promised("Names with < or * in them would be shown as something else, or refused by the service.")
async def _markup_is_shown_as_it_was_typed(place: Place) -> None:
    name = "<b>Ann</b> & *co* _x_ [y](http://z) `q` \\ {{ 7 * 7 }} <script>"
    for text in ("hello", name, "27 3 1990"):
        await place.says(text)
    begins(await place.presses("grey"), f"Thank you, {name}")


@_promised("Who mends a slip in their messenger would have it in the form still.")
async def _a_message_that_was_changed_corrects_its_answer(place: Place) -> None:
    if not place.service.edits:
        return
    for text in ("hello", "Anm", "27 3 1990"):
        await place.says(text)
    await place.says("Ann", edits=place.service.message_id(2))
    answers: Any = (await place.run()).answers
    expect(answers["you"]["full_name"] == "Ann", f"the answer is {answers['you']['full_name']!r}, not 'Ann'")


@_promised("A tap on an old message would change another answer.", "colour-first")
async def _a_button_of_an_earlier_question_answers_nothing(place: Place) -> None:
    await place.says("hello")
    grey = place.choice("grey")
    if not grey:  # it has no buttons
        return
    begins(await place.says(choice=grey), "Full name")
    told = await place.says(choice=grey)
    expect("earlier question" in told[0], f"an old button was answered {told}")
    begins(told, "Full name")


@_promised("One person with a script could keep all others waiting.", message_rate=20)
async def _one_sender_slows_nobody_else(place: Place) -> None:
    statuses = [await place.posts(place.service.posts(place.message("hello"))) for _ in range(30)]
    expect(429 in statuses and statuses[:20] == [200] * 20, f"30 messages in a moment were answered {statuses}")
    await place.sends("hello", to=place.bob)


# -- what goes out ---------------------------------------------------------------------------------------


@_promised("A crash between a commit and a message would lose the question, and nobody would go on.")
async def _who_dies_before_sending_has_it_sent_by_another(place: Place) -> None:
    await place.sends("hello")
    begins(await place.delivers(process=1), "Full name")


@_promised("After a crash people would never get a message, or read others in the wrong order.")
async def _who_dies_after_sending_has_it_sent_again(place: Place) -> None:
    service = place.service
    service.answers = [Answer(Verdict.HANGS)]
    await place.sends("hello")
    first = asyncio.ensure_future(place.delivers(0))
    await asyncio.wait({first, asyncio.ensure_future(service.hangs.wait())}, return_when=asyncio.FIRST_COMPLETED)
    expect(await place.delivers(1) == [], "two processes send at once")
    place.clock.move(days=10)
    await place.sends("Ann", process=1)
    begins(await place.delivers(1), "Date of birth")
    texts = [text.split("\n")[0] for text in place.texts()]
    expect(texts == ["Full name", "Full name", "Date of birth"], f"{texts} was sent")
    if service.hands_on_ids:
        expect(service.got[0].id == service.got[1].id, "what is sent again has another id")
    service.released.set()  # it wasn't dead
    await first
    expect(len(place.texts()) == 3, "who was taken for dead goes on sending")


@_promised("A service that is asked too often closes the account.")
async def _a_busy_service_is_left_alone(place: Place) -> None:
    place.service.answers = [Answer(Verdict.BUSY, 120)]
    expect(await place.says("hello") == [], "a message was sent that the service didn't take")
    place.clock.move(seconds=100)
    expect(await place.says("Ann") == [] and len(place.service.tried) == 1, "it was tried again too early")
    place.clock.move(seconds=21)
    told = await place.delivers()
    begins(told, "Full name", 0)
    begins(told, "Date of birth")


@_promised("A message would be lost where a service has trouble for a moment.")
async def _what_fails_is_tried_again(place: Place) -> None:
    place.service.answers = [Answer(Verdict.FAILS)] * 3
    await place.says("hello")
    for _ in range(4):
        place.clock.move(hours=1)
        await place.delivers()
    begins(place.texts(), "Full name")
    expect(len(place.texts()) == 1, "it was sent more than once")


@_promised("Messages would be sent for ever to somebody who has blocked them, and nobody would know.")
async def _who_refuses_is_left_alone_and_told_to_operators(place: Place) -> None:
    place.service.answers = [Answer(Verdict.REFUSES)]
    await place.says("hello")
    listed = await Attention(place.engine).listed(10)
    expect([one.state for one in listed] == ["undelivered"], f"on the list of operators is {listed}")
    place.clock.move(days=2)
    await place.delivers()
    expect(len(place.service.tried) == 1, "it was tried again")
    told = await place.says("Ann")  # who writes can be written to
    begins(told, "Full name", 0)
    begins(told, "Date of birth")
    expect(await Attention(place.engine).listed(10) == [], "it is on the list still")


@_promised("A service refuses what is too long for it.", "terms")
async def _long_texts_come_in_parts(place: Place) -> None:
    await place.says("hello")
    texts = place.texts()
    expect(max(map(len, texts)) <= place.service.longest, "a message is longer than the service takes")
    words = " ".join(texts).split()
    numbers = [int(word[:-1]) for word in words if word[:-1].isdigit()]
    expect(numbers == list(range(60)) and words.count("word") == 60 * 60, "something of a long text is missing")


# -- others ----------------------------------------------------------------------------------------------


@_promised("Who asked for a person would get the form's next question instead.")
async def _an_operator_speaks_there(place: Place) -> None:
    talks = Conversations(place.engine)
    await place.says("hello")
    run = (await place.run()).id
    await talks.take_over(run, "olga")
    await talks.pass_on(run, Incoming("op-1", "It is Olga."), "olga")
    begins(await place.delivers(), "It is Olga.")
    expect(await place.says("I can't find my form") == [], "the form answered in the place of an operator")
    await talks.release(run, "olga")
    begins(await place.delivers(), "Full name")


@_promised("Who begins at a desk couldn't go on on the way; or a code that somebody saw would open the run to them.")
async def _a_code_takes_a_run_there_and_on(place: Place) -> None:
    talks, codes = Conversations(place.engine), Codes(place.engine)
    begun = await talks.begin("questions")
    await talks.hear(begun.id, Incoming("m-1", "Ann"))
    code = (await codes.make(begun.id, begun.token or "")).text
    begins(await place.says(f"continue {code.lower()}"), "Date of birth")
    expect("valid" in " ".join(await place.says(f"continue {code}", to=place.bob)), "a code opens a run twice")
    begins(await place.says("27 3 1990"), "Which colour?")
    told = await place.says("continue elsewhere")
    opened_there = await codes.use(told[0].rpartition(" ")[2])
    expect(opened_there.run == begun.id, "the code leads to another run")


@_promised("What somebody is called in a messenger would be kept after all else of theirs is deleted.")
async def _what_is_deleted_is_forgotten(place: Place) -> None:
    await place.says("hello")
    run = (await place.run()).id
    await place.engine.delete(run)
    begins(await place.says("hello"), "Full name")
    expect((await place.run()).id != run, "the run is there again")


PROMISES = tuple(_PROMISES)
