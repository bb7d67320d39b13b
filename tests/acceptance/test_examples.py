"""The examples of the repository, gone through by people and programs as they are shipped."""

from __future__ import annotations

import runpy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from tests.acceptance.json_caller import Caller, Till
from tests.acceptance.processes import here
from wizard.app import load_catalog, make_engine, wizard_app
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading.source import read
from wizard.engine import Engine
from wizard.errors import PointOfNoReturn, RunCompleted
from wizard.node import Registry
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore
from wizard.testing import FixedClock, Person

EXAMPLES = Path(__file__).parents[2] / "examples"
CLOCK = FixedClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
OFFICE = "http://127.0.0.1:8099"  # where the appointment's definition has its calendar
LOCAL = Settings(allow_private_addresses=True)

ADA = {"full_name": "Ada Lovelace", "birth_date": "27 3 1985", "email": "ada@example.com"}
TIM = {"full_name": "Tim Young", "birth_date": "1 6 2009"}
RENTS = {"home": "rent", "rent": "650", "postcode": "sw1a1aa"}


async def starts(workflow: str, given: dict[str, Any] | None = None) -> Person:
    """Somebody who starts one of the examples."""
    return await Person.starts(await opened(), workflow, given)


async def starts_at(office: Office, given: dict[str, Any] | None = None) -> Person:
    """Somebody who starts the appointment, with that office's calendar."""
    return await Person.starts(await opened(office), "appointment", given)


OPENED: list[Engine] = []


async def opened(office: Office | None = None) -> Engine:
    """An engine with the examples, or with the appointment of that office; it is closed behind the test."""
    store = MemoryStore()
    await store.open()
    catalog = load_catalog(EXAMPLES)
    if office is not None:
        text = (EXAMPLES / "appointment" / "appointment.yaml").read_text()
        assert OFFICE in text
        documents = read(text.replace(OFFICE, office.address), "appointment.yaml")
        catalog = Catalog.from_documents([each.data for each in documents], Registry.installed())
    OPENED.append(make_engine(catalog, store, LOCAL, clock=CLOCK))
    return OPENED[-1]


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    while OPENED:
        engine = OPENED.pop()
        await engine.close()
        await engine.store.close()


def lines(person: Person) -> list[tuple[str, str]]:
    """The lines that the review shows."""
    return [(item.label, item.value) for item in person.prompt.items]


def test_the_examples_have_no_problems() -> None:
    """They are what authors copy; a warning in them would be copied as well."""
    assert load_catalog(EXAMPLES).warnings == []


# -- the housing application -------------------------------------------------------------------------


async def applies_with_two_others() -> Person:
    """Up to the list page behind the second other person."""
    person = await starts("housing")
    await person.says(**ADA)
    await person.says(**RENTS)
    await person.says("yes")
    person.sees(title="Person 1")
    await person.says(full_name="Bob", birth_date="1 2 1980")
    person.sees(title="What does Bob earn?")
    await person.says(monthly="1200.50")
    person.sees(title="The people who will live with you")
    assert [field.label for field in person.prompt.fields] == ["Add another person?"]
    await person.says("yes")
    person.sees(title="Person 2")
    return await person.says(full_name="Cid", birth_date="3 4 2015")


async def test_an_adult_applies_for_a_household() -> None:
    """The whole way of a usual applicant, and what they read at the end of it."""
    person = await applies_with_two_others()
    assert lines(person) == [("Person 1", "Bob, 1 February 1980"), ("Person 2", "Cid, 3 April 2015")]
    await person.says("no")
    person.sees(title="Check your answers", text="You apply for 3 people, 1 of them under 18.", fields=["declared"])
    assert person.prompt.submit == "Send my application"
    assert lines(person)[:3] == [
        ("Full name", "Ada Lovelace"),
        ("Date of birth", "27 March 1985"),
        ("Email address", "ada@example.com"),
    ]
    await person.wrongly.says("no")
    person.sees(error="You can only apply if what you have told us is true")
    await person.says("yes")
    assert person.completed
    person.sees(title="Application complete", text=f"Thank you, Ada Lovelace. Your reference is {person.run.id}.")
    person.sees(text="We will write to you at ada@example.com.")
    assert person.answers["situation"]["postcode"] == "SW1A 1AA"


