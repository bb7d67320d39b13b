"""What scripts come to is counted by nodes, edges, fields and messages, and drawn."""

from __future__ import annotations

from pathlib import Path

from tests.unit.scripts.played import EVERY_WORD, PASSPORT, catalog_of, plays
from wizard.scripts.coverage import Covered, coverage_of, percent
from wizard.scripts.coverage_report import as_json, drawings, lines_of

HEAD = "workflow: passport\nclock: 2026-03-27T10:00:00Z\nresults: {lookup: {body: {town: Bern}}}\nsteps:\n"
OUTER = """\
id: outer
nodes:
  - {id: first, type: workflow, workflow: inner}
  - {id: second, type: workflow, workflow: inner, repeat: {min: 1, max: 2}}
"""
INNER = """\
id: inner
nodes:
  - id: ask
    type: form
    fields:
      - {name: age, type: integer, min: 1, errors: {min: "{{ 1 }} is the least"}}
      - {name: text, required: false, max_length: 5}
    validate: [{check: age != 7, message: Not seven, field: age}, {check: age != 8, message: "Not {{ age }}"}]
"""


async def covered_by(script: str, *definitions: str, over: str = "json") -> Covered:
    covered = Covered()
    played = await plays(script, *definitions, over=over, covered=covered)
    assert played.failure is None, played.failure
    return covered


async def test_what_is_missing_is_named() -> None:
    """An author sees which way nobody has tested, and which error nobody has seen."""
    script = f"{HEAD}- goes_on: true\n- answers: {{full_name: Ann, birth_date: 27 3 1985, reason: new}}\n- sees: Ann\n"
    covered = await covered_by(script)
    (coverage,) = coverage_of([catalog_of(PASSPORT).get("passport")], covered)
    assert coverage.figures["node"].missing == ("guardian", "paid", "done")
    assert coverage.figures["edge"].missing == (
        "adult → guardian (otherwise)",
        "guardian → lookup",
        "check → paid",
        "paid → done",
    )
    assert coverage.figures["field"].missing == ("applicant.where", "guardian.phone")
    assert "applicant.birth_date: max" in coverage.figures["message"].missing
    *lines, last = lines_of([coverage])
    assert lines[0].startswith("passport: nodes 5 of 8, edges 4 of 8, fields 3 of 5, messages 0 of")
    assert last == f"Coverage: {percent([coverage]):.1f} %"
    assert as_json([coverage])["workflows"]["passport"]["nodes"]["missing"] == ["guardian", "paid", "done"]


async def test_going_back_and_forth_misses_nothing() -> None:
    """Ways that are gone again over steps that were kept count like others, on every channel alike."""
    reached = [await covered_by(EVERY_WORD, over=over) for over in ("json", "web", "terminal", "chat")]
    (coverage,) = coverage_of([catalog_of(PASSPORT).get("passport")], reached[0])
    assert coverage.figures["node"].missing == ()
    assert coverage.figures["edge"].missing == ("adult → lookup (years_between(applicant.birth_date, today()) >= 18)",)
    assert all(parts.parts == reached[0].parts for parts in reached[1:])


async def test_each_message_of_a_field_is_told_apart() -> None:
    """`errors` of an author's own, built-in ones, checks of a field and of the form."""
    answers = ("age: x", "age: 0", "age: 7", "age: 8", "age: 9, text: too long", "age: 9, text: a")
    steps = "".join(
        f"- answers: {{{each}}}\n- sees: {{error: {str('text: a' not in each).lower()}}}\n" for each in answers
    )
    covered = await covered_by(f"workflow: inner\nsteps:\n{steps}", INNER)
    (coverage,) = coverage_of([catalog_of(INNER).get("inner")], covered)
    assert coverage.figures["message"].missing == ("ask.age: required",)
    assert coverage.figures["message"].all == 6


async def test_what_is_embedded_counts_once() -> None:
    """Whichever way it is come to, and however often."""
    steps = "- answers: {age: 1}\n- answers: {age: 2}\n- says: no\n- completed: true\n"
    covered = await covered_by(f"workflow: outer\nsteps:\n{steps}", OUTER, INNER)
    outer, inner = coverage_of([catalog_of(OUTER, INNER).get("outer")], covered)
    assert (outer.figures["node"].missing, outer.figures["edge"].missing) == ((), ())
    assert inner.figures["edge"].missing == ()
    assert inner.figures["field"].missing == ("ask.text",)


async def test_drawings_show_what_is_tested() -> None:
    """Also to who can't tell the colours apart: what isn't tested is dashed."""
    script = f"{HEAD}- goes_on: true\n- answers: {{full_name: Ann, birth_date: 27 3 1985, reason: new}}\n- sees: Ann\n"
    coverages = coverage_of([catalog_of(PASSPORT).get("passport")], await covered_by(script))
    (svg,) = drawings(coverages, Path("a.svg")).values()
    assert svg.count('stroke="#1b6e3c"') == 5 + 4
    assert svg.count('stroke-dasharray="4 3"') == 3 + 4
    assert svg.rindex('fill="none" stroke="#a3231c"') < svg.index('fill="none" stroke="#1b6e3c"')  # arrows on top
    assert "not tested: dashed, red" in svg
    (mermaid,) = drawings(coverages, Path("a.mmd")).values()
    assert mermaid.count(" tested\n") == 5
    assert mermaid.count("linkStyle") == 8
    (dot,) = drawings(coverages, Path("a.dot")).values()
    assert '"guardian" [color="#a3231c", style=dashed];' in dot
    assert '"adult" -> "lookup" [label="years_between(applicant.birth_date, today()) >= 18", color="#1b6e3c"' in dot
    several = coverage_of([catalog_of(OUTER, INNER).get("outer")], Covered())
    assert [file.name for file in drawings(several, Path("a.dot"))] == ["a-outer.dot", "a-inner.dot"]
