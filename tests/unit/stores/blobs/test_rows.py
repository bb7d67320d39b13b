"""How runs become rows: what is in which blob, and what is said of a blob that can't be read."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.runs import NOW, a_run, a_step, answers, exactly, full_run
from wizard.errors import InvalidInput, StoreError
from wizard.model import Entry, Kind, Run, Step
from wizard.model.values import pack, unpack
from wizard.stores.blobs import rows, step_rows
from wizard.stores.blobs.formats import FORMAT
from wizard.stores.blobs.vault import PLAIN


def row_of(run: Run, **changes: Any) -> rows.RunRow:
    columns = (run.id, run.workflow, run.version, run.status.value, run.revision)
    dates = (run.created_at, run.updated_at, run.expires_at)
    blobs = (rows.header(PLAIN, run), rows.birth(PLAIN, run), rows.context(PLAIN, run))
    return rows.RunRow(*columns, *dates, *blobs)._replace(**changes)


def steps_of(run: Run) -> list[step_rows.StepRow]:
    return [(step.path, step.seq, step_rows.step_body(PLAIN, run.id, step)) for step in run.steps]


def parked_of(run: Run) -> list[tuple[str, bytes]]:
    return [(path, step_rows.answers_body(PLAIN, run.id, path, kept)) for path, kept in run.parked.items()]


def undos_of(run: Run) -> list[step_rows.UndoRow]:
    return [(undo.step.visit, undo.failed, step_rows.undo_body(PLAIN, run.id, undo)) for undo in run.undos]


def step_again(step: Step) -> Step:
    return step_rows.read_step(PLAIN, "run-1", (step.path, step.seq, step_rows.step_body(PLAIN, "run-1", step)))


def read(run: Run, **changes: Any) -> Run:
    return rows.read_run(PLAIN, row_of(run, **changes), steps_of(run), parked_of(run), undos_of(run))


@pytest.mark.parametrize("run", [a_run(), full_run()], ids=["defaults", "no defaults"])
def test_rows_give_the_run_again(run: Run) -> None:
    """A field that a row leaves out would be lost with the next load."""
    assert exactly(read(run)) == exactly(run)


def test_steps_may_come_in_any_order() -> None:
    """Databases return rows as they like; the stack is in the order of its steps' seq."""
    run = full_run()
    assert exactly(
        rows.read_run(PLAIN, row_of(run), steps_of(run)[::-1], parked_of(run), undos_of(run)[::-1])
    ) == exactly(run)


@given(st.builds(a_step, output=st.none() | answers, draft=st.none() | answers, state=st.none() | answers))
def test_a_step_keeps_any_answer(step: Step) -> None:
    """Whatever a person may type comes back as it was, no answer at all told from an empty one."""
    assert exactly(step_again(step)) == exactly(step)


@pytest.mark.parametrize("kind", Kind)
def test_a_step_keeps_its_kind(kind: Kind) -> None:
    """A background step read as a foreground one would be shown to the person."""
    assert step_again(a_step("a", 1, kind=kind)).kind is kind


def test_defaults_take_no_room() -> None:
    """Rows are written by every turn: what says nothing costs nothing."""
    bare = Step("a", "a", "form", Kind.FOREGROUND, 1, 1, a_step().status)
    assert unpack(step_rows.step_body(PLAIN, "run-1", bare)) == [FORMAT, {"node": "a", "type": "form", "visit": 1}]
    assert unpack(rows.header(PLAIN, a_run())) == [FORMAT, {}]
    assert unpack(rows.birth(PLAIN, a_run())) == [FORMAT, {}]
    assert rows.context(PLAIN, a_run()) is None


def test_the_header_does_not_grow_with_the_run() -> None:
    """The header is written by every turn: at step 1,000 it may be no larger than at step 10."""
    sizes = [
        len(rows.header(PLAIN, a_run("run-1", *(a_step(f"s{n}", 100_000 + n) for n in range(length)), visits=1000)))
        for length in (10, 1000)
    ]
    assert sizes[0] == sizes[1]


