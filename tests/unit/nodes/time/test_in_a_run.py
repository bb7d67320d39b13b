"""Types of the group `time` in one run: days are counted and hours kept, again after Back and a change."""

from wizard.testing import MovableClock, Person, make_test_engine

# The clock of tests stands at noon on Thursday, 15 January 2026.
CALL = """
id: call
nodes:
  - {id: ask, type: form, fields: [{name: born, type: date}, {name: zone}]}
  - {id: age, type: difference, start: "{{ ask.born }}", unit: years}
  - {id: offer, type: between, at: "{{ ask.born }}", end: "2008-01-15", next: {after: young}}
  - {id: there, type: local_time, at: "{{ now() }}", zone: "{{ ask.zone }}"}
  - {id: day, type: weekday}
  - {id: desk, type: opening_hours, hours: {thursday: "08:00-12:30", friday: "08:00-12:00"}, next: {closed: later}}
  - {id: call, type: message, title: "{{ age.value }}, {{ there.time }}, {{ day.name }}", next: done}
  - {id: later, type: wait_until_open, hours: {thursday: "08:00-12:30", friday: "08:00-12:00"}}
  - {id: back, type: message, title: "Back at {{ later.until }}"}
  - {id: done, type: end, title: Done}
  - {id: young, type: end, title: Too young}
"""


async def test_days_and_hours_hold_in_a_run() -> None:
    """Who corrects their date of birth is as old as they are, and who comes when nobody is there is called later."""
    engine = await make_test_engine(CALL, clock=MovableClock())
    person = await Person.starts(engine, "call")
    await person.says(born="15 1 1986", zone="Asia/Tokyo")
    person.sees(title="40, 21:00, Thursday")
    await person.goes_back()
    await person.says(born="16 1 1986", zone="America/New_York")
    person.sees(title="39, 07:00, Thursday")
    await person.changes("ask", born="16 1 2008", zone="UTC")
    person.sees(title="Too young")

    late = await Person.starts(engine, "call")
    await late.waits(hours=1)
    await late.says(born="1 1 2000", zone="UTC")
    assert late.run.step == "later"
    await late.waits(hours=18)
    assert late.run.step == "later"
    await late.waits(hours=1)
    assert late.asked == "back"