async def test_what_is_sent_is_sent() -> None:
    """S7: nothing can be changed in an application that somebody is working on already."""
    person = await applies_with_two_others()
    await person.says("no")
    await person.says("yes")
    with pytest.raises((PointOfNoReturn, RunCompleted)):
        await person.goes_back()
    with pytest.raises((PointOfNoReturn, RunCompleted)):
        await person.changes("applicant", **ADA)
    assert not person.run.has_previous


async def test_a_person_of_the_household_is_edited_and_another_one_removed() -> None:
    """From the list page: the spelling of one, and one who stays where they are after all."""
    person = await applies_with_two_others()
    await person.changes("household/2/person", full_name="Sid", birth_date="3 4 2015")
    assert person.asked == "household/after-2"
    assert lines(person) == [("Person 1", "Bob, 1 February 1980"), ("Person 2", "Sid, 3 April 2015")]
    await person.removes("household/1")
    assert lines(person) == [("Person 1", "Sid, 3 April 2015")]
    await person.says("no")
    person.sees(text="You apply for 2 people, 1 of them under 18.")
    assert ("What does Bob earn?", "") not in lines(person)
    assert [item["person"]["full_name"] for item in person.answers["household"].values() if "person" in item] == ["Sid"]


async def test_a_child_who_was_born_earlier_is_asked_for_an_income() -> None:
    """A corrected date brings the page that now belongs to it, and only that."""
    person = await applies_with_two_others()
    await person.says("no")
    await person.changes("household/2/person", full_name="Cid", birth_date="3 4 2005")
    person.sees(title="What does Cid earn?")
    await person.says(monthly="")
    assert person.asked == "check"
    person.sees(text="You apply for 3 people.")


async def test_an_early_answer_is_changed_from_the_review() -> None:
    """S11: who rents no more is asked for no rent, and for nothing else again."""
    person = await applies_with_two_others()
    await person.says("no")
    await person.changes("situation", home="friends", country="GB", postcode="SW1A 1AA")
    assert person.asked == "check"
    person.sees(text="We treat your application as urgent. You apply for 3 people")
    assert "rent" not in person.answers["situation"]
    await person.changes("alone", "no")
    assert person.asked == "check"
    person.sees(text="You apply for yourself.")
    await person.changes("alone", "yes")
    person.sees(title="Person 1", values={"full_name": "Bob"})


async def test_a_minor_needs_a_guardian() -> None:
    """At 17 somebody else has to agree; at 15 nobody can apply."""
    person = await starts("housing")
    await person.wrongly.says(full_name="Tim Young", birth_date="1 6 2011")
    assert person.errors == {"birth_date": "You can apply from the age of 16"}
    await person.says(**TIM)
    person.sees(title="Who is your parent or guardian, Tim Young?", text="a parent or guardian has to agree")
    await person.wrongly.says(full_name="Mary Young", phone="020 7946 0018", relation="other")
    person.sees(error="Tell us who they are")
    await person.says(full_name="Mary Young", phone="020 7946 0018", relation="other", other="My aunt")
    person.sees(title="The consent of Mary Young")
    assert person.prompt.fields[0].label == "Does Mary Young know about this application, and agree to it?"
    await person.wrongly.says("no")
    person.sees(error="A parent or guardian has to agree before you can apply")
    await person.says("yes")
    person.sees(title="Where do you live now, Tim Young?")
    await person.says(home="none")
    await person.says("no")
    person.sees(text="We treat your application as urgent. You apply for yourself.")
    assert ("Tell us who they are", "My aunt") in lines(person)

    # The date was mistyped: no guardian is needed, and nothing of theirs is left.
    await person.changes("applicant", full_name="Tim Young", birth_date="1 6 1999")
    assert person.asked == "check"
    assert "guardian" not in person.answers
    await person.changes("applicant", **TIM)
    person.sees(title="Who is your parent or guardian, Tim Young?", values={"other": "My aunt"})


