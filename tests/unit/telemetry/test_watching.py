"""What is told of turns, and that telling several or nobody makes no difference to what is told."""

from __future__ import annotations

import asyncio

import pytest

from wizard.errors import NodeFailed, RunExpired, StaleInput, StaleRevision, StoreError
from wizard.telemetry.watching import NOBODY, All, Nobody, Watch, WatchedTurn, ended


class Notes(Nobody):
    """Notes all that it is told, under its name."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name, self.notes = name, notes

    def turn(self, name: str, run_id: str) -> WatchedTurn:
        return NotedTurn(self, f"{name} of {run_id}")

    def note(self, *what: object) -> None:
        self.notes.append(f"{self.name}: {' '.join(map(str, what))}")

    def retried(self) -> None:
        self.note("retried")

    def node(self, type: str, seconds: float, outcome: str) -> None:  # noqa: A002
        self.note(type, seconds, outcome)

    def tried_again(self, type: str) -> None:  # noqa: A002
        self.note("again", type)

    def job(self, kind: str, outcome: str, seconds: float) -> None:
        self.note(kind, outcome, seconds)

    def undo_failed(self, run_id: str) -> None:
        self.note("not undone", run_id)


class NotedTurn:
    def __init__(self, notes: Notes, what: str) -> None:
        self.notes, self.what, self.outcome = notes, what, "accepted"

    def __enter__(self) -> NotedTurn:
        self.notes.note("begins", self.what)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.notes.note("ends", self.what, ended(self.outcome, error))


def tell_everything(watch: Watch) -> None:
    watch.retried()
    watch.node("http", 0.5, "done")
    watch.tried_again("http")
    watch.job("work", "lost", 2.0)
    watch.undo_failed("r")


def test_all_who_watch_are_told_the_same() -> None:
    """Metrics, spans and logs would otherwise tell three stories of one turn."""
    notes: list[str] = []
    watch = All(Notes("a", notes), Notes("b", notes))
    with watch.turn("next", "r") as turn:
        turn.outcome = "rejected"
    assert notes == [
        "a: begins next of r",
        "b: begins next of r",
        "b: ends next of r rejected",
        "a: ends next of r rejected",
    ]
    notes.clear()
    tell_everything(watch)
    told = ["retried", "http 0.5 done", "again http", "work lost 2.0", "not undone r"]
    assert notes == [f"{name}: {each}" for each in told for name in "ab"]


def test_a_listener_that_breaks_at_the_beginning_is_left_out_of_that_turn(caplog: pytest.LogCaptureFixture) -> None:
    """Tracing that is set up wrongly stops nobody, is logged once a turn, and leaves the metrics right."""

    class Broken(NotedTurn):
        def __enter__(self) -> NotedTurn:
            raise ConnectionError

    class Breaking(Notes):
        def turn(self, name: str, run_id: str) -> WatchedTurn:
            return Broken(self, name)

    notes: list[str] = []
    with All(Breaking("a", notes), Notes("b", notes)).turn("next", "r"):
        pass
    assert notes == ["b: begins next of r", "b: ends next of r accepted"]
    assert [each.message for each in caplog.records] == ["a listener failed: ConnectionError"]


def test_one_who_watches_is_told_directly() -> None:
    """Most servers have one; a turn must not pay for a crowd."""
    notes: list[str] = []
    alone = Notes("a", notes)
    assert type(All(alone).turn("next", "r")) is NotedTurn
    with All(alone).turn("next", "r") as turn:
        turn.outcome = "replayed"
    assert notes[-1] == "a: ends next of r replayed"


def test_nobody_hears_nothing_and_stops_nothing() -> None:
    """An engine that isn't watched works as one that is, errors included."""
    tell_everything(NOBODY)
    with NOBODY.turn("next", "r") as turn:
        turn.outcome = "rejected"
    with pytest.raises(StaleInput), NOBODY.turn("next", "r"):
        raise StaleInput


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "accepted"),
        (StaleInput(), "stale"),
        (StaleRevision(), "stale"),
        (RunExpired(), "refused"),
        (NodeFailed(), "failed"),
        (StoreError(), "failed"),
        (ValueError(), "failed"),
        (asyncio.CancelledError(), "stopped"),
    ],
)
def test_an_exception_says_how_a_turn_ended(error: BaseException | None, outcome: str) -> None:
    """An alert on failed turns must not ring for callers' mistakes, nor for a server that is told to stop."""
    assert ended("accepted", error) == outcome
