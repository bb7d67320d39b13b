"""What people type, in runs: the language is the run's, what they are asked back can be answered, nothing is lost."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import phonenumbers
import pytest

from wizard.forms.rendering import widget
from wizard.testing import Person, make_test_engine

RENT = """
id: miete
language: de-CH
nodes:
  - id: a
    type: form
    fields: [{name: rent, type: decimal, label: Miete, places: 2}, {name: pay, type: decimal, label: Lohn}]
  - {id: check, type: review}
"""
EMBEDDED = """
id: outer
language: en-US
nodes: [{id: inside, type: workflow, workflow: inner}]
---
id: inner
language: de-DE
nodes:
  - {id: a, type: form, fields: [{name: on, type: date}, {name: rent, type: decimal, places: 2}]}
  - {id: check, type: review}
"""
ADDRESS = """
id: address
nodes:
  - id: a
    type: form
    fields:
      - {name: country, type: country, label: Country}
      - {name: postcode, type: postcode, label: Postcode, country: country}
  - {id: check, type: review}
"""
NAMES = """
id: names
nodes:
  - id: a
    type: form
    fields: [{name: name, label: Name}, {name: count, type: integer, label: Count, required: false}]
  - {id: check, type: review}
"""
VISIT = """
id: visit
nodes:
  - id: a
    type: form
    fields: [{name: at, type: time, label: Time}, {name: on, type: date, label: Day, required: false}]
  - {id: check, type: review}
