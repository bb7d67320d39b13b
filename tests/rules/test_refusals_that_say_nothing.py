"""What isn't taken isn't taken, and is told, whatever an author's own message comes to: a template gives nothing where
the answer that it names is missing."""

from __future__ import annotations

from wizard.testing import Person, make_test_engine

BOOKING = """
id: booking
nodes:
  - id: stay
    type: form
    fields:
      - {name: note, label: Note, required: false}
      - {name: town, label: Town, errors: {required: "{{ note }}", max_length: " "}, max_length: 5}
      - {name: nights, type: integer, label: Nights, min: 1, errors: {min: "{{ nights }}", invalid: ""}}
    validate:
      - {check: town != "Paris", message: "{{ note }}"}
      - {check: nights < 9, message: "{{ note }}", field: nights}
  - {id: check, type: review}
"""


async def somebody() -> Person:
    return await Person.starts(await make_test_engine(BOOKING), "booking")


async def test_a_check_holds_whatever_its_message_says() -> None:
    """An answer was taken that the author had ruled out, because the words for it were missing."""
    person = await somebody()
    await person.wrongly.says(town="Paris", nights=2)
    assert person.asked == "stay"
    assert person.prompt.error == "This answer can't be accepted."
    await person.wrongly.says(town="Bern", nights=9)
    assert person.errors == {"nights": "This answer can't be accepted."}
    await person.wrongly.says(town="Paris", nights=2, note="Full")
    assert person.prompt.error == "Full"


async def test_a_message_that_says_nothing_gives_way_to_the_built_in_one() -> None:
    """“Error:” with nothing behind it tells nobody what to do."""
    person = await somebody()
    await person.wrongly.says(town="", nights=0)
    assert person.errors == {"town": "Answer “Town”", "nights": "Your answer to “Nights” must be 1 or more"}
    await person.wrongly.says(town="Geneva", nights="many")
    assert person.errors == {
        "town": "Your answer to “Town” must be 5 characters or fewer",
        "nights": "Your answer to “Nights” must be a whole number, like 17",
    }
    await person.wrongly.says(town="", nights=1, note="Say where")
    assert person.errors == {"town": "Say where"}