async def test_an_owner_says_why_they_cannot_stay() -> None:
    """Who owns a home has to say why it won't do; who doesn't isn't asked."""
    person = await starts("housing")
    await person.says(**ADA)
    await person.says(home="own", postcode="SW1A 1AA")
    person.sees(title="Why can't you stay in your own home?")
    await person.says("Eleven stairs and no lift.")
    person.sees(title="Who will live with you?")
    await person.says("no")
    assert ("Tell us in your own words", "Eleven stairs and no lift.") in lines(person)
    await person.changes("situation", home="own", country="CH", postcode="8001")
    assert person.asked == "check"
    await person.changes("situation", **RENTS)
    assert ("Tell us in your own words", "Eleven stairs and no lift.") not in lines(person)


def test_an_application_in_a_terminal(tmp_path: Path) -> None:
    """One definition, any channel: the same questions, line by line."""
    typed = ["Ada Lovelace", "27 3 1985", "", "none", "", "yes", "Bob", "1 2 2015", "no", "yes"]
    said = here(
        tmp_path, "run", str(EXAMPLES / "housing"), "--workflow=housing", typed="".join(f"{each}\n" for each in typed)
    )
    assert (said.code, said.err) == (0, ""), said.out
    assert "You apply for 2 people, 1 of them under 18." in said.out
    assert "Application complete" in said.out


# -- feedback ----------------------------------------------------------------------------------------


async def test_a_happy_visitor_is_done_with_two_answers() -> None:
    """Who is content isn't asked what went wrong."""
    person = await starts("feedback")
    person.sees(title="How satisfied are you with our service?")
    await person.says("Very satisfied")
    person.sees(title="Is there anything we could do better?")
    await person.says("")
    assert person.completed
    person.sees(title="Thank you for your feedback", text="")
    assert person.answers == {"rating": {"stars": "5"}, "comment": {"text": None}, "thanks": {}}


async def test_an_unhappy_visitor_is_called_back() -> None:
    """The number is asked where it is needed, and the last page says what happens."""
    person = await starts("feedback")
    await person.says("2")
    person.sees(title="We are sorry. What went wrong?")
    await person.wrongly.says(areas=["staff", "waiting"], contact="yes")
    person.sees(error="Answer “Telephone number”")
    await person.says(areas=["staff", "waiting"], contact="yes", phone="020 7946 0018")
    await person.says("More chairs")
    assert person.completed
    person.sees(text="We will call you about it soon.")

    # The workflow can be reopened: a better day, and the complaint is gone.
    await person.changes("rating", "4")
    assert person.completed
    person.sees(title="Thank you for your feedback", text="")
    assert person.answers["comment"] == {"text": "More chairs"}
    assert "problem" not in person.answers


# -- the appointment, with its server -------------------------------------------------------------------

NAMED = {"full_name": "Ada Lovelace", "phone": ""}
WEDNESDAY = "2 12 2026"


