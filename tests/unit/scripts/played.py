"""Scripts and definitions of the tests of wizard.scripts, and how they are played."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from wizard.definitions.catalog import Catalog
from wizard.definitions.reading import source
from wizard.node import Registry
from wizard.scripts.coverage import Covered
from wizard.scripts.playing import Played, play
from wizard.scripts.reading import read

PASSPORT = """\
id: passport
title: Apply for a passport
input: {office: {type: text, default: Bern}}
nodes:
  - {id: welcome, type: message, title: "Welcome to {{ input.office }}", text: It takes a minute.}
  - id: applicant
    type: form
    title: About you
    fields:
      - {name: full_name, label: Full name}
      - {name: birth_date, type: date, label: Date of birth, max: today()}
      - {name: reason, type: choice, label: Why?, choices: [new, {value: lost, label: I lost it}]}
      - {name: where, label: Where did you lose it?, show_if: reason == "lost"}
  - id: adult
    type: condition
    cases:
      - {when: years_between(applicant.birth_date, today()) >= 18, goto: lookup}
      - {goto: guardian}
  - id: guardian
    type: form
    title: "Who is responsible for {{ applicant.full_name }}?"
    fields: [{name: phone, type: phone, label: Telephone number, region: GB}]
  - {id: lookup, type: http, url: "https://towns.example/{{ applicant.full_name }}", on_error: back}
  - {id: check, type: review, title: Check your answers, submit: Send it}
  - {id: paid, type: wait, event: paid, for: 3d, text: We wait for your money.}
  - {id: done, type: end, title: "Thank you, {{ applicant.full_name }}", text: "From {{ lookup.body.town }}."}
"""

# Each word, and each thing that `sees` can look at, over whatever channel it is played.
EVERY_WORD = """\
workflow: passport
title: All words
clock: 2026-03-27T10:00:00Z
input: {office: Basel}
results: {lookup: [{error: The towns are closed}, {body: {town: Bern}}]}
steps:
  - sees: {step: welcome, text: [Welcome to Basel, it takes  a minute]}
  - goes_on: true
  - sees: {step: applicant, fields: [full_name, birth_date, reason], status: waiting, error: false}
  - says: Ann
  - sees: Date of birth
  - says: 27 3 2015
  - sees: {choices: [new, I lost it]}
  - presses: I lost it
  - says: On the train
  - sees: {step: guardian, title: "Who is responsible for Ann?", hides: closed}
  - goes_back: true
  - sees: {step: applicant, values: {full_name: Ann, birth_date: 2015-03-27}}
  - answers: {birth_date: 27 3 2027}
  - sees: {step: applicant, error: today or in the past}
  - answers: {birth_date: 27 3 2015}
  - restarts: true
  - says: 020 7946 0018
  - sees: {step: guardian, error: The towns are closed}
  - goes_on: true
  - sees: {step: check, text: On the train}
  - changes: {step: applicant, answers: {full_name: Anna}}
  - sees: {step: check, text: Anna}
  - repeats: last
  - presses: Send it
  - sees: {step: paid, status: working, text: We wait for your money}
  - waits: 1d
  - sees: {status: working}
  - event: {name: paid, data: {amount: 10}, key: p1}
  - completed: {step: done, text: From Bern, answers: {applicant: {full_name: Anna, where: On the train}}}
"""


def catalog_of(*texts: str) -> Catalog:
    documents = [read.data for text in texts for read in source.read(text, "definition.yaml")]
    return Catalog.from_documents(documents, Registry.installed())


async def plays(
    script: str, *definitions: str, over: str = "json", covered: Covered | None = None, file: Path | str = "a.test.yaml"
) -> Played:
    """The only script of the text."""
    (only,) = read(script, str(file))
    return await play(only, catalog_of(*(definitions or (PASSPORT,))), over, covered=covered)


async def fails(script: str, *definitions: str, over: str = "json") -> str:
    """Why the script fails, with its place."""
    played = await plays(script, *definitions, over=over)
    assert played.failure is not None, played.said
    return str(played.failure.problem)


async def passes(script: str, *definitions: str, over: Iterable[str] = ("json",)) -> None:
    for channel in over:
        played = await plays(script, *definitions, over=channel)
        assert played.failure is None, (channel, played.failure)
