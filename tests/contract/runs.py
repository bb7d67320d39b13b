"""Runs to store: examples, changes made from them, values of every kind, and the strictest comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from immutables import Map

from wizard.model import Arrival, Change, Delivery, Fault, Kind, Parent, PutOff, Run, RunStatus, Step, StepStatus, Undo
from wizard.model.job import Job, JobKind
from wizard.model.run import count_answered
from wizard.model.talk import Expected, Offer, Speaker, Utterance
from wizard.model.values import pack
from wizard.state.patches import setters_of

NOW = datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)


def exactly(value: Any) -> Any:
    """The value with the type of every part in it, so that == tells 1 from True and () from []."""
    if is_dataclass(value):
        return type(value).__name__, {each.name: exactly(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Run | Step | Undo):
        return type(value).__name__, {name: exactly(item) for name, item in value._asdict().items()}
    if isinstance(value, Mapping):
        return "mapping", {key: exactly(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [exactly(item) for item in value]
    return type(value).__name__, value


def a_step(path: str = "name", seq: int = 1024, **changes: Any) -> Step:
    given = {"node": path.rpartition("/")[2], "type": "form", "kind": Kind.FOREGROUND, "visit": 1}
    return Step(path=path, seq=seq, **{**given, "status": StepStatus.DONE, "output": {"answer": path}, **changes})


def full_step(path: str = "household/2/lookup", seq: int = 2048) -> Step:
    """A step in which no field has its default."""
    return Step(
        path=path,
        node="lookup",
        type="http",
        kind=Kind.BACKGROUND,
        seq=seq,
        visit=7,
        status=StepStatus.FAILED,
        output=EVERY_VALUE,
        draft={"half": "typed"},
        state={"tries": 2},
        given=b"\x00digest",
        reads={"applicant.country": b"\xff\x00", "input": b""},
        patch={("profile", "email"): "zoë@example.org", ("profile", "age"): 44, ("event", "done"): True},
        error="It didn't answer.",
        begun=2,
        claim=3,
        took=Arrival(4, "paid", EVERY_VALUE, "key-4", NOW),
        put_off=PutOff(datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC), 3, 2, datetime(2030, 1, 2, tzinfo=UTC), True),
        port="found",
        reminded=4,
    )


def full_undo(path: str = "household/2/lookup", seq: int = 4096, visit: int = 8, **changes: Any) -> Undo:
    """An undo in which no field has its default."""
    step = full_step(path, seq)._replace(visit=visit)
    return Undo(step, tries=2, error="It couldn't be taken back.", failed=True)._replace(**changes)


EVERY_VALUE: dict[str, Any] = {
    "none": None,
    "true": True,
    "one": 1,
    "float": 1.0,
    "big": 2**80,
    "negative": -(2**63),
    "text": "Zoë Łukasz 你好 🧭 \x00 '; DROP TABLE runs; --",
    "bytes": b"\x00\xff",
    "decimal": Decimal("10.20"),
    "date": date(1985, 3, 27),
    "time": time(23, 59, 59, 1),
    "moment": datetime(2026, 1, 1, 0, 0, tzinfo=UTC),
    "list": [{"name": "Ada"}, {"name": "Bo"}, []],
    "nested": {"empty": {}, "": "no name"},
}


def a_run(run_id: str = "run-1", *steps: Step, **changes: Any) -> Run:
    run = Run(
        id=run_id,
        workflow="passport",
        version="v1",
        revision=1,
        status=RunStatus.WAITING,
        created_at=NOW,
        updated_at=NOW,
        steps=steps,
        cursor=len(steps) - 1,
        by_path=Map({step.path: step for step in steps}),
        answered=count_answered(steps),
        setters=setters_of(steps),
    )
    return run._replace(**changes)


def full_run(run_id: str = "run-1") -> Run:
    """A run in which no field has its default."""
    return a_run(
        run_id,
        a_step("name", 1024),
        full_step(),
        a_step("kept", 9000, status=StepStatus.WAITING),
        cursor=1,
        status=RunStatus.FAILED,
        revision=3,
        updated_at=NOW + timedelta(minutes=1),
        expires_at=NOW + timedelta(days=28),
        parked=Map({"old/step": EVERY_VALUE, "älter": {}}),
        returning="check",
        fault=Fault("The service didn't answer.", "lookup", "NodeFailed", "Try again later.", "7KQ4WZ2M"),
        removed=frozenset({"household/1", "household/3"}),
        visits=9,
        input=EVERY_VALUE,
        event={"source": "letter"},
        profile={"email": "ada@example.org"},
        session={"cart": [1, 2]},
        profile_id="person-7",
        session_id="session-8",
        token_hash=b"\x01" * 32,
        undos=(full_undo(), full_undo("old/step", 512, 3, failed=False)),
        arrivals=(
            Arrival(5, "paid", EVERY_VALUE, "", NOW, pack(EVERY_VALUE)),
            Arrival(7, "signed", True, "key-7", NOW, pack(True)),
        ),
        arrived=7,
        positional=True,
        deliveries=(Delivery(b"\x07key", b"\x07content"),),
        parent=Parent("run-0", 4, 2),
        conversation={"last": 3, "asked": ["name"]},
    )


def full_utterance(number: int = 2, said_id: str = "w-2", **changes: Any) -> Utterance:
    """What was said, with no field at its default."""
    said = Utterance(
        number,
        said_id,
        Speaker.OPERATOR,
        "Wie heißt du? 👋",
        NOW,
        (Offer("a1.2", "Anna", picked=True), Offer("a1.3", "Bea")),
        Expected("text", "name", "household/2/name"),
        1,
        {"edits": "m-1", "files": ["photo.png"]},
    )
    return replace(said, **changes)


def a_job(run_id: str = "run-1", kind: JobKind = JobKind.WORK, visit: int = 1, after: float = 0, **rest: Any) -> Job:
    """`after` are the seconds from NOW until it is due."""
    return Job(run_id, kind, visit, NOW + timedelta(seconds=after), **rest)


def creating(run: Run, **rest: Any) -> Change:
    return Change(run, None, written=run.steps, parked=run.parked, undos=run.undos, **rest)


def turn(run: Run, *, write: tuple[Step, ...] = (), drop: tuple[str, ...] = (), **rest: Any) -> Change:
    """The next turn of `run`. What isn't a part of Change in `rest` is a new field of the run."""
    of_change = set(Change._fields) - {"run", "expected"}
    changed = {name: rest.pop(name) for name in list(rest) if name not in of_change}
    stack = {step.path: step for step in run.steps if step.path not in drop} | {step.path: step for step in write}
    steps = tuple(sorted(stack.values(), key=lambda step: step.seq))
    updated = run.updated_at + timedelta(seconds=1)
    owed = {undo.step.visit: undo for undo in (*run.undos, *rest.get("undos", ()))}
    left = [undo for visit, undo in owed.items() if visit not in rest.get("undone", ())]
    derived = {"by_path": Map(stack), "answered": count_answered(steps), "setters": setters_of(steps)}
    after: dict[str, Any] = {"steps": steps, **derived, "cursor": len(steps) - 1, "updated_at": updated}
    after["undos"] = tuple(sorted(left, key=lambda undo: undo.newness, reverse=True))
    following = run._replace(**{**after, "revision": run.revision + 1, **changed})
    return Change(following, run.revision, written=write, dropped=drop, **rest)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | texts
    | st.binary(max_size=12)
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.none() | st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
answers = st.dictionaries(texts, values, max_size=4)