class Office:
    """The example's own calendar server on a free port. `asked` are the requests that it got; a booking
    is made but answered with the next of the statuses in `loses`, as by a proxy that lost the answer; who asks for
    free times is told the next of those in `refuses`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.keys: list[str] = []
        self.loses: list[int] = []
        self.refuses: list[int] = []
        app = runpy.run_path(str(EXAMPLES / "appointment" / "server.py"))["calendar_app"]()
        app.middlewares.append(self._watch)
        self.server = TestServer(app, host="127.0.0.1")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @web.middleware
    async def _watch(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path}")
        if request.method == "GET" and self.refuses:
            return web.Response(status=self.refuses.pop(0))
        answer: web.StreamResponse = await handler(request)
        if request.method == "POST":
            self.keys.append(request.headers["Idempotency-Key"])
            if self.loses:
                return web.Response(status=self.loses.pop(0))
        return answer

    def news(self) -> list[str]:
        """What it was asked since this was called last."""
        asked, self.asked = self.asked, []
        return asked

    async def takes(self, day: str, time: str) -> int:
        """Somebody else books this time: the status."""
        booking = {"date": day, "time": time, "name": "Somebody else"}
        async with ClientSession() as client:
            headers = {"Idempotency-Key": f"{day} {time}"}
            async with client.post(f"{self.address}/appointments", json=booking, headers=headers) as answer:
                self.news()
                return answer.status


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    made = Office()
    async with made.server:
        yield made


async def wishes(office: Office) -> Person:
    person = await starts_at(office)
    person.sees(title="Which day suits you?")
    return await person.says(WEDNESDAY)


def free_times(person: Person) -> list[str]:
    (field,) = (each for each in person.prompt.fields if each.name == "time")
    return [choice.value for choice in field.choices]


async def test_an_appointment_on_another_day_than_wished(office: Office) -> None:
    """A Sunday, a day that is full, a day with free times: each said in words, and then it is booked."""
    person = await starts_at(office)
    await person.wrongly.says("29 11 2026")
    assert person.errors == {"date": "We are open from Monday to Friday"}
    await person.says("1 12 2026")
    person.sees(title="There is nothing free on 1 December 2026", text="Please choose another day.")
    await person.says()
    person.sees(title="Which day suits you?")
    await person.says(WEDNESDAY)
    person.sees(title="The free times on 2 December 2026", fields=["time", "full_name", "phone"])
    await person.says(time="10:00", **NAMED)
    person.sees(title="Check your appointment")
    await person.says()
    assert person.completed
    person.sees(text="See you on 2 December 2026 at 10:00, Ada Lovelace. Your reference is 1202-1000.")
    assert office.news() == ["GET /days/2026-12-01", "GET /days/2026-12-02", "POST /appointments"]
    assert await office.takes("2026-12-02", "10:00") == 409


async def test_a_change_of_the_day_asks_for_the_time_again(office: Office) -> None:
    """S10, S11, depends_on: other free times are fetched, and the old time isn't taken for the new day."""
    await office.takes("2026-12-03", "09:00")
    person = await wishes(office)
    await person.says(time="10:00", **NAMED)
    office.news()
    await person.changes("wish", "3 12 2026")
    person.sees(title="The free times on 3 December 2026", values={"time": "10:00", "full_name": "Ada Lovelace"})
    assert "09:00" not in free_times(person)
    assert office.news() == ["GET /days/2026-12-03"]
    await person.says(time="11:00", **NAMED)
    person.sees(title="Check your appointment")

    # The same day again, and going back and forth: nothing is fetched or asked again.
    await person.changes("wish", "3 12 2026")
    assert person.asked == "check"
    await person.goes_back()
    await person.says(time="11:00", **NAMED)
    assert person.asked == "check"
    assert office.news() == []


async def test_a_time_that_somebody_else_takes_meanwhile(office: Office) -> None:
    """`on_error: back`: the person reads why, is where they can mend it, and loses nothing."""
    person = await wishes(office)
    await person.says(time="10:00", **NAMED)
    assert await office.takes("2026-12-02", "10:00") == 201
    await person.says()
    assert person.asked == "check"
    person.sees(error="10:00 has been taken meanwhile. Choose another time.")
    await person.changes("time", time="11:00", **NAMED)
    assert person.asked == "check"
    assert person.errors == {}
    await person.says()
    person.sees(text="at 11:00, Ada Lovelace. Your reference is 1202-1100.")


async def test_a_booking_whose_answer_got_lost_is_made_once(office: Office) -> None:
    """S21: the second try has the first one's key, so that the office gives the same reference."""
    person = await wishes(office)
    await person.says(time="10:00", **NAMED)
    office.loses = [502]
    await person.says()
    assert person.completed
    person.sees(text="Your reference is 1202-1000.")
    assert len(office.keys) == 2
    assert len(set(office.keys)) == 1


async def test_another_time_is_another_booking(office: Office) -> None:
    """S21: other inputs give another key; with the same one, the office would think that it was asked
    for 10:00 once more, and the person would come at 11:00."""
    person = await wishes(office)
    await person.says(time="10:00", **NAMED)
    office.loses = [500]
    await person.says()
    person.sees(title="Check your appointment", fault="the status 500")
    await person.changes("time", time="11:00", **NAMED)
    await person.says()
    person.sees(text="at 11:00, Ada Lovelace. Your reference is 1202-1100.")
    assert len(set(office.keys)) == 2