"""


async def test_a_rent_of_two_thousand_four_hundred_stays_that() -> None:
    """In Switzerland 2.400 is no 2.40: nobody would notice until the money is missing. Where the field doesn't say how
    many places an amount has, both are spelled out, and either can be typed."""
    person = await Person.starts(await make_test_engine(RENT), "miete")
    await person.wrongly.says(rent="2.400", pay="2.400")
    assert person.errors == {
        "pay": "Ihre Angabe bei „Lohn“ lässt sich auf zwei Arten lesen. Schreiben Sie 2400 oder 2.4"
    }
    await person.says(rent="2.400", pay="2400")
    assert person.answers["a"] == {"rent": Decimal("2400"), "pay": Decimal("2400")}


async def test_a_hint_is_taken_as_it_stands() -> None:
    """2,400 in Switzerland may be English or too long: whoever types what they are told to is never asked once more."""
    for typed, meant in (("2400", "2400"), ("2.40", "2.40")):
        person = await Person.starts(await make_test_engine(RENT), "miete")
        await person.wrongly.says(rent="2,400", pay="1")
        assert person.errors == {
            "rent": "Ihre Angabe bei „Miete“ lässt sich auf zwei Arten lesen. Schreiben Sie 2400 oder 2.40"
        }
        await person.says(rent=typed, pay="1")
        assert person.answers["a"]["rent"] == Decimal(meant)


async def test_numbers_of_programs_are_never_asked_back() -> None:
    """JSON has one way of writing a number."""
    person = await Person.starts(await make_test_engine(RENT), "miete")
    await person.says(rent=2400.5, pay=Decimal("2.400"))
    assert person.answers["a"] == {"rent": Decimal("2400.5"), "pay": Decimal("2.400")}


async def test_an_answer_that_is_shown_again_can_be_sent_again() -> None:
    """The page shows what was accepted in an input. Sent unchanged, it has to be the same number: it would be asked
    back without an end, or be another one."""
    for typed in ("1.2340", "12,5", "1'234.5678", "2400", "0.125"):
        person = await Person.starts(await make_test_engine(RENT), "miete")
        await person.says(rent="1", pay=typed)
        accepted = person.answers["a"]
        await person.goes_back()
        shown = {field.name: widget(field).value for field in person.prompt.fields}
        await person.says(**shown)
        assert person.answers["a"] == accepted


async def test_the_language_is_that_of_the_run() -> None:
    """A person sees one run in one language, whichever definitions it is put together of."""
    person = await Person.starts(await make_test_engine(EMBEDDED), "outer")
    await person.says(on="3/4/2026", rent="2,400")
    assert person.answers["inside"]["a"] == {"on": date(2026, 3, 4), "rent": Decimal("2400")}
    person = await Person.starts(await make_test_engine(EMBEDDED), "inner")
    await person.says(on="3/4/2026", rent="2.400")
    assert person.answers["a"] == {"on": date(2026, 4, 3), "rent": Decimal("2400")}


async def test_a_default_of_a_definition_is_read_once() -> None:
    """An author's 3/27/2026 or 1.234 doesn't become another value where the run is in another language."""
    german = RENT.replace("label: Lohn", 'label: Lohn, default: "1.234"')
    person = await Person.starts(await make_test_engine(german), "miete")
    await person.says(rent="1")
    assert person.answers["a"]["pay"] == Decimal("1.234")


@pytest.mark.parametrize("unseen", list("\u200b\ufeff\u2060\u00ad\u200e\u202e\u3164\u2800\u200d"))
async def test_what_nobody_can_see_is_no_name(unseen: str) -> None:
    """A letter would be addressed to nobody; and whoever pastes a number along with it reads a message that doesn't say
    what is wrong with 12."""
    person = await Person.starts(await make_test_engine(NAMES), "names")
    await person.wrongly.says(name=unseen, count="12")
    assert person.errors == {"name": "Answer “Name”"}
    if unseen != "\u2800":
        await person.says(name=f"Ann{unseen}", count=f"{unseen}12")
        assert person.answers["a"] == {"name": "Ann", "count": 12}


async def test_what_browsers_and_phones_write_between_a_time_and_its_half_is_a_space() -> None:
    """People copy 9:30 AM from their calendar, with a narrow no-break space in it, and dates with dashes."""
    for typed in ("9:30\u202fAM", "9:30\u00a0AM"):
        person = await Person.starts(await make_test_engine(VISIT), "visit")
        await person.says(at=typed, on="27\u20133\u20111985")
        assert person.answers["a"] == {"at": time(9, 30), "on": date(1985, 3, 27)}


async def test_where_there_are_no_postcodes_none_is_demanded() -> None:
    """In the Emirates, Qatar, Hong Kong … people have to make one up, or give up."""
    for country in ("AE", "Qatar", "Hong Kong", "Bahamas"):
        for typed in ("", "none", "-", "00000"):
            person = await Person.starts(await make_test_engine(ADDRESS), "address")
            await person.says(country=country, postcode=typed)
            assert person.answers["a"]["postcode"] is None


async def test_a_question_that_needs_no_answer_says_so_once_that_is_known() -> None:
    """In a terminal the country is answered first; then Enter is enough."""
    person = await Person.starts(await make_test_engine(ADDRESS), "address")
    assert [field.required for field in person.prompt.fields] == [True, True]
    await person.says_in_part(country="AE")
    assert [field.required for field in person.prompt.fields] == [True, False]
    await person.says_in_part(postcode="")
    assert all(field.answered for field in person.prompt.fields)
    await person.says_in_part()
    assert person.answers["a"] == {"country": "AE", "postcode": None}


async def test_elsewhere_a_postcode_is_still_needed() -> None:
    """A changed country asks for it again."""
    person = await Person.starts(await make_test_engine(ADDRESS), "address")
    await person.wrongly.says(country="CH", postcode="")
    assert person.errors == {"postcode": "Answer “Postcode”"}
    await person.says(country="AE", postcode="")
    await person.wrongly.changes("a", country="CH", postcode="")
    assert person.errors == {"postcode": "Answer “Postcode”"}


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
async def test_the_example_of_a_phone_number_is_taken(region: str) -> None:
    """Whoever types the very example that the message gives must not read the message again."""
    field = {"name": "phone", "type": "phone", "region": region}
    call = {"id": "call", "nodes": [{"id": "a", "type": "form", "fields": [field]}, {"id": "r", "type": "review"}]}
    engine = await make_test_engine(call)
    person = await Person.starts(engine, "call")
    await person.wrongly.says("12345678901234567")
    for example in person.errors["phone"].partition(", like ")[2].split(" or "):
        again = await Person.starts(engine, "call")
        await again.says(example)
        assert again.answers["a"]["phone"].startswith(f"+{phonenumbers.country_code_for_region(region)}")


async def test_the_language_gives_the_example_where_the_field_has_no_region() -> None:
    """A Swiss number would tell a person in France little."""
    call = "id: call\nlanguage: fr\nnodes: [{id: a, type: form, fields: [{name: phone, type: phone}]}]"
    person = await Person.starts(await make_test_engine(call), "call")
    await person.wrongly.says("12")
    assert person.errors == {"phone": "Your answer to “Phone” must be a phone number, like +33 1 23 45 67 89"}
