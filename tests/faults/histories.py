"""What must be true of a run's history, whoever moved it and whatever was cut off meanwhile.

The history is the run's trace; beside it stands what its clients know: which answers they sent, and which were
acknowledged with which revision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from wizard.stores.contract import TraceEntry

PERSONS = frozenset({"accepted", "changing", "cancelled", "taken out", "rejected"})
WORK = frozenset({"ran", "entered", "presented", "completed"})


class Line(NamedTuple):
    """A line of a trace."""

    number: int
    revision: int
    kind: str
    step: str


class Sent(NamedTuple):
    """An answer that a client sent, with the revision that acknowledged it: None where it never heard of it, or it
    was refused."""

    step: str
    answer: Any
    revision: int | None
    refused: bool = False


def lines(trace: Iterable[TraceEntry]) -> list[Line]:
    return [Line(each.number, each.revision, each.entry.kind, each.entry.step) for each in trace]


def json_lines(entries: Iterable[Mapping[str, Any]]) -> list[Line]:
    return [Line(each["number"], each["revision"], each["kind"], each.get("step", "")) for each in entries]


def check_trace(told: Sequence[Line], revision: int) -> None:
    """No gap, nothing twice, nothing out of order."""
    assert [line.number for line in told] == list(range(1, len(told) + 1))
    revisions = [line.revision for line in told]
    assert revisions == sorted(revisions)
    assert not revisions or revisions[-1] <= revision
    ends = [line for line in told if line.kind in ("completed", "cancelled", "expired")]
    assert len(ends) <= 1, "it ended twice"


def check_nobody_was_pushed(told: Sequence[Line]) -> None:
    """Who went back stays there until they go on; who cancelled hears no more of it: work that was under way comes
    too late."""
    held: Line | None = None
    for line in told:
        if line.kind in ("moved", "cancelled"):
            held = line
        elif line.kind in PERSONS and (held is None or held.kind != "cancelled"):
            held = None
        assert held is None or line.kind not in WORK, f"{line} came after {held}"


def check_answers(told: Sequence[Line], answers: Mapping[str, Any], sent: Sequence[Sent]) -> None:
    """Each acknowledged answer was taken once, no answer twice; what stands is what was taken last."""
    taken = Counter(line.step for line in told if line.kind == "accepted")
    for step in {each.step for each in sent}:
        mine = [each for each in sent if each.step == step]
        acknowledged = [each for each in mine if each.revision is not None]
        story = "\n".join(f"{line}" for line in told if line.step == step)
        assert taken[step] >= len(acknowledged), f"an acknowledged answer is lost: {mine}\n{story}"
        assert taken[step] <= len([each for each in mine if not each.refused]), f"taken twice: {mine}\n{story}"
        for each in acknowledged:
            assert any(
                line.step == step and line.kind == "accepted" and line.revision <= (each.revision or 0) for line in told
            ), each
    for step, answer in answers.items():
        _check_last(told, step, answer, [each for each in sent if each.step == step])


def check_events(told: Sequence[Line], name: str, acknowledged: int, sent: int) -> None:
    """Each acknowledged event arrived, and none twice; who heard nothing can't know."""
    arrived = sum(line.kind == "arrived" and line.step == name for line in told)
    assert acknowledged <= arrived <= sent, f"{name}: {arrived} arrived, {acknowledged} were acknowledged of {sent}"


def _check_last(told: Sequence[Line], step: str, answer: Any, sent: Sequence[Sent]) -> None:
    assert answer in [each.answer for each in sent if not each.refused], f"nobody answered {answer} at {step}"
    last = max(line.revision for line in told if line.kind == "accepted" and line.step == step)
    since = [each.answer for each in sent if each.revision is not None and each.revision >= last]
    unheard = [each.answer for each in sent if each.revision is None and not each.refused]
    assert answer in since or answer in unheard, f"{step}: {answer} stands, and {since} was taken last"
