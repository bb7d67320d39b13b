"""Runs of generated workflows, moved about at random, on two stores at once: the rules of runs
(S1-S14) hold after every move.

The short form tries forty runs; `TORTURE=N` tries N times a hundred longer ones; `NO_SHRINK=1` shows a
failure as it was found. What failed once is among the stories at the end, which are played each time.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests import invariants
from tests.drawing import TORTURE, examples
from tests.generated import answers, definitions, letters
from tests.invariants import Before
from tests.workflows import Book, Clock, Document, ask, branch, catalog, counted, embed, engine, flow, work
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import CallerError
from wizard.model import Kind, Run, RunStatus, Step, StepStatus
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.stores.sqlite import SqliteStore

STEPS = 40 if TORTURE else 25
PHASES = [Phase.generate] if os.environ.get("NO_SHRINK") else list(Phase)
SETTINGS = settings(
    phases=PHASES,
    max_examples=examples(100),
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

Said = list[tuple[dict[str, Any], bool]]
said = st.lists(st.tuples(answers, st.booleans()), min_size=1, max_size=6)
NOTHING_EXECUTED = ("run", "accept", "reject", "remove", "pass")


class _Durable:
    """One SQLite store and one event loop for all runs of this module."""

    runner: asyncio.Runner
    store: SqliteStore
    numbers = counted()


@pytest.fixture(autouse=True, scope="module")
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder: Path = tmp_path_factory.mktemp("properties")
    with asyncio.Runner() as _Durable.runner:
        _Durable.store = SqliteStore(folder / "runs.sqlite")
        _Durable.runner.run(_Durable.store.open())
        yield
        _Durable.runner.run(_Durable.store.close())


class _Half:
    """One of the two engines that do the same, and its run."""

    def __init__(self, definitions: Catalog, store: Store, run_id: str) -> None:
        self.definitions, self.store, self.run_id = definitions, store, run_id
        self.book, self.clock = Book(), Clock()
        self.engine = self._new_engine()
        self.view: RunView

    def _new_engine(self) -> Engine:
        return engine(
            definitions=self.definitions, store=self.store, book=self.book, clock=self.clock, ids=lambda: self.run_id
        )

    async def restart(self) -> None:
        self.engine = self._new_engine()
        self.view = await self.engine.load(self.run_id)

    async def do(self, move: Callable[[Engine, RunView], Awaitable[RunView]]) -> str:
        """What came of it: ok, rejected, or the refusal."""
        self.clock.move(seconds=1)
        try:
            view = await move(self.engine, self.view)
        except CallerError as error:
            return f"{type(error).__name__}: {error}"
        return "ok" if view.rejected is None else "rejected"


Move = Callable[[Engine, RunView], Awaitable[RunView]]


def _without_state(steps: tuple[Step, ...]) -> list[Step]:
    """What a node noted of a rejected answer is its own, and changes nothing that others see."""
    return [step._replace(state=None) for step in steps]


class Runs(RuleBasedStateMachine):
    """See the module docstring."""

    # -- how it is driven ----------------------------------------------------------------------------

    @initialize(documents=definitions(), k=letters, said=said)
    def begin(self, documents: dict[str, Document], k: str, said: Said) -> None:
        self.documents, self.definitions = documents, catalog(*documents.values())
        self.create(k)
        self.go_on(said)

    def create(self, k: str) -> None:
        """S1: nothing is executed; Current is the start node, the path is empty."""
        documents = self.documents
        self.session, self.removed = {"k": k}, frozenset[str]()
        self.amended = False  # what was decided before may look different now
        self.asked_at: str | None = None
        self.seen, self.depended = 0, dict[str, Any]()
        run_id = _Durable.numbers()
        self.halves = [_Half(self.definitions, store, run_id) for store in (MemoryStore(), _Durable.store)]
        for half in self.halves:
            half.view = _Durable.runner.run(half.engine.create("main", session={"k": k}))
        assert self.view.step == documents["main"]["nodes"][0]["id"]
        assert (self.view.path, self.view.kept, self.book.calls) == ((), (), [])
        assert self.view.has_next
        assert not self.view.has_previous

    @property
    def view(self) -> RunView:
        return self.halves[0].view

    @property
    def book(self) -> Book:
        return self.halves[0].book

    @property
    def reopens(self) -> bool:
        return bool(self.documents["main"]["reopen"])

    def do(self, move: Move) -> tuple[str, Before]:
        """The move on both stores; whatever can be seen of it must be the same."""
        before = Before.of(self.view, self.book)
        came, also, stored = _Durable.runner.run(self.do_on_both(move))
        assert came == also
        one, other = self.halves
        assert one.view.current == other.view.current
        assert one.book.noted == other.book.noted
        assert one.book.calls == other.book.calls
        invariants.same_runs(one.view.run, stored)
        if came != "ok":
            assert _without_state(self.view.run.steps[: self.view.run.cursor]) == _without_state(
                before.run.steps[: before.run.cursor]
            )
        if before.run.status is RunStatus.COMPLETED and not self.reopens and came != "ok":
            invariants.same_runs(before.run, self.view.run)
        return came, before

    async def do_on_both(self, move: Move) -> tuple[str, str, Run]:
        one, other = self.halves
        came, also = await one.do(move), await other.do(move)
        stored = await _Durable.store.load(one.run_id)
        assert stored is not None
        return came, also, stored

    def unmoved(self, before: Before) -> bool:
        return self.view.run.revision == before.run.revision

    def entered(self, before: Before) -> set[str]:
        trace = _Durable.runner.run(self.halves[0].engine.trace(self.view.id))
        return {
            each.entry.step for each in trace if each.revision > before.run.revision and each.entry.kind == "entered"
        }

    def executed(self, before: Before) -> list[str]:
        return [str(each) for each in self.book.noted[before.noted :] if each.what in NOTHING_EXECUTED]

    # -- the moves -----------------------------------------------------------------------------------

    @rule(said=said)
    def go_on(self, said: Said) -> None:
        """S2, S4, S5, S16: onward from wherever the run is; after the end with a new run."""
        for given, more in said:
            self.next(given, more)
            self.is_sound()
        if self.view.run.status is RunStatus.COMPLETED and not self.reopens:
            self.tell_the_same()
            self.create(self.session["k"])

    @rule(said=said)
    def go_on_as_well(self, said: Said) -> None:
        """Twice as likely: otherwise runs would hardly get anywhere."""
        self.go_on(said)

    def next(self, given: dict[str, Any], more: bool) -> None:
        current = self.view.run.current
        if current is not None and current.type == "workflow":
            given = {"add_another": more}
        came, before = self.do(lambda engine, view: engine.next(view, given))
        if before.run.status is RunStatus.COMPLETED:
            assert self.unmoved(before)
            assert not self.executed(before)
            return
        assert came in ("ok", "rejected")
        if came == "ok":
            self.went_forward(before, before.run.cursor)

    def went_forward(self, before: Before, anchor: int) -> None:
        run = self.view.run
        if not any(node.get("on_error") == "back" for each in self.documents.values() for node in each["nodes"]):
            invariants.check_kept(self.documents, before, anchor, run)
        invariants.check_reuse(before, run, self.book, self.entered(before))
        invariants.check_parked(before, run, self.entered(before))
        if run.cursor > anchor:
            invariants.check_return(self.documents, before, anchor, run, self.asked_at)
        back_to = None if self.asked_at is None else run.by_path.get(self.asked_at)
        if back_to is None or (back_to not in run.kept and back_to.kind is Kind.FOREGROUND):
            self.asked_at = None
        if run.status is RunStatus.COMPLETED:
            self.asked_at = None
        assert run.returning == self.asked_at

    @rule(skip=st.booleans(), typed=st.none() | letters)
    def previous(self, skip: bool, typed: str | None) -> None:
        """S6, S7: the cursor moves, and nothing is executed or lost."""
        draft = None if typed is None else {"x": typed}
        possible = self.view.has_previous
        came, before = self.do(lambda engine, view: engine.previous(view, skip_background=skip, draft=draft))
        assert (came == "ok" and not self.unmoved(before)) == possible or not skip
        self.went_back(before, draft)

    @precondition(lambda self: len(self.view.path) > 1)
    @rule(data=st.data())
    def previous_to(self, data: st.DataObject) -> None:
        """S6: straight to a foreground step of the path."""
        lines = self.view.path
        line = lines[data.draw(st.integers(0, len(lines) - 1), label="to")]
        came, before = self.do(lambda engine, view: engine.previous(view, to=line.step))
        if line.kind is Kind.BACKGROUND:
            assert came.startswith(("NotAStep", "RunCompleted"))
        elif came == "ok":
            assert self.view.step == line.step
        self.went_back(before, None)

    def went_back(self, before: Before, draft: dict[str, str] | None) -> None:
        assert not self.executed(before)
        run = self.view.run
        assert [step.path for step in run.steps] == [step.path for step in before.run.steps]
        assert [step.output for step in run.steps] == [step.output for step in before.run.steps]
        if self.unmoved(before):
            return
        assert run.cursor < before.run.cursor
        self.asked_at = None
        left, current = before.run.current, run.current
        assert left is not None
        assert current is not None
        if draft is not None and left.kind is Kind.FOREGROUND:
            assert run.by_path[left.path].draft == draft
        if current.kind is Kind.FOREGROUND and current.type == "ask":
            shown = {field.name: field.value for field in self.view.current.fields}
            assert shown == (current.draft if current.draft is not None else current.output or {})
        wall = invariants.wall_of(self.documents, before.run)
        if wall is not None:
            assert current.seq > wall.seq or (current.path == wall.path and wall.kind is Kind.BACKGROUND)

    @precondition(lambda self: len(self.view.path) > 2)
    @rule(data=st.data(), said=said)
    def change_early_ones(self, data: st.DataObject, said: Said) -> None:
        """The moves with the most in them: back and forth over much that is kept."""
        for given, more in said:
            place = data.draw(st.integers(0, (len(self.view.path) - 1) // 2), label="step")
            self.change_at(place, given, more)
            self.is_sound()

    @precondition(lambda self: self.view.path)
    @rule(data=st.data(), given=st.none() | answers, more=st.booleans())
    def change(self, data: st.DataObject, given: dict[str, Any] | None, more: bool) -> None:
        """S11: a step is answered anew, and the person is back where they were, or where they are needed."""
        self.change_at(data.draw(st.integers(0, len(self.view.path) - 1), label="step"), given, more)

    def change_at(self, place: int, given: dict[str, Any] | None, more: bool) -> None:
        line = self.view.path[place]
        if given is not None and line.type == "workflow":
            given = {"add_another": more}
        came, before = self.do(lambda engine, view: engine.change(view, line.step, given))
        wall = invariants.wall_of(self.documents, before.run)
        walled = wall is not None and before.run.by_path[line.step].seq <= wall.seq
        if came != "ok":
            assert self.unmoved(before)
            assert came == "rejected" or line.kind is Kind.BACKGROUND or walled or before.run.status == "completed"
            return
        assert line.kind is Kind.FOREGROUND
        assert not walled
        if place < before.run.cursor and self.asked_at is None:
            self.asked_at = before.run.steps[before.run.cursor].path
        if given is None:
            assert self.view.step == line.step
            assert not self.executed(before)
            assert [s.path for s in self.view.run.steps] == [s.path for s in before.run.steps]
        else:
            self.went_forward(before, place)

    @precondition(lambda self: self.view.path)
    @rule(data=st.data(), given=answers, more=st.booleans())
    def answer_an_old_page(self, data: st.DataObject, given: dict[str, Any], more: bool) -> None:
        """The page of an earlier step is sent: back to it and on in one turn, or nothing."""
        place = data.draw(st.integers(0, len(self.view.path) - 1), label="step")
        line = self.view.path[place]
        given = {"add_another": more} if line.type == "workflow" else given
        came, before = self.do(lambda engine, view: engine.next(view, given, step=line.step, revisit=True))
        wall = invariants.wall_of(self.documents, before.run)
        walled = wall is not None and before.run.by_path[line.step].seq <= wall.seq
        if came != "ok":
            assert [s.path for s in self.view.run.path] == [s.path for s in before.run.path]
            assert came == "rejected" or line.kind is Kind.BACKGROUND or walled or before.run.status == "completed"
        elif not self.unmoved(before):
            assert line.kind is Kind.FOREGROUND
            assert not walled
            if place < before.run.cursor:
                self.asked_at = None  # as after going back
            self.went_forward(before, place)

    @precondition(lambda self: self.items())
    @rule(data=st.data())
    def remove_item(self, data: st.DataObject) -> None:
        """An item goes for good; its number is never used again, and the rest of its list stays."""
        item = data.draw(st.sampled_from(sorted(self.items())), label="item")
        came, before = self.do(lambda engine, view: engine.remove_item(view, item))
        if came != "ok":
            assert self.unmoved(before)
            assert not self.executed(before)
            return
        self.removed |= {item}
        self.asked_at = self.view.run.returning  # as after a change, if the step is still there
        invariants.check_reuse(before, self.view.run, self.book, self.entered(before))

    def items(self) -> set[str]:
        found = set[str]()
        for step in self.view.run.steps:
            segments = step.path.split("/")
            for end in range(2, len(segments) + 1):
                if segments[end - 1].isdigit():
                    found.add("/".join(segments[:end]))
        return found

    @rule(k=letters)
    def amend(self, k: str) -> None:
        """An event from outside changes the session: nothing moves or runs."""
        _, before = self.do(lambda engine, view: engine.amend(view, session={"k": k}))
        assert not self.executed(before)
        assert self.view.run.steps == before.run.steps
        was, self.session = self.session, {**self.session, "k": k}
        decided = [
            [(mark.path, mark.output, mark.depends, mark.fits) for mark in walked.marks]
            for session in (was, self.session)
            for walked in [invariants.retraced(self.documents, self.view.run, session, self.removed)]
        ]
        self.amended = self.amended or decided[0] != decided[1]

    @rule()
    def reload(self) -> None:
        """S18: another process takes over, and nothing is executed or different."""
        before = Before.of(self.view, self.book)
        shown = self.view.current if self.view.rejected is None else None
        looked = (self.view.path, self.view.kept, self.view.answers)
        for half in self.halves:
            _Durable.runner.run(half.restart())
        assert not self.executed(before)
        assert looked == (self.view.path, self.view.kept, self.view.answers)
        assert shown is None or shown == self.view.current
        for half in self.halves:
            invariants.same_runs(before.run, half.view.run)

    @precondition(
        lambda self: any(s.status is StepStatus.DONE and s.kind is Kind.FOREGROUND for s in self.view.run.path)
    )
    @rule(data=st.data())
    def answer_again(self, data: st.DataObject) -> None:
        """S19: the same answers to the same done step change nothing; others are a conflict."""
        done = [s for s in self.view.run.path if s.status is StepStatus.DONE and s.type == "ask"]
        if not done:
            return
        step = data.draw(st.sampled_from(done), label="step")
        given = dict(step.output or {})
        other = {**given, "x": "another"}
        came, before = self.do(lambda engine, view: engine.next(view.id, given, step=step.path))
        assert came == "ok"
        refused, _ = self.do(lambda engine, view: engine.next(view.id, other, step=step.path))
        assert refused.startswith("StaleInput")
        assert self.unmoved(before)
        assert not self.executed(before)

    # -- what holds after each of them -----------------------------------------------------------------

    @invariant()
    def is_sound(self) -> None:
        if not hasattr(self, "halves"):
            return
        run = self.view.run
        invariants.check_stack(run)
        invariants.check_lives(run, self.book, reopens=self.reopens)
        invariants.check_answers(self.view)
        assert self.view.has_next == (run.status is not RunStatus.COMPLETED)
        assert run.removed == self.removed
        accepted = {each.step for each in self.book.noted[self.seen :] if each.what == "accept"}
        self.seen = len(self.book.noted)
        if not self.amended:
            walked = invariants.retraced(self.documents, run, self.session, self.removed)
            invariants.check_path(walked, run, self.removed)
            invariants.check_decided(walked, run, accepted, self.depended)

    def teardown(self) -> None:
        if hasattr(self, "halves"):
            self.tell_the_same()

    def tell_the_same(self) -> None:
        """Both stores have the same story of the run."""
        one, other = self.halves
        assert _Durable.runner.run(one.engine.trace(one.run_id)) == _Durable.runner.run(other.engine.trace(one.run_id))


TestRuns = Runs.TestCase
TestRuns.settings = SETTINGS


# -- what failed once ----------------------------------------------------------------------------------


class Drawn:
    """What a rule draws, in order."""

    def __init__(self, *values: Any) -> None:
        self._values = iter(values)

    def draw(self, strategy: object, label: object = None) -> Any:
        return next(self._values)


def said_(x: str, n: int = 0, *items: str) -> dict[str, Any]:
    return {"x": x, "n": n, "l": list(items)}


def an_old_page_saw_what_its_own_answer_had_set(state: Runs) -> Iterator[None]:
    yield state.begin(
        documents={
            "main": flow("main", ask("a", unless="session.k", sets="session.k"), ask("b"), ask("c"), reopen=False),
        },
        k="b",
        said=[(said_("a"), False), (said_("a"), False)],
    )
    yield state.answer_an_old_page(data=Drawn(0), given=said_("b"), more=False)


def a_later_round_came_to_the_path_of_an_earlier_one(state: Runs) -> Iterator[None]:
    repeated = embed("people", "inner", repeat={"times": "a.n"})
    yield state.begin(
        documents={
            "main": flow("main", ask("a"), repeated, branch("c", ('session.k == "again"', "a")), reopen=False),
            "inner": flow("inner", ask("name")),
        },
        k="again",
        said=[({}, False), (said_("a", 1), False), (said_("Ada"), False), (said_("b", 1), False)],
    )
    yield state.change(data=Drawn(0), given=said_("a", 0), more=False)


def a_part_of_the_answers_was_typed_anew_at_a_step_that_went(state: Runs) -> Iterator[None]:
    yield state.begin(
        documents={
            "main": flow("main", ask("a"), branch("c", ('a.x == "c"', "d"), "b"), ask("b"), ask("d"), reopen=False),
        },
        k="a",
        said=[({}, False), (said_("a"), False), (said_("b", 1), False)],
    )
    yield state.previous(skip=True, typed=None)
    yield state.previous(skip=True, typed="a")
    yield state.go_on(said=[(said_("c"), False)])


def the_way_was_lost_after_a_change_at_the_end(state: Runs) -> Iterator[None]:
    on = branch("c", ('a.x == "b"', "end"), ('a.x == "a"', "a"))
    yield state.begin(
        documents={"main": flow("main", ask("a"), work("w"), on, reopen=True)},
        k="a",
        said=[({}, False), (said_("b"), False)],
    )
    yield state.change(data=Drawn(0), given=said_("a"), more=False)
    yield state.go_on(said=[(said_("c"), False)])


def twice_asked(loops: str) -> dict[str, Document]:
    """A list of at least two items, and a way back before it where the session says `loops`."""
    people = embed("people", "inner", repeat={"min": 2})
    again = branch("c", (f'session.k == "{loops}"', "a"), "d")
    return {
        "main": flow("main", ask("a"), people, again, ask("d"), reopen=False),
        "inner": flow("inner", ask("name")),
    }


def an_item_was_removed_that_no_list_page_had_led_to(state: Runs) -> Iterator[None]:
    answers_ = [({}, False), (said_("a"), False), (said_("Ada"), False), (said_("Bob"), False)]
    yield state.begin(documents=twice_asked("again"), k="no", said=answers_)
    yield state.remove_item(data=Drawn("people/1"))
    yield state.remove_item(data=Drawn("people/3"))
    yield state.go_on(said=[(said_("Eve"), False)])


def an_item_was_removed_that_was_only_kept(state: Runs) -> Iterator[None]:
    answers_ = [({}, False), (said_("a"), False), (said_("Ada"), False), (said_("Bob"), False), ({}, True)]
    yield state.begin(documents=twice_asked("a"), k="b", said=answers_)
    yield state.next(said_("Eve"), False)
    yield state.previous_to(data=Drawn(3))
    yield state.amend(k="a")
    yield state.next({}, False)
    yield state.remove_item(data=Drawn("people/3"))


def a_list_was_turned_round_with_all_its_answers(state: Runs) -> Iterator[None]:
    each = embed("people", "inner", repeat={"for_each": "a.l"})
    yield state.begin(
        documents={"main": flow("main", ask("a"), each, ask("b"), reopen=False), "inner": flow("inner", ask("name"))},
        k="a",
        said=[({}, False), (said_("a", 0, "b", "c"), False), (said_("Ada"), False), (said_("Bob"), False)],
    )
    yield state.change(data=Drawn(0), given=said_("a", 0, "c", "b"), more=False)
    assert state.view.step == "b"
    yield state.previous_to(data=Drawn(1))
    yield state.answer_an_old_page(data=Drawn(0), given=said_("a", 0, "b", "c"), more=False)


def another_session_would_have_led_to_a_list(state: Runs) -> Iterator[None]:
    each = embed("people", "inner", repeat={"for_each": "a.l"})
    on = branch("c", ('session.k == "a"', "people"), "end")
    yield state.begin(
        documents={"main": flow("main", ask("a"), on, each, reopen=True), "inner": flow("inner", ask("name"))},
        k="c",
        said=[({}, False), (said_("a", 0, "b", "c"), False)],
    )
    yield state.amend(k="a")
    yield state.change(data=Drawn(0), given=said_("b", 0, "c"), more=False)


Story = Callable[[Runs], Iterator[None]]
STORIES = [
    an_old_page_saw_what_its_own_answer_had_set,
    a_later_round_came_to_the_path_of_an_earlier_one,
    a_part_of_the_answers_was_typed_anew_at_a_step_that_went,
    the_way_was_lost_after_a_change_at_the_end,
    an_item_was_removed_that_no_list_page_had_led_to,
    an_item_was_removed_that_was_only_kept,
    a_list_was_turned_round_with_all_its_answers,
    another_session_would_have_led_to_a_list,
]


@pytest.mark.parametrize("story", STORIES)
def test_what_failed_once(story: Story) -> None:
    """What was found by chance must not need chance to be found again. A failure of TestRuns tells its story nearly in
    these words."""
    state = Runs()
    for _ in story(state):
        state.is_sound()
    state.teardown()