async def test_a_calendar_that_is_away(office: Office) -> None:
    """S16: what can't be reached stops the run, goes on with Next, and Back leads to the question before."""
    person = await wishes(office)
    await person.goes_back()
    await office.server.close()
    await person.says("4 12 2026")
    assert person.asked == "free"
    person.sees(error="Another service", fault="can't be reached")
    await person.goes_back()
    person.sees(title="Which day suits you?", values={"date": date(2026, 12, 4)})


# -- the same over HTTP ------------------------------------------------------------------------------


@asynccontextmanager
async def calling(engine: Engine) -> AsyncIterator[Caller]:
    async with TestClient(TestServer(wizard_app(engine, settings=LOCAL))) as client:
        yield Caller(client, engine, Till())


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling(await opened()) as caller:
        yield caller


async def test_an_application_over_the_json_interface(caller: Caller) -> None:
    """What a program sends and gets: typed answers, an item edited and removed, a change, the wall."""
    talk = await caller.start("housing")
    await talk.next({"full_name": "Ada Lovelace", "birth_date": "1985-03-27"})
    await talk.next(RENTS)
    await talk.next({"others": True})
    for name in ("Bob", "Cid"):
        await talk.next({"full_name": name, "birth_date": "2015-04-03"})
        assert talk.state["current"]["title"] == "The people who will live with you"
        if name == "Bob":
            await talk.next({"add_another": True})
    assert [item["value"] for item in talk.state["current"]["items"]] == ["Bob, 3 April 2015", "Cid, 3 April 2015"]
    assert (await talk.post("remove", {"item": "household/1"}))[0] == 200
    body = {"step": "household/2/person", "answers": {"full_name": "Sid", "birth_date": "2014-04-03"}}
    assert (await talk.post("change", body))[0] == 200
    assert [item["label"] for item in talk.state["current"]["items"]] == ["Person 1"]
    await talk.next({"add_another": False})
    assert (await talk.post("change", {"step": "situation", "answers": {"home": "none"}}))[0] == 200
    assert talk.step == "check"
    assert talk.state["answers"]["situation"] == {"home": "none", "since": None}
    status, told = await talk.post("next", {"step": "check", "answers": {"declared": False}})
    assert (status, told["errors"]) == (422, {"declared": "You can only apply if what you have told us is true"})
    await talk.next({"declared": True})
    assert talk.state["status"] == "completed"
    assert (talk.state["has_next"], talk.state["has_previous"]) == (False, False)
    assert (await talk.post("change", {"step": "applicant"}))[0] == 409


async def test_an_appointment_over_the_json_interface(office: Office) -> None:
    """The same request sent twice books once, and both are told the same."""
    async with calling(await opened(office)) as caller:
        await books_once(caller, office)


async def test_visitors_do_not_choose_which_address_is_called(office: Office) -> None:
    """The engine may call this machine: whoever starts a run must not send it to another service there."""
    elsewhere = Office()
    async with elsewhere.server, calling(await opened(office)) as caller:
        for given in ({"calendar": elsewhere.address}, {"url": elsewhere.address}):
            talk = await caller.start("appointment", input=given)
            await talk.next({"date": "2026-12-02"})
            assert (office.news(), elsewhere.news()) == (["GET /days/2026-12-02"], [])
        assert elsewhere.address not in str(talk.state)


async def books_once(caller: Caller, office: Office) -> None:
    talk = await caller.start("appointment")
    await talk.next({"date": "2026-12-02"})
    assert [choice["value"] for choice in talk.state["current"]["fields"][0]["choices"]][:2] == ["09:00", "09:30"]
    await talk.next({"time": "09:30", "full_name": "Ada Lovelace"})
    office.news()
    request = {"step": "check", "answers": {}}
    first = await talk.post("next", request, headers={"Idempotency-Key": "once"})
    again = await talk.post("next", request, headers={"Idempotency-Key": "once"})
    assert first == again
    assert first[1]["status"] == "completed"
    assert "Your reference is 1202-0930." in first[1]["current"]["text"]
    assert office.news() == ["POST /appointments"]