def test_an_unstorable_answer_is_refused_before_it_is_written() -> None:
    """A node that puts an object of its own into its output gets an error, and no half written run."""
    with pytest.raises(InvalidInput, match="can't be stored"):
        step_rows.step_body(PLAIN, "run-1", a_step(output={"client": object()}))


def damaged(blob: bytes) -> list[bytes]:
    return [
        b"",
        blob[:-1],
        blob + b"\x00",
        b"\xc1",
        pack({}),
        pack("text"),
        pack([1]),
        pack([1, None]),
        pack([1, 5]),
        pack([1, []]),
        pack([None, {}]),
        msgpack.packb([1, msgpack.ExtType(99, b"")]),
    ]


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("column", ["header", "birth", "context"])
def test_a_damaged_run_is_an_error_that_names_it(column: str, number: int) -> None:
    """One damaged row is one run's trouble: its owner learns which run and what to do."""
    run = full_run("run-7")
    blob = damaged(getattr(row_of(run), column))[number]
    with pytest.raises(StoreError, match=r"The run can't be read: .* Other runs aren't affected\.") as caught:
        read(run, **{column: blob})
    assert caught.value.run == "run-7"


@pytest.mark.parametrize("number", range(12))
def test_a_damaged_step_is_named(number: int) -> None:
    """Whoever repairs a run needs to know which of its rows is broken."""
    run = full_run("run-7")
    path, seq, body = steps_of(run)[1]
    with pytest.raises(StoreError, match=r"Step household/2/lookup of the run can't be read") as caught:
        rows.read_run(PLAIN, row_of(run), [(path, seq, damaged(body)[number])], ())
    assert caught.value.run == "run-7"


def test_damaged_parked_answers_are_an_error() -> None:
    """Answers that aren't a map would break the form that they are to fill in."""
    run = full_run("run-7")
    with pytest.raises(StoreError, match="a list where a map belongs") as caught:
        rows.read_run(PLAIN, row_of(run), steps_of(run), [("old", pack([1, []]))])
    assert caught.value.run == "run-7"


def test_a_run_without_its_current_step_is_an_error() -> None:
    """A lost row must not put the person at some other step."""
    run = full_run()
    with pytest.raises(StoreError, match="its current step \\(number 2048\\) is missing"):
        rows.read_run(PLAIN, row_of(run), steps_of(run)[:1], ())


@pytest.mark.parametrize("changes", [{"status": "asleep"}, {"revision": 0, "header": pack([1, {"fault": ["x"]}])}])
def test_columns_that_make_no_run_are_an_error(changes: dict[str, Any]) -> None:
    """A hand-edited database is answered with a sentence, not with a traceback."""
    with pytest.raises(StoreError, match="another shape than expected"):
        read(a_run(), **changes)


def test_entries_are_numbered_from_the_first() -> None:
    """The numbers of a trace aren't stored with each entry, and have to come out right."""
    entries = [Entry("entered", "a"), Entry("accepted", "a", {"x": [1]})]
    read_back = rows.read_entries(PLAIN, "run-1", 41, 7, NOW, rows.entries_body(PLAIN, a_run(), entries))
    assert [each.number for each in read_back] == [41, 42]
    assert exactly([each.entry for each in read_back]) == exactly(entries)


@pytest.mark.parametrize("blob", [b"", pack([1, 5]), pack([1, [["a"]]]), pack([FORMAT + 1, []])])
def test_a_damaged_trace_is_an_error_that_names_the_run(blob: bytes) -> None:
    """An auditor learns that entries are missing, and of which run."""
    with pytest.raises(StoreError, match="trace of the run from entry 3 on can't be read") as caught:
        rows.read_entries(PLAIN, "run-1", 3, 1, NOW, blob)
    assert caught.value.run == "run-1"
